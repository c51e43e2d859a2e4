//! `bash -n`: the one outside program. It parses a script and runs nothing.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::programs::find_program;

use model::{File, FileId};
use rules::Finding;

/// The time that a script may take to parse.
const PARSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The size of what bash says that is read: its first lines count.
const MAX_OUTPUT: u64 = 64 << 10;

/// Returns the bash of this machine, if it has one outside of the checkouts that are checked.
pub fn find(checkouts: &[&Path]) -> Option<PathBuf> {
    find_program("bash", checkouts)
}

/// Runs `bash -n` on the text of a script, as it is in memory. Returns `None` if it accepts the
/// script, or could not be run.
///
/// What bash accepts with `extglob` is accepted where the option may be on
/// ([`rules::may_match_extended`]): `-n` executes no command that turns it on.
pub fn check(bash: &Path, file: &File, id: FileId, is_extended: bool) -> Option<Finding> {
    let mut said = errors(bash, file, &[])?;
    if is_extended {
        said = errors(bash, file, &["-O", "extglob"])?;
    }
    rules::read_bash_output(file, id, &said)
}

/// Returns what bash says about a script that it refuses.
fn errors(bash: &Path, file: &File, options: &[&str]) -> Option<String> {
    // Without an environment: `BASH_ENV` and exported functions are code, `SHELLOPTS` adds options,
    // and the messages are to be in English.
    let mut child = Command::new(bash)
        .args(["--norc", "--noprofile", "-n"])
        .args(options)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let (mut stdin, stderr) = (child.stdin.take()?, child.stderr.take()?);
    let text = file.text.clone();
    // Threads of their own: bash may stop reading before the end, or say more than a pipe holds.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let reader = std::thread::spawn(move || {
        let mut output = Vec::new();
        let _ = stderr.take(MAX_OUTPUT).read_to_end(&mut output);
        output
    });
    let accepted = wait(&mut child)?;
    let _ = writer.join();
    let output = reader.join().ok()?;
    if accepted {
        return None;
    }
    Some(String::from_utf8_lossy(&output).into_owned())
}

/// Waits for a bash to end. Returns whether it accepted the script; `None` when it took too long.
fn wait(child: &mut Child) -> Option<bool> {
    let started = Instant::now();
    while started.elapsed() <= PARSE_TIMEOUT {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => std::thread::sleep(Duration::from_millis(1)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
