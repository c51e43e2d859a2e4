//! Contexts of requests: snapshots, with the documents that are open at that moment.

use std::path::Path;
use std::sync::Arc;

use lsp_types::Url;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Session, Workspace, lock, real_path};
use crate::lsp::request_context::{OpenDocument, OpenDocuments, RequestContext};
use analysis::Snapshot;
use container::BuildCache;
use model::FileId;

impl Session {
    /// Returns the context of a request about a document, with the document's file; `None` where
    /// it is not in an open checkout.
    pub(in crate::lsp) fn context_of(&self, url: &Url) -> Option<(RequestContext, FileId)> {
        self.sync_documents();
        let file = self.documents.get(url).map(|d| d.file.clone());
        let file = file.or_else(|| self.file_of(url))?;
        let state = {
            let workspaces = lock(&self.workspaces);
            let workspace = workspaces.iter().find(|w| w.root.path == file.root)?;
            workspace.state()
        };
        let id = state.0.tree.id(&file.path)?;
        let mut context = self.context(state);
        context.document = Some((id, url.clone()));
        Some((context, id))
    }

    /// Returns the context of a request about each open checkout as a whole. One that was deleted
    /// is open still, but has no files, and is left out.
    pub(in crate::lsp) fn contexts(&self) -> Vec<RequestContext> {
        self.sync_documents();
        let states: Vec<_> = {
            let workspaces = lock(&self.workspaces);
            workspaces.iter().map(Workspace::state).collect()
        };
        let states = states.into_iter();
        states
            .filter(|(snapshot, _)| snapshot.tree.files().next().is_some())
            .map(|state| self.context(state))
            .collect()
    }

    /// Returns the context of a request about the checkout at or around a path.
    ///
    /// # Errors
    /// When there is none.
    pub(in crate::lsp) fn context_around(&self, path: &Path) -> Result<RequestContext, String> {
        self.sync_documents();
        let real = real_path(path);
        let state = {
            let workspaces = lock(&self.workspaces);
            let around = workspaces.iter().filter(|w| real.starts_with(&w.root.path));
            let innermost = around.max_by_key(|w| w.root.path.as_os_str().len());
            innermost.map(Workspace::state)
        };
        match state {
            Some(state) => Ok(self.context(state)),
            None => Err(format!("{}: not in an open checkout", path.display())),
        }
    }

    /// Returns the context of a request about the only open checkout.
    ///
    /// # Errors
    /// When there is none, or several.
    fn only_context(&self) -> Result<RequestContext, String> {
        self.sync_documents();
        let state = match lock(&self.workspaces).as_slice() {
            [workspace] => Ok(workspace.state()),
            [] => Err("no checkout is open".to_owned()),
            _ => Err("several checkouts are open: name one of them in `root`".to_owned()),
        };
        state.map(|state| self.context(state))
    }

    /// Returns a context of the checkout around a path, or without one of the only checkout.
    ///
    /// # Errors
    /// As a message, when there is no such checkout, or several are open.
    pub(in crate::lsp) fn chosen_context(
        &self,
        path: Option<&Path>,
    ) -> Result<RequestContext, String> {
        path.map_or_else(|| self.only_context(), |path| self.context_around(path))
    }

    fn context(&self, (snapshot, builds): (Arc<Snapshot>, Arc<BuildCache>)) -> RequestContext {
        RequestContext {
            client: self.client_capabilities(),
            open_documents: self.open_documents(&snapshot.root),
            document: None,
            state_directory: self.state_directory(),
            builds,
            snapshot,
        }
    }

    /// Returns the open documents of a checkout: to be taken together with a snapshot, so that an
    /// edit of it is one of their versions.
    fn open_documents(&self, root: &Path) -> OpenDocuments {
        let mut newest: FxHashMap<SmolStr, (u64, OpenDocument)> = FxHashMap::default();
        for document in self.documents.iter().filter(|d| d.file.root == root) {
            let open = OpenDocument {
                url: document.key().clone(),
                version: document.version,
            };
            let candidate = (document.last_change, open);
            let best = newest
                .entry(document.file.path.clone())
                .or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
        newest
            .into_iter()
            .map(|(path, (_, document))| (path, document))
            .collect()
    }

    /// Returns whether the client still has files open at the versions that a context has.
    pub(in crate::lsp) fn is_current(&self, context: &RequestContext, paths: &[SmolStr]) -> bool {
        let now = self.open_documents(&context.snapshot.root);
        let before = &context.open_documents;
        paths.iter().all(|path| now.get(path) == before.get(path))
    }
}
