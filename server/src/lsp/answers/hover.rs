//! Hover and signature help.

use std::collections::BTreeSet;

use lsp_types::{
    Documentation, Hover, HoverContents, MarkupContent, MarkupKind, ParameterInformation,
    ParameterLabel, Position, SignatureHelp, SignatureInformation,
};

use super::Question;
use ide::Symbol;
use syntax::TextSize;

pub(in crate::lsp) fn hover(question: &Question, position: Position) -> Option<Hover> {
    let offset = question.offset(position)?;
    let view = question.snapshot.view();
    let (range, mut text) = ide::hover::hover(&view, question.file, offset)?;
    text.push_str(&findings(question, offset));
    Some(Hover {
        contents: HoverContents::Markup(markup(text, question.abilities.markdown_hover)),
        range: question.range(range),
    })
}

/// What is wrong with the image that is named at a place; nothing where nothing is.
fn findings(question: &Question, offset: TextSize) -> String {
    let view = question.snapshot.view();
    let named = ide::occurrence_at(&view, question.file, offset);
    let Some(Symbol::Image(name)) = named.as_ref().map(|here| &here.symbol) else {
        return String::new();
    };
    let all = question.snapshot.findings();
    let codes: BTreeSet<&str> = { all.iter().flat_map(|(_, _, findings)| *findings) }
        .filter(|finding| finding.image.as_ref() == Some(name))
        .map(|finding| finding.rule.code)
        .collect();
    if codes.is_empty() {
        return String::new();
    }
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    format!("\n- Findings: {}", codes.join(", "))
}

pub(in crate::lsp) fn signature_help(
    question: &Question,
    position: Position,
) -> Option<SignatureHelp> {
    let offset = question.offset(position)?;
    let view = question.snapshot.view();
    let found = ide::signature_help::signature_help(&view, question.file, offset)?;
    let parameters = found.parameters.iter().map(|range| {
        let label = found.label.get(range.clone()).unwrap_or_default();
        ParameterInformation {
            label: ParameterLabel::Simple(label.to_owned()),
            documentation: None,
        }
    });
    let markdown = question.abilities.markdown_signature;
    // Behind the last argument none is meant.
    let active = found.active.unwrap_or(found.parameters.len());
    let active = u32::try_from(active).ok();
    Some(SignatureHelp {
        signatures: vec![SignatureInformation {
            parameters: Some(parameters.collect()),
            documentation: found
                .documentation
                .map(|text| Documentation::MarkupContent(markup(text, markdown))),
            active_parameter: active,
            label: found.label,
        }],
        active_signature: Some(0),
        active_parameter: active,
    })
}

/// A text of ours as the client can show it.
pub(super) fn markup(text: String, markdown: bool) -> MarkupContent {
    match markdown {
        true => MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        },
        false => MarkupContent {
            kind: MarkupKind::PlainText,
            value: plain(&text),
        },
    }
}

/// Markdown without its marks.
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
            let line = match title.len() < line.len() {
                true => title.trim_start(),
                false => line,
            };
            lines.push(line.replace("**", "").replace('`', ""));
        }
    }
    lines.join("\n")
}
