//! Inserts items into sets and lists.

use super::container::{ContainerItem, size};
use super::{Container, Replacement, Shape, line_end};
use syntax::TextRange;

/// Position of a new item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InsertPosition {
    /// Before the item of that index, in its paragraph.
    Before(usize),
    /// After the item of that index, in its paragraph.
    After(usize),
    /// After the item of that index, in a paragraph of its own.
    AfterBlank(usize),
    /// Before the item of that index, in a paragraph of its own.
    BeforeBlank(usize),
    /// Into a set or list without items.
    Only,
}

impl InsertPosition {
    /// Returns the position after all items of a set or list.
    pub(crate) fn last(container: &Container<'_>) -> InsertPosition {
        match container.items.len() {
            0 => InsertPosition::Only,
            count => InsertPosition::After(count - 1),
        }
    }

    /// Returns the position before all items of a set or list.
    pub(crate) fn first(container: &Container<'_>) -> InsertPosition {
        match container.items.len() {
            0 => InsertPosition::Only,
            _ => InsertPosition::Before(0),
        }
    }
}

/// Form that a set or list on one line has after it gets another item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// All on the line, as before.
    Inline,
    /// One item on a line.
    Broken,
}

impl Container<'_> {
    /// Inserts a new item. `text` is indented as if it began in the first column, its lines are
    /// joined by `\n`.
    ///
    /// # Errors
    /// When the text has several lines and there is no line for them.
    pub(crate) fn insert(
        &self,
        position: InsertPosition,
        text: &str,
        form: Form,
    ) -> Result<Replacement, Shape> {
        if self.is_inline() {
            let flat = !text.contains('\n');
            return match form {
                _ if self.has_comments && !flat => Err(Shape::CommentedLine),
                _ if self.has_comments => self.insert_inline(position, text),
                Form::Inline if flat => self.insert_inline(position, text),
                _ => Ok(self.break_with(position, text)),
            };
        }
        let eol = line_end(self.text);
        let block = indent(text, &self.item_indentation(), eol);
        match position {
            InsertPosition::Only => {
                let line = self.line_start(self.close.start());
                if !self.slice(line, self.close.start()).trim().is_empty() {
                    return Err(Shape::SharedLine);
                }
                Ok((TextRange::empty(line), format!("{block}{eol}")))
            }
            InsertPosition::After(index) | InsertPosition::AfterBlank(index) => {
                let item = self.item(index)?;
                let rest = self.rest_of_line(item.end);
                if !rest.trim().is_empty() {
                    // The next item stands on the same line, or the closing bracket does.
                    return self.insert_flat(position, text);
                }
                let at = item.end + size(rest.trim_end_matches(['\r', '\n']).len());
                let blank = blank_line(position, eol);
                Ok((TextRange::empty(at), format!("{eol}{blank}{block}")))
            }
            InsertPosition::Before(index) | InsertPosition::BeforeBlank(index) => {
                let item = self.item(index)?;
                if !self.begins_line(item) {
                    return self.insert_flat(position, text);
                }
                // A comment that heads the paragraph stays at its head.
                let line = self.line_start(self.start_with_comments(item, &[]));
                let blank = blank_line(position, eol);
                Ok((TextRange::empty(line), format!("{block}{eol}{blank}")))
            }
        }
    }

    /// Inserts an item on a line that has others, if it needs no line of its own.
    fn insert_flat(&self, position: InsertPosition, text: &str) -> Result<Replacement, Shape> {
        if text.contains('\n') {
            return Err(Shape::SharedLine);
        }
        self.insert_inline(position, text)
    }

    fn insert_inline(&self, position: InsertPosition, text: &str) -> Result<Replacement, Shape> {
        Ok(match position {
            InsertPosition::Only => (self.inner(), format!(" {text} ")),
            InsertPosition::After(index) | InsertPosition::AfterBlank(index) => {
                let at = self.item(index)?.range.end();
                (TextRange::empty(at), format!(" {text}"))
            }
            InsertPosition::Before(index) | InsertPosition::BeforeBlank(index) => {
                let at = self.item(index)?.range.start();
                (TextRange::empty(at), format!("{text} "))
            }
        })
    }

    /// Writes all items and a new one on lines of their own.
    fn break_with(&self, position: InsertPosition, text: &str) -> Replacement {
        let own = |item: &ContainerItem| {
            self.slice(item.range.start(), item.range.end())
                .replace("\r\n", "\n")
        };
        let mut items: Vec<String> = self.items.iter().map(own).collect();
        let at = match position {
            InsertPosition::Only => 0,
            InsertPosition::Before(index) | InsertPosition::BeforeBlank(index) => index,
            InsertPosition::After(index) | InsertPosition::AfterBlank(index) => index + 1,
        };
        items.insert(at.min(items.len()), text.to_owned());
        let eol = line_end(self.text);
        let base = self.indentation(self.open.start());
        let lines: Vec<String> = items
            .iter()
            .map(|item| indent(item, &format!("{base}  "), eol))
            .collect();
        (self.inner(), format!("{eol}{}{eol}{base}", lines.join(eol)))
    }
}

/// Returns the blank line that sets a paragraph apart, where the position asks for one.
fn blank_line(position: InsertPosition, eol: &str) -> &str {
    match position {
        InsertPosition::AfterBlank(_) | InsertPosition::BeforeBlank(_) => eol,
        _ => "",
    }
}

/// Indents the lines of a text, and joins them by `eol`.
fn indent(text: &str, indentation: &str, eol: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{indentation}{line}")
            }
        })
        .collect();
    lines.join(eol)
}
