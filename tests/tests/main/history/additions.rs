//! Images that commits added.

use std::collections::BTreeSet;

use super::git_trees::{GitTrees, SCRIPTS};

/// An image that a commit added.
#[derive(Debug)]
pub(super) struct Addition {
    pub(super) image: String,
    pub(super) commit: String,
    pub(super) parent: String,
    /// Day of the commit.
    pub(super) day: String,
    /// Seconds since 1970.
    pub(super) time: u64,
    /// Other images of the same commit, before this one in order: it may be made after them.
    pub(super) beside: Vec<String>,
    /// Images of the distribution that the commit removed.
    pub(super) removed: Vec<String>,
}

impl Addition {
    /// Returns the distribution.
    pub(super) fn family(&self) -> &str {
        family(&self.image)
    }
}

/// Returns the distribution of an image.
fn family(image: &str) -> &str {
    image.split_once('-').map_or(image, |(family, _)| family)
}

/// Returns the images that commits of all branches added since a day, each once, by the first commit
/// that did. What came with the folder of all images was there before.
pub(super) fn additions(trees: &GitTrees, since: &str) -> Vec<Addition> {
    let below = format!("{SCRIPTS}/images/");
    let since = format!("--since={since}");
    let commits = trees.git(&[
        "log",
        "--all",
        "--reverse",
        &since,
        "--no-merges",
        "--no-renames",
        "--diff-filter=A",
        "--format=%ct %cs %H %P",
        "--",
        &below,
    ]);
    let mut commits: Vec<&str> = commits.lines().collect();
    commits.sort_unstable();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for line in commits {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // The first commit of all has no parent.
        let [time, day, commit, parent] = fields[..] else {
            continue;
        };
        let (before, after) = (trees.images(parent), trees.images(commit));
        if before.is_empty() {
            continue;
        }
        let added: Vec<&String> = after
            .iter()
            .filter(|(name, is_image)| **is_image && !before.contains_key(*name))
            .map(|(name, _)| name)
            .collect();
        let removed: Vec<&String> = before
            .keys()
            .filter(|name| !after.contains_key(*name))
            .collect();
        for image in &added {
            if !seen.insert((*image).clone()) {
                continue;
            }
            let is_before = |other: &&&String| *other < image;
            let is_own = |other: &&&String| family(other) == family(image);
            found.push(Addition {
                image: (*image).clone(),
                commit: commit.to_owned(),
                parent: parent.to_owned(),
                day: day.to_owned(),
                time: time.parse().unwrap(),
                beside: added.iter().filter(is_before).copied().cloned().collect(),
                removed: removed.iter().filter(is_own).copied().cloned().collect(),
            });
        }
    }
    found
}
