//! Links, symbols, lenses, hints and call hierarchy of small checkouts, with the output that is
//! expected after each `#= COMMAND`.

use std::fmt::Write as _;
use std::path::Path;

use analysis::Snapshot;
use fixture::{CHECKOUTS, Fixture, checkout, golden};
use ide::calls::{self, Calls};
use ide::hints::{self, InlayHintSettings};
use ide::lenses::{self, LensAction, LensKind, LensSettings};
use ide::links::{self, LinkTarget};
use ide::outline::{self, OutlineNode};
use ide::symbol_search;
use model::{FileId, FileRange};
use syntax::{TextRange, TextSize};

/// Lenses of a client that runs no commands.
const WITHOUT_RUN: LensSettings = LensSettings {
    commands: false,
    container: false,
    ..LensSettings::ALL
};

/// Checkout of a fixture, with the cursor if it has one.
struct Marked {
    snapshot: Snapshot,
    cursor: Option<(FileId, TextSize)>,
}

/// Checks the outputs of a fixture's commands.
fn check(path: &Path, respond: fn(&Snapshot, &str, Option<(FileId, TextSize)>) -> String) {
    let read = |text: &str| {
        let marked = Fixture::parse(path, text);
        Marked {
            cursor: cursor(&marked.snapshot(None)),
            snapshot: marked.replaced("<|>", "").snapshot(None),
        }
    };
    golden::check_commands(path, read, |marked, command| {
        respond(&marked.snapshot, command, marked.cursor)
    });
}

fn cursor(snapshot: &Snapshot) -> Option<(FileId, TextSize)> {
    snapshot.tree.files().find_map(|(id, file)| {
        let at = file.text.find("<|>")?;
        Some((id, TextSize::try_from(at).unwrap()))
    })
}

fn file(snapshot: &Snapshot, path: &str) -> FileId {
    let id = snapshot.tree.id(path);
    id.unwrap_or_else(|| panic!("there is no {path}"))
}

/// `line:column`, both from 1.
fn position(snapshot: &Snapshot, id: FileId, at: TextSize) -> String {
    let file = snapshot.tree.file(id).unwrap();
    let line = file.lines().line_of(at);
    let column = at - file.lines().start(line).unwrap();
    format!("{}:{}", line + 1, u32::from(column) + 1)
}

fn shown_range(snapshot: &Snapshot, range: FileRange) -> String {
    let FileRange { file, range } = range;
    let path = snapshot.tree.path(file).unwrap();
    format!("{path}:{}", position(snapshot, file, range.start()))
}

fn text(snapshot: &Snapshot, id: FileId, range: TextRange) -> String {
    snapshot.tree.file(id).unwrap().slice(range).to_owned()
}

// Everywhere

/// Every range that requests on whole checkouts return is within the text of its file.
pub(crate) fn every_range_is_in_its_text() {
    for name in CHECKOUTS {
        let snapshot = checkout(name);
        let view = snapshot.view();
        for (id, file) in snapshot.tree.files() {
            for link in links::links(&view, id) {
                assert!(
                    !file.slice(link.range).is_empty(),
                    "{}: {link:?}",
                    file.path
                );
            }
            for lens in lenses::lenses(&view, id, None, LensSettings::ALL) {
                assert!(!file.slice(lens.range).is_empty() || file.text.is_empty());
                let said = lenses::resolve(&view, id, &lens.kind);
                assert!(said.is_some_and(|said| !said.title.is_empty()));
            }
            let whole = TextRange::up_to(TextSize::of(&*file.text));
            for hint in hints::hints(&view, id, whole, InlayHintSettings::ALL, None) {
                assert!(file.text.is_char_boundary(usize::from(hint.offset)));
                assert!(!hint.label.is_empty());
            }
        }
        for found in symbol_search::search(&view, "") {
            let FileRange { file, range } = found.definition;
            let file = snapshot.tree.file(file).unwrap();
            assert!(range.is_empty() || !file.slice(range).is_empty());
        }
    }
}

