//! Reading a checkout from a disk: exactly the known places, in parallel.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use analysis::{Inputs, Problem, Snapshot};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::root::Root;
use model::tree::{ALL_TESTS, File, FileKind, Node, REPOSITORY, SETTINGS, SUITE, TEST_TABLE, Tree};
use model::{Layout, data};

/// Larger files are not read: none of the known places holds one for a reason.
const MAX_SIZE: u64 = 16 << 20;

/// Texts of open documents, by path from the root: they count in place of what is on the disk.
pub type Overlay = FxHashMap<SmolStr, Arc<str>>;

/// The content found at one path.
enum Found {
    File(Arc<File>),
    Node(SmolStr, Node),
    Problem(Problem),
    /// A file that is there, but cannot be read: nothing is known of what it says.
    Unreadable(Arc<File>, Problem),
}

/// Reads a checkout from the disk and runs all rules on it.
pub fn read(root: &Root, overlay: &Overlay, inputs: Inputs) -> Snapshot {
    let (tree, problems) = read_tree(root, overlay);
    Snapshot::new(root.path.clone(), tree, problems, inputs)
}

/// Today's date and what this machine knows of releases.
pub fn inputs_of_this_machine() -> Inputs {
    // In UTC: to find out the local time zone takes longer than to read fifty images.
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let today = SmolStr::new(now.date().to_string());
    Inputs {
        today,
        releases: distro_info().into(),
        disabled: Arc::default(),
    }
}

/// Reads some units again from the disk; [`Snapshot::rebuild`] has to follow.
pub fn refresh(snapshot: &mut Snapshot, root: &Root, overlay: &Overlay, units: &[SmolStr]) {
    let below = |problem: &Problem| {
        units.iter().any(|u| {
            problem.path == *u
                || problem
                    .path
                    .strip_prefix(u.as_str())
                    .is_some_and(|r| r.starts_with('/'))
        })
    };
    let mut problems: Vec<Problem> = snapshot
        .problems
        .iter()
        .filter(|p| !below(p))
        .cloned()
        .collect();
    for unit in units {
        problems.extend(refresh_unit(&mut snapshot.tree, root, overlay, unit));
    }
    snapshot.problems = problems.into();
}

/// Reads all files of a checkout.
pub(crate) fn read_tree(root: &Root, overlay: &Overlay) -> (Tree, Vec<Problem>) {
    let reader = Reader {
        root: &root.path,
        layout: root.layout,
        overlay,
        before: None,
    };
    let prefix = root.layout.prefix();
    let mut found = Vec::new();
    let mut pending: Vec<SmolStr> = vec![
        format_smolstr!("{prefix}include"),
        format_smolstr!("{prefix}tests"),
    ];
    for parent in ["images", "builders"] {
        let parent = format_smolstr!("{prefix}{parent}");
        found.push(Found::Node(parent.clone(), Node::Directory));
        for (path, kind) in reader.list(&parent, &mut found) {
            reader.entry(path, kind, &mut pending, &mut found);
        }
    }
    if root.layout == Layout::Whole {
        reader.suite(SUITE, &mut pending, 0);
    }
    let mut jobs: Vec<Job> = pending.into_iter().map(Job::Directory).collect();
    for path in [REPOSITORY, TEST_TABLE, ALL_TESTS, SETTINGS] {
        if root.layout == Layout::Whole || path == SETTINGS {
            jobs.push(Job::File(SmolStr::new(path)));
        }
    }
    let read: Vec<Vec<Found>> = jobs.into_par_iter().map(|job| reader.job(job)).collect();
    let mut tree = Tree::new(root.layout);
    let mut problems = Vec::new();
    put(
        &mut tree,
        found.into_iter().chain(read.into_iter().flatten()),
        &mut problems,
    );
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    (tree, problems)
}

fn put(tree: &mut Tree, found: impl Iterator<Item = Found>, problems: &mut Vec<Problem>) {
    for found in found {
        match found {
            Found::File(file) => {
                tree.insert_file(file);
            }
            Found::Node(path, node) => tree.insert(&path, node),
            Found::Problem(problem) => problems.push(problem),
            Found::Unreadable(file, problem) => {
                tree.insert_file(file);
                problems.push(problem);
            }
        }
    }
}

/// The smallest part of a checkout that is read again as a whole when something at `path` came,
/// went or changed its kind; `None` if that is everything, or nothing.
pub fn unit_of(layout: Layout, path: &str) -> Option<SmolStr> {
    let prefix = layout.prefix();
    if [REPOSITORY, TEST_TABLE, ALL_TESTS, SETTINGS].contains(&path) {
        return Some(SmolStr::new(path));
    }
    if layout == Layout::Whole
        && (path == SUITE
            || path
                .strip_prefix(SUITE)
                .is_some_and(|rest| rest.starts_with('/')))
    {
        return Some(SmolStr::new(SUITE));
    }
    let mut parts = path.strip_prefix(prefix)?.split('/');
    match (parts.next()?, parts.next()) {
        (parent @ ("images" | "builders"), Some(name)) => {
            Some(format_smolstr!("{prefix}{parent}/{name}"))
        }
        (parent @ ("include" | "tests"), _) => Some(format_smolstr!("{prefix}{parent}")),
        _ => None,
    }
}

