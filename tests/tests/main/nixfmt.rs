//! The Nix files of today's fixtures are as the formatter has them.

use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::checkout::fixture;

/// The formatter: `$NIXFMT`, or where `tests/run` puts it.
fn nixfmt() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/nixfmt");
    std::env::var_os("NIXFMT").map_or(tools, PathBuf::from)
}

fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "nix") {
            found.push(path);
        }
    }
}

#[test]
fn fixtures_are_formatted() {
    for name in ["clean-2026", "contribution"] {
        let mut files = Vec::new();
        nix_files(&fixture(name), &mut files);
        assert!(files.len() > 5, "{name} has Nix files");
        let output = Command::new(nixfmt())
            .arg("--check")
            .args(&files)
            .output()
            .expect("nixfmt is missing: cargo install nixfmt_rs --root target/tools");
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
