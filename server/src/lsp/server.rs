//! The handlers: what a client may ask and say.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lsp_types::notification::Progress;
use lsp_types::request::{
    RegisterCapability, UnregisterCapability, WorkDoneProgressCreate, WorkspaceConfiguration,
};
use lsp_types::*;
use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::{Client, LanguageServer};

use super::convert::{Abilities, code_action, url_of};
use super::documents::file_path;
use super::ingress::{LaneDepth, Outbox, ask_client, compute};
use super::position::{Encoding, range};
use super::session::{Level, Session};
use super::watch;
use crate::checkout::Root;

/// How long an answer of the client is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client is registered for.
const WATCHED_FILES: &str = "workspace/didChangeWatchedFiles";

/// The server of one client.
pub(super) struct Server {
    client: Client,
    outbox: Outbox,
    session: Arc<Session>,
    folders: std::sync::Mutex<Vec<PathBuf>>,
    /// Counts the tokens of progress.
    tokens: AtomicU32,
}

impl Server {
    pub(super) fn new(client: Client, depth: LaneDepth, outbox: Outbox) -> Server {
        let session = Arc::new(Session::new(depth, outbox.clone()));
        Server {
            client,
            outbox,
            session,
            folders: std::sync::Mutex::default(),
            tokens: AtomicU32::new(0),
        }
    }

