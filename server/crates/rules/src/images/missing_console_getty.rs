//! `missing-console-getty`.

use crate::{Context, FileRange, Finding};
use edits::{Edit, Fix, FixKind, source_include};
use model::view::Systemd;
use model::{FileId, Image};
use syntax::TextRange;
use syntax::bash::Step;

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

const HELPER: &str = "configure-systemd-console-getty";
const UNIT: &str = "console-getty";

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let Some(definers) = cx.model.helpers.get(HELPER) else {
        return;
    };
    let calls = |image: &Image| {
        let mut called = image.summary.called.iter();
        called.any(|(file, index)| {
            let function = cx.tree.script(*file);
            let function = function.and_then(|f| f.effects.functions.get(*index as usize));
            function.is_some_and(|function| function.name == HELPER)
        })
    };
    let images = cx.model.images.values();
    let new = images.filter_map(|image| match cx.systemd(image) {
        Systemd::WithoutV1(reason) => Some((&**image, reason)),
        _ => None,
    });
    let (callers, others): (Vec<_>, Vec<_>) = new.partition(|(image, _)| calls(image));
    if callers.len() < 2 {
        return;
    }
    for (image, reason) in others {
        let moves = image.identity.relver.known().is_none_or(|v| v.is_dated());
        let is_other = image.summary.init.is_systemd() == Some(false);
        if moves || is_other || image.summary.opaque || image.is_mistaken() {
            continue;
        }
        if has_own_unit(cx, image, definers) {
            continue;
        }
        out.extend(finding(cx, image, &reason, definers));
    }
}

/// Returns whether an image does something with the unit itself.
fn has_own_unit(cx: &Context<'_>, image: &Image, definers: &[FileId]) -> bool {
    let directory = cx.model.directories.get(&image.directory);
    let extras = directory
        .into_iter()
        .flat_map(|d| d.extras.iter().map(|(_, id)| *id));
    let files = image.summary.reach.iter().copied().chain(extras);
    files.filter(|id| !definers.contains(id)).any(|id| {
        cx.tree.script(id).is_none_or(|facts| {
            let names = facts.effects.services.iter();
            let mut units = facts.heredocs.iter().flat_map(|h| &h.container.units);
            names.clone().any(|name| name == UNIT) || units.any(|unit| unit.unit.starts_with(UNIT))
        })
    })
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
    Some(finding.fixes(call_it(cx, image, definers)))
}

/// Sources the include, unless that is done, and calls the helper before `run-configure`.
fn call_it(cx: &Context<'_>, image: &Image, definers: &[FileId]) -> Option<Fix> {
    let build = cx.model.directories.get(&image.directory)?.build?;
    let (file, facts) = (cx.tree.file(build)?, cx.tree.script(build)?);
    let run = facts
        .effects
        .body
        .iter()
        .rev()
        .find_map(|step| match step {
            Step::Call(call) if call.name == "run-configure" => Some(facts.range(call.span)),
            _ => None,
        })?;
    let line = file.lines().start(file.lines().line_of(run.start()))?;
    let before = TextRange::new(line, run.start());
    if !file.slice(before).trim().is_empty() {
        return None;
    }
    let end = if file.text.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let indent = file.slice(before);
    let call = format!("{indent}{HELPER}{end}");
    let text = |range: TextRange, new_text: String| Edit::Text {
        file: build,
        range,
        new_text,
    };
    let is_sourced = definers.iter().any(|id| image.summary.reach.contains(id));
    let source = match definers {
        _ if is_sourced => None,
        [definer] => {
            let name = cx.tree.file(*definer)?.path.rsplit('/').next()?;
            Some(source_include(cx.tree, build, line, name)?)
        }
        _ => return None,
    };
    let here = TextRange::empty(line);
    let edits = match source {
        Some((range, source)) if range == here => vec![text(here, source + &call)],
        Some((range, source)) => vec![text(range, source), text(here, call)],
        None => vec![text(here, call)],
    };
    Some(Fix::new(format!("Call `{HELPER}`"), FixKind::Edits(edits)))
}
