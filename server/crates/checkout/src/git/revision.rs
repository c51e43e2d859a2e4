//! Directories, links and texts of one revision, from the objects of its repository.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::ObjectId;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;
use gix::revision::spec::parse;
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::library::{open_library, reason};
use super::repository::Repository;
use crate::root::Root;
use crate::text::MAX_SIZE;
use model::tree::{Node, Tree};

/// Extensions of a repository that change nothing in how objects and references are read.
const EXTENSIONS: [&str; 8] = [
    "noop",
    "noop-v1",
    "objectformat",
    "partialclone",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
];

/// Links that are followed before they count as a circle.
const MAX_LINKS: usize = 40;
/// Longer links are not to be had on a disk.
const MAX_LINK_SIZE: usize = 4096;
/// Tags that are followed to a commit.
const MAX_TAGS: usize = 40;

/// Files, directories and links of a revision that are read at most. A repository of a few KiB can
/// have more than any machine holds, because a directory may be in it many times.
const MAX_ENTRIES: usize = if cfg!(test) { 1_000 } else { 100_000 };
/// Bytes of text that are read at most.
const MAX_TEXT: usize = 256 << 20;
/// Names that are looked up at most: links may lead through thousands.
const MAX_STEPS: usize = if cfg!(test) { 50_000 } else { 5_000_000 };

/// An entry of a directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: SmolStr,
    pub(super) kind: EntryKind,
    pub(super) id: ObjectId,
}

/// Entries of a directory.
#[derive(Debug, Default)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    by_name: FxHashMap<SmolStr, usize>,
}

impl Entries {
    fn new(entries: Vec<Entry>) -> Entries {
        let mut by_name = FxHashMap::default();
        for (index, entry) in entries.iter().enumerate() {
            by_name.entry(entry.name.clone()).or_insert(index);
        }
        Entries { entries, by_name }
    }

    /// Returns all, in order.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(*self.by_name.get(name)?)
    }
}

/// What was read of a revision so far.
#[derive(Debug, Default)]
struct Amount {
    entries: usize,
    text: usize,
    steps: usize,
}

/// The end of a path, links followed.
pub(super) enum Resolved {
    File(ObjectId),
    Directory(ObjectId),
    Missing,
    /// A link leads out of the checkout.
    Outside,
    /// Links lead in a circle.
    Circle,
    /// A file stands on the way.
    NoDirectory,
}

/// The files of a revision.
pub(super) struct Revision<'r> {
    repository: gix::Repository,
    name: &'r str,
    /// The folder of the checkout.
    root: &'r Path,
    /// The path of the checkout in the repository.
    prefix: &'r str,
    /// The checkout's directory.
    top: Option<ObjectId>,
    /// Set when the revision is a commit, or a tag of one, and not the directory of one.
    pub(super) is_commit: bool,
    directories: FxHashMap<ObjectId, Rc<Entries>>,
    texts: FxHashMap<ObjectId, Option<Arc<str>>>,
    amount: Amount,
    progress: &'r AtomicUsize,
}

