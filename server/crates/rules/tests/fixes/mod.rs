//! Every fix of every finding of every fixture: applied, its finding is gone, it brings no other,
//! and what it changed is still Nix and bash.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use analysis::Snapshot;
use edits::{Edit, FixKind};
use fixture::{Fixture, files, look_closer};
use model::FileKind;
use model::settings::Severity;
use rules::{Finding, Group};
use smol_str::SmolStr;

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

/// What is said of a row whose groups reading does not tell: it is in none.
const GROUPS: [&str; 2] = ["missing-init-group", "missing-cgroup-group"];

/// Returns whether a finding may come of a fix: an image that it makes, registers or no longer
/// silences is checked from then on.
fn may_follow(kind: &FixKind, fixed: &str, code: &str, severity: Severity) -> bool {
    match kind {
        FixKind::Script { .. } => code == "missing-repository-entry",
        FixKind::Edits(_) if fixed == "stray-abstract" => {
            ["missing-config", "missing-test-entry"].contains(&code)
        }
        FixKind::Edits(_) if fixed == "unknown-suppression" => code == "unused-suppression",
        FixKind::Register { .. } => {
            (code == "missing-test-entry" && severity <= Severity::Information)
                || code == "end-of-life"
                || GROUPS.contains(&code)
        }
        // One finding spoke for all tracks of a distribution that no row named.
        FixKind::Test { .. } => {
            (code == "missing-test-entry" && severity == Severity::Hint) || GROUPS.contains(&code)
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
    look_closer(&mut after);
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

/// Checks that Nix itself takes the changed Nix files, if it took them before.
fn parses(before: &Snapshot, after: &Snapshot, edits: &[Edit]) -> Result<(), String> {
    for edit in edits {
        let Edit::Text { file, .. } = edit else {
            continue;
        };
        let Some(now) = after.tree.file(*file) else {
            continue;
        };
        let nix = matches!(
            now.kind,
            FileKind::Repository | FileKind::TestTable | FileKind::Suite
        );
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

/// Tries every fix of every finding.
pub(crate) fn of_snapshot(before: &Snapshot) {
    let mut wrong = Vec::new();
    for (_, _, findings) in before.findings() {
        for finding in findings {
            for index in 0..finding.fixes.len() {
                if let Err(error) = check(before, finding, index) {
                    wrong.push(format!("{}: {error}", finding.rule.code));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tries every fix in one of the checkouts in `fixtures/`.
pub(crate) fn of_checkout(name: &str) {
    of_snapshot(&fixture::checkout(name));
}

/// A rule that says it has a fix has one in its fixtures, and no other has.
pub(crate) fn has_fix() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut fixed = BTreeSet::new();
    for path in files(&folder) {
        let snapshot = Fixture::read(&path).snapshot(None);
        for (_, _, findings) in snapshot.findings() {
            let with_fix = findings.iter().filter(|finding| !finding.fixes.is_empty());
            fixed.extend(with_fix.map(|finding| finding.rule.code));
        }
    }
    for rule in rules::rules().filter(|rule| rule.group != Group::Upstream) {
        assert_eq!(fixed.contains(rule.code), rule.has_fix, "{}", rule.code);
    }
}
