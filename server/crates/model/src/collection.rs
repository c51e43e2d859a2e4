//! Garbage collection: entries with their patterns, and the images that each of them takes (the
//! first that matches).

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Image;
use super::pattern::Pattern;
use super::registration::Registrations;
use syntax::nix::{GcEntry, NixField};

/// An entry with its patterns.
pub struct Collector<'a> {
    /// The entry.
    pub entry: &'a GcEntry,
    /// Patterns of distribution, version, variant, arch and vendor; `None` matches anything.
    patterns: [Option<Pattern>; 5],
    /// Set when a part of the entry could not be read.
    unknown: bool,
}

impl<'a> Collector<'a> {
    fn new(entry: &'a GcEntry) -> Collector<'a> {
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
    /// The entries, in the order of the file.
    pub collectors: Vec<Collector<'a>>,
    /// Set when every entry could be read.
    pub complete: bool,
    /// Collectors by the distributions that contain the name they give literally.
    literal: FxHashMap<&'a str, Vec<usize>>,
    patterned: Vec<usize>,
}

impl<'a> Collection<'a> {
    /// Reads the entries of all repositories.
    pub fn new(registrations: &Registrations<'a>) -> Collection<'a> {
        let mut collection = Collection {
            collectors: Vec::new(),
            complete: registrations
                .facts
                .repositories
                .iter()
                .all(|r| r.collections_complete),
            literal: FxHashMap::default(),
            patterned: Vec::new(),
        };
        for entry in registrations
            .facts
            .repositories
            .iter()
            .flat_map(|r| &r.collections)
        {
            let index = collection.collectors.len();
            collection.collectors.push(Collector::new(entry));
            collection.patterned.push(index);
            collection.complete &= !entry.unknown;
        }
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

    /// The collectors that may match an image, in the order of the file.
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

    /// Returns the first collector that matches an image.
    pub fn taker(&self, image: &Image) -> Taker {
        for (index, collector) in self.candidates(image) {
            match collector.matches(image) {
                Some(true) => return Taker::Collector(index),
                Some(false) => {}
                None => return Taker::Unknown,
            }
        }
        Taker::Nobody
    }
}
