//! Strict client: every message of the server must be expected by the test, or be of a kind that the
//! test has allowed; what is left over at the end fails it.
//!
//! Nothing here sleeps: a test waits for messages, and [`SESSION_TIMEOUT`] only ends one that hangs.
//!
//! - `setup`: parameters of `initialize`; `frames`: messages as bytes;
//! - `messages`: sorting of received messages;
//! - `diagnostics`: published diagnostics; `documents`: documents, files, code actions;
//! - `requests`: all requests of the protocol.

mod diagnostics;
mod documents;
mod frames;
mod messages;
mod requests;
mod setup;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use frames::Received;

pub use diagnostics::{PublishedDiagnostics, codes};
pub use documents::{FileChange, everywhere, on_line, range};
pub use frames::frame;
pub use messages::notification;
pub use requests::{RequestParams, requests_at};
pub use setup::Setup;

/// Time that a whole session may take.
pub const SESSION_TIMEOUT: Duration = Duration::from_secs(180);

/// Publishes diagnostics.
pub const PUBLISH_DIAGNOSTICS: &str = "textDocument/publishDiagnostics";
/// Writes a line to the log.
pub const LOG: &str = "window/logMessage";
/// Has the client watch files.
pub const REGISTER: &str = "client/registerCapability";
/// Has the client stop that.
pub const UNREGISTER: &str = "client/unregisterCapability";
/// Requests settings.
pub const CONFIGURATION: &str = "workspace/configuration";
/// Has the client show progress.
pub const CREATE_PROGRESS: &str = "window/workDoneProgress/create";

/// Response to a request: the result, or an error's code and message.
pub type Response = Result<Value, (i64, String)>;

/// Request of the server.
#[derive(Debug, Clone)]
pub struct ServerRequest {
    /// Id of the request.
    pub id: Value,
    /// Parameters of the request.
    pub params: Value,
}

/// The program and the other end of its pipes.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    received: Receiver<Received>,
    stderr: Arc<Mutex<String>>,
    stderr_thread: Option<thread::JoinHandle<()>>,
    deadline: Instant,
    ended: bool,

    next_id: i64,
    pending: BTreeSet<i64>,
    responses: BTreeMap<i64, Response>,
    /// Codes of errors that name no request.
    errors_without_id: VecDeque<i64>,
    server_requests: VecDeque<(String, ServerRequest)>,
    automatic_results: BTreeMap<String, Value>,
    allowed: BTreeSet<String>,
    notifications: VecDeque<(String, Value)>,
    warnings: VecDeque<String>,
    allowed_warnings: Vec<String>,
    infos: Vec<String>,
    published: BTreeMap<String, PublishedDiagnostics>,
    all_published: Vec<PublishedDiagnostics>,
    crashes_allowed: bool,
}

/// Starts a session: `initialize`, `initialized`, and everything that follows from them.
#[macro_export]
macro_rules! start {
    ($setup:expr) => {{
        let mut client = $crate::client::Client::spawn($crate::program!());
        client.start(&$setup);
        client
    }};
}

