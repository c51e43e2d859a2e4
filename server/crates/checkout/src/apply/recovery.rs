//! Taking back a change that failed or was interrupted.

use std::path::Path;
use std::time::Duration;

use cap_std::fs::Dir;
use model::tree::SETTINGS;
use smol_str::SmolStr;

use super::journal::{Folders, Journal, JournalEntry, Undone, staged_name};
use super::preconditions::is_path_inside;
use super::staging::{Closed, Found, Staging};
use super::{lock, open_root, signals, staging_names};

/// Folders in the root of a checkout in which changes are made, in all layouts.
const FOLDERS: [&str; 7] = [
    "image-scripts",
    "images",
    "builders",
    "include",
    "tests",
    "bin",
    "os",
];

/// Takes back a change of a checkout that was interrupted, if there is one. Returns messages that
/// say what was done.
///
/// # Errors
/// When it cannot be taken back: says why, and what to do.
pub fn recover(root: &Path) -> Result<Vec<String>, String> {
    let dir = open_root(root)?;
    // The rule: no change was interrupted, and none is being made.
    if staging_names(&dir)?.is_empty() {
        return Ok(Vec::new());
    }
    let _signals = signals::defer();
    let _lock = lock::lock(root)?;
    let mut messages = Vec::new();
    for name in staging_names(&dir)? {
        let shown = Path::new(&name).display().to_string();
        let failed = |error: std::io::Error| {
            format!(
                "{shown}: a change was interrupted, and cannot be taken back from this: {error}: \
                 compare the checkout with what it was, and remove it"
            )
        };
        let staging = Staging::open(&dir, name.clone()).map_err(failed)?;
        match staging.journal().map_err(failed)? {
            Found::Closed => messages.push(match staging.remove() {
                Ok(()) => format!("{shown}: removed, left by a change that had ended"),
                Err(error) => format!(
                    "{shown}: left by a change that had ended, and cannot be removed: {error}: \
                     remove it"
                ),
            }),
            Found::Open(journal) => {
                if let Some(path) = foreign_path(&journal) {
                    let message = format!("`{path}` in its journal is no path of an image script");
                    return Err(failed(std::io::Error::other(message)));
                }
                let left = take_back(&dir, staging, &journal)
                    .map_err(|error| failed(std::io::Error::other(error)))?;
                messages.push("a change was interrupted: it was taken back".to_owned());
                messages.extend(left);
            }
        }
    }
    Ok(messages)
}

/// Whether a change of a checkout was interrupted and is to be taken back with [`recover`]. Changes
/// nothing, and does not wait: while a change is being made, none was interrupted.
pub fn is_interrupted(root: &Path) -> bool {
    let is_open = || -> Result<bool, String> {
        let dir = open_root(root)?;
        let names = staging_names(&dir)?;
        if names.is_empty() {
            return Ok(false);
        }
        let _lock = lock::lock_within(root, Duration::ZERO)?;
        let mut found = names.into_iter().map(|name| Staging::look(&dir, name));
        Ok(found.any(|found| matches!(found, Ok(Found::Open(_)))))
    };
    is_open().unwrap_or(false)
}

/// A path in a journal that no change is about: the journal is not ours.
///
/// A journal may come with a checkout. Nothing goes through links or into the folder of git; things
/// are made, moved and deleted in the folders of image scripts only; elsewhere a text takes the place
/// of a text that is known. So whoever planted it gets nothing that could not be planted itself.
pub(super) fn foreign_path(journal: &Journal) -> Option<&str> {
    let is_foreign = |entry: &JournalEntry, path: &str| {
        let is_edit = matches!(entry, JournalEntry::Replace { .. });
        !is_path_inside(path) || is_of_git(path) || !(is_edit || is_in_known_folder(path))
    };
    journal.entries.iter().find_map(|entry| {
        let mut paths = entry.paths().map(SmolStr::as_str);
        paths.find(|path| is_foreign(entry, path))
    })
}

fn is_of_git(path: &str) -> bool {
    let mut names = path.split('/');
    names.any(|name| name.to_ascii_lowercase().starts_with(".git"))
}

/// Returns whether a path is in a folder in which things are made and deleted, in whatever layout.
fn is_in_known_folder(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    FOLDERS.contains(&first) || path == SETTINGS
}

/// Takes back all steps of a journal, the last one first, and removes the staging folder. Returns
/// messages about what somebody has changed since, which is left as it is.
pub(super) fn take_back(
    root: &Dir,
    staging: Staging<'_>,
    journal: &Journal,
) -> Result<Vec<String>, String> {
    let folders = Folders {
        root,
        staging: &staging.dir,
    };
    let (mut messages, mut kept) = (Vec::new(), Vec::new());
    for entry in journal.entries.iter().rev() {
        let path = entry.paths().last().map_or("", |path| path.as_str());
        let undone = entry
            .take_back(&folders)
            .map_err(|error| format!("{path}: cannot be put back: {error}"))?;
        match undone {
            Undone::Whole => {}
            Undone::LeftAsSaved(path) => {
                messages.push(format!(
                    "{path}: it was saved in the meantime: left as it is"
                ));
            }
            Undone::Kept(path, staged) => kept.push((path, staged)),
        }
    }
    let failed = |error: std::io::Error| format!("{}: {error}", staging.name());
    let closed = staging.close_journal(journal).map_err(failed)?;
    let name = staging.name();
    if kept.is_empty() {
        // Otherwise it is needed if the journal is open again after a loss of power.
        if matches!(closed, Closed::OnDisk) {
            let _ = staging.remove();
        }
        return Ok(messages);
    }
    let folder = staging.keep().map_err(|error| format!("{name}: {error}"))?;
    for (path, staged) in kept {
        let file = staged_name(staged).to_string_lossy().into_owned();
        messages.push(format!(
            "{path}: it was made again in the meantime: what was there before is kept as {folder}/{file}"
        ));
    }
    Ok(messages)
}
