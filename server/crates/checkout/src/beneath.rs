//! Opening what is in a checkout, and nothing else.
//!
//! A checkout is somebody else's: any name in it may be a link to a file of this machine, a FIFO that
//! nobody writes to, or a device. So everything is opened through [`RootDir`], which never leaves the
//! checkout and never waits, and what kind of thing it is is told by the opened handle, not by a path
//! that may lead elsewhere a moment later.

mod entry_kind;

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

pub use entry_kind::EntryKind;

/// Links that are followed on the way to one file: as many as Linux follows.
const MAX_LINKS: usize = 40;

/// Entries of one directory that are read at most.
const MAX_ENTRIES: usize = if cfg!(test) { 500 } else { 200_000 };

/// Flags to read with: not to wait for somebody who writes, and not to get a terminal or pass on the
/// handle to a process that is started.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);

/// Flags to go through a directory with. Where it can be said, nothing is opened for reading.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::CLOEXEC).union(OFlags::DIRECTORY);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = READ.union(OFlags::DIRECTORY);

/// Reason why something in a checkout is not opened.
#[derive(Debug)]
pub enum OpenError {
    /// A link on the way leads out of the checkout.
    Outside,
    /// The thing there is of another kind than is needed.
    Unfit(EntryKind),
    /// The directory has more entries than are read.
    TooMany,
    /// The system refuses.
    Io(io::Error),
}

impl From<Errno> for OpenError {
    fn from(error: Errno) -> OpenError {
        OpenError::Io(error.into())
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> OpenError {
        OpenError::Io(error)
    }
}

impl OpenError {
    /// Returns whether links lead in a circle.
    pub fn is_circle(&self) -> bool {
        let circle = Errno::LOOP.raw_os_error();
        matches!(self, OpenError::Io(error) if error.raw_os_error() == Some(circle))
    }

