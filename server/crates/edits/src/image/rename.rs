//! `rename`: another name for an image, everywhere that has the old one.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::console_getty::Followed;
use super::copied::script_verify;
use super::difference::ReleaseDifference;
use super::expansion::addresses;
use super::new::{NewImage, not_an_image, refuse_taken};
use super::register::{RegistrationKey, collect, lost_comments, remove_collections};
use super::renamed_mentions::{Renamed, rename_mentions, rename_paths, rename_rows};
use super::renamed_tags::{
    RenamedTag, foreign_versions, refuse_twice, retagged, stale_note, tag_doubts,
};
use super::retire::remove_confirmations;
use super::rewrite::{CONFIG, changes};
use super::unread_entries::refuse_own;
use super::{console_getty, distribution, doubts, image_of, is_dated, moved_rows, name};
use crate::apply::apply;
use crate::draft::Draft;
use crate::repository::{self, EntryKey, NewEntry, NixFiles};
use crate::{Change, Edit, Note, Refusal, Verify};
use model::collection::Collection;
use model::registration::image_name;
use model::track;
use model::tree::SETTINGS;
use model::view::View;
use model::{FileId, Image, Tree};
use syntax::nix::{Entry, NixField};

/// Renames an image.
///
/// # Errors
/// When there is none of that name, the new name is not one, or taken, or a Nix file is written in
/// a way that cannot be changed.
pub fn rename(view: &View<'_>, old: &str, new: &str) -> Result<Change, Refusal> {
    name::check(new)?;
    let image = image_of(view, old)?.clone();
    let mut draft = Draft::new(*view);
    draft.refuse_unread()?;
    refuse_taken(&draft, new)?;
    if let Ok(key) = RegistrationKey::of(&image) {
        refuse_own(&draft, &image, &key.entry, "rename it and its row")?;
    }
    let (from, to) = (draft.image_path(old), draft.image_path(new));
    draft.add(Edit::Rename { from, to });
    relink(&mut draft, &image, new);
    let wanted = NewImage {
        name: SmolStr::new(new),
        ..NewImage::default()
    };
    let difference = ReleaseDifference::of_rename(view, &wanted, &image);
    // What was confirmed of one release says nothing of another.
    let confirmed = match difference.is_same_release() {
        true => None,
        false => remove_confirmations(&mut draft, &image),
    };
    rename_paths(&mut draft, &image, new, confirmed);
    let (scripts, dropped) = rewrite_scripts(&mut draft, &image, &difference);
    let foreign = foreign_versions(&draft, &image);
    let tree = apply(view.tree, &draft.edits_of_files());
    draft.set_model(&tree);
    let Some(renamed) = draft.model.images.get(new).cloned() else {
        return Err(Refusal::new(not_an_image(new)));
    };
    refuse_unversioned(&image, &renamed)?;
    let (mut notes, mut needed) = rename_everywhere(&mut draft, &image, &renamed, &foreign)?;
    if image.identity.distname != renamed.identity.distname {
        notes.extend(distribution::notes(&draft, &renamed, None));
    }
    if !difference.is_same_release() {
        if !scripts.is_empty() {
            match console_getty::follow_release(&mut draft, &tree, &image, &renamed) {
                Some(Followed::Open(call)) => needed.push(call),
                Some(Followed::Said(note)) => notes.push(note),
                None => {}
            }
        }
        let moved = moved_rows::follow_release(&mut draft, &image, &renamed)?;
        needed.extend(doubts::verify(&draft, &moved.doubts));
        notes.extend(moved.notes.into_iter().map(Note::general));
        needed.extend(moved_addresses(&draft, &tree, &image, &renamed));
    }
    let kept_tags = tag_doubts(&draft, &image, &renamed);
    needed.extend(doubts::verify(&draft, &kept_tags));
    let mut verify = scripts_verify(&draft, &scripts, new, &difference);
    verify.extend(needed);
    notes.extend(dropped);
    notes.extend(confirmed.map(|_| {
        Note::general(format!(
            "{SETTINGS}: what was confirmed of `{old}` is gone: `{new}` is another release"
        ))
    }));
    notes.extend(draft.note_imports());
    Ok(Change {
        title: format!("Rename {old} to {new}"),
        edits: draft.finish(),
        verify,
        notes,
        image: SmolStr::new(new),
        like: None,
    })
}

/// Returns the addresses in includes and commands that depend on the release. `tree` is the checkout with
/// the renamed image.
fn moved_addresses(
    draft: &Draft<'_>,
    tree: &Tree,
    image: &Arc<Image>,
    renamed: &Image,
) -> Vec<Verify> {
    let view = draft.view;
    let directory = view.model.directories.get(&image.directory);
    let build = directory.and_then(|directory| directory.build);
    let texts = build.and_then(|id| Some((draft.text_of(id)?, view.tree.file(id)?)));
    let has_moved = texts.is_some_and(|(text, file)| *text != *file.text);
    addresses(&view, Some(image), (tree, &draft.model), renamed, has_moved)
}

