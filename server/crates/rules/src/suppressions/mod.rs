//! Suppression comments: what they silence, and the rules on them and on the settings.

mod unknown_setting;
mod unknown_suppression;
mod unused_suppression;

use edits::{Edit, FixKind};
use model::FileId;
use syntax::TextRange;
use syntax::directive::{Covers, Directive};

use crate::images::shell_syntax;
use crate::{Context, Finding, Rule, rule};

/// The rules of this group, in the order of `explain`.
pub(super) static RULES: &[&Rule] = &[
    &unknown_suppression::RULE,
    &unused_suppression::RULE,
    &unknown_setting::RULE,
];

/// Returns whether a comment of the file silences a finding of that code at that range.
pub fn is_silenced(directives: &[Directive], code: &str, range: TextRange) -> bool {
    directives
        .iter()
        .any(|d| d.codes.iter().any(|c| c.value == code) && covers(d, range))
}

/// A line's comment silences a finding that begins on that line.
fn covers(directive: &Directive, range: TextRange) -> bool {
    match directive.covers {
        Covers::File => true,
        Covers::Line(line) => line.contains_inclusive(range.start()),
    }
}

/// Returns what remains of a file's findings once its comments and the settings are applied, with
/// the findings on the comments themselves; in the order of the text.
pub fn apply_suppressions(cx: &Context<'_>, id: FileId, found: Vec<Finding>) -> Vec<Finding> {
    let Some(file) = cx.tree.file(id) else {
        return Vec::new();
    };
    let mut suppressions = Suppressions::new(&file.directives);
    let mut kept = suppressions.silence(found);
    suppressions.check(cx, id, &mut kept);
    apply_severities(cx, &mut kept);
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
    merge_images(&mut kept);
    kept
}

/// The suppression comments of one file, and which of their codes have silenced something.
struct Suppressions<'d> {
    directives: &'d [Directive],
    used: Vec<Vec<bool>>,
}

impl<'d> Suppressions<'d> {
    fn new(directives: &'d [Directive]) -> Suppressions<'d> {
        Suppressions {
            directives,
            used: directives
                .iter()
                .map(|d| vec![false; d.codes.len()])
                .collect(),
        }
    }

    /// Drops the findings that are silenced.
    fn silence(&mut self, mut found: Vec<Finding>) -> Vec<Finding> {
        found.retain(|finding| !self.silences(finding));
        found
    }

    /// Returns whether a comment silences a finding, and marks that comment as used.
    fn silences(&mut self, finding: &Finding) -> bool {
        let mut silenced = false;
        for (directive, used) in self.directives.iter().zip(&mut self.used) {
            for (code, used) in directive.codes.iter().zip(used) {
                if code.value == finding.rule.code && covers(directive, finding.at.range) {
                    *used = true;
                    silenced = true;
                }
            }
        }
        silenced
    }

    /// Runs the rules on the comments themselves.
    fn check(&mut self, cx: &Context<'_>, id: FileId, out: &mut Vec<Finding>) {
        out.extend(self.silence(unknown_suppression::check(id, self.directives)));
        // Comments that silence findings on comments come last: only then is it known what they
        // had to silence.
        for on_comments in [false, true] {
            let unused = self.unused(cx, id, on_comments);
            out.extend(self.silence(unused));
        }
    }

    fn unused(&self, cx: &Context<'_>, id: FileId, on_comments: bool) -> Vec<Finding> {
        let mut found = Vec::new();
        for (directive, used) in self.directives.iter().zip(&self.used) {
            for (code, used) in directive.codes.iter().zip(used) {
                let is_on = rule(&code.value).is_some_and(|rule| cx.is_on(rule))
                    && code.value != shell_syntax::RULE.code;
                if is_on && !used && (code.value == unused_suppression::RULE.code) == on_comments {
                    found.push(unused_suppression::finding(id, &code.value, code.range));
                }
            }
        }
        found
    }
}

/// Gives findings the severities of the settings, and drops those of rules that are off.
fn apply_severities(cx: &Context<'_>, found: &mut Vec<Finding>) {
    found.retain_mut(
        |finding| match cx.settings.severities.get(finding.rule.code) {
            Some(None) => false,
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
            None => !cx.disabled.contains(finding.rule.code),
        },
    );
}

/// Merges what several images say of an include that they all read: it is about none of them.
fn merge_images(found: &mut Vec<Finding>) {
    found.dedup_by(|next, first| {
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
}
