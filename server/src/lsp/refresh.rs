//! Has the client ask for lenses and hints again when another file made them say something else.

use std::sync::Arc;
use std::time::Duration;

use lsp_types::request::{CodeLensRefresh, InlayHintRefreshRequest};
use tokio::sync::watch::Receiver;
use tower_lsp::Client;

use super::abilities::Abilities;
use super::ingress::ask_client;
use super::session::Session;

/// How long nothing may have changed before lenses and hints are to be asked for again.
const CALM: Duration = Duration::from_millis(300);

/// How long an answer of the client is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Begins to, in a task of its own, where the client asks again at all.
pub(super) fn begin(client: &Client, session: &Session) {
    let abilities = session.abilities();
    if abilities.refresh_lenses || abilities.refresh_hints {
        tokio::spawn(refresh(client.clone(), abilities, session.shown()));
    }
}

/// Has the client ask for lenses and hints again whenever they may be other ones, until the
/// session ends. What changes while it is about to is told of once.
async fn refresh(client: Client, abilities: Arc<Abilities>, mut shown: Receiver<u64>) {
    while shown.changed().await.is_ok() {
        // Whoever types on does not look at anything else.
        while let Ok(more) = tokio::time::timeout(CALM, shown.changed()).await {
            if more.is_err() {
                return;
            }
        }
        // The client may refuse; there is nothing to be done about that.
        if abilities.refresh_lenses {
            let _ = ask_client::<CodeLensRefresh>(&client, (), PATIENCE).await;
        }
        if abilities.refresh_hints {
            let _ = ask_client::<InlayHintRefreshRequest>(&client, (), PATIENCE).await;
        }
    }
}
