//! Known paths of a checkout: which files, directories and links there are, and what the files
//! say. Filled from a disk, a git revision or a test's fixture; nothing here reads any.
//!
//! A file is its real path: however many alias images lead to it, it is one [`File`].

mod changed_file;
mod editor_file;
mod file;
mod layout;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use syntax::bash::ScriptFacts;

pub use changed_file::{ChangeKind, ChangedFile};
pub use editor_file::is_editor_file;
pub use file::{Facts, File};
pub use layout::{
    ALL_TESTS, CONFIGS, FileKind, Layout, MAX_SUITE_DEPTH, REPOSITORY, SCRIPT_DIRECTORIES,
    SETTINGS, SUITE, TEST_TABLE,
};

/// A file of the checkout. Stays the same as long as the checkout is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Kind of thing at a path of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file, by its real path.
    File(FileId),
    /// A symbolic link, with the path that it leads to as written.
    Link(SmolStr),
    /// A directory.
    Directory,
    /// A directory, or a link to one, that is there and is not read: nothing is known of what is in
    /// it.
    Unreadable,
}

/// Reason why a path leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing is there.
    Missing,
    /// Links lead in a circle.
    Loop,
    /// Nothing is known of what is there.
    Unknown,
}

/// Files, directories and links of a checkout.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Layout of the checkout.
    pub layout: Layout,
    nodes: BTreeMap<SmolStr, Node>,
    files: Vec<Option<Arc<File>>>,
    paths: Vec<SmolStr>,
    ids: FxHashMap<SmolStr, FileId>,
    /// Set when there may be links, or directories that are not read.
    has_links: bool,
}

impl Tree {
    /// A tree with nothing in it.
    pub fn new(layout: Layout) -> Tree {
        Tree {
            layout,
            nodes: BTreeMap::new(),
            files: Vec::new(),
            paths: Vec::new(),
            ids: FxHashMap::default(),
            has_links: false,
        }
    }

    /// Puts a file at its real path, replacing what was there.
    pub fn insert_file(&mut self, file: impl Into<Arc<File>>) -> FileId {
        let (path, id) = self.put(file.into());
        self.nodes.insert(path, Node::File(id));
        id
    }

    /// Puts a file under its number, but at no path.
    fn put(&mut self, file: Arc<File>) -> (SmolStr, FileId) {
        let path = file.path.clone();
        let id = self.id_for(&path);
        if let Some(slot) = self.files.get_mut(id.0 as usize) {
            *slot = Some(file);
        }
        (path, id)
    }

    fn id_for(&mut self, path: &SmolStr) -> FileId {
        if let Some(id) = self.ids.get(path) {
            return *id;
        }
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(None);
        self.paths.push(path.clone());
        self.ids.insert(path.clone(), id);
        id
    }

    /// Puts a link or a directory.
    pub fn insert(&mut self, path: &str, node: Node) {
        self.has_links |= matches!(node, Node::Link(_) | Node::Unreadable);
        self.nodes.insert(SmolStr::new(path), node);
    }

    /// Puts many files, links and directories at different paths.
    pub fn insert_all(&mut self, files: Vec<Arc<File>>, nodes: Vec<(SmolStr, Node)>) {
        self.ids.reserve(files.len());
        self.files.reserve(files.len());
        self.paths.reserve(files.len());
        self.has_links |= nodes
            .iter()
            .any(|(_, node)| matches!(node, Node::Link(_) | Node::Unreadable));
        let mut all = nodes;
        all.reserve(files.len());
        for file in files {
            let (path, id) = self.put(file);
            all.push((path, Node::File(id)));
        }
        if self.nodes.is_empty() {
            all.par_sort_by(|(one, _), (other, _)| one.cmp(other));
            self.nodes = all.into_iter().collect();
        } else {
            self.nodes.extend(all);
        }
    }

    /// Removes the node at a path, and everything below it.
    pub fn remove(&mut self, path: &str) {
        let gone = self.at_or_below(path).into_iter();
        for path in gone.map(|(path, _)| path.clone()).collect::<Vec<_>>() {
            if let Some(Node::File(id)) = self.nodes.remove(&path)
                && let Some(slot) = self.files.get_mut(id.0 as usize)
            {
                *slot = None;
            }
        }
    }

    /// Returns the node at a path and those below it, in order.
    pub fn at_or_below(&self, path: &str) -> Vec<(&SmolStr, &Node)> {
        let below = format_smolstr!("{path}/");
        self.nodes
            .range::<str, _>((Bound::Included(path), Bound::Unbounded))
            .take_while(|(p, _)| p.starts_with(path))
            .filter(|(p, _)| *p == path || p.starts_with(below.as_str()))
            .collect()
    }

    /// Returns the file with that number, if it is still there.
    pub fn file(&self, id: FileId) -> Option<&Arc<File>> {
        self.files.get(id.0 as usize)?.as_ref()
    }

