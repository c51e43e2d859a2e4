//! The rows of the test table that a change reaches, with those of their tests that it does; and the other tests.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use crate::suite::ChangedSuite;
use crate::{AffectedRow, AffectedTest, Because, Changed, is_known};
use ide::overview::{RowState, rows};
use model::suite::{IMAGE_TEST, TestSuite};
use model::table::ResolvedRow;
use model::tree::{ALL_TESTS, TEST_TABLE};
use model::view::View;
use model::{FileRange, Layout};

/// What is said after the name of an image that is published and not there.
const NOT_THERE: &str = ", which is not there";

/// Returns the rows that a change reaches, and the other tests that it does.
pub(crate) fn affected(
    changed: &Changed<'_>,
    suite: &ChangedSuite,
) -> (Vec<AffectedRow>, Vec<AffectedTest>) {
    if changed.after.tree.layout == Layout::ScriptsOnly {
        return (Vec::new(), Vec::new());
    }
    let after = meanings(&changed.after);
    let before = changed.before.as_ref().map(meanings);
    let mut found = Vec::new();
    let mut of_rows = BTreeSet::new();
    for mut state in rows(&changed.after) {
        state
            .tests
            .retain(|test| !suite.gone.iter().any(|gone| gone == name_of(test)));
        let mut row = match &before {
            Some(before) => Reached::by_meaning(changed, &state, before, &after),
            None => Reached::by_name(changed, &state),
        };
        if !suite.for_all.is_empty() {
            row.add(suite.for_all.iter().cloned(), &state.tests);
        }
        for own in &state.tests {
            let test = name_of(own);
            of_rows.insert(SmolStr::new(test));
            if let Some(because) = suite.of(test) {
                row.add(because.iter().cloned(), std::slice::from_ref(own));
            }
        }
        if !row.because.is_empty() {
            found.push(AffectedRow {
                key: state.key,
                tests: in_order(&state.tests, |test| row.tests.contains(test)),
                because: row.because,
            });
        }
    }
    (found, others(changed, suite, &of_rows))
}

/// Returns the name of a test without what it is made for.
fn name_of(test: &str) -> &str {
    test.split(['#', '@']).next().unwrap_or(test)
}

/// Returns the listed tests that a change reaches, and that are no row's.
fn others(
    changed: &Changed<'_>,
    suite: &ChangedSuite,
    of_rows: &BTreeSet<SmolStr>,
) -> Vec<AffectedTest> {
    let list = TestSuite::of(changed.after.tree).list();
    let names = list
        .iter()
        .flat_map(|list| &list.tests)
        .map(|test| &test.name.value);
    let names = names.filter(|name| {
        *name != IMAGE_TEST && !of_rows.contains(*name) && !suite.gone.contains(*name)
    });
    let test = |name: &SmolStr| {
        let own = suite.of(name).unwrap_or_default();
        let because: Vec<Because> = suite.for_all.iter().chain(own).cloned().collect();
        (!because.is_empty()).then(|| AffectedTest {
            test: name.to_string(),
            because,
        })
    };
    names.filter_map(test).collect()
}

/// Returns some of all tests.
fn in_order(all: &[String], is_it: impl Fn(&String) -> bool) -> Vec<String> {
    all.iter().filter(|test| is_it(test)).cloned().collect()
}

/// What reaches a row, and those of its tests that are reached.
#[derive(Default)]
struct Reached {
    because: Vec<Because>,
    tests: BTreeSet<String>,
}

/// What a row says, and the images that it reaches.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    release: Option<(SmolStr, SmolStr)>,
    groups: Vec<SmolStr>,
    /// The images; `None` where that is not certain.
    images: Option<Vec<SmolStr>>,
    /// The tests that are made for it.
    tests: Vec<String>,
}

fn meanings(view: &View<'_>) -> BTreeMap<SmolStr, Meaning> {
    let suite = TestSuite::of(view.tree);
    view.with_joined(|joined| {
        let Some(table) = &joined.table else {
            return BTreeMap::new();
        };
        let meaning = |row: &ResolvedRow<'_>| {
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
                        (None, Some(name)) => format_smolstr!("{name}{NOT_THERE}"),
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
                tests: suite.of_row(table, row),
            }
        };
        let rows = table.rows.iter();
        rows.map(|row| (row.row.key.value.clone(), meaning(row)))
            .collect()
    })
}

