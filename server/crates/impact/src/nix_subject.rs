//! The subject of the commit message of a change of the repository and of tests alone.

use smol_str::SmolStr;

use crate::subject::{listed_up_to, without};
use crate::{Changed, is_known};
use model::suite::TestSuite;
use model::tree::{ALL_TESTS, SUITE, TEST_TABLE};
use model::view::View;

/// Returns the area and the text of a change of the repository and of tests alone.
pub(crate) fn of_nix_files(
    most: usize,
    before: &View<'_>,
    changed: &Changed<'_>,
) -> (&'static str, String) {
    let after = &changed.after;
    let is_of_repository = |path: &str| {
        let of = |view: &View<'_>| {
            view.tree
                .id(path)
                .is_some_and(|id| view.is_of_repository(id))
        };
        of(before) || of(after)
    };
    let mut files = changed.files.iter();
    if files.any(|file| is_of_repository(&file.path)) {
        let (old, new) = (entries(before), entries(after));
        let is_of_tags = old == new && tags(before) != tags(after);
        let otherwise = if is_of_tags {
            "change tags"
        } else {
            "change settings"
        };
        let files = changed
            .files
            .iter()
            .filter(|file| is_of_repository(&file.path));
        let is_read = |view: &View<'_>| files.clone().all(|file| is_known(view, &file.path));
        let text = match is_read(before) && is_read(after) {
            true => difference(most, &old, &new),
            false => Some("change its syntax".to_owned()),
        };
        let text = text.unwrap_or_else(|| otherwise.to_owned());
        return ("image-repository", text);
    }
    if changed.files.iter().any(|file| file.path == TEST_TABLE) {
        let (old, new) = (row_keys(before), row_keys(after));
        let text = match is_known(before, TEST_TABLE) && is_known(after, TEST_TABLE) {
            true => difference(most, &old, &new),
            false => Some("change its syntax".to_owned()),
        };
        let text = text.unwrap_or_else(|| "change rows".to_owned());
        return ("tests/distributions", text);
    }
    if changed.files.iter().any(|file| file.path == ALL_TESTS) {
        let text = listed_tests(before)
            .zip(listed_tests(after))
            .and_then(|(old, new)| difference(most, &old, &new));
        if let Some(text) = text {
            return ("tests", text);
        }
    }
    let tests: Vec<SmolStr> = changed
        .files
        .iter()
        .filter_map(|file| {
            let test = file.path.strip_prefix(SUITE)?.strip_prefix('/')?;
            Some(SmolStr::new(test.trim_end_matches(".nix")))
        })
        .collect();
    match tests.is_empty() {
        false => (
            "tests",
            format!("change {}", listed_up_to(most, &tests, "tests")),
        ),
        true => {
            let names: Vec<SmolStr> = changed.files.iter().map(|file| file.path.clone()).collect();
            (
                "misc",
                format!("change {}", listed_up_to(most, &names, "files")),
            )
        }
    }
}

fn difference(most: usize, old: &[SmolStr], new: &[SmolStr]) -> Option<String> {
    let added = without(new.iter(), |name| old.contains(name));
    let removed = without(old.iter(), |name| new.contains(name));
    let names = |names: &[SmolStr]| listed_up_to(most, names, "entries");
    match (added.is_empty(), removed.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("add {}", names(&added))),
        (true, false) => Some(format!("remove {}", names(&removed))),
        (false, false) => Some(format!("add {}, remove {}", names(&added), names(&removed))),
    }
}

/// Returns the names of the tests that are listed; `None` where nobody knows.
fn listed_tests(view: &View<'_>) -> Option<Vec<SmolStr>> {
    let list = TestSuite::of(view.tree).list()?;
    Some(
        list.tests
            .iter()
            .map(|test| test.name.value.clone())
            .collect(),
    )
}

/// Returns the names of what the repository builds.
fn entries(view: &View<'_>) -> Vec<SmolStr> {
    view.with_joined(|joined| {
        let registrations = joined.registrations.into_iter();
        let all = registrations.flat_map(|registrations| &registrations.published);
        all.filter_map(|registration| registration.image_name())
            .collect()
    })
}

/// Returns the tags of the entries.
fn tags(view: &View<'_>) -> Vec<Vec<SmolStr>> {
    view.with_joined(|joined| {
        let registrations = joined.registrations.into_iter();
        let all = registrations.flat_map(|registrations| &registrations.published);
        let tags = all.map(|registration| {
            let tags = registration.entry.tags.items.iter();
            tags.map(|tag| tag.value.clone()).collect()
        });
        tags.collect()
    })
}

/// Returns the keys of the rows.
pub(crate) fn row_keys(view: &View<'_>) -> Vec<SmolStr> {
    view.with_joined(|joined| {
        let rows = joined.table.iter().flat_map(|table| &table.rows);
        rows.map(|row| row.row.key.value.clone()).collect()
    })
}
