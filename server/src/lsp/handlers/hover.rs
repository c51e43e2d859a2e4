//! Hover and signature help.

use std::collections::BTreeSet;

use lsp_types::{
    Hover, HoverContents, ParameterInformation, ParameterLabel, Position, SignatureHelp,
    SignatureInformation,
};

use super::markup::{documentation, markup};
use crate::lsp::request_context::RequestContext;
use ide::Symbol;
use model::FileId;
use syntax::TextSize;

/// Returns the hover at a position.
pub(in crate::lsp) fn hover(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<Hover> {
    let offset = context.offset(file, position)?;
    let view = context.snapshot.view();
    let (range, mut text) = ide::hover::hover(&view, file, offset)?;
    text.push_str(&findings(context, file, offset));
    Some(Hover {
        contents: HoverContents::Markup(markup(text, context.client.hover_format)),
        range: context.range(file, range),
    })
}

/// Returns a line with the findings about the image that is named at an offset; an empty text where
/// there are none.
fn findings(context: &RequestContext, file: FileId, offset: TextSize) -> String {
    let view = context.snapshot.view();
    let named = ide::occurrence_at(&view, file, offset);
    let Some(Symbol::Image(name)) = named.as_ref().map(|here| &here.symbol) else {
        return String::new();
    };
    let all = context.snapshot.findings();
    let all = all.iter().flat_map(|(_, _, findings)| *findings);
    let codes: BTreeSet<&str> = all
        .filter(|finding| finding.image.as_ref() == Some(name))
        .map(|finding| finding.rule.code)
        .collect();
    if codes.is_empty() {
        return String::new();
    }
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    format!("\n- Findings: {}", codes.join(", "))
}

/// Returns the signature of the helper that is called at a position.
pub(in crate::lsp) fn signature_help(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<SignatureHelp> {
    let offset = context.offset(file, position)?;
    let view = context.snapshot.view();
    let found = ide::signature_help::signature_help(&view, file, offset)?;
    let parameters = found.parameters.iter().map(|range| {
        let label = found.label.get(range.clone()).unwrap_or_default();
        ParameterInformation {
            label: ParameterLabel::Simple(label.to_owned()),
            documentation: None,
        }
    });
    let format = context.client.signature_format;
    // After the last argument no parameter is active.
    let active = found.active.unwrap_or(found.parameters.len());
    let active = u32::try_from(active).ok();
    Some(SignatureHelp {
        signatures: vec![SignatureInformation {
            parameters: Some(parameters.collect()),
            documentation: found.documentation.map(|text| documentation(text, format)),
            active_parameter: active,
            label: found.label,
        }],
        active_signature: Some(0),
        active_parameter: active,
    })
}
