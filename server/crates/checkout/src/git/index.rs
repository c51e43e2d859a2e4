//! The files that git knows: those in its index.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::ObjectId;
use gix::index::entry::{Flags, Mode};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::library::{open_library, reason};
use super::repository::Repository;
use super::{bounded, inspect, without_baseline};
use crate::root::Root;

/// Name of the index, for messages.
const INDEX: &str = "index";
/// Larger indexes were written by no git.
const MAX_INDEX: u64 = 256 << 20;

/// Returns the paths below some directories of a checkout that git knows; `None` where it knows no
/// image: the checkout is in no repository, or in one that does not keep it.
///
/// # Errors
/// When the repository is damaged, or of an unknown kind.
pub fn tracked(root: &Root, directories: &[SmolStr]) -> Result<Option<FxHashSet<SmolStr>>, String> {
    let directories = directories.to_vec();
    let found = bounded(
        root,
        INDEX,
        move |root, _, progress| match Repository::look(&root.path)? {
            Some(repository) => read(root, &repository, &directories, progress),
            None => Ok(None),
        },
    );
    found.map_err(without_baseline)
}

fn read(
    root: &Root,
    repository: &Repository,
    directories: &[SmolStr],
    progress: &AtomicUsize,
) -> Result<Option<FxHashSet<SmolStr>>, String> {
    inspect::repository(repository, false)
        .map_err(|problem| format!("`{INDEX}` cannot be read: {problem}"))?;
    let images = format!("{}images/", root.layout.prefix());
    let mut has_images = false;
    let mut found = FxHashSet::default();
    for path in indexed(repository, progress)?.0.into_keys() {
        has_images |= path.starts_with(&images);
        let is_below = |directory: &SmolStr| {
            let rest = path.strip_prefix(directory.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if directories.iter().any(is_below) {
            found.insert(path);
        }
    }
    Ok(has_images.then_some(found))
}

/// A file as the index has it.
pub(super) struct Indexed {
    pub(super) id: ObjectId,
    pub(super) mode: Mode,
    /// Size of the file when it was compared last.
    pub(super) size: u32,
    /// Date of the file then.
    pub(super) date: (u32, u32),
}

/// Returns the files of a checkout that the index has, by path, and the paths that are no texts, as far as they
/// can be shown; none without an index.
pub(super) fn indexed(
    repository: &Repository,
    progress: &AtomicUsize,
) -> Result<(FxHashMap<SmolStr, Indexed>, Vec<String>), String> {
    let unreadable = |problem: String| format!("`{INDEX}` cannot be read: {problem}");
    let (mut found, mut unnamed) = (FxHashMap::default(), Vec::new());
    if !is_there(repository).map_err(unreadable)? {
        return Ok((found, unnamed));
    }
    let library = open_library(repository, INDEX)?;
    let index = library
        .open_index()
        .map_err(|error| unreadable(format!("{}; see what `git fsck` says", reason(&error))))?;
    let prefix = match repository.prefix.as_str() {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    for entry in index.entries() {
        progress.fetch_add(1, Ordering::Relaxed);
        // Of a file that is only announced, git has no text.
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            continue;
        }
        let path = entry.path(&index);
        let Ok(path) = std::str::from_utf8(path) else {
            let path = String::from_utf8_lossy(path);
            unnamed.extend(path.strip_prefix(&prefix).map(str::to_owned));
            continue;
        };
        let Some(path) = path.strip_prefix(&prefix) else {
            continue;
        };
        let indexed = Indexed {
            id: entry.id,
            mode: entry.mode,
            size: entry.stat.size,
            date: (entry.stat.mtime.secs, entry.stat.mtime.nsecs),
        };
        found.insert(SmolStr::new(path), indexed);
    }
    Ok((found, unnamed))
}

/// Returns whether a repository has an index, once it is known that it can be read to its end.
fn is_there(repository: &Repository) -> Result<bool, String> {
    let path = repository.git_dir.join(INDEX);
    match fs::metadata(&path) {
        Ok(meta) if meta.is_file() && meta.len() <= MAX_INDEX => Ok(true),
        Ok(_) => Err(format!(
            "`{}` is no index that git writes; see what `git fsck` says",
            path.display()
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(inspect::unreadable(&path, &error)),
    }
}
