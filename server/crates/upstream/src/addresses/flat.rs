//! Texts of a build as plain text, with the literals that it is from.

use std::ops::Range;

use container::{Text, TextPiece};
use model::FileRange;
use syntax::{TextRange, TextSize};

/// Stands for what is not known: it is part of no address.
const UNKNOWN: char = '\0';

/// A text of a build as plain text.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub(super) text: String,
    fragments: Vec<Fragment>,
}

/// A piece of it that is known.
#[derive(Debug)]
struct Fragment {
    range: Range<usize>,
    /// The literal that it is written as.
    source: Option<FileRange>,
    /// The expansion by which it got here.
    expansion: Option<FileRange>,
}

impl Flat {
    /// Returns a text; what depends on conditions is not known in it.
    pub(super) fn of(text: &Text) -> Flat {
        let mut flat = Flat::default();
        let mut inner = Vec::new();
        flat.push(text, &mut inner);
        flat
    }

    /// Returns a text, and after it those in it that depend on conditions, each between things that are not
    /// known.
    pub(super) fn all_of(text: &Text) -> Vec<Flat> {
        let mut found = Vec::new();
        let mut rest = Vec::new();
        let mut flat = Flat::default();
        flat.push(text, &mut rest);
        found.push(flat);
        while let Some(text) = rest.pop() {
            let mut flat = Flat::default();
            flat.text.push(UNKNOWN);
            flat.push(&text, &mut rest);
            flat.text.push(UNKNOWN);
            found.push(flat);
        }
        found
    }

    fn push(&mut self, text: &Text, inner: &mut Vec<Text>) {
        for piece in text.pieces() {
            match piece {
                TextPiece::Known {
                    text,
                    source,
                    expansion,
                } => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    self.fragments.push(Fragment {
                        range: start..self.text.len(),
                        source: *source,
                        expansion: *expansion,
                    });
                    continue;
                }
                TextPiece::Unknown { .. } => {}
                TextPiece::Either { holds, fails, .. } => {
                    inner.extend([fails.clone(), holds.clone()])
                }
                TextPiece::Repeated { text, .. } => inner.push(text.clone()),
            }
            self.text.push(UNKNOWN);
        }
    }

    /// Returns whether all of it is known, and something.
    pub(super) fn is_known(&self) -> bool {
        !self.text.is_empty() && !self.text.contains(UNKNOWN)
    }

    /// Returns the literal that a range of the text ends with.
    pub(super) fn written_at(&self, range: Range<usize>) -> Option<FileRange> {
        let is_in = |fragment: &&Fragment| {
            fragment.range.start < range.end && range.start < fragment.range.end
        };
        let last = self.fragments.iter().rev().find(is_in)?;
        last.literal(&range).or(last.expansion)
    }
}

impl Fragment {
    /// Returns the literal that a range of the text is written as, as far as this fragment goes.
    fn literal(&self, range: &Range<usize>) -> Option<FileRange> {
        let source = self.source?;
        if usize::from(source.range.len()) != self.range.len() {
            return Some(source);
        }
        let size = |offset: usize| {
            let offset = offset.clamp(self.range.start, self.range.end) - self.range.start;
            source.range.start() + TextSize::try_from(offset).unwrap_or_default()
        };
        let range = TextRange::new(size(range.start), size(range.end));
        Some(FileRange::new(source.file, range))
    }
}

/// Returns the address of the web at an offset of a text, as far as it goes; `None` where there is none, or
/// where the end of it is not known.
pub(super) fn address_at(text: &str, offset: usize) -> Option<&str> {
    let rest = text.get(offset..)?;
    let is_web = rest.starts_with("http://") || rest.starts_with("https://");
    if !is_web {
        return None;
    }
    let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>()[]{}|\\^;$*".contains(c);
    let end = rest.find(is_end).unwrap_or(rest.len());
    let (address, after) = rest.split_at_checked(end)?;
    let is_whole = !after.starts_with([UNKNOWN, '$', '`', '{', '[', '*', '\\']);
    let host = address.split_once("://")?.1;
    (is_whole && !host.is_empty() && !host.starts_with('/')).then_some(address)
}
