//! Has the client ask again when what it was told is not so any more: for lenses and hints that
//! another file made say something else, and for the state of images.

use std::sync::Arc;
use std::time::Duration;

use lsp_types::request::{CodeLensRefresh, InlayHintRefreshRequest};
use tokio::sync::watch::Receiver;
use tower_lsp::Client;

use super::abilities::Abilities;
use super::answers::overview::ImagesChanged;
use super::ingress::{Outbox, ask_client};
use super::session::Session;

/// How long nothing may have changed before the client is told.
const CALM: Duration = Duration::from_millis(300);

/// How long an answer of the client is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Begins to, in a task of its own, where the client asks again at all.
pub(super) fn begin(client: &Client, outbox: &Outbox, session: &Session) {
    let abilities = session.abilities();
    if abilities.refresh_lenses || abilities.refresh_hints {
        tokio::spawn(refresh(client.clone(), abilities.clone(), session.shown()));
    }
    if abilities.shows_images {
        tokio::spawn(tell(outbox.clone(), session.states()));
    }
}

/// Waits for a change, and until nothing changes for a while: whoever types on does not look at
/// anything else. Gives whether there was one; else the session has ended.
async fn calm(changes: &mut Receiver<u64>) -> bool {
    if changes.changed().await.is_err() {
        return false;
    }
    while let Ok(more) = tokio::time::timeout(CALM, changes.changed()).await {
        if more.is_err() {
            return false;
        }
    }
    true
}

/// Tells the client that images may be in another state, until the session ends.
async fn tell(outbox: Outbox, mut states: Receiver<u64>) {
    while calm(&mut states).await {
        outbox.notify::<ImagesChanged>(&());
    }
}

/// Has the client ask for lenses and hints again whenever they may be other ones, until the
/// session ends. What changes while it is about to is told of once.
async fn refresh(client: Client, abilities: Arc<Abilities>, mut shown: Receiver<u64>) {
    while calm(&mut shown).await {
        // The client may refuse; there is nothing to be done about that.
        if abilities.refresh_lenses {
            let _ = ask_client::<CodeLensRefresh>(&client, (), PATIENCE).await;
        }
        if abilities.refresh_hints {
            let _ = ask_client::<InlayHintRefreshRequest>(&client, (), PATIENCE).await;
        }
    }
}
