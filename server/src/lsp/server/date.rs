//! Midnight: findings that depend on the date are brought up to date.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::lsp::limits::DATE_INTERVAL;
use crate::lsp::session::Session;

const DAY: u64 = 24 * 60 * 60;

/// Has the session look at the date at midnight. It does so with every event, too.
pub(super) fn watch_date(session: &Arc<Session>) {
    let session = Arc::downgrade(session);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(until_midnight().min(DATE_INTERVAL)).await;
            let Some(session) = session.upgrade() else {
                return;
            };
            session.sync_documents();
        }
    });
}

/// Returns the time until another day begins, in UTC.
fn until_midnight() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = now.unwrap_or_default().as_secs() % DAY;
    // Not a moment before.
    Duration::from_secs(DAY - seconds) + Duration::from_millis(10)
}
