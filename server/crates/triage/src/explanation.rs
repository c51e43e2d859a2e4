//! What a checkout adds to what a log tells: the ranges that a cause comes from, whose it is, the image of
//! a row, and the entries that depend on a version.

use smol_str::SmolStr;

use crate::catalogue::{Verdict, entry};
use crate::markers::row_of_test;
use crate::origin::{Origin, origins_of};
use crate::report::{Cause, TestRun};
use crate::sources::Sources;
use model::view::{Systemd, View};

/// What a checkout says of a cause.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Ranges that it comes from, the best one first.
    pub origins: Vec<Origin>,
    /// The side that has to act: what comes from an include is no fault of one image.
    pub verdict: Verdict,
}

/// Returns what a checkout says of a cause of a test's failure.
pub fn explain(view: View<'_>, test_run: &TestRun, cause: &Cause) -> Explanation {
    let origins = origins_of(view, test_run, cause);
    let verdict = verdict_of(view, &origins, test_run, cause);
    Explanation { origins, verdict }
}

fn verdict_of(view: View<'_>, origins: &[Origin], test_run: &TestRun, cause: &Cause) -> Verdict {
    let said = cause.verdict();
    let file = origins
        .first()
        .and_then(|origin| view.tree.file(origin.at.file));
    let folder = format!("{}include/", view.tree.layout.prefix());
    match file {
        Some(file) if said == Verdict::Image && file.path.starts_with(&folder) => Verdict::Include,
        // The test of a row has no builder: the row, or its image, is to be corrected.
        _ if said == Verdict::Builder && test_run.is_of_row() => Verdict::Image,
        _ => said,
    }
}

/// Adds what a checkout tells of the tests of a log: of the test of a row the row and its image, and
/// what a failure means with the version that an image has.
pub fn fit_to_checkout(view: View<'_>, test_runs: &mut [TestRun]) {
    for test_run in test_runs {
        if let Some((row, image)) = row_of(view, test_run) {
            test_run.row = Some(row);
            test_run.image = test_run.image.take().or(image);
        }
        let masked: Vec<bool> = test_run
            .causes
            .iter()
            .map(|cause| is_masked(view, test_run, cause))
            .collect();
        for (cause, is_masked) in test_run.causes.iter_mut().zip(masked) {
            cause.is_masked = is_masked;
        }
        let image = test_run.image.as_ref();
        let image = image.and_then(|name| view.model.images.get(name));
        let is_older = image.is_some_and(|image| matches!(view.systemd(image), Systemd::WithV1));
        for cause in test_run.causes.iter_mut().filter(|_| is_older) {
            let other = cause.entry.with_systemd_before_258.as_deref();
            cause.entry = other.and_then(entry).unwrap_or(cause.entry);
        }
    }
}

/// Returns whether the image masks the unit that failed.
fn is_masked(view: View<'_>, test_run: &TestRun, cause: &Cause) -> bool {
    if test_run.is_of_row() || test_run.image.is_none() {
        return false;
    }
    let sources = Sources::of(view, test_run, cause);
    cause.unit().is_some_and(|unit| sources.masks(unit))
}

/// Returns the row that a test is of, and the image that it means. Nothing where rows cannot be told
/// apart.
fn row_of(view: View<'_>, test_run: &TestRun) -> Option<(SmolStr, Option<SmolStr>)> {
    let name = row_of_test(test_run.test.as_deref()?)?;
    view.with_joined(|joined| {
        let rows = joined.table.as_ref()?.rows.iter();
        let mut rows = rows.filter(|row| {
            let named = row.distribution().zip(row.version());
            named.is_some_and(|(distribution, version)| {
                name.strip_prefix(distribution)
                    .and_then(|rest| rest.strip_prefix('-'))
                    == Some(version)
            })
        });
        let row = rows.next().filter(|_| rows.next().is_none())?;
        let meant = row.only().and_then(|registration| registration.image);
        Some((
            row.row.key.value.clone(),
            meant.map(|image| image.name.clone()),
        ))
    })
}
