//! Files that editors keep beside those that they edit: to every command and to the server they are
//! not there.

use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, FIXTURES, copy, fixture};
use image_scripts_ls_tests::client::{FileChange, Setup};
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

/// Directories of a checkout in which something is edited.
const DIRECTORIES: [&str; 10] = [
    "image-scripts/images",
    "image-scripts/images/debian-13",
    "image-scripts/images/fedora-44",
    "image-scripts/include",
    "image-scripts/builders",
    "image-scripts/builders/debian",
    "image-scripts/tests",
    "tests/suite",
    "tests",
    "os/configs",
];

fn cli(checkout: &Checkout, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command
        .current_dir(checkout.root())
        .args(arguments)
        .args(["--today", "2026-11-01"])
        .env("NO_COLOR", "1");
    output_of(&mut command, "", "cargo build")
}

/// Leaves the files of several editors in a checkout.
fn edited(checkout: &Checkout) {
    for directory in DIRECTORIES {
        std::fs::create_dir_all(checkout.path(directory)).unwrap();
        for file in ["build.sh", "config.sh", "x.nix", "common.sh"] {
            checkout.link(&format!("{directory}/.#{file}"), "u@h.1:2");
            checkout.write(&format!("{directory}/#{file}#"), "BUILDER=(\n");
            checkout.write(&format!("{directory}/{file}~"), "function bootstrap {\n");
            checkout.write(&format!("{directory}/.{file}.swp"), b"b0VIM\0\xff");
            checkout.write(&format!("{directory}/.{file}.swo"), b"b0VIM\0\xff");
        }
        checkout.write(&format!("{directory}/4913"), "");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn commands_do_not_see_them() {
    for name in FIXTURES {
        let checkout = Checkout::of(name);
        if !checkout.path("os").is_dir() {
            continue;
        }
        for directory in DIRECTORIES {
            std::fs::create_dir_all(checkout.path(directory)).unwrap();
        }
        let look = || {
            [["check", "--format=json"], ["status", "--format=json"]].map(|arguments| {
                let output = cli(&checkout, &arguments);
                (output.status, output.stdout, output.stderr)
            })
        };
        let before = look();
        edited(&checkout);
        assert_eq!(look(), before, "{name}");
    }
}

#[test]
fn changes_are_made_beside_them() {
    let checkout = Checkout::of("clean-2026");
    std::fs::create_dir_all(checkout.path("image-scripts/images/fedora-44/more")).unwrap();
    checkout.write("image-scripts/images/fedora-44/more/x", "x");
    edited(&checkout);
    let more = "image-scripts/images/fedora-44/more";
    checkout.link(&format!("{more}/.#x"), "u@h.1:2");
    checkout.write(&format!("{more}/x~"), "x");
    let images = checkout.path("image-scripts/images");
    assert_eq!(cli(&checkout, &["new", "fedora-45"]).status, 0);
    let mut plain = names(&fixture("clean-2026").join("image-scripts/images/fedora-44"));
    plain.push("more".to_owned());
    assert_eq!(names(&images.join("fedora-45")), plain);
    assert_eq!(names(&images.join("fedora-45/more")), ["x"]);
    for arguments in [
        &["fix"][..],
        &["rename", "debian-13", "debian-23"],
        &["retire", "fedora-44"],
    ] {
        let output = cli(&checkout, arguments);
        assert_eq!(output.status, 0, "{arguments:?}: {}", output.stderr);
    }
    assert!(!images.join("fedora-44").exists() && !images.join("debian-13").exists());
    assert!(images.join("debian-23/build.sh").is_file());
}

#[test]
fn revisions_do_not_have_them() {
    let checkout = Checkout::of("contribution");
    git(checkout.root(), &["init", "--quiet"]);
    edited(&checkout);
    git(checkout.root(), &["add", "--all", "--force"]);
    git(checkout.root(), &["commit", "--quiet", "--message=Begin"]);
    for file in ["#config.sh#", ".#config.sh", ".#build.sh"] {
        for directory in DIRECTORIES {
            checkout.remove(&format!("{directory}/{file}"));
        }
    }
    let output = cli(&checkout, &["check", "--since", "HEAD"]);
    assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
}

#[test]
fn the_server_does_not_see_them() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    client.barrier();
    client.take_published();
    edited(&checkout);
    let mut changed: Vec<String> = Vec::new();
    for directory in DIRECTORIES {
        for name in names(&checkout.path(directory)) {
            changed.push(checkout.url(&format!("{directory}/{name}")));
        }
    }
    let changes: Vec<(&str, FileChange)> = changed
        .iter()
        .map(|url| (url.as_str(), FileChange::Created))
        .collect();
    client.files_changed(&changes);
    client.barrier();
    assert_eq!(client.take_published(), []);
    // A backup that is looked at is no script of the image either.
    for name in ["config.sh~", "#config.sh#"] {
        let url = checkout.url(&format!("image-scripts/images/debian-13/{name}"));
        client.open(&url, 1, "BUILDER=nosuch\n");
        client.barrier();
        assert_eq!(client.take_published(), []);
    }
    // It begins no image, and its end retires none.
    for request in ["willCreateFiles", "willDeleteFiles"] {
        for path in [
            "images/fedora-45~",
            "images/.#fedora-44",
            "images/debian-13/build.sh~",
        ] {
            let url = checkout.url(&format!("image-scripts/{path}"));
            let params = json!({ "files": [{ "uri": url }] });
            let answer = client.call(&format!("workspace/{request}"), params);
            assert_eq!(answer, Value::Null, "{request} {path}");
        }
    }
    client.finish();
}

#[test]
fn a_directory_may_have_any_name() {
    let checkout = Checkout::of("clean-2026");
    let copied = checkout.path("image-scripts/images/fedora-44~");
    copy(&checkout.path("image-scripts/images/fedora-44"), &copied);
    let output = cli(&checkout, &["check"]);
    assert!(output.stdout.contains("fedora-44~"), "{}", output.stdout);
}
