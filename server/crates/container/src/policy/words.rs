//! The words of a program that is called: its options and what they leave.

use super::super::state::{Field, ProgramCall};
use super::super::text::{Text, TextPiece, UnknownKind};
use model::FileRange;

/// A program with its arguments.
pub(super) struct Words {
    /// The name, without the folder.
    pub(super) name: String,
    /// The arguments; what is not known is `None`.
    pub(super) arguments: Vec<Option<String>>,
    /// The range that each argument is written at, in the same order.
    written_at: Vec<FileRange>,
    /// Set when an argument that is no option may be anything.
    pub(super) is_unclear: bool,
}

/// Returns whether a text may be anything, in part.
fn is_any(text: &Text) -> bool {
    let mut pieces = text.pieces().iter();
    pieces.any(|piece| match piece {
        TextPiece::Known { .. } => false,
        TextPiece::Unknown { kind, .. } => *kind == UnknownKind::Any,
        TextPiece::Either { .. } | TextPiece::Repeated { .. } => true,
    })
}

impl Words {
    pub(super) fn of(call: &ProgramCall) -> Option<Words> {
        let known = |field: &Field| {
            let text = field.text.known().filter(|_| !field.is_open)?;
            Some(text.into_owned())
        };
        let written_at = |field: &Field| match field.text.pieces() {
            [
                TextPiece::Known {
                    source: Some(at), ..
                },
                ..,
            ] => *at,
            _ => call.at,
        };
        let (name, arguments) = call.words.split_first()?;
        let name = known(name)?;
        let is_unclear = |field: &Field| {
            let is_option = field.text.known_start().starts_with('-');
            !is_option && (field.is_open || is_any(&field.text))
        };
        Some(Words {
            is_unclear: arguments.iter().any(is_unclear),
            name: name.rsplit('/').next().unwrap_or_default().to_owned(),
            arguments: arguments.iter().map(known).collect(),
            written_at: arguments.iter().map(written_at).collect(),
        })
    }

    /// The arguments that are no options, as far as they are known, with their ranges. `valued` are
    /// options whose value is the next argument.
    pub(super) fn operands(&self, valued: &[&str]) -> Vec<(&str, FileRange)> {
        let mut operands = Vec::new();
        let mut is_value = false;
        for (argument, at) in self.arguments.iter().zip(&self.written_at) {
            let Some(argument) = argument else {
                is_value = false;
                continue;
            };
            if std::mem::take(&mut is_value) {
                continue;
            }
            if argument.starts_with('-') {
                is_value = valued.contains(&argument.as_str());
            } else {
                operands.push((argument.as_str(), *at));
            }
        }
        operands
    }

    /// The value of an option: `--include=x`, `--include x`.
    pub(super) fn value_of(&self, option: &str) -> Option<&str> {
        let mut arguments = self.arguments.iter().flatten();
        while let Some(argument) = arguments.next() {
            if argument == option {
                return arguments.next().map(String::as_str);
            }
            let value = argument.strip_prefix(option);
            if let Some(value) = value.and_then(|value| value.strip_prefix('=')) {
                return Some(value);
            }
        }
        None
    }

    /// Returns whether an option is given.
    pub(super) fn has(&self, option: &str) -> bool {
        let mut arguments = self.arguments.iter().flatten();
        arguments.any(|argument| argument == option)
    }

    /// Returns whether an option of one letter is given, alone or with others.
    pub(super) fn has_letter(&self, letter: char) -> bool {
        let mut arguments = self.arguments.iter().flatten();
        arguments.any(|argument| {
            argument.starts_with('-') && !argument.starts_with("--") && argument.contains(letter)
        })
    }
}
