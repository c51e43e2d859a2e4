//! The action that shows what the rule of a finding means, why it matters and how to fix it.

use lsp_types::{CodeAction, CodeActionKind, Diagnostic};
use serde_json::json;

use super::request::{ActionRequest, command};
use crate::documentation;
use crate::lsp::protocol::{EXPLAIN_RULE, OPEN_ADDRESS};
use rules::Finding;

/// Returns the action: the client shows the documentation, or opens its address; `None` if it can do
/// neither.
pub(super) fn action(
    request: &ActionRequest<'_>,
    finding: &Finding,
    shown: &Diagnostic,
) -> Option<CodeAction> {
    let client = &request.context.client;
    let code = finding.rule.code;
    let title = format!("Explain `{code}`");
    let command = if client.own_commands.contains(EXPLAIN_RULE) {
        command(&title, EXPLAIN_RULE, json!({ "code": code }))
    } else {
        let address = documentation::address(code).filter(|_| client.show_document)?;
        command(&title, OPEN_ADDRESS, json!({ "address": address }))
    };
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![shown.clone()]),
        command: Some(command),
        ..CodeAction::default()
    })
}
