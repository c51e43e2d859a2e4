//! Definition, references, highlight, rename.

use lsp_types::{
    DocumentHighlight, DocumentHighlightKind, GotoDefinitionResponse, Position,
    PrepareRenameResponse, WorkspaceEdit,
};

use super::super::workspace_edit::workspace_edit;
use super::Question;
use edits::Refusal;
use ide::navigate::{self, Declarations};
use ide::{Role, Symbol, rename};

pub(in crate::lsp) fn definition(
    question: &Question,
    position: Position,
) -> Option<GotoDefinitionResponse> {
    let offset = question.offset(position)?;
    let view = question.snapshot.view();
    let found = navigate::definition(&view, question.file, offset);
    // Within one file, whoever knows bash alone has the same answer: one is enough.
    let is_variable = ide::occurrence_at(&view, question.file, offset)
        .is_some_and(|here| matches!(here.symbol, Symbol::Variable(_)));
    if is_variable && found.iter().all(|l| l.file == question.file) {
        return None;
    }
    let found: Vec<_> = { found.into_iter() }
        .filter_map(|location| question.location(location))
        .collect();
    (!found.is_empty()).then_some(GotoDefinitionResponse::Array(found))
}

pub(in crate::lsp) fn references(
    question: &Question,
    position: Position,
    include_declaration: bool,
) -> Option<Vec<lsp_types::Location>> {
    let offset = question.offset(position)?;
    let view = question.snapshot.view();
    let declarations = match include_declaration {
        true => Declarations::Include,
        false => Declarations::Exclude,
    };
    let found = navigate::references(&view, question.file, offset, declarations);
    let found: Vec<_> = { found.into_iter() }
        .filter_map(|location| question.location(location))
        .collect();
    (!found.is_empty()).then_some(found)
}

pub(in crate::lsp) fn highlights(
    question: &Question,
    position: Position,
) -> Option<Vec<DocumentHighlight>> {
    let offset = question.offset(position)?;
    let view = question.snapshot.view();
    let found = navigate::highlights(&view, question.file, offset);
    let found: Vec<_> = { found.into_iter() }
        .filter_map(|(range, role)| {
            let kind = match role {
                Role::Definition => DocumentHighlightKind::WRITE,
                Role::Reference => DocumentHighlightKind::READ,
            };
            Some(DocumentHighlight {
                range: question.range(range)?,
                kind: Some(kind),
            })
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

pub(in crate::lsp) fn prepare_rename(
    question: &Question,
    position: Position,
) -> Result<Option<PrepareRenameResponse>, Refusal> {
    let Some(offset) = question.offset(position) else {
        return Ok(None);
    };
    let view = question.snapshot.view();
    let Some((range, name)) = rename::prepare(&view, question.file, offset)? else {
        return Ok(None);
    };
    let range = question.range(range);
    Ok(
        range.map(|range| PrepareRenameResponse::RangeWithPlaceholder {
            range,
            placeholder: name.to_string(),
        }),
    )
}

/// The edit that renames what stands at a place.
///
/// # Errors
/// When it cannot be renamed, or not by the client alone.
pub(in crate::lsp) fn rename(
    question: &Question,
    position: Position,
    new: &str,
) -> Result<Option<WorkspaceEdit>, Refusal> {
    let Some(offset) = question.offset(position) else {
        return Ok(None);
    };
    let view = question.snapshot.view();
    let edits = rename::rename(&view, question.file, offset, new)?;
    let title = format!("Rename to {new}");
    let instead = "image-scripts-ls rename OLD NEW";
    let prepared = workspace_edit(question.target(), &title, instead, &edits)?;
    if !prepared.own.is_empty() {
        // What the editor asked for is an edit of its own: nothing comes after it.
        return Err(Refusal(format!(
            "links have to be changed, which an editor cannot do: run `{instead}`"
        )));
    }
    Ok(Some(prepared.edit))
}
