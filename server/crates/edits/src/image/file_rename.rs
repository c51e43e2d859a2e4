//! Edits that follow when somebody else renames a file or directory: an image, include or builder.

use super::rename::rename;
use super::script::{assign, path_offsets, range_at};
use crate::draft::Draft;
use crate::{Edit, Refusal};
use model::FileId;
use model::view::View;

/// Returns the edits that are needed when a file or directory of the checkout gets another path,
/// without the renaming itself; `None` where it is not one that others name.
///
/// # Errors
/// When an image cannot have the new name.
pub fn file_renamed(view: &View<'_>, from: &str, to: &str) -> Option<Result<Vec<Edit>, Refusal>> {
    let prefix = view.tree.layout.prefix();
    let (from, to) = (from.strip_prefix(prefix)?, to.strip_prefix(prefix)?);
    let (from_kind, from_name) = from.split_once('/')?;
    let (to_kind, to_name) = to.split_once('/')?;
    if from_kind != to_kind || from_name.contains('/') || to_name.contains('/') {
        return None;
    }
    match from_kind {
        "images" => {
            view.model.images.get(from_name)?;
            Some(rename(view, from_name, to_name).map(|change| {
                let is_text = |edit: &Edit| matches!(edit, Edit::Text { .. });
                change.edits.into_iter().filter(is_text).collect()
            }))
        }
        "include" => Some(Ok(include_renamed(view, from_name, to_name))),
        "builders" => {
            view.model.builders.get(from_name)?;
            Some(Ok(builder_renamed(view, from_name, to_name)))
        }
        _ => None,
    }
}

fn include_renamed(view: &View<'_>, from: &str, to: &str) -> Vec<Edit> {
    const PREFIXES: [&str; 5] = [
        "$INCLUDE",
        "${INCLUDE}",
        "\"$INCLUDE\"",
        "\"${INCLUDE}\"",
        "include",
    ];
    let mut draft = Draft::new(*view);
    for (id, file) in view.tree.files() {
        if file.script().is_none() {
            continue;
        }
        let needle = format!("/{from}");
        for at in path_offsets(&file.text, &needle) {
            let before = file.text.get(..at).unwrap_or_default();
            let after = file.text.get(at + needle.len()..).unwrap_or_default();
            let ends =
                !after.starts_with(|c: char| c.is_ascii_alphanumeric() || "._-/".contains(c));
            if ends && PREFIXES.iter().any(|prefix| before.ends_with(prefix)) {
                draft.replace(id, range_at(at + 1, from.len()), to);
            }
        }
    }
    draft.finish()
}

fn builder_renamed(view: &View<'_>, from: &str, to: &str) -> Vec<Edit> {
    let mut draft = Draft::new(*view);
    let mut seen: Vec<FileId> = Vec::new();
    for image in view.model.images.values() {
        let directory = view.model.directories.get(&image.directory);
        let config = directory.and_then(|d| d.config);
        if let Some(config) = config.filter(|id| !seen.contains(id)) {
            assign(&mut draft, config, "BUILDER", from, to);
            seen.push(config);
        }
    }
    draft.finish()
}
