//! The command line: what it prints, how it ends, and what it says when it cannot.

use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, FIXTURES, Folder};
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::program;

use serde_json::Value;

const TODAY: [&str; 2] = ["--today", "2026-11-01"];

pub(super) fn cli(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1");
    output_of(&mut command, "", "cargo build")
}

/// `check` in a checkout, on a fixed day.
fn check(checkout: &Checkout, arguments: &[&str]) -> Output {
    cli(
        checkout.root(),
        &[&["check"], &TODAY[..], arguments].concat(),
    )
}

fn parsed(output: &Output) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

/// A failure of the program itself: nothing on standard output, one line on standard error.
fn assert_failed(output: &Output, message: &str) {
    assert_eq!(output.status, 2, "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(
        output.stderr.starts_with("image-scripts-ls: "),
        "{}",
        output.stderr
    );
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
    contribution.write(
        ".image-scripts.toml",
        "[rules]\nunknown-builder = \"hint\"\nundefined-helper = \"off\"\nrelease-mismatch = \"off\"\n",
    );
    assert_eq!(check(&contribution, &["--fail-on", "error"]).status, 0);
}

#[test]
fn a_checkout_is_found_from_anywhere_in_it() {
    let checkout = Checkout::of("contribution");
    let whole = check(&checkout, &["--format", "json"]).stdout;
    for place in [
        "image-scripts",
        "image-scripts/images/fedora-45",
        "os/configs/image-repository.nix",
        "tests",
    ] {
        assert_eq!(
            check(&checkout, &["--format", "json", place]).stdout,
            whole,
            "from {place}"
        );
    }
}

#[test]
fn failures_say_what_to_do() {
    let folder = Folder::new();
    assert_failed(
        &cli(folder.path(), &["check", "nowhere"]),
        "nowhere: no such file or directory",
    );
    assert_failed(
        &cli(folder.path(), &["check"]),
        "no vpsAdminOS checkout here",
    );
    assert_failed(
        &cli(folder.path(), &["explain", "no-rule"]),
        "there is no rule `no-rule`",
    );
    assert_eq!(cli(folder.path(), &["chekc"]).status, 2);
    let checkout = Checkout::of("clean-2026");
    assert_failed(&check(&checkout, &["--baseline", "none.json"]), "none.json");
    checkout.write("bad.json", "{}");
    assert_failed(
        &check(&checkout, &["--baseline", "bad.json"]),
        "not a baseline",
    );
    assert_failed(&check(&checkout, &["--since", "HEAD"]), "git:");
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_is_checked() {
    let checkout = Checkout::of("contribution");
    checkout.write("image-scripts/images/debian-13/build.sh", b"echo \xff\n");
    checkout.link("image-scripts/images/alpine-9", "nothing");
    let output = check(&checkout, &["--format", "concise"]);
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("debian-13/build.sh: is not UTF-8"),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("alpine-9: the link leads to nothing"),
        "{}",
        output.stderr
    );
    assert!(output.stdout.contains("[unknown-builder]"));
    assert!(
        !output.stdout.contains("debian-13/"),
        "nothing is made up about what was not read"
    );
}

#[test]
fn several_checkouts_are_checked_one_after_the_other() {
    let one = Checkout::below(Folder::new(), "one", "contribution");
    let folder = one.root().parent().unwrap().to_path_buf();
    image_scripts_ls_tests::checkout::copy(one.root(), &folder.join("two"));
    let output = cli(
        &folder,
        &[&["check", "--format", "concise"], &TODAY[..]].concat(),
    );
    for name in ["one/", "two/"] {
        assert!(
            output
                .stdout
                .lines()
                .any(|line| line.starts_with(name) && line.contains("[unknown-builder]"))
        );
    }
    assert_failed(
        &cli(&folder, &["check", "--format", "json"]),
        "several checkouts below",
    );
}

