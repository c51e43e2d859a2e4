//! What answers are made of: lists of names, values, numbers of things.

use model::value::{Value, ValuePiece};

/// How many names of a list are shown.
const SHOWN: usize = 5;

/// A name as it is shown.
pub(super) fn code(name: &str) -> String {
    format!("`{name}`")
}

/// All of some names.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|n| code(n.as_ref())).collect();
    names.join(", ")
}

/// The first of some names, and how many more there are.
pub(super) fn few<S: AsRef<str>>(names: &[S]) -> String {
    let shown = list(names.iter().take(SHOWN));
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 image`, `2 images`.
pub(super) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// A number of things with the first of their names: `2 images: ...`.
pub(super) fn counted<S: AsRef<str>>(names: &[S], what: &str) -> String {
    format!("{}: {}", count(names.len(), what), few(names))
}

/// A value as it is shown: dates are those of the build, paths go from the root of the checkout or
/// from the runner's variables.
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
    match text.is_empty() {
        true => "empty".to_owned(),
        false => code(&text.replace('\n', "\u{23ce}").replace('`', "'")),
    }
}
