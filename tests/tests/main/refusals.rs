//! Commands that are not carried out: with wrong arguments, in an editor that cannot, or with
//! something in the way.

use std::fs;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::Setup;
use image_scripts_ls_tests::edit;
use image_scripts_ls_tests::editor::{APPLY, capable};
use serde_json::json;

const NEW: &str = "imageScripts.newImage";
const RETIRE: &str = "imageScripts.retireImage";
const RENAME: &str = "imageScripts.renameImage";
const BUMP: &str = "imageScripts.bumpImage";
const NEW_BUILDER: &str = "imageScripts.newBuilder";

const REPOSITORY: &str = "os/configs/image-repository.nix";

const INVALID_PARAMS: i64 = -32602;
const REQUEST_FAILED: i64 = -32803;
const CONTENT_MODIFIED: i64 = -32801;

fn image(path: &str) -> String {
    format!("image-scripts/images/{path}")
}

fn link_target(checkout: &Checkout, path: &str) -> String {
    let target = fs::read_link(checkout.path(path)).unwrap();
    target.to_str().unwrap().to_owned()
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    for (command, arguments, code, part) in [
        (
            "imageScripts.paint",
            json!([]),
            INVALID_PARAMS,
            "no such command",
        ),
        (NEW, json!([]), INVALID_PARAMS, "one object"),
        (NEW, json!([{}]), INVALID_PARAMS, "name"),
        (NEW, json!([{ "name": null }]), INVALID_PARAMS, "name"),
        (
            NEW,
            json!([{ "name": "x-1", "lik": "y" }]),
            INVALID_PARAMS,
            "lik",
        ),
        (
            NEW,
            json!([{ "name": "x-1", "cgroup": "v3" }]),
            INVALID_PARAMS,
            "v3",
        ),
        (
            NEW,
            json!([{ "name": "x", "tags": [], "noTags": true }]),
            INVALID_PARAMS,
            "noTags",
        ),
        (RENAME, json!(["fedora-44"]), INVALID_PARAMS, "one object"),
        (
            BUMP,
            json!([{ "name": "rocky-10" }]),
            INVALID_PARAMS,
            "pointver",
        ),
        (
            BUMP,
            json!([{ "name": "rocky-10", "set": { "A": 1 } }]),
            INVALID_PARAMS,
            "`A`",
        ),
        (
            NEW_BUILDER,
            json!([{ "name": "x", "from": "debian" }]),
            INVALID_PARAMS,
            "DIST:RELEASE",
        ),
        (
            RETIRE,
            json!([{ "name": "x", "root": "/nowhere" }]),
            INVALID_PARAMS,
            "/nowhere",
        ),
        (NEW, json!(["../x"]), REQUEST_FAILED, "cannot be an image"),
        (
            NEW,
            json!(["fedora-44"]),
            REQUEST_FAILED,
            "nothing is missing",
        ),
        (RETIRE, json!(["fedora-1"]), REQUEST_FAILED, "no image"),
    ] {
        let (found, message) = editor.execute_error(command, arguments.clone());
        assert_eq!(found, code, "{command} {arguments}: {message}");
        assert!(message.contains(part), "{command} {arguments}: {message}");
    }
    editor.finish();
}

#[test]
fn one_of_several_checkouts_has_to_be_named() {
    let checkout = Checkout::of("clean-2026");
    let other = Checkout::beside(&checkout, "other", "clean-2024");
    let setup = Setup::folder(checkout.root().parent().unwrap());
    let mut editor = edit!(&checkout, setup.quiet().with(&capable()));
    let (code, message) = editor.execute_error(NEW, json!(["alpine-3.25"]));
    assert_eq!(code, INVALID_PARAMS);
    assert!(message.contains("`root`"), "{message}");
    for root in [
        other.root().to_str().unwrap().to_owned(),
        other.url(REPOSITORY),
        other.url(&image("alpine-3.18")),
    ] {
        let argument = json!({ "name": "alpine-4.0", "root": root, "dryRun": true });
        let id = editor.command(NEW, json!([argument]));
        let result = editor.client.response(id).unwrap();
        assert!(result["like"].as_str().unwrap().starts_with("alpine-3."));
    }
    editor.finish();
}

