//! Edits of fixes, computed when an action is chosen. Nothing is kept until then: the finding is
//! looked for again, and its fix computed for the files as they are.

use std::path::PathBuf;

use lsp_types::{CodeAction, Range, WorkspaceEdit};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::lsp::position::range;
use crate::lsp::request_context::RequestContext;
use crate::lsp::workspace_edit::workspace_edit;
use edits::{Fix, Refusal};

/// Data of an action without an edit, by which its fix is found again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::lsp) struct FixData {
    /// Root of the checkout.
    pub(in crate::lsp) root: PathBuf,
    /// Path of the file with the finding.
    pub(super) path: SmolStr,
    /// Code of the finding.
    pub(super) code: String,
    /// Message of the finding.
    pub(super) message: String,
    /// Range of the finding.
    pub(super) range: Range,
    /// Title of the fix.
    pub(super) title: String,
    /// Version of the document, if it was open.
    pub(super) version: Option<i32>,
}

/// Reason why an action has no edit.
pub(in crate::lsp) enum ResolveError {
    /// The files or findings have changed since it was offered.
    Outdated(String),
    /// The fix refuses.
    Refused(Refusal),
}

/// Adds its edit to an action.
///
/// # Errors
/// When the finding is gone, or its document has changed, or the fix refuses.
pub(in crate::lsp) fn resolve(
    context: &RequestContext,
    data: &FixData,
    action: CodeAction,
) -> Result<CodeAction, ResolveError> {
    let outdated = |why: &str| ResolveError::Outdated(format!("{}: {why}", data.path));
    if context.snapshot.root != data.root {
        return Err(outdated("the checkout is not open any more"));
    }
    if context.version_of(&data.path) != data.version {
        return Err(outdated("it has changed since the action was offered"));
    }
    let tree = &context.snapshot.tree;
    let file = tree
        .id(&data.path)
        .and_then(|id| Some((id, tree.file(id)?)));
    let (id, file) = file.ok_or_else(|| outdated("the file does not exist any more"))?;
    let encoding = context.client.encoding;
    let mut found = context.snapshot.findings_of(id).iter().filter(|finding| {
        finding.rule.code == data.code
            && finding.message == data.message
            && range(file, finding.at.range, encoding) == data.range
    });
    let fix = found.find_map(|f| f.fixes.iter().find(|fix| fix.title == data.title));
    let fix = fix.ok_or_else(|| outdated("the finding does not exist any more"))?;
    let edit = edit_of(context, fix).map_err(ResolveError::Refused)?;
    Ok(CodeAction {
        edit: Some(edit),
        ..action
    })
}

/// Returns the edit of a fix that the client can apply alone.
///
/// # Errors
/// When the fix refuses, or the client cannot apply it.
pub(in crate::lsp::handlers) fn edit_of(
    context: &RequestContext,
    fix: &Fix,
) -> Result<WorkspaceEdit, Refusal> {
    let edits = fix.edits(&context.snapshot.view())?;
    let edit = workspace_edit(context, &fix.title, Some("image-scripts-ls fix"), &edits)?;
    if edit.is_for_server() {
        return Err(Refusal(format!(
            "{}: an editor cannot do this with links: use the command line",
            fix.title
        )));
    }
    Ok(edit.client)
}
