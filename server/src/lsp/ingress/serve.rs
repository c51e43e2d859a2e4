//! Session from its first byte to its end: starts the threads and waits for them.

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::{SinkExt, Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower::Service;
use tower_lsp::jsonrpc::Request;
use tower_lsp::{ClientSocket, LanguageServer, LspService};

use super::dispatch::{Dispatch, Next};
use super::frames::{FrameReader, MessageFrame};
use super::log::log;
use super::messages;
use super::outgoing::{Outbox, OutgoingQueue};
use super::task_queue::{QueueDepth, TaskQueue};

/// Limits of a session.
#[derive(Debug, Clone, Copy)]
pub struct IngressOptions {
    /// Longest body of a message, in bytes.
    pub max_body: usize,
    /// Time that `exit` waits for the responses to what came before it. Editors kill a server that
    /// takes half a second.
    pub exit_timeout: Duration,
    /// Time that the end of stdin waits for them: the client is a script then, or gone.
    pub eof_timeout: Duration,
    /// Time that the last responses may take to be written.
    pub flush_timeout: Duration,
}

impl Default for IngressOptions {
    fn default() -> Self {
        Self {
            max_body: 64 << 20,
            exit_timeout: Duration::from_millis(300),
            eof_timeout: Duration::from_secs(2),
            flush_timeout: Duration::from_millis(500),
        }
    }
}

/// End of a session.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// The client had requested `shutdown`.
    Orderly,
    /// The client had not.
    Abrupt,
}

impl ExitStatus {
    /// Returns the exit status that LSP wants of the process.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Orderly => 0,
            Self::Abrupt => 1,
        }
    }
}

/// Reason why reading stopped.
#[derive(Debug, Clone, Copy)]
enum End {
    Exit,
    Eof,
    /// The process of the client is gone, whoever still holds the other end of stdin.
    ClientGone,
    /// The client does not take what we write, or a thread could not be started.
    Broken,
}

/// Ends a session from anywhere.
#[derive(Debug, Clone)]
pub struct SessionEnd(mpsc::UnboundedSender<End>);

impl SessionEnd {
    /// Ends the session: the process of the client is gone.
    pub fn client_gone(&self) {
        // Without a receiver the session has ended.
        let _ = self.0.send(End::ClientGone);
    }
}

impl End {
    /// Returns how long to wait for the responses that are due.
    fn timeout(self, options: &IngressOptions) -> Duration {
        match self {
            Self::Exit => options.exit_timeout,
            Self::Eof | Self::ClientGone => options.eof_timeout,
            Self::Broken => Duration::ZERO,
        }
    }
}

/// Session that has not begun: what the server needs before its [`LspService`] exists.
#[derive(Debug)]
pub struct Ingress {
    options: IngressOptions,
    depth: QueueDepth,
    outbox: Outbox,
    outgoing: OutgoingQueue,
    end: SessionEnd,
    ended: mpsc::UnboundedReceiver<End>,
}

impl Ingress {
    /// Makes the way out.
    #[must_use]
    pub fn new(options: IngressOptions) -> Self {
        let (outbox, outgoing) = Outbox::new();
        let (end, ended) = mpsc::unbounded_channel();
        Self {
            options,
            depth: QueueDepth::default(),
            outbox,
            outgoing,
            end: SessionEnd(end),
            ended,
        }
    }

    /// Returns what ends the session from elsewhere.
    #[must_use]
    pub fn session_end(&self) -> SessionEnd {
        self.end.clone()
    }

    /// Returns the counter of messages that wait in the task queue.
    #[must_use]
    pub fn depth(&self) -> QueueDepth {
        self.depth.clone()
    }

    /// Returns the sender of notifications.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Serves stdin and stdout until the client is done. Then the process has to be ended with
    /// [`std::process::exit`]: the thread that reads may still be waiting for input.
    pub async fn serve<S>(self, service: LspService<S>, socket: ClientSocket) -> ExitStatus
    where
        S: LanguageServer,
    {
        self.serve_on(service, socket, io::stdin(), stdout()).await
    }

