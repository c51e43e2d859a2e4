//! Texts of a checkout's files, of a bounded size, and what is said of those that are not read.

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;

use super::beneath::{EntryKind, OpenError, OpenFile, RootDir};
use analysis::Problem;

/// Larger files are not read: none of the known places holds one for a reason.
pub(crate) const MAX_SIZE: u64 = 16 << 20;

/// The capacity of the buffer that is kept.
const MAX_BUFFER: usize = 64 << 10;

thread_local! {
    /// The buffer that files are read into: a new one for each of ten thousand would be felt.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Reads one text of a checkout.
///
/// # Errors
/// When it cannot be read, is too large, is not UTF-8, or is not in the checkout.
pub fn read_text(root: &Path, path: &str) -> Result<Arc<str>, Problem> {
    let root = RootDir::open(root).map_err(|error| unopened(path, &error.into()))?;
    text_of(path, root.file(path))
}

/// Reads the text of a file that was opened, or says why it was not.
pub(crate) fn text_of(
    path: &str,
    opened: Result<OpenFile, OpenError>,
) -> Result<Arc<str>, Problem> {
    let opened = opened.map_err(|error| unopened(path, &error))?;
    if opened.size > MAX_SIZE {
        return Err(too_large(path, opened.size));
    }
    BUFFER.with_borrow_mut(|bytes| {
        bytes.clear();
        let read = opened.file.take(MAX_SIZE + 1).read_to_end(bytes);
        read.map_err(|error| unopened(path, &error.into()))?;
        // It has grown in between.
        if bytes.len() as u64 > MAX_SIZE {
            return Err(too_large(path, MAX_SIZE));
        }
        let text = std::str::from_utf8(bytes).map(Arc::from).map_err(|error| {
            let message = format!(
                "is not UTF-8 (byte {}) and is not read: convert it",
                error.valid_up_to()
            );
            problem(path, message)
        });
        bytes.shrink_to(MAX_BUFFER);
        text
    })
}

fn too_large(path: &str, size: u64) -> Problem {
    let size = size >> 20;
    let message = format!("has {size} MiB and is not read: nothing here should be that large");
    problem(path, message)
}

pub(crate) fn problem(path: &str, message: impl Into<String>) -> Problem {
    Problem {
        path: SmolStr::new(path),
        message: message.into(),
    }
}

/// Says of a path why it is not opened, for a change that is not made.
pub fn refused(path: &str, error: &OpenError) -> String {
    let problem = unopened(path, error);
    format!("{}: {}", problem.path, problem.message)
}

/// Says why a file or directory is not opened, and what to do.
pub(crate) fn unopened(path: &str, error: &OpenError) -> Problem {
    let message = match error {
        OpenError::Outside => {
            "leads out of the checkout through a link, and nothing outside is read: replace the link \
             with what it leads to"
                .to_owned()
        }
        OpenError::Unfit(EntryKind::File) => {
            "is a file where a directory belongs: move it away".to_owned()
        }
        OpenError::Unfit(EntryKind::Directory) => {
            "is a directory where a file belongs: move it away".to_owned()
        }
        OpenError::Unfit(EntryKind::Link) => {
            "has become a link while it was read: try again".to_owned()
        }
        OpenError::Unfit(kind) => format!(
            "is {}, not a regular file, and is not read: remove it",
            kind.name()
        ),
        OpenError::TooMany => {
            "has more entries than are read: nothing here should have that many".to_owned()
        }
        OpenError::Io(error) => match error.kind() {
            io::ErrorKind::PermissionDenied => "may not be read: check its permissions".to_owned(),
            io::ErrorKind::NotADirectory => {
                "cannot be read: a file stands on the way where a directory belongs".to_owned()
            }
            _ => format!("cannot be read: {error}"),
        },
    };
    problem(path, message)
}
