//! The documents for contributors speak of what there is: paths, links, crates, scripts. The README
//! shows what is printed.

use std::fs;
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::output_of;
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::project::{files, read, root};

const FOR_CONTRIBUTORS: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Folders that a path in a document may start from: the project, and checkouts, whose files the
/// documents name as well.
const BASES: [&str; 4] = [
    ".",
    "fixtures/clean-2026",
    "fixtures/clean-2026/image-scripts",
    "fixtures/contribution",
];

/// Beginnings of paths that are in no repository: methods of the protocol, what is built, and what
/// users write.
const OTHERS: [&str; 6] = [
    "textDocument",
    "workspace",
    "codeAction",
    "imageScripts",
    "target",
    ".image-scripts.toml",
];

/// The lines of a document that are not in a fenced block.
fn prose(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    lines.collect()
}

/// The texts between backquotes.
fn code<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    lines
        .iter()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

fn is_path(code: &str) -> bool {
    let extension = [".rs", ".md", ".toml"]
        .iter()
        .any(|extension| code.ends_with(extension));
    let first = code.split('/').next().unwrap();
    let plain = code
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-*".contains(c));
    (code.contains('/') || extension) && plain && !OTHERS.contains(&first)
}

/// Returns true if there is something at a path. A word in capitals stands for any name.
fn exists(base: &Path, path: &str) -> bool {
    let Some((first, rest)) = path.split_once('/') else {
        return any(base, path, |found| found.exists());
    };
    any(base, first, |found| {
        found.is_dir() && (rest.is_empty() || exists(found, rest))
    })
}

fn any(base: &Path, name: &str, fits: impl Fn(&Path) -> bool) -> bool {
    let placeholder = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if !placeholder {
        return fits(&base.join(name));
    }
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| fits(&entry.path()))
}

#[test]
fn paths_exist() {
    let mut missing = Vec::new();
    for document in FOR_CONTRIBUTORS {
        let text = read(document);
        let paths: Vec<&str> = code(&prose(&text))
            .into_iter()
            .filter(|code| is_path(code))
            .collect();
        assert!(
            paths.len() > 20,
            "{document}: only {} paths were found",
            paths.len()
        );
        for path in paths {
            if !BASES.iter().any(|base| exists(&root().join(base), path)) {
                missing.push(format!("{document}: `{path}`"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "there is nothing at\n{}",
        missing.join("\n")
    );
}

/// The name of a heading in a link, as GitHub and the editors have it.
fn fragment(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().chars();
    let kept = kept.filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| {
        if c == ' ' {
            '-'
        } else {
            c.to_ascii_lowercase()
        }
    })
    .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for document in files().iter().filter(|path| path.ends_with(".md")) {
        let (text, folder) = (
            read(document),
            Path::new(document).parent().unwrap().to_owned(),
        );
        let prose = prose(&text).join("\n");
        for link in prose
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() {
                Path::new(document).to_owned()
            } else {
                folder.join(path)
            };
            let Ok(found) = fs::canonicalize(root().join(&path)) else {
                broken.push(format!("{document}: {link}"));
                continue;
            };
            let has = |text: String| {
                text.lines()
                    .any(|line| line.starts_with('#') && fragment(line) == heading)
            };
            if !heading.is_empty() && !has(fs::read_to_string(found).unwrap()) {
                broken.push(format!("{document}: {link}: no such heading"));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "links that lead nowhere:\n{}",
        broken.join("\n")
    );
}

#[test]
fn the_code_map_has_every_crate() {
    let architecture = read("ARCHITECTURE.md");
    let rows = architecture
        .lines()
        .filter_map(|line| line.split_once("| `server/crates/"));
    let mut listed: Vec<&str> = rows
        .map(|(_, rest)| rest.split('`').next().unwrap())
        .collect();
    let entries = fs::read_dir(root().join("server/crates"))
        .into_iter()
        .flatten()
        .flatten();
    let mut crates: Vec<String> = entries
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    listed.retain(|name| !name.contains('/'));
    listed.sort();
    crates.sort();
    assert_eq!(
        listed, crates,
        "the crates that ARCHITECTURE.md lists, and those that there are"
    );
    for name in crates {
        assert!(
            architecture.contains(&format!("\n**{name}.** ")),
            "no invariant of {name}"
        );
    }
}

/// Help of the scripts that contributors are told to run.
#[test]
fn scripts_explain_themselves() {
    for script in [
        "server/build.sh",
        "server/package.sh",
        "editors/vscode/package.sh",
        "tests/long",
    ] {
        let mut command = Command::new("bash");
        command.arg(root().join(script)).arg("--help");
        let help = output_of(&mut command, "", "apt-get install bash").ok();
        assert!(help.contains(script), "{script} --help: {help}");
        assert!(!help.contains("set -euo"), "{script} --help: {help}");
    }
}

/// The example of `new` is what the program prints.
#[test]
fn the_readmes_example_is_what_is_printed() {
    let readme = read("README.md");
    let (_, rest) = readme
        .split_once("```console\n$ image-scripts-ls ")
        .unwrap();
    let (command, rest) = rest.split_once('\n').unwrap();
    let (expected, _) = rest.split_once("```").unwrap();
    // A copy: what comes next depends on the repository around the checkout.
    let checkout = Checkout::of("clean-2026");
    let mut program = Command::new(program!());
    program
        .args(command.split(' '))
        .args(["--dry-run", "--today", "2026-11-01", "-C"])
        .arg(checkout.root());
    let printed = output_of(&mut program, "", "cargo build").ok();
    assert_eq!(printed.replace(" (nothing is written)", ""), expected);
}
