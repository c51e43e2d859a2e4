//! Running of programs: the one under test on the command line, and those it is compared with.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Output of a program.
#[derive(Debug)]
pub struct Output {
    /// Exit status; -1 when a signal ended it.
    pub status: i32,
    /// Text on standard output.
    pub stdout: String,
    /// Text on standard error.
    pub stderr: String,
}

impl Output {
    /// Returns standard output of a program that must have ended with 0.
    pub fn ok(self) -> String {
        assert_eq!(self.status, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// Runs a program to its end, with some text on its standard input. Returns its output. `get` is the command that
/// installs it: a program that is missing fails the test.
pub fn output_of(command: &mut Command, input: &str, get: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        let program = command.get_program().display();
        match error.kind() {
            ErrorKind::NotFound => panic!("`{program}` is missing; get it with: {get}"),
            _ => panic!("`{program}`: {error}"),
        }
    });
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // It may end without having read everything.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    });
    Output {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Returns the command that checks a checkout for what is new since a revision.
pub fn check_since(program: &str, checkout: &Path, revision: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args(["check", "--no-bash", "--format", "concise"])
        .args(["--fail-on", "hint", "--today", "2026-11-01"])
        .args(["--since", revision])
        .current_dir(checkout);
    command
}

/// Commits all that is in a folder, which becomes a repository if it is none.
pub fn commit_all(folder: &Path, message: &str) {
    git(folder, &["init", "-q"]);
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", message]);
}

/// Runs git in a folder. Returns standard output.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args([
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.org",
    ]);
    command
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments);
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    output_of(&mut command, "", "apt-get install git").ok()
}
