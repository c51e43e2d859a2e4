//! `unreachable-configure`.

use crate::{Context, Finding};
use edits::Fix;
use model::Directory;
use syntax::{TextRange, TextSize};

rule! {
    /// Something is appended to the container's script, and no `run-configure` follows.
    ///
    /// ## Why
    /// `configure-append` and the helpers that use it only collect text. `run-configure` runs it
    /// inside the new root and deletes it; what is appended after the last one is never run.
    ///
    /// ## How to fix it
    /// Call `run-configure` after it.
    code: "unreachable-configure",
    severity: Warning,
    group: Images,
    checks: [Directory(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    for image in cx.images_of(directory) {
        let Some(place) = image
            .summary
            .pending_append
            .filter(|_| !image.summary.opaque)
        else {
            continue;
        };
        let Some(build) = directory.build else {
            continue;
        };
        let anchor = place.file_range(cx.tree);
        let message = "what is appended here never runs: no `run-configure` follows";
        let mut finding = Finding::new(&RULE, anchor, message).image(&image.name);
        if let Some(file) = cx.tree.file(build) {
            let newline = if file.text.ends_with('\n') { "" } else { "\n" };
            let end = TextRange::empty(TextSize::of(&*file.text));
            let text = format!("{newline}\nrun-configure\n");
            finding = finding.fix(Fix::replace(
                "Insert `run-configure` at the end",
                build,
                end,
                text,
            ));
        }
        out.push(finding);
    }
}