/// Renames what is said of an image in the Nix files, builders and tests, and returns what there is to
/// say and to verify. `foreign` are versions and tags of it that reach others.
fn rename_everywhere(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    renamed: &Arc<Image>,
    foreign: &[SmolStr],
) -> Result<(Vec<Note>, Vec<Verify>), Refusal> {
    let comments = draft.comments();
    let (mut tags, moved) = rename_entries(draft, image, renamed)?;
    refuse_twice(draft, image, renamed)?;
    let stale = stale_note(&tags, image);
    tags.retain(|tag| !foreign.contains(&tag.old));
    let release = image.identity.relver.fixed();
    let rename = Renamed {
        image,
        renamed,
        tags,
        release: release.filter(|r| !foreign.iter().any(|f| f == r)),
    };
    let uncollected = move_collections(draft, image, renamed)?;
    rename_rows(draft, &rename)?;
    let verify = rename_mentions(draft, &rename);
    let after = draft.comments();
    // Where there are as many as before, those that are not as they were name the image.
    let lost = (after.len() < comments.len())
        .then(|| lost_comments("what was moved", comments, &after))
        .flatten();
    let same_release = rename.note();
    let stale = stale.filter(|_| same_release.is_none());
    let notes = same_release.into_iter().chain(stale).chain(moved);
    let notes = notes.chain(uncollected);
    let notes = notes.chain(lost.map(Note::general)).collect();
    Ok((notes, verify))
}

/// Refuses a name without a release: mostly a slip, which would leave rows, builders and tests
/// with none.
fn refuse_unversioned(image: &Image, renamed: &Image) -> Result<(), Refusal> {
    let has_release = |image: &Image| {
        let release = image.identity.relver.known();
        release.is_none_or(|release| !release.is_empty())
    };
    if has_release(renamed) || !has_release(image) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "`{}` has no release in it: write `DISTRIBUTION-RELEASE`, or set RELVER in the config.sh of \
         `{}` first",
        renamed.name, image.name
    )))
}

/// Makes the links that point to the image again, to its new path.
fn relink(draft: &mut Draft<'_>, image: &Image, new: &str) {
    for (link, link_text) in draft.links_to(&image.name) {
        let trimmed = link_text.trim_end_matches('/');
        let Some(before) = trimmed.strip_suffix(image.name.as_str()) else {
            continue;
        };
        let path = draft.image_path(&link);
        let points_to = format_smolstr!("{before}{new}");
        draft.add(Edit::Unlink { path: path.clone() });
        draft.add(Edit::Symlink { path, points_to });
    }
}

