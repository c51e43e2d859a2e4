//! One image that a commit added, made by `new` in the tree before that commit.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Folder, copy};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::program;
use serde_json::Value;
use similar::TextDiff;

use super::additions::Addition;
use super::comparison::{Difference, differences, image_files};
use super::entry::EntryComparison;
use super::git_trees::{GitTrees, SCRIPTS};
use super::said::Said;

/// Share of equal lines from which on an image shows which one it was made after.
const LIKENESS: f32 = 0.6;

/// What came of one image.
pub(super) struct Trial {
    pub(super) image: String,
    pub(super) family: String,
    pub(super) commit: String,
    pub(super) day: String,
    /// Arguments after the name.
    pub(super) arguments: Vec<String>,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    /// The program refuses, and no other image is like it.
    NoModel(String),
    Made(Made),
}

/// An image that was made.
pub(super) struct Made {
    /// The image that it was made after.
    pub(super) like: String,
    /// All files are equal to the byte.
    pub(super) is_equal: bool,
    pub(super) differences: Vec<Difference>,
    pub(super) entry: EntryComparison,
}

/// The trees before and after a commit, on the disk.
struct Folders {
    made: Folder,
    real: Folder,
    /// A repository is beside the scripts before the commit.
    has_repository: bool,
}

impl Trial {
    pub(super) fn of(trees: &GitTrees, addition: &Addition) -> Trial {
        let folders = Folders::of(trees, addition);
        let mut arguments = vec!["--today".to_owned(), addition.day.clone()];
        if let Some(removed) = addition.removed.first() {
            arguments.extend(["--replace".to_owned(), removed.clone()]);
        }
        let mut output = folders.run_new(&addition.image, &arguments);
        if output.status == 2
            && let Some(model) = folders.model_of(addition)
        {
            arguments.extend(["--like".to_owned(), model]);
            output = folders.run_new(&addition.image, &arguments);
        }
        let outcome = match output.status {
            2 => Outcome::NoModel(output.stderr.trim().to_owned()),
            _ => Outcome::Made(folders.compare(trees, addition, output)),
        };
        Trial {
            image: addition.image.clone(),
            family: addition.family().to_owned(),
            commit: addition.commit.clone(),
            day: addition.day.clone(),
            arguments: arguments.split_off(2),
            outcome,
        }
    }
}

impl Folders {
    fn of(trees: &GitTrees, addition: &Addition) -> Folders {
        let (made, real) = (Folder::new(), Folder::new());
        trees.export_scripts(&addition.parent, made.path());
        trees.export_scripts(&addition.commit, real.path());
        let repository = trees.repository_before(addition);
        if let Some(commit) = &repository {
            trees.export_others(commit, made.path());
        }
        Folders {
            made,
            real,
            has_repository: repository.is_some(),
        }
    }

    fn run_new(&self, image: &str, arguments: &[String]) -> Output {
        let mut command = Command::new(program!());
        command
            .args(["new", image, "--format", "json"])
            .args(arguments)
            .env("NO_COLOR", "1")
            .current_dir(match self.has_repository {
                true => self.made.path().to_owned(),
                false => self.made.path().join(SCRIPTS),
            });
        let output = output_of(&mut command, "", "cargo build");
        assert!([0, 2].contains(&output.status), "{image}: {output:?}");
        output
    }

    /// Returns the image that another one was made after, as its lines show. One of the same commit
    /// is put into the tree before it.
    fn model_of(&self, addition: &Addition) -> Option<String> {
        let own = script_lines(self.real.path(), &addition.image);
        let likeness = |root: &Path, name: &str| {
            let other = script_lines(root, name);
            TextDiff::from_lines(&other, &own).ratio()
        };
        let images = self.made.path().join(SCRIPTS).join("images");
        let before = fs::read_dir(images).unwrap();
        let before = before.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let before = before.map(|name| (likeness(self.made.path(), &name), false, name));
        let beside = addition.beside.iter().cloned();
        let beside = beside.map(|name| (likeness(self.real.path(), &name), true, name));
        let mut all: Vec<(f32, bool, String)> = before.chain(beside).collect();
        all.sort_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then_with(|| (a.1, &a.2).cmp(&(b.1, &b.2)))
        });
        let (likeness, is_beside, name) = all.into_iter().next()?;
        if likeness < LIKENESS {
            return None;
        }
        if is_beside {
            let path = format!("{SCRIPTS}/images/{name}");
            let (from, to) = (self.real.path().join(&path), self.made.path().join(&path));
            match fs::read_link(&from) {
                Ok(link) => symlink(link, to).unwrap(),
                Err(_) => copy(&from, &to),
            }
        }
        Some(name)
    }

    fn compare(&self, trees: &GitTrees, addition: &Addition, output: Output) -> Made {
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        let include_lines = trees.changed_include_lines(&addition.parent, &addition.commit);
        let said = Said::of(&report, &addition.image, &include_lines);
        let path = format!("{SCRIPTS}/images/{}", addition.image);
        let made = image_files(&self.made.path().join(&path));
        let real = image_files(&self.real.path().join(&path));
        Made {
            like: report["like"].as_str().unwrap_or_default().to_owned(),
            is_equal: made == real,
            differences: differences(&made, &real, &said),
            entry: EntryComparison::of(trees, addition, self.made.path()),
        }
    }
}

/// Returns the lines of both scripts of an image; none where it has no scripts.
fn script_lines(root: &Path, image: &str) -> String {
    let folder = root.join(SCRIPTS).join("images").join(image);
    let scripts = ["build.sh", "config.sh"].map(|file| fs::read_to_string(folder.join(file)));
    scripts.into_iter().flatten().collect()
}
