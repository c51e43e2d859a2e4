//! The files that are not as a commit has them: on the disk, or in the index.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gix::ObjectId;
use gix::index::entry::Mode;
use gix::objs::tree::EntryKind;
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::ignored::Ignored;
use super::index::{Indexed, indexed};
use super::revision::{Entry, Resolved, Revision, made_up_id};
use super::{Base, bounded, refuse_option, with_base, without_baseline};
use crate::beneath::{EntryKind as DiskKind, RootDir};
use crate::root::Root;
use crate::text::MAX_SIZE;
use model::Layout;
use model::tree::{ChangeKind, ChangedFile, SUITE, TEST_TABLE, Tree, is_editor_file};

/// Folders deeper than that are not looked into.
const MAX_DEPTH: usize = 40;
/// Directories outside of the image scripts in which each file is compared, and not only those that have
/// another size or date than the index says.
const COMPARED: [&str; 4] = ["os/configs/", "os/lib/nixos-container/", SUITE, TEST_TABLE];

/// A checkout as a commit has it, and what is not like that.
#[derive(Debug)]
pub struct Changes {
    /// The commit, and what else git knows.
    pub base: Base,
    /// The known places of the commit.
    pub before: Tree,
    /// The known places of the index, where that was asked for.
    pub staged: Option<Tree>,
    /// The files that are not as they were, by path.
    pub files: Vec<ChangedFile>,
    /// Files beside them that git does not know either, and that are none of a checkout's: those that
    /// editors leave, and those that lie at its top or among tests.
    pub foreign: Vec<SmolStr>,
    /// What is compared with nothing, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// Something in a checkout that is compared with nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Its path, as far as it can be shown.
    pub path: String,
    /// The reason.
    pub reason: &'static str,
}

/// What is said of a name that is no text.
const NO_TEXT: &str = "its name is not UTF-8";
/// What is said of a pipe, a socket, or a device.
const NO_FILE: &str = "it is neither a file nor a link";
/// What is said of a directory that is not looked into.
const TOO_DEEP: &str = "it is too deep";

/// The commit that a checkout is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Since<'s> {
    /// The one that [`Base`] finds.
    MergeBase,
    /// A revision.
    Revision(&'s str),
}

/// Finds what has changed since a commit: on the disk, or in the index with `staged`.
///
/// # Errors
/// As for [`super::read`].
pub fn changes(root: &Root, since: Since<'_>, staged: bool) -> Result<Changes, String> {
    let wanted = match since {
        Since::MergeBase => None,
        Since::Revision(revision) => {
            refuse_option(revision)?;
            Some(revision.to_owned())
        }
    };
    let name = wanted.clone().unwrap_or_else(|| "HEAD".to_owned());
    let found = bounded(root, &name, move |root, name, progress| {
        let wanted = wanted.as_deref();
        let (base, found) = with_base(root, name, wanted, progress, |mut old, repository| {
            if !old.is_commit {
                return Err(format!(
                    "`{name}` is a directory; pass a branch, a tag or a commit"
                ));
            }
            let (index, unnamed) = indexed(repository, progress)?;
            let mut others = Untracked {
                left_out: unnamed_of(root, unnamed),
                ..Untracked::default()
            };
            let before = old.all_files()?;
            let (files, staged) = match staged {
                true => {
                    let directories = directories_of(index);
                    let mut index = Revision::made_up(root, repository, directories, progress)?;
                    let files = differing(&before, &index.all_files()?);
                    (files, Some(index.tree(root.layout)?))
                }
                false => {
                    let ignored = Ignored::of(root, repository);
                    let disk = open_disk(root)?;
                    let disk = Disk::new(&disk, root.layout, Some(&ignored));
                    (on_disk(&disk, &old, &before, &index, &mut others)?, None)
                }
            };
            others.left_out.sort();
            others.left_out.dedup();
            others.foreign.sort();
            Ok((old.tree(root.layout)?, staged, files, others))
        })?;
        let (before, staged, files, others) = found;
        Ok(Changes {
            base,
            before,
            staged,
            files,
            foreign: others.foreign,
            left_out: others.left_out,
        })
    });
    found.map_err(without_baseline)
}

