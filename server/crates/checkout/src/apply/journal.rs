//! The journal of a change: what is needed to take it back, on the disk before anything is changed.
//!
//! Each entry is one step that the file system makes at once. Whether it was made, and whether
//! somebody has changed something since, is seen from what is there: nothing is recorded between
//! steps, and to take back what is taken back already does nothing.

use std::ffi::{OsStr, OsString};
use std::io;

use cap_std::fs::Dir;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::digest::Digest;
use super::is_below;
use super::rename::{exchange, exists, is_missing, parent_of, rename_new};

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// All steps of a change, in order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) version: u32,
    pub(super) entries: Vec<JournalEntry>,
}

impl Journal {
    /// All paths that have another content or another name, also by the names that the directories
    /// on the way have at the end.
    pub(super) fn changed_paths(&self) -> Vec<SmolStr> {
        let own: Vec<&SmolStr> = self.entries.iter().flat_map(JournalEntry::paths).collect();
        let renamed = self.entries.iter().flat_map(|entry| {
            let (from, to) = match entry {
                JournalEntry::Rename { from, to } => (from.as_str(), to.as_str()),
                _ => return Vec::new(),
            };
            let below = own.iter().filter(|path| is_below(path, from));
            let rest = below.filter_map(|path| path.strip_prefix(from));
            rest.map(|rest| SmolStr::from(format!("{to}{rest}")))
                .collect()
        });
        let renamed: Vec<SmolStr> = renamed.collect();
        own.into_iter().cloned().chain(renamed).collect()
    }
}

/// One step of a change. Paths are from the root of the checkout, without links on the way; numbers
/// are names in the staging folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum JournalEntry {
    /// A directory is made on the way to something new.
    MakeDirectory { path: SmolStr },
    /// Something new comes from the staging folder.
    Create {
        path: SmolStr,
        staged: u32,
        digest: Digest,
    },
    /// A file is exchanged for one with another text in the staging folder.
    Replace {
        path: SmolStr,
        staged: u32,
        before: Digest,
        after: Digest,
    },
    /// Something gets another path.
    Rename { from: SmolStr, to: SmolStr },
    /// Something goes into the staging folder.
    Delete {
        path: SmolStr,
        staged: u32,
        digest: Digest,
    },
}

/// The outcome of taking back an entry.
#[derive(Debug, PartialEq)]
pub(super) enum Undone {
    /// Everything is as it was before.
    Whole,
    /// Somebody has changed it since: it is left as it is.
    LeftAsSaved(SmolStr),
    /// Somebody has made something at a path again: what was there is still in the staging folder.
    Kept(SmolStr, u32),
}

/// The checkout and the staging folder in it.
pub(super) struct Folders<'f> {
    pub(super) root: &'f Dir,
    pub(super) staging: &'f Dir,
}

/// The name of something in the staging folder.
pub(super) fn staged_name(staged: u32) -> OsString {
    OsString::from(staged.to_string())
}

/// The name of a file that was replaced where it could not be exchanged.
fn replaced_name(staged: u32) -> OsString {
    OsString::from(format!("{staged}.old"))
}

fn changed() -> io::Error {
    io::Error::other("it has changed in the meantime: try again")
}

impl JournalEntry {
    /// All paths of the checkout that the entry is about.
    pub(super) fn paths(&self) -> impl Iterator<Item = &SmolStr> {
        let (first, second) = match self {
            JournalEntry::MakeDirectory { path }
            | JournalEntry::Create { path, .. }
            | JournalEntry::Replace { path, .. }
            | JournalEntry::Delete { path, .. } => (path, None),
            JournalEntry::Rename { from, to } => (from, Some(to)),
        };
        std::iter::once(first).chain(second)
    }

