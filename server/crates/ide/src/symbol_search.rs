//! Symbols of a checkout that match a query: images, helpers, includes, builders, entries, rows
//! and groups.

use super::lookup::{fact_range, include_name};
use model::view::{Joined, View};
use model::{FileRange, Image};

/// Limit of the symbols that a search returns.
pub const MAX_SYMBOLS: usize = 500;

/// Kind of thing that a symbol names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SymbolKind {
    /// Image.
    Image,
    /// Function of an include.
    Helper,
    /// Include.
    Include,
    /// Builder.
    Builder,
    /// Distribution of the repository.
    Distribution,
    /// Entry of the repository.
    Entry,
    /// Garbage-collection entry, or the list of them.
    Collection,
    /// Row of the test table.
    Row,
    /// Group of rows.
    Group,
    /// Variable that a script sets; only in outlines, as those below.
    Variable,
    /// Call of a helper.
    Call,
    /// Here-document.
    HereDocument,
}

/// Symbol that matches a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolMatch {
    /// Quality of the match: less is better.
    pub distance: Distance,
    /// Kind of thing that is named.
    pub kind: SymbolKind,
    /// The name.
    pub name: String,
    /// Short description of the thing.
    pub description: String,
    /// Definition of the name, or the start of the file that the name stands for.
    pub definition: FileRange,
}

/// Distance of a name from a query, compared field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance {
    /// Kind of match.
    quality: MatchQuality,
    /// Number of characters before the match, or between its characters if it is scattered.
    gap: usize,
    /// Number of characters of the name.
    length: usize,
}

/// Kind of match between a query and a name, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MatchQuality {
    Whole,
    Start,
    StartOfWord,
    Substring,
    Scattered,
}

/// Returns the symbols that match a query, the best matches first.
pub fn search(view: &View<'_>, query: &str) -> Vec<SymbolMatch> {
    let letters = query.chars().filter(|c| !c.is_whitespace());
    let mut search = Search {
        view,
        query: letters.flat_map(char::to_lowercase).collect(),
        found: Vec::new(),
    };
    view.with_joined(|joined| {
        search.images(joined);
        search.entries(joined);
        search.table(joined);
    });
    search.includes();
    search.builders();
    let mut found = search.found;
    found.sort_by(|a, b| {
        let key = |m: &SymbolMatch| (m.distance, m.kind, m.definition);
        (key(a), &a.name).cmp(&(key(b), &b.name))
    });
    found.truncate(MAX_SYMBOLS);
    found
}

/// Search under way.
struct Search<'a, 'v> {
    view: &'a View<'v>,
    /// Characters that have to be in a name in this order, in lower case.
    query: Vec<char>,
    found: Vec<SymbolMatch>,
}

impl Search<'_, '_> {
    /// Adds a name if it matches.
    fn add(&mut self, kind: SymbolKind, name: &str, description: String, definition: FileRange) {
        if let Some(distance) = distance(&self.query, name) {
            self.found.push(SymbolMatch {
                distance,
                kind,
                name: name.to_owned(),
                description,
                definition,
            });
        }
    }

    fn images(&mut self, joined: &Joined<'_>) {
        let model = self.view.model;
        for image in model.images.values() {
            let directory = model.directories.get(&image.directory);
            let file = directory.and_then(|d| d.build.or_else(|| d.main_file()));
            if let Some(file) = file {
                let start = FileRange::start_of(file);
                self.add(SymbolKind::Image, &image.name, state(joined, image), start);
            }
        }
    }

    fn entries(&mut self, joined: &Joined<'_>) {
        let Some(registrations) = joined.registrations else {
            return;
        };
        for registration in &registrations.published {
            let entry = registration.entry;
            let name = format!("{}.{}", entry.distribution.value, entry.version.value);
            let description = match registration.image_name() {
                Some(image) => format!("entry of image {image}"),
                None => "entry".to_owned(),
            };
            let definition = fact_range(self.view, registration.file, entry.version.range);
            self.add(SymbolKind::Entry, &name, description, definition);
        }
    }

    fn table(&mut self, joined: &Joined<'_>) {
        let Some(table) = &joined.table else { return };
        for row in &table.rows {
            let description = match row.only().and_then(|p| p.image_name()) {
                Some(image) => format!("row that reaches image {image}"),
                None => "row".to_owned(),
            };
            let key = &row.row.key;
            let definition = fact_range(self.view, table.file, key.range);
            self.add(SymbolKind::Row, &key.value, description, definition);
        }
        for group in &table.facts.groups {
            let description = format!("group, {}", count_rows(group.members.len()));
            let name = &group.name;
            let definition = fact_range(self.view, table.file, name.range);
            self.add(SymbolKind::Group, &name.value, description, definition);
        }
    }

    fn includes(&mut self) {
        let view = self.view;
        for id in &view.model.includes {
            let Some(name) = include_name(view, *id) else {
                continue;
            };
            let start = FileRange::start_of(*id);
            self.add(SymbolKind::Include, name, "include".to_owned(), start);
            let Some(facts) = view.tree.script(*id) else {
                continue;
            };
            for function in &facts.effects.functions {
                let description = format!("helper of {name}");
                let definition = FileRange::new(*id, facts.range(function.name_span));
                self.add(SymbolKind::Helper, &function.name, description, definition);
            }
        }
    }

    fn builders(&mut self) {
        for builder in self.view.model.builders.values() {
            if let Some(file) = builder.main_file() {
                let start = FileRange::start_of(file);
                self.add(
                    SymbolKind::Builder,
                    &builder.name,
                    "builder".to_owned(),
                    start,
                );
            }
        }
    }
}

/// `image, alias of debian-13, published`
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

/// `1 row`, `2 rows`
pub(super) fn count_rows(count: usize) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}

/// Distance of a name from a query in lower case, or `None` if the query's characters are not all
/// in the name, in that order.
fn distance(query: &[char], name: &str) -> Option<Distance> {
    let distance = |quality, gap, length| Distance {
        quality,
        gap,
        length,
    };
    if query.is_empty() {
        return Some(distance(MatchQuality::Whole, 0, 0));
    }
    let length = name.chars().count();
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    if name == query {
        return Some(distance(MatchQuality::Whole, 0, length));
    }
    if name.starts_with(query) {
        return Some(distance(MatchQuality::Start, 0, length));
    }
    if let Some(at) = name.windows(query.len()).position(|window| window == query) {
        let before = at.checked_sub(1).and_then(|at| name.get(at));
        let quality = match before.is_none_or(|c| !c.is_alphanumeric()) {
            true => MatchQuality::StartOfWord,
            false => MatchQuality::Substring,
        };
        return Some(distance(quality, at, length));
    }
    let (mut first, mut last) = (None, 0);
    let mut characters = name.iter().enumerate();
    for wanted in query {
        let (at, _) = characters.find(|(_, c)| *c == wanted)?;
        first.get_or_insert(at);
        last = at;
    }
    let spread = last + 1 - first.unwrap_or_default();
    let gap = spread.saturating_sub(query.len());
    Some(distance(MatchQuality::Scattered, gap, length))
}