    /// Serves as [`serve`](Self::serve) does, on any two ends.
    pub async fn serve_on<S, R, W>(
        self,
        mut service: LspService<S>,
        socket: ClientSocket,
        input: R,
        writer: W,
    ) -> ExitStatus
    where
        S: LanguageServer,
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let Self {
            options,
            depth,
            outbox,
            outgoing,
            end: SessionEnd(end),
            mut ended,
        } = self;
        let (queue, worker) = TaskQueue::new(depth);
        let (requests, mut responses) = socket.split();
        // Its only error is that the server has exited.
        let responses = Box::new(move |response| drop(responses.start_send_unpin(response)));
        let (token, mut work) = mpsc::channel::<Infallible>(1);
        let service = Box::new(move |request| service.call(request));
        let dispatch = Arc::new(Dispatch::new(
            service,
            responses,
            queue,
            outbox.clone(),
            token,
        ));

        let forward = tokio::spawn(forward(requests, outbox.clone()));
        let broken = end.clone();
        let broken = move || {
            let _ = broken.send(End::Broken);
        };
        let begun = outgoing
            .spawn(writer, broken)
            .and_then(|()| worker.spawn(Handle::current(), dispatch.clone()))
            .and_then(|()| {
                let reader = MessageReader {
                    frames: FrameReader::new(options.max_body),
                    dispatch: dispatch.clone(),
                    out: outbox.clone(),
                };
                reader.spawn(input, end)
            });
        let end = match begun {
            Ok(()) => ended.recv().await.unwrap_or(End::Broken),
            Err(error) => {
                log(format_args!("cannot begin: {error}"));
                End::Broken
            }
        };

        dispatch.no_more();
        // No token left: everything that came in has been dealt with.
        let _ = timeout(end.timeout(&options), work.recv()).await;
        let orderly = dispatch.exit();
        let _ = timeout(options.flush_timeout, outbox.close()).await;
        forward.abort();
        if orderly {
            ExitStatus::Orderly
        } else {
            ExitStatus::Abrupt
        }
    }
}

/// Puts what the server sends through tower-lsp's `Client` into the one queue.
async fn forward(mut requests: impl Stream<Item = Request> + Unpin, outbox: Outbox) {
    while let Some(request) = requests.next().await {
        outbox.forward(&request);
    }
}

/// MessageReader of messages.
struct MessageReader {
    frames: FrameReader,
    dispatch: Arc<Dispatch>,
    out: Outbox,
}

impl MessageReader {
    /// Reads on a thread of its own, until `exit` or the end, which it sends.
    fn spawn<R: Read + Send + 'static>(
        mut self,
        mut input: R,
        end: mpsc::UnboundedSender<End>,
    ) -> io::Result<()> {
        let work = move || {
            let _ = end.send(self.read(&mut input));
        };
        thread::Builder::new()
            .name("reader".into())
            .spawn(work)
            .map(drop)
    }

    fn read(&mut self, input: &mut impl Read) -> End {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let read = match input.read(&mut chunk) {
                Ok(0) => return End::Eof,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    log(format_args!("the client cannot be read from: {error}"));
                    return End::Eof;
                }
            };
            self.frames.feed(chunk.get(..read).unwrap_or_default());
            if self.dispatch_complete() == Next::Exit {
                return End::Exit;
            }
        }
    }

    /// Dispatches all messages that are complete.
    fn dispatch_complete(&mut self) -> Next {
        while let Some(frame) = self.frames.next() {
            let range = match frame {
                MessageFrame::Malformed(fault) => {
                    self.out.respond(&messages::unreadable(fault));
                    continue;
                }
                MessageFrame::Body(range) => range,
            };
            match messages::read(self.frames.body(&range)) {
                Ok(incoming) => {
                    if self.dispatch.accept(incoming) == Next::Exit {
                        return Next::Exit;
                    }
                }
                Err(response) => {
                    self.out.respond(&response);
                    self.frames.reject(&range);
                }
            }
        }
        Next::Read
    }
}

/// Opens stdout without the standard library's buffer, which would cut a message in two writes.
fn stdout() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        if let Ok(descriptor) = io::stdout().as_fd().try_clone_to_owned() {
            return Box::new(std::fs::File::from(descriptor));
        }
    }
    Box::new(io::stdout())
}