impl<'r> Revision<'r> {
    /// Opens a repository and finds a revision in it.
    pub(super) fn open(
        root: &'r Root,
        found: &'r Repository,
        name: &'r str,
        progress: &'r AtomicUsize,
    ) -> Result<Revision<'r>, String> {
        let mut revision = Revision::empty(root, found, name, progress)?;
        let (top, is_commit) = revision.root_directory()?;
        revision.is_commit = is_commit;
        let mut top = Some(top);
        let mut path = String::new();
        for part in found.prefix.split('/').filter(|part| !part.is_empty()) {
            let Some(id) = top else { break };
            let entries = revision.entries(id, &path)?;
            top = entries
                .get(part)
                .filter(|entry| entry.kind == EntryKind::Tree)
                .map(|entry| entry.id);
            path = format!("{path}{part}/");
        }
        revision.top = top;
        Ok(revision)
    }

    /// Opens a repository, and makes a revision of directories that are in none, by path.
    pub(super) fn made_up(
        root: &'r Root,
        found: &'r Repository,
        directories: BTreeMap<String, Vec<Entry>>,
        progress: &'r AtomicUsize,
    ) -> Result<Revision<'r>, String> {
        let mut revision = Revision::empty(root, found, "index", progress)?;
        revision.top = Some(made_up_id(""));
        let directories = directories
            .into_iter()
            .map(|(path, entries)| (made_up_id(&path), Rc::new(Entries::new(entries))));
        revision.directories = directories.collect();
        Ok(revision)
    }

    fn empty(
        root: &'r Root,
        found: &'r Repository,
        name: &'r str,
        progress: &'r AtomicUsize,
    ) -> Result<Revision<'r>, String> {
        let revision = Revision {
            repository: open_library(found, name)?,
            name,
            root: &root.path,
            prefix: &found.prefix,
            top: None,
            is_commit: false,
            directories: FxHashMap::default(),
            texts: FxHashMap::default(),
            amount: Amount::default(),
            progress,
        };
        revision.check_extensions()?;
        Ok(revision)
    }

    /// Returns the repository.
    pub(super) fn repository(&self) -> &gix::Repository {
        &self.repository
    }

    /// Reads a file, unless it is larger than those that are read.
    pub(super) fn blob(&self, id: ObjectId, path: &str) -> Result<Option<Vec<u8>>, String> {
        let what = shown(&self.full(path));
        match self.repository.try_find_header(id) {
            Ok(Some(header)) if header.size() > MAX_SIZE => Ok(None),
            Ok(_) => Ok(Some(self.load(id, &what)?.data.clone())),
            Err(error) => Err(self.damaged(&what, &reason(&error))),
        }
    }

    /// Refuses a repository that is kept in a way that the library does not know.
    fn check_extensions(&self) -> Result<(), String> {
        let config = self.repository.config_snapshot();
        let sections = config.plumbing().sections_by_name("extensions");
        for section in sections.into_iter().flatten() {
            for key in section.value_names() {
                let key = key.to_string().to_ascii_lowercase();
                let value = section.value(&key).unwrap_or_default();
                let known = match key.as_str() {
                    "refstorage" => value == "files",
                    _ => EXTENSIONS.contains(&key.as_str()),
                };
                if !known {
                    return Err(format!(
                        "`{}` cannot be read: the repository has the extension `{key} = {value}`, \
                         which is not supported; clone it without, or pass `--baseline FILE`",
                        self.name
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns the directory of the whole repository, and whether it is that of a commit.
    fn root_directory(&self) -> Result<(ObjectId, bool), String> {
        let id = self.repository.rev_parse_single(self.name);
        let mut id = id.map_err(|error| self.unknown(&error))?.detach();
        let (mut what, mut is_commit) = ("the commit", false);
        for _ in 0..MAX_TAGS {
            let object = self.load(id, what)?;
            let next = match object.kind {
                Kind::Tree => return Ok((id, is_commit)),
                Kind::Commit => object
                    .try_to_commit_ref_iter()
                    .and_then(|mut commit| commit.tree_id().ok()),
                Kind::Tag => object
                    .try_to_tag_ref_iter()
                    .and_then(|tag| tag.target_id().ok()),
                Kind::Blob => {
                    let name = self.name;
                    return Err(format!(
                        "`{name}` is a file; pass a branch, a tag or a commit"
                    ));
                }
            };
            id = next.ok_or_else(|| self.damaged(what, &"it cannot be parsed"))?;
            if object.kind == Kind::Commit {
                what = "the top directory";
                is_commit = true;
            }
        }
        Err(self.damaged("the commit", &"tags lead to tags without end"))
    }

    /// Returns why a revision is not found.
    fn unknown(&self, error: &gix::Error) -> String {
        let (name, reason) = (self.name, reason(error));
        let advice = if self.repository.is_shallow().unwrap_or(false) {
            "pass a branch, a tag or a commit; the clone is shallow, and `git fetch --unshallow` \
             fetches the commits that are left out"
        } else if error.downcast_any_ref::<parse::Error>().is_some() {
            "pass a branch, a tag or a commit"
        } else {
            "pass a branch, a tag or a commit, or see what `git fsck` says"
        };
        format!("`{name}` is not found: {reason}; {advice}")
    }

    fn damaged(&self, what: &str, reason: &dyn std::fmt::Display) -> String {
        let name = self.name;
        format!("{what} of `{name}` cannot be read: {reason}; see what `git fsck` says")
    }

    /// Reads an object; `what` says in messages which.
    fn load(&self, id: ObjectId, what: &str) -> Result<gix::Object<'_>, String> {
        self.progress.fetch_add(1, Ordering::Relaxed);
        match self.repository.try_find_object(id) {
            Ok(Some(object)) => Ok(object),
            Ok(None) => Err(self.missing(id, what)),
            Err(error) => Err(self.damaged(what, &reason(&error))),
        }
    }

    fn missing(&self, id: ObjectId, what: &str) -> String {
        format!(
            "{what} of `{}` is missing: the repository does not have its object {id}; \
             `git fetch --refetch` gets what a partial clone left out",
            self.name
        )
    }

    /// Returns the path of a path of the checkout in the repository: git shows those.
    pub(super) fn full(&self, path: &str) -> String {
        let separator = if self.prefix.is_empty() { "" } else { "/" };
        format!("{}{separator}{path}", self.prefix)
    }

    /// Reads a directory; `path` is that in the repository.
    pub(super) fn entries(&mut self, id: ObjectId, path: &str) -> Result<Rc<Entries>, String> {
        if let Some(entries) = self.directories.get(&id) {
            return Ok(entries.clone());
        }
        let entries = Rc::new(self.read_entries(id, &shown(path))?);
        self.directories.insert(id, entries.clone());
        Ok(entries)
    }

    fn read_entries(&self, id: ObjectId, what: &str) -> Result<Entries, String> {
        let object = self.load(id, what)?;
        if object.kind != Kind::Tree {
            return Err(self.damaged(what, &"it is no directory"));
        }
        let tree = object.into_tree();
        let tree = tree.decode();
        let tree = tree.map_err(|error| self.damaged(what, &reason(&error)))?;
        // As on a disk, what is not named in UTF-8 is none of the known places.
        let entries = tree.entries.iter().filter_map(|entry| {
            Some(Entry {
                name: SmolStr::new(std::str::from_utf8(entry.filename).ok()?),
                kind: entry.mode.kind(),
                id: entry.oid.to_owned(),
            })
        });
        Ok(Entries::new(entries.collect()))
    }

    /// Counts one more file, directory or link.
    pub(super) fn count_entry(&mut self) -> Result<(), String> {
        self.amount.entries += 1;
        match self.amount.entries > MAX_ENTRIES {
            true => Err(self.too_much(&format!("{MAX_ENTRIES} files and directories"))),
            false => Ok(()),
        }
    }

    fn too_much(&self, what: &str) -> String {
        format!(
            "`{}` has more than {what} of image scripts and tests, which is not read; \
             pass another revision, or `--baseline FILE`",
            self.name
        )
    }

    /// Returns what a path of the checkout leads to, links followed, as reading it from a disk
    /// does.
    pub(super) fn resolve(&mut self, path: &str) -> Result<Resolved, String> {
        let Some(top) = self.top else {
            return Ok(Resolved::Missing);
        };
        let mut pending: Vec<SmolStr> = path.rsplit('/').map(SmolStr::new).collect();
        // The directories that lead to the present one, with their paths.
        let mut parents = vec![(top, String::new())];
        let mut links = 0;
        while let Some(name) = pending.pop() {
            self.amount.steps += 1;
            if self.amount.steps > MAX_STEPS {
                return Err(self.too_much(&format!("{MAX_STEPS} names in its links")));
            }
            let Some((id, directory)) = parents.last().cloned() else {
                return Ok(Resolved::Outside);
            };
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    parents.pop();
                    continue;
                }
                _ => {}
            }
            let entries = self.entries(id, &self.full(&directory))?;
            let Some(entry) = entries.get(&name) else {
                return Ok(Resolved::Missing);
            };
            let path = format!("{directory}{name}");
            match entry.kind {
                EntryKind::Tree => parents.push((entry.id, format!("{path}/"))),
                EntryKind::Link => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Ok(Resolved::Circle);
                    }
                    match self.link(entry.id, &path)? {
                        Some(leads_to) if leads_to.starts_with('/') => {
                            return Ok(Resolved::Outside);
                        }
                        Some(leads_to) => {
                            pending.extend(leads_to.rsplit('/').map(SmolStr::new));
                        }
                        None => return Ok(Resolved::Missing),
                    }
                }
                // A submodule.
                EntryKind::Commit => return Ok(Resolved::Missing),
                _ if pending.is_empty() => return Ok(Resolved::File(entry.id)),
                _ => return Ok(Resolved::NoDirectory),
            }
        }
        Ok(match parents.last() {
            Some((id, _)) => Resolved::Directory(*id),
            None => Resolved::Outside,
        })
    }

    /// Returns the entries of a directory of the checkout, none if it is not there. One that the
    /// disk does not give either is marked as unreadable.
    pub(super) fn list(&mut self, tree: &mut Tree, directory: &str) -> Result<Rc<Entries>, String> {
        match self.resolve(directory)? {
            Resolved::Directory(id) => return self.entries(id, &self.full(directory)),
            Resolved::Missing => {}
            _ => tree.insert(directory, Node::Unreadable),
        }
        Ok(Rc::default())
    }

    /// Returns the path that a link leads to, unless it is not UTF-8.
    pub(super) fn link(&self, id: ObjectId, path: &str) -> Result<Option<SmolStr>, String> {
        let object = self.load(id, &shown(&self.full(path)))?;
        let text = std::str::from_utf8(&object.data).ok();
        let text = text.filter(|text| text.len() < MAX_LINK_SIZE);
        Ok(text.map(|leads_to| {
            // Some write the full path; inside the checkout it means the same.
            let inside = Path::new(leads_to).strip_prefix(self.root);
            match inside.ok().and_then(Path::to_str) {
                Some(inside) => {
                    let up = "../".repeat(path.matches('/').count());
                    format_smolstr!("{up}{inside}")
                }
                None => SmolStr::new(leads_to),
            }
        }))
    }

    /// Returns the text of a file; none if it is not read from a disk either.
    pub(super) fn text(&mut self, id: ObjectId, path: &str) -> Result<Option<Arc<str>>, String> {
        if let Some(text) = self.texts.get(&id) {
            return Ok(text.clone());
        }
        let text = self.read_text(id, path)?;
        self.amount.text += text.as_ref().map_or(0, |text| text.len());
        if self.amount.text > MAX_TEXT {
            return Err(self.too_much(&format!("{} MiB", MAX_TEXT >> 20)));
        }
        self.texts.insert(id, text.clone());
        Ok(text)
    }

    fn read_text(&self, id: ObjectId, path: &str) -> Result<Option<Arc<str>>, String> {
        let shown = shown(&self.full(path));
        match self.repository.try_find_header(id) {
            Ok(Some(header)) if header.size() > MAX_SIZE => return Ok(None),
            Ok(Some(_)) => {}
            Ok(None) => return Err(self.missing(id, &shown)),
            Err(error) => return Err(self.damaged(&shown, &reason(&error))),
        }
        let object = self.load(id, &shown)?;
        if object.kind != Kind::Blob {
            return Err(self.damaged(&shown, &"it is no file"));
        }
        Ok(std::str::from_utf8(&object.data).ok().map(Arc::from))
    }
}

/// Returns a number for a directory that is no object: no object has it, because no directory of git
/// begins like that.
pub(super) fn made_up_id(path: &str) -> ObjectId {
    let bytes = format!("directory of no commit: {path}");
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Tree, bytes.as_bytes());
    id.unwrap_or_else(|_| ObjectId::null(gix::hash::Kind::Sha1))
}

/// Returns the name of a directory or file of the repository in messages.
fn shown(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" => "the top directory".to_owned(),
        path => format!("`{path}`"),
    }
}