    /// Takes the step.
    ///
    /// # Errors
    /// When something is not what it was: the step may have been taken, and is to be taken back.
    pub(super) fn apply(&self, folders: &Folders<'_>) -> io::Result<()> {
        let root = folders.root;
        match self {
            JournalEntry::MakeDirectory { path } => {
                let (parent, name) = parent_of(root, path)?;
                parent.create_dir(name)
            }
            JournalEntry::Create { path, staged, .. } => {
                let (parent, name) = parent_of(root, path)?;
                rename_new((folders.staging, &staged_name(*staged)), (&parent, name))
            }
            JournalEntry::Replace {
                path,
                staged,
                before,
                ..
            } => {
                let (parent, name) = parent_of(root, path)?;
                let spare = staged_name(*staged);
                match exchange((&parent, name), (folders.staging, &spare)) {
                    Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                        let old = replaced_name(*staged);
                        rename_new((&parent, name), (folders.staging, &old))?;
                        if folders.staged_digest(&old)?.as_ref() != Some(before) {
                            return Err(changed());
                        }
                        rename_new((folders.staging, &spare), (&parent, name))
                    }
                    Ok(()) if folders.staged_digest(&spare)?.as_ref() != Some(before) => {
                        Err(changed())
                    }
                    outcome => outcome,
                }
            }
            JournalEntry::Rename { from, to } => rename_path(root, from, to),
            JournalEntry::Delete {
                path,
                staged,
                digest,
            } => {
                let (parent, name) = parent_of(root, path)?;
                let spare = staged_name(*staged);
                rename_new((&parent, name), (folders.staging, &spare))?;
                if folders.staged_digest(&spare)?.as_ref() != Some(digest) {
                    return Err(changed());
                }
                Ok(())
            }
        }
    }

    /// Checks that what was replaced or deleted is still what it was: a program that had it open may
    /// have written to it since.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn check(&self, folders: &Folders<'_>) -> io::Result<()> {
        let (staged, before) = match self {
            JournalEntry::Replace { staged, before, .. } => (staged, before),
            JournalEntry::Delete { staged, digest, .. } => (staged, digest),
            _ => return Ok(()),
        };
        match folders.replaced(*staged)? {
            Some((_, found)) if found == *before => Ok(()),
            _ => Err(changed()),
        }
    }

    /// Takes the step back, if it was taken.
    ///
    /// # Errors
    /// When the file system refuses: to try again later is right.
    pub(super) fn take_back(&self, folders: &Folders<'_>) -> io::Result<Undone> {
        let root = folders.root;
        match self {
            JournalEntry::MakeDirectory { path } => match remove_directory(root, path) {
                Ok(()) => Ok(Undone::Whole),
                Err(error) if is_missing(&error) => Ok(Undone::Whole),
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    Ok(Undone::LeftAsSaved(path.clone()))
                }
                Err(error) => Err(error),
            },
            JournalEntry::Create {
                path,
                staged,
                digest,
            } => folders.take_back_creation(path, *staged, digest),
            JournalEntry::Replace {
                path,
                staged,
                before,
                after,
            } => folders.take_back_replacement(path, *staged, before, after),
            JournalEntry::Rename { from, to } => {
                if exists(root, from)? || !exists(root, to)? {
                    return Ok(Undone::Whole);
                }
                rename_path(root, to, from)?;
                Ok(Undone::Whole)
            }
            JournalEntry::Delete { path, staged, .. } => folders.put_back(path, *staged),
        }
    }
}

fn remove_directory(root: &Dir, path: &str) -> io::Result<()> {
    let (parent, name) = parent_of(root, path)?;
    parent.remove_dir(name)
}

fn rename_path(root: &Dir, from: &str, to: &str) -> io::Result<()> {
    let (old, old_name) = parent_of(root, from)?;
    let (new, new_name) = parent_of(root, to)?;
    rename_new((&old, old_name), (&new, new_name))
}

