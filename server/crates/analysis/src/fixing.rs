//! Applies fixes until none remains: one may uncover another.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::difference::difference;
use crate::snapshot::Snapshot;
use edits::Edit;
use model::FileId;
use rules::Finding;
use syntax::{TextRange, TextSize};

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
    /// What the user should know of it.
    pub notes: Vec<String>,
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
    let mut fruitless: FxHashSet<FindingKey> = FxHashSet::default();
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
                let Ok((edits, notes)) = fix.edits_and_notes(&now.view()) else {
                    continue;
                };
                if !edits.is_empty() && batch.add(edits) {
                    batch.keys.push(key);
                    fixes.push(FixedFinding {
                        path: file.path.clone(),
                        code: finding.rule.code,
                        title: fix.title.clone(),
                        notes,
                    });
                }
            }
        }
        if batch.keys.is_empty() {
            break;
        }
        let after = now.with_edits(&batch.edits);
        let (count_before, count_after) = (counts(&now), counts(&after));
        let is_there_still = |key: &FindingKey| {
            count_after.get(key).unwrap_or(&0) >= count_before.get(key).unwrap_or(&0)
        };
        fruitless.extend(batch.keys.into_iter().filter(is_there_still));
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

/// Counts the findings of each identity.
fn counts(snapshot: &Snapshot) -> FxHashMap<FindingKey, usize> {
    let mut counts = FxHashMap::default();
    for (_, id, findings) in snapshot.findings() {
        for finding in findings {
            *counts.entry(key(id, finding)).or_default() += 1;
        }
    }
    counts
}

/// Edits that can be applied together.
#[derive(Default)]
struct Batch {
    edits: Vec<Edit>,
    /// The text edits, by what they replace.
    texts: FxHashMap<(FileId, TextRange), Vec<String>>,
    /// The ranges that they touch, by file: where each begins and ends. Ranges that touch each other
    /// are one.
    touched: FxHashMap<FileId, BTreeMap<TextSize, TextSize>>,
    /// The edits of whole files.
    files: Vec<Edit>,
    keys: Vec<FindingKey>,
}

impl Batch {
    /// Adds the edits of a fix, unless one of them collides with an edit that is there. An edit that
    /// is there already is not added again. Returns whether they were added.
    fn add(&mut self, edits: Vec<Edit>) -> bool {
        let new: Vec<Edit> = edits.into_iter().filter(|edit| !self.has(edit)).collect();
        let fits = new.iter().all(|edit| !self.collides(edit));
        if fits {
            new.iter().for_each(|edit| self.note(edit));
            self.edits.extend(new);
        }
        fits
    }

    fn has(&self, edit: &Edit) -> bool {
        match edit {
            Edit::Text {
                file,
                range,
                new_text,
            } => {
                let texts = self.texts.get(&(*file, *range));
                texts.is_some_and(|texts| texts.contains(new_text))
            }
            edit => self.files.contains(edit),
        }
    }

    /// Returns whether an edit touches the same range or path as one that is there.
    fn collides(&self, edit: &Edit) -> bool {
        match edit {
            Edit::Text { file, range, .. } => {
                let touched = self.touched.get(file);
                let before = touched.and_then(|t| t.range(..=range.end()).next_back());
                before.is_some_and(|(_, end)| range.start() <= *end)
            }
            edit => self.files.iter().any(|other| edit.path() == other.path()),
        }
    }

    fn note(&mut self, edit: &Edit) {
        let Edit::Text {
            file,
            range,
            new_text,
        } = edit
        else {
            self.files.push(edit.clone());
            return;
        };
        let texts = self.texts.entry((*file, *range)).or_default();
        texts.push(new_text.clone());
        let touched = self.touched.entry(*file).or_default();
        let (mut start, mut end) = (range.start(), range.end());
        while let Some((first, last)) = touched.range(..=end).next_back().map(|(a, b)| (*a, *b))
            && start <= last
        {
            touched.remove(&first);
            (start, end) = (start.min(first), end.max(last));
        }
        touched.insert(start, end);
    }
}
