//! The lane: one thread on which everything that looks at or changes the documents takes its turn.
//!
//! Notifications run to completion one after the other. A request is polled once when its turn comes
//! (there its handler takes its snapshot) and then goes on as a task of its own. The lane is a thread
//! because handlers parse: a worker of the runtime that does so delays whatever is queued behind it.

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

/// What tower-lsp makes of a message.
pub(super) type Answering = BoxFuture<'static, Result<Option<Response>, ExitedError>>;
/// What came of it; the error is a panic.
pub(super) type Outcome = thread::Result<Result<Option<Response>, ExitedError>>;

/// Kept by everything under way: when all are dropped, all work is done.
#[derive(Debug, Clone)]
pub(super) struct Token(
    #[expect(dead_code, reason = "lives to be dropped")] pub(super) Option<mpsc::Sender<Infallible>>,
);

/// How many messages wait in the lane.
///
/// In the handler of a notification: how many have come in behind it. Beware of leaving work to
/// "the next one": that may be a request, or a notification which has nothing to do with it.
#[derive(Clone, Debug, Default)]
pub struct LaneDepth(Arc<AtomicUsize>);

impl LaneDepth {
    /// The number of messages whose turn has not come.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A request and everything needed to answer it.
pub(super) struct Work {
    pub(super) id: Id,
    pub(super) method: String,
    pub(super) future: Answering,
    pub(super) token: Token,
}

/// A notification whose handler has not run.
struct Notice {
    method: String,
    future: Answering,
    _token: Token,
}

enum Item {
    Notice(Notice),
    /// A request in [`Requests`], if it is still there.
    Request(Id, u64),
    /// Wakes the thread up to see that it is to end.
    Stop,
}

/// The requests whose turn has not come. They are not in the queue itself, so that one which is
/// cancelled can be answered while the lane is busy.
#[derive(Default)]
struct Requests {
    waiting: HashMap<Id, (u64, Work)>,
    count: u64,
    stopped: bool,
}

/// Where the lane hands over what has been done.
pub(super) trait Conclude: Send + Sync + 'static {
    /// A request has come to its end.
    fn request(&self, id: Id, method: &str, outcome: Outcome);
    /// A notification has.
    fn notification(&self, method: &str, outcome: Outcome);
}

/// The end of the lane at which messages queue.
#[derive(Clone)]
pub(super) struct Lane {
    items: Sender<Item>,
    requests: Arc<Mutex<Requests>>,
    depth: LaneDepth,
}

impl Lane {
    pub(super) fn new(depth: LaneDepth) -> (Self, LaneEnd) {
        let (sender, receiver) = channel();
        let lane = Self {
            items: sender,
            requests: Arc::default(),
            depth,
        };
        let end = LaneEnd {
            items: receiver,
            requests: Arc::clone(&lane.requests),
            depth: lane.depth.clone(),
        };
        (lane, end)
    }

    /// Queues a notification.
    pub(super) fn notification(&self, method: String, future: Answering, token: Token) {
        self.put(Item::Notice(Notice {
            method,
            future,
            _token: token,
        }));
    }

    /// Queues a request. Its id must not be [waiting](Self::is_waiting).
    pub(super) fn request(&self, work: Work) {
        let id = work.id.clone();
        let number = {
            let mut requests = lock(&self.requests);
            requests.count += 1;
            let number = requests.count;
            requests.waiting.insert(id.clone(), (number, work));
            number
        };
        self.put(Item::Request(id, number));
    }

    /// Whether a request of that id waits for its turn.
    pub(super) fn is_waiting(&self, id: &Id) -> bool {
        lock(&self.requests).waiting.contains_key(id)
    }

    /// Takes a waiting request out of the lane. Its place in the queue stays, and is skipped.
    pub(super) fn take(&self, id: &Id) -> Option<Work> {
        lock(&self.requests)
            .waiting
            .remove(id)
            .map(|(_, work)| work)
    }

    /// The thread ends after what it is doing now.
    pub(super) fn stop(&self) {
        let mut requests = lock(&self.requests);
        requests.stopped = true;
        // Dropped outside the lock.
        let _waiting = std::mem::take(&mut requests.waiting);
        drop(requests);
        self.put(Item::Stop);
    }

    fn put(&self, item: Item) {
        self.depth.0.fetch_add(1, Ordering::SeqCst);
        // The thread ends only when the server does.
        let _ = self.items.send(item);
    }
}

/// The end at which they are served.
pub(super) struct LaneEnd {
    items: Receiver<Item>,
    requests: Arc<Mutex<Requests>>,
    depth: LaneDepth,
}

impl LaneEnd {
    /// Serves on a thread of its own. Handlers find the runtime of `handle`.
    pub(super) fn spawn<C: Conclude>(self, handle: Handle, conclude: Arc<C>) -> io::Result<()> {
        let work = move || self.run(&handle, &conclude);
        thread::Builder::new()
            .name("lane".into())
            .spawn(work)
            .map(drop)
    }

    fn run<C: Conclude>(self, handle: &Handle, conclude: &Arc<C>) {
        let _inside = handle.enter();
        while let Ok(item) = self.items.recv() {
            self.depth.0.fetch_sub(1, Ordering::SeqCst);
            if lock(&self.requests).stopped {
                break;
            }
            match item {
                Item::Stop => {}
                Item::Notice(Notice {
                    method,
                    future,
                    _token,
                }) => {
                    let outcome = handle.block_on(AssertUnwindSafe(future).catch_unwind());
                    conclude.notification(&method, outcome);
                }
                Item::Request(id, number) => {
                    if let Some(work) = self.turn_of(id, number) {
                        begin(work, handle, conclude);
                    }
                }
            }
        }
    }

    /// The request whose turn it is. The number tells it from a later one that uses the id again.
    fn turn_of(&self, id: Id, number: u64) -> Option<Work> {
        match lock(&self.requests).waiting.entry(id) {
            Entry::Occupied(entry) if entry.get().0 == number => Some(entry.remove().1),
            _ => None,
        }
    }
}

/// The first poll here, the rest in a task.
fn begin<C: Conclude>(work: Work, handle: &Handle, conclude: &Arc<C>) {
    let Work {
        id,
        method,
        future,
        token,
    } = work;
    let mut future = AssertUnwindSafe(future).catch_unwind();
    // Nothing is lost with a waker that wakes nobody: the task polls again when it begins.
    match future.poll_unpin(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => conclude.request(id, &method, outcome),
        Poll::Pending => {
            let conclude = Arc::clone(conclude);
            handle.spawn(async move {
                let outcome = future.await;
                conclude.request(id, &method, outcome);
                drop(token);
            });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that can panic is done under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
