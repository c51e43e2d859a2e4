//! Changes to a checkout, as plain data.
//!
//! The language server turns them into workspace edits, the command line applies them to the
//! disk or prints them. Nothing here does either.
//!
//! - `fix`: ways to mend findings; `plan`: those that take more than one text edit;
//! - `scaffold` (`new`), `retire`, `bump`, `rename`: what a user asks for by name;
//! - `draft`: a checkout under change, which all of these work on: each step sees what the ones
//!   before it did, and what comes out is one list of [`Edit`]s of the checkout as it was;
//! - `repository` and `table`: the two Nix files, by entries, tags, rows and groups; `scripts`:
//!   values in bash;
//! - `nix`: attributes and list elements, in the layout that a Nix text has; `patch`: a text
//!   under change;
//! - `names`: what an image may be called; `suppress`: silencing a finding where it stands;
//!   `source`: having a script source an include;
//! - `apply`: what a checkout's files are after some edits.

mod apply;
mod bump;
mod draft;
mod fix;
mod fix_kind;
mod groups;
pub mod names;
mod nix;
mod nixfile;
mod patch;
mod register;
mod rename;
mod repository;
mod retire;
mod rewrite;
mod scaffold;
mod scripts;
mod source;
mod suppress;
mod table;
mod tags;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;

use smol_str::SmolStr;

pub use apply::{apply, text_after, texts_by_file};
pub use bump::{Bump, bump, next_at};
pub use fix::{Applicability, Fix};
pub use fix_kind::FixKind;
pub use rename::{file_renamed, rename};
pub use retire::{Document, retire};
pub use scaffold::{Cgroup, NewImage, Tags, predecessor, proposal, scaffold};
pub use source::source_include;
pub use suppress::suppress;

use model::FileId;
use syntax::TextRange;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Replace a part of a file.
    Text {
        /// The file.
        file: FileId,
        /// What is replaced, in bytes; empty to insert.
        range: TextRange,
        /// What comes in its place.
        new_text: String,
    },
    /// Make a file that does not exist yet, and the directories on the way to it.
    Create {
        /// Its path, from the root of the checkout.
        path: SmolStr,
        /// Its text.
        text: String,
    },
    /// Make a file or directory that does not exist yet as a copy of another one, to the byte.
    Copy {
        /// The path of the one that is copied.
        from: SmolStr,
        /// Its own path.
        to: SmolStr,
    },
    /// Make a symbolic link that does not exist yet.
    Symlink {
        /// Its path.
        path: SmolStr,
        /// What it leads to, as it is written.
        target: SmolStr,
    },
    /// Give a file, directory or symbolic link another path that is not taken yet.
    Rename {
        /// The path it has.
        from: SmolStr,
        /// The path it gets.
        to: SmolStr,
    },
    /// Delete a file.
    Delete {
        /// Its path.
        path: SmolStr,
    },
    /// Delete a directory, which is none behind a link, with all that is in it.
    DeleteDirectory {
        /// Its path.
        path: SmolStr,
    },
    /// Delete a symbolic link; what it leads to stays.
    Unlink {
        /// Its path.
        path: SmolStr,
    },
}

/// A change that a user asked for by name: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does, in a few words.
    pub title: String,
    /// What is changed.
    pub edits: Vec<Edit>,
    /// Values that were carried over or derived, and that only upstream can confirm.
    pub verify: Vec<Verify>,
    /// What the user should know: what was left alone, and why.
    pub notes: Vec<Note>,
    /// The image it made or changed.
    pub image: SmolStr,
    /// The image it was made after.
    pub like: Option<SmolStr>,
}

/// A value that only upstream can confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// The file, from the root of the checkout.
    pub path: SmolStr,
    /// Where in its text after the change, in bytes.
    pub range: TextRange,
    /// What stands there.
    pub text: String,
    /// Why it is in doubt.
    pub why: String,
}

/// Something that the user should know of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file it is about, from the root of the checkout, and where in its text as it is before
    /// the change, in bytes.
    pub place: Option<(SmolStr, TextRange)>,
    /// What there is to know.
    pub message: String,
}

/// Why a change cannot be made: a sentence that says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Refusal {
    fn new(message: impl Into<String>) -> Refusal {
        Refusal(message.into())
    }

    /// A file is written in a way that the engine does not change.
    fn by_hand(path: &str, what: &str) -> Refusal {
        Refusal(format!(
            "{path}: it is written in a way that this cannot change: {what} by hand"
        ))
    }
}

impl Edit {
    /// The path of the file, directory or link that it makes, renames or deletes; `None` for a
    /// change of text.
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
