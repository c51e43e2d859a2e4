//! Code actions: what fixes a finding, in the form that the client can apply.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup, everywhere, on_line};
use image_scripts_ls_tests::editor::{capable, range_of, titled, titles};
use image_scripts_ls_tests::model::{Model, Unit};
use image_scripts_ls_tests::{edit, start};
use serde_json::{Value, json};

const SPELT_WRONG: &str = "image-scripts/images/ubuntu-26.10/config.sh";
const UNESCAPED: &str = "image-scripts/images/ubuntu-26.10/build.sh";
const STRAY: &str = "image-scripts/images/gentoo-musl-systemd/abstract";

/// A client whose edits are of that kind.
fn edits(document_changes: bool, operations: &[&str]) -> Value {
    let edit = json!({ "documentChanges": document_changes, "resourceOperations": operations });
    json!({ "workspace": { "workspaceEdit": edit } })
}

/// Applies an action's edits of one document.
fn applied(action: &Value, text: &str) -> String {
    let mut model = Model::new(text, Unit::Utf16);
    let changes = action["edit"]["documentChanges"].as_array().unwrap();
    assert_eq!(
        changes.len(),
        1,
        "all of a document's edits at once: {changes:#?}"
    );
    model.apply(changes[0]["edits"].as_array().unwrap());
    model.text()
}

#[test]
fn did_you_mean() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, SPELT_WRONG, 7);
    let actions = client.actions(&url, &on_line(0, 9, 9));
    let action = titled(&actions, "Change to `ubuntu`");
    assert_eq!(action["kind"], "quickfix");
    assert_eq!(
        action["edit"]["documentChanges"][0]["textDocument"],
        json!({ "uri": url, "version": 7 })
    );
    assert!(action["edit"].get("changes").is_none());
    // It says what it fixes, as it was published.
    let fixed = &action["diagnostics"].as_array().unwrap()[0];
    assert!(client.diagnostics(&url).contains(fixed), "{fixed:#}");
    let text = applied(action, &checkout.read(SPELT_WRONG));
    assert_eq!(
        text,
        checkout.read(SPELT_WRONG).replace("ubunutu", "ubuntu")
    );
    client.replace(&url, 8, &text);
    client.barrier();
    assert!(!client.codes(&url).contains(&"unknown-builder"));
    assert!(
        client
            .actions(&url, &on_line(0, 9, 9))
            .iter()
            .all(|action| action["title"] != "Change to `ubuntu`")
    );
    client.finish();
}

#[test]
fn escaping() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, UNESCAPED, 1);
    let mut text = checkout.read(UNESCAPED);
    client.barrier();
    for version in 2.. {
        let Some(finding) = client
            .diagnostics(&url)
            .iter()
            .find(|d| d["code"] == "heredoc-expansion")
            .cloned()
        else {
            break;
        };
        let actions = client.actions(&url, &finding["range"]);
        let action = actions
            .iter()
            .find(|action| action["diagnostics"] == json!([finding]))
            .unwrap();
        text = applied(action, &text);
        client.replace(&url, version, &text);
        client.barrier();
    }
    assert_eq!(text, checkout.read(UNESCAPED).replace("$unit", "\\$unit"));
    client.finish();
}

#[test]
fn only_what_stands_at_the_range() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, UNESCAPED, 1);
    client.barrier();
    let ranges: Vec<Value> = client
        .diagnostics(&url)
        .iter()
        .map(|d| d["range"].clone())
        .collect();
    assert!(client.actions(&url, &on_line(1, 0, 0)).is_empty());
    for range in &ranges {
        for action in client.actions(&url, range) {
            assert_eq!(action["diagnostics"][0]["range"], *range);
        }
    }
    assert!(client.actions(&url, &everywhere()).len() >= ranges.len());
    client.finish();
}

#[test]
fn the_kinds_that_are_asked_for() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, SPELT_WRONG, 1);
    let mut count = |only: Value| {
        let context = json!({ "diagnostics": [], "only": only });
        let params =
            json!({ "textDocument": { "uri": url }, "range": everywhere(), "context": context });
        client
            .call("textDocument/codeAction", params)
            .as_array()
            .map_or(0, Vec::len)
    };
    let all = count(Value::Null);
    assert!(all > 0);
    for (only, expected) in [
        (json!(["quickfix"]), all),
        (json!([""]), all),
        (json!(["refactor", "quickfix"]), all),
        (json!(["refactor"]), 0),
        (json!(["source.fixAll"]), 0),
        (json!(["quick"]), 0),
        (json!(["quickfix.other"]), 0),
        (json!([]), 0),
    ] {
        assert_eq!(count(only.clone()), expected, "{only}");
    }
    client.finish();
}

