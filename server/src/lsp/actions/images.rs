//! What can be done with an image where it is written or named.

use lsp_types::{CodeAction, CodeActionKind, Range};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::{Asked, command, touches};
use crate::lsp::commands;
use crate::lsp::documents::file_path;
use crate::lsp::position::{offset, range};
use crate::lsp::workspace_edit::workspace_edit;
use edits::{self, Bump};
use model::registration::image_name;
use model::{File, Image, Model};
use syntax::TextRange;

/// Of how many images that share a directory there are actions.
const MAX_NAMES: usize = 3;

/// The actions for the images at the range.
pub(super) fn actions(asked: &Asked, file: &File) -> Vec<CodeAction> {
    let mut found = Vec::new();
    let (refactor, rewrite) = (
        asked.wants(&CodeActionKind::REFACTOR),
        asked.wants(&CodeActionKind::REFACTOR_REWRITE),
    );
    if !refactor && !rewrite {
        return found;
    }
    let names = names_at(asked, file);
    if rewrite && let Some(name) = names.first() {
        found.extend(bump(asked, file, name));
    }
    if refactor && asked.abilities.apply_edit {
        found.extend(names.iter().filter_map(|name| new(asked, name)));
        found.extend(names.iter().map(|name| retire(asked, name)));
    }
    found
}

/// The images that the range is about, with the name that a release after the first of them most
/// likely has. `None` in files that are about no image.
pub(in crate::lsp) fn images_at(asked: &Asked) -> Option<Value> {
    let file = asked.snapshot.tree.file(asked.id)?;
    let names = names_at(asked, file);
    let proposal = { names.first() }.and_then(|name| {
        let view = asked.snapshot.view();
        edits::proposal(&view, name)
    });
    Some(json!({ "root": asked.snapshot.root, "images": names, "proposal": proposal }))
}

/// The names of the images that the range is about.
fn names_at(asked: &Asked, file: &File) -> Vec<SmolStr> {
    let snapshot = &asked.snapshot;
    let at = &asked.params.range;
    let here = |bytes: TextRange| touches(at, range(file, bytes, asked.abilities.encoding));
    let mut names: Vec<SmolStr> = Vec::new();
    if let Some(directory) = snapshot.model.directory_of(&snapshot.tree, &file.path) {
        if at.start == at.end || at.end.line == 0 {
            names = names_of(asked, &directory.name, &directory.names);
        }
    } else if let Some(facts) = file.repository().and_then(|r| r.facts.as_ref())
        && !file.is_stale()
    {
        let entries = facts.repositories.iter().flat_map(|r| &r.entries);
        let named = entries.filter(|entry| here(entry.version.range));
        names.extend(named.filter_map(image_name));
    } else if file.test_table().is_some() && !file.is_stale() {
        snapshot.view().with_joined(|joined| {
            for row in joined.table.iter().flat_map(|t| &t.rows) {
                let published = row.published.as_deref().unwrap_or_default();
                if here(row.row.key.range)
                    && let [only] = published
                {
                    names.extend(only.image_name());
                }
            }
        });
    }
    names.retain(|name| snapshot.model.images.contains_key(name));
    names.dedup();
    // Whoever has everything marked has no image in mind.
    names.truncate(MAX_NAMES);
    names
}

/// The image that a file was opened as; else those that share its directory.
fn names_of(asked: &Asked, directory: &SmolStr, names: &[SmolStr]) -> Vec<SmolStr> {
    let model = &asked.snapshot.model;
    let path = file_path(&asked.params.text_document.uri);
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

fn new(asked: &Asked, name: &SmolStr) -> Option<CodeAction> {
    let (snapshot, abilities) = (&asked.snapshot, &asked.abilities);
    let like: &Image = snapshot.model.images.get(name)?;
    // A link is made by the server.
    let possible = like.alias || (abilities.document_changes && abilities.create_files);
    if !possible {
        return None;
    }
    let proposal = edits::proposal(&snapshot.view(), name);
    let asks = abilities.asking_commands.contains(commands::NEW);
    let title = match &proposal {
        _ if asks => format!("New image like `{name}`..."),
        Some(new) => format!("New image `{new}` like `{name}`"),
        None => return None,
    };
    let arguments = json!({ "name": proposal, "like": name, "root": snapshot.root });
    let command = command(&title, commands::NEW, arguments);
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR),
        command: Some(command),
        ..CodeAction::default()
    })
}

fn retire(asked: &Asked, name: &SmolStr) -> CodeAction {
    let title = format!("Retire `{name}`");
    let arguments = json!({ "name": name, "root": asked.snapshot.root });
    let command = command(&title, commands::RETIRE, arguments);
    CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR),
        command: Some(command),
        ..CodeAction::default()
    }
}

/// The next point release or build number, where the cursor is on the present one.
fn bump(asked: &Asked, file: &File, name: &SmolStr) -> Option<CodeAction> {
    let Range { start, end } = asked.params.range;
    let at = |position| offset(&file.text, file.lines(), position, asked.abilities.encoding);
    let next = edits::next_at(file, TextRange::new(at(start), at(end).max(at(start))))?;
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
    let title = format!("Bump {what} everywhere it stands");
    let change = edits::bump(&asked.snapshot.view(), name, &next).ok()?;
    let prepared = workspace_edit(asked.target(), &title, "", &change.edits).ok()?;
    prepared.own.is_empty().then(|| CodeAction {
        title,
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        edit: Some(prepared.edit),
        ..CodeAction::default()
    })
}
