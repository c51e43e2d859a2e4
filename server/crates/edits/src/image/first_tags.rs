//! Tags of an image that is the first one on its track: there is no release before it that it could
//! take them from. They are made after the tags of its neighbours, and never another one's.

use smol_str::{SmolStr, format_smolstr};

use super::doubts::{Doubt, DoubtedValue};
use super::script::words;
use super::tag_rules::{CURRENT, Release, bare_release, is_old_tag, may_have};
use super::tags::shares_tags;
use crate::Refusal;
use crate::draft::Draft;
use crate::repository::{self, EntryKey};
use model::Image;
use model::identity::default_of;
use model::registration::{Registration, Registrations};
use model::track::{Track, Version};
use model::view::View;
use syntax::nix::Entry;

/// A tag that an image gets, and why it is in doubt.
struct ProposedTag {
    tag: SmolStr,
    why: String,
}

/// Gives an image the tags that the first one on its track most likely has, where its entry, which is
/// new, has none, and returns what is in doubt: all of them.
///
/// # Errors
/// When the entry is written in a way that cannot be changed.
pub(super) fn add_first_tags(draft: &mut Draft<'_>, image: &Image) -> Result<Vec<Doubt>, Refusal> {
    let view = draft.view;
    let found = draft.with_joined(|registrations, _| {
        let registrations = registrations?;
        let own = registrations.of_image(&image.name).next()?;
        let proposed = Newcomer::new(registrations, image, own)?.tags(&view);
        Some((EntryKey::of(own.entry), proposed))
    });
    let Some((entry, proposed)) = found.filter(|(_, proposed)| !proposed.is_empty()) else {
        return Ok(Vec::new());
    };
    let tags: Vec<SmolStr> = proposed.iter().map(|p| p.tag.clone()).collect();
    let file = draft.repository_mut()?.of_entry_mut(&entry)?;
    repository::add_tags(file, &entry, &tags, &tags)
        .map_err(|why| why.by_hand(&format!("give its tags to {entry}")))?;
    let doubts = proposed.into_iter().map(|ProposedTag { tag, why }| Doubt {
        about: DoubtedValue::Tag {
            entry: entry.clone(),
            tag,
        },
        why,
    });
    Ok(doubts.collect())
}

/// An image that is the first one on its track, among the others of its distribution.
struct Newcomer<'r> {
    image: &'r Image,
    track: &'r Track,
    version: &'r Version,
    release: String,
    /// The others of its distribution whose tracks are known.
    neighbours: Vec<Neighbour<'r>>,
    /// It is the only entry of its distribution.
    is_only_one: bool,
    /// Tags that are others' where only one can have them.
    held: Vec<&'r SmolStr>,
}

/// Returns the tags of an entry that do not follow those of another one, as `oldstable` does.
fn leading_tags(entry: &Entry) -> Vec<&SmolStr> {
    let tags = entry.tags.items.iter().map(|tag| &tag.value);
    tags.filter(|tag| !is_old_tag(tag)).collect()
}

/// A registered image of the same distribution.
struct Neighbour<'r> {
    entry: EntryKey,
    tags: Vec<&'r SmolStr>,
    image: &'r Image,
    track: &'r Track,
    version: &'r Version,
}

