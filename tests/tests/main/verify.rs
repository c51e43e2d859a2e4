//! What a change left to be confirmed: hints that stand in the files until somebody edits them.

use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::FileChange;
use image_scripts_ls_tests::command::{commit_all, output_of};
use image_scripts_ls_tests::edit;
use image_scripts_ls_tests::editor::{APPLY, Editor, SHOW, titled};
use image_scripts_ls_tests::program;
use serde_json::{Value, json};

const NEW: &str = "imageScripts.newImage";
const BUILD: &str = "image-scripts/images/fedora-45/build.sh";
const CONFIG: &str = "image-scripts/images/fedora-45/config.sh";

/// The places that are to be confirmed in a document.
fn marks(editor: &Editor<'_>, url: &str) -> Vec<Value> {
    let all = editor.client.diagnostics(url).iter();
    let marks = all.filter(|d| d["code"] == "verify");
    marks
        .inspect(|mark| assert_eq!(mark["severity"], 3))
        .map(|mark| mark["range"].clone())
        .collect()
}

/// Returns the ranges that the result of a command has.
fn reported(result: &Value, path: &str) -> Vec<Value> {
    let all = result["verify"].as_array().unwrap().iter();
    let of_file = all.filter(|verify| verify["path"] == path);
    of_file.map(|verify| verify["range"].clone()).collect()
}

fn moved(ranges: &[Value], lines: i64) -> Vec<Value> {
    let moved = |position: &Value| json!({ "line": position["line"].as_i64().unwrap() + lines, "character": position["character"] });
    let ranges = ranges.iter();
    ranges
        .map(|r| json!({ "start": moved(&r["start"]), "end": moved(&r["end"]) }))
        .collect()
}

/// A new image, with the answers to what that asks.
fn new_image(editor: &mut Editor<'_>) -> Value {
    let result = editor.execute(NEW, json!({ "name": "fedora-45" }));
    let shown = editor.client.server_request(SHOW);
    editor.client.respond(&shown, json!({ "success": true }));
    editor.client.barrier();
    result
}

/// The values that are open in the only checkout.
fn open_values(editor: &mut Editor<'_>) -> Vec<Value> {
    let response = editor.client.call("imageScripts/openValues", Value::Null);
    let values = response["checkouts"][0]["values"].as_array();
    values.unwrap().clone()
}

/// A value in one line.
fn shown(value: &Value) -> String {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let packages = value["packages"].as_array().unwrap().iter();
    let packages: Vec<&str> = packages.map(|package| package.as_str().unwrap()).collect();
    let packages = match packages.as_slice() {
        [] => String::new(),
        _ => format!(", of {}", packages.join(", ")),
    };
    format!(
        "{} {} {} in {}{packages}",
        text("image").unwrap(),
        text("name").unwrap(),
        text("resolved").or_else(|| text("text")).unwrap(),
        value["ranges"].as_array().unwrap().len(),
    )
}

#[test]
fn they_move_with_the_text_and_go_when_it_is_edited() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let result = new_image(&mut editor);
    let expected = reported(&result, BUILD);
    assert!(expected.len() >= 3, "{result:#}");
    let url = editor.open(BUILD);
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), expected);

    let text = editor.text(BUILD);
    editor.replace(&url, &format!("# new\n# lines\n{text}"));
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), moved(&expected, 2));

    let text = format!("{}# after\n", editor.text(BUILD));
    editor.replace(&url, &text);
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), moved(&expected, 2));

    // Who edits a value has confirmed it.
    let confirmed = text.replacen("common-$RELVER-15", "common-$RELVER-1", 1);
    assert_ne!(confirmed, text);
    editor.replace(&url, &confirmed);
    editor.client.sync(&url);
    let left = marks(&editor, &url);
    assert!(!left.is_empty() && left.len() < expected.len(), "{left:#?}");
    // It does not come back with the value.
    editor.replace(&url, &text);
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url).len(), left.len());

    editor.replace(&url, "");
    editor.client.sync(&url);
    assert!(marks(&editor, &url).is_empty());
    editor.finish();
}

#[test]
fn they_go_with_their_file() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    new_image(&mut editor);
    let url = checkout.url(BUILD);
    assert!(!marks(&editor, &url).is_empty());
    let text = checkout.read(BUILD);
    checkout.remove(BUILD);
    editor.client.files_changed(&[(&url, FileChange::Deleted)]);
    editor.client.barrier();
    assert!(marks(&editor, &url).is_empty());
    checkout.write(BUILD, text);
    editor.client.files_changed(&[(&url, FileChange::Created)]);
    editor.client.barrier();
    assert!(marks(&editor, &url).is_empty());
    editor.finish();
}