impl Folders<'_> {
    fn staged_digest(&self, name: &OsStr) -> io::Result<Option<Digest>> {
        Digest::of(self.staging, name)
    }

    fn is_staged(&self, name: &OsStr) -> io::Result<bool> {
        match self.staging.symlink_metadata(name) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The digest of what is at a path of the checkout.
    fn digest(&self, path: &str) -> io::Result<Option<Digest>> {
        match parent_of(self.root, path) {
            Ok((parent, name)) => Digest::of(&parent, name),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What was replaced or deleted: its name in the staging folder, and its digest.
    fn replaced(&self, staged: u32) -> io::Result<Option<(OsString, Digest)>> {
        for name in [replaced_name(staged), staged_name(staged)] {
            if let Some(digest) = self.staged_digest(&name)? {
                return Ok(Some((name, digest)));
            }
        }
        Ok(None)
    }

    fn take_back_creation(&self, path: &SmolStr, staged: u32, made: &Digest) -> io::Result<Undone> {
        let spare = staged_name(staged);
        if self.is_staged(&spare)? {
            return Ok(Undone::Whole);
        }
        match self.digest(path)? {
            None => return Ok(Undone::Whole),
            Some(found) if found != *made => return Ok(Undone::LeftAsSaved(path.clone())),
            Some(_) => {}
        }
        let (parent, name) = parent_of(self.root, path)?;
        rename_new((&parent, name), (self.staging, &spare))?;
        if self.staged_digest(&spare)?.as_ref() == Some(made) {
            return Ok(Undone::Whole);
        }
        // Saved just now.
        rename_new((self.staging, &spare), (&parent, name))?;
        Ok(Undone::LeftAsSaved(path.clone()))
    }

    fn take_back_replacement(
        &self,
        path: &SmolStr,
        staged: u32,
        before: &Digest,
        after: &Digest,
    ) -> io::Result<Undone> {
        let (spare, old) = (staged_name(staged), replaced_name(staged));
        if self.is_staged(&old)? {
            // What took its place goes where it came from; then the way is free.
            match self.take_back_creation(path, staged, after)? {
                Undone::Whole => {}
                left if self.staged_digest(&old)?.as_ref() == Some(before) => return Ok(left),
                _ => return Ok(Undone::Kept(path.clone(), staged)),
            }
            let (parent, name) = parent_of(self.root, path)?;
            return match rename_new((self.staging, &old), (&parent, name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    Ok(Undone::Kept(path.clone(), staged))
                }
                outcome => outcome.map(|()| Undone::Whole),
            };
        }
        let found = match self.staged_digest(&spare)? {
            // It was not exchanged, or exchanged back.
            Some(found) if found == *after => return Ok(Undone::Whole),
            None => return Ok(Undone::LeftAsSaved(path.clone())),
            Some(found) => found,
        };
        match self.digest(path)? {
            Some(now) if now == *after => {}
            Some(now) if now == found => return Ok(Undone::Whole),
            Some(_) if found == *before => return Ok(Undone::LeftAsSaved(path.clone())),
            // A save that the exchange caught.
            Some(_) => return Ok(Undone::Kept(path.clone(), staged)),
            None => return self.put_back(path, staged),
        }
        let (parent, name) = parent_of(self.root, path)?;
        exchange((&parent, name), (self.staging, &spare))?;
        if self.staged_digest(&spare)?.as_ref() == Some(after) {
            return Ok(Undone::Whole);
        }
        // Saved just now: that save counts.
        exchange((&parent, name), (self.staging, &spare))?;
        Ok(Undone::LeftAsSaved(path.clone()))
    }

    /// Puts something from the staging folder where it was.
    fn put_back(&self, path: &SmolStr, staged: u32) -> io::Result<Undone> {
        let spare = staged_name(staged);
        if !self.is_staged(&spare)? {
            return Ok(Undone::Whole);
        }
        let (parent, name) = match parent_of(self.root, path) {
            Ok(found) => found,
            Err(error) if is_missing(&error) => return Ok(Undone::Kept(path.clone(), staged)),
            Err(error) => return Err(error),
        };
        match rename_new((self.staging, &spare), (&parent, name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(Undone::Kept(path.clone(), staged))
            }
            outcome => outcome.map(|()| Undone::Whole),
        }
    }
}
