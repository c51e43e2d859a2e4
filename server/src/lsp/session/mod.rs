//! Session of one client: its open documents, the checkouts they are in, what was published.
//!
//! - `checkouts`: opening and closing them;
//! - `jobs`: work of the thread that reads files; `reading`: that thread; `changes`: files that change
//!   on the disk;
//! - `presence`: checkouts that go away and come back;
//! - `documents`: texts as the client has them;
//! - `contexts`: what requests are answered from;
//! - `publishing`: diagnostics, and hints of values to verify;
//! - `bash`: findings of `bash -n`; `containers`: those in scripts that are executed in containers.

mod bash;
mod changes;
mod checkouts;
mod containers;
mod contexts;
mod documents;
mod jobs;
mod presence;
mod publishing;
mod reading;

pub(in crate::lsp) use jobs::FileWatcher;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};

use dashmap::DashMap;
use lsp_types::Url;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use smol_str::SmolStr;
use tokio::sync::watch;

use super::client_capabilities::ClientCapabilities;
use super::documents::{CheckoutFile, TextDocument};
use super::editor_settings::{EditorSettings, LogLevel};
use super::ingress::{Outbox, QueueDepth};
use super::shown;
use super::verify_hints::VerifyHints;
use super::watch::Watch;
use analysis::Snapshot;
use checkout::Root;
use checkout::test_results::StateDirectory;
use container::BuildCache;

/// Open checkout.
struct Workspace {
    root: Root,
    snapshot: Arc<Snapshot>,
    /// Builds of its images that were followed.
    builds: Arc<BuildCache>,
    /// Paths of files whose documents have changed since the snapshot.
    dirty: FxHashSet<SmolStr>,
    /// Texts that files have on the disk, where documents are open: a document with that text is as
    /// good as saved.
    saved: FxHashMap<SmolStr, Arc<str>>,
    /// Paths of files whose documents were closed and that were not read since, with the number of
    /// changes at that time: what was read before is older than what the snapshot has.
    closed: FxHashMap<SmolStr, u64>,
    /// Held while the server watches the files itself.
    watch: Option<Watch>,
}

impl Workspace {
    /// Returns the present snapshot, with the builds that were followed.
    fn state(&self) -> (Arc<Snapshot>, Arc<BuildCache>) {
        (self.snapshot.clone(), self.builds.clone())
    }
}

/// A folder in which a checkout is, was or may be.
struct Presence {
    folder: PathBuf,
    /// None where nothing can be watched.
    _watch: Option<Watch>,
}

/// Session. Handlers of notifications change it, requests take snapshots of it.
pub(in crate::lsp) struct Session {
    depth: QueueDepth,
    outbox: Outbox,
    documents: DashMap<Url, TextDocument>,
    workspaces: Mutex<Vec<Workspace>>,
    /// Folders that the client has in its workspace.
    folders: Mutex<Vec<PathBuf>>,
    /// Folders in which a checkout is, was or may be. Locked last.
    presences: Mutex<Vec<Presence>>,
    /// Has the files of checkouts watched; set when reading begins.
    watcher: OnceLock<Arc<dyn FileWatcher>>,
    /// Files and folders that are to be read.
    reader: Mutex<Option<mpsc::Sender<jobs::Job>>>,
    client: Mutex<Arc<ClientCapabilities>>,
    settings: Mutex<EditorSettings>,
    /// Hash of the diagnostics that were sent last, by document; `None` is to be sent again.
    published: Mutex<FxHashMap<Url, Option<u64>>>,
    /// Number of changes to all documents so far.
    changes: AtomicU64,
    sync_scheduled: AtomicBool,
    /// Files that `bash -n` is to check.
    bash: Mutex<Option<mpsc::Sender<CheckoutFile>>>,
    /// Hints of values to verify. Locked last.
    verify_hints: Mutex<VerifyHints>,
    /// Paths that the client has been requested to create, rename or delete.
    expected_changes: Mutex<Vec<Arc<[PathBuf]>>>,
    /// Counts up when something else may be found in scripts that are executed in containers.
    containers: watch::Sender<u64>,
    /// Counts up when lenses and hints may show something else.
    refreshes: watch::Sender<u64>,
    /// Counts up when the state of images may have changed.
    image_states: watch::Sender<u64>,
    #[cfg(feature = "test-hooks")]
    hooks: jobs::TestHooks,
}

/// Guard that lives as long as the client is about to create, rename or delete some paths for us.
pub(super) struct ExpectedChanges<'s> {
    session: &'s Session,
    paths: Arc<[PathBuf]>,
}

impl Drop for ExpectedChanges<'_> {
    fn drop(&mut self) {
        lock(&self.session.expected_changes).retain(|paths| !Arc::ptr_eq(paths, &self.paths));
    }
}

