//! Puts an example of each rule into the program: a fixture where it fires, and one where it does
//! not. The tests of the crate hold both.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The lines that a fixture of the usual name may have; a shorter one is shown in place of a longer.
const MOST_LINES: usize = 32;
/// The lines with which a fixture says enough.
const LEAST_LINES: usize = 5;

fn main() -> io::Result<()> {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let (Some(root), Some(out)) = (root, out) else {
        return Err(io::Error::other("this is run by cargo"));
    };
    let folder = root.join("tests/rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("&[\n");
    for rule in entries(&folder)? {
        let name = rule.file_name().unwrap_or_default().to_string_lossy();
        let name = name.replace('_', "-");
        let (fires, near_miss) = (example(&rule, "fires")?, example(&rule, "near_miss")?);
        let _ = writeln!(code, "({name:?}, {fires:?}, {near_miss:?}),");
    }
    code.push_str("]\n");
    fs::write(out.join("examples.rs"), code)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// Returns the text of the fixture of a kind that shows the most in few lines: `KIND-example.txt`,
/// `KIND.txt`, or the shortest.
fn example(folder: &Path, kind: &str) -> io::Result<String> {
    let mut texts = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(kind) {
            continue;
        }
        let text = shown(&fs::read_to_string(&path)?);
        let lines = text.lines().count();
        let rank = match name.strip_prefix(kind) {
            Some("-example.txt") => 0,
            Some(".txt") if lines <= MOST_LINES => 1,
            _ if lines >= LEAST_LINES => 2,
            _ => 3,
        };
        texts.push((rank, lines, text));
    }
    texts.sort();
    Ok(texts
        .into_iter()
        .next()
        .map(|(.., text)| text)
        .unwrap_or_default())
}

/// Returns a fixture without its headers, which say what stands beside the files that it shows.
fn shown(fixture: &str) -> String {
    let lines = fixture.lines().filter(|line| !line.starts_with("#> "));
    let lines = lines.map(|line| match line.strip_prefix("#- ") {
        Some(path) => format!("--- {path}"),
        None => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}
