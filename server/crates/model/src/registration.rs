//! Published images, and the ones that a distribution and version resolve to.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use super::repository::RepositoryFiles;
use super::{FileId, Image, Model};
use syntax::nix::{Entry, NixField, Repository};

/// A published image.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// The file that the entry is in.
    pub file: FileId,
    /// The entry.
    pub entry: &'a Entry,
    /// Number of the entry in the order of the files.
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
    /// The files.
    pub files: RepositoryFiles<'a>,
    /// The entries, in the order of the files.
    pub published: Vec<Registration<'a>>,
    /// Images by name, to the entries that build them.
    by_image: FxHashMap<SmolStr, Indices>,
    /// (distribution, version or tag) to entries, in the default vendor, variant and architecture.
    by_release: FxHashMap<(&'a str, &'a str), Indices>,
    /// Distributions with published images that are not known.
    uncertain: FxHashSet<SmolStr>,
    /// What is the default, by the name of the repository.
    defaults: FxHashMap<&'a str, Defaults<'a>>,
    /// Set when nothing else is published than what is here and in `uncertain`.
    complete: bool,
}

/// The vendor and variants that a container gets when it asks for none.
#[derive(Debug, Default)]
struct Defaults<'a> {
    /// Set when a file says something of it that cannot be read.
    is_unknown: bool,
    vendor: Option<&'a str>,
    variants: Vec<(&'a str, &'a str)>,
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
    pub fn new(model: &'a Model, files: RepositoryFiles<'a>) -> Registrations<'a> {
        let count = files.repositories().map(|(_, r)| r.entries.len()).sum();
        let are_complete = files.files().all(|file| file.facts.complete)
            && files.repositories().all(|(_, r)| r.entries_complete);
        let mut defaults: FxHashMap<&str, Defaults<'_>> = FxHashMap::default();
        for (_, repository) in files.repositories() {
            let found = defaults.entry(&repository.name.value).or_default();
            found.is_unknown |= !repository.defaults_complete;
            found.vendor = found.vendor.or(repository.default_vendor.as_deref());
            let variants = repository.default_variants.iter();
            found
                .variants
                .extend(variants.map(|(vendor, variant)| (&**vendor, &**variant)));
        }
        let mut registrations = Registrations {
            published: Vec::with_capacity(count),
            by_image: FxHashMap::with_capacity_and_hasher(count, Default::default()),
            by_release: FxHashMap::with_capacity_and_hasher(count, Default::default()),
            uncertain: FxHashSet::default(),
            defaults,
            complete: files.is_whole() && are_complete,
            files,
        };
        for (file, repository) in registrations.files.clone().repositories() {
            registrations
                .uncertain
                .extend(repository.incomplete_distributions.iter().cloned());
            for entry in &repository.entries {
                registrations.add(model, file, repository, entry);
            }
        }
        registrations
    }

    fn add(
        &mut self,
        model: &'a Model,
        file: FileId,
        repository: &'a Repository,
        entry: &'a Entry,
    ) {
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
            file,
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
        let is_default = image.is_some_and(|image| self.is_default(repository, image));
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
        let defaults = self.defaults.get(repository.name.value.as_str());
        if known.iter().any(|f| f.known().is_none())
            || !entry.tags.complete
            || defaults.is_some_and(|d| d.is_unknown)
        {
            self.uncertain.insert(SmolStr::new(distname));
        }
        if !is_default {
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

    /// Returns whether an image is of the default vendor, variant and architecture of a repository:
    /// what a container gets that is created from a distribution and version alone. Where that is not
    /// known, none is.
    pub fn is_default(&self, repository: &Repository, image: &Image) -> bool {
        let identity = &image.identity;
        let defaults = self.defaults.get(repository.name.value.as_str());
        if defaults.is_some_and(|d| d.is_unknown) {
            return false;
        }
        // A file that is not read may say another one.
        let unless_said = |value| self.files.is_whole().then_some(value);
        let default_vendor = defaults.and_then(|d| d.vendor);
        let default_vendor = default_vendor.or_else(|| unless_said("vpsadminos"));
        let vendor = identity.vendor.fixed();
        let mut variants = defaults.iter().flat_map(|d| &d.variants);
        let default_variant = variants.find(|(v, _)| Some(*v) == vendor);
        let default_variant = default_variant
            .map(|(_, variant)| *variant)
            .or_else(|| unless_said("minimal"));
        let is_same =
            |field: Option<&str>, default: Option<&str>| field.is_some() && field == default;
        is_same(vendor, default_vendor)
            && is_same(identity.variant.fixed(), default_variant)
            && identity.arch.fixed() == Some("x86_64")
    }
}
