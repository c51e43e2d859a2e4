//! One client's session: its open documents, the checkouts they are in, what was published.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use dashmap::DashMap;
use lsp_types::{
    Diagnostic, MessageType, PublishDiagnosticsParams, TextDocumentContentChangeEvent, Url,
};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smol_str::SmolStr;

use super::convert::{Abilities, diagnostic, url_of};
use super::documents::{Document, Place, file_path, same_file};
use super::ingress::{LaneDepth, Outbox};
use super::watch::Watch;
use crate::checkout::disk::{self, Overlay};
use crate::checkout::root::layout_of;
use crate::checkout::state::is_script;
use crate::checkout::{self, Inputs, Problem, Root, Snapshot, bash};
use crate::model::tree::{ALL_TESTS, REPOSITORY, SETTINGS, SUITE, TEST_TABLE};
use crate::model::{File, FileId, Layout, Node};

/// A checkout that is open.
struct Workspace {
    root: Root,
    snapshot: Arc<Snapshot>,
    /// Files whose documents have changed since the snapshot.
    dirty: FxHashSet<SmolStr>,
    /// Held while the server watches the files itself.
    watch: Option<Watch>,
}

/// How much of the log is wanted, most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Something of the server does not work.
    Error,
    /// Something is left out.
    Warning,
    /// What goes on.
    Info,
    /// Everything.
    Debug,
}

impl Level {
    fn message_type(self) -> MessageType {
        match self {
            Level::Error => MessageType::ERROR,
            Level::Warning => MessageType::WARNING,
            Level::Info => MessageType::INFO,
            Level::Debug => MessageType::LOG,
        }
    }
}

/// What the user has set in the editor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// Whether `bash -n` is asked.
    pub(super) bash: bool,
    /// The least severity of what goes to the log.
    pub(super) level: Level,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            bash: true,
            level: Level::Info,
        }
    }
}

/// A file for `bash -n`.
struct BashJob {
    place: Place,
}

/// A session. Handlers of the lane change it, requests take snapshots of it.
pub(super) struct Session {
    depth: LaneDepth,
    outbox: Outbox,
    documents: DashMap<Url, Document>,
    workspaces: Mutex<Vec<Workspace>>,
    abilities: Mutex<Arc<Abilities>>,
    options: Mutex<Options>,
    published: Mutex<FxHashMap<Url, u64>>,
    changes: AtomicU64,
    settling: AtomicBool,
    bash: Mutex<Option<mpsc::Sender<BashJob>>>,
}

