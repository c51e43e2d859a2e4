//! Tags of releases: those that a new one takes over, and those that a retired one leaves.

use smol_str::{SmolStr, format_smolstr};

use super::doubts::{Doubt, DoubtedValue};
use super::script::words;
use crate::draft::Draft;
use crate::repository::{self, EntryKey, NixFiles};
use crate::{Note, Refusal};
use model::Image;
use model::registration::{Registration, Registrations};
use model::track::{self, Track, Version};
use model::view::View;

/// Tags that a new image gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TagChoice {
    /// Those of the release before it, which loses them.
    #[default]
    Inherited,
    /// None.
    None,
    /// These; others that have them lose them.
    Given(Vec<SmolStr>),
}

/// A tag of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryTag {
    pub(super) entry: EntryKey,
    pub(super) tag: SmolStr,
}

/// Tags that a new image gets, and whose they were.
#[derive(Debug, Default)]
pub(super) struct InheritedTags {
    /// Tags of the image, in order.
    pub(super) tags: Vec<SmolStr>,
    /// Tags that others lose.
    pub(super) taken: Vec<EntryTag>,
    /// `old*` tags, which are left where they are.
    pub(super) doubts: Vec<Doubt>,
}

/// Returns the tag that an `old*` tag follows: `stable` for `oldstable` and `oldoldstable`.
fn followed_tag(tag: &str) -> Option<&str> {
    let followed = tag.trim_start_matches("old");
    (followed != tag).then_some(followed)
}

/// Returns whether a tag follows another one: `oldstable`.
pub(super) fn is_old_tag(tag: &str) -> bool {
    followed_tag(tag).is_some()
}

/// Returns whether a tag is `lts`, alone or as a part: `latest-lts`. `oldlts` is not.
fn is_lts_tag(tag: &str) -> bool {
    tag.split('-').any(|part| part == "lts")
}

/// Returns whether the image of an entry may not have a tag that one of the track has.
fn shares_tags(registration: &Registration<'_>, track: &Track) -> bool {
    let known = registration.image.and_then(|i| i.track.as_ref());
    known.is_some_and(|(t, _)| t.shares_tags_with(track))
}

/// Returns the version of another image's entry, if it is of the same track as the image.
fn version_in_track(registration: &Registration<'_>, image: &Image) -> Option<Version> {
    let other = registration.image?;
    let (track, version) = other.track.as_ref()?;
    let (own, _) = image.track.as_ref()?;
    (track == own && other.name != image.name).then(|| version.clone())
}

impl InheritedTags {
    /// Finds the tags that an image gets.
    pub(super) fn new(draft: &Draft<'_>, image: &Image, choice: &TagChoice) -> InheritedTags {
        match choice {
            TagChoice::None => InheritedTags::default(),
            TagChoice::Given(tags) => InheritedTags::given(draft, image, tags),
            TagChoice::Inherited => draft.with_joined(|registrations, _| match registrations {
                Some(registrations) => InheritedTags::of_track(registrations, image),
                None => InheritedTags::default(),
            }),
        }
    }

    fn given(draft: &Draft<'_>, image: &Image, tags: &[SmolStr]) -> InheritedTags {
        let mut inherited = InheritedTags {
            tags: tags.to_vec(),
            ..InheritedTags::default()
        };
        let Some((track, _)) = &image.track else {
            return inherited;
        };
        draft.with_joined(|registrations, _| {
            let all = registrations.iter().flat_map(|r| &r.published);
            for registration in all.filter(|r| shares_tags(r, track)) {
                for tag in &registration.entry.tags.items {
                    if tags.contains(&tag.value) {
                        inherited.take(registration, &tag.value);
                    }
                }
            }
        });
        inherited
    }

    /// Takes a tag from another entry.
    fn take(&mut self, from: &Registration<'_>, tag: &SmolStr) {
        self.taken.push(EntryTag {
            entry: EntryKey::of(from.entry),
            tag: tag.clone(),
        });
    }

