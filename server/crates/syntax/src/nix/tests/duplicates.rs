//! Attributes defined twice. Each case was put to `nix-instantiate --parse` (Nix 2.8.0) as well: it
//! rejects those with a finding, and no others.

use expect_test::{Expect, expect};

use super::problems;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&problems(text, &super::super::repository(text)));
}

#[test]
fn the_same_name_twice() {
    check(
        "{\n  a = 1;\n  a = 2;\n}",
        expect![[r#"
        a twice: <a> in line 2, <a> in line 3
    "#]],
    );
    check(
        "{ \"a\" = 1; a = 2; }",
        expect![[r#"
        a twice: <"a"> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ ${\"a\"} = 1; a = 2; }",
        expect![[r#"
        a twice: <${"a"}> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ a = 1; b.c = { \"1.0\" = { }; \"1.0\" = 2; }; }",
        expect![[r#"
            "1.0" twice: <"1.0"> in line 1, <"1.0"> in line 1
        "#]],
    );
    check(
        "let a = 1; a = 2; in a",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "f [ (x: rec { a = 1; a = 2; }) ]",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ a = 1; a = 2; a = 3; }",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "\"${{ a = 1; a = 2; }}\"",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
}

#[test]
fn inherited_names() {
    check(
        "{ inherit a a; }",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ inherit a; a = { }; }",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ inherit a; a.b = 1; }",
        expect![[r#"
        a.b twice: <a> in line 1, <a.b> in line 1
    "#]],
    );
    check(
        "let inherit (x) a; a = 2; in a",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
}

#[test]
fn sets_are_merged() {
    check("{ a.b = 1; a.c = 2; }", expect![[""]]);
    check("{ a = { b = 1; }; a = { c = 2; }; }", expect![[""]]);
    check("{ a = { c = 2; }; a = rec { b = 1; }; }", expect![[""]]);
    check("{ a = ({ c = 2; }); a = { b = 1; }; }", expect![[""]]);
    check("{ a = { b.x = 1; }; a.b.y = 2; }", expect![[""]]);
    check("let a.b = 1; a.c = 2; in a", expect![[""]]);
    check("{ a.\"b\" = 1; a.\"c\".d = 1; }", expect![[""]]);
}

#[test]
fn twice_in_merged_sets() {
    check(
        "{ a = { b = 1; }; a = { b = 2; }; }",
        expect![[r#"
        a.b twice: <b> in line 1, <b> in line 1
    "#]],
    );
    check(
        "{ a = { b = { }; }; a = { b = { }; }; }",
        expect![[r#"
        a.b twice: <b> in line 1, <b> in line 1
    "#]],
    );
    check(
        "{ a.b.y = 2; a = { b.x = 1; }; }",
        expect![[r#"
        a.b twice: <a.b> in line 1, <b> in line 1
    "#]],
    );
    check(
        "{ a = { b = 1; }; a.b = 2; }",
        expect![[r#"
        a.b twice: <b> in line 1, <a.b> in line 1
    "#]],
    );
    check(
        "{ a.b = 1; a = { c = 1; }; a.c = 2; }",
        expect![[r#"
        a.c twice: <c> in line 1, <a.c> in line 1
    "#]],
    );
}

#[test]
fn what_is_no_set_is_not_merged() {
    check(
        "{ a = { c = 2; } // { }; a = { b = 1; }; }",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ a = let in { c = 2; }; a = { b = 1; }; }",
        expect![[r#"
        a twice: <a> in line 1, <a> in line 1
    "#]],
    );
    check(
        "{ a = { b = 1; }; a.b.c = 2; }",
        expect![[r#"
        a.b.c twice: <b> in line 1, <a.b.c> in line 1
    "#]],
    );
    check(
        "{ a = 1; a.b.c = 2; }",
        expect![[r#"
        a.b.c twice: <a> in line 1, <a.b.c> in line 1
    "#]],
    );
}

#[test]
fn computed_names_are_not_compared() {
    check("{ ${a} = 1; ${a} = 2; }", expect![[""]]);
    check("{ \"${\"a\"}\" = 1; a = 2; }", expect![[""]]);
    check("{ a = { ${x} = 1; }; a = { ${y} = 2; }; }", expect![[""]]);
}
