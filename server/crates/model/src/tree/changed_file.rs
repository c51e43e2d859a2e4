//! Files of a checkout that are not as an earlier one had them, also those whose text is not read.

use smol_str::SmolStr;

/// A file, or a link, that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedFile {
    /// Path from the root of the checkout; links on the way are not followed.
    pub path: SmolStr,
    /// Kind of change.
    pub kind: ChangeKind,
    /// Set when git does not know the file.
    pub is_untracked: bool,
}

/// Kind of change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It has another content, or is executable where it was not.
    Modified,
    /// It is not there any more.
    Deleted,
}
