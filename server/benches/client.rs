//! A client of the language server: just enough to time it. It reads everything that is sent, in
//! a thread of its own, and answers what it is asked.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longer than anything takes; then something is wrong.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// A running server and the connection to it.
pub(crate) struct Client {
    child: Child,
    stdin: Arc<Mutex<ChildStdin>>,
    /// Messages that arrived, with the time of their last byte.
    messages: Receiver<(Instant, Value)>,
    root: PathBuf,
    versions: i32,
    requests: i64,
}

impl Client {
    /// Starts a server on a folder and opens the session.
    pub(crate) fn start(program: &str, root: &Path) -> Client {
        let mut child = Command::new(program)
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = Arc::new(Mutex::new(child.stdin.take().unwrap()));
        let stdout = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        let responses = stdin.clone();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(body) = frame(&mut stdout) {
                let arrived = Instant::now();
                let message: Value = serde_json::from_slice(&body).unwrap();
                if let (Some(id), Some(method)) = (message.get("id"), message.get("method")) {
                    send(
                        &responses,
                        &json!({ "jsonrpc": "2.0", "id": id, "result": respond(method, &message) }),
                    );
                } else if sender.send((arrived, message)).is_err() {
                    break;
                }
            }
        });
        let mut client = Client {
            child,
            stdin,
            messages,
            root: root.canonicalize().unwrap(),
            versions: 0,
            requests: 0,
        };
        client.initialize();
        client
    }

    fn initialize(&mut self) {
        let uri = self.uri("");
        let parameters = json!({
            "processId": std::process::id(),
            "rootUri": uri,
            "workspaceFolders": [{ "uri": uri, "name": "generated" }],
            "capabilities": {
                "general": { "positionEncodings": ["utf-8", "utf-16"] },
                "textDocument": {
                    "synchronization": { "didSave": true },
                    "publishDiagnostics": { "relatedInformation": true, "versionSupport": true, "dataSupport": true },
                    "codeAction": { "dataSupport": true, "resolveSupport": { "properties": ["edit"] } },
                },
                "workspace": {
                    "workspaceFolders": true,
                    "configuration": true,
                    "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create", "rename", "delete"] },
                    "didChangeWatchedFiles": { "dynamicRegistration": true, "relativePatternSupport": true },
                },
                "window": { "workDoneProgress": true },
            },
        });
        self.request("initialize", &parameters);
        self.notify("initialized", &json!({}));
    }

    /// Returns the URI of a file.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("file://{}", self.root.join(path).display())
            .trim_end_matches('/')
            .to_owned()
    }

    fn notify(&self, method: &str, parameters: &Value) {
        send(
            &self.stdin,
            &json!({ "jsonrpc": "2.0", "method": method, "params": parameters }),
        );
    }

    /// Sends a request and waits for its answer: how long that took.
    pub(crate) fn request(&mut self, method: &str, parameters: &Value) -> Duration {
        self.requests += 1;
        let id = self.requests;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters });
        let sent = Instant::now();
        send(&self.stdin, &message);
        loop {
            let (arrived, message) = self.receive(method);
            if message.get("id") == Some(&json!(id)) {
                return arrived.duration_since(sent);
            }
        }
    }

    fn receive(&self, wanted: &str) -> (Instant, Value) {
        self.messages
            .recv_timeout(RESPONSE_TIMEOUT)
            .unwrap_or_else(|_| panic!("the server does not send: {wanted}"))
    }

    /// Measures a request for which the server has nothing to do.
    pub(crate) fn round_trip(&mut self) -> Duration {
        self.request("imageScripts/nothing", &json!({}))
    }

    /// Waits until findings of some files have arrived whose numbers are right: when the last did.
    pub(crate) fn published(&mut self, paths: &[String], right: impl Fn(usize) -> bool) -> Instant {
        let mut pending: HashSet<String> = paths.iter().map(|path| self.uri(path)).collect();
        loop {
            let (arrived, message) = self.receive(&format!("findings of {} files", pending.len()));
            let uri = message["params"]["uri"].as_str().unwrap_or_default();
            if message["params"]["diagnostics"]
                .as_array()
                .is_some_and(|found| right(found.len()))
            {
                pending.remove(uri);
                if pending.is_empty() {
                    return arrived;
                }
            }
        }
    }

    /// Opens a file: its text.
    pub(crate) fn open(&mut self, path: &str) -> String {
        let text = std::fs::read_to_string(self.root.join(path)).unwrap();
        let language = if path.ends_with(".nix") {
            "nix"
        } else {
            "shellscript"
        };
        self.versions += 1;
        let document = json!({ "uri": self.uri(path), "languageId": language, "version": self.versions, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        text
    }

    /// Changes `length` bytes at `at` on one line of an open file: when it was sent. `text` is
    /// what the file had when it was opened; what precedes the change has not changed since.
    pub(crate) fn change(
        &mut self,
        path: &str,
        text: &str,
        at: usize,
        length: usize,
        to: &str,
    ) -> Instant {
        let line = text[..at].matches('\n').count();
        let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
        self.versions += 1;
        let parameters = json!({
            "textDocument": { "uri": self.uri(path), "version": self.versions },
            "contentChanges": [{
                "range": {
                    "start": { "line": line, "character": column },
                    "end": { "line": line, "character": column + length },
                },
                "text": to,
            }],
        });
        let sent = Instant::now();
        self.notify("textDocument/didChange", &parameters);
        sent
    }

    /// Closes a file.
    pub(crate) fn close(&mut self, path: &str) {
        self.notify(
            "textDocument/didClose",
            &json!({ "textDocument": { "uri": self.uri(path) } }),
        );
    }

    /// The most memory that the server ever had, in MiB.
    pub(crate) fn peak_memory(&mut self) -> f64 {
        // After everything that was sent before.
        self.round_trip();
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Ends the session and the server.
    pub(crate) fn stop(mut self) {
        self.request("shutdown", &Value::Null);
        self.notify("exit", &Value::Null);
        self.child.wait().unwrap();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A panic must not leave it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(stdin: &Mutex<ChildStdin>, message: &Value) {
    let body = message.to_string();
    let mut stdin = stdin.lock().unwrap();
    // One write: the server shall not begin with half a message.
    stdin
        .write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .unwrap();
    stdin.flush().unwrap();
}

/// The body of the next message; `None` at the end.
fn frame(stdout: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut header = String::new();
        if stdout.read_line(&mut header).ok()? == 0 {
            return None;
        }
        match header.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    Some(body)
}

/// Returns the response of a client that has nothing to say.
fn respond(method: &Value, message: &Value) -> Value {
    match method.as_str() {
        Some("workspace/configuration") => {
            let items = message["params"]["items"].as_array().map_or(0, Vec::len);
            json!(vec![Value::Null; items])
        }
        _ => Value::Null,
    }
}
