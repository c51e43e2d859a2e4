//! An editor around the strict client: it applies what the server sends to documents and the disk
//! as the protocol has it, and fails at what some editor would do harm with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::checkout::Checkout;
use crate::client::{Answer, Client, FileChange, REGISTER, Setup, on_line};
use crate::model::{Model, Unit};

/// Asks the client to apply an edit.
pub const APPLY: &str = "workspace/applyEdit";
/// Asks the client to show a document.
pub const SHOW: &str = "window/showDocument";
/// A message to the user.
pub const MESSAGE: &str = "window/showMessage";

/// An editor.
pub struct Editor<'c> {
    /// Its end of the conversation.
    pub client: Client,
    checkout: &'c Checkout,
    /// Open documents by URL: versions and texts.
    open: BTreeMap<String, (i64, String)>,
}

/// What an editor can do that has everything.
pub fn capable() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "didChangeWatchedFiles": { "dynamicRegistration": true, "relativePatternSupport": true },
        },
        "window": { "showDocument": { "support": true } },
    })
}

/// Begins a session of an [`Editor`].
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
    /// Begins a session.
    pub fn start(mut client: Client, checkout: &'c Checkout, setup: &Setup) -> Editor<'c> {
        client.reply_always(REGISTER, Value::Null);
        client.start(setup);
        Editor {
            client,
            checkout,
            open: BTreeMap::new(),
        }
    }

    /// Opens a file; gives its URL.
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

    /// A file's text: the document's, if it is open.
    pub fn text(&self, path: &str) -> String {
        match self.open.get(&self.checkout.url(path)) {
            Some((_, text)) => text.clone(),
            None => self.checkout.read(path),
        }
    }

    /// Whether anything is at a path, a link that leads nowhere included.
    pub fn exists(&self, path: &str) -> bool {
        self.checkout.path(path).symlink_metadata().is_ok()
    }

    /// Runs a command of the server; gives the request's id.
    pub fn command(&mut self, command: &str, arguments: Value) -> i64 {
        let params = json!({ "command": command, "arguments": arguments });
        self.client.request("workspace/executeCommand", params)
    }

    /// Runs a command and applies its edit.
    pub fn execute(&mut self, command: &str, argument: Value) -> Value {
        let id = self.command(command, json!([argument]));
        let asked = self.client.asked(APPLY);
        assert!(asked.params["label"].is_string());
        self.apply(&asked.params["edit"]);
        self.client.reply(&asked, json!({ "applied": true }));
        self.client.answer(id).unwrap()
    }

    /// Runs a command that fails.
    pub fn execute_in_vain(&mut self, command: &str, arguments: Value) -> (i64, String) {
        let id = self.command(command, arguments);
        self.client.answer(id).unwrap_err()
    }

    /// The text of the next message to the user, which must be of that kind.
    pub fn message(&mut self, kind: u64) -> String {
        let message = self.client.notified(MESSAGE);
        assert_eq!(message["type"], kind, "{message}");
        message["message"].as_str().unwrap().to_owned()
    }

    /// The actions at a range, of those kinds.
    pub fn actions(&mut self, url: &str, range: &Value, only: &[&str]) -> Vec<Value> {
        let context = json!({ "diagnostics": [], "only": only });
        let params = json!({ "textDocument": { "uri": url }, "range": range, "context": context });
        match self.client.ask("textDocument/codeAction", params) {
            Value::Array(actions) => actions,
            other => {
                assert!(other.is_null(), "{other}");
                Vec::new()
            }
        }
    }

    /// Has an action resolved.
    pub fn resolve(&mut self, action: &Value) -> Answer {
        let id = self.client.request("codeAction/resolve", action.clone());
        self.client.answer(id)
    }

    /// Applies an edit, and tells the server of it.
    pub fn apply(&mut self, edit: &Value) {
        check_annotations(edit);
        let mut told: Vec<(String, FileChange)> = Vec::new();
        if let Some(changes) = edit.get("changes") {
            assert!(edit.get("documentChanges").is_none());
            for (url, edits) in changes.as_object().unwrap() {
                self.edit_document(url, edits, &mut told);
            }
        } else {
            for operation in edit["documentChanges"].as_array().unwrap() {
                self.operation(operation, &mut told);
            }
        }
        let told: Vec<(&str, FileChange)> = told.iter().map(|(url, c)| (&**url, *c)).collect();
        if !told.is_empty() {
            self.client.files_changed(&told);
        }
    }

    fn operation(&mut self, operation: &Value, told: &mut Vec<(String, FileChange)>) {
        let options = &operation["options"];
        let url = |key: &str| operation[key].as_str().unwrap().to_owned();
        match operation.get("kind").and_then(Value::as_str) {
            None => {
                let document = &operation["textDocument"];
                let url = document["uri"].as_str().unwrap();
                let version = self.open.get(url).map(|(version, _)| *version);
                assert_eq!(document["version"].as_i64(), version, "{url}");
                self.edit_document(url, &operation["edits"], told);
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
                told.push((url, FileChange::Created));
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
                told.extend([(old, FileChange::Deleted), (new, FileChange::Created)]);
            }
            Some("delete") => {
                let (url, path) = (url("uri"), path_of(&url("uri")));
                // Some editors empty what is behind it.
                assert!(!is_link(&path), "{url} is a link");
                assert_eq!(options["ignoreIfNotExists"], true);
                assert_eq!(options["recursive"], path.is_dir());
                if path.is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap();
                }
                told.push((url, FileChange::Deleted));
            }
            Some(other) => panic!("what is `{other}`?"),
        }
    }

    fn edit_document(&mut self, url: &str, edits: &Value, told: &mut Vec<(String, FileChange)>) {
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
            told.push((url.to_owned(), FileChange::Changed));
        }
    }

    /// Ends the session.
    pub fn finish(self) {
        self.client.finish();
    }
}

/// All edits have the annotation, or none has.
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
            // The types that the server uses have it there.
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

/// The titles of some actions.
pub fn titles(actions: &[Value]) -> Vec<&str> {
    let titles = actions.iter();
    titles
        .map(|action| action["title"].as_str().unwrap())
        .collect()
}

/// The action of that title.
pub fn titled<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    let found = actions.iter().find(|action| action["title"] == title);
    found.unwrap_or_else(|| panic!("no `{title}` in {actions:#?}"))
}

/// The place of a part of a text.
pub fn place(text: &str, part: &str) -> Value {
    let at = text.find(part).unwrap_or_else(|| panic!("no `{part}`"));
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
    on_line(line, column, column)
}
