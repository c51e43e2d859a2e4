//! `missing-builder`.

use crate::{Context, Finding};
use edits::Fix;
use syntax::TextRange;

rule! {
    /// `config.sh` never sets `BUILDER`.
    ///
    /// ## Why
    /// `BUILDER` names the container that the image is built in. Without it the build stops before
    /// it starts.
    ///
    /// ## How to fix it
    /// Set `BUILDER=`, most likely to what the predecessor uses.
    code: "missing-builder",
    severity: Error,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for image in cx.model.images.values() {
        if !image.identity.builder.known().is_some_and(|b| b.is_empty()) {
            continue;
        }
        let Some(config) = cx
            .model
            .directories
            .get(&image.directory)
            .and_then(|d| d.config)
        else {
            continue;
        };
        // A byte order mark is a part of the first word.
        if super::wrong_line_ending::has_wrong_ends(cx, config) {
            continue;
        }
        let Some(anchor) = cx.first_line_of(image) else {
            continue;
        };
        let mut finding =
            Finding::new(&RULE, anchor, "`config.sh` never sets BUILDER").image(&image.name);
        let predecessor = cx.model.predecessor(image);
        let builder = predecessor
            .and_then(|p| p.identity.builder.fixed())
            .filter(|b| !b.is_empty());
        if let Some(builder) = builder {
            let title = format!(
                "Set BUILDER to `{builder}`, as `{}` does",
                predecessor.map_or("", |p| &p.name)
            );
            let start = TextRange::default();
            // Set to nothing: what is there is replaced, it would win.
            let fix = match image.identity.builder_range {
                Some(range) => Fix::replace(title, config, range, builder),
                None => Fix::replace(title, config, start, format!("BUILDER={builder}\n")),
            };
            finding = finding.fix(fix);
        }
        out.push(finding);
    }
}
