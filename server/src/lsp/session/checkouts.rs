//! The checkouts of a session: opening and closing them, and what happens to their files on the
//! disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::Url;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{Level, Session, Workspace, lock, real_path, real_path_of_entry};
use crate::lsp::documents::{Place, file_path};
use crate::lsp::watch::Watch;
use analysis::{Problem, Snapshot};
use checkout::disk::{self, Overlay};
use checkout::{self, Root};
use model::tree::{ALL_TESTS, REPOSITORY, SETTINGS, SUITE, TEST_TABLE};
use model::{File, FileId, Layout, Node};

impl Session {
    /// Opens the checkouts at, around or below a folder. `watch` has the files of one that is new
    /// watched, before they are read: what happens to them meanwhile must not be lost.
    pub(in crate::lsp) fn open_folder(
        &self,
        folder: &Path,
        watch: &dyn Fn(&Root) -> Option<Watch>,
    ) {
        for root in checkout::find(folder) {
            let mut workspaces = lock(&self.workspaces);
            if workspaces.iter().any(|w| w.root == root) {
                continue;
            }
            let watch = watch(&root);
            let snapshot = checkout::read(
                &root,
                &self.overlay(&root.path, |_| true),
                checkout::inputs_of_this_machine(),
            );
            let images = snapshot.model.images.len();
            self.log_problems(&snapshot, &[]);
            let files: FxHashSet<FileId> =
                snapshot.findings().iter().map(|(_, id, _)| *id).collect();
            let snapshot = Arc::new(snapshot);
            workspaces.push(Workspace {
                root: root.clone(),
                snapshot: snapshot.clone(),
                dirty: FxHashSet::default(),
                watch,
            });
            self.log(
                Level::Info,
                format!("{}: {images} images", root.path.display()),
            );
            self.publish(&snapshot, &files);
        }
    }

    /// Tells of what cannot be read, save what was told before.
    fn log_problems(&self, snapshot: &Snapshot, before: &[Problem]) {
        for problem in snapshot
            .problems
            .iter()
            .filter(|problem| !before.contains(problem))
        {
            let path = snapshot.root.join(problem.path.as_str());
            // What has gone while it was being read is no problem.
            if path.symlink_metadata().is_err() {
                continue;
            }
            self.log(
                Level::Warning,
                format!("{}: {}", path.display(), problem.message),
            );
        }
    }

    /// Closes the checkouts that a folder brought, unless another one needs them. Gives those that
    /// it did not watch itself.
    pub(in crate::lsp) fn close_folder(&self, folder: &Path, left: &[PathBuf]) -> Vec<Root> {
        let folder = real_path(folder);
        let left: Vec<PathBuf> = left.iter().map(|folder| real_path(folder)).collect();
        let near =
            |folder: &Path, root: &Path| root.starts_with(folder) || folder.starts_with(root);
        let goes =
            |root: &Path| near(&folder, root) && !left.iter().any(|folder| near(folder, root));
        let mut workspaces = lock(&self.workspaces);
        let (closed, kept): (Vec<Workspace>, Vec<Workspace>) =
            workspaces.drain(..).partition(|w| goes(&w.root.path));
        *workspaces = kept;
        drop(workspaces);
        self.states_change();
        for workspace in &closed {
            for (file, _, _) in workspace.snapshot.findings() {
                for (url, _) in self.names_of(&workspace.root.path, &file.path) {
                    self.send(&url, Vec::new(), None);
                }
            }
        }
        closed
            .into_iter()
            .filter(|w| w.watch.is_none())
            .map(|w| w.root)
            .collect()
    }

