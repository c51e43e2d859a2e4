//! Texts that a build makes, as far as reading tells: each piece with the source that it comes from.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;

use model::FileRange;
use syntax::{TextRange, TextSize};

/// Pieces that a text may have, those under conditions too, before it is taken for unknown: a loop
/// would let it grow without end.
const MAX_PIECES: u32 = 8_000;
/// Conditions that may stand inside of each other, likewise.
const MAX_DEPTH: u32 = 40;

/// A text that a build makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pieces: Arc<Vec<TextPiece>>,
    /// Number of pieces, those under conditions too.
    count: u32,
    /// Number of conditions inside of each other.
    depth: u32,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPiece {
    /// What is known.
    Known {
        /// The text.
        text: SmolStr,
        /// The literal that it is written as. Where the range is as long as the text, each byte is
        /// that one of the source.
        source: Option<FileRange>,
        /// The expansion by which it got here, where it is the value of a variable or the like.
        expansion: Option<FileRange>,
    },
    /// What only a build knows.
    Unknown {
        /// The expansion or command that makes it, as it is written.
        name: SmolStr,
        /// Kind of unknown text.
        kind: UnknownKind,
        /// The expansion by which it got here.
        expansion: Option<FileRange>,
    },
    /// What depends on a condition that reading cannot tell.
    Either {
        /// The condition.
        condition: Condition,
        /// The text where it holds.
        holds: Text,
        /// The text where it does not.
        fails: Text,
    },
    /// What is there any number of times.
    Repeated {
        /// The loop.
        condition: Condition,
        /// The text of one time.
        text: Text,
    },
}

/// Kind of an unknown text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownKind {
    /// A path of the runner, or another value that it makes up: never empty, always the same.
    Runner,
    /// A date: never empty.
    Date,
    /// Anything, also nothing.
    Any,
}

/// A condition or loop that reading cannot tell the outcome of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The commands, as they are written.
    pub text: SmolStr,
    /// Their range.
    pub at: FileRange,
}

impl Text {
    /// A text without a source in the checkout.
    pub fn literal(text: &str) -> Text {
        let mut out = Text::default();
        if !text.is_empty() {
            out.push(TextPiece::Known {
                text: SmolStr::new(text),
                source: None,
                expansion: None,
            });
        }
        out
    }

