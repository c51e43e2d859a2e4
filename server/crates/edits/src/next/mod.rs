//! Commands to run after a change: what checks it, and what is committed.
//!
//! - `tests`: tests of images and of rows, by the names that the checkout's list of tests gives
//!   them; `includes`: images that call what changed in an include.

mod includes;
mod tests;

use smol_str::SmolStr;

use crate::{Change, Edit};
use includes::callers_of_changes;
use model::view::View;
use model::{Image, Layout};
use tests::TestNames;

/// A command to run next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// Command line, to be run in the checkout.
    pub command: String,
    /// Reason to run it.
    pub why: String,
}

/// Facts about a checkout that are not in the files of its images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Set when the programs that run tests have changes that the upstream branch does not have.
    pub changed_test_runner: bool,
    /// Hooks that check a commit.
    pub hooks: Vec<Hooks>,
}

/// Hooks that check a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// File or folder that configures them.
    pub source: SmolStr,
    /// Command that runs them.
    pub command: SmolStr,
}

impl NextStep {
    fn new(command: impl Into<String>, why: impl Into<String>) -> NextStep {
        NextStep {
            command: command.into(),
            why: why.into(),
        }
    }
}

/// Images that a change adds and removes.
struct ChangedImages<'a> {
    added: Vec<&'a Image>,
    removed: Vec<&'a SmolStr>,
}

impl<'a> ChangedImages<'a> {
    fn new(before: &View<'a>, change: &Change, after: &View<'a>) -> ChangedImages<'a> {
        let (old, new) = (&before.model.images, &after.model.images);
        let is_completed = |name: &SmolStr| {
            *name == change.image && !is_complete(before, name) && is_complete(after, name)
        };
        let is_added = |name: &SmolStr| !old.contains_key(name) || is_completed(name);
        let added = new.values().filter(|image| is_added(&image.name));
        ChangedImages {
            added: added.map(|image| &**image).collect(),
            removed: old.keys().filter(|name| !new.contains_key(*name)).collect(),
        }
    }
}

/// Returns whether an image has its scripts and, where there is a repository, its entry.
fn is_complete(view: &View<'_>, name: &str) -> bool {
    let image = view.model.images.get(name);
    let directory = image.and_then(|image| view.model.directories.get(&image.directory));
    directory.is_some_and(|directory| directory.config.is_some() && directory.build.is_some())
        && view.with_joined(|joined| {
            let registrations = joined.registrations;
            registrations.is_none_or(|r| r.of_image(name).next().is_some())
        })
}

/// Returns the commands that come after a change, in their order. `after` is the checkout as the
/// change leaves it; `earlier` is the checkout to whose includes its own are compared.
pub fn next_steps(
    earlier: &View<'_>,
    before: &View<'_>,
    change: &Change,
    after: &View<'_>,
    surroundings: &Surroundings,
) -> Vec<NextStep> {
    let mut steps = Vec::new();
    let image = after.model.images.get(&change.image);
    let callers = callers_of_changes(earlier, after, image.map(|image| &**image));
    if let Some(builder) = after.model.builders.get(&change.image)
        && is_new_builder(before, change, after)
    {
        let scripts = [builder.config, builder.setup].into_iter().flatten();
        let paths = scripts.filter_map(|id| after.tree.path(id));
        steps.extend(paths.map(|path| syntax_check(path)));
        return with_hooks(steps, surroundings);
    }
    if let Some(image) = image {
        steps.extend(syntax_checks(after, image));
        let names = TestNames::read(after, surroundings.changed_test_runner);
        if let Some(names) = names {
            steps.extend(names.of_image(image));
            let added = ChangedImages::new(before, change, after).added;
            let reached: Vec<&Image> = match added.is_empty() {
                true => vec![&**image],
                false => added,
            };
            steps.extend(names.of_rows(after, &reached));
            steps.extend(names.of_callers(&callers));
        }
    }
    with_hooks(steps, surroundings)
}

