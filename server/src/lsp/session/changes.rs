//! Changes of files on the disk: they are read without the session's lock, and then put in.
//!
//! What is newer wins. Changes are read one after the other, in the order in which they were told. A
//! document counts more than its file as long as it is open, and after that until its file was read
//! again: a read that began before the document was closed may have an older text.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lsp_types::Url;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::documents::mark_dirty;
use super::{Session, Workspace, lock, real_path_of_entry};
use crate::lsp::documents::CheckoutFile;
use analysis::Snapshot;
use checkout::disk;
use checkout::{self, Root};
use model::tree::{
    ALL_TESTS, CONFIGS, SCRIPT_DIRECTORIES, SETTINGS, SUITE, TEST_TABLE, is_editor_file,
};
use model::{FileId, Layout, Node};

/// What was read of a checkout.
struct Reading {
    /// Number of changes of documents when it began.
    began: u64,
    /// Paths that were read.
    paths: Vec<SmolStr>,
    /// Texts of files that are known.
    texts: Vec<(SmolStr, Arc<str>)>,
    /// Units that were read as a whole, and the checkout with them.
    units: Vec<SmolStr>,
    with_units: Snapshot,
    /// Documents that are another file now: a directory became a link, or the other way round.
    moved: Vec<(Url, CheckoutFile)>,
}

/// What was read of a file.
enum OnDisk<'r> {
    Text(&'r Arc<str>),
    /// It is not there, or cannot be read.
    Nothing,
    NotRead,
}

impl Reading {
    fn has(&self, path: &SmolStr) -> bool {
        self.paths.contains(path) || self.units.iter().any(|unit| is_within(path, unit))
    }

    fn on_disk(&self, path: &str) -> OnDisk<'_> {
        if let Some((_, text)) = self.texts.iter().find(|(read, _)| read == path) {
            return OnDisk::Text(text);
        }
        if !self.units.iter().any(|unit| is_within(path, unit)) {
            return OnDisk::NotRead;
        }
        let tree = &self.with_units.tree;
        let file = tree.id(path).and_then(|id| tree.file(id));
        match file.filter(|file| file.is_readable()) {
            Some(file) => OnDisk::Text(&file.text),
            None => OnDisk::Nothing,
        }
    }
}

impl Session {
    /// Reads what was changed, created or deleted on the disk, and takes it in.
    pub(super) fn read_changes(&self, paths: &[PathBuf]) {
        // Most of what concerns them is gone with them.
        self.close_gone(|root| paths.iter().any(|path| path.starts_with(&root.path)));
        self.open_returned(paths);
        let real: Vec<(&PathBuf, PathBuf)> = paths
            .iter()
            .map(|path| (path, real_path_of_entry(path)))
            .collect();
        let open: Vec<(Root, Arc<Snapshot>)> = {
            let workspaces = lock(&self.workspaces);
            let open = workspaces.iter();
            open.map(|w| (w.root.clone(), w.snapshot.clone())).collect()
        };
        for (root, snapshot) in open {
            let relative =
                |path: &Path| Some(SmolStr::new(path.strip_prefix(&root.path).ok()?.to_str()?));
            let mut known: Vec<SmolStr> = Vec::new();
            for (path, real) in &real {
                known.extend(relative(real).filter(|path| is_known(&root, path)));
                // Below a link: what was there before it became one is to be forgotten.
                let before = relative(path).filter(|path| is_below_link(&root, path));
                known.extend(before.and_then(|path| disk::unit_of(root.layout, &path)));
            }
            known.retain(|path| !is_left_to_editors(&root, &snapshot, path));
            if !known.is_empty() {
                let relative: Vec<&str> = known.iter().map(SmolStr::as_str).collect();
                let reading = self.read(&root, &snapshot, &relative);
                // Not kept: a snapshot that nobody else has is not copied when it changes.
                drop(snapshot);
                self.wait_while_held();
                self.put_in(&root, reading);
            }
        }
    }

