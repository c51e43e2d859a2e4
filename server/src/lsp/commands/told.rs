//! What is told of a change: as data to who asked for it, in words to the user.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::request::What;
use crate::lsp::position::{Encoding, position, range};
use crate::lsp::workspace_edit::Target;
use analysis::Snapshot;
use checkout::apply;
use edits::{Change, Documentation, Edit, Note, PathRange};
use model::tree::{Node, Tree};
use syntax::TextRange;
use syntax::lines::Lines;

/// A change as data, without whether it was made.
pub(super) fn result(
    target: Target<'_>,
    change: &Change,
    after: &Tree,
    documents: &[Documentation],
) -> Map<String, Value> {
    let snapshot = target.snapshot;
    let encoding = target.abilities.encoding;
    let done = apply::summary(&snapshot.tree, &change.edits);
    let verify = change.verify.iter().map(|verify| {
        let file = after.id(&verify.path).and_then(|id| after.file(id));
        json!({
            "path": verify.path,
            "range": file.map(|file| range(file, verify.range, encoding)),
            "text": verify.text,
            "why": verify.why,
        })
    });
    let notes = change.notes.iter().map(|note| match &note.at {
        Some(PathRange { path, range: bytes }) => json!({
            "path": path,
            "range": range_in(snapshot, documents, path, *bytes, encoding),
            "message": note.message,
        }),
        None => json!({ "message": note.message }),
    });
    let object = json!({
        "image": change.image,
        "like": change.like,
        "created": done.created,
        "symlinks": done.symlinks,
        "edited": done.edited,
        "renamed": done.renamed,
        "deleted": done.deleted,
        "verify": verify.collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The files that a change makes, changes or removes, by path: each with its text before and
/// after, null where there is no such file.
pub(super) fn texts(before: &Tree, after: &Tree) -> Value {
    let paths = |tree: &Tree| -> BTreeSet<SmolStr> {
        let files = tree.files();
        files.map(|(_, file)| file.path.clone()).collect()
    };
    let all = &paths(before) | &paths(after);
    let changed = all.iter().filter_map(|path| {
        let (old, new) = (text_of(before, path), text_of(after, path));
        (old != new).then(|| json!({ "path": path, "before": old, "after": new }))
    });
    Value::Array(changed.collect())
}

/// A file's text.
fn text_of<'t>(tree: &'t Tree, path: &str) -> Option<&'t str> {
    Some(&tree.file(tree.id(path)?)?.text)
}

/// A place in a file of the checkout or a text beside it.
fn range_in(
    snapshot: &Snapshot,
    documents: &[Documentation],
    path: &SmolStr,
    bytes: TextRange,
    encoding: Encoding,
) -> Option<lsp_types::Range> {
    let tree = &snapshot.tree;
    if let Some(file) = tree.id(path).and_then(|id| tree.file(id)) {
        return Some(range(file, bytes, encoding));
    }
    let text = &documents.iter().find(|d| d.path == *path)?.text;
    let lines = Lines::new(text);
    Some(lsp_types::Range {
        start: position(text, &lines, bytes.start(), encoding),
        end: position(text, &lines, bytes.end(), encoding),
    })
}

/// What the user should know, in one message.
pub(in crate::lsp) fn notes(snapshot: &Snapshot, notes: &[Note]) -> Option<String> {
    let tree = &snapshot.tree;
    let lines = notes.iter().map(|note| {
        let Some(PathRange { path, range: bytes }) = &note.at else {
            return note.message.clone();
        };
        match tree.id(path).and_then(|id| tree.file(id)) {
            Some(file) => {
                let line = file.lines().line_of(bytes.start()) + 1;
                format!("{path}:{line}: {}", note.message)
            }
            None => format!("{path}: {}", note.message),
        }
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What the server did itself, which the editor's undo does not take back, and what does.
pub(super) fn own_part(snapshot: &Snapshot, own: &[Edit], what: &What) -> String {
    let target = |path: &str| match snapshot.tree.node(path) {
        Some(Node::Link(target)) => target.clone(),
        _ => SmolStr::default(),
    };
    let made_anew = |path: &SmolStr| {
        let makes = |edit: &Edit| matches!(edit, Edit::Symlink { path: made, .. } if made == path);
        own.iter().any(makes)
    };
    let mut removed = Vec::new();
    let mut did = Vec::new();
    for edit in own {
        match edit {
            Edit::Symlink { path, points_to } => {
                did.push(format!("made the link {path} -> {points_to}"))
            }
            Edit::Unlink { path } if made_anew(path) => {}
            Edit::Unlink { path } => {
                did.push(format!("removed the link {path} -> {}", target(path)));
                removed.push(format!("`ln -s {} {path}`", target(path)));
            }
            Edit::Rename { from, to } => did.push(format!("renamed the link {from} to {to}")),
            Edit::Copy { from, to } => did.push(format!("copied {from} to {to}")),
            _ => {}
        }
    }
    let back = match what {
        What::New(_) if removed.is_empty() => "`Retire` takes it back".to_owned(),
        What::Rename(old, _) => format!("renaming it back to `{old}` takes it back"),
        _ => format!("{} takes it back", removed.join(", ")),
    };
    format!("{}; {back}", did.join(", "))
}
