//! Dispatch of messages, in the order of the wire: phases of a session, cancelling, and what goes
//! through the task queue.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use serde_json::json;
use tokio::sync::mpsc;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

use super::compute::panic_text;
use super::log::log;
use super::messages::{Incoming, error, invalid_request, readable_id};
use super::outgoing::Outbox;
use super::task_queue::{
    CompletionHandler, HandlerResult, RequestTask, ResponseFuture, TaskQueue, WorkToken,
};

/// tower-lsp's service, without its type.
pub(super) type Service = Box<dyn FnMut(Request) -> ResponseFuture + Send>;
/// tower-lsp's sink for the client's responses.
pub(super) type ResponseSink = Box<dyn FnMut(Response) + Send>;

/// Phase of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    /// `initialize` has come and is not answered: everything after it is held.
    Starting,
    Running,
    ShutDown,
}

/// Order to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Read,
    Exit,
}

struct State {
    service: Service,
    phase: Phase,
    held: VecDeque<(Request, WorkToken)>,
    responses: ResponseSink,
    /// Copied for every message; taken away when no more are expected.
    token: WorkToken,
}

/// Receiver of messages, which sees to their responses.
pub(super) struct Dispatch {
    state: Mutex<State>,
    queue: TaskQueue,
    out: Outbox,
}

impl Dispatch {
    pub(super) fn new(
        service: Service,
        responses: ResponseSink,
        queue: TaskQueue,
        out: Outbox,
        work: mpsc::Sender<Infallible>,
    ) -> Self {
        let state = State {
            service,
            phase: Phase::New,
            held: VecDeque::new(),
            responses,
            token: WorkToken(Some(work)),
        };
        Self {
            state: Mutex::new(state),
            queue,
            out,
        }
    }

    /// Takes a message in.
    pub(super) fn accept(&self, incoming: Incoming) -> Next {
        match incoming {
            Incoming::Call(request) => return self.call(request),
            Incoming::Response(response) => self.lock().deliver(response),
            Incoming::Invalid(response) => self.out.respond(&response),
            Incoming::Useless => {}
        }
        Next::Read
    }

    /// Ends the acceptance of messages: once the work in progress is done, no token is left.
    pub(super) fn no_more(&self) {
        self.lock().token = WorkToken(None);
    }

    /// Ends everything. Returns whether the client had requested `shutdown`.
    pub(super) fn exit(&self) -> bool {
        let mut state = self.lock();
        // Aborts what is still computing.
        drop(state.call(Request::build("exit").finish()));
        state.held.clear();
        self.queue.stop();
        state.phase == Phase::ShutDown
    }

    fn call(&self, request: Request) -> Next {
        let mut state = self.lock();
        match (request.method(), request.id()) {
            ("exit", None) => return Next::Exit,
            ("$/cancelRequest", None) => self.cancel(&mut state, &request),
            _ if state.phase == Phase::Starting => {
                let token = state.token.clone();
                state.held.push_back((request, token));
            }
            _ => {
                let token = state.token.clone();
                self.route(&mut state, request, token);
            }
        }
        Next::Read
    }

    fn route(&self, state: &mut State, request: Request, token: WorkToken) {
        match request.id().cloned() {
            Some(id) => self.request(state, id, request, token),
            None => self.notification(state, request, token),
        }
    }

    fn notification(&self, state: &mut State, request: Request, token: WorkToken) {
        // Without an id, `initialize` and `shutdown` are nothing; tower-lsp would act on them.
        let misfit = matches!(request.method(), "initialize" | "shutdown");
        if state.phase != Phase::Running || misfit {
            return;
        }
        let method = request.method().to_owned();
        if method == "initialized" {
            self.out.open();
        }
        let future = state.call(request);
        self.queue.push_notification(method, future, token);
    }

