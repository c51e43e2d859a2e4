//! `rename`: another name for an image, in every place that has the old one. Includes and
//! builders that are renamed as files are followed, too.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::apply::apply;
use super::draft::Draft;
use super::register::{self, entry_key};
use super::repository::{self, NewEntry};
use super::scaffold::refuse_taken;
use super::scripts::{self, assignments, literal, path_places, range_at, slice, words};
use super::{Change, Edit, Note, Refusal};
use super::{names, retire, table};
use model::collection::Collection;
use model::identity::FieldOrigin;
use model::registration::{Registration, image_name};
use model::table::known;
use model::track;
use model::tree::{Facts, REPOSITORY, SETTINGS, TEST_TABLE};
use model::view::View;
use model::{FileId, Image};
use syntax::nix::NixField;

/// Renames an image.
///
/// # Errors
/// When there is none of that name, or the new name is none, or taken.
pub fn rename(view: &View<'_>, old: &str, new: &str) -> Result<Change, Refusal> {
    names::check(new)?;
    let Some(image) = view.model.images.get(old).cloned() else {
        return Err(Refusal::new(format!("there is no image `{old}`")));
    };
    let mut draft = Draft::new(*view);
    draft.refuse_unread()?;
    refuse_taken(&draft, new)?;
    let (from, to) = (draft.image_path(old), draft.image_path(new));
    draft.add(Edit::Rename { from, to });
    relink(&mut draft, &image, new);
    name_fields(&mut draft, &image, new);
    let mut notes = Vec::new();
    let foreign = foreign(&draft, &image);
    let moved: Vec<Edit> = draft.created().to_vec();
    let tree = apply(view.tree, &moved);
    draft.set_model(&tree);
    let renamed = draft.model.images.get(new).cloned();
    let Some(renamed) = renamed else {
        return Err(Refusal::new(format!("`{new}` would be no image")));
    };
    refuse_unversioned(&image, &renamed)?;
    let mut tags = rename_entries(&mut draft, &image, &renamed)?;
    tags.retain(|(old, _)| !foreign.contains(old));
    let release = image.identity.relver.fixed();
    let named = Named {
        tags,
        release: release.filter(|r| !foreign.iter().any(|f| f == r)),
    };
    collections(&mut draft, &image, &renamed)?;
    rename_rows(&mut draft, &image, &renamed, &named)?;
    mentions(&mut draft, &image, &renamed, &named);
    paths(&mut draft, &image, new);
    if is_same_release(&image, &renamed) {
        let tags = if !named.tags.is_empty() && has_other_numbers(&image, new) {
            ", and its tags say so"
        } else {
            ""
        };
        notes.push(Note {
            place: None,
            message: format!(
                "`config.sh` sets RELVER itself: `{new}` is still the same release{tags}"
            ),
        });
    }
    Ok(Change {
        title: format!("Rename {old} to {new}"),
        edits: draft.finish(),
        verify: Vec::new(),
        notes,
        image: SmolStr::new(new),
        like: None,
    })
}

/// Whether `config.sh` says which release it is, whatever the name.
fn is_same_release(image: &Image, renamed: &Image) -> bool {
    image.identity.relver.origin == FieldOrigin::Script
        && renamed.identity.relver == image.identity.relver
}

/// Whether a name has other numbers in it than an image's.
fn has_other_numbers(image: &Image, new: &str) -> bool {
    track::split(&image.name).1 != track::split(new).1
}

/// A name without a release, mostly a slip, would leave rows, builders and tests with none.
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

/// What names the image in rows, builders and tests.
struct Named<'i> {
    /// Its tags as they were and as they are.
    tags: Vec<(SmolStr, SmolStr)>,
    /// Its release as it was.
    release: Option<&'i str>,
}

/// The tags and the release of an image that lead to others alone: `latest` is in rows, builders
/// and tests the image of the default variant.
fn foreign(draft: &Draft<'_>, image: &Image) -> Vec<SmolStr> {
    draft.with_joined(|registrations, _| {
        let (Some(registrations), Some(distribution)) =
            (registrations, image.identity.distname.fixed())
        else {
            return Vec::new();
        };
        let entries = registrations.of_image(&image.name);
        let tags = entries.flat_map(|p| p.entry.tags.items.iter().map(|tag| tag.value.clone()));
        let release = image.identity.relver.fixed().map(SmolStr::new);
        let is_own = |p: &&Registration<'_>| p.image.is_some_and(|i| i.name == image.name);
        let leads_elsewhere = |version: &SmolStr| {
            let found = registrations.resolve(distribution, version);
            found.is_some_and(|found| !found.is_empty() && !found.iter().any(is_own))
        };
        tags.chain(release).filter(leads_elsewhere).collect()
    })
}

