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

impl Segment {
    /// Returns whether each byte is that one of the source.
    fn is_copy(&self) -> bool {
        let is_text = matches!(self.kind, SegmentKind::Literal | SegmentKind::Value);
        is_text
            && self
                .source
                .is_some_and(|source| source.range.len() == self.range.len())
    }
}

impl ShownText {
    /// The range in the checkout that a range of the text is a copy of; `None` where its beginning or
    /// its end is no text that somebody wrote for this place, or they are in two files.
    pub fn source_of(&self, range: TextRange) -> Option<FileRange> {
        let first = self.segment_at(range.start())?;
        let last = match range.is_empty() {
            true => first,
            false => self.segment_at(range.end().checked_sub(1.into())?)?,
        };
        let is_literal = |segment: &Segment| segment.kind == SegmentKind::Literal;
        let is_written_there = is_literal(first) && is_literal(last);
        if !is_written_there && !self.has_whole_lines(range) {
            return None;
        }
        let (start, end) = (first.source?, last.source?);
        let start_at = match first.is_copy() {
            true => start.range.start() + (range.start() - first.range.start()),
            false => start.range.start(),
        };
        let end_at = match last.is_copy() {
            true => end.range.start() + (range.end() - last.range.start()),
            false => end.range.end(),
        };
        let is_one = start.file == end.file && start_at <= end_at;
        is_one.then(|| FileRange::new(start.file, TextRange::new(start_at, end_at)))
    }

    /// Returns whether somebody wrote a range of the text for its place: nothing in it was filled in.
    pub fn is_written(&self, range: TextRange) -> bool {
        let mut segments = self.segments_in(range);
        segments.all(|segment| segment.kind == SegmentKind::Literal) || self.has_whole_lines(range)
    }

    /// Returns whether the lines of a range stand in the checkout as they are, one after the other, by
    /// whatever expansion they got here: a file whose text is spliced in, a here-document that was
    /// kept in a variable. A backslash may have been left out.
    fn has_whole_lines(&self, range: TextRange) -> bool {
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        let (Some(before), Some(after)) = (self.text.get(..start), self.text.get(end..)) else {
            return false;
        };
        let size = |length: usize| TextSize::try_from(length).unwrap_or_default();
        let lines = TextRange::new(
            size(before.rfind('\n').map_or(0, |at| at + 1)),
            size(end + after.find('\n').unwrap_or(after.len())),
        );
        let mut last: Option<FileRange> = None;
        for segment in self.segments_in(lines) {
            let (Some(source), true) = (segment.source, segment.is_copy()) else {
                return false;
            };
            let Some(inside) = segment.range.intersect(lines) else {
                continue;
            };
            let inside = inside - segment.range.start() + source.range.start();
            let goes_on = last.is_none_or(|last| {
                let gap = inside.start().checked_sub(last.range.end());
                last.file == source.file && gap.is_some_and(|gap| gap <= 1.into())
            });
            if !goes_on {
                return false;
            }
            last = Some(FileRange::new(source.file, inside));
        }
        true
    }

    /// The segments that a range of the text has a part of.
    fn segments_in(&self, range: TextRange) -> impl Iterator<Item = &Segment> {
        let first = self
            .segments
            .partition_point(|s| s.range.end() <= range.start());
        let segments = self.segments.iter().skip(first);
        segments.take_while(move |segment| segment.range.start() < range.end())
    }

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
                    let kind = known_kind(expansion.is_some());
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
                } => {
                    let kind = known_kind(expansion.is_some());
                    self.push(kind, text, (*source, *expansion));
                }
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

/// The kind of a segment that is known.
fn known_kind(is_expanded: bool) -> SegmentKind {
    match is_expanded {
        false => SegmentKind::Literal,
        true => SegmentKind::Value,
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
    /// The text as a script that can be read: conditions around lines are commands of it, and what is
    /// not known is the word `⟦⟧`.
    pub fn as_code(&self) -> ShownText {
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
