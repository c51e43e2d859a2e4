//! What the test runner left of the tests of images: whether the last one passed, and whether that was of
//! what the image reads now.
//!
//! A result is the runner's `test-result.txt`. The test began at the first time in `test-runner.log`; where
//! that has none, when its `config.json` was written. Something that was changed after
//! that may not have been tested. Each attempt begins a new log, and leaves its result at its end: where the log,
//! or what was collected after a failure, tells of an exception beside a result that says nothing of it, the
//! result is an earlier one. Results of the tests of rows are not looked at: these use published images, and
//! tell nothing of what an image reads now. Nothing in the state directory is trusted: little of it is read, no link
//! leads out of it, and it is not believed where it belongs to somebody else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustc_hash::{FxHashMap, FxHasher};
use serde_json::Value;
use smol_str::SmolStr;

use crate::beneath::{EntryKind, OpenError, RootDir};
use crate::text::text_of;
use analysis::Snapshot;
use container::BuildCache;
use container::tested::{Dependencies, TestState, Tested};
use model::{Image, test_runner};

/// The name of the directory, below that for temporary files.
const STATE_DIRECTORY: &str = "os-test-runner";

/// Beginning of the names of the directories of images' tests.
const OF_IMAGE: &str = "os-test-image-scripts__test__";

/// The runner's verdict, its log, the configuration that it made, and what it collects of the virtual machine
/// when a script of the test fails.
const VERDICT: &str = "test-result.txt";
const LOG: &str = "test-runner.log";
const CONFIGURATION: &str = "config.json";
const COLLECTED: &str = "machine-failure-diagnostics.log";

/// Beginning of what the log has of a script that failed.
const EXCEPTION: &[u8] = b"] Exception occurred while running script ";

/// The most bytes of these that are read.
const MAX_VERDICT: u64 = 64;
const MAX_LOG: u64 = 64 << 10;
const MAX_CONFIGURATION: u64 = 4 << 20;

/// Directories of tests that are looked at at most.
const MAX_DIRECTORIES: usize = 10_000;

/// The form of the times in a log.
const TIME: &str = "%Y-%m-%d %H:%M:%S %z";

/// A state directory of the test runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDirectory {
    path: PathBuf,
    /// Set if the user names it: what is in it is of the checkout at hand.
    is_chosen: bool,
}

impl Default for StateDirectory {
    fn default() -> StateDirectory {
        StateDirectory::new(None)
    }
}

impl StateDirectory {
    /// Returns the one that the user names, else the one that the test runner uses by itself.
    pub fn new(chosen: Option<&Path>) -> StateDirectory {
        let temporary = || {
            let folder = std::env::var_os("TMPDIR").filter(|folder| !folder.is_empty());
            folder.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
        };
        StateDirectory {
            path: chosen.map_or_else(|| temporary().join(STATE_DIRECTORY), Path::to_owned),
            is_chosen: chosen.is_some(),
        }
    }

    /// Returns a number that is another one when there are other results.
    pub fn fingerprint(&self) -> u64 {
        let Some((directory, _)) = self.open() else {
            return 0;
        };
        let mut results: Vec<_> = tests_in(&directory)
            .into_iter()
            .map(|name| {
                let written = directory.last_change(&format!("{name}/{VERDICT}"));
                (name, written.ok())
            })
            .collect();
        results.sort();
        BuildHasherDefault::<FxHasher>::default().hash_one(results)
    }

    /// Opens it; `None` if it is not there. Returns it with whether it may be believed.
    fn open(&self) -> Option<(RootDir, bool)> {
        let path = self.path.canonicalize().ok()?;
        let metadata = path.metadata().ok()?;
        let owner = metadata.uid();
        // The test runner needs to be root.
        let is_own = owner == 0 || owner == rustix::process::geteuid().as_raw();
        let directory = metadata.is_dir().then(|| RootDir::open(&path).ok())??;
        Some((directory, is_own || self.is_chosen))
    }
}

