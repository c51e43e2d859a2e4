//! The open documents of a session, and bringing the snapshots up to date with them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lsp_types::{TextDocumentContentChangeEvent, Url};
use rustc_hash::FxHashSet;

use super::{Session, Workspace, lock, real_path};
use crate::lsp::convert::url_of;
use crate::lsp::documents::{Document, Place, file_path};
use crate::lsp::watch::Watch;
use checkout::root::layout_of;
use checkout::{self, Root, disk};

impl Session {
    /// A document was opened. A checkout that is found with it is opened too, and watched.
    pub(in crate::lsp) fn open(
        &self,
        url: Url,
        version: i32,
        text: &str,
        watch: &dyn Fn(&Root) -> Option<Watch>,
    ) {
        let mut place = self.place_of(&url);
        if place.is_none()
            && let Some(root) = file_path(&url).and_then(|path| checkout_around(&real_path(&path)))
        {
            self.open_folder(&root.path, watch);
            place = self.place_of(&url);
        }
        let Some(place) = place else { return };
        // Some clients forget what they were told of a file that was not open: it is told again,
        // and that there is nothing any more.
        if let Some(sent) = lock(&self.published).get_mut(&url) {
            *sent = None;
        }
        let changed = self.changes.fetch_add(1, Ordering::Relaxed);
        let document = Document {
            version,
            rope: ropey::Rope::from_str(text),
            place: place.clone(),
            changed,
        };
        {
            let mut workspaces = lock(&self.workspaces);
            self.follow_marks(&document);
            self.documents.insert(url, document);
            mark_dirty(&mut workspaces, &place);
            self.settle_all(&mut workspaces);
        }
        self.republish(&place);
        self.ask_bash(place);
    }

    /// A document was changed.
    pub(in crate::lsp) fn change(
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
        // Each text, not only those that a snapshot is made of.
        self.follow_marks(&document);
        mark_dirty(&mut workspaces, &document.place);
    }

    fn follow_marks(&self, document: &Document) {
        let mut marks = lock(&self.marks);
        let place = &document.place;
        if marks.has(&place.root, &place.path) {
            let text = Arc::from(document.rope.to_string());
            marks.follow(&place.root, &place.path, &text);
        }
    }

    /// A document was closed: what is on the disk counts again.
    pub(in crate::lsp) fn close(&self, url: &Url) {
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

    pub(in crate::lsp) fn saved(&self, url: &Url) {
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
            let before = workspace.snapshot.revision;
            let touched = Arc::make_mut(&mut workspace.snapshot).accept(id);
            self.publish(&workspace.snapshot, &touched);
            let edited = [place.path.as_str()];
            self.concerns_others(&place.root, before, &workspace.snapshot, &edited);
        }
    }

    /// Brings the snapshots up to date, unless more waits that may change them again. Whoever
    /// needs a snapshot settles before.
    pub(in crate::lsp) fn settle_when_idle(self: &Arc<Self>) {
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
    pub(in crate::lsp) fn settle(&self) {
        self.settle_all(&mut lock(&self.workspaces));
    }

    pub(super) fn settle_all(&self, workspaces: &mut [Workspace]) {
        for workspace in workspaces.iter_mut().filter(|w| !w.dirty.is_empty()) {
            let dirty = std::mem::take(&mut workspace.dirty);
            let root = &workspace.root;
            let before = workspace.snapshot.revision;
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
            let edited: Vec<&str> = dirty.iter().map(|path| path.as_str()).collect();
            self.concerns_others(&workspace.root.path, before, &workspace.snapshot, &edited);
        }
    }

    /// A document's text as the session has it, for tests.
    #[cfg(feature = "test-hooks")]
    pub(in crate::lsp) fn text(&self, url: &Url) -> Option<String> {
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
