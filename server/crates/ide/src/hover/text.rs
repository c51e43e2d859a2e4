//! What answers are made of: lists of names, values, numbers of things.

use model::interpreter::CONFIGURE;
use model::value::Value;

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

/// A value as it is shown: dates are those of the build, paths are given by the runner's variables.
pub(super) fn value(value: &Value) -> String {
    let text = value.with_stamps_as("DATE");
    let text = text.replace(CONFIGURE, "$CONFIGURE");
    // What stands for the root of the checkout, and for paths that only the runner knows.
    let text = text.replace("\u{1}/", "").replace('\u{1}', ".");
    let text = text.replace('\u{3}', "$");
    match text.is_empty() {
        true => "empty".to_owned(),
        false => code(&text.replace('\n', "\u{23ce}").replace('`', "'")),
    }
}
