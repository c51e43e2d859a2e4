//! The policy by reading is what the container's script does: bash executes the script of each image
//! of the fixtures, restricted so that it writes nothing, with every command replaced by one that
//! notes how it was called.

use std::collections::BTreeSet;
use std::process::Command;

use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use container::Build;
use container::policy::{Policy, PolicyItem, Topic};
use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::output_of;

/// Notes each command that is called, and refuses redirections and paths from here on.
const RECORDER: &str = "
command_not_found_handle() { printf 'called\\t%s\\n' \"$*\" ; }
PATH=/nonexistent
set -r
";

/// The action on a unit, a package or a user, and its name.
type Done = (Topic, String, String);

/// The commands that bash calls in a script.
fn called(script: &str) -> Vec<String> {
    let folder = Folder::new();
    // It may not choose where commands are.
    let lines = script.lines().filter(|line| !line.contains("PATH"));
    let lines: Vec<&str> = lines.collect();
    let path = folder.path().join("script");
    std::fs::write(&path, format!("{RECORDER}{}\n", lines.join("\n"))).unwrap();
    let mut command = Command::new("bash");
    command.arg("--norc").arg(&path).current_dir(folder.path());
    let output = output_of(&mut command, "", "apt-get install bash");
    let calls = output
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("called\t"));
    calls.map(str::to_owned).collect()
}

/// What a call does, in the plainest reading.
fn done_by(call: &str) -> Vec<Done> {
    let words: Vec<&str> = call
        .split(' ')
        .filter(|word| !word.starts_with('-'))
        .collect();
    let all = |topic, action: &str, names: &[&str]| -> Vec<Done> {
        let names = names.iter();
        names
            .map(|name| (topic, action.to_owned(), (*name).to_owned()))
            .collect()
    };
    match words.as_slice() {
        [
            "systemctl",
            verb @ ("mask" | "enable" | "disable"),
            units @ ..,
        ] => all(Topic::Unit, verb, units),
        ["apt-get", "install", packages @ ..] | ["apk", "add", packages @ ..] => {
            all(Topic::Package, "install", packages)
        }
        ["apt-get", "purge", packages @ ..] => all(Topic::Package, "remove", packages),
        ["passwd" | "usermod", ..] => all(Topic::User, "change", &[call]),
        _ => Vec::new(),
    }
}

fn done(item: &PolicyItem) -> Done {
    (item.topic, item.action.to_owned(), item.name.to_string())
}

#[test]
fn policies_are_what_bash_does() {
    let checkout = Checkout::of("clean-2026");
    let root = checkout::find(checkout.root()).remove(0);
    let snapshot: Snapshot =
        checkout::read(&root, &Overlay::default(), Inputs::fixed("2026-11-01"));
    let mut compared = 0;
    for image in snapshot.model.images.values() {
        let Some(build) = Build::of(&snapshot.tree, &snapshot.model, image) else {
            continue;
        };
        let scripts = build.container_scripts();
        let scripts: Vec<String> = scripts.map(|e| e.script.shown()).collect();
        let calls = scripts.iter().flat_map(|script| called(script));
        let seen: BTreeSet<Done> = calls.flat_map(|call| done_by(&call)).collect();
        let policy = Policy::of(&snapshot.tree, &build);
        let read: BTreeSet<Done> = policy.items.iter().map(done).collect();
        for done in &seen {
            assert!(read.contains(done), "{}: bash does {done:?}", image.name);
        }
        // A unit of systemd, or a user, that it is said to change without a condition.
        let certain = policy.items.iter().filter(|item| {
            let is_compared = match item.topic {
                Topic::Unit => {
                    item.name.contains('.') && ["mask", "enable", "disable"].contains(&item.action)
                }
                topic => topic == Topic::User,
            };
            is_compared && !item.is_conditional
        });
        for item in certain {
            let done = done(item);
            assert!(
                seen.contains(&done),
                "{}: bash does no {done:?}",
                image.name
            );
        }
        compared += seen.len();
    }
    assert!(compared > 300, "{compared}");
}
