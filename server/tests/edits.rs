//! `new`, `retire`, `rename`: on every image of the checkouts in `fixtures/`, and on small ones
//! that show what comes of them (`edits/`).

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
use std::path::Path;

use image_scripts_ls::checkout::disk::Overlay;
use image_scripts_ls::checkout::{self, Inputs, Snapshot};
use image_scripts_ls::edits::{self, Change, NewImage};
use image_scripts_ls::model::Node;
use image_scripts_ls::model::settings::Severity;
use image_scripts_ls::model::tree::Tree;
use image_scripts_ls::rules::Finding;
use smol_str::SmolStr;
use support::TODAY;

fn checkout(name: &str) -> Snapshot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name);
    let root = checkout::find(&path).remove(0);
    Snapshot::read(&root, &Overlay::default(), Inputs::fixed(TODAY))
}

const CLEAN: [&str; 3] = ["clean-2024", "clean-2026", "pre-2023"];

/// Everything a tree says, to compare two of them.
fn contents(tree: &Tree) -> BTreeMap<String, String> {
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    for (_, file) in tree.files() {
        contents.insert(file.path.to_string(), file.text.to_string());
    }
    let images = format!("{}images", tree.layout.prefix());
    for (name, node) in tree.children(&images) {
        let what = match node {
            Node::Link(target) => format!("-> {target}"),
            Node::Directory => "/".to_owned(),
            Node::File(_) => continue,
        };
        contents.insert(format!("{images}/{name}"), what);
    }
    contents
}

/// What differs in one file.
fn difference(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    path: &str,
) -> Option<String> {
    let text =
        |contents: &BTreeMap<String, String>| contents.get(path).cloned().unwrap_or_default();
    if before.get(path) == after.get(path) {
        return None;
    }
    let diff = similar::TextDiff::from_lines(&text(before), &text(after))
        .unified_diff()
        .context_radius(1)
        .to_string();
    Some(format!("{path}:\n{diff}"))
}

fn new_image(name: &str) -> NewImage {
    NewImage {
        name: SmolStr::new(name),
        ..NewImage::default()
    }
}

/// Every release that may come next in the clean checkouts, with the change that makes it.
fn successors() -> Vec<(String, Snapshot, SmolStr, Change)> {
    let mut found = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        let mut names: Vec<SmolStr> = { snapshot.model.images.keys() }
            .filter_map(|like| edits::proposal(&snapshot.view(), like))
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            let change = edits::scaffold(&snapshot.view(), &new_image(&name), &[])
                .unwrap_or_else(|refusal| panic!("{fixture}: {name}: {refusal}"));
            found.push((fixture.to_owned(), snapshot.clone(), name, change));
        }
    }
    assert!(found.len() > 25, "{}", found.len());
    found
}

/// Whether a finding stands where something is to be verified anyway.
fn is_in_doubt(change: &Change, path: &str, text: &str, start: usize) -> bool {
    change.verify.iter().any(|verify| {
        let line = text[..usize::from(verify.range.start())]
            .matches('\n')
            .count();
        verify.path == path && line == text[..start].matches('\n').count()
    })
}

#[test]
fn a_new_image_has_nothing_wrong_but_what_is_to_be_verified() {
    let mut wrong = Vec::new();
    for (fixture, snapshot, name, change) in successors() {
        let after = snapshot.with_edits(&change.edits);
        assert!(after.model.images.contains_key(&name), "{fixture}: {name}");
        for (file, _, findings) in after.findings() {
            for finding in findings.iter().filter(|f| f.severity >= Severity::Warning) {
                let start = usize::from(finding.anchor.resolve(&after.tree).start());
                if !is_in_doubt(&change, &file.path, &file.text, start) {
                    wrong.push(format!(
                        "{fixture}: {name}: {}: {}",
                        finding.rule.code, finding.message
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_to_be_verified_stands_where_it_says() {
    for (fixture, snapshot, name, change) in successors() {
        let after = edits::apply(&snapshot.tree, &change.edits);
        for verify in &change.verify {
            let file = after.file(after.id(&verify.path).unwrap()).unwrap();
            assert_eq!(
                file.slice(verify.range),
                verify.text,
                "{fixture}: {name}: {}",
                verify.why
            );
            assert!(!verify.text.is_empty());
        }
    }
}

#[test]
fn retiring_a_new_image_leaves_everything_as_it_was() {
    let mut wrong = Vec::new();
    for (fixture, snapshot, name, change) in successors() {
        let made = snapshot.with_edits(&change.edits);
        let retired = match edits::retire(&made.view(), &name, &[]) {
            Ok(change) => made.with_edits(&change.edits),
            Err(refusal) => {
                wrong.push(format!("{fixture}: {name}: {refusal}"));
                continue;
            }
        };
        let (before, after) = (contents(&snapshot.tree), contents(&retired.tree));
        for path in before.keys().chain(after.keys()) {
            wrong.extend(
                difference(&before, &after, path).map(|d| format!("{fixture}: {name}: {d}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn retiring_any_image_leaves_nothing_wrong() {
    let mut wrong = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        for name in snapshot.model.images.keys() {
            let change = match edits::retire(&snapshot.view(), name, &[]) {
                Ok(change) => change,
                Err(refusal) => {
                    wrong.push(format!("{fixture}: {name}: {refusal}"));
                    continue;
                }
            };
            let after = snapshot.with_edits(&change.edits);
            assert!(!after.model.images.contains_key(name));
            for (file, _, findings) in after.findings() {
                for finding in findings.iter().filter(|f| f.severity >= Severity::Warning) {
                    // What is told and cannot be done for the user.
                    let told = change.notes.iter().any(|note| {
                        note.place
                            .as_ref()
                            .is_some_and(|(path, _)| *path == file.path)
                    });
                    if !told {
                        wrong.push(format!(
                            "{fixture}: {name}: {}: {}",
                            finding.rule.code, finding.message
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn renaming_there_and_back_leaves_everything_as_it_was() {
    let mut wrong = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        for name in snapshot.model.images.keys() {
            let other = format!("{name}0");
            let there = match edits::rename(&snapshot.view(), name, &other) {
                Ok(change) => snapshot.with_edits(&change.edits),
                Err(refusal) => {
                    wrong.push(format!("{fixture}: {name}: {refusal}"));
                    continue;
                }
            };
            for (_, _, findings) in there.findings() {
                // It may be the newest now, which has to be tested.
                let new = |f: &&Finding| {
                    f.severity >= Severity::Warning && f.rule.code != "missing-test-entry"
                };
                for finding in findings.iter().filter(new) {
                    wrong.push(format!(
                        "{fixture}: {name}: {}: {}",
                        finding.rule.code, finding.message
                    ));
                }
            }
            let back = edits::rename(&there.view(), &other, name).unwrap();
            let back = there.with_edits(&back.edits);
            let (before, after) = (contents(&snapshot.tree), contents(&back.tree));
            for path in before.keys().chain(after.keys()) {
                wrong.extend(
                    difference(&before, &after, path).map(|d| format!("{fixture}: {name}: {d}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
