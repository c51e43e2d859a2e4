//! Entries of the repository that are there and cannot be read: whatever a change would do without
//! them, half of it would be missing.

use smol_str::{SmolStr, format_smolstr};

use super::tag_choice::TagChoice;
use crate::Refusal;
use crate::draft::Draft;
use crate::nix::{NixFile, Shape};
use crate::repository::{EntryKey, NixFiles};
use model::Image;
use model::registration::image_name;
use model::tree::REPOSITORY;
use syntax::TextSize;
use syntax::nix::Entry;

/// Refuses to change an image whose entry cannot be read. `remedy` is what is left to do by hand.
///
/// # Errors
/// When its entry is computed, or entries of its distribution are, and none that can be read builds it.
pub(super) fn refuse_own(
    draft: &Draft<'_>,
    image: &Image,
    key: &EntryKey,
    remedy: &str,
) -> Result<(), Refusal> {
    let own = find(draft, |entry| {
        key.is_of(entry) && image_name(entry).is_none()
    });
    if let Some((file, at)) = own {
        let subject = format!("the entry of {key}");
        let why = file.not_editable(subject, Shape::Computed, Some(at));
        return Err(why.by_hand(remedy));
    }
    let is_known = draft.with_joined(|registrations, _| {
        registrations.is_some_and(|r| r.of_image(&image.name).next().is_some())
    });
    let facts = draft.repository.iter().flat_map(NixFiles::facts);
    let is_unread = facts
        .flat_map(|(_, facts)| facts.repositories.clone())
        .any(|repository| {
            repository
                .incomplete_distributions
                .contains(&key.distribution)
        });
    if is_unread && !is_known {
        return Err(Refusal::new(format!(
            "{REPOSITORY}: some entries of {} cannot be read, one of `{}` may be among them: {remedy} \
             by hand",
            key.distribution, image.name
        )));
    }
    Ok(())
}

/// Refuses to give an image tags where another release on its track has some that cannot be read.
///
/// # Errors
/// When there is such a release.
pub(super) fn refuse_tags(
    draft: &Draft<'_>,
    image: &Image,
    choice: &TagChoice,
) -> Result<(), Refusal> {
    let Some((track, _)) = image.track.as_ref() else {
        return Ok(());
    };
    if matches!(choice, TagChoice::None) {
        return Ok(());
    }
    let images = &draft.model.images;
    let is_unread = |entry: &Entry| {
        let by_key = || format_smolstr!("{}-{}", entry.distribution.value, entry.version.value);
        let name: SmolStr = image_name(entry).unwrap_or_else(by_key);
        let other = images.get(&name).and_then(|other| other.track.as_ref());
        !entry.tags.complete && name != image.name && other.is_some_and(|(t, _)| t == track)
    };
    match find(draft, is_unread) {
        None => Ok(()),
        Some((file, at)) => Err(Refusal::new(format!(
            "{}:{}: the tags of this entry cannot be read, so it is not known which of them `{}` \
             takes over: write them as a list, or pass `--no-tags` and move them by hand",
            file.path(),
            file.original_line(at),
            image.name
        ))),
    }
}

/// Returns the first entry that is one of those looked for: its file, and where its version begins.
fn find<'d>(
    draft: &'d Draft<'_>,
    is_wanted: impl Fn(&Entry) -> bool,
) -> Option<(&'d NixFile, TextSize)> {
    let files = draft.repository.as_ref()?;
    files.iter().find_map(|(_, file)| {
        let facts = file.repository().ok()?;
        let mut entries = facts.repositories.iter().flat_map(|r| &r.entries);
        let entry = entries.find(|entry| is_wanted(entry))?;
        Some((file, entry.version.range.start()))
    })
}
