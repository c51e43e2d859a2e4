//! Fixtures: checkouts written as one text, with what is to be found in them.
//!
//! ```text
//! #> with the minimal checkout
//! #- image-scripts/images/debian-13/config.sh
//! BUILDER=debain
//! #       ^^^^^^ error unknown-builder: no builder `debain`; did you mean `debian`?
//! #       fix: Change to `debian`
//! ```
//!
//! Lines that begin with `#> ` or `#- ` are headers; all before the first one is a remark.
//!
//! - `#> with the minimal checkout` brings the files of `minimal.txt`; a file of the fixture
//!   replaces the one of the same path. `#> without PATH` takes one of them away.
//! - `#> image NAME: A=1; B=2` brings an image whose `config.sh` has these lines behind a
//!   `BUILDER`, and whose `build.sh` does nothing of note.
//! - `#> scripts only`: the checkout is one of scripts, without Nix files.
//! - `#> today DATE`: judged as if it were another day than 2026-11-01.
//! - `#- PATH` begins a file, `#- PATH -> TARGET` is a link, `#- PATH/` an empty directory.
//!
//! Under a line stands what is to be found on it. These lines are taken out before anything is
//! read, in here-documents too. `^^^` marks the range; directly behind the `#` it begins at the
//! first column, `#` included. `|` is an empty range, `^^^...` a range that goes on for some lines.
//! What cannot be pointed at is written as `[2..3]`, in columns. Tabs are eight columns wide.
//! Lines with `fix:` and `related: PATH:LINE MESSAGE` may follow; they are held to what is found
//! where there are any.
//!
//! With `UPDATE_FIXTURES=1` in the environment, fixtures are rewritten to what is found.

#[allow(dead_code, reason = "not every test binary needs it")]
pub mod cursors;
#[allow(dead_code, reason = "not every test binary needs it")]
pub mod folder;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use analysis::snapshot::is_script;
use analysis::{Inputs, Snapshot};
use checkout::bash;
use model::{File, Kind, Layout, Node, Tree};
use rules::Finding;
use smol_str::SmolStr;
use syntax::{TextRange, TextSize};

/// The day on which fixtures are judged.
pub const TODAY: &str = "2026-11-01";

const MINIMAL: &str = include_str!("minimal.txt");

/// A fixture.
pub struct Fixture {
    /// Where it is, for messages and for rewriting.
    pub path: PathBuf,
    source: String,
    /// The lines before the first header.
    remark: Vec<String>,
    parts: Vec<Part>,
    today: String,
    layout: Layout,
}

/// A header and what is below it.
#[derive(Clone)]
enum Part {
    /// `#> ...`, as written.
    Setting(String),
    Link {
        path: String,
        target: String,
    },
    Directory(String),
    File {
        path: String,
        lines: Vec<Line>,
    },
}

/// A line of a file and what is expected on it.
#[derive(Clone, Default)]
struct Line {
    text: String,
    expected: Vec<Expected>,
}

/// An annotation, in the form in which it is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    /// The marker with the severity, the code and the message.
    headline: String,
    fixes: Option<Vec<String>>,
    related: Option<Vec<String>>,
}

/// What goes into a tree.
enum Content {
    Text(String),
    Link(String),
    Directory,
}

