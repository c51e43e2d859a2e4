//! One version and one repository: Cargo.toml of the workspace has them, every other file repeats
//! them.

use std::fs;
use std::process::Command;

use image_scripts_ls_tests::checkout::Folder;
use image_scripts_ls_tests::command::output_of;
use image_scripts_ls_tests::project::{files, read, root};
use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the rest of each line in a file that begins with some words.
fn after(path: &str, words: &str) -> Vec<String> {
    let text = read(path);
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches("# ").trim_start());
    let found = lines.filter_map(|line| line.strip_prefix(words));
    let found: Vec<String> = found.map(str::to_owned).collect();
    assert!(!found.is_empty(), "{path}: nothing of `{words}`");
    found
}

#[test]
fn every_manifest_has_the_version() {
    for manifest in files().iter().filter(|path| path.ends_with("Cargo.toml")) {
        let parsed: toml::Table = toml::from_str(&read(manifest)).unwrap();
        let Some(package) = parsed.get("package") else {
            continue;
        };
        let inherited = package["version"]
            .get("workspace")
            .and_then(toml::Value::as_bool);
        assert_eq!(
            inherited,
            Some(true),
            "{manifest}: write `version.workspace = true`"
        );
    }
    for folder in ["editors/vscode", "tests/editors/vscode"] {
        let [package, lock] =
            ["package.json", "package-lock.json"].map(|file| json(&format!("{folder}/{file}")));
        for (what, found) in [
            ("package.json", &package),
            ("package-lock.json", &lock),
            ("package-lock.json", &lock["packages"][""]),
        ] {
            assert_eq!(found["version"], VERSION, "{folder}/{what}");
            assert_eq!(found["name"], package["name"], "{folder}/{what}");
        }
    }
    let lock: toml::Table = toml::from_str(&read("Cargo.lock")).unwrap();
    for package in lock["package"].as_array().unwrap() {
        // What has no source is ours.
        if package.get("source").is_none() {
            assert_eq!(
                package["version"].as_str(),
                Some(VERSION),
                "Cargo.lock: {}",
                package["name"]
            );
        }
    }
}

#[test]
fn what_users_copy_has_the_version() {
    assert_eq!(
        after("editors/emacs/image-scripts.el", ";; Version: "),
        [VERSION]
    );
    let tag = format!("v{VERSION}");
    for workflow in [
        "editors/ci/github-affected.yml",
        "editors/ci/github-annotations.yml",
        "editors/ci/github-sarif.yml",
        "editors/ci/github-upstream.yml",
    ] {
        assert_eq!(after(workflow, "REVISION: "), [tag.as_str()]);
    }
    assert_eq!(after(".pre-commit-hooks.yaml", "rev: "), [tag.as_str()]);
    // Nix reads it from Cargo.toml.
    assert!(!read("flake.nix").contains(VERSION));
}

#[test]
fn the_changelog_begins_with_the_version() {
    let changelog = read("CHANGELOG.md");
    let headings: Vec<&str> = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let [unreleased, newest, ..] = headings.as_slice() else {
        panic!("CHANGELOG.md: {headings:?}")
    };
    assert_eq!(*unreleased, "[Unreleased]");
    assert!(
        newest.starts_with(&format!("[{VERSION}] - ")),
        "CHANGELOG.md: `{newest}` is not {VERSION}"
    );
}

/// The repository of a URL, if it is one of a project called like ours.
fn repositories(text: &str) -> Vec<&str> {
    let starts = text.match_indices("https://").map(|(at, _)| &text[at..]);
    let urls = starts.map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "'\"`)>?#,;".contains(c));
        &rest[..end.unwrap_or(rest.len())]
    });
    let ours = urls.filter_map(|url| {
        let at = url.find("/image-scripts-ls")?;
        let rest = &url[at + "/image-scripts-ls".len()..];
        let whole = ["", ".git"].contains(&rest) || rest.starts_with('/');
        whole.then(|| &url[..url.len() - rest.len()])
    });
    ours.collect()
}

#[test]
fn every_link_to_the_repository_is_to_the_same() {
    let package = json("editors/vscode/package.json");
    assert_eq!(package["repository"]["url"], format!("{REPOSITORY}.git"));
    assert_eq!(package["homepage"], REPOSITORY);
    assert_eq!(package["bugs"]["url"], format!("{REPOSITORY}/issues"));
    assert_eq!(
        after("editors/emacs/image-scripts.el", ";; URL: "),
        [REPOSITORY]
    );
    let mut count = 0;
    for path in files() {
        // Pictures have no links, and the lock files those of others.
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        for repository in repositories(&text) {
            assert_eq!(repository, REPOSITORY, "{path}");
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} links were found");
}

/// The script that a release begins with leaves nothing out.
#[test]
fn a_new_version_is_written_everywhere() {
    let copy = Folder::new();
    let with_version: Vec<String> = files()
        .into_iter()
        .filter(|path| {
            fs::read_to_string(root().join(path)).is_ok_and(|text| text.contains(VERSION))
        })
        .collect();
    let script = "server/set-version.sh";
    for path in with_version.iter().map(String::as_str).chain([script]) {
        let to = copy.path().join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join(path), to).unwrap();
    }
    let set = |version: &str| {
        let mut command = Command::new("bash");
        command.arg(copy.path().join(script)).arg(version);
        output_of(&mut command, "", "apt-get install bash sed")
    };
    assert_eq!(set("next").status, 2);
    set("98.76.54").ok();
    let locked: toml::Table = toml::from_str(&read("Cargo.lock")).unwrap();
    let locked = locked["package"].as_array().unwrap().iter();
    let ours = locked.filter(|package| package.get("source").is_none());
    // Not of a dependency that happens to have the same version.
    for (path, count) in [
        ("Cargo.toml", 1),
        ("Cargo.lock", ours.count()),
        ("editors/vscode/package.json", 1),
        ("editors/vscode/package-lock.json", 2),
        ("tests/editors/vscode/package.json", 1),
        ("tests/editors/vscode/package-lock.json", 2),
    ] {
        let text = fs::read_to_string(copy.path().join(path)).unwrap();
        assert_eq!(text.matches("98.76.54").count(), count, "{path}");
    }
    // And back: nothing else was touched.
    set(VERSION).ok();
    for path in &with_version {
        let text = fs::read_to_string(copy.path().join(path)).unwrap();
        assert!(text == read(path), "{path} is not as it was");
    }
}
