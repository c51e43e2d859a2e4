//! Order of the entries of a distribution.

use super::{EntryKey, NewEntry, TrackOf, repository};
use crate::nix::NixFile;
use model::track::{self, Track, Version};
use syntax::nix::Entry;

/// Returns whether an entry of a distribution whose entries are in order would be out of it with another
/// version. `was` are the track and version of its image so far.
pub(crate) fn is_displaced(
    file: &NixFile,
    key: &EntryKey,
    new: &NewEntry,
    was: Option<&(Track, Version)>,
    track_of: TrackOf<'_>,
) -> bool {
    let Ok(facts) = file.repository() else {
        return false;
    };
    let Ok(repository) = repository(file, &facts) else {
        return false;
    };
    let mut distributions = repository.distributions.iter();
    let distribution = distributions.find(|d| d.name.value == key.distribution);
    // Elsewhere it has no place among others.
    let Some(set) = distribution.and_then(|distribution| distribution.set) else {
        return false;
    };
    let entries = repository.entries.iter();
    let entries: Vec<&Entry> = entries
        .filter(|entry| entry.distribution.value == key.distribution)
        .filter(|entry| set.contains_range(entry.binding))
        .collect();
    let is_own = |entry: &Entry| entry.version.value == key.version;
    let ranks = |own: &str| {
        let ranks = entries.iter().map(|entry| match is_own(entry) {
            true => rank(own),
            false => rank(&entry.version.value),
        });
        ranks.collect::<Vec<_>>()
    };
    let releases = |own: Option<&(Track, Version)>| {
        let releases = entries.iter().filter_map(|entry| match is_own(entry) {
            true => own.cloned(),
            false => track_of(entry),
        });
        let of_track = releases.filter(|(track, _)| own.is_some_and(|own| own.0 == *track));
        of_track.map(|(_, version)| version).collect::<Vec<_>>()
    };
    let leaves = |before: bool, after: bool| before && !after;
    leaves(
        ranks(&key.version).is_sorted(),
        ranks(&new.key.version).is_sorted(),
    ) || leaves(
        releases(was).is_sorted(),
        releases(new.track.as_ref()).is_sorted(),
    )
}

/// Returns what numeric releases are in order by; special tracks follow them.
fn rank(version: &str) -> (bool, Version) {
    match track::is_numeric(version) {
        true => (false, track::split(version).1),
        false => (true, Version::new()),
    }
}
