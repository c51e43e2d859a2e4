//! Checkouts that go away and come back: another branch, `git stash`, a worktree that is removed.
//!
//! Each folder in which a checkout is, was or may be is watched by the server itself, only there: what
//! a client watches is the files of a checkout, and some do not tell of a directory that is gone with
//! all of them.

use std::path::{Path, PathBuf};

use super::jobs::Job;
use super::{Presence, Session, Workspace, lock, real_path};
use crate::lsp::editor_settings::LogLevel;
use checkout::Root;
use checkout::root::layout_of;

impl Session {
    /// Has a folder looked at when something in it says that a checkout came or went.
    pub(super) fn watch_presence(&self, folder: &Path) {
        let folder = real_path(folder);
        let watch = self.watcher.get().and_then(|w| w.watch_folder(&folder));
        let mut presences = lock(&self.presences);
        presences.retain(|presence| presence.folder != folder);
        presences.push(Presence {
            folder,
            _watch: watch,
        });
    }

    fn has_presence(&self, folder: &Path) -> bool {
        let presences = lock(&self.presences);
        presences.iter().any(|presence| presence.folder == folder)
    }

    /// Stops watching for checkouts in some folders.
    pub(super) fn forget_presences(&self, is_forgotten: impl Fn(&Path) -> bool) {
        lock(&self.presences).retain(|presence| !is_forgotten(&presence.folder));
    }

    /// Has a folder looked at: something in it says that a checkout may have come or gone.
    pub(in crate::lsp) fn folder_changed(&self, folder: PathBuf) {
        self.queue(Job::Look(folder));
    }

    /// Closes the checkout of a folder that is none any more, and opens one that has come.
    pub(super) fn look(&self, folder: &Path) {
        if !self.has_presence(folder) {
            return;
        }
        self.close_gone(|root| root.path == folder);
        // Watched anew first: what comes after is not missed.
        self.watch_presence(folder);
        if !lock(&self.workspaces).iter().any(|w| w.root.path == folder) {
            self.open_folder(folder, &|| self.has_presence(folder));
        }
    }

    /// Opens the checkouts that have come back, as a client's changes in their folders say. The
    /// server's own watch would tell, too, but later than what follows in the client's messages.
    pub(super) fn open_returned(&self, paths: &[PathBuf]) {
        let closed: Vec<PathBuf> = {
            let workspaces = lock(&self.workspaces);
            let is_open = |folder: &Path| workspaces.iter().any(|w| w.root.path == folder);
            let presences = lock(&self.presences);
            let folders = presences.iter().map(|presence| &presence.folder);
            let closed = folders.filter(|folder| !is_open(folder));
            let told = closed.filter(|f| paths.iter().any(|path| path.starts_with(f)));
            told.cloned().collect()
        };
        for folder in closed {
            if layout_of(&folder).is_some() {
                self.look(&folder);
            }
        }
    }

    /// Closes those of the chosen checkouts that are none any more, or of another layout.
    pub(super) fn close_gone(&self, is_chosen: impl Fn(&Root) -> bool) {
        let is_gone = |root: &Root| is_chosen(root) && layout_of(&root.path) != Some(root.layout);
        // Not looked at with the lock held: a disk may be slow.
        let open: Vec<Root> = {
            let workspaces = lock(&self.workspaces);
            workspaces.iter().map(|w| w.root.clone()).collect()
        };
        let gone: Vec<Root> = open.into_iter().filter(is_gone).collect();
        if gone.is_empty() {
            return;
        }
        for root in &gone {
            let message = format!("{}: there is no checkout any more", root.path.display());
            self.log(LogLevel::Info, message);
        }
        let watched_by_client = self.close_checkouts(|root| gone.contains(root));
        self.unwatch(&watched_by_client);
    }

    /// Closes checkouts: nothing is shown of them any more. Returns those whose files the client
    /// watches.
    pub(super) fn close_checkouts(&self, is_closed: impl Fn(&Root) -> bool) -> Vec<Root> {
        let mut workspaces = lock(&self.workspaces);
        let (closed, kept): (Vec<Workspace>, Vec<Workspace>) =
            workspaces.drain(..).partition(|w| is_closed(&w.root));
        *workspaces = kept;
        for workspace in &closed {
            self.clear_diagnostics(&workspace.root.path);
        }
        drop(workspaces);
        self.image_states_changed();
        self.request_refresh();
        let by_client = closed.into_iter().filter(|w| w.watch.is_none());
        by_client.map(|w| w.root).collect()
    }
}