impl<'r> Newcomer<'r> {
    /// Returns the image among its neighbours; `None` where it has tags, or another one is on its
    /// track.
    fn new(
        registrations: &'r Registrations<'_>,
        image: &'r Image,
        own: &Registration<'_>,
    ) -> Option<Newcomer<'r>> {
        let (track, version) = image.track.as_ref()?;
        if !own.entry.tags.items.is_empty() || !own.entry.tags.complete {
            return None;
        }
        let all = registrations.published.iter();
        let others: Vec<&Registration<'_>> = all.filter(|r| r.index != own.index).collect();
        let of_distribution = |r: &&&Registration<'_>| {
            let name = |image: &Image| image.identity.distname.fixed() == Some(&track.distribution);
            r.entry.distribution.value == track.distribution || r.image.is_some_and(name)
        };
        let is_only_one = !others.iter().any(|r| of_distribution(&r));
        let neighbours = others.iter().filter(of_distribution).filter_map(|r| {
            let image = r.image?;
            let (track, version) = image.track.as_ref()?;
            Some(Neighbour {
                entry: EntryKey::of(r.entry),
                tags: leading_tags(r.entry),
                image,
                track,
                version,
            })
        });
        let neighbours: Vec<Neighbour<'_>> = neighbours.collect();
        if neighbours.iter().any(|other| other.track == track) {
            return None;
        }
        let sharing = others.iter().filter(|r| shares_tags(r, track));
        let held = sharing.flat_map(|r| r.entry.tags.items.iter().map(|tag| &tag.value));
        Some(Newcomer {
            image,
            track,
            version,
            release: bare_release(image),
            held: held.collect(),
            neighbours,
            is_only_one,
        })
    }

    /// Returns the tags that it gets.
    fn tags(&self, view: &View<'_>) -> Vec<ProposedTag> {
        let mut images = view.model.images.values();
        let is_alone = images.all(|other| {
            let distribution = other.identity.distname.fixed();
            distribution != Some(&self.track.distribution) || other.name == self.image.name
        });
        let mut found = if self.is_only_one {
            match is_alone {
                true => self.of_first(view),
                false => Vec::new(),
            }
        } else if Some(self.track.variant.as_str()) != default_of("VARIANT") {
            self.of_variant()
        } else if self.track.dated {
            self.of_word()
        } else {
            Vec::new()
        };
        found.retain(|proposed| !self.held.contains(&&proposed.tag));
        found
    }

    /// Returns the tags of the first image of a distribution.
    fn of_first(&self, view: &View<'_>) -> Vec<ProposedTag> {
        let distribution = &self.track.distribution;
        if matches!(Release::of(view, self.image), Release::Ahead(_)) {
            return Vec::new();
        }
        let tags = CURRENT.into_iter();
        let tags = tags.filter(|tag| may_have(distribution, &self.release, tag));
        tags.map(|tag| ProposedTag {
            tag: SmolStr::new_static(tag),
            why: format!(
                "the first image of {distribution} takes it: confirm that it is the one to get \
                 where no release is named"
            ),
        })
        .collect()
    }

    /// Returns the tags of a variant: those of the image without it, with the variant's name where that
    /// is not told apart otherwise by its neighbours.
    fn of_variant(&self) -> Vec<ProposedTag> {
        let variant = &self.track.variant;
        let Some(base) = self.base_of(self.track, self.version) else {
            return Vec::new();
        };
        let mut tagged = self.neighbours.iter().filter(|other| {
            let is_variant = Some(other.track.variant.as_str()) != default_of("VARIANT");
            is_variant && !other.tags.is_empty()
        });
        let names_it = |other: &Neighbour<'_>| {
            let own = &other.track.variant;
            other.tags.iter().any(|tag| !words(tag, own).is_empty())
        };
        let is_named = tagged.clone().next().is_none() || tagged.any(names_it);
        let tags = base.tags.iter().map(|tag| match is_named {
            true => format_smolstr!("{tag}-{variant}"),
            false => (*tag).clone(),
        });
        tags.zip(&base.tags)
            .map(|(tag, old)| base.proposed(tag, old))
            .collect()
    }

    /// Returns the neighbour that differs from an image in its variant alone.
    fn base_of(&self, track: &Track, version: &Version) -> Option<&Neighbour<'r>> {
        let default = default_of("VARIANT")?;
        let base = Track {
            variant: SmolStr::new_static(default),
            ..track.clone()
        };
        let mut neighbours = self.neighbours.iter();
        neighbours.find(|other| *other.track == base && other.version == version)
    }

    /// Returns the tags of a track that moves, or of a flavour: as its neighbours have them; as the
    /// image has them that it is a flavour of; else its own word.
    fn of_word(&self) -> Vec<ProposedTag> {
        let Some(own) = ReleaseWords::of(&self.release) else {
            return Vec::new();
        };
        if let Some(found) = self.as_neighbours(&own) {
            return found;
        }
        let of_flavour = |other: &&Neighbour<'_>| {
            let rest = self.image.name.strip_prefix(other.image.name.as_str());
            let is_flavour = rest.is_some_and(|rest| rest.starts_with('-'));
            is_flavour && other.track.dated && !other.tags.is_empty()
        };
        let bases = self.neighbours.iter().filter(of_flavour);
        if let Some(base) = bases.max_by_key(|other| other.image.name.len()) {
            let rest = self.image.name.strip_prefix(base.image.name.as_str());
            let tags = base.tags.iter();
            return tags
                .map(|tag| base.proposed(format_smolstr!("{tag}{}", rest.unwrap_or_default()), tag))
                .collect();
        }
        let tag = SmolStr::new(&own.words);
        let why = "made from the name: confirm that it is wanted".to_owned();
        vec![ProposedTag { tag, why }]
    }

    /// Returns the tags by which its neighbours name themselves, for this one; `None` where there are
    /// none, or they do not agree.
    fn as_neighbours(&self, own: &ReleaseWords) -> Option<Vec<ProposedTag>> {
        let special = self.neighbours.iter().filter_map(|other| {
            let words = ReleaseWords::of(&bare_release(other.image))?;
            let tags = words.templates(&other.tags);
            let fits = other.track.dated && other.track.shares_tags_with(self.track);
            (fits && !tags.is_empty()).then_some((other, words, tags))
        });
        let special: Vec<_> = special.collect();
        let alike = special
            .iter()
            .filter(|(_, words, _)| words.count == own.count);
        let alike: Vec<_> = alike.collect();
        let voters = match alike.is_empty() {
            true => special.iter().collect(),
            false => alike,
        };
        let ((like, _, tags), rest) = voters.split_first()?;
        if rest.iter().any(|(_, _, other)| other != tags) {
            return None;
        }
        let found = tags.iter().map(|template| {
            let old = &template.written;
            like.proposed(template.with(own), old)
        });
        Some(found.collect())
    }
}

