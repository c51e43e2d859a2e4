//! Causes as text: the four formats of `triage`.

use serde_json::{Value, json};

use super::PREFIX;
use crate::cli::format::{
    annotation, json_fix, json_range, path_of, sarif_document, sarif_location, sarif_text,
};
use crate::cli::output::Page;
use crate::lsp::position::{Encoding, range as protocol_range};
use analysis::Snapshot;
use edits::Fix;
use model::FileRange;
use model::settings::Severity;
use triage::{
    Cause, Explanation, LogLine, Origin, SharedCause, TestRun, Verdict, catalogue, explain,
    fixes_of, shared_causes,
};

/// The names of images in a line.
const MAX_NAMES: usize = 8;

/// What a checkout says of a cause; without one, what the log tells by itself.
fn explanation(snapshot: Option<&Snapshot>, test_run: &TestRun, cause: &Cause) -> Explanation {
    match snapshot {
        Some(snapshot) => explain(snapshot.view(), test_run, cause),
        None => Explanation {
            origins: Vec::new(),
            verdict: cause.verdict(),
        },
    }
}

fn fixes(snapshot: Option<&Snapshot>, test_run: &TestRun, cause: &Cause) -> Vec<Fix> {
    snapshot
        .map(|s| fixes_of(s.view(), test_run, cause))
        .unwrap_or_default()
}

/// Returns the name of the image; of the test of a row that test, which is not of the image alone.
fn name_of(test_run: &TestRun) -> &str {
    let test = test_run.test.as_deref();
    let test_of_row = test.filter(|_| test_run.is_of_row());
    let name = test_of_row.or(test_run.image.as_deref()).or(test);
    name.unwrap_or("an image that the log does not name")
}

/// Returns the phase for people, with the image's test.
fn phase_of(test_run: &TestRun) -> String {
    match &test_run.image_test {
        Some(image_test) => format!("{}, {image_test}", test_run.phase.name()),
        None => test_run.phase.name().to_owned(),
    }
}

/// Returns the phase that a cause made fail, for people, with the tests of images.
fn phase_failed(shared: &SharedCause<'_>) -> String {
    let tests = shared.failed_tests.iter().map(|test| format!(", {test}"));
    tests.fold(shared.cause.failed_phase.name().to_owned(), |out, test| {
        out + &test
    })
}

// Text

pub(super) fn text(snapshot: Option<&Snapshot>, test_runs: &[TestRun]) -> Page {
    let mut out = Page::default();
    for shared in shared_causes(test_runs) {
        push_cause(&mut out, snapshot, &shared);
    }
    for test_run in test_runs
        .iter()
        .filter(|t| !t.is_passed && t.causes.is_empty())
    {
        out.line(format_args!(
            "{} ({}): the cause is unknown",
            name_of(test_run),
            phase_of(test_run)
        ));
        push_excerpt(&mut out, &test_run.excerpt, None);
        out.push_own("\n");
    }
    let failed = test_runs
        .iter()
        .filter(|test_run| !test_run.is_passed)
        .count();
    out.line(format_args!("{failed} of {} failed", test_runs.len()));
    out
}

fn push_cause(out: &mut Page, snapshot: Option<&Snapshot>, shared: &SharedCause<'_>) {
    let (cause, Some(test_run)) = (shared.cause, shared.test_runs.first()) else {
        return;
    };
    let mut names: Vec<&str> = shared.test_runs.iter().map(|t| name_of(t)).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let Explanation { origins, verdict } = explanation(snapshot, test_run, cause);
    out.line(format_args!(
        "{}{more} ({}): {} [{PREFIX}{}]",
        names.join(", "),
        phase_failed(shared),
        cause.message(),
        cause.entry.code
    ));
    if let Some(common) = common_of(snapshot, shared, &origins) {
        out.line(format_args!("  {common}"));
    }
    let log = cause.log.as_deref().unwrap_or("log");
    out.line(format_args!("  log: {log}:{}", cause.line.number));
    out.line(format_args!("  why: {}", cause.entry.meaning));
    for origin in &origins {
        if let Some((path, line, column)) = position(snapshot, origin.at) {
            out.line(format_args!(
                "  at: {path}:{line}:{column} ({})",
                origin.message
            ));
        }
    }
    if let Some(row) = &test_run.row {
        let image = test_run.image.as_ref();
        let image = image.map(|image| format!(", which means `{image}` as it is published"));
        out.line(format_args!("  row: {row}{}", image.unwrap_or_default()));
    }
    let verdict = verdict.sentence();
    out.line(format_args!("  do: {} ({verdict})", cause.advice()));
    for fix in fixes(snapshot, test_run, cause) {
        out.line(format_args!("  fix: {}", fix.title));
    }
    push_excerpt(out, &cause.excerpt, Some(&cause.line));
    out.push_own("\n");
}

