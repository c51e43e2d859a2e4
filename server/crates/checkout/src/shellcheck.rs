//! ShellCheck, asked about scripts that are executed in containers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::child::{Limits, ask};
use super::programs::find_program;

use rules::{Comment, Level};

/// The time that ShellCheck may take for a script: it is slow where one is long.
const CHECK_TIMEOUT: Duration = Duration::from_secs(60);

/// The size of an answer that is read. A longer one is none.
const MAX_OUTPUT: u64 = 8 << 20;

/// Its answer, with `-f json1`.
#[derive(Deserialize)]
struct Report {
    comments: Vec<ReportedComment>,
}

/// A comment of its answer. Lines and columns count from 1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportedComment {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    level: String,
    code: u32,
    message: String,
}

/// Returns the ShellCheck of this machine, if it has one outside of the checkouts that are checked.
pub fn find(checkouts: &[&Path]) -> Option<PathBuf> {
    find_program("shellcheck", checkouts)
}

/// Asks ShellCheck about a script. Returns `None` if it could not be run, or said nothing that can
/// be read.
pub(crate) fn check(
    program: &Path,
    text: &str,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<Vec<Comment>> {
    let limits = Limits {
        timeout: CHECK_TIMEOUT,
        output: MAX_OUTPUT,
        is_cancelled,
    };
    // Nothing beside the text is read: no settings of the user, no file that it sources.
    let arguments = ["--norc", "-f", "json1", "-s", "bash", "-"];
    let answer = ask(program, &arguments, text, &limits)?;
    let report: Report = serde_json::from_slice(&answer.stdout).ok()?;
    Some(report.comments.into_iter().filter_map(comment).collect())
}

fn comment(comment: ReportedComment) -> Option<Comment> {
    let from_zero =
        |line: usize, column: usize| Some((line.checked_sub(1)?, column.checked_sub(1)?));
    Some(Comment {
        code: comment.code,
        level: match comment.level.as_str() {
            "error" => Level::Error,
            "warning" => Level::Warning,
            "info" => Level::Information,
            _ => Level::Style,
        },
        message: comment.message,
        start: from_zero(comment.line, comment.column)?,
        end: from_zero(comment.end_line, comment.end_column)?,
    })
}
