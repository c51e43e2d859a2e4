//! `retire`: an image and everything that exists for it alone.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::draft::Draft;
use super::scripts::{self, range_at, words};
use super::tags::is_lts_tag;
use super::{Change, Edit, Note, Refusal};
use super::{repository, table};
use model::collection::Collection;
use model::registration::Registration;
use model::track::Version;
use model::tree::{REPOSITORY, SETTINGS, TEST_TABLE};
use model::view::View;
use model::{FileId, Image};
use syntax::TextRange;

/// A text beside the known places that may name an image: documentation.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path from the root of the checkout.
    pub path: SmolStr,
    /// What it says.
    pub text: Arc<str>,
}

/// Retires an image.
///
/// # Errors
/// When there is none of that name, or others depend on its directory.
pub fn retire(view: &View<'_>, name: &str, documents: &[Document]) -> Result<Change, Refusal> {
    let Some(image) = view.model.images.get(name) else {
        return Err(Refusal::new(format!("there is no image `{name}`")));
    };
    let mut draft = Draft::new(*view);
    let mut notes = Vec::new();
    retire_in(&mut draft, image, documents, &mut notes)?;
    Ok(Change {
        title: format!("Retire {name}"),
        edits: draft.finish(),
        verify: Vec::new(),
        notes,
        image: image.name.clone(),
        like: None,
    })
}

/// What is published and tested of an image before it goes.
struct Before {
    /// (distribution, version) of its entries.
    entries: Vec<(SmolStr, SmolStr)>,
    /// Tags that may go to another release.
    tags: Vec<SmolStr>,
    /// All of them, as they stand.
    order: Vec<SmolStr>,
    /// `old*`, which go with it.
    old_tags: Vec<SmolStr>,
    /// Rows that reach it and nothing else.
    rows: Vec<SmolStr>,
}

pub(super) fn retire_in(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    documents: &[Document],
    notes: &mut Vec<Note>,
) -> Result<(), Refusal> {
    draft.refuse_unread()?;
    refuse_dependents(draft, image)?;
    let before = before(draft, image);
    remove_entries(draft, image, &before)?;
    hand_on_tags(draft, image, &before, notes)?;
    remove_collections(draft, image)?;
    draft.model.to_mut().images.remove(&image.name);
    remove_rows(draft, &before)?;
    let path = draft.image_path(&image.name);
    draft.add(if image.alias {
        Edit::Unlink { path }
    } else {
        Edit::DeleteDirectory { path }
    });
    leftovers(draft, image, &before, documents, notes);
    Ok(())
}

fn refuse_dependents(draft: &Draft<'_>, image: &Image) -> Result<(), Refusal> {
    let directory = draft.view.model.directories.get(&image.directory);
    let links: Vec<SmolStr> = if image.alias {
        let direct = draft.links_to(&image.name).into_iter();
        direct.map(|(link, _)| link).collect()
    } else {
        directory.map(|d| d.aliases.clone()).unwrap_or_default()
    };
    if links.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "`{}` cannot be retired: {} {} to {}; retire {} first",
        image.name,
        links.join(", "),
        if links.len() == 1 {
            "is a link"
        } else {
            "are links"
        },
        if image.alias { "it" } else { "its directory" },
        if links.len() == 1 { "it" } else { "them" },
    )))
}

fn before(draft: &Draft<'_>, image: &Image) -> Before {
    draft.with_joined(|registrations, table| {
        let own: Vec<&Registration<'_>> = registrations
            .iter()
            .flat_map(|p| p.of_image(&image.name))
            .collect();
        let is_own = |p: &&Registration<'_>| own.iter().any(|o| o.index == p.index);
        let mut before = Before {
            entries: Vec::new(),
            tags: Vec::new(),
            order: Vec::new(),
            old_tags: Vec::new(),
            rows: Vec::new(),
        };
        for published in &own {
            let entry = published.entry;
            before.entries.push((
                entry.distribution.value.clone(),
                entry.version.value.clone(),
            ));
            for tag in &entry.tags.items {
                before.order.push(tag.value.clone());
                if tag.value.starts_with("old") {
                    before.old_tags.push(tag.value.clone());
                } else {
                    before.tags.push(tag.value.clone());
                }
            }
        }
        for row in table.iter().flat_map(|t| &t.rows) {
            let Some(found) = row.published.as_deref() else {
                continue;
            };
            if !found.is_empty() && found.iter().all(is_own) {
                before.rows.push(row.row.key.value.clone());
            }
        }
        before
    })
}

