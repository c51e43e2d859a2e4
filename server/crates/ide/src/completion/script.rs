//! Where in a script a place is, and so what may stand there.

use super::{Completion, CompletionKind, helpers, paths, range_of, variables};
use model::view::View;
use model::{File, FileId};
use syntax::TextSize;
use syntax::bash::HereDoc;

/// What may stand at a place of a script; `line` is the text of its line up to there.
pub(super) fn items(
    view: &View<'_>,
    file: FileId,
    line: &str,
    offset: TextSize,
) -> Vec<Completion> {
    let Some(found) = view.tree.file(file) else {
        return Vec::new();
    };
    let heredoc = heredoc(found, offset);
    if heredoc.is_some_and(|h| h.quoted) {
        return Vec::new();
    }
    let quote = match heredoc {
        // Quotes are text there, and so are comments.
        Some(_) => Quote::None,
        None => quote(line),
    };
    if matches!(quote, Quote::Single | Quote::Comment) {
        return Vec::new();
    }
    let word = line
        .rsplit([' ', '\t', ';', '=', '(', '|', '&', '<', '>', '`'])
        .next()
        .unwrap_or_default();
    if let Some(items) = paths::items(view, file, word, offset) {
        return items;
    }
    if let Some(written) = variable(line) {
        return variables::reads(view, file, written, offset);
    }
    if heredoc.is_some() {
        return Vec::new();
    }
    if let Some(written) = builder_value(found, line) {
        return builders(view, written, offset);
    }
    match quote {
        Quote::None => command(view, file, line, offset),
        _ => Vec::new(),
    }
}

/// A command, or the variable of an assignment.
fn command(view: &View<'_>, file: FileId, line: &str, offset: TextSize) -> Vec<Completion> {
    let Some(written) = at_command(line) else {
        return Vec::new();
    };
    let begins = line.trim_start() == written && !written.contains('-');
    let mut found = Vec::new();
    if begins {
        found = variables::assigned(view, file, written, offset);
    }
    if !is_config(view, file) {
        let indented = line.len() > written.len();
        found.extend(helpers::items(view, file, written, indented, offset));
    }
    found
}

/// Whether a script is an image's or a builder's `config.sh`: it sets variables, and does nothing.
fn is_config(view: &View<'_>, file: FileId) -> bool {
    view.tree
        .path(file)
        .is_some_and(|p| p.ends_with("/config.sh"))
}

/// The here-document around a place.
fn heredoc(file: &File, offset: TextSize) -> Option<&HereDoc> {
    let mut all = file.script()?.heredocs.iter();
    all.find(|h| h.body.contains(offset))
}

/// What the end of a line is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Quote {
    None,
    Single,
    Double,
    Comment,
}

fn quote(line: &str) -> Quote {
    let mut state = Quote::None;
    let mut before = ' ';
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        state = match (state, c) {
            (Quote::None | Quote::Double, '\\') => {
                chars.next();
                state
            }
            (Quote::None, '\'') => Quote::Single,
            (Quote::None, '"') => Quote::Double,
            (Quote::None, '#') if before.is_whitespace() => return Quote::Comment,
            (Quote::Single, '\'') | (Quote::Double, '"') => Quote::None,
            _ => state,
        };
        before = c;
    }
    state
}

/// What is written of a variable behind a `$` or `${` that is not escaped.
fn variable(line: &str) -> Option<&str> {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let start = line.len() - trailing(line, is_part);
    let (before, written) = line.split_at_checked(start)?;
    let before = before.strip_suffix('{').unwrap_or(before);
    let before = before.strip_suffix('$')?;
    let escapes = trailing(before, |c| c == '\\');
    (escapes.is_multiple_of(2)).then_some(written)
}

/// How many bytes at the end of a text are of a kind.
fn trailing(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.len() - text.trim_end_matches(is).len()
}

/// What is written of a command where one may begin.
fn at_command(line: &str) -> Option<&str> {
    let is_part = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
    let (before, written) = line.split_at_checked(line.len() - trailing(line, is_part))?;
    let before = before.trim_end();
    let begins = before.is_empty() || before.ends_with([';', '|', '&', '(', '{', '!', '`']) || {
        before.rsplit([' ', '\t', ';']).next()
    }
    .is_some_and(|word| matches!(word, "then" | "else" | "do" | "if" | "elif" | "while"));
    begins.then_some(written)
}

/// What is written behind `BUILDER=`.
fn builder_value<'l>(file: &File, line: &'l str) -> Option<&'l str> {
    if !file.path.ends_with("/config.sh") || !file.path.contains("images/") {
        return None;
    }
    let line = line.trim_start();
    let value = line
        .strip_prefix("export ")
        .unwrap_or(line)
        .strip_prefix("BUILDER=")?;
    let value = value.trim_start_matches(['"', '\'']);
    (!value.contains(['$', ' ', '"', '\'', '#'])).then_some(value)
}

fn builders(view: &View<'_>, written: &str, offset: TextSize) -> Vec<Completion> {
    let range = range_of(written, offset);
    let names = view.model.builders.keys();
    names
        .map(|name| {
            Completion::new(CompletionKind::Builder, name.as_str(), range).doc("builder", name)
        })
        .collect()
}