/// Links that lead to what is renamed lead there again.
fn relink(draft: &mut Draft<'_>, image: &Image, new: &str) {
    for (link, target) in draft.links_to(&image.name) {
        let trimmed = target.trim_end_matches('/');
        let Some(before) = trimmed.strip_suffix(image.name.as_str()) else {
            continue;
        };
        let path = draft.image_path(&link);
        let target = format_smolstr!("{before}{new}");
        draft.add(Edit::Unlink { path: path.clone() });
        draft.add(Edit::Symlink { path, target });
    }
}

/// `config.sh` says what the new name does not.
fn name_fields(draft: &mut Draft<'_>, image: &Image, new: &str) {
    let directory = draft.view.model.directories.get(&image.directory);
    let config = directory.and_then(|d| d.config).filter(|_| !image.alias);
    let Some((id, file)) = config.and_then(|id| Some((id, draft.view.tree.file(id)?))) else {
        return;
    };
    let dated = image.identity.relver.known().is_some_and(|r| r.is_dated());
    let lines = super::scaffold::missing_fields(new, &file.text, dated);
    if !lines.is_empty() {
        let end = range_at(file.text.len(), 0);
        draft.replace(id, end, &lines);
    }
}

/// Renames the entries that build an image. Gives its tags as they were and as they are.
fn rename_entries(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    renamed: &Arc<Image>,
) -> Result<Vec<(SmolStr, SmolStr)>, Refusal> {
    let entries: Vec<(SmolStr, SmolStr, bool, Vec<SmolStr>)> = {
        let facts = draft.repository.as_ref().and_then(|f| f.repository());
        let all = facts.iter().flat_map(|f| &f.repositories);
        all.flat_map(|r| &r.entries)
            .filter(|e| image_name(e).as_ref() == Some(&image.name))
            .map(|e| {
                (
                    e.distribution.value.clone(),
                    e.version.value.clone(),
                    matches!(e.name, NixField::Known(_)),
                    e.tags.items.iter().map(|t| t.value.clone()).collect(),
                )
            })
            .collect()
    };
    let (new_distribution, new_version, new_name) = entry_key(renamed)?;
    let models = draft.model.images.clone();
    let mut all_tags = Vec::new();
    for (distribution, version, named, tags) in entries {
        let Some(file) = draft.repository.as_mut() else {
            continue;
        };
        let refused = || Refusal::by_hand(REPOSITORY, "rename the entry");
        let old_key = (distribution.as_str(), version.as_str());
        let tags: Vec<(SmolStr, SmolStr)> = tags
            .into_iter()
            .map(|tag| (tag.clone(), retagged(&tag, image, renamed)))
            .collect();
        if named && distribution == new_distribution {
            repository::set_name(file, old_key, &renamed.name).ok_or_else(refused)?;
        } else if distribution == new_distribution && new_name.is_none() {
            repository::rename_version(file, old_key, &new_version).ok_or_else(refused)?;
            for (old, new) in tags.iter().filter(|(old, new)| old != new) {
                repository::retag(file, (&new_distribution, &new_version), old, new)
                    .ok_or_else(refused)?;
            }
        } else {
            let names = [version.as_str(), image.name.as_str()];
            let new = NewEntry {
                distribution: new_distribution.clone(),
                version: new_version.clone(),
                name: new_name.clone(),
                tags: tags.iter().map(|(_, new)| new.clone()).collect(),
                track: renamed.track.clone(),
            };
            let track_of =
                |entry: &syntax::nix::Entry| models.get(&image_name(entry)?)?.track.clone();
            repository::move_entry(file, old_key, &new, &names, &track_of).ok_or_else(refused)?;
        }
        all_tags.extend(tags);
    }
    Ok(all_tags)
}

