//! A strict client: whatever the server says must be expected by the test, or be of a kind that the
//! test has declared to be allowed; what is left over at the end fails it.
//!
//! Nothing here sleeps: a test waits for messages, and [`PATIENCE`] only ends one that hangs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::checkout::{Checkout, url};

/// How long a whole session may take.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Files' findings.
pub const PUBLISH: &str = "textDocument/publishDiagnostics";
/// Lines for the log.
pub const LOG: &str = "window/logMessage";
/// Has the client watch files.
pub const REGISTER: &str = "client/registerCapability";
/// And not any more.
pub const UNREGISTER: &str = "client/unregisterCapability";
/// Asks for settings.
pub const CONFIGURATION: &str = "workspace/configuration";
/// Something will take a while.
pub const CREATE_PROGRESS: &str = "window/workDoneProgress/create";

/// An answer to a request: the result, or an error's code and message.
pub type Answer = Result<Value, (i64, String)>;

/// What a client says of itself when it begins.
#[derive(Debug, Clone)]
pub struct Setup {
    params: Value,
}

impl Setup {
    /// A modern client without anything that makes the server ask for something, in folders given
    /// by URL.
    pub fn folders<'u>(urls: impl IntoIterator<Item = &'u str>) -> Setup {
        let folders: Vec<Value> = urls
            .into_iter()
            .map(|url| json!({ "uri": url, "name": "test" }))
            .collect();
        let workspace_edit = json!({ "documentChanges": true, "resourceOperations": ["create", "rename", "delete"] });
        let params = json!({
            "processId": null,
            "rootUri": null,
            "workspaceFolders": folders,
            "capabilities": {
                "general": { "positionEncodings": ["utf-16"] },
                "workspace": { "workspaceEdit": workspace_edit, "workspaceFolders": true },
                "textDocument": { "publishDiagnostics": { "relatedInformation": true, "versionSupport": true } },
            },
        });
        Setup { params }
    }

    /// In one folder.
    pub fn folder(path: &Path) -> Setup {
        Setup::folders([url(path).as_str()])
    }

    /// At the root of a checkout.
    pub fn at(checkout: &Checkout) -> Setup {
        Setup::folder(checkout.root())
    }

    /// With other capabilities: what is given replaces what stands there.
    pub fn with(mut self, capabilities: &Value) -> Setup {
        merge(&mut self.params["capabilities"], capabilities);
        self
    }

    /// Counting characters in another way.
    pub fn encoding(self, encoding: &str) -> Setup {
        self.with(&json!({ "general": { "positionEncodings": [encoding] } }))
    }

    /// With settings.
    pub fn options(mut self, options: Value) -> Setup {
        self.params["initializationOptions"] = options;
        self
    }

    /// Without `bash -n`: nothing is published that no message of the test has caused.
    pub fn quiet(self) -> Setup {
        self.options(json!({ "bash": false }))
    }

    /// The parameters of `initialize`.
    pub fn params(&self) -> &Value {
        &self.params
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Findings as they were published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// For which document.
    pub url: String,
    /// At which of its versions.
    pub version: Option<i64>,
    /// The findings.
    pub diagnostics: Vec<Value>,
}

impl Publication {
    /// The codes of the findings.
    pub fn codes(&self) -> Vec<&str> {
        codes(&self.diagnostics)
    }
}

/// The codes of some findings.
pub fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|d| d["code"].as_str().unwrap())
        .collect()
}

/// A request of the server.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its id.
    pub id: Value,
    /// What it asks.
    pub params: Value,
}

/// What the reading thread has to tell.
enum Heard {
    Message(Value),
    /// Something that is no message.
    Noise(String),
    End,
}