/// Returns the files at a path of the disk and below it, in the known directories: those that git ignores or does not
/// know, too.
pub fn files_below(root: &Root, path: &str) -> Vec<SmolStr> {
    let Ok(disk) = open_disk(root) else {
        return Vec::new();
    };
    let mut found = Untracked::default();
    Disk::new(&disk, root.layout, None).read_untracked(|_| false, &mut found);
    let mut files = found.files;
    files.extend(found.foreign);
    files.retain(|file| is_at_or_below(file, path) && !is_editor_file(file));
    files.sort();
    files
}

/// Returns whether a path is another one or below it; an empty one is the root.
pub fn is_at_or_below(path: &str, directory: &str) -> bool {
    let rest = path.strip_prefix(directory);
    directory.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn open_disk(root: &Root) -> Result<RootDir, String> {
    RootDir::open(&root.path).map_err(|error| format!("`{}`: {error}", root.path.display()))
}

/// A file of git.
type GitFile = (EntryKind, ObjectId);

impl Revision<'_> {
    /// Returns all files and links of the checkout, by path.
    fn all_files(&mut self) -> Result<BTreeMap<SmolStr, GitFile>, String> {
        let mut found = BTreeMap::new();
        let Resolved::Directory(top) = self.resolve("")? else {
            return Ok(found);
        };
        let mut pending = vec![(top, String::new(), 0)];
        while let Some((id, path, depth)) = pending.pop() {
            let entries = self.entries(id, &self.full(&path))?;
            for entry in entries.iter() {
                self.count_entry()?;
                let path = format!("{path}{}", entry.name);
                match entry.kind {
                    EntryKind::Tree if depth < MAX_DEPTH => {
                        pending.push((entry.id, format!("{path}/"), depth + 1));
                    }
                    EntryKind::Tree | EntryKind::Commit => {}
                    kind => drop(found.insert(SmolStr::new(path), (kind, entry.id))),
                }
            }
        }
        Ok(found)
    }
}

/// Returns what an index has that is no text, of what is compared.
fn unnamed_of(root: &Root, paths: Vec<String>) -> Vec<LeftOut> {
    let mut paths = paths;
    paths.retain(|path| is_compared(root.layout, path));
    let left_out = paths.into_iter().map(|path| LeftOut {
        path,
        reason: NO_TEXT,
    });
    left_out.collect()
}

/// Returns whether each file at a path is compared, and not only those that have another size or date than the
/// index says.
fn is_compared(layout: Layout, path: &str) -> bool {
    path.starts_with(layout.prefix()) || COMPARED.iter().any(|folder| path.starts_with(folder))
}

/// Returns what the index has, as directories with their entries, by path.
fn directories_of(index: FxHashMap<SmolStr, Indexed>) -> BTreeMap<String, Vec<Entry>> {
    let mut directories = BTreeMap::from([(String::new(), Vec::new())]);
    for (path, indexed) in index {
        let Some(kind) = kind_of_mode(indexed.mode) else {
            continue;
        };
        let mut entry = (path.as_str(), kind, indexed.id);
        // Each directory on the way, the first time.
        loop {
            let (below, kind, id) = entry;
            let (parent, name) = below.rsplit_once('/').unwrap_or(("", below));
            let is_known = directories.contains_key(parent);
            let entries = directories.entry(parent.to_owned()).or_default();
            entries.push(Entry {
                name: SmolStr::new(name),
                kind,
                id,
            });
            if is_known {
                break;
            }
            entry = (parent, EntryKind::Tree, made_up_id(parent));
        }
    }
    directories
}

/// Returns the kind of an entry of the index; `None` for what is no file.
fn kind_of_mode(mode: Mode) -> Option<EntryKind> {
    match mode {
        Mode::FILE => Some(EntryKind::Blob),
        Mode::FILE_EXECUTABLE => Some(EntryKind::BlobExecutable),
        Mode::SYMLINK => Some(EntryKind::Link),
        _ => None,
    }
}

/// Returns the files in which two states differ.
fn differing(
    before: &BTreeMap<SmolStr, GitFile>,
    after: &BTreeMap<SmolStr, GitFile>,
) -> Vec<ChangedFile> {
    let changed = |path: &SmolStr, kind| ChangedFile {
        path: path.clone(),
        kind,
        is_untracked: false,
    };
    let mut found = Vec::new();
    for (path, file) in before {
        match after.get(path) {
            None => found.push(changed(path, ChangeKind::Deleted)),
            Some(now) if now != file => found.push(changed(path, ChangeKind::Modified)),
            Some(_) => {}
        }
    }
    let added = after.keys().filter(|path| !before.contains_key(*path));
    found.extend(added.map(|path| changed(path, ChangeKind::Added)));
    found.sort();
    found
}

