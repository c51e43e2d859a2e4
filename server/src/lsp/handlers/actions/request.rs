//! Request for code actions.

use lsp_types::{CodeActionKind, CodeActionParams, Command, Range};

use crate::lsp::protocol::FIX_ALL;
use crate::lsp::request_context::RequestContext;
use model::{File, FileId};

/// A request for the actions at a range of a file.
pub(super) struct ActionRequest<'a> {
    pub(super) context: &'a RequestContext,
    pub(super) id: FileId,
    pub(super) file: &'a File,
    pub(super) params: &'a CodeActionParams,
}

impl ActionRequest<'_> {
    /// Returns whether actions of a kind are requested: of that, or of one that includes it.
    pub(super) fn wants(&self, kind: &CodeActionKind) -> bool {
        let Some(only) = &self.params.context.only else {
            return *kind != FIX_ALL;
        };
        only.iter().any(|requested| {
            let (requested, kind) = (requested.as_str(), kind.as_str());
            let is_included = kind
                .strip_prefix(requested)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            // Whoever requests all kinds does not want everything fixed.
            is_included || (requested.is_empty() && kind != FIX_ALL.as_str())
        })
    }

    /// Returns whether the requested range touches another one.
    pub(super) fn touches(&self, range: Range) -> bool {
        let requested = &self.params.range;
        requested.start <= range.end && range.start <= requested.end
    }
}

/// Returns a command with one argument.
pub(super) fn command(title: &str, name: &str, argument: serde_json::Value) -> Command {
    Command {
        title: title.to_owned(),
        command: name.to_owned(),
        arguments: Some(vec![argument]),
    }
}
