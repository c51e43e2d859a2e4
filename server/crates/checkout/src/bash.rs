//! `bash -n`: it parses a script and runs nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::{Limits, ask};
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
    let mut said = errors(bash, &file.text, &[])?;
    if is_extended {
        said = errors(bash, &file.text, &["-O", "extglob"])?;
    }
    rules::read_bash_output(file, id, &said)
}

/// Runs `bash -n` on the text of a script that is executed in containers, and returns what it says if
/// it refuses that. Which options are on there, the script says itself or nobody: it is refused only
/// if it is with `extglob` as well.
pub(crate) fn refusal(bash: &Path, text: &str) -> Option<String> {
    let said = errors(bash, text, &[])?;
    errors(bash, text, &["-O", "extglob"])?;
    Some(said)
}

/// Returns what bash says about a script that it refuses.
fn errors(bash: &Path, text: &str, options: &[&str]) -> Option<String> {
    let arguments: Vec<&str> = ["--norc", "--noprofile", "-n"]
        .into_iter()
        .chain(options.iter().copied())
        .collect();
    let limits = Limits {
        timeout: PARSE_TIMEOUT,
        output: MAX_OUTPUT,
        is_cancelled: &|| false,
    };
    let answer = ask(bash, &arguments, text, &limits)?;
    let is_refused = !answer.status.success();
    is_refused.then(|| String::from_utf8_lossy(&answer.stderr).into_owned())
}
