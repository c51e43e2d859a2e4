//! Findings as text: the five formats of `check`, and what other commands have in common with them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer};
use serde_json::{Value, json};

use super::check::{CheckFormat, Report};
use super::excerpt::{safe, snippet};
use super::output::Page;
use super::shown;
use super::summary::total;
use crate::documentation;
use crate::lsp::position::{Encoding, range as protocol_range};
use analysis::Snapshot;
use edits::{Edit, Fix};
use model::settings::Severity;
use model::{File, FileId};
use rules::{Confidence, FileRange, Finding, Rule, rules};
use syntax::TextRange;
use syntax::escape::escape_control;

pub(super) fn render(format: CheckFormat, report: &Report) -> Result<Page, String> {
    match format {
        CheckFormat::Full => Ok(full(report)),
        CheckFormat::Concise => Ok(concise(report)),
        CheckFormat::Json => Page::json(&json_report(&report.snapshot, &report.findings)),
        CheckFormat::Github => Ok(github(report)),
        CheckFormat::Sarif => Page::json(&sarif(report)),
    }
}

fn file_and_range(snapshot: &Snapshot, at: FileRange) -> Option<(&File, TextRange)> {
    Some((snapshot.tree.file(at.file)?, at.range))
}

pub(super) fn path_of(snapshot: &Snapshot, file: &File) -> String {
    shown(&snapshot.root)
        .join(file.path.as_str())
        .display()
        .to_string()
}

// Full

fn full(report: &Report) -> Page {
    let renderer = Renderer::styled();
    let mut out = Page::default();
    for (_, finding) in &report.findings {
        out.push_own(&excerpt(&report.snapshot, finding, &renderer));
        out.push_own("\n\n");
    }
    out.push_own(&total(&report.findings));
    out
}

fn excerpt(snapshot: &Snapshot, finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Information => Level::INFO,
        Severity::Hint => Level::HELP.with_name("hint"),
    };
    let title = level.primary_title(safe(&finding.shown_message()));
    let title = title.id(finding.rule.code);
    let Some((file, range)) = file_and_range(snapshot, finding.at) else {
        return renderer.render(&[Group::with_title(title)]);
    };
    let path = safe(&path_of(snapshot, file));
    let mut elements: Vec<Element<'_>> =
        vec![snippet(file, path, range, AnnotationKind::Primary, None).into()];
    for related in &finding.related {
        if let Some((file, range)) = file_and_range(snapshot, related.at) {
            let path = safe(&path_of(snapshot, file));
            let label = Some(safe(&related.message));
            elements.push(snippet(file, path, range, AnnotationKind::Context, label).into());
        }
    }
    let mut group = title.elements(elements);
    if let Some(fix) = finding.fixes.first() {
        let more = if finding.fixes.len() > 1 {
            " (or another)"
        } else {
            ""
        };
        group = group.element(Level::HELP.message(format!("{}{more}", safe(&fix.title))));
    }
    renderer.render(&[group])
}

// Concise and GitHub

fn line_and_column(snapshot: &Snapshot, finding: &Finding) -> (String, u32, u32) {
    let Some((file, range)) = file_and_range(snapshot, finding.at) else {
        return (String::new(), 1, 1);
    };
    let start = protocol_range(file, range, Encoding::Utf32).start;
    (path_of(snapshot, file), start.line + 1, start.character + 1)
}

fn concise(report: &Report) -> Page {
    let mut out = Page::default();
    for (_, finding) in &report.findings {
        let (path, line, column) = line_and_column(&report.snapshot, finding);
        let (severity, code) = (finding.severity.name(), finding.rule.code);
        out.line(format_args!(
            "{path}:{line}:{column}: {severity}[{code}] {}",
            finding.shown_message()
        ));
    }
    out
}

/// Escapes a text in an annotation as GitHub has it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of an annotation. A path keeps its line ends: GitHub knows the file by it.
fn property(text: &str) -> String {
    safe(&data(text).replace(':', "%3A").replace(',', "%2C"))
}

fn github(report: &Report) -> Page {
    let mut out = Page::default();
    for (_, finding) in &report.findings {
        let at = line_and_column(&report.snapshot, finding);
        let message = finding.shown_message();
        out.push_own(&annotation(
            finding.severity,
            Some(&at),
            finding.rule.code,
            &message,
        ));
    }
    out
}

/// Returns an annotation, at a path with its line and its column.
pub(super) fn annotation(
    severity: Severity,
    at: Option<&(String, u32, u32)>,
    title: &str,
    message: &str,
) -> String {
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "notice",
    };
    let at =
        at.map(|(path, line, column)| format!("file={},line={line},col={column},", property(path)));
    let (at, title) = (at.unwrap_or_default(), property(title));
    format!("::{level} {at}title={title}::{}\n", data(&safe(message)))
}

// JSON

/// The object that `--format json` prints.
pub(crate) fn json_report(snapshot: &Snapshot, findings: &[(FileId, Finding)]) -> Value {
    let findings: Vec<Value> = findings
        .iter()
        .map(|(_, f)| json_finding(snapshot, f))
        .collect();
    json!({ "version": 1, "root": snapshot.root.display().to_string(), "findings": findings })
}

pub(super) fn json_range(snapshot: &Snapshot, at: FileRange) -> (Value, Value) {
    match file_and_range(snapshot, at) {
        Some((file, range)) => (
            json!(file.path.as_str()),
            json!(protocol_range(file, range, Encoding::Utf16)),
        ),
        None => (Value::Null, Value::Null),
    }
}

