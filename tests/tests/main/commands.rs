//! `workspace/executeCommand`: new, retire, rename and bump, done by editor and server together.

use std::fs;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::Setup;
use image_scripts_ls_tests::edit;
use image_scripts_ls_tests::editor::{APPLY, Editor, SHOW, capable};
use serde_json::{Value, json};

const NEW: &str = "imageScripts.newImage";
const RETIRE: &str = "imageScripts.retireImage";
const RENAME: &str = "imageScripts.renameImage";
const BUMP: &str = "imageScripts.bumpImage";
const NEW_BUILDER: &str = "imageScripts.newBuilder";

const REPOSITORY: &str = "os/configs/image-repository.nix";
const TABLE: &str = "tests/distributions.nix";

const REQUEST_FAILED: i64 = -32803;

fn image(path: &str) -> String {
    format!("image-scripts/images/{path}")
}

/// The codes of all findings that are published.
fn codes(editor: &Editor<'_>) -> Vec<String> {
    let urls: Vec<&str> = editor.client.with_findings();
    let codes = urls.iter().flat_map(|url| editor.client.codes(url));
    codes.map(str::to_owned).collect()
}

fn link_target(checkout: &Checkout, path: &str) -> String {
    let target = fs::read_link(checkout.path(path)).unwrap();
    target.to_str().unwrap().to_owned()
}

#[test]
fn a_new_image() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let repository = editor.open(REPOSITORY);
    let result = editor.execute(NEW, json!({ "name": "fedora-45" }));
    assert_eq!(result["applied"], true);
    assert_eq!(result["image"], "fedora-45");
    assert_eq!(result["like"], "fedora-44");
    let build = image("fedora-45/build.sh");
    assert_eq!(
        result["created"],
        json!([build, image("fedora-45/config.sh")])
    );
    assert_eq!(result["symlinks"], json!([]));
    assert_eq!(result["deleted"], json!([]));
    assert_eq!(result["edited"], json!([REPOSITORY, TABLE]));
    let shown = editor.client.server_request(SHOW);
    assert_eq!(shown.params["uri"], checkout.url(&build));
    editor.client.respond(&shown, json!({ "success": true }));
    // The document was edited, the file was not.
    let nix = editor.text(REPOSITORY);
    assert!(nix.contains("\"45\" = {"), "{nix}");
    assert_ne!(checkout.read(REPOSITORY), nix);
    assert!(checkout.read(TABLE).contains("fedora_45"));
    assert!(checkout.read(&build).contains("fedora-release"));
    // What it left to be confirmed stands there as it was message, and nothing else is to be said.
    let url = checkout.url(&build);
    let count = result["verify"].as_array().unwrap().len();
    assert!(count > 0);
    editor.client.barrier();
    let expected: Vec<Value> = result["verify"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|verify| verify["path"] == *build)
        .map(|verify| verify["range"].clone())
        .collect();
    let found: Vec<Value> = editor
        .client
        .diagnostics(&url)
        .iter()
        .filter(|d| d["code"] == "verify")
        .map(|d| d["range"].clone())
        .collect();
    assert_eq!(found, expected);
    for code in codes(&editor) {
        assert!(["verify", "end-of-life"].contains(&&*code), "{code}");
    }
    editor.client.sync(&repository);
    editor.finish();
}

#[test]
fn an_image_that_is_a_link_is_made_by_the_server_when_the_editor_has_agreed() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let link = image("alpine-3.25");

    let id = editor.command(NEW, json!(["alpine-3.25"]));
    let request = editor.client.server_request(APPLY);
    assert!(!editor.exists(&link));
    let answer = json!({ "applied": false, "failureReason": "not today" });
    editor.client.respond(&request, answer);
    let result = editor.client.response(id).unwrap();
    assert_eq!(result["applied"], false);
    assert_eq!(result["reason"], "not today");
    assert!(!editor.exists(&link));

    let id = editor.command(NEW, json!(["alpine-3.25"]));
    let request = editor.client.server_request(APPLY);
    editor.client.respond(&request, json!({ "applied": false }));
    let result = editor.client.response(id).unwrap();
    assert_eq!(result["applied"], false);
    assert!(result["reason"].is_string());
    assert!(!editor.exists(&link));

    let result = editor.execute(NEW, json!({ "name": "alpine-3.25", "noTags": true }));
    assert_eq!(link_target(&checkout, &link), "alpine");
    assert_eq!(result["symlinks"], json!([[link, "alpine"]]));
    assert_eq!(result["created"], json!([]));
    let message = editor.message(3);
    assert!(
        message.contains(&format!("made the link {link} -> alpine")),
        "{message}"
    );
    assert!(message.contains("`Retire` takes it back"), "{message}");
    editor.client.barrier();
    for code in codes(&editor) {
        assert!(["verify", "end-of-life"].contains(&&*code), "{code}");
    }
    editor.finish();
}