    /// Returns whether nothing is there at all.
    pub fn is_missing(&self) -> bool {
        matches!(self, OpenError::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Regular file that is open for reading.
pub struct OpenFile {
    /// The handle.
    pub file: File,
    /// Size when it was opened.
    pub size: u64,
    /// Permissions.
    pub mode: u32,
}

impl OpenFile {
    /// Takes a handle, if it is one of a regular file.
    fn of(handle: OwnedFd) -> Result<OpenFile, OpenError> {
        let stat = fs::fstat(&handle)?;
        match EntryKind::of_mode(stat.st_mode) {
            EntryKind::File => Ok(OpenFile {
                file: File::from(handle),
                size: u64::try_from(stat.st_size).unwrap_or(0),
                mode: stat.st_mode & 0o7777,
            }),
            other => Err(OpenError::Unfit(other)),
        }
    }

    /// Reads all of it, if it is no larger than that many bytes.
    ///
    /// # Errors
    /// When it is larger, or cannot be read.
    pub fn bytes(self, max: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file
            .take(max.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > max {
            let message = format!("it has more than {} MiB", max >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(bytes)
    }

    /// Opens an entry of a directory, which is a regular file and no link.
    ///
    /// # Errors
    /// When it cannot be opened, or is something else.
    pub(crate) fn open_at(directory: impl AsFd, name: &OsStr) -> Result<OpenFile, OpenError> {
        let flags = READ.union(OFlags::NOFOLLOW);
        OpenFile::of(fs::openat(directory, name, flags, Mode::empty())?)
    }

    /// Opens a file that the user names, wherever it is.
    ///
    /// # Errors
    /// When it cannot be opened or is no regular file.
    pub fn open(path: &Path) -> Result<OpenFile, OpenError> {
        match fs::open(path, READ, Mode::empty()) {
            Ok(handle) => OpenFile::of(handle),
            // Sockets and some devices have nothing that could be opened.
            Err(error) => Err(match fs::stat(path) {
                Ok(stat) if EntryKind::of_mode(stat.st_mode).is_special() => {
                    OpenError::Unfit(EntryKind::of_mode(stat.st_mode))
                }
                _ => error.into(),
            }),
        }
    }
}

/// Directory that is open for reading.
pub struct OpenDirectory {
    directory: Dir,
}

/// Entry of a directory.
pub struct Entry {
    /// The name.
    pub name: CString,
    /// The kind; a link is not followed.
    pub kind: EntryKind,
}

impl OpenDirectory {
    /// Returns the entries, in no order.
    ///
    /// # Errors
    /// When they cannot be read, or are too many.
    pub fn entries(&mut self) -> Result<Vec<Entry>, OpenError> {
        let mut entries = Vec::new();
        while let Some(entry) = self.directory.read() {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if entries.len() == MAX_ENTRIES {
                return Err(OpenError::TooMany);
            }
            let kind = match entry.file_type() {
                // Not all file systems say.
                FileType::Unknown => match self.stat(name) {
                    Ok(stat) => EntryKind::of_mode(stat.st_mode),
                    // It is gone again.
                    Err(_) => continue,
                },
                kind => EntryKind::of(kind),
            };
            let name = name.to_owned();
            entries.push(Entry { name, kind });
        }
        Ok(entries)
    }

    fn stat(&self, name: &std::ffi::CStr) -> Result<fs::Stat, Errno> {
        fs::statat(self.directory.fd()?, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Opens one of its entries, which is a regular file and no link.
    ///
    /// # Errors
    /// When it cannot be opened, or is something else by now.
    pub fn file(&self, entry: &Entry) -> Result<OpenFile, OpenError> {
        OpenFile::open_at(
            self.directory.fd()?,
            OsStr::from_bytes(entry.name.as_bytes()),
        )
    }
}

/// Open directory of a checkout, through which everything in it is opened.
///
/// Links are followed as long as they stay inside. A link with an absolute path stays inside if the
/// path begins with that of the checkout.
pub struct RootDir {
    handle: OwnedFd,
    /// The path, links resolved.
    path: PathBuf,
}

impl RootDir {
    /// Opens the directory of a checkout; `path` has its links resolved.
    ///
    /// # Errors
    /// When it is no directory, or may not be entered.
    pub fn open(path: &Path) -> io::Result<RootDir> {
        let handle = fs::open(path, PASS, Mode::empty())?;
        let path = path.to_path_buf();
        Ok(RootDir { handle, path })
    }

    /// Opens a regular file.
    ///
    /// # Errors
    /// When it cannot be opened, is no regular file, or is not in the checkout.
    pub fn file(&self, path: &str) -> Result<OpenFile, OpenError> {
        match self.at(path, READ) {
            Ok(handle) => OpenFile::of(handle),
            Err(error) => Err(self.explained(path, error)),
        }
    }

    /// Opens a directory.
    ///
    /// # Errors
    /// When it cannot be opened, is no directory, or is not in the checkout.
    pub fn directory(&self, path: &str) -> Result<OpenDirectory, OpenError> {
        match self.at(path, READ.union(OFlags::DIRECTORY)) {
            Ok(handle) => Ok(OpenDirectory {
                directory: Dir::new(handle)?,
            }),
            Err(error) => Err(self.explained(path, error)),
        }
    }

    /// Returns the kind of what a path leads to, links followed.
    ///
    /// # Errors
    /// When nothing is there, or it is not in the checkout.
    pub fn kind(&self, path: &str) -> Result<EntryKind, OpenError> {
        #[cfg(target_os = "linux")]
        if let Some(found) = self.fast(path, OFlags::PATH.union(OFlags::CLOEXEC)) {
            return Ok(EntryKind::of_mode(fs::fstat(found?)?.st_mode));
        }
        let (directory, name) = self.resolve(path)?;
        let stat = fs::statat(directory, name.as_os_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(EntryKind::of_mode(stat.st_mode))
    }

    /// Returns the kind of what has a path; a link there is not followed.
    ///
    /// # Errors
    /// When nothing is there, or its directory is not in the checkout.
    pub fn entry_kind(&self, path: &str) -> Result<EntryKind, OpenError> {
        Ok(EntryKind::of_mode(self.stat(path)?.st_mode))
    }

    /// Returns the size of a file, and the date of its last change in seconds and nanoseconds, as the index
    /// of git has them.
    ///
    /// # Errors
    /// When nothing is there, or its directory is not in the checkout.
    pub(crate) fn size_and_date(&self, path: &str) -> Result<(u64, (u32, u32)), OpenError> {
        let stat = self.stat(path)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let date = (stat.st_mtime as u32, stat.st_mtime_nsec as u32);
        Ok((size, date))
    }

    /// Returns when what has a path was last written, renamed or otherwise changed; a link there is not
    /// followed.
    ///
    /// # Errors
    /// When nothing is there, or its directory is not in the checkout.
    pub fn last_change(&self, path: &str) -> Result<SystemTime, OpenError> {
        Ok(last_change(&self.stat(path)?))
    }

    fn stat(&self, path: &str) -> Result<fs::Stat, OpenError> {
        let (directory, name) = self.parent(path)?;
        Ok(fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Returns the path that a link leads to, as written.
    ///
    /// # Errors
    /// When it is no link, or its directory is not in the checkout.
    pub fn link_target(&self, path: &str) -> Result<OsString, OpenError> {
        let (directory, name) = self.parent(path)?;
        let target = fs::readlinkat(directory, name, Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()))
    }

    /// Opens the directory that something is in. Returns it with the name there.
    ///
    /// # Errors
    /// When the directory cannot be entered, or is not in the checkout.
    pub(crate) fn parent<'p>(&self, path: &'p str) -> Result<(OwnedFd, &'p str), OpenError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
        Ok((self.folder(parent)?, name))
    }

    /// Opens a directory to go on from.
    ///
    /// # Errors
    /// When it cannot be entered, or is not in the checkout.
    pub(crate) fn folder(&self, path: &str) -> Result<OwnedFd, OpenError> {
        self.at(path, PASS)
            .map_err(|error| self.explained(path, error))
    }

    /// Says in place of the system's word what is at a path that cannot be opened.
    fn explained(&self, path: &str, error: OpenError) -> OpenError {
        let OpenError::Io(io) = &error else {
            return error;
        };
        let unfit = |errno: Errno| io.raw_os_error() == Some(errno.raw_os_error());
        match self.kind(path) {
            Ok(kind) if unfit(Errno::NXIO) || unfit(Errno::NODEV) || unfit(Errno::NOTDIR) => {
                OpenError::Unfit(kind)
            }
            _ => error,
        }
    }

    /// Opens what a path leads to.
    fn at(&self, path: &str, flags: OFlags) -> Result<OwnedFd, OpenError> {
        #[cfg(target_os = "linux")]
        if let Some(found) = self.fast(path, flags) {
            return found.map_err(OpenError::from);
        }
        self.slow(path, flags)
    }

    /// Opens what a path leads to with one call of the system; `None` where that cannot tell.
    #[cfg(target_os = "linux")]
    fn fast(&self, path: &str, flags: OFlags) -> Option<Result<OwnedFd, Errno>> {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
        match fs::openat2(&self.handle, path, flags, Mode::empty(), resolve) {
            // Out of the checkout, or an absolute link.
            Err(Errno::XDEV)
            // Somebody moves a directory on the way.
            | Err(Errno::AGAIN)
            // Before Linux 5.6, and where a sandbox does not know the call.
            | Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => None,
            result => Some(result),
        }
    }

    /// Opens what a path leads to, name by name.
    fn slow(&self, path: &str, flags: OFlags) -> Result<OwnedFd, OpenError> {
        let (directory, name) = self.resolve(path)?;
        let flags = flags.union(OFlags::NOFOLLOW);
        Ok(fs::openat(
            directory,
            name.as_os_str(),
            flags,
            Mode::empty(),
        )?)
    }

    /// Follows a path name by name. Returns the directory that it ends in and the name there, which is
    /// that of no link.
    fn resolve(&self, path: &str) -> Result<(OwnedFd, OsString), OpenError> {
        if path.starts_with('/') {
            return Err(OpenError::Outside);
        }
        let mut links = 0;
        // Directories from the root to where we are: `..` is never left to the system.
        let mut way: Vec<OwnedFd> = Vec::new();
        let mut pending: Vec<OsString> = names(OsStr::new(path));
        while let Some(name) = pending.pop() {
            if name == ".." {
                way.pop().ok_or(OpenError::Outside)?;
                continue;
            }
            let here = way.last().unwrap_or(&self.handle).as_fd();
            match fs::readlinkat(here, name.as_os_str(), Vec::new()) {
                Ok(target) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::LOOP.into());
                    }
                    let target = OsStr::from_bytes(target.as_bytes());
                    if target.as_bytes().starts_with(b"/") {
                        let inside = Path::new(target).strip_prefix(&self.path);
                        let inside = inside.map_err(|_| OpenError::Outside)?;
                        way.clear();
                        pending.extend(names(inside.as_os_str()));
                    } else {
                        pending.extend(names(target));
                    }
                }
                // No link.
                Err(Errno::INVAL) if pending.is_empty() => {
                    let here = way.pop().map_or_else(|| self.handle.try_clone(), Ok)?;
                    return Ok((here, name));
                }
                Err(Errno::INVAL) => {
                    let flags = PASS.union(OFlags::NOFOLLOW);
                    let next = fs::openat(here, name.as_os_str(), flags, Mode::empty())?;
                    way.push(next);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let here = way.pop().map_or_else(|| self.handle.try_clone(), Ok)?;
        Ok((here, OsString::from(".")))
    }
}

/// Returns the later one of the time that a file says it was written, which may be a copied one, and of the
/// time that the system says it was touched.
fn last_change(stat: &fs::Stat) -> SystemTime {
    let time = |seconds: i64, nanoseconds: u32| {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds)
    };
    let written = time(stat.st_mtime, stat.st_mtime_nsec as u32);
    written.max(time(stat.st_ctime, stat.st_ctime_nsec as u32))
}

/// Returns the names of a path, the last one first.
fn names(path: &OsStr) -> Vec<OsString> {
    let mut names: Vec<OsString> = Path::new(path)
        .components()
        .filter(|component| matches!(component, Component::Normal(_) | Component::ParentDir))
        .map(|component| component.as_os_str().to_owned())
        .collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests;
