//! Contexts of requests, and requests of our own.
//!
//! A context is taken before anything is awaited: the edits that came before the request are in it,
//! later ones are not.

use std::path::{Path, PathBuf};

use lsp_types::{CodeActionParams, Url, WorkspaceEdit};
use serde::Deserialize;
use serde_json::Value;
use tower_lsp::jsonrpc::{ErrorCode, Result};

use super::Server;
use crate::lsp::errors::{error, request_failed};
use crate::lsp::handlers::actions::{self, ImagesAtResult};
use crate::lsp::handlers::file_operations::{FileOperationResponse, FileOperations};
use crate::lsp::handlers::images::{
    self, BumpValues, BumpValuesParams, ImagesResult, OverviewParams,
};
use crate::lsp::handlers::open_values::{
    self, CheckoutHints, ConfirmValueParams, OpenValuesResult,
};
use crate::lsp::handlers::policy::{self, PolicyParams, PolicyResult};
use crate::lsp::handlers::render::{self, RenderParams};
use crate::lsp::handlers::triage::{self, TriageParams, TriageResult};
use crate::lsp::ingress::compute;
use crate::lsp::request_context::RequestContext;
use crate::render_report::RenderReport;
use model::FileId;

/// Parameters of `imageScripts/ruleDocumentation`.
#[derive(Deserialize)]
pub(in crate::lsp) struct RuleDocumentationParams {
    /// Code of the rule.
    code: String,
}

impl Server {
    /// Computes the response to a request about a document; null where it is not in a checkout.
    pub(super) fn respond<T: Send + 'static, F>(
        &self,
        url: &Url,
        handler: F,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<T, F>
    where
        F: FnOnce(&RequestContext, FileId) -> Option<T> + Send + 'static,
    {
        let context = self.session.context_of(url);
        compute(move || context.and_then(|(context, file)| handler(&context, file)))
    }

