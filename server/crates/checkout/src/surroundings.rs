//! Facts about a checkout that decide how a change of it is tested and committed.

use std::path::Path;

use smol_str::{SmolStr, format_smolstr};

use super::beneath::{EntryKind, RootDir};
use super::git::Base;
use edits::{Hooks, Surroundings};

/// Files that configure hooks, and the commands that run them.
const HOOKS: [(&str, &str); 5] = [
    (".overcommit.yml", "overcommit --run"),
    ("lefthook.yml", "lefthook run pre-commit"),
    (".lefthook.yml", "lefthook run pre-commit"),
    (".pre-commit-config.yaml", "pre-commit run"),
    (".githooks/pre-commit", "git hook run pre-commit"),
];

/// Largest description of an environment that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Reads the surroundings of a checkout. `base` is what git knows of it.
pub fn surroundings(root: &Path, base: Option<&Base>) -> Surroundings {
    let mut found = Surroundings {
        changed_test_runner: base.is_some_and(|base| base.changed_test_runner),
        hooks: Vec::new(),
    };
    let Ok(disk) = RootDir::open(root) else {
        return found;
    };
    // A tree whose environments have no test runner builds that from its own files.
    if text_of(&disk, "flake.nix").is_some_and(|flake| !flake.contains("test-runner")) {
        found.changed_test_runner = false;
    }
    let is_file = |path: &str| disk.kind(path).is_ok_and(|kind| kind == EntryKind::File);
    if let Some(folder) = base.and_then(|base| base.hooks.as_deref()) {
        found.hooks.push(Hooks {
            source: SmolStr::new(folder),
            command: SmolStr::new_static("git hook run pre-commit"),
        });
    }
    for (path, command) in HOOKS {
        let is_known = found
            .hooks
            .iter()
            .any(|hooks| hooks.command.ends_with(command));
        if !is_known && is_file(path) {
            found.hooks.push(Hooks {
                source: SmolStr::new_static(path),
                // From a plain shell the programs that it runs are not found.
                command: match path {
                    ".overcommit.yml" => in_shell(&disk, command),
                    _ => SmolStr::new_static(command),
                },
            });
        }
    }
    found
}

/// Returns a command in the environment that a checkout describes for its developers.
fn in_shell(disk: &RootDir, command: &str) -> SmolStr {
    if text_of(disk, "flake.nix").is_some_and(|flake| flake.contains("devShell")) {
        format_smolstr!("nix develop --command {command}")
    } else if text_of(disk, "shell.nix").is_some() {
        format_smolstr!("nix-shell --run '{command}'")
    } else {
        SmolStr::new(command)
    }
}

fn text_of(disk: &RootDir, path: &str) -> Option<String> {
    let bytes = disk.file(path).ok()?.bytes(MAX_SIZE).ok()?;
    String::from_utf8(bytes).ok()
}
