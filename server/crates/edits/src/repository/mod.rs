//! Changes of `os/configs/image-repository.nix`: entries (here), their tags, garbage collection.

mod collection;
mod style;
mod tags;

use smol_str::SmolStr;

pub(super) use collection::{NewCollection, insert_collection, keep_of, remove_collection};
pub(super) use tags::{add_tags, remove_tag};

use super::nix::{Container, Position, Value, is_identifier, quote, unindented};
use super::nixfile::NixFile;
use model::track::{self, Track, Version};
use style::{distribution_key, set_form, style, version_key};
use syntax::TextRange;
use syntax::nix::{DistributionSet, Entry, NixField, Repository, RepositoryFacts};

/// An entry that is to be inserted.
#[derive(Debug, Clone)]
pub(super) struct NewEntry {
    pub(super) distribution: SmolStr,
    pub(super) version: SmolStr,
    /// The image, where its name is another than distribution and version make.
    pub(super) name: Option<SmolStr>,
    pub(super) tags: Vec<SmolStr>,
    /// The image's own track and version, which say where the entry belongs.
    pub(super) track: Option<(Track, Version)>,
}

/// The track and version of the image that an entry builds.
pub(super) type TrackOf<'f> = &'f dyn Fn(&Entry) -> Option<(Track, Version)>;

/// A track and a version in it, where they are known.
type Known = Option<(Track, Version)>;

/// Which entry: distribution and version, without quotes.
pub(super) type Key<'k> = (&'k str, &'k str);

/// The entries of a file, with its first repository: the one that is changed.
fn repository(facts: &RepositoryFacts) -> Option<&Repository> {
    facts.repositories.first()
}

fn entry<'f>(facts: &'f RepositoryFacts, key: Key<'_>) -> Option<&'f Entry> {
    let entries = facts.repositories.iter().flat_map(|r| &r.entries);
    { entries }
        .find(|e| (e.distribution.value.as_str(), e.version.value.as_str()) == (key.0, key.1))
}

fn entry_value(new: &NewEntry) -> Value {
    let mut attrs = Vec::new();
    if let Some(name) = &new.name {
        attrs.push(("name".to_owned(), Value::Str(name.to_string())));
    }
    if !new.tags.is_empty() {
        attrs.push(("tags".to_owned(), tags_value(&new.tags)));
    }
    Value::Set(attrs)
}

fn tags_value(tags: &[SmolStr]) -> Value {
    Value::List(tags.iter().map(|tag| Value::Str(tag.to_string())).collect())
}

/// Inserts an entry where it belongs. `None` where the file's shape does not let it.
pub(super) fn insert_entry(
    file: &mut NixFile,
    new: &NewEntry,
    track_of: TrackOf<'_>,
) -> Option<()> {
    let style = style(file, &file.repository()?, &new.distribution);
    let written = Written {
        above: String::new(),
        value: entry_value(new).render(style),
        behind: String::new(),
    };
    insert_written(file, new, &written, track_of)
}

/// What stands around the key of an entry, its lines as if they began at the first column.
pub(super) struct Written {
    /// The comments above it, with the line's end behind them.
    pub(super) above: String,
    /// Its value.
    pub(super) value: String,
    /// The comment behind it.
    pub(super) behind: String,
}

