//! Files and folders that the user makes, renames or deletes in the editor, and what goes with
//! that elsewhere.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, FileChange};
use image_scripts_ls_tests::editor::Editor;
use image_scripts_ls_tests::{edit, program};
use serde_json::{Value, json};

const REPOSITORY: &str = "os/configs/image-repository.nix";
const TABLE: &str = "tests/distributions.nix";

/// What the server adds to a renaming.
fn renamed(editor: &mut Editor<'_>, checkout: &Checkout, pairs: &[(&str, &str)]) -> Value {
    let files: Vec<Value> = pairs
        .iter()
        .map(|(old, new)| json!({ "oldUri": checkout.url(old), "newUri": checkout.url(new) }))
        .collect();
    let params = json!({ "files": files });
    editor.client.call("workspace/willRenameFiles", params)
}

/// Returns the edit that the server adds to the creation or deletion of files.
fn edit_of(editor: &mut Editor<'_>, checkout: &Checkout, what: &str, paths: &[&str]) -> Value {
    let files: Vec<Value> = paths
        .iter()
        .map(|path| json!({ "uri": checkout.url(path) }))
        .collect();
    let method = format!("workspace/will{what}Files");
    editor.client.call(&method, json!({ "files": files }))
}

/// Only texts: the rest is what the editor does anyway.
fn apply(editor: &mut Editor<'_>, edit: &Value) {
    for change in edit["documentChanges"].as_array().unwrap() {
        assert!(change.get("kind").is_none(), "{change}");
    }
    editor.apply(edit);
}

fn image(path: &str) -> String {
    format!("image-scripts/images/{path}")
}

#[test]
fn the_server_says_what_it_wants_to_be_asked_about() {
    let params = json!({ "processId": null, "rootUri": null, "capabilities": {} });
    let mut client = Client::spawn(program!());
    let result = client.call("initialize", params);
    let operations = &result["capabilities"]["workspace"]["fileOperations"];
    for kind in ["willCreate", "willRename", "willDelete"] {
        let filters = operations[kind]["filters"].as_array().unwrap();
        let globs: Vec<&Value> = filters.iter().map(|f| &f["pattern"]["glob"]).collect();
        assert_eq!(
            globs,
            [
                "**/image-scripts/{images,include,builders}/**",
                "**/{images,include,builders}/**"
            ]
        );
    }
    client.notify("initialized", json!({}));
    client.finish();
}

#[test]
fn an_image_is_renamed() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let repository = editor.open(REPOSITORY);
    for (old, new, key) in [
        ("fedora-44", "fedora-46", "\"46\" = {"),
        ("alpine-3.24", "alpine-3.30", "\"3.30\" = {"),
    ] {
        let (old, new) = (image(old), image(new));
        let edit = renamed(&mut editor, &checkout, &[(&old, &new)]);
        apply(&mut editor, &edit);
        assert!(editor.text(REPOSITORY).contains(key));
        std::fs::rename(checkout.path(&old), checkout.path(&new)).unwrap();
        let urls = [checkout.url(&old), checkout.url(&new)];
        editor.client.files_changed(&[
            (&urls[0], FileChange::Deleted),
            (&urls[1], FileChange::Created),
        ]);
    }
    editor.client.sync(&repository);
    assert!(
        editor
            .client
            .codes(&repository)
            .iter()
            .all(|code| *code == "end-of-life"),
        "{:?}",
        editor.client.codes(&repository)
    );
    editor.finish();
}

#[test]
fn several_are_renamed_at_once() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let pairs = [
        (image("fedora-43"), image("fedora-50")),
        (image("rocky-8"), image("rocky-11")),
    ];
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (&**a, &**b)).collect();
    let edit = renamed(&mut editor, &checkout, &pairs);
    apply(&mut editor, &edit);
    let nix = checkout.read(REPOSITORY);
    assert!(
        nix.contains("\"50\" = {") && nix.contains("\"11\" = {"),
        "{nix}"
    );
    editor.finish();
}

