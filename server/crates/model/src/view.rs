//! A checkout at one moment as rules, edits and features see it: files, model, settings, and
//! facts about releases from elsewhere.

use std::sync::OnceLock;

use smol_str::SmolStr;

use super::collection::Collection;
use super::data::{self, Lifecycle, Release, SystemdVersion, is_moving};
use super::registration::Registrations;
use super::repository::RepositoryFiles;
use super::settings::Settings;
use super::table::Table;
use super::track;
use super::tree::{SETTINGS, TEST_TABLE, Tree};
use super::{File, FileId, FileKind, Image, Model};
use syntax::nix::{RepositoryFacts, TableFacts};

/// The first systemd without cgroup v1.
pub const FIRST_WITHOUT_V1: u32 = 258;

/// Folder with what this machine knows of Debian and its relatives.
pub const DISTRO_INFO: &str = "/usr/share/distro-info";

/// End of the standard support of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Support<'a> {
    /// The last day, `YYYY-MM-DD`.
    pub end: &'a str,
    /// Set when rules may go by it; else it is only shown.
    pub certain: bool,
    /// Source of the date.
    pub source: &'a str,
}

/// Checkout as rules, edits and features see it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The files.
    pub tree: &'a Tree,
    /// Images, includes and builders that the files make up.
    pub model: &'a Model,
    /// Settings of the checkout.
    pub settings: &'a Settings,
    /// Releases that this machine knows; they take precedence over those of the program.
    pub releases: &'a [Release],
    /// Today, `YYYY-MM-DD`.
    pub today: &'a str,
}

/// Knowledge of an image's systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Systemd {
    /// Certainly without cgroup v1: why.
    WithoutV1(String),
    /// Certainly with it.
    WithV1,
    /// Nothing certain; the likely version, if there is one.
    Unknown(Option<String>),
}

fn ships(distribution: &str, release: &str, known: &SystemdVersion) -> String {
    format!("{distribution} {release} ships systemd {}", known.systemd)
}

