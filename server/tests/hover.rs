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

use image_scripts_ls::features::{hover, signature};
use support::cursors;

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
