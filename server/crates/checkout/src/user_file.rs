//! Files that the user names, wherever they are, and those of the machine: read as regular files of a
//! bounded size, and replaced as a whole or not at all.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::attributes;
use super::beneath::{OpenError, OpenFile, RootDir};

/// Larger files are not read: no list of findings is as long.
const MAX_SIZE: u64 = 64 << 20;

/// Names that stand for whatever the program was started with.
const HANDLES: [&str; 3] = ["/dev/stdin", "/dev/fd/", "/proc/"];

/// Attempts to find a name that nobody has.
const ATTEMPTS: usize = 16;

/// Reads the text of a regular file. Nothing of it is in an error.
///
/// # Errors
/// When it is no regular file, too large, not UTF-8, or cannot be read.
pub fn read(path: &Path) -> Result<String, String> {
    if path == Path::new("-") {
        return Err("nothing is read from standard input: name a file".to_owned());
    }
    if let Some(name) = path.to_str()
        && HANDLES.iter().any(|handle| name.starts_with(handle))
    {
        return Err("it is no file of its own: write it into one and name that".to_owned());
    }
    let opened = OpenFile::open(path).map_err(|error| match error {
        OpenError::Unfit(kind) => format!(
            "it is {}, not a regular file: write it into one and name that",
            kind.name()
        ),
        OpenError::Io(error) => error.to_string(),
        OpenError::Outside | OpenError::TooMany => "it cannot be read".to_owned(),
    })?;
    let bytes = opened.bytes(MAX_SIZE).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// Writes a file. What was there before is replaced whole or not at all, and keeps its owner, its mode
/// and its attributes; no link is followed, and only what `may_replace` accepts the text of is replaced.
///
/// `root` is the checkout that is worked on: in it, the checkout's own links lead nowhere else.
///
/// # Errors
/// When something else than such a file is there, or it cannot be written.
pub fn replace(
    path: &Path,
    root: &Path,
    text: &str,
    may_replace: impl FnOnce(&str) -> Result<(), String>,
) -> Result<(), String> {
    let name = match path.components().next_back() {
        Some(Component::Normal(name)) => name,
        _ => return Err("it is a directory: name a file".to_owned()),
    };
    let failed = |error: Errno| format!("cannot be written: {}", io::Error::from(error));
    let folder = folder_of(path, root)?;
    let before = match fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Some(stat),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(failed(error)),
    };
    match before.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
        None => {}
        Some(FileType::RegularFile) => may_replace(&read_at(&folder, name)?)?,
        Some(FileType::Symlink) => {
            return Err("it is a link, which is not followed: name the file itself".to_owned());
        }
        Some(_) => return Err("it is no regular file, and is left as it is".to_owned()),
    }
    let beside = write_beside(&folder, name, text, before.is_some())?;
    let moved = match before {
        Some(_) => fs::renameat(&folder, &beside, &folder, name),
        // What has come in between is somebody else's.
        None => rename_new(&folder, &beside, name),
    };
    moved.map_err(|error| {
        let _ = fs::unlinkat(&folder, &beside, AtFlags::empty());
        failed(error)
    })
}

/// Opens the directory that a file is in.
fn folder_of(path: &Path, root: &Path) -> Result<OwnedFd, String> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if let Some(inside) = below(folder, root) {
        let root = RootDir::open(root).map_err(|error| format!("cannot be written: {error}"))?;
        let opened = root.folder(&inside);
        return opened.map_err(|error| match error {
            OpenError::Outside => {
                "its directory leads out of the checkout through a link: name the directory itself"
                    .to_owned()
            }
            OpenError::Io(error) => format!("cannot be written: {error}"),
            _ => "cannot be written: its directory is none".to_owned(),
        });
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    fs::open(folder, flags, Mode::empty())
        .map_err(|error| format!("cannot be written: {}", io::Error::from(error)))
}

/// Returns a directory's path from the root of a checkout, if the user wrote one that is in it.
fn below(folder: &Path, root: &Path) -> Option<String> {
    let full = std::path::absolute(folder).ok()?;
    let around = full
        .ancestors()
        .find(|around| std::fs::canonicalize(around).is_ok_and(|real| real == root))?;
    let inside = full.strip_prefix(around).ok()?;
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let inside = Some(inside).filter(|inside| inside.components().all(is_plain))?;
    match inside.to_str()? {
        "" => Some(".".to_owned()),
        inside => Some(inside.to_owned()),
    }
}

/// Reads what is to be replaced.
fn read_at(folder: &OwnedFd, name: &OsStr) -> Result<String, String> {
    let opened = OpenFile::open_at(folder, name);
    let bytes = opened.and_then(|opened| Ok(opened.bytes(MAX_SIZE)?));
    let text = bytes.map(String::from_utf8);
    match text {
        Ok(Ok(text)) => Ok(text),
        _ => Err("it cannot be read as a text, and is left as it is".to_owned()),
    }
}

/// Writes a new file beside another one, with what that has beside its text. Returns its name, which
/// nobody can know before.
fn write_beside(
    folder: &OwnedFd,
    name: &OsStr,
    text: &str,
    is_there: bool,
) -> Result<std::ffi::OsString, String> {
    let failed = |error: io::Error| format!("cannot be written: {error}");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut attempts = 0;
    let (beside, mut file) = loop {
        attempts += 1;
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{:016x}", RandomState::new().hash_one(attempts)));
        match fs::openat(folder, &beside, flags, Mode::from_raw_mode(0o666)) {
            Ok(handle) => break (beside, File::from(handle)),
            Err(Errno::EXIST) if attempts < ATTEMPTS => {}
            Err(error) => return Err(failed(error.into())),
        }
    };
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| match is_there {
            true => match OpenFile::open_at(folder, name) {
                Ok(old) => attributes::keep(&old.file, &file),
                Err(OpenError::Io(error)) => Err(error),
                Err(_) => Err(io::Error::other("it is no regular file any more")),
            },
            false => Ok(()),
        })
        .and_then(|()| file.sync_all());
    match written {
        Ok(()) => Ok(beside),
        Err(error) => {
            let _ = fs::unlinkat(folder, &beside, AtFlags::empty());
            Err(failed(error))
        }
    }
}

/// Gives a file a name that is free.
fn rename_new(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
    match fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        // The file system cannot.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::linkat(folder, from, folder, to, AtFlags::empty())?;
            fs::unlinkat(folder, from, AtFlags::empty())
        }
        result => result,
    }
}