    fn request(&self, state: &mut State, id: Id, request: Request, token: WorkToken) {
        let refusal = match (state.phase, request.method()) {
            (Phase::New, "initialize") => None,
            (Phase::New, _) => {
                let error = error(ErrorCode::ServerError(-32002), "Server not initialized");
                Some(Response::from_error(id.clone(), error))
            }
            (_, "initialize") => Some(invalid_request(id.clone(), "already initialized")),
            (Phase::ShutDown, _) => Some(invalid_request(id.clone(), "the server was shut down")),
            _ if self.queue.is_waiting(&id) => Some(invalid_request(id.clone(), "its id is taken")),
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.out.respond(&refusal);
            return;
        }
        match request.method() {
            "initialize" => state.phase = Phase::Starting,
            "shutdown" => state.phase = Phase::ShutDown,
            _ => {}
        }
        let method = request.method().to_owned();
        let future = state.call(request);
        self.queue.push_request(RequestTask {
            id,
            method,
            future,
            token,
        });
    }

    /// Cancels a request at once, wherever it is: held, in the queue, or computing.
    fn cancel(&self, state: &mut State, request: &Request) {
        let id = request
            .params()
            .and_then(|params| params.get("id"))
            .cloned();
        let Some(id) = id.and_then(readable_id) else {
            return;
        };
        let held = state
            .held
            .iter()
            .position(|(request, _)| request.id() == Some(&id));
        let found = match held {
            Some(index) => state.held.remove(index).is_some(),
            None => {
                // A computing one is answered by tower-lsp, through its task.
                state.forget(&id);
                // `initialize` takes its turn all the same, which lets go of what is held.
                state.phase != Phase::Starting && self.queue.remove(&id).is_some()
            }
        };
        if found {
            self.out
                .respond(&Response::from_error(id, Error::request_cancelled()));
        }
    }

    /// Routes what was held: `initialize` is answered.
    fn started(&self, success: bool) {
        let mut state = self.lock();
        state.phase = if success { Phase::Running } else { Phase::New };
        // If it failed, there may be another one among what was held.
        while state.phase != Phase::Starting {
            let Some((request, token)) = state.held.pop_front() else {
                break;
            };
            self.route(&mut state, request, token);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under this lock is caught before it gets here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CompletionHandler for Dispatch {
    fn request_completed(&self, id: Id, method: &str, result: HandlerResult) {
        let response = match result {
            Ok(Ok(Some(response))) => response,
            // tower-lsp leaves unknown requests in `$/` without a response; the LSP does not.
            Ok(Ok(None)) if method.starts_with("$/") => {
                Response::from_error(id, Error::method_not_found())
            }
            Ok(Ok(None)) => Response::from_error(id, Error::internal_error()),
            Ok(Err(_exited)) => return,
            Err(panic) => {
                log(format_args!(
                    "the handler of `{method}` panicked: {}",
                    panic_text(&*panic)
                ));
                // Its id is still in tower-lsp's table of running requests.
                self.lock().forget(&id);
                Response::from_error(id, Error::internal_error())
            }
        };
        self.out.respond(&response);
        if method == "initialize" {
            self.started(response.is_ok());
        }
    }

    fn notification_completed(&self, method: &str, result: HandlerResult) {
        if let Err(panic) = result {
            log(format_args!(
                "the handler of `{method}` panicked: {}",
                panic_text(&*panic)
            ));
        }
    }
}

impl State {
    /// Hands a message to tower-lsp, which reads its parameters and registers its id here.
    fn call(&mut self, request: Request) -> ResponseFuture {
        let id = request.id().cloned();
        catch_unwind(AssertUnwindSafe(|| (self.service)(request))).unwrap_or_else(|panic| {
            log(format_args!(
                "a message cannot be taken: {}",
                panic_text(&*panic)
            ));
            let response = id.map(|id| Response::from_error(id, Error::internal_error()));
            futures::future::ok(response).boxed()
        })
    }

    /// Aborts the request of that id, if it runs, and takes it out of tower-lsp's table.
    fn forget(&mut self, id: &Id) {
        let request = Request::build("$/cancelRequest")
            .params(json!({ "id": id }))
            .finish();
        let cancelling = self.call(request);
        // Its handler does not wait for anything.
        let _ = AssertUnwindSafe(cancelling).catch_unwind().now_or_never();
    }

    /// Hands a response of the client to the sender of the request.
    fn deliver(&mut self, response: Response) {
        let delivered = catch_unwind(AssertUnwindSafe(|| (self.responses)(response)));
        if delivered.is_err() {
            // tower-lsp panics when the sender has gone: see `send_request`.
            log(format_args!("nobody waits for a response of the client"));
        }
    }
}
