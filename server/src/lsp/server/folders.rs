//! Folders of the workspace: opening their checkouts, having files watched, fetching settings.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use lsp_types::request::{RegisterCapability, UnregisterCapability, WorkspaceConfiguration};
use lsp_types::{
    ConfigurationItem, ConfigurationParams, NumberOrString, RegistrationParams, Unregistration,
    UnregistrationParams,
};
use tower_lsp::Client;

use super::Server;
use crate::lsp::editor_settings::LogLevel;
use crate::lsp::ingress::send_request;
use crate::lsp::limits::CLIENT_TIMEOUT;
use crate::lsp::protocol::{SETTINGS_SECTION, WATCHED_FILES};
use crate::lsp::registration::{PatternBase, show_progress, watch_id, watch_registration};
use crate::lsp::session::{FileWatcher, Session};
use crate::lsp::watch::{self, Watch};
use checkout::Root;

impl Server {
    /// Opens folders, with progress where the client shows it.
    pub(super) fn open_folders(&self, folders: &[PathBuf]) {
        if folders.is_empty() {
            return;
        }
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        if self.session.client_capabilities().progress {
            // Some clients have one list of tokens for all servers.
            let token = format!(
                "image-scripts/indexing-{}-{}",
                std::process::id(),
                self.progress_tokens.fetch_add(1, Ordering::Relaxed)
            );
            tokio::spawn(show_progress(
                self.client.clone(),
                self.outbox.clone(),
                NumberOrString::String(token),
                finished,
            ));
        }
        self.session.open_folders(folders, done);
    }

    /// Has the session read files.
    pub(super) fn start_reading(&self) {
        self.session.start_reading(Arc::new(Watcher {
            client: self.client.clone(),
            session: Arc::downgrade(&self.session),
        }));
    }

    /// Requests the settings from the client.
    pub(super) fn fetch_settings(&self) {
        if !self.session.client_capabilities().configuration {
            return;
        }
        let item = ConfigurationItem {
            scope_uri: None,
            section: Some(SETTINGS_SECTION.to_owned()),
        };
        let params = ConfigurationParams { items: vec![item] };
        let response = send_request::<WorkspaceConfiguration>(&self.client, params, CLIENT_TIMEOUT);
        let session = self.session.clone();
        tokio::spawn(async move {
            if let Ok(values) = response.await
                && let Some(value) = values.into_iter().next().filter(|v| !v.is_null())
            {
                session.update_settings(&value);
            }
        });
    }
}

/// Has files watched: by the client where it can, else by the server.
struct Watcher {
    client: Client,
    session: Weak<Session>,
}

impl FileWatcher for Watcher {
    fn watch(&self, root: &Root) -> Option<Watch> {
        let session = self.session.upgrade()?;
        let client = session.client_capabilities();
        let folders = session.folders().clone();
        let is_inside = folders.iter().any(|folder| root.path.starts_with(folder));
        if client.watch_files && client.relative_patterns {
            self.register(&session, root, PatternBase::Root);
            return None;
        }
        if client.watch_files && is_inside {
            self.register(&session, root, PatternBase::Anywhere);
            return None;
        }
        let weak = self.session.clone();
        let changed = move |paths: Vec<PathBuf>| {
            if let Some(session) = weak.upgrade() {
                session.files_changed(paths);
            }
        };
        let failed = |error| {
            let message = format!("files cannot be watched: {error}");
            session.log(LogLevel::Warning, message);
        };
        watch::watch(root, changed).map_err(failed).ok()
    }

    fn watch_folder(&self, folder: &Path) -> Option<Watch> {
        let weak = self.session.clone();
        let watched = folder.to_path_buf();
        let changed = move || {
            if let Some(session) = weak.upgrade() {
                session.folder_changed(watched.clone());
            }
        };
        watch::watch_folder(folder, changed).ok()
    }

    fn unwatch(&self, roots: &[Root]) {
        let session = self.session.upgrade();
        let can_watch = session.is_some_and(|s| s.client_capabilities().watch_files);
        if roots.is_empty() || !can_watch {
            return;
        }
        let unregisterations = roots.iter().map(|root| Unregistration {
            id: watch_id(root),
            method: WATCHED_FILES.to_owned(),
        });
        let params = UnregistrationParams {
            unregisterations: unregisterations.collect(),
        };
        // Whatever the response is, changes of these files concern no checkout any more.
        drop(send_request::<UnregisterCapability>(
            &self.client,
            params,
            CLIENT_TIMEOUT,
        ));
    }
}

impl Watcher {
    /// Has the client watch a checkout.
    fn register(&self, session: &Arc<Session>, root: &Root, base: PatternBase) {
        let params = RegistrationParams {
            registrations: vec![watch_registration(root, base)],
        };
        let response = send_request::<RegisterCapability>(&self.client, params, CLIENT_TIMEOUT);
        let session = session.clone();
        tokio::spawn(async move {
            if let Err(reason) = response.await {
                let message = format!("the client does not watch files: {reason:?}");
                session.log(LogLevel::Warning, message);
            }
        });
    }
}
