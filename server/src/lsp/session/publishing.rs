//! What is said of files: snapshots for those who answer, findings for the client.

use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use lsp_types::{Diagnostic, PublishDiagnosticsParams, Url};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smol_str::SmolStr;

use super::{Session, lock, real_path};
use crate::lsp::convert::{diagnostic, url_of};
use crate::lsp::documents::{Place, same_file};
use crate::lsp::workspace_edit::OpenNames;
use analysis::Snapshot;
use edits::Verify;
use model::{FileId, Tree};

impl Session {
    /// The newest snapshot of the checkout that a document is in, with the file's number there.
    pub(in crate::lsp) fn snapshot_for(&self, url: &Url) -> Option<(Arc<Snapshot>, FileId)> {
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

    /// The newest snapshot of each open checkout.
    pub(in crate::lsp) fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        self.settle();
        let workspaces = lock(&self.workspaces);
        workspaces.iter().map(|w| w.snapshot.clone()).collect()
    }

    /// How the client calls the open files of a checkout, and at which version it has them: to
    /// be taken together with a snapshot, so that an edit of it is one of that version.
    pub(in crate::lsp) fn open_names(&self, root: &Path) -> OpenNames {
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
    pub(super) fn republish(&self, place: &Place) {
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
    pub(super) fn publish(&self, snapshot: &Snapshot, files: &FxHashSet<FileId>) {
        self.states_change();
        let abilities = self.abilities();
        let mut files: Vec<FileId> = files.iter().copied().collect();
        files.extend(self.move_marks(snapshot));
        files.sort_unstable();
        files.dedup();
        for id in files {
            let Some(path) = snapshot.tree.path(id) else {
                continue;
            };
            let found = snapshot.findings_of(id);
            let mut diagnostics: Vec<Diagnostic> = found
                .iter()
                .filter_map(|finding| diagnostic(snapshot, finding, &abilities))
                .collect();
            if let Some(file) = snapshot.tree.file(id) {
                let marks = lock(&self.marks);
                diagnostics.extend(marks.hints(&snapshot.root, file, abilities.encoding));
            }
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

    /// Brings the marks of a checkout up to date with its files. Gives the files that have some.
    fn move_marks(&self, snapshot: &Snapshot) -> Vec<FileId> {
        let mut marks = lock(&self.marks);
        let (root, tree) = (&snapshot.root, &snapshot.tree);
        let mut marked = Vec::new();
        for path in marks.paths(root) {
            match tree.id(&path).and_then(|id| Some((id, tree.file(id)?))) {
                Some((id, file)) => {
                    marks.follow(root, &path, &file.text);
                    marked.push(id);
                }
                None if marks.gone(root, &path) => {
                    drop(marks);
                    for (url, version) in self.names_of(root, &path) {
                        self.send(&url, Vec::new(), version);
                    }
                    marks = lock(&self.marks);
                }
                None => {}
            }
        }
        marked
    }

    /// A change is about to be made that leaves something to be confirmed.
    pub(in crate::lsp) fn prepare_marks(&self, root: &Path, after: &Tree, verify: &[Verify]) {
        lock(&self.marks).prepare(root, after, verify);
    }

    /// It was made, or not: what is to be confirmed is shown when the files are there.
    pub(in crate::lsp) fn conclude_marks(&self, root: &Path, verify: &[Verify], made: bool) {
        lock(&self.marks).conclude(root, verify, made);
        let workspaces = lock(&self.workspaces);
        if let Some(workspace) = workspaces.iter().find(|w| w.root.path == root) {
            self.publish(&workspace.snapshot, &FxHashSet::default());
        }
    }

    /// The checkout at or around a path, or the only one that is open, with the names of its open
    /// files.
    ///
    /// # Errors
    /// When there is none, or without a path, several.
    pub(in crate::lsp) fn checkout_at(
        &self,
        place: Option<&Path>,
    ) -> Result<(Arc<Snapshot>, OpenNames), String> {
        self.settle();
        let snapshot = {
            let workspaces = lock(&self.workspaces);
            let found = match place {
                Some(place) => {
                    let real = real_path(place);
                    let around = workspaces.iter().filter(|w| real.starts_with(&w.root.path));
                    around
                        .max_by_key(|w| w.root.path.as_os_str().len())
                        .ok_or_else(|| format!("{}: no open checkout is here", place.display()))
                }
                None => match workspaces.as_slice() {
                    [workspace] => Ok(workspace),
                    [] => Err("no checkout is open".to_owned()),
                    _ => Err("several checkouts are open: say which one in `root`".to_owned()),
                },
            };
            found?.snapshot.clone()
        };
        let open = self.open_names(&snapshot.root);
        Ok((snapshot, open))
    }

    /// Whether the client still has files open at the versions that it had them at.
    pub(in crate::lsp) fn is_at(&self, root: &Path, open: &OpenNames, paths: &[SmolStr]) -> bool {
        let now = self.open_names(root);
        paths.iter().all(|path| now.get(path) == open.get(path))
    }

    /// A file's own URL and every other under which the client has it open.
    pub(super) fn names_of(&self, root: &Path, path: &SmolStr) -> Vec<(Url, Option<i32>)> {
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
    pub(super) fn send(&self, uri: &Url, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
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