/// Locks a mutex, also after the panic of a handler that held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(in crate::lsp) fn new(depth: QueueDepth, outbox: Outbox) -> Session {
        Session {
            depth,
            outbox,
            documents: DashMap::new(),
            workspaces: Mutex::default(),
            presences: Mutex::default(),
            folders: Mutex::default(),
            watcher: OnceLock::new(),
            reader: Mutex::default(),
            client: Mutex::default(),
            settings: Mutex::default(),
            published: Mutex::default(),
            changes: AtomicU64::new(0),
            sync_scheduled: AtomicBool::new(false),
            bash: Mutex::default(),
            verify_hints: Mutex::default(),
            expected_changes: Mutex::default(),
            containers: watch::Sender::new(0),
            refreshes: watch::Sender::new(0),
            image_states: watch::Sender::new(0),
            #[cfg(feature = "test-hooks")]
            hooks: jobs::TestHooks::default(),
        }
    }

    /// Returns the folders that the client has in its workspace.
    pub(in crate::lsp) fn folders(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        lock(&self.folders)
    }

    /// Notes that the client is about to create, rename or delete some paths for us.
    pub(in crate::lsp) fn expect_changes(&self, paths: Vec<PathBuf>) -> ExpectedChanges<'_> {
        let paths: Arc<[PathBuf]> = paths.into();
        lock(&self.expected_changes).push(paths.clone());
        ExpectedChanges {
            session: self,
            paths,
        }
    }

    /// Returns all paths that the client is about to create, rename or delete for us.
    pub(in crate::lsp) fn expected_changes(&self) -> Vec<PathBuf> {
        let all = lock(&self.expected_changes);
        all.iter().flat_map(|paths| paths.iter().cloned()).collect()
    }

    pub(in crate::lsp) fn client_capabilities(&self) -> Arc<ClientCapabilities> {
        lock(&self.client).clone()
    }

    pub(in crate::lsp) fn set_client_capabilities(&self, client: ClientCapabilities) {
        *lock(&self.client) = Arc::new(client);
    }

    pub(in crate::lsp) fn settings(&self) -> EditorSettings {
        lock(&self.settings).clone()
    }

    /// Returns the state directory of the test runner.
    pub(in crate::lsp) fn state_directory(&self) -> Arc<StateDirectory> {
        lock(&self.settings).state_directory.clone()
    }

    /// Takes over settings of the client, with what follows from them.
    pub(in crate::lsp) fn update_settings(&self, value: &Value) {
        let before = self.settings();
        let mut settings = before.clone();
        for message in settings.update(value) {
            self.log(LogLevel::Warning, message);
        }
        *lock(&self.settings) = settings.clone();
        if before.hints != settings.hints || before.lenses != settings.lenses {
            self.request_refresh();
        }
        if before.state_directory != settings.state_directory {
            self.image_states_changed();
        }
        self.containers_changed();
        match (before.bash, settings.bash) {
            (true, false) => self.remove_bash_findings(),
            (false, true) => {
                let files: Vec<CheckoutFile> =
                    self.documents.iter().map(|d| d.file.clone()).collect();
                files
                    .into_iter()
                    .for_each(|file| self.check_with_bash(file));
            }
            _ => {}
        }
    }

    /// Notes that lenses and hints may show something else in files that were not edited.
    fn request_refresh(&self) {
        self.refreshes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Returns a receiver that changes when lenses and hints have to be requested again.
    pub(in crate::lsp) fn refreshes(&self) -> watch::Receiver<u64> {
        self.refreshes.subscribe()
    }

    /// Notes that the state of some image may have changed.
    pub(in crate::lsp) fn image_states_changed(&self) {
        self.image_states
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Returns a receiver that changes when the state of some image may have changed.
    pub(in crate::lsp) fn image_states(&self) -> watch::Receiver<u64> {
        self.image_states.subscribe()
    }

    /// Has lenses and hints requested again where a snapshot changed through some of its files:
    /// documents that are open beside those may show something else now.
    fn refresh_others(&self, root: &Path, before: u64, now: &Snapshot, edited: &[&str]) {
        let is_other = |document: &TextDocument| {
            let file = &document.file;
            file.root == root && !edited.contains(&file.path.as_str())
        };
        if before != now.revision && self.documents.iter().any(|d| is_other(&d)) {
            self.request_refresh();
        }
    }

    /// Writes to the log of the client; warnings and errors also to standard error, which some
    /// clients show as errors and others alone keep.
    pub(in crate::lsp) fn log(&self, level: LogLevel, message: impl Into<String>) {
        let message = message.into();
        if level <= self.settings().log_level {
            if level <= LogLevel::Warning {
                eprintln!("image-scripts-ls: {}", shown::line(&message));
            }
            self.outbox.log(level.message_type(), message);
        }
    }
}

/// Resolves the links of a path; of one that does not exist, as far as it does.
fn real_path(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| real_path_of_entry(path))
}

/// Resolves the links of a path, except for its last component: that may be a link itself.
pub(super) fn real_path_of_entry(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real_path(parent).join(name),
        _ => path.to_path_buf(),
    }
}
