//! Tags of an image under another name.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::doubts::{Doubt, DoubtedValue};
use super::script::words;
use super::tag_rules::{Release, bare_release, is_current_tag, is_old_tag, may_have};
use super::tags::shares_tags;
use crate::draft::Draft;
use crate::repository::EntryKey;
use crate::{Note, Refusal};
use model::Image;
use model::identity::FieldOrigin;
use model::registration::Registration;
use model::track::{self, Track};

/// A tag of a renamed image.
pub(super) struct RenamedTag {
    pub(super) old: SmolStr,
    pub(super) new: SmolStr,
}

/// Returns whether `config.sh` says which release the image is, whatever the name.
pub(super) fn is_same_release(image: &Image, renamed: &Image) -> bool {
    image.identity.relver.origin == FieldOrigin::Script
        && renamed.identity.relver == image.identity.relver
}

/// Returns whether a name has other numbers in it than that of an image.
pub(super) fn has_other_numbers(image: &Image, new: &str) -> bool {
    track::split(&image.name).1 != track::split(new).1
}

/// Returns the tags and the release of an image that reach only others: `latest` is the image of
/// the default variant to rows, builders and tests.
pub(super) fn foreign_versions(draft: &Draft<'_>, image: &Image) -> Vec<SmolStr> {
    draft.with_joined(|registrations, _| {
        let (Some(registrations), Some(distribution)) =
            (registrations, image.identity.distname.fixed())
        else {
            return Vec::new();
        };
        let entries = registrations.of_image(&image.name);
        let tags = entries.flat_map(|r| r.entry.tags.items.iter().map(|tag| tag.value.clone()));
        let release = image.identity.relver.fixed().map(SmolStr::new);
        let is_own = |r: &&Registration<'_>| r.image.is_some_and(|i| i.name == image.name);
        let is_foreign = |version: &SmolStr| {
            let found = registrations.resolve(distribution, version);
            found.is_some_and(|found| !found.is_empty() && !found.iter().any(is_own))
        };
        tags.chain(release).filter(is_foreign).collect()
    })
}

/// Returns a tag that has the old name's release in it with the new one's.
pub(super) fn retagged(tag: &SmolStr, image: &Image, renamed: &Image) -> SmolStr {
    let rest = |name: &str| name.split_once('-').map(|(_, rest)| rest.to_owned());
    let (Some(old), Some(new)) = (rest(&image.name), rest(&renamed.name)) else {
        return tag.clone();
    };
    if is_same_release(image, renamed) && has_other_numbers(image, &renamed.name) {
        return tag.clone();
    }
    match words(tag, &old).first() {
        Some(at) if has_digit(&old) && has_digit(&new) => {
            let before = tag.get(..*at).unwrap_or_default();
            let after = tag.get(at + old.len()..).unwrap_or_default();
            format_smolstr!("{before}{new}{after}")
        }
        _ => tag.clone(),
    }
}

/// Refuses a name under which tags of the image would be those of another one, too: whichever is
/// built last has them.
///
/// # Errors
/// When there are such tags.
pub(super) fn refuse_twice(
    draft: &Draft<'_>,
    image: &Image,
    renamed: &Arc<Image>,
) -> Result<(), Refusal> {
    let (Some((track, _)), Some((old_track, _))) = (&renamed.track, &image.track) else {
        return Ok(());
    };
    let found = draft.with_joined(|registrations, _| {
        let registrations = registrations?;
        let own = registrations.of_image(&renamed.name);
        let own: Vec<&SmolStr> = own
            .flat_map(|r| r.entry.tags.items.iter().map(|tag| &tag.value))
            .collect();
        let is_other = |r: &&Registration<'_>| {
            let shares = |track: &Track| shares_tags(r, track);
            r.image.is_some_and(|i| i.name != renamed.name) && shares(track) && !shares(old_track)
        };
        let mut others = registrations.published.iter().filter(is_other);
        others.find_map(|other| {
            let tags = other.entry.tags.items.iter().map(|tag| &tag.value);
            let shared: Vec<String> = tags
                .filter(|tag| own.contains(tag))
                .map(|tag| format!("`{tag}`"))
                .collect();
            (!shared.is_empty()).then(|| (EntryKey::of(other.entry), shared.join(", ")))
        })
    });
    match found {
        None => Ok(()),
        Some((other, tags)) => Err(Refusal::new(format!(
            "{other} has {tags}, and so would `{}`: take them from one of the two first",
            renamed.name
        ))),
    }
}

/// Returns the tags of a renamed image that its release should not have, by what a new one would take over:
/// a rename keeps them.
pub(super) fn tag_doubts(draft: &Draft<'_>, image: &Image, renamed: &Image) -> Vec<Doubt> {
    let identity = (&image.identity, &renamed.identity);
    let is_same =
        identity.0.relver == identity.1.relver && identity.0.distname == identity.1.distname;
    let (Some((track, _)), false) = (&renamed.track, is_same) else {
        return Vec::new();
    };
    let release = bare_release(renamed);
    let status = Release::of(&draft.view, renamed);
    let why = |tag: &str| {
        let is_current = is_current_tag(tag);
        let distribution = &track.distribution;
        match &status {
            _ if !may_have(distribution, &release, tag) => Some(format!(
                "{distribution} {release} has no long-term support: this tag belongs to a release that has"
            )),
            Release::Ahead(why) if is_current || is_old_tag(tag) => Some(format!(
                "{distribution} {release} {why}: this tag belongs to a release that is out"
            )),
            Release::Unknown if is_current && track::is_numeric(&release) => Some(format!(
                "whether {distribution} {release} is out is not known here: before it is, this tag \
                 belongs to the release that has it"
            )),
            _ => None,
        }
    };
    draft.with_joined(|registrations, _| {
        let own = registrations.map(|r| r.of_image(&renamed.name));
        let tags = own.into_iter().flatten().flat_map(|registration| {
            let entry = registration.entry;
            entry.tags.items.iter().map(move |tag| (entry, &tag.value))
        });
        let doubts = tags.filter_map(|(entry, tag)| {
            let about = DoubtedValue::Tag {
                entry: EntryKey::of(entry),
                tag: tag.clone(),
            };
            Some(Doubt {
                about,
                why: why(tag)?,
            })
        });
        doubts.collect()
    })
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// Returns what is said of tags that have the release of the old name in them and stay as they are.
pub(super) fn stale_note(tags: &[RenamedTag], image: &Image) -> Option<Note> {
    let (_, release) = image.name.split_once('-')?;
    let stale = tags.iter().filter(|tag| {
        tag.old == tag.new && has_digit(release) && !words(&tag.old, release).is_empty()
    });
    let stale: Vec<String> = stale.map(|tag| format!("`{}`", tag.old)).collect();
    let (verb, object) = match stale.len() {
        0 => return None,
        1 => ("names", "the tag"),
        _ => ("name", "the tags"),
    };
    let stale = stale.join(", ");
    Some(Note::general(format!(
        "{object} {stale} still {verb} the old release"
    )))
}
