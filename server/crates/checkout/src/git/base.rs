//! The commit since which what a checkout has counts as added, and what else git knows that
//! decides how a change is tested.

use std::path::Path;

use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository as GixRepository};

use super::revision::{Resolved, Revision};
use crate::beneath::RootDir;
use model::Layout;

/// Folders of the programs that run tests.
const TEST_RUNNER: [&str; 2] = ["osvm", "test-runner"];
/// Levels of folders in them that are read.
const MAX_DEPTH: usize = 12;
/// Larger files of them are not compared.
const MAX_FILE: u64 = 16 << 20;
/// Commits that are gone through at most, for the first one that has images.
const MAX_COMMITS: usize = 100_000;

/// The commit since which what a checkout has counts as added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The commit.
    pub revision: String,
    /// Set when the programs that run tests are not as that commit has them.
    pub changed_test_runner: bool,
    /// Folder of hooks, where the repository's settings name one.
    pub hooks: Option<String>,
}

impl Base {
    /// Finds the merge base with the upstream branch; without one, the last commit that is on
    /// another branch; without those, the first commit that has images.
    pub(super) fn find(head: &Revision<'_>, layout: Layout) -> Result<Base, String> {
        let failed = |error: &gix::Error| {
            let reason = error.to_string();
            let first = reason.lines().next().unwrap_or_default().to_owned();
            format!("the branches cannot be read: {first}; see what `git fsck` says")
        };
        let repository = head.repository().clone();
        let tip = repository
            .head_id()
            .map_err(|error| failed(&error))?
            .detach();
        let tips = other_tips(&repository).map_err(|error| failed(&error))?;
        let bases = match tips.is_empty() {
            true => Vec::new(),
            false => repository
                .merge_bases_many(tip, &tips)
                .map_err(|error| failed(&error))?,
        };
        let base = match bases.first() {
            Some(base) => base.detach(),
            None => {
                let images = head.full(&format!("{}images", layout.prefix()));
                first_with_images(&repository, tip, &images)
            }
        };
        let hooks = repository.config_snapshot().string("core.hooksPath");
        Ok(Base {
            revision: base.to_string(),
            changed_test_runner: false,
            hooks: hooks.map(|path| path.to_string()),
        })
    }

    /// Compares the programs that run tests, as the disk and the present commit have them, with
    /// those of the base, which `revision` is.
    pub(super) fn compare_test_runner(
        &mut self,
        revision: &mut Revision<'_>,
        head: &mut Revision<'_>,
        root: &Path,
    ) -> Result<(), String> {
        let Ok(disk) = RootDir::open(root) else {
            return Ok(());
        };
        for folder in TEST_RUNNER {
            let (old, now) = (revision.resolve(folder)?, head.resolve(folder)?);
            let (Resolved::Directory(old), Resolved::Directory(now)) = (old, now) else {
                continue;
            };
            if old != now || differs(revision, &disk, old, folder, 0)? {
                self.changed_test_runner = true;
            }
        }
        Ok(())
    }
}

/// Returns the commits of the upstream branch; without one, those of all other branches.
fn other_tips(repository: &GixRepository) -> Result<Vec<ObjectId>, gix::Error> {
    let own = repository.head_name()?;
    let upstream = own.as_ref().and_then(|own| {
        // The library takes no remotes from the settings of somebody who is not trusted. Only a
        // name is wanted here.
        let short = own.shorten().to_string();
        let config = repository.config_snapshot();
        let remote = config.string(format!("branch.{short}.remote").as_str())?;
        let branch = config
            .string(format!("branch.{short}.merge").as_str())?
            .to_string();
        let name = branch.strip_prefix("refs/heads/")?;
        Some(match remote.to_string().as_str() {
            "." => branch.clone(),
            remote => format!("refs/remotes/{remote}/{name}"),
        })
    });
    if let Some(upstream) = upstream
        && let Ok(Some(mut reference)) = repository.try_find_reference(upstream.as_str())
    {
        return Ok(vec![reference.peel_to_id()?.detach()]);
    }
    let platform = repository.references()?;
    let branches = platform
        .local_branches()?
        .chain(platform.remote_branches()?);
    // One that cannot be read is as good as none.
    let others = branches
        .flatten()
        .filter(|branch| own.as_ref().is_none_or(|own| branch.name() != own.as_ref()));
    let tips = others.filter_map(|mut branch| Some(branch.peel_to_id().ok()?.detach()));
    Ok(tips.collect())
}

/// Returns the first commit that has images, and that only commits with images follow.
fn first_with_images(repository: &GixRepository, tip: ObjectId, images: &str) -> ObjectId {
    let walk = repository.rev_walk([tip]).first_parent_only().all();
    let commits = walk.into_iter().flatten().flatten().take(MAX_COMMITS);
    let mut first = tip;
    for commit in commits.map(|info| info.id) {
        let tree = repository.find_commit(commit).and_then(|c| c.tree());
        let found = tree.and_then(|tree| tree.lookup_entry_by_path(images));
        if !matches!(found, Ok(Some(_))) {
            break;
        }
        first = commit;
    }
    first
}

/// Returns whether the disk has other files in a folder than a revision.
fn differs(
    revision: &mut Revision<'_>,
    disk: &RootDir,
    folder: ObjectId,
    path: &str,
    depth: usize,
) -> Result<bool, String> {
    if depth > MAX_DEPTH {
        return Ok(false);
    }
    let entries = revision.entries(folder, &revision.full(path))?;
    for entry in entries.iter() {
        revision.count_entry()?;
        let path = format!("{path}/{}", entry.name);
        let is_other = match entry.kind {
            EntryKind::Tree => differs(revision, disk, entry.id, &path, depth + 1)?,
            EntryKind::Blob | EntryKind::BlobExecutable => {
                let now = disk.file(&path).and_then(|file| Ok(file.bytes(MAX_FILE)?));
                match now {
                    Ok(now) => revision
                        .blob(entry.id, &path)?
                        .is_some_and(|old| old != now),
                    Err(error) => error.is_missing(),
                }
            }
            EntryKind::Link | EntryKind::Commit => false,
        };
        if is_other {
            return Ok(true);
        }
    }
    Ok(false)
}
