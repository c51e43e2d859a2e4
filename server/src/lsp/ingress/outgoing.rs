//! The one way to stdout: a queue without a limit and a thread that empties it.
//!
//! Senders only put a message into the queue and go on; order in the queue is order on the wire.
//! Everything that gathered in the queue during a write is written in one piece.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use lsp_types::notification::{LogMessage, Notification, PublishDiagnostics, ShowMessage};
use lsp_types::{LogMessageParams, MessageType, PublishDiagnosticsParams, ShowMessageParams};
use serde::Serialize;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, Request, Response};

use super::log::log;
use crate::lsp::shown;

/// Bytes that are gathered for one write.
const MAX_BATCH: usize = 256 * 1024;

/// Item of the queue.
enum Outgoing {
    /// Response to a request of the client: goes out at any time.
    Response(Vec<u8>),
    /// Notification or request of the server: waits for `initialized`.
    Call(Vec<u8>),
    /// `initialized` has come.
    Initialized,
    /// The last item; the sender is used when all is written.
    Close(oneshot::Sender<()>),
}

/// Sends notifications to the client, in the order of the calls and without ever waiting.
///
/// Messages sent before the client's `initialized` are kept until then. Clones share one queue.
#[derive(Clone, Debug)]
pub struct Outbox {
    items: Sender<Outgoing>,
}

impl Outbox {
    pub(super) fn new() -> (Self, OutgoingQueue) {
        let (sender, receiver) = channel();
        (Self { items: sender }, OutgoingQueue { items: receiver })
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
            Ok(body) => self.push(Outgoing::Call(body)),
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
            message: shown::message(&message.into()),
        });
    }

    /// Shows a message to the user.
    pub fn show(&self, typ: MessageType, message: impl Into<String>) {
        self.notify::<ShowMessage>(&ShowMessageParams {
            typ,
            message: shown::message(&message.into()),
        });
    }

    /// Sends a response.
    pub(super) fn respond(&self, response: &Response) {
        let body = serde_json::to_vec(response).or_else(|error| {
            log(format_args!("a response cannot be written: {error}"));
            let id = response.id().clone();
            serde_json::to_vec(&Response::from_error(id, Error::internal_error()))
        });
        if let Ok(body) = body {
            self.push(Outgoing::Response(body));
        }
    }

    /// Sends what the server sent through tower-lsp's `Client`.
    pub(super) fn forward(&self, request: &Request) {
        match serde_json::to_vec(request) {
            Ok(body) => self.push(Outgoing::Call(body)),
            Err(error) => log(format_args!(
                "`{}` cannot be written: {error}",
                request.method()
            )),
        }
    }

    /// Lets notifications and requests of the server out: `initialized` has come.
    pub(super) fn open(&self) {
        self.push(Outgoing::Initialized);
    }

    /// Ends the queue; resolves when everything before it is written and flushed.
    pub(super) fn close(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.push(Outgoing::Close(sender));
        receiver
    }

    fn push(&self, item: Outgoing) {
        // Without a reader the server is ending, and nobody is interested any more.
        let _ = self.items.send(item);
    }
}

/// Receiving end of the [`Outbox`].
#[derive(Debug)]
pub(super) struct OutgoingQueue {
    items: Receiver<Outgoing>,
}

impl OutgoingQueue {
    /// Writes everything to `sink`, on a thread of its own: a client which does not read holds up
    /// nothing but this. `broken` is called when `sink` takes no more.
    pub(super) fn spawn<W>(self, sink: W, broken: impl FnOnce() + Send + 'static) -> io::Result<()>
    where
        W: Write + Send + 'static,
    {
        let work = move || {
            let writer = MessageWriter {
                sink,
                batch: Vec::new(),
                held: Some(Vec::new()),
            };
            if let Err(error) = writer.write_items(&self.items) {
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

struct MessageWriter<W> {
    sink: W,
    batch: Vec<u8>,
    /// Notifications and requests of the server, until `initialized` has come.
    held: Option<Vec<Vec<u8>>>,
}

impl<W: Write> MessageWriter<W> {
    fn write_items(mut self, items: &Receiver<Outgoing>) -> io::Result<()> {
        while let Ok(item) = items.recv() {
            let mut closed = self.take(item);
            while closed.is_none() && self.batch.len() < MAX_BATCH {
                let Ok(item) = items.try_recv() else { break };
                closed = self.take(item);
            }
            if !self.batch.is_empty() {
                self.sink.write_all(&self.batch)?;
                self.sink.flush()?;
                self.batch.clear();
                self.batch.shrink_to(MAX_BATCH);
            }
            if let Some(closed) = closed {
                let _ = closed.send(());
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, item: Outgoing) -> Option<oneshot::Sender<()>> {
        match (item, &mut self.held) {
            (Outgoing::Response(body), _) | (Outgoing::Call(body), None) => self.add(&body),
            (Outgoing::Call(body), Some(held)) => held.push(body),
            (Outgoing::Initialized, held) => {
                for body in held.take().unwrap_or_default() {
                    self.add(&body);
                }
            }
            (Outgoing::Close(closed), _) => return Some(closed),
        }
        None
    }

    fn add(&mut self, body: &[u8]) {
        // Writing to a `Vec` does not fail.
        let _ = write!(self.batch, "Content-Length: {}\r\n\r\n", body.len());
        self.batch.extend_from_slice(body);
    }
}
