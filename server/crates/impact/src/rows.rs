//! The rows of the test table that a change reaches, and the tests whose own files have changed.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use crate::{AffectedRow, AffectedTest, Because, Changed};
use ide::overview::{RowState, rows};
use model::table::Table;
use model::tree::{SUITE, TEST_TABLE};
use model::view::View;
use model::{FileRange, Layout};

/// Tests of the suite that are run for each image, and not by a name of their own.
const OF_IMAGES: &str = "image-scripts/";

/// Returns the rows that a change reaches, and the other tests that have changed.
pub(crate) fn affected(changed: &Changed<'_>) -> (Vec<AffectedRow>, Vec<AffectedTest>) {
    if changed.after.tree.layout == Layout::ScriptsOnly {
        return (Vec::new(), Vec::new());
    }
    let states = rows(&changed.after);
    let tests = changed_tests(changed);
    let after = meanings(&changed.after);
    let before = changed.before.as_ref().map(meanings);
    let mut found = Vec::new();
    let mut of_rows = Vec::new();
    for state in &states {
        let mut because = match &before {
            Some(before) => difference(state, before, &after),
            None => named(changed, state),
        };
        for (test, reason) in &tests {
            if state.tests.iter().any(|own| is_of(own, test)) {
                because.push(reason.clone());
                of_rows.push(test.clone());
            }
        }
        if !because.is_empty() {
            found.push(AffectedRow {
                key: state.key.clone(),
                tests: state.tests.clone(),
                because,
            });
        }
    }
    let others = tests
        .into_iter()
        .filter(|(test, _)| !of_rows.contains(test));
    let others = others.map(|(test, reason)| AffectedTest {
        test,
        because: vec![reason],
    });
    (found, others.collect())
}

/// Returns whether a test of a row is one of the scripts, or instances, of a test.
fn is_of(own: &str, test: &str) -> bool {
    let rest = own.strip_prefix(test);
    rest.is_some_and(|rest| rest.starts_with(['#', '@']))
}

/// What a row says, and the images that it reaches.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    release: Option<(SmolStr, SmolStr)>,
    groups: Vec<SmolStr>,
    /// The images; `None` where that is not certain.
    images: Option<Vec<SmolStr>>,
}

fn meanings(view: &View<'_>) -> BTreeMap<SmolStr, Meaning> {
    view.with_joined(|joined| {
        let rows = joined
            .table
            .iter()
            .flat_map(|table: &Table<'_>| &table.rows);
        let meaning = |row: &model::table::ResolvedRow<'_>| {
            let mut groups: Vec<SmolStr> = row
                .groups
                .iter()
                .map(|group| group.name.value.clone())
                .collect();
            groups.sort();
            let published = row.published.as_ref().map(|published| {
                let images = published.iter().map(|registration| {
                    match (registration.image, registration.image_name()) {
                        (Some(image), _) => image.name.clone(),
                        (None, Some(name)) => format_smolstr!("{name}, which is not there"),
                        (None, None) => SmolStr::new_static("an image of unknown name"),
                    }
                });
                let mut images: Vec<SmolStr> = images.collect();
                images.sort();
                images
            });
            Meaning {
                release: row
                    .distribution()
                    .zip(row.version())
                    .map(|(distribution, version)| (distribution.into(), version.into())),
                groups,
                images: published,
            }
        };
        rows.map(|row| (row.row.key.value.clone(), meaning(row)))
            .collect()
    })
}

fn difference(
    state: &RowState,
    before: &BTreeMap<SmolStr, Meaning>,
    after: &BTreeMap<SmolStr, Meaning>,
) -> Vec<Because> {
    let because = |message: String| Because {
        path: SmolStr::new(TEST_TABLE),
        at: Some(state.key_range),
        message,
    };
    let Some(new) = after.get(&state.key) else {
        return Vec::new();
    };
    let Some(old) = before.get(&state.key) else {
        return vec![because("the row is new".to_owned())];
    };
    let mut found = Vec::new();
    if old.release != new.release {
        found.push(because("it has another distribution or version".to_owned()));
    }
    let without = |all: &[SmolStr], others: &[SmolStr]| {
        let only = all.iter().filter(|group| !others.contains(group));
        only.map(|group| format!("`{group}`")).collect::<Vec<_>>()
    };
    let (joined, left) = (
        without(&new.groups, &old.groups),
        without(&old.groups, &new.groups),
    );
    if !joined.is_empty() {
        found.push(because(format!("it is in {} now", joined.join(", "))));
    }
    if !left.is_empty() {
        found.push(because(format!(
            "it is not in {} any more",
            left.join(", ")
        )));
    }
    if old.images != new.images {
        let shown = |images: &Option<Vec<SmolStr>>| match images.as_deref() {
            None => "what is not certain".to_owned(),
            Some([]) => "no image".to_owned(),
            Some(images) => images.join(", "),
        };
        found.push(because(format!(
            "it means {} now, and meant {}",
            shown(&new.images),
            shown(&old.images)
        )));
    }
    found
}

/// Returns the reason that a row has where only the names of the changed files are known.
fn named(changed: &Changed<'_>, state: &RowState) -> Vec<Because> {
    let view = &changed.after;
    let is_repository = |path: &str| {
        view.tree
            .id(path)
            .is_some_and(|id| view.is_of_repository(id))
    };
    let mut files = changed.files.iter().map(|file| &file.path);
    let found = files.find(|path| *path == TEST_TABLE || is_repository(path));
    let because = |path: &SmolStr| Because {
        path: path.clone(),
        at: match *path == TEST_TABLE {
            true => Some(state.key_range),
            false => view.tree.id(path).map(FileRange::start_of),
        },
        message: "decides on the row".to_owned(),
    };
    found.into_iter().map(because).collect()
}

/// Returns the tests of the suite whose files have changed.
fn changed_tests(changed: &Changed<'_>) -> Vec<(String, Because)> {
    let mut found = Vec::new();
    for file in changed.files {
        let test = file
            .path
            .strip_prefix(SUITE)
            .and_then(|rest| rest.strip_prefix('/'));
        let test = test.and_then(|test| test.strip_suffix(".nix"));
        let Some(test) = test.filter(|test| !test.starts_with(OF_IMAGES)) else {
            continue;
        };
        // A test that is gone cannot be run.
        let Some(id) = changed.after.tree.id(&file.path) else {
            continue;
        };
        let reason = Because {
            path: file.path.clone(),
            at: Some(FileRange::start_of(id)),
            message: "is the file of the test".to_owned(),
        };
        found.push((test.to_owned(), reason));
    }
    found
}
