//! The change that a fix makes where that is more than a text edit or two: named when the finding
//! is made, worked out when somebody wants it.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use crate::builder::{NewBuilder, after_another};
use crate::draft::Draft;
use crate::image::doubts::verify;
use crate::image::image_of;
use crate::image::moved_rows::{LastRow, RowMeanings};
use crate::image::register::{collect, register};
use crate::image::retire::retire_in;
use crate::image::rewrite::script_after;
use crate::image::tag_choice::TagChoice;
use crate::image::test_row::{RowReason, RowRequest, add_test_row};
use crate::nix::NotEditable;
use crate::repository::{self, EntryKey};
use crate::test_table;
use crate::{Edit, Refusal};
use model::collection::{Collection, Taker};
use model::view::View;
use model::{Directory, FileId, FileRange, Image};
use syntax::TextRange;

/// The change that a fix makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixKind {
    /// These edits.
    Edits(Vec<Edit>),
    /// Register an image, and test it where the releases before it are tested.
    Register {
        /// The image.
        image: SmolStr,
        /// Tags that it gets.
        tags: TagChoice,
    },
    /// Remove an entry.
    RemoveEntry {
        /// Distribution of the entry.
        distribution: SmolStr,
        /// Version of the entry.
        version: SmolStr,
    },
    /// Remove a tag from an entry.
    RemoveTag {
        /// Distribution of the entry.
        distribution: SmolStr,
        /// Version of the entry.
        version: SmolStr,
        /// The tag.
        tag: SmolStr,
    },
    /// Add a garbage-collection entry for the builds of an image.
    Collect {
        /// The image.
        image: SmolStr,
    },
    /// Anchor the pattern of a garbage-collection entry; images that only the pattern without
    /// anchors matched get an entry of their own.
    AnchorPattern {
        /// The file that has the pattern.
        file: FileId,
        /// Range of the text between the pattern's quotes.
        pattern: TextRange,
        /// New text of that range.
        anchored: SmolStr,
    },
    /// Test an image: add a row, and add it to its groups.
    Test {
        /// The image.
        image: SmolStr,
    },
    /// Add a row to a group, and remove it from the others of that group's axis.
    Group {
        /// Key of the row.
        key: SmolStr,
        /// The group.
        group: SmolStr,
    },
    /// Remove a row from a group.
    Ungroup {
        /// Key of the row.
        key: SmolStr,
        /// The group.
        group: SmolStr,
    },
    /// Remove a row, and its key from all groups.
    RemoveRow {
        /// Key of the row.
        key: SmolStr,
    },
    /// Move a row to where it belongs.
    MoveRow {
        /// Key of the row.
        key: SmolStr,
    },
    /// Move the key of a row in a group to where it belongs.
    MoveMember {
        /// Key of the row.
        key: SmolStr,
        /// The group.
        group: SmolStr,
    },
    /// Retire an image.
    Retire {
        /// The image.
        image: SmolStr,
    },
    /// Make a script that an image's directory lacks after the same one of another image.
    Script {
        /// Name of the directory.
        directory: SmolStr,
        /// `config.sh` or `build.sh`.
        file: SmolStr,
        /// An image that has the script.
        like: SmolStr,
    },
    /// Make a builder.
    Builder(NewBuilder),
}

impl FixKind {
    /// Returns the edits that the fix comes to in a checkout, and what there is to say of them.
    ///
    /// # Errors
    /// When a file is written in a way that the fix cannot change.
    pub(super) fn edits(&self, view: &View<'_>) -> Result<(Vec<Edit>, Vec<String>), Refusal> {
        if let FixKind::Edits(edits) = self {
            return Ok((edits.clone(), Vec::new()));
        }
        let mut draft = Draft::new(*view);
        let notes = match self {
            FixKind::Register { image, tags } => register_and_test(&mut draft, image, tags)?,
            _ => {
                self.apply(&mut draft)?;
                Vec::new()
            }
        };
        let edits = draft.finish();
        if edits.is_empty() {
            return Err(Refusal::new("there is nothing to change"));
        }
        Ok((edits, notes))
    }

    fn apply(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        match self {
            FixKind::Edits(edits) => {
                edits.iter().cloned().for_each(|edit| draft.add(edit));
                Ok(())
            }
            FixKind::Register { image, tags } => register_and_test(draft, image, tags).map(|_| ()),
            FixKind::RemoveEntry {
                distribution,
                version,
            } => {
                let key = EntryKey::new(distribution.clone(), version.clone());
                let name = format_smolstr!("{distribution}-{version}");
                let names = [version.as_str(), name.as_str()];
                let file = draft.repository_mut()?.of_entry_mut(&key)?;
                let removed = repository::remove_entry(file, &key, &names);
                by_hand(removed, "remove the entry")
            }
            FixKind::RemoveTag {
                distribution,
                version,
                tag,
            } => {
                let key = EntryKey::new(distribution.clone(), version.clone());
                let file = draft.repository_mut()?.of_entry_mut(&key)?;
                let removed = repository::remove_tag(file, &key, tag);
                by_hand(removed, "remove the tag")
            }
            FixKind::Collect { image } => {
                let image = image_of(&draft.view, image)?;
                collect(draft, image, None)
            }
            FixKind::AnchorPattern {
                file,
                pattern,
                anchored,
            } => anchor_pattern(draft, FileRange::new(*file, *pattern), anchored),
            FixKind::Test { image } => {
                let image = image_of(&draft.view, image)?;
                add_row(draft, image, RowReason::Requested)
            }
            FixKind::Group { key, group } => {
                let moved = test_table::regroup(draft.table_mut()?, key, &[group]);
                by_hand(moved, "move the row's key")
            }
            FixKind::Ungroup { key, group } => {
                let removed = test_table::remove_member(draft.table_mut()?, group, key);
                by_hand(removed, "remove the row's key")
            }
            FixKind::RemoveRow { key } => {
                let removed = test_table::remove_row(draft.table_mut()?, key);
                by_hand(removed, "remove the row")
            }
            FixKind::MoveRow { key } => {
                let moved = test_table::move_row(draft.table_mut()?, key);
                by_hand(moved, "move the row")
            }
            FixKind::MoveMember { key, group } => {
                let moved = test_table::move_member(draft.table_mut()?, group, key);
                by_hand(moved, "move the row's key")
            }
            FixKind::Retire { image } => {
                let image = image_of(&draft.view, image)?;
                retire_in(draft, image, &[], &mut Vec::new()).map(|_| ())
            }
            FixKind::Script {
                directory,
                file,
                like,
            } => add_scripts(draft, directory, file, like),
            FixKind::Builder(new) => {
                let (change, _) = after_another(&draft.view, new)?;
                change.edits.into_iter().for_each(|edit| draft.add(edit));
                Ok(())
            }
        }
    }
}