    /// Returns the real path that a number stands for, also when the file is gone.
    pub fn path(&self, id: FileId) -> Option<&SmolStr> {
        self.paths.get(id.0 as usize)
    }

    /// Returns the number of the file at a real path.
    pub fn id(&self, path: &str) -> Option<FileId> {
        let id = *self.ids.get(path)?;
        self.file(id).map(|_| id)
    }

    /// Returns the node at a path; links are not followed.
    pub fn node(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// Returns the facts of the script with that number, if it is still there and a script.
    pub fn script(&self, id: FileId) -> Option<&ScriptFacts> {
        self.file(id)?.script()
    }

    /// Returns all files, in the order of their numbers.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Arc<File>)> {
        let number = |at: usize| FileId(u32::try_from(at).unwrap_or(u32::MAX));
        self.files
            .iter()
            .enumerate()
            .filter_map(move |(at, file)| Some((number(at), file.as_ref()?)))
    }

    /// Returns the nodes directly in a directory with their names, in order.
    pub fn children(&self, directory: &str) -> impl Iterator<Item = (&str, &Node)> {
        let prefix = if directory.is_empty() {
            SmolStr::default()
        } else {
            format_smolstr!("{directory}/")
        };
        let start = prefix.clone();
        self.nodes
            .range::<str, _>((Bound::Included(start.as_str()), Bound::Unbounded))
            .map_while(move |(path, node)| Some((path.strip_prefix(prefix.as_str())?, node)))
            .filter(|(name, _)| !name.is_empty() && !name.contains('/'))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Returns the real path of a path: links followed, `.` and `..` taken out.
    ///
    /// # Errors
    /// When nothing is there, links lead in a circle, or nothing is known of it.
    pub fn resolve(&self, path: &str) -> Result<SmolStr, Broken> {
        if self
            .ids
            .get(path)
            .is_some_and(|id| self.file(*id).is_some())
        {
            return Ok(SmolStr::new(path));
        }
        let mut pending: Vec<SmolStr> = path.rsplit('/').map(SmolStr::new).collect();
        let mut real = String::with_capacity(path.len());
        let mut hops = 0;
        while let Some(part) = pending.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    if real.is_empty() {
                        return Err(Broken::Missing);
                    }
                    real.truncate(real.rfind('/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let parent = real.len();
            if !real.is_empty() {
                real.push('/');
            }
            real.push_str(&part);
            let node = self
                .has_links
                .then(|| self.nodes.get(real.as_str()))
                .flatten();
            if let Some(Node::Unreadable) = node {
                return Err(Broken::Unknown);
            }
            if let Some(Node::Link(leads_to)) = node {
                hops += 1;
                if hops > 40 {
                    return Err(Broken::Loop);
                }
                if leads_to.starts_with('/') {
                    return Err(Broken::Missing);
                }
                real.truncate(parent);
                pending.extend(leads_to.rsplit('/').map(SmolStr::new));
            }
        }
        if self.exists_really(&real) {
            Ok(SmolStr::new(real))
        } else {
            Err(Broken::Missing)
        }
    }

    fn exists_really(&self, path: &str) -> bool {
        match self.nodes.get(path) {
            Some(_) => true,
            None => {
                let below = format_smolstr!("{path}/");
                self.nodes
                    .range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded))
                    .next()
                    .is_some_and(|(p, _)| p.starts_with(below.as_str()))
            }
        }
    }

    /// Returns the paths of links, with those that they lead to, the links on the way not followed; and
    /// those of everything that is not read, of which that is not known.
    pub fn links(&self) -> impl Iterator<Item = (&SmolStr, Option<SmolStr>)> {
        let nodes = self.has_links.then_some(&self.nodes).into_iter().flatten();
        nodes.filter_map(|(path, node)| match node {
            Node::Link(leads_to) => Some((path, Some(path_beside(path, leads_to)?))),
            Node::Unreadable => Some((path, None)),
            Node::File(id) if !self.file(*id)?.is_readable() => Some((path, None)),
            _ => None,
        })
    }

    /// Returns whether a path leads to something that is not read, so that nobody can say what is
    /// there.
    pub fn is_unknown(&self, path: &str) -> bool {
        self.resolve(path) == Err(Broken::Unknown)
    }

    /// Returns the file that a path leads to, links followed.
    pub fn resolve_file(&self, path: &str) -> Option<FileId> {
        self.id(&self.resolve(path).ok()?)
    }
}

/// Returns the path from the root of the checkout that a relative path means beside another one, links
/// not followed; `None` when it leads out of the checkout.
pub fn path_beside(path: &str, leads_to: &str) -> Option<SmolStr> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    if leads_to.starts_with('/') {
        return None;
    }
    for part in leads_to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/").into())
}
