//! The tests of the suite: which there are, the files that each is made of, and the rows that it is made for.

use std::collections::BTreeSet;

use smol_str::{SmolStr, format_smolstr};

use super::table::{ResolvedRow, Table};
use super::tree::{ALL_TESTS, Facts, SUITE, Tree, path_beside};
use syntax::nix::TestList;

/// The test that is made for each image.
pub const IMAGE_TEST: &str = "image-scripts/test";

/// Tests that are made for all rows, or for those of a group, where the list does not say it.
const OF_ROWS: [(&str, Option<&str>); 4] = [
    ("dist-config/netif-routed", None),
    ("dist-config/start-stop", None),
    ("dist-config/systemd-rundir", Some("systemd")),
    ("dist-config/nonsystemd-rundir", Some("non-systemd")),
];

/// The tests of a checkout.
pub struct TestSuite<'a> {
    tree: &'a Tree,
    /// Text of the list.
    text: Option<&'a str>,
    /// What it lists, where that is known.
    list: Option<&'a TestList>,
    /// The tests that are made for each row alone.
    of_rows: Vec<TestOfRows>,
}

/// A test that is made for each row alone, of all of them or of some.
pub struct TestOfRows {
    /// Name of the test.
    pub test: SmolStr,
    /// The groups of the rows; all rows where there is none.
    pub groups: Vec<SmolStr>,
    /// The character before the name of the row: each row has a test of its own, or a script of a joint one.
    separator: char,
}

impl TestOfRows {
    /// Returns its name for a row, as the test runner has it.
    fn name_for(&self, distribution: &str, version: &str) -> String {
        format!("{}{}{distribution}-{version}", self.test, self.separator)
    }

    /// Returns whether it may be made for a row: of a group that is not written down, nobody knows.
    fn may_be_for(&self, table: &Table<'_>, row: &ResolvedRow<'_>) -> bool {
        let may_be_in = |group: &SmolStr| {
            let mut groups = table.facts.groups.iter();
            let known = groups.find(|known| known.name.value == *group);
            row.is_in(group) || known.is_none_or(|known| !known.complete)
        };
        self.groups.is_empty() || self.groups.iter().any(may_be_in)
    }
}

impl<'a> TestSuite<'a> {
    /// Reads the list of tests.
    pub fn of(tree: &'a Tree) -> TestSuite<'a> {
        let file = tree.id(ALL_TESTS).and_then(|id| tree.file(id));
        let list = file.and_then(|file| match &file.facts {
            Facts::Suite(facts) => facts.list.as_ref(),
            _ => None,
        });
        let mut suite = TestSuite {
            tree,
            text: file.map(|file| &*file.text),
            list,
            of_rows: Vec::new(),
        };
        suite.of_rows = suite.read_of_rows();
        suite
    }

    fn read_of_rows(&self) -> Vec<TestOfRows> {
        // Tests are joint in checkouts that test every image.
        let usual = match self.has_image_tests() {
            Some(true) => '#',
            _ => '@',
        };
        let listed = self.list.iter().flat_map(|list| &list.tests);
        let listed = listed.filter_map(|test| {
            let rows = test.rows.as_ref()?;
            Some(TestOfRows {
                test: test.name.value.clone(),
                groups: rows.groups.clone(),
                separator: if rows.is_template { '@' } else { usual },
            })
        });
        let listed: Vec<TestOfRows> = listed.collect();
        if !listed.is_empty() {
            return listed;
        }
        let known = OF_ROWS.iter().filter(|(test, _)| self.may_list(test));
        let known = known.map(|(test, group)| TestOfRows {
            test: SmolStr::new_static(test),
            groups: group
                .iter()
                .map(|group| SmolStr::new_static(group))
                .collect(),
            separator: usual,
        });
        known.collect()
    }

    /// Returns the list; `None` where nobody knows what is in it.
    pub fn list(&self) -> Option<&'a TestList> {
        self.list
    }

    /// Returns whether each image has a test; `None` without a list.
    pub fn has_image_tests(&self) -> Option<bool> {
        self.text.map(|text| text.contains(IMAGE_TEST))
    }

    /// Returns the tests that are made for each row alone.
    pub fn of_rows(&self) -> &[TestOfRows] {
        &self.of_rows
    }

    /// Returns the tests that are made for a row, by the names of the test runner.
    pub fn of_row(&self, table: &Table<'_>, row: &ResolvedRow<'_>) -> Vec<String> {
        let Some((distribution, version)) = row.distribution().zip(row.version()) else {
            return Vec::new();
        };
        let tests = self
            .of_rows
            .iter()
            .filter(|test| test.may_be_for(table, row));
        tests
            .map(|test| test.name_for(distribution, version))
            .collect()
    }

    /// Returns whether a test is there, as far as its name tells.
    fn may_list(&self, test: &str) -> bool {
        let is_quoted = |text: &str| text.contains(&format!("\"{test}\""));
        self.text.is_some_and(is_quoted) || self.tree.id(&path_of(test)).is_some()
    }

    /// Returns the paths of what a test is made of: its own file, what that names, and so on. What is not in the
    /// suite is not read, so nothing is known of what it names.
    pub fn files_of(&self, test: &str) -> BTreeSet<SmolStr> {
        self.files_from(SmolStr::new(path_of(test)))
    }

    /// Returns the paths of what the list names by a path.
    pub fn files_of_list(&self) -> BTreeSet<SmolStr> {
        self.files_from(SmolStr::new_static(ALL_TESTS))
    }

    fn files_from(&self, path: SmolStr) -> BTreeSet<SmolStr> {
        let mut found = BTreeSet::from([path.clone()]);
        let mut pending = vec![path];
        while let Some(path) = pending.pop() {
            let file = self.tree.id(&path).and_then(|id| self.tree.file(id));
            let Some(Facts::Suite(facts)) = file.map(|file| &file.facts) else {
                continue;
            };
            for named in &facts.paths {
                let Some(named) = path_beside(&path, named) else {
                    continue;
                };
                // Of a directory, that file is imported.
                let default = format_smolstr!("{named}/default.nix");
                let of_directory = self.tree.id(&default).map(|_| default);
                let all = of_directory.into_iter().chain([named]);
                pending.extend(all.filter(|path| found.insert(path.clone())));
            }
        }
        found
    }
}

/// Returns the path of the file of a test.
pub fn path_of(test: &str) -> String {
    format!("{SUITE}/{test}.nix")
}
