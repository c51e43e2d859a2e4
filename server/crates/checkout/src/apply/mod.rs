//! Edits on the disk: all of them or none, also when the process or the machine stops in between.
//!
//! Everything that can be known beforehand is checked before anything is written: that texts are
//! what they were when the edits were made, that new paths are free, that nothing is reached
//! through a link out of the checkout. Then everything new is written into a [`staging`] folder,
//! with a [`journal`] of the steps that put it in its place. A change that fails is taken back; one
//! that was interrupted is taken back by [`recover`], when the next command begins.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

mod digest;
mod journal;
mod lock;
mod preconditions;
mod recovery;
mod rename;
mod signals;
mod staging;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use smol_str::SmolStr;

use edits::{Edit, text_after, texts_by_file};
use model::{FileId, Tree};
use syntax::TextRange;

use crate::reader::is_below;
use digest::Digest;
use journal::{Folders, Journal, JournalEntry, VERSION};
pub use recovery::{is_interrupted, recover};
use staging::{Closed, Found, Staging};

/// The paths that edits change, from the root of the checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// New files.
    pub created: Vec<SmolStr>,
    /// New symbolic links with their targets.
    pub symlinks: Vec<(SmolStr, SmolStr)>,
    /// Files that have another text.
    pub edited: Vec<SmolStr>,
    /// Files, directories and links with another path: the old one and the new one.
    pub renamed: Vec<(SmolStr, SmolStr)>,
    /// Files, directories and links that are gone.
    pub deleted: Vec<SmolStr>,
    /// A message, when everything was done but something is left that is of no use any more.
    pub leftover: Option<String>,
}

/// Returns the paths that edits change, without applying them.
pub fn summary(tree: &Tree, edits: &[Edit]) -> Applied {
    let mut summary = Applied::default();
    for edit in edits {
        match edit {
            Edit::Text { file, .. } => {
                if let Some(path) = tree.path(*file)
                    && !summary.edited.contains(path)
                {
                    summary.edited.push(path.clone());
                }
            }
            Edit::Create { path, .. } => summary.created.push(path.clone()),
            Edit::Copy { to, .. } => summary.created.push(to.clone()),
            Edit::Symlink { path, points_to } => {
                summary.symlinks.push((path.clone(), points_to.clone()));
            }
            Edit::Rename { from, to } => summary.renamed.push((from.clone(), to.clone())),
            Edit::Delete { path } | Edit::DeleteDirectory { path } | Edit::Unlink { path } => {
                summary.deleted.push(path.clone());
            }
        }
    }
    summary
}

type Texts<'e> = BTreeMap<FileId, Vec<(TextRange, &'e str)>>;

/// Applies edits of a tree to the disk that it was read from.
///
/// # Errors
/// Says which file stands in the way, and what to do. Nothing is changed then.
pub fn apply(root: &Path, tree: &Tree, edits: &[Edit]) -> Result<Applied, String> {
    let mut applied = summary(tree, edits);
    if edits.is_empty() {
        return Ok(applied);
    }
    let texts = texts_by_file(edits);
    let _signals = signals::defer();
    let _lock = lock::lock(root)?;
    let dir = open_root(root)?;
    for name in staging_names(&dir)? {
        // One that cannot be read is no better than one that is open.
        if !matches!(Staging::look(&dir, name.clone()), Ok(Found::Closed)) {
            return Err(format!(
                "{}: a change was interrupted: take it back first, with `image-scripts-ls check`",
                Path::new(&name).display()
            ));
        }
    }
    preconditions::check(&dir, tree, edits, &texts)?;
    let mut staging = Staging::new(&dir)
        .map_err(|error| format!("{}: cannot be written to: {error}", root.display()))?;
    let staged = Stager {
        root: &dir,
        staging: &mut staging,
        entries: Vec::new(),
    };
    let journal = match staged.all(tree, edits, &texts) {
        Ok(entries) => Journal {
            version: VERSION,
            entries,
        },
        Err(message) => {
            let _ = staging.remove();
            return Err(format!("{message}; nothing was changed"));
        }
    };
    let nothing = |staging: Staging<'_>, message: String| {
        let left = staging.abandon().err().map(|error| format!(": {error}"));
        format!("{message}; nothing was changed{}", left.unwrap_or_default())
    };
    if let Some(path) = recovery::foreign_path(&journal) {
        let message = format!("{path}: it is nothing that can be changed: change it by hand");
        return Err(nothing(staging, message));
    }
    if let Err(error) = staging.open_journal(&journal) {
        let message = format!("{}: {error}", staging.name());
        return Err(nothing(staging, message));
    }
    match make(&dir, &staging, &journal) {
        Ok(closed) => {
            let name = staging.name();
            let left = match closed {
                Closed::OnDisk => staging.remove().err(),
                Closed::InMemory(error) => Some(error),
            };
            applied.leftover = left.map(|error| {
                format!("{name}: the change was made, but this folder is left: {error}: run `image-scripts-ls check`, which removes it")
            });
            Ok(applied)
        }
        Err(message) => {
            let undone = recovery::take_back(&dir, staging, &journal).map_err(|error| {
                format!("{message}; it is not taken back whole yet: {error}: run `image-scripts-ls check`")
            })?;
            Err(match undone.as_slice() {
                [] => format!("{message}; nothing was changed"),
                left => format!("{message}; the change was taken back; {}", left.join("; ")),
            })
        }
    }
}

/// Opens the folder of a checkout, so that nothing outside is reached through it.
fn open_root(root: &Path) -> Result<Dir, String> {
    Dir::open_ambient_dir(root, ambient_authority())
        .map_err(|error| format!("{}: {error}", root.display()))
}

fn staging_names(root: &Dir) -> Result<Vec<std::ffi::OsString>, String> {
    Staging::names(root).map_err(|error| format!("the checkout cannot be read: {error}"))
}

