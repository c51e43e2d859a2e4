//! Server of one client: passes requests and notifications on to the session and the handlers.
//!
//! - `contexts`: contexts of requests, and requests of our own;
//! - `date`: midnight;
//! - `folders`: opening folders, having files watched, fetching settings.

mod contexts;
mod date;
mod folders;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use lsp_types::*;
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::{Client, LanguageServer};

use super::client_capabilities::ClientCapabilities;
use super::client_process;
use super::documents::{file_path, file_paths};
use super::errors::{error, request_failed};
use super::handlers::actions::{self, FixData, ResolveError};
use super::handlers::commands::{self, CommandRunner};
use super::handlers::semantic_tokens::{self, SentTokens};
use super::handlers::{calls, completion, hover, lenses_and_hints, navigation, outline};
use super::ingress::{Outbox, QueueDepth, SessionEnd, compute};
use super::protocol::{OPEN_ADDRESS, SETTINGS_SECTION};
use super::refresh;
use super::server_capabilities::server_capabilities;
use super::session::Session;
use checkout::Root;
use date::watch_date;
use ide::navigate::Declarations;

/// Server of one client.
pub(super) struct Server {
    client: Client,
    outbox: Outbox,
    session: Arc<Session>,
    end: SessionEnd,
    /// Number of progress tokens so far.
    progress_tokens: AtomicU32,
    /// Semantic tokens that the client has.
    sent_tokens: Arc<SentTokens>,
}

