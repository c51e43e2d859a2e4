//! Checkouts that go away and come back, with clients that watch files and with those that do not.
//! Nothing tells the server of it here: it sees that itself.

use std::fs;

use image_scripts_ls_tests::checkout::{Checkout, Folder, copy, fixture, url};
use image_scripts_ls_tests::client::{Client, FileChange, REGISTER, Setup, UNREGISTER};
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::report::{checked, published};
use serde_json::Value;

/// Parts of a checkout without which it is none.
const SCRIPTS: &str = "image-scripts";

/// A session at a folder, with each kind of client.
fn sessions(setup: impl Fn() -> Setup) -> [Client; 2] {
    [true, false].map(|client_watches| {
        let setup = setup().quiet();
        let mut client = Client::spawn(program!());
        client.respond_always(REGISTER, Value::Null);
        client.respond_always(UNREGISTER, Value::Null);
        // A checkout may be read while it is still written.
        client.allow_warning("the link leads to nothing");
        client.start(&if client_watches {
            setup.watching(true)
        } else {
            setup
        });
        client
    })
}

fn until_nothing_is_shown(client: &mut Client) {
    client.wait_until("nothing is shown", |client| {
        client.with_findings().is_empty()
    });
}

fn until_as_checked(client: &mut Client, checkout: &Checkout) {
    let expected = checked(program!(), checkout);
    client.wait_until("what `check` says", |client| published(client) == expected);
}

/// What a client tells of counts before what follows: the server's own watch may be later.
#[test]
fn what_a_client_tells_of_is_there_at_once() {
    let checkout = Checkout::of("contribution");
    let [mut client, other] = sessions(|| Setup::at(&checkout));
    until_as_checked(&mut client, &checkout);
    let expected = published(&client);
    let away = checkout.root().with_file_name("away");
    let told = [(checkout.url("image-scripts"), FileChange::Changed)];
    let told: Vec<(&str, FileChange)> = told.iter().map(|(url, how)| (&**url, *how)).collect();
    for _ in 0..5 {
        fs::rename(checkout.path(SCRIPTS), &away).unwrap();
        client.files_changed(&told);
        client.barrier();
        assert_eq!(published(&client), Vec::new());
        fs::rename(&away, checkout.path(SCRIPTS)).unwrap();
        client.files_changed(&told);
        client.barrier();
        assert_eq!(published(&client), expected);
    }
    client.finish();
    drop(other);
}

/// The text of a document is that of the file which it is now, not of the one that it was.
#[test]
fn a_link_leads_elsewhere_after_that() {
    let checkout = Checkout::of("contribution");
    let [mut client, other] = sessions(|| Setup::at(&checkout));
    client.allow_warning("");
    let (link, image) = (
        "image-scripts/images/alpine-3.23",
        "image-scripts/images/alpine",
    );
    client.open(
        &checkout.url(&format!("{link}/config.sh")),
        1,
        "VARIANT=other\n",
    );
    client.barrier();
    let own = checkout.url(&format!("{image}/config.sh"));
    assert!(client.codes(&own).contains(&"missing-builder"));
    let away = checkout.root().with_file_name("away");
    // All else is read as the checkout is found again.
    let told = checkout.url("os/configs/image-repository.nix");
    fs::rename(checkout.path(SCRIPTS), &away).unwrap();
    client.files_changed(&[(&told, FileChange::Changed)]);
    client.barrier();
    fs::remove_file(away.join("images/alpine-3.23")).unwrap();
    fs::rename(&away, checkout.path(SCRIPTS)).unwrap();
    client.files_changed(&[(&told, FileChange::Changed)]);
    client.barrier();
    assert!(!client.codes(&own).contains(&"missing-builder"));
    client.finish();
    drop(other);
}

#[test]
fn another_branch_and_back() {
    let checkout = Checkout::of("contribution");
    let [mut one, mut other] = sessions(|| Setup::at(&checkout));
    let away = checkout.root().with_file_name("away");
    for client in [&mut one, &mut other] {
        until_as_checked(client, &checkout);
    }
    for _ in 0..3 {
        fs::rename(checkout.path(SCRIPTS), &away).unwrap();
        for client in [&mut one, &mut other] {
            until_nothing_is_shown(client);
            let images = client.call("imageScripts/images", Value::Null);
            assert_eq!(images["checkouts"], Value::Array(Vec::new()));
        }
        fs::rename(&away, checkout.path(SCRIPTS)).unwrap();
        for client in [&mut one, &mut other] {
            until_as_checked(client, &checkout);
        }
    }
    one.finish();
    other.finish();
}

#[test]
fn a_folder_in_which_there_was_none_yet() {
    let folder = Folder::new();
    let path = folder.path().join("vpsadminos");
    fs::create_dir(&path).unwrap();
    let [mut one, mut other] = sessions(|| Setup::folder(&path));
    for client in [&mut one, &mut other] {
        client.barrier();
    }
    copy(&fixture("contribution").join("tests"), &path.join("tests"));
    copy(&fixture("contribution").join("os"), &path.join("os"));
    let text = fs::read_to_string(path.join("tests/distributions.nix")).unwrap();
    let document = url(&path.join("tests/distributions.nix"));
    // What is in the editor counts once the checkout is there.
    one.open(&document, 1, &text.replace("fedora_44 = ", "fedora_4x = "));
    copy(&fixture("contribution").join(SCRIPTS), &path.join(SCRIPTS));
    for client in [&mut one, &mut other] {
        client.wait_until("findings", |client| !client.with_findings().is_empty());
    }
    let keys = |client: &mut Client| {
        let images = client.call("imageScripts/images", Value::Null);
        images["checkouts"][0]["rows"].to_string()
    };
    assert!(keys(&mut one).contains("fedora_4x"));
    assert!(!keys(&mut other).contains("fedora_4x"));
    one.finish();
    other.finish();
}

#[test]
fn a_worktree_that_is_removed_and_made_again() {
    let checkout = Checkout::of("contribution");
    let [mut one, mut other] = sessions(|| Setup::at(&checkout));
    let away = checkout.root().with_file_name("away");
    for client in [&mut one, &mut other] {
        until_as_checked(client, &checkout);
    }
    fs::rename(checkout.root(), &away).unwrap();
    for client in [&mut one, &mut other] {
        until_nothing_is_shown(client);
    }
    fs::rename(&away, checkout.root()).unwrap();
    for client in [&mut one, &mut other] {
        until_as_checked(client, &checkout);
    }
    one.finish();
    other.finish();
}

#[test]
fn another_layout() {
    let checkout = Checkout::of("contribution");
    let [mut one, mut other] = sessions(|| Setup::at(&checkout));
    let root = checkout.root().to_owned();
    for client in [&mut one, &mut other] {
        until_as_checked(client, &checkout);
    }
    for part in ["images", "builders", "include", "tests"] {
        let away = root.with_file_name(part);
        if part == "tests" {
            fs::rename(checkout.path("tests"), away).unwrap();
        }
        fs::rename(checkout.path(&format!("{SCRIPTS}/{part}")), root.join(part)).unwrap();
    }
    fs::remove_dir_all(checkout.path(SCRIPTS)).unwrap();
    for client in [&mut one, &mut other] {
        until_as_checked(client, &checkout);
    }
    one.finish();
    other.finish();
}