    /// A text that only a build knows.
    pub fn unknown(name: &str, kind: UnknownKind) -> Text {
        let mut out = Text::default();
        out.push(TextPiece::Unknown {
            name: SmolStr::new(name),
            kind,
            expansion: None,
        });
        out
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[TextPiece] {
        &self.pieces
    }

    pub(crate) fn push(&mut self, piece: TextPiece) {
        let (count, depth) = piece.size();
        Arc::make_mut(&mut self.pieces).push(piece);
        self.grow(count, depth);
    }

    /// Adds a text to the end.
    pub(crate) fn append(&mut self, other: &Text) {
        if self.pieces.is_empty() {
            *self = other.clone();
        } else {
            Arc::make_mut(&mut self.pieces).extend(other.pieces.iter().cloned());
            self.grow(other.count, other.depth);
        }
    }

    /// Takes note of what was added. A text that is too large is unknown.
    fn grow(&mut self, count: u32, depth: u32) {
        self.count += count;
        self.depth = self.depth.max(depth);
        if self.count > MAX_PIECES || self.depth > MAX_DEPTH {
            *self = Text::unknown("…", UnknownKind::Any);
        }
    }

    /// The number of its pieces, those under conditions too.
    pub(crate) fn size(&self) -> u32 {
        self.count
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<Cow<'_, str>> {
        let mut pieces = self.pieces.iter().map(|piece| match piece {
            TextPiece::Known { text, .. } => Some(text.as_str()),
            _ => None,
        });
        match self.pieces.len() {
            0 => Some(Cow::Borrowed("")),
            1 => pieces.next()?.map(Cow::Borrowed),
            _ => pieces.collect::<Option<String>>().map(Cow::Owned),
        }
    }

    /// What is known of its beginning.
    pub(crate) fn known_start(&self) -> String {
        let known = self.pieces.iter().map_while(|piece| match piece {
            TextPiece::Known { text, .. } => Some(text.as_str()),
            _ => None,
        });
        known.collect()
    }

    /// Tells whether it is empty; `None` where that depends on the build.
    pub(crate) fn is_empty(&self) -> Option<bool> {
        let mut is_empty = Some(true);
        for piece in self.pieces.iter() {
            match piece {
                TextPiece::Known { text, .. } if text.is_empty() => {}
                TextPiece::Known { .. } => return Some(false),
                TextPiece::Unknown { kind, .. } if *kind != UnknownKind::Any => return Some(false),
                TextPiece::Either { holds, fails, .. } => {
                    match (holds.is_empty(), fails.is_empty()) {
                        (Some(false), Some(false)) => return Some(false),
                        (Some(true), Some(true)) => {}
                        _ => is_empty = None,
                    }
                }
                _ => is_empty = None,
            }
        }
        is_empty
    }

    /// Compares it with another; `None` where that depends on the build.
    pub(crate) fn equals(&self, other: &Text) -> Option<bool> {
        if let (Some(one), Some(other)) = (self.known(), other.known()) {
            return Some(one == other);
        }
        let (one, two) = (self.known_start(), other.known_start());
        let may_agree = match (self.known().is_some(), other.known().is_some()) {
            (true, _) => one.starts_with(&*two),
            (_, true) => two.starts_with(&*one),
            _ => one.starts_with(&*two) || two.starts_with(&*one),
        };
        let is_empty = |text: &Text, other: &Text| {
            text.known().is_some_and(|text| text.is_empty()) && other.is_empty() == Some(false)
        };
        let differs = !may_agree || is_empty(self, other) || is_empty(other, self);
        differs.then_some(false)
    }

    /// The text with another expansion as that by which it got where it is.
    pub(crate) fn expanded(&self, at: FileRange) -> Text {
        let mut out = self.clone();
        for piece in Arc::make_mut(&mut out.pieces) {
            match piece {
                TextPiece::Known { expansion, .. } | TextPiece::Unknown { expansion, .. } => {
                    *expansion = Some(at);
                }
                TextPiece::Either { holds, fails, .. } => {
                    *holds = holds.expanded(at);
                    *fails = fails.expanded(at);
                }
                TextPiece::Repeated { text, .. } => *text = text.expanded(at),
            }
        }
        out
    }

    /// The text without the line ends at its end.
    pub(crate) fn trimmed(&self) -> Text {
        let kept = |piece: &TextPiece| match piece {
            TextPiece::Known { text, .. } => text.trim_end_matches('\n').len(),
            _ => usize::MAX,
        };
        let last = self.pieces.iter().rposition(|piece| kept(piece) > 0);
        let mut out = Text::default();
        for (index, piece) in self.pieces.iter().enumerate() {
            match last {
                Some(last) if index < last => out.push(piece.clone()),
                Some(last) if index == last && kept(piece) == usize::MAX => {
                    out.push(piece.clone());
                }
                Some(last) if index == last => {
                    piece
                        .slice(0, kept(piece))
                        .into_iter()
                        .for_each(|p| out.push(p));
                }
                _ => {}
            }
        }
        out
    }

    /// A range of bytes of what is known: pieces that are not, are left out before it and after it.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Text {
        let mut out = Text::default();
        let mut at = 0;
        for piece in self.pieces.iter() {
            let TextPiece::Known { text, .. } = piece else {
                continue;
            };
            let (from, to) = (start.max(at), end.min(at + text.len()));
            if from < to
                && let Some(piece) = piece.slice(from - at, to - at)
            {
                out.push(piece);
            }
            at += text.len();
        }
        out
    }

    /// The text before the last occurrence of a character, and the one after it, where what follows
    /// that is known.
    pub(crate) fn rsplit(&self, separator: char) -> Option<(Text, Text)> {
        for (index, piece) in self.pieces.iter().enumerate().rev() {
            let TextPiece::Known { text, .. } = piece else {
                return None;
            };
            let Some(at) = text.rfind(separator) else {
                continue;
            };
            let (mut before, mut after) = (Text::default(), Text::default());
            let first = self.pieces.get(..index).unwrap_or_default();
            first.iter().for_each(|piece| before.push(piece.clone()));
            piece.slice(0, at).into_iter().for_each(|p| before.push(p));
            let rest = at + separator.len_utf8();
            let rest = piece.slice(rest, text.len());
            rest.into_iter().for_each(|p| after.push(p));
            let last = self.pieces.get(index + 1..).unwrap_or_default();
            last.iter().for_each(|piece| after.push(piece.clone()));
            return Some((before, after));
        }
        None
    }

