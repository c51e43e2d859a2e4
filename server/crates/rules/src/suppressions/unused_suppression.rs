//! `unused-suppression`.

use model::FileId;
use syntax::TextRange;

use crate::{FileRange, Finding};

rule! {
    /// A suppression comment silences nothing.
    ///
    /// ## Why
    /// The finding it was for has been fixed, or has moved. Left where it is, the comment hides the
    /// next mistake.
    ///
    /// ## How to fix it
    /// Remove it, or the code that is not needed any more.
    code: "unused-suppression",
    severity: Warning,
    group: Suppressions,
    checks: [],
    fix: no,
}

/// Returns the finding on a code that silences nothing.
pub(super) fn finding(id: FileId, code: &str, range: TextRange) -> Finding {
    let message = format!("nothing here is silenced by `{code}`");
    Finding::new(&RULE, FileRange::new(id, range), message)
}
