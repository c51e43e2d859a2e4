//! `unknown-setting`.

use crate::{Context, FileRange, Finding, Joined};

rule! {
    /// `.image-scripts.toml` has a key that does not exist, or a value of the wrong kind.
    ///
    /// ## Why
    /// The setting has no effect. What stands beside it still holds.
    ///
    /// ## How to fix it
    /// Correct the key or the value.
    code: "unknown-setting",
    severity: Warning,
    group: Suppressions,
    checks: [Repository(check)],
    fix: no,
}

fn check(cx: &Context<'_>, _joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(file) = cx.settings_file else { return };
    for problem in &cx.settings.problems {
        let at = FileRange::new(file, problem.range);
        out.push(Finding::new(&RULE, at, problem.value.clone()));
    }
}
