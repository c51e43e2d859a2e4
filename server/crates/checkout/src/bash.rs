//! `bash -n`: the one outside program. It parses a script and runs nothing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use model::{File, FileId};
use rules::Finding;

/// Absolute paths of a bash. `PATH` is not searched: what it finds is not ours to run.
const PATHS: [&str; 4] = [
    "/bin/bash",
    "/usr/bin/bash",
    "/usr/local/bin/bash",
    "/run/current-system/sw/bin/bash",
];

/// The time that a script may take to parse.
const PARSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the bash of this machine, if it has one.
pub fn find() -> Option<PathBuf> {
    PATHS
        .iter()
        .map(Path::new)
        .find(|path| path.is_file())
        .map(Path::to_path_buf)
}

/// Runs `bash -n` on the text of a script, as it is in memory. Returns `None` if it accepts the
/// script, or could not be run.
pub fn check(bash: &Path, file: &File, id: FileId) -> Option<Finding> {
    let mut child = Command::new(bash)
        .args(["--norc", "--noprofile", "-n"])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let text = file.text.clone();
    // A thread of its own: bash may stop reading before the end.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let started = std::time::Instant::now();
    while child.try_wait().ok()?.is_none() {
        if started.elapsed() > PARSE_TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = writer.join();
    let output = child.wait_with_output().ok()?;
    if output.status.success() {
        return None;
    }
    rules::read_bash_output(file, id, &String::from_utf8_lossy(&output.stderr))
}
