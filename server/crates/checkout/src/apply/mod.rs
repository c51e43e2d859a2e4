//! Edits on the disk: all of them or none.
//!
//! Everything that can be known beforehand is checked before anything is written: that texts are
//! what they were when the edits were made, that new paths are free, that directories are none
//! reached through links. What fails halfway after that is taken back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

mod preconditions;

use smol_str::SmolStr;

use edits::{Edit, text_after, texts_by_file};
use model::{FileId, Tree};
use syntax::TextRange;

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

/// One step that was taken, and how to take it back.
enum Undo {
    /// A file, directory or link that was made.
    Made(PathBuf),
    /// A file that had another text, which is kept at the second path.
    Replaced(PathBuf, PathBuf),
    /// Something that was moved to the second path: renamed, or put aside to be deleted.
    Moved(PathBuf, PathBuf),
}

struct Applying<'r> {
    root: &'r Path,
    /// The folder for what is deleted or replaced, so that it can be put back.
    aside: PathBuf,
    undo: Vec<Undo>,
    count: usize,
}

/// Applies edits of a tree to the disk that it was read from.
///
/// # Errors
/// Says which file stands in the way, and what to do. Nothing is changed then.
pub fn apply(root: &Path, tree: &Tree, edits: &[Edit]) -> Result<Applied, String> {
    let texts = texts_by_file(edits);
    // One at a time: taking this change back would undo another one. Where nothing can be locked
    // there is the comparison of every text with what it was.
    let lock = fs::File::open(root);
    let _ = lock.as_ref().map(fs::File::lock);
    preconditions::check(root, tree, edits, &texts)?;
    let aside = root.join(format!(
        "{}.image-scripts-ls-{}",
        tree.layout.prefix(),
        std::process::id()
    ));
    let mut applying = Applying {
        root,
        aside,
        undo: Vec::new(),
        count: 0,
    };
    let result = applying.all(tree, edits, &texts);
    match result {
        Ok(()) => {
            // What was put aside was to be deleted.
            if applying.aside.exists() {
                fs::remove_dir_all(&applying.aside)
                    .map_err(|error| format!("{}: {error}", applying.aside.display()))?;
            }
            Ok(summary(tree, edits))
        }
        Err(message) => {
            applying.take_back();
            Err(format!("{message}; nothing was changed"))
        }
    }
}

type Texts<'e> = BTreeMap<FileId, Vec<(TextRange, &'e str)>>;

impl Applying<'_> {
    fn all(&mut self, tree: &Tree, edits: &[Edit], texts: &Texts<'_>) -> Result<(), String> {
        let failed = |path: &str, error: io::Error| format!("{path}: {error}");
        // Links that are made again come down first.
        for edit in edits {
            if let Edit::Unlink { path } = edit {
                self.put_aside(path).map_err(|e| failed(path, e))?;
            }
        }
        for edit in edits {
            match edit {
                Edit::Create { path, text } => self
                    .make(path, |full| write_new(full, text.as_bytes()))
                    .map_err(|e| failed(path, e))?,
                Edit::Copy { from, to } => {
                    let source = self.root.join(from.as_str());
                    self.make(to, |full| copy(&source, full))
                        .map_err(|e| failed(to, e))?;
                }
                _ => {}
            }
        }
        for (id, edits) in texts {
            let Some(file) = tree.file(*id) else { continue };
            let text = text_after(&file.text, edits);
            self.replace(&file.path, &file.text, &text)
                .map_err(|e| failed(&file.path, e))?;
        }
        for edit in edits {
            match edit {
                Edit::Rename { from, to } => {
                    let (a, b) = (self.root.join(from.as_str()), self.root.join(to.as_str()));
                    self.parents(&b).map_err(|e| failed(to, e))?;
                    fs::rename(&a, &b).map_err(|e| failed(to, e))?;
                    self.undo.push(Undo::Moved(a, b));
                }
                Edit::Delete { path } | Edit::DeleteDirectory { path } => {
                    self.put_aside(path).map_err(|e| failed(path, e))?;
                }
                _ => {}
            }
        }
        for edit in edits {
            if let Edit::Symlink { path, points_to } = edit {
                self.make(path, |full| symlink(points_to, full))
                    .map_err(|e| failed(path, e))?;
            }
        }
        Ok(())
    }

    /// Makes the directories on the way to a path.
    fn parents(&mut self, full: &Path) -> io::Result<()> {
        let missing: Vec<PathBuf> = full
            .ancestors()
            .skip(1)
            .take_while(|folder| !folder.exists())
            .map(Path::to_path_buf)
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(&folder)?;
            self.undo.push(Undo::Made(folder));
        }
        Ok(())
    }

    fn make(&mut self, path: &str, body: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let full = self.root.join(path);
        self.parents(&full)?;
        if full.symlink_metadata().is_ok() {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        // Before it is done: what is written in part has to go as well.
        self.undo.push(Undo::Made(full.clone()));
        body(&full)
    }

    /// A place for something that may have to be put back.
    fn spare(&mut self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.aside)?;
        self.count += 1;
        Ok(self.aside.join(self.count.to_string()))
    }

    fn put_aside(&mut self, path: &str) -> io::Result<()> {
        let full = self.root.join(path);
        let spare = self.spare()?;
        fs::rename(&full, &spare)?;
        self.undo.push(Undo::Moved(full, spare));
        Ok(())
    }

    /// Gives a file another text: it is written beside it and takes its place at once, with its
    /// permissions. A link to a file stays one.
    fn replace(&mut self, path: &str, before: &str, text: &str) -> io::Result<()> {
        let full = fs::canonicalize(self.root.join(path))?;
        let permissions = fs::metadata(&full)?.permissions();
        let old = self.spare()?;
        fs::copy(&full, &old)?;
        // It may have been saved since it was looked at.
        if fs::read(&old)? != before.as_bytes() {
            return Err(io::Error::other(
                "it has changed in the meantime: try again",
            ));
        }
        let new = self.spare()?;
        write_new(&new, text.as_bytes())?;
        fs::set_permissions(&new, permissions)?;
        fs::rename(&new, &full)?;
        self.undo.push(Undo::Replaced(full, old));
        Ok(())
    }

    /// Takes back what was done, newest first. What cannot be is left, and said.
    fn take_back(&mut self) {
        while let Some(step) = self.undo.pop() {
            let result = match &step {
                Undo::Made(path) => match path.symlink_metadata() {
                    // Nothing but what was made is in it.
                    Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
                    Ok(_) => fs::remove_file(path),
                    Err(_) => Ok(()),
                },
                Undo::Replaced(path, old) => fs::rename(old, path),
                Undo::Moved(from, to) => fs::rename(to, from),
            };
            if let (Err(error), Undo::Made(path) | Undo::Replaced(path, _) | Undo::Moved(path, _)) =
                (result, &step)
            {
                let _ = writeln!(
                    io::stderr(),
                    "image-scripts-ls: {}: cannot be put back: {error}",
                    path.display()
                );
                // What was put aside is all there is left of it.
                return;
            }
        }
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// Copies a file, or a directory with all that is in it, links as links.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_symlink() {
            let target = fs::read_link(&from)?;
            symlink(&target.to_string_lossy(), &to)?;
        } else {
            copy(&from, &to)?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    file.write_all(bytes)
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_target: &str, _path: &Path) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "symbolic links cannot be made on this system",
    ))
}

#[cfg(test)]
mod tests;
