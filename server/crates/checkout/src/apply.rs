//! Edits on the disk: all of them or none.
//!
//! Everything that can be known beforehand is checked before anything is written: that texts are
//! what they were when the edits were made, that new paths are free, that directories are none
//! behind links. What still fails half way is taken back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use smol_str::SmolStr;

use edits::{Edit, text_after, texts_by_file};
use model::{FileId, Tree};
use syntax::TextRange;

/// What was done, from the root of the checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// New files.
    pub created: Vec<SmolStr>,
    /// New symbolic links with their targets.
    pub symlinks: Vec<(SmolStr, SmolStr)>,
    /// Files that have another text.
    pub edited: Vec<SmolStr>,
    /// What has another path: the old one and the new one.
    pub renamed: Vec<(SmolStr, SmolStr)>,
    /// Files, directories and links that are gone.
    pub deleted: Vec<SmolStr>,
}

/// What edits come to, without doing anything.
pub fn summary(tree: &Tree, edits: &[Edit]) -> Applied {
    let mut summary = Applied::default();
    for edit in edits {
        match edit {
            Edit::Text { file, .. } => {
                if let Some(path) = tree.path(*file)
                    && !summary.edited.contains(path)
                {
                    summary.edited.push(path.clone());
                }
            }
            Edit::Create { path, .. } => summary.created.push(path.clone()),
            Edit::Copy { to, .. } => summary.created.push(to.clone()),
            Edit::Symlink { path, target } => {
                summary.symlinks.push((path.clone(), target.clone()));
            }
            Edit::Rename { from, to } => summary.renamed.push((from.clone(), to.clone())),
            Edit::Delete { path } | Edit::DeleteDirectory { path } | Edit::Unlink { path } => {
                summary.deleted.push(path.clone());
            }
        }
    }
    summary
}

/// One step that was taken, and how to take it back.
enum Undo {
    /// A file, directory or link that was made.
    Made(PathBuf),
    /// A file that had another text, which is kept at the second path.
    Replaced(PathBuf, PathBuf),
    /// Something that was moved to the second path: renamed, or put aside to be deleted.
    Moved(PathBuf, PathBuf),
}

struct Applying<'r> {
    root: &'r Path,
    /// What is deleted or replaced is put here first, so that it can be put back.
    aside: PathBuf,
    undo: Vec<Undo>,
    count: usize,
}

/// Applies edits of a tree to the disk that it was read from.
///
/// # Errors
/// Says which file stands in the way, and what to do. Nothing is changed then.
pub fn apply(root: &Path, tree: &Tree, edits: &[Edit]) -> Result<Applied, String> {
    let texts = texts_by_file(edits);
    // One at a time: what another one does meanwhile would be undone. Where nothing can be locked
    // there is the comparison of every text with what it was.
    let lock = fs::File::open(root);
    let _ = lock.as_ref().map(fs::File::lock);
    check(root, tree, edits, &texts)?;
    let aside = root.join(format!(
        "{}.image-scripts-ls-{}",
        tree.layout.prefix(),
        std::process::id()
    ));
    let mut applying = Applying {
        root,
        aside,
        undo: Vec::new(),
        count: 0,
    };
    let result = applying.all(tree, edits, &texts);
    match result {
        Ok(()) => {
            // What was put aside was to be deleted.
            if applying.aside.exists() {
                fs::remove_dir_all(&applying.aside)
                    .map_err(|error| format!("{}: {error}", applying.aside.display()))?;
            }
            Ok(summary(tree, edits))
        }
        Err(message) => {
            applying.take_back();
            Err(format!("{message}; nothing was changed"))
        }
    }
}

type Texts<'e> = BTreeMap<FileId, Vec<(TextRange, &'e str)>>;

