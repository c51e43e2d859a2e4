//! What a checkout may contain in place of a file, and where its links may lead.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;

/// A folder with a checkout and something beside it, gone with the test.
struct Disk(PathBuf);

impl Disk {
    fn new(name: &str) -> Disk {
        let folder = format!("image-scripts-ls-beneath-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("checkout/a/b")).unwrap();
        std::fs::create_dir_all(path.join("outside")).unwrap();
        let disk = Disk(std::fs::canonicalize(path).unwrap());
        std::fs::write(disk.root().join("a/b/file"), "inside").unwrap();
        std::fs::write(disk.0.join("outside/file"), "outside").unwrap();
        disk
    }

    fn root(&self) -> PathBuf {
        self.0.join("checkout")
    }

    fn open(&self) -> RootDir {
        RootDir::open(&self.root()).unwrap()
    }

    fn link(&self, path: &str, target: impl AsRef<Path>) {
        symlink(target, self.root().join(path)).unwrap();
    }

    fn fifo(&self, path: &str) {
        let status = Command::new("mkfifo").arg(self.root().join(path)).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What comes of opening a file, in a word.
fn outcome(opened: Result<OpenFile, OpenError>) -> String {
    match opened {
        Ok(file) => String::from_utf8(file.bytes(100).unwrap()).unwrap(),
        Err(OpenError::Outside) => "outside!".to_owned(),
        Err(OpenError::Unfit(kind)) => kind.name().to_owned(),
        Err(OpenError::TooMany) => "too many".to_owned(),
        Err(OpenError::Io(error)) => error.kind().to_string(),
    }
}

#[test]
fn only_regular_files_are_read() {
    let disk = Disk::new("kinds");
    disk.fifo("fifo");
    let _socket = UnixListener::bind(disk.root().join("socket")).unwrap();
    disk.link("to-fifo", "fifo");
    disk.link("to-socket", "a/../socket");
    disk.link("to-directory", "a");
    let root = disk.open();
    for (path, expected) in [
        ("fifo", "a FIFO"),
        ("to-fifo", "a FIFO"),
        ("socket", "a socket"),
        ("to-socket", "a socket"),
        ("a", "a directory"),
        ("to-directory", "a directory"),
        ("to-directory/b/file", "inside"),
        ("a/b/file", "inside"),
        ("nothing", "entity not found"),
        ("a/b/file/x", "not a directory"),
    ] {
        assert_eq!(outcome(root.file(path)), expected, "{path}");
    }
    for (path, expected) in [("fifo", "a FIFO"), ("a/b/file", "a file")] {
        match root.directory(path) {
            Err(OpenError::Unfit(kind)) => assert_eq!(kind.name(), expected),
            _ => panic!("{path}"),
        }
    }
    let mut here = root.directory(".").unwrap();
    for entry in here.entries().unwrap() {
        let what = outcome(here.file(&entry));
        let is_followed = entry.kind == EntryKind::Link && what == "inside";
        assert!(!is_followed, "{entry:?}", entry = entry.name);
    }
}

#[test]
fn links_stay_inside() {
    let disk = Disk::new("links");
    let root_path = disk.root();
    for (path, target) in [
        ("parent", ".."),
        ("etc", "/etc"),
        ("environ", "/proc/self/environ"),
        ("stdin", "/dev/stdin"),
        ("cwd", "/proc/self/cwd"),
        ("beside", "../outside/file"),
        ("again", "../checkout/a/b/file"),
        ("a/deep", "../../outside"),
        ("via", "a/deep/file"),
    ] {
        disk.link(path, target);
    }
    disk.link("absolute", root_path.join("a/b/file"));
    disk.link("absolute-out", root_path.join("../outside/file"));
    disk.link("absolute-link", root_path.join("within"));
    disk.link("within", "a/b/../b/file");
    disk.link("one", "two");
    disk.link("two", "one");
    let root = disk.open();
    let circle = io::Error::from(Errno::LOOP).kind().to_string();
    for (path, expected) in [
        ("parent/outside/file", "outside!"),
        ("parent", "outside!"),
        ("etc/passwd", "outside!"),
        ("etc/no-such-file", "outside!"),
        ("environ", "outside!"),
        ("stdin", "outside!"),
        ("cwd", "outside!"),
        ("beside", "outside!"),
        ("again", "outside!"),
        ("a/deep/file", "outside!"),
        ("via", "outside!"),
        ("../outside/file", "outside!"),
        ("/etc/passwd", "outside!"),
        ("/a/b/file", "outside!"),
        ("absolute-out", "outside!"),
        ("absolute", "inside"),
        ("absolute-link", "inside"),
        ("within", "inside"),
        ("a/../within", "inside"),
        ("one", &circle),
    ] {
        assert_eq!(outcome(root.file(path)), expected, "{path}");
    }
    assert!(root.kind("one").unwrap_err().is_circle());
    assert!(matches!(root.directory("etc"), Err(OpenError::Outside)));
    assert!(matches!(root.kind("environ"), Err(OpenError::Outside)));
    assert_eq!(root.entry_kind("environ").unwrap(), EntryKind::Link);
    assert_eq!(root.link_target("etc").unwrap(), "/etc");
    assert!(matches!(
        root.link_target("etc/mtab"),
        Err(OpenError::Outside)
    ));
}

/// The walk by hand, for systems without `openat2`, comes to the same.
#[test]
fn both_ways_lead_to_the_same() {
    let disk = Disk::new("ways");
    let names = ["a", "b", "file", "x", "y", "z", ".."];
    let targets = [
        "..",
        "../..",
        "a",
        "a/b",
        "b/file",
        "../a/b",
        "x",
        "y/b",
        "z/..",
        ".",
        "nothing",
        "../checkout",
        "/etc",
        "y",
    ];
    let links = ["x", "y", "z", "a/x", "a/y", "a/b/z", "a/b/x"];
    // Every link gets its target from a number that is counted up.
    for turn in 0..60_usize {
        for (index, link) in links.iter().enumerate() {
            let path = disk.root().join(link);
            let _ = std::fs::remove_file(&path);
            let target = targets[(turn * (2 * index + 1) + index) % targets.len()];
            symlink(target, path).unwrap();
        }
        let root = disk.open();
        for one in names {
            for two in names {
                for three in names {
                    let path = format!("{one}/{two}/{three}");
                    let slow = root
                        .slow(&path, READ)
                        .map_err(|error| root.explained(&path, error));
                    let slow = outcome(slow.and_then(OpenFile::of));
                    assert_eq!(outcome(root.file(&path)), slow, "{path} in {turn}");
                }
            }
        }
    }
}

#[test]
fn a_directory_has_a_bounded_number_of_entries() {
    let disk = Disk::new("many");
    let full = disk.root().join("full");
    std::fs::create_dir(&full).unwrap();
    for number in 0..MAX_ENTRIES {
        symlink("x", full.join(number.to_string())).unwrap();
    }
    let root = disk.open();
    let count = |path: &str| root.directory(path).unwrap().entries().map(|all| all.len());
    assert_eq!(count("full").unwrap(), MAX_ENTRIES);
    std::fs::write(full.join("one more"), "").unwrap();
    assert!(matches!(count("full"), Err(OpenError::TooMany)));
}

/// A handle is checked, not a path: what is put in place of a file in between is not read.
#[test]
fn an_entry_that_becomes_a_link_is_not_followed() {
    let disk = Disk::new("race");
    let root = disk.open();
    let mut open = root.directory("a/b").unwrap();
    let entries = open.entries().unwrap();
    std::fs::remove_file(disk.root().join("a/b/file")).unwrap();
    disk.link("a/b/file", "/etc/passwd");
    let opened = open.file(&entries[0]);
    assert_eq!(
        outcome(opened),
        io::Error::from(Errno::LOOP).kind().to_string()
    );
}
