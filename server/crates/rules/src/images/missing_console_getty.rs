//! `missing-console-getty`.

use crate::{Context, FileRange, Finding};
use edits::{Fix, FixKind, console_getty_call};
use model::console_getty::{self, HELPER};
use model::{FileId, Image};

rule! {
    /// The image ships systemd 258 or newer and does not call `configure-systemd-console-getty`,
    /// which two or more other images of such a systemd call.
    ///
    /// ## Why
    /// From systemd 258 on, the console of a container stays without a login unless the unit
    /// `console-getty.service` is set up, which is what the helper does. An image that was copied
    /// from an older release lacks the call.
    ///
    /// ## When it is silent
    /// For releases that move, for an image that masks or overrides the unit itself, and in
    /// checkouts without the helper.
    ///
    /// ## How to fix it
    /// Source the include and call the helper before `run-configure`.
    code: "missing-console-getty",
    severity: Warning,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let definers = console_getty::definers(cx.model);
    if definers.is_empty() {
        return;
    }
    let in_need = console_getty::in_need(cx);
    let (callers, others): (Vec<_>, Vec<_>) =
        in_need.partition(|(image, _)| console_getty::calls_it(cx.tree, image));
    if callers.len() < 2 {
        return;
    }
    for (image, reason) in others {
        if console_getty::lacks_it(cx.tree, cx.model, image) {
            out.extend(finding(cx, image, &reason, definers));
        }
    }
}

fn finding(cx: &Context<'_>, image: &Image, reason: &str, definers: &[FileId]) -> Option<Finding> {
    let reason = reason.split(", which").next().unwrap_or(reason);
    let message = format!(
        "`{}` never calls `{HELPER}`, as other images of such a systemd do: call it before `run-configure` ({reason})",
        image.name
    );
    let anchor = cx.first_line_of(image)?;
    let mut finding = Finding::new(&RULE, anchor, message).image(&image.name);
    for definer in definers {
        let facts = cx.tree.script(*definer)?;
        if let Some(helper) = facts.function(HELPER) {
            let range = facts.range(helper.name_span);
            finding = finding.related(FileRange::new(*definer, range), "the helper");
        }
    }
    Some(finding.fixes(call_it(cx, image)))
}

/// Sources the include, unless that is done, and calls the helper before `run-configure`.
fn call_it(cx: &Context<'_>, image: &Image) -> Option<Fix> {
    let edits = console_getty_call(cx.tree, cx.model, image)?;
    Some(Fix::new(format!("Call `{HELPER}`"), FixKind::Edits(edits)))
}
