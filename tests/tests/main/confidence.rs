//! Confidence of findings: what every format says of it, and what makes the exit status.

use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::{program, start};

use serde_json::Value;

const SCRIPT: &str = "image-scripts/images/debian-13/build.sh";

/// Nothing else is wrong but a variable that the environment may bring.
fn likely() -> Checkout {
    let checkout = Checkout::of("clean-2026");
    checkout.edit(
        SCRIPT,
        "\nrun-configure\n",
        "\nconfigure-append <<EOF\necho $from_nowhere\nEOF\nrun-configure\n",
    );
    checkout
}

fn check(checkout: &Checkout, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command
        .current_dir(checkout.root())
        .args(["check", "--today", "2026-11-01"])
        .args(arguments)
        .env("NO_COLOR", "1");
    output_of(&mut command, "", "cargo build")
}

/// The finding, in a JSON report.
fn finding<'v>(findings: &'v Value, code: &str) -> &'v Value {
    let mut all = findings.as_array().unwrap().iter();
    let of_rule = |finding: &&Value| finding[code] == "heredoc-expansion";
    all.find(of_rule).expect("the finding")
}

#[test]
fn likely_findings_are_shown_and_fail_no_build() {
    let checkout = likely();
    for (arguments, status) in [
        (&[][..], 0),
        (&["--min-confidence", "certain"], 0),
        (&["--min-confidence", "likely"], 1),
        (&["--min-confidence", "likely", "--fail-on", "error"], 0),
    ] {
        let output = check(&checkout, arguments);
        assert_eq!(output.status, status, "{arguments:?}: {}", output.stdout);
        assert!(
            output.stdout.contains("or set it before (likely)"),
            "{}",
            output.stdout
        );
    }
    // The same rule, where it is certain.
    checkout.edit(
        SCRIPT,
        "echo $from_nowhere",
        "from_nowhere=1\necho $from_nowhere",
    );
    let output = check(&checkout, &[]);
    assert_eq!(output.status, 1);
    assert!(!output.stdout.contains("(likely)"), "{}", output.stdout);
}

/// What is only likely is no error, even if the settings say so.
#[test]
fn likely_findings_are_no_errors() {
    let checkout = likely();
    checkout.write(
        ".image-scripts.toml",
        "[rules]\nheredoc-expansion = \"error\"\n",
    );
    let output = check(&checkout, &["--format", "concise"]);
    assert!(
        output.stdout.contains("warning[heredoc-expansion]"),
        "{}",
        output.stdout
    );
}

#[test]
fn formats_say_how_sure_a_finding_is() {
    let checkout = likely();
    let json: Value =
        serde_json::from_str(&check(&checkout, &["--format", "json"]).stdout).unwrap();
    let found = finding(&json["findings"], "code");
    assert_eq!(found["confidence"], "likely");
    let message = found["message"].as_str().unwrap();
    assert!(!message.contains("likely"), "{message}");
    let all = json["findings"].as_array().unwrap().iter();
    let certain = all.filter(|finding| finding["confidence"] == "certain");
    assert!(certain.count() > 0, "hints of `end-of-life`");

    let sarif: Value =
        serde_json::from_str(&check(&checkout, &["--format", "sarif"]).stdout).unwrap();
    let results = &sarif["runs"][0]["results"];
    let found = finding(results, "ruleId");
    assert_eq!(found["properties"]["confidence"], "likely");
    assert_eq!(found["rank"], 50.0);
    assert_eq!(found["message"]["text"], message);
    let ranks = results.as_array().unwrap().iter();
    let ranks: Vec<f64> = ranks.map(|r| r["rank"].as_f64().unwrap()).collect();
    assert!(ranks.contains(&100.0), "{ranks:?}");

    for format in ["full", "concise", "github"] {
        let output = check(&checkout, &["--format", format]).stdout;
        let shown = format!("{message} (likely)");
        assert_eq!(output.matches(&shown).count(), 1, "{format}: {output}");
        assert_eq!(output.matches("(likely)").count(), 1, "{format}: {output}");
    }
}

#[test]
fn editors_show_it_in_the_message() {
    let checkout = likely();
    let mut client: Client = start!(&Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, SCRIPT, 1);
    client.wait_for_codes(&url, &["heredoc-expansion"]);
    let messages: Vec<&str> = client
        .diagnostics(&url)
        .iter()
        .map(|diagnostic| diagnostic["message"].as_str().unwrap())
        .collect();
    let likely = messages
        .iter()
        .filter(|message| message.ends_with(" (likely)"));
    assert_eq!(likely.count(), 1, "{messages:?}");
    client.finish();
}

#[test]
fn a_summary_counts_by_rule() {
    let checkout = Checkout::of("contribution");
    checkout.edit(
        SCRIPT,
        "\nrun-configure\n",
        "\nconfigure-append <<EOF\necho $from_nowhere\nEOF\nrun-configure\n",
    );
    let json: Value =
        serde_json::from_str(&check(&checkout, &["--format", "json"]).stdout).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let output = check(&checkout, &["--summary"]);
    assert_eq!(output.status, 1);
    let (rows, total) = output.stdout.rsplit_once("Found ").unwrap();
    assert!(total.contains("error"), "{total}");
    let mut counted = 0;
    let mut severities = Vec::new();
    for row in rows.lines() {
        let words: Vec<&str> = row.split_whitespace().collect();
        let count: usize = words[0].parse().unwrap();
        let (severity, code) = (words[1].trim_end_matches(','), *words.last().unwrap());
        let confidence = if row.contains(", likely") {
            "likely"
        } else {
            "certain"
        };
        let same = findings.iter().filter(|finding| {
            (
                &finding["code"],
                &finding["severity"],
                &finding["confidence"],
            ) == (&code.into(), &severity.into(), &confidence.into())
        });
        assert_eq!(same.count(), count, "{row}");
        counted += count;
        severities.push(severity.to_owned());
    }
    assert_eq!(counted, findings.len());
    assert!(rows.contains("warning, likely"), "{rows}");
    severities.dedup();
    assert_eq!(severities, ["error", "warning", "hint"]);
    let both = check(&checkout, &["--summary", "--format", "json"]);
    assert_eq!(both.status, 2);
    let clean = check(&Checkout::of("clean-2026"), &["--summary"]);
    assert_eq!(clean.status, 0);
}