fn source_of(known: &SystemdVersion) -> &'static str {
    match known.remark.as_deref() {
        Some(SETTINGS) => "by .image-scripts.toml",
        _ => "by the data that ships with image-scripts-ls",
    }
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

    /// Returns what is known of the systemd that an image ships.
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
        let known = self.systemd_version(distribution, bare);
        if let Some(known) = known.filter(|known| known.certain) {
            return match known.systemd < FIRST_WITHOUT_V1 {
                true => Systemd::WithV1,
                false => Systemd::WithoutV1(format!(
                    "{} ({}), which has no cgroup v1",
                    ships(distribution, bare, known),
                    source_of(known)
                )),
            };
        }
        let (before, after) = self.systemd_around(distribution, bare);
        // None goes back to an older one.
        if let Some((release, known)) = before.filter(|(_, known)| known.certain) {
            return Systemd::WithoutV1(format!(
                "{} ({}), which has no cgroup v1, and {bare} comes after it",
                ships(distribution, release, known),
                source_of(known)
            ));
        }
        if after {
            return Systemd::WithV1;
        }
        let likely = known.map(|known| (bare, known)).or(before);
        Systemd::Unknown(likely.map(|(release, known)| {
            let comes_after = match release == bare {
                true => String::new(),
                false => format!(", and {bare} comes after it"),
            };
            format!(
                "{}, most likely{comes_after}",
                ships(distribution, release, known)
            )
        }))
    }

    /// Returns the release before another one that has no cgroup v1, preferably for certain; and whether
    /// one after it certainly has it still.
    fn systemd_around(
        &self,
        distribution: &str,
        release: &str,
    ) -> (Option<(&'a str, &'a SystemdVersion)>, bool) {
        let (rest, version) = track::split(release);
        let mut before: Option<(track::Version, &str, &SystemdVersion)> = None;
        let mut is_after = false;
        let own = self.settings.systemd.iter();
        let rows = own.chain(data::systemd_versions());
        let rows = rows.filter(|row| row.distribution == distribution && !version.is_empty());
        for of in rows.filter_map(|row| row.release.as_deref()) {
            let (other_rest, other) = track::split(of);
            let Some(row) = self.systemd_version(distribution, of) else {
                continue;
            };
            let is_new = row.systemd >= FIRST_WITHOUT_V1;
            if other_rest != rest {
                continue;
            }
            is_after |= !is_new && row.certain && other > version;
            let is_nearer = before
                .as_ref()
                .is_none_or(|(nearest, _, known)| (known.certain, nearest) < (row.certain, &other));
            if is_new && other < version && is_nearer {
                before = Some((other, of, row));
            }
        }
        let before = before.map(|(_, release, row)| (release, row));
        (before, is_after)
    }

    /// Returns the dates of a release (`RELVER` without date stamp) that ship with the program.
    pub fn lifecycle(&self, distribution: &str, release: &str) -> Option<&'static Lifecycle> {
        data::lifecycle(distribution, release)
    }

    /// Returns the last day of a release's standard support: from the checkout's settings; else from
    /// this machine or the program, the later one.
    pub fn support(&self, distribution: &str, release: &str) -> Option<Support<'a>> {
        let key = (SmolStr::new(distribution), SmolStr::new(release));
        if let Some(end) = self.settings.end_of_life.get(&key) {
            return Some(Support {
                end,
                certain: true,
                source: SETTINGS,
            });
        }
        let machine = self.releases.iter();
        // Releases differ more often.
        let machine = machine.filter(|r| r.release == release && r.distribution == distribution);
        let machine = machine.filter_map(|r| r.eol.as_deref()).max();
        let shipped = self.lifecycle(distribution, release);
        let shipped = shipped.and_then(|row| Some((row, row.end_of_support.as_deref()?)));
        match (machine, shipped) {
            (Some(end), shipped) if shipped.is_none_or(|(row, own)| !row.certain || own < end) => {
                Some(Support {
                    end,
                    certain: true,
                    source: DISTRO_INFO,
                })
            }
            (_, Some((row, end))) => Some(Support {
                end,
                certain: row.certain,
                source: &row.source,
            }),
            _ => None,
        }
    }

    /// Returns whether a name with a dash is that of a command that distributions ship, or that the
    /// checkout's settings declare.
    pub fn is_known_command(&self, name: &str) -> bool {
        let shipped = data::dashed_commands();
        shipped
            .binary_search_by(|known| known.as_str().cmp(name))
            .is_ok()
            || self.settings.commands.contains(name)
    }

    /// Returns the codename of a release: from the checkout's settings, from this machine, or from
    /// the program, in this order.
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

    /// Returns the releases of a distribution that have a codename.
    pub fn releases_called(&self, distribution: &str, codename: &str) -> Vec<&'a str> {
        let own = self.settings.codenames.iter();
        let own = own
            .filter(|((d, _), name)| d == distribution && *name == codename)
            .map(|((_, release), _)| release.as_str());
        let known = self.releases.iter().chain(data::releases());
        let known = known
            .filter(|r| r.distribution == distribution && r.codename == codename)
            .map(|r| r.release.as_str());
        let mut found: Vec<&str> = own.chain(known).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns whether a release has long-term support: at Ubuntu, those of April in even years.
    pub fn is_lts(distribution: &str, release: &str) -> bool {
        distribution == "ubuntu"
            && release
                .strip_suffix(".04")
                .and_then(|year| year.parse::<u32>().ok())
                .is_some_and(|year| year % 2 == 0)
    }

    /// Returns whether a release of a distribution is known.
    pub fn knows(&self, distribution: &str, release: &str) -> bool {
        self.known(distribution, release).next().is_some()
    }

    fn known<'s>(
        &self,
        distribution: &'s str,
        release: &'s str,
    ) -> impl Iterator<Item = &'a Release> + use<'a, 's> {
        let own = self.releases.iter();
        own.filter(move |r| r.release == release && r.distribution == distribution)
            .chain(data::releases_of(distribution, release).iter().copied())
    }

    /// Joins the Nix files with the images, and calls `body` with them. Of a file that does not
    /// parse, the last text that did counts.
    pub fn with_joined<T>(&self, body: impl FnOnce(&Joined<'_>) -> T) -> T {
        self.join(
            Sources {
                repository: self.repository_files(),
                table: self.nix(TEST_TABLE, |f| f.test_table()?.last_known()),
            },
            body,
        )
    }

    /// Joins the Nix files with the images for findings, and calls `body` with them. A file that
    /// was saved and does not parse says nothing.
    pub fn with_joined_as_saved<T>(&self, body: impl FnOnce(&Joined<'_>) -> T) -> T {
        self.join(
            Sources {
                repository: self.repository_files_as_saved(),
                table: self.nix(TEST_TABLE, |f| f.test_table()?.facts.as_ref()),
            },
            body,
        )
    }

    /// Returns the files of the repository. Of one that does not parse, the last text that did
    /// counts.
    pub fn repository_files(&self) -> Option<RepositoryFiles<'a>> {
        self.repository_of(|file| file.repository()?.last_known())
    }

    /// Returns the files of the repository for findings: one that was saved and does not parse says
    /// nothing.
    pub fn repository_files_as_saved(&self) -> Option<RepositoryFiles<'a>> {
        self.repository_of(|file| file.repository()?.facts.as_ref())
    }

    fn repository_of(
        &self,
        facts: fn(&'a File) -> Option<&'a RepositoryFacts>,
    ) -> Option<RepositoryFiles<'a>> {
        let tree = self.tree;
        RepositoryFiles::new(tree, |id| facts(tree.file(id)?))
    }

    /// Returns whether a file is the repository's own, or a module that it imports. What others say
    /// is of no account.
    pub fn is_of_repository(&self, id: FileId) -> bool {
        match self.tree.file(id).map(|file| file.kind) {
            Some(FileKind::Repository) => true,
            Some(FileKind::RepositoryModule) => {
                let files = self.repository_files();
                files.is_some_and(|files| files.ids().any(|of_repository| of_repository == id))
            }
            _ => false,
        }
    }

    /// Returns a Nix file with its facts.
    fn nix<T>(&self, path: &str, facts: fn(&'a File) -> Option<&'a T>) -> Option<(FileId, &'a T)> {
        let id = self.tree.id(path)?;
        Some((id, facts(self.tree.file(id)?)?))
    }

    fn join<T>(&self, sources: Sources<'a>, body: impl FnOnce(&Joined<'_>) -> T) -> T {
        let files = sources.repository;
        let registrations = files.map(|files| Registrations::new(self.model, files));
        body(&Joined::new(registrations.as_ref(), sources.table))
    }
}

/// The Nix files, before they are joined with the images.
struct Sources<'a> {
    repository: Option<RepositoryFiles<'a>>,
    table: Option<(FileId, &'a TableFacts)>,
}

/// The Nix files joined with the images. A part is `None` where its file is missing or was
/// never understood.
pub struct Joined<'a> {
    /// Published images.
    pub registrations: Option<&'a Registrations<'a>>,
    /// Rows of the test table.
    pub table: Option<Table<'a>>,
    collection: OnceLock<Option<Collection<'a>>>,
}

impl<'a> Joined<'a> {
    fn new(
        registrations: Option<&'a Registrations<'a>>,
        table: Option<(FileId, &'a TableFacts)>,
    ) -> Joined<'a> {
        Joined {
            registrations,
            table: table.map(|(id, facts)| Table::new(id, facts, registrations)),
            collection: OnceLock::new(),
        }
    }

    /// Returns the garbage collection of the published images.
    pub fn collection(&self) -> Option<&Collection<'a>> {
        self.collection
            .get_or_init(|| self.registrations.map(Collection::new))
            .as_ref()
    }
}