#[test]
fn retiring() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    // A link: only it goes.
    let link = image("alpine-3.21");
    let result = editor.execute(RETIRE, json!({ "name": "alpine-3.21" }));
    assert_eq!(result["deleted"], json!([link]));
    assert!(!editor.exists(&link));
    assert!(editor.exists(&image("alpine/build.sh")));
    let message = editor.message(3);
    assert!(
        message.contains(&format!("removed the link {link} -> alpine")),
        "{message}"
    );
    assert!(
        message.contains(&format!("`ln -s alpine {link}`")),
        "{message}"
    );
    assert!(!checkout.read(REPOSITORY).contains("\"3.21\""));
    // A directory: the editor deletes it.
    let result = editor.execute(RETIRE, json!({ "name": "fedora-43" }));
    assert_eq!(result["deleted"], json!([image("fedora-43")]));
    assert!(!editor.exists(&image("fedora-43")));
    assert!(!checkout.read(REPOSITORY).contains("\"43\""));
    editor.finish();
}

#[test]
fn a_new_image_in_place_of_an_old_one() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let arguments = json!({ "name": "alpine-3.25", "replace": "alpine-3.21", "noTags": true });
    editor.execute(NEW, arguments);
    assert!(!editor.exists(&image("alpine-3.21")));
    assert_eq!(link_target(&checkout, &image("alpine-3.25")), "alpine");
    let message = editor.message(3);
    assert!(
        message.contains("made the link") && message.contains("removed the link"),
        "{message}"
    );
    editor.finish();
}

#[test]
fn renaming() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let id = editor.command(RENAME, json!(["alpine-3.24", "alpine-3.30"]));
    let request = editor.client.server_request(APPLY);
    editor.apply(&request.params["edit"]);
    editor.client.respond(&request, json!({ "applied": true }));
    let result = editor.client.response(id).unwrap();
    let (old, new) = (image("alpine-3.24"), image("alpine-3.30"));
    assert_eq!(result["renamed"], json!([[old, new]]));
    assert!(!editor.exists(&old));
    assert_eq!(link_target(&checkout, &new), "alpine");
    assert!(editor.message(3).contains("renamed the link"));

    let result = editor.execute(RENAME, json!({ "old": "fedora-44", "new": "fedora-46" }));
    let (old, new) = (image("fedora-44"), image("fedora-46"));
    assert_eq!(result["renamed"], json!([[old, new]]));
    assert!(!editor.exists(&old) && editor.exists(&format!("{new}/build.sh")));
    let nix = checkout.read(REPOSITORY);
    assert!(
        nix.contains("\"46\" = {") && nix.contains("\"3.30\" = {"),
        "{nix}"
    );
    editor.finish();
}

#[test]
fn bumping() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let path = image("rocky-10/build.sh");
    editor.open(&path);
    let arguments = json!({ "name": "rocky-10", "pointver": "10.3" });
    let result = editor.execute(BUMP, arguments);
    assert_eq!(result["edited"], json!([path]));
    let text = editor.text(&path);
    assert!(text.contains("POINTVER=10.3\n"), "{text}");
    let arguments = json!({ "name": "rocky-10", "set": { "GROUPNAME": "minimal" } });
    editor.execute(BUMP, arguments);
    assert!(editor.text(&path).contains("GROUPNAME=minimal\n"));
    let path = image("fedora-44/build.sh");
    editor.execute(BUMP, json!({ "name": "fedora-44", "build": "16" }));
    assert_eq!(
        checkout
            .read(&path)
            .matches("$RELVER-16.noarch.rpm")
            .count(),
        3
    );
    editor.finish();
}

#[test]
fn a_new_builder() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let arguments = json!({ "name": "rocky", "like": "almalinux-10", "from": "rocky:10" });
    let result = editor.execute(NEW_BUILDER, arguments);
    let path = "image-scripts/builders/rocky/config.sh";
    assert_eq!(result["created"][0], path);
    assert_eq!(editor.text(path), "DISTNAME=rocky\nRELVER=10\n");
    assert!(editor.message(3).contains("set `BUILDER=rocky`"));
    editor.finish();
}

#[test]
fn a_dry_run_does_nothing() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let files = checkout.files();
    for (command, mut argument) in [
        (NEW, json!({ "name": "alpine-3.25" })),
        (RETIRE, json!({ "name": "fedora-43" })),
        (RENAME, json!({ "old": "fedora-43", "new": "fedora-50" })),
        (BUMP, json!({ "name": "fedora-44", "build": "19" })),
        (NEW_BUILDER, json!({ "name": "almalinux-11" })),
    ] {
        argument["dryRun"] = json!(true);
        let id = editor.command(command, json!([argument]));
        let result = editor.client.response(id).unwrap();
        assert_eq!(result["applied"], false);
        for list in [
            "created", "symlinks", "edited", "renamed", "deleted", "verify", "notes",
        ] {
            assert!(result[list].is_array(), "{list}");
        }
    }
    assert_eq!(checkout.files(), files);
    editor.finish();
}

