//! A text under change, which remembers how to get there from the text it began as.

use std::ops::Range;
use std::sync::Arc;

use syntax::{TextRange, TextSize, common_affixes};

/// A text under change.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    original: Arc<str>,
    text: String,
    /// Differences, in order, never touching one another.
    hunks: Vec<Hunk>,
}

/// Bytes of the original and the bytes of the text that replace them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    old: Range<usize>,
    new: Range<usize>,
}

impl Patch {
    /// Returns a text that nothing was done to yet.
    pub(crate) fn new(original: Arc<str>) -> Patch {
        Patch {
            text: original.to_string(),
            original,
            hunks: Vec::new(),
        }
    }

    /// Returns the text as it is now.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Replaces a range of the text as it is now; one out of its bounds or between the bytes of a
    /// character is left alone.
    pub(crate) fn replace(&mut self, range: TextRange, with: &str) {
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        if self.text.get(start..end).is_none_or(|now| now == with) {
            return;
        }
        self.text.replace_range(start..end, with);
        let shift = with.len() as isize - (end - start) as isize;
        let moved = |at: usize| at.saturating_add_signed(shift);
        let touches = |hunk: &Hunk| hunk.new.start <= end && start <= hunk.new.end;
        let first = self.hunks.partition_point(|hunk| hunk.new.end < start);
        let touched = self
            .hunks
            .iter()
            .skip(first)
            .take_while(|h| touches(h))
            .count();
        let mut merged = Hunk {
            old: self.original_of(start, first)..self.original_of(end, first + touched),
            new: start..moved(end),
        };
        let group = self.hunks.get(first..first + touched).unwrap_or_default();
        if let Some(hunk) = group.first().filter(|h| h.new.start <= start) {
            merged.old.start = hunk.old.start;
            merged.new.start = hunk.new.start;
        }
        if let Some(hunk) = group.last().filter(|h| h.new.end >= end) {
            merged.old.end = hunk.old.end;
            merged.new.end = moved(hunk.new.end);
        }
        for hunk in self.hunks.iter_mut().skip(first + touched) {
            hunk.new = moved(hunk.new.start)..moved(hunk.new.end);
        }
        self.hunks.splice(first..first + touched, [merged]);
    }

    /// Returns the line that an offset of the text had in the original, counted from 1.
    pub(crate) fn original_line(&self, at: TextSize) -> usize {
        let at = usize::from(at);
        let before = self.hunks.partition_point(|hunk| hunk.new.end <= at);
        let at = match self.hunks.get(before).filter(|hunk| hunk.new.start <= at) {
            Some(inside) => inside.old.start,
            None => self.original_of(at, before),
        };
        let text = self.original.get(..at).unwrap_or(&self.original);
        text.matches('\n').count() + 1
    }

    /// Returns the offset in the original of an offset in the text that has `before` hunks before
    /// it.
    fn original_of(&self, at: usize, before: usize) -> usize {
        match before.checked_sub(1).and_then(|last| self.hunks.get(last)) {
            Some(hunk) => hunk.old.end + at.saturating_sub(hunk.new.end),
            None => at,
        }
    }

    /// Returns the replacements that turn the original into the text: ranges of the original with
    /// their new text, in order, none of them longer than it has to be.
    pub(crate) fn changes(&self) -> Vec<(TextRange, String)> {
        let mut out = Vec::new();
        for hunk in &self.hunks {
            let old = self.original.get(hunk.old.clone()).unwrap_or_default();
            let new = self.text.get(hunk.new.clone()).unwrap_or_default();
            let (head, tail) = common_ends(old, new);
            let range = hunk.old.start + head..hunk.old.end - tail;
            let text = new.get(head..new.len() - tail).unwrap_or_default();
            if !range.is_empty() || !text.is_empty() {
                out.push((text_range(range), text.to_owned()));
            }
        }
        out
    }
}

/// Returns how many bytes two texts have in common at their beginnings and, of the rest, at their
/// ends: whole characters, and never half of a CR LF.
fn common_ends(old: &str, new: &str) -> (usize, usize) {
    let (mut head, mut tail) = common_affixes(old, new);
    let splits = |text: &str, at: usize| {
        text.get(..at).is_some_and(|t| t.ends_with('\r'))
            && text.get(at..).is_some_and(|t| t.starts_with('\n'))
    };
    if splits(old, head) || splits(new, head) {
        head -= 1;
    }
    if splits(old, old.len() - tail) || splits(new, new.len() - tail) {
        tail -= 1;
    }
    (head, tail)
}

fn text_range(range: Range<usize>) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(size(range.start), size(range.end.max(range.start)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(original: &str, changes: &[(TextRange, String)]) -> String {
        let mut text = original.to_owned();
        for (range, new) in changes.iter().rev() {
            text.replace_range(std::ops::Range::<usize>::from(*range), new);
        }
        text
    }

    #[test]
    fn changes_are_as_short_as_they_can_be() {
        let mut patch = Patch::new("one two three".into());
        patch.replace(text_range(4..7), "2");
        patch.replace(text_range(6..11), "threes");
        assert_eq!(patch.text(), "one 2 threes");
        let expected = vec![
            (text_range(4..7), "2".to_owned()),
            (text_range(13..13), "s".to_owned()),
        ];
        assert_eq!(patch.changes(), expected);
        patch.replace(text_range(4..12), "two three");
        assert_eq!(patch.changes(), []);
    }

    proptest! {
        /// However changes overlap, what they come to leads from the original to the text.
        #[test]
        fn changes_lead_from_the_original_to_the_text(
            original in "[ab\r\n\u{e9}]{0,12}",
            steps in prop::collection::vec((0..16usize, 0..6usize, "[abc\n\u{e9}]{0,4}"), 0..8),
        ) {
            let mut patch = Patch::new(Arc::from(original.as_str()));
            for (start, length, with) in steps {
                patch.replace(text_range(start..start + length), &with);
            }
            let changes = patch.changes();
            prop_assert_eq!(apply(&original, &changes), patch.text());
            for pair in changes.windows(2) {
                prop_assert!(pair[0].0.end() <= pair[1].0.start());
            }
        }
    }
}