    /// Reads some paths of a checkout.
    fn read(&self, root: &Root, snapshot: &Arc<Snapshot>, paths: &[&str]) -> Reading {
        let began = self.changes.load(Ordering::Acquire);
        let mut texts = Vec::new();
        let mut units: Vec<SmolStr> = Vec::new();
        for path in paths {
            let found = root.path.join(path).symlink_metadata();
            let is_file = found.is_ok_and(|meta| meta.is_file()) && !is_below_link(root, path);
            let was_read = matches!(snapshot.tree.node(path), Some(Node::File(_)))
                && !snapshot
                    .problems
                    .iter()
                    .any(|problem| problem.path == *path);
            let is_another_text = is_file && was_read && snapshot.tree.id(path).is_some();
            let text = is_another_text.then(|| checkout::read_text(&root.path, path));
            match text {
                Some(Ok(text)) => texts.push((SmolStr::new(path), text)),
                // Also of a document: what leads to its file may lead to something else.
                _ => units.extend(units_at(snapshot, root, path)),
            }
        }
        add_linked_units(snapshot, root, &mut units);
        let mut with_units = (**snapshot).clone();
        if !units.is_empty() {
            // As they are on the disk: documents count when this is put in.
            let documents = disk::Overlay::default();
            checkout::refresh(&mut with_units, root, &documents, &units);
        }
        // Also when a text is all that was read: a link may lead to that file, which is there again.
        let moved = self.moved_documents(root);
        Reading {
            began,
            paths: paths.iter().map(SmolStr::new).collect(),
            texts,
            units,
            with_units,
            moved,
        }
    }

    /// Returns the documents of a checkout that are another file of it than they were.
    fn moved_documents(&self, root: &Root) -> Vec<(Url, CheckoutFile)> {
        let documents = self.documents.iter();
        let documents = documents.filter(|document| document.file.root == root.path);
        let documents: Vec<(Url, CheckoutFile)> = documents
            .map(|document| (document.key().clone(), document.file.clone()))
            .collect();
        let now = documents.into_iter().filter_map(|(url, before)| {
            let now = self.file_of(&url)?;
            (now != before && now.root == before.root).then_some((url, now))
        });
        now.collect()
    }

    /// Takes in what was read, save what is older than what is known.
    fn put_in(&self, root: &Root, reading: Reading) {
        let mut workspaces = lock(&self.workspaces);
        for (url, file) in &reading.moved {
            self.move_document(&mut workspaces, url, file);
        }
        self.sync_workspaces(&mut workspaces);
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root == *root) else {
            return;
        };
        let Workspace {
            snapshot,
            saved,
            closed,
            ..
        } = workspace;
        let is_newer = |path: &str| {
            let is_closed_since = closed.get(path).is_some_and(|at| *at >= reading.began);
            is_closed_since || self.is_open(&root.path, path)
        };
        let (before, problems) = (snapshot.revision, snapshot.problems.clone());
        let mut touched: FxHashSet<FileId> = FxHashSet::default();
        let now = Arc::make_mut(snapshot);
        for (path, text) in &reading.texts {
            if let Some(id) = now.tree.id(path).filter(|_| !is_newer(path)) {
                touched.extend(now.set_saved_text(id, text.clone()));
            }
        }
        if !reading.units.is_empty() {
            touched.extend(now.take_units(&reading.with_units, &reading.units, &is_newer));
            self.log_problems(now, &problems);
        }
        for path in self.open_paths(root) {
            match reading.on_disk(&path) {
                OnDisk::Text(text) => {
                    let is_same =
                        |id: &FileId| now.tree.file(*id).is_some_and(|f| f.has_text(text));
                    // It was saved, whoever did it.
                    if let Some(id) = now.tree.id(&path).filter(is_same) {
                        touched.extend(now.accept(id));
                    }
                    saved.insert(path, text.clone());
                }
                OnDisk::Nothing => drop(saved.remove(&path)),
                OnDisk::NotRead => {}
            }
        }
        let mut done = Vec::new();
        closed.retain(|path, at| {
            let is_read = *at < reading.began && reading.has(path);
            done.extend(is_read.then(|| path.clone()));
            !is_read
        });
        // They are shown by other URLs now.
        let moved = reading.moved.iter();
        touched.extend(moved.filter_map(|(_, file)| snapshot.tree.id(&file.path)));
        self.publish(snapshot, &touched);
        self.refresh_others(&root.path, before, snapshot, &[]);
        drop(workspaces);
        for path in done {
            self.check_with_bash(CheckoutFile {
                root: root.path.clone(),
                path,
            });
        }
    }

    /// Returns the paths of a checkout's files that are open.
    fn open_paths(&self, root: &Root) -> FxHashSet<SmolStr> {
        let documents = self.documents.iter();
        let documents = documents.filter(|document| document.file.root == root.path);
        documents
            .map(|document| document.file.path.clone())
            .collect()
    }

    /// Takes in that a document is another file than it was.
    fn move_document(&self, workspaces: &mut [Workspace], url: &Url, file: &CheckoutFile) {
        self.note_saved_text(workspaces, file);
        let Some(before) = self
            .documents
            .get_mut(url)
            .map(|mut document| std::mem::replace(&mut document.file, file.clone()))
        else {
            return;
        };
        mark_dirty(workspaces, file);
        // The file that it was counts again, or another document that is the same file.
        mark_dirty(workspaces, &before);
        if self.is_open(&before.root, &before.path) {
            return;
        }
        let workspace = workspaces.iter().find(|w| w.root.path == before.root);
        let unit = workspace.and_then(|w| disk::unit_of(w.root.layout, &before.path));
        // The unit by its own path: its links lead elsewhere now.
        if let Some(unit) = unit {
            self.files_changed(vec![before.root.join(unit.as_str())]);
        }
    }
}

