//! Garbage-collection entries.

use smol_str::SmolStr;

use super::repository;
use crate::nix::{Container, Form, InsertPosition, NewValue, NixFile, NixStyle, NotEditable};
use model::table::known;
use syntax::TextRange;
use syntax::nix::{GcEntry, Repository};

/// A garbage-collection entry that is to be inserted.
#[derive(Debug, Clone)]
pub(crate) struct NewCollection {
    pub(crate) distribution: SmolStr,
    /// A regular expression for the version, not anchored: `openrc-\\d+`.
    pub(crate) version: String,
    pub(crate) variant: Option<SmolStr>,
    /// Others of the same version have another variant.
    pub(crate) needs_variant: bool,
    /// Number of builds that are kept; that of the neighbours, where it is not given.
    pub(crate) keep: Option<String>,
    /// Position of the image in the order of the repository.
    pub(crate) rank: Option<usize>,
    /// The entry that it has to come before, because that one takes the image's builds, too.
    pub(crate) before: Option<TextRange>,
}

/// Returns the position of the first image that a garbage-collection entry takes, in the order of
/// the repository.
pub(crate) type RankOf<'f> = &'f dyn Fn(&GcEntry) -> Option<usize>;

/// Inserts a garbage-collection entry where it belongs, written like its neighbours.
///
/// # Errors
/// When `garbageCollection` is not written as a list.
pub(crate) fn insert_collection(
    file: &mut NixFile,
    new: &NewCollection,
    rank_of: RankOf<'_>,
) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let repository = repository(file, &facts)?;
    let list = collections_list(file, repository)?;
    let entries = &repository.collections;
    let mut own = entries.iter().filter(|e| new.is_same_distribution(e));
    let neighbour = own.next_back().or(entries.last());
    let style = NixStyle {
        inline_sets: neighbour.is_some_and(|e| !file.is_broken(e.range)),
        ..NixStyle::NIXFMT
    };
    let text = value(file, new, entries, neighbour).render(style);
    file.change(list, "`garbageCollection`", |c| {
        c.insert(position(c, new, entries, rank_of), &text, Form::Broken)
    })
}

impl NewCollection {
    fn is_same_distribution(&self, entry: &GcEntry) -> bool {
        known(&entry.distribution) == Some(self.distribution.as_str())
    }
}

fn value(
    file: &NixFile,
    new: &NewCollection,
    entries: &[GcEntry],
    neighbour: Option<&GcEntry>,
) -> NewValue {
    let anchored = neighbour
        .and_then(|e| known(&e.version))
        .is_none_or(|v| v.starts_with('^'));
    let version = if anchored {
        format!("^{}$", new.version)
    } else {
        new.version.clone()
    };
    let given = new.keep.clone();
    let keep = given.or_else(|| keep_of(file, neighbour?));
    let distribution = new.distribution.to_string();
    let mut attrs = vec![
        ("distribution".to_owned(), NewValue::Str(distribution)),
        ("version".to_owned(), NewValue::Str(version)),
    ];
    // The others of the distribution may say theirs, too.
    let own = entries.iter().filter(|e| new.is_same_distribution(e));
    let said = own.filter_map(|e| known(&e.variant)).next_back();
    let variant = new.variant.as_ref();
    if let Some(variant) = variant.filter(|_| new.needs_variant || said.is_some()) {
        let is_anchored = said.is_some_and(|pattern| pattern.starts_with('^'));
        let pattern = if is_anchored {
            format!("^{variant}$")
        } else {
            variant.to_string()
        };
        attrs.push(("variant".to_owned(), NewValue::Str(pattern)));
    }
    let keep = keep.unwrap_or_else(|| "4".to_owned());
    attrs.push(("keep".to_owned(), NewValue::Verbatim(keep)));
    NewValue::Set(attrs)
}

fn position(
    container: &Container<'_>,
    new: &NewCollection,
    entries: &[GcEntry],
    rank_of: RankOf<'_>,
) -> InsertPosition {
    let before = |e: &&GcEntry| match known(&e.distribution) {
        Some(d) if d != new.distribution.as_str() => d < new.distribution.as_str(),
        Some(_) => match (rank_of(e), new.rank) {
            (Some(a), Some(b)) => a < b,
            _ => true,
        },
        None => false,
    };
    if let Some(index) = new.before.and_then(|range| container.index_of(range)) {
        return InsertPosition::Before(index);
    }
    let last = entries.iter().rfind(before);
    match last.and_then(|e| container.index_of(e.range)) {
        Some(index) => InsertPosition::After(index),
        None => InsertPosition::first(container),
    }
}

/// Returns the range of a repository's `garbageCollection = [ ... ]`.
fn collections_list(file: &NixFile, repository: &Repository) -> Result<TextRange, NotEditable> {
    let within = repository.set.unwrap_or_else(|| file.whole());
    file.written(repository.collections_list, "garbageCollection", within)
}

/// Returns the value of `keep`, as written.
pub(crate) fn keep_of(file: &NixFile, entry: &GcEntry) -> Option<String> {
    let text = file.slice(entry.range);
    let rest = text.split_once("keep")?.1.trim_start().strip_prefix('=')?;
    let value = rest.split_once(';')?.0.trim();
    value
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| value.to_owned())
}

/// Removes the garbage-collection entry at a range of the text as it is now.
///
/// # Errors
/// When there is none, or `garbageCollection` is not written as a list.
pub(crate) fn remove_collection(file: &mut NixFile, range: TextRange) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let has_entry = |r: &&Repository| r.collections.iter().any(|e| e.range == range);
    let repository = facts.repositories.iter().find(has_entry);
    let repository = repository.ok_or_else(|| file.missing("garbage-collection entry"))?;
    let list = collections_list(file, repository)?;
    file.change(list, "`garbageCollection`", |c| {
        c.remove(c.find(range)?, &[])
    })?;
    let facts = file.repository()?;
    let empty = facts
        .repositories
        .iter()
        .filter(|r| r.collections.is_empty());
    if let Some(list) = empty.filter_map(|r| r.collections_list).next() {
        file.collapse(list);
    }
    Ok(())
}