fn insert_written(
    file: &mut NixFile,
    new: &NewEntry,
    written: &Written,
    track_of: TrackOf<'_>,
) -> Option<()> {
    let facts = file.repository()?;
    let repository = repository(&facts)?;
    let style = style(file, &facts, &new.distribution);
    let key = version_key(file, &facts, &new.distribution, &new.version);
    let Written {
        above,
        value,
        behind,
    } = written;
    let distribution = repository
        .distributions
        .iter()
        .find(|d| d.name.value == new.distribution);
    match distribution {
        Some(DistributionSet { set: Some(set), .. }) => {
            let text = format!("{above}{key} = {value};{behind}");
            let entries: Vec<&Entry> = repository
                .entries
                .iter()
                .filter(|e| e.distribution.value == new.distribution)
                .collect();
            file.change(*set, |container| {
                let position = entry_position(container, &entries, new, track_of, repository);
                container.insert(position, &text, set_form(style))
            })
        }
        // `arch.rolling = ...;`, and now another of its kind.
        Some(found) => {
            let last = found.more_bindings.last().unwrap_or(&found.binding);
            let mut own = repository.entries.iter();
            let is_path = |e: &Entry| {
                let bindings = std::iter::once(&found.binding).chain(&found.more_bindings);
                e.distribution.value == found.name.value && { bindings }.any(|b| *b == e.binding)
            };
            // `debian = a // b;` has no place for another one.
            if !own.any(is_path) {
                return None;
            }
            let name = distribution_key(&new.distribution);
            let text = format!("{above}{name}.{key} = {value};{behind}");
            file.change(repository.images_set?, |container| {
                let index = container.index_of(*last)?;
                container.insert(Position::After(index), &text, set_form(style))
            })
        }
        None => {
            let images = repository.images_set?;
            let name = distribution_key(&new.distribution);
            let path_style = new.version == "rolling"
                && repository.distributions.iter().any(|d| d.set.is_none());
            let text = if path_style {
                format!("{above}{name}.{key} = {value};{behind}")
            } else {
                let inner = format!("{above}{key} = {value};{behind}");
                let lines: Vec<String> = inner.lines().map(|line| format!("  {line}")).collect();
                format!("{name} = {{\n{}\n}};", lines.join("\n"))
            };
            file.change(images, |container| {
                let position = distribution_position(container, repository, &new.distribution)?;
                container.insert(position, &text, set_form(style))
            })
        }
    }
}

/// Where an entry belongs among those of its distribution: numeric releases ascending, special
/// tracks behind them, each beside the releases of its own track.
fn entry_position(
    container: &Container<'_>,
    entries: &[&Entry],
    new: &NewEntry,
    track_of: TrackOf<'_>,
    repository: &Repository,
) -> Position {
    let items: Vec<(usize, Known, bool)> = entries
        .iter()
        .filter_map(|e| {
            let numeric = track::is_numeric(&e.version.value);
            Some((container.index_of(e.binding)?, track_of(e), numeric))
        })
        .collect();
    let Some(last) = items.iter().map(|(index, ..)| *index).max() else {
        return match container.items.len() {
            0 => Position::Only,
            count => Position::After(count - 1),
        };
    };
    let numeric = track::is_numeric(&new.version);
    // Beside the releases of its track.
    if let Some((track, version)) = &new.track {
        let same: Vec<_> = items
            .iter()
            .filter_map(|(index, known, _)| {
                let (t, v) = known.as_ref()?;
                (t == track).then_some((*index, v))
            })
            .collect();
        if let Some((index, _)) = same
            .iter()
            .filter(|(_, v)| *v < version)
            .max_by_key(|(_, v)| *v)
        {
            return Position::After(*index);
        }
        if let Some((index, _)) = same
            .iter()
            .filter(|(_, v)| *v > version)
            .min_by_key(|(_, v)| *v)
        {
            return Position::Before(*index);
        }
    }
    if numeric {
        let version = track::split(&new.version).1;
        let numbers = || items.iter().filter(|(_, _, numeric)| *numeric);
        let version_at = |index: usize| {
            entries
                .iter()
                .find(|e| container.index_of(e.binding) == Some(index))
                .map(|e| track::split(&e.version.value).1)
        };
        let before = numbers()
            .filter(|(i, ..)| version_at(*i) <= Some(version.clone()))
            .map(|(i, ..)| *i)
            .max();
        return match (before, numbers().map(|(i, ..)| *i).min()) {
            (Some(index), _) => Position::After(index),
            (None, Some(index)) => Position::Before(index),
            (None, None) => Position::Before(0),
        };
    }
    // The first special track of a distribution stands apart where others' do.
    let has_special = items.iter().any(|(_, _, numeric)| !numeric);
    if has_special || !separates_tracks(repository, container) {
        Position::After(last)
    } else {
        Position::AfterBlank(last)
    }
}

/// Whether distributions with numbers and special tracks mostly have a blank line between.
fn separates_tracks(repository: &Repository, container: &Container<'_>) -> bool {
    let (mut with, mut without) = (0, 0);
    for pair in repository.entries.windows(2) {
        let [a, b] = pair else { continue };
        let numeric = |e: &Entry| track::is_numeric(&e.version.value);
        if a.distribution.value != b.distribution.value || !numeric(a) || numeric(b) {
            continue;
        }
        if container.has_blank_line_between(a.binding.end(), b.binding.start()) {
            with += 1;
        } else {
            without += 1;
        }
    }
    with > without
}

