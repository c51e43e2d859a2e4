//! Changes that are killed at each system call which changes something: after the next command the
//! checkout is what it was, or what the change makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::editor::MESSAGE;
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::system_calls::{CHANGING, Call, calls, interrupted};

/// Everything in a folder: paths with modes, texts and targets of links.
pub(crate) fn state(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if metadata.is_dir() {
                pending.push(path.clone());
                String::new()
            } else {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            };
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.insert(name, format!("{:o} {content}", metadata.mode()));
        }
    }
    found
}

/// A checkout with few images: it is copied for each system call.
pub(crate) fn small() -> Checkout {
    let checkout = Checkout::of("contribution");
    for part in ["images", "builders"] {
        for entry in fs::read_dir(checkout.path(&format!("image-scripts/{part}"))).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with("fedora") || name.starts_with("alpine") {
                continue;
            }
            match entry.file_type().unwrap().is_dir() {
                true => fs::remove_dir_all(entry.path()).unwrap(),
                false => fs::remove_file(entry.path()).unwrap(),
            }
        }
    }
    // Something that has a fix.
    let build = checkout.path("image-scripts/images/fedora-44/build.sh");
    let text = fs::read_to_string(&build).unwrap();
    fs::write(build, text + "[ \"$RELVER\" = 44] && true\n").unwrap();
    checkout
}

/// Changes that create, copy, link, edit, rename and delete.
pub(crate) const CHANGES: [&[&str]; 6] = [
    &[
        "new",
        "fedora-46",
        "--like",
        "fedora-44",
        "--replace",
        "fedora-43",
    ],
    &["new", "alpine-3.25"],
    &["retire", "fedora-43"],
    &["rename", "fedora-44", "fedora-54"],
    &["bump", "fedora-44", "--build", "77"],
    &["fix"],
];

/// A change in a checkout, as a command.
pub(crate) fn change(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program!());
    command
        .args(arguments)
        .current_dir(root)
        .env("NO_COLOR", "1");
    command.args(["--today", "2026-11-01"]);
    command
}

fn check(root: &Path) -> Output {
    let mut command = change(root, &["check"]);
    command.args(["--no-bash", "--format", "concise"]);
    output_of(&mut command, "", "cargo build")
}

/// Kills a change at each of the calls that it makes, and checks what the next command finds.
fn kill_at_each_call(original: &Path, arguments: &[&str], signal: &str, step: usize) {
    let before = state(original);
    let folder = Folder::new();
    let copied = |name: &str| {
        let root = folder.path().join(name);
        image_scripts_ls_tests::checkout::copy(original, &root);
        root
    };
    let root = copied("whole");
    let (output, made) = calls(&change(&root, arguments), CHANGING);
    output.ok();
    let after = state(&root);
    assert!(before != after, "{arguments:?} changes nothing");
    let is_changing = |call: &&Call| {
        !call.name.starts_with("open") || call.arguments.iter().any(|a| a.contains("O_CREAT"))
    };
    let (mut as_before, mut recovered) = (0, 0);
    for (number, call) in made.iter().filter(is_changing).enumerate().step_by(step) {
        let root = copied(&number.to_string());
        interrupted(
            &change(&root, arguments),
            &call.name,
            call.count + 1,
            signal,
        );
        let next = check(&root);
        let now = state(&root);
        let what = format!(
            "{arguments:?} with {signal} at {} {}",
            call.name, call.count
        );
        assert!(now == before || now == after, "{what}: {}", next.stderr);
        as_before += usize::from(now == before);
        recovered += usize::from(next.stderr.contains("interrupted"));
        fs::remove_dir_all(root).unwrap();
    }
    // Some were killed before anything was changed, some in the middle.
    if signal == "KILL" {
        assert!(as_before > 0 && recovered > 0, "{arguments:?}");
    }
}

