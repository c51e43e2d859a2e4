//! Requests that a client do something for us: watch files, and show that something takes a while.

use lsp_types::notification::Progress;
use lsp_types::request::WorkDoneProgressCreate;
use lsp_types::*;
use tower_lsp::Client;

use super::ingress::{Outbox, send_request};
use super::limits::CLIENT_TIMEOUT;
use super::protocol::WATCHED_FILES;
use checkout::Root;

/// Shows that something takes a while, if it still does when the client is ready to.
pub(super) async fn show_progress(
    client: Client,
    outbox: Outbox,
    token: NumberOrString,
    mut finished: tokio::sync::oneshot::Receiver<()>,
) {
    let params = WorkDoneProgressCreateParams {
        token: token.clone(),
    };
    let created = send_request::<WorkDoneProgressCreate>(&client, params, CLIENT_TIMEOUT);
    if created.await.is_err() {
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

/// Returns the id of the registration for watching a checkout.
pub(super) fn watch_id(root: &Root) -> String {
    format!("image-scripts/watch:{}", root.path.display())
}

/// Base of the patterns of watched files.
#[derive(Debug, Clone, Copy)]
pub(super) enum PatternBase {
    /// The root of the checkout.
    Root,
    /// Any folder: the client knows no relative patterns.
    Anywhere,
}

/// Returns the registration for watching the files of a checkout that we read.
pub(super) fn watch_registration(root: &Root, base: PatternBase) -> Registration {
    let scripts = format!("{}{{images,builders,include,tests}}", root.layout.prefix());
    // For a link or directory that comes or goes, clients send its own path.
    let patterns = [
        format!("{scripts}/**"),
        "{os/configs/*,.image-scripts.toml}".to_owned(),
        "tests/**".to_owned(),
    ];
    let base = match base {
        PatternBase::Root => Url::from_file_path(&root.path).ok(),
        PatternBase::Anywhere => None,
    };
    let watchers = patterns
        .into_iter()
        .map(|pattern| {
            let glob_pattern = match base.clone() {
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
        id: watch_id(root),
        method: WATCHED_FILES.to_owned(),
        register_options: serde_json::to_value(options).ok(),
    }
}