/// Facts of an earlier text have no ranges in a text that does not parse.
pub(crate) fn nothing_points_into_a_text_that_does_not_parse() {
    let mut snapshot = checkout("clean-2026");
    let id = file(&snapshot, "os/configs/image-repository.nix");
    snapshot.set_text(id, "{".into());
    let view = snapshot.view();
    assert!(outline::outline(&view, id, true).is_none());
    assert!(links::links(&view, id).is_empty());
    assert!(lenses::lenses(&view, id, None, LensSettings::ALL).is_empty());
    let start = |range: FileRange| range.file != id || range == FileRange::start_of(id);
    let found = symbol_search::search(&view, "debian.13");
    assert!(!found.is_empty() && found.iter().all(|found| start(found.definition)));
    let image = file(&snapshot, "image-scripts/images/debian-13/build.sh");
    for lens in lenses::lenses(&view, image, None, WITHOUT_RUN) {
        let said = lenses::resolve(&view, image, &lens.kind).unwrap();
        // The facts of the last text that did parse still hold.
        assert!(!said.title.starts_with("not"), "{}", said.title);
        if let LensAction::ShowReferences(ranges) = said.action {
            assert!(!ranges.is_empty() && ranges.into_iter().all(start));
        }
    }
}

/// Incoming calls of a helper are outgoing calls of its callers.
pub(crate) fn calls_are_the_same_from_both_ends() {
    for name in CHECKOUTS {
        let snapshot = checkout(name);
        let view = snapshot.view();
        let mut count = 0;
        for (file, script) in snapshot.tree.files() {
            for function in script
                .script()
                .into_iter()
                .flat_map(|facts| &facts.effects.functions)
            {
                let function = Some(function.name.clone());
                let callee = calls::Callable { file, function };
                for call in calls::incoming(&view, &callee) {
                    let outgoing = calls::outgoing(&view, &call.item.callable);
                    let same = outgoing.iter().find(|other| other.item.callable == callee);
                    let same = same.unwrap_or_else(|| panic!("{name}: {callee:?} {call:?}"));
                    assert_eq!(same.ranges, call.ranges, "{name}: {callee:?}");
                    count += 1;
                }
            }
        }
        assert!(count > 50, "{name}: {count}");
    }
}

// `#= PATH`

pub(crate) fn links(path: &Path) {
    check(path, |snapshot, path, _| {
        let id = file(snapshot, path);
        let mut out = String::new();
        for link in links::links(&snapshot.view(), id) {
            let target = match &link.destination {
                LinkTarget::File(file) => snapshot.tree.path(*file).unwrap().to_string(),
                LinkTarget::Url(url) => url.clone(),
            };
            let at = position(snapshot, id, link.range.start());
            let text = text(snapshot, id, link.range);
            writeln!(out, "{at} {text} -> {target} ({})", link.tooltip).unwrap();
        }
        out
    });
}

// `#= search QUERY`, `#= outline PATH`

pub(crate) fn symbols(path: &Path) {
    fn outline(
        snapshot: &Snapshot,
        id: FileId,
        parts: &[OutlineNode],
        depth: usize,
        out: &mut String,
    ) {
        for part in parts {
            assert!(part.range.contains_range(part.selection) && !part.name.is_empty());
            let indent = "  ".repeat(depth);
            let from = position(snapshot, id, part.range.start());
            let at = position(snapshot, id, part.selection.start());
            let line = format!(
                "{indent}{from} {at} {:?} {} {}",
                part.kind, part.name, part.detail
            );
            writeln!(out, "{}", line.trim_end()).unwrap();
            outline(snapshot, id, &part.children, depth + 1, out);
        }
    }
    check(path, |snapshot, command, _| {
        let mut out = String::new();
        let view = snapshot.view();
        if let Some(path) = command.strip_prefix("outline ") {
            let id = file(snapshot, path);
            match outline::outline(&view, id, true) {
                Some(parts) => outline(snapshot, id, &parts, 0, &mut out),
                None => out.push_str("none\n"),
            }
            return out;
        }
        let query = command.strip_prefix("search").unwrap().trim();
        for found in symbol_search::search(&view, query) {
            let at = shown_range(snapshot, found.definition);
            writeln!(out, "{}: {} {at}", found.name, found.description).unwrap();
        }
        out
    });
}

// `#= PATH`, `#= PATH as IMAGE`, `#= PATH runs`

