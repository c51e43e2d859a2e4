//! Known paths of a checkout, and the use of the files there.

use super::is_editor_file;

/// Use of a file, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A bash script: image, include, builder, test or driver.
    Script,
    /// `os/configs/image-repository.nix`.
    Repository,
    /// Another Nix file beside it, which it may import.
    RepositoryModule,
    /// `tests/distributions.nix`.
    TestTable,
    /// `tests/all-tests.nix`, `tests/suite/**`.
    Suite,
    /// `.image-scripts.toml`.
    Settings,
    /// A file whose text is not read: an image's extra files, `abstract`.
    Other,
}

/// Layout of a checkout: the directories in which its files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `image-scripts/` beside `os/` and `tests/`.
    Whole,
    /// `image-scripts` as a repository of its own, as before May 2023: no Nix files.
    ScriptsOnly,
}

/// The path of the repository's file.
pub const REPOSITORY: &str = "os/configs/image-repository.nix";
/// The directory of the repository's file, and of the modules that it imports.
pub const CONFIGS: &str = "os/configs";
/// The path of the test table.
pub const TEST_TABLE: &str = "tests/distributions.nix";
/// The path of the list of tests.
pub const ALL_TESTS: &str = "tests/all-tests.nix";
/// The directory of the tests that may name a distribution themselves.
pub const SUITE: &str = "tests/suite";
/// Directories of the suite that are read, below its own one: deeper ones are not.
pub const MAX_SUITE_DEPTH: usize = 4;
/// The directories of scripts that lie in them directly, below [`Layout::prefix`].
pub const SCRIPT_DIRECTORIES: [&str; 3] = ["include", "tests", DRIVERS];
/// The directory of the scripts that run all others.
const DRIVERS: &str = "bin";
/// The scripts in [`DRIVERS`]: they have no extension.
const DRIVER_NAMES: [&str; 3] = ["config", "runner", "test"];
/// The path of the settings.
pub const SETTINGS: &str = ".image-scripts.toml";

impl Layout {
    /// Returns the path before `images/`, `include/`, ...: it ends in `/`, or is empty.
    pub fn prefix(self) -> &'static str {
        match self {
            Layout::Whole => "image-scripts/",
            Layout::ScriptsOnly => "",
        }
    }

    /// Returns the directory of `images/`, `include/`, ..., without a `/` at its end.
    pub fn scripts_directory(self) -> &'static str {
        self.prefix().trim_end_matches('/')
    }

    /// Returns whether a path is that of a script that runs all others: `bin/runner`.
    pub fn is_driver(self, path: &str) -> bool {
        let parts = path.strip_prefix(self.prefix());
        let parts = parts.and_then(|path| path.split_once('/'));
        parts.is_some_and(|(directory, name)| directory == DRIVERS && DRIVER_NAMES.contains(&name))
    }

    /// Returns the use of a file at `path`; `None` if the path is not known, or that of a file which
    /// an editor keeps for itself.
    pub fn kind_of(self, path: &str) -> Option<FileKind> {
        if is_editor_file(path) {
            return None;
        }
        if path == SETTINGS {
            return Some(FileKind::Settings);
        }
        if self == Layout::Whole {
            match path {
                REPOSITORY => return Some(FileKind::Repository),
                TEST_TABLE => return Some(FileKind::TestTable),
                ALL_TESTS => return Some(FileKind::Suite),
                _ if path
                    .strip_prefix(SUITE)
                    .is_some_and(|rest| rest.starts_with('/')) =>
                {
                    return path.ends_with(".nix").then_some(FileKind::Suite);
                }
                _ if is_module(path) => return Some(FileKind::RepositoryModule),
                _ => {}
            }
        }
        let mut names = path.strip_prefix(self.prefix())?.splitn(4, '/');
        match (names.next()?, names.next()?, names.next(), names.next()) {
            ("images" | "builders", _, Some(file), None) => Some(if file.ends_with(".sh") {
                FileKind::Script
            } else {
                FileKind::Other
            }),
            ("include" | "tests", file, None, None) if file.ends_with(".sh") => {
                Some(FileKind::Script)
            }
            (DRIVERS, ..) if self.is_driver(path) => Some(FileKind::Script),
            _ => None,
        }
    }
}

/// Returns whether a path is that of a Nix file beside the repository's own.
fn is_module(path: &str) -> bool {
    let name = path
        .strip_prefix(CONFIGS)
        .and_then(|rest| rest.strip_prefix('/'));
    name.is_some_and(|name| name.ends_with(".nix") && !name.contains('/'))
}
