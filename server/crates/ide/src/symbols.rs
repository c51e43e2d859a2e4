//! Everything in a checkout that has a name: to search for, and the outline of the Nix files.

use std::cmp::Reverse;

use smol_str::SmolStr;

use super::{include_name, place_in};
use model::FileRange;
use model::registration::image_name;
use model::view::{Joined, View};
use model::{FileId, Image};
use syntax::TextRange;
use syntax::nix::{Entry, GcEntry, NixField, Repository, TableFacts};

/// How many names a search gives.
pub const MAX_FOUND: usize = 500;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An image.
    Image,
    /// A function of an include.
    Helper,
    /// An include.
    Include,
    /// A builder.
    Builder,
    /// A distribution in the repository.
    Distribution,
    /// An entry of the repository.
    Entry,
    /// A garbage-collection entry.
    Collection,
    /// A row of the test table.
    Row,
    /// A group of rows.
    Group,
}

/// A name that a query fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// How well: less is better.
    pub distance: Distance,
    /// What it stands for.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// What that is, in words.
    pub what: String,
    /// Where it comes into being.
    pub location: FileRange,
}

/// How far a name is from a query: kind of match, letters between, length of the name.
pub type Distance = (u8, usize, usize);

/// The names that a query fits, the best first.
pub fn search(view: &View<'_>, query: &str) -> Vec<Match> {
    let query: Vec<char> = query
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let mut found = Vec::new();
    let mut add = |kind: Kind, name: &str, what: String, location: FileRange| {
        if let Some(distance) = distance(&query, name) {
            found.push(Match {
                distance,
                kind,
                name: name.to_owned(),
                what,
                location,
            });
        }
    };
    view.with_joined(|joined| {
        for image in view.model.images.values() {
            let directory = view.model.directories.get(&image.directory);
            let file = directory.and_then(|d| d.build.or_else(|| d.anchor()));
            if let Some(file) = file {
                let what = state(joined, image);
                add(Kind::Image, &image.name, what, FileRange::start_of(file));
            }
        }
        of_repository(view, joined, &mut add);
        of_table(view, joined, &mut add);
    });
    of_scripts(view, &mut add);
    found.sort_by(|a, b| {
        let key = |m: &Match| (m.distance, m.kind, m.location);
        (key(a), &a.name).cmp(&(key(b), &b.name))
    });
    found.truncate(MAX_FOUND);
    found
}

type Add<'f> = dyn FnMut(Kind, &str, String, FileRange) + 'f;

/// What an image is, in words.
fn state(joined: &Joined<'_>, image: &Image) -> String {
    let mut words = vec!["image".to_owned()];
    if image.alias {
        words.push(format!("alias of {}", image.directory));
    }
    match joined.registrations.and_then(|p| p.publishes(&image.name)) {
        Some(true) => words.push("published".to_owned()),
        Some(false) => words.push("not published".to_owned()),
        None => {}
    }
    words.join(", ")
}

fn of_repository(view: &View<'_>, joined: &Joined<'_>, add: &mut Add<'_>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    for published in &registrations.published {
        let entry = published.entry;
        let name = format!("{}.{}", entry.distribution.value, entry.version.value);
        let what = match published.image_name() {
            Some(image) => format!("entry of image {image}"),
            None => "entry".to_owned(),
        };
        let location = place_in(view, registrations.file, entry.version.range);
        add(Kind::Entry, &name, what, location);
    }
}

fn of_table(view: &View<'_>, joined: &Joined<'_>, add: &mut Add<'_>) {
    let Some(table) = &joined.table else { return };
    for row in &table.rows {
        let what = match row.only().and_then(|p| p.image_name()) {
            Some(image) => format!("row that reaches image {image}"),
            None => "row".to_owned(),
        };
        let location = place_in(view, table.file, row.row.key.range);
        add(Kind::Row, &row.row.key.value, what, location);
    }
    for group in &table.facts.groups {
        let what = format!("group, {}", rows(group.members.len()));
        let location = place_in(view, table.file, group.name.range);
        add(Kind::Group, &group.name.value, what, location);
    }
}

fn rows(count: usize) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}

fn of_scripts(view: &View<'_>, add: &mut Add<'_>) {
    for id in &view.model.includes {
        let Some(name) = include_name(view, *id) else {
            continue;
        };
        add(
            Kind::Include,
            name,
            "include".to_owned(),
            FileRange::start_of(*id),
        );
        let facts = view.tree.script(*id);
        for function in facts.into_iter().flat_map(|f| &f.effects.functions) {
            let range = facts.map(|f| f.range(function.name_span));
            let location = FileRange::new(*id, range.unwrap_or_default());
            add(
                Kind::Helper,
                &function.name,
                format!("helper of {name}"),
                location,
            );
        }
    }
    for builder in view.model.builders.values() {
        if let Some(file) = builder.config.or(builder.setup) {
            let what = "builder".to_owned();
            add(
                Kind::Builder,
                &builder.name,
                what,
                FileRange::start_of(file),
            );
        }
    }
}

