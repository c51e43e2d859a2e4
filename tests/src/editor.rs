//! Editor around the strict client: it applies edits of the server to documents and the disk as the
//! protocol demands, and fails at edits with which some editor would do harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::checkout::Checkout;
use crate::client::{Client, FileChange, REGISTER, Response, Setup, on_line};
use crate::model::{Model, Unit};

/// Has the client apply an edit.
pub const APPLY: &str = "workspace/applyEdit";
/// Has the client show a document.
pub const SHOW: &str = "window/showDocument";
/// Shows a message to the user.
pub const MESSAGE: &str = "window/showMessage";

/// Editor.
pub struct Editor<'c> {
    /// Client through which it talks to the server.
    pub client: Client,
    checkout: &'c Checkout,
    /// Versions and texts of open documents, by URL.
    open: BTreeMap<String, (i64, String)>,
}

/// Returns the capabilities of an editor that has everything.
pub fn capable() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "didChangeWatchedFiles": { "dynamicRegistration": true, "relativePatternSupport": true },
        },
        "window": { "showDocument": { "support": true } },
    })
}

/// Starts a session of an [`Editor`].
#[macro_export]
macro_rules! edit {
    ($checkout:expr) => {
        $crate::edit!(
            $checkout,
            $crate::client::Setup::at($checkout)
                .quiet()
                .with(&$crate::editor::capable())
        )
    };
    ($checkout:expr, $setup:expr) => {
        $crate::editor::Editor::start(
            $crate::client::Client::spawn($crate::program!()),
            $checkout,
            &$setup,
        )
    };
}

impl<'c> Editor<'c> {
    /// Starts a session.
    pub fn start(mut client: Client, checkout: &'c Checkout, setup: &Setup) -> Editor<'c> {
        client.respond_always(REGISTER, Value::Null);
        client.start(setup);
        Editor {
            client,
            checkout,
            open: BTreeMap::new(),
        }
    }

    /// Opens a file. Returns its URL.
    pub fn open(&mut self, path: &str) -> String {
        let url = self.client.open_file(self.checkout, path, 1);
        let text = self.checkout.read(path);
        self.open.insert(url.clone(), (1, text));
        url
    }

    /// Replaces an open document's text.
    pub fn replace(&mut self, url: &str, text: &str) {
        let document = self.open.get_mut(url).expect("it is not open");
        *document = (document.0 + 1, text.to_owned());
        self.client.replace(url, document.0, text);
    }

    /// Returns a file's text: the document's, if it is open.
    pub fn text(&self, path: &str) -> String {
        match self.open.get(&self.checkout.url(path)) {
            Some((_, text)) => text.clone(),
            None => self.checkout.read(path),
        }
    }

    /// Returns whether something exists at a path, a broken link included.
    pub fn exists(&self, path: &str) -> bool {
        self.checkout.path(path).symlink_metadata().is_ok()
    }

    /// Sends a command to the server. Returns the id of the request.
    pub fn command(&mut self, command: &str, arguments: Value) -> i64 {
        let params = json!({ "command": command, "arguments": arguments });
        self.client.request("workspace/executeCommand", params)
    }

    /// Executes a command and applies its edit. Returns the result.
    pub fn execute(&mut self, command: &str, argument: Value) -> Value {
        let id = self.command(command, json!([argument]));
        let request = self.client.server_request(APPLY);
        assert!(request.params["label"].is_string());
        self.apply(&request.params["edit"]);
        self.client.respond(&request, json!({ "applied": true }));
        self.client.response(id).unwrap()
    }

    /// Executes a command that fails. Returns the error.
    pub fn execute_error(&mut self, command: &str, arguments: Value) -> (i64, String) {
        let id = self.command(command, arguments);
        self.client.response(id).unwrap_err()
    }

    /// Returns the text of the next message to the user, which must be of a type.
    pub fn message(&mut self, kind: u64) -> String {
        let message = self.client.notification(MESSAGE);
        assert_eq!(message["type"], kind, "{message}");
        message["message"].as_str().unwrap().to_owned()
    }

    /// Returns the code actions of some kinds at a range.
    pub fn actions(&mut self, url: &str, range: &Value, only: &[&str]) -> Vec<Value> {
        let context = json!({ "diagnostics": [], "only": only });
        let params = json!({ "textDocument": { "uri": url }, "range": range, "context": context });
        match self.client.call("textDocument/codeAction", params) {
            Value::Array(actions) => actions,
            other => {
                assert!(other.is_null(), "{other}");
                Vec::new()
            }
        }
    }

    /// Resolves a code action.
    pub fn resolve(&mut self, action: &Value) -> Response {
        let id = self.client.request("codeAction/resolve", action.clone());
        self.client.response(id)
    }

    /// Applies an edit, and notifies the server of changed files.
    pub fn apply(&mut self, edit: &Value) {
        check_annotations(edit);
        let mut changed: Vec<(String, FileChange)> = Vec::new();
        if let Some(changes) = edit.get("changes") {
            assert!(edit.get("documentChanges").is_none());
            for (url, edits) in changes.as_object().unwrap() {
                self.edit_document(url, edits, &mut changed);
            }
        } else {
            for operation in edit["documentChanges"].as_array().unwrap() {
                self.document_change(operation, &mut changed);
            }
        }
        let changed: Vec<(&str, FileChange)> =
            changed.iter().map(|(url, c)| (&**url, *c)).collect();
        if !changed.is_empty() {
            self.client.files_changed(&changed);
            // Nobody requests anything before the server has read them.
            self.client.barrier();
        }
    }

    fn document_change(&mut self, operation: &Value, changed: &mut Vec<(String, FileChange)>) {
        let options = &operation["options"];
        let url = |key: &str| operation[key].as_str().unwrap().to_owned();
        match operation.get("kind").and_then(Value::as_str) {
            None => {
                let document = &operation["textDocument"];
                let url = document["uri"].as_str().unwrap();
                let version = self.open.get(url).map(|(version, _)| *version);
                assert_eq!(document["version"].as_i64(), version, "{url}");
                self.edit_document(url, &operation["edits"], changed);
            }
            Some("create") => {
                assert_eq!(
                    options,
                    &json!({ "overwrite": false, "ignoreIfExists": true })
                );
                let (url, path) = (url("uri"), path_of(&url("uri")));
                // Some editors empty what is there.
                assert!(path.symlink_metadata().is_err(), "{url} is there");
                assert!(!self.open.contains_key(&url), "{url} is open");
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
                changed.push((url, FileChange::Created));
            }
            Some("rename") => {
                assert_eq!(
                    options,
                    &json!({ "overwrite": false, "ignoreIfExists": true })
                );
                let (old, new) = (url("oldUri"), url("newUri"));
                let (from, to) = (path_of(&old), path_of(&new));
                assert!(!is_link(&from), "{old} is a link");
                assert!(to.symlink_metadata().is_err(), "{new} is there");
                fs::rename(from, to).unwrap();
                changed.extend([(old, FileChange::Deleted), (new, FileChange::Created)]);
            }
            Some("delete") => {
                let (url, path) = (url("uri"), path_of(&url("uri")));
                // Some editors empty its target.
                assert!(!is_link(&path), "{url} is a link");
                assert_eq!(options["ignoreIfNotExists"], true);
                assert_eq!(options["recursive"], path.is_dir());
                if path.is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap();
                }
                changed.push((url, FileChange::Deleted));
            }
            Some(other) => panic!("what is `{other}`?"),
        }
    }

