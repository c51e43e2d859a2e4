//! Names of a file and the symbols that they stand for: one list for bash and Nix, which
//! navigation, rename, hover and completion read.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::resolve;
use model::registration::image_name;
use model::table::known;
use model::tree::{Facts, SETTINGS};
use model::view::{Joined, View};
use model::{File, FileId};
use syntax::bash::NameKind;
use syntax::nix::{Entry, NixField, RepositoryFacts, TableFacts};
use syntax::{TextRange, TextSize};

pub use syntax::bash::Role;

/// Thing that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// Image.
    Image(SmolStr),
    /// Function of a script. There can be several of one name: [`super::navigate`] finds out
    /// which of them is meant.
    Helper(SmolStr),
    /// Script that is sourced.
    Script(FileId),
    /// Builder.
    Builder(SmolStr),
    /// Variable of a script that runs in the builder.
    Variable(SmolStr),
    /// systemd unit.
    Unit(SmolStr),
    /// Row of the test table, by its key.
    Row(SmolStr),
    /// Group of rows.
    Group(SmolStr),
    /// Tag within a distribution.
    Tag {
        /// The distribution.
        distribution: SmolStr,
        /// The tag.
        tag: SmolStr,
    },
    /// Distribution of the repository.
    Distribution(SmolStr),
    /// Garbage-collection entry, by its index.
    Collection(usize),
    /// Rule, in a suppression comment or in the settings of the checkout.
    Rule(SmolStr),
}

/// Name in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Thing that is named.
    pub symbol: Symbol,
    /// Definition or reference.
    pub role: Role,
    /// Range of the name, in bytes.
    pub range: TextRange,
}

fn occurrence(symbol: Symbol, role: Role, range: TextRange) -> Occurrence {
    Occurrence {
        symbol,
        role,
        range,
    }
}

/// Returns the names of a file, in the order of the text.
pub fn occurrences(view: &View<'_>, id: FileId) -> Vec<Occurrence> {
    let Some(file) = view.tree.file(id) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let settings = (file.path == SETTINGS).then_some(&view.settings.rules);
    let codes = file.directives.iter().flat_map(|d| &d.codes);
    for code in codes.chain(settings.into_iter().flatten()) {
        let symbol = Symbol::Rule(code.value.clone());
        found.push(occurrence(symbol, Role::Reference, code.range));
    }
    // The facts of a text that does not parse are those of an earlier one.
    if !file.is_stale() {
        match &file.facts {
            Facts::Script(_) => script(view, id, file, &mut found),
            Facts::Repository(parsed) => {
                if let Some(facts) = &parsed.facts
                    && view.is_of_repository(id)
                {
                    let first = collections_before(view, id);
                    repository(view, facts, first, &mut found);
                }
            }
            Facts::TestTable(parsed) => {
                if let Some(facts) = &parsed.facts {
                    view.with_joined(|joined| table(joined, facts, &mut found));
                }
            }
            Facts::Suite(facts) => view.with_joined(|joined| {
                for mention in &facts.mentions {
                    let (distribution, version) =
                        (&mention.distribution.value, &mention.version.value);
                    for symbol in release(joined, distribution, version) {
                        found.push(occurrence(symbol, Role::Reference, mention.version.range));
                    }
                }
            }),
            Facts::None => {}
        }
    }
    found.sort_by_key(|o| (o.range.start(), o.range.end()));
    found
}

/// Returns the names at an offset of a file, the narrowest first.
pub(crate) fn occurrences_at(view: &View<'_>, id: FileId, offset: TextSize) -> Vec<Occurrence> {
    let mut found = occurrences(view, id);
    found.retain(|o| o.range.contains_inclusive(offset));
    found.sort_by_key(|o| (o.range.len(), o.range.start()));
    // Of two names that touch at the offset, the second one is meant.
    if let Some(inside) = found.iter().position(|o| o.range.contains(offset)) {
        let first = found.remove(inside);
        found.retain(|o| o.range.contains(offset) || o.range == first.range);
        found.insert(0, first);
    }
    found
}

/// Returns the narrowest name at an offset: the one that is meant where only one can be.
pub fn occurrence_at(view: &View<'_>, id: FileId, offset: TextSize) -> Option<Occurrence> {
    occurrences_at(view, id, offset).into_iter().next()
}

// Scripts

fn script(view: &View<'_>, id: FileId, file: &File, found: &mut Vec<Occurrence>) {
    let Some(facts) = file.script() else { return };
    for known in &facts.occurrences {
        let text = file.slice(known.range);
        let symbol = match known.kind {
            NameKind::Helper => Symbol::Helper(SmolStr::new(text)),
            NameKind::Variable => Symbol::Variable(SmolStr::new(text)),
            NameKind::Unit => Symbol::Unit(SmolStr::new(unquoted(text))),
            NameKind::Builder => Symbol::Builder(SmolStr::new(unquoted(text))),
            NameKind::Include => match resolve::sourced(view, id, text) {
                Some(target) => Symbol::Script(target),
                None => continue,
            },
        };
        found.push(occurrence(symbol, known.role, known.range));
    }
    // Facts have the uses that values depend on; these are the others.
    let of_kind = |kind| facts.occurrences.iter().filter(move |o| o.kind == kind);
    let known: FxHashSet<TextRange> = of_kind(NameKind::Variable).map(|o| o.range).collect();
    let commands: FxHashSet<TextRange> = of_kind(NameKind::Helper).map(|o| o.range).collect();
    for &range in file
        .variable_uses()
        .iter()
        .filter(|range| !known.contains(range))
    {
        if commands.contains(&range) {
            // The grammar takes arithmetic in a here-document for a command.
            found.retain(|o| o.range != range);
        }
        let symbol = Symbol::Variable(SmolStr::new(file.slice(range)));
        found.push(occurrence(symbol, Role::Reference, range));
    }
    builder_base(view, id, file, found);
}

