//! What is published is what a fresh index would find: while files are read, when they cannot be,
//! when Nix does not parse, and when another day begins.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, FileChange, Setup};
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::report::{Entry, checked, checked_as_far_as_read, published, sorted};
use serde_json::{Value, json};

const CONFIG: &str = "image-scripts/images/debian-13/config.sh";
const OTHER: &str = "image-scripts/images/debian-12/config.sh";
const REPOSITORY: &str = "os/configs/image-repository.nix";
const TABLE: &str = "tests/distributions.nix";

/// A session whose client watches files, and tells of changes.
fn session(checkout: &Checkout) -> Client {
    let setup = Setup::at(checkout).quiet().watching(true);
    let mut client = Client::spawn(program!());
    client.respond_always("client/registerCapability", Value::Null);
    client.start(&setup);
    client
}

/// Tells of changes, and waits until they are taken in.
fn tell(client: &mut Client, checkout: &Checkout, paths: &[&str]) {
    let urls: Vec<String> = paths.iter().map(|path| checkout.url(path)).collect();
    let changes = urls.iter().map(|url| (url.as_str(), FileChange::Changed));
    client.files_changed(&changes.collect::<Vec<_>>());
    client.barrier();
}

/// Tells of changes, and holds what is published to what `check` finds.
fn changed(client: &mut Client, checkout: &Checkout, paths: &[&str]) {
    tell(client, checkout, paths);
    let fresh = checked_as_far_as_read(program!(), checkout);
    assert_eq!(published(client), fresh, "{paths:?}");
}

fn hold(client: &mut Client, hold: bool) {
    client.call("imageScripts/test/hold", json!({ "hold": hold }));
}

fn hover(client: &mut Client, url: &str) -> Value {
    let position = json!({ "line": 0, "character": 0 });
    let params = json!({ "textDocument": { "uri": url }, "position": position });
    client.call("textDocument/hover", params)
}

#[test]
fn others_are_answered_while_a_file_is_read() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let url = checkout.url(CONFIG);
    hold(&mut client, true);
    checkout.write(CONFIG, "BUILDER=fedorra\n");
    client.files_changed(&[(&url, FileChange::Changed)]);
    // Of another file, and of one that is opened and edited meanwhile.
    let other = client.open_file(&checkout, OTHER, 1);
    assert_ne!(hover(&mut client, &other), Value::Null);
    client.replace(&other, 2, "BUILDER=fedorraa\n");
    assert!(!client.actions_now(&other).is_empty());
    assert!(client.codes(&other).contains(&"unknown-builder"));
    assert!(client.codes(&url).is_empty());
    hold(&mut client, false);
    client.barrier();
    assert!(client.codes(&url).contains(&"unknown-builder"));
    client.finish();
}

fn both(one: &Checkout, two: &Checkout) -> Vec<Entry> {
    let mut all = checked(program!(), one);
    all.extend(checked(program!(), two));
    sorted(all)
}

#[test]
fn others_are_answered_while_a_folder_is_added() {
    let one = Checkout::of("clean-2026");
    let two = Checkout::of("contribution");
    let mut client = session(&one);
    hold(&mut client, true);
    let folder = json!({ "uri": image_scripts_ls_tests::checkout::url(two.root()), "name": "x" });
    let added = json!({ "event": { "added": [folder], "removed": [] } });
    let removed = json!({ "event": { "added": [], "removed": [folder] } });
    client.notify("workspace/didChangeWorkspaceFolders", added.clone());
    let url = client.open_file(&one, CONFIG, 1);
    assert_ne!(hover(&mut client, &url), Value::Null);
    hold(&mut client, false);
    client.barrier();
    let (alone, both) = (checked(program!(), &one), both(&one, &two));
    assert_eq!(published(&client), both);
    client.notify("workspace/didChangeWorkspaceFolders", removed.clone());
    client.barrier();
    assert_eq!(published(&client), alone);
    client.server_request("client/unregisterCapability");
    // Taken out again before it was read.
    hold(&mut client, true);
    client.notify("workspace/didChangeWorkspaceFolders", added);
    client.notify("workspace/didChangeWorkspaceFolders", removed);
    hold(&mut client, false);
    client.barrier();
    assert_eq!(published(&client), alone);
    client.server_request("client/unregisterCapability");
    client.finish();
}

