//! Everything that can be checked before anything is written.

use std::io::{self, Read};
use std::path::Path;

use cap_std::fs::Dir;
use edits::Edit;
use model::{FileKind, Tree};
use smol_str::SmolStr;

use super::digest::open_regular;
use super::rename::parent_of;
use super::{Texts, is_below};

/// Checks that everything is as the edits expect it.
///
/// # Errors
/// Names the path that is not, and says what to do.
pub(super) fn check(
    root: &Dir,
    tree: &Tree,
    edits: &[Edit],
    texts: &Texts<'_>,
) -> Result<(), String> {
    for id in texts.keys() {
        let Some(file) = tree.file(*id) else {
            return Err("a file that was to be changed is gone: try again".to_owned());
        };
        unchanged(root, &file.path, &file.text)?;
    }
    let check = Checking { root, tree };
    // A path that an edit gives up is free for a later one.
    let unlinked = edits.iter().filter_map(|edit| match edit {
        Edit::Unlink { path } => Some(path),
        _ => None,
    });
    let given_up: Vec<&SmolStr> = unlinked.collect();
    for edit in edits {
        match edit {
            Edit::Text { .. } => {}
            Edit::Create { path, .. } | Edit::Symlink { path, .. } => {
                check.free(path, &given_up)?;
            }
            Edit::Copy { from, to } => {
                check.free(to, &given_up)?;
                check.inside(from)?;
                check.kind(from)?;
            }
            Edit::Rename { from, to } => {
                check.inside(from)?;
                check.free(to, &given_up)?;
                check.kind(from)?;
            }
            Edit::Delete { path } => {
                check.inside(path)?;
                if check.kind(path)?.is_dir() {
                    return Err(format!("{path}: it is a directory, not a file"));
                }
                check.unchanged_below(path)?;
            }
            Edit::DeleteDirectory { path } => {
                check.inside(path)?;
                if !check.kind(path)?.is_dir() {
                    return Err(format!("{path}: it is no directory"));
                }
                check.unchanged_below(path)?;
            }
            Edit::Unlink { path } => {
                check.inside(path)?;
                if !check.kind(path)?.is_symlink() {
                    return Err(format!("{path}: it is no symbolic link"));
                }
            }
        }
    }
    Ok(())
}

struct Checking<'c> {
    root: &'c Dir,
    tree: &'c Tree,
}

impl Checking<'_> {
    /// Checks that nothing is at a path, and that something can be made there.
    fn free(&self, path: &SmolStr, given_up: &[&SmolStr]) -> Result<(), String> {
        self.inside(path)?;
        let mut parents = Path::new(path.as_str()).ancestors().skip(1);
        let in_the_way = |folder: &&Path| {
            let kind = self.root.metadata(folder);
            kind.is_ok_and(|kind| !kind.is_dir())
        };
        if let Some(file) = parents.find(in_the_way) {
            return Err(format!(
                "{}: it exists already and is no directory: remove it or choose another name",
                file.display()
            ));
        }
        if !given_up.contains(&path) && self.root.symlink_metadata(path.as_str()).is_ok() {
            return Err(format!(
                "{path}: it exists already and is never overwritten: remove it or choose another name"
            ));
        }
        Ok(())
    }

    fn kind(&self, path: &SmolStr) -> Result<cap_std::fs::FileType, String> {
        self.root
            .symlink_metadata(path.as_str())
            .map(|meta| meta.file_type())
            .map_err(|error| format!("{path}: {error}"))
    }

    /// Checks that a path is in the checkout: by its text, and by the links on the way.
    fn inside(&self, path: &str) -> Result<(), String> {
        if !is_path_inside(path) {
            return Err(format!("{path}: it is not in the checkout"));
        }
        let parents = Path::new(path).ancestors().skip(1);
        for folder in parents.filter(|folder| *folder != Path::new("")) {
            match self.root.canonicalize(folder) {
                Ok(_) => return Ok(()),
                Err(error) => refuse_outside(path, &error)?,
            }
        }
        Ok(())
    }

    /// Checks that the files at and below a path, which goes, are what was read.
    fn unchanged_below(&self, path: &str) -> Result<(), String> {
        for (_, file) in self.tree.files() {
            let goes = file.path == path || is_below(&file.path, path);
            if goes && file.kind != FileKind::Other {
                unchanged(self.root, &file.path, &file.text)?;
            }
        }
        Ok(())
    }
}

/// Checks that a file has the text that was read.
fn unchanged(root: &Dir, path: &str, text: &str) -> Result<(), String> {
    let read = || -> io::Result<Vec<u8>> {
        let real = root.canonicalize(path)?;
        let (parent, name) = parent_of(root, real.to_str().unwrap_or(path))?;
        let mut content = Vec::new();
        open_regular(&parent, name)?.read_to_end(&mut content)?;
        Ok(content)
    };
    match read() {
        Err(error) => {
            refuse_outside(path, &error)?;
            Err(format!("{path}: cannot be read: {error}"))
        }
        Ok(now) if now != text.as_bytes() => {
            Err(format!("{path}: it has changed in the meantime: try again"))
        }
        Ok(_) => Ok(()),
    }
}

/// Returns whether a path from the root stays in it, by its text.
pub(super) fn is_path_inside(path: &str) -> bool {
    !path.starts_with('/')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

/// Explains the error that a path which leads out of the checkout has.
fn refuse_outside(path: &str, error: &io::Error) -> Result<(), String> {
    // What does not exist, or may not be entered, has an error of its own.
    let is_outside =
        error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
    match is_outside {
        true => Err(format!(
            "{path}: a link leads out of the checkout: change that by hand"
        )),
        false => Ok(()),
    }
}
