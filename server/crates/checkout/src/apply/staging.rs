//! The staging folder: what a change brings, before it is put in its place, and what it takes away,
//! until the change is done.
//!
//! It is in the checkout, so that everything is moved within one file system; fresh, with a name
//! that nobody can know beforehand; and open to its owner alone.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::hash::BuildHasher;
use std::io::{self, Read, Write};
use std::path::Path;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, File, MetadataExt, OpenOptions, PermissionsExt};
use rustix::fs::{Mode, OFlags, fsync, openat};
use smol_str::SmolStr;

use super::digest::{Digest, open_regular};
use super::journal::{Journal, VERSION, staged_name};
use super::rename::{is_missing, parent_of};
use crate::text::MAX_SIZE;
use model::tree::is_editor_file;

/// How the names of staging folders begin.
const PREFIX: &str = ".image-scripts-ls-";
/// How the names of folders begin that have something which could not be put back.
const KEPT_PREFIX: &str = "image-scripts-ls-kept-";
const JOURNAL: &str = "journal";
/// Bytes of a journal that are read at most.
const MAX_JOURNAL: u64 = 16 << 20;
const UNFINISHED_JOURNAL: &str = "journal.new";
/// The name of the journal when there is nothing to take back any more.
const CLOSED_JOURNAL: &str = "journal.closed";

/// A staging folder.
pub(super) struct Staging<'r> {
    root: &'r Dir,
    name: OsString,
    pub(super) dir: Dir,
    count: u32,
}

/// The journal in a staging folder.
pub(super) enum Found {
    /// A change was not finished.
    Open(Journal),
    /// Nothing was changed yet, or everything is done: the folder is of no use any more.
    Closed,
}

/// A journal that was closed.
pub(super) enum Closed {
    /// It stays closed.
    OnDisk,
    /// After a loss of power it may be open again: what it needs has to stay.
    InMemory(io::Error),
}

impl<'r> Staging<'r> {
    /// Makes a fresh one.
    pub(super) fn new(root: &'r Dir) -> io::Result<Staging<'r>> {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        loop {
            // The keys are random, and others each time.
            let random = RandomState::new().hash_one(PREFIX);
            let name = OsString::from(format!("{PREFIX}{random:016x}"));
            match root.create_dir_with(&name, &builder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    let dir = root.open_dir_nofollow(&name)?;
                    return Ok(Staging {
                        root,
                        name,
                        dir,
                        count: 0,
                    });
                }
            }
        }
    }

    /// Returns the names of all that are in a checkout, whoever made them.
    pub(super) fn names(root: &Dir) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in root.entries()? {
            let name = entry?.file_name();
            if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Opens one that is there.
    ///
    /// # Errors
    /// When it was not made by this program for this user: a checkout may come with anything.
    pub(super) fn open(root: &'r Dir, name: OsString) -> io::Result<Staging<'r>> {
        let dir = root.open_dir_nofollow(&name)?;
        let metadata = dir.dir_metadata()?;
        let is_private = metadata.mode() & 0o077 == 0;
        if !is_private || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other("it is not private to you"));
        }
        Ok(Staging {
            root,
            name,
            dir,
            count: 0,
        })
    }

    /// Looks at the journal of one that is there.
    ///
    /// # Errors
    /// As [`Staging::open`], and when the journal cannot be read.
    pub(super) fn look(root: &'r Dir, name: OsString) -> io::Result<Found> {
        Staging::open(root, name)?.journal()
    }

    /// Its name, for messages.
    pub(super) fn name(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    /// Returns a number that is the name of nothing in it yet.
    pub(super) fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    /// Writes a new file into it, down to the disk.
    pub(super) fn write(&mut self, content: &[u8]) -> io::Result<u32> {
        let staged = self.next();
        let file = self.create(&staged_name(staged), content)?;
        file.sync_all()?;
        Ok(staged)
    }

    /// Writes a file that replaces another one, with what that has beside its content.
    pub(super) fn write_like(&mut self, path: &str, content: &[u8]) -> io::Result<u32> {
        let (parent, name) = parent_of(self.root, path)?;
        let old = open_regular(&parent, name)?;
        let staged = self.next();
        let file = self.create(&staged_name(staged), content)?;
        crate::attributes::keep(&old, &file)?;
        file.sync_all()?;
        Ok(staged)
    }

    /// Copies a file, or a directory with all that is in it, links as links.
    pub(super) fn copy(&mut self, path: &str) -> io::Result<u32> {
        let (parent, name) = parent_of(self.root, path)?;
        let staged = self.next();
        copy((&parent, name), (&self.dir, &staged_name(staged)))?;
        Ok(staged)
    }

    /// Makes a link in it.
    pub(super) fn symlink(&mut self, points_to: &str) -> io::Result<u32> {
        let staged = self.next();
        self.dir.symlink_contents(points_to, staged_name(staged))?;
        Ok(staged)
    }

    /// Returns the digest of something in it.
    pub(super) fn digest(&self, staged: u32) -> io::Result<Digest> {
        Digest::of(&self.dir, &staged_name(staged))?
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn create(&self, name: &OsStr, content: &[u8]) -> io::Result<File> {
        create_new(&self.dir, name, content)
    }

    /// Writes the journal, down to the disk: when this returns, the change can be taken back
    /// whatever happens.
    pub(super) fn open_journal(&self, journal: &Journal) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(journal)?;
        self.create(OsStr::new(UNFINISHED_JOURNAL), &text)?
            .sync_all()?;
        self.dir.rename(UNFINISHED_JOURNAL, &self.dir, JOURNAL)?;
        sync(&self.dir)?;
        sync(self.root)
    }

    /// Reads the journal.
    pub(super) fn journal(&self) -> io::Result<Found> {
        let file = match open_regular(&self.dir, OsStr::new(JOURNAL)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Closed),
            file => file?,
        };
        let mut text = Vec::new();
        file.take(MAX_JOURNAL).read_to_end(&mut text)?;
        let journal: Journal = serde_json::from_slice(&text)?;
        if journal.version != VERSION {
            let message = format!("its journal has version {}", journal.version);
            return Err(io::Error::other(message));
        }
        Ok(Found::Open(journal))
    }

