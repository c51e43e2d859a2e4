//! Checkouts of a session: opening and closing them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{MessageType, Url};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{Session, Workspace, lock, real_path};
use crate::lsp::documents::{CheckoutFile, file_path};
use crate::lsp::editor_settings::LogLevel;
use analysis::{Problem, Snapshot};
use checkout::apply;
use checkout::disk::Overlay;
use checkout::{self, Root};
use model::FileId;

impl Session {
    /// Opens the checkouts at, around or below a folder. The files of a new one are watched before
    /// they are read: changes made while they are read must not be lost. They are read without the
    /// session's lock, and what the client edits in that time counts more.
    pub(super) fn open_folder(&self, folder: &Path, is_wanted: &dyn Fn() -> bool) {
        for root in checkout::find(folder) {
            if self.has_workspace(&root) {
                continue;
            }
            if apply::is_interrupted(&root.path) {
                self.outbox.show(
                    MessageType::WARNING,
                    format!(
                        "{}: a change of this checkout was interrupted, and some of its files may \
                         be half changed: run `image-scripts-ls check` there, which takes it back",
                        root.path.display()
                    ),
                );
            }
            if root.path != folder {
                self.watch_presence(&root.path);
            }
            let watch = self.watch(&root);
            // It may have been gone, and links in it may lead elsewhere than they did.
            self.place_documents(&root, &lock(&self.workspaces));
            let snapshot =
                checkout::read(&root, &self.overlay(&root.path, |_| true), self.inputs());
            self.wait_while_held();
            let images = snapshot.model.images.len();
            self.log_problems(&snapshot, &[]);
            let files: FxHashSet<FileId> =
                snapshot.findings().iter().map(|(_, id, _)| *id).collect();
            let mut workspaces = lock(&self.workspaces);
            if !is_wanted() || workspaces.iter().any(|w| w.root == root) {
                drop(workspaces);
                if watch.is_none() {
                    self.unwatch(std::slice::from_ref(&root));
                }
                continue;
            }
            let snapshot = Arc::new(snapshot);
            let left = self.place_documents(&root, &workspaces);
            let documents = self.documents.iter();
            let documents = documents.filter(|document| document.file.root == root.path);
            workspaces.push(Workspace {
                root: root.clone(),
                snapshot: snapshot.clone(),
                builds: Arc::default(),
                // Some may have been edited while files were read, or are not on the disk.
                dirty: documents
                    .map(|document| document.file.path.clone())
                    .collect(),
                saved: FxHashMap::default(),
                closed: FxHashMap::default(),
                watch,
            });
            self.log(
                LogLevel::Info,
                format!("{}: {images} images", root.path.display()),
            );
            self.publish(&snapshot, &files);
            self.sync_workspaces(&mut workspaces);
            drop(workspaces);
            // They were read with the texts of documents that are other files since.
            self.files_changed(left);
            self.request_refresh();
            // The tree that it is compared with is read, too: findings do not wait for that.
            self.show_open_hints(&snapshot);
        }
    }

    fn has_workspace(&self, root: &Root) -> bool {
        lock(&self.workspaces).iter().any(|w| w.root == *root)
    }

    /// Logs what cannot be read, except what was logged before.
    pub(super) fn log_problems(&self, snapshot: &Snapshot, before: &[Problem]) {
        for problem in snapshot
            .problems
            .iter()
            .filter(|problem| !before.contains(problem))
        {
            let path = snapshot.root.join(problem.path.as_str());
            // A file that disappeared while it was being read is not a problem.
            if path.symlink_metadata().is_err() {
                continue;
            }
            self.log(
                LogLevel::Warning,
                format!("{}: {}", path.display(), problem.message),
            );
        }
    }

    /// Closes the checkouts that were opened for a folder, unless one of the `left` needs them.
    /// Returns those whose files the client watches.
    pub(in crate::lsp) fn close_folder(&self, folder: &Path, left: &[PathBuf]) -> Vec<Root> {
        let folder = real_path(folder);
        let left: Vec<PathBuf> = left.iter().map(|folder| real_path(folder)).collect();
        let needs =
            |folder: &Path, root: &Path| root.starts_with(folder) || folder.starts_with(root);
        let is_closed =
            |root: &Path| needs(&folder, root) && !left.iter().any(|folder| needs(folder, root));
        self.forget_presences(is_closed);
        self.close_checkouts(|root| is_closed(&root.path))
    }

    /// Returns the texts of a checkout's open documents with the paths that `is_included` accepts.
    pub(super) fn overlay(&self, root: &Path, is_included: impl Fn(&SmolStr) -> bool) -> Overlay {
        let mut newest: FxHashMap<SmolStr, (u64, Url)> = FxHashMap::default();
        for document in self
            .documents
            .iter()
            .filter(|d| d.file.root == root && is_included(&d.file.path))
        {
            let candidate = (document.last_change, document.key().clone());
            let best = newest
                .entry(document.file.path.clone())
                .or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
        let text = |url: &Url| {
            self.documents
                .get(url)
                .map(|d| Arc::from(d.rope.to_string()))
        };
        newest
            .into_iter()
            .filter_map(|(path, (_, url))| Some((path, text(&url)?)))
            .collect()
    }

    /// Returns the file of a document, if an open checkout has a use for it.
    pub(super) fn file_of(&self, url: &Url) -> Option<CheckoutFile> {
        let path = real_path(&file_path(url)?);
        let workspaces = lock(&self.workspaces);
        file_among(workspaces.iter().map(|workspace| &workspace.root), &path)
    }

    /// Makes documents files of the innermost checkout that has a use for them, before and after one
    /// was opened. Returns the files that they were until then.
    fn place_documents(&self, opened: &Root, workspaces: &[Workspace]) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for mut document in self.documents.iter_mut() {
            let path = file_path(document.key()).map(|path| real_path(&path));
            let Some(path) = path.filter(|path| path.starts_with(&opened.path)) else {
                continue;
            };
            let roots = workspaces.iter().map(|workspace| &workspace.root);
            let file = file_among(roots.chain([opened]), &path);
            let file = file.or_else(|| CheckoutFile::outside(&path));
            if let Some(file) = file.filter(|file| *file != document.file) {
                let before = std::mem::replace(&mut document.file, file);
                left.push(before.root.join(before.path.as_str()));
            }
        }
        left
    }
}

/// Returns a path as a file of the innermost checkout around it, if that has a use for it.
fn file_among<'r>(roots: impl Iterator<Item = &'r Root>, path: &Path) -> Option<CheckoutFile> {
    let around = roots.filter(|root| path.starts_with(&root.path));
    file_in(around.max_by_key(|root| root.path.as_os_str().len())?, path)
}

/// Returns a path as a file of a checkout, if that has a use for it.
fn file_in(root: &Root, path: &Path) -> Option<CheckoutFile> {
    let relative = path.strip_prefix(&root.path).ok()?.to_str()?;
    root.layout.kind_of(relative)?;
    Some(CheckoutFile {
        root: root.path.clone(),
        path: SmolStr::new(relative),
    })
}
