//! The lock of a checkout: one change at a time, because taking one back would undo another.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the lock of another process is waited for.
const TIMEOUT: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(50);

/// Locks the folder of a checkout until the value is dropped, also by the end of the process.
///
/// # Errors
/// When another process has it and keeps it: says which one.
pub(super) fn lock(root: &Path) -> Result<File, String> {
    lock_within(root, TIMEOUT)
}

pub(super) fn lock_within(root: &Path, timeout: Duration) -> Result<File, String> {
    let folder = File::open(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let end = Instant::now() + timeout;
    loop {
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                std::thread::sleep(INTERVAL);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "{}: {} is changing this checkout: try again when it has ended",
                    root.display(),
                    holder(&folder).unwrap_or_else(|| "another process".to_owned()),
                ));
            }
            // Where nothing can be locked there is the comparison of every text with what it was.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(folder),
        }
    }
}

/// Returns the name and the number of the process that has the lock, where the system tells.
fn holder(folder: &File) -> Option<String> {
    let inode = folder.metadata().ok()?.ino();
    // `1: FLOCK  ADVISORY  WRITE 4711 08:01:131090 0 EOF`
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let pid = locks.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let is_lock = fields.next() == Some("FLOCK");
        let pid = fields.nth(2)?;
        let file = fields.next()?;
        (is_lock && file.rsplit(':').next()?.parse() == Ok(inode)).then_some(pid)
    })?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(format!("{} (process {pid})", name.trim_end()))
}
