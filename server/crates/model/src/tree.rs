//! The known places of a checkout: which files, directories and links there are, and what the
//! files say. Filled from a disk, a git revision or a test's fixture; nothing here reads any.
//!
//! A file is its real path: however many alias images lead to it, it is one [`File`].

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use syntax::bash::{self, ScriptFacts};
use syntax::directive::{self, Directive};
use syntax::lines::Lines;
use syntax::nix::{self, Parsed, RepositoryFacts, SuiteFacts, TableFacts};
use syntax::{TextRange, TextSize};

/// A file of the checkout. Stays the same as long as the checkout is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// What a place in the tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file, by its real path.
    File(FileId),
    /// A symbolic link and its target, as written.
    Link(SmolStr),
    /// A directory.
    Directory,
}

/// What a file is for, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A bash script: image, include, builder or test.
    Script,
    /// `os/configs/image-repository.nix`.
    Repository,
    /// `tests/distributions.nix`.
    TestTable,
    /// `tests/all-tests.nix`, `tests/suite/**`.
    Suite,
    /// `.image-scripts.toml`.
    Settings,
    /// A file whose text matters to nobody here: an image's extra files, `abstract`.
    Other,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// Of a script.
    Script(ScriptFacts),
    /// Of the repository.
    Repository(Parsed<RepositoryFacts>),
    /// Of the test table.
    TestTable(Parsed<TableFacts>),
    /// Of a test of the suite.
    Suite(SuiteFacts),
    /// Of anything else.
    None,
}

/// A file with its text and what the text says.
#[derive(Debug)]
pub struct File {
    /// The path from the root of the checkout, `/` between its parts.
    pub path: SmolStr,
    /// What it is for.
    pub kind: Kind,
    /// Its text.
    pub text: Arc<str>,
    /// What the text says. Of a Nix file that does not parse: what the last good text said.
    pub facts: Facts,
    /// Its suppression comments.
    pub directives: Box<[Directive]>,
    lines: OnceLock<Lines>,
}

impl File {
    /// Reads a text. `before` is the same file as it was: its facts live on when the new text
    /// does not parse.
    pub fn new(path: SmolStr, kind: Kind, text: Arc<str>, before: Option<&File>) -> File {
        let facts = match kind {
            Kind::Script => Facts::Script(read_script(&text, before)),
            Kind::Repository => {
                let last = before
                    .and_then(|f| f.repository())
                    .and_then(|p| p.facts.clone());
                Facts::Repository(keep_good(nix::repository(&text), last))
            }
            Kind::TestTable => {
                let last = before
                    .and_then(|f| f.test_table())
                    .and_then(|p| p.facts.clone());
                Facts::TestTable(keep_good(nix::test_table(&text), last))
            }
            Kind::Suite => Facts::Suite(nix::suite_test(&text)),
            Kind::Settings | Kind::Other => Facts::None,
        };
        let directives = if kind == Kind::Other {
            Box::default()
        } else {
            directive::read(&text)
        };
        File {
            path,
            kind,
            text,
            facts,
            directives,
            lines: OnceLock::new(),
        }
    }

    /// A file that is there, and whose text nobody knows.
    pub fn unreadable(path: SmolStr, kind: Kind) -> File {
        let nothing = "";
        let mut file = File::new(path, Kind::Other, Arc::from(nothing), None);
        file.kind = kind;
        if kind == Kind::Script {
            file.facts = Facts::Script(ScriptFacts::refused());
        }
        file
    }

    /// The script's facts, if it is one.
    pub fn script(&self) -> Option<&ScriptFacts> {
        if let Facts::Script(facts) = &self.facts {
            Some(facts)
        } else {
            None
        }
    }

    /// The repository's facts, if it is that file.
    pub fn repository(&self) -> Option<&Parsed<RepositoryFacts>> {
        if let Facts::Repository(parsed) = &self.facts {
            Some(parsed)
        } else {
            None
        }
    }

    /// The test table's facts, if it is that file.
    pub fn test_table(&self) -> Option<&Parsed<TableFacts>> {
        if let Facts::TestTable(parsed) = &self.facts {
            Some(parsed)
        } else {
            None
        }
    }