impl Server {
    pub(super) fn new(
        client: Client,
        depth: QueueDepth,
        outbox: Outbox,
        end: SessionEnd,
    ) -> Server {
        let session = Arc::new(Session::new(depth, outbox.clone()));
        Server {
            client,
            outbox,
            session,
            end,
            progress_tokens: AtomicU32::new(0),
            sent_tokens: Arc::default(),
        }
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let mut client = ClientCapabilities::new(&params.capabilities);
        if let Some(options) = &params.initialization_options {
            client.take_initialization_options(options);
        }
        let capabilities = server_capabilities(&client);
        if let Some(id) = params.process_id {
            let end = self.end.clone();
            client_process::when_gone(id, move || end.client_gone());
        }
        self.session.set_client_capabilities(client);
        #[allow(deprecated, reason = "older clients send only these")]
        let root = params
            .root_uri
            .or_else(|| Url::from_file_path(params.root_path?).ok());
        let folders = match params.workspace_folders {
            Some(folders) if !folders.is_empty() => folders.into_iter().map(|f| f.uri).collect(),
            _ => root.into_iter().collect::<Vec<Url>>(),
        };
        *self.session.folders() = folders.iter().filter_map(file_path).collect();
        self.start_reading();
        if let Some(value) = params.initialization_options.filter(|v| !v.is_null()) {
            self.session.update_settings(&value);
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
        self.session.start_containers();
        refresh::start(&self.client, &self.outbox, &self.session);
        self.fetch_settings();
        let folders = self.session.folders().clone();
        self.open_folders(&folders);
        watch_date(&self.session);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let (url, text) = (document.uri, &document.text);
        self.session.open(url, document.version, text);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.session.change(
            &params.text_document.uri,
            params.text_document.version,
            &params.content_changes,
        );
        self.session.sync_documents_when_idle();
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.session.sync_documents();
        self.session.saved(&params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.sent_tokens.close(&params.text_document.uri);
        self.session.close(&params.text_document.uri);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let paths: Vec<PathBuf> = params
            .changes
            .iter()
            .filter_map(|change| file_path(&change.uri))
            .collect();
        self.session.files_changed(paths);
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if self.session.client_capabilities().configuration {
            self.fetch_settings();
        } else if let Some(value) = params.settings.get(SETTINGS_SECTION) {
            self.session.update_settings(value);
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|f| file_path(&f.uri)).collect()
        };
        let (added, removed) = (paths(&params.event.added), paths(&params.event.removed));
        let left: Vec<PathBuf> = {
            let mut folders = self.session.folders();
            folders.retain(|folder| !removed.contains(folder));
            folders.extend(added.iter().cloned());
            folders.clone()
        };
        let closed: Vec<Root> = removed
            .iter()
            .flat_map(|folder| self.session.close_folder(folder, &left))
            .collect();
        self.session.unwatch(&closed);
        self.open_folders(&added);
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        self.respond(&at.text_document.uri, move |context, file| {
            navigation::definition(context, file, at.position)
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
        let at = params.text_document_position;
        let declarations = if params.context.include_declaration {
            Declarations::Include
        } else {
            Declarations::Exclude
        };
        self.respond(&at.text_document.uri, move |context, file| {
            navigation::references(context, file, at.position, declarations)
        })
        .await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        self.respond(&at.text_document.uri, move |context, file| {
            navigation::highlights(context, file, at.position)
        })
        .await
    }

    async fn prepare_rename(
        &self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let response = self.respond(&at.text_document.uri, move |context, file| {
            Some(navigation::prepare_rename(context, file, at.position))
        });
        let response = response.await?.unwrap_or(Ok(None));
        response.map_err(|refusal| request_failed(refusal.0))
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        let response = self.respond(&at.text_document.uri, move |context, file| {
            Some(navigation::rename(
                context,
                file,
                at.position,
                &params.new_name,
            ))
        });
        let response = response.await?.unwrap_or(Ok(None));
        response.map_err(|refusal| request_failed(refusal.0))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.respond(&at.text_document.uri, move |context, file| {
            hover::hover(context, file, at.position)
        })
        .await
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let url = params.text_document.uri;
        let sent = self.sent_tokens.clone();
        let response = self.respond(&url.clone(), move |context, file| {
            let tokens = semantic_tokens::tokens(context, file, None)?;
            Some(sent.full(&url, tokens).into())
        });
        response.await
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let url = params.text_document.uri;
        let sent = self.sent_tokens.clone();
        let response = self.respond(&url.clone(), move |context, file| {
            let tokens = semantic_tokens::tokens(context, file, None)?;
            Some(sent.delta(&url, &params.previous_result_id, tokens))
        });
        response.await
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let url = params.text_document.uri;
        self.respond(&url, move |context, file| {
            let data = semantic_tokens::tokens(context, file, Some(params.range))?;
            let tokens = SemanticTokens {
                result_id: None,
                data,
            };
            Some(tokens.into())
        })
        .await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        self.respond(&at.text_document.uri, move |context, file| {
            hover::signature_help(context, file, at.position)
        })
        .await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        self.respond(&at.text_document.uri, move |context, file| {
            completion::completion(context, file, at.position)
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
        let scripts = self.session.settings().outline;
        self.respond(&params.text_document.uri, move |context, file| {
            outline::document_symbols(context, file, scripts)
        })
        .await
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> Result<Option<Vec<SymbolInformation>>> {
        let contexts = self.session.contexts();
        let found = compute(move || outline::workspace_symbols(&contexts, &params.query));
        Ok(Some(found.await?))
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.respond(&params.text_document.uri, outline::links)
            .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let kinds = self.session.settings().lenses;
        self.respond(&params.text_document.uri, move |context, file| {
            lenses_and_hints::lenses(context, file, kinds)
        })
        .await
    }

    async fn code_lens_resolve(&self, lens: CodeLens) -> Result<CodeLens> {
        self.resolve(lens.data.clone(), lens, lenses_and_hints::resolve_lens)
            .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let kinds = self.session.settings().hints;
        self.respond(&params.text_document.uri, move |context, file| {
            lenses_and_hints::hints(context, file, params.range, kinds)
        })
        .await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        let at = params.text_document_position_params;
        self.respond(&at.text_document.uri, move |context, file| {
            calls::prepare(context, file, at.position)
        })
        .await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let item = params.item;
        self.respond(&item.uri.clone(), move |context, _| {
            calls::incoming(context, &item)
        })
        .await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let item = params.item;
        self.respond(&item.uri.clone(), move |context, _| {
            calls::outgoing(context, &item)
        })
        .await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let url = params.text_document.uri.clone();
        let session = self.session.clone();
        self.respond(&url, move |context, file| {
            let snapshot = &context.snapshot;
            let hints = session.verify_hints_of(snapshot, snapshot.tree.file(file)?);
            actions::actions(context, file, &params, &hints)
        })
        .await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        let data = action.data.clone();
        let Some(data) = data.and_then(|data| serde_json::from_value::<FixData>(data).ok()) else {
            return Ok(action);
        };
        let outdated = |message| error(ErrorCode::ContentModified, message);
        let context = self.session.context_around(&data.root).map_err(outdated)?;
        let resolved = compute(move || actions::resolve(&context, &data, action));
        resolved.await?.map_err(|reason| match reason {
            ResolveError::Outdated(message) => outdated(message),
            ResolveError::Refused(refusal) => request_failed(refusal.0),
        })
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let runner = CommandRunner {
            client: self.client.clone(),
            outbox: self.outbox.clone(),
            session: self.session.clone(),
        };
        if params.command == OPEN_ADDRESS {
            return runner.open_address(params).map(|()| None);
        }
        let report = commands::execute(runner, params).await?;
        let report = serde_json::to_value(report);
        report.map(Some).map_err(|_| Error::internal_error())
    }

    async fn will_create_files(&self, params: CreateFilesParams) -> Result<Option<WorkspaceEdit>> {
        let files = file_paths(params.files.iter().map(|file| &file.uri));
        let Some(operations) = self.file_operations(files.first()) else {
            return Ok(None);
        };
        let response = compute(move || operations.create(&files)).await?;
        Ok(self.file_operation_edit(response))
    }

    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        let path = |uri: &str| Url::parse(uri).ok().as_ref().and_then(file_path);
        let files = params.files.iter();
        let files: Vec<(PathBuf, PathBuf)> = files
            .filter_map(|file| path(&file.old_uri).zip(path(&file.new_uri)))
            .collect();
        let Some(operations) = self.file_operations(files.first().map(|(from, _)| from)) else {
            return Ok(None);
        };
        let response = compute(move || operations.rename(&files)).await?;
        Ok(self.file_operation_edit(response))
    }

    async fn will_delete_files(&self, params: DeleteFilesParams) -> Result<Option<WorkspaceEdit>> {
        let files = file_paths(params.files.iter().map(|file| &file.uri));
        let Some(operations) = self.file_operations(files.first()) else {
            return Ok(None);
        };
        let response = compute(move || operations.delete(&files)).await?;
        Ok(self.file_operation_edit(response))
    }
}