fn remove_entries(draft: &mut Draft<'_>, image: &Image, before: &Before) -> Result<(), Refusal> {
    for (distribution, version) in &before.entries {
        let names = [version.as_str(), image.name.as_str()];
        draft
            .repository
            .as_mut()
            .and_then(|file| repository::remove_entry(file, (distribution, version), &names))
            .ok_or_else(|| Refusal::by_hand(REPOSITORY, "remove the entry"))?;
    }
    Ok(())
}

/// Tags go to the newest release that is left of the track, where no other has them.
fn hand_on_tags(
    draft: &mut Draft<'_>,
    image: &Image,
    before: &Before,
    notes: &mut Vec<Note>,
) -> Result<(), Refusal> {
    let Some((track, version)) = &image.track else {
        return Ok(());
    };
    let mut handed: Vec<(SmolStr, SmolStr, SmolStr)> = Vec::new();
    let mut lost: Vec<SmolStr> = before.old_tags.clone();
    draft.with_joined(|registrations, _| {
        let Some(registrations) = registrations else {
            return;
        };
        let of_track = |p: &Registration<'_>| -> Option<(Version, bool)> {
            let found = p.image?;
            let (t, v) = found.track.as_ref()?;
            let release = found.identity.relver.known()?.with_stamps_as("");
            (t == track && found.name != image.name)
                .then(|| (v.clone(), View::is_lts(&t.distribution, &release)))
        };
        let all = &registrations.published;
        let combination = |p: &&Registration<'_>| {
            let known = p.image.and_then(|i| i.track.as_ref());
            known.is_some_and(|(t, _)| t.shares_tags_with(track))
        };
        for tag in &before.tags {
            let held = all
                .iter()
                .filter(combination)
                .any(|p| p.entry.tags.items.iter().any(|t| t.value == *tag));
            if held {
                continue;
            }
            let numbers = model::track::split(tag).1;
            let versioned = !numbers.is_empty() && numbers == *version;
            let candidate = all
                .iter()
                .filter(|p| of_track(p).is_some_and(|(_, lts)| lts || !is_lts_tag(tag)))
                .max_by_key(|p| of_track(p));
            // A newer one that was not given the tag was not meant to have it.
            let is_older = |p: &&Registration<'_>| of_track(p).is_some_and(|(v, _)| v < *version);
            match candidate.filter(|_| !versioned).filter(is_older) {
                Some(p) => handed.push((
                    p.entry.distribution.value.clone(),
                    p.entry.version.value.clone(),
                    tag.clone(),
                )),
                None => lost.push(tag.clone()),
            }
        }
    });
    let old_version = before.entries.first().map_or("", |(_, version)| version);
    for (distribution, version, tag) in &handed {
        draft
            .repository
            .as_mut()
            .and_then(|file| {
                let order = order_for(&before.order, old_version, version);
                let tag = std::slice::from_ref(tag);
                repository::add_tags(file, (distribution, version), tag, &order)
            })
            .ok_or_else(|| Refusal::by_hand(REPOSITORY, "hand on the tags"))?;
    }
    note_old_tags(draft, &handed, notes);
    if !lost.is_empty() {
        let list: Vec<String> = lost.iter().map(|tag| format!("`{tag}`")).collect();
        notes.push(Note {
            place: None,
            message: format!(
                "{} {} gone with `{}`: no other release was given {}",
                list.join(", "),
                if lost.len() == 1 { "is" } else { "are" },
                image.name,
                if lost.len() == 1 { "it" } else { "them" },
            ),
        });
    }
    Ok(())
}

/// A release that is `stable` again may be said to be `oldstable`, too: that is decided by hand.
fn note_old_tags(draft: &Draft<'_>, handed: &[(SmolStr, SmolStr, SmolStr)], notes: &mut Vec<Note>) {
    let Some(facts) = draft.repository.as_ref().and_then(|file| file.repository()) else {
        return;
    };
    for entry in facts.repositories.iter().flat_map(|r| &r.entries) {
        let (distribution, version) = (&entry.distribution.value, &entry.version.value);
        let given: Vec<&str> = handed
            .iter()
            .filter(|(d, v, _)| d == distribution && v == version)
            .map(|(_, _, tag)| tag.as_str())
            .collect();
        let found = entry.tags.items.iter().find_map(|tag| {
            let newer = tag.value.strip_prefix("old")?;
            given.contains(&newer).then_some((&tag.value, newer))
        });
        if let Some((old, newer)) = found {
            notes.push(Note {
                place: None,
                message: format!(
                    "{distribution} \"{version}\" is `{newer}` now, and still `{old}`: which \
                     release is old now is decided by hand"
                ),
            });
        }
    }
}

/// The order of an entry's tags, those with its version in them as another version has them.
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

