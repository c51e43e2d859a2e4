//! What rules see.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::repository::collection::Collection;
use super::{Anchor, Rule};
use crate::model::data::{self, Support, SystemdVersion};
use crate::model::published::Publication;
use crate::model::settings::Settings;
use crate::model::table::Table;
use crate::model::tree::{REPOSITORY, TEST_TABLE, Tree};
use crate::model::{Directory, FileId, Image, Model};
use crate::syntax::nix::{RepositoryFacts, TableFacts};

/// What every rule sees.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The files.
    pub tree: &'a Tree,
    /// What they mean together.
    pub model: &'a Model,
    /// What the checkout says of its findings.
    pub settings: &'a Settings,
    /// The file the settings are from.
    pub settings_file: Option<FileId>,
    /// The last days of support that were found on this machine.
    pub support: &'a [Support],
    /// Today, `YYYY-MM-DD`.
    pub today: &'a str,
    /// Rules that are switched off, by code: for tests.
    pub disabled: &'a FxHashSet<&'static str>,
}

impl<'a> Context<'a> {
    /// Whether a rule is to be judged at all.
    pub fn is_on(&self, rule: &Rule) -> bool {
        !matches!(self.settings.severities.get(rule.code), Some(None))
            && !self.disabled.contains(rule.code)
    }

    /// Where what concerns a whole image stands.
    pub fn anchor_of(&self, image: &Image) -> Option<Anchor> {
        self.model
            .directories
            .get(&image.directory)?
            .anchor()
            .map(Anchor::file)
    }

    /// Where what concerns a directory of images stands.
    pub fn anchor_of_directory(&self, directory: &Directory) -> Option<Anchor> {
        directory.anchor().map(Anchor::file)
    }

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

    /// The distributions of which [`Context::end_of_support`] knows anything.
    pub fn distributions_with_support(&self) -> FxHashSet<&'a str> {
        let found = self.support.iter().map(|s| s.distribution.as_str());
        found
            .chain(data::codenames().iter().map(|c| c.distribution.as_str()))
            .collect()
    }

    /// The last day of support of a release, `YYYY-MM-DD`.
    pub fn end_of_support(&self, distribution: &str, release: &str) -> Option<&'a str> {
        let found = self
            .support
            .iter()
            .find(|s| s.distribution == distribution && s.release == release);
        found.map(|s| s.eol.as_str()).or_else(|| {
            let shipped = data::codenames()
                .iter()
                .find(|c| c.distribution == distribution && c.release == release);
            shipped?.eol.as_deref()
        })
    }
}

/// The Nix files, before they are joined with the images.
pub(super) struct Sources<'a> {
    repository: Option<(FileId, &'a RepositoryFacts)>,
    table: Option<(FileId, &'a TableFacts)>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(cx: &Context<'a>) -> Sources<'a> {
        let file = |path: &str| {
            cx.tree
                .id(path)
                .and_then(|id| Some((id, cx.tree.file(id)?)))
        };
        Sources {
            repository: file(REPOSITORY)
                .and_then(|(id, f)| Some((id, f.repository()?.facts.as_ref()?))),
            table: file(TEST_TABLE).and_then(|(id, f)| Some((id, f.test_table()?.facts.as_ref()?))),
        }
    }

    pub(super) fn publication(&self, cx: &Context<'a>) -> Option<Publication<'a>> {
        self.repository
            .map(|(id, facts)| Publication::new(cx.model, id, facts))
    }

    pub(super) fn join(self, publication: Option<&'a Publication<'a>>) -> Joined<'a> {
        let table = self
            .table
            .map(|(id, facts)| Table::new(id, facts, publication));
        Joined {
            publication,
            table,
            collection: OnceCell::new(),
        }
    }
}

/// The Nix files joined with the images. A part is `None` where its file is missing or was
/// never understood.
pub struct Joined<'a> {
    /// What is published.
    pub publication: Option<&'a Publication<'a>>,
    /// What is tested.
    pub table: Option<Table<'a>>,
    collection: OnceCell<Option<Collection<'a>>>,
}

impl<'a> Joined<'a> {
    /// What is collected as garbage of what is published.
    pub(super) fn collection(&self) -> Option<&Collection<'a>> {
        self.collection
            .get_or_init(|| self.publication.map(Collection::new))
            .as_ref()
    }
}
