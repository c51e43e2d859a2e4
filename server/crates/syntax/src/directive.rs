//! Suppression comments: `# image-scripts: ignore[code] reason` and `ignore-file[code]`.
//!
//! Found by scanning the text, so that they work the same in bash, in Nix and inside
//! here-documents.

use std::ops::Range;

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
///
/// The work grows with the text and no faster, whatever stands in it: no part of a line is looked
/// at for more than one mark, and comments that follow each other share what they cover.
pub fn read(text: &str) -> Box<[Directive]> {
    let mut found = Vec::new();
    // Lines that begin with a mark, in order.
    let mut alone: Vec<TextRange> = Vec::new();
    let mut line = TextRange::default();
    let mut marks = memchr::memmem::find_iter(text.as_bytes(), MARK).peekable();
    while let Some(at) = marks.next() {
        if at >= usize::from(line.end()) {
            line = line_at(text, at);
            let before = text.get(usize::from(line.start())..at);
            if before.is_some_and(|before| before.trim().is_empty()) {
                alone.push(line);
            }
        }
        let end = usize::from(line.end());
        let body_end = marks.peek().map_or(end, |next| end.min(*next));
        found.extend(directive(text, at..body_end, line));
    }
    cover_next_lines(text, &alone, &mut found);
    found.into_boxed_slice()
}

/// Reads the directive at a mark. It covers its own line.
fn directive(text: &str, at: Range<usize>, line: TextRange) -> Option<Directive> {
    let start = at.start + MARK.len();
    let body = text.get(start..at.end)?;
    let (keyword, rest) = body.split_once('[')?;
    let (codes, _reason) = rest.split_once(']')?;
    let covers = match keyword.trim() {
        "ignore" => Covers::Line(line),
        "ignore-file" => Covers::File,
        _ => return None,
    };
    let mut offset = start + keyword.len() + 1;
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
    Some(Directive {
        codes: named.into(),
        range: TextRange::new(range(at.start, at.start).start(), line.end()),
        covers,
    })
}

/// Has directives that are alone on their line cover the first line after it that begins with no
/// mark.
fn cover_next_lines(text: &str, alone: &[TextRange], directives: &mut [Directive]) {
    let mut directives = directives.iter_mut().rev().peekable();
    let mut after: Option<(TextSize, TextRange)> = None;
    for line in alone.iter().rev() {
        let next = (usize::from(line.end()) + 1).min(text.len());
        let next = range(next, end_of_line(text, next));
        let covered = match after {
            Some((start, covered)) if start == next.start() => covered,
            _ => next,
        };
        after = Some((line.start(), covered));
        // Only the first directive of a line is alone on it.
        while let Some(directive) =
            directives.next_if(|directive| directive.range.start() >= line.start())
        {
            let is_first = text
                .get(usize::from(line.start())..usize::from(directive.range.start()))
                .is_some_and(|before| before.trim().is_empty());
            if is_first && directive.covers == Covers::Line(*line) {
                directive.covers = Covers::Line(covered);
            }
        }
    }
}

fn line_at(text: &str, at: usize) -> TextRange {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
    range(start, end_of_line(text, at))
}

fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |n| at + n)
}

fn range(start: usize, end: usize) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(size(start), size(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "a test fails by a panic")]

    use super::*;

    /// The texts that each directive covers, `None` for the whole file, with its codes.
    fn covered(text: &str) -> Vec<(Option<&str>, Vec<&str>)> {
        let shown = |directive: &Directive| {
            let slice = |range: TextRange| &text[range];
            let covers = match directive.covers {
                Covers::File => None,
                Covers::Line(line) => Some(slice(line)),
            };
            let codes = directive.codes.iter();
            (covers, codes.map(|code| slice(code.range)).collect())
        };
        let read = read(text);
        read.iter().map(shown).collect()
    }

    #[test]
    fn comments_cover_their_own_line_or_the_next() {
        let text = "a # image-scripts: ignore[x] why\n\
            # image-scripts: ignore[ y , z ]\n\
            \t# image-scripts: nonsense\n\
            # image-scripts: ignore-file[w]\n\
            # image-scripts: ignore[v] # image-scripts: ignore[u]\n\
            b\n\
            # image-scripts: ignore[t]";
        let own = "a # image-scripts: ignore[x] why";
        let last = "# image-scripts: ignore[v] # image-scripts: ignore[u]";
        assert_eq!(
            covered(text),
            [
                (Some(own), vec!["x"]),
                (Some("b"), vec!["y", "z"]),
                (None, vec!["w"]),
                (Some("b"), vec!["v"]),
                (Some(last), vec!["u"]),
                (Some(""), vec!["t"]),
            ]
        );
    }

    #[test]
    fn a_list_that_is_not_closed_ends_at_the_next_comment() {
        let text = "x # image-scripts: ignore[a # image-scripts: ignore[b]";
        assert_eq!(covered(text), [(Some(text), vec!["b"])]);
    }
}
