//! Tests of images and rows, by name.

use smol_str::SmolStr;

use super::NextStep;
use model::suite::IMAGE_TEST;
use model::test_runner::image_test;
use model::tree::ALL_TESTS;
use model::view::View;
use model::{Image, Layout};

/// Tests of containers of each row, with the group of their rows; `None` is all of them.
const ROW_TESTS: [(&str, Option<&str>); 4] = [
    ("dist-config/start-stop", None),
    ("dist-config/netif-routed", None),
    ("dist-config/systemd-rundir", Some("systemd")),
    ("dist-config/nonsystemd-rundir", Some("non-systemd")),
];

/// Names of a checkout's tests, and the program that runs them.
pub(super) struct TestNames<'a> {
    /// Text of the list of tests; `None` where there is none.
    list: Option<&'a str>,
    /// Beginning of a command line.
    program: &'static str,
}

impl<'a> TestNames<'a> {
    /// Reads how a checkout names its tests; `None` for a checkout that has no tests.
    pub(super) fn read(view: &View<'a>, changed_test_runner: bool) -> Option<TestNames<'a>> {
        let list = view.tree.id(ALL_TESTS).and_then(|id| view.tree.file(id));
        (view.tree.layout == Layout::Whole).then(|| TestNames {
            list: list.map(|file| &*file.text),
            // The script takes its programs from the system's Nix store, and not from here.
            program: match changed_test_runner {
                true => "nix develop .#test-runner --command test-runner",
                false => "./test-runner.sh",
            },
        })
    }

    /// Returns the commands that find and run the test of an image.
    pub(super) fn of_image(&self, image: &Image) -> Vec<NextStep> {
        if !self.has_image_tests() {
            return Vec::new();
        }
        let (program, test) = (self.program, image_test(&image.name));
        let reason = match self.program {
            "./test-runner.sh" => "",
            _ => ", with the test runner as it is here",
        };
        vec![
            NextStep::new(
                format!("{program} ls '{test}'"),
                format!("shows whether the image has a test{reason}"),
            ),
            NextStep::new(
                format!("{program} test '{test}'"),
                format!(
                    "builds the image and tests it: 9 to 135 minutes, 24 GiB of memory{reason}"
                ),
            ),
        ]
    }

    /// Returns the command that runs the tests of images that call what has changed.
    pub(super) fn of_callers(&self, images: &[&SmolStr]) -> Option<NextStep> {
        let names: Vec<&str> = images.iter().map(|name| name.as_str()).collect();
        let pattern = match &*names {
            [] => return None,
            [name] => (*name).to_owned(),
            names => format!("{{{}}}", names.join(",")),
        };
        self.has_image_tests().then(|| {
            NextStep::new(
                format!("{} test '{}'", self.program, image_test(&pattern)),
                "tests the images that call what changed in an include: 9 to 135 minutes each",
            )
        })
    }

    /// Returns the commands that test the rows that reach some images.
    pub(super) fn of_rows(&self, view: &View<'_>, images: &[&Image]) -> Vec<NextStep> {
        view.with_joined(|joined| {
            let mut steps = Vec::new();
            let rows = joined.table.iter().flat_map(|table| &table.rows);
            for row in rows {
                let reaches = row.published.iter().flatten().any(|registration| {
                    let name = registration.image.map(|image| &image.name);
                    images.iter().any(|image| Some(&image.name) == name)
                });
                let release = row.distribution().zip(row.version());
                let Some((distribution, version)) = release.filter(|_| reaches) else {
                    continue;
                };
                let of_group = |group: &Option<&str>| group.is_none_or(|group| row.is_in(group));
                for (test, _) in ROW_TESTS.iter().filter(|(_, group)| of_group(group)) {
                    let Some(separator) = self.separator(test) else {
                        continue;
                    };
                    steps.push(NextStep::new(
                        format!(
                            "{} test '{test}{separator}{distribution}-{version}'",
                            self.program
                        ),
                        "tests the row with the published image: only once it is published",
                    ));
                }
            }
            steps
        })
    }

    /// Returns whether each image has a test; where there is no list, it is taken for one of today.
    fn has_image_tests(&self) -> bool {
        self.list.is_none_or(|list| list.contains(IMAGE_TEST))
    }

    /// Returns the character before the name of a row in the name of a test; `None` where there is
    /// no such test.
    fn separator(&self, test: &str) -> Option<char> {
        let Some(list) = self.list else {
            return Some('#');
        };
        let quoted = format!("\"{test}\"");
        let line = list.lines().find(|line| line.contains(&quoted))?;
        // One test for each row, or one script of a test for each.
        Some(if line.contains("template") { '@' } else { '#' })
    }
}
