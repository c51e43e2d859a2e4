//! What files and folders that the user makes, renames or deletes in the editor mean for the
//! rest of the checkout: the edits to go with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{MessageType, WorkspaceEdit};
use smol_str::SmolStr;

use super::abilities::Abilities;
use super::session::real_path_of_entry;
use super::workspace_edit::{OpenNames, Target, workspace_edit};
use analysis::Snapshot;
use analysis::difference;
use edits::{self, Edit, NewImage, Note, Refusal};

/// A checkout whose files are about to be something else.
pub(super) struct Operation {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) abilities: Arc<Abilities>,
    pub(super) open: OpenNames,
    /// What the client does because we have asked it to: with everything that goes with it.
    pub(super) ours: Vec<PathBuf>,
}

/// What comes of it.
#[derive(Default)]
pub(super) struct Outcome {
    /// What the client applies before it does what it is about to.
    pub(super) edit: Option<WorkspaceEdit>,
    /// What the user is told.
    pub(super) message: Option<(MessageType, String)>,
}

/// The changes so far, one after the other.
struct Steps<'s> {
    first: &'s Snapshot,
    /// The checkout after them; `None` before there are any.
    now: Option<Snapshot>,
    edits: Vec<Edit>,
    notes: Vec<Note>,
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

    /// Takes a change in. Only its texts are for the client: the rest is what it does anyway.
    fn take(&mut self, change: Vec<Edit>, more: bool) {
        let is_text = |edit: &Edit| matches!(edit, Edit::Text { .. });
        let only = self.now.is_none() && !more;
        let after = (!only).then(|| self.now().with_edits(&change));
        self.edits = match &after {
            None => change,
            Some(after) => difference(&self.first.tree, &after.tree, &[]),
        };
        self.edits.retain(is_text);
        self.now = after.or(self.now.take());
    }
}

impl Operation {
    /// A path from the root of the checkout; a link is not followed when it is what is meant.
    fn relative(&self, path: &Path) -> Option<SmolStr> {
        let real = real_path_of_entry(path);
        let is_ours = |ours: &PathBuf| ours.starts_with(&real) || real.starts_with(ours);
        if self.ours.iter().any(is_ours) {
            return None;
        }
        let relative = real.strip_prefix(&self.snapshot.root).ok()?;
        relative.to_str().map(SmolStr::new)
    }

    /// The name of the image whose directory or link a path is, and what comes behind it.
    fn image_at<'p>(&self, path: &'p str) -> Option<(&'p str, Option<&'p str>)> {
        let prefix = self.snapshot.tree.layout.prefix();
        let rest = path.strip_prefix(prefix)?.strip_prefix("images/")?;
        Some(match rest.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (rest, None),
        })
    }

    /// What there is to know where links lead to a directory that is renamed: a client cannot make
    /// them lead elsewhere.
    fn left_behind(&self, from: &str) -> Option<Note> {
        let (name, _) = self.image_at(from)?;
        let directory = self.snapshot.model.directories.get(name)?;
        if directory.aliases.is_empty() {
            return None;
        }
        let links = directory.aliases.join(", ");
        Some(Note {
            at: None,
            message: format!(
                "{links}: still a link to `{name}`; `image-scripts-ls rename` takes links along"
            ),
        })
    }

    /// Files and folders are renamed.
    pub(super) fn rename(&self, files: &[(PathBuf, PathBuf)]) -> Outcome {
        self.run("Rename", |steps| {
            for (at, (from, to)) in files.iter().enumerate() {
                let paths = self.relative(from).zip(self.relative(to));
                let Some((from, to)) = paths else { continue };
                if let Some(edits) = edits::file_renamed(&steps.now().view(), &from, &to) {
                    steps.notes.extend(self.left_behind(&from));
                    steps.take(edits?, at + 1 < files.len());
                }
            }
            Ok(())
        })
    }

    /// Files and folders are deleted.
    pub(super) fn delete(&self, files: &[PathBuf]) -> Outcome {
        let mut documents = None;
        self.run("Retire", |steps| {
            for (at, path) in files.iter().enumerate() {
                let Some(path) = self.relative(path) else {
                    continue;
                };
                let Some((name, None)) = self.image_at(&path) else {
                    continue;
                };
                if !steps.now().model.images.contains_key(name) {
                    continue;
                }
                let documents =
                    documents.get_or_insert_with(|| checkout::documents(&self.snapshot.root));
                let change = edits::retire(&steps.now().view(), name, documents)?;
                steps.notes.extend(change.notes);
                steps.take(change.edits, at + 1 < files.len());
            }
            Ok(())
        })
    }

    /// Files and folders are made.
    pub(super) fn create(&self, files: &[PathBuf]) -> Outcome {
        let mut names: Vec<SmolStr> = Vec::new();
        for path in files {
            let Some(path) = self.relative(path) else {
                continue;
            };
            let tree = &self.snapshot.tree;
            if let Some((name, _)) = self.image_at(&path)
                && tree
                    .node(&format!("{}images/{name}", tree.layout.prefix()))
                    .is_none()
                && !names.iter().any(|known| known == name)
            {
                names.push(SmolStr::new(name));
            }
        }
        self.run("New image", |steps| {
            for (at, name) in names.iter().enumerate() {
                // What it is, nobody knows yet, save that it comes after another one.
                if edits::predecessor(&steps.now().view(), name).is_none() {
                    continue;
                }
                let image = NewImage {
                    name: name.clone(),
                    ..NewImage::default()
                };
                let change = edits::scaffold(&steps.now().view(), &image, &[])?;
                steps.notes.extend(change.notes);
                steps.take(change.edits, at + 1 < names.len());
            }
            Ok(())
        })
    }

    fn run(
        &self,
        title: &str,
        body: impl FnOnce(&mut Steps<'_>) -> Result<(), Refusal>,
    ) -> Outcome {
        let mut steps = Steps::new(&self.snapshot);
        let target = Target {
            snapshot: &self.snapshot,
            abilities: &self.abilities,
            open: &self.open,
        };
        let result =
            body(&mut steps).and_then(|()| workspace_edit(target, title, "", &steps.edits));
        match result {
            Ok(prepared) => Outcome {
                edit: prepared.is_for_client().then_some(prepared.edit),
                message: super::commands::notes(&self.snapshot, &steps.notes)
                    .map(|notes| (MessageType::INFO, notes)),
            },
            Err(refusal) => Outcome {
                edit: None,
                message: Some((MessageType::WARNING, refusal.0)),
            },
        }
    }
}