/// Where a distribution belongs: in alphabetical order, in a paragraph of its own where the
/// others have one.
fn distribution_position(
    container: &Container<'_>,
    repository: &Repository,
    name: &str,
) -> Option<Position> {
    let known: Vec<(usize, &str)> = repository
        .distributions
        .iter()
        .filter_map(|d| {
            let last = d.more_bindings.last().unwrap_or(&d.binding);
            Some((container.index_of(*last)?, d.name.value.as_str()))
        })
        .collect();
    if known.is_empty() {
        return Some(match container.items.len() {
            0 => Position::Only,
            count => Position::After(count - 1),
        });
    }
    let apart = {
        let pairs = known.len().saturating_sub(1);
        let separated = known
            .iter()
            .take(pairs)
            .filter(|(i, _)| container.is_separated(*i))
            .count();
        separated * 2 >= pairs
    };
    let before = known.iter().rfind(|(_, d)| *d < name);
    Some(match (before, apart) {
        (Some((index, _)), true) => Position::AfterBlank(*index),
        (Some((index, _)), false) => Position::After(*index),
        (None, true) => Position::BeforeBlank(known.first()?.0),
        (None, false) => Position::Before(known.first()?.0),
    })
}

/// Removes an entry; the last one of its distribution takes the distribution with it. `names` are
/// what comments call it.
pub(super) fn remove_entry(file: &mut NixFile, key: Key<'_>, names: &[&str]) -> Option<()> {
    let facts = file.repository()?;
    let found = entry(&facts, key)?.clone();
    let repository = facts.repositories.iter().find(|r| {
        r.entries
            .iter()
            .any(|e| (e.distribution.value.as_str(), e.version.value.as_str()) == key)
    })?;
    let distribution = repository
        .distributions
        .iter()
        .find(|d| d.name.value == key.0)?;
    let bindings: Vec<TextRange> = std::iter::once(found.binding)
        .chain(found.more_bindings.iter().copied())
        .collect();
    let siblings = repository
        .entries
        .iter()
        .filter(|e| e.distribution.value == key.0)
        .count();
    let whole = match distribution.set {
        Some(set) if siblings == 1 => {
            let alone = file
                .with_container(set, |c| c.items.len() == bindings.len())
                .unwrap_or(false);
            alone.then_some(distribution.binding)
        }
        _ => None,
    };
    if let Some(binding) = whole {
        let mut names = names.to_vec();
        names.push(key.0);
        let outer = repository.images_set?;
        return file.change(outer, |c| c.remove(c.index_of(binding)?, &names));
    }
    let container = match distribution.set {
        Some(set) => set,
        None => repository.images_set?,
    };
    // Further bindings of the same entry first: what stands before them does not move.
    let mut bindings = bindings;
    bindings.sort_by_key(|range| std::cmp::Reverse(range.start()));
    for binding in bindings {
        // Earlier ones keep their places, the container only gets shorter.
        let facts = file.repository()?;
        let set = facts
            .repositories
            .iter()
            .flat_map(|r| &r.distributions)
            .find(|d| d.name.value == key.0)
            .and_then(|d| d.set);
        let container = match (distribution.set, set) {
            (Some(_), Some(set)) => set,
            (None, _) => facts.repositories.first()?.images_set?,
            _ => container,
        };
        // What is around it (`debian = a // b;`) has others in it, too.
        let item = |c: &Container<'_>| c.index_of(binding).filter(|at| c.is_at(*at, binding));
        file.change(container, |c| c.remove(item(c)?, names))?;
    }
    Some(())
}

