//! Reading of files and folders, on a thread of its own: a disk that is slow, or a file that cannot
//! be read, keeps nobody from getting answers about anything else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use smol_str::SmolStr;

use super::jobs::{FileWatcher, Job, Opening, OpeningReason};
use super::{Session, lock};
use crate::lsp::editor_settings::LogLevel;
use crate::lsp::limits::THREAD_STACK;
use crate::lsp::watch::Watch;
use analysis::Inputs;
use checkout::Root;

impl Session {
    /// Starts the thread that reads.
    pub(in crate::lsp) fn start_reading(self: &Arc<Self>, watcher: Arc<dyn FileWatcher>) {
        if self.watcher.set(watcher).is_err() {
            return;
        }
        let (sender, receiver) = mpsc::channel::<Job>();
        *lock(&self.reader) = Some(sender);
        let session = self.clone();
        // Requests to the client go through it.
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new()
            .name("files".to_owned())
            .stack_size(THREAD_STACK)
            .spawn(move || {
                let _inside = runtime.enter();
                while let Ok(job) = receiver.recv() {
                    session.work_off_all(job, &receiver);
                }
            });
        if let Err(error) = thread {
            let message = format!("no file can be read: {error}");
            self.log(LogLevel::Error, message);
        }
    }

    /// Works off a job and all that come until there are no more: what is taken in may show that
    /// something else has to be read.
    fn work_off_all(&self, job: Job, more: &mpsc::Receiver<Job>) {
        let mut done = Vec::new();
        let mut jobs = merged(std::iter::once(job).chain(more.try_iter()));
        while !jobs.is_empty() {
            for job in jobs {
                self.work_off(&job);
                done.extend(job.end());
            }
            jobs = merged(more.try_iter());
        }
    }

    fn work_off(&self, job: &Job) {
        let work = || match job {
            Job::Changed(paths) => self.read_changes(paths),
            Job::Open(opening) => {
                let is_wanted = || {
                    opening.reason == OpeningReason::Document
                        || self.folders().contains(&opening.folder)
                };
                if is_wanted() {
                    // First: what comes while it is looked at is not missed.
                    self.watch_presence(&opening.folder);
                }
                self.open_folder(&opening.folder, &is_wanted);
            }
            Job::Look(folder) => self.look(folder),
            #[cfg(feature = "test-hooks")]
            Job::Wait(_) => {}
        };
        // The next one may fare better.
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            let message = "files were not read: this is a mistake of the server";
            self.log(LogLevel::Error, message);
        }
    }

    pub(super) fn queue(&self, job: Job) {
        if let Some(reader) = &*lock(&self.reader) {
            // The thread ends with the session.
            let _ = reader.send(job);
        }
    }

    /// Has paths read that were changed, created or deleted on the disk.
    pub(in crate::lsp) fn files_changed(&self, paths: Vec<PathBuf>) {
        if !paths.is_empty() {
            self.queue(Job::Changed(paths));
        }
    }

    /// Has the checkouts of folders opened. `done` is dropped when they are open.
    ///
    /// Waits for the first ones: there is nothing to be answered before.
    pub(in crate::lsp) fn open_folders(
        &self,
        folders: &[PathBuf],
        done: impl Send + Sync + 'static,
    ) {
        let is_first = lock(&self.workspaces).is_empty();
        let (sender, opened) = mpsc::channel::<()>();
        let done = Arc::new((done, sender));
        for folder in folders {
            self.queue(Job::Open(Opening {
                folder: folder.clone(),
                reason: OpeningReason::Folder,
                _done: Box::new(done.clone()),
            }));
        }
        drop(done);
        if is_first {
            // An error: all senders are dropped.
            let _ = opened.recv();
        }
    }

    /// Opens the checkout around a document, and waits until it is open.
    pub(super) fn open_checkout_of_document(&self, folder: PathBuf) {
        let (sender, opened) = mpsc::channel::<()>();
        self.queue(Job::Open(Opening {
            folder,
            reason: OpeningReason::Document,
            _done: Box::new(sender),
        }));
        // An error: the sender is dropped.
        let _ = opened.recv();
    }

    pub(super) fn watch(&self, root: &Root) -> Option<Watch> {
        self.watcher.get()?.watch(root)
    }

    /// Has the client stop watching some checkouts.
    pub(in crate::lsp) fn unwatch(&self, roots: &[Root]) {
        if let Some(watcher) = self.watcher.get() {
            watcher.unwatch(roots);
        }
    }

    /// Returns what findings depend on besides the checkout.
    pub(super) fn inputs(&self) -> Inputs {
        Inputs {
            today: self.today(),
            ..checkout::inputs_of_this_machine()
        }
    }
}

/// Merges changes that follow each other: each path is read once.
fn merged(jobs: impl Iterator<Item = Job>) -> Vec<Job> {
    let mut merged: Vec<Job> = Vec::new();
    for job in jobs {
        match (merged.last_mut(), job) {
            (Some(Job::Changed(paths)), Job::Changed(more)) => paths.extend(more),
            (Some(Job::Look(last)), Job::Look(folder)) if *last == folder => {}
            (_, job) => merged.push(job),
        }
    }
    for job in &mut merged {
        if let Job::Changed(paths) = job {
            paths.sort_unstable();
            paths.dedup();
        }
    }
    merged
}

#[cfg(not(feature = "test-hooks"))]
impl Session {
    /// Returns today's date.
    pub(super) fn today(&self) -> SmolStr {
        checkout::today()
    }

    pub(super) fn wait_while_held(&self) {}
}

#[cfg(feature = "test-hooks")]
impl Session {
    /// Returns today's date, or what a test says it is.
    pub(super) fn today(&self) -> SmolStr {
        let today = lock(&self.hooks.today).clone();
        today.unwrap_or_else(checkout::today)
    }

    /// Sets today's date; nothing is computed again.
    pub(in crate::lsp) fn set_today(&self, today: &str) {
        *lock(&self.hooks.today) = Some(SmolStr::new(today));
    }

    /// Holds back what is read, as a slow disk would, or releases it.
    pub(in crate::lsp) fn hold_reads(&self, is_wanted: bool) {
        lock(&self.hooks.hold).is_wanted = is_wanted;
        self.hooks.changed.notify_all();
    }

    /// Waits until something is held back.
    pub(in crate::lsp) fn wait_for_hold(&self) {
        let hold = lock(&self.hooks.hold);
        let _hold = self.hooks.changed.wait_while(hold, |hold| !hold.is_held);
    }

    pub(super) fn wait_while_held(&self) {
        let mut hold = lock(&self.hooks.hold);
        hold.is_held = hold.is_wanted;
        self.hooks.changed.notify_all();
        let hold = self.hooks.changed.wait_while(hold, |hold| hold.is_wanted);
        if let Ok(mut hold) = hold {
            hold.is_held = false;
        }
    }

    /// Returns a receiver that resolves when everything was read whose change is known.
    pub(in crate::lsp) fn reads_done(&self) -> tokio::sync::oneshot::Receiver<()> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.queue(Job::Wait(sender));
        receiver
    }
}
