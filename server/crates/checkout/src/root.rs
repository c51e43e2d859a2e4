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
    below(&path, DEPTH_BELOW, &mut budget, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn below(folder: &Path, depth: usize, budget: &mut usize, found: &mut Vec<Root>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_folder || hidden || entry.file_name() == "node_modules" {
            continue;
        }
        *budget = budget.saturating_sub(1);
        if *budget == 0 {
            return;
        }
        let path = entry.path();
        match layout_of(&path) {
            Some(layout) => found.push(Root { path, layout }),
            None if depth > 1 => below(&path, depth - 1, budget, found),
            None => {}
        }
    }
}
