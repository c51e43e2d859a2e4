//! Modules that the repository imports: what is written there is found, shown and changed there.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, FileChange, Setup};
use image_scripts_ls_tests::command::{check_since, git, output_of};
use image_scripts_ls_tests::report::{checked_as_far_as_read, published};
use image_scripts_ls_tests::{edit, program};
use serde_json::{Value, json};
use std::process::Command;

const REPOSITORY: &str = "os/configs/image-repository.nix";
const MODULE: &str = "os/configs/alpine.nix";
const OTHER: &str = "os/configs/other.nix";
const TABLE: &str = "tests/distributions.nix";

/// Start of the entries that are moved into a module.
const START: &str = "      alpine = {\n";

/// Returns a module with some images.
fn module(images: &str) -> String {
    format!(
        "{{ ... }}:\n\n{{\n  services.osctl.image-repository.vpsadminos.images = {{\n{images}  }};\n}}\n"
    )
}

/// Moves the entries of Alpine into a module that the repository imports.
fn divide(checkout: &Checkout) {
    let text = checkout.read(REPOSITORY);
    let (before, rest) = text.split_once(START).unwrap();
    let (entries, after) = rest.split_once("\n      };\n").unwrap();
    let text = format!("{before}{after}");
    let text = text.replacen("}:\n{\n", "}:\n{\n  imports = [ ./alpine.nix ];\n\n", 1);
    assert!(text.contains("imports"));
    checkout.write(REPOSITORY, text);
    checkout.write(MODULE, module(&format!("{START}{entries}\n      }};\n")));
}

/// A session whose client watches files, and tells of changes.
fn session(checkout: &Checkout) -> Client {
    let setup = Setup::at(checkout).quiet().watching(true);
    let mut client = Client::spawn(program!());
    client.respond_always("client/registerCapability", Value::Null);
    client.start(&setup);
    client
}

/// Holds what is published to what a fresh index of the disk finds.
fn assert_fresh(client: &mut Client, checkout: &Checkout, what: &str) {
    client.barrier();
    let fresh = checked_as_far_as_read(program!(), checkout);
    assert_eq!(published(client), fresh, "{what}");
}

/// The version of the last entry of a module.
fn newest(module: &str) -> String {
    let mut entries = module
        .lines()
        .filter(|line| line.starts_with("        \"3."));
    let last = entries.next_back().unwrap().trim();
    last.split('"').nth(1).unwrap().to_owned()
}

/// The position of a text in another one.
fn position(text: &str, part: &str) -> Value {
    let at = text.find(part).unwrap() + part.len() - 1;
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
    json!({ "line": line, "character": column })
}

#[test]
fn entries_in_a_module_are_as_good_as_others() {
    for name in ["clean-2026", "contribution"] {
        let whole = Checkout::of(name);
        let divided = Checkout::of(name);
        divide(&divided);
        let found = |checkout: &Checkout| {
            let mut command = Command::new(program!());
            command
                .args(["check", "--no-bash", "--format", "concise"])
                .args(["--today", "2026-11-26", "--fail-on", "hint"])
                .current_dir(checkout.root());
            let output = output_of(&mut command, "", "");
            // Lines are others in the repository.
            let lines = output.stdout.lines();
            let is_elsewhere = |line: &&str| !line.starts_with("os/configs/");
            let lines: Vec<String> = lines.filter(is_elsewhere).map(str::to_owned).collect();
            (lines, output.stdout.lines().count())
        };
        assert_eq!(found(&divided), found(&whole), "{name}");
    }
}

