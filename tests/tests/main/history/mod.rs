//! `new` against the history of a real repository: for each image that a commit added, what it makes
//! in the tree before that commit, beside what the commit has.
//!
//! Nothing of that repository is kept here. What is printed is to be read: which images come out
//! equal, and which lines differ without a word in what `new` says.

mod additions;
mod comparison;
mod entry;
mod git_trees;
mod said;
mod summary;
mod trial;

use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::{git, output_of};
use image_scripts_ls_tests::program;

use additions::additions;
use git_trees::GitTrees;
use summary::Summary;
use trial::Trial;

/// Day since which the tree has the folders that it has today.
const SINCE: &str = "2019-06-01";

/// Returns what comes of all images that were added to a repository.
fn history(repository: &Path) -> Summary {
    let trees = GitTrees::new(repository);
    let added = additions(&trees, SINCE);
    Summary::of(added.iter().map(|addition| Trial::of(&trees, addition)))
}

#[test]
#[ignore = "it takes a repository of vpsAdminOS, in HISTORY"]
fn images_that_were_added() {
    let repository = std::env::var_os("HISTORY").expect("HISTORY names a repository of git");
    let summary = history(Path::new(&repository));
    println!("{summary}");
    assert!(!summary.is_empty(), "no image was added in {repository:?}");
}

/// Runs the program in a checkout.
fn done(checkout: &Checkout, arguments: &[&str]) {
    let mut command = Command::new(program!());
    command.args(arguments).current_dir(checkout.root());
    output_of(&mut command, "", "cargo build").ok();
}

#[test]
fn images_of_a_small_repository() {
    let checkout = Checkout::of("clean-2026");
    let root = checkout.root();
    let commit = |message: &str| {
        git(root, &["add", "-A"]);
        git(root, &["commit", "-qm", message]);
    };
    git(root, &["init", "-q"]);
    commit("base");
    // As it is made.
    done(&checkout, &["new", "alpine-3.25"]);
    commit("image-scripts: add alpine-3.25");
    // Without its tags, with a build number, which is to be verified, and with a step that nothing
    // tells.
    done(&checkout, &["new", "fedora-45", "--no-tags"]);
    let build = "image-scripts/images/fedora-45/build.sh";
    checkout.edit(build, "$RELVER-", "$RELVER-9");
    checkout.edit(build, "bootstrap\n", "true\nbootstrap\n");
    commit("image-scripts: add fedora-45");
    let summary = history(root).to_string();
    let all: Vec<&str> = summary.lines().last().unwrap().split_whitespace().collect();
    // Images, those made, equal ones, equal entries, lines that something covers, images with no others.
    assert_eq!(
        all,
        ["all", "2", "2", "1/2", "1/2", "2/3", "1/2"],
        "{summary}"
    );
    assert!(
        summary.contains("NOTHING  build.sh:14: + true\n"),
        "{summary}"
    );
}
