//! `retire`: removes an image and everything that exists for it alone.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::doubts::{Doubt, verify};
use super::image_of;
use super::moved_rows::{LastRow, RowMeanings};
use super::register::{RegistrationKey, lost_comments, remove_collections};
use super::script::{self, range_at, words};
use super::siblings::variants_left;
use super::tags::{TagsLeft, hand_on};
use super::unread_entries::refuse_own;
use crate::draft::Draft;
use crate::open_values::confirmations;
use crate::repository::{self, EntryKey};
use crate::test_table;
use crate::{Change, Edit, Note, Refusal};
use model::condition::release_conditions;
use model::registration::{Registration, Registrations};
use model::table::{ResolvedRow, known};
use model::tree::{Facts, SETTINGS};
use model::view::View;
use model::{FileId, Image};
use syntax::TextRange;
use syntax::nix::SuiteFacts;

/// A text outside the checkout's known files that may name an image.
#[derive(Debug, Clone)]
pub struct Documentation {
    /// Path of the file, from the root of the checkout.
    pub path: SmolStr,
    /// Text of the file.
    pub text: Arc<str>,
}

/// Retires an image. `documentation` are texts that may name it.
///
/// # Errors
/// When there is none of that name, or others depend on its directory.
pub fn retire(
    view: &View<'_>,
    name: &str,
    documentation: &[Documentation],
) -> Result<Change, Refusal> {
    let image = image_of(view, name)?;
    let mut draft = Draft::new(*view);
    let mut notes = Vec::new();
    let rows = RowMeanings::new(&draft);
    let mut doubts = retire_in(&mut draft, image, documentation, &mut notes)?;
    let followed = rows.follow(&mut draft, LastRow::Named)?;
    notes.extend(followed.notes.into_iter().map(Note::general));
    doubts.extend(followed.doubts);
    notes.extend(variants_left(&draft, image));
    Ok(Change {
        title: format!("Retire {name}"),
        verify: verify(&draft, &doubts),
        edits: draft.finish(),
        notes,
        image: image.name.clone(),
        like: None,
    })
}

/// Retires an image in a checkout under change, and returns what of the rest is in doubt.
///
/// # Errors
/// When others depend on its directory, or a Nix file is written in a way that cannot be changed.
pub(crate) fn retire_in(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    documentation: &[Documentation],
    notes: &mut Vec<Note>,
) -> Result<Vec<Doubt>, Refusal> {
    draft.refuse_unread()?;
    refuse_dependents(draft, image)?;
    if let Ok(key) = RegistrationKey::of(image) {
        refuse_own(draft, image, &key.entry, "remove it and its row")?;
    }
    let before = Before::new(draft, image);
    let comments = draft.comments();
    remove_entries(draft, image, &before)?;
    let doubts = hand_on(draft, image, &before.tags, notes)?;
    remove_collections(draft, image)?;
    draft.model.to_mut().images.remove(&image.name);
    remove_rows(draft, &before)?;
    let path = draft.image_path(&image.name);
    draft.add(if image.alias {
        Edit::Unlink { path }
    } else {
        Edit::DeleteDirectory { path }
    });
    let lost = lost_comments("what was removed", comments, &draft.comments());
    notes.extend(lost.map(Note::general));
    notes.extend(draft.note_imports());
    note_unregistered(draft, image, &before, notes);
    note_conditions(draft, notes);
    let confirmed = remove_confirmations(draft, image);
    note_mentions(draft, image, documentation, confirmed, notes);
    Ok(doubts)
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

/// Entries, tags and rows of an image before it is retired.
#[derive(Debug, Default)]
struct Before {
    entries: Vec<EntryKey>,
    tags: TagsLeft,
    /// Keys of the rows that reach it and nothing else.
    rows: Vec<SmolStr>,
}

impl Before {
    fn new(draft: &Draft<'_>, image: &Image) -> Before {
        draft.with_joined(|registrations, table| {
            let own: Vec<&Registration<'_>> = registrations
                .iter()
                .flat_map(|r| r.of_image(&image.name))
                .collect();
            let is_own = |r: &&Registration<'_>| own.iter().any(|o| o.index == r.index);
            let mut before = Before::default();
            for registration in &own {
                let entry = registration.entry;
                before.entries.push(EntryKey::of(entry));
                let tags = entry.tags.items.iter().map(|tag| tag.value.clone());
                before.tags.order.extend(tags);
            }
            if let Some(first) = before.entries.first() {
                before.tags.version = first.version.clone();
            }
            // Without an entry, a row that reaches nothing may still name it.
            let names_it = |row: &ResolvedRow<'_>| {
                own.is_empty()
                    && row.published.as_ref().is_some_and(Vec::is_empty)
                    && known(&row.row.distribution) == image.identity.distname.fixed()
                    && known(&row.row.version) == image.identity.relver.fixed()
                    && known(&row.row.version).is_some()
            };
            for row in table.iter().flat_map(|t| &t.rows) {
                let reached = row.published.as_deref().unwrap_or_default();
                if (!reached.is_empty() && reached.iter().all(is_own)) || names_it(row) {
                    before.rows.push(row.row.key.value.clone());
                }
            }
            before
        })
    }
}