#[test]
fn editors_that_cannot_get_advice() {
    let checkout = Checkout::of("clean-2026");
    let edit = |document_changes: bool, operations: &[&str]| json!({ "documentChanges": document_changes, "resourceOperations": operations });
    for (workspace, name, can) in [
        (json!({ "applyEdit": false }), "fedora-45", false),
        (
            json!({ "workspaceEdit": edit(false, &[]) }),
            "fedora-45",
            false,
        ),
        (
            json!({ "workspaceEdit": edit(true, &["delete"]) }),
            "fedora-45",
            false,
        ),
        (
            json!({ "workspaceEdit": edit(true, &["create"]) }),
            "fedora-45",
            true,
        ),
        // Nothing but texts, for the editor.
        (
            json!({ "workspaceEdit": edit(false, &[]) }),
            "alpine-3.25",
            true,
        ),
    ] {
        let setup = Setup::at(&checkout).quiet().with(&capable());
        let mut editor = edit!(&checkout, setup.with(&json!({ "workspace": workspace })));
        let id = editor.command(NEW, json!([name]));
        if can {
            let request = editor.client.server_request(APPLY);
            editor.client.respond(&request, json!({ "applied": false }));
            assert_eq!(editor.client.response(id).unwrap()["applied"], false);
        } else {
            let (code, message) = editor.client.response(id).unwrap_err();
            assert_eq!(code, REQUEST_FAILED);
            assert!(
                message.contains(&format!("`image-scripts-ls new {name}`")),
                "{message}"
            );
        }
        editor.finish();
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    // Nobody has told the server.
    checkout.write(&image("fedora-45/config.sh"), "mine\n");
    let (code, message) = editor.execute_error(NEW, json!(["fedora-45"]));
    assert_eq!(code, REQUEST_FAILED);
    assert!(message.contains("exists already"), "{message}");
    checkout.link(&image("alpine-3.25"), "nowhere");
    let (code, _) = editor.execute_error(NEW, json!(["alpine-3.25"]));
    assert_eq!(code, REQUEST_FAILED);
    assert_eq!(link_target(&checkout, &image("alpine-3.25")), "nowhere");
    assert_eq!(checkout.read(&image("fedora-45/config.sh")), "mine\n");
    // A document that was never saved.
    let url = checkout.url(&image("fedora-50/build.sh"));
    editor.client.open(&url, 1, "mine as well\n");
    // It is a part of the image, and the rest is made.
    let id = editor.command(NEW, json!(["fedora-50"]));
    let request = editor.client.server_request(APPLY);
    let edit = request.params.to_string();
    assert!(edit.contains("fedora-50/config.sh"), "{edit}");
    assert!(!edit.contains("fedora-50/build.sh"), "{edit}");
    editor.client.respond(&request, json!({ "applied": false }));
    editor.client.response(id).unwrap();
    editor.finish();
}

#[test]
fn a_file_that_has_changed_behind_everybodys_back_is_left() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    checkout.edit(REPOSITORY, "# What", "# Whatever");
    let (code, message) = editor.execute_error(NEW, json!(["alpine-3.25"]));
    assert_eq!(code, REQUEST_FAILED);
    assert!(message.contains(REPOSITORY), "{message}");
    assert!(!editor.exists(&image("alpine-3.25")));
    editor.finish();
}

#[test]
fn an_edit_of_an_older_version_is_never_applied() {
    let checkout = Checkout::of("clean-2026");
    let mut editor = edit!(&checkout);
    let url = editor.open(REPOSITORY);
    for count in 0..20 {
        let id = editor.command(NEW, json!(["alpine-3.25"]));
        let text = format!("# {count}\n{}", editor.text(REPOSITORY));
        editor.replace(&url, &text);
        // Either the server sees that it has changed, or the client does.
        editor.client.barrier();
        let request = editor.client.server_request_or_response(APPLY, id);
        if let Some(request) = request {
            let changes = request.params["edit"]["documentChanges"]
                .as_array()
                .unwrap();
            let of_repository = changes.iter().find(|c| c["textDocument"]["uri"] == url);
            let version = of_repository.unwrap()["textDocument"]["version"].as_i64();
            assert_eq!(version, Some(1 + count));
            editor.client.respond(&request, json!({ "applied": false }));
            assert_eq!(editor.client.response(id).unwrap()["applied"], false);
        } else {
            assert_eq!(editor.client.error_code(id), CONTENT_MODIFIED);
        }
        assert!(!editor.exists(&image("alpine-3.25")));
    }
    editor.finish();
}
