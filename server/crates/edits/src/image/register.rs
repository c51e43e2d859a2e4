//! Registers an image: its entry in the repository, with tags and garbage collection.

use std::sync::Arc;

use smol_str::SmolStr;

use super::doubts::Remarks;
use super::is_dated;
use super::tag_choice::TagChoice;
use super::tags::InheritedTags;
use super::unread_entries::refuse_tags;
use crate::Refusal;
use crate::draft::Draft;
use crate::repository::{self, EntryKey, NewCollection, NewEntry};
use model::collection::{Collection, Taker};
use model::registration::{Registration, Registrations, image_name};
use model::track::Track;
use model::{FileRange, Image};
use syntax::TextRange;
use syntax::nix::{Entry, GcEntry};

/// An image as the repository names it.
pub(super) struct RegistrationKey {
    /// Distribution and version.
    pub(super) entry: EntryKey,
    /// Name of the image, where distribution and version do not make it.
    pub(super) name: Option<SmolStr>,
}

impl RegistrationKey {
    /// Returns how the repository names an image.
    ///
    /// # Errors
    /// When its distribution is not known.
    pub(super) fn of(image: &Image) -> Result<RegistrationKey, Refusal> {
        let Some(distribution) = image.identity.distname.fixed().filter(|d| !d.is_empty()) else {
            return Err(Refusal::new(format!(
                "the distribution of `{}` cannot be read from its `config.sh`: set DISTNAME to a \
                 literal value there",
                image.name
            )));
        };
        let rest = image
            .name
            .strip_prefix(distribution)
            .and_then(|rest| rest.strip_prefix('-'));
        if let Some(version) = rest {
            return Ok(RegistrationKey {
                entry: EntryKey::new(distribution, version),
                name: None,
            });
        }
        let release = image.identity.relver.fixed();
        let version = release.filter(|release| !release.is_empty());
        Ok(RegistrationKey {
            entry: EntryKey::new(distribution, version.unwrap_or("rolling")),
            name: Some(image.name.clone()),
        })
    }
}

/// Registers an image: its entry, and a garbage-collection entry where it needs one.
///
/// # Errors
/// When the repository is written in a way that cannot be changed.
pub(crate) fn register(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    choice: &TagChoice,
) -> Result<Remarks, Refusal> {
    let key = RegistrationKey::of(image)?;
    draft.repository_mut()?;
    let existing = existing_entry(draft, image, &key.entry)?;
    if existing.as_ref().is_none_or(|found| !found.has_tags) {
        refuse_tags(draft, image, choice)?;
    }
    let has_tags = existing.as_ref().is_some_and(|found| found.has_tags);
    let inherited = match choice {
        TagChoice::Inherited if has_tags => InheritedTags::default(),
        _ => InheritedTags::new(draft, image, choice),
    };
    let before = draft.comments();
    let mut moved_list = None;
    let mut used = None;
    let entry = match existing {
        Some(found) => {
            let done = match inherited.tags.is_empty() {
                true => "left as it is",
                false => "given its tags",
            };
            used = Some(format!(
                "the repository had {} already: it was {done}",
                found.key
            ));
            let file = draft.repository_mut()?.of_entry_mut(&found.key)?;
            repository::add_tags(file, &found.key, &inherited.tags, &inherited.tags)
                .map_err(|why| why.by_hand(&format!("give its tags to {}", found.key)))?;
            found.key
        }
        None => {
            moved_list = list_to_move(draft, &inherited);
            insert(draft, image, key, &inherited, moved_list.clone())?
        }
    };
    let mut remarks = Remarks {
        doubts: inherited.doubts(&entry),
        notes: used.into_iter().chain(inherited.notes.clone()).collect(),
    };
    for taken in inherited.removed() {
        let file = draft.repository_mut()?.of_entry_mut(&taken.entry)?;
        repository::remove_tag(file, &taken.entry, &taken.tag).map_err(|why| {
            let (tag, entry) = (&taken.tag, &taken.entry);
            why.by_hand(&format!("take the tag `{tag}` from {entry}"))
        })?;
    }
    remarks.extend(inherited.old.apply(draft)?);
    if moved_list.is_some() {
        remarks.notes.push(format!(
            "comments in the list of tags moved along with it: see whether they hold for `{}`",
            image.name
        ));
    }
    let lost = lost_comments("the tags that were moved", before, &draft.comments());
    remarks.notes.extend(lost);
    collect(draft, image, None)?;
    Ok(remarks)
}

