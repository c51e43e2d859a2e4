//! Files that are no Nix: what is said, and where.

use expect_test::{Expect, expect};

use super::{ends, line_of};

fn check(text: &str, expected: Expect) {
    let parsed = super::super::repository(text);
    assert_eq!(parsed.facts.is_some(), parsed.errors.is_empty(), "{text}");
    let lines = parsed.errors.iter().map(|error| {
        let (line, place) = (line_of(text, error.range), ends(text, error.range));
        format!("line {line} <{place}>: {}", error.value)
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn something_is_missing() {
    check(
        "{\n  a = 1\n}\n",
        expect!["line 2 <1>: expected `;` after this"],
    );
    check(
        "{ a = [ \"x\" ] b = 2; }",
        expect!["line 1 <]>: expected `;` after this"],
    );
    check(
        "{\n  a = { }\n  b.\"c\" = { };\n}",
        expect!["line 2 <}>: expected `;` after this"],
    );
    check(
        "{ a = [ 1 -2 ]; }",
        expect!["line 1 <->: expected a list element or `]`, found `-`"],
    );
    check(
        "{ a = 1; b }",
        expect!["line 1 <}>: expected `=`, found `}`"],
    );
    check(
        "{ a = ; }",
        expect!["line 1 <;>: expected a value, found `;`"],
    );
    check(
        "{ a = 1 + ; }",
        expect!["line 1 <;>: expected a value, found `;`"],
    );
    check(
        "let a = 1; a",
        expect!["line 1 <a>: expected `=`, but the file ends here"],
    );
    check(
        "if a then b",
        expect!["line 1 <b>: expected `else`, but the file ends here"],
    );
    check(
        "{ pkgs }\n{ }",
        expect!["line 2 <{>: expected `:`, found `{`"],
    );
    check(
        "with a b",
        expect!["line 1 <b>: expected `;`, but the file ends here"],
    );
    check(
        "",
        expect!["line 1 <>: expected a value, but the file ends here"],
    );
    check(
        "# nothing\n",
        expect!["line 1 <>: expected a value, but the file ends here"],
    );
}

#[test]
fn something_is_never_closed() {
    check(
        "{\n  a = {\n    b = 1;\n",
        expect!["line 2 <{>: this `{` is never closed"],
    );
    check(
        "{ a = [ 1 2",
        expect!["line 1 <[>: this `[` is never closed"],
    );
    check("(a", expect!["line 1 <(>: this `(` is never closed"]);
    check(
        "{ a = \"x; }\n",
        expect![[r#"line 1 <">: this string is never closed"#]],
    );
    check(
        "{ a = ''x; }\n",
        expect!["line 1 <'>: this string is never closed"],
    );
    check("\"${a", expect!["line 1 <${>: this `${` is never closed"]);
    check(
        "{ } /* x",
        expect!["line 1 </* .. x>: this comment is never closed"],
    );
    check(
        "let a = 1;",
        expect!["line 1 <let>: this `let` has no `in`"],
    );
    check("{ a, b", expect!["line 1 <{>: this `{` is never closed"]);
}

#[test]
fn something_is_too_much() {
    check(
        "{ } }",
        expect!["line 1 <}>: expected the end of the file, found `}`"],
    );
    check(
        "{ a = 1;; }",
        expect!["line 1 <;>: expected an attribute name or `}`, found `;`"],
    );
    check(
        "{ a = [ 1, 2 ]; }",
        expect!["line 1 <,>: expected a list element or `]`, found `,`"],
    );
    check(
        "[ x: y ]",
        expect!["line 1 <:>: expected a list element or `]`, found `:`"],
    );
    check(
        "a == b == c",
        expect!["line 1 <==>: expected the end of the file, found `==`"],
    );
    check("()", expect!["line 1 <)>: expected a value, found `)`"]);
    check("{ a: 1 }", expect!["line 1 <:>: expected `=`, found `:`"]);
    check(
        "{ a = b ? c d; }",
        expect!["line 1 <d>: expected `;`, found `d`"],
    );
    check("{ a = $x; }", expect!["line 1 <$>: `$` cannot stand here"]);
    check(
        "{ a = ./b/; }",
        expect!["line 1 <./b/>: this path is not valid: it ends in `/` or has `//` in it"],
    );
    check(
        "{ ''a'' = 1; }",
        expect!["line 1 <''>: expected an attribute name, found `''`"],
    );
    check(
        "{ a, ..., b }: a",
        expect!["line 1 <,>: expected `}`, found `,`"],
    );
    check("{ é = 1; }", expect!["line 1 <é>: `é` cannot stand here"]);
}

#[test]
fn all_of_this_is_nix() {
    for text in [
        "{ }: { }",
        "{ a, b ? 1, ... }@c: a",
        "c@{ a, }: a",
        "a: b: c: a b c",
        "rec { a.b.\"c\".${d} = 1; inherit x \"y\"; inherit (z) or; }",
        "let inherit (a) b; in with b; assert c; if d then e else f: g",
        "let { body = 1; }",
        "a.b.c or d.e or (f or) g",
        "- a + b * -c ++ d // !e == f && g != h || i < j -> k >= l",
        "a ? b.\"c\" && !a ? ${d}",
        "\"a ${\"b ${c}\"} $${d} \\${e}\" + ''a ''${b} ${c} '''d ''\\n''",
        "[ a.b (c d) [ ] { } rec { } \"e\" ./f ~/g <h> /i 1 2.5 http://j.k ]",
        "./a/${b}/c.nix",
        "{ or = a.or; __curPos = __curPos; }",
        "a |> b |> c",
        "{ # comment\n a = /* comment */ 1; }\r\n",
    ] {
        check(text, expect![""]);
    }
}

#[test]
fn names_that_nix_refuses() {
    for text in [
        "{ a, b, a }: a",
        "{ a ? 1, a, ... }: a",
        "{ a }@a: a",
        "a@{ a, ... }: a",
    ] {
        check(
            text,
            expect!["line 1 <a>: the argument `a` is there already"],
        );
    }
    for text in ["{ a ? ({ a }: a), b }: a", "{ a }: { a }: a", "a: a: a"] {
        check(text, expect![""]);
    }
    for name in [
        "${b}",
        "\"x${b}\"",
        "\"${\"b\"}\"",
        "${''x${b}''}",
        "${b}.c",
    ] {
        let text = format!("b: let {name} = 1; in b");
        let error = super::super::repository(&text).errors.pop().unwrap();
        assert_eq!(error.value, "a name in `let` cannot be computed", "{text}");
    }
    for name in ["${b}", "\"x${b}\"", "(b) ${b}", "x ${b}"] {
        for text in [
            format!("b: {{ inherit {name}; }}"),
            format!("b: let inherit {name}; in b"),
        ] {
            let error = super::super::repository(&text).errors.pop().unwrap();
            let expected = "a name in `inherit` cannot be computed";
            assert_eq!(error.value, expected, "{text}");
        }
    }
    for text in [
        "b: let a.${b} = 1; in a",
        "let ${\"a\"} = 1; in a",
        "let ${(''a'')} = 1; in a",
        "let \"a\" = 1; in a",
        "b: let { ${b} = 1; body = 1; }",
        "b: rec { ${b} = 1; \"x${b}\" = 2; }",
        "b: { inherit \"b\" ${\"b\"}; }",
    ] {
        check(text, expect![""]);
    }
}
