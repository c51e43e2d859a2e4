//! Hover and signature help.

use lsp_types::{Hover, Position, SignatureHelp};

use super::Question;

pub(in crate::lsp) fn hover(_question: &Question, _position: Position) -> Option<Hover> {
    None
}

pub(in crate::lsp) fn signature_help(
    _question: &Question,
    _position: Position,
) -> Option<SignatureHelp> {
    None
}
