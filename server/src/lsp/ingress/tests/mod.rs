//! Whole sessions over two pipes, with a server that does what a test wants.
//!
//! Nothing here sleeps or looks at a clock; what must not have happened yet is held back by a gate,
//! and [`HANG_TIMEOUT`] only ends a test that hangs.

mod faults;
mod lifecycle;
mod order;

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lsp_types::notification::Notification;
use lsp_types::request::Request;
use lsp_types::{InitializeParams, InitializeResult, InitializedParams, MessageType};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tower_lsp::jsonrpc::Result;
use tower_lsp::{Client, LanguageServer, LspService, async_trait};

use super::*;

const HANG_TIMEOUT: Duration = Duration::from_secs(60);

/// Gate at which handlers stop until the test opens it; they say when they are there.
pub(crate) struct Gate {
    arrived: Sender<()>,
    open: Mutex<Receiver<()>>,
}

/// Test's side of a [`Gate`].
pub(crate) struct Key {
    arrived: Receiver<()>,
    open: Sender<()>,
}

impl Key {
    /// Waits until a handler stands at the gate.
    pub(crate) fn arrived(&self) {
        self.arrived
            .recv_timeout(HANG_TIMEOUT)
            .expect("nobody came to the gate");
    }

    /// Lets one handler through.
    pub(crate) fn open(&self) {
        self.open.send(()).unwrap();
    }
}

fn gate() -> (Gate, Key) {
    let (tell, arrived) = channel();
    let (open, opened) = channel();
    (
        Gate {
            arrived: tell,
            open: Mutex::new(opened),
        },
        Key { arrived, open },
    )
}

impl Gate {
    /// Blocks the thread, as parsing does.
    fn pass(&self) {
        self.arrived.send(()).unwrap();
        self.open
            .lock()
            .unwrap()
            .recv_timeout(HANG_TIMEOUT)
            .expect("the gate stayed shut");
    }
}

pub(crate) enum Echo {}
impl Notification for Echo {
    type Params = i64;
    const METHOD: &'static str = "toy/echo";
}

pub(crate) enum NumberRequest {}
impl Request for NumberRequest {
    type Params = Value;
    type Result = i64;
    const METHOD: &'static str = "toy/number";
}

pub(crate) struct Toy {
    client: Client,
    outbox: Outbox,
    depth: QueueDepth,
    /// The document.
    value: AtomicI64,
    /// Shut in front of `toy/work`, `toy/grind` and, if asked for, `initialize`.
    gate: Arc<Gate>,
}

