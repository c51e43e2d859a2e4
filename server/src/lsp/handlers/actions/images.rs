//! Changes of an image, offered where it is defined or named.

use std::path::PathBuf;

use lsp_types::{CodeAction, CodeActionKind, CodeActionParams, Range};
use serde::Serialize;
use serde_json::json;
use smol_str::SmolStr;

use super::policy;
use super::request::{ActionRequest, command};
use crate::lsp::documents::file_path;
use crate::lsp::position::range;
use crate::lsp::protocol::{NEW_IMAGE, RETIRE_IMAGE};
use crate::lsp::request_context::RequestContext;
use crate::lsp::shown;
use crate::lsp::workspace_edit::workspace_edit;
use edits::{self, Bump};
use model::registration::image_name;
use model::{FileId, Image, Model};
use syntax::TextRange;

/// Number of images that share a directory for which actions are offered.
const MAX_SHARING_IMAGES: usize = 3;

/// Returns the actions for the images at the range.
pub(super) fn actions(request: &ActionRequest<'_>) -> Vec<CodeAction> {
    let mut found = Vec::new();
    let (refactor, rewrite) = (
        request.wants(&CodeActionKind::REFACTOR),
        request.wants(&CodeActionKind::REFACTOR_REWRITE),
    );
    if !refactor && !rewrite {
        return found;
    }
    let names = names_at(request);
    if rewrite && let Some(name) = names.first() {
        found.extend(bump(request, name));
        found.extend(policy::mask(request, name));
    }
    if refactor && request.context.client.apply_edit {
        found.extend(names.iter().filter_map(|name| new(request, name)));
        found.extend(names.iter().map(|name| retire(request, name)));
    }
    if refactor && let Some(name) = names.first() {
        found.extend(policy::compare(request, name));
    }
    found
}

/// Response to `imageScripts/imagesAt`.
#[derive(Serialize)]
pub(in crate::lsp) struct ImagesAtResult {
    root: PathBuf,
    images: Vec<SmolStr>,
    /// Name that a release after the first image most likely has.
    proposal: Option<SmolStr>,
}

/// Returns the images that a range is about; `None` for a file that is not in a checkout.
pub(in crate::lsp) fn images_at(
    context: &RequestContext,
    id: FileId,
    params: &CodeActionParams,
) -> Option<ImagesAtResult> {
    let names = names_at(&ActionRequest {
        context,
        id,
        file: context.snapshot.tree.file(id)?,
        params,
    });
    let first = names.first();
    let proposal = first.and_then(|name| edits::proposal(&context.snapshot.view(), name));
    Some(ImagesAtResult {
        root: context.snapshot.root.clone(),
        images: names,
        proposal,
    })
}

/// Returns the names of the images that the range is about.
fn names_at(request: &ActionRequest<'_>) -> Vec<SmolStr> {
    let (snapshot, file) = (&request.context.snapshot, request.file);
    let at = &request.params.range;
    let encoding = request.context.client.encoding;
    let here = |bytes: TextRange| request.touches(range(file, bytes, encoding));
    let mut names: Vec<SmolStr> = Vec::new();
    if let Some(directory) = snapshot.model.directory_of(&snapshot.tree, &file.path) {
        if at.start == at.end || at.end.line == 0 {
            names = names_of(request, &directory.name, &directory.names);
        }
    } else if let Some(facts) = file.repository().and_then(|r| r.facts.as_ref())
        && !file.is_stale()
        && snapshot.view().is_of_repository(request.id)
    {
        let entries = facts.repositories.iter().flat_map(|r| &r.entries);
        let named = entries.filter(|entry| here(entry.version.range));
        names.extend(named.filter_map(image_name));
    } else if file.test_table().is_some() && !file.is_stale() {
        snapshot.view().with_joined(|joined| {
            for row in joined.table.iter().flat_map(|t| &t.rows) {
                let registered = row.published.as_deref().unwrap_or_default();
                if here(row.row.key.range)
                    && let [only] = registered
                {
                    names.extend(only.image_name());
                }
            }
        });
    }
    names.retain(|name| snapshot.model.images.contains_key(name));
    names.dedup();
    // Whoever has selected everything has no image in mind.
    names.truncate(MAX_SHARING_IMAGES);
    names
}

/// Returns the image as which a file was opened; else those that share its directory.
fn names_of(request: &ActionRequest<'_>, directory: &SmolStr, names: &[SmolStr]) -> Vec<SmolStr> {
    let model = &request.context.snapshot.model;
    let path = file_path(&request.params.text_document.uri);
    let folder = path.as_deref().and_then(|path| path.parent()?.file_name());
    let opened = folder.and_then(|name| model.images.get(name.to_str()?));
    if let Some(image) = opened.filter(|image| image.directory == *directory) {
        return vec![image.name.clone()];
    }
    let mut names = names.to_vec();
    names.sort_by_cached_key(|name| std::cmp::Reverse(version(model, name)));
    names
}

fn version(model: &Model, name: &str) -> Option<model::track::Version> {
    let image = model.images.get(name)?;
    image.track.as_ref().map(|(_, version)| version.clone())
}

fn new(request: &ActionRequest<'_>, name: &SmolStr) -> Option<CodeAction> {
    let (snapshot, client) = (&request.context.snapshot, &request.context.client);
    let like: &Image = snapshot.model.images.get(name)?;
    // A link is created by the server.
    let possible = like.alias || (client.document_changes && client.create_files);
    if !possible {
        return None;
    }
    let proposal = edits::proposal(&snapshot.view(), name);
    let asks = client.own_commands.contains(NEW_IMAGE);
    let title = match &proposal {
        _ if asks => format!("New image like `{name}`..."),
        Some(new) => format!("New image `{new}` like `{name}`"),
        None => return None,
    };
    let title = shown::line(&title);
    let arguments = json!({ "name": proposal, "like": name, "root": snapshot.root });
    let command = command(&title, NEW_IMAGE, arguments);
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR),
        command: Some(command),
        ..CodeAction::default()
    })
}

fn retire(request: &ActionRequest<'_>, name: &SmolStr) -> CodeAction {
    let title = shown::line(&format!("Retire `{name}`"));
    let arguments = json!({ "name": name, "root": request.context.snapshot.root });
    let command = command(&title, RETIRE_IMAGE, arguments);
    CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR),
        command: Some(command),
        ..CodeAction::default()
    }
}

/// Returns the action for the next point release or build number, where the range is on the current
/// one.
fn bump(request: &ActionRequest<'_>, name: &SmolStr) -> Option<CodeAction> {
    let Range { start, end } = request.params.range;
    let start = request.context.offset(request.id, start)?;
    let end = request.context.offset(request.id, end)?;
    let next = edits::next_at(request.file, TextRange::new(start, end.max(start)))?;
    let what = match &next {
        Bump {
            pointver: Some(version),
            ..
        } => format!("POINTVER to {version}"),
        Bump {
            build: Some(build), ..
        } => format!("build number to {build}"),
        Bump { .. } => return None,
    };
    let title = shown::line(&format!("Bump {what} everywhere it stands"));
    let change = edits::bump(&request.context.snapshot.view(), name, &next).ok()?;
    let edit = workspace_edit(request.context, &title, None, &change.edits).ok()?;
    (!edit.is_for_server()).then(|| CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        edit: Some(edit.client),
        ..CodeAction::default()
    })
}
