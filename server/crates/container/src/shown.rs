//! Texts as they are shown: marked where they are not known, each byte with its source.

use std::fmt::Write as _;

use super::text::{Text, TextPiece};
use model::FileRange;
use syntax::{TextRange, TextSize};

/// The beginning of a mark.
pub(crate) const MARK: char = '⟦';
/// The end of a mark.
pub(crate) const MARK_END: char = '⟧';

/// A text as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownText {
    /// The text, with marks: `⟦$DOWNLOAD⟧`, `⟦if [ -e /x ]⟧`, `⟦else⟧`, `⟦end⟧`.
    pub text: String,
    /// The segments of it, in order and without gaps.
    pub segments: Vec<Segment>,
}

/// A segment of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Kind of segment.
    pub kind: SegmentKind,
    /// The range in the text that is shown.
    pub range: TextRange,
    /// The range in the checkout that it is written at; of a mark, what it stands for. As long as
    /// the segment where that is a copy, byte for byte.
    pub source: Option<FileRange>,
    /// The expansion, or command, by which it got here, where that is elsewhere.
    pub expansion: Option<FileRange>,
}

/// Kind of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentKind {
    /// A text that is written where it is used.
    Literal,
    /// What an expansion or command makes.
    Value,
    /// A mark in place of what only a build knows.
    Unknown,
    /// A mark around what depends on a condition, or is repeated.
    Condition,
}

impl ShownText {
    /// The segment at an offset of the text.
    pub fn segment_at(&self, offset: TextSize) -> Option<&Segment> {
        let index = self.segments.partition_point(|s| s.range.end() <= offset);
        self.segments.get(index)
    }

    fn push(
        &mut self,
        kind: SegmentKind,
        text: &str,
        (source, expansion): (Option<FileRange>, Option<FileRange>),
    ) {
        let size = |length: usize| TextSize::try_from(length).unwrap_or_default();
        let start = size(self.text.len());
        self.text.push_str(text);
        self.segments.push(Segment {
            kind,
            range: TextRange::new(start, size(self.text.len())),
            source,
            expansion,
        });
    }

    /// Writes a mark of a condition: on a line of its own between lines.
    fn mark(&mut self, text: &str, at: FileRange) {
        let mut mark = String::new();
        // Writing to a string cannot fail.
        let _ = write!(mark, "⟦{text}⟧");
        if self.text.is_empty() || self.text.ends_with('\n') {
            mark.push('\n');
        }
        self.push(SegmentKind::Condition, &mark, (Some(at), None));
    }

    fn add(&mut self, text: &Text) {
        for piece in text.pieces() {
            match piece {
                TextPiece::Known {
                    text,
                    source,
                    expansion,
                } => {
                    let kind = match expansion {
                        None => SegmentKind::Literal,
                        Some(_) => SegmentKind::Value,
                    };
                    self.push(kind, text, (*source, *expansion));
                }
                TextPiece::Unknown {
                    name, expansion, ..
                } => {
                    self.push(
                        SegmentKind::Unknown,
                        &format!("⟦{name}⟧"),
                        (None, *expansion),
                    );
                }
                TextPiece::Either {
                    condition,
                    holds,
                    fails,
                } => {
                    let is_there = |text: &Text| !text.pieces().is_empty();
                    if is_there(holds) {
                        self.mark(&format!("if {}", condition.text), condition.at);
                        self.add(holds);
                        if is_there(fails) {
                            self.mark("else", condition.at);
                        }
                    } else {
                        self.mark(&format!("if not {}", condition.text), condition.at);
                    }
                    self.add(fails);
                    self.mark("end", condition.at);
                }
                TextPiece::Repeated { condition, text } => {
                    self.mark(&format!("repeated: {}", condition.text), condition.at);
                    self.add(text);
                    self.mark("end", condition.at);
                }
            }
        }
    }
}

impl ShownText {
    /// Adds a text as a script that can be read: conditions around lines are commands, and a mark is
    /// one word.
    fn add_code(&mut self, text: &Text) {
        for piece in text.pieces() {
            let starts_line = self.text.is_empty() || self.text.ends_with('\n');
            match piece {
                TextPiece::Known {
                    text,
                    source,
                    expansion,
                } => self.push(SegmentKind::Literal, text, (*source, *expansion)),
                TextPiece::Either {
                    condition,
                    holds,
                    fails,
                } if starts_line && is_lines(holds) && is_lines(fails) => {
                    let at = (Some(condition.at), None);
                    self.push(SegmentKind::Condition, "if test ⟦⟧ ; then :\n", at);
                    self.add_code(holds);
                    self.push(SegmentKind::Condition, "else :\n", at);
                    self.add_code(fails);
                    self.push(SegmentKind::Condition, "fi\n", at);
                }
                TextPiece::Repeated { condition, text } if starts_line && is_lines(text) => {
                    let at = (Some(condition.at), None);
                    self.push(SegmentKind::Condition, "while test ⟦⟧ ; do :\n", at);
                    self.add_code(text);
                    self.push(SegmentKind::Condition, "done\n", at);
                }
                TextPiece::Unknown { expansion, .. } => {
                    self.push(SegmentKind::Unknown, "⟦⟧", (None, *expansion));
                }
                _ => self.push(SegmentKind::Unknown, "⟦⟧", (None, None)),
            }
        }
    }
}

/// Returns whether a text is whole lines, or nothing.
fn is_lines(text: &Text) -> bool {
    match text.pieces().last() {
        None => true,
        Some(TextPiece::Known { text, .. }) => text.ends_with('\n'),
        Some(TextPiece::Either { holds, fails, .. }) => is_lines(holds) && is_lines(fails),
        Some(TextPiece::Repeated { text, .. }) => is_lines(text),
        Some(TextPiece::Unknown { .. }) => false,
    }
}

impl Text {
    /// The text as a script that can be read.
    pub(crate) fn as_code(&self) -> ShownText {
        let mut code = ShownText::default();
        code.add_code(self);
        code
    }

    /// The text as it is shown, with the source of each byte.
    pub fn with_sources(&self) -> ShownText {
        let mut shown = ShownText::default();
        shown.add(self);
        shown
    }

    /// The text as it is shown.
    pub fn shown(&self) -> String {
        self.with_sources().text
    }
}
