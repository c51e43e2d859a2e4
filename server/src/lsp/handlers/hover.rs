//! Hover and signature help.

use std::collections::BTreeSet;

use lsp_types::{
    Hover, HoverContents, ParameterInformation, ParameterLabel, Position, SignatureHelp,
    SignatureInformation,
};

use super::markup::{documentation, markup};
use crate::lsp::client_capabilities::TextFormat;
use crate::lsp::convert::url_of;
use crate::lsp::request_context::RequestContext;
use ide::Symbol;
use model::FileId;
use smol_str::format_smolstr;

/// Returns the hover at a position.
pub(in crate::lsp) fn hover(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<Hover> {
    let offset = context.offset(file, position)?;
    let view = context.snapshot.view();
    let (range, mut text) = ide::hover::hover(&view, &context.builds, file, offset)?;
    let view = context.snapshot.view();
    match ide::occurrence_at(&view, file, offset).map(|here| here.symbol) {
        Some(Symbol::Image(name)) => {
            text.push_str(&tested(context, &name));
            text.push_str(&findings(context, &name));
            text.push_str(&policy(context, &name));
        }
        Some(Symbol::Builder(_)) => text.push_str(&manual(context).unwrap_or_default()),
        _ => {}
    }
    Some(Hover {
        contents: HoverContents::Markup(markup(text, context.client.hover_format)),
        range: context.range(file, range),
    })
}

/// Heading of the README of the scripts under which it says what builders are.
const ABOUT_BUILDERS: &str = "Builders";

/// Returns a line that leads to what the README of the scripts says of builders, if it does.
fn manual(context: &RequestContext) -> Option<String> {
    if context.client.hover_format == TextFormat::Plain {
        return None;
    }
    let snapshot = &context.snapshot;
    let path = format_smolstr!("{}README.md", snapshot.tree.layout.prefix());
    let url = url_of(&snapshot.root, &path)?;
    let readme = checkout::documents_at(&snapshot.root, std::slice::from_ref(&path));
    let mut lines = readme.first()?.text.lines();
    let is_heading =
        |line: &str| line.starts_with('#') && line.trim_start_matches('#').trim() == ABOUT_BUILDERS;
    let line = lines.position(is_heading)? + 1;
    Some(format!("\n\n[{ABOUT_BUILDERS}, in {path}]({url}#L{line})"))
}

/// Returns a line with the last test of an image; an empty text where images have no test of their own.
fn tested(context: &RequestContext, name: &str) -> String {
    let view = context.snapshot.view();
    let image = view.model.images.get(name);
    let Some(image) = image.filter(|_| ide::has_image_tests(&view)) else {
        return String::new();
    };
    let tested = context.with_test_results(|results| results.of_image(image));
    format!("\n\n{}", ide::hover::tested_line(&tested))
}

/// Returns what an image does to its container; an empty text where there is nothing to say.
fn policy(context: &RequestContext, name: &str) -> String {
    let view = context.snapshot.view();
    let image = view.model.images.get(name);
    let section = image.and_then(|image| ide::hover::policy_section(&view, image, &context.builds));
    section.map_or_else(String::new, |section| format!("\n\n{section}"))
}

/// Returns a line with the findings about an image; an empty text where there are none.
fn findings(context: &RequestContext, name: &str) -> String {
    let all = context.snapshot.findings();
    let all = all.iter().flat_map(|(_, _, findings)| *findings);
    let codes: BTreeSet<&str> = all
        .filter(|finding| finding.image.as_deref() == Some(name))
        .map(|finding| finding.rule.code)
        .collect();
    if codes.is_empty() {
        return String::new();
    }
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    format!("\n\nFindings: {}", codes.join(", "))
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