/// Whether everything is as the edits expect it.
fn check(root: &Path, tree: &Tree, edits: &[Edit], texts: &Texts<'_>) -> Result<(), String> {
    for id in texts.keys() {
        let Some(file) = tree.file(*id) else {
            return Err("a file that was to be changed is gone: try again".to_owned());
        };
        let full = root.join(file.path.as_str());
        let now =
            fs::read(&full).map_err(|error| format!("{}: cannot be read: {error}", file.path))?;
        really_inside(root, &file.path, &full)?;
        if now != file.text.as_bytes() {
            return Err(format!(
                "{}: it has changed meanwhile: try again",
                file.path
            ));
        }
    }
    // A path that an edit gives up is free for a later one.
    let mut given_up: Vec<&SmolStr> = Vec::new();
    let inside = |path: &str| inside(root, path);
    let free = |path: &SmolStr, given_up: &[&SmolStr]| -> Result<(), String> {
        inside(path)?;
        let parents = Path::new(path.as_str()).ancestors().skip(1);
        let in_the_way = |folder: &&Path| {
            let kind = root.join(folder).metadata();
            kind.is_ok_and(|kind| !kind.is_dir())
        };
        if let Some(file) = { parents }.find(in_the_way) {
            return Err(format!(
                "{}: it exists already and is no directory: remove it or choose another name",
                file.display()
            ));
        }
        if !given_up.contains(&path) && root.join(path.as_str()).symlink_metadata().is_ok() {
            return Err(format!(
                "{path}: it exists already and is never overwritten: remove it or choose another name"
            ));
        }
        Ok(())
    };
    let kind = |path: &SmolStr| {
        root.join(path.as_str())
            .symlink_metadata()
            .map(|meta| meta.file_type())
            .map_err(|error| format!("{path}: {error}"))
    };
    let unlinked = edits.iter().filter_map(|edit| match edit {
        Edit::Unlink { path } => Some(path),
        _ => None,
    });
    given_up.extend(unlinked);
    for edit in edits {
        match edit {
            Edit::Text { .. } => {}
            Edit::Create { path, .. } | Edit::Symlink { path, .. } => free(path, &given_up)?,
            Edit::Copy { from, to } => {
                free(to, &given_up)?;
                kind(from)?;
            }
            Edit::Rename { from, to } => {
                inside(from)?;
                free(to, &given_up)?;
                kind(from)?;
            }
            Edit::Delete { path } => {
                inside(path)?;
                if kind(path)?.is_dir() {
                    return Err(format!("{path}: it is a directory, not a file"));
                }
            }
            Edit::DeleteDirectory { path } => {
                inside(path)?;
                if !kind(path)?.is_dir() {
                    return Err(format!("{path}: it is no directory"));
                }
            }
            Edit::Unlink { path } => {
                inside(path)?;
                if !kind(path)?.is_symlink() {
                    return Err(format!("{path}: it is no symbolic link"));
                }
            }
        }
    }
    Ok(())
}

/// Nothing outside of the checkout is ever touched: not by a path, and not by a link on the way.
fn inside(root: &Path, path: &str) -> Result<(), String> {
    let fine = !path.starts_with('/')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    if !fine {
        return Err(format!("{path}: it is not in the checkout"));
    }
    let full = root.join(path);
    let mut folders = full.ancestors().skip(1);
    match folders.find(|folder| folder.exists()) {
        Some(folder) => really_inside(root, path, folder),
        None => Ok(()),
    }
}

/// Whether what is found at a path when links are followed is in the checkout.
fn really_inside(root: &Path, path: &str, full: &Path) -> Result<(), String> {
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| error.to_string());
    let (root, full) = (real(root)?, real(full).map_err(|e| format!("{path}: {e}"))?);
    if full.starts_with(&root) {
        Ok(())
    } else {
        Err(format!(
            "{path}: a link leads out of the checkout to {}: change that by hand",
            full.display()
        ))
    }
}

