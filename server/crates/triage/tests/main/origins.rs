//! Causes to ranges of a checkout, and fixes: a file begins with a checkout, or its name in `fixtures/`;
//! after `#= IMAGE: LINE / LINE` stands what is said of a log with these lines.

use std::fmt::Write;
use std::path::Path;

use analysis::Snapshot;
use edits::Edit;
use fixture::Fixture;
use model::FileRange;
use triage::{fixes_of, origin_of};

use crate::entries::read;

pub(crate) fn check(path: &Path) {
    let checkout = |text: &str| match text.starts_with('#') {
        true => Fixture::parse(path, text).snapshot(None),
        false => fixture::checkout(text.trim()),
    };
    fixture::golden::check_commands(path, checkout, said_of);
}

fn said_of(snapshot: &Snapshot, command: &str) -> String {
    let (image, lines) = command.split_once(": ").unwrap();
    let lines = lines.replace(" / ", "\n");
    let log = format!("COMMAND: osctl-image test {image}\n{lines}\n");
    let mut out = String::new();
    for test_run in read(&log) {
        for cause in &test_run.causes {
            let _ = writeln!(out, "{}: {}", cause.entry.code, cause.message());
            for origin in origin_of(snapshot.view(), &test_run, cause) {
                let _ = writeln!(out, "  {} {}", shown(snapshot, origin.at), origin.message);
            }
            for fix in fixes_of(snapshot.view(), &test_run, cause) {
                let _ = writeln!(out, "  fix: {}", fix.title);
                for edit in fix.edits(&snapshot.view()).unwrap() {
                    if let Edit::Text {
                        file,
                        range,
                        new_text,
                    } = edit
                    {
                        let at = shown(snapshot, FileRange::new(file, range));
                        let _ = writeln!(out, "    {at} -> {new_text:?}");
                    }
                }
            }
        }
    }
    out + "\n"
}

fn shown(snapshot: &Snapshot, at: FileRange) -> String {
    let file = snapshot.tree.file(at.file).unwrap();
    let line = file.lines().line_of(at.range.start()) + 1;
    format!(
        "{}:{line} `{}`",
        file.path,
        file.slice(at.range).escape_debug()
    )
}
