//! The tags of a new release: what the one before it carries, by the rules of the repository.

use smol_str::SmolStr;

use super::draft::Draft;
use super::register::Doubt;
use model::Image;
use model::registration::Registration;
use model::track::{self, Track, Version};
use model::view::View;

/// Which tags an image gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tags {
    /// Those of the release before it, taken from that.
    #[default]
    Taken,
    /// None.
    None,
    /// These; others that have them lose them.
    Given(Vec<SmolStr>),
}

/// The tags that an image gets, and whose they were.
#[derive(Debug, Default)]
pub(super) struct Inherited {
    /// Its tags, in order.
    pub(super) tags: Vec<SmolStr>,
    /// Whose they were: (distribution, version, tag).
    pub(super) taken: Vec<(SmolStr, SmolStr, SmolStr)>,
    /// `old*` tags, which were left.
    pub(super) doubts: Vec<Doubt>,
}

impl Inherited {
    /// Finds the tags that an image gets.
    pub(super) fn new(draft: &Draft<'_>, image: &Image, tags: &Tags) -> Inherited {
        match tags {
            Tags::None => Inherited::default(),
            Tags::Given(tags) => given(draft, image, tags),
            Tags::Taken => inherit(draft, image),
        }
    }
}

fn key_of(published: &Registration<'_>) -> (SmolStr, SmolStr) {
    (
        published.entry.distribution.value.clone(),
        published.entry.version.value.clone(),
    )
}

fn given(draft: &Draft<'_>, image: &Image, tags: &[SmolStr]) -> Inherited {
    let mut inherited = Inherited {
        tags: tags.to_vec(),
        ..Inherited::default()
    };
    let Some((track, _)) = &image.track else {
        return inherited;
    };
    draft.with_joined(|registrations, _| {
        for published in registrations.iter().flat_map(|p| &p.published) {
            let known = published.image.and_then(|i| i.track.as_ref());
            if !known.is_some_and(|(t, _)| t.shares_tags_with(track)) {
                continue;
            }
            for tag in &published.entry.tags.items {
                if tags.contains(&tag.value) {
                    let (distribution, version) = key_of(published);
                    inherited
                        .taken
                        .push((distribution, version, tag.value.clone()));
                }
            }
        }
    });
    inherited
}

/// What the newest published release before an image carries, by the rules of the repository:
/// `old*` stays, `lts` goes to a release of long-term support only, a tag with the version in it
/// is written anew and stays where it is.
fn inherit(draft: &Draft<'_>, image: &Image) -> Inherited {
    let mut inherited = Inherited::default();
    let Some((track, version)) = &image.track else {
        return inherited;
    };
    let release = image
        .identity
        .relver
        .known()
        .map(|r| r.with_stamps_as(""))
        .unwrap_or_default();
    let lts = View::is_lts(&track.distribution, &release);
    draft.with_joined(|registrations, _| {
        let Some(registrations) = registrations else {
            return;
        };
        let of_track = |p: &Registration<'_>| -> Option<Version> {
            let (t, v) = p.image?.track.as_ref()?;
            (t == track && p.image?.name != image.name).then(|| v.clone())
        };
        let all = &registrations.published;
        if all
            .iter()
            .filter_map(of_track)
            .any(|other| other > *version)
        {
            return;
        }
        let Some(donor) = all
            .iter()
            .filter(|p| of_track(p).is_some())
            .max_by_key(|p| of_track(p))
        else {
            return;
        };
        let old = of_track(donor).unwrap_or_default();
        for tag in &donor.entry.tags.items {
            let (distribution, key) = key_of(donor);
            if is_lts_tag(&tag.value) || tag.value.starts_with("old") {
                continue;
            }
            match rewritten(&tag.value, &old, version) {
                Some(tag) => inherited.tags.push(tag),
                None => {
                    inherited.tags.push(tag.value.clone());
                    inherited.taken.push((distribution, key, tag.value.clone()));
                }
            }
        }
        if lts {
            let holders = all.iter().filter(|p| of_track(p).is_some());
            for holder in holders {
                for tag in holder
                    .entry
                    .tags
                    .items
                    .iter()
                    .filter(|t| is_lts_tag(&t.value))
                {
                    let (distribution, key) = key_of(holder);
                    if !inherited.tags.contains(&tag.value) {
                        inherited.tags.push(tag.value.clone());
                    }
                    inherited.taken.push((distribution, key, tag.value.clone()));
                }
            }
        }
        if !inherited.taken.is_empty() {
            inherited.doubts = old_chain(all, track, &inherited.taken);
        }
    });
    inherited
}

/// `lts`, alone or as a part: `latest-lts`. Not `oldlts`.
pub(super) fn is_lts_tag(tag: &str) -> bool {
    tag.split('-').any(|part| part == "lts")
}

/// `oldstable` and the like are moved by hand when `stable` is: where they stand now.
fn old_chain(
    all: &[Registration<'_>],
    track: &Track,
    taken: &[(SmolStr, SmolStr, SmolStr)],
) -> Vec<Doubt> {
    let follows = |tag: &str| {
        let newest = tag.trim_start_matches("old");
        newest != tag && taken.iter().any(|(_, _, taken)| taken == newest)
    };
    let mut doubts = Vec::new();
    for published in all {
        let known = published.image.and_then(|i| i.track.as_ref());
        if !known.is_some_and(|(t, _)| t.shares_tags_with(track)) {
            continue;
        }
        for tag in published
            .entry
            .tags
            .items
            .iter()
            .filter(|t| follows(&t.value))
        {
            let (distribution, version) = key_of(published);
            doubts.push(Doubt::Tag {
                distribution,
                version,
                tag: tag.value.clone(),
                why: "which release is old now is decided by hand: this tag was left where it is"
                    .to_owned(),
            });
        }
    }
    doubts
}

/// A tag with the numbers of a release in it, with those of another; `None` where it has none.
fn rewritten(tag: &str, old: &Version, new: &Version) -> Option<SmolStr> {
    if old.is_empty() {
        return None;
    }
    let (rest, numbers) = track::split(tag);
    if numbers != *old || numbers == *new || old.len() != new.len() {
        return None;
    }
    let _ = rest;
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
            out.push_str(
                &"0".repeat(
                    number
                        .len()
                        .saturating_sub(new.len())
                        .min(number.len() - number.trim_start_matches('0').len()),
                ),
            );
            out.push_str(&new);
            number.clear();
        }
        if c != '\0' {
            out.push(c);
        }
    }
    Some(SmolStr::new(out))
}
