//! Findings in one form, wherever they come from: the command line or the editor.

use std::process::Command;

use serde_json::Value;

use crate::checkout::Checkout;
use crate::client::Client;
use crate::command::run;

/// A finding, with all that both tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// Its rule.
    pub code: String,
    /// How bad it is, as the protocol counts.
    pub severity: u64,
    /// What it says.
    pub message: String,
    /// Other places, and what is there.
    pub related: Vec<(Place, String)>,
}

/// The URL of a file, and a range in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Place(String, Value);

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// What `check --format json` says of a checkout, `bash -n` aside.
pub fn checked(program: &str, checkout: &Checkout) -> Vec<Entry> {
    let mut command = Command::new(program);
    command
        .args(["check", "--no-bash", "--format", "json"])
        .arg(checkout.root());
    let output = run(&mut command, "", "");
    assert!(output.status < 2, "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["root"], checkout.root().to_str().unwrap());
    let place = |value: &Value| {
        Place(
            checkout.url(value["path"].as_str().unwrap()),
            value["range"].clone(),
        )
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
            place: place(finding),
            code: text(&finding["code"]),
            severity: u64::try_from(severity(&finding["severity"])).unwrap() + 1,
            message: text(&finding["message"]),
            related: finding["related"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| (place(r), text(&r["message"])))
                .collect(),
        });
    sorted(findings.collect())
}

/// What a client has been told, of all files.
pub fn published(client: &Client) -> Vec<Entry> {
    let mut entries = Vec::new();
    for url in client.with_findings() {
        for diagnostic in client.diagnostics(url) {
            let related = diagnostic
                .get("relatedInformation")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let location =
                |location: &Value| Place(text(&location["uri"]), location["range"].clone());
            entries.push(Entry {
                place: Place(url.to_owned(), diagnostic["range"].clone()),
                code: text(&diagnostic["code"]),
                severity: diagnostic["severity"].as_u64().unwrap(),
                message: text(&diagnostic["message"]),
                related: related
                    .map(|r| (location(&r["location"]), text(&r["message"])))
                    .collect(),
            });
        }
    }
    sorted(entries)
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_cached_key(|entry| format!("{entry:?}"));
    entries
}
