//! Ways to mend findings.

use super::fix_kind::FixKind;
use super::{Edit, Refusal};
use model::FileId;
use model::view::View;
use syntax::TextRange;

/// A way to mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as offered to the user.
    pub title: String,
    /// It has one right answer and deletes nothing: it may be applied without asking.
    pub safe: bool,
    /// What is changed.
    pub kind: FixKind,
}

impl Fix {
    /// A fix that follows a plan.
    pub fn new(title: impl Into<String>, kind: FixKind) -> Fix {
        Fix {
            title: title.into(),
            safe: false,
            kind,
        }
    }

    /// A fix that is one edit.
    pub fn edit(title: impl Into<String>, edit: Edit) -> Fix {
        Fix::new(title, FixKind::Edits(vec![edit]))
    }

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
        Fix::edit(title, edit)
    }

    /// The same, marked as safe.
    pub fn safe(self) -> Fix {
        Fix { safe: true, ..self }
    }

    /// What is changed in the checkout as it is: all of it or nothing.
    ///
    /// # Errors
    /// When the files have a shape in which it cannot be done.
    pub fn edits(&self, view: &View<'_>) -> Result<Vec<Edit>, Refusal> {
        self.kind.edits(view)
    }
}
