//! Changes that a user asks for by name: `workspace/executeCommand`.
//!
//! The client gets an edit to apply; what an edit cannot do (links) the server does when the
//! client has accepted that. Refused edits leave everything as it is.
//!
//! - `request`: what is asked for; `told`: what is told of it.

mod request;
mod told;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lsp_types::request::{ApplyWorkspaceEdit, ShowDocument};
use lsp_types::{ApplyWorkspaceEditParams, ExecuteCommandParams, MessageType, ShowDocumentParams};
use serde_json::Value;
use smol_str::SmolStr;
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};

use super::abilities::Abilities;
use super::convert::url_of;
use super::ingress::{NoAnswer, Outbox, ask_client, compute};
use super::session::{Level, Session};
use super::workspace_edit::{OpenNames, Prepared, Target, workspace_edit};
use analysis::Snapshot;
use checkout::apply;
use edits::{self, Change, Edit, Refusal};
use model::Tree;
use request::{Request, What};
pub(super) use told::notes;

/// Makes an image.
pub(super) const NEW: &str = "imageScripts.newImage";
/// Retires one.
pub(super) const RETIRE: &str = "imageScripts.retireImage";
/// Renames one.
pub(super) const RENAME: &str = "imageScripts.renameImage";
/// Bumps one.
pub(super) const BUMP: &str = "imageScripts.bumpImage";

/// Shows places. The client's own.
pub(super) const SHOW_REFERENCES: &str = "imageScripts.showReferences";
/// Runs a checkout's tests. The client's own: the server runs nothing.
pub(super) const RUN_TEST: &str = "imageScripts.runTest";

/// All of the server's.
pub(super) const NAMES: [&str; 4] = [NEW, RETIRE, RENAME, BUMP];

/// How long a client may take to apply an edit: it may ask its user.
const PATIENCE: Duration = Duration::from_secs(600);

/// Who carries out a command.
#[derive(Clone)]
pub(super) struct Office {
    pub(super) client: Client,
    pub(super) outbox: Outbox,
    pub(super) session: Arc<Session>,
}

/// A change that is ready to be made.
struct Planned {
    snapshot: Arc<Snapshot>,
    abilities: Arc<Abilities>,
    open: OpenNames,
    what: What,
    change: Change,
    prepared: Prepared,
    /// The files as the change leaves them.
    after: Tree,
    /// What the user is told, as data.
    result: serde_json::Map<String, Value>,
}

/// An error of a request that is understood and cannot be met.
pub(super) fn refused(message: impl Into<String>) -> Error {
    // `RequestFailed`
    error(ErrorCode::ServerError(-32803), message)
}

/// An error with a sentence.
pub(super) fn error(code: ErrorCode, message: impl Into<String>) -> Error {
    Error {
        code,
        message: message.into().into(),
        data: None,
    }
}

/// Carries out a command.
pub(super) async fn execute(office: Office, params: ExecuteCommandParams) -> Result<Option<Value>> {
    let request = Request::read(params)?;
    let (snapshot, open) = office
        .session
        .checkout_at(request.root.as_deref())
        .map_err(|message| error(ErrorCode::InvalidParams, message))?;
    let abilities = office.session.abilities();
    let (dry_run, texts) = (request.dry_run, request.texts);
    let planned = compute(move || Planned::new(request.what, snapshot, abilities, open));
    let planned = planned.await?.map_err(|refusal| refused(refusal.0))?;
    if dry_run {
        let mut told = planned.told(false);
        if texts && let Value::Object(told) = &mut told {
            let texts = told::texts(&planned.snapshot.tree, &planned.after);
            told.insert("texts".to_owned(), texts);
        }
        return Ok(Some(told));
    }
    if planned.prepared.is_for_client() && !planned.abilities.apply_edit {
        return Err(refused(format!(
            "this editor cannot apply edits: run `{}`",
            planned.what.command_line()
        )));
    }
    // A task of its own: once the client has the edit, the rest is done, cancelled or not.
    tokio::spawn(office.carry_out(planned))
        .await
        .map_err(|_| Error::internal_error())?
        .map(Some)
}

impl Planned {
    fn new(
        what: What,
        snapshot: Arc<Snapshot>,
        abilities: Arc<Abilities>,
        open: OpenNames,
    ) -> std::result::Result<Planned, Refusal> {
        let documents = if what.reads_documents() {
            checkout::documents(&snapshot.root)
        } else {
            Vec::new()
        };
        let change = what.change(&snapshot.view(), &documents)?;
        let target = Target {
            snapshot: &snapshot,
            abilities: &abilities,
            open: &open,
        };
        refuse_outdated(target, &change.edits)?;
        let prepared = workspace_edit(target, &change.title, &what.command_line(), &change.edits)?;
        let after = edits::apply(&snapshot.tree, &change.edits);
        let result = told::result(target, &change, &after, &documents);
        Ok(Planned {
            what,
            change,
            prepared,
            after,
            result,
            snapshot,
            abilities,
            open,
        })
    }

    /// The result, with whether it was applied.
    fn told(&self, applied: bool) -> Value {
        let mut result = self.result.clone();
        result.insert("applied".to_owned(), Value::Bool(applied));
        Value::Object(result)
    }

    /// The result of a change that was not made, with the reason.
    fn not_applied(&self, reason: &str) -> Value {
        serde_json::json!({ "applied": false, "reason": reason })
    }