    /// Completes an item that was sent before with the URL of its document as data.
    pub(super) fn resolve<T: Send + 'static>(
        &self,
        data: Option<Value>,
        item: T,
        handler: fn(&RequestContext, FileId, T) -> T,
    ) -> impl Future<Output = Result<T>> + Send + use<T> {
        let url = data.and_then(|data| {
            let url = data.get("url")?.as_str()?.to_owned();
            Url::parse(&url).ok()
        });
        let context = url.and_then(|url| self.session.context_of(&url));
        compute(move || match context {
            Some((context, file)) => handler(&context, file, item),
            None => item,
        })
    }

    /// Returns the checkout of a file that is about to be created, deleted or renamed.
    pub(super) fn file_operations(&self, file: Option<&PathBuf>) -> Option<FileOperations> {
        let context = self.session.context_around(file?).ok()?;
        let expected = self.session.expected_changes();
        Some(FileOperations { context, expected })
    }

    /// Shows the message of a file operation, and returns its edit.
    pub(super) fn file_operation_edit(
        &self,
        response: FileOperationResponse,
    ) -> Option<WorkspaceEdit> {
        if let Some((kind, message)) = response.message {
            self.outbox.show(kind, message);
        }
        response.edit
    }

    /// Returns the context of a request about a checkout that is named, or about the only one.
    fn chosen_context(&self, root: Option<&str>) -> Result<RequestContext> {
        let context = self.session.chosen_context(root.map(Path::new));
        context.map_err(|message| error(ErrorCode::InvalidParams, message))
    }

    /// Handles `imageScripts/images`.
    pub(in crate::lsp) async fn images(&self) -> Result<ImagesResult> {
        let contexts = self.session.contexts();
        compute(move || images::images(&contexts)).await
    }

    /// Handles `imageScripts/overview`.
    pub(in crate::lsp) async fn overview(&self, params: OverviewParams) -> Result<String> {
        let context = self.chosen_context(params.root.as_deref())?;
        compute(move || images::overview(&context, params)).await
    }

    /// Handles `imageScripts/bumpValues`.
    pub(in crate::lsp) async fn bump_values(&self, params: BumpValuesParams) -> Result<BumpValues> {
        let context = self.chosen_context(params.root.as_deref())?;
        let values = compute(move || images::bump_values(&context, &params)).await?;
        values.map_err(|refusal| request_failed(refusal.0))
    }

    /// Handles `imageScripts/openValues`.
    pub(in crate::lsp) async fn open_values(&self) -> Result<OpenValuesResult> {
        let contexts = self.session.contexts();
        let session = self.session.clone();
        compute(move || {
            let hints = contexts.into_iter().map(|context| CheckoutHints {
                files: session.all_verify_hints(&context.snapshot),
                context,
            });
            open_values::open_values(&hints.collect::<Vec<_>>())
        })
        .await
    }

    /// Handles `imageScripts/confirmValue`.
    pub(in crate::lsp) async fn confirm_value(
        &self,
        params: ConfirmValueParams,
    ) -> Result<Option<WorkspaceEdit>> {
        let context = self.chosen_context(params.root.as_deref())?;
        let session = self.session.clone();
        let edit = compute(move || {
            let hints = CheckoutHints {
                files: session.all_verify_hints(&context.snapshot),
                context,
            };
            open_values::confirm(&hints, &params)
        });
        edit.await?.map_err(|refusal| request_failed(refusal.0))
    }

    /// Handles `imageScripts/render`.
    pub(in crate::lsp) async fn render(
        &self,
        params: RenderParams,
    ) -> Result<Option<RenderReport>> {
        let context = self.chosen_context(params.root.as_deref())?;
        compute(move || render::render(&context, &params)).await
    }

    /// Handles `imageScripts/policy`.
    pub(in crate::lsp) async fn policy(
        &self,
        params: PolicyParams,
    ) -> Result<Option<PolicyResult>> {
        let context = self.chosen_context(params.root.as_deref())?;
        compute(move || policy::policy(&context, &params)).await
    }

    /// Handles `imageScripts/triage`.
    pub(in crate::lsp) async fn triage(
        &self,
        params: TriageParams,
    ) -> Result<Option<TriageResult>> {
        let context = self.chosen_context(params.root.as_deref())?;
        let result = compute(move || triage::triage(&context, &params)).await?;
        result.map_err(|refusal| request_failed(refusal.0))
    }

    /// Handles `imageScripts/ruleDocumentation`.
    pub(in crate::lsp) async fn rule_documentation(
        &self,
        params: RuleDocumentationParams,
    ) -> Result<Option<String>> {
        let page = move || rules::rule(&params.code).map(|rule| rule.page(1));
        compute(page).await
    }

    /// Handles `imageScripts/imagesAt`.
    pub(in crate::lsp) async fn images_at(
        &self,
        params: CodeActionParams,
    ) -> Result<Option<ImagesAtResult>> {
        let url = params.text_document.uri.clone();
        self.respond(&url, move |context, file| {
            actions::images_at(context, file, &params)
        })
        .await
    }
}

#[cfg(feature = "test-hooks")]
impl Server {
    #[allow(clippy::panic, reason = "what it is for")]
    pub(in crate::lsp) async fn test_panic(&self) -> Result<Value> {
        panic!("requested");
    }

    /// Waits until every file was read whose change is known.
    pub(in crate::lsp) async fn test_idle(&self) -> Result<()> {
        // An error: the sender is dropped.
        let _ = self.session.reads_done().await;
        Ok(())
    }

    /// Holds back what is read, or releases it.
    pub(in crate::lsp) async fn test_hold(&self, params: Value) -> Result<()> {
        self.session
            .hold_reads(params.get("hold") == Some(&Value::Bool(true)));
        Ok(())
    }

    /// Waits until something is held back.
    pub(in crate::lsp) async fn test_held(&self) -> Result<()> {
        let session = self.session.clone();
        compute(move || session.wait_for_hold()).await
    }

    /// Sets the date.
    pub(in crate::lsp) async fn test_today(&self, params: Value) -> Result<()> {
        self.session.set_today(
            params
                .get("today")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        );
        Ok(())
    }

    pub(in crate::lsp) async fn test_text(
        &self,
        params: lsp_types::TextDocumentIdentifier,
    ) -> Result<Option<String>> {
        let text = self.session.text(&params.uri);
        compute(move || text).await
    }
}