/// The program and this end of its pipes.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    heard: Receiver<Heard>,
    stderr: Arc<Mutex<String>>,
    stderr_thread: Option<thread::JoinHandle<()>>,
    deadline: Instant,
    ended: bool,

    next_id: i64,
    pending: BTreeSet<i64>,
    answers: BTreeMap<i64, Answer>,
    /// Errors that name no request.
    complaints: VecDeque<i64>,
    asked: VecDeque<(String, Asked)>,
    automatic: BTreeMap<String, Value>,
    allowed: BTreeSet<String>,
    notifications: VecDeque<(String, Value)>,
    warnings: VecDeque<String>,
    allowed_warnings: Vec<String>,
    infos: Vec<String>,
    published: BTreeMap<String, Publication>,
    publications: Vec<Publication>,
    crashes_allowed: bool,
}

/// Begins a session: `initialize`, `initialized`, and everything that follows from them.
#[macro_export]
macro_rules! start {
    ($setup:expr) => {{
        let mut client = $crate::client::Client::spawn($crate::program!());
        client.start(&$setup);
        client
    }};
}

impl Client {
    /// Runs the program, without saying anything.
    pub fn spawn(program: &str) -> Client {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let (stdout, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, heard) = channel();
        thread::spawn(move || listen(BufReader::new(stdout), &sender));
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
            heard,
            stderr,
            stderr_thread: Some(stderr_thread),
            deadline: Instant::now() + PATIENCE,
            ended: false,
            next_id: 0,
            pending: BTreeSet::new(),
            answers: BTreeMap::new(),
            complaints: VecDeque::new(),
            asked: VecDeque::new(),
            automatic: BTreeMap::new(),
            allowed: BTreeSet::from([PUBLISH.to_owned()]),
            notifications: VecDeque::new(),
            warnings: VecDeque::new(),
            allowed_warnings: Vec::new(),
            infos: Vec::new(),
            published: BTreeMap::new(),
            publications: Vec::new(),
            crashes_allowed: false,
        }
    }

    /// Says hello and waits until the server has read what is in its folders. Gives the answer
    /// to `initialize`.
    pub fn start(&mut self, setup: &Setup) -> Value {
        let result = self.ask("initialize", setup.params().clone());
        self.notify("initialized", json!({}));
        self.barrier();
        result
    }

    // Saying

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

    /// Sends a request; gives its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        let (id, message) = self.prepare(method, params);
        self.send(&message);
        id
    }

    /// Makes a request that the test will send itself.
    pub fn prepare(&mut self, method: &str, params: Value) -> (i64, Value) {
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

    // Hearing

    /// The answer to a request.
    pub fn answer(&mut self, id: i64) -> Answer {
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return answer;
            }
            self.hear("an answer");
        }
    }

    /// Sends a request and waits for its result.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
            .unwrap_or_else(|(code, message)| panic!("`{method}` failed: {code} {message}"))
    }

    /// Sends a request and waits for the code of its error.
    pub fn ask_in_vain(&mut self, method: &str, params: Value) -> i64 {
        let id = self.request(method, params);
        self.error_of(id)
    }

    /// The error's code that answers a request.
    pub fn error_of(&mut self, id: i64) -> i64 {
        match self.answer(id) {
            Ok(result) => panic!("a result where an error was expected: {result}"),
            Err((code, _)) => code,
        }
    }

    /// The code of the next error that names no request.
    pub fn complaint(&mut self) -> i64 {
        loop {
            if let Some(code) = self.complaints.pop_front() {
                return code;
            }
            self.hear("an error without id");
        }
    }

    /// The next request of the server of that kind.
    pub fn asked(&mut self, method: &str) -> Asked {
        loop {
            if let Some(at) = self.asked.iter().position(|(m, _)| m == method) {
                return self.asked.remove(at).unwrap().1;
            }
            self.hear(&format!("the request `{method}`"));
        }
    }

    /// The next request of the server of that kind, unless one of ours is answered before.
    pub fn asked_or_answered(&mut self, method: &str, id: i64) -> Option<Asked> {
        loop {
            if let Some(at) = self.asked.iter().position(|(m, _)| m == method) {
                return Some(self.asked.remove(at).unwrap().1);
            }
            if self.answers.contains_key(&id) {
                return None;
            }
            self.hear(&format!("the request `{method}`, or an answer"));
        }
    }

    /// Answers a request of the server.
    pub fn reply(&mut self, asked: &Asked, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": asked.id, "result": result }));
    }

    /// Answers requests of that kind from now on, whenever they come.
    pub fn reply_always(&mut self, method: &str, result: Value) {
        self.automatic.insert(method.to_owned(), result);
    }

    /// Notifications of that kind may come, or not.
    pub fn allow(&mut self, method: &str) {
        self.allowed.insert(method.to_owned());
    }

    /// Warnings with this in them may come, or not.
    pub fn allow_warning(&mut self, part: &str) {
        self.allowed_warnings.push(part.to_owned());
    }

    /// Handlers may panic.
    pub fn allow_crashes(&mut self) {
        self.crashes_allowed = true;
    }

    /// The next notification of that kind, of those that are not allowed anyway.
    pub fn notified(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.notifications.iter().position(|(m, _)| m == method) {
                return self.notifications.remove(at).unwrap().1;
            }
            self.hear(&format!("the notification `{method}`"));
        }
    }

    /// A warning or error in the log with all of these in it.
    pub fn warned(&mut self, parts: &[&str]) -> String {
        loop {
            let fits = |line: &String| parts.iter().all(|part| line.contains(part));
            if let Some(at) = self.warnings.iter().position(fits) {
                return self.warnings.remove(at).unwrap();
            }
            self.hear(&format!("a warning with {parts:?}"));
        }
    }

    /// What the log has, warnings aside.
    pub fn infos(&self) -> &[String] {
        &self.infos
    }

    /// Waits until a condition holds of what was published.
    pub fn until(&mut self, what: &str, condition: impl Fn(&Client) -> bool) {
        while !condition(self) {
            self.hear(what);
        }
    }

    /// Waits until a document has findings of exactly these codes.
    pub fn until_codes(&mut self, url: &str, codes: &[&str]) {
        self.until(&format!("{codes:?} for {url}"), |client| {
            client.codes(url) == codes
        });
    }

    /// The findings of a document, as published last.
    pub fn diagnostics(&self, url: &str) -> &[Value] {
        self.published
            .get(url)
            .map(|p| &*p.diagnostics)
            .unwrap_or_default()
    }

    /// Their codes.
    pub fn codes(&self, url: &str) -> Vec<&str> {
        codes(self.diagnostics(url))
    }

    /// The documents that have findings.
    pub fn with_findings(&self) -> Vec<&str> {
        self.published
            .iter()
            .filter(|(_, p)| !p.diagnostics.is_empty())
            .map(|(url, _)| &**url)
            .collect()
    }

    /// What was published since this was asked last.
    pub fn publications(&mut self) -> Vec<Publication> {
        std::mem::take(&mut self.publications)
    }

    /// What the server wrote to standard error.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    // Documents

    /// Opens a document.
    pub fn open(&mut self, url: &str, version: i64, text: &str) {
        let language = if url.ends_with(".nix") {
            "nix"
        } else {
            "shellscript"
        };
        let document =
            json!({ "uri": url, "languageId": language, "version": version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Opens a document with the text of its file.
    pub fn open_file(&mut self, checkout: &Checkout, path: &str, version: i64) -> String {
        let (url, text) = (checkout.url(path), checkout.read(path));
        self.open(&url, version, &text);
        url
    }

    /// Changes a document.
    pub fn change(&mut self, url: &str, version: i64, changes: Value) {
        let document = json!({ "uri": url, "version": version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": changes }),
        );
    }

    /// Replaces a document's text.
    pub fn replace(&mut self, url: &str, version: i64, text: &str) {
        self.change(url, version, json!([{ "text": text }]));
    }

    /// Saves a document.
    pub fn save(&mut self, url: &str) {
        self.notify(
            "textDocument/didSave",
            json!({ "textDocument": { "uri": url } }),
        );
    }

    /// Closes a document.
    pub fn close(&mut self, url: &str) {
        self.notify(
            "textDocument/didClose",
            json!({ "textDocument": { "uri": url } }),
        );
    }

    /// Files changed on the disk, came or went.
    pub fn files_changed(&mut self, changes: &[(&str, FileChange)]) {
        let changes: Vec<Value> = changes
            .iter()
            .map(|(url, change)| json!({ "uri": url, "type": *change as u8 }))
            .collect();
        self.notify(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": changes }),
        );
    }

    /// A document's text as the server has it.
    pub fn text(&mut self, url: &str) -> Option<String> {
        self.ask("imageScripts/test/text", json!({ "uri": url }))
            .as_str()
            .map(str::to_owned)
    }

    /// Waits until everything that was sent has had its turn, and what it caused was heard.
    pub fn barrier(&mut self) {
        self.actions("file:///nowhere", &everywhere());
    }

    /// The same, with the findings up to date with a document.
    pub fn settle(&mut self, url: &str) {
        self.actions(url, &everywhere());
    }

    /// The actions that are offered at a range.
    pub fn actions(&mut self, url: &str, range: &Value) -> Vec<Value> {
        let id = self.request_actions(url, range);
        self.actions_of(id)
    }

    /// Asks for the actions at a range.
    pub fn request_actions(&mut self, url: &str, range: &Value) -> i64 {
        let params = json!({ "textDocument": { "uri": url }, "range": range, "context": { "diagnostics": [] } });
        self.request("textDocument/codeAction", params)
    }

    /// The actions that were asked for.
    pub fn actions_of(&mut self, id: i64) -> Vec<Value> {
        match self.answer(id) {
            Ok(Value::Array(actions)) => actions,
            Ok(Value::Null) => Vec::new(),
            other => panic!("no actions: {other:?}"),
        }
    }

    // The end

    /// Ends the session as it should be, and checks that nothing was left over.
    pub fn finish(mut self) {
        self.end();
    }

    /// Waits for the end of the program; gives its exit status.
    pub fn exit_status(&mut self) -> i32 {
        while !self.ended {
            self.hear("the end of the program");
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
            assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
            self.notify("exit", Value::Null);
            assert_eq!(self.exit_status(), 0, "{}", self.stderr());
        } else {
            self.exit_status();
        }
        self.assert_nothing_left();
    }

    /// Checks that everything that was said so far was expected.
    pub fn assert_nothing_left(&self) {
        assert!(
            self.answers.is_empty(),
            "answers nobody looked at: {:?}",
            self.answers
        );
        assert!(
            self.complaints.is_empty(),
            "errors nobody looked at: {:?}",
            self.complaints
        );
        assert!(
            self.asked.is_empty(),
            "requests nobody expected: {:?}",
            self.asked
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

    /// Takes in the next message.
    fn hear(&mut self, what: &str) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.heard.recv_timeout(left) {
            Ok(Heard::Message(message)) => self.take(message),
            Ok(Heard::Noise(noise)) => panic!("this is no message: {noise}"),
            Ok(Heard::End) if !self.ended => self.ended = true,
            Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => {
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

    fn take(&mut self, message: Value) {
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        let id = message.get("id").cloned();
        match (message.get("method").and_then(Value::as_str), id) {
            (Some(method), Some(id)) => {
                let asked = Asked {
                    id,
                    params: message["params"].clone(),
                };
                match self.automatic.get(method).cloned() {
                    Some(result) => self.reply(&asked, result),
                    None => self.asked.push_back((method.to_owned(), asked)),
                }
            }
            (Some(method), None) => {
                self.take_notification(method.to_owned(), message["params"].clone())
            }
            (None, Some(id)) => self.take_answer(&id, &message),
            (None, None) => panic!("neither method nor id: {message}"),
        }
    }

    fn take_answer(&mut self, id: &Value, message: &Value) {
        let (result, error) = (message.get("result"), message.get("error"));
        assert!(
            result.is_some() != error.is_some(),
            "either a result or an error: {message}"
        );
        let error = error.map(|e| {
            (
                e["code"].as_i64().unwrap(),
                e["message"].as_str().unwrap().to_owned(),
            )
        });
        match (id.as_i64(), error) {
            (Some(id), error) => {
                assert!(self.pending.remove(&id), "nobody asked for this: {message}");
                self.answers
                    .insert(id, error.map_or_else(|| Ok(result.cloned().unwrap()), Err));
            }
            (None, Some((code, _))) if id.is_null() => self.complaints.push_back(code),
            _ => panic!("nobody asked for this: {message}"),
        }
    }

    fn take_notification(&mut self, method: String, params: Value) {
        match method.as_str() {
            PUBLISH => self.take_publication(&params),
            LOG => {
                let line = params["message"].as_str().unwrap().to_owned();
                match params["type"].as_i64().unwrap() {
                    1 | 2 if self.allowed_warnings.iter().any(|part| line.contains(part)) => {}
                    1 | 2 => self.warnings.push_back(line),
                    _ => self.infos.push(line),
                }
                return;
            }
            _ => {}
        }
        if !self.allowed.contains(&method) {
            self.notifications.push_back((method, params));
        }
    }

    fn take_publication(&mut self, params: &Value) {
        let publication = Publication {
            url: params["uri"].as_str().unwrap().to_owned(),
            version: params.get("version").and_then(Value::as_i64),
            diagnostics: params["diagnostics"].as_array().unwrap().clone(),
        };
        for diagnostic in &publication.diagnostics {
            assert_eq!(diagnostic["source"], "image-scripts", "{diagnostic}");
            assert!(
                diagnostic["code"].is_string() && diagnostic["severity"].is_u64(),
                "{diagnostic}"
            );
        }
        self.publications.push(publication.clone());
        self.published.insert(publication.url.clone(), publication);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !thread::panicking() && self.stderr_thread.is_some() {
            self.end();
        }
        // Of a test that has failed. Else it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What happened to a file.
#[derive(Debug, Clone, Copy)]
pub enum FileChange {
    /// It came.
    Created = 1,
    /// It has another text.
    Changed = 2,
    /// It went.
    Deleted = 3,
}

/// A message with its header.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A notification.
pub fn notification(method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "method": method });
    if !params.is_null() {
        message["params"] = params;
    }
    message
}

/// A range on one line.
pub fn on_line(line: usize, from: usize, to: usize) -> Value {
    range((line, from), (line, to))
}

/// A range.
pub fn range(start: (usize, usize), end: (usize, usize)) -> Value {
    json!({
        "start": { "line": start.0, "character": start.1 },
        "end": { "line": end.0, "character": end.1 },
    })
}

/// The range of a whole document, whatever is in it.
pub fn everywhere() -> Value {
    range((0, 0), (1_000_000, 0))
}

/// The reading thread: nothing but messages with exactly one header may come.
fn listen(mut stdout: BufReader<impl Read>, heard: &Sender<Heard>) {
    loop {
        let mut header = String::new();
        let next = match stdout.read_line(&mut header) {
            Ok(0) => Heard::End,
            Ok(_) => read_body(&mut stdout, &header).map_or_else(Heard::Noise, Heard::Message),
            Err(error) => Heard::Noise(error.to_string()),
        };
        let last = !matches!(next, Heard::Message(_));
        // Nobody listens when the test has failed.
        if heard.send(next).is_err() || last {
            return;
        }
    }
}

fn read_body(stdout: &mut impl BufRead, header: &str) -> Result<Value, String> {
    let length = header
        .strip_prefix("Content-Length: ")
        .and_then(|l| l.strip_suffix("\r\n"));
    let length: usize = length
        .and_then(|l| l.parse().ok())
        .ok_or_else(|| format!("header {header:?}"))?;
    let mut blank = String::new();
    stdout.read_line(&mut blank).map_err(|e| e.to_string())?;
    if blank != "\r\n" {
        return Err(format!("{blank:?} behind the header"));
    }
    let mut body = vec![0; length];
    stdout
        .read_exact(&mut body)
        .map_err(|e| format!("a body that ends too early: {e}"))?;
    serde_json::from_slice(&body).map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&body)))
}