impl Fixture {
    /// Reads the fixture at a path.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn read(path: &Path) -> Fixture {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Fixture::parse(path, &text)
    }

    /// Reads a fixture.
    pub fn parse(path: &Path, text: &str) -> Fixture {
        let mut fixture = Fixture {
            path: path.to_path_buf(),
            source: text.to_owned(),
            remark: Vec::new(),
            parts: Vec::new(),
            today: TODAY.to_owned(),
            layout: Layout::Whole,
        };
        for line in text.lines() {
            fixture.line(line);
        }
        fixture
    }

    fn line(&mut self, line: &str) {
        if let Some(setting) = line.strip_prefix("#> ") {
            if let Some(today) = setting.strip_prefix("today ") {
                self.today = today.to_owned();
            }
            if setting == "scripts only" {
                self.layout = Layout::ScriptsOnly;
            }
            self.parts.push(Part::Setting(setting.to_owned()));
            return;
        }
        if let Some(header) = line.strip_prefix("#- ") {
            let part = match (header.split_once(" -> "), header.strip_suffix('/')) {
                (Some((path, target)), _) => Part::Link {
                    path: path.to_owned(),
                    target: target.to_owned(),
                },
                (None, Some(path)) => Part::Directory(path.to_owned()),
                (None, None) => Part::File {
                    path: header.to_owned(),
                    lines: Vec::new(),
                },
            };
            self.parts.push(part);
            return;
        }
        match self.parts.last_mut() {
            Some(Part::File { lines, .. }) => {
                if !annotation(line, lines) {
                    lines.push(Line {
                        text: line.to_owned(),
                        expected: Vec::new(),
                    });
                }
            }
            None => self.remark.push(line.to_owned()),
            Some(_) => assert!(
                line.trim().is_empty(),
                "{}: `{line}` belongs to no file",
                self.path.display()
            ),
        }
    }

    /// The same fixture with another text in place of every occurrence of one.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn replaced(&self, from: &str, to: &str) -> Fixture {
        Fixture::parse(&self.path, &self.source.replace(from, to))
    }

    /// The same fixture without a file.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn without(&self, gone: &str) -> Fixture {
        let mut fixture = Fixture::parse(&self.path, &self.source);
        fixture
            .parts
            .retain(|part| !matches!(part, Part::File { path, .. } if path == gone));
        fixture
    }

    /// Whether an annotation names a rule.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn expects(&self, code: &str) -> bool {
        let needle = format!(" {code}: ");
        self.parts.iter().any(|part| match part {
            Part::File { lines, .. } => lines
                .iter()
                .flat_map(|l| &l.expected)
                .any(|e| e.headline.contains(&needle)),
            _ => false,
        })
    }

    /// The checkout that the fixture describes, judged.
    pub fn snapshot(&self, disabled: Option<&'static str>) -> Snapshot {
        let mut contents = BTreeMap::new();
        for part in &self.parts {
            if let Part::Setting(setting) = part {
                self.setting(setting, &mut contents);
            }
        }
        for part in &self.parts {
            let (path, content) = match part {
                Part::Setting(_) => continue,
                Part::Link { path, target } => (path, Content::Link(target.clone())),
                Part::Directory(path) => (path, Content::Directory),
                Part::File { path, lines } => (
                    path,
                    Content::Text(lines.iter().map(|l| format!("{}\n", l.text)).collect()),
                ),
            };
            contents.insert(path.clone(), content);
        }
        let mut inputs = Inputs::fixed(&self.today);
        inputs.disabled = Arc::new(disabled.into_iter().collect());
        let mut snapshot = Snapshot::new(
            PathBuf::from("/checkout"),
            tree(self.layout, contents),
            Vec::new(),
            inputs,
        );
        ask_bash(&mut snapshot);
        snapshot
    }

    fn setting(&self, setting: &str, contents: &mut BTreeMap<String, Content>) {
        if setting == "with the minimal checkout" {
            let minimal = Fixture::parse(Path::new("minimal.txt"), MINIMAL);
            for part in minimal.parts {
                if let Part::File { path, lines } = part {
                    let text = lines.iter().map(|l| format!("{}\n", l.text)).collect();
                    let path = match self.layout {
                        Layout::Whole => path,
                        Layout::ScriptsOnly => match path.strip_prefix("image-scripts/") {
                            Some(path) => path.to_owned(),
                            None => continue,
                        },
                    };
                    contents.insert(path, Content::Text(text));
                }
            }
        } else if let Some(path) = setting.strip_prefix("without ") {
            assert!(
                contents.remove(path).is_some(),
                "{}: there is no {path} to go without",
                self.path.display()
            );
        } else if let Some(image) = setting.strip_prefix("image ") {
            let (name, values) = image.split_once(':').unwrap_or((image, ""));
            let own: String = values
                .split("; ")
                .map(|v| v.trim())
                .filter(|v| !v.is_empty())
                .map(|v| format!("{v}\n"))
                .collect();
            let prefix = self.layout.prefix();
            let config = if own.contains("BUILDER=") {
                own
            } else {
                format!("BUILDER=debian\n{own}")
            };
            contents.insert(
                format!("{prefix}images/{name}/config.sh"),
                Content::Text(config),
            );
            let build = "configure-common\nrun-configure\n".to_owned();
            contents.insert(
                format!("{prefix}images/{name}/build.sh"),
                Content::Text(build),
            );
        } else {
            let known = setting.starts_with("today ") || setting == "scripts only";
            assert!(
                known,
                "{}: unknown header `#> {setting}`",
                self.path.display()
            );
        }
    }

    /// The fixture with the annotations that fit what is found, and what stands in files of which
    /// it does not show the text.
    fn with_actual(&self, snapshot: &Snapshot) -> (Vec<Part>, Vec<String>) {
        let mut parts = self.parts.clone();
        for part in &mut parts {
            if let Part::File { lines, .. } = part {
                lines.iter_mut().for_each(|line| line.expected.clear());
            }
        }
        let mut elsewhere = Vec::new();
        for (file, _, findings) in snapshot.findings() {
            let shown = parts
                .iter_mut()
                .zip(&self.parts)
                .find_map(|pair| match pair {
                    (Part::File { path, lines }, Part::File { lines: before, .. })
                        if file.path == path.as_str() =>
                    {
                        Some((lines, before))
                    }
                    _ => None,
                });
            let Some((lines, before)) = shown else {
                elsewhere.extend(
                    findings
                        .iter()
                        .map(|f| format!("{}: {}", file.path, headline_text(f))),
                );
                continue;
            };
            for finding in findings {
                let range = finding.at.range;
                let at = file.lines().line_of(range.start());
                let mut actual = render(snapshot, file, range, finding);
                // Fixes and related places are compared where the fixture speaks of them.
                let twin = before
                    .get(at)
                    .and_then(|l| l.expected.iter().find(|e| e.headline == actual.headline));
                let update = updating();
                if twin.is_none_or(|twin| twin.fixes.is_none()) && !(update && twin.is_none()) {
                    actual.fixes = None;
                }
                if twin.is_none_or(|twin| twin.related.is_none()) {
                    actual.related = None;
                }
                if lines.is_empty() {
                    lines.push(Line::default());
                }
                let last = lines.len() - 1;
                lines[at.min(last)].expected.push(actual);
            }
        }
        (parts, elsewhere)
    }

    /// What differs between what is expected and what is found; nothing if nothing does.
    pub fn difference(&self, snapshot: &Snapshot) -> Option<String> {
        let (actual, elsewhere) = self.with_actual(snapshot);
        let mut out = String::new();
        for pair in self.parts.iter().zip(&actual) {
            let (
                Part::File {
                    path,
                    lines: expected,
                },
                Part::File { lines: actual, .. },
            ) = pair
            else {
                continue;
            };
            let nothing = Line::default();
            for at in 0..expected.len().max(actual.len()) {
                let (before, now) = (
                    expected.get(at).unwrap_or(&nothing),
                    actual.get(at).unwrap_or(&nothing),
                );
                if sorted(&before.expected) == sorted(&now.expected) {
                    continue;
                }
                let _ = writeln!(out, "  {path}:{}\n      {}", at + 1, now.text);
                let missing = before
                    .expected
                    .iter()
                    .filter(|e| !now.expected.contains(e))
                    .map(|e| ("-", e));
                let extra = now
                    .expected
                    .iter()
                    .filter(|e| !before.expected.contains(e))
                    .map(|e| ("+", e));
                for (sign, expected) in missing.chain(extra) {
                    for line in expected.lines() {
                        let _ = writeln!(out, "    {sign} {line}");
                    }
                }
            }
        }
        for line in elsewhere {
            let _ = writeln!(
                out,
                "    + {line}\n      (in a file that the fixture does not show)"
            );
        }
        (!out.is_empty()).then_some(out)
    }

    /// Holds the fixture to its annotations. Gives what is wrong with it.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn check(&self) -> Result<(), String> {
        let snapshot = self.snapshot(None);
        let Some(difference) = self.difference(&snapshot) else {
            return Ok(());
        };
        let (parts, elsewhere) = self.with_actual(&snapshot);
        if updating() && elsewhere.is_empty() {
            std::fs::write(&self.path, self.written(&parts)).expect("the fixture can be rewritten");
            return Ok(());
        }
        Err(format!(
            "{} (- expected, + found; UPDATE_FIXTURES=1 rewrites it)\n{difference}",
            self.path.display()
        ))
    }

    fn written(&self, parts: &[Part]) -> String {
        let mut out: String = self.remark.iter().map(|line| format!("{line}\n")).collect();
        for part in parts {
            match part {
                Part::Setting(setting) => out.push_str(&format!("#> {setting}\n")),
                Part::Link { path, target } => out.push_str(&format!("#- {path} -> {target}\n")),
                Part::Directory(path) => out.push_str(&format!("#- {path}/\n")),
                Part::File { path, lines } => {
                    out.push_str(&format!("#- {path}\n"));
                    // A file with nothing in it has one line here when something stands on it.
                    let empty = matches!(lines.as_slice(), [only] if only.text.is_empty());
                    for line in lines {
                        if !empty {
                            out.push_str(&format!("{}\n", line.text));
                        }
                        line.expected
                            .iter()
                            .flat_map(|e| e.lines())
                            .for_each(|l| out.push_str(&format!("{l}\n")));
                    }
                }
            }
        }
        out
    }
}

