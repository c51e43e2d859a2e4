//! The tests of the suite that a change reaches: by their own files, by the list, and by what all of them are made
//! with.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::{Because, Changed, below, is_known};
use model::suite::{IMAGE_TEST, TestSuite, path_of};
use model::tree::{ALL_TESTS, ChangeKind, ChangedFile, Facts, SUITE, TEST_TABLE, Tree};
use model::{FileRange, Layout};
use syntax::nix;

/// Directory of the list of tests, of the suite, and of what tests are made with.
const TESTS: &str = "tests";

/// What a change does to the suite.
#[derive(Default)]
pub(crate) struct ChangedSuite {
    /// The reasons that hold for every test.
    pub(crate) for_all: Vec<Because>,
    /// The reasons that hold for the test of each image.
    pub(crate) for_images: Vec<Because>,
    /// The listed tests that have reasons of their own, in the order of the list.
    pub(crate) tests: Vec<(SmolStr, Vec<Because>)>,
    /// Changed files of which nobody knows what they are of.
    pub(crate) unknown: Vec<SmolStr>,
    /// The listed tests whose file is deleted.
    pub(crate) gone: Vec<SmolStr>,
}

impl ChangedSuite {
    pub(crate) fn new(changed: &Changed<'_>) -> ChangedSuite {
        let mut found = ChangedSuite::default();
        if changed.after.tree.layout == Layout::ScriptsOnly {
            return found;
        }
        let files = changed.files.iter();
        let files = files.filter(|file| below(&file.path, TESTS).is_some());
        let (of_suite, others): (Vec<_>, Vec<_>) =
            files.partition(|file| below(&file.path, SUITE).is_some());
        for file in others {
            found.for_all.extend(made_with(changed, file));
        }
        let suite = TestSuite::of(changed.after.tree);
        let before = changed.before.map(|before| TestSuite::of(before.tree));
        let of_suite: Vec<&ChangedFile> = of_suite
            .into_iter()
            .filter(|file| !is_same_code(changed, file))
            .collect();
        let reasons = |test: &str| -> Vec<Because> {
            let mut files = suite.files_of(test);
            files.extend(before.iter().flat_map(|before| before.files_of(test)));
            let of_test = of_suite.iter().filter(|file| is_among(file, &files));
            of_test.map(|file| of_file(changed, file, test)).collect()
        };
        found.for_images = reasons(IMAGE_TEST);
        for test in suite.list().iter().flat_map(|list| &list.tests) {
            let name = &test.name.value;
            if is_deleted(changed, name) {
                found.gone.push(name.clone());
                continue;
            }
            let mut because = reasons(name);
            let was_listed = before.as_ref().is_none_or(|before| {
                let list = before.list();
                list.is_none_or(|list| list.tests.iter().any(|old| old.name.value == *name))
            });
            if !was_listed {
                because.push(Because {
                    path: SmolStr::new_static(ALL_TESTS),
                    at: changed
                        .after
                        .tree
                        .id(ALL_TESTS)
                        .map(|id| FileRange::new(id, test.name.range)),
                    message: "the test is listed now".to_owned(),
                });
            }
            if !because.is_empty() && name != IMAGE_TEST {
                found.tests.push((name.clone(), because));
            }
        }
        found.unknown = unread(changed);
        found.unknown.extend(unknown(&suite, &of_suite));
        found
    }

    /// Returns the reasons that a test has.
    pub(crate) fn of(&self, test: &str) -> Option<&[Because]> {
        let found = self.tests.iter().find(|(name, _)| name == test);
        found.map(|(_, because)| because.as_slice())
    }
}

/// Returns whether a change deletes the file of a test.
fn is_deleted(changed: &Changed<'_>, test: &str) -> bool {
    let path = path_of(test);
    let mut files = changed.files.iter();
    files.any(|file| file.kind == ChangeKind::Deleted && file.path == path)
}

/// Returns the reason that a file outside of the suite has, if it is one that every test is made with.
fn made_with(changed: &Changed<'_>, file: &ChangedFile) -> Option<Because> {
    let path = file.path.as_str();
    if path == TEST_TABLE || is_document(path) || (path == ALL_TESTS && is_list_alone(changed)) {
        return None;
    }
    Some(changed.of_file(&file.path, "a file that every test is made with"))
}

/// Returns whether a file is for people alone.
fn is_document(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_text = [".md", ".txt", ".rst"]
        .iter()
        .any(|end| name.ends_with(end));
    is_text || name.starts_with("README") || name == ".gitignore"
}

/// Returns whether tests are made of what is listed as they were: at most, others are listed.
fn is_list_alone(changed: &Changed<'_>) -> bool {
    let rest = |tree| Some(&TestSuite::of(tree).list()?.rest);
    let before = changed.before.and_then(|before| rest(before.tree));
    before.is_some() && before == rest(changed.after.tree)
}

/// Returns whether nothing but comments and layout differs in a file.
fn is_same_code(changed: &Changed<'_>, file: &ChangedFile) -> bool {
    let text = |tree: &Tree| {
        let file = tree.file(tree.id(&file.path)?)?;
        let is_read = matches!(file.facts, Facts::Suite(_)) && file.is_readable();
        is_read.then(|| file.text.clone())
    };
    let before = changed.before.and_then(|before| text(before.tree));
    let both = before.zip(text(changed.after.tree));
    both.is_some_and(|(old, new)| {
        old == new || nix::code(&old).is_some_and(|old| Some(old) == nix::code(&new))
    })
}

/// Returns whether a changed file is one of some, or is below a directory that is.
fn is_among(file: &ChangedFile, paths: &BTreeSet<SmolStr>) -> bool {
    let ends = file.path.match_indices('/').map(|(at, _)| at);
    let mut ways = ends.filter_map(|at| file.path.get(..at));
    // What is in the directory of the suite is no reason to name it.
    paths.contains(&file.path) || ways.any(|way| way.len() > SUITE.len() && paths.contains(way))
}

/// Returns the reason that a changed file is for a test that is made of it.
fn of_file(changed: &Changed<'_>, file: &ChangedFile, test: &str) -> Because {
    let is_own = file.path == path_of(test);
    if test == IMAGE_TEST {
        return changed.of_file(&file.path, "a file that every image is tested with");
    }
    let what = match is_own {
        true => format!("the file of `{test}`"),
        false => format!("a file that `{test}` reads"),
    };
    changed.of_file(&file.path, &what)
}

/// Returns the changed files that say which rows and images there are, and do not parse now.
fn unread(changed: &Changed<'_>) -> Vec<SmolStr> {
    let paths = changed.files.iter().map(|file| &file.path);
    let unread = paths.filter(|path| {
        let is_gone = **path == TEST_TABLE && changed.after.tree.id(path).is_none();
        is_gone || !is_known(&changed.after, path)
    });
    unread.cloned().collect()
}

/// Returns the changed files of the suite that may be of tests that nobody knows.
fn unknown(suite: &TestSuite<'_>, files: &[&ChangedFile]) -> Vec<SmolStr> {
    let of_images = suite.files_of(IMAGE_TEST);
    let named = suite.files_of_list();
    let is_unknown = |file: &&&ChangedFile| {
        let is_test = file.path.ends_with(".nix") && file.kind != ChangeKind::Deleted;
        let may_be_test = match suite.list() {
            Some(_) => is_among(file, &named),
            None => is_test,
        };
        may_be_test && !is_among(file, &of_images)
    };
    let unknown = files.iter().filter(is_unknown);
    unknown.map(|file| file.path.clone()).collect()
}
