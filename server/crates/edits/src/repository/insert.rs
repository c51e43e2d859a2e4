//! Inserts entries.

use smol_str::SmolStr;

use super::position::{distribution_position, entry_position};
use super::style::{set_form, style, version_key};
use super::{EntryKey, images_set, is_path, repository};
use crate::nix::{
    InsertPosition, NewValue, NixFile, NixStyle, NotEditable, OwnComments, bare_or_quoted,
    indented, is_identifier, quote,
};
use model::track::{Track, Version};
use syntax::TextRange;
use syntax::nix::{DistributionSet, Entry, Repository};

/// An entry that is to be inserted.
#[derive(Debug, Clone)]
pub(crate) struct NewEntry {
    /// Distribution and version.
    pub(crate) key: EntryKey,
    /// Name of the image, where it is another than distribution and version make.
    pub(crate) name: Option<SmolStr>,
    /// Tags, in order.
    pub(crate) tags: Vec<SmolStr>,
    /// Track and version of the image, which say where the entry belongs.
    pub(crate) track: Option<(Track, Version)>,
    /// The attribute `tags` with its comments, where it is written already: lines joined by `\n`,
    /// as if they began in the first column.
    pub(crate) written_tags: Option<String>,
}

/// Returns the track and version of the image that an entry builds.
pub(crate) type TrackOf<'f> = &'f dyn Fn(&Entry) -> Option<(Track, Version)>;

/// An entry as it is written: value and comments, their lines as if they began in the first column.
pub(super) struct WrittenEntry {
    pub(super) comments: OwnComments,
    pub(super) value: String,
    /// Form that it had elsewhere and keeps; `None` for one that is new.
    pub(super) kept: Option<KeptForm>,
}

/// What an entry keeps of its form when it moves.
pub(super) struct KeptForm {
    /// Whether its key, which could be bare, is; `None` where it needed quotes.
    pub(super) is_bare: Option<bool>,
    /// Whether a blank line sets it apart from the one above; `None` where it had none above.
    pub(super) is_apart: Option<bool>,
    /// It is written as a path: `arch.rolling = ...;`.
    pub(super) is_path: bool,
}

impl KeptForm {
    /// Returns the key of a version, where it is written as the one before.
    fn key(&self, version: &str) -> Option<String> {
        // Such a path is mostly bare, where it can be.
        let is_bare = self.is_bare.or(self.is_path.then_some(true));
        let is_bare = is_bare.filter(|_| is_identifier(version))?;
        Some(match is_bare {
            true => version.to_owned(),
            false => quote(version),
        })
    }

    /// Returns a position that is as far from the entry above as it was.
    fn position(&self, position: InsertPosition) -> InsertPosition {
        match (position, self.is_apart) {
            (InsertPosition::After(index), Some(true)) => InsertPosition::AfterBlank(index),
            (InsertPosition::AfterBlank(index), Some(false)) => InsertPosition::After(index),
            _ => position,
        }
    }
}

impl WrittenEntry {
    /// Returns the text of the entry under a key.
    fn with_key(&self, key: &str) -> String {
        let OwnComments { above, after } = &self.comments;
        format!("{above}{key} = {};{after}", self.value)
    }
}

impl NewEntry {
    /// Returns the text of the entry's value, its lines as if they began in the first column.
    fn render(&self, style: NixStyle) -> String {
        let Some(tags) = &self.written_tags else {
            return self.value().render(style);
        };
        let name = self.name.iter();
        let name = name.map(|name| format!("name = {};\n", quote(name)));
        let attributes: String = name.chain([tags.clone()]).collect();
        format!("{{\n{}\n}}", indented(&attributes))
    }

    fn value(&self) -> NewValue {
        let mut attrs = Vec::new();
        if let Some(name) = &self.name {
            attrs.push(("name".to_owned(), NewValue::Str(name.to_string())));
        }
        if !self.tags.is_empty() {
            let tags = self.tags.iter().map(|tag| NewValue::Str(tag.to_string()));
            attrs.push(("tags".to_owned(), NewValue::List(tags.collect())));
        }
        NewValue::Set(attrs)
    }
}

/// Inserts an entry where it belongs.
///
/// # Errors
/// When the file's shape has no place for it.
pub(crate) fn insert_entry(
    file: &mut NixFile,
    new: &NewEntry,
    track_of: TrackOf<'_>,
) -> Result<(), NotEditable> {
    let style = style(file, &*file.repository()?, &new.key.distribution);
    let written = WrittenEntry {
        comments: OwnComments::default(),
        value: new.render(style),
        kept: None,
    };
    insert_written(file, new, &written, track_of)
}

/// Inserts an entry with a value and comments that are written already.
pub(super) fn insert_written(
    file: &mut NixFile,
    new: &NewEntry,
    written: &WrittenEntry,
    track_of: TrackOf<'_>,
) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let repository = repository(file, &facts)?;
    let form = set_form(style(file, &facts, &new.key.distribution));
    let kept = written.kept.as_ref();
    let key = kept
        .and_then(|kept| kept.key(&new.key.version))
        .unwrap_or_else(|| version_key(file, &facts, &new.key));
    let distribution = repository
        .distributions
        .iter()
        .find(|d| d.name.value == new.key.distribution);
    let name = bare_or_quoted(&new.key.distribution);
    let subject = format!("`{}`", new.key.distribution);
    match distribution {
        Some(DistributionSet { set: Some(set), .. }) => {
            let text = written.with_key(&key);
            let entries: Vec<&Entry> = repository
                .entries
                .iter()
                .filter(|e| e.distribution.value == new.key.distribution)
                .collect();
            file.change(*set, &subject, |container| {
                let position = entry_position(container, &entries, new, track_of, repository);
                let position = kept.map_or(position, |kept| kept.position(position));
                container.insert(position, &text, form)
            })
        }
        // `arch.rolling = ...;`, and now another one like it.
        Some(found) => {
            let last = last_path(file, repository, found)?;
            let text = written.with_key(&format!("{name}.{key}"));
            file.change(images_set(file, repository)?, "`images`", |container| {
                let index = container.find(last)?;
                container.insert(InsertPosition::After(index), &text, form)
            })
        }
        None => {
            let images = images_set(file, repository)?;
            let is_custom = new.key.version == "rolling"
                && repository.distributions.iter().any(|d| d.set.is_none());
            let as_path = kept.map_or(is_custom, |kept| kept.is_path);
            let text = if as_path {
                written.with_key(&format!("{name}.{key}"))
            } else {
                format!("{name} = {{\n{}\n}};", indented(&written.with_key(&key)))
            };
            file.change(images, "`images`", |container| {
                let name = &new.key.distribution;
                let position = distribution_position(container, repository, name);
                container.insert(position, &text, form)
            })
        }
    }
}

/// Returns the last binding of a distribution whose entries are written as paths.
fn last_path(
    file: &NixFile,
    repository: &Repository,
    distribution: &DistributionSet,
) -> Result<TextRange, NotEditable> {
    // `debian = a // b;` has no place for another one.
    let mut entries = repository.entries.iter();
    if !entries.any(|entry| is_path(distribution, entry)) {
        return Err(file.unwritten(&distribution.name.value, distribution.binding));
    }
    let last = distribution.more_bindings.last();
    Ok(*last.unwrap_or(&distribution.binding))
}
