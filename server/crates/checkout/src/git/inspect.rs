//! Kinds and sizes of a repository's files, before the library opens them: a FIFO or a device would
//! block it for good, and a file of a terabyte would fill the memory.

use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use gix::quote;
use rustc_hash::FxHashSet;

use super::repository::Repository;

/// Larger files do not hold a path, a reference or settings.
const MAX_SMALL: u64 = 1 << 20;
/// Larger files do not hold the references of one repository, or the log of one.
const MAX_LIST: u64 = 256 << 20;
/// A repository of more files was never packed.
const MAX_FILES: usize = 1_000_000;
/// Object folders that lead to others, as many as git follows.
const MAX_ALTERNATES: usize = 5;

/// Inspects everything in a repository that may be opened to read a revision; `with_logs` if that
/// includes the logs of references.
///
/// # Errors
/// When something there is no file that can be read to its end.
pub(super) fn repository(repository: &Repository, with_logs: bool) -> Result<(), String> {
    let (git_dir, common_dir) = (&repository.git_dir, &repository.common_dir);
    let mut inspector = Inspector {
        folders: [git_dir, common_dir].map(|folder| fs::canonicalize(folder).unwrap_or_default()),
        files: 0,
        seen: FxHashSet::default(),
    };
    inspector.top(git_dir)?;
    if common_dir != git_dir {
        inspector.top(common_dir)?;
    }
    for folder in [git_dir, common_dir] {
        inspector.references(&folder.join("refs"), MAX_SMALL)?;
        if with_logs {
            inspector.references(&folder.join("logs"), MAX_LIST)?;
        }
    }
    inspector.object_folder(&common_dir.join("objects"), 0)
}

/// Returns why something that is neither a file nor a folder is not read.
pub(super) fn complaint(path: &Path, kind: FileType) -> String {
    let kind = if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let path = path.display();
    format!("`{path}` is {kind}, which git never makes; remove it")
}

/// Returns why something could not be opened.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => "check its permissions",
        _ => "see what `git fsck` says",
    };
    format!("`{}`: {error}; {advice}", path.display())
}

