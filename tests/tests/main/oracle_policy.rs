//! The policy by reading is what the container's script does: bash executes the script of each image
//! of the fixtures, with every command replaced by one that notes how it was called. Once it is
//! restricted so that it writes nothing; and once its paths are below a folder, where what writes
//! files does so for real.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use container::Build;
use container::policy::{Policy, PolicyItem, Topic};
use image_scripts_ls_tests::checkout::{Checkout, Folder, files_below};
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
        ["apt-get", "purge" | "remove", packages @ ..] | ["apk", "del", packages @ ..] => {
            all(Topic::Package, "remove", packages)
        }
        [
            "dnf" | "yum" | "zypper",
            verb @ ("install" | "remove"),
            packages @ ..,
        ] => all(Topic::Package, verb, packages),
        ["xbps-install", packages @ ..] => all(Topic::Package, "install", packages),
        ["emerge", packages @ ..] => {
            // A set, such as all that is installed, is brought up to date.
            let packages = packages.iter().filter(|name| !name.starts_with('@'));
            all(
                Topic::Package,
                "install",
                &packages.copied().collect::<Vec<_>>(),
            )
        }
        ["passwd" | "usermod", ..] => all(Topic::User, "change", &[call]),
        _ => Vec::new(),
    }
}

fn done(item: &PolicyItem) -> Done {
    (item.topic, item.action.to_owned(), item.name.to_string())
}

/// Returns whether a line of a script names a package beside the command of a package manager.
fn has_package(script: &str, name: &str) -> bool {
    const VERBS: [&str; 8] = [
        "add",
        "del",
        "emerge",
        "install",
        "purge",
        "remove",
        "xbps-install",
        "xbps-remove",
    ];
    script.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.contains(&name) && words.iter().any(|word| VERBS.contains(word))
    })
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
                // What the builder installs into the new root is in none of the scripts.
                Topic::Package => {
                    ["install", "remove"].contains(&item.action)
                        && scripts.iter().any(|script| has_package(script, &item.name))
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

/// Programs that write files.
const WRITERS: [&str; 8] = ["cp", "install", "ln", "mkdir", "mv", "rm", "tee", "touch"];

/// Directories of a container that scripts write in.
const TOP: [&str; 8] = ["etc", "usr", "var", "root", "opt", "srv", "home", "lib"];

/// Executes a script with its paths below a folder. The programs that write do so there, and nowhere
/// else.
fn execute_below(folder: &Path, script: &str) {
    let root = folder.display().to_string();
    let mut moved = String::new();
    for line in script.lines().filter(|line| !line.contains("PATH")) {
        let mut line = line.to_owned();
        for top in TOP {
            for before in [" ", "\"", "'", ">", "="] {
                let path = format!("{before}/{top}/");
                line = line.replace(&path, &format!("{before}{root}/{top}/"));
            }
        }
        moved.push_str(&line);
        moved.push('\n');
    }
    let mut head = String::from("command_not_found_handle() { : ; }\n");
    for writer in WRITERS {
        head.push_str(&format!(
            "{writer}() {{ case \"${{@: -1}}\" in \"{root}\"/*) command -p {writer} \"$@\" ;; esac ; }}\n"
        ));
    }
    head.push_str("PATH=/nonexistent\n");
    let path = folder.join("script");
    std::fs::write(&path, format!("{head}{moved}")).unwrap();
    let mut command = Command::new("bash");
    command.arg("--norc").arg(&path).current_dir(folder);
    output_of(&mut command, "", "apt-get install bash");
}

#[test]
fn files_are_those_that_bash_writes() {
    let checkout = Checkout::of("clean-2026");
    let root = checkout::find(checkout.root()).remove(0);
    let snapshot: Snapshot =
        checkout::read(&root, &Overlay::default(), Inputs::fixed("2026-11-01"));
    let mut compared = 0;
    for image in snapshot.model.images.values() {
        let Some(build) = Build::of(&snapshot.tree, &snapshot.model, image) else {
            continue;
        };
        let policy = Policy::of(&snapshot.tree, &build);
        for execution in build.container_scripts().filter(|e| e.is_script) {
            let script = execution.script.shown();
            let folder = Folder::new();
            // The directories that a system has.
            for item in policy.items.iter().filter(|item| item.topic == Topic::File) {
                let path = folder.path().join(item.name.trim_start_matches('/'));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            }
            execute_below(folder.path(), &script);
            let mut written = BTreeSet::new();
            files_below(folder.path(), "", &mut written);
            written.remove("/script");
            for path in &written {
                let file = path.rsplit('/').next().unwrap();
                let unit = path.rsplit('/').nth(1).unwrap_or_default();
                let unit = unit.trim_end_matches(".d");
                let is_known = policy.items.iter().any(|item| match item.topic {
                    Topic::File => item.name == *path,
                    // Units, drop-ins, and links that enable them.
                    Topic::Unit => item.name == file || item.name == unit,
                    _ => false,
                });
                assert!(is_known, "{}: bash writes {path}", image.name);
            }
            let is_written = |item: &&PolicyItem| {
                item.topic == Topic::File
                    && ["write", "link"].contains(&item.action)
                    && !item.is_conditional
                    && TOP
                        .iter()
                        .any(|top| item.name.starts_with(&format!("/{top}/")))
                    && script.contains(item.name.as_str())
                    // The builder may write it, and the script change its mode.
                    && !build.files.contains_key(format!("$INSTALL{}", item.name).as_str())
            };
            for item in policy.items.iter().filter(is_written) {
                let name = item.name.as_str();
                assert!(
                    written.contains(name),
                    "{}: bash writes no {name}",
                    image.name
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared}");
}
