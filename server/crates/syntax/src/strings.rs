//! Strings and here-documents of a text: whether a line inserted into it would be a comment.

use super::{TextRange, TextSize};

/// Strings of a text that are in no other string and in no here-document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strings {
    ranges: Vec<TextRange>,
    /// The text could not be read: all of it is taken for a string.
    everything: bool,
    /// A backslash at the end of a line joins the next one to it.
    joins_lines: bool,
}

impl Strings {
    /// Takes the whole of a text for one string.
    pub(crate) fn everything() -> Strings {
        Strings {
            everything: true,
            ..Strings::default()
        }
    }

    /// Takes over the ranges of strings.
    pub(crate) fn new(mut ranges: Vec<TextRange>) -> Strings {
        ranges.sort_by_key(|range| (range.start(), std::cmp::Reverse(range.end())));
        let mut end = TextSize::default();
        ranges.retain(|range| {
            let is_outermost = end < range.end();
            end = end.max(range.end());
            is_outermost
        });
        Strings {
            ranges,
            ..Strings::default()
        }
    }

    /// Has a backslash at the end of a line join the next one to it.
    pub(crate) fn joining_lines(self) -> Strings {
        Strings {
            joins_lines: true,
            ..self
        }
    }

    /// Returns whether an offset at the beginning of a line is in the middle of a string, or of a
    /// line that goes on: text there is no comment. True in doubt.
    pub fn goes_on_at(&self, text: &str, offset: TextSize) -> bool {
        let before = self.ranges.partition_point(|range| range.start() < offset);
        let string = before.checked_sub(1).and_then(|at| self.ranges.get(at));
        if self.everything || string.is_some_and(|string| offset < string.end()) {
            return true;
        }
        let before = text.get(..usize::from(offset)).unwrap_or_default();
        let line = before.strip_suffix('\n').filter(|_| self.joins_lines);
        line.is_some_and(|line| line.trim_end_matches('\r').ends_with('\\'))
    }
}