/// Garbage-collection entries that matched the image and match no other.
pub(super) fn remove_collections(draft: &mut Draft<'_>, image: &Image) -> Result<(), Refusal> {
    loop {
        let gone = draft.with_joined(|registrations, _| {
            let collection = Collection::new(registrations?);
            collection
                .collectors
                .iter()
                .find(|collector| {
                    let others = draft
                        .model
                        .images
                        .values()
                        .filter(|other| other.name != image.name);
                    collector.matches(image) == Some(true) && { others }
                        .all(|other| collector.matches(other) == Some(false))
                })
                .map(|collector| collector.entry.range)
        });
        let Some(range) = gone else { return Ok(()) };
        draft
            .repository
            .as_mut()
            .and_then(|file| repository::remove_collection(file, range))
            .ok_or_else(|| Refusal::by_hand(REPOSITORY, "remove the garbage-collection entry"))?;
    }
}

/// Rows that reached the image and now reach nothing.
fn remove_rows(draft: &mut Draft<'_>, before: &Before) -> Result<(), Refusal> {
    let gone: Vec<SmolStr> = draft.with_joined(|_, table| {
        let rows = table.iter().flat_map(|t| &t.rows);
        rows.filter(|row| before.rows.contains(&row.row.key.value))
            .filter(|row| row.published.as_ref().is_some_and(Vec::is_empty))
            .map(|row| row.row.key.value.clone())
            .collect()
    });
    for key in gone {
        draft
            .table
            .as_mut()
            .and_then(|file| table::remove_row(file, &key))
            .ok_or_else(|| Refusal::by_hand(TEST_TABLE, &format!("remove the row `{key}`")))?;
    }
    Ok(())
}

/// What still names the image, or depended on it.
fn leftovers(
    draft: &Draft<'_>,
    image: &Image,
    before: &Before,
    documents: &[Document],
    notes: &mut Vec<Note>,
) {
    let view = draft.view;
    let own: FxHashSet<FileId> = view
        .model
        .directories
        .get(&image.directory)
        .filter(|_| !image.alias)
        .map(|d| {
            let extras = d.extras.iter().map(|(_, id)| *id);
            d.scripts().chain(extras).collect()
        })
        .unwrap_or_default();
    let mut note = |place: Option<(FileId, TextRange)>, message: String| {
        let place = place.and_then(|(id, range)| Some((view.tree.path(id)?.clone(), range)));
        notes.push(Note { place, message });
    };
    // Builders and tests that lost what they start from.
    let reached_before = |distribution: &str, version: &str| {
        let release = image.identity.relver.fixed();
        image.identity.distname.fixed() == Some(distribution)
            && (release == Some(version)
                || before
                    .tags
                    .iter()
                    .chain(&before.old_tags)
                    .any(|tag| tag == version))
    };
    draft.with_joined(|registrations, _| {
        let nothing_left = |distribution: &str, version: &str| {
            registrations
                .and_then(|p| p.resolve(distribution, version))
                .is_some_and(|found| found.is_empty())
        };
        let lost = |d: &str, v: &str| {
            !before.entries.is_empty() && reached_before(d, v) && nothing_left(d, v)
        };
        for builder in view.model.builders.values() {
            let base = &builder.base;
            if let (Some(d), Some(v)) = (base.distname.fixed(), base.relver.fixed())
                && lost(d, v)
            {
                let place = builder.config.map(|id| (id, TextRange::default()));
                let message = format!(
                    "builder `{}` starts from {d} {v}, which is not published any more",
                    builder.name
                );
                note(place, message);
            }
        }
        for (id, file) in view.tree.files() {
            let model::tree::Facts::Suite(facts) = &file.facts else {
                continue;
            };
            for mention in &facts.mentions {
                if lost(&mention.distribution.value, &mention.version.value) {
                    let message = format!(
                        "this test uses {} {}, which is not published any more",
                        mention.distribution.value, mention.version.value
                    );
                    note(Some((id, mention.version.range)), message);
                }
            }
        }
    });
    for (id, file) in view.tree.files().filter(|(id, _)| !own.contains(id)) {
        let mut places: Vec<usize> = Vec::new();
        if file.script().is_some() && !image.alias {
            places.extend(scripts::image_paths(&file.text, &image.directory));
        }
        if file.path == SETTINGS {
            places.extend(words(&file.text, &image.name));
        }
        for at in places {
            let message = format!("this still names `{}`", image.name);
            note(Some((id, range_at(at, image.name.len()))), message);
        }
    }
    for document in documents {
        for at in words(&document.text, &image.name) {
            notes.push(Note {
                place: Some((document.path.clone(), range_at(at, image.name.len()))),
                message: format!("this still names `{}`", image.name),
            });
        }
    }
}
