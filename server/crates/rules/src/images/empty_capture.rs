//! `empty-capture`.

use crate::{Context, FileRange, Finding};
use model::FileId;
use syntax::bash::{NameKind, Role, ScriptFacts, Slip, SlipKind};

rule! {
    /// A variable is set to the output of a command that prints nothing, and is used.
    ///
    /// ## Why
    /// `mkdir`, `cd`, `rm` and their like say nothing when they succeed: the variable is empty. Where
    /// it is a part of a path, the path is another one.
    ///
    /// ## How to fix it
    /// Call the command by itself, and give the variable the value that was meant.
    ///
    /// ## Example
    /// ```bash
    /// work=$(mkdir -p "$DOWNLOAD/work")
    /// tar -xf "$DOWNLOAD/root.tar" -C "$work"
    /// ```
    code: "empty-capture",
    severity: Information,
    confidence: Likely,
    group: Images,
    checks: [AnyScript(check)],
    fix: no,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_script(file) else {
        return;
    };
    let slips = facts.slips.iter();
    for slip in slips.filter(|slip| slip.kind == SlipKind::EmptyCapture) {
        out.extend(finding(cx, file, facts, slip));
    }
}

fn finding(cx: &Context<'_>, file: FileId, facts: &ScriptFacts, slip: &Slip) -> Option<Finding> {
    let command = &slip.name;
    // A helper may print something.
    if cx.model.helpers.contains_key(command) || facts.function(command).is_some() {
        return None;
    }
    let text = cx.tree.file(file)?;
    let variable = text.slice(slip.because);
    let next = facts.occurrences.iter().find(|occurrence| {
        occurrence.kind == NameKind::Variable
            && occurrence.range.start() >= slip.range.end()
            && text.slice(occurrence.range) == variable
    });
    let used = next.filter(|occurrence| occurrence.role == Role::Reference)?;
    let message = format!(
        "`{command}` prints nothing, so `{variable}` is empty where it is used: call `{command}` by itself, and set `{variable}` to what is meant"
    );
    Some(
        Finding::new(&RULE, FileRange::new(file, slip.range), message)
            .related(FileRange::new(file, used.range), "used here"),
    )
}
