//! Suppression comments: what they silence, and the rules on them and on the settings.

mod unknown_setting;
mod unknown_suppression;
mod unused_suppression;

use edits::{Edit, FixKind};
use model::{FileId, FileKind};
use rustc_hash::FxHashMap;
use syntax::TextRange;
use syntax::directive::{Covers, Directive};

use crate::container_script::is_for_containers;
use crate::images::{shell_syntax, shellcheck};
use crate::{Confidence, Context, Finding, Group, Rule, Severity, rule};

/// The rules of this group, in the order of `explain`.
pub(super) static RULES: &[&Rule] = &[
    &unknown_suppression::RULE,
    &unused_suppression::RULE,
    &unknown_setting::RULE,
];

/// Returns what remains of a file's findings once its comments and the settings are applied, with
/// the findings on the comments themselves; in the order of the text.
pub fn apply_suppressions(cx: &Context<'_>, id: FileId, found: Vec<Finding>) -> Vec<Finding> {
    let Some(file) = cx.tree.file(id) else {
        return Vec::new();
    };
    if file.kind == FileKind::RepositoryModule && !is_imported(cx, id) {
        return Vec::new();
    }
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

/// Returns whether the repository imports a module: of others, not even comments count.
fn is_imported(cx: &Context<'_>, id: FileId) -> bool {
    let files = cx.repository_files_as_saved();
    files.is_some_and(|files| files.ids().any(|imported| imported == id))
}

/// A line that comments cover, or the whole file.
type Covered = Option<TextRange>;

/// The suppression comments of one file, and which of their codes have silenced something.
///
/// Codes of comments that cover the same are one: either all of them silence something, or none.
struct Suppressions<'d> {
    directives: &'d [Directive],
    /// Whether a code silenced something in what it covers.
    used: FxHashMap<(Covered, &'d str), bool>,
    /// The lines that are covered, in order, each once.
    lines: Vec<TextRange>,
}

impl<'d> Suppressions<'d> {
    fn new(directives: &'d [Directive]) -> Suppressions<'d> {
        let mut used = FxHashMap::default();
        let mut lines = Vec::new();
        for directive in directives {
            let covered = covered(directive);
            lines.extend(covered);
            for code in &directive.codes {
                used.insert((covered, code.value.as_str()), false);
            }
        }
        lines.sort_unstable_by_key(|line| (line.start(), line.end()));
        lines.dedup();
        Suppressions {
            directives,
            used,
            lines,
        }
    }

    /// Drops the findings that are silenced.
    fn silence(&mut self, mut found: Vec<Finding>) -> Vec<Finding> {
        found.retain(|finding| !self.silences(finding));
        found
    }

    /// Returns whether a comment silences a finding, and marks that comment as used.
    fn silences(&mut self, finding: &Finding) -> bool {
        let start = finding.at.range.start();
        // A line's comment silences a finding that begins on that line. Lines do not overlap, save
        // that an empty one may begin where the last one of the file ends.
        let after = self.lines.partition_point(|line| line.start() <= start);
        let lines = self.lines.get(..after).unwrap_or_default().iter().rev();
        let lines = lines.take_while(|line| line.contains_inclusive(start));
        let mut silenced = false;
        for covered in lines.copied().map(Some).chain([None]) {
            for code in finding.rule.codes() {
                if let Some(used) = self.used.get_mut(&(covered, code)) {
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
        for directive in self.directives {
            let covered = covered(directive);
            for code in &directive.codes {
                let used = self.used.get(&(covered, code.value.as_str()));
                let is_on = rule(&code.value).is_some_and(|rule| {
                    cx.is_on(rule) && !may_be_found_later(cx, id, rule, covered)
                });
                if is_on
                    && used == Some(&false)
                    && (code.value == unused_suppression::RULE.code) == on_comments
                {
                    found.push(unused_suppression::finding(id, &code.value, code.range));
                }
            }
        }
        found
    }
}

/// Returns whether findings of a rule on what a comment covers may come later than those of the
/// checkout: another program or a server says so, or it is a script that is executed in a container.
fn may_be_found_later(cx: &Context<'_>, id: FileId, rule: &Rule, covered: Covered) -> bool {
    let is_outside = |code| [shell_syntax::RULE.code, shellcheck::RULE.code].contains(&code);
    if rule.group == Group::Upstream || rule.codes().any(is_outside) {
        return true;
    }
    let heredocs = cx.tree.script(id).map_or(&[][..], |facts| &facts.heredocs);
    let is_text = |covered: TextRange| {
        let mut heredocs = heredocs.iter();
        heredocs.any(|heredoc| heredoc.body.contains_range(covered))
    };
    is_for_containers(rule) && covered.map_or(!heredocs.is_empty(), is_text)
}

/// Returns what a comment covers.
fn covered(directive: &Directive) -> Covered {
    match directive.covers {
        Covers::File => None,
        Covers::Line(line) => Some(line),
    }
}

/// Gives findings the severities of the settings, and drops those of rules that are off. What is only
/// likely is no error, whatever the settings say.
fn apply_severities(cx: &Context<'_>, found: &mut Vec<Finding>) {
    found.retain_mut(|finding| match severity_of(cx, finding.rule) {
        Some(None) => false,
        Some(Some(severity)) => {
            finding.severity = severity;
            true
        }
        None => cx.is_on(finding.rule),
    });
    for finding in found {
        if finding.confidence == Confidence::Likely {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
}

/// Returns the severity that the settings give a rule: by its own code, or by that of the rule which it
/// is a case of. The inner `None` switches it off.
fn severity_of(cx: &Context<'_>, rule: &Rule) -> Option<Option<Severity>> {
    let mut set = rule.codes().map(|code| cx.settings.severities.get(code));
    set.find_map(|severity| severity.copied())
}

/// Merges what several images say of an include that they all read: it is about none of them.
fn merge_images(found: &mut Vec<Finding>) {
    found.dedup_by(|next, first| {
        let same = (next.rule, next.at, &next.message) == (first.rule, first.at, &first.message);
        if same {
            first.confidence = first.confidence.max(next.confidence);
        }
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
