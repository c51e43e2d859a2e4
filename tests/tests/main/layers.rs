//! The arrows between the crates of ARCHITECTURE.md, held by what Cargo says of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use image_scripts_ls_tests::command::output_of;
use image_scripts_ls_tests::project::{files, read, root};
use serde_json::Value;

/// Each crate with those that it may know, directly or not.
const ARROWS: [(&str, &[&str]); 13] = [
    ("syntax", &[]),
    ("model", &["syntax"]),
    ("container", &["syntax", "model"]),
    ("edits", &["syntax", "model", "container"]),
    ("rules", &["syntax", "model", "container", "edits"]),
    ("ide", &["syntax", "model", "container", "edits", "rules"]),
    (
        "analysis",
        &["syntax", "model", "container", "edits", "rules"],
    ),
    (
        "checkout",
        &["syntax", "model", "container", "edits", "rules", "analysis"],
    ),
    ("triage", &["syntax", "model", "edits"]),
    ("upstream", &["syntax", "model", "container", "edits"]),
    (
        "impact",
        &["syntax", "model", "container", "edits", "rules", "ide"],
    ),
    (
        "server",
        &[
            "syntax",
            "model",
            "container",
            "edits",
            "rules",
            "ide",
            "analysis",
            "checkout",
            "triage",
            "impact",
            "upstream",
        ],
    ),
    (
        "fixture",
        &[
            "syntax",
            "model",
            "container",
            "edits",
            "rules",
            "analysis",
            "checkout",
        ],
    ),
];

/// Libraries that only some crates may know, by the beginning of their names: what they are for is
/// done there and nowhere else.
const RESERVED: [(&[&str], &[&str]); 7] = [
    // The protocol.
    (&["lsp-types", "tower", "tokio"], &["server"]),
    // Input and output.
    (&["notify", "jiff"], &["server", "checkout"]),
    // Files and signals, for changes that are made whole.
    (&["cap-", "rustix", "signal-hook"], &["checkout"]),
    // Digests of files, and names that have one in them.
    (&["sha2"], &["checkout", "model"]),
    // Objects of git.
    (&["gix"], &["checkout"]),
    // The network.
    (&["ureq", "rustls"], &["upstream"]),
    // The formats of the outside.
    (&["clap", "anstream", "annotate-snippets"], &["server"]),
];

/// The dependencies of each of our crates, those for tests left out, by folder.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root());
    let output = output_of(&mut command, "", "https://rustup.rs");
    let metadata: Value = serde_json::from_str(&output.ok()).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let ours = packages.filter_map(|package| {
        let folder = folder_of(package["name"].as_str()?)?;
        let all = package["dependencies"].as_array()?.iter();
        let normal = all.filter(|dependency| dependency["kind"].is_null());
        let names = normal.filter_map(|dependency| {
            let name = dependency["name"].as_str()?;
            Some(folder_of(name).unwrap_or(name).to_owned())
        });
        Some((folder.to_owned(), names.collect()))
    });
    ours.collect()
}

/// The folder of a crate of ours, by the name of its package.
fn folder_of(package: &str) -> Option<&str> {
    match package.strip_prefix("image-scripts-ls")? {
        "" => Some("server"),
        "-tests" => None,
        name => name.strip_prefix('-'),
    }
}

#[test]
fn every_crate_has_its_arrows() {
    let found: BTreeSet<String> = dependencies().into_keys().collect();
    let drawn: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, drawn);
}

#[test]
fn arrows_go_down() {
    let dependencies = dependencies();
    for (name, allowed) in ARROWS {
        let ours = dependencies[name]
            .iter()
            .filter(|dependency| dependencies.contains_key(*dependency));
        for dependency in ours {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} knows {dependency}"
            );
        }
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    for (name, known) in dependencies() {
        for (libraries, crates) in RESERVED {
            for dependency in &known {
                let reserved = libraries
                    .iter()
                    .any(|library| dependency.starts_with(library));
                assert!(
                    !reserved || crates.contains(&name.as_str()),
                    "{name} knows {dependency}"
                );
            }
        }
    }
}

/// The core does no input or output: its sources name neither files, processes nor threads of the
/// standard library.
#[test]
fn the_core_does_no_input_or_output() {
    let forbidden = [
        "std::fs",
        "std::process",
        "std::net",
        "std::io::std",
        "std::env::",
        "println!",
        "eprintln!",
    ];
    let core = [
        "syntax",
        "model",
        "container",
        "edits",
        "rules",
        "ide",
        "analysis",
        "triage",
        "impact",
    ];
    for path in files() {
        let crate_of = |name: &&str| path.starts_with(&format!("server/crates/{name}/src/"));
        if !core.iter().any(crate_of) || is_test(&path) {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap();
        for word in forbidden {
            assert!(!code.contains(word), "{path}: {word}");
        }
    }
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// No file is so long that nobody reads it.
#[test]
fn files_have_at_most_five_hundred_lines() {
    let folders = ["server/", "tests/src/", "editors/"];
    let mut long = Vec::new();
    for path in files() {
        let code = [".rs", ".ts", ".lua"].iter().any(|end| path.ends_with(end));
        let ours = folders.iter().any(|folder| path.starts_with(folder));
        if code && ours && (path.starts_with("tests/src/") || !is_test(&path)) {
            let lines = read(&path).lines().count();
            if lines > 500 {
                long.push(format!("{path}: {lines} lines"));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
