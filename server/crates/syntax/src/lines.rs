//! Lines of a text.

use super::{TextRange, TextSize};

/// Beginnings of a text's lines, as byte offsets. Lines end at `\n`, `\r\n` or `\r`, as the protocol has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Box<[TextSize]>,
}

impl Lines {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Lines {
        let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|at| bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'))
            .map(|at| size(at + 1));
        Lines {
            starts: std::iter::once(size(0)).chain(ends).collect(),
        }
    }

    /// Returns the zero-based line of a byte offset.
    pub fn line_of(&self, offset: TextSize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// Returns the byte offset at which a line begins; `None` after the last one.
    pub fn start(&self, line: usize) -> Option<TextSize> {
        self.starts.get(line).copied()
    }

    /// Returns the range of a line without its end.
    pub fn range(&self, line: usize, text: &str) -> TextRange {
        let end_of_text = TextSize::of(text);
        let start = self.start(line).unwrap_or(end_of_text);
        let end = self.start(line + 1).unwrap_or(end_of_text);
        let content = text
            .get(usize::from(start)..usize::from(end))
            .unwrap_or_default();
        TextRange::at(start, TextSize::of(content.trim_end_matches(['\n', '\r'])))
    }

    /// Returns the number of lines; a text that ends in `\n` has an empty last one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}
