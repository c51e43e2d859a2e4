//! The library that reads repositories: how it is told to open one, and what is shown of its errors.

use gix::open;
use gix::sec::Trust;

use super::repository::Repository;

/// Settings that are ours, in place of the repository's.
const SETTINGS_OF_GIT: [&str; 3] = [
    // What was committed counts, not what somebody put in its place since.
    "core.useReplaceRefs=false",
    // Of objects whose number begins alike, one that has files is meant.
    "core.disambiguate=treeish",
    // An object that claims to be larger is not believed.
    "gitoxide.objects.allocLimit=256m",
];

/// Characters of a reason that are shown.
const MAX_REASON: usize = 300;

/// Opens a repository as that of somebody who is not trusted; `name` says in messages what is read.
pub(super) fn open_library(found: &Repository, name: &str) -> Result<gix::Repository, String> {
    let opened = open::Options::isolated()
        .with(Trust::Reduced)
        .open_path_as_is(true)
        .config_overrides(SETTINGS_OF_GIT)
        .open(&found.git_dir);
    let opened = opened.map_err(|error| {
        let path = found.git_dir.display();
        let reason = cause(&error);
        format!("`{name}` cannot be read from `{path}`: {reason}; see what `git fsck` says")
    })?;
    Ok(opened.to_thread_local())
}

/// Returns the first cause of an error of the library, without the text that could not be parsed: it
/// may be of any file.
pub(super) fn reason(error: &gix::Error) -> String {
    let cause = cause(error);
    let known = cause
        .split_once("input=")
        .map_or(&*cause, |(known, _)| known);
    let known = known.trim_end_matches([',', ' ']);
    known.chars().take(MAX_REASON).collect()
}

/// Returns the first cause of an error of the library, in one line: the others say what it did.
fn cause(error: &gix::Error) -> String {
    let cause = error.iter_errors().last().map(ToString::to_string);
    let cause = cause.unwrap_or_else(|| error.to_string());
    let lines: Vec<&str> = cause.lines().map(str::trim).collect();
    lines.join(" ")
}
