//! Reading of the known places of a checkout, each into what is found there: files, links, directories,
//! and reasons why something is not read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::beneath::{Entry, EntryKind, OpenDirectory, OpenError, RootDir};
use super::disk::Overlay;
use super::root::Root;
use super::text::{problem, text_of, unopened};
use analysis::Problem;
use model::Layout;
use model::tree::{
    ALL_TESTS, CONFIGS, File, FileKind, MAX_SUITE_DEPTH, Node, REPOSITORY, SETTINGS, SUITE,
    TEST_TABLE, Tree, is_editor_file,
};

/// Files that are units of their own.
pub(super) const FILES: [&str; 4] = [REPOSITORY, TEST_TABLE, ALL_TESTS, SETTINGS];

/// Greatest length of a short script, in bytes.
const SHORT: usize = 200;

/// The content found at one path.
pub(super) enum Found {
    File(Arc<File>),
    Node(SmolStr, Node),
    Problem(Problem),
    /// A file that is there, but cannot be read: nothing is known of what it says.
    Unreadable(Arc<File>, Problem),
    /// A directory that is there, but cannot be read: nothing is known of what is in it.
    Closed(SmolStr, Problem),
}

/// A part of a checkout that is read by one thread.
pub(super) enum Job {
    Directory(SmolStr),
    File(SmolStr),
    /// A link in `images/` or `builders/`.
    Link(SmolStr),
}

/// Reader of a checkout.
pub(super) struct Reader<'r> {
    dir: &'r RootDir,
    root: &'r Path,
    layout: Layout,
    overlay: &'r Overlay,
    /// The checkout as it was: files that did not change are taken from it.
    before: Option<&'r Tree>,
    /// Short scripts by their texts: those of many images are alike.
    short: Mutex<FxHashMap<Arc<str>, Arc<File>>>,
}