/// A tag that has the old name's release in it.
fn retagged(tag: &SmolStr, image: &Image, renamed: &Image) -> SmolStr {
    let rest = |name: &str| name.split_once('-').map(|(_, rest)| rest.to_owned());
    let (Some(old), Some(new)) = (rest(&image.name), rest(&renamed.name)) else {
        return tag.clone();
    };
    if is_same_release(image, renamed) && has_other_numbers(image, &renamed.name) {
        return tag.clone();
    }
    match words(tag, &old).first() {
        Some(at) if old.contains(|c: char| c.is_ascii_digit()) => {
            let before = tag.get(..*at).unwrap_or_default();
            let after = tag.get(at + old.len()..).unwrap_or_default();
            format_smolstr!("{before}{new}{after}")
        }
        _ => tag.clone(),
    }
}

/// Builds are collected under the new version, and what collected the old ones alone goes.
fn collections(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    renamed: &Arc<Image>,
) -> Result<(), Refusal> {
    if image.identity.is_same_as(&renamed.identity) {
        return Ok(());
    }
    // As many builds are kept as before.
    let keep = draft.with_joined(|registrations, _| {
        let collection = Collection::new(registrations?);
        let own = { collection.collectors.iter() }.find(|c| c.matches(image) == Some(true))?;
        repository::keep_of(draft.repository.as_ref()?, own.entry)
    });
    register::collect(draft, renamed, keep)?;
    retire::remove_collections(draft, image)
}

/// Rows that name the image by what has changed.
fn rename_rows(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    renamed: &Arc<Image>,
    named: &Named<'_>,
) -> Result<(), Refusal> {
    let Some(facts) = draft.table.as_ref().and_then(|file| file.table()) else {
        return Ok(());
    };
    let (Some(distribution), Some(new_distribution)) = (
        image.identity.distname.fixed(),
        renamed.identity.distname.fixed(),
    ) else {
        return Ok(());
    };
    let new_release = renamed.identity.relver.fixed();
    for row in &facts.rows {
        let (Some(d), Some(version)) = (known(&row.distribution), known(&row.version)) else {
            continue;
        };
        if d != distribution {
            continue;
        }
        let by_tag = named.tags.iter().find(|(old, _)| old == version);
        let new_version = match by_tag {
            Some((_, new)) => new.as_str(),
            None if Some(version) == named.release => new_release.unwrap_or(version),
            None => continue,
        };
        if new_version == version && new_distribution == distribution {
            continue;
        }
        let key = row.key.value.clone();
        let refused = || Refusal::by_hand(TEST_TABLE, &format!("change the row `{key}`"));
        let Some(file) = draft.table.as_mut() else {
            continue;
        };
        table::set_release(file, &key, new_distribution, new_version).ok_or_else(refused)?;
        let new_key = table::key_for(&facts, new_distribution, new_version, Some((&key, version)));
        let derived = {
            let written: String = version
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
                .collect();
            key.ends_with(&written)
        };
        if derived && new_key != key && distribution == new_distribution {
            table::rename_key(file, &key, &new_key).ok_or_else(refused)?;
        }
    }
    Ok(())
}

/// Builders and tests that start from the image.
fn mentions(draft: &mut Draft<'_>, image: &Image, renamed: &Image, named: &Named<'_>) {
    let view = draft.view;
    let (Some(distribution), Some(new_distribution)) = (
        image.identity.distname.fixed(),
        renamed.identity.distname.fixed(),
    ) else {
        return;
    };
    let new_version = |version: &str| -> Option<SmolStr> {
        let by_tag = named.tags.iter().find(|(old, _)| old == version);
        match by_tag {
            Some((_, new)) => Some(new.clone()),
            None => (named.release == Some(version))
                .then(|| renamed.identity.relver.fixed().map(SmolStr::new))?,
        }
    };
    for builder in view.model.builders.values() {
        let base = &builder.base;
        let (Some(config), Some(version)) = (builder.config, base.relver.fixed()) else {
            continue;
        };
        let Some(new) =
            new_version(version).filter(|_| base.distname.fixed() == Some(distribution))
        else {
            continue;
        };
        assign(draft, config, "DISTNAME", distribution, new_distribution);
        assign(draft, config, "RELVER", version, &new);
    }
    for (id, file) in view.tree.files() {
        let Facts::Suite(facts) = &file.facts else {
            continue;
        };
        for mention in &facts.mentions {
            if mention.distribution.value != distribution {
                continue;
            }
            let Some(new) = new_version(&mention.version.value) else {
                continue;
            };
            for (place, new) in [
                (mention.distribution.range, new_distribution),
                (mention.version.range, new.as_str()),
            ] {
                if file.slice(place) != new {
                    draft.replace(id, place, new);
                }
            }
        }
    }
}

