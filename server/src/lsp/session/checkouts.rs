//! Checkouts of a session: opening and closing them, and changes of their files on the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::Url;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{Session, Workspace, lock, real_path, real_path_of_entry};
use crate::lsp::documents::{CheckoutFile, file_path};
use crate::lsp::editor_settings::LogLevel;
use crate::lsp::watch::Watch;
use analysis::{Problem, Snapshot};
use checkout::disk::{self, Overlay};
use checkout::{self, Root};
use model::tree::{ALL_TESTS, REPOSITORY, SETTINGS, SUITE, TEST_TABLE};
use model::{File, FileId, Layout, Node};

impl Session {
    /// Opens the checkouts at, around or below a folder. `watch` has the files of a new one watched
    /// before they are read: changes made while they are read must not be lost.
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
                LogLevel::Info,
                format!("{}: {images} images", root.path.display()),
            );
            self.publish(&snapshot, &files);
        }
    }

    /// Logs what cannot be read, except what was logged before.
    fn log_problems(&self, snapshot: &Snapshot, before: &[Problem]) {
        for problem in snapshot
            .problems
            .iter()
            .filter(|problem| !before.contains(problem))
        {
            let path = snapshot.root.join(problem.path.as_str());
            // A file that disappeared while it was being read is not a problem.
            if path.symlink_metadata().is_err() {
                continue;
            }
            self.log(
                LogLevel::Warning,
                format!("{}: {}", path.display(), problem.message),
            );
        }
    }

    /// Closes the checkouts that were opened for a folder, unless one of the `left` needs them.
    /// Returns those whose files the client watches.
    pub(in crate::lsp) fn close_folder(&self, folder: &Path, left: &[PathBuf]) -> Vec<Root> {
        let folder = real_path(folder);
        let left: Vec<PathBuf> = left.iter().map(|folder| real_path(folder)).collect();
        let needs =
            |folder: &Path, root: &Path| root.starts_with(folder) || folder.starts_with(root);
        let is_closed =
            |root: &Path| needs(&folder, root) && !left.iter().any(|folder| needs(folder, root));
        let mut workspaces = lock(&self.workspaces);
        let (closed, kept): (Vec<Workspace>, Vec<Workspace>) =
            workspaces.drain(..).partition(|w| is_closed(&w.root.path));
        *workspaces = kept;
        drop(workspaces);
        self.image_states_changed();
        for workspace in &closed {
            for (file, _, _) in workspace.snapshot.findings() {
                for (url, _) in self.urls_of(&workspace.root.path, &file.path) {
                    self.send_diagnostics(&url, Vec::new(), None);
                }
            }
        }
        closed
            .into_iter()
            .filter(|w| w.watch.is_none())
            .map(|w| w.root)
            .collect()
    }

    /// Returns the texts of a checkout's open documents with the paths that `is_included` accepts.
    pub(super) fn overlay(&self, root: &Path, is_included: impl Fn(&SmolStr) -> bool) -> Overlay {
        let mut newest: FxHashMap<SmolStr, (u64, Url)> = FxHashMap::default();
        for document in self
            .documents
            .iter()
            .filter(|d| d.file.root == root && is_included(&d.file.path))
        {
            let candidate = (document.last_change, document.key().clone());
            let best = newest
                .entry(document.file.path.clone())
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

    /// Returns the file of a document, if an open checkout has a use for it.
    pub(super) fn file_of(&self, url: &Url) -> Option<CheckoutFile> {
        let path = real_path(&file_path(url)?);
        let workspaces = lock(&self.workspaces);
        let workspace = workspaces
            .iter()
            .filter(|w| path.starts_with(&w.root.path))
            .max_by_key(|w| w.root.path.as_os_str().len())?;
        let relative = path.strip_prefix(&workspace.root.path).ok()?.to_str()?;
        workspace.root.layout.kind_of(relative)?;
        Some(CheckoutFile {
            root: workspace.root.path.clone(),
            path: SmolStr::new(relative),
        })
    }

    /// Takes in that files were changed, created or deleted on the disk.
    pub(in crate::lsp) fn reload(&self, paths: &[PathBuf]) {
        let real: Vec<PathBuf> = paths.iter().map(|path| real_path_of_entry(path)).collect();
        let mut workspaces = lock(&self.workspaces);
        self.sync_workspaces(&mut workspaces);
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
            self.refresh_others(&root.path, before, &workspace.snapshot, &[]);
        }
    }

    /// Reads some units of a checkout again. Returns the files whose findings changed.
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

    /// Takes in changes at some paths of a checkout. Returns the files whose findings changed.
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
        // A script that does not parse on the disk was saved like that on purpose.
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
            .any(|document| document.file.root == root.path && document.file.path == *path)
    }
}

/// Returns the paths at which units are: their own, or those of the directories that hold them.
fn unit_paths(layout: Layout) -> Vec<String> {
    let scripts =
        ["images", "builders", "include", "tests"].map(|name| format!("{}{name}", layout.prefix()));
    let nix = [REPOSITORY, TEST_TABLE, ALL_TESTS, SUITE]
        .into_iter()
        .filter(|_| layout == Layout::Whole);
    scripts
        .into_iter()
        .chain(nix.chain([SETTINGS]).map(str::to_owned))
        .collect()
}

/// Returns whether a path is in a unit, or a directory that holds some.
fn is_known(root: &Root, path: &str) -> bool {
    disk::unit_of(root.layout, path).is_some()
        || unit_paths(root.layout)
            .iter()
            .any(|unit_path| is_within(unit_path, path))
}

/// Returns whether a path is a directory or below it.
fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the unit that a path is in; of a directory that holds units, all that it held and
/// holds.
fn units_at(snapshot: &Snapshot, root: &Root, path: &str) -> Vec<SmolStr> {
    if let Some(unit) = disk::unit_of(root.layout, path) {
        return vec![unit];
    }
    let mut units = Vec::new();
    for unit_path in unit_paths(root.layout)
        .iter()
        .filter(|unit_path| is_within(unit_path, path))
    {
        if let Some(unit) = disk::unit_of(root.layout, unit_path) {
            units.push(unit);
            continue;
        }
        let now = disk::names(&root.path, unit_path).into_iter();
        let before = snapshot
            .tree
            .children(unit_path)
            .map(|(name, _)| name.to_owned());
        units.extend(
            now.chain(before)
                .filter_map(|name| disk::unit_of(root.layout, &format!("{unit_path}/{name}"))),
        );
    }
    units
}
