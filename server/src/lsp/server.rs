//! The handlers: what a client may ask and say.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lsp_types::request::{RegisterCapability, UnregisterCapability, WorkspaceConfiguration};
use lsp_types::*;
use serde_json::Value;
use tower_lsp::jsonrpc::{ErrorCode, Result};
use tower_lsp::{Client, LanguageServer};

use super::abilities::{Abilities, server_capabilities};
use super::actions::{self, Asked, FixData, Unresolved};
use super::answers::{
    Question, annotations, calls, completion, hover, navigation, outline, overview,
};
use super::commands::{self, Office};
use super::documents::file_path;
use super::file_operations::{Operation, Outcome};
use super::ingress::{LaneDepth, Outbox, ask_client, compute};
use super::options::set_options;
use super::refresh;
use super::registration::{progress, registration, registration_id};
use super::session::{Level, Session};
use super::watch::{self, Watch};
use super::workspace_edit::Target;
use checkout::Root;

/// How long an answer of the client is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What a client is registered for.
pub(super) const WATCHED_FILES: &str = "workspace/didChangeWatchedFiles";

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
            // Some clients have one list of tokens for all servers.
            let token = format!(
                "image-scripts/indexing-{}-{}",
                std::process::id(),
                self.tokens.fetch_add(1, Ordering::Relaxed)
            );
            tokio::spawn(progress(
                self.client.clone(),
                self.outbox.clone(),
                NumberOrString::String(token),
                finished,
            ));
        }
        for folder in folders {
            self.session.open_folder(folder, &|root| self.watch(root));
        }
        drop(done);
    }

    /// Has a new checkout watched: by the client where it can, else by ourselves.
    fn watch(&self, root: &Root) -> Option<Watch> {
        let abilities = self.session.abilities();
        let folders = self.folders().clone();
        let inside = folders.iter().any(|folder| root.path.starts_with(folder));
        if abilities.watch_files && (abilities.relative_patterns || inside) {
            self.have_watched(root, abilities.relative_patterns);
            return None;
        }
        let session = Arc::downgrade(&self.session);
        let changed = move |paths: Vec<PathBuf>| {
            if let Some(session) = session.upgrade() {
                session.reload(&paths);
            }
        };
        let failed = |error| {
            let message = format!("files cannot be watched: {error}");
            self.session.log(Level::Warning, message);
        };
        watch::watch(root, changed).map_err(failed).ok()
    }

    /// Has the client watch a checkout.
    fn have_watched(&self, root: &Root, relative: bool) {
        let params = RegistrationParams {
            registrations: vec![registration(root, relative)],
        };
        let asked = ask_client::<RegisterCapability>(&self.client, params, PATIENCE);
        let session = self.session.clone();
        tokio::spawn(async move {
            if let Err(reason) = asked.await {
                session.log(
                    Level::Warning,
                    format!("the client does not watch files: {reason:?}"),
                );
            }
        });
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

    /// The checkout that a file is in, which is about to come, go or be renamed.
    fn operation(&self, file: Option<&PathBuf>) -> Option<Operation> {
        let (snapshot, open) = self.session.checkout_at(Some(file?)).ok()?;
        Some(Operation {
            snapshot,
            open,
            abilities: self.session.abilities(),
            ours: self.session.under_way(),
        })
    }

    /// Tells the user what there is to know, and the client what to do.
    #[allow(clippy::unnecessary_wraps, reason = "what a handler returns")]
    fn tell(&self, outcome: Outcome) -> Result<Option<WorkspaceEdit>> {
        if let Some((kind, message)) = outcome.message {
            self.outbox.show(kind, message);
        }
        Ok(outcome.edit)
    }

    /// `imageScripts/images`: every image of the open checkouts, and its state.
    pub(super) async fn images(&self) -> Result<Value> {
        let questions = Question::of_checkouts(&self.session);
        compute(move || overview::images(&questions)).await
    }

    /// `imageScripts/imagesAt`: the images that a place is about.
    pub(super) async fn images_at(&self, params: CodeActionParams) -> Result<Option<Value>> {
        let asked = self.asked(params);
        compute(move || asked.and_then(|asked| actions::images_at(&asked))).await
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

impl Server {
    /// Answers a question about a document from one snapshot; nothing where it is none of ours.
    fn answer<T: Send + 'static, F>(
        &self,
        url: &Url,
        body: F,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<T, F>
    where
        F: FnOnce(&Question) -> Option<T> + Send + 'static,
    {
        // Before anything is awaited: the edits that came before are in it, later ones are not.
        let question = Question::about(&self.session, url);
        compute(move || question.and_then(|question| body(&question)))
    }

    /// What can be done at a range; nothing where it is none of ours.
    fn asked(&self, params: CodeActionParams) -> Option<Asked> {
        let (snapshot, id) = self.session.snapshot_for(&params.text_document.uri)?;
        Some(Asked {
            open: self.session.open_names(&snapshot.root),
            abilities: self.session.abilities(),
            snapshot,
            id,
            params,
        })
    }

    /// Completes something that was sent before with the URL of its document as data.
    fn resolve<T: Send + 'static>(
        &self,
        data: Option<Value>,
        item: T,
        body: fn(&Question, T) -> T,
    ) -> impl Future<Output = Result<T>> + Send + use<T> {
        let url = data.and_then(|data| {
            let url = data.get("url")?.as_str()?.to_owned();
            Url::parse(&url).ok()
        });
        let question = url.and_then(|url| Question::about(&self.session, &url));
        compute(move || match question {
            Some(question) => body(&question, item),
            None => item,
        })
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let mut abilities = Abilities::of(&params.capabilities);
        if let Some(options) = &params.initialization_options {
            abilities.take_options(options);
        }
        let capabilities = server_capabilities(&abilities);
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
            capabilities,
            server_info: Some(ServerInfo {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: Some(crate::VERSION.to_owned()),
            }),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        self.session.start_bash();
        refresh::begin(&self.client, &self.outbox, &self.session);
        self.fetch_options();
        let folders = self.folders().clone();
        self.open_folders(&folders);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let (url, text) = (document.uri, &document.text);
        self.session
            .open(url, document.version, text, &|root| self.watch(root));
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

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        self.answer(&at.text_document.uri, move |question| {
            navigation::definition(question, at.position)
        })
        .await
    }

    async fn goto_declaration(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        self.goto_definition(params).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let (at, context) = (params.text_document_position, params.context);
        self.answer(&at.text_document.uri, move |question| {
            navigation::references(question, at.position, context.include_declaration)
        })
        .await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        self.answer(&at.text_document.uri, move |question| {
            navigation::highlights(question, at.position)
        })
        .await
    }

    async fn prepare_rename(
        &self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let answer = self.answer(&at.text_document.uri, move |question| {
            Some(navigation::prepare_rename(question, at.position))
        });
        let answer = answer.await?.unwrap_or(Ok(None));
        answer.map_err(|refusal| commands::refused(refusal.0))
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        let answer = self.answer(&at.text_document.uri, move |question| {
            Some(navigation::rename(question, at.position, &params.new_name))
        });
        let answer = answer.await?.unwrap_or(Ok(None));
        answer.map_err(|refusal| commands::refused(refusal.0))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.answer(&at.text_document.uri, move |question| {
            hover::hover(question, at.position)
        })
        .await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        self.answer(&at.text_document.uri, move |question| {
            hover::signature_help(question, at.position)
        })
        .await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        self.answer(&at.text_document.uri, move |question| {
            completion::completion(question, at.position)
        })
        .await
    }

    async fn completion_resolve(&self, item: CompletionItem) -> Result<CompletionItem> {
        self.resolve(item.data.clone(), item, completion::resolve)
            .await
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        self.answer(&params.text_document.uri, outline::document_symbols)
            .await
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> Result<Option<Vec<SymbolInformation>>> {
        let questions = Question::of_checkouts(&self.session);
        let found = compute(move || outline::workspace_symbols(&questions, &params.query));
        Ok(Some(found.await?))
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.answer(&params.text_document.uri, outline::links).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.answer(&params.text_document.uri, annotations::lenses)
            .await
    }

    async fn code_lens_resolve(&self, lens: CodeLens) -> Result<CodeLens> {
        self.resolve(lens.data.clone(), lens, annotations::resolve_lens)
            .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.answer(&params.text_document.uri, move |question| {
            annotations::hints(question, params.range)
        })
        .await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        let at = params.text_document_position_params;
        self.answer(&at.text_document.uri, move |question| {
            calls::prepare(question, at.position)
        })
        .await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let item = params.item;
        self.answer(&item.uri.clone(), move |question| {
            calls::incoming(question, &item)
        })
        .await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let item = params.item;
        self.answer(&item.uri.clone(), move |question| {
            calls::outgoing(question, &item)
        })
        .await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let Some(asked) = self.asked(params) else {
            return Ok(None);
        };
        compute(move || actions::actions(&asked)).await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        let data = action.data.clone();
        let Some(data) = data.and_then(|data| serde_json::from_value::<FixData>(data).ok()) else {
            return Ok(action);
        };
        let outdated = |message| commands::error(ErrorCode::ContentModified, message);
        let (snapshot, open) = self
            .session
            .checkout_at(Some(&data.root))
            .map_err(outdated)?;
        let abilities = self.session.abilities();
        let resolved = compute(move || {
            let target = Target {
                snapshot: &snapshot,
                abilities: &abilities,
                open: &open,
            };
            actions::resolve(target, &data, action)
        });
        resolved.await?.map_err(|reason| match reason {
            Unresolved::Outdated(message) => outdated(message),
            Unresolved::Refused(refusal) => commands::refused(refusal.0),
        })
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let office = Office {
            client: self.client.clone(),
            outbox: self.outbox.clone(),
            session: self.session.clone(),
        };
        commands::execute(office, params).await
    }

    async fn will_create_files(&self, params: CreateFilesParams) -> Result<Option<WorkspaceEdit>> {
        let files = paths(params.files.iter().map(|file| &file.uri));
        let Some(operation) = self.operation(files.first()) else {
            return Ok(None);
        };
        self.tell(compute(move || operation.create(&files)).await?)
    }

    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        let path = |uri: &str| Url::parse(uri).ok().as_ref().and_then(file_path);
        let files = params.files.iter();
        let files: Vec<(PathBuf, PathBuf)> = files
            .filter_map(|file| path(&file.old_uri).zip(path(&file.new_uri)))
            .collect();
        let Some(operation) = self.operation(files.first().map(|(from, _)| from)) else {
            return Ok(None);
        };
        self.tell(compute(move || operation.rename(&files)).await?)
    }

    async fn will_delete_files(&self, params: DeleteFilesParams) -> Result<Option<WorkspaceEdit>> {
        let files = paths(params.files.iter().map(|file| &file.uri));
        let Some(operation) = self.operation(files.first()) else {
            return Ok(None);
        };
        self.tell(compute(move || operation.delete(&files)).await?)
    }
}

/// The paths of some URLs.
fn paths<'u>(urls: impl Iterator<Item = &'u String>) -> Vec<PathBuf> {
    urls.filter_map(|url| file_path(&Url::parse(url).ok()?))
        .collect()
}
