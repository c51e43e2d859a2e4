//! The files of the repository under change, and which of them a change is made in.

use std::cmp::Reverse;
use std::sync::Arc;

use smol_str::SmolStr;

use super::EntryKey;
use crate::Refusal;
use crate::nix::NixFile;
use model::FileId;
use model::repository::RepositoryFiles;
use model::table::known;
use model::tree::Tree;
use model::view::View;
use syntax::nix::{Repository, RepositoryFacts};

/// The files of the repository under change: its own first, then the modules that it imports.
#[derive(Debug, Clone)]
pub(crate) struct NixFiles {
    files: Vec<(FileId, NixFile)>,
}

impl NixFiles {
    /// Returns the files of a checkout's repository that nothing was done to yet; `None` where
    /// there is none.
    ///
    /// # Errors
    /// When a file does not parse: its path.
    pub(crate) fn new(view: &View<'_>, own: FileId) -> Result<Option<NixFiles>, SmolStr> {
        let imported = view.repository_files();
        let imported = imported.iter().flat_map(|files| files.ids().skip(1));
        let mut files = Vec::new();
        for id in [own].into_iter().chain(imported) {
            let Some(file) = view.tree.file(id) else {
                continue;
            };
            // Of a file that does not parse, facts and text are of different times.
            if file.is_stale() {
                return Err(file.path.clone());
            }
            if !file.is_readable() && id != own {
                continue;
            }
            let file = NixFile::of(file);
            if file.repository().is_err() {
                return Err(file.path().clone());
            }
            files.push((id, file));
        }
        Ok((!files.is_empty()).then_some(NixFiles { files }))
    }

    /// Returns the files, the repository's own first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileId, &NixFile)> {
        self.files.iter().map(|(id, file)| (*id, file))
    }

    /// Returns the facts of the files as they are now.
    pub(crate) fn facts(&self) -> Vec<(FileId, Arc<RepositoryFacts>)> {
        let facts = |(id, file): (FileId, &NixFile)| Some((id, file.repository().ok()?));
        self.iter().filter_map(facts).collect()
    }

    /// Returns one of the files.
    pub(crate) fn file(&self, id: FileId) -> Option<&NixFile> {
        self.iter().find(|(of, _)| *of == id).map(|(_, file)| file)
    }

    /// Returns one of the files, to be changed.
    ///
    /// # Errors
    /// When it is none of them.
    pub(crate) fn file_mut(&mut self, id: FileId) -> Result<&mut NixFile, Refusal> {
        let mut files = self.files.iter_mut();
        let found = files.find(|(of, _)| *of == id).map(|(_, file)| file);
        found.ok_or_else(|| Refusal::new("the file is not part of the repository any more"))
    }

    /// Returns the file that has an entry.
    pub(crate) fn of_entry(&self, key: &EntryKey) -> Option<&NixFile> {
        let has_entry = |file: &NixFile| {
            let facts = file.repository();
            facts.is_ok_and(|facts| key.find(&facts).is_some())
        };
        self.iter()
            .map(|(_, file)| file)
            .find(|file| has_entry(file))
    }

    /// Returns the file that has an entry, to be changed; the repository's own where none has.
    ///
    /// # Errors
    /// When several have it.
    pub(crate) fn of_entry_mut(&mut self, key: &EntryKey) -> Result<&mut NixFile, Refusal> {
        let facts = self.facts();
        let has_entry = facts.iter().filter(|(_, facts)| key.find(facts).is_some());
        let ids: Vec<FileId> = has_entry.map(|(id, _)| *id).collect();
        match ids.as_slice() {
            [] => self.own_mut(),
            [id] => self.file_mut(*id),
            _ => {
                let paths = ids
                    .iter()
                    .filter_map(|id| Some(self.file(*id)?.path().as_str()));
                let paths: Vec<&str> = paths.collect();
                Err(Refusal::new(format!(
                    "{key} is written in {}: change it there by hand",
                    paths.join(" and in ")
                )))
            }
        }
    }

    /// Returns the file that an entry is to be inserted into: the one that has it, or most of its
    /// distribution.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn for_entry_mut(
        &mut self,
        tree: &Tree,
        key: &EntryKey,
    ) -> Result<&mut NixFile, Refusal> {
        let id = self.best(tree, |repository| {
            let is_sibling = |value: &SmolStr| *value == key.distribution;
            let entries = repository.entries.iter();
            let siblings = entries
                .filter(|e| is_sibling(&e.distribution.value))
                .count();
            let mut distributions = repository.distributions.iter();
            (
                repository.entries.iter().any(|entry| key.is_of(entry)),
                siblings,
                distributions.any(|d| is_sibling(&d.name.value)),
                repository.images_set.is_some(),
            )
        });
        match id {
            Some(id) => self.file_mut(id),
            None => self.own_mut(),
        }
    }

    /// Returns the file that a garbage-collection entry is to be inserted into: the one that has
    /// most of the distribution.
    pub(crate) fn for_collection(&self, tree: &Tree, distribution: &str) -> Option<FileId> {
        let best = self.best(tree, |repository| {
            let entries = repository.collections.iter();
            let siblings = entries.filter(|e| known(&e.distribution) == Some(distribution));
            (
                repository.collections_list.is_some(),
                siblings.count(),
                repository.collections.len(),
            )
        });
        best.or_else(|| self.files.first().map(|(id, _)| *id))
    }

    /// Returns the file with the highest score of those that say something of the repository that
    /// is changed: the first one.
    fn best<K: Ord>(&self, tree: &Tree, score: impl Fn(&Repository) -> K) -> Option<FileId> {
        let facts = self.facts();
        let files = joined(tree, &facts)?;
        let (_, first) = files.repositories().next()?;
        let firsts = files.files().filter_map(|file| {
            let repository = file.facts.repositories.first()?;
            (repository.name.value == first.name.value).then_some((file.id, repository))
        });
        let scored = firsts.enumerate();
        let best = scored.max_by_key(|(at, (_, repository))| (score(repository), Reverse(*at)));
        best.map(|(_, (id, _))| id)
    }

    fn own_mut(&mut self) -> Result<&mut NixFile, Refusal> {
        let own = self.files.first_mut().map(|(_, file)| file);
        own.ok_or_else(|| Refusal::new("there is no repository: add it first"))
    }
}

/// Joins the files of the repository by their facts as they are now.
pub(crate) fn joined<'f>(
    tree: &Tree,
    facts: &'f [(FileId, Arc<RepositoryFacts>)],
) -> Option<RepositoryFiles<'f>> {
    RepositoryFiles::new(tree, |id| {
        let found = facts.iter().find(|(of, _)| *of == id);
        found.map(|(_, facts)| &**facts)
    })
}
