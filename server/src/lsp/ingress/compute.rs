//! Tools of handlers: computing away from the task queue, and requests to the client that cannot
//! hang.

use std::any::Any;
use std::future::Future;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::task::{self, AbortHandle};
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, Result};

use super::log::log;

/// Computations that run at once. Well above the number of cores, so that slow ones do not keep
/// a quick one waiting; well below a flood of requests, each with a thread.
static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(32)));

/// Sign to a computation that nobody waits for its result any more.
#[derive(Clone, Debug, Default)]
pub struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    /// Returns whether to stop: the request was cancelled, or the server is ending.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Part of the future of a handler; when tower-lsp drops that (the request was cancelled), the
/// computation learns of it, or does not begin.
struct CancelOnDrop {
    cancelled: Cancelled,
    task: AbortHandle,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.cancelled.0.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

/// Computes on the blocking pool. A panic is logged and becomes an internal error (-32603).
///
/// Take the snapshot before calling this: up to its first `await` a handler sees exactly the edits
/// that came before its request.
#[track_caller]
pub fn compute<T, F>(work: F) -> impl Future<Output = Result<T>> + Send
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    compute_cancellable(move |_| work())
}

/// Computes as [`compute`] does, for long work: it can ask whether it was cancelled, and return
/// anything then.
#[track_caller]
pub fn compute_cancellable<T, F>(work: F) -> impl Future<Output = Result<T>> + Send
where
    T: Send + 'static,
    F: FnOnce(&Cancelled) -> T + Send + 'static,
{
    let caller = Location::caller();
    async move {
        let slot = Arc::clone(&SLOTS).acquire_owned().await;
        let cancelled = Cancelled::default();
        let theirs = cancelled.clone();
        let task = task::spawn_blocking(move || {
            // Held by the work itself: cancelled work that still runs keeps its slot.
            let _slot = slot;
            work(&theirs)
        });
        let _cancel = CancelOnDrop {
            cancelled,
            task: task.abort_handle(),
        };
        task.await.map_err(|error| {
            match error.try_into_panic() {
                Ok(panic) => log(format_args!(
                    "a computation ({caller}) panicked: {}",
                    panic_text(&*panic)
                )),
                Err(error) => log(format_args!(
                    "a computation ({caller}) did not end: {error}"
                )),
            }
            Error::internal_error()
        })
    }
}

/// Reason why there is no response of the client.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestError {
    /// The client responded with an error.
    Refused(Error),
    /// The client did not respond in time; it may yet, and nobody will look at it.
    TimedOut,
}

/// Sends a request to the client, at once, and waits at most `timeout` for its response.
///
/// May be called on the worker of the task queue if the future is dropped or spawned there, not
/// awaited. It can be dropped at any time: tower-lsp's own future cannot (its entry in the table of
/// open requests would stay, and the response, when it comes, would panic in the reader), so that
/// one runs in a task.
pub fn send_request<R>(
    client: &Client,
    params: R::Params,
    timeout: Duration,
) -> impl Future<Output = std::result::Result<R::Result, RequestError>> + Send + use<R>
where
    R: lsp_types::request::Request,
    R::Params: Send + 'static,
    R::Result: Send + 'static,
{
    let client = client.clone();
    let (sender, receiver) = oneshot::channel();
    task::spawn(async move {
        // The sender may have gone; the response was awaited all the same.
        let _ = sender.send(client.send_request::<R>(params).await);
    });
    async move {
        match tokio::time::timeout(timeout, receiver).await {
            Ok(Ok(response)) => response.map_err(RequestError::Refused),
            Ok(Err(_)) | Err(_) => Err(RequestError::TimedOut),
        }
    }
}

/// Returns the message of a panic.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
