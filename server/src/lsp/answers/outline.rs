//! Symbols and links.

use lsp_types::{DocumentLink, DocumentSymbolResponse, SymbolInformation};

use super::Question;

pub(in crate::lsp) fn document_symbols(_question: &Question) -> Option<DocumentSymbolResponse> {
    None
}

/// The symbols of one checkout that fit a query.
pub(in crate::lsp) fn workspace_symbols(
    _question: &Question,
    _query: &str,
) -> Vec<SymbolInformation> {
    Vec::new()
}

pub(in crate::lsp) fn links(_question: &Question) -> Option<Vec<DocumentLink>> {
    None
}