/// Returns the names of the directories of the tests of images, and of what is named alike.
fn tests_in(directory: &RootDir) -> BTreeSet<String> {
    let entries = directory.directory(".").and_then(|mut all| all.entries());
    let entries = entries.unwrap_or_default().into_iter();
    let directories = entries.filter(|entry| entry.kind == EntryKind::Directory);
    let names = directories.filter_map(|entry| entry.name.into_string().ok());
    let tests = names.filter(|name| name.starts_with(OF_IMAGE));
    tests.take(MAX_DIRECTORIES).collect()
}

/// How a test ended.
struct EndedTest {
    passed: bool,
    began: SystemTime,
    ended: SystemTime,
}

/// What there is of a test.
enum Found {
    Ended(EndedTest),
    /// Something that does not tell: why.
    Unclear(&'static str),
}

/// Knows the results of tests, and whether they are of what a checkout has now.
pub struct TestResults<'s> {
    snapshot: &'s Snapshot,
    builds: &'s BuildCache,
    /// Paths of files whose text may be another one than that on the disk.
    open: &'s [SmolStr],
    state: &'s StateDirectory,
    directory: Option<(RootDir, bool)>,
    /// Names of directories of tests.
    names: BTreeSet<String>,
    root: Option<RootDir>,
    changes: FxHashMap<SmolStr, Option<SystemTime>>,
}

