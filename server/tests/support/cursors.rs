//! Fixtures with cursors: `<|>` in the text of a file, as often as wanted, and behind the checkout
//! what is said there, each answer below a line `#= PATH:LINE:COLUMN`.
//!
//! [`check`] takes all lines as they are. [`check_typing`] takes the checkout without the lines that
//! have cursors, and then with one of them at a time, as if it had just been typed: what does not
//! parse then is spoken for by what did.
//!
//! With `UPDATE_FIXTURES=1` in the environment they are rewritten to what is said.

use std::path::Path;

use analysis::Snapshot;
use model::{File, FileId};
use syntax::TextSize;

use super::Fixture;

const CURSOR: &str = "<|>";

/// A cursor in a fixture.
struct Cursor {
    path: String,
    /// Counted from 0, in bytes.
    line: usize,
    column: usize,
    /// The line, if it is typed.
    typed: Option<String>,
    /// The line with this one cursor.
    marked: Option<String>,
}

/// What is said at a place.
type Answer<'a> = &'a dyn Fn(&Snapshot, FileId, TextSize) -> String;

/// Holds every fixture of a folder to what `answer` says at its cursors.
pub fn check(folder: &str, answer: impl Fn(&Snapshot, FileId, TextSize) -> String) {
    check_all(folder, false, &answer);
}

/// The same, with the lines of the cursors typed one by one.
pub fn check_typing(folder: &str, answer: impl Fn(&Snapshot, FileId, TextSize) -> String) {
    check_all(folder, true, &answer);
}

fn check_all(folder: &str, typing: bool, answer: Answer<'_>) {
    super::folder::check(folder, |path, text| {
        let checkout = text.split("\n#= ").next().unwrap().trim_end_matches('\n');
        answered(path, checkout, typing, answer)
    });
}

fn answered(path: &Path, checkout: &str, typing: bool, answer: Answer<'_>) -> String {
    let without: String = match typing {
        true => { checkout.lines() }
            .filter(|line| !line.contains(CURSOR))
            .map(|line| format!("{line}\n"))
            .collect(),
        false => checkout.replace(CURSOR, ""),
    };
    let base = Fixture::parse(path, &without).snapshot(None);
    let mut out = format!("{checkout}\n");
    let cursors = cursors(checkout, typing);
    assert!(!cursors.is_empty(), "{}: no cursor", path.display());
    for cursor in cursors {
        let mut snapshot = base.clone();
        if let Some(typed) = &cursor.typed {
            type_line(&mut snapshot, &cursor, typed);
        }
        let id = snapshot.tree.resolve_file(&cursor.path).unwrap();
        let start = snapshot.tree.file(id).unwrap().lines().start(cursor.line);
        let offset = start.unwrap() + TextSize::try_from(cursor.column).unwrap();
        let said = answer(&snapshot, id, offset);
        let place = match &cursor.marked {
            Some(line) => line.trim().to_owned(),
            None => format!("{}:{}:{}", cursor.path, cursor.line + 1, cursor.column + 1),
        };
        out.push_str(&format!("#= {place}\n{said}\n"));
    }
    out
}

/// Puts a line into a file.
fn type_line(snapshot: &mut Snapshot, cursor: &Cursor, typed: &str) {
    let id = snapshot.tree.resolve_file(&cursor.path).unwrap();
    let before = snapshot.tree.file(id).unwrap().clone();
    let mut lines: Vec<&str> = before.text.lines().collect();
    lines.insert(cursor.line, typed);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = File::new(before.path.clone(), before.kind, text.into(), Some(&before));
    snapshot.tree.insert_file(file);
    snapshot.rebuild();
}

fn cursors(checkout: &str, typing: bool) -> Vec<Cursor> {
    let mut found = Vec::new();
    let mut file: Option<(&str, usize)> = None;
    for text in checkout.lines() {
        if let Some(path) = text.strip_prefix("#- ") {
            file = Some((path, 0));
            continue;
        }
        let Some((path, line)) = &mut file else {
            continue;
        };
        let plain = text.replace(CURSOR, "");
        let mut column = 0;
        let mut parts = text.split(CURSOR).peekable();
        while let Some(part) = parts.next() {
            column += part.len();
            if parts.peek().is_some() {
                found.push(Cursor {
                    path: (*path).to_owned(),
                    line: *line,
                    column,
                    typed: typing.then(|| plain.clone()),
                    marked: typing.then(|| {
                        let (before, after) = plain.split_at(column);
                        format!("{before}{CURSOR}{after}")
                    }),
                });
            }
        }
        if !typing || !text.contains(CURSOR) {
            *line += 1;
        }
    }
    found
}
