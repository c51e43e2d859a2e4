//! Signature help: the arguments of the helper that is called at the cursor.

use std::ops::Range;

use smol_str::SmolStr;

use super::occurrences::Role;
use super::{function, markdown};
use model::FileId;
use model::view::View;
use syntax::escape::escape_control;
use syntax::{TextRange, TextSize};

/// Function that is called, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHelp {
    /// Call of the function with the names of the arguments.
    pub label: String,
    /// Ranges of the arguments in the label, in bytes.
    pub parameters: Vec<Range<usize>>,
    /// Index of the argument that is being written, if the function has that many.
    pub active: Option<usize>,
    /// Comment above the function, as Markdown.
    pub documentation: Option<String>,
}

/// Returns the helper that is called at an offset, if it takes arguments.
pub fn signature_help(view: &View<'_>, file: FileId, offset: TextSize) -> Option<SignatureHelp> {
    let script = view.tree.file(file)?;
    // The text of a here-document is not a command.
    let mut heredocs = script.script()?.heredocs.iter();
    if heredocs.any(|h| h.body.contains(offset)) {
        return None;
    }
    let lines = script.lines();
    let line = lines.range(lines.line_of(offset), &script.text);
    if offset < line.start() {
        return None;
    }
    let command = Command::read(script.slice(TextRange::new(line.start(), offset)))?;
    let (name, arguments) = command.words.split_first()?;
    // The last argument is still being written.
    let written = arguments.len().checked_sub(1)?;
    let start = line.start() + TextSize::try_from(command.start).ok()?;
    let range = TextRange::at(start, TextSize::of(name.as_str()));
    let functions = function::definitions(view, name, file, range, Role::Reference);
    let id = *functions.first()?;
    let signature = function::signature(view, id);
    let labels = signature.labels();
    let last = labels.len().checked_sub(1)?;
    let mut label = escape_control(name).into_owned();
    let mut parameters = Vec::new();
    for parameter in &labels {
        label.push(' ');
        let start = label.len();
        label.push_str(parameter);
        parameters.push(start..label.len());
    }
    let active = match signature.rest {
        true => Some(written.min(last)),
        false => (written <= last).then_some(written),
    };
    Some(SignatureHelp {
        label,
        parameters,
        active,
        documentation: function::comment(view, id).map(|text| markdown::comment(&text)),
    })
}

/// Last command of a line, up to the cursor.
struct Command {
    /// Offset in the line, in bytes.
    start: usize,
    /// Words of the command. The last one is being written, and may be empty.
    words: Vec<SmolStr>,
}

impl Command {
    /// Reads a line up to the cursor; `None` in a comment or after a redirection.
    fn read(line: &str) -> Option<Command> {
        let mut words: Vec<SmolStr> = Vec::new();
        let mut word = String::new();
        let mut start = 0;
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
                    // A keyword before a command is not part of it.
                    if matches!(words.as_slice(), [only] if is_keyword(only)) {
                        words.clear();
                    }
                    continue;
                }
                (None, '<' | '>') => return None,
                _ => {}
            }
            if word.is_empty() && words.is_empty() {
                start = at;
            }
            word.push(c);
        }
        words.push(SmolStr::new(&word));
        Some(Command { start, words })
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "time"
    )
}
