//! What is known of what stands at a place, as Markdown.
//!
//! One file for each kind of name; `text` has what their answers are made of.

mod builder;
mod helper;
mod image;
mod repository;
mod table;
mod text;
mod unit;
mod variable;

use super::include_name;
pub(super) use variable::{is_identity, meaning};

use super::occurrences::{Occurrence, Role, Symbol, occurrences_at};
use model::FileId;
use model::view::View;
use rules;
use syntax::{TextRange, TextSize};

/// What is known of what stands at a place, and where exactly it stands; `None` where it is none of
/// the checkout's.
pub fn hover(view: &View<'_>, file: FileId, offset: TextSize) -> Option<(TextRange, String)> {
    if let Some(text) = image::marker(view, file) {
        return Some((TextRange::default(), text));
    }
    let found = occurrences_at(view, file, offset);
    let range = found.first()?.range;
    // A tag in a row says two things: itself, and the image it leads to.
    let same = found.iter().filter(|o| o.range == range);
    let parts: Vec<String> = same
        .filter_map(|occurrence| describe(view, file, occurrence))
        .take(MAX_PARTS)
        .collect();
    (!parts.is_empty()).then(|| (range, parts.join("\n\n---\n\n")))
}

/// How many things that stand at one place are spoken of.
const MAX_PARTS: usize = 3;

/// What is known of what a name stands for, as seen from its place.
pub(super) fn describe(view: &View<'_>, file: FileId, here: &Occurrence) -> Option<String> {
    match &here.symbol {
        Symbol::Helper(name) => helper::describe(view, name, file, here),
        Symbol::Variable(name) => variable::describe(view, name, file, here),
        Symbol::Script(id) => helper::script(view, *id),
        Symbol::Builder(name) => builder::describe(view, name),
        Symbol::Image(name) => image::describe(view, name),
        Symbol::Unit(name) => unit::describe(view, name),
        Symbol::Row(key) => table::row(view, key),
        Symbol::Group(name) => table::group(view, name),
        Symbol::Tag { distribution, tag } => repository::tag(view, distribution, tag),
        Symbol::Distribution(name) => repository::distribution(view, name),
        Symbol::Collection(index) => repository::collection(view, *index),
        Symbol::Rule(code) => rule(code),
    }
}

/// What is known of a symbol wherever it is named: for lists of names.
pub(super) fn describe_symbol(view: &View<'_>, file: FileId, symbol: Symbol) -> Option<String> {
    // As if it stood at the end: behind everything that gives values.
    let text = view.tree.file(file).map(|f| &*f.text).unwrap_or_default();
    let range = TextRange::empty(TextSize::of(text));
    let here = Occurrence {
        symbol,
        role: Role::Reference,
        range,
    };
    describe(view, file, &here)
}

fn rule(code: &str) -> Option<String> {
    let rule = rules::rule(code)?;
    Some(format!(
        "**{code}** ({})\n\n{}",
        rule.severity.name(),
        rule.markdown()
    ))
}

/// The path of a file as it is spoken of.
fn place(view: &View<'_>, file: FileId) -> String {
    let path = view.tree.path(file).map(|p| p.as_str()).unwrap_or_default();
    match include_name(view, file) {
        Some(name) => format!("include/{name}"),
        None => path
            .strip_prefix(view.tree.layout.prefix())
            .unwrap_or(path)
            .to_owned(),
    }
}
