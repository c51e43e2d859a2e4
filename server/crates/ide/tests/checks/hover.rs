//! Hover and signature help at the cursors of the checkouts in `hover/` and `signature/`, also
//! where there is nothing to show because a name is another server's.

use std::path::Path;

use container::BuildCache;
use fixture::{CHECKOUTS, Fixture, checkout, cursors, golden};
use model::FileId;
use model::view::View;
use syntax::{TextRange, TextSize};

pub(crate) fn hover(path: &Path) {
    cursors::check(path, |snapshot, file, offset| {
        let Some((range, text)) = hover_at(&snapshot.view(), file, offset) else {
            return "nothing".to_owned();
        };
        let name = snapshot.tree.file(file).unwrap().slice(range);
        format!("[{name}]\n{text}")
    });
}

fn hover_at(view: &View<'_>, file: FileId, offset: TextSize) -> Option<(TextRange, String)> {
    ide::hover::hover(view, &BuildCache::default(), file, offset)
}

/// What the hover of an image says of its container.
pub(crate) fn policies(path: &Path) {
    let read = |text: &str| Fixture::parse(path, text).snapshot(None);
    golden::check_commands(path, read, |snapshot, name| {
        let (view, cache) = (snapshot.view(), BuildCache::default());
        let image = view.model.images.get(name).unwrap();
        let section = ide::hover::policy_section(&view, image, &cache);
        section.unwrap_or_else(|| "nothing".to_owned()) + "\n"
    });
}

pub(crate) fn signature(path: &Path) {
    cursors::check(path, |snapshot, file, offset| {
        let Some(found) = ide::signature_help::signature_help(&snapshot.view(), file, offset)
        else {
            return "nothing".to_owned();
        };
        let mut out = found.label.clone();
        if let Some(range) = found.active.and_then(|at| found.parameters.get(at)) {
            let marks = format!("{}{}", " ".repeat(range.start), "^".repeat(range.len()));
            out.push_str(&format!("\n{marks}"));
        }
        if let Some(text) = found.documentation {
            out.push_str(&format!("\n{text}"));
        }
        out
    });
}

/// Every name of a checkout has a hover text, with its range, and a request at any offset succeeds.
pub(crate) fn every_name_of_whole_checkouts() {
    for name in CHECKOUTS {
        let snapshot = checkout(name);
        let view = snapshot.view();
        let (mut said, mut other) = (0, Vec::new());
        for (id, file) in snapshot.tree.files() {
            for occurrence in ide::occurrences(&view, id) {
                let offset = occurrence.range.start();
                if let Some((range, text)) = hover_at(&view, id, offset) {
                    assert!(range.contains_inclusive(offset), "{}", file.path);
                    assert!(!text.contains(['\u{1}', '\u{2}', '\u{3}']), "{text}");
                    said += 1;
                } else {
                    other.push(format!("{:?}", occurrence.symbol));
                }
            }
            for offset in (0..=file.text.len()).step_by(3) {
                if file.text.is_char_boundary(offset) {
                    let offset = TextSize::try_from(offset).unwrap();
                    ide::signature_help::signature_help(&view, id, offset);
                }
            }
        }
        assert!(said > 300, "{name}: {said}");
        // Commands of the system, and scripts that no image reads.
        let ours = |s: &&String| !s.starts_with("Helper") && !s.starts_with("Variable");
        let unsaid: Vec<&String> = other.iter().filter(ours).collect();
        assert!(unsaid.len() < 12, "{name}: {unsaid:?}");
    }
}