/// Takes all steps of a journal, which is on the disk.
fn make(root: &Dir, staging: &Staging<'_>, journal: &Journal) -> Result<Closed, String> {
    let failed = |error: io::Error| format!("{}: {error}", staging.name());
    let folders = Folders {
        root,
        staging: &staging.dir,
    };
    let entries = || journal.entries.iter();
    let at = |entry: &JournalEntry, error: io::Error| {
        let path = entry.paths().last().map(SmolStr::as_str);
        format!("{}: {error}", path.unwrap_or_default())
    };
    for entry in entries() {
        entry.apply(&folders).map_err(|error| at(entry, error))?;
    }
    for entry in entries() {
        entry.check(&folders).map_err(|error| at(entry, error))?;
    }
    staging.close_journal(journal).map_err(failed)
}

/// Writes everything new into the staging folder, and lists the steps that put it in its place.
struct Stager<'s, 'r> {
    root: &'r Dir,
    staging: &'s mut Staging<'r>,
    entries: Vec<JournalEntry>,
}

impl Stager<'_, '_> {
    fn all(
        mut self,
        tree: &Tree,
        edits: &[Edit],
        texts: &Texts<'_>,
    ) -> Result<Vec<JournalEntry>, String> {
        let failed = |path: &str, error: io::Error| format!("{path}: {error}");
        // What is in a directory that goes, goes with it.
        let goes_whole = |path: &str| {
            edits.iter().any(|edit| match edit {
                Edit::DeleteDirectory { path: whole } => is_below(path, whole),
                _ => false,
            })
        };
        // Links that are made again come down first.
        for edit in edits {
            if let Edit::Unlink { path } = edit {
                self.delete(path).map_err(|e| failed(path, e))?;
            }
        }
        for edit in edits {
            match edit {
                Edit::Create { path, text } => {
                    let staged = self.staging.write(text.as_bytes());
                    self.create(path, staged).map_err(|e| failed(path, e))?;
                }
                Edit::Copy { from, to } => {
                    let from = self.real(from).map_err(|e| failed(from, e))?;
                    let staged = self.staging.copy(&from);
                    self.create(to, staged).map_err(|e| failed(to, e))?;
                }
                _ => {}
            }
        }
        for (id, edits) in texts {
            let Some(file) = tree.file(*id).filter(|file| !goes_whole(&file.path)) else {
                continue;
            };
            let text = text_after(&file.text, edits);
            self.replace(&file.path, &file.text, &text)
                .map_err(|e| failed(&file.path, e))?;
        }
        for edit in edits {
            match edit {
                Edit::Rename { from, to } => self.rename(from, to).map_err(|e| failed(to, e))?,
                Edit::Delete { path } | Edit::DeleteDirectory { path } if !goes_whole(path) => {
                    self.delete(path).map_err(|e| failed(path, e))?;
                }
                _ => {}
            }
        }
        for edit in edits {
            if let Edit::Symlink { path, points_to } = edit {
                let staged = self.staging.symlink(points_to);
                self.create(path, staged).map_err(|e| failed(path, e))?;
            }
        }
        Ok(self.entries)
    }

    /// Returns a path without links on the way to it.
    fn real(&self, path: &str) -> io::Result<SmolStr> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let existing = Path::new(parent)
            .ancestors()
            .find(|folder| *folder == Path::new("") || self.root.is_dir(folder));
        let existing = existing.and_then(Path::to_str).unwrap_or_default();
        if existing.is_empty() {
            return Ok(SmolStr::new(path));
        }
        let real = self.root.canonicalize(existing)?;
        let real = real.to_str().unwrap_or(existing);
        let rest = parent.get(existing.len()..).unwrap_or_default();
        Ok(format!("{real}{rest}/{name}").into())
    }

    /// Makes the directories on the way to a path.
    fn parents(&mut self, path: &str) {
        let mut missing: Vec<SmolStr> = Path::new(path)
            .ancestors()
            .skip(1)
            .filter(|folder| *folder != Path::new(""))
            .take_while(|folder| self.root.symlink_metadata(folder).is_err())
            .filter_map(|folder| folder.to_str().map(SmolStr::new))
            .collect();
        missing.reverse();
        for path in missing {
            let entry = JournalEntry::MakeDirectory { path };
            if !self.entries.contains(&entry) {
                self.entries.push(entry);
            }
        }
    }

    fn create(&mut self, path: &str, staged: io::Result<u32>) -> io::Result<()> {
        let (path, staged) = (self.real(path)?, staged?);
        self.parents(&path);
        let digest = self.staging.digest(staged)?;
        self.entries.push(JournalEntry::Create {
            path,
            staged,
            digest,
        });
        Ok(())
    }

    /// Gives a file another text. A link to a file stays one.
    fn replace(&mut self, path: &str, before: &str, text: &str) -> io::Result<()> {
        let real = self.root.canonicalize(path)?;
        let real = real.to_str().unwrap_or(path);
        let staged = self.staging.write_like(real, text.as_bytes())?;
        self.entries.push(JournalEntry::Replace {
            path: SmolStr::new(real),
            staged,
            before: Digest::of_file(before.as_bytes()),
            after: Digest::of_file(text.as_bytes()),
        });
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.real(from)?, self.real(to)?);
        self.parents(&to);
        self.entries.push(JournalEntry::Rename { from, to });
        Ok(())
    }

    fn delete(&mut self, path: &str) -> io::Result<()> {
        let path = self.real(path)?;
        let (parent, name) = rename::parent_of(self.root, &path)?;
        let digest = Digest::of(&parent, name)?;
        self.entries.push(JournalEntry::Delete {
            digest: digest.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?,
            staged: self.staging.next(),
            path,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
