//! One client's session: its open documents, the checkouts they are in, what was published.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use dashmap::DashMap;
use lsp_types::{Diagnostic, MessageType, PublishDiagnosticsParams, TextDocumentContentChangeEvent, Url};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smol_str::SmolStr;

use super::convert::{Abilities, diagnostic, url_of};
use super::documents::{Document, Place, same_file};
use super::ingress::{LaneDepth, Outbox};
use super::watch::Watch;
use crate::checkout::disk::{self, Overlay};
use crate::checkout::state::is_script;
use crate::checkout::{self, Inputs, Root, Snapshot, bash};
use crate::model::{FileId, Node};

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
        Options { bash: true, level: Level::Info }
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

    pub(super) fn set_options(&self, options: Options) {
        *lock(&self.options) = options;
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
            let snapshot = Snapshot::read(&root, &self.overlay(&root.path), Inputs::of_this_machine());
            let images = snapshot.model.images.len();
            for problem in snapshot.problems.iter() {
                self.log(Level::Warning, format!("{}: {}", root.path.join(problem.path.as_str()).display(), problem.message));
            }
            let files: FxHashSet<FileId> = snapshot.findings().iter().map(|(_, id, _)| *id).collect();
            let snapshot = Arc::new(snapshot);
            workspaces.push(Workspace { root: root.clone(), snapshot: snapshot.clone(), dirty: FxHashSet::default(), watch: None });
            self.log(Level::Info, format!("{}: {images} images", root.path.display()));
            self.publish(&snapshot, &files);
            opened.push(root);
        }
        opened
    }

    /// Closes the checkouts that a folder brought, unless another one needs them.
    pub(super) fn close_folder(&self, folder: &Path, left: &[PathBuf]) {
        let Ok(folder) = std::fs::canonicalize(folder) else { return };
        let mut workspaces = lock(&self.workspaces);
        let needed = |root: &Path| left.iter().any(|f| f.starts_with(root) || root.starts_with(f));
        let (closed, kept): (Vec<Workspace>, Vec<Workspace>) = workspaces
            .drain(..)
            .partition(|w| (w.root.path.starts_with(&folder) || folder.starts_with(&w.root.path)) && !needed(&w.root.path));
        *workspaces = kept;
        drop(workspaces);
        for workspace in closed {
            let mut urls: Vec<Url> = lock(&self.published).keys().cloned().collect();
            urls.retain(|url| url.to_file_path().is_ok_and(|path| path.starts_with(&workspace.root.path)));
            urls.iter().for_each(|url| self.send(url, Vec::new(), None));
        }
    }

    pub(super) fn set_watch(&self, root: &Root, watch: Watch) {
        if let Some(workspace) = lock(&self.workspaces).iter_mut().find(|w| w.root == *root) {
            workspace.watch = Some(watch);
        }
    }

    /// The texts of the open documents of a checkout.
    fn overlay(&self, root: &Path) -> Overlay {
        let mut newest: FxHashMap<SmolStr, (u64, Arc<str>)> = FxHashMap::default();
        for document in self.documents.iter().filter(|d| d.place.root == root) {
            let text = || Arc::from(document.rope.to_string());
            match newest.get(&document.place.path) {
                Some((changed, _)) if *changed > document.changed => {}
                _ => {
                    newest.insert(document.place.path.clone(), (document.changed, text()));
                }
            }
        }
        newest.into_iter().map(|(path, (_, text))| (path, text)).collect()
    }

    /// Where the file of a document really is, if it is in a known place of an open checkout.
    fn place_of(&self, url: &Url) -> Option<Place> {
        let path = real_path(&url.to_file_path().ok()?);
        let workspaces = lock(&self.workspaces);
        let workspace = workspaces.iter().filter(|w| path.starts_with(&w.root.path)).max_by_key(|w| w.root.path.as_os_str().len())?;
        let relative = path.strip_prefix(&workspace.root.path).ok()?.to_str()?;
        workspace.root.layout.kind_of(relative)?;
        Some(Place { root: workspace.root.path.clone(), path: SmolStr::new(relative) })
    }

    // Documents

    /// A document was opened. Gives the checkouts that were found with it.
    pub(super) fn open(&self, url: Url, version: i32, text: &str) -> Vec<Root> {
        let mut opened = Vec::new();
        let mut place = self.place_of(&url);
        if place.is_none() && let Ok(path) = url.to_file_path() {
            let parent = path.parent().map(Path::to_path_buf).unwrap_or_default();
            let around = checkout::find(&parent);
            if let [root] = around.as_slice() && parent.starts_with(&root.path) {
                opened = self.open_folder(&root.path);
                place = self.place_of(&url);
            }
        }
        let Some(place) = place else { return opened };
        let changed = self.changes.fetch_add(1, Ordering::Relaxed);
        let document = Document { version, rope: ropey::Rope::from_str(text), place: place.clone(), changed };
        self.documents.insert(url, document);
        self.dirty(&place);
        self.settle();
        self.republish(&place);
        self.ask_bash(place);
        opened
    }

    /// A document was changed.
    pub(super) fn change(&self, url: &Url, version: i32, changes: &[TextDocumentContentChangeEvent]) {
        let encoding = self.abilities().encoding;
        let place = {
            let Some(mut document) = self.documents.get_mut(url) else { return };
            document.change(changes, encoding);
            document.version = version;
            document.changed = self.changes.fetch_add(1, Ordering::Relaxed);
            document.place.clone()
        };
        self.dirty(&place);
    }

    /// A document was closed: what is on the disk counts again.
    pub(super) fn close(&self, url: &Url) {
        let Some((url, document)) = self.documents.remove(url) else { return };
        let place = document.place;
        let path = place.root.join(place.path.as_str());
        self.dirty(&place);
        self.reload(&[path]);
        self.republish(&place);
        // A document that went by another name than its file's has nothing to show any more.
        if url_of(&place.root, &place.path).is_none_or(|own| own != url) {
            self.send(&url, Vec::new(), None);
        }
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
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == place.root) else { return };
        if let Some(id) = workspace.snapshot.tree.id(&place.path) {
            let touched = Arc::make_mut(&mut workspace.snapshot).accept(id);
            self.publish(&workspace.snapshot, &touched);
        }
    }

    fn dirty(&self, place: &Place) {
        if let Some(workspace) = lock(&self.workspaces).iter_mut().find(|w| w.root.path == place.root) {
            workspace.dirty.insert(place.path.clone());
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
        let mut workspaces = lock(&self.workspaces);
        for workspace in workspaces.iter_mut().filter(|w| !w.dirty.is_empty()) {
            let dirty = std::mem::take(&mut workspace.dirty);
            let overlay = self.overlay_of(&workspace.root.path, &dirty);
            let mut touched = FxHashSet::default();
            let mut appeared = false;
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            for (path, text) in &overlay {
                match snapshot.tree.id(path) {
                    Some(id) => touched.extend(snapshot.set_text(id, text.clone())),
                    None => {
                        appeared = true;
                        if let Some(unit) = disk::unit_of(workspace.root.layout, path) {
                            disk::refresh(&mut snapshot.tree, &workspace.root, &overlay, &unit);
                        }
                    }
                }
            }
            if appeared {
                touched.extend(snapshot.rebuild());
            }
            self.publish(&workspace.snapshot, &touched);
        }
    }

    /// The texts of some open documents of a checkout.
    fn overlay_of(&self, root: &Path, paths: &FxHashSet<SmolStr>) -> Overlay {
        let mut newest: FxHashMap<SmolStr, (u64, Url)> = FxHashMap::default();
        for document in self.documents.iter().filter(|d| d.place.root == root && paths.contains(&d.place.path)) {
            let candidate = (document.changed, document.key().clone());
            let best = newest.entry(document.place.path.clone()).or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
        let text = |url: &Url| self.documents.get(url).map(|d| Arc::from(d.rope.to_string()));
        newest.into_iter().filter_map(|(path, (_, url))| Some((path, text(&url)?))).collect()
    }

    // Files

    /// Files changed, came or went on the disk.
    pub(super) fn reload(&self, paths: &[PathBuf]) {
        self.settle();
        let mut workspaces = lock(&self.workspaces);
        for workspace in workspaces.iter_mut() {
            let root = workspace.root.clone();
            let real = paths.iter().map(|path| real_path_of_entry(path));
            let relative: Vec<SmolStr> = real
                .filter_map(|path| path.strip_prefix(&root.path).ok().and_then(Path::to_str).map(SmolStr::new))
                .filter(|path| disk::unit_of(root.layout, path).is_some() || is_parent(&root, path))
                .collect();
            if relative.is_empty() {
                continue;
            }
            let overlay = self.overlay(&root.path);
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let touched = reload_into(snapshot, &root, &overlay, &relative);
            self.publish(&workspace.snapshot, &touched);
        }
    }

    // Findings

    /// The newest snapshot of the checkout that a document is in, with the file's number there.
    pub(super) fn snapshot_for(&self, url: &Url) -> Option<(Arc<Snapshot>, FileId)> {
        self.settle();
        let place = self.documents.get(url).map(|d| d.place.clone()).or_else(|| self.place_of(url))?;
        let workspaces = lock(&self.workspaces);
        let workspace = workspaces.iter().find(|w| w.root.path == place.root)?;
        Some((workspace.snapshot.clone(), workspace.snapshot.tree.id(&place.path)?))
    }

    /// How the client calls the open files of a checkout, and at which version it has them: to
    /// be taken together with a snapshot, so that an edit of it is one of that version.
    pub(super) fn open_names(&self, root: &Path) -> FxHashMap<SmolStr, (Url, i32)> {
        let mut names: FxHashMap<SmolStr, (u64, Url, i32)> = FxHashMap::default();
        for document in self.documents.iter().filter(|d| d.place.root == root) {
            let candidate = (document.changed, document.key().clone(), document.version);
            let best = names.entry(document.place.path.clone()).or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
        names.into_iter().map(|(path, (_, url, version))| (path, (url, version))).collect()
    }

    /// Publishes a file's findings again: it was opened or closed under some name.
    fn republish(&self, place: &Place) {
        let snapshot = lock(&self.workspaces).iter().find(|w| w.root.path == place.root).map(|w| w.snapshot.clone());
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
            let Some(path) = snapshot.tree.path(id) else { continue };
            let found = snapshot.findings_of(id);
            let diagnostics: Vec<Diagnostic> =
                found.iter().filter_map(|finding| diagnostic(snapshot, finding, &abilities)).collect();
            for (url, version) in self.names_of(&snapshot.root, path) {
                self.send(&url, diagnostics.clone(), version);
            }
        }
    }

    /// A file's own URL and every other under which the client has it open.
    fn names_of(&self, root: &Path, path: &SmolStr) -> Vec<(Url, Option<i32>)> {
        let open = self.documents.iter().filter(|d| d.place.root == root && d.place.path == *path);
        let mut names: Vec<(Url, Option<i32>)> = open.map(|d| (d.key().clone(), Some(d.version))).collect();
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
        serde_json::to_string(&diagnostics).unwrap_or_default().hash(&mut hasher);
        let hash = hasher.finish();
        let mut published = lock(&self.published);
        let before = if diagnostics.is_empty() { published.remove(uri) } else { published.insert(uri.clone(), hash) };
        if before == (!diagnostics.is_empty()).then_some(hash) {
            return;
        }
        // Still locked: what is sent last is what was published last.
        self.outbox.publish(&PublishDiagnosticsParams { uri: uri.clone(), diagnostics, version });
    }

    // bash -n

    /// Has a script looked at by bash, later: one at a time, off the way of edits.
    fn ask_bash(&self, place: Place) {
        if self.options().bash && let Some(sender) = &*lock(&self.bash) {
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
        let thread = std::thread::Builder::new().name("bash".to_owned()).spawn(move || {
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
            tree.and_then(|tree| tree.id(&place.path).and_then(|id| Some((id, tree.file(id)?.clone()))))
        };
        let Some((id, file)) = file.filter(|(_, file)| is_script(file)) else { return };
        let finding = bash::check(bash, &file, id);
        let mut workspaces = lock(&self.workspaces);
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == place.root) else { return };
        // It was another text that bash saw.
        if !workspace.snapshot.tree.file(id).is_some_and(|now| Arc::ptr_eq(&now.text, &file.text)) {
            return;
        }
        let touched = Arc::make_mut(&mut workspace.snapshot).set_shell_syntax(id, finding);
        self.publish(&workspace.snapshot, &touched);
    }

    /// A document's text as the session has it, for tests.
    #[cfg(feature = "test-hooks")]
    pub(super) fn text(&self, url: &Url) -> Option<String> {
        self.documents.get(url).map(|d| d.rope.to_string())
    }
}

/// Takes in what happened at some paths of a checkout.
fn reload_into(snapshot: &mut Snapshot, root: &Root, overlay: &Overlay, paths: &[SmolStr]) -> FxHashSet<FileId> {
    let mut touched = FxHashSet::default();
    let mut units: Vec<SmolStr> = Vec::new();
    for path in paths {
        if overlay.contains_key(path) {
            continue;
        }
        let full = root.path.join(path.as_str());
        let is_file = full.symlink_metadata().is_ok_and(|meta| meta.is_file());
        let known = snapshot.tree.id(path).filter(|_| is_file && matches!(snapshot.tree.node(path), Some(Node::File(_))));
        match (known, disk::read_text(&root.path, path)) {
            (Some(id), Ok(text)) => {
                touched.extend(snapshot.set_text(id, text));
                touched.extend(snapshot.accept(id));
            }
            _ => match disk::unit_of(root.layout, path) {
                Some(unit) => units.push(unit),
                // A directory that holds all images, say: everything in it.
                None => units.extend(children_units(snapshot, root, path)),
            },
        }
    }
    units.sort_unstable();
    units.dedup();
    if !units.is_empty() {
        snapshot.refresh(root, overlay, &units);
        touched.extend(snapshot.rebuild());
    }
    touched
}

/// The units in a directory that is one's parent, as they were and as they are.
fn children_units(snapshot: &Snapshot, root: &Root, path: &str) -> Vec<SmolStr> {
    let now = std::fs::read_dir(root.path.join(path)).into_iter().flatten().flatten();
    let now = now.filter_map(|entry| entry.file_name().into_string().ok());
    let before = snapshot.tree.children(path).map(|(name, _)| name.to_owned());
    let paths = now.chain(before).map(|name| if path.is_empty() { name } else { format!("{path}/{name}") });
    paths.filter_map(|path| disk::unit_of(root.layout, &path)).collect()
}

/// Whether a directory holds units.
fn is_parent(root: &Root, path: &str) -> bool {
    let prefix = root.layout.prefix();
    ["images", "builders"].iter().any(|part| path == format!("{prefix}{part}"))
}

/// A path with links resolved; of a file that is not there yet, its folder's.
fn real_path(path: &Path) -> PathBuf {
    if let Ok(real) = std::fs::canonicalize(path) {
        return real;
    }
    real_path_of_entry(path)
}

/// A path with links resolved, save the last part: that may be a link itself.
fn real_path_of_entry(path: &Path) -> PathBuf {
    match (path.parent().and_then(|parent| std::fs::canonicalize(parent).ok()), path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path.to_path_buf(),
    }
}
