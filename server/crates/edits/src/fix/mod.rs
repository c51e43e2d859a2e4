//! Fixes of findings: what is offered (here), and what it comes to (`kind`).

mod kind;

pub use kind::FixKind;

use smol_str::SmolStr;

use crate::{Edit, Refusal};
use model::FileId;
use model::view::View;
use syntax::TextRange;

/// A fix of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Title under which it is offered to the user.
    pub title: String,
    /// Permission to apply the fix without asking.
    pub applicability: Applicability,
    /// The change that it makes.
    pub kind: FixKind,
}

/// Answer to whether a fix may be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// The fix is the one right answer and deletes nothing: it may be applied without asking.
    Safe,
    /// The user decides.
    Offered,
}

impl Fix {
    /// Returns a fix that the user decides on.
    pub fn new(title: impl Into<String>, kind: FixKind) -> Fix {
        Fix {
            title: title.into(),
            applicability: Applicability::Offered,
            kind,
        }
    }

    /// Returns a fix that makes one edit.
    pub fn edit(title: impl Into<String>, edit: Edit) -> Fix {
        Fix::new(title, FixKind::Edits(vec![edit]))
    }

    /// Returns a fix that replaces one piece of text.
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
        Fix::edit(title, edit)
    }

    /// Returns the fix that retires an image.
    pub fn retire(image: &SmolStr) -> Fix {
        let kind = FixKind::Retire {
            image: image.clone(),
        };
        Fix::new(format!("Retire `{image}`"), kind)
    }

    /// Marks the fix as safe.
    pub fn safe(self) -> Fix {
        Fix {
            applicability: Applicability::Safe,
            ..self
        }
    }

    /// Returns whether the fix may be applied without asking.
    pub fn is_safe(&self) -> bool {
        self.applicability == Applicability::Safe
    }

    /// Returns whether the fix deletes an image.
    pub fn retires(&self) -> bool {
        matches!(self.kind, FixKind::Retire { .. })
    }

    /// Returns the edits that the fix comes to in the checkout as it is: all of it or nothing.
    ///
    /// # Errors
    /// When a file is written in a way that the fix cannot change.
    pub fn edits(&self, view: &View<'_>) -> Result<Vec<Edit>, Refusal> {
        self.kind.edits(view).map(|(edits, _)| edits)
    }

    /// Returns the edits, and what the user should know of them.
    ///
    /// # Errors
    /// When a file is written in a way that the fix cannot change.
    pub fn edits_and_notes(&self, view: &View<'_>) -> Result<(Vec<Edit>, Vec<String>), Refusal> {
        self.kind.edits(view)
    }
}
