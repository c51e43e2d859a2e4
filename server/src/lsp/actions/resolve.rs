//! Edits of fixes, worked out when an action is chosen. Nothing is kept meanwhile: the finding is
//! looked for again, and its fix made anew for the files as they are.

use std::path::PathBuf;

use lsp_types::{CodeAction, Range, WorkspaceEdit};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::lsp::position::range;
use crate::lsp::workspace_edit::{Target, workspace_edit};
use edits::{Fix, Refusal};

/// What an action without an edit is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::lsp) struct FixData {
    /// The checkout.
    pub(in crate::lsp) root: PathBuf,
    /// The file that the finding stands on.
    pub(super) path: SmolStr,
    /// The finding's code.
    pub(super) code: String,
    /// Its message.
    pub(super) message: String,
    /// Where it stands.
    pub(super) range: Range,
    /// The fix.
    pub(super) title: String,
    /// The document's version, if it was open.
    pub(super) version: Option<i32>,
}

/// Why an action has no edit.
pub(in crate::lsp) enum Unresolved {
    /// It was made for something that is not so any more.
    Outdated(String),
    /// It cannot be done.
    Refused(Refusal),
}

/// An action with the edit that it stands for.
///
/// # Errors
/// When the finding is gone, or its document has changed, or the fix refuses.
pub(in crate::lsp) fn resolve(
    target: Target<'_>,
    data: &FixData,
    action: CodeAction,
) -> Result<CodeAction, Unresolved> {
    let outdated = |why: &str| Unresolved::Outdated(format!("{}: {why}", data.path));
    if target.snapshot.root != data.root {
        return Err(outdated("its checkout is not open any more"));
    }
    let version = target.open.get(&data.path).map(|(_, version)| *version);
    if version != data.version {
        return Err(outdated("it has changed since the action was offered"));
    }
    let tree = &target.snapshot.tree;
    let file = tree
        .id(&data.path)
        .and_then(|id| Some((id, tree.file(id)?)));
    let (id, file) = file.ok_or_else(|| outdated("it is not there any more"))?;
    let encoding = target.abilities.encoding;
    let mut found = target.snapshot.findings_of(id).iter().filter(|finding| {
        finding.rule.code == data.code
            && finding.message == data.message
            && range(file, finding.at.range, encoding) == data.range
    });
    let fix = found.find_map(|f| f.fixes.iter().find(|fix| fix.title == data.title));
    let fix = fix.ok_or_else(|| outdated("the finding is not there any more"))?;
    let edit = edit_of(target, fix).map_err(Unresolved::Refused)?;
    Ok(CodeAction {
        edit: Some(edit),
        ..action
    })
}

/// A fix as an edit that the client does all of.
pub(super) fn edit_of(target: Target<'_>, fix: &Fix) -> Result<WorkspaceEdit, Refusal> {
    let edits = fix.edits(&target.snapshot.view())?;
    let prepared = workspace_edit(target, &fix.title, "image-scripts-ls fix", &edits)?;
    if prepared.own.is_empty() {
        Ok(prepared.edit)
    } else {
        Err(Refusal(format!(
            "{}: an editor cannot do this with links: use the command line",
            fix.title
        )))
    }
}