    fn folders(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        self.folders
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Opens folders, with progress where the client shows it.
    fn open_folders(&self, folders: &[PathBuf]) {
        if folders.is_empty() {
            return;
        }
        let (done, finished) = tokio::sync::oneshot::channel::<()>();
        if self.session.abilities().progress {
            let token = format!(
                "image-scripts/indexing-{}",
                self.tokens.fetch_add(1, Ordering::Relaxed)
            );
            tokio::spawn(progress(
                self.client.clone(),
                self.outbox.clone(),
                NumberOrString::String(token),
                finished,
            ));
        }
        let opened: Vec<Root> = folders
            .iter()
            .flat_map(|folder| self.session.open_folder(folder))
            .collect();
        drop(done);
        self.watch(&opened);
    }

    /// Has new checkouts watched: by the client where it can, else by ourselves.
    fn watch(&self, roots: &[Root]) {
        let abilities = self.session.abilities();
        for root in roots {
            let inside = self
                .folders()
                .iter()
                .any(|folder| root.path.starts_with(folder));
            if abilities.watch_files && (abilities.relative_patterns || inside) {
                let registration = registration(root, abilities.relative_patterns);
                let params = RegistrationParams {
                    registrations: vec![registration],
                };
                let (asked, session) = (
                    ask_client::<RegisterCapability>(&self.client, params, PATIENCE),
                    self.session.clone(),
                );
                tokio::spawn(async move {
                    if let Err(reason) = asked.await {
                        session.log(
                            Level::Warning,
                            format!("the client does not watch files: {reason:?}"),
                        );
                    }
                });
                continue;
            }
            let session = Arc::downgrade(&self.session);
            let changed = move |paths: Vec<PathBuf>| {
                if let Some(session) = session.upgrade() {
                    session.reload(&paths);
                }
            };
            match watch::watch(root, changed) {
                Ok(watch) => self.session.set_watch(root, watch),
                Err(error) => self
                    .session
                    .log(Level::Warning, format!("files cannot be watched: {error}")),
            }
        }
    }

    /// Has the client watch some checkouts no more.
    fn unwatch(&self, roots: &[Root]) {
        if roots.is_empty() || !self.session.abilities().watch_files {
            return;
        }
        let unregisterations = roots.iter().map(|root| Unregistration {
            id: registration_id(root),
            method: WATCHED_FILES.to_owned(),
        });
        let params = UnregistrationParams {
            unregisterations: unregisterations.collect(),
        };
        // Whatever the answer is, its news of these files are nobody's any more.
        drop(ask_client::<UnregisterCapability>(
            &self.client,
            params,
            PATIENCE,
        ));
    }

    /// Asks the client for its settings.
    fn fetch_options(&self) {
        if !self.session.abilities().configuration {
            return;
        }
        let item = ConfigurationItem {
            scope_uri: None,
            section: Some("imageScripts".to_owned()),
        };
        let asked = ask_client::<WorkspaceConfiguration>(
            &self.client,
            ConfigurationParams { items: vec![item] },
            PATIENCE,
        );
        let session = self.session.clone();
        tokio::spawn(async move {
            if let Ok(values) = asked.await
                && let Some(value) = values.into_iter().next().filter(|v| !v.is_null())
            {
                set_options(&session, &value);
            }
        });
    }

    #[cfg(feature = "test-hooks")]
    #[allow(clippy::panic, reason = "what it is for")]
    pub(super) async fn test_panic(&self) -> Result<Value> {
        panic!("asked to");
    }

    #[cfg(feature = "test-hooks")]
    pub(super) async fn test_text(&self, params: TextDocumentIdentifier) -> Result<Option<String>> {
        let text = self.session.text(&params.uri);
        compute(move || text).await
    }
}

/// Takes over settings, telling of those that are not understood.
fn set_options(session: &Session, value: &Value) {
    let mut options = session.options();
    let Some(settings) = value.as_object() else {
        return session.log(
            Level::Warning,
            "settings are not an object: they are left out",
        );
    };
    for (key, value) in settings {
        match (key.as_str(), value) {
            ("bash", Value::Bool(on)) => options.bash = *on,
            ("logLevel", Value::String(level)) => match level.as_str() {
                "error" => options.level = Level::Error,
                "warning" => options.level = Level::Warning,
                "info" => options.level = Level::Info,
                "debug" => options.level = Level::Debug,
                other => session.log(
                    Level::Warning,
                    format!("setting `logLevel`: there is no level `{other}`"),
                ),
            },
            // The client's own.
            ("server" | "trace" | "hints", _) => {}
            ("bash" | "logLevel", _) => session.log(
                Level::Warning,
                format!("setting `{key}`: `{value}` is of the wrong kind"),
            ),
            _ => session.log(Level::Warning, format!("unknown setting `{key}`")),
        }
    }
    session.set_options(options);
}

/// Shows that something takes a while, if it still does when the client is ready to.
async fn progress(
    client: Client,
    outbox: Outbox,
    token: NumberOrString,
    mut finished: tokio::sync::oneshot::Receiver<()>,
) {
    let params = WorkDoneProgressCreateParams {
        token: token.clone(),
    };
    if ask_client::<WorkDoneProgressCreate>(&client, params, PATIENCE)
        .await
        .is_err()
    {
        return;
    }
    if matches!(
        finished.try_recv(),
        Err(tokio::sync::oneshot::error::TryRecvError::Closed)
    ) {
        return;
    }
    let send = |value| {
        outbox.notify::<Progress>(&ProgressParams {
            token: token.clone(),
            value: ProgressParamsValue::WorkDone(value),
        })
    };
    let begin = WorkDoneProgressBegin {
        title: "Reading image scripts".to_owned(),
        ..WorkDoneProgressBegin::default()
    };
    send(WorkDoneProgress::Begin(begin));
    let _ = finished.await;
    send(WorkDoneProgress::End(WorkDoneProgressEnd { message: None }));
}

fn registration_id(root: &Root) -> String {
    format!("image-scripts/watch:{}", root.path.display())
}

/// The known places of a checkout, for the client to watch.
fn registration(root: &Root, relative: bool) -> Registration {
    let scripts = format!("{}{{images,builders,include,tests}}", root.layout.prefix());
    // A link or directory that comes or goes is told of by its own path.
    let patterns = [
        format!("{scripts}/**"),
        "{os/configs/image-repository.nix,.image-scripts.toml}".to_owned(),
        "tests/**".to_owned(),
    ];
    let base = Url::from_file_path(&root.path).ok();
    let watchers = patterns
        .into_iter()
        .map(|pattern| {
            let glob_pattern = match base.clone().filter(|_| relative) {
                Some(base) => GlobPattern::Relative(RelativePattern {
                    base_uri: OneOf::Right(base),
                    pattern,
                }),
                None => GlobPattern::String(format!("**/{pattern}")),
            };
            FileSystemWatcher {
                glob_pattern,
                kind: None,
            }
        })
        .collect();
    let options = DidChangeWatchedFilesRegistrationOptions { watchers };
    Registration {
        id: registration_id(root),
        method: WATCHED_FILES.to_owned(),
        register_options: serde_json::to_value(options).ok(),
    }
}

fn abilities_of(capabilities: &ClientCapabilities) -> Abilities {
    let workspace = capabilities.workspace.as_ref();
    let text = capabilities.text_document.as_ref();
    let edit = workspace.and_then(|w| w.workspace_edit.as_ref());
    let operation = |kind: ResourceOperationKind| {
        edit.and_then(|e| e.resource_operations.as_ref())
            .is_some_and(|operations| operations.contains(&kind))
    };
    let watched = workspace.and_then(|w| w.did_change_watched_files.as_ref());
    let encodings = capabilities
        .general
        .as_ref()
        .and_then(|g| g.position_encodings.as_deref())
        .unwrap_or_default();
    let encoding = [
        (PositionEncodingKind::UTF8, Encoding::Utf8),
        (PositionEncodingKind::UTF16, Encoding::Utf16),
        (PositionEncodingKind::UTF32, Encoding::Utf32),
    ];
    Abilities {
        encoding: encoding
            .into_iter()
            .find(|(kind, _)| encodings.contains(kind))
            .map(|(_, e)| e)
            .unwrap_or_default(),
        related_information: text
            .and_then(|t| t.publish_diagnostics.as_ref())
            .and_then(|p| p.related_information)
            .unwrap_or_default(),
        document_changes: edit.and_then(|e| e.document_changes).unwrap_or_default(),
        create_files: operation(ResourceOperationKind::Create),
        delete_files: operation(ResourceOperationKind::Delete),
        watch_files: watched
            .and_then(|w| w.dynamic_registration)
            .unwrap_or_default(),
        relative_patterns: watched
            .and_then(|w| w.relative_pattern_support)
            .unwrap_or_default(),
        configuration: workspace.and_then(|w| w.configuration).unwrap_or_default(),
        progress: capabilities
            .window
            .as_ref()
            .and_then(|w| w.work_done_progress)
            .unwrap_or_default(),
        is_preferred: text
            .and_then(|t| t.code_action.as_ref())
            .and_then(|c| c.is_preferred_support)
            .unwrap_or_default(),
    }
}

fn server_capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                ..TextDocumentSyncOptions::default()
            },
        )),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let abilities = abilities_of(&params.capabilities);
        let encoding = abilities.encoding;
        self.session.set_abilities(abilities);
        #[allow(deprecated, reason = "older clients send only these")]
        let root = params
            .root_uri
            .or_else(|| Url::from_file_path(params.root_path?).ok());
        let folders = match params.workspace_folders {
            Some(folders) if !folders.is_empty() => folders.into_iter().map(|f| f.uri).collect(),
            _ => root.into_iter().collect::<Vec<Url>>(),
        };
        *self.folders() = folders.iter().filter_map(file_path).collect();
        if let Some(value) = params.initialization_options.filter(|v| !v.is_null()) {
            set_options(&self.session, &value);
        }
        Ok(InitializeResult {
            capabilities: server_capabilities(encoding),
            server_info: Some(ServerInfo {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        self.session.start_bash();
        self.fetch_options();
        let folders = self.folders().clone();
        self.open_folders(&folders);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let opened = self
            .session
            .open(document.uri, document.version, &document.text);
        self.watch(&opened);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.session.change(
            &params.text_document.uri,
            params.text_document.version,
            &params.content_changes,
        );
        self.session.settle_when_idle();
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.session.settle();
        self.session.saved(&params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.session.close(&params.text_document.uri);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let paths: Vec<PathBuf> = params
            .changes
            .iter()
            .filter_map(|change| file_path(&change.uri))
            .collect();
        self.session.reload(&paths);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if self.session.abilities().configuration {
            self.fetch_options();
        } else if let Some(value) = params.settings.get("imageScripts") {
            set_options(&self.session, value);
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|f| file_path(&f.uri)).collect()
        };
        let (added, removed) = (paths(&params.event.added), paths(&params.event.removed));
        let left: Vec<PathBuf> = {
            let mut folders = self.folders();
            folders.retain(|folder| !removed.contains(folder));
            folders.extend(added.iter().cloned());
            folders.clone()
        };
        let closed: Vec<Root> = removed
            .iter()
            .flat_map(|folder| self.session.close_folder(folder, &left))
            .collect();
        self.unwatch(&closed);
        self.open_folders(&added);
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let wanted = params.context.only.as_ref().is_none_or(|kinds| {
            kinds
                .iter()
                .any(|kind| *kind == CodeActionKind::QUICKFIX || *kind == CodeActionKind::EMPTY)
        });
        let Some((snapshot, id)) = self
            .session
            .snapshot_for(&params.text_document.uri)
            .filter(|_| wanted)
        else {
            return Ok(None);
        };
        let (abilities, open) = (
            self.session.abilities(),
            self.session.open_names(&snapshot.root),
        );
        compute(move || {
            let file = snapshot.tree.file(id)?;
            let mut actions = Vec::new();
            for finding in snapshot.findings_of(id) {
                let place = range(
                    file,
                    finding.anchor.resolve(&snapshot.tree),
                    abilities.encoding,
                );
                if place.end < params.range.start || params.range.end < place.start {
                    continue;
                }
                let name = |file| {
                    let path = &snapshot.tree.file(file)?.path;
                    match open.get(path) {
                        Some((url, version)) => Some((url.clone(), Some(*version))),
                        None => Some((url_of(&snapshot.root, path)?, None)),
                    }
                };
                let fixes = finding
                    .fixes
                    .iter()
                    .filter_map(|fix| code_action(&snapshot, finding, fix, &abilities, &name));
                actions.extend(fixes.map(CodeActionOrCommand::CodeAction));
            }
            (!actions.is_empty()).then_some(actions)
        })
        .await
    }
}