/// Moves an entry to another distribution or from a path of its own, as it is written, with the
/// comments that are its own. `None` where that cannot be done without losing any of it.
pub(super) fn move_entry(
    file: &mut NixFile,
    key: Key<'_>,
    new: &NewEntry,
    names: &[&str],
    track_of: TrackOf<'_>,
) -> Option<()> {
    let facts = file.repository()?;
    let found = entry(&facts, key)?.clone();
    // It would come into the first one.
    let first = repository(&facts)?;
    if !first.entries.contains(&found) || !found.more_bindings.is_empty() {
        return None;
    }
    let between = TextRange::new(found.version.range.end(), found.value.start());
    let Some(written) =
        (file.slice(between).trim() == "=").then(|| written(file, &facts, &found, names))
    else {
        // `debian."12".tags = [ ... ];`: there is nothing but what is known.
        let attribute = file.slice(between).trim_start_matches('.');
        let known = ["tags", "name"].contains(&attribute.trim_end_matches(['=', ' ']));
        if !known || !found.tags.complete {
            return None;
        }
        remove_entry(file, key, names)?;
        return insert_entry(file, new, track_of);
    };
    let written = written?;
    remove_entry(file, key, names)?;
    insert_written(file, new, &written, track_of)?;
    let key = (new.distribution.as_str(), new.version.as_str());
    match (&found.name, &new.name) {
        (NixField::Known(_), Some(name)) => set_name(file, key, name)?,
        (NixField::Known(_), None) => remove_name(file, key)?,
        (NixField::Absent, Some(name)) => insert_name(file, key, name)?,
        (NixField::Absent, None) => {}
        (NixField::Unknown, _) => return None,
    }
    for (old, new) in found.tags.items.iter().zip(&new.tags) {
        if old.value != *new {
            retag(file, key, &old.value, new)?;
        }
    }
    Some(())
}

/// An entry as it is written.
fn written(
    file: &NixFile,
    facts: &RepositoryFacts,
    found: &Entry,
    names: &[&str],
) -> Option<Written> {
    let repository = repository(facts)?;
    let distribution =
        { repository.distributions.iter() }.find(|d| d.name.value == found.distribution.value)?;
    let container = distribution.set.or(repository.images_set)?;
    let (above, behind) = file.with_container(container, |c| {
        let at = c
            .index_of(found.binding)
            .filter(|at| c.is_at(*at, found.binding))?;
        c.comments(at, names)
    })??;
    Some(Written {
        above,
        value: unindented(file.slice(found.value)),
        behind,
    })
}

/// Gives one of an entry's tags another name.
pub(super) fn retag(file: &mut NixFile, key: Key<'_>, old: &str, new: &str) -> Option<()> {
    let facts = file.repository()?;
    let tag = { entry(&facts, key)?.tags.items.iter() }.find(|t| t.value == old)?;
    file.apply((tag.range, quote(new)));
    Some(())
}

/// Has an entry that says its image's name say another one.
pub(super) fn set_name(file: &mut NixFile, key: Key<'_>, name: &str) -> Option<()> {
    let facts = file.repository()?;
    let NixField::Known(value) = &entry(&facts, key)?.name else {
        return None;
    };
    file.apply((value.range, name.to_owned()));
    Some(())
}

/// Has an entry say its image's name.
fn insert_name(file: &mut NixFile, key: Key<'_>, name: &str) -> Option<()> {
    let facts = file.repository()?;
    let style = style(file, &facts, key.0);
    let text = format!("name = {};", quote(name));
    file.change(entry(&facts, key)?.set?, |c| {
        let position = if c.items.is_empty() {
            Position::Only
        } else {
            Position::Before(0)
        };
        c.insert(position, &text, set_form(style))
    })
}

/// Has an entry not say its image's name.
fn remove_name(file: &mut NixFile, key: Key<'_>) -> Option<()> {
    let facts = file.repository()?;
    let style = style(file, &facts, key.0);
    let found = entry(&facts, key)?;
    let NixField::Known(value) = &found.name else {
        return None;
    };
    file.change(found.set?, |c| {
        c.remove(c.index_of(value.range)?, &["name"])
    })?;
    let facts = file.repository()?;
    let set = entry(&facts, key)?.set?;
    if file.with_container(set, |c| c.is_empty())? {
        let inner = if style.spaced_empty { " " } else { "" };
        file.change(set, |c| Some(c.fill(inner)))?;
    }
    Some(())
}

/// Gives an entry another key, and another name where it needs one.
pub(super) fn rename_version(file: &mut NixFile, key: Key<'_>, version: &str) -> Option<()> {
    let facts = file.repository()?;
    let text = {
        let bare = entry(&facts, key)
            .is_some_and(|e| !file.slice(e.version.range).starts_with('"'))
            && is_identifier(version);
        if bare {
            version.to_owned()
        } else {
            quote(version)
        }
    };
    let found = entry(&facts, key)?;
    if !found.more_bindings.is_empty() {
        return None;
    }
    file.apply((found.version.range, text));
    Some(())
}