#[test]
fn changes_of_modules_are_followed() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    let whole = checkout.read(REPOSITORY);
    divide(&checkout);
    let urls = [REPOSITORY, MODULE].map(|path| checkout.url(path));
    client.files_changed(&[(&urls[1], FileChange::Created)]);
    client.files_changed(&[(&urls[0], FileChange::Changed)]);
    assert_fresh(&mut client, &checkout, "divided");

    let good = checkout.read(MODULE);
    let wrong = good.replace("\"3.24\"", "\"3.42\"");
    let more = good.replacen("{\n", "{\n  imports = [ ./other.nix ];\n", 1);
    for text in [
        wrong.as_str(),
        "{ x = ; }\n",
        "\n",
        &more,
        "{ lib }: lib.mkIf true { }\n",
        &good,
    ] {
        checkout.write(MODULE, text);
        client.files_changed(&[(&urls[1], FileChange::Changed)]);
        assert_fresh(&mut client, &checkout, text);
    }
    client.allow_warning("is not read");
    for text in [&b"\xff\n"[..], good.as_bytes()] {
        checkout.write(MODULE, text);
        client.files_changed(&[(&urls[1], FileChange::Changed)]);
        assert_fresh(&mut client, &checkout, "unreadable and back");
    }
    // One that comes later, below another one, and goes.
    checkout.write(MODULE, &more);
    client.files_changed(&[(&urls[1], FileChange::Changed)]);
    assert_fresh(&mut client, &checkout, "an import of nothing");
    checkout.write(OTHER, module("    gone.\"1\" = { };\n"));
    let other = checkout.url(OTHER);
    client.files_changed(&[(&other, FileChange::Created)]);
    assert_fresh(&mut client, &checkout, "what is imported has come");
    assert_eq!(client.codes(&other), ["entry-without-image"]);
    checkout.remove(OTHER);
    client.files_changed(&[(&other, FileChange::Deleted)]);
    assert_fresh(&mut client, &checkout, "it is gone");
    checkout.write(OTHER, module("    gone.\"1\" = { };\n"));
    client.files_changed(&[(&checkout.url("os/configs"), FileChange::Changed)]);
    assert_fresh(&mut client, &checkout, "the directory was told of");
    checkout.write(MODULE, &good);
    client.files_changed(&[(&urls[1], FileChange::Changed)]);
    assert_fresh(&mut client, &checkout, "nobody imports it");
    assert!(client.codes(&other).is_empty());
    checkout.remove(MODULE);
    client.files_changed(&[(&urls[1], FileChange::Deleted)]);
    assert_fresh(&mut client, &checkout, "what is imported is gone");

    // In the editor: what is typed counts, and then what is on the disk.
    checkout.write(MODULE, &good);
    client.files_changed(&[(&urls[1], FileChange::Created)]);
    let open = client.open_file(&checkout, MODULE, 1);
    assert_eq!(open, urls[1]);
    client.replace(&open, 2, &wrong);
    client.barrier();
    assert!(client.codes(&open).contains(&"entry-without-image"));
    client.replace(&open, 3, "{ x = ; }\n");
    client.barrier();
    assert_eq!(client.codes(&open), ["nix-syntax"]);
    client.replace(&open, 4, &wrong);
    checkout.write(MODULE, &wrong);
    client.save(&open);
    assert_fresh(&mut client, &checkout, "saved");
    client.replace(&open, 5, &good);
    client.close(&open);
    assert_fresh(&mut client, &checkout, "closed");
    checkout.write(REPOSITORY, whole);
    client.files_changed(&[(&urls[0], FileChange::Changed)]);
    assert_fresh(&mut client, &checkout, "nothing is imported");
    client.finish();
}