impl Client {
    /// Starts the program, without sending anything.
    pub fn spawn(program: &str) -> Client {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let (stdout, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, received) = channel();
        thread::spawn(move || frames::read_all(BufReader::new(stdout), &sender));
        let stderr = Arc::new(Mutex::new(String::new()));
        let text = stderr.clone();
        let stderr_thread = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = errors.read(&mut chunk) {
                text.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&chunk[..read]));
            }
        });
        Client {
            stdin: child.stdin.take(),
            child,
            received,
            stderr,
            stderr_thread: Some(stderr_thread),
            deadline: Instant::now() + SESSION_TIMEOUT,
            ended: false,
            next_id: 0,
            pending: BTreeSet::new(),
            responses: BTreeMap::new(),
            errors_without_id: VecDeque::new(),
            server_requests: VecDeque::new(),
            automatic_results: BTreeMap::new(),
            allowed: BTreeSet::from([PUBLISH_DIAGNOSTICS.to_owned()]),
            notifications: VecDeque::new(),
            warnings: VecDeque::new(),
            allowed_warnings: Vec::new(),
            infos: Vec::new(),
            published: BTreeMap::new(),
            all_published: Vec::new(),
            crashes_allowed: false,
        }
    }

    /// Initializes the server and waits until it has read its folders. Returns the result of
    /// `initialize`.
    pub fn start(&mut self, setup: &Setup) -> Value {
        let result = self.call("initialize", setup.params().clone());
        self.notify("initialized", json!({}));
        self.barrier();
        result
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("the pipe was closed");
        let sent = stdin.write_all(bytes).and_then(|()| stdin.flush());
        sent.unwrap_or_else(|error| {
            panic!("the server does not listen: {error}\n{}", self.stderr())
        });
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_bytes(&frame(message.to_string().as_bytes()));
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&notification(method, params));
    }

    /// Sends a request. Returns its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        let (id, message) = self.make_request(method, params);
        self.send(&message);
        id
    }

    /// Makes a request that the test will send itself. Returns its id and the message.
    pub fn make_request(&mut self, method: &str, params: Value) -> (i64, Value) {
        self.next_id += 1;
        let id = self.next_id;
        self.pending.insert(id);
        (
            id,
            json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }),
        )
    }

    /// Closes the server's standard input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Waits for the response to a request.
    pub fn response(&mut self, id: i64) -> Response {
        loop {
            if let Some(answer) = self.responses.remove(&id) {
                return answer;
            }
            self.receive("a response");
        }
    }

    /// Sends a request and waits for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.response(id)
            .unwrap_or_else(|(code, message)| panic!("`{method}` failed: {code} {message}"))
    }

    /// Sends a request and waits for its error. Returns the code.
    pub fn call_error(&mut self, method: &str, params: Value) -> i64 {
        let id = self.request(method, params);
        self.error_code(id)
    }

    /// Waits for the error in response to a request. Returns the code.
    pub fn error_code(&mut self, id: i64) -> i64 {
        match self.response(id) {
            Ok(result) => panic!("a result where an error was expected: {result}"),
            Err((code, _)) => code,
        }
    }

    /// Waits for an error that names no request. Returns the code.
    pub fn error_without_id(&mut self) -> i64 {
        loop {
            if let Some(code) = self.errors_without_id.pop_front() {
                return code;
            }
            self.receive("an error without id");
        }
    }

    /// Waits for a request of the server.
    pub fn server_request(&mut self, method: &str) -> ServerRequest {
        loop {
            if let Some(at) = self.server_requests.iter().position(|(m, _)| m == method) {
                return self.server_requests.remove(at).unwrap().1;
            }
            self.receive(&format!("the request `{method}`"));
        }
    }

    /// Waits for a request of the server, or for the response to one of ours.
    pub fn server_request_or_response(&mut self, method: &str, id: i64) -> Option<ServerRequest> {
        loop {
            if let Some(at) = self.server_requests.iter().position(|(m, _)| m == method) {
                return Some(self.server_requests.remove(at).unwrap().1);
            }
            if self.responses.contains_key(&id) {
                return None;
            }
            self.receive(&format!("the request `{method}`, or a response"));
        }
    }

    /// Responds to a request of the server.
    pub fn respond(&mut self, request: &ServerRequest, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": request.id, "result": result }));
    }

    /// Responds to all requests of a method from now on.
    pub fn respond_always(&mut self, method: &str, result: Value) {
        self.automatic_results.insert(method.to_owned(), result);
    }

    /// Allows notifications of a method, those that have come, too.
    pub fn allow(&mut self, method: &str) {
        self.notifications.retain(|(known, _)| known != method);
        self.allowed.insert(method.to_owned());
    }

    /// Allows warnings that contain a text.
    pub fn allow_warning(&mut self, part: &str) {
        self.allowed_warnings.push(part.to_owned());
    }

    /// Allows handlers to panic.
    pub fn allow_crashes(&mut self) {
        self.crashes_allowed = true;
    }

    /// Waits for a notification of a method that is not allowed anyway.
    pub fn notification(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.notifications.iter().position(|(m, _)| m == method) {
                return self.notifications.remove(at).unwrap().1;
            }
            self.receive(&format!("the notification `{method}`"));
        }
    }

    /// Waits for a warning or error in the log that contains some texts.
    pub fn warning(&mut self, parts: &[&str]) -> String {
        loop {
            let fits = |line: &String| parts.iter().all(|part| line.contains(part));
            if let Some(at) = self.warnings.iter().position(fits) {
                return self.warnings.remove(at).unwrap();
            }
            self.receive(&format!("a warning with {parts:?}"));
        }
    }

    /// Returns the lines of the log, without warnings and errors.
    pub fn infos(&self) -> &[String] {
        &self.infos
    }

    /// Waits until a condition holds for the published diagnostics.
    pub fn wait_until(&mut self, what: &str, condition: impl Fn(&Client) -> bool) {
        while !condition(self) {
            self.receive(what);
        }
    }

    /// Waits until a document has diagnostics of exactly these codes.
    pub fn wait_for_codes(&mut self, url: &str, codes: &[&str]) {
        self.wait_until(&format!("{codes:?} for {url}"), |client| {
            client.codes(url) == codes
        });
    }

    /// Returns the diagnostics of a document, as published last.
    pub fn diagnostics(&self, url: &str) -> &[Value] {
        self.published
            .get(url)
            .map(|p| &*p.diagnostics)
            .unwrap_or_default()
    }

    /// Returns the codes of the diagnostics of a document.
    pub fn codes(&self, url: &str) -> Vec<&str> {
        codes(self.diagnostics(url))
    }

    /// Returns the documents that have diagnostics.
    pub fn with_findings(&self) -> Vec<&str> {
        self.published
            .iter()
            .filter(|(_, p)| !p.diagnostics.is_empty())
            .map(|(url, _)| &**url)
            .collect()
    }

    /// Returns the diagnostics that were published since the last call.
    pub fn take_published(&mut self) -> Vec<PublishedDiagnostics> {
        std::mem::take(&mut self.all_published)
    }

    /// Returns the output of the server to standard error.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Shuts the server down, and checks that no message was left over.
    pub fn finish(mut self) {
        self.end();
    }

    /// Allows the session to take as long as from its beginning once more.
    pub fn wait_longer(&mut self) {
        self.deadline = Instant::now() + SESSION_TIMEOUT;
    }

    /// Returns the number of the server's process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Forgets the lines of the log.
    pub fn forget_infos(&mut self) {
        self.infos.clear();
    }

    /// Forgets the responses that nobody has looked at: the program ended amid its work.
    pub fn forget_responses(&mut self) {
        self.responses.clear();
    }

    /// Waits for the end of the program. Returns its exit status.
    pub fn exit_status(&mut self) -> i32 {
        while !self.ended {
            self.receive("the end of the program");
        }
        if let Some(thread) = self.stderr_thread.take() {
            thread.join().unwrap();
        }
        self.child
            .wait()
            .unwrap()
            .code()
            .expect("a signal ended the server")
    }

    fn end(&mut self) {
        if self.stdin.is_some() && !self.ended {
            assert_eq!(self.call("shutdown", Value::Null), Value::Null);
            self.notify("exit", Value::Null);
            assert_eq!(self.exit_status(), 0, "{}", self.stderr());
        } else {
            self.exit_status();
        }
        self.assert_nothing_left();
    }

    /// Checks that every message so far was expected.
    pub fn assert_nothing_left(&self) {
        assert!(
            self.responses.is_empty(),
            "responses nobody looked at: {:?}",
            self.responses
        );
        assert!(
            self.errors_without_id.is_empty(),
            "errors nobody looked at: {:?}",
            self.errors_without_id
        );
        assert!(
            self.server_requests.is_empty(),
            "requests nobody expected: {:?}",
            self.server_requests
        );
        assert!(
            self.notifications.is_empty(),
            "notifications nobody expected: {:?}",
            self.notifications
        );
        assert!(
            self.warnings.is_empty(),
            "warnings nobody expected: {:?}",
            self.warnings
        );
        let stderr = self.stderr();
        assert!(
            self.crashes_allowed || !stderr.contains("panicked"),
            "{stderr}"
        );
    }

    /// Receives the next message; `what` is what the test waits for.
    fn receive(&mut self, what: &str) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.received.recv_timeout(left) {
            Ok(Received::Message(message)) => self.take(message),
            Ok(Received::Garbage(garbage)) => panic!("not a message: {garbage}"),
            Ok(Received::End) if !self.ended => self.ended = true,
            Ok(Received::End) | Err(RecvTimeoutError::Disconnected) => {
                panic!(
                    "the server ended while the test waited for {what}\n{}",
                    self.stderr()
                )
            }
            Err(RecvTimeoutError::Timeout) => panic!(
                "waited in vain for {what}\npublished: {:#?}\n{}",
                self.published
                    .values()
                    .map(|p| (&p.url, p.version, p.codes()))
                    .collect::<Vec<_>>(),
                self.stderr()
            ),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !thread::panicking() && self.stderr_thread.is_some() {
            self.end();
        }
        // The program still runs if the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