    /// The texts of a checkout's open documents, of those paths that are wanted.
    pub(super) fn overlay(&self, root: &Path, wanted: impl Fn(&SmolStr) -> bool) -> Overlay {
        let mut newest: FxHashMap<SmolStr, (u64, Url)> = FxHashMap::default();
        for document in self
            .documents
            .iter()
            .filter(|d| d.place.root == root && wanted(&d.place.path))
        {
            let candidate = (document.changed, document.key().clone());
            let best = newest
                .entry(document.place.path.clone())
                .or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
        let text = |url: &Url| {
            self.documents
                .get(url)
                .map(|d| Arc::from(d.rope.to_string()))
        };
        newest
            .into_iter()
            .filter_map(|(path, (_, url))| Some((path, text(&url)?)))
            .collect()
    }

    /// Where the file of a document really is, if it is in a known place of an open checkout.
    pub(super) fn place_of(&self, url: &Url) -> Option<Place> {
        let path = real_path(&file_path(url)?);
        let workspaces = lock(&self.workspaces);
        let workspace = workspaces
            .iter()
            .filter(|w| path.starts_with(&w.root.path))
            .max_by_key(|w| w.root.path.as_os_str().len())?;
        let relative = path.strip_prefix(&workspace.root.path).ok()?.to_str()?;
        workspace.root.layout.kind_of(relative)?;
        Some(Place {
            root: workspace.root.path.clone(),
            path: SmolStr::new(relative),
        })
    }

    /// Files changed, came or went on the disk.
    pub(in crate::lsp) fn reload(&self, paths: &[PathBuf]) {
        let real: Vec<PathBuf> = paths.iter().map(|path| real_path_of_entry(path)).collect();
        let mut workspaces = lock(&self.workspaces);
        self.settle_all(&mut workspaces);
        for workspace in workspaces.iter_mut() {
            let root = workspace.root.clone();
            let relative = real
                .iter()
                .filter_map(|path| path.strip_prefix(&root.path).ok()?.to_str());
            let relative: Vec<&str> = relative.filter(|path| is_known(&root, path)).collect();
            if relative.is_empty() {
                continue;
            }
            let before = workspace.snapshot.revision;
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let touched = self.reload_into(snapshot, &root, &relative);
            self.publish(&workspace.snapshot, &touched);
            self.concerns_others(&root.path, before, &workspace.snapshot, &[]);
        }
    }

    /// Reads some units of a checkout again.
    pub(super) fn refresh(
        &self,
        snapshot: &mut Snapshot,
        root: &Root,
        mut units: Vec<SmolStr>,
    ) -> FxHashSet<FileId> {
        units.sort_unstable();
        units.dedup();
        let before = snapshot.problems.clone();
        checkout::refresh(snapshot, root, &self.overlay(&root.path, |_| true), &units);
        self.log_problems(snapshot, &before);
        snapshot.rebuild()
    }

    /// Takes in what happened at some paths of a checkout.
    fn reload_into(
        &self,
        snapshot: &mut Snapshot,
        root: &Root,
        paths: &[&str],
    ) -> FxHashSet<FileId> {
        let open = self.overlay(&root.path, |path| paths.contains(&path.as_str()));
        let mut touched = FxHashSet::default();
        let mut units: Vec<SmolStr> = Vec::new();
        for path in paths.iter().filter(|path| !open.contains_key(**path)) {
            let is_file = root
                .path
                .join(path)
                .symlink_metadata()
                .is_ok_and(|meta| meta.is_file());
            let was_read = matches!(snapshot.tree.node(path), Some(Node::File(_)))
                && !snapshot
                    .problems
                    .iter()
                    .any(|problem| problem.path == *path);
            let known = snapshot.tree.id(path).filter(|_| is_file && was_read);
            match (known, disk::read_text(&root.path, path)) {
                (Some(id), Ok(text)) => touched.extend(snapshot.set_text(id, text)),
                _ => units.extend(units_at(snapshot, root, path)),
            }
        }
        if !units.is_empty() {
            touched.extend(self.refresh(snapshot, root, units));
        }
        // A script on the disk that does not parse was meant to be like that.
        let is_stale = |file: &File| file.script().is_some_and(|facts| facts.is_stale);
        let stale = snapshot
            .tree
            .files()
            .filter(|(_, file)| is_stale(file) && !self.is_open(root, &file.path));
        for id in stale.map(|(id, _)| id).collect::<Vec<_>>() {
            touched.extend(snapshot.accept(id));
        }
        touched
    }

    fn is_open(&self, root: &Root, path: &SmolStr) -> bool {
        self.documents
            .iter()
            .any(|document| document.place.root == root.path && document.place.path == *path)
    }
}

/// Where units are: they themselves, or the directories that hold them.
fn places(layout: Layout) -> Vec<String> {
    let scripts =
        ["images", "builders", "include", "tests"].map(|part| format!("{}{part}", layout.prefix()));
    let nix = [REPOSITORY, TEST_TABLE, ALL_TESTS, SUITE]
        .into_iter()
        .filter(|_| layout == Layout::Whole);
    scripts
        .into_iter()
        .chain(nix.chain([SETTINGS]).map(str::to_owned))
        .collect()
}

/// Whether a path is in a unit, or a directory that holds some.
fn is_known(root: &Root, path: &str) -> bool {
    disk::unit_of(root.layout, path).is_some()
        || places(root.layout)
            .iter()
            .any(|place| is_within(place, path))
}

/// Whether a path is a directory or below it.
fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The unit that a path is in; of a directory that holds units, all of them, as they were and as
/// they are.
fn units_at(snapshot: &Snapshot, root: &Root, path: &str) -> Vec<SmolStr> {
    if let Some(unit) = disk::unit_of(root.layout, path) {
        return vec![unit];
    }
    let mut units = Vec::new();
    for place in places(root.layout)
        .iter()
        .filter(|place| is_within(place, path))
    {
        if let Some(unit) = disk::unit_of(root.layout, place) {
            units.push(unit);
            continue;
        }
        let now = std::fs::read_dir(root.path.join(place))
            .into_iter()
            .flatten()
            .flatten();
        let now = now.filter_map(|entry| entry.file_name().into_string().ok());
        let before = snapshot
            .tree
            .children(place)
            .map(|(name, _)| name.to_owned());
        units.extend(
            now.chain(before)
                .filter_map(|name| disk::unit_of(root.layout, &format!("{place}/{name}"))),
        );
    }
    units
}