/// A script of the image, by the name of its file.
type Script = (&'static str, FileId);

/// Rewrites the scripts of an image as for a new one of that name, and returns them, with what is said
/// of lines that are dropped. Those that other images share are theirs, too, and stay as they are.
fn rewrite_scripts(
    draft: &mut Draft<'_>,
    image: &Image,
    difference: &ReleaseDifference<'_>,
) -> (Vec<Script>, Option<Note>) {
    let view = draft.view;
    let mut images = view.model.images.values();
    let is_shared = images.any(|i| i.directory == image.directory && i.name != image.name);
    let Some(directory) = view.model.directories.get(&image.directory) else {
        return (Vec::new(), None);
    };
    if is_shared || image.alias {
        return (Vec::new(), None);
    }
    let files = [("build.sh", directory.build), (CONFIG, directory.config)];
    let scripts = files.into_iter().filter_map(|(name, id)| Some((name, id?)));
    let scripts: Vec<Script> = scripts.collect();
    let mut dropped = Vec::new();
    for (name, id) in &scripts {
        let Some(file) = view.tree.file(*id) else {
            continue;
        };
        for (range, new) in changes(&view, name, &file.text, difference) {
            if new.is_empty() {
                dropped.insert(0, format!("`{}`", file.slice(range).trim()));
            }
            draft.replace(*id, range, &new);
        }
    }
    let note = (!dropped.is_empty()).then(|| {
        let dropped = dropped.join(", ");
        Note::general(format!(
            "removed from `config.sh`, as the name says it: {dropped}"
        ))
    });
    (scripts, note)
}

/// Returns what in the rewritten scripts only upstream can confirm.
fn scripts_verify(
    draft: &Draft<'_>,
    scripts: &[Script],
    new: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<Verify> {
    let own = scripts.iter().filter(|_| !difference.is_same_release());
    let verify = own.filter_map(|(name, id)| {
        let text = draft.text_of(*id)?;
        let path = format_smolstr!("{}/{name}", draft.image_path(new));
        Some(script_verify(&draft.view, &path, name, &text, difference))
    });
    verify.flatten().collect()
}

/// An entry that builds the image, as it was.
struct OldEntry {
    key: EntryKey,
    /// The entry says the name of its image.
    is_named: bool,
    tags: Vec<RenamedTag>,
}

/// Renames the entries that build an image, and returns their tags, and what is said of a blank line
/// that went with one of them, and of the order that they stand in now.
fn rename_entries(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    renamed: &Arc<Image>,
) -> Result<(Vec<RenamedTag>, Vec<Note>), Refusal> {
    let facts = draft.repository.iter().flat_map(NixFiles::facts);
    let facts: Vec<_> = facts.map(|(_, facts)| facts).collect();
    let repositories = facts.iter().flat_map(|f| &f.repositories);
    let entries: Vec<OldEntry> = repositories
        .flat_map(|r| &r.entries)
        .filter(|e| image_name(e).as_ref() == Some(&image.name))
        .map(|e| OldEntry {
            key: EntryKey::of(e),
            is_named: matches!(e.name, NixField::Known(_)),
            tags: e
                .tags
                .items
                .iter()
                .map(|tag| RenamedTag {
                    old: tag.value.clone(),
                    new: retagged(&tag.value, image, renamed),
                })
                .collect(),
        })
        .collect();
    let new = RegistrationKey::of(renamed)?;
    let mut all_tags = Vec::new();
    let mut notes = Vec::new();
    for entry in entries {
        if rename_entry(draft, &entry, &new, image, renamed)? {
            let lost = format!("the blank line beside {} is gone with it", entry.key);
            notes.push(Note::general(lost));
        }
        if entry.key.distribution != new.entry.distribution {
            notes.extend(order_note(draft, &new.entry));
        }
        all_tags.extend(entry.tags);
    }
    Ok((all_tags, notes))
}

/// Returns what is said of an entry that was put after others of its distribution, where nothing tells
/// which of them it belongs before.
fn order_note(draft: &Draft<'_>, key: &EntryKey) -> Option<Note> {
    let facts = draft.repository.as_ref()?.facts();
    let repositories = facts.iter().flat_map(|(_, facts)| &facts.repositories);
    let entries = repositories.flat_map(|r| &r.entries);
    let own = entries.filter(|entry| entry.distribution.value == key.distribution);
    let before = own.take_while(|entry| !key.is_of(entry)).last()?;
    let is_special = |version: &str| !track::is_numeric(version);
    (is_special(&key.version) && is_special(&before.version.value)).then(|| {
        Note::general(format!(
            "{key} was put after {}, as nothing tells where among them it belongs; \
             garbage-collection entries stand in the same order",
            EntryKey::of(before)
        ))
    })
}

/// Renames an entry, and returns whether a blank line was lost.
fn rename_entry(
    draft: &mut Draft<'_>,
    entry: &OldEntry,
    new: &RegistrationKey,
    image: &Image,
    renamed: &Image,
) -> Result<bool, Refusal> {
    let images = draft.model.images.clone();
    let file = draft.repository_mut()?.of_entry_mut(&entry.key)?;
    let is_same_distribution = entry.key.distribution == new.entry.distribution;
    let renaming = if entry.is_named && is_same_distribution {
        repository::set_name(file, &entry.key, &renamed.name).map(|()| false)
    } else if is_same_distribution && new.name.is_none() {
        let changed = entry.tags.iter().filter(|tag| tag.old != tag.new);
        let mut renaming = repository::rename_version(file, &entry.key, &new.entry.version);
        for tag in changed {
            renaming =
                renaming.and_then(|()| repository::retag(file, &new.entry, &tag.old, &tag.new));
        }
        renaming.map(|()| false)
    } else {
        let names = [entry.key.version.as_str(), image.name.as_str()];
        let moved = NewEntry {
            key: new.entry.clone(),
            name: new.name.clone(),
            tags: entry.tags.iter().map(|tag| tag.new.clone()).collect(),
            track: renamed.track.clone(),
            written_tags: None,
        };
        let track_of = |entry: &Entry| images.get(&image_name(entry)?)?.track.clone();
        repository::move_entry(file, &entry.key, &moved, &names, &track_of)
    };
    renaming.map_err(|why| why.by_hand("rename the entry"))
}

/// Adds a garbage-collection entry for the builds under the new version, and removes those that
/// took only the old ones. Returns what is said where no builds are collected any more.
fn move_collections(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    renamed: &Arc<Image>,
) -> Result<Option<Note>, Refusal> {
    if image.identity.is_same_as(&renamed.identity) {
        return Ok(None);
    }
    // As many builds are kept as before.
    let keep = draft.with_joined(|registrations, _| {
        let collection = Collection::new(registrations?);
        let mut collectors = collection.collectors.iter();
        let own = collectors.find(|c| c.matches(image) == Some(true))?;
        let file = draft.repository.as_ref()?.file(own.file)?;
        Some(repository::keep_of(file, own.entry))
    });
    let was_collected = keep.is_some();
    let collected = collect(draft, renamed, keep.flatten());
    // Nothing is lost where nothing was collected before.
    if was_collected || !is_dated(image) {
        collected?;
    }
    remove_collections(draft, image)?;
    let is_over = was_collected && !is_dated(renamed);
    Ok(is_over.then(|| {
        Note::general(format!(
            "builds of `{}` have no date: the garbage-collection entry is gone",
            renamed.name
        ))
    }))
}
