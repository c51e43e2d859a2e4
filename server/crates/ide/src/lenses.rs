//! Code lenses: users of a helper, registration and tests of an image, the script of its container,
//! what an entry builds, which images a row reaches.
//!
//! The lenses of a file are listed at once; the text of one is made when it becomes visible.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::function;
use super::lookup::{build_script, fact_range, has_image_tests, images_at, registrations_of, says};
use super::navigate::{self, Declarations};
use model::FileRange;
use model::registration::{Registration, image_name};
use model::table::{CGROUP_GROUPS, INIT_GROUPS, Table};
use model::test_runner::image_test;
use model::view::{Joined, View};
use model::{File, FileId, Image};
use syntax::TextRange;
use syntax::bash::Step;
use syntax::nix::Entry;

/// The helper that runs the script of the container.
const CONTAINER_RUN: &str = "run-configure";

/// Code lens whose text is not made yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// Text that it is shown above.
    pub range: TextRange,
    /// Kind of lens, with what [`resolve`] needs to know.
    pub kind: LensKind,
}

/// Kind of a lens, with the names from which [`resolve`] makes its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum LensKind {
    /// Users of a function of the file.
    Users(SmolStr),
    /// Registration of these images.
    Registration(Vec<SmolStr>),
    /// Rows that test these images.
    Tested(Vec<SmolStr>),
    /// Image that an entry builds.
    Builds(SmolStr),
    /// Images that the row of this key reaches.
    Reaches(SmolStr),
    /// Runs the tests of an image.
    RunTests(SmolStr),
    /// Lists the tests of an image.
    ListTests(SmolStr),
    /// Runs `bash -n` on the scripts of an image.
    CheckSyntax(SmolStr),
    /// Shows the script of an image's container; `None`: the user chooses the image.
    Container(Option<SmolStr>),
}

/// Text of a lens, and what happens when it is clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LensCommand {
    /// The text.
    pub title: String,
    /// Effect of a click.
    pub action: LensAction,
}

/// Effect of a click on a lens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LensAction {
    /// Shows these parts of files.
    ShowReferences(Vec<FileRange>),
    /// Has the client run a command, given by its words.
    RunCommand(Vec<String>),
    /// Has the client show the script of an image's container.
    ShowContainer(Option<SmolStr>),
}

/// Kinds of lenses that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LensSettings {
    /// Number of images that call a helper.
    pub users: bool,
    /// How an image is published.
    pub published: bool,
    /// Rows that test an image.
    pub tested: bool,
    /// Image that an entry builds, where its key does not say so.
    pub entries: bool,
    /// Images that a row reaches, where it is not one.
    pub rows: bool,
    /// Commands that the client runs.
    pub commands: bool,
    /// The script of an image's container.
    pub container: bool,
}

impl LensSettings {
    /// All kinds.
    pub const ALL: LensSettings = LensSettings {
        users: true,
        published: true,
        tested: true,
        entries: true,
        rows: true,
        commands: true,
        container: true,
    };

    /// No kind.
    pub const NONE: LensSettings = LensSettings {
        users: false,
        published: false,
        tested: false,
        entries: false,
        rows: false,
        commands: false,
        container: false,
    };

    /// Returns whether lenses of a kind are shown.
    fn shows(self, kind: &LensKind) -> bool {
        match kind {
            LensKind::Users(_) => self.users,
            LensKind::Registration(_) => self.published,
            LensKind::Tested(_) => self.tested,
            LensKind::Builds(_) => self.entries,
            LensKind::Reaches(_) => self.rows,
            LensKind::RunTests(_) | LensKind::ListTests(_) | LensKind::CheckSyntax(_) => {
                self.commands
            }
            LensKind::Container(_) => self.container,
        }
    }
}

/// Returns the lenses of a file. `opened` is the name of the directory under which the client
/// opened it: images can share one.
pub fn lenses(
    view: &View<'_>,
    id: FileId,
    opened: Option<&str>,
    settings: LensSettings,
) -> Vec<Lens> {
    let mut found = all(view, id, opened);
    found.retain(|lens| settings.shows(&lens.kind));
    found
}

fn all(view: &View<'_>, id: FileId, opened: Option<&str>) -> Vec<Lens> {
    let Some(file) = view.tree.file(id).filter(|file| !file.is_stale()) else {
        return Vec::new();
    };
    if view.model.includes.contains(&id) {
        return of_include(file);
    }
    let directory = view.model.directory_of(view.tree, &file.path);
    if directory.is_some_and(|d| d.scripts().any(|script| script == id)) {
        return of_image(view, file, opened);
    }
    let mut found = Vec::new();
    if let Some(facts) = file.repository().and_then(|r| r.facts.as_ref()) {
        if !view.is_of_repository(id) {
            return found;
        }
        let entries = facts.repositories.iter().flat_map(|r| &r.entries);
        found.extend(entries.filter_map(|entry| of_entry(view, entry)));
    } else if file.test_table().is_some_and(|t| t.facts.is_some()) {
        view.with_joined(|joined| found.extend(joined.table.iter().flat_map(of_rows)));
    }
    found
}

