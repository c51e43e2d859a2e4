//! Published images, and the ones that a distribution and version resolve to.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use super::{FileId, Image, Model};
use syntax::nix::{Entry, NixField, Repository, RepositoryFacts};

/// A published image.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Number of the entry in the order of the file.
    pub index: usize,
    /// The repository it is in.
    pub repository: &'a Repository,
    /// The image that it builds, if there is one.
    pub image: Option<&'a Image>,
}

impl Registration<'_> {
    /// The name of the image that the entry builds; `None` where it cannot be read.
    pub fn image_name(&self) -> Option<SmolStr> {
        image_name(self.entry)
    }
}

/// The name of the image that an entry builds; `None` where it cannot be read.
pub fn image_name(entry: &Entry) -> Option<SmolStr> {
    match &entry.name {
        NixField::Known(name) => Some(name.value.clone()),
        NixField::Absent => Some(format_smolstr!(
            "{}-{}",
            entry.distribution.value,
            entry.version.value
        )),
        NixField::Unknown => None,
    }
}

/// Everything that is published.
#[derive(Debug)]
pub struct Registrations<'a> {
    /// The file.
    pub file: FileId,
    /// Facts of the file.
    pub facts: &'a RepositoryFacts,
    /// The entries, in the order of the file.
    pub published: Vec<Registration<'a>>,
    /// Images by name, to the entries that build them.
    by_image: FxHashMap<SmolStr, Indices>,
    /// (distribution, version or tag) to entries, in the default vendor, variant and architecture.
    by_release: FxHashMap<(&'a str, &'a str), Indices>,
    /// Distributions with published images that are not known.
    uncertain: FxHashSet<SmolStr>,
    /// Set when nothing else is published than what is here and in `uncertain`.
    complete: bool,
}

/// Numbers of entries, ascending, each once: nearly always one, for which no list is kept.
#[derive(Debug)]
struct Indices {
    first: usize,
    more: Vec<usize>,
}

impl Indices {
    fn of(index: usize) -> Indices {
        Indices {
            first: index,
            more: Vec::new(),
        }
    }

    fn push(&mut self, index: usize) {
        if *self.more.last().unwrap_or(&self.first) != index {
            self.more.push(index);
        }
    }
}

