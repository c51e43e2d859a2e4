//! Here-documents that end where their author did not mean it: never, or at the end of another one.

use super::super::{TextRange, TextSize};

/// Returns the lines of a text that would end its here-document, but for blanks or a carriage return
/// beside the delimiter.
pub(super) fn ends_alike(body: &str, start: TextSize, delimiter: &str) -> Vec<TextRange> {
    let mut found = Vec::new();
    if delimiter.is_empty() {
        return found;
    }
    let mut at = start;
    for line in body.split_inclusive('\n') {
        if line.trim() == delimiter {
            let length = TextSize::of(line.trim_end_matches(['\r', '\n']));
            found.push(TextRange::at(at, length));
        }
        at += TextSize::of(line);
    }
    found
}

/// Returns the operator in a text that opens a here-document with the delimiter of the one around
/// it: `<<EOF`, with the delimiter.
pub(super) fn opened_inside(body: &str, start: TextSize, delimiter: &str) -> Option<TextRange> {
    // Few texts have an operator: the lines of the others are not looked at.
    if delimiter.is_empty() || memchr::memmem::find(body.as_bytes(), b"<<").is_none() {
        return None;
    }
    let mut line_start = start;
    for line in body.split_inclusive('\n') {
        let operators = line.match_indices("<<").map(|(at, _)| at);
        let operators = operators.filter(|_| !line.trim_start().starts_with('#'));
        for at in operators {
            if let Some(length) = operator_length(line, at, delimiter) {
                let at = TextSize::try_from(at).ok()?;
                let length = TextSize::try_from(length).ok()?;
                return Some(TextRange::at(line_start + at, length));
            }
        }
        line_start += TextSize::of(line);
    }
    None
}

/// Returns the length of the operator at an offset of a line, if its delimiter is that one.
fn operator_length(line: &str, at: usize, delimiter: &str) -> Option<usize> {
    let after = line.get(at + 2..)?;
    if line.get(..at)?.ends_with('<') || after.starts_with('<') {
        return None;
    }
    let word = after.strip_prefix('-').unwrap_or(after);
    let word = word.trim_start_matches([' ', '\t']);
    let open = word.trim_start_matches(['\'', '"', '\\']);
    let rest = open.strip_prefix(delimiter)?;
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "_-.$".contains(c);
    if rest.starts_with(goes_on) {
        return None;
    }
    let rest = rest.strip_prefix(['\'', '"']).unwrap_or(rest);
    Some(line.len() - at - rest.len())
}
