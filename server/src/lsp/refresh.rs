//! Notifications that a client should request something again: lenses and hints that say something
//! else because of another file, and the state of images.

use std::sync::{Arc, Weak};

use lsp_types::request::{CodeLensRefresh, InlayHintRefreshRequest};
use tokio::sync::watch::Receiver;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tower_lsp::Client;

use super::client_capabilities::ClientCapabilities;
use super::ingress::{Outbox, send_request};
use super::limits::{CLIENT_TIMEOUT, REFRESH_DEBOUNCE, TEST_RESULTS_INTERVAL};
use super::protocol::ImagesChanged;
use super::session::Session;

/// Starts the tasks that do so, where the client requests anything again.
pub(super) fn start(client: &Client, outbox: &Outbox, session: &Arc<Session>) {
    let capabilities = session.client_capabilities();
    if capabilities.refresh_lenses || capabilities.refresh_hints {
        let refreshes = session.refreshes();
        tokio::spawn(refresh_views(
            client.clone(),
            capabilities.clone(),
            refreshes,
        ));
    }
    if capabilities.images_changed {
        tokio::spawn(notify_images_changed(
            outbox.clone(),
            session.image_states(),
        ));
        tokio::spawn(follow_test_results(Arc::downgrade(session)));
    }
}

/// End of waiting for changes.
pub(super) enum Wait {
    Changed,
    SessionEnded,
}

/// Waits for a change, and until nothing changes for a while: whoever types on does not look at
/// anything else.
pub(super) async fn debounced(changes: &mut Receiver<u64>) -> Wait {
    if changes.changed().await.is_err() {
        return Wait::SessionEnded;
    }
    while let Ok(change) = timeout(REFRESH_DEBOUNCE, changes.changed()).await {
        if change.is_err() {
            return Wait::SessionEnded;
        }
    }
    Wait::Changed
}

/// Notifies the client that images may be in another state, until the session ends.
async fn notify_images_changed(outbox: Outbox, mut states: Receiver<u64>) {
    while let Wait::Changed = debounced(&mut states).await {
        outbox.notify::<ImagesChanged>(&());
    }
}

/// Notes that the state of images may have changed whenever the test runner has left another result, until
/// the session ends. It writes to disks of gigabytes beside them: its directory is looked at, not watched.
async fn follow_test_results(session: Weak<Session>) {
    let mut known = None;
    while let Some(session) = session.upgrade() {
        let directory = session.state_directory();
        let Ok(now) = spawn_blocking(move || directory.fingerprint()).await else {
            return;
        };
        if known.replace(now).is_some_and(|known| known != now) {
            session.image_states_changed();
        }
        drop(session);
        sleep(TEST_RESULTS_INTERVAL).await;
    }
}

/// Has the client request lenses and hints again whenever they may differ, until the session ends.
/// Changes while it is about to are covered by one request.
async fn refresh_views(
    client: Client,
    capabilities: Arc<ClientCapabilities>,
    mut refreshes: Receiver<u64>,
) {
    while let Wait::Changed = debounced(&mut refreshes).await {
        // The client may refuse; there is nothing to be done about that.
        if capabilities.refresh_lenses {
            let _ = send_request::<CodeLensRefresh>(&client, (), CLIENT_TIMEOUT).await;
        }
        if capabilities.refresh_hints {
            let _ = send_request::<InlayHintRefreshRequest>(&client, (), CLIENT_TIMEOUT).await;
        }
    }
}