#[test]
fn a_baseline_leaves_out_what_is_known() {
    let checkout = Checkout::of("contribution");
    assert_eq!(
        check(&checkout, &["--write-baseline", "known.json"]).status,
        0
    );
    let known = check(
        &checkout,
        &["--baseline", "known.json", "--format", "concise"],
    );
    assert_eq!((known.status, known.stdout.as_str()), (0, ""));
    // Lines may move; a second finding of the same kind is new.
    checkout.edit(
        "image-scripts/images/ubuntu-26.10/config.sh",
        "BUILDER=",
        "# Which container.\nBUILDER=",
    );
    assert_eq!(
        check(
            &checkout,
            &["--baseline", "known.json", "--format", "concise"]
        )
        .stdout,
        ""
    );
    checkout.edit(
        "image-scripts/images/debian-13/config.sh",
        "BUILDER=",
        "BUILDER=x",
    );
    let new = check(
        &checkout,
        &["--baseline", "known.json", "--format", "concise"],
    );
    assert_eq!(
        (new.status, new.stdout.lines().count()),
        (1, 1),
        "{}",
        new.stdout
    );
    // The report of `--format json` is a baseline, too.
    checkout.write(
        "report.json",
        check(&checkout, &["--format", "json"]).stdout,
    );
    assert_eq!(
        check(
            &checkout,
            &["--baseline", "report.json", "--format", "concise"]
        )
        .stdout,
        ""
    );
}

#[test]
fn since_a_revision_only_what_is_new_counts() {
    let checkout = Checkout::of("contribution");
    git(checkout.root(), &["init", "--quiet"]);
    git(checkout.root(), &["add", "."]);
    git(
        checkout.root(),
        &["commit", "--quiet", "--message", "Begin"],
    );
    assert_eq!(
        check(&checkout, &["--since", "HEAD", "--format", "concise"]).stdout,
        ""
    );
    checkout.edit(
        "image-scripts/images/debian-13/config.sh",
        "BUILDER=",
        "BUILDER=x",
    );
    let new = check(&checkout, &["--since", "HEAD", "--format", "concise"]);
    assert_eq!(
        (new.status, new.stdout.lines().count()),
        (1, 1),
        "{}",
        new.stdout
    );
    assert!(
        new.stdout
            .contains("debian-13/config.sh:1:9: error[unknown-builder]"),
        "{}",
        new.stdout
    );
    assert_failed(&check(&checkout, &["--since", "no-such-branch"]), "git:");
}

