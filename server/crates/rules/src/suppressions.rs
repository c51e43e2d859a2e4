//! Suppression comments and settings: what they silence, and the rules on them.

use super::spelling::{did_you_mean, suggest};
use super::{Context, FileRange, Finding, Joined, RULES, rule};
use edits::{Edit, Fix, FixKind};
use model::FileId;
use syntax::TextRange;
use syntax::directive::{Directive, Scope};

rule! {
    /// A suppression comment names a rule that does not exist.
    ///
    /// ## Why
    /// It silences nothing, and nobody notices.
    ///
    /// ## How to fix it
    /// Correct the code; `image-scripts-ls explain` lists them all.
    UNKNOWN_SUPPRESSION, "unknown-suppression", Warning, Suppressions
}

rule! {
    /// A suppression comment silences nothing.
    ///
    /// ## Why
    /// What it was for has been mended, or moved. Left behind, it hides the next mistake.
    ///
    /// ## How to fix it
    /// Remove it, or the code that is not needed any more.
    UNUSED_SUPPRESSION, "unused-suppression", Warning, Suppressions
}

rule! {
    /// `.image-scripts.toml` has a key that does not exist, or a value of the wrong kind.
    ///
    /// ## Why
    /// The setting has no effect. What stands beside it still holds.
    ///
    /// ## How to fix it
    /// Correct the key or the value.
    UNKNOWN_SETTING, "unknown-setting", Warning, Suppressions
}

pub(super) fn unknown_setting(cx: &Context<'_>, _joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(file) = cx.settings_file else { return };
    for problem in &cx.settings.problems {
        out.push(Finding::new(
            &UNKNOWN_SETTING,
            FileRange::new(file, problem.range),
            problem.value.clone(),
        ));
    }
}

/// Whether a comment of the file silences a finding of that code at that place.
pub fn is_silenced(directives: &[Directive], code: &str, range: TextRange) -> bool {
    directives
        .iter()
        .any(|d| d.codes.iter().any(|c| c.value == code) && covers(d, range))
}

/// A comment speaks of a finding that begins on its line.
fn covers(directive: &Directive, range: TextRange) -> bool {
    match directive.scope {
        Scope::File => true,
        Scope::Line(line) => line.contains_inclusive(range.start()),
    }
}

/// What is left of a file's findings after its comments and the settings were heard, with
/// findings on the comments themselves; in the order of the text.
pub fn finalize(cx: &Context<'_>, id: FileId, raw: Vec<Finding>) -> Vec<Finding> {
    let Some(file) = cx.tree.file(id) else {
        return Vec::new();
    };
    let mut kept = Vec::with_capacity(raw.len());
    let mut used: Vec<Vec<bool>> = file
        .directives
        .iter()
        .map(|d| vec![false; d.codes.len()])
        .collect();
    for finding in raw {
        if !silences(&file.directives, &mut used, &finding) {
            kept.push(finding);
        }
    }
    on_comments(cx, id, &file.directives, used, &mut kept);
    kept.retain_mut(
        |finding| match cx.settings.severities.get(finding.rule.code) {
            Some(None) => false,
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
            None => !cx.disabled.contains(finding.rule.code),
        },
    );
    kept.sort_by_cached_key(|f| {
        let range = f.at.range;
        (
            range.start(),
            range.end(),
            f.rule.code,
            f.message.clone(),
            f.image.clone(),
        )
    });
    // Several images may say the same of an include that they read: it is about none of them.
    kept.dedup_by(|next, first| {
        let same = (next.rule, next.at, &next.message) == (first.rule, first.at, &first.message);
        if same && next.image != first.image {
            first.image = None;
            let here =
                |edit: &Edit| matches!(edit, Edit::Text { file, .. } if *file == first.at.file);
            first.fixes.retain(|fix| match &fix.kind {
                FixKind::Edits(edits) => edits.iter().all(here),
                _ => false,
            });
        }
        same
    });
    kept
}

fn on_comments(
    cx: &Context<'_>,
    id: FileId,
    directives: &[Directive],
    mut used: Vec<Vec<bool>>,
    out: &mut Vec<Finding>,
) {
    let mut found = Vec::new();
    for code in directives
        .iter()
        .flat_map(|d| &d.codes)
        .filter(|code| rule(&code.value).is_none())
    {
        let names = suggest(&code.value, RULES.iter().map(|(rule, _)| rule.code));
        let message = format!("there is no rule `{}`{}", code.value, did_you_mean(&names));
        let fixes = names
            .iter()
            .map(|n| Fix::replace(format!("Change to `{n}`"), id, code.range, *n));
        found.push(
            Finding::new(
                &UNKNOWN_SUPPRESSION,
                FileRange::new(id, code.range),
                message,
            )
            .fixes(fixes),
        );
    }
    let mut loud = |found: Vec<Finding>, used: &mut [Vec<bool>]| {
        out.extend(
            found
                .into_iter()
                .filter(|finding| !silences(directives, used, finding)),
        );
    };
    loud(found, &mut used);
    // Those that silence comments come last: only then is known what they had to silence.
    for on_comments in [false, true] {
        let mut found = Vec::new();
        for (directive, used) in directives.iter().zip(&used) {
            for (code, used) in directive.codes.iter().zip(used) {
                let is_on = rule(&code.value).is_some_and(|rule| cx.is_on(rule))
                    && code.value != "shell-syntax";
                if is_on && !used && (code.value == UNUSED_SUPPRESSION.code) == on_comments {
                    let message = format!("nothing here is silenced by `{}`", code.value);
                    found.push(Finding::new(
                        &UNUSED_SUPPRESSION,
                        FileRange::new(id, code.range),
                        message,
                    ));
                }
            }
        }
        loud(found, &mut used);
    }
}

/// Whether a comment silences a finding; it is used then.
fn silences(directives: &[Directive], used: &mut [Vec<bool>], finding: &Finding) -> bool {
    let range = finding.at.range;
    let mut silenced = false;
    for (directive, used) in directives.iter().zip(used) {
        for (code, used) in directive.codes.iter().zip(used) {
            if code.value == finding.rule.code && covers(directive, range) {
                *used = true;
                silenced = true;
            }
        }
    }
    silenced
}
