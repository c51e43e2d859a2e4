//! Changes that stop at each step, as when the process is killed, and what the next command makes
//! of them.

use super::*;
use crate::apply::recovery::recover;

/// Stages a change and takes its first steps; then everything stops.
fn stop_after(disk: &Disk, edits: &[Edit], steps: usize) -> Vec<JournalEntry> {
    let tree = disk.tree();
    let dir = open_root(&disk.0).unwrap();
    let mut staging = Staging::new(&dir).unwrap();
    let stager = Stager {
        root: &dir,
        staging: &mut staging,
        entries: Vec::new(),
    };
    let entries = stager.all(&tree, edits, &texts_by_file(edits)).unwrap();
    let journal = Journal {
        version: VERSION,
        entries,
    };
    staging.open_journal(&journal).unwrap();
    let folders = Folders {
        root: &dir,
        staging: &staging.dir,
    };
    for entry in journal.entries.iter().take(steps) {
        entry.apply(&folders).unwrap();
    }
    journal.entries
}

#[test]
fn what_stops_at_any_step_is_taken_back() {
    let count = {
        let disk = Disk::new("count");
        stop_after(&disk, &all_kinds(&disk.tree()), 0).len()
    };
    assert!(count > 6);
    for steps in 0..=count {
        let disk = Disk::new("stop");
        let before = disk.state();
        stop_after(&disk, &all_kinds(&disk.tree()), steps);
        assert_ne!(disk.state(), before);
        let messages = recover(&disk.0).unwrap();
        assert_eq!(messages, ["a change was interrupted: it was taken back"]);
        assert_eq!(disk.state(), before, "after {steps} steps");
        assert_eq!(recover(&disk.0).unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_change_waits_until_an_interrupted_one_is_taken_back() {
    let disk = Disk::new("waits");
    let edits = all_kinds(&disk.tree());
    stop_after(&disk, &edits, 3);
    let error = apply(&disk.0, &disk.tree(), &edits).unwrap_err();
    assert!(error.contains("a change was interrupted"), "{error}");
}

#[test]
fn a_folder_without_a_journal_is_removed() {
    let disk = Disk::new("early");
    let before = disk.state();
    let dir = open_root(&disk.0).unwrap();
    let mut staging = Staging::new(&dir).unwrap();
    staging.write(b"A=1\n").unwrap();
    let messages = recover(&disk.0).unwrap();
    assert!(messages[0].contains("removed, left by"), "{messages:?}");
    assert_eq!(disk.state(), before);
}

#[test]
fn a_folder_that_is_of_no_use_any_more_stops_nothing() {
    let disk = Disk::new("left");
    let dir = open_root(&disk.0).unwrap();
    Staging::new(&dir).unwrap().write(b"A=1\n").unwrap();
    let tree = disk.tree();
    apply(&disk.0, &tree, &all_kinds(&tree)).unwrap();
}

#[test]
fn what_was_saved_since_is_left_as_it_is() {
    let disk = Disk::new("since");
    let entries = stop_after(&disk, &all_kinds(&disk.tree()), usize::MAX);
    // A new file, a file with another text, and a path that was deleted.
    let new = disk.0.join("image-scripts/images/new/config.sh");
    let edited = disk.0.join("image-scripts/images/c/config.sh");
    let deleted = disk.0.join("image-scripts/images/a/deep");
    assert!(entries.len() > 6);
    for path in [&new, &edited, &deleted] {
        fs::write(path, "SAVED=1\n").unwrap();
    }
    let messages = recover(&disk.0).unwrap().join("\n");
    assert!(messages.contains("images/new/config.sh: it was saved in the meantime"));
    let edited = disk.0.join("image-scripts/images/b/config.sh");
    for path in [&new, &edited, &deleted] {
        assert_eq!(fs::read_to_string(path).unwrap(), "SAVED=1\n");
    }
    // What could not be put back is kept, where the message says.
    let kept = messages
        .lines()
        .find_map(|line| line.split("kept as ").nth(1));
    let kept = disk.0.join(kept.unwrap());
    assert_eq!(fs::read_to_string(kept.join("x")).unwrap(), "A=1\n");
}

#[test]
fn a_journal_that_comes_with_the_checkout_does_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let plant = |name: &str, mode: u32, entries: Vec<JournalEntry>| {
        let disk = Disk::new(name);
        fs::create_dir_all(disk.0.join(".git/hooks")).unwrap();
        let folder = disk.0.join(".image-scripts-ls-0");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("1"), "evil\n").unwrap();
        let journal = Journal {
            version: VERSION,
            entries,
        };
        let text = serde_json::to_vec(&journal).unwrap();
        fs::write(folder.join("journal"), text).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        disk
    };
    let delete = |path: &str| {
        vec![JournalEntry::Delete {
            path: path.into(),
            staged: 1,
            digest: Digest::of_file(b"evil\n"),
        }]
    };
    let planted = [
        // As git makes it.
        plant("planted", 0o755, delete("image-scripts/images/evil")),
        plant("hook", 0o700, delete(".git/hooks/post-checkout")),
        plant("outside", 0o700, delete("../evil")),
        plant("moved", 0o700, delete("notes.txt")),
        plant(
            "inner",
            0o700,
            delete("image-scripts/images/b/.GIT/hooks/x"),
        ),
        plant("absolute", 0o700, delete("/tmp/image-scripts-ls-evil")),
    ];
    for disk in planted {
        let before = disk.state();
        let error = recover(&disk.0).unwrap_err();
        assert!(error.contains("cannot be taken back"), "{error}");
        assert_eq!(disk.state(), before);
    }
    // Nor is a link on the way of one of its paths.
    for path in ["image-scripts/images/x/hooks/post-checkout", "os/x/hooks/y"] {
        let disk = plant("through", 0o700, delete(path));
        fs::create_dir_all(disk.0.join("os")).unwrap();
        symlink("../../.git", disk.0.join("image-scripts/images/x")).unwrap();
        symlink("../.git", disk.0.join("os/x")).unwrap();
        let kept = recover(&disk.0).unwrap().join("\n");
        assert!(kept.contains("is kept as"), "{kept}");
        assert_eq!(fs::read_dir(disk.0.join(".git/hooks")).unwrap().count(), 0);
    }
    // A link in place of the folder is not followed.
    let (disk, elsewhere) = (Disk::new("link"), Disk::new("led"));
    let closed = elsewhere.0.join("journal.closed");
    fs::write(closed, "").unwrap();
    fs::set_permissions(&elsewhere.0, fs::Permissions::from_mode(0o700)).unwrap();
    symlink(&elsewhere.0, disk.0.join(".image-scripts-ls-0")).unwrap();
    let before = elsewhere.state();
    assert!(recover(&disk.0).is_err());
    assert_eq!(elsewhere.state(), before);
}

#[test]
fn a_journal_that_cannot_be_written_changes_nothing() {
    let disk = Disk::new("unwritten");
    let before = disk.state();
    let dir = open_root(&disk.0).unwrap();
    let mut staging = Staging::new(&dir).unwrap();
    staging.write(b"A=1\n").unwrap();
    // Something is in the way of it.
    staging.dir.create_dir("journal").unwrap();
    let journal = Journal {
        version: VERSION,
        entries: Vec::new(),
    };
    assert!(staging.open_journal(&journal).is_err());
    staging.dir.remove_dir("journal").unwrap();
    staging.abandon().unwrap();
    assert_eq!(disk.state(), before);
}