#[test]
fn includes_and_builders_are_renamed() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let edit = renamed(
        &mut editor,
        &checkout,
        &[(
            "image-scripts/include/debian.sh",
            "image-scripts/include/apt.sh",
        )],
    );
    apply(&mut editor, &edit);
    assert!(
        checkout
            .read(&image("debian-13/build.sh"))
            .contains("$INCLUDE/apt.sh")
    );
    let edit = renamed(
        &mut editor,
        &checkout,
        &[(
            "image-scripts/builders/debian",
            "image-scripts/builders/apt",
        )],
    );
    apply(&mut editor, &edit);
    assert_eq!(
        checkout.read(&image("debian-13/config.sh")),
        "BUILDER=apt\n"
    );
    editor.finish();
}

#[test]
fn what_concerns_nobody_is_left() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    for (old, new) in [
        ("README.md", "READ.md"),
        (&*image("fedora-44/build.sh"), &*image("fedora-44/make.sh")),
        (&*image("void"), &*image("nothing")),
    ] {
        assert!(
            renamed(&mut editor, &checkout, &[(old, new)]).is_null(),
            "{old}"
        );
    }
    for path in [
        "README.md",
        &*image("fedora-44/build.sh"),
        &*image("alpine"),
    ] {
        assert!(
            edit_of(&mut editor, &checkout, "Delete", &[path]).is_null(),
            "{path}"
        );
    }
    for path in [
        &*image("fedora-44/rc.local"),
        &*image("plan-9"),
        "image-scripts/include/x.sh",
    ] {
        assert!(
            edit_of(&mut editor, &checkout, "Create", &[path]).is_null(),
            "{path}"
        );
    }
    let params = json!({ "files": [{ "uri": "untitled:x" }] });
    assert!(
        editor
            .client
            .call("workspace/willDeleteFiles", params)
            .is_null()
    );
    editor.finish();
}

#[test]
fn a_refusal_is_shown() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let (old, new) = (image("fedora-44"), image("fedora-43"));
    assert!(renamed(&mut editor, &checkout, &[(&old, &new)]).is_null());
    assert!(editor.message(2).contains("exists already"));
    editor.finish();
}

#[test]
fn images_are_deleted() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let paths = [
        image("alpine-3.21"),
        image("alpine-3.22"),
        image("fedora-43"),
    ];
    let paths: Vec<&str> = paths.iter().map(|path| &**path).collect();
    let edit = edit_of(&mut editor, &checkout, "Delete", &paths);
    apply(&mut editor, &edit);
    let nix = checkout.read(REPOSITORY);
    for key in ["\"3.21\"", "\"3.22\"", "\"43\""] {
        assert!(!nix.contains(key), "{nix}");
    }
    assert!(nix.contains("\"3.23\""));
    editor.finish();
}

#[test]
fn an_image_is_made() {
    for path in ["fedora-45", "fedora-45/build.sh"] {
        let checkout = Checkout::of("clean-2026");
        let mut editor = edit!(&checkout);
        let path = image(path);
        let edit = edit_of(&mut editor, &checkout, "Create", &[&path]);
        apply(&mut editor, &edit);
        let nix = checkout.read(REPOSITORY);
        assert!(nix.contains("\"45\" = {"), "{nix}");
        assert!(checkout.read(TABLE).contains("fedora_45"));
        assert!(!editor.exists(&image("fedora-45")));
        editor.finish();
    }
}

#[test]
fn links_to_a_directory_that_is_renamed_are_spoken_of() {
    let checkout = Checkout::of("clean-2026");
    let link = image("debian-11");
    checkout.remove(&link);
    checkout.link(&link, "debian-12");
    let mut editor = edit!(&checkout);
    let (old, new) = (image("debian-12"), image("debian-20"));
    let edit = renamed(&mut editor, &checkout, &[(&old, &new)]);
    apply(&mut editor, &edit);
    let message = editor.message(3);
    assert!(
        message.contains("debian-11") && message.contains("`debian-12`"),
        "{message}"
    );
    editor.finish();
}
