//! The one way to stdout: a queue without a limit and a thread that empties it.
//!
//! Whoever has something to say only puts it into the queue and goes on; order in the queue is order
//! on the wire. What has gathered meanwhile is written in one piece.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use lsp_types::notification::{LogMessage, Notification, PublishDiagnostics, ShowMessage};
use lsp_types::{LogMessageParams, MessageType, PublishDiagnosticsParams, ShowMessageParams};
use serde::Serialize;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, Request, Response};

use super::log;

/// How much is gathered for one write.
const BATCH: usize = 256 * 1024;

/// Something for the writer.
enum Item {
    /// The answer to a request of the client: goes out at any time.
    Answer(Vec<u8>),
    /// A notification or request of ours: waits for `initialized`.
    Ours(Vec<u8>),
    /// `initialized` has come.
    Open,
    /// Nothing more will come; tell when all is written.
    Close(oneshot::Sender<()>),
}

/// Sends notifications to the client, in the order of the calls and without ever waiting.
///
/// What is sent before the client's `initialized` is kept until then. Clones share one queue.
#[derive(Clone, Debug)]
pub struct Outbox {
    items: Sender<Item>,
}

impl Outbox {
    pub(super) fn new() -> (Self, Queue) {
        let (sender, receiver) = channel();
        (Self { items: sender }, Queue { items: receiver })
    }

    /// Sends any notification.
    pub fn notify<N: Notification>(&self, params: &N::Params) {
        #[derive(Serialize)]
        struct Message<'a, P> {
            jsonrpc: &'static str,
            method: &'static str,
            params: &'a P,
        }
        let message = Message {
            jsonrpc: "2.0",
            method: N::METHOD,
            params,
        };
        match serde_json::to_vec(&message) {
            Ok(body) => self.put(Item::Ours(body)),
            Err(error) => log(format_args!("`{}` cannot be written: {error}", N::METHOD)),
        }
    }

    /// Sends the diagnostics of a document.
    pub fn publish(&self, params: &PublishDiagnosticsParams) {
        self.notify::<PublishDiagnostics>(params);
    }

    /// Writes a line into the client's log of this server.
    pub fn log(&self, typ: MessageType, message: impl Into<String>) {
        self.notify::<LogMessage>(&LogMessageParams {
            typ,
            message: message.into(),
        });
    }

    /// Shows a message to the user.
    pub fn show(&self, typ: MessageType, message: impl Into<String>) {
        self.notify::<ShowMessage>(&ShowMessageParams {
            typ,
            message: message.into(),
        });
    }

    /// Sends an answer.
    pub(super) fn answer(&self, response: &Response) {
        let body = serde_json::to_vec(response).or_else(|error| {
            log(format_args!("an answer cannot be written: {error}"));
            let id = response.id().clone();
            serde_json::to_vec(&Response::from_error(id, Error::internal_error()))
        });
        if let Ok(body) = body {
            self.put(Item::Answer(body));
        }
    }

    /// Sends what the server said through tower-lsp's `Client`.
    pub(super) fn ours(&self, request: &Request) {
        match serde_json::to_vec(request) {
            Ok(body) => self.put(Item::Ours(body)),
            Err(error) => log(format_args!(
                "`{}` cannot be written: {error}",
                request.method()
            )),
        }
    }

    /// `initialized` has come: from now on we may speak unasked.
    pub(super) fn open(&self) {
        self.put(Item::Open);
    }

    /// The last item; resolves when everything before it is written and flushed.
    pub(super) fn close(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.put(Item::Close(sender));
        receiver
    }

    fn put(&self, item: Item) {
        // Without a reader the server is ending, and nobody is interested any more.
        let _ = self.items.send(item);
    }
}

/// The other end of the [`Outbox`].
#[derive(Debug)]
pub(super) struct Queue {
    items: Receiver<Item>,
}

impl Queue {
    /// Writes everything to `sink`, on a thread of its own: a client which does not read holds up
    /// nothing but this. `broken` is called when `sink` takes no more.
    pub(super) fn spawn<W>(self, sink: W, broken: impl FnOnce() + Send + 'static) -> io::Result<()>
    where
        W: Write + Send + 'static,
    {
        let work = move || {
            if let Err(error) = (Writer {
                sink,
                batch: Vec::new(),
                held: Some(Vec::new()),
            })
            .run(&self.items)
            {
                log(format_args!("the client cannot be written to: {error}"));
                broken();
            }
        };
        thread::Builder::new()
            .name("writer".into())
            .spawn(work)
            .map(drop)
    }
}

struct Writer<W> {
    sink: W,
    batch: Vec<u8>,
    /// What we want to say of our own accord, until `initialized` has come.
    held: Option<Vec<Vec<u8>>>,
}

impl<W: Write> Writer<W> {
    fn run(mut self, items: &Receiver<Item>) -> io::Result<()> {
        while let Ok(item) = items.recv() {
            let mut closed = self.take(item);
            while closed.is_none() && self.batch.len() < BATCH {
                let Ok(item) = items.try_recv() else { break };
                closed = self.take(item);
            }
            if !self.batch.is_empty() {
                self.sink.write_all(&self.batch)?;
                self.sink.flush()?;
                self.batch.clear();
                self.batch.shrink_to(BATCH);
            }
            if let Some(closed) = closed {
                let _ = closed.send(());
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, item: Item) -> Option<oneshot::Sender<()>> {
        match (item, &mut self.held) {
            (Item::Answer(body), _) | (Item::Ours(body), None) => self.add(&body),
            (Item::Ours(body), Some(held)) => held.push(body),
            (Item::Open, held) => {
                for body in held.take().unwrap_or_default() {
                    self.add(&body);
                }
            }
            (Item::Close(closed), _) => return Some(closed),
        }
        None
    }

    fn add(&mut self, body: &[u8]) {
        // Writing to a `Vec` does not fail.
        let _ = write!(self.batch, "Content-Length: {}\r\n\r\n", body.len());
        self.batch.extend_from_slice(body);
    }
}
