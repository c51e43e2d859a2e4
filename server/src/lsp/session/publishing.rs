//! Publishing of diagnostics: findings, and hints of values to verify.

use std::hash::{Hash, Hasher};
use std::path::Path;

use lsp_types::{Diagnostic, PublishDiagnosticsParams, Url};
use rustc_hash::{FxHashSet, FxHasher};
use smol_str::SmolStr;

use super::{Session, Workspace, lock};
use crate::base_checkout::BaseCheckout;
use crate::lsp::convert::{diagnostic, url_of};
use crate::lsp::documents::{CheckoutFile, file_path, same_file};
use crate::lsp::verify_hints::Hint;
use analysis::Snapshot;
use edits::{Change, Verify};
use model::{File, FileId, Tree};

/// Greatest number of added images of which open values are shown.
const MAX_ADDED_IMAGES: usize = 64;

impl Session {
    /// Publishes a file's findings again: it was opened or closed by some URL.
    pub(super) fn republish(&self, workspaces: &[Workspace], file: &CheckoutFile) {
        let workspace = workspaces.iter().find(|w| w.root.path == file.root);
        if let Some(Workspace { snapshot, .. }) = workspace
            && let Some(id) = snapshot.tree.id(&file.path)
        {
            self.publish(snapshot, &FxHashSet::from_iter([id]));
        }
    }

    /// Publishes the findings of some files, where they are not those that were sent before. The
    /// session has to be locked: what is sent last is what is known last.
    pub(super) fn publish(&self, snapshot: &Snapshot, files: &FxHashSet<FileId>) {
        self.containers_changed();
        self.send_findings(snapshot, files);
    }

    /// Sends the findings of some files, where they are not those that were sent before.
    pub(super) fn send_findings(&self, snapshot: &Snapshot, files: &FxHashSet<FileId>) {
        self.image_states_changed();
        let client = self.client_capabilities();
        let mut files: Vec<FileId> = files.iter().copied().collect();
        files.extend(self.move_verify_hints(snapshot));
        files.sort_unstable();
        files.dedup();
        for id in files {
            let Some(path) = snapshot.tree.path(id) else {
                continue;
            };
            let findings = snapshot.findings_of(id);
            let mut diagnostics: Vec<Diagnostic> = findings
                .iter()
                .filter_map(|finding| diagnostic(snapshot, finding, &client))
                .collect();
            if let Some(file) = snapshot.tree.file(id) {
                let hints = lock(&self.verify_hints);
                diagnostics.extend(hints.diagnostics(
                    &snapshot.root,
                    &snapshot.view(),
                    file,
                    client.encoding,
                ));
            }
            let urls = self.urls_of(&snapshot.root, path);
            // It is open under another spelling of its URL. This comes first: for some clients both
            // are one.
            if let Some(own) = url_of(&snapshot.root, path)
                && !urls.iter().any(|(url, _)| *url == own)
                && !self.is_another_file(&own, path)
            {
                self.send_diagnostics(&own, Vec::new(), None);
            }
            for (url, version) in urls {
                self.send_diagnostics(&url, diagnostics.clone(), version);
            }
        }
    }

    /// Brings the verify hints of a checkout up to date with its files. Returns the files that have
    /// some.
    fn move_verify_hints(&self, snapshot: &Snapshot) -> Vec<FileId> {
        let mut hints = lock(&self.verify_hints);
        let (root, tree) = (&snapshot.root, &snapshot.tree);
        let mut with_hints = Vec::new();
        for path in hints.paths(root) {
            match tree.id(&path).and_then(|id| Some((id, tree.file(id)?))) {
                Some((id, file)) => {
                    hints.follow(root, &path, &file.text);
                    with_hints.push(id);
                }
                None if hints.remove_deleted(root, &path) => {
                    drop(hints);
                    for (url, version) in self.urls_of(root, &path) {
                        self.send_diagnostics(&url, Vec::new(), version);
                    }
                    hints = lock(&self.verify_hints);
                }
                None => {}
            }
        }
        with_hints
    }

    /// Notes that a change is about to be made that leaves values to verify. `after` are the files
    /// as it leaves them.
    pub(in crate::lsp) fn add_pending_hints(&self, root: &Path, after: &Tree, change: &Change) {
        lock(&self.verify_hints).add_pending(root, after, change);
    }

    /// Shows the values of a checkout that were open before it was opened here. More images than
    /// somebody adds by hand are those of a repository that says nothing of its past.
    pub(super) fn show_open_hints(&self, snapshot: &Snapshot) {
        // Without a repository there are only those of this session.
        let Ok(base) = BaseCheckout::read(snapshot, None) else {
            return;
        };
        if base.added_images(snapshot) > MAX_ADDED_IMAGES {
            return;
        }
        // Those that are recorded as right are not shown, as long as they are.
        let open = base.unconfirmed_values(snapshot);
        if !open.is_empty() {
            lock(&self.verify_hints).show_open(&snapshot.root, &snapshot.tree, &open);
            self.publish_hints(&snapshot.root);
        }
    }