fn updating() -> bool {
    std::env::var_os("UPDATE_FIXTURES").is_some()
}

fn sorted(expected: &[Expected]) -> Vec<&Expected> {
    let mut all: Vec<&Expected> = expected.iter().collect();
    all.sort();
    all
}

/// Puts everything where a checkout on a disk would have it.
fn tree(layout: Layout, contents: BTreeMap<String, Content>) -> Tree {
    let mut tree = Tree::new(layout);
    for (path, content) in contents {
        directories(&mut tree, layout, &path);
        match content {
            Content::Link(target) => tree.insert(&path, Node::Link(SmolStr::new(target))),
            Content::Directory => tree.insert(&path, Node::Directory),
            Content::Text(text) => {
                let kind = layout
                    .kind_of(&path)
                    .unwrap_or_else(|| panic!("`{path}` is in no known place"));
                // What such a file says is not read from a disk either.
                let text = if kind == Kind::Other { "" } else { &text };
                tree.insert_file(File::new(SmolStr::new(&path), kind, Arc::from(text), None));
            }
        }
    }
    tree
}

fn directories(tree: &mut Tree, layout: Layout, path: &str) {
    let Some(rest) = path.strip_prefix(layout.prefix()) else {
        return;
    };
    let parts: Vec<&str> = rest.split('/').collect();
    if let [parent @ ("images" | "builders"), name, _] = parts.as_slice() {
        tree.insert(
            &format!("{}{parent}/{name}", layout.prefix()),
            Node::Directory,
        );
    }
}

