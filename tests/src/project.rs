//! The files of this project, of which some tests say what has to be in them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are not the project's own: what is built, and what is got for it.
const FOREIGN: [&str; 4] = [".git", "target", "node_modules", "dist"];

/// The folder that holds everything.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// The text of a file, by its path from the root.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Paths of all files from the root, in order, save those of `fixtures`.
pub fn files() -> Vec<String> {
    let (root, mut files) = (root(), Vec::new());
    collect(&root, &root, &mut files);
    files.sort();
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        let name = name.to_str().unwrap();
        if path.is_file() {
            let path = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.push(path.to_owned());
        } else if !FOREIGN.contains(&name) && path != root.join("fixtures") {
            collect(root, &path, files);
        }
    }
}
