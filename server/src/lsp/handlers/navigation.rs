//! Definition, references, highlights, rename.

use lsp_types::{
    DocumentHighlight, DocumentHighlightKind, GotoDefinitionResponse, Position,
    PrepareRenameResponse, WorkspaceEdit,
};

use crate::lsp::request_context::RequestContext;
use crate::lsp::workspace_edit::workspace_edit;
use edits::Refusal;
use ide::navigate::{self, Declarations};
use ide::{Role, Symbol, rename};
use model::{FileId, FileRange};

fn to_locations(context: &RequestContext, ranges: Vec<FileRange>) -> Vec<lsp_types::Location> {
    let ranges = ranges.into_iter();
    ranges.filter_map(|at| context.to_location(at)).collect()
}

/// Returns where the name at a position is defined.
pub(in crate::lsp) fn definition(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<GotoDefinitionResponse> {
    let offset = context.offset(file, position)?;
    let view = context.snapshot.view();
    let found = navigate::definition(&view, file, offset);
    // Within one file, servers for bash give the same result: one is enough.
    let is_variable = ide::occurrence_at(&view, file, offset)
        .is_some_and(|here| matches!(here.symbol, Symbol::Variable(_)));
    if is_variable && found.iter().all(|l| l.file == file) {
        return None;
    }
    let found = to_locations(context, found);
    (!found.is_empty()).then_some(GotoDefinitionResponse::Array(found))
}

/// Returns where the name at a position is used.
pub(in crate::lsp) fn references(
    context: &RequestContext,
    file: FileId,
    position: Position,
    declarations: Declarations,
) -> Option<Vec<lsp_types::Location>> {
    let offset = context.offset(file, position)?;
    let view = context.snapshot.view();
    let found = navigate::references(&view, file, offset, declarations);
    let found = to_locations(context, found);
    (!found.is_empty()).then_some(found)
}

/// Returns where the name at a position stands in the same file.
pub(in crate::lsp) fn highlights(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<Vec<DocumentHighlight>> {
    let offset = context.offset(file, position)?;
    let view = context.snapshot.view();
    let found = navigate::highlights(&view, file, offset);
    let found = found.into_iter();
    let found: Vec<_> = found
        .filter_map(|(range, role)| {
            let kind = match role {
                Role::Definition => DocumentHighlightKind::WRITE,
                Role::Reference => DocumentHighlightKind::READ,
            };
            Some(DocumentHighlight {
                range: context.range(file, range)?,
                kind: Some(kind),
            })
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

/// Returns the range and text of the name at a position, if it can be renamed.
///
/// # Errors
/// When it cannot be renamed, with the reason.
pub(in crate::lsp) fn prepare_rename(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Result<Option<PrepareRenameResponse>, Refusal> {
    let Some(offset) = context.offset(file, position) else {
        return Ok(None);
    };
    let view = context.snapshot.view();
    let Some((range, name)) = rename::prepare(&view, file, offset)? else {
        return Ok(None);
    };
    let range = context.range(file, range);
    Ok(
        range.map(|range| PrepareRenameResponse::RangeWithPlaceholder {
            range,
            placeholder: name.to_string(),
        }),
    )
}

/// Returns the edit that renames the name at a position.
///
/// # Errors
/// When it cannot be renamed, or not by the client alone.
pub(in crate::lsp) fn rename(
    context: &RequestContext,
    file: FileId,
    position: Position,
    new: &str,
) -> Result<Option<WorkspaceEdit>, Refusal> {
    let Some(offset) = context.offset(file, position) else {
        return Ok(None);
    };
    let view = context.snapshot.view();
    let edits = rename::rename(&view, file, offset, new)?;
    let title = format!("Rename to {new}");
    let command_line = "image-scripts-ls rename OLD NEW";
    let edit = workspace_edit(context, &title, Some(command_line), &edits)?;
    if edit.is_for_server() {
        // The editor applies the edit after the response: nothing of ours can follow it.
        return Err(Refusal(format!(
            "links have to be changed, which an editor cannot do: run `{command_line}`"
        )));
    }
    Ok(Some(edit.client))
}