    /// The paths that come, go, or change places.
    fn structure(&self) -> Vec<PathBuf> {
        let paths = self.change.edits.iter().flat_map(|edit| match edit {
            Edit::Rename { from, to } => vec![from, to],
            edit => edit.path().into_iter().collect(),
        });
        paths
            .map(|path| self.snapshot.root.join(path.as_str()))
            .collect()
    }

    /// The open documents that are changed.
    fn documents(&self) -> Vec<SmolStr> {
        let tree = &self.snapshot.tree;
        let paths = self.change.edits.iter().filter_map(|edit| match edit {
            Edit::Text { file, .. } => tree.path(*file).cloned(),
            _ => None,
        });
        let mut paths: Vec<SmolStr> = paths.collect();
        paths.dedup();
        paths
    }
}

/// A file that nobody has open must be what it was when it was read: nobody may have told us.
fn refuse_outdated(target: Target<'_>, edits: &[Edit]) -> std::result::Result<(), Refusal> {
    let snapshot = target.snapshot;
    let files = edits.iter().filter_map(|edit| match edit {
        Edit::Text { file, .. } => snapshot.tree.file(*file),
        _ => None,
    });
    let mut seen: Vec<&SmolStr> = Vec::new();
    for file in files.filter(|file| !target.open.contains_key(&file.path)) {
        if seen.contains(&&file.path) {
            continue;
        }
        seen.push(&file.path);
        let now = std::fs::read(snapshot.root.join(file.path.as_str()));
        if now.ok().as_deref() != Some(file.text.as_bytes()) {
            return Err(Refusal(format!(
                "{}: it has changed meanwhile: try again",
                file.path
            )));
        }
    }
    Ok(())
}

impl Office {
    async fn carry_out(self, planned: Planned) -> Result<Value> {
        let root = &planned.snapshot.root;
        let verify = &planned.change.verify;
        self.session.prepare_marks(root, &planned.after, verify);
        let applied = self.have_applied(&planned).await;
        self.session
            .conclude_marks(root, verify, matches!(applied, Ok(None)));
        if let Some(reason) = applied? {
            return Ok(planned.not_applied(&reason));
        }
        // Files are read and written from here on.
        tokio::task::spawn_blocking(move || self.finish(&planned))
            .await
            .map_err(|_| Error::internal_error())
    }

    /// Has the client do its part. Gives the reason if it did not.
    async fn have_applied(&self, planned: &Planned) -> Result<Option<String>> {
        if !planned.prepared.is_for_client() {
            return Ok(None);
        }
        let root = &planned.snapshot.root;
        // A client asks what its files coming and going means elsewhere, also when it is us who
        // has them come and go.
        let _under_way = self.session.begin(planned.structure());
        if !self
            .session
            .is_at(root, &planned.open, &planned.documents())
        {
            return Err(error(
                ErrorCode::ContentModified,
                "a file has changed meanwhile: try again",
            ));
        }
        let params = ApplyWorkspaceEditParams {
            label: Some(planned.change.title.clone()),
            edit: planned.prepared.edit.clone(),
        };
        let answer = ask_client::<ApplyWorkspaceEdit>(&self.client, params, PATIENCE).await;
        Ok(match answer {
            Ok(answer) if answer.applied => None,
            Ok(answer) => Some(
                { answer.failure_reason }
                    .unwrap_or_else(|| "the editor did not apply the edit".to_owned()),
            ),
            Err(NoAnswer::Refused(error)) => Some(error.message.into_owned()),
            Err(NoAnswer::Late) => Some("the editor did not answer in time".to_owned()),
        })
    }

    /// Does the server's part, and tells of everything.
    fn finish(&self, planned: &Planned) -> Value {
        let (snapshot, own) = (&planned.snapshot, &planned.prepared.own);
        let mut result = planned.told(true);
        let root = &snapshot.root;
        if !own.is_empty() {
            match apply::apply(root, &snapshot.tree, own) {
                Ok(_) => self.outbox.show(
                    MessageType::INFO,
                    told::own_part(snapshot, own, &planned.what),
                ),
                Err(message) => {
                    self.session.log(Level::Error, message.clone());
                    self.outbox.show(
                        MessageType::ERROR,
                        format!(
                            "{message}; the editor's part of `{}` is done: undo it there",
                            planned.change.title
                        ),
                    );
                    if let Value::Object(result) = &mut result {
                        result.insert("failed".to_owned(), Value::String(message));
                    }
                }
            }
        }
        if !own.is_empty() {
            self.session.reload(&planned.structure());
        }
        if let Some(notes) = notes(snapshot, &planned.change.notes) {
            self.outbox.show(MessageType::INFO, notes);
        }
        self.show_new(planned);
        result
    }

    /// Opens the script that a new image is made by.
    fn show_new(&self, planned: &Planned) {
        let build = planned.change.edits.iter().find_map(|edit| match edit {
            Edit::Create { path, .. } if path.ends_with("/build.sh") => Some(path),
            _ => None,
        });
        let uri = build
            .filter(|_| planned.abilities.show_document)
            .and_then(|path| url_of(&planned.snapshot.root, path));
        let Some(uri) = uri else { return };
        let params = ShowDocumentParams {
            uri,
            external: None,
            take_focus: Some(true),
            selection: None,
        };
        // Whatever comes of it.
        drop(ask_client::<ShowDocument>(&self.client, params, PATIENCE));
    }
}
