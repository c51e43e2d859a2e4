//! Changes that end with the power: what had not been written down to the disk may be lost, in any
//! part. After the next command the checkout is what it was, or what the change makes of it.
//!
//! The system calls of a change are recorded, and made again on a copy: every beginning of them,
//! without some of those that nothing has synchronised since.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use checkout::apply::recover;
use image_scripts_ls_tests::checkout::{Folder, copy};
use image_scripts_ls_tests::system_calls::{CHANGING, Call, calls};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::interruption::{CHANGES, change, small, state};

/// A change of the file system, with paths from the root of the checkout.
#[derive(Debug, Clone)]
enum Step {
    MakeDirectory(PathBuf),
    Create(PathBuf),
    Append(PathBuf, Vec<u8>),
    Symlink(PathBuf, PathBuf),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf, RenameFlags),
    Synchronise(PathBuf),
}

impl Step {
    /// Reads a call that changes something below the root.
    fn of(call: &Call, root: &Path) -> Option<Step> {
        let below = |path: PathBuf| path.strip_prefix(root).ok().map(Path::to_path_buf);
        Some(match call.name.as_str() {
            "mkdirat" => Step::MakeDirectory(below(call.path(0))?),
            "openat2" | "openat" if call.arguments.iter().any(|a| a.contains("O_CREAT")) => {
                Step::Create(below(call.opened())?)
            }
            "openat2" | "openat" | "flock" | "fchmod" | "fchown" => return None,
            "write" => Step::Append(below(call.descriptor(0))?, call.string(1)),
            "symlinkat" => {
                let points_to = String::from_utf8(call.string(0)).unwrap();
                Step::Symlink(points_to.into(), below(call.path(1))?)
            }
            "unlinkat" => Step::Remove(below(call.path(0))?),
            "renameat" | "renameat2" => {
                let flags = match call.arguments.get(4).map(String::as_str) {
                    Some("RENAME_EXCHANGE") => RenameFlags::EXCHANGE,
                    Some("RENAME_NOREPLACE") => RenameFlags::NOREPLACE,
                    other => {
                        assert_eq!(other, None);
                        RenameFlags::empty()
                    }
                };
                Step::Rename(below(call.path(0))?, below(call.path(2))?, flags)
            }
            "fsync" => Step::Synchronise(below(call.descriptor(0))?),
            other => panic!("{other} is not known here: {call:?}"),
        })
    }

    /// The files and directories that have to be synchronised for the step to be on the disk.
    fn paths(&self) -> Vec<PathBuf> {
        let parent = |path: &Path| path.parent().unwrap_or(Path::new("")).to_path_buf();
        match self {
            Step::MakeDirectory(path)
            | Step::Create(path)
            | Step::Symlink(_, path)
            | Step::Remove(path) => vec![parent(path)],
            Step::Append(path, _) => vec![path.clone()],
            Step::Rename(from, to, _) => vec![parent(from), parent(to)],
            Step::Synchronise(_) => Vec::new(),
        }
    }

    /// Makes the step in a copy. One that another, lost one would have made possible fails.
    fn make(&self, root: &Path) -> io::Result<()> {
        let at = |path: &Path| root.join(path);
        match self {
            Step::MakeDirectory(path) => {
                let is_staging = path.to_string_lossy().starts_with(".image-scripts-ls-");
                let mode = if is_staging { 0o700 } else { 0o755 };
                fs::DirBuilder::new().mode(mode).create(at(path))
            }
            Step::Create(path) => OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(at(path))
                .map(drop),
            Step::Append(path, bytes) => {
                let mut file = OpenOptions::new().append(true).open(at(path))?;
                file.write_all(bytes)
            }
            Step::Symlink(points_to, path) => symlink(points_to, at(path)),
            Step::Remove(path) => match at(path).symlink_metadata()?.is_dir() {
                true => fs::remove_dir(at(path)),
                false => fs::remove_file(at(path)),
            },
            Step::Rename(from, to, flags) => Ok(renameat_with(CWD, at(from), CWD, at(to), *flags)?),
            Step::Synchronise(_) => Ok(()),
        }
    }
}

/// The steps among the first ones that may be lost: what they changed was not synchronised since.
fn unsynchronised(steps: &[Step]) -> Vec<usize> {
    let mut pending: Vec<(usize, BTreeSet<PathBuf>)> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        if let Step::Synchronise(path) = step {
            pending.iter_mut().for_each(|(_, paths)| {
                paths.remove(path);
            });
        }
        if let Step::Rename(from, to, _) = step {
            // Directories are known by the names that they have now.
            for (_, paths) in &mut pending {
                *paths = std::mem::take(paths)
                    .into_iter()
                    .map(|path| match path.strip_prefix(from) {
                        Ok(rest) if rest == Path::new("") => to.clone(),
                        Ok(rest) => to.join(rest),
                        Err(_) => path,
                    })
                    .collect();
            }
        }
        pending.push((number, step.paths().into_iter().collect()));
    }
    let lost = pending.into_iter().filter(|(_, paths)| !paths.is_empty());
    lost.map(|(number, _)| number).collect()
}

/// Loses up to so many steps of every beginning of a change.
fn lose_power(arguments: &[&str], most: usize) {
    let original = small();
    let before = state(original.root());
    let folder = Folder::new();
    let root = folder.path().join("whole");
    copy(original.root(), &root);
    let (output, made) = calls(&change(&root, arguments), CHANGING);
    output.ok();
    let after = state(&root);
    let steps: Vec<Step> = made
        .iter()
        .filter_map(|call| Step::of(call, &root))
        .collect();
    assert!(steps.len() > 10, "{steps:?}");
    let mut count = 0;
    for length in 0..=steps.len() {
        let beginning = &steps[..length];
        let mut lost: Vec<Vec<usize>> = vec![Vec::new()];
        let unsynchronised = unsynchronised(beginning);
        for _ in 0..most {
            let longer = lost.iter().flat_map(|lost| {
                let later = unsynchronised
                    .iter()
                    .filter(|n| lost.last().is_none_or(|l| l < n));
                later.map(|n| [&lost[..], &[*n]].concat())
            });
            let longer: Vec<Vec<usize>> = longer.collect();
            lost.extend(longer);
        }
        lost.sort();
        lost.dedup();
        for lost in lost {
            let root = folder.path().join(count.to_string());
            copy(original.root(), &root);
            for (number, step) in beginning.iter().enumerate() {
                if !lost.contains(&number) {
                    let _ = step.make(&root);
                }
            }
            let messages = recover(&root);
            let now = state(&root);
            let is_whole = now == before || now == after;
            assert!(
                is_whole,
                "{arguments:?}: {length} steps without {lost:?}: {messages:?}\n{:#?}",
                beginning.iter().map(Step::paths).collect::<Vec<_>>()
            );
            fs::remove_dir_all(root).unwrap();
            count += 1;
        }
    }
    assert!(count > steps.len());
}

#[test]
fn what_the_power_interrupts_is_taken_back() {
    lose_power(CHANGES[0], 1);
}

#[test]
#[ignore = "takes many minutes: tests/long interruption"]
fn changes_that_the_power_interrupts_are_taken_back() {
    for arguments in CHANGES {
        lose_power(arguments, 2);
    }
}
