//! Definition, references, highlight and rename, on marked fixtures.
//!
//! `<|>` marks a cursor; there may be several, all on names of the same symbol. Under a line,
//! `#   ^^^ def` marks the definition, `^^^ ref` a reference, `^^^ both` a definition that going to
//! the definition does not lead to (a tag has one in each entry), `#| def` the beginning of a file.
//! From every cursor, exactly these have to be found.

use std::collections::BTreeSet;
use std::path::Path;

use analysis::Snapshot;
use fixture::Fixture;
use ide::navigate::{self, Declarations};
use ide::rename;
use model::runner::RUNNER_VARIABLES;
use model::{FileId, FileRange};
use syntax::TextSize;

/// Range as a fixture marks it: path, line, columns.
type MarkedRange = (String, usize, usize, usize);

#[derive(Default)]
struct Marks {
    cursors: Vec<(String, usize)>,
    definitions: BTreeSet<MarkedRange>,
    references: BTreeSet<MarkedRange>,
    declarations: BTreeSet<MarkedRange>,
}

/// Takes the marks out of a fixture.
fn unmarked(text: &str) -> (String, Marks) {
    let mut marks = Marks::default();
    let (mut out, mut path, mut line, mut offset) = (String::new(), String::new(), 0, 0);
    for raw in text.lines() {
        if raw.starts_with("#- ") || raw.starts_with("#> ") {
            path = raw[3..].split(" -> ").next().unwrap().to_owned();
            (line, offset) = (0, 0);
            out.push_str(raw);
            out.push('\n');
            continue;
        }
        if let Some((start, end, kind)) = mark(raw) {
            let range = (path.clone(), usize::saturating_sub(line, 1), start, end);
            match kind {
                "def" => marks.definitions.insert(range),
                "ref" => marks.references.insert(range),
                "both" => marks.declarations.insert(range),
                other => panic!("unknown mark {other}"),
            };
            continue;
        }
        let mut clean = raw.to_owned();
        while let Some(at) = clean.find("<|>") {
            marks.cursors.push((path.clone(), offset + at));
            clean.replace_range(at..at + 3, "");
        }
        offset += clean.len() + 1;
        line += 1;
        out.push_str(&clean);
        out.push('\n');
    }
    (out, marks)
}

/// Columns and kind of a mark.
fn mark(line: &str) -> Option<(usize, usize, &str)> {
    let body = line.strip_prefix('#')?;
    let bare = body.trim_start();
    let (marker, kind) = bare.split_once(' ')?;
    if !matches!(kind, "def" | "ref" | "both") {
        return None;
    }
    if marker == "|" {
        return Some((0, 0, kind));
    }
    if marker.is_empty() || marker.chars().any(|c| c != '^') {
        return None;
    }
    let start = if body.starts_with('^') {
        0
    } else {
        body.len() - bare.len() + 1
    };
    let first = usize::from(start == 0);
    Some((start, start + marker.len() + first, kind))
}

fn marked_range(snapshot: &Snapshot, location: &FileRange) -> MarkedRange {
    let file = snapshot.tree.file(location.file).unwrap();
    let range = location.range;
    let line = file.lines().line_of(range.start());
    let start = file.lines().start(line).unwrap();
    let column = |at: TextSize| {
        let text = &file.text[usize::from(start)..usize::from(at)];
        text.chars()
            .fold(0, |at, c| if c == '\t' { at / 8 * 8 + 8 } else { at + 1 })
    };
    (
        file.path.to_string(),
        line,
        column(range.start()),
        column(range.end()),
    )
}

fn cursor(snapshot: &Snapshot, (path, offset): &(String, usize)) -> (FileId, TextSize) {
    let id = snapshot
        .tree
        .id(path)
        .unwrap_or_else(|| panic!("no file {path}"));
    (id, TextSize::try_from(*offset).unwrap())
}

fn read(path: &Path) -> (String, Snapshot, Marks) {
    let (text, marks) = unmarked(&std::fs::read_to_string(path).unwrap());
    let snapshot = Fixture::parse(path, &text).snapshot(None);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    assert!(!marks.cursors.is_empty(), "{name} has no cursor");
    (name, snapshot, marks)
}

/// Names lead to their definitions and references; a symbol can be renamed from each of its names,
/// and back again.
pub(crate) fn navigation(path: &Path) {
    leads_to_marks(path);
    renames_there_and_back(path);
}

