//! State that holds for one file, function or subshell, and ends with it.

use crate::file_range::FileSpan;
use crate::tree::FileId;

use super::Interpreter;

/// State that is restored when a file, function or subshell ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Frame {
    /// Number of files and functions that this one is nested in.
    pub(super) depth: usize,
    /// Number of subshells that this is nested in: `exit` leaves but the innermost one.
    pub(super) subshells: usize,
    /// The statement of the script's own files that led here.
    pub(super) root: Option<FileSpan>,
    /// The here-document that the function reads: its file and its number there.
    pub(super) stdin: Option<(FileId, u32)>,
    /// An unknown condition may have left the file or function: what is assigned now is unknown.
    pub(super) maybe_left: bool,
    /// A condition has looked whether something exists: what is sourced now may be missing.
    pub(super) guarded: bool,
}

impl Interpreter<'_> {
    /// Does something in a frame of its own, which ends with it.
    pub(super) fn in_frame<T>(&mut self, frame: Frame, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.frame, frame);
        let outcome = body(self);
        self.frame = outer;
        outcome
    }

    /// A frame for a file or function that a statement leads to.
    pub(super) fn inner_frame(&self, at: FileSpan) -> Frame {
        let root = if self.own.contains(&at.file) {
            Some(at)
        } else {
            self.frame.root
        };
        Frame { root, ..self.frame }
    }

    /// The statement of the script's own files that led to a place: that place, if it is in one of
    /// them.
    pub(super) fn root_of(&self, at: FileSpan) -> FileSpan {
        if self.own.contains(&at.file) {
            at
        } else {
            self.frame.root.unwrap_or(at)
        }
    }
}