#[test]
fn what_is_newer_wins() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let url = checkout.url(CONFIG);
    hold(&mut client, true);
    // This is read, and held back.
    checkout.write(CONFIG, "BUILDER=oldest\n");
    client.files_changed(&[(&url, FileChange::Changed)]);
    client.wait_for_hold();
    // Edited, saved and closed in the meantime.
    client.open(&url, 1, "BUILDER=newer\n");
    checkout.write(CONFIG, "BUILDER=newer\n");
    client.save(&url);
    client.close(&url);
    assert!(!client.actions_now(&url).is_empty());
    hold(&mut client, false);
    client.barrier();
    for publication in client.take_published() {
        let of_oldest = |d: &Value| d["message"].as_str().unwrap().contains("oldest");
        assert!(
            !publication.diagnostics.iter().any(of_oldest),
            "{publication:?}"
        );
    }
    assert_eq!(published(&client), checked(program!(), &checkout));
    // The same, and it stays open.
    hold(&mut client, true);
    checkout.write(CONFIG, "BUILDER=oldest\n");
    client.files_changed(&[(&url, FileChange::Changed)]);
    client.wait_for_hold();
    client.open(&url, 1, "BUILDER=newest\n");
    hold(&mut client, false);
    client.barrier();
    let message = client.diagnostics(&url)[0]["message"].as_str().unwrap();
    assert!(message.contains("newest"), "{message}");
    client.finish();
}

#[test]
fn files_that_cannot_be_read_for_a_while() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    client.allow_warning("is not read");
    for path in [CONFIG, REPOSITORY, TABLE, "image-scripts/include/common.sh"] {
        let text = checkout.read(path);
        for next in ["", "\n", text.as_str()] {
            checkout.write(path, b"\xff\n");
            changed(&mut client, &checkout, &[path]);
            checkout.write(path, next);
            changed(&mut client, &checkout, &[path]);
        }
        // Opened empty while it cannot be read.
        checkout.write(path, b"\xff\n");
        changed(&mut client, &checkout, &[path]);
        let url = checkout.url(path);
        client.open(&url, 1, "");
        client.barrier();
        let now = published(&client);
        checkout.write(path, "");
        assert_eq!(now, checked(program!(), &checkout), "{path}");
        client.close(&url);
        checkout.write(path, text);
        changed(&mut client, &checkout, &[path]);
    }
    client.finish();
}

#[test]
fn nix_that_does_not_parse_on_the_disk() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    let config = client.open_file(&checkout, CONFIG, 1);
    for path in [REPOSITORY, TABLE] {
        let good = checkout.read(path);
        let broken = good.replacen("{\n", "{\n  x = ;\n", 1);
        let hover_before = hover(&mut client, &config);
        checkout.write(path, &broken);
        changed(&mut client, &checkout, &[path]);
        let url = checkout.url(path);
        assert_eq!(client.codes(&url), ["nix-syntax"]);
        // Hovers still tell of the last text that did parse.
        assert_eq!(hover(&mut client, &config), hover_before);
        // Told of the directory alone, where the whole unit is read.
        checkout.write(path, &good);
        changed(&mut client, &checkout, &[path.rsplit_once('/').unwrap().0]);
        checkout.write(path, &broken);
        changed(&mut client, &checkout, &[path.rsplit_once('/').unwrap().0]);
        checkout.write(path, &good);
        changed(&mut client, &checkout, &[path]);
    }
    client.finish();
}