fn leads_to_marks(path: &Path) {
    let mut wrong = Vec::new();
    let (name, snapshot, marks) = read(path);
    {
        for at in &marks.cursors {
            let (file, offset) = cursor(&snapshot, at);
            let view = snapshot.view();
            let ranges = |found: Vec<FileRange>| -> BTreeSet<MarkedRange> {
                found.iter().map(|l| marked_range(&snapshot, l)).collect()
            };
            let definition = ranges(navigate::definition(&view, file, offset));
            let expected = &marks.definitions;
            if definition != *expected {
                wrong.push(format!(
                    "{name}: definition from {at:?}:\n  {definition:?}\n  not {expected:?}"
                ));
            }
            let references = ranges(navigate::references(
                &view,
                file,
                offset,
                Declarations::Exclude,
            ));
            if references != marks.references {
                wrong.push(format!(
                    "{name}: references from {at:?}:\n  {references:?}\n  not {:?}",
                    marks.references
                ));
            }
            // A file has no name of its own in its text.
            let all = ranges(navigate::references(
                &view,
                file,
                offset,
                Declarations::Include,
            ));
            let named = marks.definitions.iter().filter(|range| range.2 != range.3);
            let expected: BTreeSet<MarkedRange> = marks
                .references
                .iter()
                .chain(named)
                .chain(&marks.declarations)
                .cloned()
                .collect();
            if all != expected {
                wrong.push(format!(
                    "{name}: all from {at:?}:\n  {all:?}\n  not {expected:?}"
                ));
            }
            // Highlights are those in the same file.
            let highlights = navigate::highlights(&view, file, offset).into_iter();
            let highlights: BTreeSet<MarkedRange> = highlights
                .map(|(range, _)| marked_range(&snapshot, &FileRange::new(file, range)))
                .collect();
            let here: BTreeSet<MarkedRange> =
                all.into_iter().filter(|range| range.0 == at.0).collect();
            // Functions and variables are highlighted by other servers.
            let ours = !name.starts_with("helper") && !name.starts_with("variable");
            if highlights != if ours { here.clone() } else { BTreeSet::new() } {
                wrong.push(format!(
                    "{name}: highlights from {at:?}:\n  {highlights:?}\n  not {here:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program in `bin/` knows these by name, and `bin/` is none of ours to change.
pub(crate) fn variables_of_the_runner_keep_their_names() {
    for variable in RUNNER_VARIABLES {
        let name = variable.name;
        let text = format!(
            "#> with the minimal checkout\n#- image-scripts/tests/some.sh\necho \"${name}\"\n"
        );
        let snapshot = Fixture::parse(Path::new(name), &text).snapshot(None);
        let file = snapshot.tree.id("image-scripts/tests/some.sh").unwrap();
        let offset = TextSize::from(7);
        let programs: Vec<&str> = variable.set_by.iter().map(|s| s.program()).collect();
        let why = format!(
            "`{name}` cannot be renamed: `{}` would still use this name",
            programs.join("`, `")
        );
        for refused in [
            rename::prepare(&snapshot.view(), file, offset).map(|_| ()),
            rename::rename(&snapshot.view(), file, offset, "OTHER").map(|_| ()),
        ] {
            let refusal = refused.expect_err(name).to_string();
            assert_eq!(refusal, why);
        }
    }
}

/// A test's arguments are any script's names where no test is run.
pub(crate) fn only_scripts_of_tests_have_a_tests_arguments() {
    let text = "#> with the minimal checkout\n#- image-scripts/include/some.sh\nTEST=x\n";
    let snapshot = Fixture::parse(Path::new("argument"), text).snapshot(None);
    let file = snapshot.tree.id("image-scripts/include/some.sh").unwrap();
    let edits = rename::rename(&snapshot.view(), file, TextSize::from(1), "OTHER");
    assert_eq!(edits.unwrap().len(), 1);
}

fn renames_there_and_back(path: &Path) {
    let (name, snapshot, marks) = read(path);
    // The name of an image is part of its identity: see the tests of `rename`.
    if !name.starts_with("image") {
        let mut results = BTreeSet::new();
        for at in &marks.cursors {
            let (file, offset) = cursor(&snapshot, at);
            let Ok(Some((_, old))) = rename::prepare(&snapshot.view(), file, offset) else {
                continue;
            };
            let new = if old.contains('.') {
                "other.sh"
            } else {
                "other_name"
            };
            let edits = match rename::rename(&snapshot.view(), file, offset, new) {
                Ok(edits) => edits,
                Err(refusal) => panic!("{name}: {refusal}"),
            };
            let after = snapshot.with_edits(&edits);
            let text = |s: &Snapshot| -> Vec<(String, String)> {
                let mut all: Vec<_> = s
                    .tree
                    .files()
                    .map(|(_, f)| (f.path.to_string(), f.text.to_string()))
                    .collect();
                all.sort();
                all
            };
            results.insert(text(&after));
            assert!(
                results.len() == 1,
                "{name}: from {at:?} it comes out another way"
            );
            // The cursor has moved with the text before it.
            let moved = edits
                .iter()
                .fold(usize::from(offset), |at, edit| match edit {
                    edits::Edit::Text {
                        file: f,
                        range,
                        new_text,
                    } if *f == file
                        && usize::from(range.end()) <= usize::from(offset)
                        && range.end() < offset =>
                    {
                        at + new_text.len() - usize::from(range.len())
                    }
                    _ => at,
                });
            let path = &at.0;
            let moved_path = edits.iter().find_map(|edit| match edit {
                edits::Edit::Rename { from, to } => {
                    let rest = path.strip_prefix(from.as_str())?;
                    Some(format!("{to}{rest}"))
                }
                _ => None,
            });
            let (file, _) = cursor(&after, &(moved_path.unwrap_or_else(|| path.clone()), 0));
            let moved = TextSize::try_from(moved).unwrap();
            let back = rename::rename(&after.view(), file, moved, &old)
                .unwrap_or_else(|refusal| panic!("{name}: back from {at:?}: {refusal}"));
            assert_eq!(
                text(&after.with_edits(&back)),
                text(&snapshot),
                "{name}: from {at:?}"
            );
        }
    }
}