    /// Finds the tags of the newest registered release before an image, by the rules of the
    /// repository: `old*` stays, `lts` goes only to a release with long-term support, a tag with
    /// the version in it is written for the new one and stays where it is.
    fn of_track(registrations: &Registrations<'_>, image: &Image) -> InheritedTags {
        let mut inherited = InheritedTags::default();
        let Some((track, version)) = &image.track else {
            return inherited;
        };
        let all = &registrations.published;
        let others: Vec<(Version, &Registration<'_>)> = all
            .iter()
            .filter_map(|r| Some((version_in_track(r, image)?, r)))
            .collect();
        if others.iter().any(|(other, _)| other > version) {
            return inherited;
        }
        let Some((old, donor)) = others.iter().max_by(|(a, _), (b, _)| a.cmp(b)) else {
            return inherited;
        };
        for tag in donor.entry.tags.items.iter().map(|tag| &tag.value) {
            if is_lts_tag(tag) || is_old_tag(tag) {
                continue;
            }
            match with_version(tag, old, version) {
                Some(tag) => inherited.tags.push(tag),
                None => {
                    inherited.tags.push(tag.clone());
                    inherited.take(donor, tag);
                }
            }
        }
        let release = image.identity.relver.known();
        let release = release.map(|r| r.with_stamps_as("")).unwrap_or_default();
        if View::is_lts(&track.distribution, &release) {
            for (_, holder) in &others {
                let tags = holder.entry.tags.items.iter().map(|tag| &tag.value);
                for tag in tags.filter(|tag| is_lts_tag(tag)) {
                    if !inherited.tags.contains(tag) {
                        inherited.tags.push(tag.clone());
                    }
                    inherited.take(holder, tag);
                }
            }
        }
        inherited.doubts = old_tags_left(all, track, &inherited.taken);
        inherited
    }
}

/// Returns the `old*` tags that follow one that was taken: they are moved by hand, and are left
/// where they are.
fn old_tags_left(all: &[Registration<'_>], track: &Track, taken: &[EntryTag]) -> Vec<Doubt> {
    let follows = |tag: &str| {
        let followed = followed_tag(tag);
        followed.is_some_and(|followed| taken.iter().any(|taken| taken.tag == followed))
    };
    let mut doubts = Vec::new();
    for registration in all.iter().filter(|r| shares_tags(r, track)) {
        let tags = registration.entry.tags.items.iter().map(|tag| &tag.value);
        for tag in tags.filter(|tag| follows(tag)) {
            doubts.push(Doubt {
                about: DoubtedValue::Tag {
                    entry: EntryKey::of(registration.entry),
                    tag: tag.clone(),
                },
                why: "which release is old now is decided by hand: this tag was left where it is"
                    .to_owned(),
            });
        }
    }
    doubts
}

/// Returns a tag that has the numbers of a release in it with those of another release; `None`
/// where it has none.
fn with_version(tag: &str, old: &Version, new: &Version) -> Option<SmolStr> {
    if old.is_empty() {
        return None;
    }
    let (_, numbers) = track::split(tag);
    if numbers != *old || numbers == *new || old.len() != new.len() {
        return None;
    }
    let mut out = String::new();
    let mut number = String::new();
    let mut next = new.iter();
    for c in tag.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if !number.is_empty() {
            let new = next.next()?.to_string();
            // `24.04` keeps its zero.
            let leading = number.len() - number.trim_start_matches('0').len();
            let missing = number.len().saturating_sub(new.len());
            out.push_str(&"0".repeat(missing.min(leading)));
            out.push_str(&new);
            number.clear();
        }
        if c != '\0' {
            out.push(c);
        }
    }
    Some(SmolStr::new(out))
}

/// Tags of an image that is retired, as they were.
#[derive(Debug, Default)]
pub(super) struct TagsLeft {
    /// All tags, in order.
    pub(super) order: Vec<SmolStr>,
    /// Version of the entry that had them.
    pub(super) version: SmolStr,
}

/// Decision on a tag of an image that is retired.
enum TagDecision {
    /// Another entry has it already.
    Held,
    /// Another entry gets it.
    HandedOn(EntryKey),
    /// Nobody gets it.
    Lost,
}

/// Hands the tags of a retired image on to the newest release that is left of its track, where no
/// other has them.
///
/// # Errors
/// When the entry of that release is written in a way that cannot be changed.
pub(super) fn hand_on(
    draft: &mut Draft<'_>,
    image: &Image,
    left: &TagsLeft,
    notes: &mut Vec<Note>,
) -> Result<(), Refusal> {
    if image.track.is_none() {
        return Ok(());
    }
    let (old, current): (Vec<&SmolStr>, Vec<&SmolStr>) =
        left.order.iter().partition(|tag| is_old_tag(tag));
    let mut lost: Vec<SmolStr> = old.into_iter().cloned().collect();
    let mut handed: Vec<EntryTag> = Vec::new();
    draft.with_joined(|registrations, _| {
        let Some(registrations) = registrations else {
            return;
        };
        for tag in current {
            match decide(registrations, image, tag) {
                TagDecision::Held => {}
                TagDecision::HandedOn(entry) => handed.push(EntryTag {
                    entry,
                    tag: tag.clone(),
                }),
                TagDecision::Lost => lost.push(tag.clone()),
            }
        }
    });
    for EntryTag { entry, tag } in &handed {
        let order = order_for(&left.order, &left.version, &entry.version);
        let file = draft.repository_mut()?.of_entry_mut(entry)?;
        repository::add_tags(file, entry, std::slice::from_ref(tag), &order)
            .map_err(|why| why.by_hand(&format!("give the tag `{tag}` to {entry}")))?;
    }
    note_contradictions(draft, &handed, notes);
    if !lost.is_empty() {
        let list: Vec<String> = lost.iter().map(|tag| format!("`{tag}`")).collect();
        notes.push(Note::general(format!(
            "{} {} gone with `{}`: no other release was given {}",
            list.join(", "),
            if lost.len() == 1 { "is" } else { "are" },
            image.name,
            if lost.len() == 1 { "it" } else { "them" },
        )));
    }
    Ok(())
}

/// Decides who gets a tag of an image that is retired.
fn decide(registrations: &Registrations<'_>, image: &Image, tag: &SmolStr) -> TagDecision {
    let Some((track, version)) = &image.track else {
        return TagDecision::Lost;
    };
    let all = &registrations.published;
    let has_tag = |r: &Registration<'_>| r.entry.tags.items.iter().any(|t| t.value == *tag);
    if all.iter().any(|r| shares_tags(r, track) && has_tag(r)) {
        return TagDecision::Held;
    }
    let numbers = track::split(tag).1;
    if !numbers.is_empty() && numbers == *version {
        return TagDecision::Lost;
    }
    let candidates = all.iter().filter_map(|r| {
        let other = version_in_track(r, image)?;
        let release = r.image?.identity.relver.known()?.with_stamps_as("");
        let lts = View::is_lts(&track.distribution, &release);
        (lts || !is_lts_tag(tag)).then_some(((other, lts), r))
    });
    match candidates.max_by(|(a, _), (b, _)| a.cmp(b)) {
        // A newer one that was not given the tag was not meant to have it.
        Some(((other, _), heir)) if other < *version => {
            TagDecision::HandedOn(EntryKey::of(heir.entry))
        }
        _ => TagDecision::Lost,
    }
}

/// Adds a note for a release that is `stable` again and still `oldstable`: which one is right is
/// decided by hand.
fn note_contradictions(draft: &Draft<'_>, handed: &[EntryTag], notes: &mut Vec<Note>) {
    let facts = draft.repository.iter().flat_map(NixFiles::facts);
    let facts: Vec<_> = facts.map(|(_, facts)| facts).collect();
    let repositories = facts.iter().flat_map(|facts| &facts.repositories);
    for entry in repositories.flat_map(|r| &r.entries) {
        let key = EntryKey::of(entry);
        let is_given = |tag: &str| {
            handed
                .iter()
                .any(|given| given.entry == key && given.tag == tag)
        };
        let found = entry.tags.items.iter().find_map(|tag| {
            let followed = followed_tag(&tag.value)?;
            is_given(followed).then_some((&tag.value, followed))
        });
        if let Some((old, now)) = found {
            notes.push(Note::general(format!(
                "{key} is `{now}` now, and still `{old}`: which release is old now is decided by \
                 hand"
            )));
        }
    }
}

/// Returns the order of an entry's tags, those with its version in them as another version has
/// them.
fn order_for(order: &[SmolStr], old: &str, new: &str) -> Vec<SmolStr> {
    let renamed = |tag: &SmolStr| match words(tag, old).first() {
        Some(at) => {
            let before = tag.get(..*at).unwrap_or_default();
            let after = tag.get(at + old.len()..).unwrap_or_default();
            format_smolstr!("{before}{new}{after}")
        }
        None => tag.clone(),
    };
    order.iter().map(renamed).collect()
}