impl Neighbour<'_> {
    /// Returns a tag that was made after one of the neighbour's.
    fn proposed(&self, tag: SmolStr, old: &str) -> ProposedTag {
        let entry = &self.entry;
        ProposedTag {
            tag,
            why: format!("made after `{old}` of {entry}: confirm that it is wanted"),
        }
    }
}

/// What a tag may name a release by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    /// All of it: `10-kitten`.
    Release,
    /// Its words: `kitten`.
    Words,
    /// Its first word: `musl` of `musl-openrc`.
    First,
}

/// A release with a word in it.
struct ReleaseWords {
    release: String,
    words: String,
    first: String,
    /// Number of its fields.
    count: usize,
}

impl ReleaseWords {
    /// Returns the words of a release; `None` where it has none.
    fn of(release: &str) -> Option<ReleaseWords> {
        let is_word = |field: &&str| field.starts_with(|c: char| c.is_ascii_alphabetic());
        let words: Vec<&str> = release.split('-').filter(is_word).collect();
        let first = words.first()?;
        Some(ReleaseWords {
            release: release.to_owned(),
            first: (*first).to_owned(),
            words: words.join("-"),
            count: release.split('-').count(),
        })
    }

    fn named_by(&self, by: NamedBy) -> &str {
        match by {
            NamedBy::Release => &self.release,
            NamedBy::Words => &self.words,
            NamedBy::First => &self.first,
        }
    }

    /// Returns the tags that name the release.
    fn templates(&self, tags: &[&SmolStr]) -> Vec<TagTemplate> {
        let ways = [NamedBy::Release, NamedBy::Words, NamedBy::First];
        let template = |tag: &&SmolStr| {
            let found = ways.into_iter().find_map(|by| {
                let at = *words(tag, self.named_by(by)).first()?;
                Some((by, at, at + self.named_by(by).len()))
            });
            let (by, start, end) = found?;
            Some(TagTemplate {
                before: SmolStr::new(tag.get(..start)?),
                by,
                after: SmolStr::new(tag.get(end..)?),
                written: (*tag).clone(),
            })
        };
        tags.iter().filter_map(template).collect()
    }
}

/// A tag with a release left out of it.
#[derive(Debug, Clone)]
struct TagTemplate {
    before: SmolStr,
    by: NamedBy,
    after: SmolStr,
    /// The tag as it is written.
    written: SmolStr,
}

impl PartialEq for TagTemplate {
    /// Compares all but what it was made from.
    fn eq(&self, other: &TagTemplate) -> bool {
        (&self.before, self.by, &self.after) == (&other.before, other.by, &other.after)
    }
}

impl TagTemplate {
    /// Returns the tag of another release.
    fn with(&self, release: &ReleaseWords) -> SmolStr {
        let TagTemplate { before, after, .. } = self;
        format_smolstr!("{before}{}{after}", release.named_by(self.by))
    }
}