#[test]
fn annotations_say_what_an_edit_is_for() {
    let checkout = Checkout::of("clean-2026");
    let support =
        json!({ "workspaceEdit": { "changeAnnotationSupport": { "groupsOnLabel": true } } });
    let setup = Setup::at(&checkout).quiet().with(&capable());
    let mut editor = edit!(&checkout, setup.with(&json!({ "workspace": support })));
    let id = editor.command(RETIRE, json!(["fedora-43"]));
    let request = editor.client.server_request(APPLY);
    let annotations = request.params["edit"]["changeAnnotations"]
        .as_object()
        .unwrap();
    let annotation = annotations.values().next().unwrap();
    assert_eq!(annotation["label"], "Retire fedora-43");
    assert_eq!(annotation["needsConfirmation"], false);
    let path = image("fedora-43");
    assert_eq!(annotation["description"], format!("deletes {path}"));
    editor.client.respond(&request, json!({ "applied": false }));
    editor.client.response(id).unwrap();
    editor.finish();
}

#[test]
fn the_server_does_nothing_twice_when_the_editor_asks_what_goes_with_its_files() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let file = |path: &str| json!({ "uri": checkout.url(path) });
    for (command, argument, method, params) in [
        (
            NEW,
            "fedora-45",
            "Create",
            json!({ "files": [file(&image("fedora-45/build.sh"))] }),
        ),
        (
            RETIRE,
            "fedora-43",
            "Delete",
            json!({ "files": [file(&image("fedora-43"))] }),
        ),
    ] {
        let method = format!("workspace/will{method}Files");
        let id = editor.command(command, json!([argument]));
        let request = editor.client.server_request(APPLY);
        assert!(editor.client.call(&method, params.clone()).is_null());
        editor.client.respond(&request, json!({ "applied": false }));
        assert_eq!(editor.client.response(id).unwrap()["applied"], false);
        // The user's own files are another matter.
        assert!(editor.client.call(&method, params).is_object());
    }
    editor.finish();
}

#[test]
fn other_files_are_copied() {
    let checkout = Checkout::of("clean-2026");
    let script = image("devuan-6/cgroups-mount.initscript");
    let program = image("devuan-6/program");
    let picture = image("devuan-6/picture");
    checkout.write(&program, "#!/bin/sh\n");
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(checkout.path(&program), permissions).unwrap();
    checkout.write(&picture, [0xff, 0x00, 0xfe]);
    let mut editor = edit!(&checkout);
    let result = editor.execute(NEW, json!({ "name": "devuan-7", "noTags": true }));
    let shown = editor.client.server_request(SHOW);
    editor.client.respond(&shown, json!({ "success": true }));
    let created = result["created"].as_array().unwrap();
    for path in [&script, &program, &picture] {
        let copy = path.replace("devuan-6", "devuan-7");
        assert!(created.contains(&json!(copy)), "{created:?}");
        let read = |path: &str| {
            let path = checkout.path(path);
            let mode = fs::metadata(&path).unwrap().permissions();
            (fs::read(&path).unwrap(), mode)
        };
        assert_eq!(read(path), read(&copy));
    }
    // What the editor cannot, the server has copied.
    let copies = [&picture, &program].map(|path| path.replace("devuan-6", "devuan-7"));
    assert_eq!(result["copied"], json!(copies));
    let message = editor.message(3);
    for path in [&program, &picture] {
        assert!(message.contains(&format!("copied {path} to ")), "{message}");
    }
    assert!(!message.contains("initscript"), "{message}");
    let note = editor.message(3);
    assert!(note.contains("copied from `devuan-6`"), "{note}");
    editor.finish();
}

#[test]
fn links_follow_the_directory_that_they_lead_to() {
    let checkout = Checkout::of("clean-2026");
    let link = image("debian-11");
    checkout.remove(&link);
    checkout.link(&link, "debian-12");
    let mut editor = edit!(&checkout);
    // Until it is made again, it does.
    editor
        .client
        .allow_warning("debian-11: the link leads to nothing");
    editor.execute(RENAME, json!({ "old": "debian-12", "new": "debian-20" }));
    assert_eq!(link_target(&checkout, &link), "debian-20");
    assert!(editor.exists(&image("debian-20/build.sh")));
    let message = editor.message(3);
    assert!(
        message.contains(&format!("made the link {link} -> debian-20")),
        "{message}"
    );
    // The link is read when it was told of. As long as there is one, the directory cannot go.
    editor.client.barrier();
    let (code, message) = editor.execute_error(RETIRE, json!(["debian-20"]));
    assert_eq!(code, REQUEST_FAILED);
    assert!(message.contains("debian-11"), "{message}");
    editor.finish();
}

#[test]
fn names_that_are_left_are_reported() {
    let checkout = Checkout::of("clean-2026");
    checkout.write("docs/images.md", "# Images\n\nStart with fedora-43.\n");
    let mut editor = edit!(&checkout);
    let result = editor.execute(RETIRE, json!({ "name": "fedora-43" }));
    let range =
        json!({ "start": { "line": 2, "character": 11 }, "end": { "line": 2, "character": 20 } });
    let note = json!({ "path": "docs/images.md", "range": range, "message": "this still names `fedora-43`" });
    let notes = result["notes"].as_array().unwrap();
    assert!(notes.contains(&note), "{notes:#?}");
    let message = editor.message(3);
    assert!(
        message.contains("docs/images.md: this still names `fedora-43`"),
        "{message}"
    );
    editor.finish();
}
