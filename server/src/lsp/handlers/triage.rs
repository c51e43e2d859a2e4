//! `imageScripts/triage`: why a test run failed, by its log: the text that a client has, a file that its
//! user chose, or what the test runner left of an image. Nothing in a log is trusted: it is text to compare
//! and to show, and no path in it is opened.

use std::path::Path;
use std::time::{Duration, SystemTime};

use lsp_types::{Range, Url, WorkspaceEdit};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::actions::edit_of;
use crate::lsp::request_context::RequestContext;
use crate::lsp::shown;
use crate::triaged::of_image;
use checkout::logs::{self, LogPiece};
use edits::{Fix, Refusal};
use triage::{
    Cause, Explanation, LogLine, Origin, Reader, TestRun, explain, fit_to_checkout, fixes_of,
};

/// Parameters of `imageScripts/triage`.
#[derive(Deserialize)]
pub(in crate::lsp) struct TriageParams {
    /// Path of the checkout; not needed if only one is open.
    pub(in crate::lsp) root: Option<String>,
    /// A log.
    text: Option<String>,
    /// Path of a log, or of a state directory, that the user chose.
    log: Option<String>,
    /// Name of the image that it is about.
    image: Option<SmolStr>,
    /// Begin of the run, in milliseconds since 1970: what the test runner has left of the image since
    /// then is read, too.
    since: Option<u64>,
}

/// Response to `imageScripts/triage`.
#[derive(Serialize)]
pub(in crate::lsp) struct TriageResult {
    tests: Vec<TriagedTest>,
}

/// Test that a log tells of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TriagedTest {
    image: Option<SmolStr>,
    test: Option<SmolStr>,
    phase: &'static str,
    image_test: Option<SmolStr>,
    passed: bool,
    verdict: &'static str,
    causes: Vec<TriagedCause>,
    excerpt: Vec<TriagedLine>,
}

/// Cause of its failure.
#[derive(Serialize)]
struct TriagedCause {
    code: &'static str,
    message: String,
    meaning: &'static str,
    advice: String,
    /// Name of the file of the log, and the line in it.
    log: Option<String>,
    line: usize,
    excerpt: Vec<TriagedLine>,
    origins: Vec<TriagedOrigin>,
    fixes: Vec<TriagedFix>,
}

/// Line of a log.
#[derive(Serialize)]
struct TriagedLine {
    number: usize,
    text: String,
}

/// Range in the checkout that a cause comes from.
#[derive(Serialize)]
struct TriagedOrigin {
    uri: Url,
    range: Range,
    message: String,
}

/// Change that resolves a cause.
#[derive(Serialize)]
struct TriagedFix {
    title: String,
    edit: WorkspaceEdit,
}

/// Returns what a log tells; `None` if it is that of no test.
///
/// # Errors
/// When the log cannot be read.
pub(in crate::lsp) fn triage(
    context: &RequestContext,
    params: &TriageParams,
) -> Result<Option<TriageResult>, Refusal> {
    let mut reader = Reader::new();
    let mut read = |path: &Path| {
        logs::read(path, &mut |piece| match piece {
            LogPiece::File(name) => reader.begin(name),
            LogPiece::Bytes(bytes) => reader.feed(bytes),
        })
        .map_err(Refusal)
    };
    if let Some(path) = params.log.as_deref().map(Path::new) {
        if !path.is_absolute() {
            return Err(Refusal(format!("{}: no absolute path", path.display())));
        }
        read(path)?;
    }
    if let (Some(image), Some(since)) = (&params.image, params.since) {
        let since = SystemTime::UNIX_EPOCH + Duration::from_millis(since);
        let left = context.with_test_results(|results| results.logs_since(image, since));
        if let Some(directory) = left {
            read(&directory)?;
        }
    }
    if let Some(text) = &params.text {
        reader.begin("output");
        reader.feed(text.as_bytes());
    }
    let Some(mut test_runs) = reader.finish() else {
        return Ok(None);
    };
    fit_to_checkout(context.snapshot.view(), &mut test_runs);
    if let Some(image) = &params.image {
        of_image(&mut test_runs, image);
    }
    let tests = test_runs.iter().map(|test_run| triaged(context, test_run));
    Ok(Some(TriageResult {
        tests: tests.collect(),
    }))
}

fn triaged(context: &RequestContext, test_run: &TestRun) -> TriagedTest {
    let view = context.snapshot.view();
    let causes = test_run.causes.iter();
    let explained: Vec<(&Cause, Explanation)> = causes
        .map(|cause| (cause, explain(view, test_run, cause)))
        .collect();
    let first = explained.first();
    let verdict = first.map_or_else(|| test_run.verdict(), |(_, first)| first.verdict);
    TriagedTest {
        image: test_run.image.clone(),
        test: test_run.test.clone(),
        phase: test_run.phase.name(),
        image_test: test_run.image_test.clone(),
        passed: test_run.is_passed,
        verdict: verdict.name(),
        causes: explained
            .iter()
            .map(|(cause, explanation)| triaged_cause(context, test_run, cause, explanation))
            .collect(),
        excerpt: lines(&test_run.excerpt),
    }
}

fn triaged_cause(
    context: &RequestContext,
    test_run: &TestRun,
    cause: &Cause,
    explanation: &Explanation,
) -> TriagedCause {
    let fixes = fixes_of(context.snapshot.view(), test_run, cause);
    TriagedCause {
        code: cause.entry.code.as_str(),
        message: shown::line(&cause.message()),
        meaning: cause.entry.meaning.as_str(),
        advice: shown::line(&cause.advice()),
        log: cause.log.as_deref().map(shown::line),
        line: cause.line.number,
        excerpt: lines(&cause.excerpt),
        origins: explanation
            .origins
            .iter()
            .filter_map(|o| origin(context, o))
            .collect(),
        fixes: fixes.iter().filter_map(|f| fix_of(context, f)).collect(),
    }
}

fn lines(lines: &[LogLine]) -> Vec<TriagedLine> {
    let line = |line: &LogLine| TriagedLine {
        number: line.number,
        text: shown::line(&line.text),
    };
    lines.iter().map(line).collect()
}

fn origin(context: &RequestContext, origin: &Origin) -> Option<TriagedOrigin> {
    let at = context.to_location(origin.at)?;
    Some(TriagedOrigin {
        uri: at.uri,
        range: at.range,
        message: shown::line(&origin.message),
    })
}

/// Returns a fix for the texts that are there now; `None` where the client cannot apply it.
fn fix_of(context: &RequestContext, fix: &Fix) -> Option<TriagedFix> {
    Some(TriagedFix {
        title: shown::line(&fix.title),
        edit: edit_of(context, fix).ok()?,
    })
}