    /// Returns the hints of all files of a checkout, in the order of paths.
    pub(in crate::lsp) fn all_verify_hints(&self, snapshot: &Snapshot) -> Vec<(FileId, Vec<Hint>)> {
        let hints = lock(&self.verify_hints);
        let (root, tree, view) = (&snapshot.root, &snapshot.tree, snapshot.view());
        let mut paths = hints.paths(root);
        paths.sort_unstable();
        paths.dedup();
        let of_path = |path: SmolStr| {
            let id = tree.id(&path)?;
            let of_file = hints.of_file(root, &view, tree.file(id)?);
            (!of_file.is_empty()).then_some((id, of_file))
        };
        paths.into_iter().filter_map(of_path).collect()
    }

    /// Returns the hints of a file.
    pub(in crate::lsp) fn verify_hints_of(&self, snapshot: &Snapshot, file: &File) -> Vec<Hint> {
        lock(&self.verify_hints).of_file(&snapshot.root, &snapshot.view(), file)
    }

    /// Shows the hints of a change that was made, as soon as its files are there.
    pub(in crate::lsp) fn show_pending_hints(&self, root: &Path, verify: &[Verify]) {
        lock(&self.verify_hints).show_pending(root, verify);
        self.publish_hints(root);
    }

    /// Drops the hints of a change that was not made.
    pub(in crate::lsp) fn discard_pending_hints(&self, root: &Path, verify: &[Verify]) {
        lock(&self.verify_hints).discard_pending(root, verify);
        self.publish_hints(root);
    }

    fn publish_hints(&self, root: &Path) {
        let workspaces = lock(&self.workspaces);
        if let Some(workspace) = workspaces.iter().find(|w| w.root.path == root) {
            self.publish(&workspace.snapshot, &FxHashSet::default());
        }
    }

    /// Returns every URL by which the client has a file open, with the version that it has there, and
    /// the file's own. That one is left out where it only spells the path to the checkout in another
    /// way: the client would show each finding twice.
    pub(super) fn urls_of(&self, root: &Path, path: &SmolStr) -> Vec<(Url, Option<i32>)> {
        let open = self
            .documents
            .iter()
            .filter(|d| d.file.root == root && d.file.path == *path);
        let mut urls: Vec<(Url, Option<i32>)> =
            open.map(|d| (d.key().clone(), Some(d.version))).collect();
        if let Some(own) = url_of(root, path)
            && !urls
                .iter()
                .any(|(url, _)| same_file(url, &own) || is_through_root(url, path))
            && !self.is_another_file(&own, path)
        {
            urls.push((own, None));
        }
        urls
    }

    /// Returns whether a document with the URL of a path is open and is another file: where the path
    /// was, there is a link now.
    fn is_another_file(&self, own: &Url, path: &SmolStr) -> bool {
        let mut documents = self.documents.iter();
        documents.any(|document| document.file.path != *path && same_file(document.key(), own))
    }

    /// Removes the diagnostics of all files of a checkout.
    pub(super) fn clear_diagnostics(&self, root: &Path) {
        let is_inside = |url: &Url| {
            let document = self.documents.get(url);
            document.is_some_and(|document| document.file.root == root)
                || file_path(url).is_some_and(|path| path.starts_with(root))
        };
        let published: Vec<Url> = lock(&self.published).keys().cloned().collect();
        for url in published.iter().filter(|url| is_inside(url)) {
            self.send_diagnostics(url, Vec::new(), None);
        }
    }

    /// Sends diagnostics unless they are those that were sent last.
    pub(super) fn send_diagnostics(
        &self,
        uri: &Url,
        diagnostics: Vec<Diagnostic>,
        version: Option<i32>,
    ) {
        let mut hasher = FxHasher::default();
        serde_json::to_string(&diagnostics)
            .unwrap_or_default()
            .hash(&mut hasher);
        let hash = hasher.finish();
        let mut published = lock(&self.published);
        let before = if diagnostics.is_empty() {
            published.remove(uri)
        } else {
            published.insert(uri.clone(), Some(hash))
        };
        if before == (!diagnostics.is_empty()).then_some(Some(hash)) {
            return;
        }
        // Still locked: what is sent last is what was published last.
        self.outbox.publish(&PublishDiagnosticsParams {
            uri: uri.clone(),
            diagnostics,
            version,
        });
    }
}

/// Returns whether a URL leads to a file by its own path in the checkout, whatever links lead to the
/// checkout.
fn is_through_root(url: &Url, path: &str) -> bool {
    file_path(url).is_some_and(|through| through.ends_with(path))
}
