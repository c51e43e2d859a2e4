//! Tags of releases: those that a new one takes over, and those that a retired one leaves.

use smol_str::{SmolStr, format_smolstr};

use super::doubts::{Doubt, DoubtedValue};
use super::old_tags::{OldTags, move_back};
use super::script::words;
use super::tag_choice::TagChoice;
use super::tag_rules::{Release, bare_release, is_current_tag, is_old_tag, may_have, next_old_tag};
use crate::draft::Draft;
use crate::repository::{self, EntryKey};
use crate::{Note, Refusal};
use model::Image;
use model::registration::{Registration, Registrations};
use model::track::{self, Track, Version};
use model::view::View;
use syntax::nix::RepositoryFacts;

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
    /// Tags that move because others do.
    pub(super) old: OldTags,
    /// Tags that stay where they are, although a newer release would mostly take them.
    pub(super) notes: Vec<String>,
    /// Reason why the tags that others lose are in doubt.
    pub(super) doubt: Option<String>,
}

/// Returns whether the image of an entry may not have a tag that one of the track has.
pub(super) fn shares_tags(registration: &Registration<'_>, track: &Track) -> bool {
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

/// The entries of an image's track, and what is known of the image's release.
struct Succession<'r> {
    view: View<'r>,
    track: &'r Track,
    version: &'r Version,
    release: String,
    /// All other releases of the track, the newest first.
    others: Vec<(Version, &'r Registration<'r>)>,
    /// Name of the image that is retired at the end of the change.
    leaving: Option<SmolStr>,
}

impl<'r> Succession<'r> {
    fn new(
        draft: &Draft<'r>,
        registrations: &'r Registrations<'r>,
        image: &'r Image,
    ) -> Option<Succession<'r>> {
        let (track, version) = image.track.as_ref()?;
        let all = registrations.published.iter();
        let mut others: Vec<(Version, &Registration<'_>)> = all
            .filter_map(|r| Some((version_in_track(r, image)?, r)))
            .collect();
        others.sort_by(|(a, _), (b, _)| b.cmp(a));
        Some(Succession {
            view: draft.view,
            track,
            version,
            release: bare_release(image),
            others,
            leaving: draft.leaving.clone(),
        })
    }

    /// Returns the releases before the image's, the newest first.
    fn older(&self) -> impl Iterator<Item = &(Version, &'r Registration<'r>)> {
        self.others.iter().filter(|(v, _)| v < self.version)
    }

    /// Returns whether the image's release may have a tag by the conventions of its distribution.
    fn may_have(&self, tag: &str) -> bool {
        may_have(&self.track.distribution, &self.release, tag)
    }

    /// Returns whether a newer release is registered that would have a tag.
    fn is_superseded(&self, tag: &str) -> bool {
        let newer = self.others.iter().filter(|(v, _)| v > self.version);
        newer
            .filter_map(|(_, r)| r.image)
            .any(|image| takes(&self.view, self.track, image, tag))
    }
}

/// Returns whether the release of an image would take a tag: it is out, for all that is known, and
/// may have the tag.
fn takes(view: &View<'_>, track: &Track, image: &Image, tag: &str) -> bool {
    !matches!(Release::of(view, image), Release::Ahead(_))
        && may_have(&track.distribution, &bare_release(image), tag)
}

impl InheritedTags {
    /// Finds the tags that an image gets.
    pub(super) fn new(draft: &Draft<'_>, image: &Image, choice: &TagChoice) -> InheritedTags {
        let mut inherited = InheritedTags::default();
        draft.with_joined(|registrations, _| {
            let Some(registrations) = registrations else {
                return;
            };
            match choice {
                TagChoice::None => {}
                TagChoice::Given(tags) => inherited.take_given(registrations, image, tags),
                TagChoice::Inherited => {
                    if let Some(succession) = Succession::new(draft, registrations, image) {
                        inherited.succeed(&succession, image);
                    }
                }
            }
            if let Some((track, _)) = &image.track {
                inherited.old = OldTags::after(registrations, track, &inherited.taken);
            }
        });
        inherited
    }

    fn take_given(&mut self, registrations: &Registrations<'_>, image: &Image, tags: &[SmolStr]) {
        self.tags = tags.to_vec();
        let Some((track, _)) = &image.track else {
            return;
        };
        let all = registrations.published.iter();
        let others = all.filter(|r| r.image.is_none_or(|i| i.name != image.name));
        for registration in others.filter(|r| shares_tags(r, track)) {
            for tag in &registration.entry.tags.items {
                if tags.contains(&tag.value) {
                    self.take(registration, &tag.value);
                }
            }
        }
    }

    /// Takes a tag from another entry.
    fn take(&mut self, from: &Registration<'_>, tag: &SmolStr) {
        if !self.tags.contains(tag) {
            self.tags.push(tag.clone());
        }
        self.taken.push(EntryTag {
            entry: EntryKey::of(from.entry),
            tag: tag.clone(),
        });
    }

