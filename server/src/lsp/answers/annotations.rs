//! Lenses and hints.

use lsp_types::{CodeLens, InlayHint, Range};

use super::Question;

pub(in crate::lsp) fn lenses(_question: &Question) -> Option<Vec<CodeLens>> {
    None
}

pub(in crate::lsp) fn resolve_lens(_question: &Question, lens: CodeLens) -> CodeLens {
    lens
}

pub(in crate::lsp) fn hints(_question: &Question, _range: Range) -> Option<Vec<InlayHint>> {
    None
}
