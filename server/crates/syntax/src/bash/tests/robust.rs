//! Texts that are too deep, too large or damaged: nothing stops the reader.

use proptest::prelude::*;

use crate::TextRange;
use crate::bash::{ScriptFacts, read};

/// Reads a text on a stack as small as a thread's may be.
fn read_on_a_small_stack(text: String) -> ScriptFacts {
    let thread = std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(move || read(&text));
    thread.unwrap().join().expect("no panic, and no overflow")
}

/// Number of times something is nested: far above each limit, and higher in `tests/long`.
fn depth() -> usize {
    let depth = std::env::var("IMAGE_SCRIPTS_LS_DEPTH").ok();
    depth.map_or(2_000, |depth| depth.parse().expect("a number"))
}

#[test]
fn deep_nesting() {
    let depth = depth();
    let around = [
        ("(", ")"),
        ("{ ", " ; }"),
        ("$(", ")"),
        ("a=$(", ")"),
        ("${x:-", "}"),
        ("a=${x:-", "}"),
        ("$((", "))"),
        ("((", "))"),
        ("`", "`"),
        ("[[ (", ") ]]"),
        ("[ ! ", " ]"),
        ("[ ! ", "]"),
        ("[ a]; ", ""),
        ("! ", ""),
        ("\"$(", ")\""),
        ("a=\"${x:-\"", "\"}\""),
        ("<(", ")"),
        ("[", "]"),
        ("a=(", ")"),
        ("if a ; then ", " ; fi"),
        ("while a ; do ", " ; done"),
        ("for a in b ; do ", " ; done"),
        ("case a in a) ", " ;; esac"),
        ("function f { ", " ; }"),
        ("f() { ", " ; }"),
        ("a && ", "a"),
        ("a | ", "a"),
        ("a ; ", ""),
        ("a=1 ", "b"),
        ("<<EOF ", "\nEOF\n"),
    ];
    for (open, close) in around {
        for text in [
            format!("{}a{}", open.repeat(depth), close.repeat(depth)),
            open.repeat(depth),
            close.repeat(depth),
            format!("{}a{}", open.repeat(200), close.repeat(200)),
            open.repeat((32 << 10) / open.len()),
            format!("configure-append <<EOF\n{}\nEOF\n", open.repeat(depth)),
        ] {
            drop(read_on_a_small_stack(text));
        }
    }
}

#[test]
fn many_here_documents() {
    let open: String = (0..5_000).map(|n| format!("cat <<E{n}\n")).collect();
    assert!(read_on_a_small_stack(open).effects.refused);
    let line = format!("cat {}\n", "<<E ".repeat(1_500));
    drop(read_on_a_small_stack(line));
    let many: String = (0..1_500)
        .map(|n| format!("configure-append <<E\n$x{n}\nE\n"))
        .collect();
    assert_eq!(read_on_a_small_stack(many).heredocs.len(), 1_500);
}

#[test]
fn never_closed() {
    for open in [
        "'",
        "\"",
        "`",
        "$(",
        "${",
        "$((",
        "<<'",
        "<<\"",
        "<<",
        "((",
        "[[",
        "{",
        "case x in",
        "\\",
        "$'",
    ] {
        let tail = "a $b c\n".repeat(10_000);
        drop(read_on_a_small_stack(format!("a=1\n{open}{tail}")));
        drop(read_on_a_small_stack(format!(
            "configure-append <<EOF\n{open}{tail}EOF\n"
        )));
        drop(read_on_a_small_stack(open.repeat(20_000)));
    }
}

/// A script of the fixtures, to be damaged.
const SCRIPTS: [&str; 4] = [
    include_str!("../../../../../../fixtures/contribution/image-scripts/include/common.sh"),
    include_str!("../../../../../../fixtures/contribution/image-scripts/include/debian.sh"),
    include_str!("../../../../../../fixtures/contribution/image-scripts/include/systemd.sh"),
    include_str!(
        "../../../../../../fixtures/contribution/image-scripts/images/ubuntu-26.10/build.sh"
    ),
];

/// Every place is one: within the text, and between characters.
fn ranges_are_sound(text: &str, facts: &ScriptFacts) {
    let sound = |range: &TextRange| {
        assert!(
            text.get(usize::from(range.start())..usize::from(range.end()))
                .is_some(),
            "{range:?} of {text:?}"
        );
    };
    facts.spans.iter().for_each(sound);
    facts.glued_brackets.iter().for_each(sound);
    for slip in &facts.slips {
        sound(&slip.range);
        sound(&slip.because);
    }
    for masked in &facts.masked_statuses {
        sound(&masked.declaration);
        sound(&masked.status_use);
    }
    facts
        .function_exports
        .iter()
        .map(|export| &export.range)
        .for_each(sound);
    facts
        .wrong_line_ends
        .iter()
        .map(|w| &w.first)
        .for_each(sound);
    facts.occurrences.iter().map(|o| &o.range).for_each(sound);
    for heredoc in &facts.heredocs {
        sound(&heredoc.body);
        heredoc.ends_alike.iter().for_each(sound);
        heredoc.opened_inside.iter().for_each(sound);
        heredoc.expansions.iter().map(|e| &e.range).for_each(sound);
        heredoc
            .container
            .units
            .iter()
            .map(|u| &u.range)
            .for_each(sound);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}|([a-z$(){}\\[\\]<>|&;'\"`\\\\#= \\t\\n\u{e9}]|<<EOF\\n|EOF\\n){0,120}") {
        let facts = read(&text);
        ranges_are_sound(&text, &facts);
        // Another text has these facts while it does not parse.
        let other = format!("{text}'");
        ranges_are_sound(&other, &facts.moved(&text, &other));
    }

    #[test]
    fn damaged_scripts_are_read(
        which in 0..SCRIPTS.len(),
        cuts in prop::collection::vec((0..4_000usize, 0..40usize, "[a-z$(){}<>|&;'\"` \\n\u{e9}]{0,6}"), 1..6),
    ) {
        let mut text = SCRIPTS[which].to_owned();
        for (at, length, inserted) in cuts {
            let floor = |text: &str, mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (start, end) = (floor(&text, at), floor(&text, at + length));
            let before = text.clone();
            text.replace_range(start..end, &inserted);
            let facts = read(&text);
            ranges_are_sound(&text, &facts);
            ranges_are_sound(&text, &read(&before).moved(&before, &text));
        }
    }
}