/// Asks the real bash about every script.
pub fn ask_bash(snapshot: &mut Snapshot) {
    let bash = bash::find().expect("the tests need a bash");
    let scripts: Vec<_> = snapshot
        .tree
        .files()
        .filter(|(_, file)| is_script(file))
        .map(|(id, file)| (id, file.clone()))
        .collect();
    for (id, file) in scripts {
        // Most scripts were asked about before, in another fixture.
        if let Some(finding) = SYNTAX.with_borrow_mut(|known| {
            let finding = known
                .entry(file.text.clone())
                .or_insert_with(|| bash::check(&bash, &file, id));
            finding.clone().map(|f| Finding {
                at: rules::FileRange { file: id, ..f.at },
                ..f
            })
        }) {
            snapshot.set_shell_syntax(id, Some(finding));
        }
    }
}

thread_local! {
    /// What bash said of texts.
    static SYNTAX: std::cell::RefCell<std::collections::HashMap<Arc<str>, Option<Finding>>> = Default::default();
}

// Annotations

impl Expected {
    fn lines(&self) -> Vec<String> {
        let mut out = vec![self.headline.clone()];
        let more = |word: &str, items: &Option<Vec<String>>| -> Vec<String> {
            items
                .iter()
                .flatten()
                .map(|item| format!("#       {word}: {item}"))
                .collect()
        };
        out.extend(more("fix", &self.fixes));
        out.extend(more("related", &self.related));
        out
    }
}

