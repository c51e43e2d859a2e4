//! The files of a checkout after some edits.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use crate::Edit;
use model::tree::{File, Node, Tree};
use model::{FileId, FileKind};
use syntax::TextRange;

/// Returns a text after its edits, whose ranges are those of the text before any of them.
pub fn text_after(text: &str, edits: &[(TextRange, &str)]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|(range, _)| (range.start(), range.end()));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.push_str(text.get(at..usize::from(range.start())).unwrap_or_default());
        out.push_str(new);
        at = usize::from(range.end());
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Returns the edits of text among some edits, by file.
pub fn texts_by_file(edits: &[Edit]) -> BTreeMap<FileId, Vec<(TextRange, &str)>> {
    let mut texts: BTreeMap<FileId, Vec<(TextRange, &str)>> = BTreeMap::new();
    for edit in edits {
        if let Edit::Text {
            file,
            range,
            new_text,
        } = edit
        {
            texts.entry(*file).or_default().push((*range, new_text));
        }
    }
    texts
}

/// Returns the files of a checkout after some edits, as far as a tree knows them: of a file that is
/// not read, the copy is not read either.
pub fn apply(tree: &Tree, edits: &[Edit]) -> Tree {
    let mut after = tree.clone();
    let texts = texts_by_file(edits);
    for (id, edits) in texts {
        if let Some(file) = tree.file(id) {
            let text = text_after(&file.text, &edits);
            put(&mut after, file.path.clone(), &text);
        }
    }
    for edit in edits {
        match edit {
            Edit::Text { .. } => {}
            Edit::Create { path, text } => put(&mut after, path.clone(), text),
            Edit::Copy { from, to } => {
                let text = after
                    .resolve_file(from)
                    .and_then(|id| after.file(id))
                    .map(|file| file.text.clone());
                if let Some(text) = text {
                    put(&mut after, to.clone(), &text);
                }
            }
            Edit::Symlink { path, points_to } => after.insert(path, Node::Link(points_to.clone())),
            Edit::Rename { from, to } => rename(&mut after, from, to),
            Edit::Delete { path } | Edit::DeleteDirectory { path } | Edit::Unlink { path } => {
                after.remove(path);
            }
        }
    }
    after
}

fn put(tree: &mut Tree, path: SmolStr, text: &str) {
    if let Some((parent, _)) = path.rsplit_once('/')
        && tree.node(parent).is_none()
    {
        tree.insert(parent, Node::Directory);
    }
    let kind = tree.layout.kind_of(&path).unwrap_or(FileKind::Other);
    tree.insert_file(File::new(path, kind, Arc::from(text), None));
}

fn rename(tree: &mut Tree, from: &str, to: &str) {
    match tree.node(from).cloned() {
        Some(Node::File(id)) => {
            if let Some(text) = tree.file(id).map(|f| f.text.clone()) {
                tree.remove(from);
                put(tree, SmolStr::new(to), &text);
            }
        }
        Some(Node::Link(target)) => {
            tree.remove(from);
            tree.insert(to, Node::Link(target));
        }
        Some(Node::Unreadable) => {
            tree.remove(from);
            tree.insert(to, Node::Unreadable);
        }
        Some(Node::Directory) | None => {
            let children: Vec<SmolStr> = tree
                .children(from)
                .map(|(name, _)| SmolStr::new(name))
                .collect();
            tree.insert(to, Node::Directory);
            for child in children {
                rename(
                    tree,
                    &format_smolstr!("{from}/{child}"),
                    &format_smolstr!("{to}/{child}"),
                );
            }
            tree.remove(from);
        }
    }
}