/// Reads one unit again. Files whose text did not change keep their facts.
fn refresh_unit(tree: &mut Tree, root: &Root, overlay: &Overlay, unit: &str) -> Vec<Problem> {
    let before = tree.clone();
    let reader = Reader {
        root: &root.path,
        layout: root.layout,
        overlay,
        before: Some(&before),
    };
    let (mut found, mut pending) = (Vec::new(), Vec::new());
    let full = root.path.join(unit);
    let kind = fs::symlink_metadata(&full).map(|meta| meta.file_type());
    match kind {
        _ if unit == SUITE => reader.suite(SUITE, &mut pending, 0),
        Ok(kind) if kind.is_symlink() => reader.entry(
            SmolStr::new(unit),
            EntryKind::Link,
            &mut pending,
            &mut found,
        ),
        Ok(kind) if kind.is_dir() => reader.entry(
            SmolStr::new(unit),
            EntryKind::Directory,
            &mut pending,
            &mut found,
        ),
        Ok(_) => found.extend(reader.job(Job::File(SmolStr::new(unit)))),
        Err(_) => {}
    }
    for directory in pending {
        found.extend(reader.job(Job::Directory(directory)));
    }
    // Documents that are open and not on the disk yet.
    let below = format!("{unit}/");
    let unsaved = overlay
        .keys()
        .filter(|path| *path == unit || path.starts_with(below.as_str()));
    for path in unsaved {
        if !found
            .iter()
            .any(|f| matches!(f, Found::File(file) if file.path == *path))
        {
            if let Some((parent, _)) = path.rsplit_once('/') {
                found.push(Found::Node(SmolStr::new(parent), Node::Directory));
            }
            found.push(reader.file(path.clone()));
        }
    }
    tree.remove(unit);
    let mut problems = Vec::new();
    put(tree, found.into_iter(), &mut problems);
    problems
}

enum Job {
    Directory(SmolStr),
    File(SmolStr),
}

#[derive(Clone, Copy, PartialEq)]
enum EntryKind {
    File,
    Directory,
    Link,
}

struct Reader<'r> {
    root: &'r Path,
    layout: Layout,
    overlay: &'r Overlay,
    /// The checkout as it was: files that did not change are taken from it.
    before: Option<&'r Tree>,
}

