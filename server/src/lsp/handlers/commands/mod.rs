//! Changes that a user requests by name: `workspace/executeCommand`.
//!
//! The client gets an edit to apply; the edits that it cannot apply (links) are applied by the
//! server after the client has accepted its own. If it refuses, everything stays as it is.
//!
//! - `address`: opening an address; `arguments`: arguments of commands; `messages`: messages to the user.

mod address;
mod arguments;
mod messages;

use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::request::{ApplyWorkspaceEdit, ShowDocument};
use lsp_types::{ApplyWorkspaceEditParams, ExecuteCommandParams, MessageType, ShowDocumentParams};
use smol_str::SmolStr;
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};

use super::notes::notes_message;
use crate::base_checkout::keep_untracked;
use crate::change_report::{ChangeReport, changed_texts};
use crate::lsp::convert::url_of;
use crate::lsp::editor_settings::LogLevel;
use crate::lsp::errors::{error, refused, request_failed};
use crate::lsp::ingress::{Outbox, RequestError, compute, send_request};
use crate::lsp::limits::{APPLY_EDIT_TIMEOUT, CLIENT_TIMEOUT};
use crate::lsp::request_context::RequestContext;
use crate::lsp::session::Session;
use crate::lsp::shown;
use crate::lsp::workspace_edit::{SplitEdit, workspace_edit};
use arguments::{CommandArguments, ImageCommand};
use checkout::apply;
use edits::{self, Change, Edit, Refusal};
use messages::server_edits_message;
use model::Tree;

/// Runner of commands for one client.
#[derive(Clone)]
pub(in crate::lsp) struct CommandRunner {
    pub(in crate::lsp) client: Client,
    pub(in crate::lsp) outbox: Outbox,
    pub(in crate::lsp) session: Arc<Session>,
}

/// A change that has not been made yet.
struct PendingChange {
    context: RequestContext,
    command: ImageCommand,
    change: Change,
    edit: SplitEdit,
    /// Files as the change leaves them.
    after: Tree,
    report: ChangeReport,
}

/// Executes a command. Returns a report of the change.
pub(in crate::lsp) async fn execute(
    runner: CommandRunner,
    params: ExecuteCommandParams,
) -> Result<ChangeReport> {
    let arguments = CommandArguments::read(params)?;
    let context = runner.session.chosen_context(arguments.root.as_deref());
    let context = context.map_err(|message| error(ErrorCode::InvalidParams, message))?;
    let (command, untracked) = (arguments.command, arguments.untracked);
    let pending = compute(move || PendingChange::new(command, untracked, context));
    let pending = pending.await?.map_err(refused)?;
    if arguments.dry_run {
        let texts = arguments
            .texts
            .then(|| changed_texts(&pending.context.snapshot.tree, &pending.after));
        return Ok(ChangeReport {
            texts,
            ..pending.report
        });
    }
    if pending.edit.is_for_client() && !pending.context.client.apply_edit {
        return Err(request_failed(format!(
            "this editor cannot apply edits: run `{}`",
            pending.command.command_line()
        )));
    }
    // A task of its own: once the client has the edit, the rest is done, cancelled or not.
    tokio::spawn(runner.make(pending))
        .await
        .map_err(|_| Error::internal_error())?
}

impl PendingChange {
    fn new(
        mut command: ImageCommand,
        untracked: bool,
        context: RequestContext,
    ) -> std::result::Result<PendingChange, Refusal> {
        let snapshot = &context.snapshot;
        command.look_elsewhere(&snapshot.root);
        let documents = if command.reads_documents() {
            checkout::documents(&snapshot.root)?
        } else {
            Vec::new()
        };
        let change = command.change(&snapshot.view(), &documents)?;
        let change = keep_untracked(snapshot, change, untracked)?;
        refuse_outdated(&context, &change.edits)?;
        let command_line = command.command_line();
        let edit = workspace_edit(&context, &change.title, Some(&command_line), &change.edits)?;
        let after = edits::apply(&snapshot.tree, &change.edits);
        let report = ChangeReport::new(snapshot, &change, &after, context.client.encoding);
        Ok(PendingChange {
            context,
            command,
            change,
            edit,
            after,
            report,
        })
    }

    /// Returns the paths that are created, deleted or renamed.
    fn structure(&self) -> Vec<PathBuf> {
        let root = &self.context.snapshot.root;
        let paths = self.change.edits.iter().flat_map(|edit| match edit {
            Edit::Rename { from, to } => vec![from, to],
            edit => edit.path().into_iter().collect(),
        });
        paths.map(|path| root.join(path.as_str())).collect()
    }

    /// Returns the paths of the files whose text changes.
    fn changed_files(&self) -> Vec<SmolStr> {
        let tree = &self.context.snapshot.tree;
        let paths = self.change.edits.iter().filter_map(|edit| match edit {
            Edit::Text { file, .. } => tree.path(*file).cloned(),
            _ => None,
        });
        let mut paths: Vec<SmolStr> = paths.collect();
        paths.dedup();
        paths
    }
}

