//! A checkout at one moment as rules, edits and features see it: files, model, settings, and
//! what is known of the world beside it.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::collection::Collection;
use super::data::{self, Release, SystemdVersion, is_moving};
use super::registration::Registrations;
use super::settings::Settings;
use super::table::Table;
use super::track;
use super::tree::{REPOSITORY, TEST_TABLE, Tree};
use super::{FileId, Image, Model};
use syntax::nix::{RepositoryFacts, TableFacts};

/// The first systemd without cgroup v1.
pub const FIRST_WITHOUT_V1: u32 = 258;

/// What rules, edits and features see of a checkout.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The files.
    pub tree: &'a Tree,
    /// What they mean together.
    pub model: &'a Model,
    /// What the checkout says of its findings.
    pub settings: &'a Settings,
    /// What this machine knows of releases; it goes before what ships with the program.
    pub releases: &'a [Release],
    /// Today, `YYYY-MM-DD`.
    pub today: &'a str,
}

/// What is known of an image's systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Systemd {
    /// Certainly without cgroup v1: why.
    WithoutV1(String),
    /// Certainly with it.
    WithV1,
    /// Nothing that may be judged by; what is likely, if anything is.
    Unknown(Option<String>),
}

impl<'a> View<'a> {
    /// The systemd version of a release (`RELVER` without date stamp).
    pub fn systemd_version(&self, distribution: &str, release: &str) -> Option<&'a SystemdVersion> {
        let of_release = |v: &&SystemdVersion| {
            v.distribution == distribution && v.release.as_deref() == Some(release)
        };
        self.settings
            .systemd
            .iter()
            .rev()
            .find(of_release)
            .or_else(|| data::systemd_versions().iter().find(of_release))
    }

    /// What is known of the systemd that an image ships.
    pub fn systemd(&self, image: &Image) -> Systemd {
        let identity = &image.identity;
        let (Some(distribution), Some(release)) =
            (identity.distname.fixed(), identity.relver.known())
        else {
            return Systemd::Unknown(None);
        };
        let bare = release.with_stamps_as("");
        let bare = bare.trim_end_matches('-');
        if release.is_dated() && is_moving(distribution, bare) {
            let (name, _) = track::split(bare);
            let name = if name.is_empty() {
                distribution.to_owned()
            } else {
                format!("{distribution} {name}")
            };
            return Systemd::WithoutV1(format!(
                "{name} moves, and has passed systemd {FIRST_WITHOUT_V1}, which has no cgroup v1"
            ));
        }
        let Some(known) = self.systemd_version(distribution, bare) else {
            return Systemd::Unknown(None);
        };
        // Texts are made for the few that somebody reads.
        let ships = || format!("{distribution} {bare} ships systemd {}", known.systemd);
        if !known.certain {
            return Systemd::Unknown(Some(format!("{}, most likely", ships())));
        }
        if known.systemd < FIRST_WITHOUT_V1 {
            return Systemd::WithV1;
        }
        let source = match known.remark.as_deref() {
            Some(".image-scripts.toml") => "by .image-scripts.toml",
            _ => "by the data that ships with image-scripts-ls",
        };
        Systemd::WithoutV1(format!("{} ({source}), which has no cgroup v1", ships()))
    }

    /// The distributions of which [`View::end_of_support`] knows anything.
    pub fn distributions_with_support(&self) -> FxHashSet<&'a str> {
        let found = self.releases.iter().chain(data::releases());
        found.map(|r| r.distribution.as_str()).collect()
    }

    /// The last day of support of a release, `YYYY-MM-DD`.
    pub fn end_of_support(&self, distribution: &str, release: &str) -> Option<&'a str> {
        self.known(distribution, release)
            .find_map(|r| r.eol.as_deref())
    }

    /// The codename of a release: what the checkout says, what this machine knows, what ships
    /// with the program.
    pub fn codename(&self, distribution: &str, release: &str) -> Option<&'a str> {
        let own = self
            .settings
            .codenames
            .iter()
            .find(|((d, r), _)| d == distribution && r == release)
            .map(|(_, codename)| codename.as_str());
        own.or_else(|| {
            self.known(distribution, release)
                .map(|r| r.codename.as_str())
                .find(|codename| !codename.is_empty())
        })
    }

    /// Whether a release is one of long-term support: only Ubuntu has such, even years' April.
    pub fn is_lts(distribution: &str, release: &str) -> bool {
        distribution == "ubuntu"
            && release
                .strip_suffix(".04")
                .and_then(|year| year.parse::<u32>().ok())
                .is_some_and(|year| year % 2 == 0)
    }

    fn known<'s>(
        &self,
        distribution: &'s str,
        release: &'s str,
    ) -> impl Iterator<Item = &'a Release> + use<'a, 's> {
        let all = self.releases.iter().chain(data::releases());
        all.filter(move |r| r.distribution == distribution && r.release == release)
    }

    /// Joins the Nix files with the images, and does something with it.
    pub fn with_joined<T>(&self, body: impl FnOnce(&Joined<'_>) -> T) -> T {
        let sources = Sources::new(self);
        let registrations = sources
            .repository
            .map(|(id, facts)| Registrations::new(self.model, id, facts));
        body(&sources.join(registrations.as_ref()))
    }
}

/// The Nix files, before they are joined with the images.
struct Sources<'a> {
    repository: Option<(FileId, &'a RepositoryFacts)>,
    table: Option<(FileId, &'a TableFacts)>,
}

impl<'a> Sources<'a> {
    fn new(view: &View<'a>) -> Sources<'a> {
        let tree = view.tree;
        let file = |path: &str| tree.id(path).and_then(|id| Some((id, tree.file(id)?)));
        Sources {
            repository: file(REPOSITORY)
                .and_then(|(id, f)| Some((id, f.repository()?.facts.as_ref()?))),
            table: file(TEST_TABLE).and_then(|(id, f)| Some((id, f.test_table()?.facts.as_ref()?))),
        }
    }

    fn join(self, registrations: Option<&'a Registrations<'a>>) -> Joined<'a> {
        let table = self
            .table
            .map(|(id, facts)| Table::new(id, facts, registrations));
        Joined {
            registrations,
            table,
            collection: OnceCell::new(),
        }
    }
}

/// The Nix files joined with the images. A part is `None` where its file is missing or was
/// never understood.
pub struct Joined<'a> {
    /// What is published.
    pub registrations: Option<&'a Registrations<'a>>,
    /// What is tested.
    pub table: Option<Table<'a>>,
    collection: OnceCell<Option<Collection<'a>>>,
}

impl<'a> Joined<'a> {
    /// What is collected as garbage of what is published.
    pub fn collection(&self) -> Option<&Collection<'a>> {
        self.collection
            .get_or_init(|| self.registrations.map(Collection::new))
            .as_ref()
    }
}
