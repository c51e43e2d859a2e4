//! What is known of an image, a helper, an entry or a row, to be shown above it.
//!
//! Where lenses stand is found at once, what they say when one is looked at.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::links::build_script;
use super::overview::{has_image_tests, test_of_image};
use super::{navigate, place_in};
use model::FileRange;
use model::registration::{Registration, image_name};
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use model::view::{Joined, View};
use model::{File, FileId, Image};
use syntax::TextRange;

/// A lens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// What it stands above.
    pub range: TextRange,
    /// What it is about.
    pub about: About,
}

/// What a lens is about: enough to find out what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum About {
    /// Who uses a function of the file.
    Users(SmolStr),
    /// Whether and how these images are published.
    Registration(Vec<SmolStr>),
    /// By which rows these images are tested.
    Tested(Vec<SmolStr>),
    /// The image that an entry builds.
    Builds(SmolStr),
    /// What a row of this key reaches.
    Reaches(SmolStr),
    /// Run an image's tests.
    RunTests(SmolStr),
    /// List them.
    ListTests(SmolStr),
    /// Have bash read an image's scripts.
    CheckSyntax(SmolStr),
}

/// What a lens says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The text.
    pub title: String,
    /// What it leads to.
    pub leads_to: LeadsTo,
}

/// What a lens leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadsTo {
    /// Places.
    Places(Vec<FileRange>),
    /// Something that the client may run, in words.
    Run(Vec<String>),
}

/// The lenses of a file. A directory of images may have been opened under the name of one of its
/// `images`; `runs` says whether the client runs tests.
pub fn lenses(view: &View<'_>, id: FileId, opened: Option<&str>, runs: bool) -> Vec<Lens> {
    let Some(file) = view.tree.file(id).filter(|file| !file.is_stale()) else {
        return Vec::new();
    };
    if view.model.includes.contains(&id) {
        return of_include(file);
    }
    let directory = view.model.directory_of(view.tree, &file.path);
    if directory.is_some_and(|d| d.scripts().any(|script| script == id)) {
        return of_image(view, file, opened, runs);
    }
    let mut found = Vec::new();
    if let Some(facts) = file.repository().and_then(|r| r.facts.as_ref()) {
        for entry in facts.repositories.iter().flat_map(|r| &r.entries) {
            found.extend(image_name(entry).map(|name| Lens {
                range: entry.version.range,
                about: About::Builds(name),
            }));
        }
    } else if let Some(facts) = file.test_table().and_then(|t| t.facts.as_ref()) {
        found.extend(facts.rows.iter().map(|row| Lens {
            range: row.key.range,
            about: About::Reaches(row.key.value.clone()),
        }));
    }
    found
}

fn of_include(file: &File) -> Vec<Lens> {
    let Some(facts) = file.script() else {
        return Vec::new();
    };
    let lens = |function: &syntax::bash::Function| Lens {
        range: facts.range(function.name_span),
        about: About::Users(function.name.clone()),
    };
    facts.effects.functions.iter().map(lens).collect()
}

/// The images that a script of an image's directory is about, the newest first: the one whose name
/// it was opened by, else all that share it.
pub(super) fn images_at(view: &View<'_>, file: &File, opened: Option<&str>) -> Vec<SmolStr> {
    let Some(directory) = view.model.directory_of(view.tree, &file.path) else {
        return Vec::new();
    };
    let images = &view.model.images;
    let of_name = opened.and_then(|name| images.get(name));
    if let Some(image) = of_name.filter(|image| image.directory == directory.name) {
        return vec![image.name.clone()];
    }
    let mut found: Vec<&Image> = view.model.images_of(directory).map(|i| &**i).collect();
    found.sort_by(|a, b| {
        let version = |i: &Image| i.track.as_ref().map(|(_, version)| version.clone());
        version(b)
            .cmp(&version(a))
            .then_with(|| a.name.cmp(&b.name))
    });
    found.into_iter().map(|image| image.name.clone()).collect()
}

fn of_image(view: &View<'_>, file: &File, opened: Option<&str>, runs: bool) -> Vec<Lens> {
    let range = file.first_line();
    let names = images_at(view, file, opened);
    let Some(newest) = names.first().cloned() else {
        return Vec::new();
    };
    let mut about = Vec::new();
    view.with_joined(|joined| {
        if joined.registrations.is_some() {
            about.push(About::Registration(names.clone()));
        }
        if joined.registrations.is_some() && joined.table.is_some() {
            about.push(About::Tested(names));
        }
    });
    if runs {
        if has_image_tests(view) {
            about.push(About::RunTests(newest.clone()));
            about.push(About::ListTests(newest.clone()));
        }
        about.push(About::CheckSyntax(newest));
    }
    let lens = |about| Lens { range, about };
    about.into_iter().map(lens).collect()
}

/// What a lens of a file says now; `None` where what it is about has gone.
pub fn said(view: &View<'_>, id: FileId, about: &About) -> Option<Said> {
    match about {
        About::Users(name) => users(view, id, name),
        About::Registration(names) => view.with_joined(|joined| published(view, joined, names)),
        About::Tested(names) => view.with_joined(|joined| tested(view, joined, names)),
        About::Builds(name) => Some(builds(view, name)),
        About::Reaches(key) => view.with_joined(|joined| reaches(view, joined, key)),
        About::RunTests(name) => Some(test_runner("test", "run", name)),
        About::ListTests(name) => Some(test_runner("ls", "list", name)),
        About::CheckSyntax(name) => syntax(view, name),
    }
}

fn places(title: String, places: Vec<FileRange>) -> Said {
    Said {
        title,
        leads_to: LeadsTo::Places(places),
    }
}

