//! Small inputs, each with what is right, in `cases.txt` beside this file.
//!
//! Each is put into a copy of a fixture in which nothing is wrong, as a script of an image of its
//! own or as the first lines of an include. What is found then and was not before, has to be what
//! the input says.

use std::collections::BTreeSet;
use std::fmt::Write;

use analysis::{Inputs, Snapshot};
use checkout::Overlay;
use image_scripts_ls_tests::checkout::Checkout;
use model::settings::Severity;

/// The inputs, and how they are written.
const CASES: &str = include_str!("cases.txt");

/// The day of the fixtures.
const TODAY: &str = "2026-11-01";

/// What `OK` stands for.
const OK: &str = "configure-append <<EOF\ntrue\nEOF\nrun-configure\n";

const BUILD: &str = ". \"$IMAGEDIR/config.sh\"\n";
const HELPER: &str = "function xh {\n\ttrue\n}\n";

/// What is published of the fixture.
const REPOSITORY: &str = "os/configs/image-repository.nix";

/// The file with the groups of the fixture.
const GROUPS: &str = "tests/distributions.nix";

struct Case {
    kind: &'static str,
    expected: &'static str,
    text: String,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in CASES.lines() {
        if let Some(head) = line.strip_prefix("== ") {
            let (kind, expected) = head.split_once(": ").unwrap();
            let text = String::new();
            cases.push(Case {
                kind,
                expected,
                text,
            });
        } else if line.starts_with("## ") || cases.is_empty() {
        } else if let Some(case) = cases.last_mut() {
            match line {
                "OK" => case.text.push_str(OK),
                _ => case
                    .text
                    .push_str(&format!("{line}\n").replace("<CR>", "\r")),
            }
        }
    }
    for case in &mut cases {
        let length = case.text.trim_end_matches('\n').len();
        case.text.truncate(length + 1);
    }
    cases
}

/// A case's scripts: `config.sh`, `build.sh` and the include.
fn scripts(kind: &str, text: &str) -> [(&'static str, String); 3] {
    let config = "BUILDER=bld\n".to_owned();
    let (config, build, include) = match kind {
        "build" | "build-non-systemd" => (config, format!("{BUILD}{text}"), HELPER.to_owned()),
        "inc" => (
            config,
            format!(". \"$INCLUDE/x.sh\"\nxh\n{OK}"),
            format!("{text}{HELPER}"),
        ),
        "config" => (text.to_owned(), format!("{BUILD}{OK}"), HELPER.to_owned()),
        _ => panic!("`{kind}` is no kind of case"),
    };
    [
        ("image-scripts/images/ax-1/config.sh", config),
        ("image-scripts/images/ax-1/build.sh", build),
        ("image-scripts/include/x.sh", include),
    ]
}

/// Findings at warning and above, as path and code.
fn findings(snapshot: &Snapshot) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (file, _, findings) in snapshot.findings() {
        for finding in findings {
            if finding.severity >= Severity::Warning {
                let message = format!("{}: {}", finding.rule.code, finding.message);
                found.insert((file.path.to_string(), message));
            }
        }
    }
    found
}

/// What is wrong with a case; `None` where it is as it should be.
fn difference(
    snapshot: &Snapshot,
    before: &BTreeSet<(String, String)>,
    expected: &str,
) -> Option<String> {
    if let Some((name, value)) = expected.split_once('=') {
        let model = &snapshot.model;
        let image = model.images.get("ax-1")?;
        let known = image.identity.field(name)?.known()?.sample();
        let value = value.replace("<CR>", "\r");
        return (known != value).then(|| format!("{name} is {known:?}"));
    }
    let now = findings(snapshot);
    let new: Vec<String> = now
        .difference(before)
        .map(|(path, message)| format!("{path}: {message}"))
        .collect();
    let codes: BTreeSet<&str> = now
        .difference(before)
        .filter_map(|(_, message)| message.split(": ").next())
        .collect();
    let wanted: BTreeSet<&str> = expected.split(' ').filter(|code| *code != "none").collect();
    (codes != wanted).then(|| format!("found: {new:?}"))
}

#[test]
fn each_input_has_what_is_right() {
    let checkout = Checkout::of("clean-2026");
    for (path, text) in scripts("build", OK) {
        checkout.write(path, text);
    }
    checkout.write("image-scripts/include/y.sh", HELPER);
    checkout.write(
        "image-scripts/builders/bld/config.sh",
        "DISTNAME=debian\nRELVER=13\n",
    );
    checkout.edit(
        REPOSITORY,
        "    images = {",
        "    images = {\n      ax.\"1\" = { };",
    );
    checkout.edit(
        GROUPS,
        "  table = {",
        "  table = {\n    ax = { distribution = \"ax\"; version = \"1\"; };",
    );
    let root = checkout::find(checkout.root()).pop().unwrap();
    let mut plain = checkout::read(&root, &Overlay::default(), Inputs::fixed(TODAY));
    checkout.edit(
        GROUPS,
        "non-systemd = with table; [",
        "non-systemd = with table; [\n    ax",
    );
    let mut grouped = checkout::read(&root, &Overlay::default(), Inputs::fixed(TODAY));
    let (plain_before, grouped_before) = (findings(&plain), findings(&grouped));
    let mut failures = String::new();
    for case in cases() {
        let (snapshot, before) = match case.kind {
            "build-non-systemd" => (&mut grouped, &grouped_before),
            _ => (&mut plain, &plain_before),
        };
        for (path, text) in scripts(case.kind, &case.text) {
            let id = snapshot.tree.id(path).unwrap();
            snapshot.set_saved_text(id, text.into());
        }
        if let Some(found) = difference(snapshot, before, case.expected) {
            let _ = writeln!(
                failures,
                "{}, {}:\n{}  {found}\n",
                case.kind, case.expected, case.text
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