/// Returns the files of the disk that are not as a commit has them.
fn on_disk(
    disk: &Disk<'_>,
    old: &Revision<'_>,
    before: &BTreeMap<SmolStr, GitFile>,
    index: &FxHashMap<SmolStr, Indexed>,
    others: &mut Untracked,
) -> Result<Vec<ChangedFile>, String> {
    let mut found = Vec::new();
    let mut push = |path: &SmolStr, kind, is_untracked| {
        found.push(ChangedFile {
            path: path.clone(),
            kind,
            is_untracked,
        });
    };
    for (path, file) in before {
        if disk.is_behind_link(path) {
            push(path, ChangeKind::Deleted, false);
            continue;
        }
        let is_tracked = index.is_empty() || index.contains_key(path);
        let known = index.get(path);
        let is_same = known.is_some_and(|known| {
            kind_of_mode(known.mode) == Some(file.0)
                && known.id == file.1
                && (!disk.is_compared(path) || u64::from(known.size) > MAX_SIZE)
                && disk.is_as_indexed(path, known)
        });
        match is_same || disk.is_as(old, path, *file)? {
            true => {}
            false if disk.is_there(path) => push(path, ChangeKind::Modified, !is_tracked),
            false => push(path, ChangeKind::Deleted, false),
        }
    }
    let added = index.keys().filter(|path| !before.contains_key(*path));
    for path in added.filter(|path| disk.is_there(path) && !disk.is_behind_link(path)) {
        push(path, ChangeKind::Added, false);
    }
    let is_tracked = |path: &str| before.contains_key(path) || index.contains_key(path);
    disk.read_untracked(is_tracked, others);
    for path in &others.files {
        push(path, ChangeKind::Added, true);
    }
    found.sort();
    Ok(found)
}

/// What git does not know.
#[derive(Default)]
struct Untracked {
    /// Files of a checkout.
    files: Vec<SmolStr>,
    /// Other files.
    foreign: Vec<SmolStr>,
    left_out: Vec<LeftOut>,
}

/// The disk, as git sees it.
struct Disk<'d> {
    disk: &'d RootDir,
    layout: Layout,
    /// What is left out, where git does not know it.
    ignored: Option<&'d Ignored>,
    /// The directories that were asked for, and whether a link is on the way to them.
    behind_links: RefCell<FxHashMap<String, bool>>,
}

