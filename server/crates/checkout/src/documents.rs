//! Documents that may name an image, beside the places that are always read.

use std::fs;
use std::path::Path;

use smol_str::SmolStr;

/// Returns the documents below `docs`: Markdown, reStructuredText and plain text.
pub fn documents(root: &Path) -> Vec<edits::Documentation> {
    let mut found = Vec::new();
    let mut pending = vec![(root.join("docs"), 0)];
    while let Some((folder, depth)) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let is_document = path
                .extension()
                .is_some_and(|e| e == "md" || e == "txt" || e == "rst");
            match kind {
                Ok(kind) if kind.is_dir() && depth < 6 => pending.push((path, depth + 1)),
                Ok(kind) if kind.is_file() && is_document => {
                    let relative = path.strip_prefix(root).ok().and_then(Path::to_str);
                    if let Some(relative) = relative
                        && let Ok(text) = crate::disk::read_text(root, relative)
                    {
                        found.push(edits::Documentation {
                            path: SmolStr::new(relative),
                            text,
                        });
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}
