//! What is offered where an image is written or named: new, retire, bump.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Setup, on_line, range};
use image_scripts_ls_tests::edit;
use image_scripts_ls_tests::editor::{Editor, capable, range_of, titled, titles};
use serde_json::{Value, json};

const REPOSITORY: &str = "os/configs/image-repository.nix";
const TABLE: &str = "tests/distributions.nix";

/// The actions that make or retire an image.
fn refactorings(editor: &mut Editor<'_>, url: &str, at: &Value) -> Vec<String> {
    let actions = editor.actions(url, at, &["refactor"]);
    for action in &actions {
        assert!(action.get("edit").is_some() != action.get("command").is_some());
    }
    titles(&actions).into_iter().map(str::to_owned).collect()
}

#[test]
fn images_are_made_and_retired_where_they_are_named() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let debian = [
        "New image `debian-14` like `debian-13`",
        "Retire `debian-13`",
    ];
    let url = editor.open("image-scripts/images/debian-13/build.sh");
    assert_eq!(refactorings(&mut editor, &url, &on_line(5, 0, 0)), debian);
    assert_eq!(refactorings(&mut editor, &url, &on_line(0, 0, 3)), debian);
    assert!(refactorings(&mut editor, &url, &range((1, 0), (5, 0))).is_empty());
    let text = checkout.read(REPOSITORY);
    let url = editor.open(REPOSITORY);
    assert_eq!(
        refactorings(&mut editor, &url, &range_of(&text, "13\" = {")),
        debian
    );
    assert!(refactorings(&mut editor, &url, &range_of(&text, "garbageCollection")).is_empty());
    let text = checkout.read(TABLE);
    let url = editor.open(TABLE);
    assert_eq!(
        refactorings(&mut editor, &url, &range_of(&text, "debian_13 = {")),
        debian
    );
    // No number, no next one.
    let url = editor.open("image-scripts/images/arch/config.sh");
    assert_eq!(
        refactorings(&mut editor, &url, &on_line(0, 0, 0)),
        ["Retire `arch`"]
    );
    // The name that it was opened by, or the newest ones.
    let path = "image-scripts/images/alpine-3.22/build.sh";
    let url = editor.open(path);
    assert_eq!(
        refactorings(&mut editor, &url, &on_line(0, 0, 0)),
        [
            "New image `alpine-3.25` like `alpine-3.22`",
            "Retire `alpine-3.22`"
        ]
    );
    let url = editor.open("image-scripts/images/alpine/config.sh");
    let found = refactorings(&mut editor, &url, &on_line(0, 0, 0));
    let retire = [
        "Retire `alpine-3.24`",
        "Retire `alpine-3.23`",
        "Retire `alpine-3.22`",
    ];
    assert_eq!(found[3..], retire);
    assert_eq!(found.len(), 6);
    editor.finish();
}

#[test]
fn a_client_that_asks_for_the_name_need_not_be_given_one() {
    let checkout = Checkout::of("clean-2026");
    let options = json!({ "bash": false, "commands": ["imageScripts.newImage"] });
    let setup = Setup::at(&checkout).options(options).with(&capable());
    let mut editor = edit!(&checkout, setup);
    for (path, name, like) in [
        ("arch", Value::Null, "arch"),
        ("debian-13", json!("debian-14"), "debian-13"),
    ] {
        let url = editor.open(&format!("image-scripts/images/{path}/config.sh"));
        let actions = editor.actions(&url, &on_line(0, 0, 0), &["refactor"]);
        let action = titled(&actions, &format!("New image like `{like}`..."));
        assert_eq!(action["command"]["command"], "imageScripts.newImage");
        assert_eq!(
            action["command"]["arguments"],
            json!([{ "name": name, "like": like, "root": checkout.root() }])
        );
    }
    editor.finish();
}

#[test]
fn commands_are_offered_only_to_clients_that_can_apply_what_comes_of_them() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout, Setup::at(&checkout).quiet());
    editor.client.allow_warning("files");
    let url = editor.open("image-scripts/images/debian-13/build.sh");
    assert!(refactorings(&mut editor, &url, &on_line(5, 0, 0)).is_empty());
    editor.finish();
}

#[test]
fn versions_are_bumped_where_they_stand() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let bumps = |actions: Vec<Value>| -> Vec<Value> {
        let bumps = actions.into_iter();
        bumps
            .filter(|action| action["kind"] == "refactor.rewrite")
            .collect()
    };
    let path = "image-scripts/images/rocky-10/build.sh";
    let url = editor.open(path);
    let at = range_of(&checkout.read(path), "10.2");
    let actions = bumps(editor.actions(&url, &at, &["refactor.rewrite"]));
    assert_eq!(
        titles(&actions),
        ["Bump POINTVER to 10.3 everywhere it stands"]
    );
    editor.apply(&actions[0]["edit"]);
    assert!(editor.text(path).contains("POINTVER=10.3\n"));

    let path = "image-scripts/images/fedora-44/build.sh";
    let url = editor.open(path);
    let text = checkout.read(path);
    let at = range_of(&text, "15.noarch");
    let actions = bumps(editor.actions(&url, &at, &["refactor"]));
    assert_eq!(
        titles(&actions),
        ["Bump build number to 16 everywhere it stands"]
    );
    editor.apply(&actions[0]["edit"]);
    assert_eq!(
        editor.text(path),
        text.replace("$RELVER-15.", "$RELVER-16.")
    );
    let at = range_of(&text, "GROUPNAME");
    assert!(bumps(editor.actions(&url, &at, &["refactor"])).is_empty());
    editor.finish();
}