#[test]
fn nix_that_does_not_parse_in_the_editor() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    for path in [REPOSITORY, TABLE] {
        let good = checkout.read(path);
        let broken = good.replacen("{\n", "{\n  x = ;\n", 1);
        let url = client.open_file(&checkout, path, 1);
        client.barrier();
        let others = |client: &Client| {
            let mut all = published(client);
            all.retain(|entry| entry.url() != url);
            all
        };
        let before = others(&client);
        client.replace(&url, 2, &broken);
        client.barrier();
        assert_eq!(client.codes(&url), ["nix-syntax"]);
        assert_eq!(others(&client), before);
        // As it is on the disk, it is what a fresh index finds.
        checkout.write(path, &broken);
        client.save(&url);
        client.barrier();
        assert_eq!(published(&client), checked(program!(), &checkout));
        assert_ne!(others(&client), before);
        client.replace(&url, 3, &good);
        client.barrier();
        assert_eq!(others(&client), before);
        checkout.write(path, &good);
        client.save(&url);
        // Typed, and thrown away.
        client.replace(&url, 4, &broken);
        client.close(&url);
        client.barrier();
        assert_eq!(published(&client), checked(program!(), &checkout));
    }
    client.finish();
}

#[test]
fn a_config_that_another_image_links_to_parses_again() {
    let checkout = Checkout::of("contribution");
    let linked = "image-scripts/images/ubuntu-26.10/config.sh";
    fs::remove_file(checkout.path(linked)).unwrap();
    checkout.link(linked, "../debian-12/config.sh");
    let mut client = session(&checkout);
    let url = client.open_file(&checkout, OTHER, 1);
    let good = checkout.read(OTHER);
    let build = checkout.url("image-scripts/images/ubuntu-26.10/build.sh");
    assert!(client.codes(&build).contains(&"release-mismatch"));
    // Its facts are those of the text before, and who reads it is not judged.
    client.replace(&url, 2, &format!("{good}if (\n"));
    client.barrier();
    client.replace(&url, 3, &good);
    client.barrier();
    assert_eq!(published(&client), checked(program!(), &checkout));
    client.finish();
}

#[test]
fn a_document_is_closed_whose_directory_has_become_a_link() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let url = client.open_file(&checkout, CONFIG, 1);
    client.replace(&url, 2, "BUILDER=fedorra\n");
    let image = "image-scripts/images/debian-13";
    fs::remove_dir_all(checkout.path(image)).unwrap();
    checkout.link(image, "debian-12");
    // It is read before the document is closed, and put in after that.
    hold(&mut client, true);
    client.files_changed(&[(&checkout.url(image), FileChange::Changed)]);
    client.wait_for_hold();
    client.close(&url);
    hold(&mut client, false);
    client.barrier();
    assert_eq!(published(&client), checked(program!(), &checkout));
    client.finish();
}

#[test]
fn a_link_leads_to_a_file_that_goes_and_comes() {
    let checkout = Checkout::of("clean-2026");
    fs::remove_file(checkout.path(CONFIG)).unwrap();
    checkout.link(CONFIG, "../debian-12/config.sh");
    let mut client = session(&checkout);
    client.allow_warning("leads to nothing");
    let (link, file) = (checkout.url(CONFIG), client.open_file(&checkout, OTHER, 1));
    client.open(&link, 1, &checkout.read(OTHER));
    let text = checkout.read(OTHER);
    fs::remove_file(checkout.path(OTHER)).unwrap();
    tell(&mut client, &checkout, &[OTHER]);
    checkout.write(OTHER, &text);
    tell(&mut client, &checkout, &[OTHER]);
    // Both are one file again, and the last text of it counts.
    client.replace(&file, 2, "BUILDER=fedorra\n");
    client.barrier();
    assert!(client.codes(&file).contains(&"unknown-builder"));
    assert_eq!(client.codes(&link), client.codes(&file));
    client.finish();
}

