//! Open documents: their texts as the client has them.

use std::path::{Path, PathBuf};

use lsp_types::{TextDocumentContentChangeEvent, Url};
use ropey::Rope;
use smol_str::SmolStr;

use super::position::Encoding;

/// Document that the client has open.
pub(super) struct TextDocument {
    /// Version that the client gave its text.
    pub(super) version: i32,
    pub(super) rope: Rope,
    /// File that it is, links resolved.
    pub(super) file: CheckoutFile,
    /// Number of its last change, counted over all documents: of two documents for one file, the
    /// one changed last has the file's text.
    pub(super) last_change: u64,
}

/// File of a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CheckoutFile {
    /// Root of the checkout.
    pub(super) root: PathBuf,
    /// Path from there, links resolved.
    pub(super) path: SmolStr,
}

impl CheckoutFile {
    /// A file that is in no checkout: its root is empty. One may come, and the text is that of the
    /// document then.
    pub(super) fn outside(path: &Path) -> Option<CheckoutFile> {
        Some(CheckoutFile {
            root: PathBuf::new(),
            path: SmolStr::new(path.to_str()?),
        })
    }
}

impl TextDocument {
    /// Applies changes of the client. A range that is not in the text is clamped to it, as the
    /// protocol demands for positions after the end of a line.
    pub(super) fn change(
        &mut self,
        changes: &[TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) {
        for change in changes {
            match change.range {
                None => self.rope = Rope::from_str(&change.text),
                Some(range) => {
                    let start = byte_offset(&self.rope, range.start, encoding);
                    let end = byte_offset(&self.rope, range.end, encoding).max(start);
                    let (start, end) = (self.rope.byte_to_char(start), self.rope.byte_to_char(end));
                    self.rope.remove(start..end);
                    self.rope.insert(start, &change.text);
                }
            }
        }
    }
}

/// Converts a position to a byte offset. One after the end of a line is before its `\r\n`; but one
/// that is before the `\n` alone is meant so: to an editor that took the `\r` for a character of the
/// line, because not all lines have one.
fn byte_offset(rope: &Rope, position: lsp_types::Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_bytes();
    }
    let slice = rope.line(line);
    let text = slice.to_string();
    rope.line_to_byte(line) + encoding.offset_in_line(&text, position.character as usize)
}

/// Returns the path of a file's URL. Other URLs (`git:`, `untitled:`) have paths as well, and mean
/// no file.
pub(super) fn file_path(url: &Url) -> Option<PathBuf> {
    url.to_file_path().ok().filter(|_| url.scheme() == "file")
}

/// Returns the paths of files' URLs.
pub(super) fn file_paths<'u>(urls: impl Iterator<Item = &'u String>) -> Vec<PathBuf> {
    urls.filter_map(|url| file_path(&Url::parse(url).ok()?))
        .collect()
}

/// Returns whether two URLs name the same document: clients write `c%3A` and `c:`.
pub(super) fn same_file(a: &Url, b: &Url) -> bool {
    a == b || matches!((file_path(a), file_path(b)), (Some(a), Some(b)) if a == b)
}