#[test]
fn a_file_is_deleted_only_by_clients_that_can() {
    let checkout = Checkout::of("contribution");
    let cases = [
        (edits(true, &["create", "delete"]), true),
        (edits(true, &["create"]), false),
        (edits(true, &[]), false),
        // Only document changes can hold a deletion.
        (edits(false, &["create", "delete"]), false),
    ];
    for (capabilities, can) in cases {
        let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
        let url = client.open_file(&checkout, STRAY, 1);
        let actions = client.actions(&url, &everywhere());
        let found = actions
            .iter()
            .find(|action| action["title"] == "Delete `abstract`");
        assert_eq!(found.is_some(), can, "{capabilities}");
        if let Some(action) = found {
            // Never recursive: a client may follow a link.
            let options = json!({ "recursive": false, "ignoreIfNotExists": true });
            assert_eq!(
                action["edit"]["documentChanges"],
                json!([{ "kind": "delete", "uri": url, "options": options }])
            );
        }
        client.finish();
    }
}

#[test]
fn a_file_is_created_only_by_clients_that_can_and_never_over_another() {
    let checkout = Checkout::of("clean-2026");
    checkout.remove("image-scripts/images/void/abstract");
    for (capabilities, can) in [
        (edits(true, &["create"]), true),
        (edits(true, &["delete"]), false),
    ] {
        let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
        let finding = |client: &Client| {
            let urls = client
                .with_findings()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>();
            urls.into_iter()
                .find(|url| client.codes(url).contains(&"missing-abstract"))
        };
        let url = finding(&client).expect("`void` is no image");
        let actions = client.actions(&url, &everywhere());
        let found = actions
            .iter()
            .find(|action| action["title"] == "Create `abstract`");
        assert_eq!(found.is_some(), can);
        if let Some(action) = found {
            let options = json!({ "overwrite": false, "ignoreIfExists": true });
            let new = checkout.url("image-scripts/images/void/abstract");
            assert_eq!(
                action["edit"]["documentChanges"],
                json!([{ "kind": "create", "uri": new, "options": options }])
            );
        }
        client.finish();
    }
}

#[test]
fn plain_changes_for_clients_without_document_changes() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet().with(&edits(false, &[])));
    let url = client.open_file(&checkout, SPELT_WRONG, 7);
    let actions = client.actions(&url, &on_line(0, 9, 9));
    let edit = &titled(&actions, "Change to `ubuntu`")["edit"];
    assert!(edit.get("documentChanges").is_none());
    assert_eq!(
        edit["changes"],
        json!({ url: [{ "range": on_line(0, 8, 15), "newText": "ubuntu" }] })
    );
    client.finish();
}

#[test]
fn a_document_that_is_not_open_has_no_version() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = checkout.url(SPELT_WRONG);
    let actions = client.actions(&url, &on_line(0, 9, 9));
    let document =
        &titled(&actions, "Change to `ubuntu`")["edit"]["documentChanges"][0]["textDocument"];
    assert_eq!(*document, json!({ "uri": url, "version": null }));
    client.finish();
}

#[test]
fn an_action_carries_the_version_it_was_made_for() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, SPELT_WRONG, 1);
    // The request and the edit after it arrive together.
    for version in 2..60 {
        let id = client.request_actions(&url, &everywhere());
        client.replace(&url, version, &format!("BUILDER=ubunutu\n# {version}\n"));
        let actions = client.actions_of(id);
        let document =
            &titled(&actions, "Change to `ubuntu`")["edit"]["documentChanges"][0]["textDocument"];
        assert_eq!(document["version"], version - 1);
    }
    client.finish();
}

#[test]
fn preferred_only_for_clients_that_know_it_and_where_there_is_one() {
    let checkout = Checkout::of("contribution");
    for knows in [true, false] {
        let capabilities =
            json!({ "textDocument": { "codeAction": { "isPreferredSupport": knows } } });
        let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
        let url = client.open_file(&checkout, UNESCAPED, 1);
        let mut actions = client.actions(&url, &everywhere());
        // To silence a finding is never what is preferred.
        let silences = |action: &Value| action["title"].as_str().unwrap().starts_with("Ignore ");
        let (silencers, fixes): (Vec<Value>, Vec<Value>) = actions.drain(..).partition(silences);
        assert!(!fixes.is_empty());
        assert!(
            silencers
                .iter()
                .all(|action| action.get("isPreferred").is_none())
        );
        assert!(
            fixes
                .iter()
                .all(|action| action.get("isPreferred").is_some() == knows),
            "{fixes:#?}"
        );
        client.finish();
    }
}

