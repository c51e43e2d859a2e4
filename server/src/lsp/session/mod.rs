//! One client's session: its open documents, the checkouts they are in, what was published.
//!
//! - `checkouts`: opening and closing them, files that change on the disk;
//! - `documents`: texts as the client has them; `publishing`: findings, and snapshots to answer by;
//! - `bash`: what `bash -n` says.

mod bash;
mod checkouts;
mod documents;
mod publishing;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use dashmap::DashMap;
use lsp_types::{MessageType, Url};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use tokio::sync::watch;

use super::abilities::Abilities;
use super::documents::{Document, Place};
use super::ingress::{LaneDepth, Outbox};
use super::verify::Marks;
use super::watch::Watch;
use analysis::Snapshot;
use checkout::Root;
use ide::hints::InlayHintSettings;

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
pub(in crate::lsp) enum Level {
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
pub(in crate::lsp) struct Options {
    /// Whether `bash -n` is asked.
    pub(in crate::lsp) bash: bool,
    /// The least severity of what goes to the log.
    pub(in crate::lsp) level: Level,
    /// The hints that are wanted.
    pub(in crate::lsp) hints: InlayHintSettings,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            bash: true,
            level: Level::Info,
            hints: InlayHintSettings::ALL,
        }
    }
}

/// A file for `bash -n`.
struct BashJob {
    place: Place,
}

/// A session. Handlers of the lane change it, requests take snapshots of it.
pub(in crate::lsp) struct Session {
    depth: LaneDepth,
    outbox: Outbox,
    documents: DashMap<Url, Document>,
    workspaces: Mutex<Vec<Workspace>>,
    abilities: Mutex<Arc<Abilities>>,
    options: Mutex<Options>,
    /// What was sent last of each file that has findings, as a hash; `None` is to be sent again.
    published: Mutex<FxHashMap<Url, Option<u64>>>,
    changes: AtomicU64,
    settling: AtomicBool,
    bash: Mutex<Option<mpsc::Sender<BashJob>>>,
    /// What changes left to be confirmed. Locked last.
    marks: Mutex<Marks>,
    /// Paths that the client has been asked to make, rename or delete.
    under_way: Mutex<Vec<Arc<[PathBuf]>>>,
    /// What lenses and hints show may be something else: counts up.
    shown: watch::Sender<u64>,
    /// The state of images may be another one: counts up.
    states: watch::Sender<u64>,
}

/// Some paths, as long as the client is about to make, rename or delete them for us.
pub(super) struct UnderWay<'s> {
    session: &'s Session,
    paths: Arc<[PathBuf]>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.session.under_way).retain(|paths| !Arc::ptr_eq(paths, &self.paths));
    }
}

/// A lock that a panicking handler does not take with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(in crate::lsp) fn new(depth: LaneDepth, outbox: Outbox) -> Session {
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
            marks: Mutex::default(),
            under_way: Mutex::default(),
            shown: watch::Sender::new(0),
            states: watch::Sender::new(0),
        }
    }

    /// The client is about to be asked to make, rename or delete something.
    pub(in crate::lsp) fn begin(&self, paths: Vec<PathBuf>) -> UnderWay<'_> {
        let paths: Arc<[PathBuf]> = paths.into();
        lock(&self.under_way).push(paths.clone());
        UnderWay {
            session: self,
            paths,
        }
    }

    /// All that the client has been asked to.
    pub(in crate::lsp) fn under_way(&self) -> Vec<PathBuf> {
        let all = lock(&self.under_way);
        all.iter().flat_map(|paths| paths.iter().cloned()).collect()
    }

    pub(in crate::lsp) fn abilities(&self) -> Arc<Abilities> {
        lock(&self.abilities).clone()
    }

    pub(in crate::lsp) fn set_abilities(&self, abilities: Abilities) {
        *lock(&self.abilities) = Arc::new(abilities);
    }

    /// Takes over settings, with what follows from them.
    pub(in crate::lsp) fn set_options(&self, options: Options) {
        let before = std::mem::replace(&mut *lock(&self.options), options);
        if before.hints != options.hints {
            self.shows_something_else();
        }
        match (before.bash, options.bash) {
            (true, false) => self.forget_bash(),
            (false, true) => {
                let places: Vec<Place> = self.documents.iter().map(|d| d.place.clone()).collect();
                places.into_iter().for_each(|place| self.ask_bash(place));
            }
            _ => {}
        }
    }

    /// Lenses and hints may show something else in files that were not edited.
    fn shows_something_else(&self) {
        self.shown
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Tells when lenses and hints have to be asked for again.
    pub(in crate::lsp) fn shown(&self) -> watch::Receiver<u64> {
        self.shown.subscribe()
    }

    /// The state of some image may be another one.
    fn states_change(&self) {
        self.states
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Tells when the state of some image may be another one.
    pub(in crate::lsp) fn states(&self) -> watch::Receiver<u64> {
        self.states.subscribe()
    }

    /// A snapshot changed through some of its files: those that are open beside them may show
    /// something else now.
    fn concerns_others(&self, root: &Path, before: u64, now: &Snapshot, edited: &[&str]) {
        let other = |document: &Document| {
            let place = &document.place;
            place.root == root && !edited.contains(&place.path.as_str())
        };
        if before != now.revision && self.documents.iter().any(|d| other(&d)) {
            self.shows_something_else();
        }
    }

    pub(in crate::lsp) fn options(&self) -> Options {
        *lock(&self.options)
    }

    /// Writes to the log of the client; what is wrong also to standard error, which some clients
    /// show as errors and others alone keep.
    pub(in crate::lsp) fn log(&self, level: Level, message: impl Into<String>) {
        let message = message.into();
        if level <= self.options().level {
            if level <= Level::Warning {
                eprintln!("image-scripts-ls: {message}");
            }
            self.outbox.log(level.message_type(), message);
        }
    }
}

/// A path with links resolved; of one that is not there, what of it is there.
fn real_path(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| real_path_of_entry(path))
}

/// A path with links resolved, save the last part: that may be a link itself.
pub(super) fn real_path_of_entry(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real_path(parent).join(name),
        _ => path.to_path_buf(),
    }
}