/// Adds the image that a builder starts from, at its `RELVER`.
fn builder_base(view: &View<'_>, id: FileId, file: &File, found: &mut Vec<Occurrence>) {
    let mut builders = view.model.builders.values();
    let Some(builder) = builders.find(|b| b.config == Some(id)) else {
        return;
    };
    let (Some(distribution), Some(version)) =
        (builder.base.distname.fixed(), builder.base.relver.fixed())
    else {
        return;
    };
    let range = file.script().and_then(|facts| facts.value_range("RELVER"));
    let Some(range) = range else { return };
    let text = file.slice(range);
    let quote = TextSize::from(u32::from(text.starts_with(['"', '\''])));
    let range = TextRange::at(range.start() + quote, TextSize::of(unquoted(text)));
    view.with_joined(|joined| {
        for symbol in release(joined, distribution, version) {
            found.push(occurrence(symbol, Role::Reference, range));
        }
    });
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

// Nix

/// Number of garbage-collection entries in the files that come before one of the repository's.
fn collections_before(view: &View<'_>, id: FileId) -> usize {
    let files = view.repository_files();
    let files = files.iter().flat_map(|files| files.files());
    let before = files.take_while(|file| file.id != id);
    let repositories = before.flat_map(|file| &file.facts.repositories);
    repositories.map(|r| r.collections.len()).sum()
}

/// Adds the names of a file of the repository. `first` is the number of its first garbage-collection
/// entry.
fn repository(view: &View<'_>, facts: &RepositoryFacts, first: usize, found: &mut Vec<Occurrence>) {
    let mut next_collection = first;
    for repository in &facts.repositories {
        for distribution in &repository.distributions {
            let symbol = Symbol::Distribution(distribution.name.value.clone());
            found.push(occurrence(
                symbol,
                Role::Definition,
                distribution.name.range,
            ));
        }
        for entry in &repository.entries {
            entry_names(view, entry, found);
        }
        for collection in &repository.collections {
            let index = next_collection;
            next_collection += 1;
            for field in [&collection.version, &collection.distribution] {
                if let NixField::Known(value) = field {
                    let symbol = Symbol::Collection(index);
                    found.push(occurrence(symbol, Role::Definition, value.range));
                }
            }
        }
    }
}

fn entry_names(view: &View<'_>, entry: &Entry, found: &mut Vec<Occurrence>) {
    if let Some(name) = image_name(entry) {
        let symbol = Symbol::Image(name.clone());
        let range = inside_quotes(entry.version.range, &entry.version.value);
        found.push(occurrence(symbol.clone(), Role::Reference, range));
        if let NixField::Known(value) = &entry.name {
            found.push(occurrence(symbol, Role::Reference, value.range));
        }
        // Tags belong to the image's DISTNAME, which the entry's distribution may differ from.
        let image = view.model.images.get(&name);
        let distribution = image
            .and_then(|i| i.identity.distname.fixed())
            .unwrap_or(&entry.distribution.value);
        for tag in &entry.tags.items {
            let symbol = Symbol::Tag {
                distribution: SmolStr::new(distribution),
                tag: tag.value.clone(),
            };
            let range = inside_quotes(tag.range, &tag.value);
            found.push(occurrence(symbol, Role::Definition, range));
        }
    }
}

/// Range of a name without the quotes around it, if there are any.
fn inside_quotes(range: TextRange, name: &str) -> TextRange {
    let quotes = range.len() == TextSize::of(name) + TextSize::from(2);
    if quotes {
        TextRange::at(range.start() + TextSize::from(1), TextSize::of(name))
    } else {
        range
    }
}

fn table(joined: &Joined<'_>, facts: &TableFacts, found: &mut Vec<Occurrence>) {
    for row in &facts.rows {
        let symbol = Symbol::Row(row.key.value.clone());
        let range = inside_quotes(row.key.range, &row.key.value);
        found.push(occurrence(symbol, Role::Definition, range));
        let (Some(distribution), NixField::Known(version)) =
            (known(&row.distribution), &row.version)
        else {
            continue;
        };
        for symbol in release(joined, distribution, &version.value) {
            found.push(occurrence(symbol, Role::Reference, version.range));
        }
    }
    for group in &facts.groups {
        let symbol = Symbol::Group(group.name.value.clone());
        let range = inside_quotes(group.name.range, &group.name.value);
        found.push(occurrence(symbol, Role::Definition, range));
        for member in &group.members {
            let symbol = Symbol::Row(member.key.value.clone());
            let range = inside_quotes(member.key.range, &member.key.value);
            found.push(occurrence(symbol, Role::Reference, range));
        }
    }
}

/// Returns what a distribution with a version or tag stands for: the tag, if it is one, and the
/// images.
fn release(joined: &Joined<'_>, distribution: &str, version: &str) -> Vec<Symbol> {
    let registrations = joined.registrations;
    let resolved = registrations.and_then(|r| r.resolve(distribution, version));
    let mut found = Vec::new();
    for registration in resolved.unwrap_or_default() {
        let tags = &registration.entry.tags.items;
        if tags.iter().any(|tag| tag.value == version) {
            let tag = Symbol::Tag {
                distribution: SmolStr::new(distribution),
                tag: SmolStr::new(version),
            };
            if !found.contains(&tag) {
                found.insert(0, tag);
            }
        }
        found.extend(registration.image_name().map(Symbol::Image));
    }
    found
}