const REPOSITORY: &str = "os/configs/image-repository.nix";
const CONTENT_MODIFIED: i64 = -32801;

/// A client that asks for an action's edit when it is chosen.
fn resolving(checkout: &Checkout) -> Setup {
    let action =
        json!({ "dataSupport": true, "resolveSupport": { "properties": ["edit", "command"] } });
    let setup = Setup::at(checkout).quiet().with(&capable());
    setup.with(&json!({ "textDocument": { "codeAction": action } }))
}

/// An action that is worked out late.
fn late<'a>(actions: &'a [Value], part: &str) -> &'a Value {
    let found = actions.iter().find(|action| {
        action.get("data").is_some() && action["title"].as_str().unwrap().contains(part)
    });
    found.unwrap_or_else(|| panic!("no `{part}` in {actions:#?}"))
}

#[test]
fn edits_are_worked_out_when_they_are_wanted() {
    let checkout = Checkout::of("contribution");
    let config = "image-scripts/images/gentoo-musl-systemd/config.sh";
    let mut editor = edit!(&checkout, resolving(&checkout));
    let url = editor.open(config);
    let actions = editor.actions(&url, &everywhere(), &["quickfix"]);
    let action = late(&actions, "arbage");
    assert!(action.get("edit").is_none());
    let resolved = editor.resolve(action).unwrap();
    assert_eq!(resolved["title"], action["title"]);
    editor.apply(&resolved["edit"]);
    assert!(checkout.read(REPOSITORY).contains("musl-systemd-"));
    // The finding is gone, and its document is as it was.
    let (code, message) = editor.resolve(action).unwrap_err();
    assert_eq!(code, CONTENT_MODIFIED);
    assert!(message.contains(config), "{message}");
    editor.finish();

    // Everyone else has it at once.
    let checkout = Checkout::of("contribution");
    let mut editor = edit!(&checkout);
    let url = editor.open(config);
    let actions = editor.actions(&url, &everywhere(), &["quickfix"]);
    let action = titled(&actions, resolved["title"].as_str().unwrap());
    assert!(action.get("data").is_none());
    editor.apply(&action["edit"]);
    editor.finish();
}

#[test]
fn what_was_offered_for_another_text_is_not_done() {
    let checkout = Checkout::of("contribution");
    let config = "image-scripts/images/gentoo-musl-systemd/config.sh";
    let mut editor = edit!(&checkout, resolving(&checkout));
    let url = editor.open(config);
    let actions = editor.actions(&url, &everywhere(), &["quickfix"]);
    let action = late(&actions, "arbage").clone();
    // Another file: the edit is made for it as it is.
    let nix = editor.open(REPOSITORY);
    let text = format!("# one line more\n{}", editor.text(REPOSITORY));
    editor.replace(&nix, &text);
    let resolved = editor.resolve(&action).unwrap();
    editor.apply(&resolved["edit"]);
    assert!(editor.text(REPOSITORY).starts_with("# one line more\n"));
    editor.replace(&nix, &text);
    // The same file: nobody knows whether it is the same finding.
    let changed = format!("# one line more\n{}", editor.text(config));
    editor.replace(&url, &changed);
    let (code, _) = editor.resolve(&action).unwrap_err();
    assert_eq!(code, CONTENT_MODIFIED);
    editor.finish();
}

#[test]
fn an_image_that_is_a_link_is_retired_by_a_command() {
    // An Ubuntu release past its support, whose directory is another's.
    let checkout = Checkout::of("clean-2026");
    let old = "image-scripts/images/debian-11";
    checkout.remove(old);
    checkout.link(old, "debian-12");
    let text = checkout.read(REPOSITORY);
    let at = range_of(&text, "\"11\" = {");
    for (setup, can) in [
        (Setup::at(&checkout).quiet().with(&capable()), true),
        (resolving(&checkout), true),
        (Setup::at(&checkout).quiet(), false),
    ] {
        let mut editor = edit!(&checkout, setup);
        let url = editor.open(REPOSITORY);
        let actions = editor.actions(&url, &at, &["quickfix"]);
        let action = actions.iter().find(|action| {
            let title = action["title"].as_str().unwrap();
            title.starts_with("Retire") && action["kind"] == "quickfix"
        });
        assert_eq!(action.is_some(), can, "{:?}", titles(&actions));
        if let Some(action) = action {
            assert!(action.get("edit").is_none() && action.get("data").is_none());
            assert_eq!(action["command"]["command"], "imageScripts.retireImage");
            assert_eq!(action["command"]["arguments"][0]["name"], "debian-11");
        }
        editor.finish();
    }
}

