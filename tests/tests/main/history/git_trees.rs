//! Trees of a repository: what is in them, and copies of what the program reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::command::{git, output_of};

use super::additions::Addition;

/// The file with the entries of images.
pub(super) const REPOSITORY: &str = "os/configs/image-repository.nix";

/// The folder of the scripts.
pub(super) const SCRIPTS: &str = "image-scripts";

/// Everything that the program looks at beside the scripts.
const OTHERS: [&str; 5] = [
    "os/configs",
    "os/lib/nixos-container",
    "osctld/lib/osctld/dist_config",
    "docs",
    "tests",
];

/// A repository of git.
pub(super) struct GitTrees {
    folder: PathBuf,
}

impl GitTrees {
    pub(super) fn new(folder: &Path) -> GitTrees {
        GitTrees {
            folder: folder.to_owned(),
        }
    }

    /// Runs git. Returns standard output.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        git(&self.folder, arguments)
    }

    /// Returns the paths of a commit that are there.
    fn existing<'p>(&self, commit: &str, paths: &[&'p str]) -> Vec<&'p str> {
        let listed = self.git(&[&["ls-tree", "--name-only", commit, "--"], paths].concat());
        let listed: BTreeSet<&str> = listed.lines().collect();
        let paths = paths.iter().copied();
        paths.filter(|path| listed.contains(path)).collect()
    }

    pub(super) fn has_repository(&self, commit: &str) -> bool {
        !self.existing(commit, &[REPOSITORY]).is_empty()
    }

    /// Returns the commit whose repository an image was entered in: the one before it, or, while the
    /// scripts had a repository of git of their own, the newest one of all branches.
    pub(super) fn repository_before(&self, addition: &Addition) -> Option<String> {
        if self.has_repository(&addition.parent) {
            return Some(addition.parent.clone());
        }
        let before = format!("--before={}", addition.time);
        let newest = self.git(&[
            "log",
            "--all",
            &before,
            "--max-count=1",
            "--format=%H",
            "--",
            REPOSITORY,
        ]);
        let newest = newest.trim();
        (!newest.is_empty()).then(|| newest.to_owned())
    }

    /// Copies the scripts of a commit into a folder.
    pub(super) fn export_scripts(&self, commit: &str, folder: &Path) {
        self.export(commit, &[SCRIPTS], folder);
    }

    /// Copies what a commit has beside the scripts into a folder.
    pub(super) fn export_others(&self, commit: &str, folder: &Path) {
        self.export(commit, &OTHERS, folder);
    }

    fn export(&self, commit: &str, paths: &[&str], folder: &Path) {
        let paths = self.existing(commit, paths);
        if paths.is_empty() {
            return;
        }
        let archive = folder.join("export.tar");
        let output = format!("--output={}", archive.display());
        self.git(&[&["archive", "--format=tar", &output, commit, "--"], &*paths].concat());
        let mut tar = Command::new("tar");
        tar.arg("-xf").arg(&archive).arg("-C").arg(folder);
        output_of(&mut tar, "", "apt-get install tar").ok();
        fs::remove_file(archive).unwrap();
    }

    /// Returns the names below `images` of a commit, each with whether it is an image.
    pub(super) fn images(&self, commit: &str) -> BTreeMap<String, bool> {
        let below = format!("{SCRIPTS}/images/");
        let listed = self.git(&["ls-tree", "-r", commit, "--", &below]);
        let mut images = BTreeMap::new();
        for line in listed.lines() {
            let path = line.split_once('\t').map(|(_, path)| path);
            let path = path.and_then(|path| path.strip_prefix(&below)).unwrap();
            let (name, file) = path.split_once('/').unwrap_or((path, ""));
            let is_image = images.entry(name.to_owned()).or_insert(true);
            *is_image &= file != "abstract" && (!file.is_empty() || line.starts_with("120000"));
        }
        images
    }

    /// Returns the lines that a commit took from the includes, or added to them.
    pub(super) fn changed_include_lines(&self, parent: &str, commit: &str) -> Vec<String> {
        let below = format!("{SCRIPTS}/include/");
        let patch = self.git(&["diff", "--unified=0", parent, commit, "--", &below]);
        let lines = patch.lines().filter(|line| line.starts_with(['+', '-']));
        lines.map(|line| line[1..].to_owned()).collect()
    }
}
