//! Changes of `os/configs/image-repository.nix`: entries, tags, garbage collection.

use smol_str::SmolStr;

use super::nix::{Form, Position, Style, Value, is_identifier, quote};
use super::nixfile::NixFile;
use crate::model::track::{Track, Version};
use crate::syntax::nix::{DistributionSet, Entry, Field, GcEntry, Repository, RepositoryFacts};
use crate::syntax::{Spanned, TextRange};

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

fn contains_line_end(file: &NixFile, range: TextRange) -> bool {
    file.slice(range).contains('\n')
}

/// How entries are written: as those of the same distribution, else as all others.
fn style(file: &NixFile, facts: &RepositoryFacts, distribution: &str) -> Style {
    let all: Vec<&Entry> = facts.repositories.iter().flat_map(|r| &r.entries).collect();
    let (own, others): (Vec<&Entry>, Vec<&Entry>) = { all }
        .into_iter()
        .partition(|e| e.distribution.value == distribution);
    let most = |of: &dyn Fn(&Entry) -> Option<bool>| -> Option<bool> {
        [&own, &others].into_iter().find_map(|entries| {
            let votes: Vec<bool> = entries.iter().filter_map(|e| of(e)).collect();
            let yes = votes.iter().filter(|vote| **vote).count();
            (!votes.is_empty()).then_some(yes * 2 > votes.len())
        })
    };
    let is_empty_set = |e: &Entry| {
        let inner = file.slice(e.value).strip_prefix('{')?.strip_suffix('}')?;
        inner.trim().is_empty().then(|| inner.to_owned())
    };
    let inline = |e: &Entry| {
        let set = e.set.filter(|_| is_empty_set(e).is_none())?;
        Some(!contains_line_end(file, set))
    };
    let inline_list = |e: &Entry| {
        let list = e.tags.list.filter(|_| e.tags.items.len() > 1)?;
        Some(!contains_line_end(file, list))
    };
    let spaced = |e: &Entry| is_empty_set(e).map(|inner| !inner.is_empty());
    // `{}` is of the time when sets with content stood on one line, too.
    let spaced = most(&spaced);
    let inline_sets = most(&inline).unwrap_or(spaced == Some(false));
    Style {
        inline_sets,
        inline_lists: most(&inline_list).unwrap_or(inline_sets),
        spaced_empty: spaced.unwrap_or(!inline_sets && !file.text().contains("{}")),
    }
}

fn list_form(style: Style) -> Form {
    if style.inline_lists {
        Form::Inline
    } else {
        Form::Broken
    }
}

fn set_form(style: Style) -> Form {
    if style.inline_sets {
        Form::Inline
    } else {
        Form::Broken
    }
}

/// A version as a key: bare where the file writes such keys bare.
fn version_key(file: &NixFile, facts: &RepositoryFacts, distribution: &str, key: &str) -> String {
    if !is_identifier(key) {
        return quote(key);
    }
    let all = || {
        facts
            .repositories
            .iter()
            .flat_map(|r| &r.entries)
            .filter(|e| is_identifier(&e.version.value))
    };
    let bare = |e: &Entry| !file.slice(e.version.range).starts_with('"');
    let votes_of = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<bool> {
        all().filter(|e| wanted(e)).map(bare).collect()
    };
    // Its neighbours, those that are called the same (`arch.rolling`), all others.
    let votes = [
        votes_of(&|e| e.distribution.value == distribution),
        votes_of(&|e| e.version.value == key),
        votes_of(&|_| true),
    ]
    .into_iter()
    .find(|votes| !votes.is_empty())
    .unwrap_or_default();
    let yes = votes.iter().filter(|vote| **vote).count();
    if yes * 2 > votes.len() {
        key.to_owned()
    } else {
        quote(key)
    }
}

