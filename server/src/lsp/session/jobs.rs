//! Work of the thread that reads files, and what a session needs for it.

use std::path::{Path, PathBuf};

use crate::lsp::watch::Watch;
use checkout::Root;

/// Has the files of checkouts watched.
pub(in crate::lsp) trait FileWatcher: Send + Sync {
    /// Has a new checkout watched: by the client where it can, else by the server, as long as the
    /// guard lives.
    fn watch(&self, root: &Root) -> Option<Watch>;
    /// Watches a folder, and calls when something in it says that a checkout may have come or gone.
    fn watch_folder(&self, folder: &Path) -> Option<Watch>;
    /// Has the client stop watching some checkouts.
    fn unwatch(&self, roots: &[Root]);
}

/// Work of the thread that reads.
pub(super) enum Job {
    /// Something was changed, created or deleted at these paths.
    Changed(Vec<PathBuf>),
    /// Checkouts are to be opened.
    Open(Opening),
    /// A checkout may have come or gone in this folder.
    Look(PathBuf),
    /// Nothing: when this is dropped, everything is done that came before or because of it.
    #[cfg(feature = "test-hooks")]
    Wait(#[expect(dead_code, reason = "lives to be dropped")] tokio::sync::oneshot::Sender<()>),
}

impl Job {
    /// Returns the job if its end is that of all jobs around it.
    pub(super) fn end(self) -> Option<Job> {
        match self {
            Job::Changed(_) | Job::Open(_) | Job::Look(_) => None,
            #[cfg(feature = "test-hooks")]
            Job::Wait(_) => Some(self),
        }
    }
}

/// Checkouts that are to be opened.
pub(super) struct Opening {
    pub(super) folder: PathBuf,
    pub(super) reason: OpeningReason,
    /// Dropped when they are open.
    pub(super) _done: Box<dyn Send>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpeningReason {
    /// The client has the folder in its workspace.
    Folder,
    /// The client has opened a document there.
    Document,
}

/// What tests change.
#[cfg(feature = "test-hooks")]
#[derive(Default)]
pub(super) struct TestHooks {
    pub(super) today: std::sync::Mutex<Option<smol_str::SmolStr>>,
    pub(super) hold: std::sync::Mutex<Hold>,
    pub(super) changed: std::sync::Condvar,
}

/// Whether something that was read is held back.
#[cfg(feature = "test-hooks")]
#[derive(Default)]
pub(super) struct Hold {
    pub(super) is_wanted: bool,
    pub(super) is_held: bool,
}
