//! Changes of `os/configs/image-repository.nix`, and of the modules that it imports.
//!
//! - `insert`: a new entry; `position`: where it belongs;
//! - `remove`, `move_entry`: an entry as it is written;
//! - `fields`: the key, name and tags of an entry under other names; `tags`: more or fewer tags;
//! - `collection`: garbage-collection entries;
//! - `files`: the files of the repository, and which of them is changed;
//! - `style`: how the file writes entries.

mod collection;
mod fields;
mod files;
mod insert;
mod move_entry;
mod position;
mod remove;
mod style;
mod tags;

use std::fmt;

use smol_str::SmolStr;

pub(crate) use collection::{NewCollection, insert_collection, keep_of, remove_collection};
pub(crate) use fields::{rename_version, retag, set_name};
pub(crate) use files::{NixFiles, joined};
pub(crate) use insert::{NewEntry, TrackOf, insert_entry};
pub(crate) use move_entry::move_entry;
pub(crate) use remove::remove_entry;
pub(crate) use tags::{add_tags, commented_tags, remove_tag};

use crate::nix::{NixFile, NotEditable};
use syntax::TextRange;
use syntax::nix::{DistributionSet, Entry, Repository, RepositoryFacts};

/// Distribution and version of an entry, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryKey {
    pub(crate) distribution: SmolStr,
    pub(crate) version: SmolStr,
}

impl EntryKey {
    pub(crate) fn new(distribution: impl Into<SmolStr>, version: impl Into<SmolStr>) -> EntryKey {
        EntryKey {
            distribution: distribution.into(),
            version: version.into(),
        }
    }

    /// Returns the key of an entry.
    pub(crate) fn of(entry: &Entry) -> EntryKey {
        EntryKey::new(
            entry.distribution.value.clone(),
            entry.version.value.clone(),
        )
    }

    /// Returns whether an entry has the key.
    pub(crate) fn is_of(&self, entry: &Entry) -> bool {
        entry.distribution.value == self.distribution && entry.version.value == self.version
    }

    /// Returns the entry that has the key.
    pub(crate) fn find<'f>(&self, facts: &'f RepositoryFacts) -> Option<&'f Entry> {
        let mut entries = facts.repositories.iter().flat_map(|r| &r.entries);
        entries.find(|entry| self.is_of(entry))
    }

    /// Returns what messages call the entry.
    fn subject(&self) -> String {
        format!("entry `{}.\"{}\"`", self.distribution, self.version)
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.distribution, self.version)
    }
}

/// Returns the first repository of a file: the one that is changed.
fn repository<'f>(
    file: &NixFile,
    facts: &'f RepositoryFacts,
) -> Result<&'f Repository, NotEditable> {
    let first = facts.repositories.first();
    first.ok_or_else(|| file.unwritten("image-repository", file.whole()))
}

/// Returns the entry that has a key.
fn entry<'f>(
    file: &NixFile,
    facts: &'f RepositoryFacts,
    key: &EntryKey,
) -> Result<&'f Entry, NotEditable> {
    key.find(facts).ok_or_else(|| file.missing(key.subject()))
}

/// Returns the range of a repository's `images = { ... }`.
fn images_set(file: &NixFile, repository: &Repository) -> Result<TextRange, NotEditable> {
    let within = repository.set.unwrap_or_else(|| file.whole());
    file.written(repository.images_set, "images", within)
}

/// Refuses an entry that stands neither in a set of its distribution nor in a path that begins with
/// the distribution: `debian = a // b;`.
fn refuse_computed(
    file: &NixFile,
    distribution: &DistributionSet,
    entry: &Entry,
) -> Result<(), NotEditable> {
    if distribution.set.is_some() || is_path(distribution, entry) {
        return Ok(());
    }
    Err(file.unwritten(&distribution.name.value, distribution.binding))
}

/// Returns whether an entry is written as a path that begins with its distribution: `arch.rolling = ...;`.
fn is_path(distribution: &DistributionSet, entry: &Entry) -> bool {
    let mut bindings = std::iter::once(&distribution.binding).chain(&distribution.more_bindings);
    entry.distribution.value == distribution.name.value
        && bindings.any(|binding| *binding == entry.binding)
}

/// Returns the range of an entry's `{ ... }`.
fn entry_set(file: &NixFile, entry: &Entry) -> Result<TextRange, NotEditable> {
    entry.set.ok_or_else(|| NotEditable {
        subject: EntryKey::of(entry).subject(),
        ..file.unwritten(&entry.version.value, entry.binding)
    })
}