/// Returns what several tests that fail for one cause have in common: a mirror, or a file.
fn common_of(
    snapshot: Option<&Snapshot>,
    shared: &SharedCause<'_>,
    first: &[Origin],
) -> Option<String> {
    let (_, others) = shared.test_runs.split_first()?;
    let count = others.len() + 1;
    if others.is_empty() {
        return None;
    }
    if let Some(host) = shared.cause.capture("host") {
        return Some(format!("common to {count} tests: {host}"));
    }
    let file_of = |test_run: &TestRun| {
        let explanation = explanation(snapshot, test_run, shared.cause);
        explanation.origins.first().map(|origin| origin.at.file)
    };
    let file = first.first()?.at.file;
    let is_common = others
        .iter()
        .all(|test_run| file_of(test_run) == Some(file));
    let path = &snapshot?.tree.file(file)?.path;
    is_common.then(|| format!("common to {count} tests: {path}"))
}

fn push_excerpt(out: &mut Page, excerpt: &[LogLine], cause: Option<&LogLine>) {
    let width = excerpt
        .iter()
        .map(|line| line.number.to_string().len())
        .max()
        .unwrap_or(0);
    for line in excerpt {
        let mark = if Some(line) == cause { ">" } else { " " };
        out.excerpt(format_args!(
            "  {mark} {:width$} | {}",
            line.number, line.text
        ));
    }
}

/// Returns the path of a range, its line and its column, from 1.
fn position(snapshot: Option<&Snapshot>, at: FileRange) -> Option<(String, u32, u32)> {
    let snapshot = snapshot?;
    let file = snapshot.tree.file(at.file)?;
    let start = protocol_range(file, at.range, Encoding::Utf32).start;
    Some((path_of(snapshot, file), start.line + 1, start.character + 1))
}

// JSON

pub(super) fn json_report(snapshot: Option<&Snapshot>, test_runs: &[TestRun]) -> Value {
    let tests: Vec<Value> = test_runs
        .iter()
        .map(|t| json_test_run(snapshot, t))
        .collect();
    json!({ "version": 1, "runs": tests })
}

fn json_test_run(snapshot: Option<&Snapshot>, test_run: &TestRun) -> Value {
    let explained: Vec<(&Cause, Explanation)> = test_run
        .causes
        .iter()
        .map(|cause| (cause, explanation(snapshot, test_run, cause)))
        .collect();
    let first = explained.first();
    let verdict = first.map_or_else(|| test_run.verdict(), |(_, first)| first.verdict);
    let causes: Vec<Value> = explained
        .iter()
        .map(|(cause, explanation)| json_cause(snapshot, test_run, cause, explanation))
        .collect();
    json!({
        "image": test_run.image.as_deref(),
        "test": test_run.test.as_deref(),
        "row": test_run.row.as_deref(),
        "phase": test_run.phase.name(),
        "image_test": test_run.image_test.as_deref(),
        "verdict": verdict.name(),
        "causes": causes,
        "excerpt": json_lines(&test_run.excerpt),
    })
}

fn json_line(line: &LogLine) -> Value {
    json!({ "line": line.number, "text": &*line.text })
}

fn json_lines(lines: &[LogLine]) -> Vec<Value> {
    lines.iter().map(json_line).collect()
}

