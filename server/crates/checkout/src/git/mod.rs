//! A checkout as a git revision has it, for `check --since`.
//!
//! No git program is run, because git runs what a repository's settings name: programs that fetch
//! a missing object, watch files, show differences. A library reads the objects, which knows of no
//! network. It is given the repository's own settings only, as those of somebody who is not
//! trusted: they say how objects are kept, and nothing else. So it does not matter who owns the
//! repository, and one of another user is read as any.

mod contents;
mod inspect;
mod repository;
mod revision;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::root::Root;
use model::tree::Tree;
use repository::Repository;
use revision::Revision;

/// The time in which something has to be read. [`inspect`] finds all that is known to block, so
/// this is for what nobody thought of.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the known places of a revision.
///
/// # Errors
/// When the checkout is in no repository, the repository is damaged or of an unknown kind, the
/// revision does not exist, or one of its objects is missing.
pub fn read(root: &Root, revision: &str) -> Result<Tree, String> {
    if revision.starts_with('-') {
        return Err(format!(
            "`{revision}` is no revision; pass a branch, a tag or a commit"
        ));
    }
    let (sender, receiver) = mpsc::channel();
    let progress = Arc::new(AtomicUsize::new(0));
    let (root, name, counter) = (root.clone(), revision.to_owned(), progress.clone());
    std::thread::Builder::new()
        .name("git".to_owned())
        .spawn(move || sender.send(read_tree(&root, &name, &counter)))
        .map_err(|error| format!("git: `{revision}` cannot be read: {error}"))?;
    let mut before = 0;
    loop {
        let problem = match receiver.recv_timeout(STALL_TIMEOUT) {
            Ok(tree) => return tree.map_err(|problem| format!("git: {problem}")),
            Err(RecvTimeoutError::Timeout) => {
                let now = progress.load(Ordering::Relaxed);
                if now != before {
                    before = now;
                    continue;
                }
                "nothing could be read for 30 seconds"
            }
            // It panicked.
            Err(RecvTimeoutError::Disconnected) => "the repository is damaged",
        };
        return Err(format!(
            "git: `{revision}` cannot be read: {problem}; see what `git fsck` says"
        ));
    }
}

fn read_tree(root: &Root, revision: &str, progress: &AtomicUsize) -> Result<Tree, String> {
    let repository = Repository::find(&root.path)
        .and_then(|repository| {
            let with_logs = revision.contains("@{");
            inspect::repository(&repository, with_logs)?;
            Ok(repository)
        })
        .map_err(|problem| format!("`{revision}` cannot be read: {problem}"))?;
    Revision::open(root, &repository, revision, progress)?.tree(root.layout)
}