/// Returns the steps and those that run the checkout's hooks, which come last.
fn with_hooks(mut steps: Vec<NextStep>, surroundings: &Surroundings) -> Vec<NextStep> {
    steps.extend(surroundings.hooks.iter().map(|hooks| {
        let why = format!(
            "runs the hooks of `{}` on what is staged, as a commit does",
            hooks.source
        );
        NextStep::new(hooks.command.as_str(), why)
    }));
    steps
}

/// Returns the commands that check the syntax of an image's scripts. `bash -n` reads one file at a
/// time.
fn syntax_checks(view: &View<'_>, image: &Image) -> Vec<NextStep> {
    let directory = view.model.directories.get(&image.directory);
    let scripts = directory.into_iter().flat_map(|directory| {
        let build = directory.build.map(|_| "build.sh");
        build
            .into_iter()
            .chain(directory.config.map(|_| "config.sh"))
    });
    let prefix = view.tree.layout.prefix();
    let path = |file| format!("{prefix}images/{}/{file}", image.name);
    scripts.map(|file| syntax_check(&path(file))).collect()
}

fn syntax_check(path: &str) -> NextStep {
    NextStep::new(format!("bash -n {path}"), "checks the syntax")
}

/// Returns the subject of a commit that has a change and nothing else.
pub fn commit_subject(before: &View<'_>, change: &Change, after: &View<'_>) -> String {
    let images = ChangedImages::new(before, change, after);
    let names = |names: &[&str]| names.join(", ");
    let added: Vec<&str> = images.added.iter().map(|i| i.name.as_str()).collect();
    let removed: Vec<&str> = images.removed.iter().map(|name| name.as_str()).collect();
    let what = match (&*added, &*removed) {
        ([], []) if is_new_builder(before, change, after) => {
            format!("add builder {}", change.image)
        }
        ([], []) => updated(before, change, after),
        (added, []) => format!("add {}", names(added)),
        ([], removed) => format!("remove {}", names(removed)),
        ([new], [old]) if is_renamed(change, old) => format!("rename {old} to {new}"),
        (added, removed) => format!("add {}, remove {}", names(added), names(removed)),
    };
    match after.tree.layout {
        Layout::Whole => format!("image-scripts: {what}"),
        Layout::ScriptsOnly => what,
    }
}

/// Returns whether a change makes a builder.
fn is_new_builder(before: &View<'_>, change: &Change, after: &View<'_>) -> bool {
    let has_builder = |view: &View<'_>| view.model.builders.contains_key(&change.image);
    has_builder(after) && !has_builder(before)
}

/// Returns whether a change moves the files of an image to another name.
fn is_renamed(change: &Change, image: &str) -> bool {
    let inside = format!("images/{image}/");
    let is_own =
        |from: &str| from.contains(&inside) || from.ends_with(inside.trim_end_matches('/'));
    let renames = |edit: &Edit| matches!(edit, Edit::Rename { from, .. } if is_own(from));
    change.edits.iter().any(renames)
}

/// Returns what a change does to an image that stays.
fn updated(before: &View<'_>, change: &Change, after: &View<'_>) -> String {
    let point = |view: &View<'_>| point_release(view, &change.image);
    match point(after) {
        Some(now) if point(before).as_ref() != Some(&now) => {
            format!("update {} to {now}", change.image)
        }
        _ => match change
            .title
            .strip_prefix(&format!("Bump {}: ", change.image))
        {
            Some(build) if build.starts_with("build ") && !build.contains(',') => {
                format!("update {} to {build}", change.image)
            }
            _ => format!("update {}", change.image),
        },
    }
}

/// Returns the point release that an image sets.
pub fn point_release(view: &View<'_>, image: &str) -> Option<String> {
    let image = view.model.images.get(image)?;
    let directory = view.model.directories.get(&image.directory)?;
    directory.scripts().find_map(|id| {
        let file = view.tree.file(id)?;
        let assigned = crate::image::script::assignments(file.script()?);
        let point = assigned.iter().find(|a| a.name == "POINTVER")?;
        let written = crate::image::script::slice(&file.text, point.value);
        crate::image::script::literal(written).map(str::to_owned)
    })
}
