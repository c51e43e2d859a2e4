//! Parameters of `initialize`.

use std::path::Path;

use serde_json::{Value, json};

use crate::checkout::{Checkout, url};

/// Parameters with which a client initializes the server.
#[derive(Debug, Clone)]
pub struct Setup {
    params: Value,
}

impl Setup {
    /// Makes those of a modern client without anything that makes the server send requests, in
    /// folders given by URL.
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

    /// Makes those for one folder.
    pub fn folder(path: &Path) -> Setup {
        Setup::folders([url(path).as_str()])
    }

    /// Makes those for the root of a checkout.
    pub fn at(checkout: &Checkout) -> Setup {
        Setup::folder(checkout.root())
    }

    /// Adds capabilities, or replaces them.
    pub fn with(mut self, capabilities: &Value) -> Setup {
        merge(&mut self.params["capabilities"], capabilities);
        self
    }

    /// Sets the encoding of positions.
    pub fn encoding(self, encoding: &str) -> Setup {
        self.with(&json!({ "general": { "positionEncodings": [encoding] } }))
    }

    /// Sets the number of the client's process.
    pub fn process(mut self, id: u32) -> Setup {
        self.params["processId"] = json!(id);
        self
    }

    /// Sets the initialization options.
    pub fn options(mut self, options: Value) -> Setup {
        self.params["initializationOptions"] = options;
        self
    }

    /// Switches `bash -n` off: nothing is published that no message of the test has caused.
    pub fn quiet(self) -> Setup {
        self.options(json!({ "bash": false }))
    }

    /// Has the client watch files, with patterns relative to a folder or without them.
    pub fn watching(self, relative: bool) -> Setup {
        let watched = json!({ "dynamicRegistration": true, "relativePatternSupport": relative });
        self.with(&json!({ "workspace": { "didChangeWatchedFiles": watched } }))
    }

    /// Returns the parameters of `initialize`.
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
