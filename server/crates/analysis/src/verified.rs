//! What rules find wrong in a checkout after a change, and not before: it goes into the list of what
//! the user has to look at.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::Snapshot;
use edits::{Change, Edit, Verify};
use model::File;
use model::settings::Severity;
use rules::Finding;
use syntax::TextRange;

/// Rule about releases that are not supported any more.
const END_OF_LIFE: &str = "end-of-life";

impl Snapshot {
    /// Adds to a change's list to verify the findings, from a warning on, that only come with it, and
    /// that stand on no line which is listed already.
    pub fn list_new_findings(&self, change: &mut Change) {
        let after = self.with_edits(&change.edits);
        let mut known: FxHashMap<(SmolStr, &str), Vec<&str>> = FxHashMap::default();
        for (file, _, findings) in self.findings() {
            let path = path_after(&file.path, &change.edits);
            for finding in findings {
                let of_rule = known.entry((path.clone(), finding.rule.code));
                of_rule.or_default().push(&finding.message);
            }
        }
        for (file, _, findings) in after.findings() {
            // Of a release that is over, whatever its severity: who adds it wants to know.
            let is_over = |f: &&Finding| f.rule.code == END_OF_LIFE;
            let counts = |f: &&Finding| f.severity >= Severity::Warning || is_over(f);
            for finding in findings.iter().filter(counts) {
                let of_rule = known.get_mut(&(file.path.clone(), finding.rule.code));
                let is_renamed = self.tree.id(&file.path).is_none();
                let is_known =
                    of_rule.is_some_and(|known| take(known, &finding.message, is_renamed));
                if !is_known && !is_listed(change, file, finding) {
                    change.verify.push(listed(file, finding));
                }
            }
        }
    }
}

/// Takes a message out of those that a rule had for a file. Of an image that is renamed, any: it has
/// another name in its messages.
fn take(known: &mut Vec<&str>, message: &str, is_renamed: bool) -> bool {
    match known.iter().position(|known| *known == message) {
        Some(index) => {
            known.swap_remove(index);
            true
        }
        None => is_renamed && known.pop().is_some(),
    }
}

/// Returns the path that a file has after some edits.
fn path_after(path: &SmolStr, edits: &[Edit]) -> SmolStr {
    let renamed = edits.iter().find_map(|edit| match edit {
        Edit::Rename { from, to } => {
            let rest = path.strip_prefix(from.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format_smolstr!("{to}{rest}"))
        }
        _ => None,
    });
    renamed.unwrap_or_else(|| path.clone())
}

/// Returns whether a line on which a finding stands is listed already.
fn is_listed(change: &Change, file: &File, finding: &Finding) -> bool {
    let line = |range: TextRange| file.lines().line_of(range.start());
    let mut listed = change.verify.iter().filter(|v| v.path == file.path);
    listed.any(|verify| line(verify.range) == line(finding.at.range))
}

fn listed(file: &File, finding: &Finding) -> Verify {
    Verify {
        path: file.path.clone(),
        range: finding.at.range,
        text: file.slice(finding.at.range).to_owned(),
        why: format!("{} ({})", finding.message, finding.rule.code),
    }
}
