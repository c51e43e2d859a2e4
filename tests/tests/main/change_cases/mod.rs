//! Changes on the command line, as transcripts: `cases.txt` beside this file shows what each prints
//! and what it leaves, on a checkout that `base.txt` shows.

use std::fmt::Write;
use std::process::Command;

use image_scripts_ls_tests::checkout::Folder;
use image_scripts_ls_tests::command::{git, output_of};
use image_scripts_ls_tests::program;

const BASE: &str = include_str!("base.txt");
const CASES: &str = include_str!("cases.txt");
const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/main/change_cases/cases.txt"
);

/// The day on which all of it happens.
const TODAY: &str = "2026-11-01";

/// Makes the checkout, with one commit.
fn base() -> Folder {
    let folder = Folder::new();
    for file in BASE.split("\n#- ").skip(1) {
        let (path, text) = file.split_once('\n').unwrap();
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{}\n", text.trim_end())).unwrap();
    }
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["config", "user.name", "Somebody"]);
    git(
        folder.path(),
        &["config", "user.email", "somebody@example.org"],
    );
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "base"]);
    folder
}

/// Runs one line of a block; gives what it prints.
fn run(folder: &Folder, line: &str) -> String {
    let output = match line.split_once(' ') {
        Some(("$", arguments)) => {
            let mut command = Command::new(program!());
            command.args(arguments.split(' ')).env("NO_COLOR", "1");
            if !arguments.starts_with("fix") {
                command.args(["--today", TODAY]);
            }
            output_of(command.current_dir(folder.path()), "", "cargo build")
        }
        Some(("%", script)) => {
            let mut command = Command::new("bash");
            command.args(["-c", script]).current_dir(folder.path());
            output_of(&mut command, "", "bash")
        }
        _ => panic!("{line}: `$` or `%`"),
    };
    let mut out = format!("{}{}", output.stdout, output.stderr);
    if line.starts_with('$') && output.status != 0 {
        writeln!(out, "exit status {}", output.status).unwrap();
    }
    out
}

#[test]
fn print_and_leave_what_is_right() {
    let (head, blocks) = CASES.split_once("\n## ").unwrap();
    let mut transcript = format!("{head}\n");
    for block in blocks.split("\n## ") {
        let folder = base();
        let mut lines = block.lines();
        writeln!(transcript, "## {}", lines.next().unwrap()).unwrap();
        for line in lines.filter(|line| line.starts_with("$ ") || line.starts_with("% ")) {
            writeln!(transcript, "{line}").unwrap();
            for line in run(&folder, line).lines() {
                let text = format!("    {line}");
                writeln!(transcript, "{}", text.trim_end()).unwrap();
            }
        }
        transcript.push('\n');
    }
    let transcript = format!("{}\n", transcript.trim_end());
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(PATH, transcript).unwrap();
        return;
    }
    let difference = similar::TextDiff::from_lines(CASES, &transcript);
    assert!(
        CASES == transcript,
        "{}",
        difference.unified_diff().context_radius(8)
    );
}
