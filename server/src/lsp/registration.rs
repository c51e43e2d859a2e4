//! What the client is asked to do for us: to watch files, and to show that something takes a while.

use lsp_types::notification::Progress;
use lsp_types::request::WorkDoneProgressCreate;
use lsp_types::*;
use tower_lsp::Client;

use super::ingress::{Outbox, ask_client};
use super::server::{PATIENCE, WATCHED_FILES};
use checkout::Root;

/// Shows that something takes a while, if it still does when the client is ready to.
pub(super) async fn progress(
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

pub(super) fn registration_id(root: &Root) -> String {
    format!("image-scripts/watch:{}", root.path.display())
}

/// The known places of a checkout, for the client to watch.
pub(super) fn registration(root: &Root, relative: bool) -> Registration {
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