/// A lock that a panicking handler does not take with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(super) fn new(depth: LaneDepth, outbox: Outbox) -> Session {
        Session {
            depth,
            outbox,
            documents: DashMap::new(),
            workspaces: Mutex::default(),
            abilities: Mutex::default(),
            options: Mutex::default(),
            published: Mutex::default(),
            changes: AtomicU64::new(0),
            settling: AtomicBool::new(false),
            bash: Mutex::default(),
        }
    }

    pub(super) fn abilities(&self) -> Arc<Abilities> {
        lock(&self.abilities).clone()
    }

    pub(super) fn set_abilities(&self, abilities: Abilities) {
        *lock(&self.abilities) = Arc::new(abilities);
    }

    /// Takes over settings, with what follows from them.
    pub(super) fn set_options(&self, options: Options) {
        let before = std::mem::replace(&mut *lock(&self.options), options);
        match (before.bash, options.bash) {
            (true, false) => self.forget_bash(),
            (false, true) => {
                let places: Vec<Place> = self.documents.iter().map(|d| d.place.clone()).collect();
                places.into_iter().for_each(|place| self.ask_bash(place));
            }
            _ => {}
        }
    }

    pub(super) fn options(&self) -> Options {
        *lock(&self.options)
    }

    /// Writes to the log: standard error and the client's.
    pub(super) fn log(&self, level: Level, message: impl Into<String>) {
        let message = message.into();
        if level <= self.options().level {
            eprintln!("image-scripts-ls: {message}");
            self.outbox.log(level.message_type(), message);
        }
    }

    // Checkouts

    /// Opens the checkouts at, around or below a folder. Gives those that are new.
    pub(super) fn open_folder(&self, folder: &Path) -> Vec<Root> {
        let mut opened = Vec::new();
        for root in checkout::find(folder) {
            let mut workspaces = lock(&self.workspaces);
            if workspaces.iter().any(|w| w.root == root) {
                continue;
            }
            let snapshot = Snapshot::read(
                &root,
                &self.overlay(&root.path, |_| true),
                Inputs::of_this_machine(),
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
                watch: None,
            });
            self.log(
                Level::Info,
                format!("{}: {images} images", root.path.display()),
            );
            self.publish(&snapshot, &files);
            opened.push(root);
        }
        opened
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
    pub(super) fn close_folder(&self, folder: &Path, left: &[PathBuf]) -> Vec<Root> {
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

    pub(super) fn set_watch(&self, root: &Root, watch: Watch) {
        if let Some(workspace) = lock(&self.workspaces).iter_mut().find(|w| w.root == *root) {
            workspace.watch = Some(watch);
        }
    }

    /// The texts of a checkout's open documents, of those paths that are wanted.
    fn overlay(&self, root: &Path, wanted: impl Fn(&SmolStr) -> bool) -> Overlay {
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
    fn place_of(&self, url: &Url) -> Option<Place> {
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

    // Documents

    /// A document was opened. Gives the checkouts that were found with it.
    pub(super) fn open(&self, url: Url, version: i32, text: &str) -> Vec<Root> {
        let mut opened = Vec::new();
        let mut place = self.place_of(&url);
        if place.is_none()
            && let Some(root) = file_path(&url).and_then(|path| checkout_around(&real_path(&path)))
        {
            opened = self.open_folder(&root.path);
            place = self.place_of(&url);
        }
        let Some(place) = place else { return opened };
        let changed = self.changes.fetch_add(1, Ordering::Relaxed);
        let document = Document {
            version,
            rope: ropey::Rope::from_str(text),
            place: place.clone(),
            changed,
        };
        {
            let mut workspaces = lock(&self.workspaces);
            self.documents.insert(url, document);
            mark_dirty(&mut workspaces, &place);
            self.settle_all(&mut workspaces);
        }
        self.republish(&place);
        self.ask_bash(place);
        opened
    }

    /// A document was changed.
    pub(super) fn change(
        &self,
        url: &Url,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
    ) {
        let encoding = self.abilities().encoding;
        // Locked to the end: nobody must publish the old text's findings with the new version.
        let mut workspaces = lock(&self.workspaces);
        let Some(mut document) = self.documents.get_mut(url) else {
            return;
        };
        document.change(changes, encoding);
        document.version = version;
        document.changed = self.changes.fetch_add(1, Ordering::Relaxed);
        mark_dirty(&mut workspaces, &document.place);
    }

    /// A document was closed: what is on the disk counts again.
    pub(super) fn close(&self, url: &Url) {
        let Some((url, document)) = self.documents.remove(url) else {
            return;
        };
        let place = document.place;
        // A document that went by another name than its file's has nothing to show any more. This
        // comes first: for some clients both names are one.
        if url_of(&place.root, &place.path).is_none_or(|own| own != url) {
            self.send(&url, Vec::new(), None);
        }
        mark_dirty(&mut lock(&self.workspaces), &place);
        self.reload(&[place.root.join(place.path.as_str())]);
        self.republish(&place);
        self.ask_bash(place);
    }

    pub(super) fn saved(&self, url: &Url) {
        if let Some(place) = self.documents.get(url).map(|d| d.place.clone()) {
            self.accept(&place);
            self.ask_bash(place);
        }
    }

    /// A script that does not parse was meant to be like that.
    fn accept(&self, place: &Place) {
        let mut workspaces = lock(&self.workspaces);
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == place.root) else {
            return;
        };
        if let Some(id) = workspace.snapshot.tree.id(&place.path) {
            let touched = Arc::make_mut(&mut workspace.snapshot).accept(id);
            self.publish(&workspace.snapshot, &touched);
        }
    }

    /// Brings the snapshots up to date, unless more waits that may change them again. Whoever
    /// needs a snapshot settles before.
    pub(super) fn settle_when_idle(self: &Arc<Self>) {
        if self.depth.waiting() == 0 {
            return self.settle();
        }
        // What waits may be nothing of ours: somebody has to look again.
        if self.settling.swap(true, Ordering::AcqRel) {
            return;
        }
        let session = self.clone();
        tokio::spawn(async move {
            while session.depth.waiting() > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            session.settling.store(false, Ordering::Release);
            session.settle();
        });
    }

    /// Brings the snapshots up to date with the documents, and publishes what changed.
    pub(super) fn settle(&self) {
        self.settle_all(&mut lock(&self.workspaces));
    }

    fn settle_all(&self, workspaces: &mut [Workspace]) {
        for workspace in workspaces.iter_mut().filter(|w| !w.dirty.is_empty()) {
            let dirty = std::mem::take(&mut workspace.dirty);
            let root = &workspace.root;
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let mut touched = FxHashSet::default();
            let mut units = Vec::new();
            for (path, text) in self.overlay(&root.path, |path| dirty.contains(path)) {
                match snapshot.tree.id(&path) {
                    Some(id) => touched.extend(snapshot.set_text(id, text)),
                    None => units.extend(disk::unit_of(root.layout, &path)),
                }
            }
            if !units.is_empty() {
                touched.extend(self.refresh(snapshot, root, units));
            }
            self.publish(&workspace.snapshot, &touched);
        }
    }

    /// Reads some units of a checkout again.
    fn refresh(
        &self,
        snapshot: &mut Snapshot,
        root: &Root,
        mut units: Vec<SmolStr>,
    ) -> FxHashSet<FileId> {
        units.sort_unstable();
        units.dedup();
        let before = snapshot.problems.clone();
        snapshot.refresh(root, &self.overlay(&root.path, |_| true), &units);
        self.log_problems(snapshot, &before);
        snapshot.rebuild()
    }

    // Files

    /// Files changed, came or went on the disk.
    pub(super) fn reload(&self, paths: &[PathBuf]) {
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
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let touched = self.reload_into(snapshot, &root, &relative);
            self.publish(&workspace.snapshot, &touched);
        }
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

    // Findings

    /// The newest snapshot of the checkout that a document is in, with the file's number there.
    pub(super) fn snapshot_for(&self, url: &Url) -> Option<(Arc<Snapshot>, FileId)> {
        self.settle();
        let place = self
            .documents
            .get(url)
            .map(|d| d.place.clone())
            .or_else(|| self.place_of(url))?;
        let workspaces = lock(&self.workspaces);
        let workspace = workspaces.iter().find(|w| w.root.path == place.root)?;
        Some((
            workspace.snapshot.clone(),
            workspace.snapshot.tree.id(&place.path)?,
        ))
    }

    /// How the client calls the open files of a checkout, and at which version it has them: to
    /// be taken together with a snapshot, so that an edit of it is one of that version.
    pub(super) fn open_names(&self, root: &Path) -> FxHashMap<SmolStr, (Url, i32)> {
        let mut names: FxHashMap<SmolStr, (u64, Url, i32)> = FxHashMap::default();
        for document in self.documents.iter().filter(|d| d.place.root == root) {
            let candidate = (document.changed, document.key().clone(), document.version);
            let best = names
                .entry(document.place.path.clone())
                .or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
        names
            .into_iter()
            .map(|(path, (_, url, version))| (path, (url, version)))
            .collect()
    }

    /// Publishes a file's findings again: it was opened or closed under some name.
    fn republish(&self, place: &Place) {
        let snapshot = lock(&self.workspaces)
            .iter()
            .find(|w| w.root.path == place.root)
            .map(|w| w.snapshot.clone());
        if let Some(snapshot) = snapshot
            && let Some(id) = snapshot.tree.id(&place.path)
        {
            self.publish(&snapshot, &FxHashSet::from_iter([id]));
        }
    }

    /// Sends the findings of some files, where they are other ones than were sent before.
    fn publish(&self, snapshot: &Snapshot, files: &FxHashSet<FileId>) {
        let abilities = self.abilities();
        let mut files: Vec<FileId> = files.iter().copied().collect();
        files.sort_unstable();
        for id in files {
            let Some(path) = snapshot.tree.path(id) else {
                continue;
            };
            let found = snapshot.findings_of(id);
            let diagnostics: Vec<Diagnostic> = found
                .iter()
                .filter_map(|finding| diagnostic(snapshot, finding, &abilities))
                .collect();
            let names = self.names_of(&snapshot.root, path);
            // It is open under another spelling of its URL. This comes first: for some clients both
            // are one.
            if let Some(own) = url_of(&snapshot.root, path)
                && !names.iter().any(|(url, _)| *url == own)
            {
                self.send(&own, Vec::new(), None);
            }
            for (url, version) in names {
                self.send(&url, diagnostics.clone(), version);
            }
        }
    }

    /// A file's own URL and every other under which the client has it open.
    fn names_of(&self, root: &Path, path: &SmolStr) -> Vec<(Url, Option<i32>)> {
        let open = self
            .documents
            .iter()
            .filter(|d| d.place.root == root && d.place.path == *path);
        let mut names: Vec<(Url, Option<i32>)> =
            open.map(|d| (d.key().clone(), Some(d.version))).collect();
        if let Some(own) = url_of(root, path)
            && !names.iter().any(|(url, _)| same_file(url, &own))
        {
            names.push((own, None));
        }
        names
    }

    /// Sends diagnostics unless they are what was sent last.
    fn send(&self, uri: &Url, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
        let mut hasher = FxHasher::default();
        serde_json::to_string(&diagnostics)
            .unwrap_or_default()
            .hash(&mut hasher);
        let hash = hasher.finish();
        let mut published = lock(&self.published);
        let before = if diagnostics.is_empty() {
            published.remove(uri)
        } else {
            published.insert(uri.clone(), hash)
        };
        if before == (!diagnostics.is_empty()).then_some(hash) {
            return;
        }
        // Still locked: what is sent last is what was published last.
        self.outbox.publish(&PublishDiagnosticsParams {
            uri: uri.clone(),
            diagnostics,
            version,
        });
    }

    // bash -n

    /// Has a script looked at by bash, later: one at a time, off the way of edits.
    fn ask_bash(&self, place: Place) {
        if self.options().bash
            && let Some(sender) = &*lock(&self.bash)
        {
            // The thread ends with the session.
            let _ = sender.send(BashJob { place });
        }
    }

    /// Starts the thread that asks bash.
    pub(super) fn start_bash(self: &Arc<Self>) {
        let Some(bash) = bash::find() else {
            return self.log(Level::Info, "no bash here: `shell-syntax` is silent");
        };
        let (sender, receiver) = mpsc::channel::<BashJob>();
        *lock(&self.bash) = Some(sender);
        let session = self.clone();
        let thread = std::thread::Builder::new()
            .name("bash".to_owned())
            .spawn(move || {
                while let Ok(job) = receiver.recv() {
                    session.check_with_bash(&bash, &job.place);
                }
            });
        if let Err(error) = thread {
            self.log(Level::Warning, format!("`shell-syntax` is silent: {error}"));
        }
    }

    fn check_with_bash(&self, bash: &Path, place: &Place) {
        let file = {
            let workspaces = lock(&self.workspaces);
            let workspace = workspaces.iter().find(|w| w.root.path == place.root);
            let tree = workspace.map(|w| &w.snapshot.tree);
            tree.and_then(|tree| {
                tree.id(&place.path)
                    .and_then(|id| Some((id, tree.file(id)?.clone())))
            })
        };
        let Some((id, file)) = file.filter(|(_, file)| is_script(file)) else {
            return;
        };
        let finding = bash::check(bash, &file, id);
        let mut workspaces = lock(&self.workspaces);
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == place.root) else {
            return;
        };
        let now = workspace.snapshot.tree.file(id);
        // It was another text that bash saw, or nobody wants to know any more.
        if workspace.dirty.contains(&place.path)
            || !now.is_some_and(|now| Arc::ptr_eq(&now.text, &file.text))
            || !self.options().bash
        {
            return;
        }
        let touched = Arc::make_mut(&mut workspace.snapshot).set_shell_syntax(id, finding);
        self.publish(&workspace.snapshot, &touched);
    }

    /// Takes back what bash said.
    fn forget_bash(&self) {
        let mut workspaces = lock(&self.workspaces);
        self.settle_all(&mut workspaces);
        for workspace in workspaces.iter_mut() {
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let scripts: Vec<FileId> = snapshot
                .tree
                .files()
                .filter(|(_, f)| is_script(f))
                .map(|(id, _)| id)
                .collect();
            let touched = scripts
                .into_iter()
                .flat_map(|id| snapshot.set_shell_syntax(id, None))
                .collect();
            self.publish(&workspace.snapshot, &touched);
        }
    }

    /// A document's text as the session has it, for tests.
    #[cfg(feature = "test-hooks")]
    pub(super) fn text(&self, url: &Url) -> Option<String> {
        self.documents.get(url).map(|d| d.rope.to_string())
    }
}

/// Notes that a document has another text than the snapshot.
fn mark_dirty(workspaces: &mut [Workspace], place: &Place) {
    if let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == place.root) {
        workspace.dirty.insert(place.path.clone());
    }
}

/// The checkout around a file, if the file is in one of its known places. Nothing beside the file
/// is looked at otherwise.
fn checkout_around(path: &Path) -> Option<Root> {
    let folder = path
        .ancestors()
        .skip(1)
        .find(|folder| layout_of(folder).is_some())?;
    let root = checkout::find(folder).into_iter().next()?;
    let relative = path.strip_prefix(&root.path).ok()?.to_str()?;
    root.layout.kind_of(relative).map(|_| root)
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

/// A path with links resolved; of one that is not there, what of it is there.
fn real_path(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| real_path_of_entry(path))
}

/// A path with links resolved, save the last part: that may be a link itself.
fn real_path_of_entry(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real_path(parent).join(name),
        _ => path.to_path_buf(),
    }
}