    fn edit_document(&mut self, url: &str, edits: &Value, changed: &mut Vec<(String, FileChange)>) {
        let edits = edits.as_array().unwrap();
        let path = path_of(url);
        let before = match self.open.get(url) {
            Some((_, text)) => text.clone(),
            None => fs::read_to_string(&path).unwrap(),
        };
        let mut model = Model::new(&before, Unit::Utf16);
        model.apply(edits);
        if self.open.contains_key(url) {
            self.replace(url, &model.text());
        } else {
            fs::write(path, model.text()).unwrap();
            changed.push((url.to_owned(), FileChange::Changed));
        }
    }

    /// Ends the session.
    pub fn finish(self) {
        self.client.finish();
    }
}

/// Checks that all edits have the annotation, or none has.
fn check_annotations(edit: &Value) {
    let known = edit
        .get("changeAnnotations")
        .map(|a| a.as_object().unwrap());
    let check = |id: Option<&Value>| match (known, id.and_then(Value::as_str)) {
        (Some(known), Some(id)) => assert!(known.contains_key(id), "{edit:#}"),
        (None, None) => {}
        _ => panic!("{edit:#}"),
    };
    for operation in edit["documentChanges"].as_array().into_iter().flatten() {
        match operation["kind"].as_str() {
            None => {
                for edit in operation["edits"].as_array().unwrap() {
                    check(edit.get("annotationId"));
                }
            }
            // The types that the server uses have it here.
            Some("delete") => check(operation["options"].get("annotationId")),
            Some(_) => check(operation.get("annotationId")),
        }
    }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).unwrap().is_symlink()
}

fn path_of(url: &str) -> PathBuf {
    let path = url.strip_prefix("file://").unwrap();
    assert!(!path.contains('%'), "{url}");
    PathBuf::from(path)
}

/// Returns the titles of actions.
pub fn titles(actions: &[Value]) -> Vec<&str> {
    let titles = actions.iter();
    titles
        .map(|action| action["title"].as_str().unwrap())
        .collect()
}

/// Returns the action with a title.
pub fn titled<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    let found = actions.iter().find(|action| action["title"] == title);
    found.unwrap_or_else(|| panic!("no `{title}` in {actions:#?}"))
}

/// Returns the empty range at the first occurrence of a part of a text.
pub fn range_of(text: &str, part: &str) -> Value {
    let at = text.find(part).unwrap_or_else(|| panic!("no `{part}`"));
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
    on_line(line, column, column)
}
