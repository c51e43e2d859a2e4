//! A revision of what is on the disk is the same as the disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;
use crate::disk::{self, Overlay};
use crate::find;
use crate::text::MAX_SIZE;
use model::tree::Node;

/// A repository with a checkout in it, gone with the test.
struct Disk(PathBuf);

impl Disk {
    fn new(name: &str) -> Disk {
        let folder = format!("image-scripts-ls-git-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Disk(fs::canonicalize(path).unwrap())
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn link(&self, path: &str, leads_to: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(leads_to, path).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.0)
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args([
                "-c",
                "init.defaultBranch=main",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        let status = command.status().expect("apt-get install git");
        assert!(status.success(), "{arguments:?}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything that a tree has in the known directories, by path.
fn contents(tree: &Tree) -> BTreeMap<String, String> {
    let prefix = tree.layout.prefix();
    let mut pending: Vec<String> = ["images", "builders", "include", "tests"]
        .iter()
        .map(|directory| format!("{prefix}{directory}"))
        .collect();
    pending
        .extend(["tests", "tests/suite", "tests/suite/deep", "os/configs", ""].map(String::from));
    let mut found = BTreeMap::new();
    while let Some(directory) = pending.pop() {
        for (name, node) in tree.children(&directory) {
            let path = format!("{directory}/{name}");
            let path = path.trim_start_matches('/').to_owned();
            let shown = match node {
                Node::Directory => {
                    pending.push(path.clone());
                    "directory".to_owned()
                }
                Node::Unreadable => "unreadable".to_owned(),
                Node::Link(leads_to) => format!("link to {leads_to}"),
                Node::File(id) => {
                    let file = tree.file(*id).unwrap();
                    let refused = file.script().is_some_and(|script| script.effects.refused);
                    format!("{:?} {refused} {}", file.kind, file.text)
                }
            };
            found.insert(path, shown);
        }
    }
    found
}

#[test]
fn a_revision_is_read_as_the_disk_is() {
    let disk = Disk::new("same");
    let large = vec![b'#'; usize::try_from(MAX_SIZE).unwrap() + 1];
    for (path, bytes) in [
        ("images/a/config.sh", &b"A=1\n"[..]),
        ("images/a/build.sh", b"echo \xff\n"),
        ("images/a/extra", b"\xff"),
        ("images/a/empty.sh", b""),
        ("images/a/deep/x", b"x"),
        ("images/b/config.sh", &large),
        ("images/file", b"x"),
        ("builders/c/config.sh", b"B=2\n"),
        ("builders/c/deep/x", b"x"),
        ("include/a.sh", b"f() { :; }\n"),
        ("include/b.txt", b"x"),
        ("include/deep/c.sh", b"x"),
        ("images/b/directory.sh/x", b"x"),
        ("unknown/x.sh", b"true\n"),
    ] {
        disk.write(&format!("part/image-scripts/{path}"), bytes);
    }
    for (path, leads_to) in [
        ("image-scripts/images/alias", "a"),
        ("image-scripts/images/broken", "nothing"),
        ("image-scripts/images/b/build.sh", "../a/config.sh"),
        ("image-scripts/images/b/away", "/etc/passwd"),
        ("image-scripts/elsewhere", "images"),
        // The known files, and their directories, may be links.
        ("os/configs", "../real/configs"),
        ("tests/distributions.nix", "../real/table.nix"),
        ("tests/suite/deep", "../../real"),
        // What leads out of the checkout, or to something of another kind.
        ("tests/all-tests.nix", "../../outside.nix"),
        ("tests/suite/out.nix", "../../../outside.nix"),
        ("image-scripts/images/out", "/etc"),
        ("image-scripts/images/c/out.sh", "/etc/passwd"),
        ("image-scripts/images/c/deep.sh", "../a/deep"),
        ("image-scripts/images/c/circle.sh", "circle.sh"),
        ("image-scripts/include/out.sh", "../../../outside.nix"),
        ("image-scripts/tests", "../.."),
    ] {
        disk.link(&format!("part/{path}"), leads_to);
    }
    let full = disk.0.join("part/image-scripts/images/a");
    let full = full.to_str().unwrap();
    disk.link("part/image-scripts/images/full", full);
    disk.write("outside.nix", b"{ }\n");
    for (path, bytes) in [
        ("real/configs/image-repository.nix", &b"{ }\n"[..]),
        ("real/table.nix", b"[ ]\n"),
        ("tests/suite/one/a.nix", b"{ }\n"),
        ("tests/suite/b.nix", b"\xff"),
        ("tests/suite/c.txt", b"x"),
        (".image-scripts.toml", b"[rules]\n"),
    ] {
        disk.write(&format!("part/{path}"), bytes);
    }
    disk.git(&["init", "--quiet"]);
    disk.git(&["add", "--all"]);
    disk.git(&["commit", "--quiet", "--message", "first"]);
    let root = find(&disk.0.join("part")).remove(0);
    let from_disk = contents(&disk::read_tree(&root, &Overlay::default()).0);
    let from_git = contents(&read(&root, "HEAD").unwrap());
    assert_eq!(from_git, from_disk);
    assert!(from_git.len() > 20, "{from_git:?}");
    let staged = changes(&root, Since::Revision("HEAD"), true).unwrap();
    assert_eq!(contents(&staged.staged.unwrap()), from_disk);
    assert_eq!(staged.files, []);
    let on_disk = changes(&root, Since::Revision("HEAD"), false).unwrap();
    assert_eq!(on_disk.files, []);
}

/// The changes since the last commit, one line each.
fn shown_changes(root: &Root, staged: bool) -> String {
    let found = changes(root, Since::Revision("HEAD"), staged).unwrap();
    let lines = found.files.iter().map(|file| {
        let untracked = if file.is_untracked { ", untracked" } else { "" };
        format!("{:?} {}{untracked}\n", file.kind, file.path)
    });
    lines.collect()
}

#[test]
fn changes_are_those_that_git_sees() {
    let disk = Disk::new("changes");
    for path in ["gone", "dated", "kept", "mode", "staged"] {
        disk.write(&format!("image-scripts/images/a/{path}"), b"1\n");
    }
    disk.write("image-scripts/images/a/config.sh", b"A=1\n");
    disk.write("os/configs/image-repository.nix", b"{ }\n");
    disk.write("far/away", b"1\n");
    disk.write("far/same", b"1\n");
    disk.link("image-scripts/images/b", "a");
    disk.git(&["init", "--quiet"]);
    disk.git(&["add", "--all"]);
    disk.git(&["commit", "--quiet", "--message", "first"]);
    let root = find(&disk.0).remove(0);
    assert_eq!(shown_changes(&root, false), "");
    disk.write("image-scripts/images/a/staged", b"2\n");
    disk.git(&["add", "--all"]);
    disk.write("image-scripts/images/a/staged", b"1\n");
    // Another date alone is no change.
    disk.write("image-scripts/images/a/dated", b"1\n");
    disk.write("far/same", b"1\n");
    disk.write("far/away", b"20\n");
    disk.write("far/new", b"1\n");
    disk.write("image-scripts/images/a/new", b"1\n");
    disk.write("image-scripts/images/a/.build.sh.swp", b"1\n");
    fs::remove_file(disk.0.join("image-scripts/images/a/gone")).unwrap();
    fs::remove_file(disk.0.join("image-scripts/images/b")).unwrap();
    disk.link("image-scripts/images/b", "c");
    let mode = disk.0.join("image-scripts/images/a/mode");
    let mut permissions = fs::metadata(&mode).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&mode, permissions).unwrap();
    assert_eq!(
        shown_changes(&root, false),
        "Modified far/away\n\
         Deleted image-scripts/images/a/gone\n\
         Modified image-scripts/images/a/mode\n\
         Added image-scripts/images/a/new, untracked\n\
         Modified image-scripts/images/b\n"
    );
    assert_eq!(
        shown_changes(&root, true),
        "Modified image-scripts/images/a/staged\n"
    );
}

#[test]
fn a_file_where_a_directory_belongs() {
    let disk = Disk::new("kinds");
    disk.write("image-scripts/images/a/config.sh", b"A=1\n");
    disk.write("image-scripts/include/a.sh", b"true\n");
    disk.write("image-scripts/builders", b"x");
    disk.write("image-scripts/tests/x.sh", b"true\n");
    disk.write("tests/suite", b"x");
    disk.write("os/configs/image-repository.nix/x", b"x");
    disk.link("tests/distributions.nix", "distributions.nix");
    disk.git(&["init", "--quiet"]);
    disk.git(&["add", "--all"]);
    disk.git(&["commit", "--quiet", "--message", "first"]);
    let root = find(&disk.0).remove(0);
    let from_disk = contents(&disk::read_tree(&root, &Overlay::default()).0);
    assert_eq!(contents(&read(&root, "HEAD").unwrap()), from_disk);
}

#[test]
fn options_are_no_revisions() {
    let root = Root {
        path: PathBuf::from("/no/such/folder"),
        layout: model::Layout::Whole,
    };
    assert!(read(&root, "--help").unwrap_err().contains("`--help`"));
    let outside = read(&root, "HEAD").unwrap_err();
    assert!(outside.contains("in no git repository"), "{outside}");
    assert!(!Path::new("/no/such/folder").exists());
}

impl Disk {
    /// Gives git some input, and returns what it prints.
    fn piped(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.0).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("apt-get install git");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Makes a directory that has the same thing by many names.
    fn many(&self, count: usize, mode: &str, id: &str) -> String {
        let kind = if mode == "040000" { "tree" } else { "blob" };
        let line = |number| format!("{mode} {kind} {id}\tn{number:06}\n");
        let lines: String = (0..count).map(line).collect();
        self.piped(&["mktree"], &lines)
    }

    /// Makes a directory with one thing, at a path.
    fn holding(&self, path: &str, id: &str) -> String {
        path.rsplit('/').fold(id.to_owned(), |id, name| {
            self.piped(&["mktree"], &format!("040000 tree {id}\t{name}\n"))
        })
    }
}

#[test]
fn a_small_repository_with_more_than_a_machine_holds() {
    let disk = Disk::new("bomb");
    disk.git(&["init", "--quiet"]);
    disk.write("image-scripts/images/a/build.sh", b"");
    disk.write("os/configs/image-repository.nix", b"{ }\n");
    let blob = disk.piped(&["hash-object", "-w", "--stdin"], "{ }\n");
    let mut deep = disk.many(60, "100644", &blob);
    for _ in 0..5 {
        deep = disk.many(60, "040000", &deep);
    }
    let wide = disk.many(10_000, "040000", &disk.many(10_000, "100644", &blob));
    // Each of its names is looked up.
    let winding = disk.piped(&["hash-object", "-w", "--stdin"], &"../images/".repeat(300));
    let links = disk.many(900, "120000", &winding);
    let root = find(&disk.0).remove(0);
    for (path, id, problem) in [
        ("tests/suite", deep, "more than 1000 files and directories"),
        (
            "image-scripts/images",
            wide,
            "more than 1000 files and directories",
        ),
        (
            "image-scripts/images",
            links,
            "more than 50000 names in its links",
        ),
    ] {
        let top = disk.holding(path, &id);
        let error = read(&root, &top).err().unwrap();
        assert!(error.contains(problem), "{error}");
    }
}

/// What a checkout has counts as added since the upstream branch, another branch, or ever.
#[test]
fn the_base_is_where_the_branches_part() {
    let disk = Disk::new("base");
    disk.write("image-scripts/images/a-1/config.sh", b"BUILDER=a\n");
    disk.write("image-scripts/include/a.sh", b"");
    disk.write("osvm/lib/a.rb", b"1\n");
    disk.write("README.md", b"");
    disk.git(&["init", "-q"]);
    let commit = |message: &str| {
        disk.git(&["add", "-A"]);
        disk.git(&["commit", "-q", "-m", message]);
    };
    commit("first");
    disk.git(&["tag", "first"]);
    disk.write("image-scripts/images/a-2/config.sh", b"BUILDER=a\n");
    commit("second");
    disk.git(&["tag", "second"]);
    let root = find(&disk.0).pop().unwrap();
    let base = |since| read_base(&root, since).unwrap();
    let images = |since| {
        let tree = base(since).1;
        let names = tree
            .children("image-scripts/images")
            .map(|(name, _)| name.to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(images(None), ["a-1"]);
    assert_eq!(images(Some("HEAD")), ["a-1", "a-2"]);
    disk.git(&["checkout", "-q", "-b", "work"]);
    assert_eq!(images(None), ["a-1", "a-2"]);
    disk.write("image-scripts/images/a-3/config.sh", b"BUILDER=a\n");
    commit("third");
    assert_eq!(images(None), ["a-1", "a-2"]);
    // The upstream branch counts before all others.
    disk.git(&["update-ref", "refs/remotes/origin/main", "first"]);
    disk.git(&["config", "remote.origin.url", "https://git.example.org/a"]);
    disk.git(&[
        "config",
        "remote.origin.fetch",
        "+refs/heads/*:refs/remotes/origin/*",
    ]);
    disk.git(&["config", "branch.work.remote", "origin"]);
    disk.git(&["config", "branch.work.merge", "refs/heads/main"]);
    assert_eq!(images(None), ["a-1"]);

    assert!(!base(None).0.changed_test_runner);
    disk.write("osvm/lib/a.rb", b"2\n");
    assert!(base(None).0.changed_test_runner);
    disk.write("osvm/lib/a.rb", b"1\n");
    disk.write("osvm/lib/b.rb", b"1\n");
    commit("fourth");
    assert!(base(None).0.changed_test_runner);
}
