//! The texts on the whole way of a release, for people and for agents: each command that they name is
//! run, in order, until nothing is found and the change is committed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::{commit_all, output_of};
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::project::read;
use serde_json::Value;

/// Stands in for the test runner, which needs a virtual machine: it notes the pattern, and fails.
const TEST_RUNNER: &str = r#"#!/bin/sh
state="$TMPDIR/os-test-runner/os-test-image-scripts__test__fedora-45-07b223fa"
mkdir -p "$state"
echo "$2" > "$TMPDIR/pattern"
echo unexpected_failure > "$state/test-result.txt"
cat > "$state/test-runner.log" <<'END'
COMMAND: osctl-image test fedora-45
+ . /build/basedir.0a1b2c3d/images/fedora-45/build.sh
+ curl -fO https://mirror.example.org/fedora/releases/45/Everything/x86_64/os/Packages/f/fedora-release-45-15.noarch.rpm
curl: (22) The requested URL returned error: 404
error: build of fedora-45 on fedora failed with exit status 22
END
"#;

/// A block of commands.
struct Block {
    commands: String,
    /// Set for what is done after a test that failed.
    is_after_failure: bool,
}

/// Returns the blocks of a text, in order.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines().map(str::trim_start) {
        match (line, &mut open) {
            ("```", Some(_)) => blocks.extend(open.take()),
            (line, Some(block)) => block.commands += &format!("{line}\n"),
            ("```sh" | "```sh failed", None) => {
                open = Some(Block {
                    commands: String::new(),
                    is_after_failure: line.ends_with("failed"),
                });
            }
            _ => {}
        }
    }
    blocks
}

/// Runs the commands of a text, and returns the message of the commit that they make.
fn follow(path: &str) -> String {
    let checkout = Checkout::of("clean-2026");
    let folder = Folder::new();
    let runner = checkout.root().join("test-runner.sh");
    fs::write(&runner, TEST_RUNNER).unwrap();
    fs::set_permissions(&runner, fs::Permissions::from_mode(0o755)).unwrap();
    commit_all(checkout.root(), "base");
    symlink(program!(), folder.path().join("image-scripts-ls")).unwrap();
    let search = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );

    let blocks = blocks(&read(path));
    assert!(
        blocks.len() >= 8,
        "{path} has {} blocks of commands",
        blocks.len()
    );
    for block in blocks {
        for command in block.commands.lines() {
            let mut bash = Command::new("bash");
            bash.args(["-c", command])
                .current_dir(checkout.root())
                .env("PATH", &search)
                .env("TMPDIR", folder.path())
                .envs([
                    ("GIT_AUTHOR_NAME", "Somebody"),
                    ("GIT_COMMITTER_NAME", "Somebody"),
                ])
                .envs([
                    ("GIT_AUTHOR_EMAIL", "a@example.org"),
                    ("GIT_COMMITTER_EMAIL", "a@example.org"),
                ]);
            let output = output_of(&mut bash, "", "bash");
            // Something is open, or has failed, where that is the point of the command.
            let is_listed = command.contains("verify --list");
            let expected = i32::from(is_listed || block.is_after_failure);
            assert_eq!(
                output.status, expected,
                "{path}: {command}\n{}{}",
                output.stdout, output.stderr
            );
            if command.ends_with("--format json") {
                let report: Result<Value, _> = serde_json::from_str(&output.stdout);
                let report = report.unwrap_or_else(|error| panic!("{path}: {command}: {error}"));
                if command.contains("check --since") {
                    assert_eq!(
                        report["findings"],
                        serde_json::json!([]),
                        "{path}: {command}"
                    );
                }
            } else if command.contains("check --since") {
                assert_eq!(output.stdout, "No findings.\n", "{path}: {command}");
            }
            if block.is_after_failure {
                assert!(
                    output.stdout.contains("curl-not-found"),
                    "{}",
                    output.stdout
                );
            }
        }
    }
    let pattern = fs::read_to_string(folder.path().join("pattern")).unwrap();
    assert_eq!(pattern, "image-scripts/test@fedora-45\n");
    let mut log = Command::new("git");
    log.args(["log", "-1", "--format=%B"])
        .current_dir(checkout.root());
    output_of(&mut log, "", "git").ok()
}

#[test]
fn of_people() {
    let message = follow("editors/WORKFLOW.md");
    assert!(
        message.starts_with("image-scripts: add fedora-45\n\n"),
        "{message}"
    );
}

#[test]
fn of_agents() {
    let message = follow("editors/agents/add-image-build-script/SKILL.md");
    assert!(
        message.starts_with("image-scripts: add fedora-45\n\n"),
        "{message}"
    );
    // Short enough to be read whole, each time.
    assert!(read("editors/agents/add-image-build-script/SKILL.md").len() < 4000);
}
