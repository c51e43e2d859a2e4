//! What git is told to ignore: by `.gitignore` files and by `info/exclude`, not by the settings of the user.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use gix::glob::pattern::Case;
use gix::glob::{Pattern, wildmatch};
use rustc_hash::FxHashMap;

use super::inspect;
use super::repository::Repository;
use crate::root::Root;

/// The names of files that git is told to ignore, where it does not know them.
pub(super) struct Ignored {
    /// The top of the work tree.
    top: std::path::PathBuf,
    /// The path of the checkout from there, with a `/` at its end; empty where it is the top.
    prefix: String,
    /// What holds for the whole repository.
    exclude: Rc<[Pattern]>,
    /// The patterns of directories that were asked for, by path from the top.
    lists: RefCell<FxHashMap<String, Rc<[Pattern]>>>,
}

impl Ignored {
    pub(super) fn of(root: &Root, repository: &Repository) -> Ignored {
        let names = Path::new(&repository.prefix).components().count();
        let top = root.path.ancestors().nth(names).unwrap_or(&root.path);
        Ignored {
            top: top.to_owned(),
            prefix: match repository.prefix.as_str() {
                "" => String::new(),
                prefix => format!("{prefix}/"),
            },
            exclude: patterns(&repository.common_dir.join("info/exclude")),
            lists: RefCell::default(),
        }
    }

    /// Returns whether a path of the checkout is ignored, by itself or with a directory on the way to it.
    pub(super) fn has(&self, path: &str, is_directory: bool) -> bool {
        let path = format!("{}{path}", self.prefix);
        let mut ways = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        ways.any(|way| self.is_excluded(way, true)) || self.is_excluded(&path, is_directory)
    }

    /// Returns whether the last pattern that fits a path, that of the deepest directory, excludes it.
    fn is_excluded(&self, path: &str, is_directory: bool) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at + 1);
        let mut starts: Vec<usize> = ends.collect();
        starts.reverse();
        starts.push(0);
        for start in starts {
            let (directory, inside) = path.split_at(start);
            if let Some(is_excluded) = decision(&self.list(directory), inside, is_directory) {
                return is_excluded;
            }
        }
        decision(&self.exclude, path, is_directory).unwrap_or(false)
    }

    fn list(&self, directory: &str) -> Rc<[Pattern]> {
        let mut lists = self.lists.borrow_mut();
        let read = || patterns(&self.top.join(directory).join(".gitignore"));
        lists
            .entry(directory.to_owned())
            .or_insert_with(read)
            .clone()
    }
}

/// Returns the patterns of a file; none where it cannot be read.
fn patterns(file: &Path) -> Rc<[Pattern]> {
    let is_file = file.symlink_metadata().is_ok_and(|meta| meta.is_file());
    let bytes = is_file.then(|| inspect::read_small(file).ok()).flatten();
    let bytes = bytes.unwrap_or_default();
    let lines = bytes.split(|byte| *byte == b'\n').map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let trimmed = line.trim_ascii_end();
        // A blank after a backslash is one of the name.
        match trimmed.ends_with(b"\\") {
            true => line.get(..trimmed.len() + 1).unwrap_or(trimmed),
            false => trimmed,
        }
    });
    let lines = lines.filter(|line| !line.starts_with(b"#"));
    lines.filter_map(Pattern::from_bytes).collect()
}

/// Returns what the last of some patterns that fits says.
fn decision(patterns: &[Pattern], path: &str, is_directory: bool) -> Option<bool> {
    let name = path.rfind('/').map(|at| at + 1);
    let fits = |pattern: &&Pattern| {
        pattern.matches_repo_relative_path(
            path.into(),
            name,
            Some(is_directory),
            Case::Sensitive,
            wildmatch::Mode::NO_MATCH_SLASH_LITERAL,
        )
    };
    let last = patterns.iter().rev().find(fits)?;
    Some(!last.is_negative())
}