#[test]
fn a_change_that_is_killed_is_taken_back() {
    let checkout = small();
    // One makes, edits and deletes; one edits and renames.
    for arguments in [CHANGES[0], CHANGES[3]] {
        kill_at_each_call(checkout.root(), arguments, "KILL", 1);
    }
}

#[test]
fn a_change_that_gets_a_signal_is_made_or_not() {
    let checkout = small();
    for (signal, arguments) in ["INT", "TERM", "HUP"].into_iter().zip(CHANGES) {
        kill_at_each_call(checkout.root(), arguments, signal, 4);
    }
}

/// Three whole checkouts, in which names are others.
#[test]
#[ignore = "takes many minutes: tests/long interruption"]
fn changes_of_whole_checkouts_are_made_or_not() {
    let trees: [(&str, [&[&str]; 5]); 3] = [
        (
            "contribution",
            [CHANGES[0], CHANGES[1], CHANGES[2], CHANGES[3], CHANGES[5]],
        ),
        (
            "clean-2026",
            [
                &["new", "fedora-45", "--replace", "fedora-43"],
                &["retire", "alpine-3.24"],
                &["rename", "debian-12", "debian-23"],
                &["bump", "almalinux-10", "--pointver", "10.9"],
                &["new", "alpine-3.25"],
            ],
        ),
        (
            "clean-2024",
            [
                &["new", "fedora-41", "--replace", "fedora-39"],
                &["retire", "alpine-3.20"],
                &["rename", "fedora-40", "fedora-50"],
                &["bump", "fedora-40", "--build", "77"],
                &["new", "alpine-3.21"],
            ],
        ),
    ];
    let checkout = small();
    for arguments in CHANGES {
        for signal in ["KILL", "INT", "TERM", "HUP"] {
            kill_at_each_call(checkout.root(), arguments, signal, 1);
        }
    }
    for (fixture, changes) in trees {
        let checkout = Checkout::of(fixture);
        for arguments in changes {
            for signal in ["KILL", "INT", "TERM", "HUP"] {
                kill_at_each_call(checkout.root(), arguments, signal, 1);
            }
        }
    }
}

#[test]
fn the_server_tells_of_a_change_that_was_interrupted() {
    let checkout = small();
    let change = change(checkout.root(), CHANGES[4]);
    // The file is exchanged when the journal is on the disk.
    interrupted(&change, "renameat2", 1, "KILL");
    let start = || {
        let mut client = Client::spawn(program!());
        client.start(&Setup::at(&checkout).quiet());
        client
    };
    let mut client = start();
    let shown = client.notification(MESSAGE)["message"].clone();
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("interrupted"), "{shown}");
    assert!(shown.contains("image-scripts-ls check"), "{shown}");
    client.finish();
    let next = check(checkout.root());
    assert!(next.stderr.contains("interrupted"), "{}", next.stderr);
    // It fails at a message that nobody waited for.
    start().finish();
}

#[test]
fn a_planted_link_leads_no_change_outside() {
    let (checkout, outside) = (small(), Folder::new());
    let secret = outside.path().join("secret");
    fs::write(&secret, "secret\n").unwrap();
    // Where earlier versions kept things aside, for each process that may come; and a folder of ours.
    let scripts = checkout.path("image-scripts");
    let next = std::process::id();
    for pid in next..next + 200 {
        symlink(
            outside.path(),
            scripts.join(format!(".image-scripts-ls-{pid}")),
        )
        .unwrap();
    }
    let command = &mut change(checkout.root(), CHANGES[0]);
    output_of(command, "", "cargo build").ok();
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    symlink(outside.path(), checkout.path(".image-scripts-ls-0")).unwrap();
    let output = output_of(&mut change(checkout.root(), CHANGES[1]), "", "cargo build");
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains(".image-scripts-ls-0"),
        "{}",
        output.stderr
    );
    assert_eq!(fs::read_to_string(secret).unwrap(), "secret\n");
}
