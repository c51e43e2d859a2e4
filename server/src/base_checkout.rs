//! What git knows of a checkout: since when what is there counts as added, for values to verify and
//! for what comes after a change; and which files a change must not delete on its own.

use analysis::Snapshot;
use checkout::{Root, git};
use edits::{Change, OpenValue, Refusal, Surroundings};
use model::settings::Settings;
use model::view::View;
use model::{Model, Tree};
use rustc_hash::FxHashMap;

/// A checkout as an earlier commit has it.
pub struct BaseCheckout {
    /// The commit, and what else git knows.
    pub commit: git::Base,
    tree: Tree,
    model: Model,
}

impl BaseCheckout {
    /// Reads the commit since which what a checkout has counts as added: `since`, else the merge base
    /// with the upstream branch.
    ///
    /// # Errors
    /// When the checkout is in no repository, or the commit cannot be read.
    pub fn read(snapshot: &Snapshot, since: Option<&str>) -> Result<BaseCheckout, String> {
        let (commit, tree) = git::read_base(&root_of(snapshot), since)?;
        let model = Model::new(&tree);
        Ok(BaseCheckout {
            commit,
            tree,
            model,
        })
    }

    /// Returns it as it is seen with the settings and data of the present checkout.
    pub fn view<'a>(&'a self, now: &View<'a>) -> View<'a> {
        View {
            tree: &self.tree,
            model: &self.model,
            ..*now
        }
    }

    /// Returns whether it has an image.
    pub(crate) fn has_image(&self, name: &str) -> bool {
        self.model.images.contains_key(name)
    }

    /// Returns the number of images that a checkout has and this one has not.
    pub fn added_images(&self, snapshot: &Snapshot) -> usize {
        let images = snapshot.model.images.keys();
        let added = images.filter(|name| !self.model.images.contains_key(*name));
        added.count()
    }

    /// Returns the values of a checkout that only upstream can confirm, and nobody has confirmed as far as
    /// the checkout's settings do not say it: whoever deletes a record there has them open again.
    pub fn unconfirmed_values(&self, snapshot: &Snapshot) -> Vec<OpenValue> {
        let settings = Settings {
            verified: FxHashMap::default(),
            ..snapshot.view().settings.clone()
        };
        let now = View {
            settings: &settings,
            ..snapshot.view()
        };
        edits::open_values(&self.view(&now), &now, None)
    }

    /// Returns the values of a checkout that only upstream can confirm and nobody has confirmed.
    pub fn open_values(&self, snapshot: &Snapshot, image: Option<&str>) -> Vec<OpenValue> {
        let now = snapshot.view();
        edits::open_values(&self.view(&now), &now, image)
    }
}

/// Returns the facts about a checkout that decide what comes after a change of it.
pub(crate) fn surroundings(snapshot: &Snapshot, base: Option<&BaseCheckout>) -> Surroundings {
    checkout::surroundings(&snapshot.root, base.map(|base| &base.commit))
}

/// Leaves the files alone that a change deletes and that git does not know, unless `untracked` says
/// that they go, too.
///
/// # Errors
/// When git knows nothing of an image's scripts, or cannot be read.
pub(crate) fn keep_untracked(
    snapshot: &Snapshot,
    change: Change,
    untracked: bool,
) -> Result<Change, Refusal> {
    if untracked {
        return Ok(change);
    }
    let files = checkout::deleted_files(&root_of(snapshot), &change.edits)?;
    edits::keep_untracked(&snapshot.view(), change, &files)
}

fn root_of(snapshot: &Snapshot) -> Root {
    Root {
        path: snapshot.root.clone(),
        layout: snapshot.tree.layout,
    }
}
