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
            value: plain(&text),
        },
    }
}

/// Converts a documentation that is written in Markdown.
pub(super) fn documentation(text: String, format: TextFormat) -> Documentation {
    Documentation::MarkupContent(markup(text, format))
}

/// Removes the markup of Markdown.
fn plain(markdown: &str) -> String {
    let mut code = false;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            code = !code;
        } else if code {
            lines.push(line.to_owned());
        } else {
            let title = line.trim_start_matches('#');
            let line = if title.len() < line.len() {
                title.trim_start()
            } else {
                line
            };
            lines.push(line.replace("**", "").replace('`', ""));
        }
    }
    lines.join("\n")
}
