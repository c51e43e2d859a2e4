//! What names a renamed image elsewhere: rows of the test table, builders, tests, settings, and paths in
//! scripts.

use super::renamed_tags::{RenamedTag, has_other_numbers, is_same_release};
use super::script::{self, assign, assignments, range_at};
use crate::draft::Draft;
use crate::test_table;
use crate::{Note, Refusal, Verify};
use model::table::known;
use model::tree::{Facts, SETTINGS};
use model::{Builder, FileId, Image};
use syntax::TextRange;
use syntax::nix::{Row, TableFacts};

/// An image under its old and its new name, and what names it in rows, builders and tests.
pub(super) struct Renamed<'i> {
    pub(super) image: &'i Image,
    pub(super) renamed: &'i Image,
    pub(super) tags: Vec<RenamedTag>,
    /// The release as it was.
    pub(super) release: Option<&'i str>,
}

impl Renamed<'_> {
    /// Returns the new version or tag for one that named the image.
    fn new_version(&self, version: &str) -> Option<&str> {
        match self.tags.iter().find(|tag| tag.old == version) {
            Some(tag) => Some(&tag.new),
            None if self.release == Some(version) => self.renamed.identity.relver.fixed(),
            None => None,
        }
    }

    /// Returns the old and the new distribution, where both are known.
    fn distributions(&self) -> Option<(&str, &str)> {
        self.image
            .identity
            .distname
            .fixed()
            .zip(self.renamed.identity.distname.fixed())
    }

    /// Returns a note where the image is of the same release under its new name.
    pub(super) fn note(&self) -> Option<Note> {
        if !is_same_release(self.image, self.renamed) {
            return None;
        }
        let new = &self.renamed.name;
        let tags = if !self.tags.is_empty() && has_other_numbers(self.image, new) {
            ", and its tags say so"
        } else {
            ""
        };
        Some(Note::general(format!(
            "`config.sh` sets RELVER itself: `{new}` is still the same release{tags}"
        )))
    }
}

/// Changes the rows that name the image by what has changed.
pub(super) fn rename_rows(draft: &mut Draft<'_>, rename: &Renamed<'_>) -> Result<(), Refusal> {
    let facts = draft.table.as_ref().and_then(|file| file.table().ok());
    let Some(facts) = facts else { return Ok(()) };
    for row in &facts.rows {
        rename_row(draft, &facts, row, rename)?;
    }
    Ok(())
}

fn rename_row(
    draft: &mut Draft<'_>,
    facts: &TableFacts,
    row: &Row,
    rename: &Renamed<'_>,
) -> Result<(), Refusal> {
    let (Some((distribution, new_distribution)), Some(version)) =
        (rename.distributions(), known(&row.version))
    else {
        return Ok(());
    };
    if known(&row.distribution) != Some(distribution) {
        return Ok(());
    }
    let new_version = match rename.new_version(version) {
        Some(new) => new,
        // The new release is not known.
        None if rename.release == Some(version) => version,
        None => return Ok(()),
    };
    if new_version == version && new_distribution == distribution {
        return Ok(());
    }
    let key = &row.key.value;
    let view = draft.view;
    let codenames = |release: &str| view.codename(new_distribution, release);
    let file = draft.table_mut()?;
    let columns = test_table::columns_of(file, key);
    let mut renaming = test_table::set_release(file, key, new_distribution, new_version);
    let like = Some((key.as_str(), version));
    let new_key = test_table::key_for(facts, new_distribution, new_version, like, &codenames);
    // One that stays the same is taken, by the row itself.
    let derived = test_table::key_after(key, version, new_version, &codenames);
    let derived = derived.filter(|derived| derived != key);
    let mut key_now = key;
    if derived.is_some() && new_key != *key && distribution == new_distribution {
        renaming = renaming.and_then(|()| test_table::rename_key(file, key, &new_key));
        key_now = &new_key;
    }
    if let Some(columns) = columns.filter(|_| renaming.is_ok()) {
        test_table::align(file, key_now, &columns);
    }
    renaming.map_err(|why| why.by_hand(&format!("change the row `{key}`")))
}

/// Changes the builders and tests that start from the image, and returns the builders' new bases: they
/// are there when the image is published under its new name.
pub(super) fn rename_mentions(draft: &mut Draft<'_>, rename: &Renamed<'_>) -> Vec<Verify> {
    let view = draft.view;
    let mut verify = Vec::new();
    let Some((distribution, new_distribution)) = rename.distributions() else {
        return verify;
    };
    for builder in view.model.builders.values() {
        let base = &builder.base;
        let (Some(config), Some(version)) = (builder.config, base.relver.fixed()) else {
            continue;
        };
        if base.distname.fixed() != Some(distribution) {
            continue;
        }
        if let Some(new) = rename.new_version(version) {
            assign(draft, config, "DISTNAME", distribution, new_distribution);
            assign(draft, config, "RELVER", version, new);
            verify.extend(base_doubt(draft, builder, config, rename));
        }
    }
    for (id, file) in view.tree.files() {
        let Facts::Suite(facts) = &file.facts else {
            continue;
        };
        let own = facts.mentions.iter();
        for mention in own.filter(|m| m.distribution.value == distribution) {
            let Some(new) = rename.new_version(&mention.version.value) else {
                continue;
            };
            for (range, new) in [
                (mention.distribution.range, new_distribution),
                (mention.version.range, new),
            ] {
                if file.slice(range) != new {
                    draft.replace(id, range, new);
                }
            }
        }
    }
    verify
}

/// Returns the last value of a builder's new base that was changed.
fn base_doubt(
    draft: &Draft<'_>,
    builder: &Builder,
    config: FileId,
    rename: &Renamed<'_>,
) -> Option<Verify> {
    let before = draft.view.tree.file(config)?;
    let text = draft
        .text_of(config)
        .filter(|text| **text != *before.text)?;
    let base = ["DISTNAME", "RELVER"];
    let mut assigned = assignments(&script::read(&text)).into_iter();
    let last = assigned.rfind(|a| base.contains(&a.name.as_str()))?;
    let images = draft.model.images.values();
    let built = images.filter(|i| i.identity.builder.fixed() == Some(builder.name.as_str()));
    let built: Vec<&str> = built.map(|image| image.name.as_str()).collect();
    let of = match built.is_empty() {
        true => String::new(),
        false => format!(" of {}", built.join(", ")),
    };
    Some(Verify {
        path: before.path.clone(),
        range: last.value,
        text: script::slice(&text, last.value).to_owned(),
        why: format!(
            "the builder{of} starts from what was `{}`: it cannot start before `{}` is published",
            rename.image.name, rename.renamed.name
        ),
    })
}

/// Changes the paths into the image's directory, and its name in the settings, but for a range that is
/// removed.
pub(super) fn rename_paths(
    draft: &mut Draft<'_>,
    image: &Image,
    new: &str,
    removed: Option<TextRange>,
) {
    let view = draft.view;
    for (id, file) in view.tree.files() {
        if file.path == SETTINGS {
            let quoted = format!("\"{}\"", image.name);
            for (at, _) in file.text.match_indices(&quoted) {
                let range = range_at(at + 1, image.name.len());
                if !removed.is_some_and(|removed| removed.contains_range(range)) {
                    draft.replace(id, range, new);
                }
            }
        }
        if file.script().is_some() && !image.alias {
            for at in script::image_paths(&file.text, &image.name) {
                draft.replace(id, range_at(at, image.name.len()), new);
            }
        }
    }
}