    /// Finds the tags of the releases before an image, by the conventions of the repository:
    /// `old*` moves only with its chain, `lts` goes only to a release with long-term support,
    /// nothing goes to a release that is not out, a tag with the version in it is written for the
    /// new one and stays where it is.
    fn succeed(&mut self, succession: &Succession<'_>, image: &Image) {
        let status = Release::of(&succession.view, image);
        let mut kept: Vec<KeptTag> = Vec::new();
        for (at, (old, holder)) in succession.older().enumerate() {
            for tag in holder.entry.tags.items.iter().map(|tag| &tag.value) {
                if is_old_tag(tag) || (at > 0 && !is_current_tag(tag)) {
                    continue;
                }
                if let Some(tag) = with_version(tag, old, succession.version) {
                    self.tags.push(tag);
                } else if succession.is_superseded(tag) {
                } else if matches!(status, Release::Ahead(_)) || !succession.may_have(tag) {
                    let name = holder.image.map(|image| &image.name);
                    kept.push(KeptTag {
                        entry: EntryKey::of(holder.entry),
                        tag: tag.clone(),
                        is_leaving: name.is_some() && name == succession.leaving.as_ref(),
                    });
                } else {
                    self.take(holder, tag);
                }
            }
        }
        self.notes.extend(kept_notes(succession, &status, &kept));
        if status == Release::Unknown && !self.taken.is_empty() {
            self.doubt = Some(format!(
                "whether {} {} is out is not known here: before it is, this tag belongs to the \
                 release that had it",
                succession.track.distribution, succession.release
            ));
        }
    }

    /// Returns the tags that others lose and that become no other ones.
    pub(super) fn removed(&self) -> Vec<EntryTag> {
        let taken = self.taken.iter().filter(|taken| !self.old.keeps(taken));
        taken.cloned().collect()
    }

    /// Returns the tags of the image in doubt, once they are on its entry.
    pub(super) fn doubts(&self, entry: &EntryKey) -> Vec<Doubt> {
        let Some(why) = &self.doubt else {
            return Vec::new();
        };
        let was_taken = |tag: &&SmolStr| self.taken.iter().any(|taken| taken.tag == **tag);
        let tags = self.tags.iter().filter(was_taken);
        tags.map(|tag| Doubt {
            about: DoubtedValue::Tag {
                entry: entry.clone(),
                tag: tag.clone(),
            },
            why: why.clone(),
        })
        .collect()
    }
}

/// Returns the tags of each entry, as messages have them.
fn by_entry<'t>(
    tags: impl Iterator<Item = (&'t EntryKey, &'t SmolStr)>,
) -> Vec<(&'t EntryKey, Vec<String>)> {
    let mut entries: Vec<(&EntryKey, Vec<String>)> = Vec::new();
    for (entry, tag) in tags {
        let tag = format!("`{tag}`");
        match entries.iter_mut().find(|(known, _)| *known == entry) {
            Some((_, tags)) => tags.push(tag),
            None => entries.push((entry, vec![tag])),
        }
    }
    entries
}

/// A tag that a new release was not given.
struct KeptTag {
    /// The entry that has it.
    entry: EntryKey,
    tag: SmolStr,
    /// The entry goes with its image at the end of the change.
    is_leaving: bool,
}