/// How well a name fits a query in small letters: they have to be in it, in that order.
fn distance(query: &[char], name: &str) -> Option<Distance> {
    let length = name.chars().count();
    let small: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    if query.is_empty() {
        return Some((0, 0, 0));
    }
    if small == query {
        return Some((0, 0, length));
    }
    if small.starts_with(query) {
        return Some((1, 0, length));
    }
    if let Some(at) = small.windows(query.len()).position(|part| part == query) {
        let before = at.checked_sub(1).and_then(|at| small.get(at));
        let begins = before.is_none_or(|c| !c.is_alphanumeric());
        return Some((if begins { 2 } else { 3 }, at, length));
    }
    let (mut first, mut last) = (None, 0);
    let mut letters = small.iter().enumerate();
    for wanted in query {
        let (at, _) = letters.find(|(_, c)| *c == wanted)?;
        first.get_or_insert(at);
        last = at;
    }
    let spread = last + 1 - first.unwrap_or_default();
    Some((4, spread.saturating_sub(query.len()), length))
}

// Outlines

/// A part of a file that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What there is to say of it beside; may be empty.
    pub detail: String,
    /// All of it.
    pub range: TextRange,
    /// Its name, or what stands for it; inside of `range`.
    pub selection: TextRange,
    /// Its parts.
    pub children: Vec<Outline>,
}

/// The parts of the repository or of the test table; `None` for other files, and where the text
/// does not parse: what is known of it stands elsewhere by now.
pub fn outline(view: &View<'_>, id: FileId) -> Option<Vec<Outline>> {
    let file = view.tree.file(id).filter(|file| !file.is_stale())?;
    if let Some(facts) = file.repository().and_then(|r| r.facts.as_ref()) {
        let parts = facts.repositories.iter().flat_map(of_one_repository);
        return Some(sorted(parts.collect()));
    }
    let facts = file.test_table()?.facts.as_ref()?;
    Some(sorted(table_parts(facts)))
}

fn sorted(mut parts: Vec<Outline>) -> Vec<Outline> {
    parts.sort_by_key(|part| (part.range.start(), Reverse(part.range.end())));
    parts
}

/// A part; names are never empty, or editors refuse the whole outline.
fn part(kind: Kind, name: &str, range: TextRange, selection: TextRange) -> Outline {
    let name = if name.is_empty() { "\"\"" } else { name };
    Outline {
        kind,
        name: name.to_owned(),
        detail: String::new(),
        range,
        selection: if range.contains_range(selection) {
            selection
        } else {
            TextRange::empty(range.start())
        },
        children: Vec::new(),
    }
}

fn of_one_repository(repository: &Repository) -> Vec<Outline> {
    let mut parts = Vec::new();
    for distribution in &repository.distributions {
        let name = &distribution.name;
        let entries = repository.entries.iter();
        let own = entries.filter(|entry| entry.distribution.value == name.value);
        let children = sorted(own.map(entry_part).collect());
        // Further bindings may be anywhere: all of it is what holds its entries.
        let range = children.iter().fold(distribution.binding, |range, child| {
            range.cover(child.range)
        });
        let mut found = part(Kind::Distribution, &name.value, range, name.range);
        found.children = children;
        parts.push(found);
    }
    let collections: Vec<Outline> = { repository.collections.iter() }
        .filter(|collection| !collection.range.is_empty())
        .map(collection_part)
        .collect();
    match repository.collections_list {
        Some(list) if !collections.is_empty() => {
            let range = { collections.iter() }.fold(list, |range, child| range.cover(child.range));
            let first = TextRange::empty(range.start());
            let mut found = part(Kind::Collection, "garbageCollection", range, first);
            found.children = collections;
            parts.push(found);
        }
        _ => parts.extend(collections),
    }
    parts
}

fn entry_part(entry: &Entry) -> Outline {
    let range = entry.binding;
    let mut found = part(
        Kind::Entry,
        &entry.version.value,
        range,
        entry.version.range,
    );
    let tags: Vec<&str> = entry.tags.items.iter().map(|t| t.value.as_str()).collect();
    let tags = tags.join(", ");
    // Whoever gives the image's name does it because the version says something else.
    let image = image_name(entry).filter(|_| matches!(entry.name, NixField::Known(_)));
    let image = image.unwrap_or_default();
    let words = [image.as_str(), tags.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
    found.detail = words.join(": ");
    found
}

fn collection_part(collection: &GcEntry) -> Outline {
    let text = |field: &NixField<SmolStr>| match field {
        NixField::Absent => None,
        NixField::Known(value) => Some(value.value.to_string()),
        NixField::Unknown => Some("?".to_owned()),
    };
    let fields = [
        &collection.distribution,
        &collection.version,
        &collection.variant,
        &collection.arch,
        &collection.vendor,
    ];
    let words: Vec<String> = fields.into_iter().filter_map(text).collect();
    let selection = match &collection.distribution {
        NixField::Known(value) => value.range,
        _ => TextRange::empty(collection.range.start()),
    };
    let name = if words.is_empty() {
        "?".to_owned()
    } else {
        words.join(" ")
    };
    part(Kind::Collection, &name, collection.range, selection)
}

fn table_parts(facts: &TableFacts) -> Vec<Outline> {
    let text = |field: &NixField<SmolStr>| match field {
        NixField::Known(value) => value.value.to_string(),
        _ => "?".to_owned(),
    };
    let rows_of_table = facts.rows.iter().map(|row| {
        let mut found = part(Kind::Row, &row.key.value, row.binding, row.key.range);
        found.detail = format!("{} {}", text(&row.distribution), text(&row.version));
        found
    });
    let groups = facts.groups.iter().map(|group| {
        let mut found = part(
            Kind::Group,
            &group.name.value,
            group.binding,
            group.name.range,
        );
        found.detail = rows(group.members.len());
        found
    });
    rows_of_table.chain(groups).collect()
}
