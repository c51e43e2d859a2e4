//! Findings of the command line and of the editor in one form.

use std::process::Command;

use serde_json::Value;

use crate::checkout::Checkout;
use crate::client::Client;
use crate::command::{Output, output_of};

/// Finding, as far as both describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Range of the finding.
    pub range: UrlRange,
    /// Code of its rule.
    pub code: String,
    /// Severity, as the protocol numbers it.
    pub severity: u64,
    /// Message.
    pub message: String,
    /// Related ranges, each with a message.
    pub related: Vec<(UrlRange, String)>,
}

impl Entry {
    /// Returns the URL of the file that it is about.
    pub fn url(&self) -> &str {
        &self.range.url
    }
}

/// Range of a file, which has a URL.
#[derive(Debug, Clone, PartialEq)]
pub struct UrlRange {
    url: String,
    range: Value,
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Returns the findings of `check --format json`, without those of `bash -n`.
pub fn checked(program: &str, checkout: &Checkout) -> Vec<Entry> {
    let output = check(program, checkout);
    assert!(output.status < 2, "{}", output.stderr);
    read(checkout, &output)
}

/// Returns the findings of `check` also where some files cannot be read.
pub fn checked_as_far_as_read(program: &str, checkout: &Checkout) -> Vec<Entry> {
    read(checkout, &check(program, checkout))
}

fn check(program: &str, checkout: &Checkout) -> Output {
    let mut command = Command::new(program);
    command
        .args(["check", "--no-bash", "--format", "json"])
        .arg(checkout.root());
    output_of(&mut command, "", "")
}

fn read(checkout: &Checkout, output: &Output) -> Vec<Entry> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["root"], checkout.root().to_str().unwrap());
    let range = |value: &Value| UrlRange {
        url: checkout.url(value["path"].as_str().unwrap()),
        range: value["range"].clone(),
    };
    let severity = |name: &Value| {
        ["error", "warning", "information", "hint"]
            .iter()
            .position(|s| name == s)
            .unwrap()
    };
    let findings = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| Entry {
            range: range(finding),
            code: text(&finding["code"]),
            severity: u64::try_from(severity(&finding["severity"])).unwrap() + 1,
            message: text(&finding["message"]),
            related: finding["related"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| (range(r), text(&r["message"])))
                .collect(),
        });
    sorted(findings.collect())
}

/// Returns the findings that were published to a client, of all files.
pub fn published(client: &Client) -> Vec<Entry> {
    let mut entries = Vec::new();
    for url in client.with_findings() {
        for diagnostic in client.diagnostics(url) {
            let related = diagnostic
                .get("relatedInformation")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let range = |location: &Value| UrlRange {
                url: text(&location["uri"]),
                range: location["range"].clone(),
            };
            entries.push(Entry {
                range: UrlRange {
                    url: url.to_owned(),
                    range: diagnostic["range"].clone(),
                },
                code: text(&diagnostic["code"]),
                severity: diagnostic["severity"].as_u64().unwrap(),
                message: text(&diagnostic["message"]),
                related: related
                    .map(|r| (range(&r["location"]), text(&r["message"])))
                    .collect(),
            });
        }
    }
    sorted(entries)
}

/// Returns findings in an order that depends on nothing else.
pub fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_cached_key(|entry| format!("{entry:?}"));
    entries
}