/// An entry that builds an image already.
struct ExistingEntry {
    key: EntryKey,
    has_tags: bool,
}

/// Returns the entry that builds an image already, if there is one.
///
/// # Errors
/// When the key that the image's entry would get is that of another image.
fn existing_entry(
    draft: &Draft<'_>,
    image: &Image,
    key: &EntryKey,
) -> Result<Option<ExistingEntry>, Refusal> {
    draft.with_joined(|registrations, _| {
        let Some(registrations) = registrations else {
            return Ok(None);
        };
        if let Some(found) = registrations.of_image(&image.name).next() {
            let tags = &found.entry.tags;
            return Ok(Some(ExistingEntry {
                key: EntryKey::of(found.entry),
                has_tags: !tags.items.is_empty() || !tags.complete,
            }));
        }
        let mut all = registrations.published.iter();
        match all.find(|r| key.is_of(r.entry)) {
            None => Ok(None),
            Some(other) => Err(Refusal::new(format!(
                "{key} in the repository does not build `{}` but {}: give that entry another key \
                 first",
                image.name,
                match other.image_name() {
                    Some(name) => format!("`{name}`"),
                    None => "an image whose name cannot be read".to_owned(),
                }
            ))),
        }
    })
}

/// Inserts the entry of an image, and returns its key. `written_tags` is the list of its
/// tags where that is written already.
fn insert(
    draft: &mut Draft<'_>,
    image: &Image,
    key: RegistrationKey,
    inherited: &InheritedTags,
    written_tags: Option<String>,
) -> Result<EntryKey, Refusal> {
    let new = NewEntry {
        key: key.entry,
        name: key.name,
        tags: inherited.tags.clone(),
        track: image.track.clone(),
        written_tags,
    };
    let images = draft.model.images.clone();
    let track_of = |entry: &Entry| images.get(&image_name(entry)?)?.track.clone();
    let tree = draft.view.tree;
    let file = draft.repository_mut()?.for_entry_mut(tree, &new.key)?;
    repository::insert_entry(file, &new, &track_of).map_err(|why| why.by_hand("add the entry"))?;
    Ok(new.key)
}

/// Returns the list of tags of another entry as it is written, where a new one takes all of it and
/// it has comments: who moves it by hand moves its lines.
fn list_to_move(draft: &Draft<'_>, inherited: &InheritedTags) -> Option<String> {
    let removed = inherited.removed();
    let from = &removed.first()?.entry;
    let is_all = removed.iter().all(|taken| taken.entry == *from)
        && removed.iter().map(|taken| &taken.tag).eq(&inherited.tags);
    let file = draft.repository.as_ref()?.of_entry(from)?;
    is_all.then(|| repository::commented_tags(file, from, &inherited.tags))?
}

/// Returns a note on the comments that were removed with something else: only who reads them knows
/// whether they hold for what is there now.
pub(super) fn lost_comments(with: &str, before: Vec<String>, after: &[String]) -> Option<String> {
    let mut left: Vec<&String> = after.iter().collect();
    let mut is_left = |comment: &String| {
        let found = left.iter().position(|other| *other == comment);
        found.map(|at| left.remove(at)).is_some()
    };
    let lost: Vec<String> = before
        .into_iter()
        .filter(|comment| !is_left(comment))
        .map(|comment| format!("`{comment}`"))
        .collect();
    (!lost.is_empty()).then(|| format!("{with} had comments, which are gone: {}", lost.join(", ")))
}

/// Position of the first image that each garbage-collection entry takes, by the entry's file and
/// range.
type Ranks = Vec<(FileRange, Option<usize>)>;

/// Adds a garbage-collection entry for an image, if its builds have a date and no entry takes them
/// yet. `keep` is how many builds are kept, where that is known.
///
/// # Errors
/// When the repository is written in a way that cannot be changed.
pub(crate) fn collect(
    draft: &mut Draft<'_>,
    image: &Image,
    keep: Option<String>,
) -> Result<(), Refusal> {
    if draft.repository.is_none() || !is_dated(image) {
        return Ok(());
    }
    let new = draft.with_joined(|registrations, _| match registrations {
        Some(registrations) => new_collection(registrations, image, keep),
        None => Ok(None),
    });
    let Some((new, ranks)) = new? else {
        return Ok(());
    };
    let tree = draft.view.tree;
    let files = draft.repository_mut()?;
    let Some(file) = files.for_collection(tree, &new.distribution) else {
        return Ok(());
    };
    let rank_of = |entry: &GcEntry| {
        let at = FileRange::new(file, entry.range);
        let found = ranks.iter().find(|(range, _)| *range == at);
        found.and_then(|(_, rank)| *rank)
    };
    repository::insert_collection(files.file_mut(file)?, &new, &rank_of)
        .map_err(|why| why.by_hand("add the garbage-collection entry"))
}

