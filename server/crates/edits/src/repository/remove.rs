//! Removes entries.

use super::{EntryKey, entry, images_set, refuse_computed};
use crate::nix::{NixFile, NotEditable};
use syntax::TextRange;
use syntax::nix::{DistributionSet, Entry, Repository, RepositoryFacts};

/// Removes an entry; the last one of its distribution takes the distribution with it. `names` are
/// what comments call it.
///
/// # Errors
/// When the entry is not written in the set of its distribution, or not there at all.
pub(crate) fn remove_entry(
    file: &mut NixFile,
    key: &EntryKey,
    names: &[&str],
) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let found = entry(file, &facts, key)?;
    let missing = || file.missing(key.subject());
    let repository = repository_of(&facts, key).ok_or_else(missing)?;
    let distribution = distribution_of(repository, key).ok_or_else(missing)?;
    let mut bindings: Vec<TextRange> = std::iter::once(found.binding)
        .chain(found.more_bindings.iter().copied())
        .collect();
    if is_all_of(file, repository, distribution, key, bindings.len()) {
        let mut names = names.to_vec();
        names.push(&key.distribution);
        let images = images_set(file, repository)?;
        let binding = distribution.binding;
        return file.change(images, "`images`", |c| c.remove(c.find(binding)?, &names));
    }
    refuse_computed(file, distribution, found)?;
    let container = match distribution.set {
        Some(set) => set,
        None => images_set(file, repository)?,
    };
    // From the end: what stands before a binding does not move.
    bindings.sort_by_key(|range| std::cmp::Reverse(range.start()));
    for binding in bindings {
        // Earlier bindings keep their ranges, but the set around them gets shorter.
        let facts = file.repository()?;
        let mut distributions = facts.repositories.iter().flat_map(|r| &r.distributions);
        let now = distributions.find(|d| d.name.value == key.distribution);
        let container = match (distribution.set, now.and_then(|d| d.set)) {
            (Some(_), Some(set)) => set,
            (None, _) => images_set(file, super::repository(file, &facts)?)?,
            _ => container,
        };
        file.change(container, &key.subject(), |c| {
            c.remove(c.find_exact(binding)?, names)
        })?;
    }
    Ok(())
}

fn repository_of<'f>(facts: &'f RepositoryFacts, key: &EntryKey) -> Option<&'f Repository> {
    let mut repositories = facts.repositories.iter();
    repositories.find(|r| r.entries.iter().any(|e| key.is_of(e)))
}

fn distribution_of<'r>(repository: &'r Repository, key: &EntryKey) -> Option<&'r DistributionSet> {
    let mut distributions = repository.distributions.iter();
    distributions.find(|d| d.name.value == key.distribution)
}

/// Returns whether an entry of so many bindings is all that its distribution's set has in it.
fn is_all_of(
    file: &NixFile,
    repository: &Repository,
    distribution: &DistributionSet,
    key: &EntryKey,
    bindings: usize,
) -> bool {
    let is_sibling = |e: &&Entry| e.distribution.value == key.distribution;
    let siblings = repository.entries.iter().filter(is_sibling).count();
    let Some(set) = distribution.set.filter(|_| siblings == 1) else {
        return false;
    };
    file.with_container(set, "", |c| Ok(c.items.len() == bindings))
        .unwrap_or(false)
}
