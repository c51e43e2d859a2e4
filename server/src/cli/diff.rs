//! Changes as a patch that `git apply` takes.

use std::collections::BTreeMap;
use std::fmt::Write;

use similar::TextDiff;

use analysis::Snapshot;
use checkout::{EntryKind, RootDir, refused};
use edits::{Edit, text_after, texts_by_file};
use model::FileId;
use syntax::TextRange;

/// Size of the largest file, in bytes, that is shown in a patch.
const MAX_SIZE: u64 = 256 << 20;

/// The changes that edits would make to a checkout.
///
/// # Errors
/// When a file that is copied or deleted cannot be read.
pub(super) fn patch(snapshot: &Snapshot, edits: &[Edit]) -> Result<String, String> {
    let root = RootDir::open(&snapshot.root);
    let root = root.map_err(|error| format!("{}: {error}", snapshot.root.display()))?;
    let mut texts = texts_by_file(edits);
    let mut parts: Vec<(String, String)> = Vec::new();
    for edit in edits {
        match edit {
            Edit::Text { .. } => {}
            Edit::Create { path, text } => parts.push((path.to_string(), created(path, text))),
            Edit::Copy { from, to } => {
                for path in files_below(&root, from)? {
                    let rest = path.strip_prefix(from.as_str()).unwrap_or_default();
                    let to = format!("{to}{rest}");
                    let part = copied(&root, &path, &to)?;
                    parts.push((to, part));
                }
            }
            Edit::Symlink { path, points_to } => {
                parts.push((path.to_string(), linked(path, points_to)))
            }
            Edit::Rename { from, to } => {
                parts.extend(renamed(snapshot, &root, from, to, &mut texts)?);
            }
            Edit::Delete { path } | Edit::DeleteDirectory { path } | Edit::Unlink { path } => {
                parts.extend(deleted(&root, path)?);
            }
        }
    }
    for (id, edits) in texts {
        if let Some(file) = snapshot.tree.file(id) {
            let after = text_after(&file.text, &edits);
            let path = file.path.as_str();
            let body = hunks(
                &file.text,
                &after,
                &format!("a/{path}"),
                &format!("b/{path}"),
            );
            if !body.is_empty() {
                parts.push((
                    path.to_owned(),
                    format!("diff --git a/{path} b/{path}\n{body}"),
                ));
            }
        }
    }
    parts.sort();
    Ok(parts.into_iter().map(|(_, text)| text).collect())
}

/// The changed lines between two texts; nothing where there are none.
fn hunks(before: &str, after: &str, old: &str, new: &str) -> String {
    if before == after {
        return String::new();
    }
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(old, new)
        .to_string()
}

fn created(path: &str, text: &str) -> String {
    new_file(path, text, "100644")
}

fn new_file(path: &str, text: &str, mode: &str) -> String {
    let body = hunks("", text, "/dev/null", &format!("b/{path}"));
    format!("diff --git a/{path} b/{path}\nnew file mode {mode}\n{body}")
}

fn linked(path: &str, target: &str) -> String {
    new_file(path, target, "120000")
}

/// Content of something that is copied or deleted.
struct Content {
    bytes: Vec<u8>,
    mode: &'static str,
}

/// Reads a file as it is on the disk; of a link, where it leads to.
fn content_of(root: &RootDir, path: &str) -> Result<Content, String> {
    if let Ok(target) = root.link_target(path) {
        return Ok(Content {
            bytes: target.to_string_lossy().into_owned().into_bytes(),
            mode: "120000",
        });
    }
    let file = root.file(path).map_err(|error| refused(path, &error))?;
    let is_executable = file.mode & 0o100 != 0;
    let bytes = file.bytes(MAX_SIZE);
    Ok(Content {
        bytes: bytes.map_err(|error| format!("{path}: {error}"))?,
        mode: if is_executable { "100755" } else { "100644" },
    })
}

/// A copy: git writes it out as a new file, which needs no original to be applied to.
fn copied(root: &RootDir, from: &str, to: &str) -> Result<String, String> {
    let Content { bytes, mode } = content_of(root, from)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(new_file(to, text, mode)),
        Err(_) => Ok(format!(
            "diff --git a/{to} b/{to}\nnew file mode {mode}\nBinary files /dev/null and b/{to} differ\n"
        )),
    }
}

/// The files at and below a path of the disk, from the root of the checkout.
fn files_below(root: &RootDir, path: &str) -> Result<Vec<String>, String> {
    let kind = root.entry_kind(path);
    let kind = kind.map_err(|error| refused(path, &error))?;
    if kind != EntryKind::Directory {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    // Closed again before those below are opened.
    let entries = root.directory(path).and_then(|mut open| open.entries());
    for entry in entries.map_err(|error| refused(path, &error))? {
        let name = entry.name.to_string_lossy();
        found.extend(files_below(root, &format!("{path}/{name}"))?);
    }
    found.sort();
    Ok(found)
}

fn deleted(root: &RootDir, path: &str) -> Result<Vec<(String, String)>, String> {
    let mut parts = Vec::new();
    for path in files_below(root, path)? {
        let Content { bytes, mode } = content_of(root, &path)?;
        let text = String::from_utf8_lossy(&bytes);
        let body = hunks(&text, "", &format!("a/{path}"), "/dev/null");
        let part = format!("diff --git a/{path} b/{path}\ndeleted file mode {mode}\n{body}");
        parts.push((path, part));
    }
    Ok(parts)
}

/// A file that moves, with the changes in it on the way.
fn renamed(
    snapshot: &Snapshot,
    root: &RootDir,
    from: &str,
    to: &str,
    texts: &mut BTreeMap<FileId, Vec<(TextRange, &str)>>,
) -> Result<Vec<(String, String)>, String> {
    let mut parts = Vec::new();
    for path in files_below(root, from)? {
        let rest = path.strip_prefix(from).unwrap_or_default();
        let new = format!("{to}{rest}");
        let mut part = format!("diff --git a/{path} b/{new}\n");
        let id = snapshot.tree.id(&path);
        let edits = id.and_then(|id| texts.remove(&id));
        let body = match id.and_then(|id| snapshot.tree.file(id)).zip(edits) {
            Some((file, edits)) => hunks(
                &file.text,
                &text_after(&file.text, &edits),
                &format!("a/{path}"),
                &format!("b/{new}"),
            ),
            None => String::new(),
        };
        if body.is_empty() {
            part.push_str("similarity index 100%\n");
        }
        let _ = write!(part, "rename from {path}\nrename to {new}\n{body}");
        parts.push((path, part));
    }
    Ok(parts)
}
