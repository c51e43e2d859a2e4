//! Suppression comments: `# image-scripts: ignore[code] reason` and `ignore-file[code]`.
//!
//! Found by scanning the text, so that they work the same in bash, in Nix and inside
//! here-documents.

use smol_str::SmolStr;

use super::{Spanned, TextRange, TextSize};

/// A suppression comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The codes it names.
    pub codes: Box<[Spanned<SmolStr>]>,
    /// The comment.
    pub range: TextRange,
    /// Part of the file that it holds for.
    pub covers: Covers,
}

/// Part of a file that a suppression comment holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// One line: its bytes.
    Line(TextRange),
    /// The whole file.
    File,
}

const MARK: &str = "# image-scripts:";

/// Reads the directives of a text, in order.
pub fn read(text: &str) -> Box<[Directive]> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), MARK) {
        found.extend(directive(text, at));
    }
    found.into_boxed_slice()
}

fn directive(text: &str, at: usize) -> Option<Directive> {
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
    let line_end = end_of_line(text, at);
    let body = text.get(at + MARK.len()..line_end)?;
    let (keyword, rest) = body.split_once('[')?;
    let (codes, _reason) = rest.split_once(']')?;
    let file = match keyword.trim() {
        "ignore" => false,
        "ignore-file" => true,
        _ => return None,
    };
    let mut offset = at + MARK.len() + keyword.len() + 1;
    let mut named = Vec::new();
    for code in codes.split(',') {
        let trimmed = code.trim();
        let start = offset + (code.len() - code.trim_start().len());
        if !trimmed.is_empty() {
            named.push(Spanned::new(
                SmolStr::new(trimmed),
                range(start, start + trimmed.len()),
            ));
        }
        offset += code.len() + 1;
    }
    let alone = text.get(line_start..at)?.trim().is_empty();
    let covers = match (file, alone) {
        (true, _) => Covers::File,
        (false, false) => Covers::Line(range(line_start, line_end)),
        (false, true) => Covers::Line(next_line(text, line_end)),
    };
    Some(Directive {
        codes: named.into(),
        range: range(at, line_end),
        covers,
    })
}

/// Returns the first line after `end` that is no directive itself.
fn next_line(text: &str, mut end: usize) -> TextRange {
    loop {
        let start = (end + 1).min(text.len());
        end = end_of_line(text, start);
        let line = text.get(start..end).unwrap_or_default();
        if start >= text.len() || !line.trim_start().starts_with(MARK) {
            return range(start, end);
        }
    }
}

fn end_of_line(text: &str, at: usize) -> usize {
    text.get(at..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |n| at + n)
}

fn range(start: usize, end: usize) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(size(start), size(end))
}
