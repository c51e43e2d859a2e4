//! Programs that are asked about a text: it is their standard input, and they are given a time.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a program said of a text.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Limits of what a program may take.
pub(crate) struct Limits<'l> {
    pub(crate) timeout: Duration,
    /// The size that is read of each of its outputs.
    pub(crate) output: u64,
    /// Returns whether nobody waits for it any more.
    pub(crate) is_cancelled: &'l dyn Fn() -> bool,
}

/// Asks a program about a text. Returns `None` if it could not be run, or took too long.
pub(crate) fn ask(
    program: &Path,
    arguments: &[&str],
    text: &str,
    limits: &Limits<'_>,
) -> Option<Output> {
    // Without an environment: `BASH_ENV` and exported functions are code, `SHELLOPTS` and
    // `SHELLCHECK_OPTS` add options, and the messages are to be in English.
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let (stdout, stderr) = (child.stdout.take()?, child.stderr.take()?);
    let limit = limits.output;
    std::thread::scope(|scope| {
        // Threads of their own: it may stop reading before the end, or say more than a pipe holds.
        scope.spawn(move || {
            // Not all of it may be read.
            let _ = stdin.write_all(text.as_bytes());
        });
        let stdout = scope.spawn(move || read(stdout, limit));
        let stderr = scope.spawn(move || read(stderr, limit));
        let status = wait(&mut child, limits)?;
        Some(Output {
            status,
            stdout: stdout.join().ok()?,
            stderr: stderr.join().ok()?,
        })
    })
}

fn read(from: impl Read, limit: u64) -> Vec<u8> {
    let mut output = Vec::new();
    // What was read before an error counts.
    let _ = from.take(limit).read_to_end(&mut output);
    output
}

/// Waits for a program to end; `None` when it took too long.
fn wait(child: &mut Child, limits: &Limits<'_>) -> Option<ExitStatus> {
    let started = Instant::now();
    while started.elapsed() <= limits.timeout && !(limits.is_cancelled)() {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => std::thread::sleep(Duration::from_millis(1)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