#[async_trait]
impl LanguageServer for Toy {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        // Neither of these may come out before `initialized`.
        self.outbox.notify::<Echo>(&-1);
        self.client.show_message(MessageType::INFO, "early").await;
        match params
            .initialization_options
            .as_ref()
            .and_then(Value::as_str)
        {
            Some("wait") => {
                let gate = Arc::clone(&self.gate);
                compute(move || gate.pass()).await?;
            }
            Some("fail") => return Err(tower_lsp::jsonrpc::Error::internal_error()),
            Some("panic") => panic!("initialize"),
            _ => {}
        }
        Ok(InitializeResult::default())
    }

    async fn initialized(&self, _: InitializedParams) {
        self.outbox.notify::<Echo>(&0);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

impl Toy {
    /// An edit, in two steps with an await between them.
    async fn add(&self, (by,): (i64,)) {
        let value = self.value.load(Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.value.store(value + by, Ordering::SeqCst);
    }

    /// An edit that keeps the worker busy; says how much waits after it.
    async fn grind(&self) {
        self.gate.pass();
        self.outbox
            .notify::<Echo>(&i64::try_from(self.depth.waiting()).unwrap());
    }

    /// Returns what the document was when the request's turn came, later.
    async fn read(&self) -> Result<i64> {
        let value = self.value.load(Ordering::SeqCst);
        tokio::task::yield_now().await;
        compute(move || value).await
    }

    /// Returns at once.
    async fn nothing(&self) -> Result<()> {
        Ok(())
    }

    /// Computes until the gate is opened, or for ever if it learns of being cancelled.
    async fn work(&self) -> Result<bool> {
        let gate = Arc::clone(&self.gate);
        compute_cancellable(move |cancelled| {
            gate.pass();
            let stopped = cancelled.is_set();
            gate.arrived.send(()).unwrap();
            stopped
        })
        .await
    }

    async fn hang(&self) -> Result<()> {
        self.outbox.notify::<Echo>(&7);
        std::future::pending().await
    }

    async fn panic(&self, (when,): (String,)) -> Result<()> {
        match when.as_str() {
            "compute" => compute(|| panic!("in compute")).await,
            "later" => {
                tokio::task::yield_now().await;
                panic!("after an await");
            }
            _ => panic!("at once"),
        }
    }

    async fn panic_notice(&self) {
        panic!("in a notification");
    }

    async fn ask(&self) -> Result<i64> {
        send_request::<NumberRequest>(&self.client, json!({}), HANG_TIMEOUT)
            .await
            .map_err(|_| tower_lsp::jsonrpc::Error::request_cancelled())
    }

    /// Sends a request and waits no time at all.
    async fn ask_late(&self) -> Result<bool> {
        let answer = send_request::<NumberRequest>(&self.client, json!({}), Duration::ZERO).await;
        Ok(answer == Err(RequestError::TimedOut))
    }
}

/// Client of a running [`Toy`].
pub(crate) struct Session {
    pub(crate) to: Option<PipeWriter>,
    from: Receiver<Value>,
    pub(crate) key: Key,
    status: tokio::task::JoinHandle<ExitStatus>,
    runtime: Runtime,
}

impl Session {
    /// Before `initialize`.
    pub(crate) fn new() -> Self {
        Self::with(IngressOptions {
            exit_timeout: HANG_TIMEOUT,
            eof_timeout: HANG_TIMEOUT,
            ..Default::default()
        })
    }

    pub(crate) fn with(options: IngressOptions) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (stdin, to) = pipe().unwrap();
        let (stdout, ours) = pipe().unwrap();
        let (gate, key) = gate();
        let ingress = Ingress::new(options);
        let (outbox, depth) = (ingress.outbox(), ingress.depth());
        let (service, socket) = LspService::build(|client| Toy {
            client,
            outbox,
            depth,
            value: AtomicI64::new(0),
            gate: Arc::new(gate),
        })
        .custom_method("toy/add", Toy::add)
        .custom_method("toy/grind", Toy::grind)
        .custom_method("toy/read", Toy::read)
        .custom_method("toy/nothing", Toy::nothing)
        .custom_method("toy/work", Toy::work)
        .custom_method("toy/hang", Toy::hang)
        .custom_method("toy/panic", Toy::panic)
        .custom_method("toy/panicNotice", Toy::panic_notice)
        .custom_method("toy/ask", Toy::ask)
        .custom_method("toy/askLate", Toy::ask_late)
        .finish();
        let status = runtime.spawn(ingress.serve_on(service, socket, stdin, ours));
        let (tell, from) = channel();
        std::thread::spawn(move || read_all(stdout, &tell));
        Self {
            to: Some(to),
            from,
            key,
            status,
            runtime,
        }
    }

    /// After `initialized`, and with what the toy had to say by then taken away.
    pub(crate) fn started() -> Self {
        let mut session = Self::new();
        session.start();
        session
    }

    pub(crate) fn start(&mut self) {
        self.request(0, "initialize", json!({"capabilities": {}}));
        assert_eq!(
            self.next(),
            json!({"jsonrpc":"2.0","id":0,"result":{"capabilities":{}}})
        );
        self.notify("initialized", json!({}));
        self.greetings();
    }

    /// Takes what the toy sends once it may.
    pub(crate) fn greetings(&self) {
        // They come over two ways, so in either order.
        let mut methods: Vec<_> = (0..3).map(|_| self.next()["method"].to_string()).collect();
        methods.sort();
        assert_eq!(
            methods,
            ["\"toy/echo\"", "\"toy/echo\"", "\"window/showMessage\""]
        );
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.to.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let bytes = frame(message);
        self.send_bytes(&bytes);
    }

    pub(crate) fn request(&mut self, id: i64, method: &str, params: Value) {
        self.send(&call(Some(id), method, params));
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&call(None, method, params));
    }

    /// Returns the next message of the server.
    pub(crate) fn next(&self) -> Value {
        self.from
            .recv_timeout(HANG_TIMEOUT)
            .expect("the server said nothing")
    }

    pub(crate) fn expect_result(&self, id: i64, result: Value) {
        assert_eq!(
            self.next(),
            json!({"jsonrpc":"2.0","id":id,"result":result})
        );
    }

    pub(crate) fn expect_error(&self, id: impl Into<Value>, code: i64) {
        let message = self.next();
        assert_eq!(
            (&message["id"], &message["error"]["code"]),
            (&id.into(), &json!(code)),
            "{message}"
        );
    }

    pub(crate) fn expect_echo(&self, value: i64) {
        assert_eq!(
            self.next(),
            json!({"jsonrpc":"2.0","method":"toy/echo","params":value})
        );
    }

    /// Checks that the server lives and is in order.
    pub(crate) fn expect_alive(&mut self) {
        self.request(999, "toy/nothing", Value::Null);
        self.expect_result(999, Value::Null);
    }

    /// Returns how it ended, and the messages that nobody had looked at.
    pub(crate) fn end(self) -> (ExitStatus, Vec<Value>) {
        let status = self
            .runtime
            .block_on(async { tokio::time::timeout(HANG_TIMEOUT, self.status).await });
        let rest = std::iter::from_fn(|| self.from.recv_timeout(HANG_TIMEOUT).ok()).collect();
        self.runtime.shutdown_background();
        (status.expect("the server did not end").unwrap(), rest)
    }
}

pub(crate) fn call(id: Option<i64>, method: &str, params: Value) -> Value {
    let mut message = json!({"jsonrpc":"2.0","method":method});
    if let Some(id) = id {
        message["id"] = json!(id);
    }
    if !params.is_null() {
        message["params"] = params;
    }
    message
}

pub(crate) fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn read_all(stdout: PipeReader, tell: &Sender<Value>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut header = String::new();
        if stdout.read_line(&mut header).unwrap() == 0 {
            return;
        }
        let length = header
            .trim()
            .strip_prefix("Content-Length: ")
            .unwrap()
            .parse()
            .unwrap();
        stdout.read_line(&mut header).unwrap();
        let mut body = vec![0; length];
        stdout.read_exact(&mut body).unwrap();
        if tell.send(serde_json::from_slice(&body).unwrap()).is_err() {
            return;
        }
    }
}