pub(crate) fn lenses(path: &Path) {
    check(path, |snapshot, command, _| {
        let mut words = command.split(' ');
        let id = file(snapshot, words.next().unwrap());
        let (word, name) = (words.next(), words.next());
        let view = snapshot.view();
        let mut out = String::new();
        let run_lenses = match word {
            Some("runs") => LensSettings::ALL,
            _ => WITHOUT_RUN,
        };
        for lens in lenses::lenses(&view, id, name, run_lenses) {
            // The client sends back the data that it got.
            let sent = serde_json::to_string(&lens.kind).unwrap();
            assert_eq!(serde_json::from_str::<LensKind>(&sent).unwrap(), lens.kind);
            let said = lenses::resolve(&view, id, &lens.kind).unwrap();
            let at = position(snapshot, id, lens.range.start());
            let leads = match said.action {
                LensAction::ShowReferences(ranges) => {
                    let ranges = ranges.into_iter();
                    ranges.map(|p| shown_range(snapshot, p)).collect::<Vec<_>>()
                }
                LensAction::RunCommand(words) => vec![format!("run {}", words.join(" "))],
                LensAction::ShowContainer(name) => {
                    vec![format!("of {}", name.as_deref().unwrap_or("?"))]
                }
            };
            let line = format!("{at} {} -> {}", said.title, leads.join(" "));
            writeln!(out, "{}", line.trim_end_matches(" -> ")).unwrap();
        }
        out
    });
}

// `#= PATH`, `#= PATH as IMAGE`, `#= PATH lines FROM TO`, `#= PATH without KIND`

pub(crate) fn hints(path: &Path) {
    check(path, |snapshot, command, _| {
        let words: Vec<&str> = command.split(' ').collect();
        let id = file(snapshot, words[0]);
        let file = snapshot.tree.file(id).unwrap().clone();
        let mut part = TextRange::up_to(TextSize::of(&*file.text));
        let (mut wanted, mut opened) = (InlayHintSettings::ALL, None);
        match words[1..] {
            ["as", name] => opened = Some(name),
            ["lines", from, to] => {
                let line = |n: &str| {
                    file.lines()
                        .range(n.parse::<usize>().unwrap() - 1, &file.text)
                };
                part = line(from).cover(line(to));
            }
            ["without", "identity"] => wanted.identity = false,
            ["without", "rows"] => wanted.rows = false,
            ["without", "members"] => wanted.members = false,
            ["without", "builder"] => wanted.builder = false,
            _ => assert_eq!(words.len(), 1, "{command}"),
        }
        let found = hints::hints(&snapshot.view(), id, part, wanted, opened);
        let mut out = String::new();
        for line in 0..file.lines().count() {
            let range = file.lines().range(line, &file.text);
            let here = found.iter().filter(|h| range.contains_inclusive(h.offset));
            let mut shown = file.slice(range).to_owned();
            for hint in here.clone().rev() {
                let at = usize::from(hint.offset - range.start());
                shown.insert_str(at, &format!(" [{}]", hint.label));
            }
            if here.count() > 0 {
                writeln!(out, "{}: {shown}", line + 1).unwrap();
            }
        }
        out
    });
}

// `#= prepare`, `#= incoming`, `#= outgoing`, of what is at the cursor; of scripts by their path

pub(crate) fn calls(path: &Path) {
    fn shown(snapshot: &Snapshot, calls: &[Calls], file: Option<FileId>) -> String {
        let mut out = String::new();
        for call in calls {
            let (item, file) = (&call.item, file.unwrap_or(call.item.callable.file));
            let ranges = call
                .ranges
                .iter()
                .map(|r| position(snapshot, file, r.start()));
            let ranges: Vec<String> = ranges.collect();
            let what = if item.callable.function.is_some() {
                "function"
            } else {
                "script"
            };
            let ranges = ranges.join(" ");
            writeln!(out, "{what} {} ({}) at {ranges}", item.name, item.detail).unwrap();
        }
        out
    }
    check(path, |snapshot, command, cursor| {
        let view = snapshot.view();
        let (verb, path) = command.split_once(' ').unwrap_or((command, ""));
        let items = match (path, cursor) {
            ("", Some((id, offset))) => calls::prepare(&view, id, offset),
            _ => {
                let file = file(snapshot, path);
                let script = calls::Callable {
                    file,
                    function: None,
                };
                vec![calls::item(&view, &script).unwrap()]
            }
        };
        let mut out = String::new();
        for item in items {
            let id = item.callable.file;
            assert!(item.range.contains_range(item.selection));
            out += &match verb {
                "prepare" => {
                    let at = position(snapshot, id, item.selection.start());
                    format!("{} ({}) {at}\n", item.name, item.detail)
                }
                "incoming" => shown(snapshot, &calls::incoming(&view, &item.callable), None),
                "outgoing" => shown(snapshot, &calls::outgoing(&view, &item.callable), Some(id)),
                other => panic!("{other}"),
            };
        }
        out
    });
}