/// Refuses to change a file that is not open and has another text than when it was read: nobody may
/// have notified us.
fn refuse_outdated(context: &RequestContext, edits: &[Edit]) -> std::result::Result<(), Refusal> {
    let snapshot = &context.snapshot;
    let files = edits.iter().filter_map(|edit| match edit {
        Edit::Text { file, .. } => snapshot.tree.file(*file),
        _ => None,
    });
    let mut seen: Vec<&SmolStr> = Vec::new();
    for file in files.filter(|file| !context.open_documents.contains_key(&file.path)) {
        if seen.contains(&&file.path) {
            continue;
        }
        seen.push(&file.path);
        let now = checkout::read_text(&snapshot.root, &file.path);
        if now.ok().as_deref() != Some(&*file.text) {
            let message = "the file has changed in the meantime: try again";
            return Err(Refusal(format!("{}: {message}", file.path)));
        }
    }
    Ok(())
}

impl CommandRunner {
    /// Makes a change.
    async fn make(self, pending: PendingChange) -> Result<ChangeReport> {
        let root = &pending.context.snapshot.root;
        let verify = &pending.change.verify;
        let session = &self.session;
        session.add_pending_hints(root, &pending.after, &pending.change);
        let applied = self.apply_on_client(&pending).await;
        match &applied {
            Ok(None) => session.show_pending_hints(root, verify),
            Ok(Some(_)) | Err(_) => session.discard_pending_hints(root, verify),
        }
        if let Some(reason) = applied? {
            return Ok(ChangeReport {
                reason: Some(reason),
                ..pending.report
            });
        }
        // Files are read and written from here on.
        tokio::task::spawn_blocking(move || self.finish(pending))
            .await
            .map_err(|_| Error::internal_error())
    }

    /// Has the client apply its edit. Returns the reason if it does not.
    async fn apply_on_client(&self, pending: &PendingChange) -> Result<Option<String>> {
        if !pending.edit.is_for_client() {
            return Ok(None);
        }
        // A client asks for the edits that go with new, deleted and renamed files also when we
        // requested those.
        let _expected = self.session.expect_changes(pending.structure());
        let files = pending.changed_files();
        if !self.session.is_current(&pending.context, &files) {
            return Err(error(
                ErrorCode::ContentModified,
                "a file has changed in the meantime: try again",
            ));
        }
        let params = ApplyWorkspaceEditParams {
            label: Some(shown::line(&pending.change.title)),
            edit: pending.edit.client.clone(),
        };
        let response =
            send_request::<ApplyWorkspaceEdit>(&self.client, params, APPLY_EDIT_TIMEOUT).await;
        Ok(match response {
            Ok(response) if response.applied => None,
            Ok(response) => {
                let reason = response.failure_reason;
                Some(reason.unwrap_or_else(|| "the editor did not apply the edit".to_owned()))
            }
            Err(RequestError::Refused(error)) => Some(error.message.into_owned()),
            Err(RequestError::TimedOut) => Some("the editor did not answer in time".to_owned()),
        })
    }

    /// Applies the edits of the server, and informs the user.
    fn finish(&self, pending: PendingChange) -> ChangeReport {
        let (snapshot, edits) = (&pending.context.snapshot, &pending.edit.server);
        let mut failed = None;
        if !edits.is_empty() {
            match apply::apply(&snapshot.root, &snapshot.tree, edits) {
                Ok(applied) => {
                    self.outbox.show(
                        MessageType::INFO,
                        server_edits_message(snapshot, edits, &pending.command),
                    );
                    if let Some(message) = applied.leftover {
                        self.outbox.show(MessageType::WARNING, message);
                    }
                }
                Err(message) => {
                    self.session.log(LogLevel::Error, message.clone());
                    self.outbox.show(
                        MessageType::ERROR,
                        format!(
                            "{message}; the editor's part of `{}` is done: undo it there",
                            pending.change.title
                        ),
                    );
                    failed = Some(message);
                }
            }
            self.session.files_changed(pending.structure());
        }
        if let Some(message) = notes_message(snapshot, &pending.change.notes) {
            self.outbox.show(MessageType::INFO, message);
        }
        self.show_new_script(&pending);
        let copied = edits.iter().filter_map(|edit| match edit {
            Edit::Copy { to, .. } if failed.is_none() => Some(to.clone()),
            _ => None,
        });
        let copied: Vec<SmolStr> = copied.collect();
        ChangeReport {
            applied: true,
            failed,
            copied: (!copied.is_empty()).then_some(copied),
            ..pending.report
        }
    }

    /// Has the client show the `build.sh` of a new image.
    fn show_new_script(&self, pending: &PendingChange) {
        let script = pending.change.edits.iter().find_map(|edit| match edit {
            Edit::Create { path, .. } if path.ends_with("/build.sh") => Some(path),
            _ => None,
        });
        let context = &pending.context;
        let uri = script
            .filter(|_| context.client.show_document)
            .and_then(|path| url_of(&context.snapshot.root, path));
        let Some(uri) = uri else { return };
        let params = ShowDocumentParams {
            uri,
            external: None,
            take_focus: Some(true),
            selection: None,
        };
        // Nothing depends on the response.
        drop(send_request::<ShowDocument>(
            &self.client,
            params,
            CLIENT_TIMEOUT,
        ));
    }
}
