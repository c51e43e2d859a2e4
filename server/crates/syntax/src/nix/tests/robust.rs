//! Nothing makes the readers panic, overflow the stack or run away.

use proptest::prelude::*;

use super::super::{repository, suite_test, test_table};

/// What callers give us.
const STACK: usize = 16 << 20;
const MANY: usize = 100_000;

/// Reads `texts` as every kind of file, on the stack that callers give.
fn survives(texts: Vec<String>) {
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            for text in &texts {
                repository(text);
                test_table(text);
                suite_test(text);
            }
        });
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

const HOSTILE: &[&str] = &[
    "[",
    "{",
    "(",
    "\"${",
    "''${",
    "!",
    "-",
    "x:",
    "x: ",
    "with a;",
    "let ",
    "let a=1; in ",
    "if ",
    "if a then b else ",
    "a++",
    "a ++ ",
    "a.",
    "''",
    "\"",
    "f ",
    "a + ",
    "a.b or c ",
    "a.b or ",
    "a // ",
    "a -> ",
    "a <| ",
    "assert a;",
    "[()]",
    "[(with a);];",
    "(a == b == c)",
    "{a=",
    "{a=[",
    "rec{",
    "${",
    "{${",
    "{a.${",
    "x@{a}:",
    "{a?",
    "{}:",
    "a ? b ",
    "a?b?",
    "a == ",
    "a or ",
    "/*",
    "/a/${",
    "\\",
    "a.b.c=",
    "inherit ",
    "{inherit(",
    "let{",
    "\u{1F600}",
    "]",
    "}",
    ")",
    ";",
    "1.",
    ".1",
    "//",
    "a/",
    "''\\",
    "''$",
    "$",
    "#",
    "@",
    ",",
    "'",
];

#[test]
fn a_hundred_thousand_of_anything() {
    for unit in HOSTILE {
        let many = unit.repeat(MANY);
        survives(vec![
            format!("{{ a = {many}"),
            format!("[ {many} ]"),
            format!("let table = {{ }}; in {{ g = with table; [ a ]; x = {many}; }}"),
            many,
        ]);
    }
}

#[test]
fn deep_but_closed() {
    for (open, close) in [
        ("[", "]"),
        ("{a=", ";}"),
        ("(", ")"),
        ("\"${", "}\""),
        ("{a.b=[", "];}"),
        ("[(", ")]"),
        ("let a = ", "; in a"),
        ("{ ${", "} = 1; }"),
    ] {
        let nested = |depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        survives([50, 100, 199, 200, 201, MANY].map(nested).to_vec());
    }
    assert!(
        repository(&format!("{}{}", "[".repeat(200), "]".repeat(200)))
            .errors
            .is_empty()
    );
    let message = repository(&"[".repeat(201))
        .errors
        .pop()
        .map(|error| error.value);
    assert_eq!(message.as_deref(), Some("too deeply nested to read"));
}

#[test]
fn wide_is_fine() {
    let wide = format!("[ {} ]", "(a b) { c = 1; } ".repeat(MANY / 10));
    assert!(repository(&wide).errors.is_empty());
    let chains = format!("[ {} ]", format!("({} a)", "a + ".repeat(999)).repeat(20));
    assert!(repository(&chains).errors.is_empty());
    survives(vec![
        wide,
        chains,
        format!("({} a)", "f ".repeat(990)),
        format!("{}t", "t // ".repeat(999)),
    ]);
}

#[test]
fn too_large_is_refused() {
    let text = " ".repeat(super::super::check::MAX_SIZE + 1);
    let message = repository(&text).errors.pop().map(|error| error.value);
    assert_eq!(message.as_deref(), Some("this file is too large to read"));
}

#[test]
fn names_that_lead_on_and_on() {
    let chain = |count: usize, step: fn(usize) -> String| (0..count).map(step).collect::<String>();
    let aliases = chain(10_000, |i| format!("a{i} = a{}; ", i + 1));
    let lists = chain(60, |i| format!("a{i} = a{} ++ a{}; ", i + 1, i + 1));
    let sets = chain(60, |i| format!("a{i} = a{} // a{}; ", i + 1, i + 1));
    let path = "a.".repeat(500);
    survives(vec![
        format!("let {aliases} in {{ g = with a0; [ x ]; h = a0; }}"),
        format!("let {lists} a60 = [ table.x ]; table = {{ }}; in {{ g = a0; }}"),
        format!("let {sets} a60 = {{ a = {{ }}; }}; table = a0; in {{ g = with table; [ a ]; }}"),
        "let a = b; b = a; table = table // a; in { g = with table; [ a b ]; x = a ++ x; }"
            .to_owned(),
        format!("{{ {path}b = 1; {path}c = 2; {path}b = 3; }}"),
        format!("{{ {} }}", "a = 1; ".repeat(2_000)),
        format!(
            "{{ {} }}",
            chain(2_000, |i| format!("a = {{ x{i} = 1; }}; "))
        ),
    ]);
}

const VALID: &str = r#"{ lib, ... }:
let
  table = { a = { distribution = "a"; version = "1"; }; b.distribution = "b"; };
  tags = with table; [ a table.b ] ++ [ ''c ${d}'' ];
in
rec {
  services.osctl.image-repository.x = { images.y = { "1" = { inherit tags; name = "\\d"; }; } // z; };
  cgroupv2 = tags; systemd = if a then b else c: d;
  run = "ct new --distribution é --version ${v}";
}"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string(text in any::<String>()) {
        read_all(&text);
    }

    #[test]
    fn any_tokens(words in proptest::collection::vec(proptest::sample::select(HOSTILE), 0..40)) {
        read_all(&words.concat());
        read_all(&words.join(" "));
    }

    #[test]
    fn a_valid_file_with_pieces_cut_out_or_put_in(
        changes in proptest::collection::vec(
            (any::<prop::sample::Index>(), 0usize..8, proptest::sample::select(HOSTILE)), 1..6),
    ) {
        let mut chars = VALID.chars().collect::<Vec<_>>();
        for (at, length, insert) in changes {
            let start = at.index(chars.len() + 1).min(chars.len());
            let end = (start + length).min(chars.len());
            chars.splice(start..end, insert.chars());
        }
        read_all(&chars.into_iter().collect::<String>());
    }
}

/// Reads a text as every kind of file. What is accepted must be correct for rnix, or the guard in
/// front of it is worth nothing; and a position that is no place in the text is no position.
fn read_all(text: &str) {
    let (repository, table) = (repository(text), test_table(text));
    suite_test(text);
    for error in repository.errors.iter().chain(&table.errors) {
        assert_ne!(error.value, "this cannot be read as Nix", "{text}");
        let range = usize::from(error.range.start())..usize::from(error.range.end());
        assert!(text.get(range).is_some(), "{text}");
    }
}
