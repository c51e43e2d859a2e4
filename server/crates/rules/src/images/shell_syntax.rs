//! `shell-syntax`: what `bash -n` says. The real bash is run outside of this crate;
//! here is its documentation and how its output is read.

use crate::{FileRange, Finding};
use model::tree::{File, FileId};

rule! {
    /// `bash -n` rejects the script.
    ///
    /// ## Why
    /// Bash stops at the error when the image is built, hours into a build that needed everything
    /// before it.
    ///
    /// ## When it runs
    /// In an editor when the file was opened or saved; in `check` for every script. The script is
    /// parsed, never run. Silent when no bash is found, or when the setting `bash` is off.
    ///
    /// ## How to fix it
    /// Correct what stands at the line, or before it: bash often notices later.
    code: "shell-syntax",
    severity: Error,
    group: Images,
    checks: [],
    fix: no,
}

/// The finding in what `bash -n` wrote about a script that it was given on standard input.
pub fn read_output(file: &File, id: FileId, stderr: &str) -> Option<Finding> {
    // A script that is written as Windows does is said to be so; its lines mean something else.
    let written = file.script().and_then(|facts| facts.wrong_line_ends);
    if written.is_some_and(|wrong| wrong.count > 0) {
        return None;
    }
    for line in stderr.lines() {
        let Some((_, rest)) = line.split_once(": line ") else {
            continue;
        };
        let Some((number, message)) = rest.split_once(": ") else {
            continue;
        };
        // A here-document that does not end is none of its own.
        if message.starts_with("warning: ") {
            continue;
        }
        let Ok(number) = number.trim().parse::<usize>() else {
            continue;
        };
        let last = file.lines().count().saturating_sub(1);
        let range = file
            .lines()
            .range(number.saturating_sub(1).min(last), &file.text);
        let message = format!("bash: {}", message.trim());
        return Some(Finding::new(&RULE, FileRange::new(id, range), message));
    }
    None
}
