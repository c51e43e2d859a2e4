//! What a fix does where that is more than a text edit or two: said in a few words when the
//! finding is made, worked out when somebody wants it.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::draft::Draft;
use super::register;
use super::retire;
use super::rewrite::script_after;
use super::tags::Tags;
use super::{Edit, Refusal};
use super::{repository, scaffold, table};
use model::Image;
use model::collection::Collection;
use model::collection::Taker;
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use model::tree::{REPOSITORY, TEST_TABLE};
use model::view::View;
use syntax::TextRange;

/// What a fix does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixKind {
    /// These edits.
    Edits(Vec<Edit>),
    /// Publish an image, and test it where the releases before it are tested.
    Register {
        /// The image.
        image: SmolStr,
        /// Which tags it gets.
        tags: Tags,
    },
    /// Remove an entry.
    RemoveEntry {
        /// Its distribution.
        distribution: SmolStr,
        /// Its version.
        version: SmolStr,
    },
    /// Take a tag from an entry.
    RemoveTag {
        /// The entry's distribution.
        distribution: SmolStr,
        /// The entry's version.
        version: SmolStr,
        /// The tag.
        tag: SmolStr,
    },
    /// Have an image's builds collected as garbage.
    Collect {
        /// The image.
        image: SmolStr,
    },
    /// Anchor the pattern of a garbage-collection entry; what it took besides gets an entry of its
    /// own.
    Anchor {
        /// The text between the pattern's quotes.
        pattern: TextRange,
        /// What comes there.
        anchored: SmolStr,
    },
    /// Have an image tested: a row and its groups.
    Test {
        /// The image.
        image: SmolStr,
    },
    /// Put a row into a group, and take it out of the others of that group's axis.
    Group {
        /// The row.
        key: SmolStr,
        /// The group.
        group: SmolStr,
    },
    /// Take a row out of a group.
    Ungroup {
        /// The row.
        key: SmolStr,
        /// The group.
        group: SmolStr,
    },
    /// Move a row to where it belongs.
    MoveRow {
        /// The row.
        key: SmolStr,
    },
    /// Move a row's key in a group to where it belongs.
    MoveMember {
        /// The row.
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
        /// The directory.
        directory: SmolStr,
        /// `config.sh` or `build.sh`.
        file: SmolStr,
        /// The image that has one.
        like: SmolStr,
    },
}

impl FixKind {
    /// The edits that it comes to in a checkout.
    ///
    /// # Errors
    /// When the checkout is such that it cannot be done.
    pub fn edits(&self, view: &View<'_>) -> Result<Vec<Edit>, Refusal> {
        let mut draft = Draft::new(*view);
        match self {
            FixKind::Edits(edits) => return Ok(edits.clone()),
            FixKind::Register { image, tags } => {
                let image = image_of(view, image)?;
                register::register(&mut draft, &image, tags)?;
                register::test(&mut draft, &image, None, None, false)?;
            }
            FixKind::RemoveEntry {
                distribution,
                version,
            } => {
                let name = format_smolstr!("{distribution}-{version}");
                let file = draft.repository.as_mut();
                let names = [version.as_str(), name.as_str()];
                file.and_then(|file| {
                    repository::remove_entry(file, (distribution, version), &names)
                })
                .ok_or_else(|| Refusal::by_hand(REPOSITORY, "remove the entry"))?;
            }
            FixKind::RemoveTag {
                distribution,
                version,
                tag,
            } => {
                let file = draft.repository.as_mut();
                file.and_then(|file| repository::remove_tag(file, (distribution, version), tag))
                    .ok_or_else(|| Refusal::by_hand(REPOSITORY, "remove the tag"))?;
            }
            FixKind::Collect { image } => {
                register::collect(&mut draft, &*image_of(view, image)?, None)?
            }
            FixKind::Anchor { pattern, anchored } => anchor(&mut draft, *pattern, anchored)?,
            FixKind::Test { image } => {
                let image = image_of(view, image)?;
                register::test(&mut draft, &image, None, None, true)?;
            }
            FixKind::Group { key, group } => regroup(&mut draft, key, group)
                .ok_or_else(|| Refusal::by_hand(TEST_TABLE, "move the row's key"))?,
            FixKind::Ungroup { key, group } => draft
                .table
                .as_mut()
                .and_then(|file| table::remove_member(file, group, key))
                .ok_or_else(|| Refusal::by_hand(TEST_TABLE, "remove the row's key"))?,
            FixKind::MoveRow { key } => draft
                .table
                .as_mut()
                .and_then(|file| table::move_row(file, key))
                .ok_or_else(|| Refusal::by_hand(TEST_TABLE, "move the row"))?,
            FixKind::MoveMember { key, group } => draft
                .table
                .as_mut()
                .and_then(|file| table::move_member(file, group, key))
                .ok_or_else(|| Refusal::by_hand(TEST_TABLE, "move the row's key"))?,
            FixKind::Retire { image } => {
                let image = image_of(view, image)?;
                retire::retire_in(&mut draft, &image, &[], &mut Vec::new())?;
            }
            FixKind::Script {
                directory,
                file,
                like,
            } => scripts(&mut draft, directory, file, like)?,
        }
        let edits = draft.finish();
        if edits.is_empty() {
            return Err(Refusal::new("there is nothing to change"));
        }
        Ok(edits)
    }
}

