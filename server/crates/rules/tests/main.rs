//! Every rule, held to its fixtures in `rules/NAME/`: where it fires (`fires*.txt`), where it must
//! not (`near_miss*.txt`), and what silences it (`suppressed*.txt`). The docs of the crate
//! `fixture` say how one is written.
//!
//! Every file is a test of its own: `cargo test missing_test_entry` runs those of a rule, and
//! `cargo test missing_test_entry::near_miss` one.

#![cfg(test)]
#![allow(clippy::string_slice, reason = "clippy.toml cannot allow it in tests")]

mod fixes;

use std::path::Path;

use fixture::{CHECKOUTS, Fixture, Suite, files};
use rules::{Group, Rule, rules};

fn main() {
    let mut suite = Suite::new(env!("CARGO_MANIFEST_DIR"))
        .files("rules", check)
        .test("every_rule_has_fixtures", every_rule_has_fixtures)
        .test("every_rule_has_its_file", every_rule_has_its_file)
        .test("a_rule_says_whether_it_has_a_fix", fixes::has_fix)
        .test(
            "the_minimal_checkout_is_clean",
            the_minimal_checkout_is_clean,
        );
    for name in CHECKOUTS {
        suite = suite.test(&format!("fixes::{name}"), move || fixes::of_checkout(name));
    }
    suite.execute()
}

/// The name of a rule's file and of the folder of its fixtures.
fn folder_of(rule: &Rule) -> String {
    rule.code.replace('-', "_")
}

/// The rule that a fixture is about.
fn rule_of(path: &Path) -> &'static Rule {
    let folder = path.parent().and_then(Path::file_name).unwrap();
    let rule = rules().find(|rule| folder == folder_of(rule).as_str());
    rule.unwrap_or_else(|| panic!("{}: no rule has that name", path.display()))
}

/// Holds a fixture to its annotations and to what its name says, and tries all fixes in it.
fn check(path: &Path) {
    let rule = rule_of(path);
    let checked = Fixture::read(path).check();
    checked.unwrap_or_else(|wrong| panic!("{wrong}"));
    // It may have been rewritten.
    let fixture = Fixture::read(path);
    let name = path.file_name().unwrap().to_string_lossy();
    if name.starts_with("fires") {
        fires(rule, &fixture);
    } else if name.starts_with("near_miss") {
        let expected = fixture.expects(rule.code);
        assert!(!expected, "it fires: this belongs in `fires`");
    } else if name.starts_with("suppressed") {
        is_suppressed(rule, &fixture);
    } else {
        panic!("{name} is neither `fires`, `near_miss` nor `suppressed`");
    }
    fixes::of_snapshot(&fixture.snapshot(None));
}

/// The rule fires, and it is the rule that is tested: switched off, it is missed.
fn fires(rule: &Rule, fixture: &Fixture) {
    assert!(fixture.expects(rule.code), "nothing is annotated with it");
    let snapshot = fixture.snapshot(Some(rule.code));
    assert!(
        fixture.difference(&snapshot).is_some(),
        "switched off, it is not missed"
    );
}

fn is_suppressed(rule: &Rule, fixture: &Fixture) {
    let fires = |fixture: &Fixture| {
        let snapshot = fixture.snapshot(None);
        let findings = snapshot.findings();
        let mut all = findings.iter().flat_map(|(_, _, findings)| *findings);
        all.any(|finding| finding.rule.codes().any(|code| code == rule.code))
    };
    assert!(!fires(fixture), "it is not silenced");
    // It would have fired without the comments, or without the settings.
    let loud = match rule.code {
        // What they find are comments.
        "unknown-suppression" | "unused-suppression" => fixture.replaced(rule.code, ""),
        _ => fixture
            .replaced("# image-scripts: ", "# image scripts: ")
            .replaced("\"off\"", "\"hint\""),
    };
    let without_settings = fixture.without(".image-scripts.toml");
    assert!(
        fires(&loud) || fires(&without_settings),
        "it is silent with nothing to silence it, too"
    );
}

fn every_rule_has_fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    // What servers say is in fixtures of the crate that asks them.
    for rule in rules().filter(|rule| rule.group != Group::Upstream) {
        let folder = folder.join(folder_of(rule));
        assert!(folder.is_dir(), "{}: no {}", rule.code, folder.display());
        let fixtures = files(&folder);
        for kind in ["fires", "near_miss", "suppressed"] {
            let is_kind = |path: &std::path::PathBuf| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.starts_with(kind) && name.ends_with(".txt")
            };
            let found = fixtures.iter().any(is_kind);
            assert!(found, "{}: there is no fixture `{kind}*.txt`", rule.code);
        }
    }
}

/// A rule is found by the name of its file, and a file in a group's folder is a rule.
fn every_rule_has_its_file() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for group in [
        "images",
        "repository",
        "test_table",
        "upstream",
        "suppressions",
    ] {
        for path in files(&source.join(group)) {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if name != "mod" {
                let known = rules().any(|rule| folder_of(rule) == name);
                assert!(known, "{}: no rule has that name", path.display());
            }
        }
    }
    for rule in rules() {
        let name = format!("{}.rs", folder_of(rule));
        let found = files(&source).iter().any(|path| path.ends_with(&name));
        assert!(found, "{}: there is no {name}", rule.code);
    }
}

/// The files that fixtures build upon have no findings of their own.
fn the_minimal_checkout_is_clean() {
    for text in [
        "#> with the minimal checkout\n",
        "#> scripts only\n#> with the minimal checkout\n",
    ] {
        let fixture = Fixture::parse(Path::new("minimal"), text);
        let difference = fixture.difference(&fixture.snapshot(None));
        assert_eq!(difference, None);
    }
}
