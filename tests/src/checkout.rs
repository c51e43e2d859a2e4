//! Copies of the fixture checkouts, in folders that go away with the test.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The fixtures that stand for whole checkouts.
pub const FIXTURES: [&str; 4] = ["clean-2026", "clean-2024", "pre-2023", "contribution"];

/// A folder of one test's own.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A checkout in a folder of its own.
#[derive(Debug)]
pub struct Checkout {
    root: PathBuf,
    _folder: Option<Folder>,
}

impl Folder {
    /// An empty one.
    pub fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let base = fs::canonicalize(std::env::temp_dir()).unwrap();
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = base.join(format!("image-scripts-ls-{}-{count}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Folder { path },
                // Of a process of the same number that did not clean up.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }

    /// Returns its path, links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for Folder {
    fn default() -> Folder {
        Folder::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the temporary folder harms nobody.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Returns the path of a fixture.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

/// The URL of a path.
pub fn url(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let mut url = "file://".to_owned();
    for byte in path.to_str().unwrap().bytes() {
        if plain(byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// Copies a directory; links stay links.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_symlink() {
            symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Checkout {
    /// A copy of a fixture.
    pub fn of(fixture: &str) -> Checkout {
        Checkout::below(Folder::new(), "checkout", fixture)
    }

    /// A copy of a fixture, in a folder and under a name.
    pub fn below(folder: Folder, name: &str, fixture: &str) -> Checkout {
        let root = folder.path().join(name);
        copy(&self::fixture(fixture), &root);
        Checkout {
            root,
            _folder: Some(folder),
        }
    }

    /// A copy of a fixture in the same folder as another checkout, which has to outlive it.
    pub fn beside(other: &Checkout, name: &str, fixture: &str) -> Checkout {
        let root = other.root.with_file_name(name);
        copy(&self::fixture(fixture), &root);
        Checkout {
            root,
            _folder: None,
        }
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The full path of a path.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        url(&self.path(path))
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes a file, making its directory where there is none.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Changes a file.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not have `{from}`");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Removes a file, a link, or a directory with everything in it.
    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }

    /// Makes a link.
    pub fn link(&self, path: &str, target: &str) {
        symlink(target, self.path(path)).unwrap();
    }

    /// All files, as paths from the root, in order; links are not followed.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        collect(&self.root, &mut files);
        let relative = |path: &PathBuf| {
            path.strip_prefix(&self.root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        let mut files: Vec<String> = files.iter().map(relative).collect();
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

/// The files and links below a directory, each by its path from there.
pub fn files_below(directory: &Path, prefix: &str, out: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}/{}", entry.file_name().display());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &path, out);
        } else {
            out.insert(path);
        }
    }
}
