//! Garbage collection: entries with their patterns, and the images that each of them takes (the
//! first that matches).

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::pattern::Pattern;
use super::registration::Registrations;
use super::{FileId, Image};
use syntax::nix::{GcEntry, NixField};

/// An entry with its patterns.
pub struct Collector<'a> {
    /// The file that the entry is in.
    pub file: FileId,
    /// The entry.
    pub entry: &'a GcEntry,
    /// Patterns of distribution, version, variant, arch and vendor; `None` matches anything.
    patterns: [Option<Pattern>; 5],
    /// Set when a part of the entry could not be read.
    unknown: bool,
}

impl<'a> Collector<'a> {
    fn new(file: FileId, entry: &'a GcEntry) -> Collector<'a> {
        let mut unknown = entry.unknown;
        let mut pattern = |field: &NixField<SmolStr>| match field {
            NixField::Absent => None,
            NixField::Known(source) => Some(Pattern::new(&source.value)),
            NixField::Unknown => {
                unknown = true;
                None
            }
        };
        let patterns = [
            pattern(&entry.distribution),
            pattern(&entry.version),
            pattern(&entry.variant),
            pattern(&entry.arch),
            pattern(&entry.vendor),
        ];
        Collector {
            file,
            entry,
            patterns,
            unknown,
        }
    }

    /// The pattern of the version.
    pub fn version(&self) -> Option<&Pattern> {
        self.patterns.get(1)?.as_ref()
    }

    /// Returns whether it matches an image; `None` where that is not certain.
    pub fn matches(&self, image: &Image) -> Option<bool> {
        let identity = &image.identity;
        let fields = [
            &identity.distname,
            &identity.relver,
            &identity.variant,
            &identity.arch,
            &identity.vendor,
        ];
        let mut certain = !self.unknown;
        for (pattern, field) in self.patterns.iter().zip(fields) {
            let Some(pattern) = pattern else { continue };
            match field
                .known()
                .and_then(|value| pattern.matches(value.sample()))
            {
                Some(true) => {}
                Some(false) => return Some(false),
                None => certain = false,
            }
        }
        certain.then_some(true)
    }
}

/// Collector that takes an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taker {
    /// No collector matches it.
    Nobody,
    /// A collector may match it, before others do.
    Unknown,
    /// The collector of this index in [`Collection::collectors`].
    Collector(usize),
}

/// The garbage collection of all repositories.
pub struct Collection<'a> {
    /// The entries, in the order of the files.
    pub collectors: Vec<Collector<'a>>,
    /// Set when every entry could be read.
    pub complete: bool,
    /// Set when nothing that is not read may come before an entry.
    is_whole: bool,
    /// Collectors by the distributions that contain the name they give literally.
    literal: FxHashMap<&'a str, Vec<usize>>,
    patterned: Vec<usize>,
}

impl<'a> Collection<'a> {
    /// Reads the entries of all repositories.
    pub fn new(registrations: &Registrations<'a>) -> Collection<'a> {
        let mut collection = Collection {
            collectors: Vec::new(),
            complete: registrations.files.is_whole()
                && registrations
                    .files
                    .repositories()
                    .all(|(_, r)| r.collections_complete),
            is_whole: registrations.files.is_whole(),
            literal: FxHashMap::default(),
            patterned: Vec::new(),
        };
        let repositories = registrations.files.repositories();
        let entries =
            repositories.flat_map(|(file, r)| r.collections.iter().map(move |e| (file, e)));
        for (file, entry) in entries {
            let index = collection.collectors.len();
            collection.collectors.push(Collector::new(file, entry));
            collection.patterned.push(index);
            collection.complete &= !entry.unknown;
        }
        // Of a list that is not read, nobody knows where among those of other files it comes.
        let is_only_file = registrations.files.files().count() == 1;
        collection.is_whole &= is_only_file || collection.complete;
        collection.index_literals(registrations);
        collection
    }

    /// Most entries name a distribution by letters alone: those can only match distributions
    /// whose name contains them.
    fn index_literals(&mut self, registrations: &Registrations<'a>) {
        let mut distributions: Vec<&'a str> = registrations
            .published
            .iter()
            .filter_map(|p| p.image?.identity.distname.fixed())
            .collect();
        distributions.sort_unstable();
        distributions.dedup();
        let mut rest = Vec::new();
        for index in std::mem::take(&mut self.patterned) {
            let literal = self
                .collectors
                .get(index)
                .and_then(|c| match &c.entry.distribution {
                    NixField::Known(name)
                        if name.value.chars().all(|c| c.is_ascii_alphanumeric()) =>
                    {
                        Some(name.value.as_str())
                    }
                    _ => None,
                });
            match literal {
                Some(part) => {
                    for distribution in distributions.iter().filter(|d| d.contains(part)) {
                        self.literal.entry(distribution).or_default().push(index);
                    }
                }
                None => rest.push(index),
            }
        }
        self.patterned = rest;
    }

    /// The collectors that may match an image, in the order of the files.
    pub fn candidates(&self, image: &Image) -> Vec<(usize, &Collector<'a>)> {
        let literal = image
            .identity
            .distname
            .fixed()
            .and_then(|d| self.literal.get(d));
        let mut indices: Vec<usize> = literal
            .into_iter()
            .flatten()
            .chain(&self.patterned)
            .copied()
            .collect();
        indices.sort_unstable();
        indices
            .into_iter()
            .filter_map(|index| Some((index, self.collectors.get(index)?)))
            .collect()
    }

    /// Returns the first collector that matches an image. Which of several files Nix puts first is
    /// not known.
    pub fn taker(&self, image: &Image) -> Taker {
        let mut first: Option<(usize, FileId)> = None;
        for (index, collector) in self.candidates(image) {
            if first.is_some_and(|(_, file)| file == collector.file) {
                continue;
            }
            match collector.matches(image) {
                Some(true) if first.is_none() && self.is_whole => {
                    first = Some((index, collector.file));
                }
                Some(false) => {}
                Some(true) | None => return Taker::Unknown,
            }
        }
        first.map_or(Taker::Nobody, |(index, _)| Taker::Collector(index))
    }
}