impl Reached {
    /// Adds reasons, with the tests that they reach.
    fn add(&mut self, because: impl IntoIterator<Item = Because>, tests: &[String]) {
        for reason in because {
            if !self.because.contains(&reason) {
                self.because.push(reason);
            }
        }
        self.tests.extend(tests.iter().cloned());
    }

    /// Compares what a row means with what it meant.
    fn by_meaning(
        changed: &Changed<'_>,
        state: &RowState,
        before: &BTreeMap<SmolStr, Meaning>,
        after: &BTreeMap<SmolStr, Meaning>,
    ) -> Reached {
        let mut found = Reached::default();
        let because = |message: String| Because {
            path: SmolStr::new(TEST_TABLE),
            at: Some(state.key_range),
            message,
        };
        let Some(new) = after.get(&state.key) else {
            return found;
        };
        let Some(old) = before.get(&state.key) else {
            let was_known = changed
                .before
                .is_none_or(|before| is_known(&before, TEST_TABLE));
            let message = match was_known {
                true => "the row is new",
                false => "it is read now, and was not before: the table did not parse",
            };
            found.add([because(message.to_owned())], &state.tests);
            return found;
        };
        if old.release != new.release {
            let message = "it has another distribution or version".to_owned();
            found.add([because(message)], &state.tests);
        }
        // The others are made for it as they were.
        let added = in_order(&state.tests, |test| !old.tests.contains(test));
        let groups = difference(&old.groups, &new.groups);
        if !added.is_empty() && groups.is_empty() && old.release == new.release {
            let list = SmolStr::new_static(ALL_TESTS);
            found.add([changed.of_file(&list, "the list of its tests")], &added);
        }
        found.add(groups.into_iter().map(because), &added);
        if old.images != new.images {
            found.add([because(meant(old, new))], &state.tests);
        }
        found
    }

    /// Goes by the names of the changed files, where nothing else is known of them.
    fn by_name(changed: &Changed<'_>, state: &RowState) -> Reached {
        let view = &changed.after;
        let is_repository = |path: &str| {
            view.tree
                .id(path)
                .is_some_and(|id| view.is_of_repository(id))
        };
        let mut files = changed.files.iter().map(|file| &file.path);
        let file = files.find(|path| *path == TEST_TABLE || is_repository(path));
        let because = file.map(|path| Because {
            path: path.clone(),
            at: match *path == TEST_TABLE {
                true => Some(state.key_range),
                false => view.tree.id(path).map(FileRange::start_of),
            },
            message: "decides on the row".to_owned(),
        });
        let mut found = Reached::default();
        if because.is_some() {
            found.add(because, &state.tests);
        }
        found
    }
}

/// Says which groups a row is in that it was not in, and the other way round.
fn difference(old: &[SmolStr], new: &[SmolStr]) -> Vec<String> {
    let without = |all: &[SmolStr], others: &[SmolStr]| {
        let only = all.iter().filter(|group| !others.contains(group));
        only.map(|group| format!("`{group}`")).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    let (joined, left) = (without(new, old), without(old, new));
    if !joined.is_empty() {
        found.push(format!("it is in {} now", joined.join(", ")));
    }
    if !left.is_empty() {
        found.push(format!("it is not in {} any more", left.join(", ")));
    }
    found
}

/// Says which images a row means, and which it meant.
fn meant(old: &Meaning, new: &Meaning) -> String {
    let (old, new) = (shown(old.images.as_deref()), shown(new.images.as_deref()));
    match (old.strip_suffix(NOT_THERE), new.strip_suffix(NOT_THERE)) {
        (None, Some(name)) if name == old => {
            format!("it means {name}, which is not there any more")
        }
        (Some(name), None) if name == new => {
            format!("it means {name}, which was not there before")
        }
        (_, Some(_)) => format!("it means {new}, and meant {old}"),
        _ => format!("it means {new} now, and meant {old}"),
    }
}

/// Returns the images that a row means, in a sentence.
fn shown(images: Option<&[SmolStr]>) -> String {
    match images {
        None => "what is not certain".to_owned(),
        Some([]) => "no image".to_owned(),
        Some(images) => images.join(", "),
    }
}
