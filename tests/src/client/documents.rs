//! Documents, files, and code actions in them.

use serde_json::{Value, json};

use super::Client;
use crate::checkout::Checkout;

/// Change of a file on the disk.
#[derive(Debug, Clone, Copy)]
pub enum FileChange {
    /// The file is new.
    Created = 1,
    /// The file has another text.
    Changed = 2,
    /// The file is gone.
    Deleted = 3,
}

impl Client {
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

    /// Opens a document with the text of its file. Returns its URL.
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

    /// Notifies the server of files that changed on the disk.
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

    /// Returns a document's text as the server has it.
    pub fn text(&mut self, url: &str) -> Option<String> {
        self.call("imageScripts/test/text", json!({ "uri": url }))
            .as_str()
            .map(str::to_owned)
    }

    /// Waits until everything that was sent has had its turn, the files were read that it made worth
    /// reading, and what all that caused was received.
    pub fn barrier(&mut self) {
        let id = self.request("imageScripts/test/idle", Value::Null);
        // A program without the requests for tests has none of these.
        let _ = self.response(id);
        self.actions("file:///nowhere", &everywhere());
    }

    /// Waits as [`barrier`](Self::barrier) does, until the findings are up to date with a document.
    pub fn sync(&mut self, url: &str) {
        self.actions(url, &everywhere());
    }

    /// Returns all code actions of a document, without waiting for files that are being read.
    pub fn actions_now(&mut self, url: &str) -> Vec<Value> {
        self.actions(url, &everywhere())
    }

    /// Waits until something was read that the server holds back, as it was told to.
    pub fn wait_for_hold(&mut self) {
        self.call("imageScripts/test/held", Value::Null);
    }

    /// Returns the code actions at a range.
    pub fn actions(&mut self, url: &str, range: &Value) -> Vec<Value> {
        let id = self.request_actions(url, range);
        self.actions_of(id)
    }

    /// Requests the code actions at a range. Returns the id of the request.
    pub fn request_actions(&mut self, url: &str, range: &Value) -> i64 {
        let params = json!({ "textDocument": { "uri": url }, "range": range, "context": { "diagnostics": [] } });
        self.request("textDocument/codeAction", params)
    }

    /// The actions that were request for.
    pub fn actions_of(&mut self, id: i64) -> Vec<Value> {
        match self.response(id) {
            Ok(Value::Array(actions)) => actions,
            Ok(Value::Null) => Vec::new(),
            other => panic!("no actions: {other:?}"),
        }
    }
}

/// Returns a range on one line.
pub fn on_line(line: usize, from: usize, to: usize) -> Value {
    range((line, from), (line, to))
}

/// Returns a range.
pub fn range(start: (usize, usize), end: (usize, usize)) -> Value {
    json!({
        "start": { "line": start.0, "character": start.1 },
        "end": { "line": end.0, "character": end.1 },
    })
}

/// Returns a range that covers any document.
pub fn everywhere() -> Value {
    range((0, 0), (1_000_000, 0))
}
