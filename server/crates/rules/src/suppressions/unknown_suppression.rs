//! `unknown-suppression`.

use edits::Fix;
use model::FileId;
use syntax::directive::Directive;

use crate::{FileRange, Finding, rule, rules};
use model::spelling::{did_you_mean, suggest};

rule! {
    /// A suppression comment names a rule that does not exist.
    ///
    /// ## Why
    /// It silences nothing, and nobody notices.
    ///
    /// ## How to fix it
    /// Correct the code; `image-scripts-ls explain` lists them all.
    code: "unknown-suppression",
    severity: Warning,
    group: Suppressions,
    checks: [],
    fix: yes,
}

/// Returns the findings on a file's own comments.
pub(super) fn check(id: FileId, directives: &[Directive]) -> Vec<Finding> {
    let codes = directives.iter().flat_map(|directive| &directive.codes);
    let unknown = codes.filter(|code| rule(&code.value).is_none());
    let finding = unknown.map(|code| {
        let names = suggest(&code.value, rules().map(|rule| rule.code));
        let message = format!("there is no rule `{}`{}", code.value, did_you_mean(&names));
        let fixes = names
            .iter()
            .map(|name| Fix::replace(format!("Change to `{name}`"), id, code.range, *name));
        Finding::new(&RULE, FileRange::new(id, code.range), message).fixes(fixes)
    });
    finding.collect()
}
