//! Definition, references, highlight and rename over the wire.

use std::collections::BTreeSet;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::edit;
use serde_json::{Value, json};

const BUILD: &str = "image-scripts/images/debian-13/build.sh";
const TABLE: &str = "tests/distributions.nix";
const REPOSITORY: &str = "os/configs/image-repository.nix";

/// The position of a text in a file, some characters into it.
fn position(checkout: &Checkout, path: &str, text: &str, into: usize) -> Value {
    let whole = checkout.read(path);
    let at = whole
        .find(text)
        .unwrap_or_else(|| panic!("{path} has no `{text}`"))
        + into;
    let line = whole[..at].matches('\n').count();
    let column = at - whole[..at].rfind('\n').map_or(0, |n| n + 1);
    json!({ "line": line, "character": column })
}

fn at(url: &str, position: &Value) -> Value {
    json!({ "textDocument": { "uri": url }, "position": position })
}

fn with(mut params: Value, key: &str, value: Value) -> Value {
    params[key] = value;
    params
}

/// The files of some locations.
fn files(checkout: &Checkout, locations: &Value) -> BTreeSet<String> {
    let root = checkout.url("");
    let list = locations.as_array().unwrap();
    list.iter()
        .map(|l| {
            l["uri"]
                .as_str()
                .unwrap()
                .strip_prefix(&root)
                .unwrap()
                .trim_start_matches('/')
                .to_owned()
        })
        .collect()
}

#[test]
fn helpers_lead_to_their_include_and_back() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    let call = position(&checkout, BUILD, "configure-common", 3);
    let found = editor
        .client
        .call("textDocument/definition", at(&url, &call));
    assert_eq!(
        files(&checkout, &found),
        BTreeSet::from(["image-scripts/include/common.sh".to_owned()])
    );
    assert_eq!(
        editor
            .client
            .call("textDocument/declaration", at(&url, &call)),
        found
    );
    // The variable in a path comes from nowhere, the file does.
    let path = position(&checkout, BUILD, "$INCLUDE/debian.sh", 3);
    let file = editor
        .client
        .call("textDocument/definition", at(&url, &path));
    assert_eq!(
        files(&checkout, &file),
        BTreeSet::from(["image-scripts/include/debian.sh".to_owned()])
    );
    // From the definition: everybody who calls it.
    let include = editor.open("image-scripts/include/common.sh");
    let definition = &found[0]["range"]["start"];
    let params = with(
        at(&include, definition),
        "context",
        json!({ "includeDeclaration": false }),
    );
    let references = editor.client.call("textDocument/references", params);
    let references = files(&checkout, &references);
    assert!(references.contains(BUILD), "{references:?}");
    assert!(references.len() > 20, "{references:?}");
    editor.client.finish();
}

#[test]
fn bash_and_nix_lead_to_each_other() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let table = editor.open(TABLE);
    let row = position(&checkout, TABLE, "version = \"13\"", 12);
    let found = editor
        .client
        .call("textDocument/definition", at(&table, &row));
    assert_eq!(files(&checkout, &found), BTreeSet::from([BUILD.to_owned()]));
    let tag = position(&checkout, TABLE, "version = \"kitten\"", 12);
    let found = editor
        .client
        .call("textDocument/definition", at(&table, &tag));
    let highlights = editor
        .client
        .call("textDocument/documentHighlight", at(&table, &tag));
    assert_eq!(highlights.as_array().unwrap().len(), 1);
    assert_eq!(highlights[0]["kind"], 2);
    assert_eq!(
        files(&checkout, &found),
        BTreeSet::from([REPOSITORY.to_owned()])
    );
    editor.client.finish();
}

/// Another server knows bash, file by file: what it finds is not found twice.
#[test]
fn variables_of_one_file_are_left_to_others() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    let own = position(&checkout, BUILD, "$RELNAME", 3);
    let found = editor
        .client
        .call("textDocument/definition", at(&url, &own));
    assert_eq!(found, Value::Null);
    let path = "image-scripts/include/debian.sh";
    let include = editor.open(path);
    let read = position(&checkout, path, "$RELNAME", 3);
    let found = editor
        .client
        .call("textDocument/definition", at(&include, &read));
    assert!(files(&checkout, &found).contains(BUILD), "{found}");
    editor.client.finish();
}

#[test]
fn what_is_not_ours_has_no_answer() {
    let checkout = Checkout::of("clean-2026");
    checkout.write(
        "image-scripts/images/debian-13/build.sh",
        "echo hello | grep x\n",
    );
    checkout.write("other.sh", "configure-common\n");
    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    let other = editor.open("other.sh");
    for (url, column) in [(&url, 1), (&url, 14), (&other, 3)] {
        let place = at(url, &json!({ "line": 0, "character": column }));
        for method in [
            "definition",
            "declaration",
            "documentHighlight",
            "prepareRename",
        ] {
            let method = format!("textDocument/{method}");
            assert_eq!(
                editor.client.call(&method, place.clone()),
                Value::Null,
                "{method}"
            );
        }
        let params = with(place, "newName", "x".into());
        let id = editor.client.request("textDocument/rename", params);
        if url == &other {
            assert_eq!(editor.client.response(id).unwrap(), Value::Null);
        } else {
            editor.client.response(id).unwrap_err();
        }
    }
    editor.client.finish();
}

#[test]
fn a_helper_is_renamed_everywhere() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    let call = position(&checkout, BUILD, "configure-common", 3);
    let prepared = editor
        .client
        .call("textDocument/prepareRename", at(&url, &call));
    assert_eq!(prepared["placeholder"], "configure-common");
    let params = with(at(&url, &call), "newName", "configure-all".into());
    let edit = editor.client.call("textDocument/rename", params);
    editor.apply(&edit);
    assert!(editor.text(BUILD).contains("configure-all"));
    assert!(
        editor
            .text("image-scripts/include/common.sh")
            .contains("configure-all")
    );
    let id = editor.client.request(
        "textDocument/rename",
        with(at(&url, &call), "newName", "run-configure".into()),
    );
    let (_, message) = editor.client.response(id).unwrap_err();
    assert!(message.contains("already"), "{message}");
    editor.client.finish();
}

#[test]
fn an_include_is_renamed_with_its_file() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let url = editor.open(BUILD);
    let path = position(&checkout, BUILD, "debian.sh", 2);
    let params = with(at(&url, &path), "newName", "debian-family.sh".into());
    let edit = editor.client.call("textDocument/rename", params);
    editor.apply(&edit);
    assert!(editor.exists("image-scripts/include/debian-family.sh"));
    assert!(!editor.exists("image-scripts/include/debian.sh"));
    assert!(editor.text(BUILD).contains("/debian-family.sh"));
    editor.client.finish();
}

#[test]
fn what_the_runner_names_keeps_its_name() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let url = editor.open("image-scripts/images/debian-13/config.sh");
    let place = at(&url, &json!({ "line": 0, "character": 2 }));
    let id = editor.client.request("textDocument/prepareRename", place);
    let (_, message) = editor.client.response(id).unwrap_err();
    assert!(message.contains("`BUILDER` cannot be renamed"), "{message}");
    assert!(message.contains("`bin/config`"), "{message}");
    editor.client.finish();
}