    /// This text and another one where a condition fails: what they begin with alike is there
    /// anyway.
    pub(crate) fn merged(&self, other: &Text, join: &Join) -> Text {
        if Arc::ptr_eq(&self.pieces, &other.pieces) || self.pieces == other.pieces {
            return self.clone();
        }
        let alike = self.pieces.iter().zip(other.pieces.iter());
        let alike = alike.take_while(|(one, other)| one == other).count();
        let split = |text: &Text| -> (Text, Text) {
            let (mut start, mut rest) = (Text::default(), Text::default());
            for (index, piece) in text.pieces.iter().enumerate() {
                let into = if index < alike { &mut start } else { &mut rest };
                into.push(piece.clone());
            }
            (start, rest)
        };
        let (mut start, holds) = split(self);
        let (_, fails) = split(other);
        match join {
            Join::Condition(condition) => start.push(TextPiece::Either {
                condition: condition.clone(),
                holds,
                fails,
            }),
            Join::Loop(condition) if fails.pieces.is_empty() => start.push(TextPiece::Repeated {
                condition: condition.clone(),
                text: holds,
            }),
            Join::Loop(condition) => {
                return Text::unknown(&condition.text, UnknownKind::Any);
            }
        }
        start
    }
}

/// How two states come together.
#[derive(Debug, Clone)]
pub(crate) enum Join {
    /// The first one is where the condition holds, the second where it fails.
    Condition(Condition),
    /// The first one is that after a time through a loop, the second that before it.
    Loop(Condition),
}

impl Join {
    pub(crate) fn condition(&self) -> &Condition {
        let (Join::Condition(condition) | Join::Loop(condition)) = self;
        condition
    }
}

impl TextPiece {
    /// The number of pieces in it, and of conditions inside of each other.
    fn size(&self) -> (u32, u32) {
        match self {
            TextPiece::Known { .. } | TextPiece::Unknown { .. } => (1, 0),
            TextPiece::Either { holds, fails, .. } => (
                1 + holds.count + fails.count,
                1 + holds.depth.max(fails.depth),
            ),
            TextPiece::Repeated { text, .. } => (1 + text.count, 1 + text.depth),
        }
    }

    /// A range of bytes of a piece that is known.
    fn slice(&self, start: usize, end: usize) -> Option<TextPiece> {
        let TextPiece::Known {
            text,
            source,
            expansion,
        } = self
        else {
            return None;
        };
        let inner = text.get(start..end).filter(|inner| !inner.is_empty())?;
        let source = source.map(|source| {
            if usize::from(source.range.len()) != text.len() {
                return source;
            }
            let at = |offset: usize| {
                source.range.start() + TextSize::try_from(offset).unwrap_or_default()
            };
            FileRange::new(source.file, TextRange::new(at(start), at(end)))
        });
        Some(TextPiece::Known {
            text: SmolStr::new(inner),
            source,
            expansion: *expansion,
        })
    }

    /// The words of a piece that is known, and whether blanks stand before each and after the last.
    pub(crate) fn split(&self) -> Vec<Option<TextPiece>> {
        let TextPiece::Known { text, .. } = self else {
            return vec![Some(self.clone())];
        };
        let mut out = Vec::new();
        let mut at = 0;
        for word in text.split_inclusive([' ', '\t', '\n']) {
            let bare = word.trim_end_matches([' ', '\t', '\n']);
            out.extend(self.slice(at, at + bare.len()).map(Some));
            if bare.len() < word.len() && out.last() != Some(&None) {
                // The end of a field; several of them are one.
                out.push(None);
            }
            at += word.len();
        }
        if out.is_empty() && !text.is_empty() {
            out.push(None);
        }
        out
    }
}
