//! Edits applied to a real directory, with faults at each step.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::disk::{self, Overlay};
use crate::find;
use syntax::TextSize;

/// A small checkout on the disk, gone with the test.
struct Disk(PathBuf);

impl Disk {
    fn new(name: &str) -> Disk {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = format!(
            "image-scripts-ls-apply-{name}-{}-{count}",
            std::process::id()
        );
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
        symlink("a", path.join("image-scripts/images/link")).unwrap();
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
                    Err(_) if path.metadata().unwrap().len() > 1 << 20 => "large".to_owned(),
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
        points_to: "c".into(),
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
        points_to: "a\0b".into(),
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
        points_to: "a".into(),
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
    assert!(error.contains("has changed in the meantime"), "{error}");
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

mod interruption;
mod refusal;
mod saves;
