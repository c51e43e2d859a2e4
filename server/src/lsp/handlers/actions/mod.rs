//! Code actions: fixes of findings, comments that silence them, and changes of images.
//!
//! - `request`: what is requested;
//! - `explain`: the documentation of the rule;
//! - `resolve`: edits that are computed when an action is chosen;
//! - `images`: new, retire, bump; `policy`: compare with a neighbour, mask a unit as it does;
//! - `verify`: what only upstream can confirm.

mod explain;
mod images;
mod policy;
mod request;
mod resolve;
mod verify;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Diagnostic};
use serde_json::json;

use crate::lsp::convert::diagnostic;
use crate::lsp::position::range;
use crate::lsp::protocol::{FIX_ALL, RETIRE_IMAGE};
use crate::lsp::request_context::RequestContext;
use crate::lsp::shown;
use crate::lsp::verify_hints::Hint;
use crate::lsp::workspace_edit::workspace_edit;
use analysis::fix_all;
use edits::{Fix, FixKind, Suppressor};
use model::FileId;
use request::{ActionRequest, command};
use rules::Finding;

pub(in crate::lsp) use images::{ImagesAtResult, images_at};
pub(super) use resolve::edit_of;
pub(in crate::lsp) use resolve::{FixData, ResolveError, resolve};

/// Returns the actions at a range of a file.
pub(in crate::lsp) fn actions(
    context: &RequestContext,
    id: FileId,
    params: &CodeActionParams,
    hints: &[Hint],
) -> Option<Vec<CodeActionOrCommand>> {
    let request = ActionRequest {
        context,
        id,
        file: context.snapshot.tree.file(id)?,
        params,
    };
    let mut actions = Vec::new();
    if request.wants(&CodeActionKind::QUICKFIX) {
        actions.extend(verify::actions(&request, hints));
        actions.extend(quick_fixes(&request));
    }
    actions.extend(images::actions(&request));
    if request.wants(&FIX_ALL) {
        actions.extend(all_fixes(&request));
    }
    let actions: Vec<CodeActionOrCommand> = actions
        .into_iter()
        .map(CodeActionOrCommand::CodeAction)
        .collect();
    (!actions.is_empty()).then_some(actions)
}

/// Number of larger changes that are computed for one request, where the client cannot have an edit
/// computed when it chooses an action: each reads whole files, and there may be as many as lines.
const MAX_COMPUTED_CHANGES: usize = 50;

/// Returns the fixes of the findings at the range, and after them the actions that explain and silence
/// those.
fn quick_fixes(request: &ActionRequest<'_>) -> Vec<CodeAction> {
    let (mut fixes, mut explanations, mut silencers) = (Vec::new(), Vec::new(), Vec::new());
    let context = request.context;
    let suppressor = Suppressor::new(request.file, request.id);
    let mut computed = 0;
    for finding in context.snapshot.findings_of(request.id) {
        let range = range(request.file, finding.at.range, context.client.encoding);
        if !request.touches(range) {
            continue;
        }
        let Some(shown) = diagnostic(&context.snapshot, finding, &context.client) else {
            continue;
        };
        for fix in &finding.fixes {
            let delivery = delivery(request, fix);
            let is_larger = !matches!(fix.kind, FixKind::Edits(_));
            if matches!(delivery, Delivery::Now) && is_larger {
                computed += 1;
                if computed > MAX_COMPUTED_CHANGES {
                    continue;
                }
            }
            fixes.extend(quick_fix(request, finding, (fix, delivery), &shown));
        }
        // Several findings of one rule have one explanation.
        let explanation = explain::action(request, finding, &shown);
        let is_new = |a: &CodeAction| {
            !explanations
                .iter()
                .any(|known: &CodeAction| known.title == a.title)
        };
        explanations.extend(explanation.filter(is_new));
        silencers.extend(silencer(request, &suppressor, finding, shown));
    }
    fixes.extend(explanations);
    fixes.extend(silencers);
    fixes
}

/// Way in which a fix gets to the client.
enum Delivery {
    /// With the action.
    Now,
    /// When the action is chosen.
    OnResolve,
    /// By a command, because the server applies some of it.
    Command,
    /// Not at all: the client cannot do it.
    Never,
}

fn delivery(request: &ActionRequest<'_>, fix: &Fix) -> Delivery {
    let client = &request.context.client;
    let possible = match &fix.kind {
        FixKind::Edits(_) => return Delivery::Now,
        FixKind::Retire { image } => {
            let image = request.context.snapshot.model.images.get(image);
            if image.is_some_and(|image| image.alias) {
                return if client.apply_edit {
                    Delivery::Command
                } else {
                    Delivery::Never
                };
            }
            client.document_changes && client.delete_files
        }
        FixKind::Script { .. } => client.document_changes && client.create_files,
        _ => true,
    };
    match (possible, client.resolves_edits) {
        (false, _) => Delivery::Never,
        (true, true) => Delivery::OnResolve,
        (true, false) => Delivery::Now,
    }
}

fn quick_fix(
    request: &ActionRequest<'_>,
    finding: &Finding,
    (fix, delivery): (&Fix, Delivery),
    shown: &Diagnostic,
) -> Option<CodeAction> {
    let context = request.context;
    let mut action = CodeAction {
        title: shown::line(&fix.title),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![shown.clone()]),
        is_preferred: (context.client.is_preferred && finding.fixes.len() == 1).then_some(true),
        ..CodeAction::default()
    };
    match delivery {
        Delivery::Now => action.edit = Some(resolve::edit_of(context, fix).ok()?),
        Delivery::OnResolve => {
            let data = FixData {
                root: context.snapshot.root.clone(),
                path: request.file.path.clone(),
                code: finding.rule.code.to_owned(),
                message: finding.message.clone(),
                range: shown.range,
                title: fix.title.clone(),
                version: context.version_of(&request.file.path),
            };
            action.data = Some(serde_json::to_value(data).ok()?);
        }
        Delivery::Command => {
            let FixKind::Retire { image } = &fix.kind else {
                return None;
            };
            let arguments = json!({ "name": image, "root": context.snapshot.root });
            action.command = Some(command(&action.title, RETIRE_IMAGE, arguments));
        }
        Delivery::Never => return None,
    }
    Some(action)
}

/// Returns the action that inserts the comment that silences a finding.
fn silencer(
    request: &ActionRequest<'_>,
    suppressor: &Suppressor<'_>,
    finding: &Finding,
    shown: Diagnostic,
) -> Option<CodeAction> {
    let (code, bytes) = (finding.rule.code, finding.at.range);
    let edit = suppressor.suppress(bytes, code)?;
    let title = format!("Ignore `{code}` here");
    let edit = workspace_edit(request.context, &title, None, &[edit]).ok()?;
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![shown]),
        edit: Some(edit.client),
        ..CodeAction::default()
    })
}

/// Returns the action that applies all safe fixes of a file.
fn all_fixes(request: &ActionRequest<'_>) -> Option<CodeAction> {
    let safe = |id: FileId, finding: &Finding| {
        (id == request.id)
            .then(|| finding.fixes.iter().position(|fix| fix.is_safe()))
            .flatten()
    };
    let fixed = fix_all(&request.context.snapshot, &safe);
    if fixed.edits.is_empty() {
        return None;
    }
    let title = "Fix everything that is safe to fix".to_owned();
    let edit = workspace_edit(request.context, &title, None, &fixed.edits).ok()?;
    (!edit.is_for_server()).then(|| CodeAction {
        title,
        kind: Some(FIX_ALL),
        edit: Some(edit.client),
        ..CodeAction::default()
    })
}
