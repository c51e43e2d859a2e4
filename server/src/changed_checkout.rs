//! A checkout with the commit that it is compared with, for what a change reaches and how it is described.

use analysis::Snapshot;
use checkout::Root;
use checkout::git::{self, Changes, Since};
use impact::Changed;
use model::view::View;
use model::{Model, Tree};
use smol_str::SmolStr;

/// A checkout as it is, as a commit has it, and the files in which the two differ.
pub struct ChangedCheckout {
    changes: Changes,
    before: Model,
    /// The model of what is staged, where that was asked for.
    staged: Option<Model>,
}

impl ChangedCheckout {
    /// Compares a checkout, or what is staged of it, with a commit.
    ///
    /// # Errors
    /// When the checkout is in no repository, or the commit cannot be read.
    pub fn read(root: &Root, since: Since<'_>, staged: bool) -> Result<ChangedCheckout, String> {
        let changes = git::changes(root, since, staged)?;
        Ok(ChangedCheckout {
            before: Model::new(&changes.before),
            staged: changes.staged.as_ref().map(Model::new),
            changes,
        })
    }

    /// Returns what has changed, with the settings and data of the present checkout.
    pub fn changed<'a>(&'a self, snapshot: &'a Snapshot) -> Changed<'a> {
        let now = snapshot.view();
        let after = match (&self.changes.staged, &self.staged) {
            (Some(tree), Some(model)) => View { tree, model, ..now },
            _ => now,
        };
        Changed {
            before: Some(View {
                tree: &self.changes.before,
                model: &self.before,
                ..now
            }),
            after,
            files: &self.changes.files,
        }
    }

    /// Returns whether what is compared is on the disk as it is: what is staged may be something else.
    pub fn is_on_disk(&self, snapshot: &Snapshot) -> bool {
        let Some(staged) = &self.changes.staged else {
            return true;
        };
        let is_same = |path: &SmolStr| {
            let text = |tree: &Tree| {
                tree.id(path)
                    .and_then(|id| tree.file(id))
                    .map(|file| file.text.clone())
            };
            text(staged) == text(&snapshot.tree)
        };
        let all = [staged, &snapshot.tree];
        let mut files = all.into_iter().flat_map(Tree::files);
        files.all(|(_, file)| is_same(&file.path))
    }

    /// Returns the files that git does not know, and that are none of a checkout's.
    pub fn foreign(&self) -> &[SmolStr] {
        &self.changes.foreign
    }

    /// Returns what is left out, in words for the user.
    pub fn left_out(&self) -> impl Iterator<Item = String> {
        let left_out = self.changes.left_out.iter();
        left_out.map(|left_out| format!("{} is left out: {}", left_out.path, left_out.reason))
    }

    /// Returns the commit, and what else git knows.
    pub fn base(&self) -> &git::Base {
        &self.changes.base
    }
}