    /// Whether its ranges are those of an earlier text, because this one does not parse.
    pub fn is_stale(&self) -> bool {
        match &self.facts {
            Facts::Repository(parsed) => !parsed.errors.is_empty(),
            Facts::TestTable(parsed) => !parsed.errors.is_empty(),
            _ => false,
        }
    }

    /// The text at a range; empty if there is none.
    pub fn slice(&self, range: TextRange) -> &str {
        self.text
            .get(usize::from(range.start())..usize::from(range.end()))
            .unwrap_or_default()
    }

    /// Where its lines begin.
    pub fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    /// The first line, without its end: the first that is no suppression comment, so that what
    /// stands on it can be silenced from the line before.
    pub fn first_line(&self) -> TextRange {
        let mut start = 0;
        let mut line = self.line_from(start);
        while self.directives.iter().any(|d| self.is_alone(d, line)) {
            start = usize::from(line.end()) + 1;
            if start >= self.text.len() {
                return self.line_from(0);
            }
            line = self.line_from(start);
        }
        line
    }

    /// The line that begins at a byte, without its end.
    fn line_from(&self, start: usize) -> TextRange {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        TextRange::new(
            TextSize::try_from(start).unwrap_or_default(),
            TextSize::try_from(end).unwrap_or_default(),
        )
    }

    /// Whether a suppression comment is all there is on a line.
    fn is_alone(&self, directive: &Directive, line: TextRange) -> bool {
        let before = directive.range.start();
        line.contains_range(directive.range)
            && self
                .slice(TextRange::new(line.start(), before))
                .trim()
                .is_empty()
    }
}

/// A script that does not parse is spoken for by the last text that did, if there was one.
fn read_script(text: &str, before: Option<&File>) -> ScriptFacts {
    let facts = bash::read(text);
    let good = before
        .and_then(|file| Some((file, file.script()?)))
        .filter(|(_, f)| !f.has_errors && !f.effects.refused);
    match good {
        Some((file, good)) if facts.has_errors || facts.effects.refused => {
            let mut moved = good.moved(&file.text, text);
            moved.is_stale = true;
            moved
        }
        _ => facts,
    }
}

/// A text that does not parse is spoken for by the last one that did.
fn keep_good<T>(mut parsed: Parsed<T>, last: Option<T>) -> Parsed<T> {
    if parsed.facts.is_none() {
        parsed.facts = last;
    }
    parsed
}

/// Where the known places of a checkout are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `image-scripts/` beside `os/` and `tests/`.
    Whole,
    /// `image-scripts` as a repository of its own, as before May 2023: no Nix files.
    ScriptsOnly,
}

/// The path of the repository's file.
pub const REPOSITORY: &str = "os/configs/image-repository.nix";
/// The path of the test table.
pub const TEST_TABLE: &str = "tests/distributions.nix";
/// The path of the list of tests.
pub const ALL_TESTS: &str = "tests/all-tests.nix";
/// The directory of the tests that may name a distribution themselves.
pub const SUITE: &str = "tests/suite";
/// The path of the settings.
pub const SETTINGS: &str = ".image-scripts.toml";

impl Layout {
    /// What comes before `images/`, `include/`, ...: a path that ends in `/`, or nothing.
    pub fn prefix(self) -> &'static str {
        match self {
            Layout::Whole => "image-scripts/",
            Layout::ScriptsOnly => "",
        }
    }

    /// The same without the `/`.
    pub fn scripts_directory(self) -> &'static str {
        self.prefix().trim_end_matches('/')
    }

    /// What a file at `path` is for; `None` if it is in no known place.
    pub fn kind_of(self, path: &str) -> Option<Kind> {
        if path == SETTINGS {
            return Some(Kind::Settings);
        }
        if self == Layout::Whole {
            match path {
                REPOSITORY => return Some(Kind::Repository),
                TEST_TABLE => return Some(Kind::TestTable),
                ALL_TESTS => return Some(Kind::Suite),
                _ if path
                    .strip_prefix(SUITE)
                    .is_some_and(|rest| rest.starts_with('/')) =>
                {
                    return path.ends_with(".nix").then_some(Kind::Suite);
                }
                _ => {}
            }
        }
        let mut parts = path.strip_prefix(self.prefix())?.splitn(4, '/');
        match (parts.next()?, parts.next()?, parts.next(), parts.next()) {
            ("images" | "builders", _, Some(file), None) => Some(if file.ends_with(".sh") {
                Kind::Script
            } else {
                Kind::Other
            }),
            ("include" | "tests", file, None, None) if file.ends_with(".sh") => Some(Kind::Script),
            _ => None,
        }
    }
}

