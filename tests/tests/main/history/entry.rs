//! The entry of a new image in the repository, beside the one that its maintainers wrote.

use std::path::Path;

use analysis::Inputs;
use checkout::Overlay;
use image_scripts_ls_tests::checkout::Folder;
use model::registration::Registrations;

use super::additions::Addition;
use super::git_trees::{GitTrees, REPOSITORY};

/// Time within which the entry may follow the image.
const DAYS: u64 = 120;

/// How an entry compares.
pub(super) enum EntryComparison {
    /// There was no repository when the image was added.
    NoRepository,
    /// None was written in the days after the image was added.
    NeverEntered,
    Compared {
        made: String,
        real: String,
        /// The scripts were in a repository of git of their own.
        is_joined: bool,
    },
}

impl EntryComparison {
    /// Compares the entry in a folder with the first one that was written.
    pub(super) fn of(trees: &GitTrees, addition: &Addition, made: &Path) -> EntryComparison {
        let Some(before) = trees.repository_before(addition) else {
            return EntryComparison::NoRepository;
        };
        let days = DAYS * 24 * 60 * 60;
        let since = format!("--since={}", addition.time);
        let until = format!("--until={}", addition.time + days);
        let later = trees.git(&[
            "log",
            "--all",
            &since,
            &until,
            "--reverse",
            "--format=%H",
            "--",
            REPOSITORY,
        ]);
        let commits = std::iter::once(addition.commit.as_str()).chain(later.lines());
        for commit in commits.filter(|commit| trees.has_repository(commit)) {
            let folder = Folder::new();
            trees.export_scripts(&addition.commit, folder.path());
            trees.export_others(commit, folder.path());
            if let Some(real) = entry_in(folder.path(), &addition.image) {
                return EntryComparison::Compared {
                    made: entry_in(made, &addition.image).unwrap_or_default(),
                    real,
                    is_joined: before != addition.parent,
                };
            }
        }
        EntryComparison::NeverEntered
    }
}

/// Returns the entry of an image in a checkout, with one blank for all white space in it.
fn entry_in(folder: &Path, image: &str) -> Option<String> {
    let root = checkout::find(folder).pop()?;
    let snapshot = checkout::read(&root, &Overlay::default(), Inputs::fixed("2026-11-01"));
    let view = snapshot.view();
    let registrations = Registrations::new(view.model, view.repository_files()?);
    let registration = registrations.of_image(image).next()?;
    let text = &view.tree.file(registration.file)?.text;
    let range = registration.entry.binding;
    let entry = &text[usize::from(range.start())..usize::from(range.end())];
    let words: Vec<&str> = entry.split_whitespace().collect();
    Some(words.join(" "))
}
