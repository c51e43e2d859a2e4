//! Completions in a script: finds out what is being written at the cursor, and which names fit.

use super::{Completion, CompletionKind, helpers, paths, range_of, units, variables};
use model::order::natural;
use model::view::View;
use model::{File, FileId};
use syntax::TextSize;
use syntax::bash::HereDoc;

/// Returns the completions at an offset of a script; `line` is its line up to there.
pub(super) fn completions(
    view: &View<'_>,
    file: FileId,
    line: &str,
    offset: TextSize,
) -> Vec<Completion> {
    let Some(script) = view.tree.file(file) else {
        return Vec::new();
    };
    let heredoc = heredoc_at(script, offset);
    if heredoc.is_some()
        && let Some(completions) = units::completions(view, file, line, offset)
    {
        return completions;
    }
    if heredoc.is_some_and(|h| h.quoted) {
        return Vec::new();
    }
    let quoting = match heredoc {
        // Neither quotes nor `#` mean anything there.
        Some(_) => Quoting::None,
        None => Quoting::at_end_of(line),
    };
    if matches!(quoting, Quoting::Single | Quoting::Comment) {
        return Vec::new();
    }
    let separators = [' ', '\t', ';', '=', '(', '|', '&', '<', '>', '`'];
    let word = line.rsplit(separators).next().unwrap_or_default();
    if let Some(completions) = paths::completions(view, file, word, offset) {
        return completions;
    }
    if let Some(written) = expanded_variable(line) {
        return variables::readable(view, file, written, offset);
    }
    if heredoc.is_some() {
        return Vec::new();
    }
    if let Some(written) = builder_value(script, line) {
        return builders(view, written, offset);
    }
    match quoting {
        Quoting::None => commands(view, file, line, offset),
        _ => Vec::new(),
    }
}

/// Commands, and variables that can be assigned.
fn commands(view: &View<'_>, file: FileId, line: &str, offset: TextSize) -> Vec<Completion> {
    let Some(written) = command(line) else {
        return Vec::new();
    };
    let is_first = line.trim_start() == written && !written.contains('-');
    let mut completions = Vec::new();
    if is_first {
        completions = variables::assignable(view, file, written, offset);
    }
    if !is_config(view, file) {
        let indent = match line.len() > written.len() {
            true => helpers::Indent::Some,
            false => helpers::Indent::None,
        };
        completions.extend(helpers::completions(view, file, written, indent, offset));
    }
    completions
}

/// Tells whether a script is a `config.sh`, which sets variables and calls nothing.
fn is_config(view: &View<'_>, file: FileId) -> bool {
    let path = view.tree.path(file);
    path.is_some_and(|path| path.ends_with("/config.sh"))
}

fn heredoc_at(file: &File, offset: TextSize) -> Option<&HereDoc> {
    let mut all = file.script()?.heredocs.iter();
    all.find(|h| h.body.contains(offset))
}

/// Quoting in effect at a position of a line.
#[derive(Clone, Copy, PartialEq)]
enum Quoting {
    None,
    Single,
    Double,
    Comment,
}

impl Quoting {
    fn at_end_of(line: &str) -> Quoting {
        let mut state = Quoting::None;
        let mut before = ' ';
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            state = match (state, c) {
                (Quoting::None | Quoting::Double, '\\') => {
                    chars.next();
                    state
                }
                (Quoting::None, '\'') => Quoting::Single,
                (Quoting::None, '"') => Quoting::Double,
                (Quoting::None, '#') if before.is_whitespace() => return Quoting::Comment,
                (Quoting::Single, '\'') | (Quoting::Double, '"') => Quoting::None,
                _ => state,
            };
            before = c;
        }
        state
    }
}

/// Returns the part of a variable's name after an unescaped `$` or `${` at the end of a line.
fn expanded_variable(line: &str) -> Option<&str> {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let start = line.len() - trailing(line, is_part);
    let (before, written) = line.split_at_checked(start)?;
    let before = before.strip_suffix('{').unwrap_or(before);
    let before = before.strip_suffix('$')?;
    let escapes = trailing(before, |c| c == '\\');
    (escapes.is_multiple_of(2)).then_some(written)
}

/// Length in bytes of the longest end of a text that consists of some characters only.
fn trailing(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.len() - text.trim_end_matches(is).len()
}

/// Returns the part of a command's name at the end of a line, if a command can stand there.
fn command(line: &str) -> Option<&str> {
    let is_part = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
    let (before, written) = line.split_at_checked(line.len() - trailing(line, is_part))?;
    let before = before.trim_end();
    let last_word = before.rsplit([' ', '\t', ';']).next().unwrap_or_default();
    let begins = before.is_empty()
        || before.ends_with([';', '|', '&', '(', '{', '!', '`'])
        || matches!(last_word, "then" | "else" | "do" | "if" | "elif" | "while");
    begins.then_some(written)
}

/// Returns the part of a builder's name after `BUILDER=` in an image's `config.sh`.
fn builder_value<'l>(file: &File, line: &'l str) -> Option<&'l str> {
    if !file.path.ends_with("/config.sh") || !file.path.contains("images/") {
        return None;
    }
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let value = line.strip_prefix("BUILDER=")?;
    let value = value.trim_start_matches(['"', '\'']);
    (!value.contains(['$', ' ', '"', '\'', '#'])).then_some(value)
}

fn builders(view: &View<'_>, written: &str, offset: TextSize) -> Vec<Completion> {
    let range = range_of(written, offset);
    let completion = |name: &smol_str::SmolStr| {
        Completion::new(CompletionKind::Builder, name.as_str(), range).doc("builder", name)
    };
    let mut names: Vec<_> = view.model.builders.keys().collect();
    names.sort_by(|a, b| natural(a, b));
    names.into_iter().map(completion).collect()
}