/// Returns the garbage-collection entry that an image needs; `None` where one takes it, or that
/// cannot be told.
///
/// # Errors
/// When the image's distribution or variant is not known.
fn new_collection(
    registrations: &Registrations<'_>,
    image: &Image,
    keep: Option<String>,
) -> Result<Option<(NewCollection, Ranks)>, Refusal> {
    let Some(release) = image.identity.relver.known() else {
        return Ok(None);
    };
    let collection = Collection::new(registrations);
    let before = match collection.taker(image) {
        _ if !collection.complete => return Ok(None),
        Taker::Nobody => None,
        Taker::Collector(index) => {
            match meant_for_another(registrations, &collection, index, image) {
                None => return Ok(None),
                before => before,
            }
        }
        Taker::Unknown => return Ok(None),
    };
    let unread = |what: &str, variable: &str| {
        Refusal::new(format!(
            "the {what} of `{}` cannot be read from its `config.sh`: set {variable} to a literal \
             value there",
            image.name
        ))
    };
    let distribution = image.identity.distname.fixed();
    let distribution = distribution.ok_or_else(|| unread("distribution", "DISTNAME"))?;
    let variant = image.identity.variant.fixed();
    let variant = variant.ok_or_else(|| unread("variant", "VARIANT"))?;
    // Others of the same version, which only the variant tells apart.
    let is_same_release = |other: &Image| {
        other.name != image.name
            && other.identity.distname.fixed() == Some(distribution)
            && other.identity.relver.known() == Some(release)
    };
    let all = &registrations.published;
    let needs_variant = all.iter().any(|r| r.image.is_some_and(is_same_release));
    let ranks = collection.collectors.iter().map(|collector| {
        let takes = |r: &&Registration<'_>| {
            r.image
                .is_some_and(|image| collector.matches(image) == Some(true))
        };
        let first = all.iter().find(takes);
        let at = FileRange::new(collector.file, collector.entry.range);
        (at, first.map(|r| r.index))
    });
    let new = NewCollection {
        distribution: SmolStr::new(distribution),
        version: release.pattern(),
        variant: Some(SmolStr::new(variant)),
        needs_variant,
        keep,
        rank: registrations.of_image(&image.name).map(|r| r.index).next(),
        before,
    };
    Ok(Some((new, ranks.collect())))
}

/// Returns the range of a garbage-collection entry that takes an image and was meant for one other
/// track, whose builds it would count together with the image's: `musl-\\d+` for `hardened-musl`.
fn meant_for_another(
    registrations: &Registrations<'_>,
    collection: &Collection<'_>,
    index: usize,
    image: &Image,
) -> Option<TextRange> {
    let collector = collection.collectors.get(index)?;
    let (track, _) = image.track.as_ref()?;
    let others = registrations.published.iter().filter_map(|r| r.image);
    let taken = others
        .filter(|other| other.name != image.name && collector.matches(other) == Some(true))
        .map(|other| Some(&other.track.as_ref()?.0));
    let mut tracks: Vec<Option<&Track>> = taken.collect();
    tracks.dedup();
    match tracks.as_slice() {
        [Some(other)] if *other != track && other.shares_tags_with(track) => {
            Some(collector.entry.range)
        }
        _ => None,
    }
}

/// Removes the garbage-collection entries that took an image and take no other.
///
/// # Errors
/// When the repository is written in a way that cannot be changed.
pub(super) fn remove_collections(draft: &mut Draft<'_>, image: &Image) -> Result<(), Refusal> {
    loop {
        let unused = draft.with_joined(|registrations, _| {
            let collection = Collection::new(registrations?);
            let mut collectors = collection.collectors.iter();
            let is_unused = collectors.find(|collector| {
                let images = draft.model.images.values();
                let mut others = images.filter(|other| other.name != image.name);
                collector.matches(image) == Some(true)
                    && others.all(|other| collector.matches(other) == Some(false))
            });
            is_unused.map(|collector| (collector.file, collector.entry.range))
        });
        let Some((file, range)) = unused else {
            return Ok(());
        };
        repository::remove_collection(draft.repository_mut()?.file_mut(file)?, range)
            .map_err(|why| why.by_hand("remove the garbage-collection entry"))?;
    }
}
