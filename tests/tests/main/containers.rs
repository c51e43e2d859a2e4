//! Findings in the scripts that containers execute: at the line of the here-document that somebody
//! wrote, when nothing has changed for a while, and with ShellCheck where that is wanted.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::start;
use serde_json::json;

use super::cli::cli;

const ONE: &str = "image-scripts/images/debian-12/build.sh";
const TWO: &str = "image-scripts/images/debian-13/build.sh";

/// The build script of an image with a here-document before its end.
fn with_heredoc(checkout: &Checkout, path: &str, lines: &str) -> String {
    let text = checkout.read(path);
    let (before, after) = text.rsplit_once("run-configure\n").unwrap();
    format!("{before}configure-append <<'EOF'\n{lines}EOF\nrun-configure\n{after}")
}

/// The codes of findings, each with its line, counted from 0.
fn lines<'c>(client: &'c Client, url: &str) -> Vec<(&'c str, u64)> {
    let found = client.diagnostics(url).iter();
    let line = |found: &serde_json::Value| found["range"]["start"]["line"].as_u64();
    let found = found.map(|found| (found["code"].as_str().unwrap(), line(found).unwrap()));
    found.collect()
}

/// The line of a text, counted from 0.
fn line_of(text: &str, line: &str) -> u64 {
    let at = text.lines().position(|other| other == line).unwrap();
    at.try_into().unwrap()
}

#[test]
fn a_finding_comes_moves_and_goes() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let url = client.open_file(&checkout, TWO, 1);
    let wrong = with_heredoc(&checkout, TWO, "[ -e /a] && rm /a\n");
    client.replace(&url, 2, &wrong);
    let bracket = |text: &str| vec![("test-bracket", line_of(text, "[ -e /a] && rm /a"))];
    client.wait_until("the finding", |client| {
        lines(client, &url) == bracket(&wrong)
    });
    let further_down = format!("# One line more.\n{wrong}");
    client.replace(&url, 3, &further_down);
    client.wait_until("the finding, one line down", |client| {
        lines(client, &url) == bracket(&further_down)
    });
    client.replace(&url, 4, &checkout.read(TWO));
    client.wait_until("no finding", |client| lines(client, &url).is_empty());
    client.finish();
}

#[test]
fn a_line_of_an_include_is_reported_once() {
    let checkout = Checkout::of("clean-2026");
    let include = "image-scripts/include/debian.sh";
    let text = checkout.read(include);
    let line = "[ -e /a] && rm /a";
    let wrong = format!("{text}configure-append <<'EOF'\n{line}\nEOF\n");
    let mut client = start!(Setup::at(&checkout));
    let url = client.open_file(&checkout, include, 1);
    client.replace(&url, 2, &wrong);
    client.wait_until("the finding", |client| {
        lines(client, &url) == [("test-bracket", line_of(&wrong, line))]
    });
    let related = client.diagnostics(&url)[0]["relatedInformation"].to_string();
    assert!(related.contains("`debian-12`, `debian-13`"), "{related}");
    client.finish();
}

#[test]
fn shellcheck_is_asked_where_it_is_wanted() {
    let checkout = Checkout::of("clean-2026");
    let text = with_heredoc(&checkout, TWO, "cd /opt\nrm -rf x\n");
    let supports_links =
        json!({ "textDocument": { "publishDiagnostics": { "codeDescriptionSupport": true } } });
    let mut client = start!(Setup::at(&checkout).with(&supports_links));
    let url = client.open_file(&checkout, TWO, 1);
    client.replace(&url, 2, &text);
    for wanted in [true, false, true] {
        client.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "imageScripts": { "shellcheck": wanted } } }),
        );
        let line = line_of(&text, "cd /opt");
        client.wait_until("what ShellCheck says", |client| {
            lines(client, &url).contains(&("shellcheck/SC2164", line)) == wanted
        });
    }
    let found = client.diagnostics(&url).iter();
    let found = { found }.find(|found| found["code"] == "shellcheck/SC2164");
    let found = found.unwrap();
    assert_eq!(found["severity"], 2);
    let wiki = "https://www.shellcheck.net/wiki/SC2164";
    assert_eq!(found["codeDescription"]["href"], wiki);
    client.finish();
}

#[test]
fn on_the_command_line() {
    let checkout = Checkout::of("clean-2026");
    for path in [ONE, TWO] {
        let text = with_heredoc(&checkout, path, "cd /opt\n[ -e /a] && rm /a\n");
        checkout.write(path, &text);
    }
    let plain = cli(checkout.root(), &["check", "--format", "concise"]);
    assert_eq!(plain.status, 1, "{}", plain.stderr);
    let plain = plain.stdout;
    assert_eq!(plain.matches("test-bracket").count(), 2, "{plain}");
    assert!(!plain.contains("shellcheck/"), "{plain}");
    let asked = cli(
        checkout.root(),
        &["check", "--format", "concise", "--shellcheck"],
    );
    assert_eq!(asked.status, 1, "{}", asked.stderr);
    let asked = asked.stdout;
    assert_eq!(
        asked.matches("warning[shellcheck/SC2164]").count(),
        2,
        "{asked}"
    );
    cli(checkout.root(), &["fix"]).ok();
    for path in [ONE, TWO] {
        assert!(checkout.read(path).contains("[ -e /a ] && rm /a"), "{path}");
    }
    let text = cli(checkout.root(), &["explain", "shellcheck/SC2164"]).ok();
    assert!(text.contains("shellcheck.net/wiki/SC2164"), "{text}");
}
