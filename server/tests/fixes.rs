//! Every fix of every finding of every fixture: applied, its finding is gone, it brings no other,
//! and what it changed is still Nix and bash.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![allow(missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use edits::{Edit, FixKind};
use model::Kind;
use model::settings::Severity;
use rules::Finding;
use smol_str::SmolStr;
use support::{Fixture, TODAY, ask_bash};

/// The checkouts in `fixtures/` at the top of the project.
fn checkouts() -> Vec<(PathBuf, Snapshot)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut paths: Vec<PathBuf> = { std::fs::read_dir(folder).unwrap().flatten() }
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let root = checkout::find(&path).remove(0);
        let snapshot = checkout::read(&root, &Overlay::default(), Inputs::fixed(TODAY));
        (path, snapshot)
    };
    paths.into_iter().map(read).collect()
}

/// All fixtures of rules.
fn fixtures() -> Vec<Fixture> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut paths = Vec::new();
    for rule in rules::rules() {
        let folder = rules.join(rule.code);
        paths.extend(
            std::fs::read_dir(folder)
                .unwrap()
                .flatten()
                .map(|e| e.path()),
        );
    }
    paths.sort();
    paths.iter().map(|path| Fixture::read(path)).collect()
}

/// A finding: its code and severity, its file, the image. Messages may speak of others that went.
type Key = (&'static str, Severity, SmolStr, Option<SmolStr>);

/// The findings, with how often each is there, and their messages.
fn counted(snapshot: &Snapshot) -> BTreeMap<Key, Vec<String>> {
    let mut found: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for (file, _, findings) in snapshot.findings() {
        for finding in findings {
            let key = (
                finding.rule.code,
                finding.severity,
                file.path.clone(),
                finding.image.clone(),
            );
            found.entry(key).or_default().push(finding.message.clone());
        }
    }
    found
}

/// Whether a finding may come of a fix: what it makes an image, has published or silenced is judged
/// from then on.
fn may_follow(plan: &FixKind, mended: &str, code: &str, severity: Severity) -> bool {
    match plan {
        FixKind::Script { .. } => code == "missing-repository-entry",
        FixKind::Edits(_) if mended == "stray-abstract" => {
            ["missing-config", "missing-test-entry"].contains(&code)
        }
        FixKind::Edits(_) if mended == "unknown-suppression" => code == "unused-suppression",
        FixKind::Register { .. } => {
            (code == "missing-test-entry" && severity <= Severity::Information)
                || code == "end-of-life"
        }
        // What its entry was the base of.
        FixKind::RemoveEntry { .. } | FixKind::Retire { .. } => [
            "builder-base-unpublished",
            "unresolved-suite-test",
            "unresolved-test-entry",
        ]
        .contains(&code),
        _ => false,
    }
}

/// Applies one fix and holds it to what it promises.
fn check(before: &Snapshot, finding: &Finding, index: usize) -> Result<(), String> {
    let fix = &finding.fixes[index];
    let edits = fix
        .edits(&before.view())
        .map_err(|refusal| format!("`{}` is refused: {refusal}", fix.title))?;
    if edits.is_empty() {
        return Err(format!("`{}` changes nothing", fix.title));
    }
    let mut after = before.with_edits(&edits);
    ask_bash(&mut after);
    let (old, new) = (counted(before), counted(&after));
    let path = before.tree.path(finding.at.file).unwrap().clone();
    let own = (
        finding.rule.code,
        finding.severity,
        path,
        finding.image.clone(),
    );
    if new.get(&own).map_or(0, Vec::len) >= old[&own].len() {
        return Err(format!(
            "`{}` leaves its finding: {}",
            fix.title, finding.message
        ));
    }
    for (found, messages) in &new {
        let more = messages.len() > old.get(found).map_or(0, Vec::len);
        if more && !may_follow(&fix.kind, finding.rule.code, found.0, found.1) {
            return Err(format!(
                "`{}` brings {} {}: {}",
                fix.title,
                found.1.name(),
                found.0,
                messages.join("; ")
            ));
        }
    }
    parses(before, &after, &edits).map_err(|e| format!("`{}`: {e}", fix.title))?;
    Ok(())
}

/// Whether the changed Nix files are Nix for Nix itself, if they were before.
fn parses(before: &Snapshot, after: &Snapshot, edits: &[Edit]) -> Result<(), String> {
    for edit in edits {
        let Edit::Text { file, .. } = edit else {
            continue;
        };
        let Some(now) = after.tree.file(*file) else {
            continue;
        };
        let nix = matches!(now.kind, Kind::Repository | Kind::TestTable | Kind::Suite);
        if nix && is_nix(&before.tree.file(*file).unwrap().text) && !is_nix(&now.text) {
            return Err(format!("{} is no Nix any more:\n{}", now.path, now.text));
        }
    }
    Ok(())
}

fn is_nix(text: &str) -> bool {
    let mut child = Command::new("nix-instantiate")
        .args(["--parse", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nix-instantiate is needed: apt-get install nix-bin");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait().unwrap().success()
}

#[test]
fn fixes_mend_and_break_nothing() {
    let mut wrong = Vec::new();
    let mut tried = BTreeMap::new();
    let rules = fixtures()
        .into_iter()
        .map(|fixture| (fixture.path.clone(), fixture.snapshot(None)));
    for (path, before) in rules.chain(checkouts()) {
        for (_, _, findings) in before.findings() {
            for finding in findings {
                for index in 0..finding.fixes.len() {
                    *tried.entry(finding.rule.code).or_insert(0) += 1;
                    if let Err(error) = check(&before, finding, index) {
                        wrong.push(format!(
                            "{}: {}: {error}",
                            path.display(),
                            finding.rule.code
                        ));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} problems\n\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // A rule that says it has a fix has one that was tried, and no other has.
    for rule in rules::rules() {
        let has = tried.contains_key(rule.code);
        assert_eq!(has, rule.has_fix, "{}: a fix was tried", rule.code);
    }
}