#[test]
fn an_editor_may_make_its_files_in_any_order() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let id = editor.command(NEW, json!(["fedora-45"]));
    let request = editor.client.server_request(APPLY);
    let changes = request.params["edit"]["documentChanges"]
        .as_array()
        .unwrap();
    let text_of = |path: &str| {
        let url = checkout.url(path);
        let edit = changes.iter().find(|c| c["textDocument"]["uri"] == *url);
        let text = &edit.unwrap()["edits"][0]["newText"];
        text.as_str().unwrap().to_owned()
    };
    let text = text_of(BUILD);
    // Opened as an empty file, before the command is done; the text comes later, and is edited at
    // once.
    checkout.write(CONFIG, text_of(CONFIG));
    checkout.write(BUILD, "");
    let url = checkout.url(BUILD);
    editor.client.open(&url, 0, "");
    editor.client.respond(&request, json!({ "applied": true }));
    let result = editor.client.response(id).unwrap();
    let shown = editor.client.server_request(SHOW);
    editor.client.respond(&shown, json!({ "success": true }));
    editor.client.barrier();
    assert!(marks(&editor, &url).is_empty());
    editor.client.replace(&url, 1, &text);
    editor.client.replace(&url, 2, &format!("# mine\n{text}"));
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), moved(&reported(&result, BUILD), 1));
    editor.client.close(&url);
    editor.finish();
}

/// A value in an include that others read, too, is open no longer than the image is there.
#[test]
fn they_go_with_the_image() {
    let checkout = Checkout::of("clean-2026");
    commit_all(checkout.root(), "base");
    let run = |args: &[&str]| {
        let mut command = Command::new(program!());
        command.args(args).current_dir(checkout.root());
        output_of(&mut command, "", "").ok();
    };
    run(&["new", "alpine-3.25"]);
    let mut editor = edit!(&checkout);
    let url = checkout.url("image-scripts/include/alpine.sh");
    let values = open_values(&mut editor);
    assert_eq!(values.len(), 1, "{values:#?}");
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url).len(), 1);

    run(&["retire", "alpine-3.25"]);
    editor.client.files_changed(&[
        (
            &checkout.url("image-scripts/images/alpine-3.25"),
            FileChange::Deleted,
        ),
        (
            &checkout.url("os/configs/image-repository.nix"),
            FileChange::Changed,
        ),
        (
            &checkout.url("tests/distributions.nix"),
            FileChange::Changed,
        ),
    ]);
    editor.client.sync(&url);
    assert_eq!(open_values(&mut editor), Vec::<Value>::new());
    assert_eq!(marks(&editor, &url), Vec::<Value>::new());
    editor.finish();
}

/// What a checkout has open is there again in another session, until it is recorded as right.
#[test]
fn they_are_there_again_after_a_restart() {
    let checkout = Checkout::of("clean-2026");
    commit_all(checkout.root(), "base");
    let mut new = Command::new(program!());
    new.args(["new", "fedora-45"]).current_dir(checkout.root());
    output_of(&mut new, "", "").ok();
    commit_all(checkout.root(), "new");

    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    editor.client.sync(&url);
    let before = marks(&editor, &url);
    assert_eq!(before.len(), 5, "{before:#?}");
    let address = before.first().unwrap().clone();
    let actions = editor.actions(&url, &address, &["quickfix"]);
    let open =
        "Open in browser: https://mirror.example.org/fedora/releases/45/Everything/x86_64/os";
    assert_eq!(
        titled(&actions, open)["command"]["command"],
        "imageScripts.openAddress"
    );
    let right = titled(&actions, "This is right: record `BASEURL` of fedora-45");
    let edit = right["edit"].clone();
    // Whoever lists them gets the same, each value once.
    let values = open_values(&mut editor);
    assert_eq!(
        values.iter().map(shown).collect::<Vec<_>>(),
        [
            "fedora-45 BASEURL https://mirror.example.org/fedora/releases/45/Everything/x86_64/os in 1",
            "fedora-45 RELEASE 15 in 3, of fedora-release-common, fedora-release-identity-basic, fedora-release",
            "fedora-45 EXTRAPKGS \"fedora-gpg-keys fedora-repos glibc-langpack-en man-db vim-enhanced\" in 1",
        ]
    );
    let base = values.first().unwrap();
    assert_eq!(base["address"], base["exact"]);
    let confirmed = editor
        .client
        .call("imageScripts/confirmValue", base.clone());
    assert_eq!(confirmed["documentChanges"], edit["documentChanges"]);
    editor.apply(&edit);
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), before.get(1..).unwrap());
    assert_eq!(open_values(&mut editor), values.get(1..).unwrap());
    let again = editor
        .client
        .call("imageScripts/confirmValue", base.clone());
    assert_eq!(again, Value::Null);
    assert_eq!(
        editor.text(".image-scripts.toml"),
        "[verified.\"fedora-45\"]\nBASEURL = \
         \"https://mirror.example.org/fedora/releases/45/Everything/x86_64/os\"\n"
    );
    let recorded = editor.text(".image-scripts.toml");
    editor.finish();

    // Recorded as right, until somebody deletes the record.
    checkout.write(".image-scripts.toml", recorded);
    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), before.get(1..).unwrap());
    let settings = editor.open(".image-scripts.toml");
    editor.replace(&settings, "");
    editor.client.sync(&url);
    assert_eq!(marks(&editor, &url), before);
    editor.finish();
}
