//! State that holds for one file, function or subshell, and ends with it.

use crate::file_range::FileSpan;
use crate::tree::FileId;

use super::Interpreter;
use super::control_flow::Flow;

/// State that is restored when a file, function or subshell ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Frame {
    /// Number of files and functions that this one is nested in.
    pub(super) depth: usize,
    /// Set in a function, and in what it sources.
    pub(super) in_function: bool,
    /// Number of loops around this, in the same function.
    pub(super) loops: u32,
    /// Number of them that an unknown condition may have left, as [`Self::maybe_left`].
    pub(super) maybe_broken: u32,
    /// Set in a condition, where `set -e` does nothing.
    pub(super) lenient: bool,
    /// Number of the local variables of the functions around this one.
    pub(super) locals: usize,
    /// Number of trials in which the function was called.
    pub(super) trials: usize,
    /// The statement of the script's own files that led here.
    pub(super) root: Option<FileSpan>,
    /// The here-document that the function reads: its file and its number there.
    pub(super) stdin: Option<(FileId, u32)>,
    /// An unknown condition may have left the file or function: what is assigned now is unknown.
    pub(super) maybe_left: bool,
}

impl Frame {
    /// Takes note that some statements may have ended so.
    pub(super) fn may_leave(&mut self, flow: Flow) {
        match flow {
            Flow::Next | Flow::Exit => {}
            Flow::Return => self.maybe_left = true,
            Flow::Break(loops) => self.maybe_broken = self.maybe_broken.max(loops),
        }
    }

    /// Tells whether what follows may not be run.
    pub(super) fn is_doubtful(&self) -> bool {
        self.maybe_left || self.maybe_broken > 0
    }
}

impl Interpreter<'_> {
    /// Does something in a frame of its own, which ends with it.
    pub(super) fn in_frame<T>(&mut self, frame: Frame, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.frame, frame);
        let guards = self.guards.len();
        let outcome = body(self);
        self.guards.truncate(guards);
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
