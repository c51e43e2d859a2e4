//! Open documents: texts as the client has them.

use std::path::PathBuf;

use lsp_types::{TextDocumentContentChangeEvent, Url};
use ropey::Rope;
use smol_str::SmolStr;

use super::position::Encoding;

/// An open document.
pub(super) struct Document {
    /// The client's number of its text.
    pub(super) version: i32,
    /// Its text.
    pub(super) rope: Rope,
    /// Where its file really is.
    pub(super) place: Place,
    /// Counts changes over all documents: of two documents for one file, the last one changed
    /// says what the file's text is.
    pub(super) changed: u64,
}

/// A file of a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The checkout's root.
    pub(super) root: PathBuf,
    /// The real path from there.
    pub(super) path: SmolStr,
}

impl Document {
    /// Applies changes as the client made them. A range that is not in the text is brought into
    /// it, as the protocol has it for positions behind the end of a line.
    pub(super) fn change(
        &mut self,
        changes: &[TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) {
        for change in changes {
            match change.range {
                None => self.rope = Rope::from_str(&change.text),
                Some(range) => {
                    let start = byte(&self.rope, range.start, encoding);
                    let end = byte(&self.rope, range.end, encoding).max(start);
                    let (start, end) = (self.rope.byte_to_char(start), self.rope.byte_to_char(end));
                    self.rope.remove(start..end);
                    self.rope.insert(start, &change.text);
                }
            }
        }
    }
}

/// The byte offset of a position.
fn byte(rope: &Rope, position: lsp_types::Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_bytes();
    }
    let slice = rope.line(line);
    let text = slice.to_string();
    let content = text.trim_end_matches(['\n', '\r']);
    rope.line_to_byte(line) + encoding.offset(content, position.character as usize)
}

/// The path of a file's URL. Other URLs (`git:`, `untitled:`) have paths as well, and mean no file.
pub(super) fn file_path(url: &Url) -> Option<PathBuf> {
    url.to_file_path().ok().filter(|_| url.scheme() == "file")
}

/// Whether two spellings name the same document: clients write `c%3A` and `c:`.
pub(super) fn same_file(a: &Url, b: &Url) -> bool {
    a == b || matches!((file_path(a), file_path(b)), (Some(a), Some(b)) if a == b)
}
