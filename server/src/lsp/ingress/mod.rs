//! Everything between stdin and stdout and the [`LspService`]: frames, order, panics, the end.
//!
//! tower-lsp's own `Server` lets edits overtake each other, dies of one bad message and does not end
//! while stdin is open. Here
//!
//! - a thread reads (`frames`, `messages`) and hands every message to tower-lsp in the order of
//!   the wire (`dispatch`), without running its handler;
//! - a thread runs handlers in that order (`lane`); requests go on as tasks of their own;
//! - a thread writes (`outgoing`);
//! - handlers compute and ask through [`compute()`] and [`ask_client`].
//!
//! The threads wait for each other nowhere: a busy lane or a client that does not read holds up
//! nobody else.

mod compute;
mod dispatch;
mod frames;
mod lane;
mod messages;
mod outgoing;

use std::convert::Infallible;
use std::fmt;
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

pub use self::compute::{Cancelled, NoAnswer, ask_client, compute, compute_cancellable};
pub use self::lane::LaneDepth;
pub use self::outgoing::Outbox;

use self::dispatch::{Dispatch, Next};
use self::frames::{Frame, Frames};
use self::lane::Lane;
use self::outgoing::Queue;

/// The limits of a session.
#[derive(Debug, Clone, Copy)]
pub struct IngressOptions {
    /// The longest body of a message, in bytes.
    pub max_body: usize,
    /// How long `exit` waits for the answers to what came before it. Editors kill a server that
    /// takes half a second.
    pub exit_grace: Duration,
    /// How long the end of stdin does: the client is a script then, or gone.
    pub eof_grace: Duration,
    /// How long the last answers may take to be written.
    pub flush_limit: Duration,
}

impl Default for IngressOptions {
    fn default() -> Self {
        Self {
            max_body: 64 << 20,
            exit_grace: Duration::from_millis(300),
            eof_grace: Duration::from_secs(2),
            flush_limit: Duration::from_millis(500),
        }
    }
}

/// How the session ended.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// The client had asked to `shutdown`.
    Orderly,
    /// It had not.
    Abrupt,
}

impl ExitStatus {
    /// The exit status the LSP wants of the process.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Orderly => 0,
            Self::Abrupt => 1,
        }
    }
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy)]
enum End {
    Exit,
    Eof,
    /// The client does not take what we write, or a thread could not be made.
    Broken,
}

impl End {
    /// How long to wait for the answers that are due.
    fn grace(self, options: &IngressOptions) -> Duration {
        match self {
            Self::Exit => options.exit_grace,
            Self::Eof => options.eof_grace,
            Self::Broken => Duration::ZERO,
        }
    }
}

/// A session that has not begun: what the server needs before its [`LspService`] exists.
#[derive(Debug)]
pub struct Ingress {
    options: IngressOptions,
    depth: LaneDepth,
    outbox: Outbox,
    queue: Queue,
}

impl Ingress {
    /// Makes the lane and the way out.
    #[must_use]
    pub fn new(options: IngressOptions) -> Self {
        let (outbox, queue) = Outbox::new();
        Self {
            options,
            depth: LaneDepth::default(),
            outbox,
            queue,
        }
    }

    /// Tells how much waits in the lane.
    #[must_use]
    pub fn depth(&self) -> LaneDepth {
        self.depth.clone()
    }

    /// Sends notifications.
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

    /// As [`serve`](Self::serve), on any two ends.
    pub async fn serve_on<S, R, W>(
        self,
        mut service: LspService<S>,
        socket: ClientSocket,
        reader: R,
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
            queue,
        } = self;
        let (lane, lane_end) = Lane::new(depth);
        let (requests, mut answers) = socket.split();
        // Its only error is that the server has exited.
        let answers = Box::new(move |response| drop(answers.start_send_unpin(response)));
        let (token, mut work) = mpsc::channel::<Infallible>(1);
        let inner = Box::new(move |request| service.call(request));
        let dispatch = Arc::new(Dispatch::new(inner, answers, lane, outbox.clone(), token));
        let (end, mut ended) = mpsc::unbounded_channel();

        let forward = tokio::spawn(forward(requests, outbox.clone()));
        let broken = end.clone();
        let broken = move || {
            let _ = broken.send(End::Broken);
        };
        let (conclude, accept, out) = (dispatch.clone(), dispatch.clone(), outbox.clone());
        let begun = queue
            .spawn(writer, broken)
            .and_then(|()| lane_end.spawn(Handle::current(), conclude))
            .and_then(|()| spawn_reader(reader, options.max_body, accept, out, end));
        let end = match begun {
            Ok(()) => ended.recv().await.unwrap_or(End::Broken),
            Err(error) => {
                log(format_args!("cannot begin: {error}"));
                End::Broken
            }
        };

        dispatch.no_more();
        // No token left: everything that came in has been dealt with.
        let _ = timeout(end.grace(&options), work.recv()).await;
        let orderly = dispatch.exit();
        let _ = timeout(options.flush_limit, outbox.close()).await;
        forward.abort();
        if orderly {
            ExitStatus::Orderly
        } else {
            ExitStatus::Abrupt
        }
    }
}

/// Puts what the server says through tower-lsp's `Client` into the one queue.
async fn forward(mut requests: impl Stream<Item = Request> + Unpin, outbox: Outbox) {
    while let Some(request) = requests.next().await {
        outbox.ours(&request);
    }
}

/// Reads on a thread of its own, until `exit` or the end.
fn spawn_reader<R: Read + Send + 'static>(
    mut reader: R,
    max_body: usize,
    dispatch: Arc<Dispatch>,
    out: Outbox,
    end: mpsc::UnboundedSender<End>,
) -> io::Result<()> {
    let work = move || {
        let mut frames = Frames::new(max_body);
        let mut chunk = vec![0; 64 * 1024];
        let why = loop {
            let read = match reader.read(&mut chunk) {
                Ok(0) => break End::Eof,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    log(format_args!("the client cannot be read from: {error}"));
                    break End::Eof;
                }
            };
            frames.feed(chunk.get(..read).unwrap_or_default());
            if take(&mut frames, &dispatch, &out) == Next::Exit {
                break End::Exit;
            }
        };
        let _ = end.send(why);
    };
    thread::Builder::new()
        .name("reader".into())
        .spawn(work)
        .map(drop)
}

/// Deals with all messages that are complete.
fn take(frames: &mut Frames, dispatch: &Dispatch, out: &Outbox) -> Next {
    while let Some(frame) = frames.next() {
        let range = match frame {
            Frame::Malformed(fault) => {
                out.answer(&messages::unreadable(fault));
                continue;
            }
            Frame::Body(range) => range,
        };
        match messages::read(frames.body(&range)) {
            Ok(incoming) => {
                if dispatch.accept(incoming) == Next::Exit {
                    return Next::Exit;
                }
            }
            Err(complaint) => {
                out.answer(&complaint);
                frames.reject(&range);
            }
        }
    }
    Next::Read
}

/// stdout without the standard library's buffer, which would cut a message in two writes.
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

/// A line for whoever looks for what went wrong. Never fails: stderr may be closed.
fn log(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "image-scripts-ls: {line}");
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
mod tests;
