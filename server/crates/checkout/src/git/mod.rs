//! A checkout as a git revision has it, for `check --since` and what only upstream can confirm; and
//! the files that git knows, for what is deleted.
//!
//! No git program is run, because git runs what a repository's settings name: programs that fetch
//! a missing object, watch files, show differences. A library reads the objects, which knows of no
//! network. It is given the repository's own settings only, as those of somebody who is not
//! trusted: they say how objects are kept, and nothing else. So it does not matter who owns the
//! repository, and one of another user is read as any.

mod base;
mod changed;
mod contents;
mod ignored;
mod index;
mod inspect;
mod library;
mod repository;
mod revision;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::root::Root;
pub use base::Base;
pub use changed::{Changes, Since, changes, files_below, is_at_or_below};
pub use index::tracked;
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
    refuse_option(revision)?;
    bounded(root, revision, read_tree)
}

/// Finds the commit since which what a checkout has counts as added, and reads its known places:
/// `since`, else what [`Base`] says.
///
/// # Errors
/// As for [`read`].
pub fn read_base(root: &Root, since: Option<&str>) -> Result<(Base, Tree), String> {
    if let Some(since) = since {
        refuse_option(since)?;
    }
    let wanted = since.map(str::to_owned);
    let found = bounded(
        root,
        since.unwrap_or("HEAD"),
        move |root, name, progress| {
            with_base(root, name, wanted.as_deref(), progress, |old, _| {
                old.tree(root.layout)
            })
        },
    );
    found.map_err(without_baseline)
}

/// Reads the commit that a checkout is compared with: the one that is wanted, else what [`Base`] says.
fn with_base<T>(
    root: &Root,
    name: &str,
    wanted: Option<&str>,
    progress: &AtomicUsize,
    read: impl FnOnce(Revision<'_>, &Repository) -> Result<T, String>,
) -> Result<(Base, T), String> {
    let repository = open(root, name)?;
    let mut head = Revision::open(root, &repository, "HEAD", progress)?;
    let mut base = Base::find(&head, root.layout)?;
    if let Some(wanted) = wanted {
        wanted.clone_into(&mut base.revision);
    }
    let revision = base.revision.clone();
    let mut old = Revision::open(root, &repository, &revision, progress)?;
    base.compare_test_runner(&mut old, &mut head, &root.path)?;
    let found = read(old, &repository)?;
    Ok((base, found))
}

/// Returns a message without the advice to pass a baseline, which is of findings.
fn without_baseline(problem: String) -> String {
    let problem = problem.replace(", or pass `--baseline FILE`", "");
    problem.replace("; pass `--baseline FILE` instead", "")
}

fn refuse_option(revision: &str) -> Result<(), String> {
    match revision.starts_with('-') {
        true => Err(format!(
            "`{revision}` is no revision; pass a branch, a tag or a commit"
        )),
        false => Ok(()),
    }
}

/// Reads from a repository on a thread of its own, for as long as there is progress.
fn bounded<T: Send + 'static>(
    root: &Root,
    revision: &str,
    read: impl Fn(&Root, &str, &AtomicUsize) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = mpsc::channel();
    let progress = Arc::new(AtomicUsize::new(0));
    let (root, name, counter) = (root.clone(), revision.to_owned(), progress.clone());
    std::thread::Builder::new()
        .name("git".to_owned())
        .spawn(move || sender.send(read(&root, &name, &counter)))
        .map_err(|error| format!("git: `{revision}` cannot be read: {error}"))?;
    let mut before = 0;
    loop {
        let problem = match receiver.recv_timeout(STALL_TIMEOUT) {
            Ok(found) => return found.map_err(|problem| format!("git: {problem}")),
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
    let repository = open(root, revision)?;
    Revision::open(root, &repository, revision, progress)?.tree(root.layout)
}

/// Finds the repository of a checkout, once it is known that nothing in it blocks.
fn open(root: &Root, revision: &str) -> Result<Repository, String> {
    Repository::find(&root.path)
        .and_then(|repository| {
            let with_logs = revision.contains("@{");
            inspect::repository(&repository, with_logs)?;
            Ok(repository)
        })
        .map_err(|problem| format!("`{revision}` cannot be read: {problem}"))
}
