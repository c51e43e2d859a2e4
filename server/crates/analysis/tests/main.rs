//! Following changes gives what reading everything again gives: random edits of the checkout in
//! `fixtures/contribution`, each compared with a snapshot that is made of the same texts.

#![cfg(test)]
#![allow(clippy::string_slice, reason = "clippy.toml cannot allow it in tests")]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use fixture::TODAY;
use model::tree::REPOSITORY;
use model::{File, FileId, FileKind, Node, Tree};
use proptest::prelude::*;
use rules::{FileRange, Finding};
use smol_str::SmolStr;

/// Lines that matter to more than the file they stand in.
const LINES: [&str; 33] = [
    "require_cmd wget",
    "apt-get install -y wget",
    ". \"$INCLUDE/systemd.sh\"",
    ". \"$INCLUDE/debian.sh\"",
    ". \"$INCLUDE/nothing.sh\"",
    ". \"$IMAGEDIR/config.sh\"",
    ". \"$INCLUDE/$FAMILY.sh\"",
    "FAMILY=debian",
    "FAMILY=",
    "unit=1",
    "run-configure",
    "configure-systemd",
    "configure-debian-append <<EOF\necho $unit $RELNAME $FAMILY\nEOF",
    "configure-append <<EOF\nsystemctl mask $unit\n$(cat \"$DEBIAN_EXTRA\")\nEOF",
    "function configure-systemd { configure-append ; }",
    "function configure-new { cat >> \"$CONFIGURE\" ; }",
    "configure-new <<EOF\n$unit\nEOF",
    "configure-append <<EOF\nsystemctl enable systemd-journald-audit.socket\nEOF",
    "BASEURL=https://ftp.example.org/almalinux/9/BaseOS/",
    "cp \"$BASEDIR/images/void/cgroups.sh\" \"$INSTALL\"",
    "BUILDER=debian",
    "BUILDER=",
    "RELVER=9",
    "RELVER=$(date +%Y%m%d)",
    "VARIANT=other",
    "exit",
    "[ -e /x ] && return",
    "# image-scripts: ignore[heredoc-expansion, undefined-helper] here",
    "# image-scripts: ignore-file[missing-repository-entry, competing-tag, end-of-life]",
    "imports = [ ./more.nix ];",
    "imports = [ ./others.nix ./more.nix ../x.nix ];",
    "defaultVendor = \"example\";",
    "",
];

/// Settings, one of which may be in force.
const SETTINGS: [&str; 4] = [
    "",
    "[rules]\nheredoc-expansion = \"off\"\nend-of-life = \"error\"\n",
    "[images]\nunpublished = [\"ubuntu-26.10\"]\n[systemd]\nubuntu.\"24.04\" = 260\n",
    "[rules]\nno-such-rule = \"off\" # image-scripts: ignore[unknown-setting]\n",
];

/// Days on which a checkout may be looked at.
const DAYS: [&str; 4] = [TODAY, "2024-02-29", "2031-12-31", "2027-05-01"];

