//! Files of the repository: `os/configs/image-repository.nix`, and the modules that it imports.
//!
//! Only what is certain counts: an import that is not a path to a file beside the repository, or to
//! one that cannot be read, may publish anything.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::format_smolstr;

use super::tree::{CONFIGS, Node, REPOSITORY, Tree};
use super::{FileId, FileKind};
use syntax::nix::{Repository, RepositoryFacts};

/// A file of the repository.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryFile<'a> {
    /// The file.
    pub id: FileId,
    /// Facts of the file.
    pub facts: &'a RepositoryFacts,
}

/// The files of the repository.
#[derive(Debug, Clone)]
pub struct RepositoryFiles<'a> {
    /// The repository's own file, and then the modules that it imports, each once.
    files: Vec<RepositoryFile<'a>>,
    /// Modules that are imported and do not count: they do not parse, or contradict another file.
    left_out: Vec<FileId>,
    /// Set when nothing is published elsewhere.
    is_whole: bool,
}

impl<'a> RepositoryFiles<'a> {
    /// Finds the files of a tree's repository; `None` where its own file says nothing. `facts`
    /// returns what is known of a file.
    pub fn new(
        tree: &Tree,
        facts: impl Fn(FileId) -> Option<&'a RepositoryFacts>,
    ) -> Option<RepositoryFiles<'a>> {
        let id = tree.id(REPOSITORY)?;
        let root = RepositoryFile {
            id,
            facts: facts(id)?,
        };
        let mut found = RepositoryFiles {
            files: vec![root],
            left_out: Vec::new(),
            is_whole: root.facts.imports_complete,
        };
        let mut seen = FxHashSet::from_iter([id]);
        let mut pending: Vec<&str> = paths(root.facts).collect();
        while let Some(path) = pending.pop() {
            let Some(id) = module(tree, path) else {
                found.is_whole = false;
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            let Some(facts) = facts(id) else {
                found.is_whole = false;
                found.left_out.push(id);
                continue;
            };
            found.is_whole &= facts.imports_complete;
            found.files.push(RepositoryFile { id, facts });
            pending.extend(paths(facts));
        }
        if found.files.len() > 1 && !found.agree() {
            // How Nix joins them is not followed.
            found.is_whole = false;
            let others = found.files.drain(1..);
            found.left_out.extend(others.map(|file| file.id));
        }
        Some(found)
    }

    /// Returns the files that count, the repository's own first.
    pub fn files(&self) -> impl Iterator<Item = RepositoryFile<'a>> {
        self.files.iter().copied()
    }

    /// Returns the repositories with the files that they are written in. One that several files
    /// add to is there several times.
    pub fn repositories(&self) -> impl Iterator<Item = (FileId, &'a Repository)> {
        self.files().flat_map(|file| {
            let repositories = file.facts.repositories.iter();
            repositories.map(move |repository| (file.id, repository))
        })
    }

    /// Returns all files, also those that do not count.
    pub fn ids(&self) -> impl Iterator<Item = FileId> {
        let files = self.files.iter().map(|file| file.id);
        files.chain(self.left_out.iter().copied())
    }

    /// Returns the modules that are imported and do not count.
    pub fn left_out(&self) -> &[FileId] {
        &self.left_out
    }

    /// Returns whether nothing is published elsewhere.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns whether no two files say something of the same entry, or other things of the
    /// repository.
    fn agree(&self) -> bool {
        let mut entries = FxHashMap::default();
        let mut vendors = FxHashMap::default();
        let mut variants = FxHashMap::default();
        for (id, repository) in self.repositories() {
            let name = &repository.name.value;
            for entry in &repository.entries {
                let key = (name, &entry.distribution.value, &entry.version.value);
                if *entries.entry(key).or_insert(id) != id {
                    return false;
                }
            }
            if let Some(vendor) = &repository.default_vendor
                && *vendors.entry(name).or_insert(vendor) != vendor
            {
                return false;
            }
            for (vendor, variant) in &repository.default_variants {
                if *variants.entry((name, vendor)).or_insert(variant) != variant {
                    return false;
                }
            }
        }
        true
    }
}

/// Returns the paths that a module imports, the last one first.
fn paths(facts: &RepositoryFacts) -> impl Iterator<Item = &str> {
    facts.imports.iter().rev().map(|path| path.value.as_str())
}

/// Returns the module that a path leads to from another one; `None` where it is not read.
fn module(tree: &Tree, path: &str) -> Option<FileId> {
    let name = path.strip_prefix("./").filter(|name| !name.contains('/'))?;
    match tree.node(&format_smolstr!("{CONFIGS}/{name}"))? {
        Node::File(id) => tree
            .file(*id)
            .filter(|file| is_module(file.kind))
            .map(|_| *id),
        _ => None,
    }
}

/// Returns whether a file is the repository's own, or one that it may import.
pub fn is_module(kind: FileKind) -> bool {
    matches!(kind, FileKind::Repository | FileKind::RepositoryModule)
}