#[test]
fn names_lead_into_modules_and_back() {
    let checkout = Checkout::of("clean-2026");
    divide(&checkout);
    let mut editor = edit!(&checkout);
    let (table, module) = (editor.open(TABLE), editor.open(MODULE));
    let text = checkout.read(MODULE);
    let version = newest(&text);
    let name = format!("alpine-{version}");
    let at = |part: &str| {
        json!({
            "textDocument": { "uri": module },
            "position": position(&text, part),
            "context": { "includeDeclaration": true },
        })
    };

    // All that names the image or its tag is found in the module, and nothing of it elsewhere.
    for part in ["\"latest", &format!("\"{version}")] {
        let found = editor.client.call("textDocument/references", at(part));
        let found = found.as_array().unwrap().iter();
        let urls: Vec<&str> = found.map(|l| l["uri"].as_str().unwrap()).collect();
        assert!(urls.contains(&module.as_str()), "{urls:?}");
        assert!(urls.contains(&table.as_str()), "{urls:?}");
        assert!(
            !urls.contains(&checkout.url(REPOSITORY).as_str()),
            "{urls:?}"
        );
        let hover = editor.client.call("textDocument/hover", at(part));
        assert!(hover.to_string().contains(&name), "{hover}");
    }
    let key = at(&format!("\"{version}"));
    let build = editor.client.call("textDocument/definition", key);
    // The newest one is a link to this.
    let url = checkout.url("image-scripts/images/alpine/build.sh");
    assert!(build.to_string().contains(&url), "{build}");
    // From a row to the tag.
    let rows = checkout.read(TABLE);
    let row = rows.find("distribution = \"alpine\"").unwrap();
    let tag = row + rows[row..].find("version = \"latest").unwrap();
    let line = rows[..tag].matches('\n').count();
    let tag = json!({
        "textDocument": { "uri": table },
        "position": { "line": line, "character": 19 },
    });
    let found = editor.client.call("textDocument/definition", tag);
    assert_eq!(found[0]["uri"], json!(module), "{found}");

    let document = json!({ "textDocument": { "uri": module } });
    let symbols = editor
        .client
        .call("textDocument/documentSymbol", document.clone());
    assert!(symbols.to_string().contains("alpine"), "{symbols}");
    let symbols = editor.client.call(
        "workspace/symbol",
        json!({ "query": format!("alpine.{version}") }),
    );
    let entries = symbols.as_array().unwrap().iter();
    let mut entries = entries.filter(|s| s["name"] == format!("alpine.{version}").as_str());
    assert!(
        entries.any(|s| s["location"]["uri"] == module.as_str()),
        "{symbols}"
    );

    // Nobody imports it.
    checkout.write(OTHER, checkout.read(MODULE));
    let other = editor.open(OTHER);
    let document = json!({ "textDocument": { "uri": other } });
    let symbols = editor.client.call("textDocument/documentSymbol", document);
    assert_eq!(symbols, Value::Null);
    editor.finish();
}

#[test]
fn images_are_changed_in_modules() {
    let checkout = Checkout::of("clean-2026");
    divide(&checkout);
    let before = checkout.read(REPOSITORY);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(program!());
        command.args(arguments).current_dir(checkout.root());
        output_of(&mut command, "", "")
    };
    let newest = newest(&checkout.read(MODULE));
    let output = run(&["rename", &format!("alpine-{newest}"), "alpine-9.99"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(checkout.read(MODULE).contains("\"9.99\""));
    let output = run(&["retire", "alpine-9.99"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(!checkout.read(MODULE).contains("\"9.99\""));
    assert_eq!(checkout.read(REPOSITORY), before);
}

#[test]
fn modules_of_a_revision_are_read() {
    let checkout = Checkout::of("contribution");
    git(checkout.root(), &["init", "--quiet"]);
    let commit = |message: &str| {
        git(checkout.root(), &["add", "--all"]);
        git(
            checkout.root(),
            &["commit", "--quiet", "--message", message],
        );
    };
    commit("first");
    divide(&checkout);
    let since = |revision: &str| {
        let mut command = check_since(program!(), checkout.root(), revision);
        output_of(&mut command, "", "").stdout
    };
    let moved = since("HEAD");
    assert!(!moved.contains("missing-repository-entry"), "{moved}");
    commit("second");
    assert_eq!(since("HEAD"), "");
    let text = checkout.read(MODULE);
    checkout.write(MODULE, text.replace("\"3.24\"", "\"3.42\""));
    let found = since("HEAD");
    assert!(
        found.contains(&format!("{MODULE}:")) && found.contains("[entry-without-image]"),
        "{found}"
    );
    commit("third");
    assert_eq!(since("HEAD"), "");
}