fn remove_entries(draft: &mut Draft<'_>, image: &Image, before: &Before) -> Result<(), Refusal> {
    for key in &before.entries {
        let names = [key.version.as_str(), image.name.as_str()];
        let file = draft.repository_mut()?.of_entry_mut(key)?;
        repository::remove_entry(file, key, &names)
            .map_err(|why| why.by_hand("remove the entry"))?;
    }
    Ok(())
}

/// Removes the rows that reached the image and now reach nothing.
fn remove_rows(draft: &mut Draft<'_>, before: &Before) -> Result<(), Refusal> {
    let unused: Vec<SmolStr> = draft.with_joined(|_, table| {
        let rows = table.iter().flat_map(|t| &t.rows);
        rows.filter(|row| before.rows.contains(&row.row.key.value))
            .filter(|row| row.published.as_ref().is_some_and(Vec::is_empty))
            .map(|row| row.row.key.value.clone())
            .collect()
    });
    for key in unused {
        test_table::remove_row(draft.table_mut()?, &key)
            .map_err(|why| why.by_hand(&format!("remove the row `{key}`")))?;
    }
    Ok(())
}

/// Removes what was confirmed of the image, and returns where that stood in the settings. The settings go
/// with it where nothing else is in them.
pub(super) fn remove_confirmations(draft: &mut Draft<'_>, image: &Image) -> Option<TextRange> {
    let id = draft.view.tree.id(SETTINGS)?;
    let file = draft.view.tree.file(id)?;
    let range = confirmations(&file.text, &image.name)?;
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let rest = [file.text.get(..start), file.text.get(end..)];
    let is_all = rest.iter().flatten().all(|text| text.trim().is_empty());
    match is_all {
        true => draft.add(Edit::Delete {
            path: SETTINGS.into(),
        }),
        false => draft.replace(id, range, ""),
    }
    Some(range)
}

/// Adds a note for every builder and test that lost the image that it starts from.
fn note_unregistered(draft: &Draft<'_>, image: &Image, before: &Before, notes: &mut Vec<Note>) {
    if before.entries.is_empty() {
        return;
    }
    let view = draft.view;
    let release = image.identity.relver.fixed();
    let was_reached = |distribution: &str, version: &str| {
        image.identity.distname.fixed() == Some(distribution)
            && (release == Some(version) || before.tags.order.iter().any(|tag| tag == version))
    };
    let mut note = |file: Option<FileId>, range: TextRange, message: String| {
        let path = file.and_then(|id| view.tree.path(id));
        notes.push(match path {
            Some(path) => Note::at(path.clone(), range, message),
            None => Note::general(message),
        });
    };
    draft.with_joined(|registrations, _| {
        let is_lost = |distribution: &str, version: &str| {
            was_reached(distribution, version)
                && reaches_nothing(registrations, distribution, version)
        };
        for builder in view.model.builders.values() {
            let base = &builder.base;
            if let (Some(d), Some(v)) = (base.distname.fixed(), base.relver.fixed())
                && is_lost(d, v)
            {
                let message = format!(
                    "builder `{}` starts from {d} {v}, which is not published any more",
                    builder.name
                );
                note(builder.config, TextRange::default(), message);
            }
        }
        for (id, file) in view.tree.files() {
            let Facts::Suite(facts) = &file.facts else {
                continue;
            };
            for mention in &facts.mentions {
                let (d, v) = (&mention.distribution.value, &mention.version.value);
                if is_lost(d, v) {
                    let message =
                        format!("this test uses {d} {v}, which is not published any more");
                    note(Some(id), mention.version.range, message);
                }
            }
            for (range, message) in lost_conditions(&file.text, facts, image, before, &is_lost) {
                note(Some(id), range, message);
            }
        }
    });
}