/// Returns what is said of tags that a new release was not given.
fn kept_notes(succession: &Succession<'_>, status: &Release, kept: &[KeptTag]) -> Vec<String> {
    let (distribution, release) = (&succession.track.distribution, &succession.release);
    let why = match status {
        Release::Ahead(why) => format!("{why}: set them with `--tag`, or by hand"),
        _ => "has no long-term support".to_owned(),
    };
    let note = |is_leaving: bool| {
        let of_kind = kept.iter().filter(|kept| kept.is_leaving == is_leaving);
        let entries = by_entry(of_kind.map(|kept| (&kept.entry, &kept.tag)));
        let entries = entries.into_iter().map(|(entry, tags)| {
            let (tags, count) = (tags.join(", "), tags.len());
            match (is_leaving, count) {
                (false, 1) => format!("{tags} stays with {entry}"),
                (false, _) => format!("{tags} stay with {entry}"),
                (true, 1) => format!("{tags} of {entry}, which is retired, was not taken over"),
                (true, _) => format!("{tags} of {entry}, which is retired, were not taken over"),
            }
        });
        let entries: Vec<String> = entries.collect();
        let entries = entries.join("; ");
        (!entries.is_empty()).then(|| format!("{entries}: {distribution} {release} {why}"))
    };
    [false, true].into_iter().filter_map(note).collect()
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
) -> Result<Vec<Doubt>, Refusal> {
    let Some((track, _)) = &image.track else {
        return Ok(Vec::new());
    };
    let (old, current): (Vec<&SmolStr>, Vec<&SmolStr>) =
        left.order.iter().partition(|tag| is_old_tag(tag));
    let mut lost: Vec<SmolStr> = Vec::new();
    let mut handed: Vec<EntryTag> = Vec::new();
    let view = draft.view;
    draft.with_joined(|registrations, _| {
        let Some(registrations) = registrations else {
            return;
        };
        for tag in old {
            match holders(registrations, track, tag).next() {
                Some(other) => notes.push(Note::general(format!(
                    "`{tag}` is left on {}, which had it, too",
                    EntryKey::of(other.entry)
                ))),
                None => lost.push(tag.clone()),
            }
        }
        for tag in current {
            match decide(&view, registrations, image, tag) {
                TagDecision::Held => {}
                TagDecision::HandedOn(entry) => handed.push(EntryTag {
                    entry,
                    tag: tag.clone(),
                }),
                TagDecision::Lost => lost.push(tag.clone()),
            }
        }
    });
    let mut doubts = Vec::new();
    // First those that become another tag where they stand: the others go beside them.
    let mut beside: Vec<&EntryTag> = Vec::new();
    for again in &handed {
        if give_back(draft, again, notes)? {
            let moved = move_back(draft, track, again)?;
            doubts.extend(moved.doubts);
            notes.extend(moved.notes.into_iter().map(Note::general));
        } else {
            beside.push(again);
        }
    }
    for EntryTag { entry, tag } in &handed {
        let order = order_for(&left.order, &left.version, &entry.version);
        let file = draft.repository_mut()?.of_entry_mut(entry)?;
        repository::add_tags(file, entry, std::slice::from_ref(tag), &order)
            .map_err(|why| why.by_hand(&format!("give the tag `{tag}` to {entry}")))?;
    }
    notes.extend(handed_note(&beside));
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
    Ok(doubts)
}

/// Returns what is said of tags that went to releases which are left.
fn handed_note(handed: &[&EntryTag]) -> Option<Note> {
    let entries = by_entry(handed.iter().map(|handed| (&handed.entry, &handed.tag)));
    let entries = entries.into_iter().map(|(entry, tags)| {
        let verb = if tags.len() == 1 { "goes" } else { "go" };
        format!("{} {verb} to {entry}", tags.join(", "))
    });
    let entries: Vec<String> = entries.collect();
    (!entries.is_empty()).then(|| Note::general(entries.join("; ")))
}

/// Makes the next tag of its chain (`oldstable`) the one that a release gets again (`stable`), and
/// returns whether it had that one.
fn give_back(
    draft: &mut Draft<'_>,
    EntryTag { entry, tag }: &EntryTag,
    notes: &mut Vec<Note>,
) -> Result<bool, Refusal> {
    let old = next_old_tag(tag);
    let file = draft.repository_mut()?.of_entry_mut(entry)?;
    let has_tag = |facts: &RepositoryFacts| {
        let found = entry.find(facts);
        found.is_some_and(|e| e.tags.items.iter().any(|t| t.value == old))
    };
    if !file.repository().is_ok_and(|facts| has_tag(&facts)) {
        return Ok(false);
    }
    repository::retag(file, entry, &old, tag)
        .map_err(|why| why.by_hand(&format!("give the tag `{tag}` to {entry}")))?;
    notes.push(Note::general(format!(
        "{entry} is `{tag}` again, and not `{old}` any more"
    )));
    Ok(true)
}

/// Returns the registrations that have a tag which only one of a track can have.
fn holders<'r>(
    registrations: &'r Registrations<'r>,
    track: &'r Track,
    tag: &'r str,
) -> impl Iterator<Item = &'r Registration<'r>> {
    let has_tag = move |r: &&Registration<'_>| r.entry.tags.items.iter().any(|t| t.value == tag);
    let all = registrations.published.iter();
    all.filter(move |r| shares_tags(r, track)).filter(has_tag)
}

/// Decides who gets a tag of an image that is retired.
fn decide(
    view: &View<'_>,
    registrations: &Registrations<'_>,
    image: &Image,
    tag: &SmolStr,
) -> TagDecision {
    let Some((track, version)) = &image.track else {
        return TagDecision::Lost;
    };
    let all = &registrations.published;
    if holders(registrations, track, tag).next().is_some() {
        return TagDecision::Held;
    }
    let numbers = track::split(tag).1;
    if !numbers.is_empty() && numbers == *version {
        return TagDecision::Lost;
    }
    let candidates = all.iter().filter_map(|r| {
        let other = version_in_track(r, image)?;
        takes(view, track, r.image?, tag).then_some((other, r))
    });
    match candidates.max_by(|(a, _), (b, _)| a.cmp(b)) {
        // A newer one that was not given the tag was not meant to have it.
        Some((other, heir)) if other < *version => TagDecision::HandedOn(EntryKey::of(heir.entry)),
        _ => TagDecision::Lost,
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