/// Whether a line is an annotation of the lines before it; then it is put there.
fn annotation(line: &str, lines: &mut Vec<Line>) -> bool {
    let Some(body) = line.strip_prefix('#') else {
        return false;
    };
    let bare = body.trim_start();
    if let (Some(last), true) = (
        lines.last_mut().and_then(|l| l.expected.last_mut()),
        body.starts_with(' '),
    ) {
        if let Some(fix) = bare.strip_prefix("fix: ") {
            last.fixes.get_or_insert_default().push(fix.to_owned());
            return true;
        }
        if let Some(related) = bare.strip_prefix("related: ") {
            last.related
                .get_or_insert_default()
                .push(related.to_owned());
            return true;
        }
    }
    let marker = bare.split(' ').next().unwrap_or_default();
    let is_marker = !marker.is_empty()
        && (marker.trim_end_matches('.').chars().all(|c| c == '^')
            || marker == "|"
            || marker.starts_with('['));
    let severity = bare
        .strip_prefix(marker)
        .and_then(|rest| rest.trim_start().split(' ').next());
    if !is_marker || !matches!(severity, Some("error" | "warning" | "information" | "hint")) {
        return false;
    }
    if lines.is_empty() {
        lines.push(Line::default());
    }
    let expected = Expected {
        headline: line.to_owned(),
        fixes: None,
        related: None,
    };
    lines
        .last_mut()
        .expect("there is a line")
        .expected
        .push(expected);
    true
}

fn headline_text(finding: &Finding) -> String {
    format!(
        "{} {}: {}",
        finding.severity.name(),
        finding.rule.code,
        finding.message
    )
}

fn render(snapshot: &Snapshot, file: &File, range: TextRange, finding: &Finding) -> Expected {
    let lines = file.lines();
    let line = lines.line_of(range.start());
    let whole = lines.range(line, &file.text);
    let column = |at: TextSize| columns(&file.text[usize::from(whole.start())..usize::from(at)]);
    let (start, end) = (column(range.start()), column(range.end().min(whole.end())));
    let goes_on = range.end() > whole.end();
    let marker = match (start, end) {
        (0, 0) => "#|".to_owned(),
        (1, _) | (0, 1) => format!("# [{start}..{end}]"),
        _ if start == end => format!("#{}|", " ".repeat(start - 1)),
        (0, _) => format!("#{}", "^".repeat(end - 1)),
        _ => format!("#{}{}", " ".repeat(start - 1), "^".repeat(end - start)),
    };
    let dots = if goes_on { "..." } else { "" };
    let fixes: Vec<String> = finding.fixes.iter().map(|fix| fix.title.clone()).collect();
    let related = finding.related.iter().filter_map(|related| {
        let file = snapshot.tree.file(related.at.file)?;
        let line = file.lines().line_of(related.at.range.start()) + 1;
        Some(format!("{}:{line} {}", file.path, related.message))
    });
    let some = |items: Vec<String>| if items.is_empty() { None } else { Some(items) };
    Expected {
        headline: format!("{marker}{dots} {}", headline_text(finding)),
        fixes: some(fixes),
        related: some(related.collect()),
    }
}

/// How many columns a text takes, tabs being eight wide.
fn columns(text: &str) -> usize {
    text.chars()
        .fold(0, |at, c| if c == '\t' { at / 8 * 8 + 8 } else { at + 1 })
}
