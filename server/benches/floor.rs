//! The floor: what any program pays that reads the same files and parses them with the same
//! parsers, and then does nothing with the trees.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tree_sitter::{Parser, Tree};

thread_local! {
    static BASH: RefCell<Parser> = RefCell::new({
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bash::LANGUAGE.into()).unwrap();
        parser
    });
}

/// Parses a script.
pub(crate) fn parse_bash(text: &str) -> Tree {
    BASH.with_borrow_mut(|parser| parser.parse(text, None).unwrap())
}

/// Reads and parses all files of a checkout. Gives how many there are.
pub(crate) fn read_and_parse(root: &Path) -> usize {
    let scripts = root.join("image-scripts");
    let mut directories = vec![scripts.join("include"), scripts.join("tests")];
    directories.extend(below(&scripts.join("images")));
    directories.extend(below(&scripts.join("builders")));
    let suite = root.join("tests/suite");
    directories.extend(below(&suite));
    directories.push(suite);
    let nix = [
        "os/configs/image-repository.nix",
        "tests/distributions.nix",
        "tests/all-tests.nix",
    ];
    let (scripts, nix): (usize, usize) = rayon::join(
        || {
            directories
                .par_iter()
                .map(|directory| list(directory))
                .sum()
        },
        || {
            nix.par_iter()
                .map(|path| parse_file(&root.join(path)))
                .sum()
        },
    );
    scripts + nix
}

/// The directories in a directory. Links are looked at, and not followed.
fn below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.push(entry.path());
        } else if kind.is_symlink() {
            fs::read_link(entry.path()).unwrap();
        }
    }
    found
}

fn list(directory: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            count += parse_file(&entry.path());
        }
    }
    count
}

fn parse_file(path: &Path) -> usize {
    match path.extension().and_then(|e| e.to_str()) {
        Some("sh") => drop(parse_bash(&fs::read_to_string(path).unwrap())),
        Some("nix") => drop(rnix::Root::parse(&fs::read_to_string(path).unwrap())),
        _ => return 0,
    }
    1
}