impl<'s> TestResults<'s> {
    /// Looks into a state directory. `open` are the paths of the documents that are open in an editor.
    pub fn read(
        state: &'s StateDirectory,
        snapshot: &'s Snapshot,
        builds: &'s BuildCache,
        open: &'s [SmolStr],
    ) -> TestResults<'s> {
        let directory = state.open();
        let names = directory.as_ref().map(|(directory, _)| tests_in(directory));
        TestResults {
            snapshot,
            builds,
            open,
            state,
            names: names.unwrap_or_default(),
            root: directory
                .as_ref()
                .and_then(|_| RootDir::open(&snapshot.root).ok()),
            directory,
            changes: FxHashMap::default(),
        }
    }

    /// Returns the last test of each image that is wanted, by its name.
    pub fn of_images(&mut self, is_wanted: impl Fn(&SmolStr) -> bool) -> BTreeMap<SmolStr, Tested> {
        let images = self.snapshot.model.images.values();
        images
            .filter(|image| is_wanted(&image.name))
            .map(|image| (image.name.clone(), self.of_image(image)))
            .collect()
    }

    /// Returns the last test of an image.
    pub fn of_image(&mut self, image: &Image) -> Tested {
        let Some((directory, is_own)) = &self.directory else {
            return Tested::of(TestState::Never);
        };
        let name = self.directory_of(&image.name);
        let found = name.and_then(|name| Some((self.found(directory, name)?, name)));
        let Some((found, name)) = found else {
            return Tested::of(TestState::Never);
        };
        let logs = Some(self.state.path.join(name).display().to_string());
        let unclear = |why| Tested {
            why: Some(why),
            directory: logs.clone(),
            ..Tested::of(TestState::Unknown)
        };
        let run = match found {
            Found::Ended(run) if *is_own => run,
            Found::Ended(_) => return unclear("the results belong to another user"),
            Found::Unclear(why) => return unclear(why),
        };
        let view = self.snapshot.view();
        let Some(dependencies) = Dependencies::of(&view, image, self.builds) else {
            return unclear("it is not known what the image reads");
        };
        let changed = self.changed_since(&dependencies, run.began);
        Tested {
            state: match (changed.is_empty(), run.passed) {
                (false, _) => TestState::Older,
                (true, true) => TestState::Passed,
                (true, false) => TestState::Failed,
            },
            passed: Some(run.passed),
            ended: jiff::Timestamp::try_from(run.ended)
                .ok()
                .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            changed,
            directory: logs,
            why: None,
        }
    }

    /// Returns the directory of the test of an image. One that only looks alike is that of another test.
    fn directory_of(&self, image: &str) -> Option<&String> {
        let test = test_runner::image_test(image);
        self.names.get(&test_runner::state_directory(&test))
    }

    /// Returns the directory with the logs of the test of an image, if they were written since a time.
    pub fn logs_since(&self, image: &str, time: SystemTime) -> Option<PathBuf> {
        let (directory, _) = self.directory.as_ref()?;
        let name = self.directory_of(image)?;
        let change = directory.last_change(&format!("{name}/{LOG}")).ok()?;
        (change >= time).then(|| self.state.path.join(name))
    }

    /// Returns what there is of a test; `None` if there is nothing.
    fn found(&self, directory: &RootDir, name: &str) -> Option<Found> {
        let open = |file: &str| directory.file(&format!("{name}/{file}"));
        let result = match open(VERDICT) {
            Ok(result) => result,
            Err(OpenError::Io(_)) if open(LOG).is_ok() => {
                return Some(Found::Unclear("it has not come to an end"));
            }
            Err(_) => return None,
        };
        let Some(ended) = written(result.file.metadata().ok()) else {
            return Some(Found::Unclear("it has no time"));
        };
        let word = result.bytes(MAX_VERDICT).ok();
        let word = word.as_deref().map(<[u8]>::trim_ascii);
        let passed = match word {
            Some(b"expected_success" | b"unexpected_success") => true,
            Some(b"expected_failure" | b"unexpected_failure") => false,
            _ => return Some(Found::Unclear("its result is none that is known")),
        };
        let log = open(LOG).ok();
        let log = log.and_then(|log| {
            let mut bytes = Vec::new();
            log.file.take(MAX_LOG).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        });
        let log = log.unwrap_or_default();
        let first_time = first_time(&log);
        let configuration = open(CONFIGURATION).ok();
        let configured = configuration
            .as_ref()
            .and_then(|c| written(c.file.metadata().ok()));
        let Some(began) = first_time.or(configured) else {
            return Some(Found::Unclear("nothing says when it began"));
        };
        if began > ended {
            return Some(Found::Unclear("another one has begun since"));
        }
        if ended > SystemTime::now() {
            return Some(Found::Unclear("its result is of a time to come"));
        }
        let collected = open(COLLECTED).ok();
        let collected = collected.and_then(|c| written(c.file.metadata().ok()));
        let is_of_this = |(collected, began): (SystemTime, SystemTime)| collected >= began;
        let has_failed = log.windows(EXCEPTION.len()).any(|text| text == EXCEPTION)
            || collected.zip(first_time).is_some_and(is_of_this);
        // Where a failure is expected there is an exception, too.
        if has_failed && word == Some(b"expected_success") {
            return Some(Found::Unclear("its log tells of a failure"));
        }
        let configuration = configuration.and_then(|c| c.bytes(MAX_CONFIGURATION).ok());
        let configuration = configuration.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(why) = self.is_of_another(&configuration.unwrap_or_default()) {
            return Some(Found::Unclear(why));
        }
        Some(Found::Ended(EndedTest {
            passed,
            began,
            ended,
        }))
    }

    /// Returns why a test with a configuration may be that of another checkout.
    fn is_of_another(&self, configuration: &Value) -> Option<&'static str> {
        let mut shared = Vec::new();
        shared_folders(configuration, 0, &mut shared);
        let is_ours = |folder: &&Path| folder.starts_with(&self.snapshot.root);
        if shared.iter().any(is_ours) || self.state.is_chosen {
            return None;
        }
        let is_other = |folder: &&Path| {
            !folder.starts_with(&self.state.path) && !folder.starts_with("/nix/store")
        };
        if shared.iter().any(is_other) {
            return Some("it was of another checkout");
        }
        // The directory is that of all checkouts of a user.
        Some("nothing in it names its checkout: name the state directory if that is this one")
    }

    /// Returns the paths of what was changed since a time.
    fn changed_since(&mut self, dependencies: &Dependencies, began: SystemTime) -> Vec<SmolStr> {
        let mut changed = Vec::new();
        for path in &dependencies.paths {
            let is_newer = self.last_change(path).is_none_or(|change| change > began);
            if is_newer || self.differs_from_disk(path) {
                changed.push(path.clone());
            }
        }
        for path in &dependencies.missing {
            // It may have been deleted: then something is said by the directory that it was in.
            let around = Path::new(path.as_str()).ancestors().skip(1);
            let around = around
                .filter_map(Path::to_str)
                .filter(|path| !path.is_empty());
            let change = around
                .map(SmolStr::new)
                .find_map(|path| self.last_change(&path));
            if change.is_some_and(|change| change > began) {
                changed.push(path.clone());
            }
        }
        // What was deleted, or put in the place of something else, may be as old as it likes.
        for directory in directories_of(&dependencies.paths, self.snapshot.tree.layout.prefix()) {
            let is_below =
                |path: &SmolStr| Path::new(path.as_str()).starts_with(directory.as_str());
            let is_said = changed.iter().any(is_below);
            let change = self.last_change(&directory);
            if !is_said && change.is_none_or(|change| change > began) {
                changed.push(directory);
            }
        }
        changed
    }

    /// Returns when something was last changed; `None` if it is not there.
    fn last_change(&mut self, path: &SmolStr) -> Option<SystemTime> {
        if let Some(known) = self.changes.get(path) {
            return *known;
        }
        let change = self
            .root
            .as_ref()
            .and_then(|root| root.last_change(path).ok());
        self.changes.insert(path.clone(), change);
        change
    }

    /// Returns whether a file has another text in the editor.
    fn differs_from_disk(&self, path: &SmolStr) -> bool {
        if !self.open.contains(path) {
            return false;
        }
        let tree = &self.snapshot.tree;
        let text = tree
            .id(path)
            .and_then(|id| tree.file(id))
            .map(|file| &file.text);
        let on_disk = self
            .root
            .as_ref()
            .map(|root| text_of(path, root.file(path)));
        !matches!((text, on_disk), (Some(text), Some(Ok(on_disk))) if *text == on_disk)
    }
}

