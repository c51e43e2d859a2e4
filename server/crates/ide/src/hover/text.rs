//! Pieces of hover texts: names, lists, counts and values.

use model::value::{Value, ValuePiece};

pub(super) use crate::markdown::{block, code, comment, plain, table};
use model::order::natural;

/// Limit of the names that are listed.
const SHOWN: usize = 5;
/// Limit of the characters of a value among others.
const WIDEST: usize = 60;

/// All names.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| code(n.as_ref())).collect();
    names.join(", ")
}

/// The first names, and the number of the others.
pub(super) fn few<S: AsRef<str>>(names: &[S]) -> String {
    let shown = list(names.iter().take(SHOWN));
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 image`, `2 images`.
pub(super) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// `2 images:` and the first names.
pub(super) fn counted<S: AsRef<str>>(names: &[S], noun: &str) -> String {
    format!("{}: {}", count(names.len(), noun), few(names))
}

/// `2 images:` and the first of them, in the order in which people count.
pub(super) fn images<S: AsRef<str>>(names: &[S]) -> String {
    counted(&in_order(names), "image")
}

/// Names in the order in which people count.
pub(super) fn in_order<S: AsRef<str>>(names: &[S]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.sort_by(|a, b| natural(a, b));
    names
}

/// A text of limited width.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        None => text.to_owned(),
        Some(_) => {
            let start: String = text.chars().take(WIDEST - 1).collect();
            format!("{start}\u{2026}")
        }
    }
}

/// A value as text. Dates are written `DATE`, paths begin with the runner's variables.
pub(super) fn value(value: &Value) -> String {
    let mut text = String::new();
    let mut pieces = value.pieces().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            ValuePiece::Text(piece) => text.push_str(piece),
            ValuePiece::Date(_) => text.push_str("DATE"),
            ValuePiece::RunnerPath(name) => {
                text.push('$');
                text.push_str(name);
            }
            ValuePiece::CheckoutRoot => match pieces.peek() {
                Some(ValuePiece::Text(path)) if path.starts_with('/') => {
                    text.push_str(path.get(1..).unwrap_or_default());
                    pieces.next();
                }
                _ => text.push('.'),
            },
        }
    }
    text.replace('\n', "\u{23ce}").replace('`', "'")
}

/// Table of facts, each with what it says; first those that say that something is not there.
pub(super) fn facts(facts: Vec<Fact>) -> String {
    let (missing, given): (Vec<Fact>, Vec<Fact>) = facts.into_iter().partition(|f| f.is_missing);
    let rows: Vec<[String; 2]> = missing
        .into_iter()
        .chain(given)
        .map(|fact| [fact.topic.to_owned(), fact.says])
        .collect();
    table(["", ""], &rows)
}

/// Row of a table of facts.
pub(super) struct Fact {
    topic: &'static str,
    says: String,
    is_missing: bool,
}

impl Fact {
    pub(super) fn new(topic: &'static str, says: String) -> Fact {
        Fact {
            topic,
            says,
            is_missing: false,
        }
    }

    /// Fact that something is not there.
    pub(super) fn missing(topic: &'static str, says: &str) -> Fact {
        Fact {
            topic,
            says: says.to_owned(),
            is_missing: true,
        }
    }
}

/// A list in Markdown.
pub(super) fn bullets(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
    lines.join("\n")
}
