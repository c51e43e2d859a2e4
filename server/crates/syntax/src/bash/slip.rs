//! Slips: mistakes that a few statements show by themselves.

use smol_str::SmolStr;

use super::super::TextRange;

/// A mistake that a few statements show by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What is wrong.
    pub kind: SlipKind,
    /// The variable, the command or the file that it is about.
    pub name: SmolStr,
    /// The range where it is shown.
    pub range: TextRange,
    /// What explains it; the same range, where nothing else does.
    pub because: TextRange,
}

/// Kinds of slips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipKind {
    /// `rc=$?`, of which nothing in the file reads the variable.
    UnreadStatus {
        /// Set when the variable is a function's own.
        is_local: bool,
    },
    /// `for x in ...; do cmd; done || ...`: the status of the last iteration.
    LastIteration,
    /// `... | while ...; do exit 1; done`, whose status nothing in the file reads.
    ExitInPipe,
    /// `>` to a file that was written just before.
    Truncation,
    /// A relative path below an image's root, which `cd` has left.
    LeftRoot,
    /// A relative path that has `$INSTALL` in it, below `$INSTALL`.
    DoubledRoot,
    /// `x=$(mkdir y)`: the output of a command that prints nothing.
    EmptyCapture,
}
