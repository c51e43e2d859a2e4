//! Positions of new entries and distributions.

use super::{NewEntry, TrackOf};
use crate::nix::{Container, InsertPosition};
use model::track::{self, Track, Version};
use syntax::nix::{Entry, Repository};

/// An entry beside which a new one may go.
struct Sibling {
    /// Index among the items of the distribution's set.
    index: usize,
    /// Track and version of the image, where they are known.
    track: Option<(Track, Version)>,
    /// Numbers of the version, where it has nothing else.
    numbers: Option<Version>,
}

/// Returns where an entry belongs among those of its distribution: numeric releases ascending,
/// special tracks after them, each beside the releases of its own track.
pub(super) fn entry_position(
    container: &Container<'_>,
    entries: &[&Entry],
    new: &NewEntry,
    track_of: TrackOf<'_>,
    repository: &Repository,
) -> InsertPosition {
    let siblings: Vec<Sibling> = entries
        .iter()
        .filter_map(|entry| {
            Some(Sibling {
                index: container.index_of(entry.binding)?,
                track: track_of(entry),
                numbers: numbers(&entry.version.value),
            })
        })
        .collect();
    let Some(last) = siblings.iter().map(|sibling| sibling.index).max() else {
        return InsertPosition::last(container);
    };
    if let Some(position) = beside_track(&siblings, new) {
        return position;
    }
    if let Some(version) = numbers(&new.key.version) {
        return among_numbers(&siblings, &version);
    }
    // The first special track of a distribution stands apart where others' do.
    let has_special = siblings.iter().any(|sibling| sibling.numbers.is_none());
    if has_special || !separates_tracks(repository, container) {
        InsertPosition::After(last)
    } else {
        InsertPosition::AfterBlank(last)
    }
}

/// Returns the numbers of a version that has nothing else.
fn numbers(version: &str) -> Option<Version> {
    track::is_numeric(version).then(|| track::split(version).1)
}

/// Returns the position beside the releases of the new entry's own track.
fn beside_track(siblings: &[Sibling], new: &NewEntry) -> Option<InsertPosition> {
    let (track, version) = new.track.as_ref()?;
    let same: Vec<(usize, &Version)> = siblings
        .iter()
        .filter_map(|sibling| {
            let (of, version) = sibling.track.as_ref()?;
            (of == track).then_some((sibling.index, version))
        })
        .collect();
    let older = same.iter().filter(|(_, v)| *v < version);
    if let Some((index, _)) = older.max_by_key(|(_, v)| *v) {
        return Some(InsertPosition::After(*index));
    }
    let newer = same.iter().filter(|(_, v)| *v > version);
    let (index, _) = newer.min_by_key(|(_, v)| *v)?;
    Some(InsertPosition::Before(*index))
}

/// Returns the position of a numeric release among the others.
fn among_numbers(siblings: &[Sibling], version: &Version) -> InsertPosition {
    let numeric = || {
        siblings
            .iter()
            .filter_map(|sibling| Some((sibling.index, sibling.numbers.as_ref()?)))
    };
    let older = numeric().filter(|(_, v)| *v <= version);
    let before = older.map(|(index, _)| index).max();
    match (before, numeric().map(|(index, _)| index).min()) {
        (Some(index), _) => InsertPosition::After(index),
        (None, Some(index)) => InsertPosition::Before(index),
        (None, None) => InsertPosition::Before(0),
    }
}

/// Returns whether distributions with numbers and special tracks mostly have a blank line between.
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

/// Returns where a distribution belongs: in alphabetical order, in a paragraph of its own where
/// the others have one.
pub(super) fn distribution_position(
    container: &Container<'_>,
    repository: &Repository,
    name: &str,
) -> InsertPosition {
    let known: Vec<(usize, &str)> = repository
        .distributions
        .iter()
        .filter_map(|d| {
            let last = d.more_bindings.last().unwrap_or(&d.binding);
            Some((container.index_of(*last)?, d.name.value.as_str()))
        })
        .collect();
    let Some((first, _)) = known.first() else {
        return InsertPosition::last(container);
    };
    let pairs = known.len().saturating_sub(1);
    let separated = known
        .iter()
        .take(pairs)
        .filter(|(index, _)| container.is_separated(*index))
        .count();
    let apart = separated * 2 >= pairs;
    let before = known.iter().rfind(|(_, d)| *d < name);
    match (before, apart) {
        (Some((index, _)), true) => InsertPosition::AfterBlank(*index),
        (Some((index, _)), false) => InsertPosition::After(*index),
        (None, true) => InsertPosition::BeforeBlank(*first),
        (None, false) => InsertPosition::Before(*first),
    }
}