impl Applying<'_> {
    fn all(&mut self, tree: &Tree, edits: &[Edit], texts: &Texts<'_>) -> Result<(), String> {
        let failed = |path: &str, error: io::Error| format!("{path}: {error}");
        // Links that are made anew come down first.
        for edit in edits {
            if let Edit::Unlink { path } = edit {
                self.put_aside(path).map_err(|e| failed(path, e))?;
            }
        }
        for edit in edits {
            match edit {
                Edit::Create { path, text } => self
                    .make(path, |full| write_new(full, text.as_bytes()))
                    .map_err(|e| failed(path, e))?,
                Edit::Copy { from, to } => {
                    let source = self.root.join(from.as_str());
                    self.make(to, |full| copy(&source, full))
                        .map_err(|e| failed(to, e))?;
                }
                _ => {}
            }
        }
        for (id, edits) in texts {
            let Some(file) = tree.file(*id) else { continue };
            let text = text_after(&file.text, edits);
            self.replace(&file.path, &file.text, &text)
                .map_err(|e| failed(&file.path, e))?;
        }
        for edit in edits {
            match edit {
                Edit::Rename { from, to } => {
                    let (a, b) = (self.root.join(from.as_str()), self.root.join(to.as_str()));
                    self.parents(&b).map_err(|e| failed(to, e))?;
                    fs::rename(&a, &b).map_err(|e| failed(to, e))?;
                    self.undo.push(Undo::Moved(a, b));
                }
                Edit::Delete { path } | Edit::DeleteDirectory { path } => {
                    self.put_aside(path).map_err(|e| failed(path, e))?;
                }
                _ => {}
            }
        }
        for edit in edits {
            if let Edit::Symlink { path, target } = edit {
                self.make(path, |full| symlink(target, full))
                    .map_err(|e| failed(path, e))?;
            }
        }
        Ok(())
    }

    /// Makes the directories on the way to a path.
    fn parents(&mut self, full: &Path) -> io::Result<()> {
        let missing: Vec<PathBuf> = full
            .ancestors()
            .skip(1)
            .take_while(|folder| !folder.exists())
            .map(Path::to_path_buf)
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(&folder)?;
            self.undo.push(Undo::Made(folder));
        }
        Ok(())
    }

    fn make(&mut self, path: &str, body: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let full = self.root.join(path);
        self.parents(&full)?;
        if full.symlink_metadata().is_ok() {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        // Before it is done: what is written in part has to go as well.
        self.undo.push(Undo::Made(full.clone()));
        body(&full)
    }

    /// A place for something that may have to be put back.
    fn spare(&mut self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.aside)?;
        self.count += 1;
        Ok(self.aside.join(self.count.to_string()))
    }

    fn put_aside(&mut self, path: &str) -> io::Result<()> {
        let full = self.root.join(path);
        let spare = self.spare()?;
        fs::rename(&full, &spare)?;
        self.undo.push(Undo::Moved(full, spare));
        Ok(())
    }

    /// Gives a file another text: it is written beside it and takes its place at once, with its
    /// permissions. A link to a file stays one.
    fn replace(&mut self, path: &str, before: &str, text: &str) -> io::Result<()> {
        let full = fs::canonicalize(self.root.join(path))?;
        let permissions = fs::metadata(&full)?.permissions();
        let old = self.spare()?;
        fs::copy(&full, &old)?;
        // It may have been saved since it was looked at.
        if fs::read(&old)? != before.as_bytes() {
            return Err(io::Error::other("it has changed meanwhile: try again"));
        }
        let new = self.spare()?;
        write_new(&new, text.as_bytes())?;
        fs::set_permissions(&new, permissions)?;
        fs::rename(&new, &full)?;
        self.undo.push(Undo::Replaced(full, old));
        Ok(())
    }

    /// Takes back what was done, newest first. What cannot be is left, and said.
    fn take_back(&mut self) {
        while let Some(step) = self.undo.pop() {
            let result = match &step {
                Undo::Made(path) => match path.symlink_metadata() {
                    // Nothing but what was made is in it.
                    Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
                    Ok(_) => fs::remove_file(path),
                    Err(_) => Ok(()),
                },
                Undo::Replaced(path, old) => fs::rename(old, path),
                Undo::Moved(from, to) => fs::rename(to, from),
            };
            if let (Err(error), Undo::Made(path) | Undo::Replaced(path, _) | Undo::Moved(path, _)) =
                (result, &step)
            {
                let _ = writeln!(
                    io::stderr(),
                    "image-scripts-ls: {}: cannot be put back: {error}",
                    path.display()
                );
                // What was put aside is all there is left of it.
                return;
            }
        }
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// Copies a file, or a directory with all that is in it, links as links.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_symlink() {
            let target = fs::read_link(&from)?;
            symlink(&target.to_string_lossy(), &to)?;
        } else {
            copy(&from, &to)?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    file.write_all(bytes)
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_target: &str, _path: &Path) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "symbolic links cannot be made on this system",
    ))
}

