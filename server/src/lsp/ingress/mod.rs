//! Everything between stdin, stdout and the [`LspService`](tower_lsp::LspService): framing, order,
//! panics, the end of a session.
//!
//! tower-lsp's own `Server` lets edits overtake each other, dies of one bad message and does not
//! end while stdin is open. Here
//!
//! - a thread reads and hands every message to tower-lsp in the order of the wire, without running
//!   its handler;
//! - a thread runs handlers in that order; requests go on as tasks of their own;
//! - a thread writes;
//! - handlers compute and send requests through [`compute()`] and [`send_request`].
//!
//! The threads wait for each other nowhere: a busy queue or a client that does not read holds up
//! nobody else.
//!
//! The files, from the bottom up:
//!
//! - `log`: lines on standard error;
//! - `frames`: from bytes to the bodies of messages; `messages`: from bodies to messages;
//! - `outgoing`: the one way to stdout, [`Outbox`];
//! - `compute`: what handlers use to compute and to send requests to the client;
//! - `task_queue`: the queue of messages and the worker that runs their handlers;
//! - `dispatch`: what becomes of a message in each phase of a session;
//! - `serve`: the threads, and the end of a session.

mod compute;
mod dispatch;
mod frames;
mod log;
mod messages;
mod outgoing;
mod serve;
mod task_queue;

pub use self::compute::{Cancelled, RequestError, compute, compute_cancellable, send_request};
pub use self::outgoing::Outbox;
pub use self::serve::{ExitStatus, Ingress, IngressOptions, SessionEnd};
pub use self::task_queue::QueueDepth;

#[cfg(test)]
#[allow(clippy::string_slice, reason = "clippy.toml cannot allow it in tests")]
mod tests;