/// Returns the lens of an entry, unless the keys around it say the name of the image that it builds.
fn of_entry(view: &View<'_>, entry: &Entry) -> Option<Lens> {
    let name = image_name(entry)?;
    let image = view.model.images.get(&name);
    let key = format!("{}-{}", entry.distribution.value, entry.version.value);
    let is_plain = image.is_some_and(|image| !image.alias) && says(&key, &name);
    (!is_plain).then_some(Lens {
        range: entry.version.range,
        kind: LensKind::Builds(name),
    })
}

/// Returns the lenses of rows that do not reach one image: a hint says which that is.
fn of_rows<'t>(table: &'t Table<'_>) -> impl Iterator<Item = Lens> + 't {
    let rows = table.rows.iter().filter(|row| row.only().is_none());
    rows.map(|row| Lens {
        range: row.row.key.range,
        kind: LensKind::Reaches(row.row.key.value.clone()),
    })
}

fn of_include(file: &File) -> Vec<Lens> {
    let Some(facts) = file.script() else {
        return Vec::new();
    };
    let lens = |function: &syntax::bash::Function| Lens {
        range: facts.range(function.name_span),
        kind: LensKind::Users(function.name.clone()),
    };
    let mut found: Vec<Lens> = facts.effects.functions.iter().map(lens).collect();
    found.extend(of_runs(file, None));
    found
}

/// Returns the lenses of the calls that run the script of the container.
fn of_runs(file: &File, image: Option<&SmolStr>) -> Vec<Lens> {
    let Some(facts) = file.script() else {
        return Vec::new();
    };
    let runs = facts.effects.steps().filter_map(|step| match step {
        Step::Call(call) if call.name == CONTAINER_RUN => Some(facts.range(call.span)),
        _ => None,
    });
    let lens = |range| Lens {
        range,
        kind: LensKind::Container(image.cloned()),
    };
    runs.map(lens).collect()
}

fn of_image(view: &View<'_>, file: &File, opened: Option<&str>) -> Vec<Lens> {
    let names = images_at(view, file, opened);
    let Some(newest) = names.first().cloned() else {
        return Vec::new();
    };
    let mut kinds = Vec::new();
    view.with_joined(|joined| {
        if joined.registrations.is_some() {
            kinds.push(LensKind::Registration(names.clone()));
        }
        if joined.registrations.is_some() && joined.table.is_some() {
            kinds.push(LensKind::Tested(names));
        }
    });
    if has_image_tests(view) {
        kinds.push(LensKind::RunTests(newest.clone()));
        kinds.push(LensKind::ListTests(newest.clone()));
    }
    let runs = of_runs(file, Some(&newest));
    kinds.push(LensKind::CheckSyntax(newest));
    let range = file.first_line();
    let first = kinds.into_iter().map(|kind| Lens { range, kind });
    first.chain(runs).collect()
}

/// Makes the text of a lens, or returns `None` if the checkout no longer has what it is about.
pub fn resolve(view: &View<'_>, id: FileId, kind: &LensKind) -> Option<LensCommand> {
    match kind {
        LensKind::Users(name) => users(view, id, name),
        LensKind::Registration(names) => {
            view.with_joined(|joined| registration(view, joined, names))
        }
        LensKind::Tested(names) => view.with_joined(|joined| tested(view, joined, names)),
        LensKind::Builds(name) => Some(builds(view, name)),
        LensKind::Reaches(key) => view.with_joined(|joined| reaches(view, joined, key)),
        LensKind::RunTests(name) => {
            let test = image_test(name);
            Some(run_command(
                format!("run {test}"),
                vec!["test".to_owned(), test],
            ))
        }
        LensKind::ListTests(name) => {
            let words = vec!["ls".to_owned(), image_test(name)];
            Some(run_command("list its tests".to_owned(), words))
        }
        LensKind::CheckSyntax(name) => check_syntax(view, name),
        LensKind::Container(name) => Some(LensCommand {
            title: "show the container's script".to_owned(),
            action: LensAction::ShowContainer(name.clone()),
        }),
    }
}

fn show_ranges(title: String, ranges: Vec<FileRange>) -> LensCommand {
    LensCommand {
        title,
        action: LensAction::ShowReferences(ranges),
    }
}

fn run_command(title: String, words: Vec<String>) -> LensCommand {
    LensCommand {
        title,
        action: LensAction::RunCommand(words),
    }
}

/// Number of images that call a function of an include; shows the calls.
fn users(view: &View<'_>, id: FileId, name: &SmolStr) -> Option<LensCommand> {
    let facts = view.tree.script(id)?;
    let function = facts.function(name)?;
    let numbers = facts.effects.functions.iter().enumerate();
    let ids: Vec<(FileId, u32)> = numbers
        .filter(|(_, function)| function.name == *name)
        .filter_map(|(number, _)| Some((id, u32::try_from(number).ok()?)))
        .collect();
    let title = match function::callers(view, &ids).len() {
        0 => "used by no image".to_owned(),
        1 => "used by 1 image".to_owned(),
        count => format!("used by {count} images"),
    };
    let start = facts.range(function.name_span).start();
    let calls = navigate::references(view, id, start, Declarations::Exclude);
    Some(show_ranges(title, calls))
}