impl<'r> Reader<'r> {
    /// Returns a reader of an open checkout.
    pub(super) fn new(
        dir: &'r RootDir,
        root: &'r Root,
        overlay: &'r Overlay,
        before: Option<&'r Tree>,
    ) -> Reader<'r> {
        Reader {
            dir,
            root: &root.path,
            layout: root.layout,
            overlay,
            before,
            short: Mutex::default(),
        }
    }

    /// Reads one unit again. Files whose text did not change keep their facts.
    pub(super) fn unit(&self, unit: &SmolStr, out: &mut Vec<Found>) {
        let (mut found, mut pending) = (Vec::new(), Vec::new());
        if unit == SUITE {
            self.suite(SUITE, &mut pending, 0);
        } else if FILES.contains(&unit.as_str()) {
            found.extend(self.job(Job::File(unit.clone())));
        } else if is_module(self.layout, unit) {
            if self
                .dir
                .entry_kind(unit)
                .is_ok_and(|kind| kind == EntryKind::File)
            {
                found.extend(self.job(Job::File(unit.clone())));
            }
        } else if is_directory_of_scripts(self.layout, unit) {
            pending.push(unit.clone());
        } else if let Ok(kind) = self.dir.entry_kind(unit)
            && (kind == EntryKind::Directory || !is_editor_file(unit))
        {
            self.entry(unit.clone(), kind, &mut pending, &mut found);
        }
        for directory in pending {
            found.extend(self.job(Job::Directory(directory)));
        }
        // Documents that are open and not on the disk yet.
        let unsaved = self
            .overlay
            .keys()
            .filter(|path| *path == unit || is_below(path, unit));
        for path in unsaved {
            if !found
                .iter()
                .any(|f| matches!(f, Found::File(file) if file.path == *path))
            {
                if let Some((parent, _)) = path.rsplit_once('/') {
                    found.push(Found::Node(SmolStr::new(parent), Node::Directory));
                }
                found.extend(self.open_document(path));
            }
        }
        out.append(&mut found);
    }

    /// Opens a directory that holds units. One that is not there holds none.
    pub(super) fn parent(&self, path: &SmolStr, found: &mut Vec<Found>) -> Option<OpenDirectory> {
        found.push(Found::Node(path.clone(), Node::Directory));
        self.open(path, found)
    }

    /// Opens a directory, if it is there.
    fn open(&self, path: &SmolStr, found: &mut Vec<Found>) -> Option<OpenDirectory> {
        match self.dir.directory(path) {
            Ok(open) => Some(open),
            Err(error) => {
                if !error.is_missing() {
                    let problem = unopened(path, &error);
                    found.push(Found::Closed(path.clone(), problem));
                }
                None
            }
        }
    }

    /// Returns the entries of a directory, with their paths; those that editors keep for themselves
    /// are none.
    pub(super) fn entries(
        &self,
        directory: &SmolStr,
        open: &mut OpenDirectory,
        found: &mut Vec<Found>,
    ) -> Vec<(SmolStr, Entry)> {
        let entries = match open.entries() {
            Ok(entries) => entries,
            Err(error) => {
                let problem = unopened(directory, &error);
                found.push(Found::Closed(directory.clone(), problem));
                return Vec::new();
            }
        };
        let mut list = Vec::with_capacity(entries.len());
        for entry in entries {
            let is_file = entry.kind != EntryKind::Directory;
            if is_file && is_editor_file(&entry.name.to_string_lossy()) {
                continue;
            }
            match entry.name.to_str() {
                Ok(name) => list.push((format_smolstr!("{directory}/{name}"), entry)),
                Err(_) => {
                    let message = "a name in this directory is not UTF-8: it is left out";
                    found.push(Found::Problem(problem(directory, message)));
                }
            }
        }
        list
    }

    /// Reads a directory or link directly in `images/` or `builders/`.
    pub(super) fn entry(
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
            EntryKind::Link => self.link(path, None, found),
            EntryKind::File => {}
            kind => {
                let problem = unopened(&path, &OpenError::Unfit(kind));
                found.push(Found::Closed(path, problem));
            }
        }
    }

    /// Reads a link at the path of a file of some use, or of a directory.
    fn link(&self, path: SmolStr, file: Option<FileKind>, found: &mut Vec<Found>) {
        let unread = |problem: Problem| match file {
            Some(kind) => {
                Found::Unreadable(Arc::new(File::unreadable(path.clone(), kind)), problem)
            }
            None => Found::Closed(path.clone(), problem),
        };
        match self.dir.kind(&path) {
            Ok(kind) if kind.is_special() => {
                let message = format!("the link leads to {}: remove it", kind.name());
                return found.push(unread(problem(&path, message)));
            }
            Ok(EntryKind::Directory) if file == Some(FileKind::Script) => {
                let message = "the link leads to a directory where a file belongs: correct it";
                return found.push(unread(problem(&path, message)));
            }
            // Such a file is copied as the link that it is, and not read.
            Err(OpenError::Outside) if file == Some(FileKind::Other) => {}
            Err(error @ OpenError::Outside) => return found.push(unread(unopened(&path, &error))),
            Ok(_) => {}
            Err(error) => {
                let message = match &error {
                    _ if error.is_missing() => {
                        "the link leads to nothing: correct or remove it".to_owned()
                    }
                    _ if error.is_circle() => {
                        "links lead in a circle: correct or remove them".to_owned()
                    }
                    OpenError::Io(error) => format!("the link cannot be followed: {error}"),
                    _ => "the link cannot be followed: correct or remove it".to_owned(),
                };
                found.push(Found::Problem(problem(&path, message)));
            }
        }
        match self
            .dir
            .link_target(&path)
            .map(|target| target.into_string())
        {
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
                let message = "the link's target is not UTF-8: it is left out";
                found.push(Found::Problem(problem(&path, message)));
            }
            Err(error) => found.push(Found::Problem(unopened(&path, &error))),
        }
    }

    /// Adds the directories of the suite.
    pub(super) fn suite(&self, directory: &str, pending: &mut Vec<SmolStr>, depth: usize) {
        let directory = SmolStr::new(directory);
        pending.push(directory.clone());
        if depth > MAX_SUITE_DEPTH {
            return;
        }
        // What cannot be read is said when its files are.
        let mut unsaid = Vec::new();
        if let Some(mut open) = self.open(&directory, &mut unsaid) {
            for (path, entry) in self.entries(&directory, &mut open, &mut unsaid) {
                if entry.kind == EntryKind::Directory {
                    self.suite(&path, pending, depth + 1);
                }
            }
        }
    }

    /// Returns the modules that the repository may import. Links are none: what they lead to imports
    /// from where it is.
    pub(super) fn modules(&self) -> Vec<SmolStr> {
        // What is wrong here matters only to the modules that are imported, and then they are not
        // there.
        let mut unsaid = Vec::new();
        let directory = SmolStr::new_static(CONFIGS);
        let Some(mut open) = self.open(&directory, &mut unsaid) else {
            return Vec::new();
        };
        let entries = self.entries(&directory, &mut open, &mut unsaid).into_iter();
        let files = entries
            .filter(|(path, entry)| entry.kind == EntryKind::File && is_module(self.layout, path));
        files.map(|(path, _)| path).collect()
    }

    fn is_in_image(&self, directory: &str) -> bool {
        let images = format_smolstr!("{}images/", self.layout.prefix());
        directory.starts_with(images.as_str())
    }

    /// Reads a part of the checkout.
    pub(super) fn job(&self, job: Job) -> Vec<Found> {
        let mut found = Vec::new();
        match job {
            Job::File(path) => {
                let document = self.open_document(&path);
                if document.is_some() {
                    found.extend(document);
                    return found;
                }
                match self.dir.file(&path) {
                    Err(error) if error.is_missing() => {}
                    opened => {
                        let text = text_of(&path, opened);
                        found.push(self.file(path, text));
                    }
                }
            }
            Job::Link(path) => self.link(path, None, &mut found),
            Job::Directory(directory) => {
                let Some(mut open) = self.open(&directory, &mut found) else {
                    return found;
                };
                for (path, entry) in self.entries(&directory, &mut open, &mut found) {
                    if let Some(kind) = self.layout.kind_of(&path) {
                        self.file_entry(path, kind, &entry, &open, &mut found);
                    } else if entry.kind == EntryKind::Link && is_below(&path, SUITE) {
                        // Tests that it leads to are not read.
                        found.push(Found::Node(path, Node::Unreadable));
                    }
                }
            }
        }
        found
    }

    /// Reads something at the path of a file.
    fn file_entry(
        &self,
        path: SmolStr,
        kind: FileKind,
        entry: &Entry,
        open: &OpenDirectory,
        found: &mut Vec<Found>,
    ) {
        match entry.kind {
            EntryKind::Link => return self.link(path, Some(kind), found),
            // A directory of any name may be beside an image's scripts. What is in it is nobody's
            // here; that it is there matters when the image is copied.
            EntryKind::Directory if kind == FileKind::Other => {
                if self.is_in_image(&path) {
                    found.push(Found::Node(path, Node::Directory));
                }
                return;
            }
            // One more directory of the suite.
            EntryKind::Directory if kind == FileKind::Suite => return,
            _ => {}
        }
        if let Some(document) = self.open_document(&path) {
            return found.push(document);
        }
        let text = match entry.kind {
            // What such a file says matters to nobody here; that it exists does.
            EntryKind::File if kind == FileKind::Other => Ok(Arc::from("")),
            EntryKind::File => text_of(&path, open.file(entry)),
            other => Err(unopened(&path, &OpenError::Unfit(other))),
        };
        found.push(self.file(path, text));
    }

    /// Returns the file of an open document: the text there counts.
    fn open_document(&self, path: &SmolStr) -> Option<Found> {
        let text = self.overlay.get(path)?.clone();
        Some(self.file(path.clone(), Ok(text)))
    }

    /// Reads a short script, unless one with the same text was read.
    fn short_script(&self, path: SmolStr, text: Arc<str>) -> Arc<File> {
        let short = || self.short.lock().unwrap_or_else(PoisonError::into_inner);
        let same = short().get(&text).cloned();
        if let Some(same) = same {
            return Arc::new(same.at(path));
        }
        let file = Arc::new(File::new(path, FileKind::Script, text.clone(), None));
        short().insert(text, file.clone());
        file
    }

    fn file(&self, path: SmolStr, text: Result<Arc<str>, Problem>) -> Found {
        let kind = self.layout.kind_of(&path).unwrap_or(FileKind::Other);
        let before = self.before.and_then(|tree| tree.file(tree.id(&path)?));
        match text {
            Ok(text) => match before.filter(|file| file.has_text(&text)) {
                Some(file) => Found::File(file.clone()),
                None if before.is_none() && kind == FileKind::Script && text.len() <= SHORT => {
                    Found::File(self.short_script(path, text))
                }
                None => Found::File(Arc::new(File::new(path, kind, text, before.map(|f| &**f)))),
            },
            Err(_) if kind == FileKind::RepositoryModule => {
                Found::File(Arc::new(File::unreadable(path, kind)))
            }
            Err(problem) => Found::Unreadable(Arc::new(File::unreadable(path, kind)), problem),
        }
    }
}

/// Returns whether a unit is `include/` or `tests/`, whose files are read like those of an image.
fn is_directory_of_scripts(layout: Layout, unit: &str) -> bool {
    matches!(
        unit.strip_prefix(layout.prefix()),
        Some("include" | "tests")
    )
}

/// Returns whether a path is that of a module that the repository may import.
pub(super) fn is_module(layout: Layout, path: &str) -> bool {
    layout.kind_of(path) == Some(FileKind::RepositoryModule)
}

/// Returns whether a path is below a directory.
pub(super) fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.starts_with('/'))
}
