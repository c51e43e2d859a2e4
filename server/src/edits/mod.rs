//! Changes to a checkout, as plain data.
//!
//! The language server turns them into workspace edits, the command line applies them to the
//! disk or prints them. Nothing here does either.

use smol_str::SmolStr;

use crate::model::FileId;
use crate::syntax::TextRange;

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
    /// Make a file that does not exist yet.
    Create {
        /// Its path, from the root of the checkout.
        path: SmolStr,
        /// Its text.
        text: String,
    },
    /// Delete a file.
    Delete {
        /// The file.
        file: FileId,
    },
}

/// A way to mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as offered to the user.
    pub title: String,
    /// It has one right answer and deletes nothing: it may be applied without asking.
    pub safe: bool,
    /// What is changed, all of it or nothing.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix that replaces one piece of text.
    pub fn replace(
        title: impl Into<String>,
        file: FileId,
        range: TextRange,
        new_text: impl Into<String>,
    ) -> Fix {
        let edit = Edit::Text {
            file,
            range,
            new_text: new_text.into(),
        };
        Fix {
            title: title.into(),
            safe: false,
            edits: vec![edit],
        }
    }

    /// The same, marked as safe.
    pub fn safe(self) -> Fix {
        Fix { safe: true, ..self }
    }
}
