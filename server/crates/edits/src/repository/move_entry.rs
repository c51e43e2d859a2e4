//! Moves entries as they are written.

use super::fields::{insert_name, remove_name};
use super::insert::{KeptForm, WrittenEntry, insert_written};
use super::{
    EntryKey, NewEntry, TrackOf, entry, images_set, insert_entry, remove_entry, repository, retag,
    set_name,
};
use crate::nix::{NixFile, NotEditable, Shape, is_identifier, unindented};
use syntax::TextRange;
use syntax::nix::{Entry, NixField, RepositoryFacts};

/// Moves an entry to another distribution or away from a path of its own, as it is written, with
/// the comments that are its own, and returns whether a blank line was lost. `names` are what comments
/// call it.
///
/// # Errors
/// When that cannot be done without losing any of it.
pub(crate) fn move_entry(
    file: &mut NixFile,
    key: &EntryKey,
    new: &NewEntry,
    names: &[&str],
    track_of: TrackOf<'_>,
) -> Result<bool, NotEditable> {
    let facts = file.repository()?;
    let found = entry(file, &facts, key)?.clone();
    let at = Some(found.binding.start());
    // It would be inserted into the first one.
    if !repository(file, &facts)?.entries.contains(&found) {
        return Err(file.not_editable(key.subject(), Shape::Elsewhere, at));
    }
    if !found.more_bindings.is_empty() {
        return Err(file.not_editable(key.subject(), Shape::Scattered, at));
    }
    let between = TextRange::new(found.version.range.end(), found.value.start());
    let between = file.slice(between).trim();
    if between != "=" {
        // `debian."12".tags = [ ... ];`: all that there is has to be known.
        let attribute = between.trim_start_matches('.').trim_end_matches(['=', ' ']);
        if !["tags", "name"].contains(&attribute) || !found.tags.complete {
            return Err(file.not_editable(key.subject(), Shape::WithoutSet, at));
        }
        remove_entry(file, key, names)?;
        insert_entry(file, new, track_of)?;
        return Ok(false);
    }
    let written = written(file, &facts, &found, names)?;
    let before = blank_lines(file);
    remove_entry(file, key, names)?;
    let between = blank_lines(file);
    let is_left = has_distribution(file, key)?;
    // A set that is made for it is set apart itself.
    let joins = has_distribution(file, &new.key)?;
    insert_written(file, new, &written, track_of)?;
    let is_kept = joins && between < blank_lines(file);
    match (&found.name, &new.name) {
        (NixField::Known(_), Some(name)) => set_name(file, &new.key, name)?,
        (NixField::Known(_), None) => remove_name(file, &new.key)?,
        (NixField::Absent, Some(name)) => insert_name(file, &new.key, name)?,
        (NixField::Absent, None) => {}
        (NixField::Unknown, _) => {
            return Err(file.not_editable("`name`", Shape::Computed, at));
        }
    }
    for (old, now) in found.tags.items.iter().zip(&new.tags) {
        if old.value != *now {
            retag(file, &new.key, &old.value, now)?;
        }
    }
    Ok(is_left && between < before && !is_kept)
}

fn blank_lines(file: &NixFile) -> usize {
    let lines = file.text().lines();
    lines.filter(|line| line.trim().is_empty()).count()
}

/// Returns whether the distribution of an entry has any.
fn has_distribution(file: &NixFile, key: &EntryKey) -> Result<bool, NotEditable> {
    let facts = file.repository()?;
    let mut distributions = repository(file, &facts)?.distributions.iter();
    Ok(distributions.any(|distribution| distribution.name.value == key.distribution))
}

/// Returns an entry as it is written.
fn written(
    file: &NixFile,
    facts: &RepositoryFacts,
    found: &Entry,
    names: &[&str],
) -> Result<WrittenEntry, NotEditable> {
    let repository = repository(file, facts)?;
    let mut distributions = repository.distributions.iter();
    let distribution = distributions.find(|d| d.name.value == found.distribution.value);
    let container = match distribution.and_then(|d| d.set) {
        Some(set) => set,
        None => images_set(file, repository)?,
    };
    let subject = EntryKey::of(found).subject();
    let is_path = distribution.is_none_or(|distribution| distribution.set.is_none());
    let (comments, is_apart) = file.with_container(container, &subject, |c| {
        let index = c.find_exact(found.binding)?;
        let above = index.checked_sub(1).filter(|_| !is_path);
        // The blank line above a paragraph of several stays with the others.
        let is_last = c.items.len() == index + 1 || c.is_separated(index);
        let is_apart = above.map(|above| c.is_separated(above));
        let is_apart = is_apart.filter(|is_apart| is_last || !is_apart);
        Ok((c.own_comments(index, names)?, is_apart))
    })?;
    let key = file.slice(found.version.range);
    let kept = KeptForm {
        is_bare: is_identifier(&found.version.value).then(|| !key.starts_with('"')),
        is_apart,
        is_path,
    };
    Ok(WrittenEntry {
        comments,
        value: unindented(file.slice(found.value)),
        kept: Some(kept),
    })
}
