//! Changes as a patch that `git apply` takes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use similar::TextDiff;
use similar::udiff::UnifiedHunkHeader;

use analysis::Snapshot;
use checkout::{EntryKind, RootDir, refused};
use edits::{Edit, text_after, texts_by_file};
use model::FileId;
use syntax::TextRange;
use syntax::escape::hidden;

/// Lines around a change.
const CONTEXT: usize = 3;

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
                    format!("diff --git {}\n{body}", sides(path, path)),
                ));
            }
        }
    }
    parts.sort();
    Ok(parts.into_iter().map(|(_, text)| text).collect())
}

/// The changed lines between two texts; nothing where there are none. A line ends with `\n` and
/// nothing else, as for git.
fn hunks(before: &str, after: &str, old: &str, new: &str) -> String {
    if before == after {
        return String::new();
    }
    let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (before, after) = (lines(before), lines(after));
    let diff = TextDiff::configure().diff_slices(&before, &after);
    let mut out = format!("--- {}\n+++ {}\n", header(old), header(new));
    for group in diff.grouped_ops(CONTEXT) {
        let _ = writeln!(out, "{}", UnifiedHunkHeader::new(&group));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value();
            let _ = write!(out, "{}{line}", change.tag());
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// Returns a name as a line of its own has it: after one with blanks, git and patch want a tab.
fn header(path: &str) -> String {
    let end = if path.contains(' ') { "\t" } else { "" };
    format!("{}{end}", quoted(path))
}

/// Returns the names on both sides of a file's change.
fn sides(old: &str, new: &str) -> String {
    let (old, new) = (format!("a/{old}"), format!("b/{new}"));
    format!("{} {}", quoted(&old), quoted(&new))
}

/// Returns a path as git writes it: in quotes with escapes where it could be misread.
fn quoted(path: &str) -> Cow<'_, str> {
    let hidden: Vec<usize> = hidden(path).map(|(at, _)| at).collect();
    if hidden.is_empty() && !path.contains(['"', '\\']) {
        return Cow::Borrowed(path);
    }
    let mut out = "\"".to_owned();
    for (at, c) in path.char_indices() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if hidden.contains(&at) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    Cow::Owned(out)
}

fn created(path: &str, text: &str) -> String {
    new_file(path, text, "100644")
}

fn new_file(path: &str, text: &str, mode: &str) -> String {
    let body = hunks("", text, "/dev/null", &format!("b/{path}"));
    let sides = sides(path, path);
    format!("diff --git {sides}\nnew file mode {mode}\n{body}")
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
            "diff --git {}\nnew file mode {mode}\nBinary files /dev/null and {} differ\n",
            sides(to, to),
            quoted(&format!("b/{to}"))
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
        let sides = sides(&path, &path);
        let part = format!("diff --git {sides}\ndeleted file mode {mode}\n{body}");
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
        let mut part = format!("diff --git {}\n", sides(&path, &new));
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
        let _ = write!(
            part,
            "rename from {}\nrename to {}\n{body}",
            quoted(&path),
            quoted(&new)
        );
        parts.push((path, part));
    }
    Ok(parts)
}
