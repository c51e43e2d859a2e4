//! Moving things below the root of a checkout: never out of it, never over something else.

use std::ffi::OsStr;
use std::io;

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use rustix::fs::{AtFlags, RenameFlags, linkat, renameat_with, unlinkat};
use rustix::io::Errno;

/// Opens the directory that holds a path; returns it with the last part of the path.
///
/// # Errors
/// `NotADirectory` when a link is on the way: it was not there when the path was resolved.
pub(super) fn parent_of<'p>(root: &Dir, path: &'p str) -> io::Result<(Dir, &'p OsStr)> {
    let (folders, name) = match path.rsplit_once('/') {
        Some((folders, name)) => (Some(folders), name),
        None => (None, path),
    };
    let mut parent = root.try_clone()?;
    for folder in folders.into_iter().flat_map(|folders| folders.split('/')) {
        parent = parent.open_dir_nofollow(folder)?;
    }
    Ok((parent, OsStr::new(name)))
}

/// Returns whether something is at a path of a directory.
///
/// # Errors
/// When the system cannot tell: that is not to be taken for nothing.
pub(super) fn exists(root: &Dir, path: &str) -> io::Result<bool> {
    let found = parent_of(root, path).and_then(|(parent, name)| parent.symlink_metadata(name));
    match found {
        Ok(_) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns whether nothing is at a path; a file on the way to it is as good as nothing.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Moves something to another path, where nothing may be yet.
///
/// # Errors
/// `AlreadyExists` when something is there.
pub(super) fn rename_new(from: (&Dir, &OsStr), to: (&Dir, &OsStr)) -> io::Result<()> {
    match renameat_with(from.0, from.1, to.0, to.1, RenameFlags::NOREPLACE) {
        Err(error) if is_unsupported(error) => rename_new_by_link(from, to),
        other => Ok(other?),
    }
}

/// The same where the file system cannot do it in one step: a link is never made over something
/// else, and there are none to directories.
fn rename_new_by_link(from: (&Dir, &OsStr), to: (&Dir, &OsStr)) -> io::Result<()> {
    let metadata = from.0.symlink_metadata(from.1)?;
    if !metadata.is_dir() {
        linkat(from.0, from.1, to.0, to.1, AtFlags::empty())?;
        return Ok(unlinkat(from.0, from.1, AtFlags::empty())?);
    }
    match to.0.symlink_metadata(to.1) {
        Ok(_) => Err(io::Error::from(io::ErrorKind::AlreadyExists)),
        Err(error) if is_missing(&error) => from.0.rename(from.1, to.0, to.1),
        Err(error) => Err(error),
    }
}

/// Exchanges two files, so that there is no moment without one.
///
/// # Errors
/// `Unsupported` when the file system cannot: [`rename_new`] has to do.
pub(super) fn exchange(a: (&Dir, &OsStr), b: (&Dir, &OsStr)) -> io::Result<()> {
    match renameat_with(a.0, a.1, b.0, b.1, RenameFlags::EXCHANGE) {
        Err(error) if is_unsupported(error) => {
            Err(io::Error::new(io::ErrorKind::Unsupported, error))
        }
        other => Ok(other?),
    }
}

fn is_unsupported(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
}
