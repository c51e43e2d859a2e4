//! Saves by an editor while a change is made: none of them is lost.

use std::time::{Duration, Instant};

use super::*;
use crate::apply::journal::Undone;

/// A replacement that is staged, with the file that it replaces.
struct Replacing {
    disk: Disk,
    root: Dir,
    entry: JournalEntry,
    staging: PathBuf,
}

impl Replacing {
    fn new() -> Replacing {
        let disk = Disk::new("replacing");
        let root = open_root(&disk.0).unwrap();
        let mut staging = Staging::new(&root).unwrap();
        let path = images("b/config.sh");
        let staged = staging.write_like(&path, b"A=2\n").unwrap();
        let entry = JournalEntry::Replace {
            path,
            staged,
            before: Digest::of_file(b"A=1\n"),
            after: Digest::of_file(b"A=2\n"),
        };
        let staging = disk.0.join(staging.name());
        Replacing {
            disk,
            root,
            entry,
            staging,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&JournalEntry, &Folders<'_>) -> T) -> T {
        let staging = Dir::open_ambient_dir(&self.staging, ambient_authority()).unwrap();
        let folders = Folders {
            root: &self.root,
            staging: &staging,
        };
        act(&self.entry, &folders)
    }

    fn file(&self) -> PathBuf {
        self.disk.0.join(images("b/config.sh").as_str())
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }
}

#[test]
fn a_save_before_the_exchange_is_put_back() {
    let replacing = Replacing::new();
    fs::write(replacing.file(), "SAVED=1\n").unwrap();
    let error = replacing.with(|entry, folders| entry.apply(folders));
    assert!(error.is_err());
    let undone = replacing.with(|entry, folders| entry.take_back(folders));
    assert_eq!(undone.unwrap(), Undone::Whole);
    assert_eq!(replacing.text(), "SAVED=1\n");
}

#[test]
fn a_save_after_the_exchange_stays() {
    let replacing = Replacing::new();
    replacing
        .with(|entry, folders| entry.apply(folders))
        .unwrap();
    fs::write(replacing.file(), "SAVED=1\n").unwrap();
    replacing
        .with(|entry, folders| entry.check(folders))
        .unwrap();
    let undone = replacing.with(|entry, folders| entry.take_back(folders));
    let path = images("b/config.sh");
    assert_eq!(undone.unwrap(), Undone::LeftAsSaved(path));
    assert_eq!(replacing.text(), "SAVED=1\n");
}

#[test]
fn a_save_into_the_file_that_was_replaced_is_seen() {
    use std::io::Write;
    let replacing = Replacing::new();
    // An editor has it open.
    let mut open = fs::OpenOptions::new()
        .append(true)
        .open(replacing.file())
        .unwrap();
    replacing
        .with(|entry, folders| entry.apply(folders))
        .unwrap();
    open.write_all(b"SAVED=1\n").unwrap();
    assert!(
        replacing
            .with(|entry, folders| entry.check(folders))
            .is_err()
    );
    let undone = replacing.with(|entry, folders| entry.take_back(folders));
    assert_eq!(undone.unwrap(), Undone::Whole);
    assert_eq!(replacing.text(), "A=1\nSAVED=1\n");
}

#[test]
fn two_saves_around_the_exchange_are_both_kept() {
    let replacing = Replacing::new();
    fs::write(replacing.file(), "FIRST=1\n").unwrap();
    assert!(
        replacing
            .with(|entry, folders| entry.apply(folders))
            .is_err()
    );
    fs::write(replacing.file(), "SECOND=1\n").unwrap();
    let undone = replacing.with(|entry, folders| entry.take_back(folders));
    assert_eq!(undone.unwrap(), Undone::Kept(images("b/config.sh"), 1));
    assert_eq!(replacing.text(), "SECOND=1\n");
    assert_eq!(
        fs::read_to_string(replacing.staging.join("1")).unwrap(),
        "FIRST=1\n"
    );
}

/// Saves a file once while each of some changes is made to it, at a moment that moves. At the end of
/// a change the file has the text that was saved, or what the change made of that.
fn saves(name: &str, changes: u32, save: impl Fn(&Path, &str) + Sync) {
    let disk = Disk::new(name);
    let path = disk.0.join(images("b/config.sh").as_str());
    let mut made = 0;
    let mut longest = Duration::from_millis(1);
    for number in 0..changes {
        fs::write(&path, "A=old\n").unwrap();
        let tree = disk.tree();
        let edits = [Edit::Text {
            file: tree.id(&images("b/config.sh")).unwrap(),
            range: TextRange::at(TextSize::from(0), TextSize::from(1)),
            new_text: "B".to_owned(),
        }];
        let text = format!("A={number}\n");
        // Golden sections fall everywhere in the time that a change takes.
        let moment = longest.mul_f64(f64::from(number) * 0.618_034 % 1.0);
        let started = Instant::now();
        let (applied, elapsed) = std::thread::scope(|scope| {
            scope.spawn(|| {
                while started.elapsed() < moment {
                    std::hint::spin_loop();
                }
                save(&path, &text);
            });
            let applied = apply(&disk.0, &tree, &edits);
            (applied, started.elapsed())
        });
        longest = elapsed;
        let now = fs::read_to_string(&path).unwrap();
        assert_eq!(now, text, "save {number}: {applied:?}");
        made += u32::from(applied.is_ok());
    }
    // The moments were before and after the change was made.
    assert!(made > 0 && made < changes, "{made} of {changes}");
}

#[test]
fn saves_in_place_are_never_lost() {
    saves("in-place", number_of_saves(), |path, text| {
        fs::write(path, text).unwrap();
    });
}

#[test]
fn saves_by_renaming_are_never_lost() {
    saves("by-renaming", number_of_saves(), |path, text| {
        let beside = path.with_extension("new");
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, path).unwrap();
    });
}

/// How often the long form saves: `tests/long saves` sets it.
fn number_of_saves() -> u32 {
    let wanted = std::env::var("IMAGE_SCRIPTS_LS_SAVES").ok();
    wanted.map_or(60, |number| number.parse().unwrap())
}
