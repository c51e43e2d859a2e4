//! Kinds of things in a directory.

use rustix::fs::{FileType, RawMode};

/// Kind of thing that has a name in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A socket of a program that listens, or did.
    Socket,
    /// A disk, a terminal, `/dev/zero`.
    Device,
}

impl EntryKind {
    pub(super) fn of(kind: FileType) -> EntryKind {
        match kind {
            FileType::RegularFile => EntryKind::File,
            FileType::Directory => EntryKind::Directory,
            FileType::Symlink => EntryKind::Link,
            FileType::Fifo => EntryKind::Fifo,
            FileType::Socket => EntryKind::Socket,
            _ => EntryKind::Device,
        }
    }

    pub(super) fn of_mode(mode: RawMode) -> EntryKind {
        EntryKind::of(FileType::from_raw_mode(mode))
    }

    /// Returns its name in a message, with its article.
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::File => "a file",
            EntryKind::Directory => "a directory",
            EntryKind::Link => "a link",
            EntryKind::Fifo => "a FIFO",
            EntryKind::Socket => "a socket",
            EntryKind::Device => "a device",
        }
    }

    /// Returns whether it is something that is only there while a program runs, or stands for a part
    /// of the machine: a checkout has no use for it.
    pub fn is_special(self) -> bool {
        matches!(
            self,
            EntryKind::Fifo | EntryKind::Socket | EntryKind::Device
        )
    }
}
