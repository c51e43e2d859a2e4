//! Causes to ranges of a checkout, and fixes: a file begins with a checkout, or its name in `fixtures/`;
//! after `#= IMAGE: LINE / LINE`, or `#= TEST#ROW: LINE / LINE`, stands what is said of a log with these lines.

use std::fmt::Write;
use std::path::Path;

use analysis::Snapshot;
use edits::Edit;
use fixture::Fixture;
use model::FileRange;
use model::test_runner::state_directory;
use triage::{Reader, TestRun, explain, fit_to_checkout, fixes_of};

use crate::entries::read;

pub(crate) fn check(path: &Path) {
    let checkout = |text: &str| match text.starts_with('#') {
        true => Fixture::parse(path, text).snapshot(None),
        false => fixture::checkout(text.trim()),
    };
    fixture::golden::check_commands(path, checkout, said_of);
}

/// The tests of a log that the test runner leaves of the script of a row.
fn read_of_row(test: &str, row: &str, lines: &str) -> Vec<TestRun> {
    let mut reader = Reader::new();
    reader.begin(&format!("{}/test-runner.log", state_directory(test)));
    let exception = format!(
        "[2026-08-17 21:18:03 +0200] Exception occurred while running script {row} in 3.1s\n{lines}\n"
    );
    reader.feed(exception.as_bytes());
    reader.finish().unwrap_or_default()
}

fn said_of(snapshot: &Snapshot, command: &str) -> String {
    let (name, lines) = command.split_once(": ").unwrap();
    let lines = lines.replace(" / ", "\n");
    let mut out = String::new();
    let mut test_runs = match name.split_once('#') {
        Some((test, row)) => read_of_row(test, row, &lines),
        None => read(&format!("COMMAND: osctl-image test {name}\n{lines}\n")),
    };
    fit_to_checkout(snapshot.view(), &mut test_runs);
    for test_run in test_runs {
        for cause in &test_run.causes {
            let row = test_run.row.as_ref().map(|row| format!(" (row {row})"));
            let row = row.unwrap_or_default();
            let _ = writeln!(out, "{}: {}{row}", cause.entry.code, cause.message());
            let explanation = explain(snapshot.view(), &test_run, cause);
            let verdict = explanation.verdict.name();
            let _ = writeln!(out, "  do: {} ({verdict})", cause.advice());
            for origin in explanation.origins {
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