/// The documents that may name an image beside the known places: Markdown below `docs`.
pub fn documents(root: &Path) -> Vec<edits::Document> {
    let mut found = Vec::new();
    let mut pending = vec![(root.join("docs"), 0)];
    while let Some((folder, depth)) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let is_document = path
                .extension()
                .is_some_and(|e| e == "md" || e == "txt" || e == "rst");
            match kind {
                Ok(kind) if kind.is_dir() && depth < 6 => pending.push((path, depth + 1)),
                Ok(kind) if kind.is_file() && is_document => {
                    let relative = path.strip_prefix(root).ok().and_then(Path::to_str);
                    if let Some(relative) = relative
                        && let Ok(text) = super::disk::read_text(root, relative)
                    {
                        found.push(edits::Document {
                            path: SmolStr::new(relative),
                            text,
                        });
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::disk::{self, Overlay};
    use crate::find;
    use syntax::TextSize;

    /// A small checkout on the disk, gone with the test.
    struct Disk(PathBuf);

    impl Disk {
        fn new(name: &str) -> Disk {
            let folder = format!("image-scripts-ls-apply-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(folder);
            let _ = fs::remove_dir_all(&path);
            for folder in ["images/a/deep", "images/b", "include"] {
                fs::create_dir_all(path.join("image-scripts").join(folder)).unwrap();
            }
            for file in [
                "images/a/config.sh",
                "images/a/deep/x",
                "images/b/config.sh",
            ] {
                fs::write(path.join("image-scripts").join(file), "A=1\n").unwrap();
            }
            symlink("a", &path.join("image-scripts/images/link")).unwrap();
            Disk(fs::canonicalize(path).unwrap())
        }

        fn tree(&self) -> Tree {
            disk::read_tree(&find(&self.0).remove(0), &Overlay::default()).0
        }

        fn state(&self) -> BTreeMap<PathBuf, String> {
            let mut found = BTreeMap::new();
            let mut pending = vec![self.0.clone()];
            while let Some(folder) = pending.pop() {
                for entry in fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    let what = match fs::read_link(&path) {
                        Ok(target) => format!("-> {}", target.display()),
                        Err(_) if path.is_dir() => {
                            pending.push(path.clone());
                            "/".to_owned()
                        }
                        Err(_) => fs::read_to_string(&path).unwrap(),
                    };
                    found.insert(path, what);
                }
            }
            found
        }
    }

    impl Drop for Disk {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn images(path: &str) -> SmolStr {
        SmolStr::new(format!("image-scripts/images/{path}"))
    }

    /// One edit of every kind.
    fn all_kinds(tree: &Tree) -> Vec<Edit> {
        vec![
            Edit::Unlink {
                path: images("link"),
            },
            Edit::Create {
                path: images("new/deep/x"),
                text: "x".to_owned(),
            },
            Edit::Copy {
                from: images("a/config.sh"),
                to: images("new/config.sh"),
            },
            Edit::Text {
                file: tree.id("image-scripts/images/b/config.sh").unwrap(),
                range: TextRange::at(TextSize::from(2), TextSize::from(1)),
                new_text: "2".to_owned(),
            },
            Edit::Rename {
                from: images("b"),
                to: images("c"),
            },
            Edit::Delete {
                path: images("a/deep/x"),
            },
            Edit::DeleteDirectory {
                path: images("a/deep"),
            },
        ]
    }

    #[test]
    fn everything_is_done() {
        let disk = Disk::new("done");
        let tree = disk.tree();
        let mut edits = all_kinds(&tree);
        // A link that comes down may come up again.
        edits.push(Edit::Symlink {
            path: images("link"),
            target: "c".into(),
        });
        let applied = apply(&disk.0, &tree, &edits).unwrap();
        assert_eq!(applied.created.len(), 2);
        let state: Vec<String> = { disk.state().into_iter() }
            .map(|(path, what)| {
                let path = path.strip_prefix(disk.0.join("image-scripts/images"));
                path.map(|p| format!("{} {what}", p.display()))
                    .unwrap_or_default()
            })
            .filter(|line| !line.is_empty())
            .collect();
        let expected = [
            " /",
            "a /",
            "a/config.sh A=1\n",
            "c /",
            "c/config.sh A=2\n",
            "link -> c",
            "new /",
            "new/config.sh A=1\n",
            "new/deep /",
            "new/deep/x x",
        ];
        assert_eq!(state, expected);
    }

    #[test]
    fn what_fails_at_the_end_is_taken_back_whole() {
        let disk = Disk::new("back");
        let (tree, before) = (disk.tree(), disk.state());
        let mut edits = all_kinds(&tree);
        // No file system takes that, and nothing tells beforehand.
        edits.push(Edit::Symlink {
            path: images("last"),
            target: "a\0b".into(),
        });
        let error = apply(&disk.0, &tree, &edits).unwrap_err();
        assert!(error.contains("nothing was changed"), "{error}");
        assert_eq!(disk.state(), before);
    }

    #[test]
    fn what_stands_in_the_way_is_seen_beforehand() {
        let disk = Disk::new("way");
        let (tree, before) = (disk.tree(), disk.state());
        let create = |path: &str| Edit::Create {
            path: path.into(),
            text: String::new(),
        };
        let symlink = |path: SmolStr| Edit::Symlink {
            path,
            target: "a".into(),
        };
        let rename = |to: SmolStr| Edit::Rename {
            from: images("b"),
            to,
        };
        let refused = [
            create("image-scripts/images/b/config.sh"),
            create("image-scripts/images/b/config.sh/x"),
            create("../evil"),
            create("/tmp/evil"),
            create("image-scripts/images/../../../evil"),
            symlink(images("link")),
            rename(images("a")),
            rename(images("link")),
            Edit::Delete { path: images("a") },
            Edit::Delete {
                path: images("gone"),
            },
            Edit::DeleteDirectory {
                path: images("link"),
            },
            Edit::DeleteDirectory {
                path: images("b/config.sh"),
            },
            Edit::Unlink { path: images("a") },
        ];
        for edit in refused {
            // Beside one that could be done.
            let edits = vec![create("image-scripts/images/new"), edit.clone()];
            assert!(apply(&disk.0, &tree, &edits).is_err(), "{edit:?}");
            assert_eq!(disk.state(), before, "{edit:?}");
        }
        // A text that is another one by now.
        fs::write(disk.0.join("image-scripts/images/b/config.sh"), "A=3\n").unwrap();
        let before = disk.state();
        let error = apply(&disk.0, &tree, &all_kinds(&tree)).unwrap_err();
        assert!(error.contains("has changed meanwhile"), "{error}");
        assert_eq!(disk.state(), before);
    }

    #[test]
    fn links_stay_links_and_lead_nowhere_else() {
        let disk = Disk::new("links");
        let config = images("b/config.sh");
        let path = disk.0.join(config.as_str());
        let edit = |tree: &Tree| Edit::Text {
            file: tree.id(&config).unwrap(),
            range: TextRange::at(TextSize::from(2), TextSize::from(1)),
            new_text: "2".to_owned(),
        };
        // Within the checkout: what it leads to is changed.
        fs::rename(&path, disk.0.join("real")).unwrap();
        let tree = {
            fs::copy(disk.0.join("real"), &path).unwrap();
            disk.tree()
        };
        fs::remove_file(&path).unwrap();
        symlink("../../../real", &path).unwrap();
        apply(&disk.0, &tree, &[edit(&tree)]).unwrap();
        assert!(path.is_symlink());
        assert_eq!(fs::read_to_string(disk.0.join("real")).unwrap(), "A=2\n");
        // Out of it: nothing is.
        let elsewhere = Disk::new("elsewhere");
        let target = elsewhere.0.join(config.as_str());
        fs::remove_file(&path).unwrap();
        symlink(target.to_str().unwrap(), &path).unwrap();
        let before = (disk.state(), elsewhere.state());
        let error = apply(&disk.0, &tree, &[edit(&tree)]).unwrap_err();
        assert!(error.contains("leads out of the checkout"), "{error}");
        let folder = disk.0.join("image-scripts/images/out");
        symlink(elsewhere.0.to_str().unwrap(), &folder).unwrap();
        let create = Edit::Create {
            path: images("out/x/y"),
            text: String::new(),
        };
        let error = apply(&disk.0, &tree, &[create]).unwrap_err();
        assert!(error.contains("leads out of the checkout"), "{error}");
        fs::remove_file(&folder).unwrap();
        assert_eq!((disk.state(), elsewhere.state()), before);
    }
}
