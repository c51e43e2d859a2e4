//! A long life of a server: random edits, saves, changes of the disk and requests. After each pause,
//! what it has published is what a fresh server with the same documents publishes.
//!
//! The ordinary tests live a short while, with the same seeds each time. `tests/long soak` goes on
//! until the time is up, and looks at the memory of the server, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkout::root::layout_of;
use image_scripts_ls_tests::checkout::{Checkout, copy, fixture};
use image_scripts_ls_tests::client::{Client, FileChange, Setup, requests_at};
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::random::Random;
use image_scripts_ls_tests::report::{Entry, published};
use model::{File, FileKind, Layout};
use serde_json::{Value, json};

const FIXTURE: &str = "contribution";

/// Files that are edited.
const FILES: [&str; 13] = [
    "image-scripts/images/debian-13/config.sh",
    "image-scripts/images/debian-13/build.sh",
    "image-scripts/images/ubuntu-26.10/config.sh",
    "image-scripts/images/alpine-3.24/config.sh",
    "image-scripts/images/alpine/config.sh",
    "image-scripts/images/new-1/config.sh",
    "image-scripts/include/common.sh",
    "image-scripts/include/debian.sh",
    "image-scripts/builders/fedora/config.sh",
    "os/configs/image-repository.nix",
    "os/configs/more.nix",
    "tests/distributions.nix",
    ".image-scripts.toml",
];

/// Directories that are moved, deleted and replaced.
const DIRECTORIES: [&str; 7] = [
    "image-scripts/images/debian-13",
    "image-scripts/images/debian-12",
    "image-scripts/images/new-1",
    "image-scripts/images/alpine-3.24",
    "image-scripts/builders/fedora",
    "image-scripts/include",
    "tests/suite",
];

/// Lines that matter.
const LINES: [&str; 20] = [
    ". \"$INCLUDE/systemd.sh\"",
    ". \"$INCLUDE/nothing.sh\"",
    "BUILDER=debian",
    "BUILDER=fedorra",
    "RELVER=9",
    "VARIANT=other",
    "run-configure",
    "configure-sistemd",
    "configure-append <<EOF\nsystemctl mask $unit\nEOF",
    "function configure-systemd { configure-append ; }",
    "# image-scripts: ignore[heredoc-expansion, undefined-helper] here",
    "# image-scripts: ignore-file[missing-repository-entry, competing-tag, end-of-life]",
    "      debian.\"14\" = { tags = [ \"latest\" ]; };",
    "    debian_14 = { distribution = \"debian\"; version = \"14\"; };",
    "[rules]\nunknown-builder = \"off\"",
    "  imports = [ ./more.nix ];",
    "{ services.osctl.image-repository.vpsadminos.images.new.\"1\" = { }; }",
    "if (",
    "x = ;",
    "",
];

const DAYS: [&str; 3] = ["2026-11-26", "2024-02-29", "2031-12-31"];

/// Document as the client has it.
#[derive(Clone)]
struct Document {
    path: &'static str,
    text: String,
    version: i64,
    /// Number of the last change, over all documents.
    changed: u64,
}

struct Life {
    checkout: Checkout,
    client: Client,
    random: Random,
    documents: BTreeMap<String, Document>,
    changes: u64,
    day: &'static str,
    /// Paths of which the client has not told.
    untold: Vec<String>,
    log: Vec<String>,
}

/// Starts a server on some day.
fn server(checkout: &Checkout, day: &str) -> Client {
    let setup = Setup::at(checkout).quiet().watching(true);
    let mut client = Client::spawn(program!());
    client.respond_always("client/registerCapability", Value::Null);
    // A checkout that went away is not watched until it is back.
    client.respond_always("client/unregisterCapability", Value::Null);
    client.allow("window/showMessage");
    client.allow("window/logMessage");
    client.allow_warning("");
    client.call("initialize", setup.params().clone());
    client.call("imageScripts/test/today", json!({ "today": day }));
    client.notify("initialized", json!({}));
    client.barrier();
    client
}

impl Life {
    fn new(seed: u64) -> Life {
        let checkout = Checkout::of(FIXTURE);
        let client = server(&checkout, DAYS[0]);
        Life {
            checkout,
            client,
            random: Random::new(seed),
            documents: BTreeMap::new(),
            changes: 0,
            day: DAYS[0],
            untold: Vec::new(),
            log: Vec::new(),
        }
    }

    fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
        let length = self.log.len();
        if length > 2_000 {
            self.log.drain(..1_000);
        }
    }

    /// Does something.
    fn step(&mut self) {
        match self.random.below(20) {
            0 | 1 => self.open(),
            2..=6 => self.edit(),
            7 | 8 => self.save(),
            9 => self.close(),
            10..=12 => self.write(),
            13 => self.replace_file(),
            14 => self.replace_directory(),
            15 => self.restore(),
            16 => self.tell(),
            17 => {
                self.day = DAYS[self.random.below(DAYS.len())];
                self.note(format!("day {}", self.day));
                let params = json!({ "today": self.day });
                self.client.call("imageScripts/test/today", params);
            }
            _ => self.request(),
        }
    }

    /// A text like another one.
    fn changed(&mut self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        let at = self.random.below(lines.len() + 1);
        match self.random.below(8) {
            0 if !lines.is_empty() => drop(lines.remove(at.min(lines.len() - 1))),
            1 if !lines.is_empty() => {
                let line = lines[self.random.below(lines.len())];
                lines.insert(at, line);
            }
            2 => lines.truncate(at),
            _ => lines.insert(at, LINES[self.random.below(LINES.len())]),
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn open(&mut self) {
        let path = *self.random.pick(&FILES);
        let url = self.checkout.url(path);
        if self.documents.contains_key(&url) {
            return;
        }
        let text = self.on_disk(path).unwrap_or_default();
        let text = match self.random.below(3) {
            0 => self.changed(&text),
            _ => text,
        };
        self.note(format!("open {path}"));
        self.client.open(&url, 1, &text);
        self.changes += 1;
        let document = Document {
            path,
            text,
            version: 1,
            changed: self.changes,
        };
        self.documents.insert(url, document);
    }

    /// The content of a file. Where a pipe is in its place, nobody would write to it.
    fn bytes_on_disk(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.checkout.path(path);
        path.is_file().then(|| fs::read(path).ok())?
    }

    fn on_disk(&self, path: &str) -> Option<String> {
        String::from_utf8(self.bytes_on_disk(path)?).ok()
    }

    /// One of the open documents.
    fn document(&mut self) -> Option<(String, Document)> {
        let at = self.random.below(self.documents.len());
        let (url, document) = self.documents.iter().nth(at)?;
        Some((url.clone(), document.clone()))
    }

    fn edit(&mut self) {
        let Some((url, mut document)) = self.document() else {
            return self.open();
        };
        document.text = match self.random.below(6) {
            // Back to what the disk has.
            0 => self.on_disk(document.path).unwrap_or_default(),
            _ => self.changed(&document.text),
        };
        document.version += 1;
        self.changes += 1;
        document.changed = self.changes;
        self.note(format!("edit {}", document.path));
        self.client.replace(&url, document.version, &document.text);
        self.documents.insert(url, document);
    }

    fn save(&mut self) {
        let Some((url, document)) = self.document() else {
            return;
        };
        if self.write_file(document.path, document.text.as_bytes()) {
            self.note(format!("save {}", document.path));
            self.client.save(&url);
        }
    }

    fn close(&mut self) {
        if let Some((url, document)) = self.document() {
            self.note(format!("close {}", document.path));
            self.client.close(&url);
            self.documents.remove(&url);
        }
    }

    /// Writes a file, where nothing else is in its place. Notes that the client has to tell of it.
    fn write_file(&mut self, path: &str, text: &[u8]) -> bool {
        let full = self.checkout.path(path);
        let fits = full.symlink_metadata().map_or(true, |meta| meta.is_file());
        let written = fits
            && full
                .parent()
                .is_some_and(|parent| fs::create_dir_all(parent).is_ok())
            && fs::write(full, text).is_ok();
        if written {
            self.tell_later(path);
        }
        written
    }

    fn tell_later(&mut self, path: &str) {
        // Who watches files sees the directory that has the file, whatever links lead to it.
        let full = self.checkout.path(path);
        let directory = full
            .parent()
            .and_then(|parent| fs::canonicalize(parent).ok());
        let real = directory
            .zip(full.file_name())
            .map(|(directory, name)| directory.join(name));
        let real = real
            .as_deref()
            .and_then(|real| real.strip_prefix(self.checkout.root()).ok());
        let real = real.and_then(Path::to_str).unwrap_or(path);
        self.untold.push(real.to_owned());
    }

    fn write(&mut self) {
        let path = *self.random.pick(&FILES);
        let before = self.bytes_on_disk(path).unwrap_or_default();
        let text = match self.random.below(8) {
            0 => Vec::new(),
            1 => b"\xff\xfe\n".to_vec(),
            2 => before[..self.random.below(before.len() + 1)].to_vec(),
            _ => self.changed(&String::from_utf8_lossy(&before)).into_bytes(),
        };
        if self.write_file(path, &text) {
            self.note(format!("write {path}"));
        }
    }

    /// Puts something else in the place of a file.
    fn replace_file(&mut self) {
        let path = *self.random.pick(&FILES);
        let full = self.checkout.path(path);
        if !full.parent().is_some_and(Path::is_dir) {
            return;
        }
        remove(&full);
        let kind = self.random.below(4);
        match kind {
            0 => {}
            1 => fs::create_dir(&full).unwrap(),
            2 => std::os::unix::fs::symlink("../debian-12/config.sh", &full).unwrap(),
            _ => {
                let made = Command::new("mkfifo").arg(&full).status().unwrap();
                assert!(made.success());
            }
        }
        self.note(format!("replace {path} by {kind}"));
        self.tell_later(path);
    }

    /// Moves or deletes a directory, or makes a link of it.
    fn replace_directory(&mut self) {
        let path = *self.random.pick(&DIRECTORIES);
        let full = self.checkout.path(path);
        let kind = self.random.below(4);
        match kind {
            0 => remove(&full),
            1 => {
                remove(&full);
                std::os::unix::fs::symlink("debian-12", &full).unwrap();
            }
            2 => {
                remove(&full);
                fs::write(&full, "").unwrap();
            }
            _ => {
                let other = *self.random.pick(&DIRECTORIES);
                let to = self.checkout.path(other);
                if to.starts_with(&full) || full.starts_with(&to) || !full.exists() {
                    return;
                }
                remove(&to);
                fs::rename(&full, &to).unwrap();
                self.note(format!("move {path} to {other}"));
                self.tell_later(other);
                return self.tell_later(path);
            }
        }
        self.note(format!("replace {path} by {kind}"));
        self.tell_later(path);
    }

    /// Puts a part of the checkout back.
    fn restore(&mut self) {
        let all: Vec<&str> = FILES.iter().chain(&DIRECTORIES).copied().collect();
        let path = *self.random.pick(&all);
        self.note(format!("restore {path}"));
        self.restore_path(path);
    }

    fn restore_path(&mut self, path: &str) {
        let (from, to) = (fixture(FIXTURE).join(path), self.checkout.path(path));
        if !to.parent().is_some_and(Path::is_dir) {
            return;
        }
        remove(&to);
        match from.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => {
                std::os::unix::fs::symlink(fs::read_link(from).unwrap(), to).unwrap();
            }
            Ok(meta) if meta.is_dir() => copy(&from, &to),
            Ok(_) => drop(fs::copy(from, to).unwrap()),
            Err(_) => {}
        }
        self.tell_later(path);
    }

    /// Tells of what has changed on the disk.
    fn tell(&mut self) {
        let untold = std::mem::take(&mut self.untold);
        let urls: Vec<String> = untold.iter().map(|path| self.checkout.url(path)).collect();
        let changes: Vec<(&str, FileChange)> = urls
            .iter()
            .map(|url| (url.as_str(), FileChange::Changed))
            .collect();
        if !changes.is_empty() {
            self.log.push(format!("tell {untold:?}"));
            self.client.files_changed(&changes);
        }
    }

    /// Requests something about some document, open or not.
    fn request(&mut self) {
        let path = *self.random.pick(&FILES);
        let url = self.checkout.url(path);
        let (line, character) = (self.random.below(60), self.random.below(30));
        let requests = requests_at(&url, line, character);
        let request = self.random.pick(&requests).clone();
        self.note(format!("{} at {path}:{line}:{character}", request.0));
        self.client.exercise(request);
    }

    /// Returns whether all texts parse that only the editor has, or that are one of several texts of
    /// a file.
    fn all_parse(&self) -> bool {
        let real = |path: &str| {
            let path = self.checkout.path(path);
            fs::canonicalize(&path).unwrap_or(path)
        };
        self.documents.iter().all(|(url, document)| {
            let file = real(document.path);
            let is_alone = self
                .documents
                .iter()
                .all(|(other, document)| other == url || real(document.path) != file);
            let is_saved = self.on_disk(document.path).as_ref() == Some(&document.text);
            (is_saved && is_alone) || parses(document)
        })
    }

    /// Compares what is published with what a fresh server publishes.
    fn pause(&mut self) {
        self.tell();
        // Half of what does not parse is saved like that.
        if !self.all_parse() && self.random.below(2) == 0 {
            for (url, document) in self.documents.clone() {
                if !parses(&document) && self.write_file(document.path, document.text.as_bytes()) {
                    self.note(format!("save {}", document.path));
                    self.client.save(&url);
                }
            }
            self.tell();
        }
        self.client.barrier();
        self.client.take_published();
        self.client.forget_infos();
        // What is no checkout any more stays open, and is not opened again.
        let is_checkout = layout_of(self.checkout.root()) == Some(Layout::Whole);
        if !self.all_parse() || !is_checkout {
            return;
        }
        let mut fresh = server(&self.checkout, self.day);
        let mut documents: Vec<(&String, &Document)> = self.documents.iter().collect();
        documents.sort_by_key(|(_, document)| document.changed);
        for (url, document) in documents {
            fresh.open(url, 1, &document.text);
        }
        fresh.barrier();
        let (lived, expected) = (published(&self.client), published(&fresh));
        fresh.finish();
        if lived != expected {
            let root = self.checkout.url("");
            let missing = |all: &[Entry], others: &[Entry]| -> String {
                let missing = all.iter().filter(|entry| !others.contains(entry));
                missing.map(|entry| shown(entry, &root)).collect()
            };
            let open = self.documents.values();
            let open = open.map(|document| (document.path, document.changed, &document.text));
            let kept = std::env::temp_dir().join("soak-failed");
            let from = self.checkout.root();
            let copied = Command::new("cp").arg("-a").args([from, &kept]).status();
            panic!(
                "{}\nthe checkout, as far as `cp` could copy it ({copied:?}): {kept:?}\nopen: {:?}\nonly the fresh server publishes:\n{}only this one publishes:\n{}",
                self.log.join("\n"),
                open.collect::<Vec<_>>(),
                missing(&expected, &lived),
                missing(&lived, &expected),
            );
        }
    }

    /// Closes all documents and puts everything back.
    fn begin_again(&mut self) {
        self.note("again");
        for url in std::mem::take(&mut self.documents).into_keys() {
            self.client.close(&url);
        }
        for path in DIRECTORIES.iter().chain(&FILES) {
            self.restore_path(path);
        }
        self.tell();
    }
}