fn distribution_key(key: &str) -> String {
    if is_identifier(key) {
        key.to_owned()
    } else {
        quote(key)
    }
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
    let facts = file.repository()?;
    let repository = repository(&facts)?;
    let style = style(file, &facts, &new.distribution);
    let key = version_key(file, &facts, &new.distribution, &new.version);
    let value = entry_value(new).render(style);
    let distribution = repository
        .distributions
        .iter()
        .find(|d| d.name.value == new.distribution);
    match distribution {
        Some(DistributionSet { set: Some(set), .. }) => {
            let text = format!("{key} = {value};");
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
            let text = format!("{}.{key} = {value};", distribution_key(&new.distribution));
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
                format!("{name}.{key} = {value};")
            } else {
                let inner = format!("{key} = {value};");
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
    container: &super::nix::Container<'_>,
    entries: &[&Entry],
    new: &NewEntry,
    track_of: TrackOf<'_>,
    repository: &Repository,
) -> Position {
    let items: Vec<(usize, Option<(Track, Version)>, bool)> = entries
        .iter()
        .filter_map(|e| {
            let numeric = crate::model::track::is_numeric(&e.version.value);
            Some((container.index_of(e.binding)?, track_of(e), numeric))
        })
        .collect();
    let Some(last) = items.iter().map(|(index, ..)| *index).max() else {
        return match container.items.len() {
            0 => Position::Only,
            count => Position::After(count - 1),
        };
    };
    let numeric = crate::model::track::is_numeric(&new.version);
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
        let version = crate::model::track::split(&new.version).1;
        let numbers = || items.iter().filter(|(_, _, numeric)| *numeric);
        let version_at = |index: usize| {
            entries
                .iter()
                .find(|e| container.index_of(e.binding) == Some(index))
                .map(|e| crate::model::track::split(&e.version.value).1)
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
fn separates_tracks(repository: &Repository, container: &super::nix::Container<'_>) -> bool {
    let (mut with, mut without) = (0, 0);
    for pair in repository.entries.windows(2) {
        let [a, b] = pair else { continue };
        let numeric = |e: &Entry| crate::model::track::is_numeric(&e.version.value);
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
    container: &super::nix::Container<'_>,
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
    let outer = repository.images_set?;
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
        return file.change(outer, |c| c.remove(c.index_of(binding)?, &names));
    }
    let container = distribution.set.unwrap_or(outer);
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
        file.change(container, |c| c.remove(c.index_of(binding)?, names))?;
    }
    Some(())
}

/// Whether a tag stands before another one in a list: as it mostly does in the file, else `latest`,
/// `stable` and `lts` before all others.
fn goes_before(facts: &RepositoryFacts, order: &[SmolStr], tag: &str, other: &str) -> bool {
    let known = |tag: &str| order.iter().position(|t| t == tag);
    if let (Some(a), Some(b)) = (known(tag), known(other)) {
        return a < b;
    }
    let (mut yes, mut no) = (0, 0);
    for entry in facts.repositories.iter().flat_map(|r| &r.entries) {
        let place = |tag: &str| entry.tags.items.iter().position(|t| t.value == tag);
        match (place(tag), place(other)) {
            (Some(a), Some(b)) if a < b => yes += 1,
            (Some(_), Some(_)) => no += 1,
            _ => {}
        }
    }
    let rank = |tag: &str| {
        let first = ["latest", "stable", "lts"];
        first.iter().position(|t| *t == tag).unwrap_or(first.len())
    };
    yes > no || (yes == no && rank(tag) < rank(other))
}

/// Gives an entry more tags, in the order that the file has them in.
/// `order` is an order that some of them are known to have had together.
pub(super) fn add_tags(
    file: &mut NixFile,
    key: Key<'_>,
    tags: &[SmolStr],
    order: &[SmolStr],
) -> Option<()> {
    for tag in tags {
        let facts = file.repository()?;
        let style = style(file, &facts, key.0);
        let entry = entry(&facts, key)?;
        if entry.tags.items.iter().any(|t| t.value == *tag) {
            continue;
        }
        match entry.tags.list {
            Some(list) => file.change(list, |container| {
                let goes_before =
                    |item: &&Spanned<SmolStr>| goes_before(&facts, order, tag, &item.value);
                let before = entry.tags.items.iter().find(goes_before);
                let position = match (before, container.items.len()) {
                    (Some(item), _) => Position::Before(container.index_of(item.range)?),
                    (None, 0) => Position::Only,
                    (None, count) => Position::After(count - 1),
                };
                let form = if container.items.is_empty() {
                    Form::Inline
                } else {
                    list_form(style)
                };
                container.insert(position, &quote(tag), form)
            })?,
            None if entry.tags.items.is_empty() && entry.tags.complete => {
                let text = format!("tags = [ {} ];", quote(tag));
                file.change(entry.set?, |container| {
                    let position = match container.items.len() {
                        0 => Position::Only,
                        count => Position::After(count - 1),
                    };
                    container.insert(position, &text, set_form(style))
                })?;
            }
            None => return None,
        }
    }
    Some(())
}

/// Takes a tag from an entry. A list that is left without any goes, too.
pub(super) fn remove_tag(file: &mut NixFile, key: Key<'_>, tag: &str) -> Option<()> {
    let facts = file.repository()?;
    let style = style(file, &facts, key.0);
    let found = entry(&facts, key)?;
    let list = found.tags.list?;
    let item = found.tags.items.iter().find(|t| t.value == tag)?.range;
    let (left, alone) = file.with_container(list, |c| (c.items.len(), c.is_inline()))?;
    if left > 1 {
        file.change(list, |c| c.remove(c.index_of(item)?, &[tag]))?;
        let facts = file.repository()?;
        let list = entry(&facts, key)?.tags.list?;
        if left == 2 && !alone && !style.inline_lists {
            // nixfmt leaves a broken list alone, people do not.
            let _ = file.change(list, |c| c.collapse());
        }
        return Some(());
    }
    let Some(set) = found.set else {
        return file.change(list, |c| c.remove(c.index_of(item)?, &[tag]));
    };
    file.change(set, |c| c.remove(c.index_of(list)?, &["tags"]))?;
    let facts = file.repository()?;
    let set = entry(&facts, key)?.set?;
    if file.with_container(set, |c| c.is_empty())? {
        let inner = if style.spaced_empty { " " } else { "" };
        file.change(set, |c| Some(c.fill(inner)))?;
    }
    Some(())
}

/// A garbage-collection entry that is to be inserted.
#[derive(Debug, Clone)]
pub(super) struct NewCollection {
    pub(super) distribution: SmolStr,
    /// A regular expression for the version, not anchored: `openrc-\\d+`.
    pub(super) version: String,
    /// The variant.
    pub(super) variant: Option<SmolStr>,
    /// Others of the same version have another variant.
    pub(super) needs_variant: bool,
    /// The image's place in the order of the repository.
    pub(super) rank: Option<usize>,
}

/// The place of the first image that a garbage-collection entry takes, in the order of the
/// repository.
pub(super) type RankOf<'f> = &'f dyn Fn(&GcEntry) -> Option<usize>;

/// Inserts a garbage-collection entry where it belongs, written like its neighbours.
pub(super) fn insert_collection(
    file: &mut NixFile,
    new: &NewCollection,
    rank_of: RankOf<'_>,
) -> Option<()> {
    let facts = file.repository()?;
    let repository = repository(&facts)?;
    let known = |field: &Field<SmolStr>| match field {
        Field::Known(value) => Some(value.value.clone()),
        _ => None,
    };
    let entries = &repository.collections;
    let own = entries
        .iter()
        .filter(|e| known(&e.distribution) == Some(new.distribution.clone()));
    let model = { own }.next_back().or(entries.last());
    let anchored = model
        .and_then(|e| known(&e.version))
        .is_none_or(|v| v.starts_with('^'));
    let version = if anchored {
        format!("^{}$", new.version)
    } else {
        new.version.clone()
    };
    let keep = model
        .and_then(|e| keep_of(file, e))
        .unwrap_or_else(|| "4".to_owned());
    let mut attrs = vec![
        (
            "distribution".to_owned(),
            Value::Str(new.distribution.to_string()),
        ),
        ("version".to_owned(), Value::Str(version)),
    ];
    // The others of the distribution may say theirs, too.
    let variants = entries.iter().any(|e| {
        known(&e.distribution) == Some(new.distribution.clone()) && known(&e.variant).is_some()
    });
    if let Some(variant) = new
        .variant
        .as_ref()
        .filter(|_| new.needs_variant || variants)
    {
        attrs.push(("variant".to_owned(), Value::Str(variant.to_string())));
    }
    attrs.push(("keep".to_owned(), Value::Raw(keep)));
    let inline = model.is_some_and(|e| !contains_line_end(file, e.range));
    let style = Style {
        inline_sets: inline,
        ..Style::NIXFMT
    };
    let text = Value::Set(attrs).render(style);
    let position = |container: &super::nix::Container<'_>| {
        if container.items.is_empty() {
            return Position::Only;
        }
        let before = |e: &&GcEntry| match known(&e.distribution) {
            Some(d) if d != new.distribution => d < new.distribution,
            Some(_) => match (rank_of(e), new.rank) {
                (Some(a), Some(b)) => a < b,
                _ => true,
            },
            None => false,
        };
        match entries
            .iter()
            .rfind(before)
            .and_then(|e| container.index_of(e.range))
        {
            Some(index) => Position::After(index),
            None => Position::Before(0),
        }
    };
    let list = repository.collections_list?;
    file.change(list, |c| c.insert(position(c), &text, Form::Broken))
}

/// The value of `keep`, as written.
fn keep_of(file: &NixFile, entry: &GcEntry) -> Option<String> {
    let text = file.slice(entry.range);
    let rest = text.split_once("keep")?.1.trim_start().strip_prefix('=')?;
    let value = rest.split_once(';')?.0.trim();
    value
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| value.to_owned())
}

/// Removes the garbage-collection entry that stands at a range of the text as it is now.
pub(super) fn remove_collection(file: &mut NixFile, range: TextRange) -> Option<()> {
    let facts = file.repository()?;
    let repository = facts
        .repositories
        .iter()
        .find(|r| r.collections.iter().any(|e| e.range == range))?;
    let list = repository.collections_list?;
    file.change(list, |c| c.remove(c.index_of(range)?, &[]))?;
    let facts = file.repository()?;
    let list = facts
        .repositories
        .iter()
        .find_map(|r| r.collections_list.filter(|_| r.collections.is_empty()));
    if let Some(list) = list {
        let _ = file.change(list, |c| c.collapse());
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
