//! The command line: what it prints, how it ends, and what it says when it cannot.

use std::path::Path;
use std::process::Command;

use image_scripts_ls::rules::RULES;
use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::{Output, git, run};
use image_scripts_ls_tests::program;
use serde_json::Value;

const TODAY: [&str; 2] = ["--today", "2026-11-01"];

fn cli(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command.current_dir(folder).args(arguments).env("NO_COLOR", "1");
    run(&mut command, "", "cargo build")
}

/// `check` in a checkout, on a fixed day.
fn check(checkout: &Checkout, arguments: &[&str]) -> Output {
    cli(checkout.root(), &[&["check"], &TODAY[..], arguments].concat())
}

/// A failure of the program itself: nothing on standard output, one line on standard error.
fn assert_failed(output: &Output, message: &str) {
    assert_eq!(output.status, 2, "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(output.stderr.starts_with("image-scripts-ls: "), "{}", output.stderr);
    assert!(output.stderr.contains(message), "{}", output.stderr);
}

#[test]
fn the_exit_status_goes_by_the_worst_finding() {
    let clean = Checkout::of("clean-2026");
    assert_eq!(check(&clean, &[]).status, 0);
    assert_eq!(check(&clean, &["--fail-on", "hint"]).status, 1);
    let contribution = Checkout::of("contribution");
    assert_eq!(check(&contribution, &[]).status, 1);
    assert_eq!(check(&contribution, &["--fail-on", "error"]).status, 1);
    contribution.write(".image-scripts.toml", "[rules]\nunknown-builder = \"hint\"\nundefined-helper = \"off\"\n");
    assert_eq!(check(&contribution, &["--fail-on", "error"]).status, 0);
}

#[test]
fn a_checkout_is_found_from_anywhere_in_it() {
    let checkout = Checkout::of("contribution");
    let whole = check(&checkout, &["--format", "json"]).stdout;
    for place in ["image-scripts", "image-scripts/images/fedora-45", "os/configs/image-repository.nix", "tests"] {
        assert_eq!(check(&checkout, &["--format", "json", place]).stdout, whole, "from {place}");
    }
}

#[test]
fn failures_say_what_to_do() {
    let folder = Folder::new();
    assert_failed(&cli(folder.path(), &["check", "nowhere"]), "nowhere: no such file or directory");
    assert_failed(&cli(folder.path(), &["check"]), "no checkout of vpsAdminOS here");
    assert_failed(&cli(folder.path(), &["explain", "no-rule"]), "there is no rule `no-rule`");
    assert_eq!(cli(folder.path(), &["chekc"]).status, 2);
    let checkout = Checkout::of("clean-2026");
    assert_failed(&check(&checkout, &["--baseline", "none.json"]), "none.json");
    checkout.write("bad.json", "{}");
    assert_failed(&check(&checkout, &["--baseline", "bad.json"]), "not a baseline");
    assert_failed(&check(&checkout, &["--since", "HEAD"]), "git:");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_judged() {
    let checkout = Checkout::of("contribution");
    checkout.write("image-scripts/images/debian-13/build.sh", b"echo \xff\n");
    checkout.link("image-scripts/images/alpine-9", "nothing");
    let output = check(&checkout, &["--format", "concise"]);
    assert_eq!(output.status, 2);
    assert!(output.stderr.contains("debian-13/build.sh: is not UTF-8"), "{}", output.stderr);
    assert!(output.stderr.contains("alpine-9: the link leads to nothing"), "{}", output.stderr);
    assert!(output.stdout.contains("[unknown-builder]"));
    assert!(!output.stdout.contains("debian-13/"), "nothing is made up about what was not read");
}

#[test]
fn several_checkouts_are_checked_one_after_the_other() {
    let one = Checkout::below(Folder::new(), "one", "contribution");
    let folder = one.root().parent().unwrap().to_path_buf();
    image_scripts_ls_tests::checkout::copy(one.root(), &folder.join("two"));
    let output = cli(&folder, &[&["check", "--format", "concise"], &TODAY[..]].concat());
    for name in ["one/", "two/"] {
        assert!(output.stdout.lines().any(|line| line.starts_with(name) && line.contains("[unknown-builder]")));
    }
    assert_failed(&cli(&folder, &["check", "--format", "json"]), "several checkouts below");
}

#[test]
fn a_baseline_leaves_out_what_is_known() {
    let checkout = Checkout::of("contribution");
    assert_eq!(check(&checkout, &["--write-baseline", "known.json"]).status, 0);
    let known = check(&checkout, &["--baseline", "known.json", "--format", "concise"]);
    assert_eq!((known.status, known.stdout.as_str()), (0, ""));
    // Lines may move; a second finding of the same kind is new.
    checkout.edit("image-scripts/images/ubuntu-26.10/config.sh", "BUILDER=", "# Which container.\nBUILDER=");
    assert_eq!(check(&checkout, &["--baseline", "known.json", "--format", "concise"]).stdout, "");
    checkout.edit("image-scripts/images/debian-13/config.sh", "BUILDER=", "BUILDER=x");
    let new = check(&checkout, &["--baseline", "known.json", "--format", "concise"]);
    assert_eq!((new.status, new.stdout.lines().count()), (1, 1), "{}", new.stdout);
    // The report of `--format json` is a baseline, too.
    checkout.write("report.json", check(&checkout, &["--format", "json"]).stdout);
    assert_eq!(check(&checkout, &["--baseline", "report.json", "--format", "concise"]).stdout, "");
}

#[test]
fn since_a_revision_only_what_is_new_counts() {
    let checkout = Checkout::of("contribution");
    git(checkout.root(), &["init", "--quiet"]);
    git(checkout.root(), &["add", "."]);
    git(checkout.root(), &["commit", "--quiet", "--message", "Begin"]);
    assert_eq!(check(&checkout, &["--since", "HEAD", "--format", "concise"]).stdout, "");
    checkout.edit("image-scripts/images/debian-13/config.sh", "BUILDER=", "BUILDER=x");
    let new = check(&checkout, &["--since", "HEAD", "--format", "concise"]);
    assert_eq!((new.status, new.stdout.lines().count()), (1, 1), "{}", new.stdout);
    assert!(new.stdout.contains("debian-13/config.sh:1:9: error[unknown-builder]"), "{}", new.stdout);
    assert_failed(&check(&checkout, &["--since", "no-such-branch"]), "git:");
}

#[test]
fn json_has_everything_of_a_finding() {
    let checkout = Checkout::of("contribution");
    let report: Value = serde_json::from_str(&check(&checkout, &["--format", "json"]).stdout).unwrap();
    assert_eq!(report["version"], 1);
    let findings = report["findings"].as_array().unwrap();
    let builder = findings.iter().find(|f| f["code"] == "unknown-builder").unwrap();
    assert_eq!(
        *builder,
        serde_json::json!({
            "code": "unknown-builder",
            "severity": "error",
            "path": "image-scripts/images/ubuntu-26.10/config.sh",
            "range": { "start": { "line": 0, "character": 8 }, "end": { "line": 0, "character": 15 } },
            "message": "no builder `ubunutu`; did you mean `ubuntu`?",
            "image": "ubuntu-26.10",
            "related": [],
            "fixes": [{
                "title": "Change to `ubuntu`",
                "safe": false,
                "edits": [{
                    "path": "image-scripts/images/ubuntu-26.10/config.sh",
                    "range": { "start": { "line": 0, "character": 8 }, "end": { "line": 0, "character": 15 } },
                    "new_text": "ubuntu",
                }],
            }],
        })
    );
    let stray = findings.iter().find(|f| f["code"] == "stray-abstract").unwrap();
    let marker = "image-scripts/images/gentoo-musl-systemd/abstract";
    assert_eq!(stray["fixes"][0]["edits"][0]["delete"], marker);
}

#[test]
fn the_formats_have_the_same_findings() {
    let checkout = Checkout::of("contribution");
    let json: Value = serde_json::from_str(&check(&checkout, &["--format", "json"]).stdout).unwrap();
    let count = json["findings"].as_array().unwrap().len();
    let concise = check(&checkout, &["--format", "concise"]).stdout;
    assert_eq!(concise.lines().count(), count);
    assert!(concise.contains("config.sh:1:9: error[unknown-builder] no builder"));
    let github = check(&checkout, &["--format", "github"]).stdout;
    assert_eq!(github.lines().filter(|line| line.starts_with("::")).count(), count);
    assert!(github.contains("::error file=image-scripts/images/ubuntu-26.10/config.sh,line=1,col=9,title=unknown-builder::"));
    let full = check(&checkout, &[]).stdout;
    assert!(full.contains("1 | BUILDER=ubunutu\n  |         ^^^^^^^"), "{full}");
    assert!(!full.contains('\u{1b}'), "no colours where nobody sees them");
    let sarif: Value = serde_json::from_str(&check(&checkout, &["--format", "sarif"]).stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let sarif_run = &sarif["runs"][0];
    assert_eq!(sarif_run["results"].as_array().unwrap().len(), count);
    let rules: Vec<&Value> = sarif_run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|r| &r["id"]).collect();
    for result in sarif_run["results"].as_array().unwrap() {
        assert!(rules.contains(&&result["ruleId"]));
        let place = &result["locations"][0]["physicalLocation"];
        assert!(checkout.path(place["artifactLocation"]["uri"].as_str().unwrap()).exists());
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
    }
}

#[test]
fn every_rule_explains_itself() {
    let folder = Folder::new();
    let list = cli(folder.path(), &["explain"]).ok();
    for (rule, _) in RULES {
        assert!(list.contains(rule.code), "{} is listed", rule.code);
        let text = cli(folder.path(), &["explain", rule.code]).ok();
        for part in ["## Why", "## How to silence it"] {
            assert!(text.contains(part), "{}: {part}", rule.code);
        }
        let mends = text.contains("## How to fix it") || text.contains("## When it is judged");
        assert!(mends, "{}: how to mend it", rule.code);
    }
}

#[test]
fn status_lists_every_image() {
    let checkout = Checkout::of("clean-2026");
    let table = cli(checkout.root(), &[&["status"], &TODAY[..]].concat()).ok();
    let row = table.lines().find(|line| line.starts_with("debian-13 ")).unwrap();
    for part in ["13", "minimal", "yes", "latest stable", "systemd"] {
        assert!(row.contains(part), "{row}");
    }
    let object: Value =
        serde_json::from_str(&cli(checkout.root(), &[&["status", "--format", "json"], &TODAY[..]].concat()).ok()).unwrap();
    let images = object["images"].as_array().unwrap();
    assert_eq!(images.len(), table.lines().count() - 1);
    let arch = images.iter().find(|image| image["image"] == "arch").unwrap();
    assert_eq!(arch["release"], "DATE");
    assert_eq!(arch["published"], true);
}

#[test]
fn a_tree_without_nix_files_gets_everything_else() {
    let checkout = Checkout::of("pre-2023");
    checkout.edit("images/debian-11/config.sh", "BUILDER=", "BUILDER=x");
    let output = check(&checkout, &["--format", "concise"]);
    assert_eq!((output.status, output.stdout.lines().count()), (1, 1), "{}", output.stdout);
}
