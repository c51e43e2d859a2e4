//! Findings of the interpreter about one script.

use smol_str::SmolStr;

use crate::file_range::FileSpan;
use crate::tree::FileId;

/// Effects of one script and of all that it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that are read, in order of first reading.
    pub reach: Vec<FileId>,
    /// Functions that are called, as their files and their numbers there: sorted, each once.
    pub called: Vec<(FileId, u32)>,
    /// Calls of helpers that nothing sourced before defines.
    pub undefined: Vec<UndefinedCall>,
    /// Sourced files that do not exist.
    pub unresolved: Vec<UnresolvedSource>,
    /// Versions that are compared as numbers and are none.
    pub not_integers: Vec<NotInteger>,
    /// Variables that includes take for set and that are not.
    pub unset_reads: Vec<UnsetRead>,
    /// Here-documents that expand variables which are not set then, whenever they are read.
    pub expansions: Vec<TextExpansions>,
    /// The last text that is appended to the container's script and never run.
    pub pending_append: Option<FileSpan>,
    /// Signs of the init system.
    pub init: InitSigns,
    /// Set when a file was sourced whose path is unknown: it may define anything.
    pub opaque: bool,
    /// Set when a failure may end the script: `set -e` is seen anywhere.
    pub exits_on_error: bool,
    /// Set when something that is not read may have set any variable.
    pub sets_any: bool,
}

/// Call of a helper before anything that defines it was sourced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedCall {
    /// The helper.
    pub name: SmolStr,
    /// The call.
    pub call: FileSpan,
    /// The statement of the script itself that leads to the call.
    pub root: FileSpan,
}

/// Variable that an include takes for set, and that nothing has set when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsetRead {
    /// The include.
    pub file: FileId,
    /// Index into its [`ScriptEffects::reads`](syntax::bash::ScriptEffects::reads).
    pub index: u32,
    /// The statement of the script itself that leads there.
    pub root: FileSpan,
    /// Unset where reading does not tell whether it gets there.
    pub is_certain: bool,
}

/// Variables that a here-document expands where a command reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextExpansions {
    /// The file of the here-document.
    pub file: FileId,
    /// Its number there.
    pub heredoc: u32,
    /// Bits of the first variables of its
    /// [`HereDocEffects::expands`](syntax::bash::HereDocEffects::expands) that are surely not set, each
    /// time that it is read.
    unset: u64,
}

impl TextExpansions {
    /// Returns whether the variable at an index of the names that are expanded is surely not set.
    pub fn is_unset(&self, index: usize) -> bool {
        let bit = u32::try_from(index)
            .ok()
            .and_then(|index| 1_u64.checked_shl(index));
        bit.is_some_and(|bit| self.unset & bit != 0)
    }
}

impl Summary {
    /// Takes note that a command reads a here-document while some of its variables are not set.
    pub(super) fn expand(&mut self, file: FileId, heredoc: u32, unset: u64) {
        let same = |known: &&mut TextExpansions| (known.file, known.heredoc) == (file, heredoc);
        match self.expansions.iter_mut().find(same) {
            Some(known) => known.unset &= unset,
            None => self.expansions.push(TextExpansions {
                file,
                heredoc,
                unset,
            }),
        }
    }
}

/// Version that is compared as a number and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInteger {
    /// The variable.
    pub name: SmolStr,
    /// Its value, with `DATE` for a date stamp.
    pub value: SmolStr,
    /// The variable as it is written in the comparison.
    pub at: FileSpan,
}

/// Sourced path below the root of the checkout that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedSource {
    /// The path, from the root of the checkout.
    pub path: SmolStr,
    /// The path as it is written.
    pub source: FileSpan,
    /// The statement of the script itself that leads there.
    pub root: FileSpan,
}

/// Signs of an image's init system in what its scripts do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InitSigns {
    /// Units are masked or enabled, or systemd's files written.
    pub systemd: bool,
    /// Another init's tools or files are used.
    pub other: bool,
}

impl InitSigns {
    /// Returns whether they are systemd's rather than another's; `None` where there are none, or
    /// both: a family's include may serve two inits.
    pub fn is_systemd(self) -> Option<bool> {
        match (self.systemd, self.other) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }
}
