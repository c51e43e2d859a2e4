//! Hover and signature help: what is said at the cursors of the checkouts in `hover/` and
//! `signature/`, and that nothing is said where it is another server's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![allow(missing_docs)]

mod support;

use std::path::Path;

use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use ide::{hover, signature};
use support::cursors;
use syntax::TextSize;

#[test]
fn hovers() {
    cursors::check("hover", |snapshot, file, offset| {
        let Some((range, text)) = hover::hover(&snapshot.view(), file, offset) else {
            return "nothing".to_owned();
        };
        let name = snapshot.tree.file(file).unwrap().slice(range);
        format!("[{name}]\n{text}")
    });
}

#[test]
fn signatures() {
    cursors::check("signature", |snapshot, file, offset| {
        let Some(found) = signature::signature(&snapshot.view(), file, offset) else {
            return "nothing".to_owned();
        };
        let mut out = found.label.clone();
        if let Some((start, end)) = found.active.and_then(|at| found.parameters.get(at)) {
            let marks = format!("{}{}", " ".repeat(*start), "^".repeat(end - start));
            out.push_str(&format!("\n{marks}"));
        }
        if let Some(text) = found.documentation {
            out.push_str(&format!("\n{text}"));
        }
        out
    });
}

fn checkout(name: &str) -> Snapshot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name);
    let root = checkout::find(&path).remove(0);
    checkout::read(&root, &Overlay::default(), Inputs::fixed(support::TODAY))
}

/// Whatever of the checkout has a name is spoken of, and where it stands; at no place does asking
/// fail.
#[test]
fn every_name_of_whole_checkouts() {
    for name in ["clean-2024", "clean-2026", "contribution", "pre-2023"] {
        let snapshot = checkout(name);
        let view = snapshot.view();
        let (mut said, mut other) = (0, Vec::new());
        for (id, file) in snapshot.tree.files() {
            for occurrence in ide::occurrences(&view, id) {
                let offset = occurrence.range.start();
                if let Some((range, text)) = hover::hover(&view, id, offset) {
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
                    signature::signature(&view, id, offset);
                }
            }
        }
        assert!(said > 300, "{name}: {said}");
        // Commands of the system, and what no image comes by.
        let ours = |s: &&String| !s.starts_with("Helper") && !s.starts_with("Variable");
        let unsaid: Vec<&String> = other.iter().filter(ours).collect();
        assert!(unsaid.len() < 12, "{name}: {unsaid:?}");
    }
}
