//! Everything that can be checked before anything is written.

use std::fs;
use std::path::Path;

use edits::Edit;
use model::Tree;
use smol_str::SmolStr;

use super::Texts;

/// Checks that everything is as the edits expect it.
///
/// # Errors
/// Names the path that is not, and says what to do.
pub(super) fn check(
    root: &Path,
    tree: &Tree,
    edits: &[Edit],
    texts: &Texts<'_>,
) -> Result<(), String> {
    for id in texts.keys() {
        let Some(file) = tree.file(*id) else {
            return Err("a file that was to be changed is gone: try again".to_owned());
        };
        let full = root.join(file.path.as_str());
        let now =
            fs::read(&full).map_err(|error| format!("{}: cannot be read: {error}", file.path))?;
        really_inside(root, &file.path, &full)?;
        if now != file.text.as_bytes() {
            return Err(format!(
                "{}: it has changed in the meantime: try again",
                file.path
            ));
        }
    }
    // A path that an edit gives up is free for a later one.
    let mut given_up: Vec<&SmolStr> = Vec::new();
    let inside = |path: &str| inside(root, path);
    let free = |path: &SmolStr, given_up: &[&SmolStr]| -> Result<(), String> {
        inside(path)?;
        let mut parents = Path::new(path.as_str()).ancestors().skip(1);
        let in_the_way = |folder: &&Path| {
            let kind = root.join(folder).metadata();
            kind.is_ok_and(|kind| !kind.is_dir())
        };
        if let Some(file) = parents.find(in_the_way) {
            return Err(format!(
                "{}: it exists already and is no directory: remove it or choose another name",
                file.display()
            ));
        }
        if !given_up.contains(&path) && root.join(path.as_str()).symlink_metadata().is_ok() {
            return Err(format!(
                "{path}: it exists already and is never overwritten: remove it or choose another name"
            ));
        }
        Ok(())
    };
    let kind = |path: &SmolStr| {
        root.join(path.as_str())
            .symlink_metadata()
            .map(|meta| meta.file_type())
            .map_err(|error| format!("{path}: {error}"))
    };
    let unlinked = edits.iter().filter_map(|edit| match edit {
        Edit::Unlink { path } => Some(path),
        _ => None,
    });
    given_up.extend(unlinked);
    for edit in edits {
        match edit {
            Edit::Text { .. } => {}
            Edit::Create { path, .. } | Edit::Symlink { path, .. } => free(path, &given_up)?,
            Edit::Copy { from, to } => {
                free(to, &given_up)?;
                kind(from)?;
            }
            Edit::Rename { from, to } => {
                inside(from)?;
                free(to, &given_up)?;
                kind(from)?;
            }
            Edit::Delete { path } => {
                inside(path)?;
                if kind(path)?.is_dir() {
                    return Err(format!("{path}: it is a directory, not a file"));
                }
            }
            Edit::DeleteDirectory { path } => {
                inside(path)?;
                if !kind(path)?.is_dir() {
                    return Err(format!("{path}: it is no directory"));
                }
            }
            Edit::Unlink { path } => {
                inside(path)?;
                if !kind(path)?.is_symlink() {
                    return Err(format!("{path}: it is no symbolic link"));
                }
            }
        }
    }
    Ok(())
}

/// Checks that a path is in the checkout: by its text, and by the links on the way.
fn inside(root: &Path, path: &str) -> Result<(), String> {
    let fine = !path.starts_with('/')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    if !fine {
        return Err(format!("{path}: it is not in the checkout"));
    }
    let full = root.join(path);
    let mut folders = full.ancestors().skip(1);
    match folders.find(|folder| folder.exists()) {
        Some(folder) => really_inside(root, path, folder),
        None => Ok(()),
    }
}

/// Checks that the file or folder at a path is in the checkout once links are followed.
fn really_inside(root: &Path, path: &str, full: &Path) -> Result<(), String> {
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| error.to_string());
    let (root, full) = (real(root)?, real(full).map_err(|e| format!("{path}: {e}"))?);
    if full.starts_with(&root) {
        Ok(())
    } else {
        Err(format!(
            "{path}: a link leads out of the checkout to {}: change that by hand",
            full.display()
        ))
    }
}
