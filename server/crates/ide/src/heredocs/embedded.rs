//! A text inside of another one, as its reader gets it: without the backslashes that the builder
//! takes away, and with a mark in place of what it expands.

use std::borrow::Cow;

use syntax::shell::{PieceKind, Word};
use syntax::{TextRange, TextSize};

/// Mark in place of what is not known: a word, and no name.
const MARK: &str = "⟦⟧";

/// A text with the ranges of the file that its parts are written at.
pub(super) struct Embedded<'t> {
    pub(super) text: Cow<'t, str>,
    /// Ranges of the text that are copies of the file's, in order, each with the beginning there.
    copies: Vec<(TextRange, TextSize)>,
}

impl<'t> Embedded<'t> {
    /// The text of a file itself.
    pub(super) fn whole(text: &'t str) -> Embedded<'t> {
        let all = TextRange::up_to(TextSize::of(text));
        Embedded {
            text: Cow::Borrowed(text),
            copies: vec![(all, TextSize::default())],
        }
    }

    /// The text of one of its here-documents.
    pub(super) fn heredoc(&self, body: &Word) -> Embedded<'static> {
        let mut text = String::new();
        let mut copies = Vec::new();
        for piece in &body.pieces {
            match &piece.kind {
                PieceKind::Literal => {
                    let start = TextSize::of(text.as_str());
                    text.push_str(self.slice(piece.range));
                    copies.extend(self.copies_in(piece.range).map(|(range, source)| {
                        let range = range - piece.range.start() + start;
                        (range, source)
                    }));
                }
                PieceKind::Decoded(decoded) => text.push_str(decoded),
                _ => text.push_str(MARK),
            }
        }
        Embedded {
            text: Cow::Owned(text),
            copies,
        }
    }

    pub(super) fn slice(&self, range: TextRange) -> &str {
        let range = std::ops::Range::<usize>::from(range);
        self.text.get(range).unwrap_or_default()
    }

    /// Ranges of the file that a range of the text is written at.
    pub(super) fn sources(&self, range: TextRange) -> Vec<TextRange> {
        let copies = self.copies_in(range);
        let source = |(range, start): (TextRange, TextSize)| TextRange::at(start, range.len());
        copies.map(source).collect()
    }

    /// Parts of a range of the text that are copies, each with its beginning in the file.
    fn copies_in(&self, range: TextRange) -> impl Iterator<Item = (TextRange, TextSize)> {
        let first = self
            .copies
            .partition_point(|(copy, _)| copy.end() <= range.start());
        let from = self.copies.get(first..).unwrap_or_default().iter();
        let until = from.take_while(move |(copy, _)| copy.start() < range.end());
        until.filter_map(move |(copy, source)| {
            let both = copy.intersect(range).filter(|both| !both.is_empty())?;
            Some((both, *source + (both.start() - copy.start())))
        })
    }
}
