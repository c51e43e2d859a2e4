//! Finding checkouts: from a file, from a folder inside or above one.
//!
//! This is the one place in the program that says what a checkout is. The editors' plugins, which
//! have to know it before they start the server, repeat it and say so.

use std::fs;
use std::path::{Path, PathBuf};

use super::beneath::{EntryKind, OpenError, RootDir};
use model::Layout;
use model::tree::REPOSITORY;

/// The folder of a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Root {
    /// The folder, links resolved.
    pub path: PathBuf,
    /// The layout of its files.
    pub layout: Layout,
}

/// Levels of folders below an opened one that are searched: a folder of worktrees, not a home.
const DEPTH_BELOW: usize = 2;
/// Folders below an opened one that are searched at most.
const FOLDERS_BELOW: usize = 2_000;

/// The contents that make a folder a checkout, for messages: see [`layout_of`].
pub const CHECKOUT_CONTENTS: &str = "a checkout has `image-scripts/images` and, beside it, \
     `os/configs/image-repository.nix` or `image-scripts/include`";

/// Returns the layout of a folder that is a checkout. Nothing in it is read, and nothing outside is
/// looked at: a part that a link leads to elsewhere counts, so that somebody says what is wrong.
pub fn layout_of(folder: &Path) -> Option<Layout> {
    // Most folders are none: those are not even opened.
    let has = |part: &str| folder.join(part).symlink_metadata().is_ok();
    let (whole, alone) = (has("image-scripts"), has("images"));
    if !whole && !alone {
        return None;
    }
    let dir = RootDir::open(folder).ok()?;
    let is = |part: &str, kind: EntryKind| match dir.kind(part) {
        Ok(found) => found == kind,
        Err(error) => matches!(error, OpenError::Outside),
    };
    let is_dir = |part: &str| is(part, EntryKind::Directory);
    let is_file = |part: &str| is(part, EntryKind::File);
    if whole
        && is_dir("image-scripts/images")
        && (is_file(REPOSITORY) || is_dir("image-scripts/include"))
    {
        return Some(Layout::Whole);
    }
    // As a repository of its own, it is recognised by all three of its parts: other projects have
    // folders called `images`.
    let alone = alone && is_dir("images") && is_dir("builders") && is_file("include/common.sh");
    alone.then_some(Layout::ScriptsOnly)
}

/// Returns the checkouts at, around or below a path; several when it is a folder above them.
pub fn find(path: &Path) -> Vec<Root> {
    let Ok(path) = fs::canonicalize(path) else {
        return Vec::new();
    };
    for folder in path.ancestors() {
        let Some(layout) = layout_of(folder) else {
            continue;
        };
        // `image-scripts/` of a whole checkout looks like one of scripts only.
        if let Some(whole) = folder
            .parent()
            .filter(|p| layout_of(p) == Some(Layout::Whole))
        {
            return vec![Root {
                path: whole.to_path_buf(),
                layout: Layout::Whole,
            }];
        }
        return vec![Root {
            path: folder.to_path_buf(),
            layout,
        }];
    }
    let mut found = Vec::new();
    let mut budget = FOLDERS_BELOW;
    // There is none below another one.
    folders_below(&path, DEPTH_BELOW, &mut budget, &mut |folder| {
        let layout = layout_of(folder);
        found.extend(layout.map(|layout| Root {
            path: folder.to_path_buf(),
            layout,
        }));
        layout.is_none()
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Folders below a folder without a checkout of which the entries are watched at most.
const WATCHED_BELOW: usize = 100;

/// Returns the directories whose entries tell whether a checkout is at, around or below a folder; of
/// one that is not there, the nearest that is.
pub fn telling_directories(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut add = |folder: &Path| {
        for part in ["", "image-scripts", "os", "os/configs", "include"] {
            let path = folder.join(part);
            if path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
                found.push(path);
            }
        }
    };
    // Not the root of all: nobody has a checkout there.
    let around = folder
        .ancestors()
        .filter(|folder| folder.parent().is_some());
    around.for_each(&mut add);
    if folder.ancestors().all(|folder| layout_of(folder).is_none()) {
        let mut budget = WATCHED_BELOW;
        folders_below(folder, DEPTH_BELOW, &mut budget, &mut |folder| {
            add(folder);
            true
        });
    }
    found
}

/// Returns whether a path that came or went may decide about a checkout at, around or below a folder.
pub fn is_telling(folder: &Path, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let is_part = |name| {
        [
            "image-scripts",
            "images",
            "builders",
            "include",
            "common.sh",
            "os",
            "configs",
            "image-repository.nix",
        ]
        .contains(&name)
    };
    name.is_none_or(is_part)
        || folder.starts_with(path)
        || (path.starts_with(folder) && path.is_dir())
}

/// Visits the folders below one, except those that cannot be checkouts. `visit` returns whether to
/// visit those below the folder, too.
fn folders_below(
    folder: &Path,
    depth: usize,
    budget: &mut usize,
    visit: &mut dyn FnMut(&Path) -> bool,
) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten().filter(is_searched) {
        *budget = budget.saturating_sub(1);
        if *budget == 0 {
            return;
        }
        let path = entry.path();
        if visit(&path) && depth > 1 {
            folders_below(&path, depth - 1, budget, visit);
        }
    }
}

/// Returns whether an entry of a folder is one that may be or hold a checkout.
fn is_searched(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    entry.file_type().is_ok_and(|kind| kind.is_dir())
        && !name.to_string_lossy().starts_with('.')
        && name != "node_modules"
}