#[test]
fn what_a_link_of_another_image_leads_to_is_another_thing() {
    let checkout = Checkout::of("clean-2026");
    let build = "image-scripts/images/debian-13/build.sh";
    fs::remove_file(checkout.path(build)).unwrap();
    checkout.link(build, "../debian-12/config.sh");
    let (path, text) = (checkout.path(OTHER), checkout.read(OTHER));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let mut client = session(&checkout);
    client.warning(&["debian-12/config.sh", "is a directory"]);
    client.warning(&["debian-13/build.sh", "leads to a directory"]);
    client.allow_warning("leads to nothing");
    fs::remove_dir(&path).unwrap();
    changed(&mut client, &checkout, &[OTHER]);
    checkout.write(OTHER, &text);
    changed(&mut client, &checkout, &[OTHER]);
    client.finish();
}

#[test]
fn one_of_two_documents_of_a_file_becomes_another_one() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    client.allow_warning("");
    let (link, image) = (
        "image-scripts/images/alpine-3.24",
        "image-scripts/images/alpine",
    );
    let config = |directory: &str| format!("{directory}/config.sh");
    let text = checkout.read(&config(image));
    let (by_link, own) = (checkout.url(&config(link)), checkout.url(&config(image)));
    client.open(&own, 1, &text);
    client.open(&by_link, 1, "VARIANT=other\n");
    client.barrier();
    fs::remove_file(checkout.path(link)).unwrap();
    tell(&mut client, &checkout, &[link]);
    assert!(!client.codes(&own).contains(&"missing-builder"));
    client.finish();
}

#[test]
fn the_includes_become_a_link_to_nothing() {
    let checkout = Checkout::of("clean-2026");
    let include = "image-scripts/include";
    let script = format!("{include}/debian.sh");
    let text = checkout.read(&script);
    let config = "image-scripts/images/alpine/config.sh";
    checkout.write(config, ". \"$INCLUDE/nothing.sh\"\nVARIANT=other\n");
    let start = || {
        let mut client = session(&checkout);
        client.allow_warning("");
        client.open(&checkout.url(&script), 1, &text);
        client.barrier();
        client
    };
    let mut client = start();
    fs::remove_dir_all(checkout.path(include)).unwrap();
    checkout.link(include, "alpine");
    tell(&mut client, &checkout, &[include]);
    let fresh = start();
    assert_eq!(published(&client), published(&fresh));
    client.finish();
    fresh.finish();
}

#[test]
fn another_day_begins() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    let before = published(&client);
    let config = client.open_file(&checkout, CONFIG, 1);
    for day in ["2020-01-01", "2049-12-31"] {
        client.call("imageScripts/test/today", json!({ "today": day }));
        // With the next event, whatever it is.
        client.replace(&config, 2, &checkout.read(CONFIG));
        client.barrier();
        let mut fresh = Client::spawn(program!());
        fresh.respond_always("client/registerCapability", Value::Null);
        let setup = Setup::at(&checkout).quiet();
        fresh.call("initialize", setup.params().clone());
        fresh.call("imageScripts/test/today", json!({ "today": day }));
        fresh.notify("initialized", json!({}));
        fresh.barrier();
        assert_eq!(published(&client), published(&fresh), "{day}");
        assert_ne!(published(&client), before, "{day}");
        fresh.finish();
    }
    client.finish();
}

#[test]
fn a_pipe_in_place_of_a_file() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    client.allow_warning(CONFIG);
    let text = checkout.read(CONFIG);
    checkout.remove(CONFIG);
    let made = Command::new("mkfifo").arg(checkout.path(CONFIG)).status();
    assert!(made.unwrap().success());
    changed(&mut client, &checkout, &[CONFIG]);
    checkout.remove(CONFIG);
    checkout.write(CONFIG, text);
    changed(&mut client, &checkout, &[CONFIG]);
    client.finish();
}

#[test]
fn a_file_comes_to_which_a_link_leads_that_is_open() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    client.allow_warning("");
    let (link, file) = ("image-scripts/images/alpine/config.sh", OTHER);
    let text = checkout.read(file);
    for path in [link, file] {
        fs::remove_file(checkout.path(path)).unwrap();
    }
    checkout.link(link, "../debian-12/config.sh");
    fs::create_dir(checkout.path(file)).unwrap();
    tell(&mut client, &checkout, &[link, file]);
    client.open(&checkout.url(link), 1, &text);
    client.barrier();
    fs::remove_dir(checkout.path(file)).unwrap();
    checkout.write(file, &text);
    tell(&mut client, &checkout, &[file]);
    let mut fresh = session(&checkout);
    fresh.open(&checkout.url(link), 1, &text);
    fresh.barrier();
    assert_eq!(published(&client), published(&fresh));
    client.finish();
    fresh.finish();
}

