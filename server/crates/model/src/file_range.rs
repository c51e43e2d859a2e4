//! Ranges and spans in a checkout's files.

use std::cmp::Ordering;

use syntax::TextRange;
use syntax::bash::SpanId;

use crate::tree::{FileId, Tree};

/// A range of a file's text, in bytes.
///
/// Ordered by file, then by beginning, then by end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileRange {
    /// The file.
    pub file: FileId,
    /// The range in its text.
    pub range: TextRange,
}

impl FileRange {
    /// A range of a file.
    pub fn new(file: FileId, range: TextRange) -> FileRange {
        FileRange { file, range }
    }

    /// The beginning of a file.
    pub fn start_of(file: FileId) -> FileRange {
        FileRange::new(file, TextRange::default())
    }

    /// The first line of a file, for what concerns the whole of it, or what it stands for.
    pub fn first_line(tree: &Tree, file: FileId) -> FileRange {
        let range = tree.file(file).map(|file| file.first_line());
        FileRange::new(file, range.unwrap_or_default())
    }
}

impl PartialOrd for FileRange {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FileRange {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |at: &FileRange| (at.file, at.range.start(), at.range.end());
        key(self).cmp(&key(other))
    }
}

/// A span of a script, in a form that stays equal when text before it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileSpan {
    /// The script.
    pub file: FileId,
    /// The span, in the script's facts.
    pub span: SpanId,
}

impl FileSpan {
    /// Returns the range that the span has now.
    pub fn range(self, tree: &Tree) -> TextRange {
        tree.script(self.file)
            .map(|facts| facts.range(self.span))
            .unwrap_or_default()
    }

    /// Returns the range that the span has now, with the file.
    pub fn file_range(self, tree: &Tree) -> FileRange {
        FileRange::new(self.file, self.range(tree))
    }
}