#[test]
fn everything_safe_at_once() {
    let checkout = Checkout::of("contribution");
    let mut editor = edit!(&checkout);
    let url = editor.open(UNESCAPED);
    let request: [(&[&str], usize); 5] = [
        (&["source"], 1),
        (&["source.fixAll"], 1),
        (&["source.fixAll.imageScripts"], 1),
        (&["source.fixAll.other"], 0),
        (&["source.organizeImports"], 0),
    ];
    for (only, count) in request {
        assert_eq!(
            editor.actions(&url, &everywhere(), only).len(),
            count,
            "{only:?}"
        );
    }
    let actions = editor.actions(&url, &everywhere(), &["source.fixAll"]);
    assert_eq!(actions[0]["kind"], "source.fixAll.imageScripts");
    let edits = &actions[0]["edit"]["documentChanges"][0]["edits"];
    // One character each.
    assert_eq!(edits.as_array().unwrap().len(), 2, "{edits:#}");
    editor.apply(&actions[0]["edit"]);
    let expected = checkout.read(UNESCAPED).replace("$unit", "\\$unit");
    assert_eq!(editor.text(UNESCAPED), expected);
    assert!(
        editor
            .actions(&url, &everywhere(), &["source.fixAll"])
            .is_empty()
    );
    // Only a client that has requested it gets it.
    let url = editor.open("image-scripts/images/gentoo-musl-systemd/config.sh");
    let all = editor.client.actions(&url, &everywhere());
    assert!(all.iter().all(|action| action["kind"] == "quickfix"));
    let actions = editor.actions(&url, &everywhere(), &["source.fixAll"]);
    editor.apply(&actions[0]["edit"]);
    editor.client.sync(&url);
    assert!(!editor.client.codes(&url).contains(&"missing-gc-entry"));
    editor.finish();
}

#[test]
fn a_finding_is_silenced() {
    let checkout = Checkout::of("contribution");
    let mut editor = edit!(&checkout);
    let url = editor.open(UNESCAPED);
    editor.client.sync(&url);
    let count = editor.client.codes(&url).len();
    let at = editor
        .client
        .diagnostics(&url)
        .iter()
        .find(|d| d["code"] == "heredoc-expansion")
        .unwrap()["range"]
        .clone();
    let actions = editor.actions(&url, &at, &["quickfix"]);
    assert_eq!(
        *titles(&actions).last().unwrap(),
        "Ignore `heredoc-expansion` here"
    );
    assert!(titles(&actions).len() > 1);
    editor.apply(&actions.last().unwrap()["edit"]);
    editor.client.sync(&url);
    assert!(editor.client.codes(&url).len() < count);
    assert!(
        editor
            .text(UNESCAPED)
            .contains("# image-scripts: ignore[heredoc-expansion]\n")
    );
    editor.finish();
}

#[test]
fn fixes_are_annotated_for_clients_that_know_how() {
    let checkout = Checkout::of("contribution");
    let support = json!({ "workspace": { "workspaceEdit": { "changeAnnotationSupport": {} } } });
    let setup = Setup::at(&checkout).quiet().with(&capable());
    let mut editor = edit!(&checkout, setup.with(&support));
    let url = editor.open(SPELT_WRONG);
    let actions = editor.actions(&url, &on_line(0, 9, 9), &["quickfix"]);
    let edit = &titled(&actions, "Change to `ubuntu`")["edit"];
    let annotations = edit["changeAnnotations"].as_object().unwrap();
    let expected = json!({ "label": "Change to `ubuntu`", "needsConfirmation": false });
    assert_eq!(annotations.values().collect::<Vec<_>>(), [&expected]);
    editor.apply(edit);
    assert_eq!(editor.text(SPELT_WRONG), "BUILDER=ubuntu\n");
    editor.finish();
}