#[test]
fn json_has_everything_of_a_finding() {
    let checkout = Checkout::of("contribution");
    let report: Value =
        serde_json::from_str(&check(&checkout, &["--format", "json"]).stdout).unwrap();
    assert_eq!(report["version"], 1);
    let findings = report["findings"].as_array().unwrap();
    let mut builder = findings
        .iter()
        .find(|f| f["code"] == "unknown-builder")
        .unwrap()
        .clone();
    let fixes = builder["fixes"].as_array_mut().unwrap();
    assert_eq!(fixes[1]["title"], "Create builder `ubunutu` after `ubuntu`");
    fixes.truncate(1);
    assert_eq!(
        builder,
        serde_json::json!({
            "code": "unknown-builder",
            "severity": "error",
            "confidence": "certain",
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
    let stray = findings
        .iter()
        .find(|f| f["code"] == "stray-abstract")
        .unwrap();
    let marker = "image-scripts/images/gentoo-musl-systemd/abstract";
    assert_eq!(stray["fixes"][0]["edits"][0]["delete"], marker);
}

#[test]
fn the_formats_have_the_same_findings() {
    let checkout = Checkout::of("contribution");
    let json: Value =
        serde_json::from_str(&check(&checkout, &["--format", "json"]).stdout).unwrap();
    let count = json["findings"].as_array().unwrap().len();
    let concise = check(&checkout, &["--format", "concise"]).stdout;
    assert_eq!(concise.lines().count(), count);
    assert!(concise.contains("config.sh:1:9: error[unknown-builder] no builder"));
    let github = check(&checkout, &["--format", "github"]).stdout;
    assert_eq!(
        github.lines().filter(|line| line.starts_with("::")).count(),
        count
    );
    assert!(github.contains("::error file=image-scripts/images/ubuntu-26.10/config.sh,line=1,col=9,title=unknown-builder::"));
    let full = check(&checkout, &[]).stdout;
    assert!(
        full.contains("1 | BUILDER=ubunutu\n  |         ^^^^^^^"),
        "{full}"
    );
    assert!(
        !full.contains('\u{1b}'),
        "no colours where nobody sees them"
    );
    let sarif: Value =
        serde_json::from_str(&check(&checkout, &["--format", "sarif"]).stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let sarif_run = &sarif["runs"][0];
    assert_eq!(sarif_run["results"].as_array().unwrap().len(), count);
    let rules: Vec<&Value> = sarif_run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["id"])
        .collect();
    for result in sarif_run["results"].as_array().unwrap() {
        assert!(rules.contains(&&result["ruleId"]));
        let place = &result["locations"][0]["physicalLocation"];
        assert!(
            checkout
                .path(place["artifactLocation"]["uri"].as_str().unwrap())
                .exists()
        );
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
    }
}

#[test]
fn every_rule_explains_itself() {
    let folder = Folder::new();
    let list = cli(folder.path(), &["explain"]).ok();
    for rule in rules::rules() {
        assert!(list.contains(rule.code), "{} is listed", rule.code);
        let text = cli(folder.path(), &["explain", rule.code]).ok();
        for heading in ["## Why", "## How to silence it"] {
            assert!(text.contains(heading), "{}: {heading}", rule.code);
        }
        let says_how = text.contains("## How to fix it") || text.contains("## When it runs");
        assert!(says_how, "{}: how to fix it", rule.code);
    }
}

/// What somebody is about to write does not tear the table apart.
#[test]
fn a_value_of_several_lines_is_shown_on_one() {
    let checkout = Checkout::of("clean-2026");
    let config = "image-scripts/images/debian-13/config.sh";
    checkout.write(config, "BUILDER=debian\nRELVER=\"4\n5\"\n");
    let table = cli(checkout.root(), &[&["status"], &TODAY[..]].concat()).ok();
    let row = table.lines().find(|line| line.starts_with("debian-13 "));
    assert!(row.unwrap().contains(r"4\n5"), "{table}");
}

#[test]
fn status_lists_every_image() {
    let checkout = Checkout::of("clean-2026");
    let table = cli(checkout.root(), &[&["status"], &TODAY[..]].concat()).ok();
    let row = table
        .lines()
        .find(|line| line.starts_with("debian-13 "))
        .unwrap();
    for part in ["13", "minimal", "yes", "latest stable", "systemd"] {
        assert!(row.contains(part), "{row}");
    }
    let object: Value = serde_json::from_str(
        &cli(
            checkout.root(),
            &[&["status", "--format", "json"], &TODAY[..]].concat(),
        )
        .ok(),
    )
    .unwrap();
    let images = object["images"].as_array().unwrap();
    assert_eq!(images.len(), table.lines().count() - 1);
    let arch = images
        .iter()
        .find(|image| image["image"] == "arch")
        .unwrap();
    assert_eq!(arch["release"], "DATE");
    assert_eq!(arch["published"], true);
}

#[test]
fn a_tree_without_nix_files_gets_everything_else() {
    let checkout = Checkout::of("pre-2023");
    checkout.edit("images/debian-11/config.sh", "BUILDER=", "BUILDER=x");
    let output = check(&checkout, &["--format", "concise"]);
    assert_eq!(
        (output.status, output.stdout.lines().count()),
        (1, 1),
        "{}",
        output.stdout
    );
}

#[test]
fn bad_usage() {
    let folder = Folder::new();
    for arguments in [
        &["chekc"][..],
        &["check", "--nonsense"],
        &["check", "--format", "yaml"],
        &["check", "--fail-on", "everything"],
        &["check", "a", "b"],
        &["check", "--baseline", "x", "--since", "y"],
        &["status", "--format", "xml"],
        &["explain", "a", "b"],
    ] {
        let output = cli(folder.path(), arguments);
        assert_eq!((output.status, &*output.stdout), (2, ""), "{arguments:?}");
        assert!(
            output.stderr.contains("error:"),
            "{arguments:?}: {}",
            output.stderr
        );
    }
    let checkout = Checkout::of("contribution");
    checkout.write("newer.json", "{ \"version\": 2, \"findings\": [] }");
    assert_failed(
        &check(&checkout, &["--baseline", "newer.json"]),
        "version 2",
    );
    assert_failed(
        &check(&checkout, &["--write-baseline", "no/such/folder/x.json"]),
        "no/such/folder/x.json",
    );
    assert_failed(&check(&checkout, &["--since=--help"]), "--help");
}

#[test]
fn columns_count_characters() {
    let checkout = Checkout::of("clean-2026");
    checkout.write(
        "image-scripts/images/debian-13/config.sh",
        ": \"é汉😀\"; BUILDER=fedorra\n",
    );
    let output = check(&checkout, &["--format", "concise"]);
    assert!(
        output
            .stdout
            .contains("config.sh:1:18: error[unknown-builder]"),
        "{}",
        output.stdout
    );
}

#[test]
fn github() {
    let checkout = Checkout::of("contribution");
    // What annotations give a meaning to has to be escaped.
    checkout.write(
        "image-scripts/images/debian-13/config.sh",
        "BUILDER='50%,a:b'\n",
    );
    let output = check(&checkout, &["--format", "github"]);
    for line in output.stdout.lines() {
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (level, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&level), "{line}");
        let names: Vec<&str> = properties
            .split(',')
            .map(|property| property.split_once('=').unwrap().0)
            .collect();
        assert_eq!(names, ["file", "line", "col", "title"], "{line}");
        assert!(!message.is_empty());
    }
    assert!(output.stdout.contains("50%25,a:b"), "{}", output.stdout);
    let line = "::error file=image-scripts/images/ubuntu-26.10/config.sh,line=1,col=9,title=unknown-builder::no builder";
    assert!(
        output.stdout.lines().any(|l| l.starts_with(line)),
        "{}",
        output.stdout
    );
}

#[test]
fn sarif() {
    for fixture in FIXTURES {
        let checkout = Checkout::of(fixture);
        let log = parsed(&check(&checkout, &["--format", "sarif"]));
        assert_eq!(log["version"], "2.1.0");
        assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
        let runs = log["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1);
        let run = &runs[0];
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["name"], "image-scripts-ls");
        let rules: Vec<&str> = driver["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            rules,
            rules::rules().map(|rule| rule.code).collect::<Vec<_>>()
        );
        for rule in driver["rules"].as_array().unwrap() {
            assert!(
                ["error", "warning", "note"]
                    .iter()
                    .any(|l| rule["defaultConfiguration"]["level"] == *l)
            );
            assert!(
                !rule["shortDescription"]["text"]
                    .as_str()
                    .unwrap()
                    .is_empty()
            );
        }
        let base = run["originalUriBaseIds"]["ROOT"]["uri"].as_str().unwrap();
        assert_eq!(base, format!("file://{}/", checkout.root().display()));
        let results = run["results"].as_array().unwrap();
        let findings = parsed(&check(&checkout, &["--format", "json"]));
        assert_eq!(
            results.len(),
            findings["findings"].as_array().unwrap().len()
        );
        for result in results {
            assert!(rules.contains(&result["ruleId"].as_str().unwrap()));
            assert!(
                ["error", "warning", "note"]
                    .iter()
                    .any(|level| result["level"] == *level)
            );
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let related = result["relatedLocations"].as_array().unwrap();
            assert_eq!(result["locations"].as_array().unwrap().len(), 1);
            for location in result["locations"]
                .as_array()
                .unwrap()
                .iter()
                .chain(related)
            {
                is_sarif_location(&checkout, &location["physicalLocation"]);
            }
        }
    }
}

fn is_sarif_location(checkout: &Checkout, location: &Value) {
    let artifact = &location["artifactLocation"];
    assert_eq!(artifact["uriBaseId"], "ROOT");
    assert!(
        checkout.path(artifact["uri"].as_str().unwrap()).is_file(),
        "{artifact}"
    );
    let number = |key: &str| location["region"][key].as_u64().unwrap();
    let (start, end) = (
        (number("startLine"), number("startColumn")),
        (number("endLine"), number("endColumn")),
    );
    // Both count from 1.
    assert!(start.0 > 0 && start.1 > 0 && start <= end, "{location}");
}

#[test]
fn colours_only_on_a_terminal_or_when_forced() {
    let checkout = Checkout::of("contribution");
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = Command::new(program!());
        command
            .args(["check", "--no-bash"])
            .current_dir(checkout.root());
        for name in [
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "FORCE_COLOR",
            "CI",
        ] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        output_of(&mut command, "", "").stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn json_is_what_is_documented() {
    let checkout = Checkout::of("contribution");
    let report = parsed(&check(&checkout, &["--format", "json"]));
    assert_eq!(
        report.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["findings", "root", "version"]
    );
    let mut fixes = 0;
    for finding in report["findings"].as_array().unwrap() {
        let keys = [
            "code",
            "confidence",
            "fixes",
            "image",
            "message",
            "path",
            "range",
            "related",
            "severity",
        ];
        assert_eq!(
            finding.as_object().unwrap().keys().collect::<Vec<_>>(),
            keys
        );
        assert!(checkout.path(finding["path"].as_str().unwrap()).is_file());
        for fix in finding["fixes"].as_array().unwrap() {
            fixes += 1;
            assert_eq!(
                fix.as_object().unwrap().keys().collect::<Vec<_>>(),
                ["edits", "safe", "title"]
            );
            for edit in fix["edits"].as_array().unwrap() {
                let keys: Vec<&str> = edit
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect();
                let known = [
                    &["new_text", "path", "range"][..],
                    &["create", "text"],
                    &["delete"],
                    &["rename"],
                    &["symlink"],
                ];
                assert!(known.contains(&&*keys), "{keys:?}");
            }
        }
    }
    assert!(fixes > 3);
}

#[test]
fn since_a_revision_of_a_repository_around_the_checkout() {
    let checkout = Checkout::below(Folder::new(), "part", "contribution");
    let above = checkout.root().parent().unwrap();
    git(above, &["init", "-q"]);
    git(above, &["add", "-A"]);
    git(above, &["commit", "-qm", "first"]);
    let output = check(&checkout, &["--since", "HEAD", "--fail-on", "hint"]);
    assert_eq!(output.status, 0, "{}", output.stdout);
}

#[test]
fn help_and_version() {
    let folder = Folder::new();
    for arguments in [
        &["--help"][..],
        &["help"],
        &["check", "--help"],
        &["--version"],
    ] {
        assert!(!cli(folder.path(), arguments).ok().is_empty());
    }
}

#[test]
fn bash_is_asked_about_every_script() {
    let checkout = Checkout::of("clean-2026");
    let clean = cli(checkout.root(), &["check", "--format", "concise"]);
    assert!(!clean.stdout.contains("shell-syntax"), "{}", clean.stdout);
    for path in [
        "image-scripts/images/debian-13/build.sh",
        "image-scripts/builders/debian/setup.sh",
        "image-scripts/tests/start.sh",
    ] {
        checkout.write(path, format!("{}\nif\n", checkout.read(path)));
    }
    let broken = cli(checkout.root(), &["check", "--format", "concise"]);
    assert_eq!(broken.status, 1);
    assert_eq!(
        broken.stdout.matches("error[shell-syntax]").count(),
        3,
        "{}",
        broken.stdout
    );
    assert!(
        !check(&checkout, &["--no-bash", "--format", "concise"])
            .stdout
            .contains("shell-syntax")
    );
}

#[test]
fn it_writes_nothing_unasked() {
    let checkout = Checkout::of("contribution");
    let before: Vec<(String, String)> = checkout
        .files()
        .into_iter()
        .map(|f| (f.clone(), checkout.read(&f)))
        .collect();
    for arguments in [
        &["check"][..],
        &["check", "--format", "sarif"],
        &["status"],
        &["explain"],
    ] {
        cli(checkout.root(), arguments);
    }
    let after: Vec<(String, String)> = checkout
        .files()
        .into_iter()
        .map(|f| (f.clone(), checkout.read(&f)))
        .collect();
    assert_eq!(before, after);
}

#[test]
fn a_reader_that_has_enough() {
    let checkout = Checkout::of("contribution");
    let mut command = Command::new("bash");
    // What `check | head -1` does; its own status is what counts.
    command.args([
        "-c",
        "\"$1\" check --no-bash \"$2\" | head -1 ; echo ${PIPESTATUS[0]}",
        "bash",
        program!(),
    ]);
    command.arg(checkout.root());
    let output = output_of(&mut command, "", "apt-get install bash");
    assert_eq!(output.stdout.lines().last(), Some("1"), "{output:?}");
    assert_eq!(output.stderr, "");
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = cli(folder.path(), &["completions", shell]).ok();
        for command in ["check", "retire", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let script = cli(folder.path(), &["completions", "bash"]).ok();
    output_of(
        Command::new("bash").arg("-n"),
        &script,
        "apt-get install bash",
    )
    .ok();
    // And it completes.
    let request = format!(
        "{script}\nCOMP_WORDS=(image-scripts-ls ret) COMP_CWORD=1\n\
         _image__scripts__ls image-scripts-ls ret image-scripts-ls\necho \"${{COMPREPLY[*]}}\"\n"
    );
    let output = output_of(&mut Command::new("bash"), &request, "apt-get install bash");
    assert_eq!(output.ok(), "retire\n");
}

#[test]
fn there_are_manual_pages() {
    let folder = Folder::new();
    let page = cli(folder.path(), &["man"]).ok();
    assert!(page.contains(".TH image-scripts-ls 1"), "{page}");
    cli(folder.path(), &["man", "--out", "man"]).ok();
    let pages = std::fs::read_dir(folder.path().join("man")).unwrap();
    let mut pages: Vec<_> = pages.map(|page| page.unwrap().file_name()).collect();
    pages.sort();
    assert!(pages.contains(&"image-scripts-ls.1".into()), "{pages:?}");
    assert!(
        pages.contains(&"image-scripts-ls-retire.1".into()),
        "{pages:?}"
    );
    // Where a file stands in the way.
    std::fs::write(folder.path().join("taken"), "").unwrap();
    let output = cli(folder.path(), &["man", "--out", "taken"]);
    assert_failed(&output, "taken: ");
}

/// Rare characters after a brace once killed the process (issue 337 of tree-sitter-bash).
#[test]
fn rare_characters_in_a_script() {
    let checkout = Checkout::of("clean-2026");
    let build = "image-scripts/images/arch/build.sh";
    let text = checkout.read(build);
    for line in ["{\u{31860}", "{1..\u{f0000}}", "{12\u{1f600},a}"] {
        checkout.write(build, format!("{text}{line}\n"));
        assert_eq!(check(&checkout, &[]).status, 0, "{line}");
    }
}

/// A root in a folder of any name is a URI, and paths in it are references.
#[test]
fn sarif_has_uris() {
    let names = [
        "a b",
        "c#1",
        "50%",
        "z%20",
        "Übung 汉",
        "[x]^|{y}`\"<>",
        "q?a=1&b:c;",
        "t\tx",
    ];
    for name in names {
        let checkout = Checkout::below(Folder::new(), name, "contribution");
        let config = checkout.read("image-scripts/images/debian-13/config.sh");
        checkout.write("image-scripts/images/é [1]%/config.sh", config);
        let output = check(&checkout, &["--format", "sarif"]);
        let sarif = parsed(&output);
        let run = &sarif["runs"][0];
        let root = run["originalUriBaseIds"]["ROOT"]["uri"].as_str().unwrap();
        assert_uri(root);
        assert_eq!(path_of(root), format!("{}/", checkout.root().display()));
        for result in run["results"].as_array().unwrap() {
            let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
            let reference = artifact["uri"].as_str().unwrap();
            assert_uri(reference);
            let path = path_of(&format!("{root}{reference}"));
            assert!(Path::new(&path).is_file(), "{name:?}: {reference}");
        }
    }
}

/// Only characters that RFC 3986 has in a path, and escapes.
fn assert_uri(uri: &str) {
    let mut rest = uri.trim_start_matches("file://").bytes();
    while let Some(byte) = rest.next() {
        let digits = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_hexdigit());
        let is_right = match byte {
            b'%' => digits(rest.next()) && digits(rest.next()),
            _ => byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte),
        };
        assert!(is_right, "{uri}");
    }
}

/// The path of a URI of a file.
fn path_of(uri: &str) -> String {
    let mut parts = uri.strip_prefix("file://").unwrap().split('%');
    let mut path = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        path.push(u8::from_str_radix(digits, 16).unwrap());
        path.extend(rest.as_bytes());
    }
    String::from_utf8(path).unwrap()
}