impl<'a> Registrations<'a> {
    /// Joins the entries with the images they build.
    pub fn new(model: &'a Model, file: FileId, facts: &'a RepositoryFacts) -> Registrations<'a> {
        let count = facts.repositories.iter().map(|r| r.entries.len()).sum();
        let mut registrations = Registrations {
            file,
            facts,
            published: Vec::with_capacity(count),
            by_image: FxHashMap::with_capacity_and_hasher(count, Default::default()),
            by_release: FxHashMap::with_capacity_and_hasher(count, Default::default()),
            uncertain: FxHashSet::default(),
            complete: facts.complete && facts.repositories.iter().all(|r| r.entries_complete),
        };
        for repository in &facts.repositories {
            registrations
                .uncertain
                .extend(repository.incomplete_distributions.iter().cloned());
            for entry in &repository.entries {
                registrations.add(model, repository, entry);
            }
        }
        registrations
    }

    fn add(&mut self, model: &'a Model, repository: &'a Repository, entry: &'a Entry) {
        let index = self.published.len();
        let name = image_name(entry);
        let image = name
            .as_ref()
            .and_then(|name| model.images.get(name))
            .map(|i| &**i);
        if let Some(name) = name {
            self.by_image
                .entry(name)
                .and_modify(|found| found.push(index))
                .or_insert_with(|| Indices::of(index));
        } else {
            self.complete = false;
        }
        self.published.push(Registration {
            entry,
            index,
            repository,
            image,
        });
        self.index_releases(index, repository, entry, image);
    }

    fn index_releases(
        &mut self,
        index: usize,
        repository: &Repository,
        entry: &'a Entry,
        image: Option<&'a Image>,
    ) {
        let distribution = &entry.distribution.value;
        let mut release = |distribution: &'a str, version: &'a str| {
            let found = self.by_release.entry((distribution, version));
            found
                .and_modify(|found| found.push(index))
                .or_insert_with(|| Indices::of(index));
        };
        let Some(image) = image else {
            // An entry without image has a finding of its own: it is taken literally.
            release(distribution, &entry.version.value);
            entry
                .tags
                .items
                .iter()
                .for_each(|tag| release(distribution, &tag.value));
            return;
        };
        let identity = &image.identity;
        // Under which distribution it was meant to be published is told by its name, if at all.
        if image.is_mistaken() {
            let named = image.name.split('-').next().unwrap_or_default();
            self.uncertain.insert(SmolStr::new(named));
            self.uncertain
                .extend(identity.distname.fixed().map(SmolStr::new));
            self.complete &= identity.distname.known().is_some();
            return;
        }
        let known = [
            &identity.distname,
            &identity.relver,
            &identity.arch,
            &identity.vendor,
            &identity.variant,
        ];
        let Some(distname) = identity.distname.fixed() else {
            self.complete = false;
            return;
        };
        if known.iter().any(|f| f.known().is_none()) || !entry.tags.complete {
            self.uncertain.insert(SmolStr::new(distname));
        }
        if !is_default(repository, image) {
            return;
        }
        if let Some(relver) = identity.relver.fixed() {
            release(distname, relver);
        }
        entry
            .tags
            .items
            .iter()
            .for_each(|tag| release(distname, &tag.value));
    }

    /// The entries that build an image.
    pub fn of_image(&self, name: &str) -> impl Iterator<Item = &Registration<'a>> {
        self.by_image
            .get(name)
            .into_iter()
            .flat_map(|found| self.entries(found))
    }

    /// Returns whether an image is published; `None` where that is not certain.
    pub fn publishes(&self, name: &str) -> Option<bool> {
        if self.by_image.contains_key(name) {
            Some(true)
        } else {
            self.complete.then_some(false)
        }
    }

    /// Returns the published images that a distribution and a version or tag resolve to, in the
    /// default vendor and variant; `None` where that is not certain.
    pub fn resolve(&self, distribution: &str, version: &str) -> Option<Vec<&Registration<'a>>> {
        let found = self.by_release.get(&(distribution, version));
        if !self.is_certain(distribution) && found.is_none_or(|f| f.more.is_empty()) {
            return found.map(|f| self.entries(f).collect());
        }
        Some(found.map(|f| self.entries(f).collect()).unwrap_or_default())
    }

    fn entries(&self, indices: &Indices) -> impl Iterator<Item = &Registration<'a>> {
        let numbers = [indices.first]
            .into_iter()
            .chain(indices.more.iter().copied());
        numbers.filter_map(|index| self.published.get(index))
    }

    /// Returns whether everything published of a distribution is known.
    pub fn is_certain(&self, distribution: &str) -> bool {
        self.complete && !self.uncertain.contains(distribution)
    }

    /// Versions and tags of a distribution that resolve to something.
    pub fn versions_of(&self, distribution: &str) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .by_release
            .keys()
            .filter(|(d, _)| *d == distribution)
            .map(|(_, v)| *v)
            .collect();
        found.sort_unstable();
        found
    }
}

/// Returns whether an image is of the default vendor, variant and architecture: what a container gets
/// that is created from a distribution and version alone.
pub fn is_default(repository: &Repository, image: &Image) -> bool {
    let identity = &image.identity;
    let default_vendor = repository.default_vendor.as_deref().unwrap_or("vpsadminos");
    let vendor = identity.vendor.fixed();
    let default_variant = repository
        .default_variants
        .iter()
        .find(|(v, _)| Some(v.as_str()) == vendor)
        .map_or("minimal", |(_, variant)| variant.as_str());
    vendor == Some(default_vendor)
        && identity.variant.fixed() == Some(default_variant)
        && identity.arch.fixed() == Some("x86_64")
}
