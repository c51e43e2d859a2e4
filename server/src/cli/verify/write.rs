//! What is newer upstream, written into the scripts; and values that upstream has confirmed, recorded.

use std::collections::BTreeSet;

use model::FileId;
use smol_str::SmolStr;

use super::VerifyArgs;
use super::ask::Comparison;
use crate::base_checkout::BaseCheckout;
use crate::change_report::ChangeReport;
use crate::cli::change::refuse_unread;
use crate::cli::note;
use crate::lsp::position::Encoding;
use analysis::Snapshot;
use checkout::apply;
use edits::{Change, Edit, NamedValue, PathRange};
use impact::Message;
use rules::Finding;
use upstream::{Extent, ImageReview, Mismatch, MismatchKind, Upstream, confirms, review_all};

/// What was written.
#[derive(Default)]
pub(super) struct Written {
    pub(super) changes: Vec<WrittenChange>,
    /// Names of values that were recorded as confirmed: `IMAGE/VARIABLE`.
    pub(super) confirmed: Vec<String>,
}

/// A change of an image that was written.
pub(super) struct WrittenChange {
    pub(super) report: ChangeReport,
    /// Message of a commit that has it and nothing else.
    pub(super) message: String,
    change: Change,
}

impl Written {
    /// Returns whether a change fixes what a finding is about.
    pub(super) fn fixes(&self, image: &str, finding: &Finding) -> bool {
        self.changes.iter().any(|written| {
            let is_own = |fix: &edits::Fix| fix.title == written.change.title;
            written.change.image == image && finding.fixes.iter().any(is_own)
        })
    }
}

/// Writes what is newer, and records what upstream has confirmed. Returns the checkout after it.
pub(super) fn write(
    options: &VerifyArgs,
    asked: &Comparison,
    upstream: &dyn Upstream,
) -> Result<(Written, Snapshot), String> {
    let snapshot = &asked.report.snapshot;
    let mut changes = Vec::new();
    let mut all: Vec<Edit> = Vec::new();
    let mut files: BTreeSet<FileId> = BTreeSet::new();
    for review in &asked.reviews {
        let Some((change, body)) = change_of(asked, review) else {
            continue;
        };
        let own: BTreeSet<FileId> = change.edits.iter().filter_map(file_of).collect();
        // Images with the same scripts have the same change.
        if own.is_disjoint(&files) {
            files.extend(own);
            all.extend(change.edits.iter().cloned());
            changes.push(written(snapshot, change, body));
        }
    }
    if !all.is_empty() {
        let done = apply::apply(&snapshot.root, &snapshot.tree, &all)?;
        if let Some(message) = &done.leftover {
            note(message);
        }
    }
    let (confirmed, now) = record(options, asked, &changes, upstream)?;
    Ok((Written { changes, confirmed }, now))
}

/// Returns the change that has an image name what is newest, with what is said of it; `None` where it is silenced.
fn change_of<'a>(
    asked: &'a Comparison,
    review: &'a ImageReview,
) -> Option<(&'a Change, Vec<String>)> {
    let is_reported = |mismatch: &&Mismatch| {
        let file = asked.report.snapshot.tree.id(&mismatch.at.path);
        asked.report.findings.iter().any(|(id, finding)| {
            finding.rule.code == mismatch.kind.code()
                && Some(*id) == file
                && finding.at.range == mismatch.at.range
        })
    };
    let newer = |mismatch: &&Mismatch| mismatch.kind != MismatchKind::StaleRelease;
    let reported = review.mismatches.iter().filter(newer).filter(is_reported);
    let change = reported
        .clone()
        .find_map(|mismatch| mismatch.change.as_ref())?;
    let same = reported.filter(|mismatch| mismatch.change.as_ref() == Some(change));
    let sentences = same.map(|mismatch| {
        let mut sentence = mismatch.message.clone();
        if let Some(first) = sentence.get(..1).filter(|_| !sentence.starts_with("http")) {
            sentence = format!(
                "{}{}",
                first.to_uppercase(),
                sentence.get(1..).unwrap_or_default()
            );
        }
        format!("{sentence}.")
    });
    Some((change, sentences.collect()))
}

fn file_of(edit: &Edit) -> Option<FileId> {
    match edit {
        Edit::Text { file, .. } => Some(*file),
        _ => None,
    }
}

fn written(snapshot: &Snapshot, change: &Change, body: Vec<String>) -> WrittenChange {
    let after = edits::apply(&snapshot.tree, &change.edits);
    let report = ChangeReport {
        applied: true,
        ..ChangeReport::new(snapshot, change, &after, Encoding::Utf16)
    };
    let message = Message {
        subject: report.commit.clone(),
        body,
        warnings: Vec::new(),
    };
    WrittenChange {
        message: message.text(),
        report,
        change: change.clone(),
    }
}

/// Records the values of the images that upstream has confirmed, and are open. Returns their names, and the
/// checkout after it.
fn record(
    options: &VerifyArgs,
    asked: &Comparison,
    changes: &[WrittenChange],
    upstream: &dyn Upstream,
) -> Result<(Vec<String>, Snapshot), String> {
    let checkout = options.checkout.args();
    let root = checkout.root()?;
    let mut now = checkout.read(&root);
    refuse_unread(&now)?;
    let mut names = Vec::new();
    // Without a commit to compare with, nothing is known to be new.
    let Ok(base) = BaseCheckout::read(&now, options.since.as_deref()) else {
        return Ok((names, now));
    };
    let changed: Vec<SmolStr> = changes.iter().map(|c| c.change.image.clone()).collect();
    let again = review_all(
        &now.view(),
        &changed,
        Extent::Addresses,
        upstream,
        &|_, _| {},
    );
    for review in &asked.reviews {
        let after = again.iter().find(|after| after.image == review.image);
        let values = confirmed(&base, &now, after.unwrap_or(review));
        if values.is_empty() {
            continue;
        }
        let edit = edits::record_asked(&now.view(), &review.image, &values);
        let edit = edit.map_err(|refusal| refusal.to_string())?;
        apply::apply(&now.root, &now.tree, &[edit])?;
        let own = values
            .iter()
            .map(|value| format!("{}/{}", review.image, value.name));
        names.extend(own);
        now = checkout.read(&root);
    }
    names.dedup();
    Ok((names, now))
}

/// Returns the open values of an image that upstream has confirmed, each once: all that it stands in is right.
fn confirmed(base: &BaseCheckout, now: &Snapshot, review: &ImageReview) -> Vec<NamedValue> {
    let open = edits::by_value(base.open_values(now, Some(&review.image)));
    let is_right = |places: &Vec<edits::OpenValue>| {
        places.iter().all(|open| {
            let at = PathRange {
                path: open.verify.path.clone(),
                range: open.verify.range,
            };
            confirms(&now.view(), review, &at, &open.named.exact)
        })
    };
    let right = open.into_iter().filter(is_right);
    right
        .filter_map(|places| places.into_iter().next())
        .map(|open| open.named)
        .collect()
}
