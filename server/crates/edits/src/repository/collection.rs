//! Garbage-collection entries.

use smol_str::SmolStr;

use super::super::nix::{Container, Form, Position, Style, Value};
use super::super::nixfile::NixFile;
use super::repository;
use super::style::contains_line_end;
use model::table::known;
use syntax::TextRange;
use syntax::nix::GcEntry;

/// A garbage-collection entry that is to be inserted.
#[derive(Debug, Clone)]
pub(crate) struct NewCollection {
    pub(crate) distribution: SmolStr,
    /// A regular expression for the version, not anchored: `openrc-\\d+`.
    pub(crate) version: String,
    /// The variant.
    pub(crate) variant: Option<SmolStr>,
    /// Others of the same version have another variant.
    pub(crate) needs_variant: bool,
    /// How many builds are kept; as many as of its neighbours, where that is not said.
    pub(crate) keep: Option<String>,
    /// The image's place in the order of the repository.
    pub(crate) rank: Option<usize>,
}

/// The place of the first image that a garbage-collection entry takes, in the order of the
/// repository.
pub(crate) type RankOf<'f> = &'f dyn Fn(&GcEntry) -> Option<usize>;

/// Inserts a garbage-collection entry where it belongs, written like its neighbours.
pub(crate) fn insert_collection(
    file: &mut NixFile,
    new: &NewCollection,
    rank_of: RankOf<'_>,
) -> Option<()> {
    let facts = file.repository()?;
    let repository = repository(&facts)?;
    let entries = &repository.collections;
    let own = entries
        .iter()
        .filter(|e| known(&e.distribution) == Some(new.distribution.as_str()));
    let model = { own }.next_back().or(entries.last());
    let anchored = model
        .and_then(|e| known(&e.version))
        .is_none_or(|v| v.starts_with('^'));
    let version = if anchored {
        format!("^{}$", new.version)
    } else {
        new.version.clone()
    };
    let keep = { new.keep.clone() }
        .or_else(|| keep_of(file, model?))
        .unwrap_or_else(|| "4".to_owned());
    let mut attrs = vec![
        (
            "distribution".to_owned(),
            Value::Str(new.distribution.to_string()),
        ),
        ("version".to_owned(), Value::Str(version)),
    ];
    // The others of the distribution may say theirs, too.
    let variants = entries.iter().any(|e| {
        known(&e.distribution) == Some(new.distribution.as_str()) && known(&e.variant).is_some()
    });
    if let Some(variant) = new
        .variant
        .as_ref()
        .filter(|_| new.needs_variant || variants)
    {
        attrs.push(("variant".to_owned(), Value::Str(variant.to_string())));
    }
    attrs.push(("keep".to_owned(), Value::Raw(keep)));
    let inline = model.is_some_and(|e| !contains_line_end(file, e.range));
    let style = Style {
        inline_sets: inline,
        ..Style::NIXFMT
    };
    let text = Value::Set(attrs).render(style);
    let position = |container: &Container<'_>| {
        if container.items.is_empty() {
            return Position::Only;
        }
        let before = |e: &&GcEntry| match known(&e.distribution) {
            Some(d) if d != new.distribution.as_str() => d < new.distribution.as_str(),
            Some(_) => match (rank_of(e), new.rank) {
                (Some(a), Some(b)) => a < b,
                _ => true,
            },
            None => false,
        };
        match entries
            .iter()
            .rfind(before)
            .and_then(|e| container.index_of(e.range))
        {
            Some(index) => Position::After(index),
            None => Position::Before(0),
        }
    };
    let list = repository.collections_list?;
    file.change(list, |c| c.insert(position(c), &text, Form::Broken))
}

/// The value of `keep`, as written.
pub(crate) fn keep_of(file: &NixFile, entry: &GcEntry) -> Option<String> {
    let text = file.slice(entry.range);
    let rest = text.split_once("keep")?.1.trim_start().strip_prefix('=')?;
    let value = rest.split_once(';')?.0.trim();
    value
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| value.to_owned())
}

/// Removes the garbage-collection entry that stands at a range of the text as it is now.
pub(crate) fn remove_collection(file: &mut NixFile, range: TextRange) -> Option<()> {
    let facts = file.repository()?;
    let repository = facts
        .repositories
        .iter()
        .find(|r| r.collections.iter().any(|e| e.range == range))?;
    let list = repository.collections_list?;
    file.change(list, |c| c.remove(c.index_of(range)?, &[]))?;
    let facts = file.repository()?;
    let list = facts
        .repositories
        .iter()
        .find_map(|r| r.collections_list.filter(|_| r.collections.is_empty()));
    if let Some(list) = list {
        let _ = file.change(list, |c| c.collapse());
    }
    Some(())
}
