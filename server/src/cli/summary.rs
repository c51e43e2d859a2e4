//! Counts of findings: by severity, as `check` ends with, and by rule, for `check --summary`.

use std::collections::BTreeMap;

use super::check::Report;
use super::output::Page;
use super::shown;
use model::FileId;
use model::settings::Severity;
use rules::{Confidence, Finding, rules};

/// Returns how many findings each rule has, the worst rules first. With several checkouts, each has
/// a title.
pub(super) fn by_rule(report: &Report, with_title: bool) -> Page {
    let mut out = Page::default();
    if with_title {
        out.line(format_args!("{}:", shown(&report.snapshot.root).display()));
    }
    let mut counts: BTreeMap<(Severity, Confidence, &str), usize> = BTreeMap::new();
    for (_, finding) in &report.findings {
        let key = (finding.severity, finding.confidence, finding.rule.code);
        *counts.entry(key).or_default() += 1;
    }
    let order = |code: &str| rules().position(|rule| rule.code == code);
    let mut rows: Vec<(usize, String, &str)> = Vec::new();
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by_key(|((severity, confidence, code), count)| {
        let worst = (*severity, *confidence, *count);
        (std::cmp::Reverse(worst), order(code))
    });
    for ((severity, confidence, code), count) in sorted {
        rows.push((count, confidence.with_severity(severity), code));
    }
    let digits = rows.iter().map(|(count, ..)| count.to_string().len());
    let digits = digits.max().unwrap_or_default();
    let names = rows.iter().map(|(_, severity, _)| severity.len());
    let names = names.max().unwrap_or_default();
    for (count, severity, code) in rows {
        out.line(format_args!("{count:digits$}  {severity:names$}  {code}"));
    }
    out.push_own(&total(&report.findings));
    out
}

/// Returns how many findings there are of each severity, in a sentence.
pub(super) fn total(findings: &[(FileId, Finding)]) -> String {
    if findings.is_empty() {
        return "No findings.\n".to_owned();
    }
    let mut parts = Vec::new();
    for (severity, one, many) in [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Information, "information", "information"),
        (Severity::Hint, "hint", "hints"),
    ] {
        match findings
            .iter()
            .filter(|(_, f)| f.severity == severity)
            .count()
        {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {many}")),
        }
    }
    format!(
        "Found {}. `image-scripts-ls explain CODE` says more.\n",
        parts.join(", ")
    )
}
