//! Puts the files of `catalogue/` into the program: a new one takes no Rust.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let (Some(root), Some(out)) = (root, out) else {
        return Err(io::Error::other("this is run by cargo"));
    };
    let folder = root.join("catalogue");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("&[\n");
    for path in entries(&folder)? {
        let tool = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(
            code,
            "({tool:?}, include_str!({:?})),",
            path.display().to_string()
        );
    }
    code.push_str("]\n");
    fs::write(out.join("catalogue.rs"), code)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    Ok(paths)
}