impl Reader<'_> {
    /// Returns the entries of a directory, none if it is not there.
    fn list(&self, directory: &str, found: &mut Vec<Found>) -> Vec<(SmolStr, EntryKind)> {
        let entries = match fs::read_dir(self.root.join(directory)) {
            Ok(entries) => entries,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    found.push(Found::Problem(unreadable(directory, &error)));
                }
                return Vec::new();
            }
        };
        let mut list = Vec::new();
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else {
                let message = "a name in this directory is not UTF-8: it is left out".to_owned();
                found.push(Found::Problem(Problem {
                    path: SmolStr::new(directory),
                    message,
                }));
                continue;
            };
            let kind = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => EntryKind::Link,
                Ok(kind) if kind.is_dir() => EntryKind::Directory,
                Ok(kind) if kind.is_file() => EntryKind::File,
                _ => continue,
            };
            list.push((format_smolstr!("{directory}/{name}"), kind));
        }
        list
    }

    /// A directory or link directly in `images/` or `builders/`.
    fn entry(
        &self,
        path: SmolStr,
        kind: EntryKind,
        pending: &mut Vec<SmolStr>,
        found: &mut Vec<Found>,
    ) {
        match kind {
            EntryKind::Directory => {
                found.push(Found::Node(path.clone(), Node::Directory));
                pending.push(path);
            }
            EntryKind::Link => self.link(path, found),
            EntryKind::File => {}
        }
    }

    fn link(&self, path: SmolStr, found: &mut Vec<Found>) {
        let full = self.root.join(path.as_str());
        if let Err(error) = fs::metadata(&full) {
            let message = match error.kind() {
                io::ErrorKind::NotFound => {
                    "the link leads to nothing: correct or remove it".to_owned()
                }
                // ELOOP has no stable kind.
                _ if error.raw_os_error() == Some(40) => {
                    "links lead in a circle: correct or remove them".to_owned()
                }
                _ => format!("the link cannot be followed: {error}"),
            };
            found.push(Found::Problem(Problem {
                path: path.clone(),
                message,
            }));
        }
        match fs::read_link(&full).map(|target| target.into_os_string().into_string()) {
            Ok(Ok(target)) => {
                // Some write the full path; inside the checkout it means the same.
                let inside = Path::new(&target)
                    .strip_prefix(self.root)
                    .ok()
                    .and_then(Path::to_str);
                let target = match inside {
                    Some(inside) => format!("{}{inside}", "../".repeat(path.matches('/').count())),
                    None => target,
                };
                found.push(Found::Node(path, Node::Link(SmolStr::new(target))));
            }
            Ok(Err(_)) => {
                let message = "the link's target is not UTF-8: it is left out".to_owned();
                found.push(Found::Problem(Problem { path, message }));
            }
            Err(error) => found.push(Found::Problem(unreadable(&path, &error))),
        }
    }

    /// The directories of the suite.
    fn suite(&self, directory: &str, pending: &mut Vec<SmolStr>, depth: usize) {
        pending.push(SmolStr::new(directory));
        if depth > 4 {
            return;
        }
        for (path, kind) in self.list(directory, &mut Vec::new()) {
            if kind == EntryKind::Directory {
                self.suite(&path, pending, depth + 1);
            }
        }
    }

    fn is_in_image(&self, directory: &str) -> bool {
        let images = format_smolstr!("{}images/", self.layout.prefix());
        directory.starts_with(images.as_str())
    }

    fn job(&self, job: Job) -> Vec<Found> {
        let mut found = Vec::new();
        match job {
            Job::File(path) => {
                if self.overlay.contains_key(&path) || self.root.join(path.as_str()).exists() {
                    found.push(self.file(path));
                }
            }
            Job::Directory(directory) => {
                for (path, kind) in self.list(&directory, &mut found) {
                    match kind {
                        EntryKind::File if self.layout.kind_of(&path).is_some() => {
                            found.push(self.file(path))
                        }
                        EntryKind::Link if self.layout.kind_of(&path).is_some() => {
                            self.link(path, &mut found)
                        }
                        // What is in it is nobody's here; that it is there matters when the
                        // image is copied.
                        EntryKind::Directory if self.is_in_image(&directory) => {
                            found.push(Found::Node(path, Node::Directory));
                        }
                        _ => {}
                    }
                }
            }
        }
        found
    }

    fn file(&self, path: SmolStr) -> Found {
        let kind = self.layout.kind_of(&path).unwrap_or(FileKind::Other);
        let before = self.before.and_then(|tree| tree.file(tree.id(&path)?));
        match self.text(&path, kind) {
            Ok(text) => match before.filter(|file| file.text == text) {
                Some(file) => Found::File(file.clone()),
                None => Found::File(Arc::new(File::new(path, kind, text, before.map(|f| &**f)))),
            },
            Err(problem) => Found::Unreadable(Arc::new(File::unreadable(path, kind)), problem),
        }
    }

    fn text(&self, path: &SmolStr, kind: FileKind) -> Result<Arc<str>, Problem> {
        if let Some(text) = self.overlay.get(path) {
            return Ok(text.clone());
        }
        // What such a file says matters to nobody here; that it exists does.
        if kind == FileKind::Other {
            return Ok(Arc::from(""));
        }
        read_text(self.root, path)
    }
}

/// Reads one text.
///
/// # Errors
/// When it cannot be read, is too large or is not UTF-8.
pub fn read_text(root: &Path, path: &str) -> Result<Arc<str>, Problem> {
    let read = |error: io::Error| unreadable(path, &error);
    let file = fs::File::open(root.join(path)).map_err(read)?;
    BUFFER.with_borrow_mut(|bytes| {
        bytes.clear();
        (&file)
            .take(MAX_SIZE + 1)
            .read_to_end(bytes)
            .map_err(read)?;
        if bytes.len() as u64 > MAX_SIZE {
            let size = file.metadata().map_err(read)?.len() >> 20;
            let message =
                format!("has {size} MiB and is not read: nothing here should be that large");
            return Err(Problem {
                path: SmolStr::new(path),
                message,
            });
        }
        let text = std::str::from_utf8(bytes).map(Arc::from).map_err(|error| {
            let message = format!(
                "is not UTF-8 (byte {}) and is not read: convert it",
                error.valid_up_to()
            );
            Problem {
                path: SmolStr::new(path),
                message,
            }
        });
        bytes.shrink_to(MAX_BUFFER);
        text
    })
}

thread_local! {
    /// The buffer that files are read into: a new one for each of ten thousand would be felt.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The capacity of the buffer that is kept.
const MAX_BUFFER: usize = 64 << 10;

fn unreadable(path: &str, error: &io::Error) -> Problem {
    let message = match error.kind() {
        io::ErrorKind::PermissionDenied => "may not be read: check its permissions".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Problem {
        path: SmolStr::new(path),
        message,
    }
}

/// Returns the releases that `/usr/share/distro-info` knows, where it is installed.
pub fn distro_info() -> Vec<data::Release> {
    let mut found = Vec::new();
    for distribution in ["debian", "ubuntu"] {
        if let Ok(csv) = fs::read_to_string(format!("/usr/share/distro-info/{distribution}.csv")) {
            found.extend(data::distro_info(distribution, &csv));
        }
    }
    found
}
