//! Open documents of a session, and bringing the snapshots up to date with them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lsp_types::{TextDocumentContentChangeEvent, Url};

use super::{Session, Workspace, lock, real_path};
use crate::lsp::convert::url_of;
use crate::lsp::documents::{CheckoutFile, TextDocument, file_path};
use crate::lsp::limits::IDLE_POLL_INTERVAL;
use checkout::root::layout_of;
use checkout::{self, Root, disk};

impl Session {
    /// Takes in that a document was opened. A checkout around it is opened too, and watched.
    pub(in crate::lsp) fn open(&self, url: Url, version: i32, text: &str) {
        let mut file = self.file_of(&url);
        if file.is_none()
            && let Some(root) = file_path(&url).and_then(|path| checkout_around(&real_path(&path)))
        {
            self.open_checkout_of_document(root.path);
            file = self.file_of(&url);
        }
        let file = file.or_else(|| CheckoutFile::outside(&real_path(&file_path(&url)?)));
        let Some(file) = file else { return };
        // Some clients forget the diagnostics of a file that was not open: they are sent again, even
        // if there are none any more.
        if let Some(sent) = lock(&self.published).get_mut(&url) {
            *sent = None;
        }
        let last_change = self.changes.fetch_add(1, Ordering::Relaxed);
        let document = TextDocument {
            version,
            rope: ropey::Rope::from_str(text),
            file: file.clone(),
            last_change,
        };
        {
            let mut workspaces = lock(&self.workspaces);
            self.update_verify_hints(&document);
            self.note_saved_text(&mut workspaces, &file);
            self.documents.insert(url, document);
            mark_dirty(&mut workspaces, &file);
            self.sync_workspaces(&mut workspaces);
            self.republish(&workspaces, &file);
        }
        self.check_with_bash(file);
    }

    /// Takes in that a document was changed.
    pub(in crate::lsp) fn change(
        &self,
        url: &Url,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
    ) {
        let encoding = self.client_capabilities().encoding;
        // Locked to the end: the old text's findings must not be published with the new version.
        let mut workspaces = lock(&self.workspaces);
        let Some(mut document) = self.documents.get_mut(url) else {
            return;
        };
        document.change(changes, encoding);
        document.version = version;
        document.last_change = self.changes.fetch_add(1, Ordering::Relaxed);
        // Each text, not only those that a snapshot is made of.
        self.update_verify_hints(&document);
        mark_dirty(&mut workspaces, &document.file);
    }

    fn update_verify_hints(&self, document: &TextDocument) {
        let mut hints = lock(&self.verify_hints);
        let file = &document.file;
        if hints.has(&file.root, &file.path) {
            let text = Arc::from(document.rope.to_string());
            hints.follow(&file.root, &file.path, &text);
        }
    }