fn json_finding(snapshot: &Snapshot, finding: &Finding) -> Value {
    let (path, range) = json_range(snapshot, finding.at);
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|related| {
            let (path, range) = json_range(snapshot, related.at);
            json!({ "path": path, "range": range, "message": related.message })
        })
        .collect();
    let fixes: Vec<Value> = finding
        .fixes
        .iter()
        .filter_map(|fix| json_fix(snapshot, fix))
        .collect();
    json!({
        "code": finding.rule.code,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "path": path,
        "range": range,
        "message": finding.message,
        "image": finding.image.as_ref().map(|image| image.as_str()),
        "related": related,
        "fixes": fixes,
    })
}

/// A fix with its edits; `None` where it turns out that it cannot be done.
pub(super) fn json_fix(snapshot: &Snapshot, fix: &Fix) -> Option<Value> {
    let edits = fix.edits(&snapshot.view()).ok()?;
    let edits = json_edits(snapshot, &edits);
    Some(json!({ "title": fix.title, "safe": fix.is_safe(), "edits": edits }))
}

/// Edits as `check`, `fix` and the others print them.
pub(super) fn json_edits(snapshot: &Snapshot, edits: &[Edit]) -> Vec<Value> {
    edits
        .iter()
        .map(|edit| match edit {
            Edit::Text {
                file,
                range,
                new_text,
            } => {
                let (path, range) = json_range(snapshot, FileRange::new(*file, *range));
                json!({ "path": path, "range": range, "new_text": new_text })
            }
            Edit::Create { path, text } => json!({ "create": path.as_str(), "text": text }),
            Edit::Copy { from, to } => json!({ "copy": [from.as_str(), to.as_str()] }),
            Edit::Symlink { path, points_to } => {
                json!({ "symlink": [path.as_str(), points_to.as_str()] })
            }
            Edit::Rename { from, to } => json!({ "rename": [from.as_str(), to.as_str()] }),
            Edit::Delete { path } | Edit::DeleteDirectory { path } | Edit::Unlink { path } => {
                json!({ "delete": path.as_str() })
            }
        })
        .collect()
}

// SARIF

fn sarif(report: &Report) -> Value {
    // Cases of a rule, such as the codes of ShellCheck, are listed where there are some.
    let found = report.findings.iter().map(|(_, f)| (f.rule.code, f.rule));
    let found: BTreeMap<&str, &Rule> = found.collect();
    let cases = found
        .into_values()
        .filter(|rule| rules().all(|other| other != *rule));
    let rules: Vec<Value> = rules()
        .chain(cases)
        .map(|rule| {
            let described = json!({
                "id": rule.code,
                "shortDescription": { "text": rule.summary() },
                "help": { "text": rule.markdown(), "markdown": rule.markdown() },
                "defaultConfiguration": { "level": sarif_level(rule.severity) },
            });
            match (described, documentation::address(rule.code)) {
                (Value::Object(mut described), Some(address)) => {
                    described.insert("helpUri".to_owned(), address.into());
                    Value::Object(described)
                }
                (described, _) => described,
            }
        })
        .collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|(_, f)| sarif_result(&report.snapshot, f))
        .collect();
    sarif_document(Some(&report.snapshot.root), rules, results)
}

/// Returns a document: what is reported, and descriptions of its kinds.
pub(super) fn sarif_document(root: Option<&Path>, rules: Vec<Value>, results: Vec<Value>) -> Value {
    let root = root.map(|root| json!({ "ROOT": { "uri": root_uri(root) } }));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "image-scripts-ls",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": root.unwrap_or_else(|| json!({})),
            "results": results,
        }],
    })
}

fn sarif_level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "note",
    }
}

/// Returns the priority of a finding: viewers sort by it within a level.
fn sarif_rank(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::Certain => 100.0,
        Confidence::Likely => 50.0,
    }
}

/// Returns the URI of a directory, with the slash at its end.
pub(super) fn root_uri(root: &Path) -> String {
    format!("file://{}/", uri_of(root.as_os_str().as_bytes()))
}

/// Returns a path as it is in a URI, where most characters have to be escaped.
fn uri_of(path: &[u8]) -> String {
    let mut uri = String::new();
    for byte in path {
        match *byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(*byte)),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'+' | b'=' | b',' => {
                uri.push(char::from(*byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

/// Returns a message: `[text](address)` would be a link in it.
pub(super) fn sarif_text(message: &str) -> String {
    let message = escape_control(message);
    match message.contains("](") {
        true => message.replace('[', "\\[").replace(']', "\\]"),
        false => message.into_owned(),
    }
}

pub(super) fn sarif_location(snapshot: &Snapshot, at: FileRange) -> Value {
    let Some((file, range)) = file_and_range(snapshot, at) else {
        return Value::Null;
    };
    let range = protocol_range(file, range, Encoding::Utf16);
    json!({
        "artifactLocation": { "uri": uri_of(file.path.as_bytes()), "uriBaseId": "ROOT" },
        "region": {
            "startLine": range.start.line + 1,
            "startColumn": range.start.character + 1,
            "endLine": range.end.line + 1,
            "endColumn": range.end.character + 1,
        },
    })
}

fn sarif_result(snapshot: &Snapshot, finding: &Finding) -> Value {
    let related: Vec<Value> = finding
        .related
        .iter()
        .enumerate()
        .map(|(index, related)| {
            json!({
                "id": index,
                "physicalLocation": sarif_location(snapshot, related.at),
                "message": { "text": sarif_text(&related.message) },
            })
        })
        .collect();
    json!({
        "ruleId": finding.rule.code,
        "level": sarif_level(finding.severity),
        "rank": sarif_rank(finding.confidence),
        "properties": { "confidence": finding.confidence.name() },
        "message": { "text": sarif_text(&finding.message) },
        "locations": [{ "physicalLocation": sarif_location(snapshot, finding.at) }],
        "relatedLocations": related,
    })
}
