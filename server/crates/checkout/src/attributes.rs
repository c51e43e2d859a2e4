//! What a file has beside its content: owner, mode, extended attributes.

use std::ffi::CStr;
use std::io;

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Gid, Mode, Uid, fchmod, fchown, fgetxattr, flistxattr, fsetxattr, fstat};
use rustix::io::Errno;

/// Gives a new file the owner, the mode and the extended attributes of the one that it replaces.
///
/// # Errors
/// Says what cannot be kept, and that the file is to be edited by hand.
pub(crate) fn keep(old: impl AsFd, new: impl AsFd) -> io::Result<()> {
    let (old, new) = (old.as_fd(), new.as_fd());
    let (from, to) = (fstat(old)?, fstat(new)?);
    if from.st_nlink > 1 {
        return Err(refusal(&format!(
            "it has {} hard links, and only this one would be changed",
            from.st_nlink
        )));
    }
    if (from.st_uid, from.st_gid) != (to.st_uid, to.st_gid) {
        fchown(
            new,
            Some(Uid::from_raw(from.st_uid)),
            Some(Gid::from_raw(from.st_gid)),
        )
        .map_err(|error| refusal(&format!("its owner cannot be kept: {error}")))?;
    }
    // After the owner: to change that takes away some bits.
    fchmod(new, Mode::from_raw_mode(from.st_mode & 0o7777))?;
    copy_extended(old, new)
        .map_err(|error| refusal(&format!("its extended attributes cannot be kept: {error}")))
}

fn refusal(why: &str) -> io::Error {
    io::Error::other(format!("{why}: edit it by hand"))
}

fn copy_extended(old: BorrowedFd<'_>, new: BorrowedFd<'_>) -> io::Result<()> {
    let names = match list(old) {
        Err(Errno::NOTSUP) => return Ok(()),
        names => names?,
    };
    for name in names.split_inclusive(|byte| *byte == 0) {
        let name = CStr::from_bytes_with_nul(name).map_err(io::Error::other)?;
        let value = value_of(old, name)?;
        // A security module may have set it by itself, and allow nobody else to.
        if value_of(new, name).is_ok_and(|set| set == value) {
            continue;
        }
        fsetxattr(new, name, &value, rustix::fs::XattrFlags::empty())?;
    }
    Ok(())
}

/// The names of all extended attributes, each with a zero byte at its end.
fn list(file: BorrowedFd<'_>) -> rustix::io::Result<Vec<u8>> {
    with_growing(|buffer| flistxattr(file, buffer))
}

fn value_of(file: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<Vec<u8>> {
    with_growing(|buffer| fgetxattr(file, name, buffer))
}

/// Calls with a larger and larger buffer, until what is read fits into it.
fn with_growing(
    mut read: impl FnMut(&mut [u8]) -> rustix::io::Result<usize>,
) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 256];
    loop {
        match read(&mut buffer) {
            // The kernel takes no more than 64 KiB.
            Err(Errno::RANGE) if buffer.len() < 1 << 20 => buffer.resize(buffer.len() * 4, 0),
            Err(error) => return Err(error),
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
        }
    }
}
