//! Reading a checkout from a disk: exactly the known places, in parallel.

use std::io;
use std::path::Path;
use std::sync::Arc;

use analysis::{Inputs, Problem, Snapshot};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::beneath::{EntryKind, OpenError, RootDir};
use super::reader::{FILES, Found, Job, Reader, is_below, is_module};
use super::root::Root;
pub use super::text::read_text;
use super::text::unopened;
use super::user_file;
use model::tree::{Node, SCRIPT_DIRECTORIES, SETTINGS, SUITE, Tree};
use model::view::DISTRO_INFO;
use model::{Layout, data};

/// Texts of open documents, by path from the root: they count in place of what is on the disk.
pub type Overlay = FxHashMap<SmolStr, Arc<str>>;

/// Reads a checkout from the disk and runs all rules on it.
pub fn read(root: &Root, overlay: &Overlay, inputs: Inputs) -> Snapshot {
    let (tree, problems) = read_tree(root, overlay);
    Snapshot::new(root.path.clone(), tree, problems, inputs)
}

/// Returns today's date.
pub fn today() -> SmolStr {
    // In UTC: to find out the local time zone takes longer than to read fifty images.
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    SmolStr::new(now.date().to_string())
}

/// Today's date and what this machine knows of releases.
pub fn inputs_of_this_machine() -> Inputs {
    Inputs {
        today: today(),
        releases: distro_info().into(),
        disabled: Arc::default(),
    }
}

/// Reads some units again from the disk; [`Snapshot::rebuild`] has to follow.
pub fn refresh(snapshot: &mut Snapshot, root: &Root, overlay: &Overlay, units: &[SmolStr]) {
    let prefix = root.layout.prefix();
    let mut parents = ["images", "builders"]
        .map(|name| format_smolstr!("{prefix}{name}"))
        .to_vec();
    parents.retain(|parent| units.iter().any(|unit| is_below(unit, parent)));
    let is_again = |problem: &Problem| {
        let path = problem.path.as_str();
        parents.iter().any(|parent| parent == path)
            || units
                .iter()
                .any(|unit| path == unit || is_below(path, unit))
    };
    let mut problems: Vec<Problem> = snapshot
        .problems
        .iter()
        .filter(|problem| !is_again(problem))
        .cloned()
        .collect();
    let before = snapshot.tree.clone();
    for unit in units {
        snapshot.tree.remove(unit);
    }
    match RootDir::open(&root.path) {
        Ok(dir) => {
            let reader = Reader::new(&dir, root, overlay, Some(&before));
            let mut found = Vec::new();
            for parent in &parents {
                reader.parent(parent, &mut found);
            }
            for unit in units {
                reader.unit(unit, &mut found);
            }
            put(&mut snapshot.tree, found, &mut problems);
        }
        // All of it is gone.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => problems.push(unopened("", &error.into())),
    }
    snapshot.problems = problems.into();
}

/// Reads all files of a checkout.
pub(crate) fn read_tree(root: &Root, overlay: &Overlay) -> (Tree, Vec<Problem>) {
    let mut tree = Tree::new(root.layout);
    let dir = match RootDir::open(&root.path) {
        Ok(dir) => dir,
        Err(error) => return (tree, vec![unopened("", &error.into())]),
    };
    let reader = Reader::new(&dir, root, overlay, None);
    let prefix = root.layout.prefix();
    let mut found = Vec::new();
    let mut links = Vec::new();
    let mut pending: Vec<SmolStr> = SCRIPT_DIRECTORIES
        .map(|name| format_smolstr!("{prefix}{name}"))
        .to_vec();
    for parent in ["images", "builders"] {
        let parent = format_smolstr!("{prefix}{parent}");
        if let Some(mut open) = reader.parent(&parent, &mut found) {
            for (path, entry) in reader.entries(&parent, &mut open, &mut found) {
                match entry.kind {
                    EntryKind::Link => links.push(path),
                    kind => reader.entry(path, kind, &mut pending, &mut found),
                }
            }
        }
    }
    if root.layout == Layout::Whole {
        reader.suite(SUITE, &mut pending, 0);
    }
    let files = FILES.into_iter();
    let files = files.filter(|path| root.layout == Layout::Whole || *path == SETTINGS);
    // First, so that none is left for the end: the largest takes as long as a thousand scripts.
    let jobs = files.map(|path| Job::File(SmolStr::new(path)));
    let modules = match root.layout {
        Layout::Whole => reader.modules(),
        _ => Vec::new(),
    };
    let jobs: Vec<Job> = jobs
        .chain(modules.into_iter().map(Job::File))
        .chain(links.into_iter().map(Job::Link))
        .chain(pending.into_iter().map(Job::Directory))
        .collect();
    let read: Vec<Vec<Found>> = jobs.into_par_iter().map(|job| reader.job(job)).collect();
    let mut problems = Vec::new();
    put(
        &mut tree,
        found.into_iter().chain(read.into_iter().flatten()),
        &mut problems,
    );
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    (tree, problems)
}

fn put(tree: &mut Tree, found: impl IntoIterator<Item = Found>, problems: &mut Vec<Problem>) {
    let (mut files, mut nodes) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Found::File(file) => files.push(file),
            Found::Node(path, node) => nodes.push((path, node)),
            Found::Problem(problem) => problems.push(problem),
            Found::Unreadable(file, problem) => {
                files.push(file);
                problems.push(problem);
            }
            Found::Closed(path, problem) => {
                nodes.push((path, Node::Unreadable));
                problems.push(problem);
            }
        }
    }
    tree.insert_all(files, nodes);
}

/// The smallest part of a checkout that is read again as a whole when something at `path` came,
/// went or changed its kind; `None` if that is everything, or nothing.
pub fn unit_of(layout: Layout, path: &str) -> Option<SmolStr> {
    let prefix = layout.prefix();
    if FILES.contains(&path) || is_module(layout, path) {
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
        (parent, _) if SCRIPT_DIRECTORIES.contains(&parent) => {
            Some(format_smolstr!("{prefix}{parent}"))
        }
        _ => None,
    }
}

/// Returns whether a full path is that of a directory of the checkout, links followed.
pub fn is_directory(root: &Root, path: &Path) -> bool {
    let relative = path.strip_prefix(&root.path).ok().and_then(Path::to_str);
    let relative = relative.map(|path| if path.is_empty() { "." } else { path });
    let kind = relative.and_then(|path| RootDir::open(&root.path).ok()?.kind(path).ok());
    kind == Some(EntryKind::Directory)
}

/// Returns the names in a directory, none if it cannot be read.
pub fn names(root: &Path, directory: &str) -> Vec<String> {
    let entries = RootDir::open(root)
        .map_err(OpenError::from)
        .and_then(|dir| dir.directory(directory)?.entries());
    let names = entries.unwrap_or_default().into_iter();
    names
        .filter_map(|entry| entry.name.into_string().ok())
        .collect()
}

/// Returns the releases that `/usr/share/distro-info` knows, where it is installed.
pub fn distro_info() -> Vec<data::Release> {
    let mut found = Vec::new();
    for distribution in ["debian", "ubuntu"] {
        let path = format!("{DISTRO_INFO}/{distribution}.csv");
        if let Ok(csv) = user_file::read(Path::new(&path)) {
            found.extend(data::distro_info(distribution, &csv));
        }
    }
    found
}