impl<'d> Disk<'d> {
    fn new(disk: &'d RootDir, layout: Layout, ignored: Option<&'d Ignored>) -> Disk<'d> {
        Disk {
            disk,
            layout,
            ignored,
            behind_links: RefCell::default(),
        }
    }

    /// Returns whether a link is on the way to a path: what is there has another path in git.
    fn is_behind_link(&self, path: &str) -> bool {
        let Some((directory, _)) = path.rsplit_once('/') else {
            return false;
        };
        if let Some(known) = self.behind_links.borrow().get(directory) {
            return *known;
        }
        let is_link = matches!(self.disk.entry_kind(directory), Ok(DiskKind::Link));
        let found = is_link || self.is_behind_link(directory);
        let mut known = self.behind_links.borrow_mut();
        known.insert(directory.to_owned(), found);
        found
    }

    fn is_ignored(&self, path: &str, kind: DiskKind) -> bool {
        let is_directory = kind == DiskKind::Directory;
        self.ignored
            .is_some_and(|ignored| ignored.has(path, is_directory))
    }

    fn is_compared(&self, path: &str) -> bool {
        is_compared(self.layout, path)
    }

    fn is_there(&self, path: &str) -> bool {
        let kind = self.disk.entry_kind(path);
        matches!(kind, Ok(DiskKind::File | DiskKind::Link))
    }

    /// Returns whether a file has the size and the date that the index says.
    fn is_as_indexed(&self, path: &str, indexed: &Indexed) -> bool {
        self.disk
            .size_and_date(path)
            .is_ok_and(|(size, date)| size == u64::from(indexed.size) && date == indexed.date)
    }

    /// Returns whether a path has the same on the disk as in a commit.
    fn is_as(&self, old: &Revision<'_>, path: &str, (kind, id): GitFile) -> Result<bool, String> {
        if kind == EntryKind::Link {
            let now = self.disk.link_target(path).ok();
            let now = now.map(|target| target.into_encoded_bytes());
            return Ok(now.is_some() && now == old.blob(id, path)?);
        }
        if !matches!(self.disk.entry_kind(path), Ok(DiskKind::File)) {
            return Ok(false);
        }
        let Ok(file) = self.disk.file(path) else {
            return Ok(false);
        };
        let is_executable = file.mode & 0o100 != 0;
        let Ok(now) = file.bytes(MAX_SIZE) else {
            return Ok(false);
        };
        let is_same_kind = is_executable == (kind == EntryKind::BlobExecutable);
        Ok(is_same_kind && old.blob(id, path)?.is_some_and(|bytes| bytes == now))
    }

    /// Reads the files that git does not know: of the image scripts, of what is known elsewhere, and at the top.
    fn read_untracked(&self, is_tracked: impl Fn(&str) -> bool, found: &mut Untracked) {
        let mut pending = self.known_directories();
        if self.layout == Layout::Whole {
            found.foreign = self.untracked_at_top(&is_tracked);
        }
        while let Some((folder, depth)) = pending.pop() {
            let entries = self.disk.directory(&folder);
            let entries = entries.and_then(|mut open| open.entries());
            for entry in entries.unwrap_or_default() {
                let path = format_smolstr!("{folder}/{}", entry.name.to_string_lossy());
                let reason = match entry.kind {
                    _ if entry.name.to_str().is_err() => Some(NO_TEXT),
                    DiskKind::Fifo | DiskKind::Socket | DiskKind::Device => Some(NO_FILE),
                    DiskKind::Directory if depth >= MAX_DEPTH => Some(TOO_DEEP),
                    _ => None,
                };
                match (reason, entry.kind) {
                    _ if !is_tracked(&path) && self.is_ignored(&path, entry.kind) => {}
                    (Some(reason), _) => {
                        let path = path.to_string();
                        let left_out = LeftOut { path, reason };
                        found
                            .left_out
                            .extend(self.is_compared(&left_out.path).then_some(left_out));
                    }
                    (None, DiskKind::Directory) => pending.push((path, depth + 1)),
                    _ if is_tracked(&path) => {}
                    _ if is_editor_file(&path) => found.foreign.push(path),
                    _ if self.is_compared(&path) || self.layout.kind_of(&path).is_some() => {
                        found.files.push(path);
                    }
                    _ => found.foreign.push(path),
                }
            }
        }
    }

    /// Returns the files at the top that git does not know, and is not told to ignore.
    fn untracked_at_top(&self, is_tracked: impl Fn(&str) -> bool) -> Vec<SmolStr> {
        let top = self.disk.directory(".").and_then(|mut open| open.entries());
        let mut found = Vec::new();
        for entry in top.unwrap_or_default() {
            let name = entry.name.to_str().ok();
            // What begins with a dot is mostly for programs alone.
            let name = name.filter(|name| !name.starts_with('.') && !is_tracked(name));
            let name = name
                .filter(|name| entry.kind == DiskKind::File && !self.is_ignored(name, entry.kind));
            found.extend(name.map(SmolStr::new));
        }
        found
    }

    /// Returns the directories in which there may be files of a checkout, each with how deep it is.
    fn known_directories(&self) -> Vec<(SmolStr, usize)> {
        let scripts = self.layout.scripts_directory();
        let known: &[&str] = match self.layout {
            Layout::Whole => &[scripts, "os/configs", "os/lib/nixos-container", "tests"],
            Layout::ScriptsOnly => &["images", "builders", "include", "tests", "bin"],
        };
        // What a link leads to has another path in git.
        let is_real = |folder: &&&str| {
            let names = folder.match_indices('/').map(|(at, _)| at);
            let mut ways = names
                .chain([folder.len()])
                .filter_map(|at| folder.get(..at));
            ways.all(|way| matches!(self.disk.entry_kind(way), Ok(DiskKind::Directory)))
        };
        let known = known.iter().filter(is_real);
        known.map(|folder| (SmolStr::new(folder), 0)).collect()
    }
}
