//! A change of the whole checkout that a user asked for by name.

use smol_str::SmolStr;
use syntax::TextRange;

use crate::Edit;
use crate::image::console_getty::LAST_STEP;
use model::console_getty::HELPER;

/// A change that a user asked for by name: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Title of the change, in a few words.
    pub title: String,
    /// Edits of the checkout as it is.
    pub edits: Vec<Edit>,
    /// Values that were carried over or derived, and that only upstream can confirm.
    pub verify: Vec<Verify>,
    /// Remarks for the user: what was left alone, and why.
    pub notes: Vec<Note>,
    /// The image that is made or changed.
    pub image: SmolStr,
    /// The image that it was made after.
    pub like: Option<SmolStr>,
}

/// A value that only upstream can confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// Path of the file, from the root of the checkout.
    pub path: SmolStr,
    /// Range of the value in the file's text after the change, in bytes.
    pub range: TextRange,
    /// Text of that range.
    pub text: String,
    /// Reason why the value is in doubt.
    pub why: String,
}

impl Verify {
    /// Returns whether it is no value but a call: that of a helper that an image may need, or the one that it has
    /// to stand before.
    pub fn is_call(&self) -> bool {
        [LAST_STEP, HELPER].contains(&self.text.as_str())
    }
}

/// A remark on a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Range that the remark is about, if it is about one, in the text before the change.
    pub at: Option<PathRange>,
    /// Text of the remark.
    pub message: String,
}

/// A range in a file that is named by its path, because the tree may not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRange {
    /// Path of the file, from the root of the checkout.
    pub path: SmolStr,
    /// Range in the file's text, in bytes.
    pub range: TextRange,
}

impl Note {
    /// Returns a remark on the change as a whole.
    pub(crate) fn general(message: impl Into<String>) -> Note {
        Note {
            at: None,
            message: message.into(),
        }
    }

    /// Returns a remark on a range of a file.
    pub(crate) fn at(path: SmolStr, range: TextRange, message: impl Into<String>) -> Note {
        Note {
            at: Some(PathRange { path, range }),
            message: message.into(),
        }
    }
}
