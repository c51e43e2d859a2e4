//! Texts in the format that a client shows.

use lsp_types::{Documentation, MarkupContent, MarkupKind};

use crate::lsp::client_capabilities::TextFormat;

/// Converts a text that is written in Markdown.
pub(super) fn markup(text: String, format: TextFormat) -> MarkupContent {
    match format {
        TextFormat::Markdown => MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        },
        TextFormat::Plain => MarkupContent {
            kind: MarkupKind::PlainText,
            value: ide::markdown::shown(&text),
        },
    }
}

/// Converts a documentation that is written in Markdown.
pub(super) fn documentation(text: String, format: TextFormat) -> Documentation {
    Documentation::MarkupContent(markup(text, format))
}