/// Gives a variable another value where it has a literal one.
fn assign(draft: &mut Draft<'_>, id: FileId, variable: &str, old: &str, new: &str) {
    let Some(file) = draft.view.tree.file(id) else {
        return;
    };
    if old == new {
        return;
    }
    let facts = scripts::read(&file.text);
    for assigned in assignments(&facts) {
        let raw = slice(&file.text, assigned.value);
        if assigned.name == variable && literal(raw) == Some(old) {
            draft.replace(id, assigned.value, &raw.replace(old, new));
        }
    }
}

/// Paths into the image's directory, and its name in the settings.
fn paths(draft: &mut Draft<'_>, image: &Image, new: &str) {
    let view = draft.view;
    for (id, file) in view.tree.files() {
        if file.path == SETTINGS {
            let quoted = format!("\"{}\"", image.name);
            for (at, _) in file
                .text
                .match_indices(&quoted)
                .collect::<Vec<_>>()
                .iter()
                .rev()
            {
                draft.replace(id, range_at(at + 1, image.name.len()), new);
            }
        }
        if file.script().is_some() && !image.alias {
            for at in scripts::image_paths(&file.text, &image.name) {
                draft.replace(id, range_at(at, image.name.len()), new);
            }
        }
    }
}

/// What has to be changed when a file or directory of the checkout gets another path, by whoever
/// does that: the change without the renaming itself. `None` where that concerns nothing here.
///
/// # Errors
/// When the new name is taken, or none.
pub fn file_renamed(view: &View<'_>, from: &str, to: &str) -> Option<Result<Vec<Edit>, Refusal>> {
    let prefix = view.tree.layout.prefix();
    let (from, to) = (from.strip_prefix(prefix)?, to.strip_prefix(prefix)?);
    let (from_kind, from_name) = from.split_once('/')?;
    let (to_kind, to_name) = to.split_once('/')?;
    if from_kind != to_kind || from_name.contains('/') || to_name.contains('/') {
        return None;
    }
    match from_kind {
        "images" => {
            view.model.images.get(from_name)?;
            Some(rename(view, from_name, to_name).map(|change| {
                let text = |edit: &Edit| matches!(edit, Edit::Text { .. });
                change.edits.into_iter().filter(text).collect()
            }))
        }
        "include" => Some(Ok(include_renamed(view, from_name, to_name))),
        "builders" => {
            view.model.builders.get(from_name)?;
            Some(Ok(builder_renamed(view, from_name, to_name)))
        }
        _ => None,
    }
}

fn include_renamed(view: &View<'_>, from: &str, to: &str) -> Vec<Edit> {
    let mut draft = Draft::new(*view);
    for (id, file) in view.tree.files() {
        if file.script().is_none() {
            continue;
        }
        let needle = format!("/{from}");
        for at in path_places(&file.text, &needle).into_iter().rev() {
            let before = file.text.get(..at).unwrap_or_default();
            let after = file.text.get(at + needle.len()..).unwrap_or_default();
            let include = [
                "$INCLUDE",
                "${INCLUDE}",
                "\"$INCLUDE\"",
                "\"${INCLUDE}\"",
                "include",
            ];
            let ends =
                !after.starts_with(|c: char| c.is_ascii_alphanumeric() || "._-/".contains(c));
            if ends && include.iter().any(|prefix| before.ends_with(prefix)) {
                draft.replace(id, range_at(at + 1, from.len()), to);
            }
        }
    }
    draft.finish()
}

fn builder_renamed(view: &View<'_>, from: &str, to: &str) -> Vec<Edit> {
    let mut draft = Draft::new(*view);
    let mut done: Vec<FileId> = Vec::new();
    for image in view.model.images.values() {
        let config = view
            .model
            .directories
            .get(&image.directory)
            .and_then(|d| d.config);
        if let Some(config) = config.filter(|id| !done.contains(id)) {
            assign(&mut draft, config, "BUILDER", from, to);
            done.push(config);
        }
    }
    draft.finish()
}
