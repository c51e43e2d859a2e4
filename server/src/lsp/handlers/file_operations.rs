//! Edits that go with files and folders that the user creates, renames or deletes in the editor.

use std::path::{Path, PathBuf};

use lsp_types::{MessageType, WorkspaceEdit};
use smol_str::SmolStr;

use super::notes::notes_message;
use crate::lsp::request_context::RequestContext;
use crate::lsp::session::real_path_of_entry;
use crate::lsp::workspace_edit::workspace_edit;
use analysis::Snapshot;
use analysis::difference;
use edits::{self, Edit, NewImage, Note, Refusal};
use model::tree::is_editor_file;

/// Checkout in which a client is about to create, rename or delete files.
pub(in crate::lsp) struct FileOperations {
    pub(in crate::lsp) context: RequestContext,
    /// Paths that the client changes because we requested it, with everything that goes with them.
    pub(in crate::lsp) expected: Vec<PathBuf>,
}

/// Response to a file operation.
#[derive(Default)]
pub(in crate::lsp) struct FileOperationResponse {
    /// Edit that the client applies before it does what it is about to.
    pub(in crate::lsp) edit: Option<WorkspaceEdit>,
    /// Message to the user.
    pub(in crate::lsp) message: Option<(MessageType, String)>,
}

/// Changes so far, one after the other.
struct FileChanges<'s> {
    first: &'s Snapshot,
    /// Checkout after them; `None` before there are any.
    now: Option<Snapshot>,
    edits: Vec<Edit>,
    notes: Vec<Note>,
}

/// Position of a change among those of one request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChangeOrder {
    Last,
    Earlier,
}

impl ChangeOrder {
    fn of(index: usize, count: usize) -> ChangeOrder {
        if index + 1 < count {
            ChangeOrder::Earlier
        } else {
            ChangeOrder::Last
        }
    }
}

