//! Actions at a value that only upstream can confirm: it is right, and where to look.

use lsp_types::{CodeAction, CodeActionKind, Diagnostic};
use serde_json::json;

use super::request::{ActionRequest, command};
use crate::lsp::protocol::OPEN_ADDRESS;
use crate::lsp::shown;
use crate::lsp::verify_hints::Hint;
use crate::lsp::workspace_edit::workspace_edit;
use edits::NamedValue;
use model::tree::SETTINGS;

/// Returns the actions at the values of the range.
pub(super) fn actions(request: &ActionRequest<'_>, hints: &[Hint]) -> Vec<CodeAction> {
    let context = request.context;
    let view = context.snapshot.view();
    let mut actions = Vec::new();
    for hint in hints {
        let diagnostic = hint.diagnostic(&view, request.file, context.client.encoding);
        if !request.touches(diagnostic.range) {
            continue;
        }
        let named = edits::named_value(&view, &hint.image, &hint.verify(request.file));
        actions.extend(confirm(request, hint, &named, &diagnostic));
        actions.extend(open(request, &named, diagnostic));
    }
    // A build number and the address that it is in have one record.
    actions.dedup_by(|a, b| a.title == b.title);
    actions
}

/// Returns the action that records a value as right.
fn confirm(
    request: &ActionRequest<'_>,
    hint: &Hint,
    named: &NamedValue,
    diagnostic: &Diagnostic,
) -> Option<CodeAction> {
    let context = request.context;
    let is_new = context.snapshot.tree.id(SETTINGS).is_none();
    if is_new && !(context.client.document_changes && context.client.create_files) {
        return None;
    }
    let values = std::slice::from_ref(named);
    let edit = edits::record_verified(&context.snapshot.view(), &hint.image, values).ok()?;
    let title = shown::line(&format!(
        "This is right: record `{}` of {}",
        named.name, hint.image
    ));
    let edit = workspace_edit(context, &title, None, &[edit]).ok()?;
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        edit: Some(edit.client),
        ..CodeAction::default()
    })
}

/// Returns the action that opens an address in a browser.
fn open(
    request: &ActionRequest<'_>,
    named: &NamedValue,
    diagnostic: Diagnostic,
) -> Option<CodeAction> {
    if !request.context.client.show_document {
        return None;
    }
    let address = named.address()?;
    let title = shown::line(&format!("Open in browser: {address}"));
    let argument = json!({ "address": address });
    Some(CodeAction {
        command: Some(command(&title, OPEN_ADDRESS, argument)),
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic]),
        ..CodeAction::default()
    })
}