/// Registers an image, tests it where the releases before it are tested, and lets the rows follow the
/// tags that move. Returns what there is to say.
fn register_and_test(
    draft: &mut Draft<'_>,
    image: &str,
    tags: &TagChoice,
) -> Result<Vec<String>, Refusal> {
    let image = image_of(&draft.view, image)?;
    let rows = RowMeanings::new(draft);
    let mut remarks = register(draft, image, tags)?;
    let request = row_request(RowReason::Registered);
    remarks.extend(add_test_row(draft, image, &request)?);
    remarks.extend(rows.follow(draft, LastRow::Named)?);
    let doubts = verify(draft, &remarks.doubts).into_iter();
    let doubts = doubts.map(|v| format!("to verify in {}: {}: {}", v.path, v.text, v.why));
    let mut notes = remarks.notes;
    notes.extend(doubts);
    Ok(notes)
}

/// Returns the refusal of a step that was not done; `remedy` is what is left to do by hand.
fn by_hand(step: Result<(), NotEditable>, remedy: &str) -> Result<(), Refusal> {
    step.map_err(|why| why.by_hand(remedy))
}

fn add_row(draft: &mut Draft<'_>, image: &Arc<Image>, reason: RowReason) -> Result<(), Refusal> {
    add_test_row(draft, image, &row_request(reason)).map(|_| ())
}

fn row_request(reason: RowReason) -> RowRequest<'static> {
    RowRequest {
        like: None,
        hosts: None,
        reason,
        init: None,
        groups: None,
    }
}

/// Anchors a pattern, and adds entries for the images that only the pattern without anchors
/// matched.
fn anchor_pattern(
    draft: &mut Draft<'_>,
    pattern: FileRange,
    anchored: &str,
) -> Result<(), Refusal> {
    let before = uncollected(draft);
    draft
        .repository_mut()?
        .file_mut(pattern.file)?
        .apply((pattern.range, anchored.to_owned()));
    for image in uncollected(draft) {
        if !before.iter().any(|known| known.name == image.name) {
            collect(draft, &image, None)?;
        }
    }
    Ok(())
}

/// Returns the registered images whose builds have a date and are not collected.
fn uncollected(draft: &Draft<'_>) -> Vec<Arc<Image>> {
    draft.with_joined(|registrations, _| {
        let Some(registrations) = registrations else {
            return Vec::new();
        };
        let collection = Collection::new(registrations);
        let images = registrations.published.iter().filter_map(|r| r.image);
        images
            .filter(|image| crate::image::is_dated(image))
            .filter(|image| collection.taker(image) == Taker::Nobody)
            .filter_map(|image| draft.model.images.get(&image.name).cloned())
            .collect()
    })
}

/// Makes a script, and the other one where it is missing, too: one without the other is not an
/// image.
fn add_scripts(
    draft: &mut Draft<'_>,
    directory: &str,
    file: &str,
    like: &str,
) -> Result<(), Refusal> {
    add_script(draft, directory, file, like)?;
    let other = match file {
        "config.sh" => "build.sh",
        _ => "config.sh",
    };
    let found = draft.view.model.directories.get(directory);
    if found.and_then(|d| script_of(d, other)).is_none() {
        add_script(draft, directory, other, like)?;
    }
    Ok(())
}

/// Returns a directory's `config.sh` or `build.sh`.
fn script_of(directory: &Directory, file: &str) -> Option<FileId> {
    match file {
        "config.sh" => directory.config,
        _ => directory.build,
    }
}

fn add_script(
    draft: &mut Draft<'_>,
    directory: &str,
    file: &str,
    like: &str,
) -> Result<(), Refusal> {
    let view = draft.view;
    let like = image_of(&view, like)?;
    let source = view.model.directories.get(&like.directory);
    let source = source.and_then(|directory| script_of(directory, file));
    let Some(found) = source.and_then(|id| view.tree.file(id)) else {
        return Err(Refusal::new(format!(
            "`{}` has no `{file}`: write it by hand",
            like.name
        )));
    };
    let text = script_after(&view, directory, like, file, &found.text);
    let path = format_smolstr!("{}/{file}", draft.image_path(directory));
    draft.add(Edit::Create { path, text });
    Ok(())
}
