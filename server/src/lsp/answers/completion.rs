//! Completion.

use lsp_types::{CompletionItem, CompletionResponse, Position};

use super::Question;

pub(in crate::lsp) fn completion(
    _question: &Question,
    _position: Position,
) -> Option<CompletionResponse> {
    None
}

/// An item with what is worked out only when it is looked at.
pub(in crate::lsp) fn resolve(_question: &Question, item: CompletionItem) -> CompletionItem {
    item
}
