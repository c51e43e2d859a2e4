//! Moving things below the root of a checkout: never out of it, never over something else.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, RenameFlags, linkat, renameat_with, unlinkat};
use rustix::io::Errno;

/// Opens the directory that holds a path; returns it with the last part of the path.
pub(super) fn parent_of<'p>(root: &Dir, path: &'p str) -> io::Result<(Dir, &'p OsStr)> {
    let path = Path::new(path);
    let invalid = || io::Error::from(io::ErrorKind::InvalidInput);
    let name = path.file_name().ok_or_else(invalid)?;
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => root.open_dir(parent)?,
        _ => root.try_clone()?,
    };
    Ok((parent, name))
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
    if to.0.symlink_metadata(to.1).is_ok() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
    }
    from.0.rename(from.1, to.0, to.1)
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