/// Why a path leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing is there.
    Missing,
    /// Links lead in a circle.
    Loop,
}

/// The known places of a checkout.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Where they are.
    pub layout: Layout,
    nodes: BTreeMap<SmolStr, Node>,
    files: Vec<Option<Arc<File>>>,
    paths: Vec<SmolStr>,
    ids: FxHashMap<SmolStr, FileId>,
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
        let file = file.into();
        let path = file.path.clone();
        let id = self.id_for(&path);
        self.nodes.insert(path, Node::File(id));
        if let Some(slot) = self.files.get_mut(id.0 as usize) {
            *slot = Some(file);
        }
        id
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
        self.has_links |= matches!(node, Node::Link(_));
        self.nodes.insert(SmolStr::new(path), node);
    }

    /// Takes away what is at a path, and everything below it.
    pub fn remove(&mut self, path: &str) {
        let below = format_smolstr!("{path}/");
        let gone: Vec<SmolStr> = self
            .nodes
            .range::<str, _>((Bound::Included(path), Bound::Unbounded))
            .map(|(p, _)| p)
            .take_while(|p| p.starts_with(path))
            .filter(|p| *p == path || p.starts_with(below.as_str()))
            .cloned()
            .collect();
        for path in gone {
            if let Some(Node::File(id)) = self.nodes.remove(&path)
                && let Some(slot) = self.files.get_mut(id.0 as usize)
            {
                *slot = None;
            }
        }
    }

    /// The file with that number, if it is still there.
    pub fn file(&self, id: FileId) -> Option<&Arc<File>> {
        self.files.get(id.0 as usize)?.as_ref()
    }

    /// The real path that a number stands for, also when the file is gone.
    pub fn path(&self, id: FileId) -> Option<&SmolStr> {
        self.paths.get(id.0 as usize)
    }

    /// The number of a file at its real path.
    pub fn id(&self, path: &str) -> Option<FileId> {
        let id = *self.ids.get(path)?;
        self.file(id).map(|_| id)
    }

    /// What is at a path, links not followed.
    pub fn node(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// The facts of the script with that number, if it is still there and a script.
    pub fn script(&self, id: FileId) -> Option<&ScriptFacts> {
        self.file(id)?.script()
    }

    /// All files, in the order of their numbers.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Arc<File>)> {
        let number = |at: usize| FileId(u32::try_from(at).unwrap_or(u32::MAX));
        self.files
            .iter()
            .enumerate()
            .filter_map(move |(at, file)| Some((number(at), file.as_ref()?)))
    }

    /// What is directly in a directory, by name, in order.
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

    /// The real path behind a path: links followed, `.` and `..` taken out.
    ///
    /// # Errors
    /// When nothing is there, or links lead in a circle.
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
            if let Some(Node::Link(target)) = self
                .has_links
                .then(|| self.nodes.get(real.as_str()))
                .flatten()
            {
                hops += 1;
                if hops > 40 {
                    return Err(Broken::Loop);
                }
                if target.starts_with('/') {
                    return Err(Broken::Missing);
                }
                real.truncate(parent);
                pending.extend(target.rsplit('/').map(SmolStr::new));
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

    /// The file behind a path, links followed.
    pub fn resolve_file(&self, path: &str) -> Option<FileId> {
        self.id(&self.resolve(path).ok()?)
    }
}
