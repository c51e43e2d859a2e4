//! What `echo` and `printf` write.

use super::commands::unknown;
use super::state::Field;
use super::text::{Text, TextPiece};
use model::FileRange;

/// The words that `echo` writes, with blanks between them; `None` where reading does not tell.
pub(crate) fn echoed(words: &[Field], at: FileRange) -> Option<Text> {
    // A word that may not be there takes its blank with it: the one towards a word that is.
    let certain = words.iter().position(|word| !may_vanish(word));
    if certain.is_none() && words.len() > 1 {
        return None;
    }
    let certain = certain.unwrap_or_default();
    let mut text = Text::default();
    for (index, word) in words.iter().enumerate() {
        let blanks = (index > certain, index < certain);
        match word.is_open {
            // A pattern of paths.
            true if word.text.known().is_some() => {
                let word = unknown(&word.text.shown()).expanded(at);
                text.append(&spaced(&word, blanks, at));
            }
            true => text.append(&split_word(&word.text, blanks, at)),
            false => text.append(&spaced(&word.text, blanks, at)),
        }
    }
    Some(text)
}

/// Returns whether a condition decides whether a word is there.
fn may_vanish(word: &Field) -> bool {
    let either = |piece: &TextPiece| matches!(piece, TextPiece::Either { .. });
    word.is_open && word.text.is_empty().is_none() && word.text.pieces().iter().any(either)
}

/// A text with a blank before or after it.
fn spaced(text: &Text, (before, after): (bool, bool), at: FileRange) -> Text {
    let blank = |is_there: bool| Text::literal(if is_there { " " } else { "" }).expanded(at);
    let mut out = blank(before);
    out.append(text);
    out.append(&blank(after));
    out
}

/// A text that is split at blanks, with one blank between its words.
fn split_word(text: &Text, blanks: (bool, bool), at: FileRange) -> Text {
    if let [
        TextPiece::Either {
            condition,
            holds,
            fails,
        },
    ] = text.pieces()
    {
        let mut out = Text::default();
        out.push(TextPiece::Either {
            condition: condition.clone(),
            holds: split_word(holds, blanks, at),
            fails: split_word(fails, blanks, at),
        });
        return out;
    }
    let is_unknown = || matches!(text.pieces(), [TextPiece::Unknown { .. }]);
    match text.known() {
        Some(known) if known.trim().is_empty() => Text::default(),
        Some(known) if is_pattern(&known) => {
            spaced(&unknown(&text.shown()).expanded(at), blanks, at)
        }
        Some(known) if is_single_spaced(&known) => spaced(text, blanks, at),
        Some(known) => spaced(
            &Text::literal(&single_spaced(&known)).expanded(at),
            blanks,
            at,
        ),
        // What is marked may be nothing.
        None if is_unknown() => spaced(text, blanks, at),
        None => match text.is_empty() {
            Some(false) if has_single_blanks(text) => spaced(text, blanks, at),
            Some(false) => spaced(&unknown(&text.shown()).expanded(at), blanks, at),
            _ => unknown(&text.shown()).expanded(at),
        },
    }
}

/// Returns whether splitting what conditions decide on leaves it as it is, and whether it names no files.
fn has_single_blanks(text: &Text) -> bool {
    let is_plain = |text: &Text| match text.known() {
        Some(known) => is_single_spaced(&known) && !is_pattern(&known),
        None => has_single_blanks(text),
    };
    text.pieces().iter().all(|piece| match piece {
        TextPiece::Either { holds, fails, .. } => is_plain(holds) && is_plain(fails),
        TextPiece::Repeated { text, .. } => is_plain(text),
        TextPiece::Known { .. } | TextPiece::Unknown { .. } => true,
    })
}

/// Returns the words of a text with one blank between them.
fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_single_spaced(text: &str) -> bool {
    text == single_spaced(text)
}

/// Returns whether a text may name files.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

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
