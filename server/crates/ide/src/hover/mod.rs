//! Hover: Markdown about the name at the cursor.
//!
//! One file for each kind of name; `text` formats lists, counts and values.

mod builder;
mod helper;
mod heredoc;
mod image;
mod policy;
mod repository;
mod table;
mod tested;
mod text;
mod unit;
mod variable;

pub use policy::policy_section;
pub use tested::tested_line;
pub(super) use variable::{is_identity, meaning};

use super::lookup::include_name;
use super::occurrences::{Occurrence, Role, Symbol, occurrences_at};
use container::BuildCache;
use model::FileId;
use model::view::View;
use syntax::{TextRange, TextSize};

/// Returns a text about the name at an offset, with the range of the name; `None` if it is not a
/// name of the checkout.
pub fn hover(
    view: &View<'_>,
    builds: &BuildCache,
    file: FileId,
    offset: TextSize,
) -> Option<(TextRange, String)> {
    if let Some(text) = image::marker(view, file) {
        return Some((TextRange::default(), text));
    }
    let found = occurrences_at(view, file, offset);
    let Some(range) = found.first().map(|first| first.range) else {
        return heredoc::describe(view, builds, file, offset);
    };
    // A tag in a row stands for itself and for the image that it leads to.
    let same = found.iter().filter(|o| o.range == range);
    let texts: Vec<String> = same
        .filter_map(|occurrence| describe(view, file, occurrence))
        .take(MAX_SYMBOLS)
        .collect();
    if texts.is_empty() {
        return heredoc::describe(view, builds, file, offset);
    }
    let mut text = texts.join("\n\n---\n\n");
    if let Symbol::Variable(name) = &found.first()?.symbol
        && let Some(remark) = heredoc::remark(view, builds, (file, range), name)
    {
        text = format!("{text}\n\n{remark}");
    }
    Some((range, text))
}

/// Limit of the symbols that one name is described for.
const MAX_SYMBOLS: usize = 3;

/// Describes the symbol of a name, as seen from where the name is.
fn describe(view: &View<'_>, file: FileId, here: &Occurrence) -> Option<String> {
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

/// Describes a symbol that is not named in the file yet, for lists of completions.
pub(super) fn describe_symbol(view: &View<'_>, file: FileId, symbol: Symbol) -> Option<String> {
    // As if it were at the end of the file, after all assignments.
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
        rule.severity_and_confidence(),
        rule.markdown()
    ))
}

/// Path of a file within the scripts of the checkout.
fn display_path(view: &View<'_>, file: FileId) -> String {
    let path = view.tree.path(file).map(|p| p.as_str()).unwrap_or_default();
    match include_name(view, file) {
        Some(name) => format!("include/{name}"),
        None => path
            .strip_prefix(view.tree.layout.prefix())
            .unwrap_or(path)
            .to_owned(),
    }
}
