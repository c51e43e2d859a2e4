//! Queue of everything that looks at or changes the documents, and the thread that works it off.
//!
//! Notifications run to completion one after the other. A request is polled once when its turn comes
//! (there its handler takes its snapshot) and then continues as a task of its own. The worker is a
//! thread because handlers parse: a worker of the runtime that does so delays whatever is queued
//! after it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tower_lsp::ExitedError;
use tower_lsp::jsonrpc::{Id, Response};

/// Future that tower-lsp makes of a message.
pub(super) type ResponseFuture = BoxFuture<'static, Result<Option<Response>, ExitedError>>;
/// Output of a [`ResponseFuture`], or the panic that ended it.
pub(super) type HandlerResult = thread::Result<Result<Option<Response>, ExitedError>>;

/// Kept by everything in progress: when all are dropped, all work is done.
#[derive(Debug, Clone)]
pub(super) struct WorkToken(
    #[expect(dead_code, reason = "lives to be dropped")] pub(super) Option<mpsc::Sender<Infallible>>,
);

/// Number of messages that wait in the queue.
///
/// In the handler of a notification: how many have come in after it. Beware of leaving work to
/// "the next one": that may be a request, or a notification which has nothing to do with it.
#[derive(Clone, Debug, Default)]
pub struct QueueDepth(Arc<AtomicUsize>);

impl QueueDepth {
    /// Returns the number of messages whose turn has not come.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Request and everything needed to answer it.
pub(super) struct RequestTask {
    pub(super) id: Id,
    pub(super) method: String,
    pub(super) future: ResponseFuture,
    pub(super) token: WorkToken,
}

/// Notification whose handler has not run.
struct NotificationTask {
    method: String,
    future: ResponseFuture,
    _token: WorkToken,
}

/// Item of the queue.
enum Task {
    Notification(NotificationTask),
    /// Request in [`WaitingRequests`], if it is still there.
    Request {
        id: Id,
        number: u64,
    },
    /// Wakes the worker up to see that it is to end.
    Stop,
}

/// Requests whose turn has not come. They are not in the queue itself, so that one which is
/// cancelled can be answered while the worker is busy.
#[derive(Default)]
struct WaitingRequests {
    by_id: HashMap<Id, WaitingRequest>,
    count: u64,
    stopped: bool,
}

struct WaitingRequest {
    /// Tells it from a later one that uses the id again.
    number: u64,
    task: RequestTask,
}

/// Receiver of what handlers return.
pub(super) trait CompletionHandler: Send + Sync + 'static {
    /// Takes the result of a request.
    fn request_completed(&self, id: Id, method: &str, result: HandlerResult);
    /// Takes the result of a notification.
    fn notification_completed(&self, method: &str, result: HandlerResult);
}

/// Sending end of the queue.
#[derive(Clone)]
pub(super) struct TaskQueue {
    tasks: Sender<Task>,
    requests: Arc<Mutex<WaitingRequests>>,
    depth: QueueDepth,
}

impl TaskQueue {
    pub(super) fn new(depth: QueueDepth) -> (Self, Worker) {
        let (sender, receiver) = channel();
        let queue = Self {
            tasks: sender,
            requests: Arc::default(),
            depth,
        };
        let worker = Worker {
            tasks: receiver,
            requests: Arc::clone(&queue.requests),
            depth: queue.depth.clone(),
        };
        (queue, worker)
    }

    /// Queues a notification.
    pub(super) fn push_notification(
        &self,
        method: String,
        future: ResponseFuture,
        token: WorkToken,
    ) {
        self.push(Task::Notification(NotificationTask {
            method,
            future,
            _token: token,
        }));
    }

    /// Queues a request. Its id must not be [waiting](Self::is_waiting).
    pub(super) fn push_request(&self, task: RequestTask) {
        let id = task.id.clone();
        let number = {
            let mut requests = lock(&self.requests);
            requests.count += 1;
            let number = requests.count;
            let waiting = WaitingRequest { number, task };
            requests.by_id.insert(id.clone(), waiting);
            number
        };
        self.push(Task::Request { id, number });
    }

    /// Returns whether a request with that id waits for its turn.
    pub(super) fn is_waiting(&self, id: &Id) -> bool {
        lock(&self.requests).by_id.contains_key(id)
    }

    /// Takes a waiting request out. Its entry in the queue stays, and is skipped.
    pub(super) fn remove(&self, id: &Id) -> Option<RequestTask> {
        let waiting = lock(&self.requests).by_id.remove(id);
        waiting.map(|waiting| waiting.task)
    }

    /// Ends the worker after what it is doing now.
    pub(super) fn stop(&self) {
        let mut requests = lock(&self.requests);
        requests.stopped = true;
        // Dropped outside the lock.
        let _waiting = std::mem::take(&mut requests.by_id);
        drop(requests);
        self.push(Task::Stop);
    }

    fn push(&self, task: Task) {
        self.depth.0.fetch_add(1, Ordering::SeqCst);
        // The worker ends only when the server does.
        let _ = self.tasks.send(task);
    }
}

/// Receiving end of the queue, which runs the handlers.
pub(super) struct Worker {
    tasks: Receiver<Task>,
    requests: Arc<Mutex<WaitingRequests>>,
    depth: QueueDepth,
}

impl Worker {
    /// Works the queue off on a thread of its own. Handlers find the runtime of `handle`.
    pub(super) fn spawn<C: CompletionHandler>(
        self,
        handle: Handle,
        completions: Arc<C>,
    ) -> io::Result<()> {
        let work = move || self.work(&handle, &completions);
        thread::Builder::new()
            .name("tasks".into())
            .spawn(work)
            .map(drop)
    }

    fn work<C: CompletionHandler>(self, handle: &Handle, completions: &Arc<C>) {
        let _inside = handle.enter();
        while let Ok(task) = self.tasks.recv() {
            self.depth.0.fetch_sub(1, Ordering::SeqCst);
            if lock(&self.requests).stopped {
                break;
            }
            match task {
                Task::Stop => {}
                Task::Notification(NotificationTask {
                    method,
                    future,
                    _token,
                }) => {
                    let result = handle.block_on(AssertUnwindSafe(future).catch_unwind());
                    completions.notification_completed(&method, result);
                }
                Task::Request { id, number } => {
                    if let Some(task) = self.take_request(id, number) {
                        begin(task, handle, completions);
                    }
                }
            }
        }
    }

    /// Takes the request whose turn it is, unless it was cancelled.
    fn take_request(&self, id: Id, number: u64) -> Option<RequestTask> {
        match lock(&self.requests).by_id.entry(id) {
            Entry::Occupied(entry) if entry.get().number == number => Some(entry.remove().task),
            _ => None,
        }
    }
}

/// Polls a request for the first time here, and the rest in a task.
fn begin<C: CompletionHandler>(task: RequestTask, handle: &Handle, completions: &Arc<C>) {
    let RequestTask {
        id,
        method,
        future,
        token,
    } = task;
    let mut future = AssertUnwindSafe(future).catch_unwind();
    // Nothing is lost with a waker that wakes nobody: the task polls again when it begins.
    match future.poll_unpin(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => completions.request_completed(id, &method, result),
        Poll::Pending => {
            let completions = Arc::clone(completions);
            handle.spawn(async move {
                let result = future.await;
                completions.request_completed(id, &method, result);
                drop(token);
            });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that can panic is done under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