/// Adds the units with links that lead into some units: whether a link is read depends on what it leads
/// to.
fn add_linked_units(snapshot: &Snapshot, root: &Root, units: &mut Vec<SmolStr>) {
    let mut is_more = !units.is_empty();
    while is_more {
        let is_concerned = |leads_to: Option<SmolStr>| match leads_to {
            Some(path) => units
                .iter()
                .any(|unit| is_within(&path, unit) || is_within(unit, &path)),
            None => true,
        };
        let linked = snapshot.tree.links();
        let linked = linked.filter(|(_, leads_to)| is_concerned(leads_to.clone()));
        let linked = linked.filter_map(|(path, _)| disk::unit_of(root.layout, path));
        let linked: FxHashSet<SmolStr> = linked.filter(|unit| !units.contains(unit)).collect();
        is_more = !linked.is_empty();
        units.extend(linked);
    }
    units.sort_unstable();
    units.dedup();
}

/// Returns the paths at which units are: their own, or those of the directories that hold them.
fn unit_paths(layout: Layout) -> Vec<String> {
    let scripts = ["images", "builders"].into_iter().chain(SCRIPT_DIRECTORIES);
    let scripts = scripts.map(|name| format!("{}{name}", layout.prefix()));
    let nix = [CONFIGS, TEST_TABLE, ALL_TESTS, SUITE]
        .into_iter()
        .filter(|_| layout == Layout::Whole);
    scripts
        .chain(nix.chain([SETTINGS]).map(str::to_owned))
        .collect()
}

/// Returns whether a link is on the way to a path, whether it leads to something or not.
fn is_below_link(root: &Root, path: &str) -> bool {
    let mut folders = Path::new(path).ancestors().skip(1);
    folders.any(|folder| folder != Path::new("") && root.path.join(folder).is_symlink())
}

/// Returns whether a path is in a unit, or a directory that holds some.
fn is_known(root: &Root, path: &str) -> bool {
    disk::unit_of(root.layout, path).is_some()
        || unit_paths(root.layout)
            .iter()
            .any(|unit_path| is_within(unit_path, path))
}

/// Returns whether a path is, and was, that of a file which an editor keeps for itself.
fn is_left_to_editors(root: &Root, snapshot: &Snapshot, path: &str) -> bool {
    is_editor_file(path)
        && snapshot.tree.node(path).is_none()
        && !root
            .path
            .join(path)
            .symlink_metadata()
            .is_ok_and(|meta| meta.is_dir())
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