/// Adds a note for every condition of a script in `tests` that held for the image alone.
fn note_conditions(draft: &Draft<'_>, notes: &mut Vec<Note>) {
    let view = draft.view;
    for id in &view.model.test_scripts {
        let facts = view.tree.script(*id).filter(|facts| !facts.has_errors);
        let (Some(facts), Some(path)) = (facts, view.tree.path(*id)) else {
            continue;
        };
        for condition in release_conditions(facts) {
            if condition.may_hold(view.model) && !condition.may_hold(&draft.model) {
                let message = format!(
                    "no image is {} {} any more: this condition never holds",
                    condition.distribution, condition.release
                );
                notes.push(Note::at(path.clone(), condition.range, message));
            }
        }
    }
}

/// Returns the conditions of a test that compare with a version or tag of an image which is lost.
fn lost_conditions(
    text: &str,
    facts: &SuiteFacts,
    image: &Image,
    before: &Before,
    is_lost: &dyn Fn(&str, &str) -> bool,
) -> Vec<(TextRange, String)> {
    let Some(distribution) = image.identity.distname.fixed() else {
        return Vec::new();
    };
    let tags = before.tags.order.iter().map(SmolStr::as_str);
    let versions = tags.chain(image.identity.relver.fixed());
    let is_mention = |range: TextRange| {
        facts
            .mentions
            .iter()
            .any(|m| m.version.range.contains_range(range))
    };
    let mut found = Vec::new();
    for version in versions.filter(|version| is_lost(distribution, version)) {
        let ranges = compared(text, distribution, version).into_iter();
        found.extend(ranges.filter(|range| !is_mention(*range)).map(|range| {
            let message = format!(
                "this condition names {distribution} {version}, which is not published any more"
            );
            (range, message)
        }));
    }
    found
}

/// Returns where a line compares something with a distribution and a version: has both as literals.
fn compared(text: &str, distribution: &str, version: &str) -> Vec<TextRange> {
    let (distribution, quoted) = (format!("\"{distribution}\""), format!("\"{version}\""));
    let mut found = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        if code.contains("==") && code.contains(&distribution) {
            let at = code.match_indices(&quoted).map(|(at, _)| offset + at + 1);
            found.extend(at.map(|at| range_at(at, version.len())));
        }
        offset += line.len();
    }
    found
}

/// Returns whether a distribution and version are known to reach no entry.
fn reaches_nothing(
    registrations: Option<&Registrations<'_>>,
    distribution: &str,
    version: &str,
) -> bool {
    registrations
        .and_then(|r| r.resolve(distribution, version))
        .is_some_and(|found| found.is_empty())
}

/// Adds a note for everything that still names the image, but for what was confirmed of it.
fn note_mentions(
    draft: &Draft<'_>,
    image: &Image,
    documentation: &[Documentation],
    confirmed: Option<TextRange>,
    notes: &mut Vec<Note>,
) {
    let view = draft.view;
    let own = own_files(draft, image);
    let mut note = |path: &SmolStr, at: usize| {
        let range = range_at(at, image.name.len());
        let message = format!("this still names `{}`", image.name);
        notes.push(Note::at(path.clone(), range, message));
    };
    for (_, file) in view.tree.files().filter(|(id, _)| !own.contains(id)) {
        if file.script().is_some() && !image.alias {
            for at in script::image_paths(&file.text, &image.directory) {
                note(&file.path, at);
            }
        }
        if file.path == SETTINGS {
            let is_left = |at: &usize| {
                let own = range_at(*at, image.name.len());
                !confirmed.is_some_and(|range| range.contains_range(own))
            };
            for at in words(&file.text, &image.name).into_iter().filter(is_left) {
                note(&file.path, at);
            }
        }
    }
    for text in documentation {
        for at in words(&text.text, &image.name) {
            note(&text.path, at);
        }
    }
}

/// Returns the files that are deleted with an image.
fn own_files(draft: &Draft<'_>, image: &Image) -> FxHashSet<FileId> {
    if image.alias {
        return FxHashSet::default();
    }
    let directory = draft.view.model.directories.get(&image.directory);
    directory
        .map(|directory| directory.files().collect())
        .unwrap_or_default()
}
