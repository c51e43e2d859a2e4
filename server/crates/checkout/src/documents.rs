//! Documents that may name an image, beside the places that are always read.

use std::path::Path;

use smol_str::{SmolStr, format_smolstr};

use super::beneath::{EntryKind, OpenError, RootDir};
use super::text::{read_text, refused, text_of};
use edits::{Documentation, Refusal};

/// The directory that they are in.
const DIRECTORY: &str = "docs";

/// Levels of directories below it that are read.
const MAX_DEPTH: usize = 6;

/// Returns the files of some paths, those that can be read.
pub fn documents_at(root: &Path, paths: &[SmolStr]) -> Vec<Documentation> {
    let found = paths.iter().filter_map(|path| {
        let text = read_text(root, path).ok()?;
        let path = path.clone();
        Some(Documentation { path, text })
    });
    found.collect()
}

/// Returns the documents below `docs`: Markdown, reStructuredText and plain text.
///
/// # Errors
/// When something there is no part of the checkout, or nothing that a checkout has.
pub fn documents(root: &Path) -> Result<Vec<Documentation>, Refusal> {
    let mut found = Vec::new();
    let refused = |path: &str, error: &OpenError| Refusal(refused(path, error));
    let root = RootDir::open(root).map_err(|error| refused("", &error.into()))?;
    let mut pending = vec![(SmolStr::new_static(DIRECTORY), 0)];
    while let Some((folder, depth)) = pending.pop() {
        let mut open = match root.directory(&folder) {
            Ok(open) => open,
            Err(OpenError::Io(_)) => continue,
            Err(error) => return Err(refused(&folder, &error)),
        };
        let entries = match open.entries() {
            Ok(entries) => entries,
            Err(OpenError::Io(_)) => continue,
            Err(error) => return Err(refused(&folder, &error)),
        };
        for entry in entries {
            let Ok(name) = entry.name.to_str() else {
                continue;
            };
            let path = format_smolstr!("{folder}/{name}");
            match entry.kind {
                EntryKind::Directory if depth < MAX_DEPTH => pending.push((path, depth + 1)),
                EntryKind::File if is_document(name) => {
                    if let Ok(text) = text_of(&path, open.file(&entry)) {
                        found.push(Documentation { path, text });
                    }
                }
                kind if kind.is_special() && is_document(name) => {
                    return Err(refused(&path, &OpenError::Unfit(kind)));
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn is_document(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e == "md" || e == "txt" || e == "rst")
}
