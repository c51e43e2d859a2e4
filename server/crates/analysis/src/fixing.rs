//! Applies fixes until none remains: one may uncover another.

use smol_str::SmolStr;

use crate::difference::difference;
use crate::snapshot::Snapshot;
use edits::Edit;
use model::FileId;
use rules::Finding;

/// Batches of fixes at most, each followed by all rules.
const MAX_BATCHES: usize = 50;

/// The outcome of [`fix_all`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The changes, all together, as edits of the checkout as it was.
    pub edits: Vec<Edit>,
    /// The findings that were fixed, in that order.
    pub fixes: Vec<FixedFinding>,
}

/// A finding that was fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedFinding {
    /// The file that it stood on, from the root of the checkout.
    pub path: SmolStr,
    /// The rule that found it.
    pub code: &'static str,
    /// The title of the fix.
    pub title: String,
}

/// A finding's identity while the text around it changes: file, code and message.
type FindingKey = (FileId, &'static str, String);

/// Applies fixes: `wanted` says which of a finding's, by its number, if any.
///
/// Fixes that touch the same range take turns; one that refuses is left out, and one
/// whose finding does not go away with it is not tried again.
pub fn fix_all(snapshot: &Snapshot, wanted: &dyn Fn(FileId, &Finding) -> Option<usize>) -> Fixed {
    let mut now = snapshot.clone();
    let mut fixes = Vec::new();
    let mut fruitless: Vec<FindingKey> = Vec::new();
    let mut batches: Vec<Vec<Edit>> = Vec::new();
    for _ in 0..MAX_BATCHES {
        let mut batch = Batch::default();
        for (file, id, findings) in now.findings() {
            for finding in findings {
                let key = key(id, finding);
                let fix = wanted(id, finding).and_then(|at| finding.fixes.get(at));
                let Some(fix) = fix.filter(|_| !fruitless.contains(&key)) else {
                    continue;
                };
                let Ok(edits) = fix.edits(&now.view()) else {
                    continue;
                };
                if !edits.is_empty() && batch.add(edits) {
                    batch.keys.push(key);
                    fixes.push(FixedFinding {
                        path: file.path.clone(),
                        code: finding.rule.code,
                        title: fix.title.clone(),
                    });
                }
            }
        }
        if batch.keys.is_empty() {
            break;
        }
        let after = now.with_edits(&batch.edits);
        fruitless.extend(batch.keys.into_iter().filter(|key| {
            let count = |snapshot: &Snapshot| count(snapshot, key);
            count(&after) >= count(&now)
        }));
        batches.push(batch.edits);
        now = after;
    }
    let edits = match <[Vec<Edit>; 1]>::try_from(batches) {
        // They are edits of the checkout as it was: nothing smaller can be computed.
        Ok([edits]) => edits,
        Err(batches) => {
            let is_text = |edit: &Edit| matches!(edit, Edit::Text { .. });
            let all = batches.into_iter().flatten();
            let structure: Vec<Edit> = all.filter(|edit| !is_text(edit)).collect();
            difference(&snapshot.tree, &now.tree, &structure)
        }
    };
    Fixed { edits, fixes }
}

fn key(id: FileId, finding: &Finding) -> FindingKey {
    (id, finding.rule.code, finding.message.clone())
}

/// Counts the findings of that identity.
fn count(snapshot: &Snapshot, (id, code, message): &FindingKey) -> usize {
    let same = |f: &&Finding| f.rule.code == *code && f.message == *message;
    snapshot.findings_of(*id).iter().filter(same).count()
}

/// Edits that can be applied together.
#[derive(Default)]
struct Batch {
    edits: Vec<Edit>,
    keys: Vec<FindingKey>,
}

impl Batch {
    /// Adds the edits of a fix, unless one of them collides with an edit that is there. An edit that
    /// is there already is not added again. Returns whether they were added.
    fn add(&mut self, edits: Vec<Edit>) -> bool {
        let new: Vec<Edit> = edits
            .into_iter()
            .filter(|edit| !self.edits.contains(edit))
            .collect();
        let fits = |edit: &Edit| !self.edits.iter().any(|other| collide(edit, other));
        let fits = new.iter().all(fits);
        if fits {
            self.edits.extend(new);
        }
        fits
    }
}

/// Returns whether two edits touch the same range or path.
fn collide(a: &Edit, b: &Edit) -> bool {
    match (a, b) {
        (
            Edit::Text { file, range, .. },
            Edit::Text {
                file: other,
                range: other_range,
                ..
            },
        ) => {
            file == other
                && range.start() <= other_range.end()
                && other_range.start() <= range.end()
        }
        (Edit::Text { .. }, _) | (_, Edit::Text { .. }) => false,
        (a, b) => a.path() == b.path(),
    }
}