#[test]
fn an_image_reads_another_ones_file_by_a_link() {
    let checkout = Checkout::of("contribution");
    let include = "image-scripts/include/alpine.sh";
    let text = checkout.read(include);
    checkout.write(include, format!("{text}configure-something\n"));
    let link = "image-scripts/images/alpine/config.sh";
    fs::remove_file(checkout.path(link)).unwrap();
    checkout.link(link, "../debian-12/config.sh");
    let mut client = session(&checkout);
    let codes = |client: &Client| {
        client
            .codes(&checkout.url(include))
            .contains(&"unknown-helper")
    };
    assert!(codes(&client));
    let url = client.open_file(&checkout, OTHER, 1);
    let before = checkout.read(OTHER);
    client.replace(&url, 2, &format!(". \"$INCLUDE/nothing.sh\"\n{before}"));
    client.barrier();
    assert!(!codes(&client), "it may define anything");
    client.replace(&url, 3, &before);
    client.barrier();
    assert!(codes(&client));
    client.finish();
}

#[test]
fn a_document_of_a_file_that_cannot_be_read() {
    const INCLUDE: &str = "image-scripts/include/spare.sh";
    let checkout = Checkout::of("clean-2026");
    checkout.write(INCLUDE, "function spare-helper {\n\ttrue\n}\n");
    // It may call anything.
    fs::write(checkout.path(CONFIG), b"\xff\xfe\n").unwrap();
    let mut client = session(&checkout);
    client.barrier();
    let (config, include) = (checkout.url(CONFIG), checkout.url(INCLUDE));
    let is_unused = |client: &Client| client.codes(&include).contains(&"unused-helper");
    assert!(!is_unused(&client));
    client.open(&config, 1, "BUILDER=debian\n");
    client.barrier();
    assert!(is_unused(&client));
    client.close(&config);
    client.barrier();
    assert!(!is_unused(&client));
    client.warning(&["is not UTF-8"]);
    client.finish();
}

#[test]
fn the_document_that_was_edited_last_counts() {
    let checkout = Checkout::of("clean-2026");
    let own = "image-scripts/images/alpine/config.sh";
    let link = "image-scripts/images/alpine-3.24";
    fs::remove_file(checkout.path(own)).unwrap();
    symlink("../debian-12/config.sh", checkout.path(own)).unwrap();
    fs::remove_file(checkout.path(link)).unwrap();
    symlink("debian-12", checkout.path(link)).unwrap();
    let mut client = session(&checkout);
    client.allow_warning("");
    let by_link = format!("{link}/config.sh");
    let (by_link, own) = (checkout.url(&by_link), checkout.url(own));
    let real = checkout.url(OTHER);
    let builder = "image-scripts/builders/fedora";
    fs::remove_dir_all(checkout.path(builder)).unwrap();
    symlink("debian-12", checkout.path(builder)).unwrap();
    client.open(&by_link, 1, "BUILDER=fedora\n");
    client.open(&own, 1, "BUILDER=debian\n");
    client.replace(&own, 2, "BUILDER=debian\n\n");
    client.replace(&by_link, 2, "BUILDER=fedora\n\n");
    tell(&mut client, &checkout, &[builder]);
    fs::write(checkout.path(OTHER), "BUILDER=fedora\n\n").unwrap();
    client.save(&by_link);
    client.replace(&own, 3, "BUILDER=debian\n");
    tell(&mut client, &checkout, &[OTHER, OTHER]);
    for url in [&by_link, &own, &real] {
        assert!(!client.codes(url).contains(&"unknown-builder"), "{url}");
    }
    client.finish();
}