/// How many images do something that calls a function of an include; leads to the calls.
fn users(view: &View<'_>, id: FileId, name: &SmolStr) -> Option<Said> {
    let facts = view.tree.script(id)?;
    let function = facts.function(name)?;
    let numbers = facts.effects.functions.iter().enumerate();
    let ids: Vec<(FileId, u32)> = numbers
        .filter(|(_, function)| function.name == *name)
        .filter_map(|(number, _)| Some((id, u32::try_from(number).ok()?)))
        .collect();
    let calls = |image: &&std::sync::Arc<Image>| {
        let called = &image.summary.called;
        ids.iter().any(|id| called.binary_search(id).is_ok())
    };
    let title = match view.model.images.values().filter(calls).count() {
        0 => "used by no image".to_owned(),
        1 => "used by 1 image".to_owned(),
        count => format!("used by {count} images"),
    };
    let start = facts.range(function.name_span).start();
    let calls = navigate::references(view, id, start, false);
    Some(places(title, calls))
}

pub(super) fn entries_of<'j>(joined: &Joined<'j>, name: &str) -> Vec<&'j Registration<'j>> {
    let registrations = joined.registrations.into_iter();
    registrations.flat_map(|p| p.of_image(name)).collect()
}

fn published(view: &View<'_>, joined: &Joined<'_>, names: &[SmolStr]) -> Option<Said> {
    let registrations = joined.registrations?;
    let entries: Vec<_> = { names.iter() }
        .flat_map(|name| entries_of(joined, name))
        .collect();
    let at = entries
        .iter()
        .map(|p| place_in(view, registrations.file, p.entry.version.range));
    let title = match names {
        [name] => match (entries.as_slice(), registrations.publishes(name)) {
            ([], Some(false)) => "not published".to_owned(),
            ([], _) => "whether it is published cannot be told".to_owned(),
            (entries, _) => {
                let image = view.model.images.get(name)?;
                published_as(image, entries)
            }
        },
        _ => {
            let is_published = |name: &&SmolStr| !entries_of(joined, name).is_empty();
            let count = names.iter().filter(is_published).count();
            let certain = { names.iter() }.all(|name| registrations.publishes(name).is_some());
            let least = if certain { "" } else { "at least " };
            format!("{} images, {least}{count} of them published", names.len())
        }
    };
    Some(places(title, at.collect()))
}

/// `published as debian 13: latest, stable`
fn published_as(image: &Image, entries: &[&Registration<'_>]) -> String {
    let mut title = "published".to_owned();
    let identity = &image.identity;
    if let (Some(distribution), Some(release)) =
        (identity.distname.known(), identity.relver.known())
    {
        let (distribution, release) = (
            distribution.with_stamps_as("DATE"),
            release.with_stamps_as("DATE"),
        );
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

fn tested(view: &View<'_>, joined: &Joined<'_>, names: &[SmolStr]) -> Option<Said> {
    let table = joined.table.as_ref()?;
    let indices: Vec<usize> = { names.iter() }
        .flat_map(|name| entries_of(joined, name))
        .map(|p| p.index)
        .collect();
    let rows = table.rows.iter().filter(|row| {
        let reached = row.published.iter().flatten();
        reached.into_iter().any(|p| indices.contains(&p.index))
    });
    let (mut words, mut at) = (Vec::new(), Vec::new());
    for row in rows {
        at.push(place_in(view, table.file, row.row.key.range));
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
    Some(places(title, at))
}

/// Where an image is built.
fn build_of(view: &View<'_>, name: &str) -> Vec<FileRange> {
    let file = build_script(view, name).map(FileRange::start_of);
    file.into_iter().collect()
}

fn builds(view: &View<'_>, name: &SmolStr) -> Said {
    let title = match view.model.images.get(name) {
        Some(image) if image.alias => format!("builds {name}, an alias of {}", image.directory),
        Some(_) => format!("builds {name}"),
        None => format!("builds {name}, which does not exist"),
    };
    places(title, build_of(view, name))
}

fn reaches(view: &View<'_>, joined: &Joined<'_>, key: &str) -> Option<Said> {
    let rows = &joined.table.as_ref()?.rows;
    let row = rows.iter().find(|row| row.row.key.value == key)?;
    let Some(published) = &row.published else {
        let title = "what it reaches cannot be told".to_owned();
        return Some(places(title, Vec::new()));
    };
    let names: Vec<SmolStr> = { published.iter() }
        .filter_map(|p| p.image_name())
        .collect();
    let title = if names.is_empty() {
        "reaches nothing that is published here".to_owned()
    } else {
        format!("reaches {}", names.join(", "))
    };
    let at = names.iter().flat_map(|name| build_of(view, name));
    Some(places(title, at.collect()))
}

fn test_runner(verb: &str, word: &str, name: &str) -> Said {
    let pattern = test_of_image(name);
    let title = match word {
        "list" => "list its tests".to_owned(),
        _ => format!("{word} {pattern}"),
    };
    Said {
        title,
        leads_to: LeadsTo::Run(vec![verb.to_owned(), pattern]),
    }
}

fn syntax(view: &View<'_>, name: &str) -> Option<Said> {
    let image = view.model.images.get(name)?;
    let directory = view.model.directories.get(&image.directory)?;
    let mut words = vec!["bash".to_owned(), "-n".to_owned()];
    let paths = directory.scripts().filter_map(|id| view.tree.path(id));
    words.extend(paths.map(|path| path.to_string()));
    Some(Said {
        title: "bash -n".to_owned(),
        leads_to: LeadsTo::Run(words),
    })
}