fn registration(view: &View<'_>, joined: &Joined<'_>, names: &[SmolStr]) -> Option<LensCommand> {
    let registrations = joined.registrations?;
    let of_images = names.iter().flat_map(|name| registrations_of(joined, name));
    let entries: Vec<_> = of_images.collect();
    let ranges = entries
        .iter()
        .map(|p| fact_range(view, p.file, p.entry.version.range));
    let title = match names {
        [name] => match (entries.as_slice(), registrations.publishes(name)) {
            ([], Some(false)) => "not published".to_owned(),
            ([], _) => "cannot tell whether it is published".to_owned(),
            (entries, _) => published_as(view.model.images.get(name)?, entries),
        },
        _ => {
            let is_published = |name: &&SmolStr| !registrations_of(joined, name).is_empty();
            let count = names.iter().filter(is_published).count();
            let mut known = names.iter().map(|name| registrations.publishes(name));
            let least = if known.all(|known| known.is_some()) {
                ""
            } else {
                "at least "
            };
            format!("{} images, {least}{count} of them published", names.len())
        }
    };
    Some(show_ranges(title, ranges.collect()))
}

/// `published as debian 13: latest, stable`
fn published_as(image: &Image, entries: &[&Registration<'_>]) -> String {
    let mut title = "published".to_owned();
    let identity = &image.identity;
    if let (Some(distribution), Some(release)) =
        (identity.distname.known(), identity.relver.known())
    {
        let distribution = distribution.with_stamps_as("DATE");
        let release = release.with_stamps_as("DATE");
        title = format!("published as {distribution} {release}");
    }
    let tags = entries.iter().flat_map(|p| &p.entry.tags.items);
    let tags: Vec<&str> = tags.map(|tag| tag.value.as_str()).collect();
    if tags.is_empty() {
        title
    } else {
        format!("{title}: {}", tags.join(", "))
    }
}

fn tested(view: &View<'_>, joined: &Joined<'_>, names: &[SmolStr]) -> Option<LensCommand> {
    let table = joined.table.as_ref()?;
    let entries = names.iter().flat_map(|name| registrations_of(joined, name));
    let indices: Vec<usize> = entries.map(|entry| entry.index).collect();
    let rows = table.rows.iter().filter(|row| {
        let mut reached = row.published.iter().flatten();
        reached.any(|p| indices.contains(&p.index))
    });
    let (mut words, mut ranges) = (Vec::new(), Vec::new());
    for row in rows {
        ranges.push(fact_range(view, table.file, row.row.key.range));
        let axes = [CGROUP_GROUPS.as_slice(), INIT_GROUPS.as_slice()].concat();
        let groups = row.of_axis(&axes);
        let groups: Vec<&str> = groups.iter().map(|g| g.name.value.as_str()).collect();
        words.push(match groups.as_slice() {
            [] => format!("{} in no group", row.row.key.value),
            _ => format!("{} in {}", row.row.key.value, groups.join(", ")),
        });
    }
    let title = if words.is_empty() {
        "tested by no row".to_owned()
    } else {
        format!("tested by {}", words.join("; "))
    };
    Some(show_ranges(title, ranges))
}

/// Start of the script that builds an image.
fn build_of(view: &View<'_>, name: &str) -> Option<FileRange> {
    build_script(view, name).map(FileRange::start_of)
}

fn builds(view: &View<'_>, name: &SmolStr) -> LensCommand {
    let title = match view.model.images.get(name) {
        Some(image) if image.alias => format!("builds {name}, an alias of {}", image.directory),
        Some(_) => format!("builds {name}"),
        None => format!("builds {name}, which does not exist"),
    };
    show_ranges(title, build_of(view, name).into_iter().collect())
}

fn reaches(view: &View<'_>, joined: &Joined<'_>, key: &str) -> Option<LensCommand> {
    let rows = &joined.table.as_ref()?.rows;
    let row = rows.iter().find(|row| row.row.key.value == key)?;
    let Some(reached) = &row.published else {
        let title = "cannot tell what it reaches".to_owned();
        return Some(show_ranges(title, Vec::new()));
    };
    let names: Vec<SmolStr> = reached.iter().filter_map(|p| p.image_name()).collect();
    let title = if names.is_empty() {
        "reaches nothing that is published here".to_owned()
    } else {
        format!("reaches {}", names.join(", "))
    };
    let ranges = names.iter().filter_map(|name| build_of(view, name));
    Some(show_ranges(title, ranges.collect()))
}

fn check_syntax(view: &View<'_>, name: &str) -> Option<LensCommand> {
    let image = view.model.images.get(name)?;
    let directory = view.model.directories.get(&image.directory)?;
    let mut words = vec!["bash".to_owned(), "-n".to_owned()];
    let paths = directory.scripts().filter_map(|id| view.tree.path(id));
    words.extend(paths.map(|path| path.to_string()));
    Some(run_command("bash -n".to_owned(), words))
}
