//! A checkout as a git revision has it, for `check --since`. Git is called only here, because
//! the user asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use smol_str::SmolStr;

use super::root::Root;
use model::tree::{File, Node, Tree};
use model::{FileKind, Layout};

/// Reads the known places of a revision.
///
/// # Errors
/// When git is missing, the folder is no repository, or the revision does not exist.
pub fn read(root: &Root, revision: &str) -> Result<Tree, String> {
    if revision.starts_with('-') {
        return Err(format!("`{revision}` is no revision"));
    }
    let listing = git(
        &root.path,
        &["ls-tree", "-r", "-z", "--full-tree", revision],
    )?;
    let prefix = repository_prefix(&root.path)?;
    let mut tree = Tree::new(root.layout);
    let mut wanted = Vec::new();
    for line in listing.split(|b| *b == 0).filter(|line| !line.is_empty()) {
        let Ok(line) = std::str::from_utf8(line) else {
            continue;
        };
        let Some((meta, path)) = line.split_once('\t') else {
            continue;
        };
        let Some(path) = path.strip_prefix(prefix.as_str()) else {
            continue;
        };
        let mut meta = meta.split(' ');
        let (Some(mode), Some(_), Some(object)) = (meta.next(), meta.next(), meta.next()) else {
            continue;
        };
        let link = mode == "120000";
        if link || root.layout.kind_of(path).is_some() {
            wanted.push((SmolStr::new(path), object.to_owned(), link));
        }
    }
    let objects: Vec<&str> = wanted
        .iter()
        .map(|(_, object, _)| object.as_str())
        .collect();
    let texts = cat(&root.path, &objects)?;
    for ((path, _, link), text) in wanted.iter().zip(texts) {
        let Ok(text) = String::from_utf8(text) else {
            continue;
        };
        if *link {
            tree.insert(path, Node::Link(SmolStr::new(text)));
            continue;
        }
        directories(&mut tree, root.layout, path);
        let kind = root.layout.kind_of(path).unwrap_or(FileKind::Other);
        tree.insert_file(File::new(path.clone(), kind, Arc::from(text), None));
    }
    Ok(tree)
}

/// Git keeps no directories: those of images and builders are where their files are.
fn directories(tree: &mut Tree, layout: Layout, path: &str) {
    let Some(rest) = path.strip_prefix(layout.prefix()) else {
        return;
    };
    let mut parts = rest.split('/');
    if let (Some(parent @ ("images" | "builders")), Some(name), Some(_)) =
        (parts.next(), parts.next(), parts.next())
    {
        tree.insert(
            &format!("{}{parent}/{name}", layout.prefix()),
            Node::Directory,
        );
    }
}

/// Returns the path of the checkout inside its repository.
fn repository_prefix(root: &Path) -> Result<String, String> {
    let prefix = git(root, &["rev-parse", "--show-prefix"])?;
    Ok(String::from_utf8_lossy(&prefix).trim_end().to_owned())
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "git: {}",
        stderr
            .lines()
            .next()
            .unwrap_or("failed")
            .trim_start_matches("fatal: ")
    ))
}

/// The contents of objects, in order.
fn cat(root: &Path, objects: &[&str]) -> Result<Vec<Vec<u8>>, String> {
    let failed = |error: std::io::Error| format!("git cannot be asked for files: {error}");
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("git cannot be asked for files".to_owned());
    };
    let request: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(request.as_bytes()));
    let mut reader = BufReader::new(stdout);
    let mut texts = Vec::with_capacity(objects.len());
    for _ in objects {
        let mut header = String::new();
        reader.read_line(&mut header).map_err(failed)?;
        let size: usize = header
            .trim_end()
            .rsplit(' ')
            .next()
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let mut text = vec![0; size + 1];
        reader.read_exact(&mut text).map_err(failed)?;
        text.truncate(size);
        texts.push(text);
    }
    let _ = writer.join();
    let _ = child.wait();
    Ok(texts)
}