/// Returns when a file was last written.
fn written(metadata: Option<Metadata>) -> Option<SystemTime> {
    metadata?.modified().ok()
}

/// Returns the first time in a log: `[2026-11-27 21:18:03 +0100] …`.
fn first_time(log: &[u8]) -> Option<SystemTime> {
    let time_of = |line: &[u8]| {
        let line = std::str::from_utf8(line.get(..64).unwrap_or(line)).ok()?;
        let (time, _) = line.strip_prefix('[')?.split_once(']')?;
        let time = jiff::fmt::strtime::parse(TIME, time).ok()?;
        Some(SystemTime::from(time.to_timestamp().ok()?))
    };
    log.split(|byte| *byte == b'\n').find_map(time_of)
}

/// Returns the directories of some files, and those that these are in, within the scripts. Those of all
/// images and of all builders are left out: others come and go in them.
fn directories_of(paths: &BTreeSet<SmolStr>, prefix: &str) -> BTreeSet<SmolStr> {
    let all = paths.iter().flat_map(|path| {
        let around = Path::new(path.as_str()).ancestors().skip(1);
        around.filter_map(Path::to_str)
    });
    let is_meant = |directory: &&str| {
        let rest = directory.strip_prefix(prefix);
        rest.is_some_and(|rest| !rest.is_empty() && !["images", "builders"].contains(&rest))
            || (!directory.is_empty() && **directory == *prefix.trim_end_matches('/'))
    };
    all.filter(is_meant).map(SmolStr::new).collect()
}

/// The deepest value of a configuration that is looked at.
const MAX_DEPTH: usize = 16;

/// Collects the folders that the virtual machines of a configuration share with this one.
fn shared_folders<'v>(value: &'v Value, depth: usize, out: &mut Vec<&'v Path>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let ("sharedFileSystems", Value::Object(shared)) = (name.as_str(), field) {
                    let folders = shared.values().filter_map(Value::as_str).map(Path::new);
                    out.extend(folders.filter(|folder| folder.is_absolute()));
                } else {
                    shared_folders(field, depth + 1, out);
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| shared_folders(item, depth + 1, out)),
        _ => {}
    }
}
