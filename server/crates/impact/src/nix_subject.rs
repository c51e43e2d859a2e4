//! The subject of the commit message of a change of the repository and of tests alone.

use smol_str::SmolStr;

use crate::subject::{listed_up_to, name_of, without};
use crate::{Changed, is_known, is_repository_known};
use model::registration::Registration;
use model::suite::TestSuite;
use model::tree::{ALL_TESTS, ChangeKind, REPOSITORY, SUITE, TEST_TABLE};
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
        let is_whole = is_repository_known(before) && is_repository_known(after);
        let otherwise = if is_of_tags {
            "change tags"
        } else {
            "change settings"
        };
        // Of what does not parse, nobody knows what it says.
        let text = match is_whole {
            true => change_of_entries(most, &old, &new),
            false => Some(format!("change {}", name_of(REPOSITORY))),
        };
        let text = text.unwrap_or_else(|| otherwise.to_owned());
        return ("image-repository", text);
    }
    if changed.files.iter().any(|file| file.path == TEST_TABLE) {
        let (old, new) = (row_keys(before), row_keys(after));
        let text = match is_known(before, TEST_TABLE) && is_known(after, TEST_TABLE) {
            true => difference(most, &old, &new),
            false => Some(format!("change {}", name_of(TEST_TABLE))),
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
    let mut deeds = Vec::new();
    for (verb, kind) in [
        ("add", ChangeKind::Added),
        ("remove", ChangeKind::Deleted),
        ("change", ChangeKind::Modified),
    ] {
        let files = changed.files.iter().filter(|file| file.kind == kind);
        let tests = files.filter_map(|file| file.path.strip_prefix(SUITE)?.strip_prefix('/'));
        let tests: Vec<SmolStr> = tests
            .map(|test| SmolStr::new(test.trim_end_matches(".nix")))
            .collect();
        if !tests.is_empty() {
            deeds.push(format!("{verb} {}", listed_up_to(most, &tests, "tests")));
        }
    }
    match deeds.is_empty() {
        false => ("tests", deeds.join(", ")),
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

/// An entry of the repository: its key, and the image that it builds.
#[derive(Debug, PartialEq, Eq)]
struct EntryName {
    key: (SmolStr, SmolStr),
    image: SmolStr,
}

impl EntryName {
    /// Returns whether an entry is another one, under another key or with another name.
    fn is(&self, other: &EntryName) -> bool {
        self.key == other.key || self.image == other.image
    }
}

/// Returns the entries of the repository.
fn entries(view: &View<'_>) -> Vec<EntryName> {
    view.with_joined(|joined| {
        let registrations = joined.registrations.into_iter();
        let all = registrations.flat_map(|registrations| &registrations.published);
        let entry = |registration: &Registration<'_>| {
            let entry = registration.entry;
            Some(EntryName {
                key: (
                    entry.distribution.value.clone(),
                    entry.version.value.clone(),
                ),
                image: registration.image_name()?,
            })
        };
        all.filter_map(entry).collect()
    })
}

/// Returns what is done to entries; `None` where they are the same.
fn change_of_entries(most: usize, old: &[EntryName], new: &[EntryName]) -> Option<String> {
    let only = |all: &[EntryName], others: &[EntryName]| -> Vec<SmolStr> {
        let is_there = |entry: &&EntryName| others.iter().any(|other| other.is(entry));
        let entries = all.iter().filter(|entry| !is_there(entry));
        entries.map(|entry| entry.image.clone()).collect()
    };
    let stays = new.iter().filter(|entry| !old.contains(entry));
    let stays = stays.filter(|entry| old.iter().any(|other| other.is(entry)));
    let deeds = [
        ("add", only(new, old)),
        ("remove", only(old, new)),
        ("change", stays.map(|entry| entry.image.clone()).collect()),
    ];
    let deeds = deeds.iter().filter(|(_, names)| !names.is_empty());
    let deeds: Vec<String> = deeds
        .map(|(verb, names)| format!("{verb} {}", listed_up_to(most, names, "entries")))
        .collect();
    (!deeds.is_empty()).then(|| deeds.join(", "))
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