    /// Says that there is nothing to take back any more; whatever was moved is on the disk before.
    ///
    /// # Errors
    /// When the journal is still open: the change can be taken back.
    pub(super) fn close_journal(&self, journal: &Journal) -> io::Result<Closed> {
        let changed = journal.changed_paths();
        // Each directory once.
        let parents: BTreeMap<&str, &SmolStr> = changed
            .iter()
            .map(|path| (path.rsplit_once('/').map_or("", |(parent, _)| parent), path))
            .collect();
        for path in parents.into_values() {
            match parent_of(self.root, path) {
                Ok((parent, _)) => sync(&parent)?,
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        sync(&self.dir)?;
        self.dir.rename(JOURNAL, &self.dir, CLOSED_JOURNAL)?;
        Ok(match sync(&self.dir) {
            Ok(()) => Closed::OnDisk,
            Err(error) => Closed::InMemory(error),
        })
    }

    /// Removes it when no step was taken.
    pub(super) fn abandon(self) -> io::Result<()> {
        for name in [JOURNAL, UNFINISHED_JOURNAL] {
            match self.dir.remove_file(name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.remove()
    }

    /// Deletes it with all that is in it.
    pub(super) fn remove(self) -> io::Result<()> {
        self.root.remove_dir_all(&self.name)
    }

    /// Gives it a name that says that there is something in it; returns that name.
    pub(super) fn keep(self) -> io::Result<String> {
        let name = self.name();
        let random = name.strip_prefix(PREFIX).unwrap_or(&name);
        let kept = format!("{KEPT_PREFIX}{random}");
        self.root.rename(&self.name, self.root, &kept)?;
        Ok(kept)
    }
}

/// Has the entries of a directory written to the disk.
fn sync(directory: &Dir) -> io::Result<()> {
    // The handle that paths are looked up from may not be open for anything else.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(directory, ".", flags, Mode::empty())?;
    Ok(fsync(&opened)?)
}

fn create_new(directory: &Dir, name: &OsStr, content: &[u8]) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.follow(FollowSymlinks::No);
    let mut file = directory.open_with(name, &options)?;
    file.write_all(content)?;
    Ok(file)
}

fn copy(from: (&Dir, &OsStr), to: (&Dir, &OsStr)) -> io::Result<()> {
    let metadata = from.0.symlink_metadata(from.1)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        let points_to = from.0.read_link_contents(from.1)?;
        to.0.symlink_contents(points_to, to.1)
    } else if kind.is_dir() {
        to.0.create_dir(to.1)?;
        let (source, copied) = (from.0.open_dir_nofollow(from.1)?, to.0.open_dir(to.1)?);
        for entry in source.entries()? {
            let entry = entry?;
            let name = entry.file_name();
            let is_directory = entry.file_type()?.is_dir();
            if !is_directory && is_editor_file(&name.to_string_lossy()) {
                continue;
            }
            copy((&source, &name), (&copied, &name))?;
        }
        sync(&copied)
    } else {
        let mut file = open_regular(from.0, from.1)?;
        if file.metadata()?.len() > MAX_SIZE {
            let name = Path::new(from.1).display();
            let message = format!(
                "{name}: it has more than {} MiB: move it out of the way, and copy it by hand",
                MAX_SIZE >> 20
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let mut new = create_new(to.0, to.1, &[])?;
        io::copy(&mut file, &mut new)?;
        new.set_permissions(cap_std::fs::Permissions::from_mode(metadata.mode()))?;
        new.sync_all()
    }
}