/// A change of one file. Numbers stand for whatever is there, modulo how much there is.
#[derive(Debug, Clone)]
enum Edit {
    DeleteLine(usize),
    DuplicateLine(usize, usize),
    SwapLines(usize, usize),
    /// A line of another file of the same kind.
    BorrowLine(usize, usize, usize),
    InsertLine(usize, usize),
    DeleteToken(usize),
    CopyToken(usize, usize),
    /// A token that another file of the same kind has.
    BorrowToken(usize, usize, usize),
    TypeLetter(usize, char),
    /// Back to the text as it was before the last edits.
    Undo(usize),
    Settings(usize),
    /// The file is saved as it is.
    Save,
    /// The next text of the file is written to the disk by somebody else.
    Outside,
    /// The file has a text, or none, that cannot be read, and then the one from before again.
    Unreadable,
    /// Another day begins.
    Day(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let n = || 0..10_000usize;
    prop_oneof![
        2 => n().prop_map(Edit::DeleteLine),
        2 => (n(), n()).prop_map(|(a, b)| Edit::DuplicateLine(a, b)),
        1 => (n(), n()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        3 => (n(), n(), n()).prop_map(|(a, b, c)| Edit::BorrowLine(a, b, c)),
        6 => (n(), 0..LINES.len()).prop_map(|(a, b)| Edit::InsertLine(a, b)),
        2 => n().prop_map(Edit::DeleteToken),
        2 => (n(), n()).prop_map(|(a, b)| Edit::CopyToken(a, b)),
        2 => (n(), n(), n()).prop_map(|(a, b, c)| Edit::BorrowToken(a, b, c)),
        2 => (n(), prop::sample::select(vec!['a', '1', '$', '"', '\'', '{', '}', ';', '#', '\n', ' '])).prop_map(|(a, c)| Edit::TypeLetter(a, c)),
        4 => (1..4usize).prop_map(Edit::Undo),
        1 => (0..SETTINGS.len()).prop_map(Edit::Settings),
        2 => Just(Edit::Save),
        2 => Just(Edit::Outside),
        1 => Just(Edit::Unreadable),
        1 => (0..DAYS.len()).prop_map(Edit::Day),
    ]
}

/// Which file is edited: include, script of an image, builder's, the two Nix files and tests.
fn place() -> impl Strategy<Value = (usize, usize)> {
    (
        prop_oneof![3 => Just(0usize), 4 => Just(1), 1 => Just(2), 3 => Just(3)],
        0..1000usize,
    )
}

/// A checkout that is edited.
struct Session {
    snapshot: Snapshot,
    groups: [Vec<FileId>; 4],
    before: HashMap<FileId, Vec<Arc<str>>>,
    today: &'static str,
    /// The next text comes from the disk.
    outside: bool,
}

impl Session {
    fn new(original: &Snapshot) -> Session {
        let mut groups: [Vec<FileId>; 4] = Default::default();
        for (id, file) in original.tree.files() {
            let group = match file.kind {
                FileKind::Script if file.path.contains("/include/") => 0,
                FileKind::Script if file.path.contains("/images/") => 1,
                FileKind::Script => 2,
                FileKind::Repository
                | FileKind::RepositoryModule
                | FileKind::TestTable
                | FileKind::Suite => 3,
                FileKind::Settings | FileKind::Other => continue,
            };
            groups[group].push(id);
        }
        Session {
            snapshot: original.clone(),
            groups,
            before: HashMap::new(),
            today: TODAY,
            outside: false,
        }
    }

    fn set_text(&mut self, id: FileId, text: Arc<str>) {
        if std::mem::take(&mut self.outside) {
            self.snapshot.set_saved_text(id, text);
        } else {
            self.snapshot.set_text(id, text);
        }
    }

    fn apply(&mut self, place: (usize, usize), edit: &Edit) {
        let group = &self.groups[place.0];
        let id = group[place.1 % group.len()];
        let text = self.snapshot.tree.file(id).unwrap().text.clone();
        let other = |n: usize| {
            self.snapshot
                .tree
                .file(group[n % group.len()])
                .unwrap()
                .text
                .clone()
        };
        let new = match edit {
            Edit::Undo(steps) => {
                let history = self.before.entry(id).or_default();
                let keep = history.len().saturating_sub(*steps);
                let Some(text) = history.get(keep).cloned() else {
                    return;
                };
                history.truncate(keep);
                self.set_text(id, text);
                return;
            }
            Edit::Settings(which) => {
                let id = self.snapshot.tree.id(".image-scripts.toml").unwrap();
                self.set_text(id, Arc::from(SETTINGS[*which]));
                return;
            }
            Edit::Save => {
                self.snapshot.accept(id);
                return;
            }
            Edit::Outside => {
                self.outside = true;
                return;
            }
            Edit::Unreadable => {
                let file = self.snapshot.tree.file(id).unwrap();
                let nothing = File::unreadable(file.path.clone(), file.kind);
                self.snapshot.tree.insert_file(nothing);
                self.snapshot.rebuild();
                return;
            }
            Edit::Day(day) => {
                self.today = DAYS[*day];
                self.snapshot.set_today(self.today);
                return;
            }
            Edit::BorrowLine(at, from, line) => {
                let borrowed = other(*from);
                let lines: Vec<&str> = borrowed.lines().collect();
                if lines.is_empty() {
                    return;
                }
                with_lines(&text, |all| {
                    all.insert(at % (all.len() + 1), lines[line % lines.len()].to_owned())
                })
            }
            Edit::BorrowToken(at, from, token) => {
                let borrowed = other(*from);
                let tokens = tokens(&borrowed);
                if tokens.is_empty() {
                    return;
                }
                with_token(&text, *at, tokens[token % tokens.len()])
            }
            edit => changed(&text, edit),
        };
        self.before.entry(id).or_default().push(text);
        self.set_text(id, Arc::from(new));
    }

    /// Returns whether a file has the facts of an older text, which a fresh snapshot does not know.
    fn is_between_texts(&self) -> bool {
        self.snapshot
            .tree
            .files()
            .any(|(_, file)| file.has_older_facts())
    }
}

fn with_lines(text: &str, body: impl FnOnce(&mut Vec<String>)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    body(&mut lines);
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The words of a text: what stands between blanks, quotes and the like.
fn tokens(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || "_-.$/".contains(c)))
        .filter(|token| !token.is_empty())
        .collect()
}

fn with_token(text: &str, at: usize, token: &str) -> String {
    let all = tokens(text);
    if all.is_empty() {
        return token.to_owned();
    }
    let old = all[at % all.len()];
    let start = old.as_ptr() as usize - text.as_ptr() as usize;
    format!("{}{token}{}", &text[..start], &text[start + old.len()..])
}

fn changed(text: &str, edit: &Edit) -> String {
    let count = text.lines().count();
    match edit {
        Edit::DeleteLine(at) if count > 0 => {
            with_lines(text, |lines| drop(lines.remove(at % count)))
        }
        Edit::DuplicateLine(from, to) if count > 0 => with_lines(text, |lines| {
            lines.insert(to % count, lines[from % count].clone())
        }),
        Edit::SwapLines(a, b) if count > 0 => {
            with_lines(text, |lines| lines.swap(a % count, b % count))
        }
        Edit::InsertLine(at, line) => with_lines(text, |lines| {
            lines.insert(at % (count + 1), LINES[*line].to_owned())
        }),
        Edit::DeleteToken(at) => with_token(text, *at, ""),
        Edit::CopyToken(from, to) => {
            let all = tokens(text);
            if all.is_empty() {
                text.to_owned()
            } else {
                with_token(text, *to, all[from % all.len()])
            }
        }
        Edit::TypeLetter(at, letter) => {
            let mut at = at % (text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            format!("{}{letter}{}", &text[..at], &text[at..])
        }
        _ => text.to_owned(),
    }
}

/// Files by path and text, read once.
type Read = HashMap<(SmolStr, Arc<str>), Arc<File>>;

thread_local! {
    /// Files by path and text: a file that was read without an older one depends on nothing else.
    static FILES: RefCell<Read> = RefCell::default();
}

/// Reads the same checkout again.
fn fresh(snapshot: &Snapshot, today: &str) -> Snapshot {
    let mut tree = Tree::new(snapshot.tree.layout);
    let mut pending = vec![SmolStr::default()];
    while let Some(directory) = pending.pop() {
        for (name, node) in snapshot.tree.children(&directory) {
            let path = if directory.is_empty() {
                SmolStr::new(name)
            } else {
                SmolStr::new(format!("{directory}/{name}"))
            };
            match node {
                Node::File(_) => {}
                Node::Link(_) => tree.insert(&path, node.clone()),
                Node::Directory | Node::Unreadable => tree.insert(&path, node.clone()),
            }
        }
        // Directories on the way are not in the tree themselves.
        let known: Vec<SmolStr> = match directory.as_str() {
            "" => vec!["image-scripts".into()],
            "image-scripts" => vec![
                "image-scripts/images".into(),
                "image-scripts/builders".into(),
            ],
            _ => Vec::new(),
        };
        pending.extend(known);
    }
    for (_, file) in snapshot.tree.files() {
        if !file.is_readable() {
            tree.insert_file(File::unreadable(file.path.clone(), file.kind));
            continue;
        }
        let key = (file.path.clone(), file.text.clone());
        let file = FILES.with_borrow_mut(|files| {
            let read = || {
                Arc::new(File::new(
                    file.path.clone(),
                    file.kind,
                    file.text.clone(),
                    None,
                ))
            };
            files.entry(key).or_insert_with(read).clone()
        });
        tree.insert_file(file);
    }
    Snapshot::new(
        snapshot.root.clone(),
        tree,
        Vec::new(),
        Inputs::fixed(today),
    )
}

/// All findings, by the path of their file.
fn rendered(snapshot: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let place = |at: FileRange| {
        let file = snapshot.tree.file(at.file).unwrap();
        format!("{} {:?}", file.path, at.range)
    };
    let line = |finding: &Finding| {
        let related = finding
            .related
            .iter()
            .map(|r| format!("\n  {} {}", place(r.at), r.message))
            .collect::<String>();
        let fixes = finding
            .fixes
            .iter()
            .map(|fix| format!("\n  fix: {}", fix.title))
            .collect::<String>();
        let head = format!(
            "{} {}[{}] {}",
            place(finding.at),
            finding.severity.name(),
            finding.rule.code,
            finding.message
        );
        format!("{head} ({:?}){related}{fixes}", finding.image)
    };
    let files = snapshot.findings().into_iter();
    files
        .map(|(file, _, findings)| (file.path.to_string(), findings.iter().map(line).collect()))
        .collect()
}

fn original() -> Snapshot {
    let mut overlay = Overlay::default();
    overlay.insert(SmolStr::new(".image-scripts.toml"), Arc::from(""));
    let mut snapshot = fixture::checkout_with("contribution", &overlay);
    let repository = snapshot.tree.id(REPOSITORY).unwrap();
    let text = snapshot.tree.file(repository).unwrap().text.to_string();
    let (before, rest) = text.split_once("      alpine = {\n").unwrap();
    let (alpine, after) = rest.split_once("\n      };\n").unwrap();
    let text =
        format!("{before}{after}").replace("}:\n{\n", "}:\n{\n  imports = [ ./more.nix ];\n");
    let module = |import: &str, images: &str| {
        let repository = "services.osctl.image-repository.vpsadminos";
        format!(
            "{{\n  {import}\n  {repository} = {{\n    images = {{\n{images}\n    }};\n  }};\n}}\n"
        )
    };
    let alpine = format!("      alpine = {{\n{alpine}\n      }};");
    let more = module("imports = [ ./others.nix ];", &alpine);
    let others = module("# image-scripts: ignore[nix-syntax]", OTHERS);
    for (path, text) in [
        ("more", more),
        ("others", others),
        ("unused", module("", &alpine)),
    ] {
        let path = SmolStr::new(format!("os/configs/{path}.nix"));
        snapshot.add_file(&path, Arc::from(text));
    }
    snapshot.set_saved_text(repository, Arc::from(text));
    snapshot.rebuild();
    snapshot
}

/// Entries in a module that another one imports: the images of some are not there, a tag has two.
const OTHERS: &str = "      gone.\"1\".tags = [ \"latest\" ];
      debian = {
        \"77\" = { };
      };";

thread_local! {
    static ORIGINAL: Snapshot = original();
}

/// Applies edits one by one and compares after each.
fn follow(edits: &[((usize, usize), Edit)]) -> Result<(), TestCaseError> {
    let mut session = ORIGINAL.with(Session::new);
    for (at, (place, edit)) in edits.iter().enumerate() {
        session.apply(*place, edit);
        if session.is_between_texts() {
            continue;
        }
        let (followed, fresh) = (
            rendered(&session.snapshot),
            rendered(&fresh(&session.snapshot, session.today)),
        );
        if followed != fresh {
            let paths = followed
                .keys()
                .chain(fresh.keys())
                .filter(|path| followed.get(*path) != fresh.get(*path));
            let lines = paths.map(|path| {
                format!(
                    "{path}\n  followed: {:#?}\n  fresh: {:#?}",
                    followed.get(path),
                    fresh.get(path)
                )
            });
            let lines: Vec<String> = lines.collect();
            return Err(TestCaseError::fail(format!(
                "after edit {at}:\n{}",
                lines.join("\n")
            )));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(96), failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn following_edits_is_reading_again(edits in prop::collection::vec((place(), edit()), 1..12)) {
        follow(&edits)?;
    }
}

/// The checkout on the disk, read again from the texts that were read.
#[test]
fn reading_again_is_reading() {
    let original = original();
    assert_eq!(rendered(&original), rendered(&fresh(&original, TODAY)));
    let rendered = rendered(&original);
    assert!(
        rendered.contains_key("os/configs/others.nix"),
        "{rendered:?}"
    );
    assert!(
        !rendered.contains_key("os/configs/unused.nix"),
        "{rendered:?}"
    );
}

/// Files beside images are compared by their texts: a remark in one makes a difference, though no
/// fact is another one.
#[test]
fn a_remark_makes_siblings_differ() {
    let mut snapshot = original();
    let text = |remark: &str| -> Arc<str> {
        let lines: String = (0..20).map(|n| format!("echo {n}\n")).collect();
        Arc::from(format!("# {remark}\n{lines}"))
    };
    let [old, new] = ["15.0", "current"]
        .map(|release| SmolStr::new(format!("image-scripts/images/slackware-{release}/extra.sh")));
    for path in [&old, &new] {
        snapshot.add_file(path, text("one"));
    }
    snapshot.rebuild();
    let id = snapshot.tree.id(&new).unwrap();
    for (remark, differs) in [("two", true), ("one", false)] {
        snapshot.set_text(id, text(remark));
        let found = snapshot.findings_of(id);
        let found = found.iter().any(|f| f.rule.code == "sibling-drift");
        assert_eq!(found, differs);
        assert_eq!(rendered(&snapshot), rendered(&fresh(&snapshot, TODAY)));
    }
}

/// A finding about a whole file is shown on its first line, all of it, also when only a comment
/// there has changed: no fact is another one then.
#[test]
fn findings_on_the_first_line_follow_it() {
    let mut snapshot = original();
    let whole_line = |snapshot: &Snapshot, id: FileId| -> bool {
        let first = snapshot.tree.file(id).unwrap().first_line();
        let found = snapshot.findings_of(id);
        found.iter().any(|finding| finding.at.range == first)
    };
    let scripts = snapshot.tree.files();
    let scripts = scripts.filter(|(_, file)| file.kind == FileKind::Script);
    let ids: Vec<FileId> = scripts
        .map(|(id, _)| id)
        .filter(|id| whole_line(&snapshot, *id))
        .collect();
    assert!(!ids.is_empty());
    for id in ids {
        let text = snapshot.tree.file(id).unwrap().text.clone();
        let (first, rest) = text.split_once('\n').unwrap();
        snapshot.set_text(id, Arc::from(format!("{first} # a remark\n{rest}")));
        assert!(whole_line(&snapshot, id));
        assert_eq!(rendered(&snapshot), rendered(&fresh(&snapshot, TODAY)));
    }
}
