//! Texts that are kept from one run to the next in the user's cache directory: a file for each, which is as good as
//! absent where it is not what was written. What is there is bounded; the oldest goes first.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::hash::{BuildHasher, RandomState};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use sha2::{Digest, Sha256};

use super::beneath::OpenFile;

/// The length of all files together, in bytes, that a cache has in the end.
const MAX_TOTAL: u64 = 64 << 20;

/// The number of files that a cache has in the end.
const MAX_FILES: usize = 4096;

/// The length of the longest file.
const MAX_LENGTH: usize = 16 << 20;

/// A directory of texts by name.
#[derive(Debug)]
pub struct PageCache {
    folder: OwnedFd,
    path: PathBuf,
}

impl PageCache {
    /// Opens a cache in the user's cache directory, and makes it where there is none. `None` where there can be
    /// none, which costs time and nothing else, or where it would be in a checkout.
    pub fn open(name: &str, root: &Path) -> Option<PageCache> {
        PageCache::open_in(&user_cache_directory()?, name, root)
    }

    fn open_in(user: &Path, name: &str, root: &Path) -> Option<PageCache> {
        let path = user.join("image-scripts-ls").join(name);
        let is_inside = path.ancestors().any(|around| {
            let real = std::fs::canonicalize(around);
            real.is_ok_and(|real| real == root)
        });
        if is_inside {
            return None;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .ok()?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let folder = fs::open(&path, flags, Mode::empty()).ok()?;
        Some(PageCache { folder, path })
    }

    /// Returns the text that was kept under a key.
    pub fn load(&self, key: &str) -> Option<String> {
        let name = OsString::from(digest(key));
        let opened = OpenFile::open_at(&self.folder, &name).ok()?;
        let bytes = opened.bytes(u64::try_from(MAX_LENGTH).ok()?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (sum, text) = text.split_once('\n')?;
        (sum == digest(text)).then(|| text.to_owned())
    }

    /// Keeps a text under a key, in place of the one before. Where it cannot be written, it is not kept.
    pub fn keep(&self, key: &str, text: &str) {
        let contents = format!("{}\n{text}", digest(text));
        if contents.len() > MAX_LENGTH {
            return;
        }
        let name = digest(key);
        let beside = format!(".{name}.{:016x}", RandomState::new().hash_one(&name));
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(handle) = fs::openat(&self.folder, &beside, flags, Mode::from_raw_mode(0o600))
        else {
            return;
        };
        // What a loss of power makes of it is found out by its sum.
        let is_written = File::from(handle).write_all(contents.as_bytes()).is_ok();
        let is_kept =
            is_written && fs::renameat(&self.folder, &beside, &self.folder, &name).is_ok();
        if !is_kept {
            let _ = fs::unlinkat(&self.folder, &beside, AtFlags::empty());
        }
    }

    /// Removes the oldest files, until what is left is within bounds.
    pub fn trim(&self) {
        self.trim_to(MAX_TOTAL, MAX_FILES);
    }

    fn trim_to(&self, max_total: u64, max_files: usize) {
        let Ok(entries) = std::fs::read_dir(&self.path) else {
            return;
        };
        let mut files: Vec<(SystemTime, u64, OsString)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let data = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some((data.modified().ok()?, data.len(), entry.file_name()))
            })
            .collect();
        // The newest first: those are kept.
        files.sort_by(|a, b| b.cmp(a));
        let mut total = 0u64;
        for (index, (_, length, name)) in files.iter().enumerate() {
            total = total.saturating_add(*length);
            if total > max_total || index >= max_files {
                let _ = fs::unlinkat(&self.folder, name, AtFlags::empty());
            }
        }
    }
}

/// Returns the directory for what a user's programs may lose.
fn user_cache_directory() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
}

/// Returns the digest of a text, as a name.
fn digest(text: &str) -> String {
    let mut name = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Scene {
        folder: PathBuf,
    }

    impl Scene {
        fn new(name: &str) -> Scene {
            let folder = format!("image-scripts-ls-{}-{name}", std::process::id());
            let folder = std::fs::canonicalize(std::env::temp_dir())
                .unwrap()
                .join(folder);
            std::fs::create_dir(&folder).unwrap();
            Scene { folder }
        }

        fn cache(&self) -> PageCache {
            PageCache::open_in(&self.folder, "upstream", Path::new("/nowhere")).unwrap()
        }

        fn file(&self, key: &str) -> PathBuf {
            self.folder
                .join("image-scripts-ls/upstream")
                .join(digest(key))
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn texts_are_kept() {
        let scene = Scene::new("kept");
        assert_eq!(scene.cache().load("a"), None);
        scene.cache().keep("a", "one\ntwo");
        scene.cache().keep("b", "");
        scene.cache().keep("a", "three");
        assert_eq!(scene.cache().load("a").as_deref(), Some("three"));
        assert_eq!(scene.cache().load("b").as_deref(), Some(""));
        let files = std::fs::read_dir(scene.file("a").parent().unwrap()).unwrap();
        assert_eq!(files.count(), 2);
    }

    #[test]
    fn what_is_not_as_it_was_written_is_absent() {
        let scene = Scene::new("changed");
        let cache = scene.cache();
        cache.keep("a", "text");
        let good = std::fs::read(scene.file("a")).unwrap();
        for end in 0..good.len() {
            std::fs::write(scene.file("a"), &good[..end]).unwrap();
            assert_eq!(cache.load("a"), None);
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x80;
            std::fs::write(scene.file("a"), bad).unwrap();
            assert_eq!(cache.load("a"), None);
        }
        // A link is nobody's text.
        std::fs::write(scene.file("b"), &good).unwrap();
        std::fs::remove_file(scene.file("a")).unwrap();
        symlink(scene.file("b"), scene.file("a")).unwrap();
        assert_eq!(cache.load("a"), None);
        cache.keep("a", "text");
        assert_eq!(cache.load("a").as_deref(), Some("text"));
        assert_eq!(std::fs::read(scene.file("b")).unwrap(), good);
    }

    #[test]
    fn the_oldest_go_first() {
        let scene = Scene::new("bounds");
        let cache = scene.cache();
        for (age, key) in ["old", "older", "oldest"].iter().enumerate() {
            cache.keep(key, "text");
            let file = File::options().write(true).open(scene.file(key)).unwrap();
            let age = std::time::Duration::from_secs(u64::try_from(age).unwrap() * 100);
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        cache.trim_to(1 << 20, 2);
        let left = |keys: [&str; 3]| keys.map(|key| cache.load(key).is_some());
        assert_eq!(left(["old", "older", "oldest"]), [true, true, false]);
        cache.trim_to(100, 10);
        assert_eq!(left(["old", "older", "oldest"]), [true, false, false]);
    }

    #[test]
    fn nothing_is_kept_in_a_checkout() {
        let scene = Scene::new("inside");
        assert!(PageCache::open_in(&scene.folder, "upstream", &scene.folder).is_none());
    }
}