    /// Takes in that a document was closed: the text on the disk counts again.
    pub(in crate::lsp) fn close(&self, url: &Url) {
        // Locked to the end: who publishes something else at this moment has the document open.
        let mut workspaces = lock(&self.workspaces);
        let Some((url, document)) = self.documents.remove(url) else {
            return;
        };
        let file = document.file;
        // A document with another URL than its file's has nothing to show any more. This comes
        // first: for some clients both URLs are one.
        if url_of(&file.root, &file.path).is_none_or(|own| own != url) {
            self.send_diagnostics(&url, Vec::new(), None);
        }
        let number = self.changes.fetch_add(1, Ordering::Relaxed);
        if self.is_open(&file.root, &file.path) {
            // By another URL, which may have another text.
            mark_dirty(&mut workspaces, &file);
            self.sync_workspaces(&mut workspaces);
        } else if let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == file.root) {
            workspace.saved.remove(&file.path);
            workspace.closed.insert(file.path.clone(), number);
        }
        self.republish(&workspaces, &file);
        drop(workspaces);
        self.files_changed(vec![file.root.join(file.path.as_str())]);
    }

    /// Notes the text that a file has on the disk, as far as it is known, before a document of it is
    /// opened.
    pub(super) fn note_saved_text(&self, workspaces: &mut [Workspace], file: &CheckoutFile) {
        if self.is_open(&file.root, &file.path) {
            return;
        }
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == file.root) else {
            return;
        };
        // After a document was closed, the snapshot has its text until the file is read.
        let is_known = !workspace.closed.contains_key(&file.path);
        let tree = &workspace.snapshot.tree;
        let on_disk = tree.id(&file.path).and_then(|id| tree.file(id));
        match on_disk.filter(|on_disk| is_known && on_disk.is_readable()) {
            Some(on_disk) => workspace
                .saved
                .insert(file.path.clone(), on_disk.text.clone()),
            None => workspace.saved.remove(&file.path),
        };
    }

    /// Takes in that a document was saved.
    pub(in crate::lsp) fn saved(&self, url: &Url) {
        if let Some(file) = self.documents.get(url).map(|d| d.file.clone()) {
            self.accept_saved_text(&file);
            self.check_with_bash(file);
        }
    }

    /// Notes that a file has the text of its document, and accepts if that does not parse: it was saved
    /// like that on purpose.
    fn accept_saved_text(&self, file: &CheckoutFile) {
        let mut workspaces = lock(&self.workspaces);
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == file.root) else {
            return;
        };
        if let Some(id) = workspace.snapshot.tree.id(&file.path) {
            if let Some(now) = workspace.snapshot.tree.file(id) {
                workspace.saved.insert(file.path.clone(), now.text.clone());
            }
            let before = workspace.snapshot.revision;
            let touched = Arc::make_mut(&mut workspace.snapshot).accept(id);
            self.publish(&workspace.snapshot, &touched);
            let edited = [file.path.as_str()];
            self.refresh_others(&file.root, before, &workspace.snapshot, &edited);
        }
    }

    /// Brings the snapshots up to date, unless messages wait that may change them again. Whoever
    /// needs a snapshot calls [`sync_documents`](Self::sync_documents) before.
    pub(in crate::lsp) fn sync_documents_when_idle(self: &Arc<Self>) {
        if self.depth.waiting() == 0 {
            return self.sync_documents();
        }
        // Those messages may have nothing to do with documents: somebody has to look again.
        if self.sync_scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let session = self.clone();
        tokio::spawn(async move {
            while session.depth.waiting() > 0 {
                tokio::time::sleep(IDLE_POLL_INTERVAL).await;
            }
            session.sync_scheduled.store(false, Ordering::Release);
            session.sync_documents();
        });
    }

    /// Brings the snapshots up to date with the documents, and publishes what changed.
    pub(in crate::lsp) fn sync_documents(&self) {
        self.sync_workspaces(&mut lock(&self.workspaces));
    }

    pub(super) fn sync_workspaces(&self, workspaces: &mut [Workspace]) {
        let today = self.today();
        for workspace in workspaces.iter_mut() {
            let dirty = std::mem::take(&mut workspace.dirty);
            let is_yesterday = *today != *workspace.snapshot.view().today;
            if dirty.is_empty() && !is_yesterday {
                continue;
            }
            let root = &workspace.root;
            let before = workspace.snapshot.revision;
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let mut touched = snapshot.set_today(&today);
            let mut new = Vec::new();
            for (path, text) in self.overlay(&root.path, |path| dirty.contains(path)) {
                let is_saved = workspace
                    .saved
                    .get(&path)
                    .is_some_and(|saved| *saved == text);
                match snapshot.tree.id(&path) {
                    Some(id) if is_saved => touched.extend(snapshot.set_saved_text(id, text)),
                    Some(id) => touched.extend(snapshot.set_text(id, text)),
                    None => {
                        snapshot.add_file(&path, text);
                        new.push(path);
                    }
                }
            }
            if !new.is_empty() {
                touched.extend(snapshot.rebuild());
                // The disk may have more beside them.
                let units = new
                    .iter()
                    .filter_map(|path| disk::unit_of(root.layout, path));
                self.files_changed(units.map(|unit| root.path.join(unit.as_str())).collect());
            }
            self.publish(&workspace.snapshot, &touched);
            let edited: Vec<&str> = dirty.iter().map(|path| path.as_str()).collect();
            self.refresh_others(&workspace.root.path, before, &workspace.snapshot, &edited);
        }
    }

    /// Returns whether the client has a file open, by whatever URL.
    pub(super) fn is_open(&self, root: &Path, path: &str) -> bool {
        self.documents
            .iter()
            .any(|document| document.file.root == root && document.file.path == path)
    }

    /// Returns a document's text as the session has it, for tests.
    #[cfg(feature = "test-hooks")]
    pub(in crate::lsp) fn text(&self, url: &Url) -> Option<String> {
        self.documents.get(url).map(|d| d.rope.to_string())
    }
}

/// Notes that a document has another text than the snapshot.
pub(super) fn mark_dirty(workspaces: &mut [Workspace], file: &CheckoutFile) {
    if let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == file.root) {
        workspace.dirty.insert(file.path.clone());
    }
}

/// Returns the checkout around a file, if it has a use for the file. Nothing beside the file is
/// looked at otherwise.
fn checkout_around(path: &Path) -> Option<Root> {
    let folder = path
        .ancestors()
        .skip(1)
        .find(|folder| layout_of(folder).is_some())?;
    let root = checkout::find(folder).into_iter().next()?;
    let relative = path.strip_prefix(&root.path).ok()?.to_str()?;
    root.layout.kind_of(relative).map(|_| root)
}
