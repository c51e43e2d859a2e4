//! What does not belong into a commit, or is missing from it.

use crate::describe::images;
use crate::subject::Named;
use crate::{Changed, is_known};
use model::tree::{ALL_TESTS, ChangedFile, REPOSITORY, SETTINGS, TEST_TABLE, is_editor_file};
use model::view::View;

/// Documents that name distributions, and the directory of what supports them.
const BESIDE: [&str; 5] = [
    "docs/osctld/distributions.md",
    "docs/specifications/distributions.md",
    "osctld/lib/osctld/dist_config/distributions/",
    "os/lib/nixos-container/",
    "tests/suite/",
];

/// Returns why a file does not belong into a commit about images, if it does not.
pub(crate) fn foreign_by(changed: &Changed<'_>, path: &str) -> Option<String> {
    let prefix = changed.after.tree.layout.prefix();
    let of_repository = |view: &View<'_>| {
        let id = view.tree.id(path);
        path == REPOSITORY || id.is_some_and(|id| view.is_of_repository(id))
    };
    let is_beside = of_repository(&changed.after)
        || changed.before.as_ref().is_some_and(of_repository)
        || [TEST_TABLE, ALL_TESTS, SETTINGS].contains(&path)
        || BESIDE.iter().any(|beside| path.starts_with(beside));
    if is_leftover(path) {
        return Some(leftover(path));
    }
    (!path.starts_with(prefix) && !is_beside).then(|| unrelated(path))
}

pub(crate) fn leftover(path: &str) -> String {
    format!("{path} is left over from an editor or a patch: remove it")
}

pub(crate) fn unrelated(path: &str) -> String {
    format!("{path} has nothing to do with images: leave it to another commit")
}

/// Returns what may not belong into the commit, or is missing from it.
pub(crate) fn warnings(changed: &Changed<'_>, named: &Named) -> Vec<String> {
    let untracked = changed.files.iter().filter(|file| file.is_untracked);
    let mut found: Vec<String> = untracked
        .map(|file| {
            let path = &file.path;
            format!("{path} is not known to git: `git add` it, or remove it")
        })
        .collect();
    found.extend(changed.files.iter().filter_map(|file| unfit(changed, file)));
    if !named.added.is_empty() {
        for image in &named.changed {
            let is_alias_of_new = changed.after.model.images.get(image).is_some_and(|image| {
                let mut added = named.added.iter();
                added.any(|name| {
                    let new = changed.after.model.images.get(name);
                    new.is_some_and(|new| new.directory == image.directory)
                })
            });
            if !is_alias_of_new {
                found.push(format!(
                    "{image} has changed, too: is that part of adding {}?",
                    images(&named.added)
                ));
            }
        }
    }
    found
}

/// Returns why a changed file cannot be committed as it is: a merge that is not settled, or an error of syntax.
fn unfit(changed: &Changed<'_>, file: &ChangedFile) -> Option<String> {
    let (path, view) = (&file.path, &changed.after);
    let now = view.tree.id(path).and_then(|id| view.tree.file(id))?;
    if let Some(line) = conflict(&now.text) {
        return Some(format!(
            "{path}:{line} has the marks of a merge conflict: settle it"
        ));
    }
    (!is_known(view, path)).then(|| {
        format!("{path} does not parse, and nothing is said of what is in it: `check` says where")
    })
}

/// Returns the line at which a merge left a conflict.
fn conflict(text: &str) -> Option<usize> {
    let begins = |mark: &'static str| {
        let mut lines = text.lines();
        lines.position(|line| line.starts_with(mark))
    };
    let (start, end) = (begins("<<<<<<< ")?, begins(">>>>>>> ")?);
    (start < end).then_some(start + 1)
}

/// Returns whether a file is what a program leaves behind.
pub(crate) fn is_leftover(path: &str) -> bool {
    const ENDS: [&str; 6] = ["~", ".orig", ".rej", ".swp", ".bak", ".tmp"];
    is_editor_file(path) || ENDS.iter().any(|end| path.ends_with(end))
}
