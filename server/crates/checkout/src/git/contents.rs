//! Reading the known places of a revision: what [`crate::disk`] reads from a disk.

use std::sync::Arc;

use gix::ObjectId;
use gix::objs::tree::EntryKind;
use smol_str::{SmolStr, format_smolstr};

use super::revision::{Resolved, Revision};
use crate::reader::{FILES, is_below, is_module};
use model::tree::{
    CONFIGS, File, MAX_SUITE_DEPTH, Node, SCRIPT_DIRECTORIES, SETTINGS, SUITE, Tree, is_editor_file,
};
use model::{FileKind, Layout};

impl Revision<'_> {
    /// Reads all known places.
    pub(super) fn tree(mut self, layout: Layout) -> Result<Tree, String> {
        let prefix = layout.prefix();
        let mut tree = Tree::new(layout);
        for parent in ["images", "builders"] {
            let parent = format_smolstr!("{prefix}{parent}");
            tree.insert(&parent, Node::Directory);
            for entry in self.list(&mut tree, &parent)?.iter() {
                self.count_entry()?;
                let path = format_smolstr!("{parent}/{}", entry.name);
                match entry.kind {
                    EntryKind::Tree => {
                        tree.insert(&path, Node::Directory);
                        self.directory(&mut tree, &path)?;
                    }
                    EntryKind::Link if !is_editor_file(&path) => {
                        self.insert_link(&mut tree, &path, None, entry.id)?;
                    }
                    _ => {}
                }
            }
        }
        for directory in SCRIPT_DIRECTORIES {
            self.directory(&mut tree, &format_smolstr!("{prefix}{directory}"))?;
        }
        if layout == Layout::Whole {
            self.suite(&mut tree, SUITE, 0)?;
        }
        for path in FILES {
            if layout == Layout::Whole || path == SETTINGS {
                self.file(&mut tree, path)?;
            }
        }
        if layout == Layout::Whole {
            self.modules(&mut tree)?;
        }
        Ok(tree)
    }

    /// Reads the modules that the repository may import. One that cannot be read is of no account
    /// unless it is imported.
    fn modules(&mut self, tree: &mut Tree) -> Result<(), String> {
        let Resolved::Directory(id) = self.resolve(CONFIGS)? else {
            return Ok(());
        };
        for entry in self.entries(id, &self.full(CONFIGS))?.iter() {
            let path = format_smolstr!("{CONFIGS}/{}", entry.name);
            if !matches!(entry.kind, EntryKind::Blob | EntryKind::BlobExecutable)
                || !is_module(tree.layout, &path)
            {
                continue;
            }
            self.count_entry()?;
            let kind = FileKind::RepositoryModule;
            tree.insert_file(match self.text(entry.id, &path) {
                Ok(Some(text)) => File::new(path, kind, text, None),
                Ok(None) | Err(_) => File::unreadable(path, kind),
            });
        }
        Ok(())
    }

    /// Reads the files directly in a directory.
    fn directory(&mut self, tree: &mut Tree, directory: &str) -> Result<(), String> {
        let images = format!("{}images/", tree.layout.prefix());
        for entry in self.list(tree, directory)?.iter() {
            self.count_entry()?;
            let path = format_smolstr!("{directory}/{}", entry.name);
            let Some(kind) = tree.layout.kind_of(&path) else {
                if entry.kind == EntryKind::Link && is_below(&path, SUITE) {
                    // Tests that it leads to are not read.
                    tree.insert(&path, Node::Unreadable);
                }
                continue;
            };
            match (entry.kind, kind) {
                (EntryKind::Blob | EntryKind::BlobExecutable, _) => {
                    self.insert_file(tree, &path, entry.id)?;
                }
                (EntryKind::Link, _) => self.insert_link(tree, &path, Some(kind), entry.id)?,
                (EntryKind::Tree, FileKind::Other) => {
                    if directory.starts_with(&images) {
                        tree.insert(&path, Node::Directory);
                    }
                }
                (EntryKind::Tree, FileKind::Suite) | (EntryKind::Commit, _) => {}
                (EntryKind::Tree, _) => {
                    tree.insert_file(File::unreadable(path, kind));
                }
            }
        }
        Ok(())
    }

    /// Reads the directories of the suite.
    fn suite(&mut self, tree: &mut Tree, directory: &str, depth: usize) -> Result<(), String> {
        self.directory(tree, directory)?;
        if depth > MAX_SUITE_DEPTH {
            return Ok(());
        }
        for entry in self.list(tree, directory)?.iter() {
            if entry.kind == EntryKind::Tree {
                self.suite(tree, &format!("{directory}/{}", entry.name), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Reads one file, if it is there.
    fn file(&mut self, tree: &mut Tree, path: &str) -> Result<(), String> {
        match self.resolve(path)? {
            Resolved::File(id) => self.insert_file(tree, path, id)?,
            Resolved::Missing => {}
            _ => {
                let kind = tree.layout.kind_of(path).unwrap_or(FileKind::Other);
                tree.insert_file(File::unreadable(SmolStr::new(path), kind));
            }
        }
        Ok(())
    }

    /// Reads a link at the path of a file of some use, or of a directory.
    fn insert_link(
        &mut self,
        tree: &mut Tree,
        path: &str,
        file: Option<FileKind>,
        id: ObjectId,
    ) -> Result<(), String> {
        match (self.resolve(path)?, file) {
            (Resolved::Directory(_), Some(FileKind::Script)) => {
                tree.insert_file(File::unreadable(SmolStr::new(path), FileKind::Script));
                return Ok(());
            }
            (Resolved::Outside, None) => {
                tree.insert(path, Node::Unreadable);
                return Ok(());
            }
            (Resolved::Outside, Some(kind)) if kind != FileKind::Other => {
                tree.insert_file(File::unreadable(SmolStr::new(path), kind));
                return Ok(());
            }
            _ => {}
        }
        if let Some(leads_to) = self.link(id, path)? {
            tree.insert(path, Node::Link(leads_to));
        }
        Ok(())
    }

    fn insert_file(&mut self, tree: &mut Tree, path: &str, id: ObjectId) -> Result<(), String> {
        let kind = tree.layout.kind_of(path).unwrap_or(FileKind::Other);
        // That such a file exists matters, and not what it says.
        let text = match kind {
            FileKind::Other => Some(Arc::from("")),
            _ => self.text(id, path)?,
        };
        let path = SmolStr::new(path);
        tree.insert_file(match text {
            Some(text) => File::new(path, kind, text, None),
            None => File::unreadable(path, kind),
        });
        Ok(())
    }
}
