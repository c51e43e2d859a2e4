//! What `printf` writes.

use super::state::Field;
use super::text::{Text, TextPiece};
use model::FileRange;

/// The text that `printf` writes for a format and its arguments; `None` where reading does not tell.
pub(crate) fn formatted(arguments: &[Field], at: FileRange) -> Option<Text> {
    let (format, mut arguments) = arguments.split_first()?;
    if format.is_open || arguments.iter().any(|field| field.is_open) {
        return None;
    }
    let known = format.text.known()?;
    let mut out = Text::default();
    loop {
        let before = arguments.len();
        push_once(&format.text, &known, &mut arguments, at, &mut out)?;
        // The format is used again for what is left.
        if arguments.is_empty() || arguments.len() == before {
            return Some(out);
        }
    }
}

/// Writes the format once.
fn push_once(
    format: &Text,
    known: &str,
    arguments: &mut &[Field],
    at: FileRange,
    out: &mut Text,
) -> Option<()> {
    let mut literal = 0;
    let mut characters = known.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        if character != '%' && character != '\\' {
            continue;
        }
        out.append(&format.slice(literal, index));
        let (_, next) = characters.next()?;
        let end = index + 1 + next.len_utf8();
        literal = end;
        match (character, next) {
            ('%', 's') => {
                if let Some((first, rest)) = arguments.split_first() {
                    out.append(&first.text);
                    *arguments = rest;
                }
            }
            ('%', '%') => push(out, "%", format, (index, end), at),
            ('\\', 'n') => push(out, "\n", format, (index, end), at),
            ('\\', 't') => push(out, "\t", format, (index, end), at),
            ('\\', '\\') => push(out, "\\", format, (index, end), at),
            _ => return None,
        }
    }
    out.append(&format.slice(literal, known.len()));
    Some(())
}

/// Writes what an escape of the format stands for.
fn push(out: &mut Text, text: &str, format: &Text, (start, end): (usize, usize), at: FileRange) {
    let source = match format.slice(start, end).pieces() {
        [TextPiece::Known { source, .. }] => *source,
        _ => None,
    };
    out.push(TextPiece::Known {
        text: text.into(),
        source,
        expansion: Some(at),
    });
}
