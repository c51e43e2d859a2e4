//! Files of the directories that a change deletes, and whether git knows them.

use smol_str::{SmolStr, format_smolstr};

use super::beneath::{EntryKind, OpenError, RootDir};
use super::git;
use super::root::Root;
use super::text::refused;
use edits::{Edit, FileOnDisk, Refusal};

/// Files of a directory at most: that of an image has a handful.
const MAX_FILES: usize = 100_000;

/// Returns the files of the directories that edits delete; none where git keeps nothing of the
/// checkout.
///
/// # Errors
/// When a directory or the repository cannot be read.
pub fn deleted_files(root: &Root, edits: &[Edit]) -> Result<Vec<FileOnDisk>, Refusal> {
    let deleted = edits.iter().filter_map(|edit| match edit {
        Edit::DeleteDirectory { path } => Some(path.clone()),
        _ => None,
    });
    let directories: Vec<SmolStr> = deleted.collect();
    if directories.is_empty() {
        return Ok(Vec::new());
    }
    let tracked = git::tracked(root, &directories).map_err(|problem| {
        Refusal(format!(
            "{problem}; or pass `--untracked` to delete all files, also those that git does not know"
        ))
    })?;
    let Some(tracked) = tracked else {
        return Ok(Vec::new());
    };
    let disk = RootDir::open(&root.path).map_err(|error| Refusal(refused("", &error.into())))?;
    let mut found = Vec::new();
    let mut pending = directories;
    while let Some(folder) = pending.pop() {
        let entries = disk.directory(&folder).and_then(|mut open| open.entries());
        for entry in entries.map_err(|error| Refusal(refused(&folder, &error)))? {
            // A path that is no UTF-8 is shown, and kept: no edit can have it.
            let path = format_smolstr!("{folder}/{}", entry.name.to_string_lossy());
            if entry.kind == EntryKind::Directory {
                pending.push(path);
                continue;
            }
            if found.len() == MAX_FILES {
                return Err(Refusal(refused(&folder, &OpenError::TooMany)));
            }
            found.push(FileOnDisk {
                is_link: entry.kind == EntryKind::Link,
                is_tracked: tracked.contains(&path),
                path,
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
