//! Removes items from sets and lists.

use super::container::{ContainerItem, size};
use super::{Container, Replacement, Shape, unindented};
use syntax::{TextRange, TextSize};

/// The comments that are removed with an item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OwnComments {
    /// Those above the item, with a line's end.
    pub(crate) above: String,
    /// The one after the item on its line, with the blanks before it.
    pub(crate) after: String,
}

impl Container<'_> {
    /// Removes an item, with the comments that are its own: those that speak of it (have one of
    /// `names` in them), or would be left with nothing below them.
    pub(crate) fn remove(&self, index: usize, names: &[&str]) -> Result<Replacement, Shape> {
        let item = self.item(index)?;
        if !self.is_alone(item) {
            return Ok(self.remove_inline(index, item));
        }
        let mut start = self.line_start(self.start_with_comments(item, names));
        let mut end = self.next_line(item.end);
        let blank_above = self.blank_line_above(start);
        let below = self.rest_of_line(end);
        let blank_below = below.trim().is_empty() && below.ends_with('\n');
        let opens = start <= self.next_line(self.open.end());
        let closes = self.close.start() <= self.next_line(end);
        if let Some(blank) = blank_above.filter(|_| blank_below || closes) {
            start = blank;
        } else if blank_below && opens {
            end = self.next_line(end);
        }
        Ok((TextRange::new(start, end), String::new()))
    }

    fn remove_inline(&self, index: usize, item: &ContainerItem) -> Replacement {
        let next = self.items.get(index + 1);
        let previous = index.checked_sub(1).and_then(|i| self.items.get(i));
        let range = match (previous, next) {
            (_, Some(next)) if self.newlines(item.range.end(), next.range.start()) == 0 => {
                TextRange::new(item.range.start(), next.range.start())
            }
            (Some(previous), _) => TextRange::new(previous.range.end(), item.range.end()),
            (None, Some(_)) => item.range,
            // Nothing is left.
            (None, None) if self.is_inline() && !self.has_comments => {
                return (self.inner(), " ".to_owned());
            }
            (None, None) => item.range,
        };
        (range, String::new())
    }

    /// Returns the start of the blank line right before a line.
    fn blank_line_above(&self, line: TextSize) -> Option<TextSize> {
        let before = self.slice(TextSize::default(), line);
        let previous = before
            .strip_suffix('\n')
            .map(|b| b.rfind('\n').map_or(0, |n| n + 1))?;
        let blank = before.get(previous..)?.trim().is_empty();
        blank.then(|| size(previous))
    }

    /// Returns an item as it is written, with the comments that [`Container::remove`] takes
    /// along: lines joined by `\n`, as if they began in the first column.
    pub(crate) fn block(&self, index: usize, names: &[&str]) -> Result<String, Shape> {
        let item = self.item(index)?;
        let start = self.start_with_comments(item, names);
        Ok(unindented(self.slice(start, item.end)))
    }

    /// Returns an item as it is written, with the comments above it and the one after it on its
    /// last line, as [`Container::remove`] takes them along: lines joined by `\n`, as if they began
    /// in the first column.
    ///
    /// # Errors
    /// When other items stand on its lines.
    pub(crate) fn whole_block(&self, index: usize, names: &[&str]) -> Result<String, Shape> {
        if !self.is_alone(self.item(index)?) {
            return Err(Shape::SharedLine);
        }
        self.block(index, names)
    }

    /// Returns the comments that [`Container::remove`] takes along.
    pub(crate) fn own_comments(&self, index: usize, names: &[&str]) -> Result<OwnComments, Shape> {
        let item = self.item(index)?;
        if !self.is_alone(item) {
            return Ok(OwnComments::default());
        }
        let start = self.start_with_comments(item, names);
        let above = unindented(self.slice(start, item.range.start()));
        Ok(OwnComments {
            above: above.trim_end_matches([' ', '\t']).to_owned(),
            after: self.slice(item.range.end(), item.end).to_owned(),
        })
    }

    /// Puts the one item that is left on the line of the brackets; `None` where it is there, or
    /// does not fit.
    pub(crate) fn collapse(&self) -> Option<Replacement> {
        if self.is_inline() || self.has_comments {
            return None;
        }
        match self.items.as_slice() {
            [] => Some((self.inner(), " ".to_owned())),
            [item] => {
                let text = self.slice(item.range.start(), item.range.end());
                (!text.contains('\n')).then(|| (self.inner(), format!(" {text} ")))
            }
            _ => None,
        }
    }

    /// Replaces everything between the brackets.
    pub(crate) fn fill(&self, inner: &str) -> Replacement {
        (self.inner(), inner.to_owned())
    }
}