/// Reads a small file.
pub(super) fn read_small(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| unreadable(path, &error);
    let meta = fs::metadata(path).map_err(failed)?;
    if !meta.is_file() {
        return Err(if meta.is_dir() {
            format!(
                "`{}` is a folder, and git has a file there; remove it",
                path.display()
            )
        } else {
            complaint(path, meta.file_type())
        });
    }
    if meta.len() > MAX_SMALL {
        return Err(too_large(path, meta.len()));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(MAX_SMALL)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

fn too_large(path: &Path, size: u64) -> String {
    let (path, size) = (path.display(), size >> 20);
    format!("`{path}` has {size} MiB, and git writes no such file; see what `git fsck` says")
}

struct Inspector {
    /// The folders of the repository, links resolved.
    folders: [PathBuf; 2],
    files: usize,
    /// Device and number of the folders that were inspected: links may lead in a circle.
    seen: FxHashSet<(u64, u64)>,
}

impl Inspector {
    /// Inspects the files directly in the folder of a repository. Each of them is a reference, if
    /// the revision says so.
    fn top(&mut self, folder: &Path) -> Result<(), String> {
        for (path, kind) in self.list(folder)? {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let max = match name {
                "packed-refs" => MAX_LIST,
                "config" | "config.worktree" => {
                    // What cannot be read would count as empty.
                    if !kind.is_dir() {
                        fs::File::open(&path).map_err(|error| unreadable(&path, &error))?;
                    }
                    MAX_SMALL
                }
                "HEAD" | "commondir" | "gitdir" | "shallow" => MAX_SMALL,
                _ => continue,
            };
            self.check_inside(&path)?;
            check_size(&path, max)?;
        }
        Ok(())
    }

    /// Refuses what leads out of the repository by a link: its text would be taken for a reference or
    /// a setting, and be shown in a message.
    fn check_inside(&self, path: &Path) -> Result<(), String> {
        let real = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
        let is_inside = |folder: &PathBuf| real.starts_with(folder);
        match self.folders.iter().any(is_inside) {
            true => Ok(()),
            false => Err(format!(
                "`{}` leads out of the repository through a link; clone it again, or pass \
                 `--baseline FILE`",
                path.display()
            )),
        }
    }

    /// Inspects the references of a repository, or their logs, if they are there.
    fn references(&mut self, folder: &Path, max: u64) -> Result<(), String> {
        if fs::symlink_metadata(folder).is_err() {
            return Ok(());
        }
        self.check_inside(folder)?;
        self.below(folder, max, Self::check_inside)
    }

    /// Inspects all files below a folder, if it is there.
    fn below(
        &mut self,
        folder: &Path,
        max: u64,
        check: fn(&Inspector, &Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut pending = vec![folder.to_path_buf()];
        while let Some(folder) = pending.pop() {
            if !self.is_new(&folder)? {
                continue;
            }
            for (path, kind) in self.list(&folder)? {
                check(self, &path)?;
                if kind.is_dir() {
                    pending.push(path);
                } else {
                    check_size(&path, max)?;
                }
            }
        }
        Ok(())
    }

    /// Inspects a folder of objects, and those that it leads to.
    fn object_folder(&mut self, folder: &Path, depth: usize) -> Result<(), String> {
        if !self.is_new(folder)? {
            return Ok(());
        }
        if depth > MAX_ALTERNATES {
            let folder = folder.display();
            return Err(format!(
                "`{folder}` is reached through too many `info/alternates`; run `git repack -ad`"
            ));
        }
        for (path, kind) in self.list(folder)? {
            let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
            match name {
                b"pack" | b"info" => self.below(&path, u64::MAX, |_, _| Ok(()))?,
                [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() && kind.is_dir() => {
                    self.list(&path)?;
                }
                _ => {}
            }
        }
        let alternates = folder.join("info/alternates");
        if fs::symlink_metadata(&alternates).is_err() {
            return Ok(());
        }
        for line in read_small(&alternates)?.split(|byte| *byte == b'\n') {
            let path = match line.first() {
                None | Some(b'#') => continue,
                Some(b'"') => quote::ansi_c::undo(line.into())
                    .map(|(path, _)| path.into_owned())
                    .map_err(|_| {
                        let alternates = alternates.display();
                        format!("`{alternates}` has a path that lacks its second quote; add it")
                    })?,
                Some(_) => line.into(),
            };
            let next = folder.join(OsStr::from_bytes(&path));
            // Git ignores those that are gone; what was in them is missing.
            if next.is_dir() {
                self.object_folder(&next, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Returns the entries of a folder, links followed.
    fn list(&mut self, folder: &Path) -> Result<Vec<(PathBuf, FileType)>, String> {
        let failed = |error: io::Error| unreadable(folder, &error);
        let mut list = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            self.files += 1;
            if self.files > MAX_FILES {
                let folder = folder.display();
                return Err(format!(
                    "`{folder}` is of a repository of more than {MAX_FILES} files; run `git gc`"
                ));
            }
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let mut kind = entry.file_type().map_err(failed)?;
            if kind.is_symlink() {
                kind = match fs::metadata(&path) {
                    Ok(meta) => meta.file_type(),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(unreadable(&path, &error)),
                };
            }
            // To open a socket fails at once, and git's own watcher has one.
            if kind.is_fifo() || kind.is_char_device() || kind.is_block_device() {
                return Err(complaint(&path, kind));
            }
            list.push((path, kind));
        }
        Ok(list)
    }

    /// Returns whether a folder is there and was not seen before.
    fn is_new(&mut self, folder: &Path) -> Result<bool, String> {
        match fs::metadata(folder) {
            Ok(meta) if meta.is_dir() => Ok(self.seen.insert((meta.dev(), meta.ino()))),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unreadable(folder, &error)),
        }
    }
}

fn check_size(path: &Path, max: u64) -> Result<(), String> {
    if max == u64::MAX {
        return Ok(());
    }
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() > max => Err(too_large(path, meta.len())),
        _ => Ok(()),
    }
}