fn shown(entry: &Entry, root: &str) -> String {
    let path = entry.url().strip_prefix(root).unwrap_or(entry.url());
    let (code, message) = (&entry.code, &entry.message);
    format!("  {path}: {code}: {message} {:?}\n", entry.related)
}

/// Returns whether a document does not have the facts of an older text, as far as it decides.
fn parses(document: &Document) -> bool {
    let kind = Layout::Whole.kind_of(document.path);
    let kind = kind.unwrap_or(FileKind::Other);
    let text: Arc<str> = Arc::from(document.text.as_str());
    let file = File::new(document.path.into(), kind, text, None);
    !file.is_stale()
        && !file
            .script()
            .is_some_and(|facts| facts.has_errors || facts.is_unfinished || facts.effects.refused)
}

/// Removes whatever is there.
fn remove(path: &Path) {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

fn live(seed: u64, pauses: usize) {
    let mut life = Life::new(seed);
    for _ in 0..pauses {
        for _ in 0..life.random.below(12) {
            life.step();
        }
        life.pause();
    }
    life.client.finish();
}

#[test]
fn a_short_life() {
    for seed in 0..3 {
        live(seed, 12);
    }
}

/// A number of the environment.
fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

fn minutes() -> Duration {
    Duration::from_secs(60 * environment("SOAK_MINUTES", 1))
}

/// The memory of a process, in KiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.unwrap().parse().unwrap()
}

