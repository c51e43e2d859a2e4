//! VM tests and what they mention.

use expect_test::{Expect, expect};

use super::{Mention, Spanned, at};

fn check(text: &str, expected: Expect) {
    let shown = |text: &str, word: &Spanned<_>| match at(text, word.range) {
        same if same == word.value => same,
        other => format!("{} written {other}", word.value),
    };
    let mentions = super::super::suite_test(text).mentions;
    let lines = mentions.iter().map(
        |Mention {
             distribution,
             version,
         }| { format!("{} {}\n", shown(text, distribution), shown(text, version)) },
    );
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn in_attributes() {
    check(
        r#"import ./base.nix { distribution = "arch"; version = "latest"; script = ''...''; }"#,
        expect![[r#"
            arch latest
        "#]],
    );
    check(
        r#"{ a = { distribution = "a"; version = "1"; }; b.distribution = "b"; b.version = "2"; c = { distribution = "c"; }; version = "3"; }"#,
        expect![[r#"
            a 1
            b 2
        "#]],
    );
    check(
        r#"{ distribution, version }: { inherit distribution version; }"#,
        expect![[""]],
    );
    check(
        r#"{ distribution = "a-${x}"; version = "1"; }"#,
        expect![[""]],
    );
}

#[test]
fn in_commands() {
    check(
        r#"{ testScript = ''
      machine.succeeds("osctl ct new --distribution alpine --version 3.20 testct")
      machine.succeeds("osctl ct new --version 9 --arch x86_64 --distribution=rocky other")
      osctl ct new --distribution "void" \
        --version 'latest-musl'
      osctl ct new --distribution debian testct
      osctl ct ls --version 1
    ''; other = "osctl ct new --distribution \"guix\" --version latest"; }"#,
        expect![[r#"
            alpine 3.20
            rocky 9
            void latest-musl
            guix latest
        "#]],
    );
}

#[test]
fn commands_that_say_no_literal() {
    check(
        r#"{ d, v }: ''
      osctl ct new --distribution ${d} --version ${v} a
      osctl ct new --distribution alpine --version ${v} b
      osctl ct new --distribution alpine --version 3.${v} c
      osctl ct new --distribution ${d}ian --version 3 d
      osctl ct new --distribution $DIST --version 3 e
      osctl ct new --distribution #{dist} --version 3 f
      osctl ct new --distribution alpine; other --version 3 g
      osctl ct new --distribution --version 3 h
      # ${d}--distribution i --version 3
    ''"#,
        expect![[""]],
    );
}

#[test]
fn a_test_that_does_not_parse_says_nothing() {
    check(r#"{ distribution = "a"; version = "1"; "#, expect![[""]]);
}
