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
struct Steps<'s> {
    first: &'s Snapshot,
    /// Checkout after them; `None` before there are any.
    now: Option<Snapshot>,
    edits: Vec<Edit>,
    notes: Vec<Note>,
}

/// Position of a file in its list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Last,
    Earlier,
}

impl Position {
    fn of(index: usize, count: usize) -> Position {
        if index + 1 < count {
            Position::Earlier
        } else {
            Position::Last
        }
    }
}

impl<'s> Steps<'s> {
    fn new(first: &'s Snapshot) -> Steps<'s> {
        Steps {
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
    fn add(&mut self, change: Vec<Edit>, position: Position) {
        let is_text = |edit: &Edit| matches!(edit, Edit::Text { .. });
        let is_only = self.now.is_none() && position == Position::Last;
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
    /// Returns a path relative to the root of the checkout, unless we expect its change. A link is
    /// not followed if it is the path itself.
    fn relative(&self, path: &Path) -> Option<SmolStr> {
        let real = real_path_of_entry(path);
        let is_expected =
            |expected: &PathBuf| expected.starts_with(&real) || real.starts_with(expected);
        if self.expected.iter().any(is_expected) {
            return None;
        }
        let relative = real.strip_prefix(&self.context.snapshot.root).ok()?;
        relative.to_str().map(SmolStr::new)
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
        self.respond("Rename", |steps| {
            for (index, (from, to)) in files.iter().enumerate() {
                let paths = self.relative(from).zip(self.relative(to));
                let Some((from, to)) = paths else { continue };
                if let Some(edits) = edits::file_renamed(&steps.now().view(), &from, &to) {
                    steps.notes.extend(self.note_of_links(&from));
                    steps.add(edits?, Position::of(index, files.len()));
                }
            }
            Ok(())
        })
    }

    /// Responds to the deletion of files and folders.
    pub(in crate::lsp) fn delete(&self, files: &[PathBuf]) -> FileOperationResponse {
        let mut documents = None;
        self.respond("Retire", |steps| {
            for (index, path) in files.iter().enumerate() {
                let Some(path) = self.relative(path) else {
                    continue;
                };
                let Some((name, None)) = self.image_at(&path) else {
                    continue;
                };
                if !steps.now().model.images.contains_key(name) {
                    continue;
                }
                let documents = documents
                    .get_or_insert_with(|| checkout::documents(&self.context.snapshot.root));
                let change = edits::retire(&steps.now().view(), name, documents)?;
                steps.notes.extend(change.notes);
                steps.add(change.edits, Position::of(index, files.len()));
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
        self.respond("New image", |steps| {
            for (index, name) in names.iter().enumerate() {
                // Nothing is known of it yet, except that it follows another one.
                if edits::predecessor(&steps.now().view(), name).is_none() {
                    continue;
                }
                let image = NewImage {
                    name: name.clone(),
                    ..NewImage::default()
                };
                let change = edits::scaffold(&steps.now().view(), &image, &[])?;
                steps.notes.extend(change.notes);
                steps.add(change.edits, Position::of(index, names.len()));
            }
            Ok(())
        })
    }

    fn respond(
        &self,
        title: &str,
        add_steps: impl FnOnce(&mut Steps<'_>) -> Result<(), Refusal>,
    ) -> FileOperationResponse {
        let mut steps = Steps::new(&self.context.snapshot);
        let edit = add_steps(&mut steps)
            .and_then(|()| workspace_edit(&self.context, title, None, &steps.edits));
        match edit {
            Ok(edit) => FileOperationResponse {
                edit: edit.is_for_client().then_some(edit.client),
                message: notes_message(&self.context.snapshot, &steps.notes)
                    .map(|notes| (MessageType::INFO, notes)),
            },
            Err(refusal) => FileOperationResponse {
                edit: None,
                message: Some((MessageType::WARNING, refusal.0)),
            },
        }
    }
}