fn median(numbers: &[u64]) -> u64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

#[test]
#[ignore = "it lives for minutes: see tests/long"]
fn many_short_lives() {
    let mut seed = environment("FIRST_SEED", 1_000);
    let end = Instant::now() + minutes();
    while Instant::now() < end {
        println!("seed {seed}");
        live(seed, 25);
        seed += 1;
    }
}

#[test]
#[ignore = "it lives for minutes: see tests/long"]
fn a_long_life() {
    let end = Instant::now() + minutes();
    let mut life = Life::new(environment("RANDOM_SEED", 7));
    let mut resident = Vec::new();
    let mut pauses = 0;
    while Instant::now() < end {
        life.client.wait_longer();
        for _ in 0..life.random.below(40) {
            life.step();
        }
        life.pause();
        pauses += 1;
        if pauses % 10 == 0 {
            life.begin_again();
            life.pause();
            resident.push(memory(life.client.process_id()));
        }
    }
    println!("{pauses} pauses, memory in KiB: {resident:?}");
    if let [_, second, _, last] = resident
        .chunks(resident.len().div_ceil(4).max(1))
        .collect::<Vec<_>>()[..]
    {
        let (before, after) = (median(second), median(last));
        println!("median of the second quarter {before} KiB, of the last {after} KiB");
        assert!(
            after * 100 <= before * 115,
            "memory grows: {before} to {after} KiB"
        );
    }
    life.client.finish();
}