fn json_cause(
    snapshot: Option<&Snapshot>,
    test_run: &TestRun,
    cause: &Cause,
    explanation: &Explanation,
) -> Value {
    let related = explanation.origins.iter().filter_map(|origin| {
        let (path, range) = json_range(snapshot?, origin.at);
        Some(json!({ "path": path, "range": range, "message": origin.message }))
    });
    let fixes = fixes(snapshot, test_run, cause);
    let fixes = fixes.iter().filter_map(|fix| json_fix(snapshot?, fix));
    json!({
        "code": cause.entry.code.as_str(),
        "phase": cause.phase.name(),
        "image_test": cause.image_test.as_deref(),
        "message": cause.message(),
        "meaning": cause.entry.meaning,
        "advice": cause.advice(),
        "file": cause.log.as_deref(),
        "log": json_line(&cause.line),
        "excerpt": json_lines(&cause.excerpt),
        "related": related.collect::<Vec<_>>(),
        "fixes": fixes.collect::<Vec<_>>(),
    })
}

// GitHub

pub(super) fn github(snapshot: Option<&Snapshot>, test_runs: &[TestRun]) -> Page {
    let mut out = Page::default();
    for shared in shared_causes(test_runs) {
        let (cause, Some(test_run)) = (shared.cause, shared.test_runs.first()) else {
            continue;
        };
        let message = message_of(&shared);
        let origins = explanation(snapshot, test_run, cause).origins;
        let at = origins
            .first()
            .and_then(|origin| position(snapshot, origin.at));
        let title = format!("{PREFIX}{}", cause.entry.code);
        out.push_own(&annotation(severity(cause), at.as_ref(), &title, &message));
    }
    for test_run in test_runs
        .iter()
        .filter(|t| !t.is_passed && t.causes.is_empty())
    {
        let message = format!(
            "{} ({}): the cause is unknown",
            name_of(test_run),
            phase_of(test_run)
        );
        out.push_own(&annotation(Severity::Error, None, "triage", &message));
    }
    out
}

/// A cause on one line: the tests that have it, what happened, what to do.
fn message_of(shared: &SharedCause<'_>) -> String {
    let names: Vec<&str> = shared.test_runs.iter().map(|t| name_of(t)).collect();
    let cause = shared.cause;
    format!(
        "{}: {}: {}",
        names.join(", "),
        cause.message(),
        cause.advice()
    )
}

/// A failure that is nobody's fault is no error of the change.
fn severity(cause: &Cause) -> Severity {
    match cause.verdict() {
        Verdict::Transient | Verdict::Host => Severity::Warning,
        _ => Severity::Error,
    }
}

// SARIF

pub(super) fn sarif(snapshot: Option<&Snapshot>, test_runs: &[TestRun]) -> Value {
    let described = catalogue().iter().map(|entry| {
        json!({
            "id": format!("{PREFIX}{}", entry.code),
            "shortDescription": { "text": entry.meaning },
            "help": { "text": entry.page(1), "markdown": entry.page(1) },
        })
    });
    let shared = shared_causes(test_runs);
    let found = shared.iter().filter_map(|shared| {
        let (cause, test_run) = (shared.cause, shared.test_runs.first()?);
        let level = match severity(cause) {
            Severity::Error => "error",
            _ => "warning",
        };
        let message = message_of(shared);
        let physical = |origin: &Origin| {
            snapshot.map(|s| json!({ "physicalLocation": sarif_location(s, origin.at) }))
        };
        let origins = explanation(snapshot, test_run, cause).origins;
        let related = origins.iter().skip(1).filter_map(|origin| {
            let mut related = physical(origin)?;
            related
                .as_object_mut()?
                .insert("message".into(), json!({ "text": origin.message }));
            Some(related)
        });
        Some(json!({
            "ruleId": format!("{PREFIX}{}", cause.entry.code),
            "level": level,
            "message": { "text": sarif_text(&message) },
            "locations": origins.first().and_then(physical).into_iter().collect::<Vec<_>>(),
            "relatedLocations": related.collect::<Vec<_>>(),
        }))
    });
    sarif_document(
        snapshot.map(|s| s.root.as_path()),
        described.collect(),
        found.collect(),
    )
}
