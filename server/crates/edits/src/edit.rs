//! One step of a change.

use model::FileId;
use smol_str::SmolStr;
use syntax::TextRange;

/// One step of a change. All paths begin at the root of the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Replace a piece of a file's text.
    Text {
        /// The file.
        file: FileId,
        /// Range that is replaced, in bytes; empty to insert.
        range: TextRange,
        /// New text of the range.
        new_text: String,
    },
    /// Make a file that does not exist yet, and the directories on the way to it.
    Create {
        /// Path of the file.
        path: SmolStr,
        /// Text of the file.
        text: String,
    },
    /// Make a file or directory that does not exist yet as a copy of another one, byte by byte.
    Copy {
        /// Path of the one that is copied.
        from: SmolStr,
        /// Path of the copy.
        to: SmolStr,
    },
    /// Make a symbolic link that does not exist yet.
    Symlink {
        /// Path of the link.
        path: SmolStr,
        /// Path that the link points to, as it is written.
        points_to: SmolStr,
    },
    /// Give a file, directory or symbolic link another path that is not taken yet.
    Rename {
        /// The old path.
        from: SmolStr,
        /// The new path.
        to: SmolStr,
    },
    /// Delete a file.
    Delete {
        /// Path of the file.
        path: SmolStr,
    },
    /// Delete a directory, which is not a symbolic link, with all that is in it.
    DeleteDirectory {
        /// Path of the directory.
        path: SmolStr,
    },
    /// Delete a symbolic link; what it points to stays.
    Unlink {
        /// Path of the link.
        path: SmolStr,
    },
}

impl Edit {
    /// Returns the path of the file, directory or link that the edit makes, renames or deletes;
    /// `None` for a change of text.
    pub fn path(&self) -> Option<&SmolStr> {
        match self {
            Edit::Text { .. } => None,
            Edit::Create { path, .. }
            | Edit::Symlink { path, .. }
            | Edit::Delete { path }
            | Edit::DeleteDirectory { path }
            | Edit::Unlink { path } => Some(path),
            Edit::Copy { to, .. } => Some(to),
            Edit::Rename { from, .. } => Some(from),
        }
    }
}
