//! Digests of what is at a path: a file, a link, a directory with all that is in it.
//!
//! They tell whether something is still what a change found or made there.

use std::ffi::OsStr;
use std::io::{self, Read};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, File, MetadataExt, OpenOptions, OpenOptionsExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::text::MAX_SIZE;

/// SHA-256 of something, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Digest(String);

impl Digest {
    /// Returns the digest of a file with this content.
    pub(super) fn of_file(content: &[u8]) -> Digest {
        let mut hash = Sha256::new();
        add_value(&mut hash, b"file", content);
        finish(hash)
    }

    /// Returns the digest of what a directory has by a name; `None` when there is nothing.
    ///
    /// # Errors
    /// When something cannot be read.
    pub(super) fn of(directory: &Dir, name: &OsStr) -> io::Result<Option<Digest>> {
        let mut hash = Sha256::new();
        match add(&mut hash, directory, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            result => result.map(|()| Some(finish(hash))),
        }
    }
}

fn finish(hash: Sha256) -> Digest {
    let bytes = hash.finalize();
    Digest(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Adds a value of some kind, with its length: no two lists of values have the same bytes.
fn add_value(hash: &mut Sha256, kind: &[u8], value: &[u8]) {
    hash.update(kind);
    hash.update((value.len() as u64).to_le_bytes());
    hash.update(value);
}

fn add(hash: &mut Sha256, directory: &Dir, name: &OsStr) -> io::Result<()> {
    let kind = directory.symlink_metadata(name)?.file_type();
    if kind.is_symlink() {
        let target = directory.read_link_contents(name)?;
        add_value(hash, b"link", target.as_os_str().as_encoded_bytes());
    } else if kind.is_dir() {
        let directory = directory.open_dir_nofollow(name)?;
        let entries = directory.entries()?;
        let mut names = entries
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        add_value(hash, b"directory", &(names.len() as u64).to_le_bytes());
        for name in names {
            add_value(hash, b"name", name.as_encoded_bytes());
            add(hash, &directory, &name)?;
        }
    } else if kind.is_file() {
        let mut file = open_regular(directory, name)?;
        let metadata = file.metadata()?;
        if metadata.len() > MAX_SIZE {
            // It is not read: it counts as changed when its inode, its size or its time does.
            let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
            let known = [metadata.ino(), metadata.len()].map(u64::to_le_bytes);
            let saved = [seconds, nanoseconds].map(i64::to_le_bytes);
            add_value(hash, b"large", &[known, saved].concat().concat());
            return Ok(());
        }
        let mut content = Vec::new();
        file.by_ref().take(MAX_SIZE).read_to_end(&mut content)?;
        add_value(hash, b"file", &content);
    } else {
        // A FIFO, a socket, a device: it has no content that could be lost.
        add_value(hash, b"other", b"");
    }
    Ok(())
}

/// Opens a regular file for reading; never waits, and follows no link.
///
/// # Errors
/// When it is something else.
pub(super) fn open_regular(directory: &Dir, name: &OsStr) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No);
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = directory.open_with(name, &options)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no regular file"))
    }
}