fn image_of(view: &View<'_>, name: &str) -> Result<Arc<Image>, Refusal> {
    let found = view.model.images.get(name).cloned();
    found.ok_or_else(|| Refusal::new(format!("there is no image `{name}`")))
}

/// Anchors a pattern, and has collected what only the pattern as it was took.
fn anchor(draft: &mut Draft<'_>, pattern: TextRange, anchored: &str) -> Result<(), Refusal> {
    let left_out = |draft: &Draft<'_>| -> Vec<Arc<Image>> {
        draft.with_joined(|registrations, _| {
            let Some(registrations) = registrations else {
                return Vec::new();
            };
            let collection = Collection::new(registrations);
            let published = registrations.published.iter().filter_map(|p| p.image);
            published
                .filter(|image| image.identity.relver.known().is_some_and(|r| r.is_dated()))
                .filter(|image| collection.taker(image) == Taker::Nobody)
                .filter_map(|image| draft.model.images.get(&image.name).cloned())
                .collect()
        })
    };
    let before = left_out(draft);
    let file = draft.repository.as_mut();
    file.ok_or_else(|| Refusal::by_hand(REPOSITORY, "anchor the pattern"))?
        .apply((pattern, anchored.to_owned()));
    for image in left_out(draft) {
        if !before.iter().any(|known| known.name == image.name) {
            register::collect(draft, &image, None)?;
        }
    }
    Ok(())
}

/// Puts a row into a group and out of the others of the axis.
fn regroup(draft: &mut Draft<'_>, key: &str, group: &str) -> Option<()> {
    let file = draft.table.as_mut()?;
    let axis: &[&str] = if INIT_GROUPS.contains(&group) {
        &INIT_GROUPS
    } else {
        &CGROUP_GROUPS
    };
    let facts = file.table()?;
    for other in facts.groups.iter().filter(|g| g.name.value != group) {
        let is_in = other.members.iter().any(|m| m.key.value == key);
        if is_in && axis.contains(&other.name.value.as_str()) {
            table::remove_member(file, &other.name.value, key)?;
        }
    }
    table::add_member(file, group, key)
}

fn script(draft: &mut Draft<'_>, directory: &str, file: &str, like: &str) -> Result<(), Refusal> {
    let view = draft.view;
    let like = image_of(&view, like)?;
    let path = format_smolstr!("{}/{file}", draft.image_path(directory));
    let source = view.model.directories.get(&like.directory);
    let source = source.and_then(|d| {
        if file == "config.sh" {
            d.config
        } else {
            d.build
        }
    });
    let Some(found) = source.and_then(|id| view.tree.file(id)) else {
        return Err(Refusal::new(format!("`{}` has no `{file}`", like.name)));
    };
    let mut text = script_after(&view, directory, &like, &found.text);
    if file == "config.sh" {
        let dated = like.identity.relver.known().is_some_and(|r| r.is_dated());
        let lines = scaffold::missing_fields(directory, &text, dated);
        text.push_str(&lines);
    }
    draft.add(Edit::Create { path, text });
    Ok(())
}

/// Makes a script, and the other one where it is missing, too: one without the other is no image.
fn scripts(draft: &mut Draft<'_>, directory: &str, file: &str, like: &str) -> Result<(), Refusal> {
    script(draft, directory, file, like)?;
    let found = draft.view.model.directories.get(directory);
    let (other, missing) = match file {
        "config.sh" => ("build.sh", found.is_none_or(|d| d.build.is_none())),
        _ => ("config.sh", found.is_none_or(|d| d.config.is_none())),
    };
    if missing {
        script(draft, directory, other, like)?;
    }
    Ok(())
}