impl<'s> FileChanges<'s> {
    fn new(first: &'s Snapshot) -> FileChanges<'s> {
        FileChanges {
            first,
            now: None,
            edits: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn now(&self) -> &Snapshot {
        self.now.as_ref().unwrap_or(self.first)
    }

    /// Adds a change. Only its texts are for the client: it does the rest anyway.
    fn add(&mut self, change: Vec<Edit>, position: ChangeOrder) {
        let is_text = |edit: &Edit| matches!(edit, Edit::Text { .. });
        let is_only = self.now.is_none() && position == ChangeOrder::Last;
        let after = (!is_only).then(|| self.now().with_edits(&change));
        self.edits = match &after {
            None => change,
            Some(after) => difference(&self.first.tree, &after.tree, &[]),
        };
        self.edits.retain(is_text);
        self.now = after.or(self.now.take());
    }
}

impl FileOperations {
    /// Returns a path relative to the root of the checkout, unless we expect its change or it is of a
    /// file that an editor keeps for itself. A link is not followed if it is the path itself.
    fn relative(&self, path: &Path) -> Option<SmolStr> {
        let real = real_path_of_entry(path);
        let is_expected =
            |expected: &PathBuf| expected.starts_with(&real) || real.starts_with(expected);
        if self.expected.iter().any(is_expected) {
            return None;
        }
        let relative = real.strip_prefix(&self.context.snapshot.root).ok()?;
        let relative = relative.to_str()?;
        let is_ours =
            !is_editor_file(relative) || self.context.snapshot.tree.node(relative).is_some();
        is_ours.then(|| SmolStr::new(relative))
    }

    /// Returns the name of the image whose directory or link a path is or is in, and the path in it.
    fn image_at<'p>(&self, path: &'p str) -> Option<(&'p str, Option<&'p str>)> {
        let prefix = self.context.snapshot.tree.layout.prefix();
        let rest = path.strip_prefix(prefix)?.strip_prefix("images/")?;
        Some(match rest.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (rest, None),
        })
    }

    /// Returns a note about links that lead to a directory that is renamed: a client cannot change
    /// them.
    fn note_of_links(&self, from: &str) -> Option<Note> {
        let (name, _) = self.image_at(from)?;
        let directory = self.context.snapshot.model.directories.get(name)?;
        if directory.aliases.is_empty() {
            return None;
        }
        let links = directory.aliases.join(", ");
        Some(Note {
            at: None,
            message: format!(
                "{links}: still a link to `{name}`; `image-scripts-ls rename` renames links too"
            ),
        })
    }

    /// Responds to the renaming of files and folders.
    pub(in crate::lsp) fn rename(&self, files: &[(PathBuf, PathBuf)]) -> FileOperationResponse {
        self.respond("Rename", |changes| {
            for (index, (from, to)) in files.iter().enumerate() {
                let paths = self.relative(from).zip(self.relative(to));
                let Some((from, to)) = paths else { continue };
                if let Some(edits) = edits::file_renamed(&changes.now().view(), &from, &to) {
                    changes.notes.extend(self.note_of_links(&from));
                    changes.add(edits?, ChangeOrder::of(index, files.len()));
                }
            }
            Ok(())
        })
    }

    /// Responds to the deletion of files and folders.
    pub(in crate::lsp) fn delete(&self, files: &[PathBuf]) -> FileOperationResponse {
        let mut documents = None;
        self.respond("Retire", |changes| {
            for (index, path) in files.iter().enumerate() {
                let Some(path) = self.relative(path) else {
                    continue;
                };
                let Some((name, None)) = self.image_at(&path) else {
                    continue;
                };
                if !changes.now().model.images.contains_key(name) {
                    continue;
                }
                let documents = match &documents {
                    Some(documents) => documents,
                    None => documents.insert(checkout::documents(&self.context.snapshot.root)?),
                };
                let change = edits::retire(&changes.now().view(), name, documents)?;
                changes.notes.extend(change.notes);
                changes.add(change.edits, ChangeOrder::of(index, files.len()));
            }
            Ok(())
        })
    }

    /// Responds to the creation of files and folders.
    pub(in crate::lsp) fn create(&self, files: &[PathBuf]) -> FileOperationResponse {
        let mut names: Vec<SmolStr> = Vec::new();
        for path in files {
            let Some(path) = self.relative(path) else {
                continue;
            };
            let tree = &self.context.snapshot.tree;
            if let Some((name, _)) = self.image_at(&path)
                && tree
                    .node(&format!("{}images/{name}", tree.layout.prefix()))
                    .is_none()
                && !names.iter().any(|known| known == name)
            {
                names.push(SmolStr::new(name));
            }
        }
        self.respond("New image", |changes| {
            for (index, name) in names.iter().enumerate() {
                // Nothing is known of it yet, except that it follows another one.
                if edits::predecessor(&changes.now().view(), name).is_none() {
                    continue;
                }
                let image = NewImage {
                    name: name.clone(),
                    ..NewImage::default()
                };
                let change = edits::scaffold(&changes.now().view(), &image, &[])?;
                changes.notes.extend(change.notes);
                changes.add(change.edits, ChangeOrder::of(index, names.len()));
            }
            Ok(())
        })
    }

    fn respond(
        &self,
        title: &str,
        add_changes: impl FnOnce(&mut FileChanges<'_>) -> Result<(), Refusal>,
    ) -> FileOperationResponse {
        let mut changes = FileChanges::new(&self.context.snapshot);
        let edit = add_changes(&mut changes)
            .and_then(|()| workspace_edit(&self.context, title, None, &changes.edits));
        match edit {
            Ok(edit) => FileOperationResponse {
                edit: edit.is_for_client().then_some(edit.client),
                message: notes_message(&self.context.snapshot, &changes.notes)
                    .map(|notes| (MessageType::INFO, notes)),
            },
            Err(refusal) => FileOperationResponse {
                edit: None,
                message: Some((MessageType::WARNING, refusal.0)),
            },
        }
    }
}
