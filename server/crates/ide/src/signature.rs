//! The arguments of the function that is being called at a place.

use smol_str::SmolStr;

use super::function;
use super::occurrences::Role;
use model::FileId;
use model::view::View;
use syntax::{TextRange, TextSize};

/// A function with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// A call of it, with the arguments' names.
    pub label: String,
    /// The arguments: where in the label they stand, in bytes.
    pub parameters: Vec<(usize, usize)>,
    /// The argument that is being written, if the function has so many.
    pub active: Option<usize>,
    /// What is said of it.
    pub documentation: Option<String>,
}

/// The function that is being called at a place, if it is the checkout's and takes arguments.
pub fn signature(view: &View<'_>, file: FileId, offset: TextSize) -> Option<Signature> {
    let found = view.tree.file(file)?;
    let facts = found.script()?;
    // The text of a here-document is another script's.
    if { facts.heredocs.iter() }.any(|h| h.body.contains(offset)) {
        return None;
    }
    let line = { found.lines() }.range(found.lines().line_of(offset), &found.text);
    if offset < line.start() {
        return None;
    }
    let before = found.slice(TextRange::new(line.start(), offset));
    let (at, words) = command(before)?;
    let (name, arguments) = words.split_first()?;
    // The last one is still being written.
    let written = arguments.len().checked_sub(1)?;
    let start = line.start() + TextSize::try_from(at).ok()?;
    let range = TextRange::at(start, TextSize::of(name.as_str()));
    let id = { function::targets(view, name, file, range, Role::Reference) }
        .first()
        .copied()?;
    let shape = function::signature(view, id);
    let labels = shape.labels();
    if labels.is_empty() {
        return None;
    }
    let mut label = name.to_string();
    let mut parameters = Vec::new();
    for parameter in &labels {
        label.push(' ');
        let start = label.len();
        label.push_str(parameter);
        parameters.push((start, label.len()));
    }
    let last = labels.len().saturating_sub(1);
    let active = match shape.rest {
        true => Some(written.min(last)),
        false => (written <= last).then_some(written),
    };
    Some(Signature {
        label,
        parameters,
        active,
        documentation: function::comment(view, id),
    })
}

/// The last command of a line, up to the cursor: where it begins, and its words; what is being
/// written is the last one, and may be empty. `None` in a comment.
fn command(line: &str) -> Option<(usize, Vec<SmolStr>)> {
    let mut words: Vec<SmolStr> = Vec::new();
    let mut word = String::new();
    let mut begin = 0;
    let mut quote: Option<char> = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('"') | None, '\\') => {
                word.push(c);
                word.extend(chars.next().map(|(_, c)| c));
                continue;
            }
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') if word.is_empty() => return None,
            (None, ';' | '&' | '|' | '(' | ')' | '{' | '}' | '`')
                if word.is_empty() || ";&|()".contains(c) =>
            {
                words.clear();
                word.clear();
                continue;
            }
            (None, _) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(SmolStr::new(&word));
                    word.clear();
                }
                // What stands before a command.
                if matches!(words.as_slice(), [only] if is_keyword(only)) {
                    words.clear();
                }
                continue;
            }
            (None, '<' | '>') => return None,
            _ => {}
        }
        if word.is_empty() && words.is_empty() {
            begin = at;
        }
        word.push(c);
    }
    words.push(SmolStr::new(&word));
    Some((begin, words))
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "time"
    )
}
