//! Files that are not replaced, and what a file keeps when it is.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use super::*;
use crate::apply::lock::{lock, lock_within};

fn edit(tree: &Tree) -> Vec<Edit> {
    vec![Edit::Text {
        file: tree.id("image-scripts/images/b/config.sh").unwrap(),
        range: TextRange::at(TextSize::from(2), TextSize::from(1)),
        new_text: "2".to_owned(),
    }]
}

#[test]
fn a_file_keeps_its_mode_and_its_attributes() {
    let disk = Disk::new("mode");
    let path = disk.0.join("image-scripts/images/b/config.sh");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let file = fs::File::open(&path).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    let large = [7; 5000];
    // Not every file system has them.
    let has_attributes = rustix::fs::fsetxattr(&file, "user.note", b"kept", flags).is_ok()
        && rustix::fs::fsetxattr(&file, "user.large", &large[..1000], flags).is_ok();
    apply(&disk.0, &disk.tree(), &edit(&disk.tree())).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "A=2\n");
    assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o640);
    if has_attributes {
        let mut value = [0; 2000];
        let length = rustix::fs::getxattr(&path, "user.note", &mut value).unwrap();
        assert_eq!(&value[..length], b"kept");
        let length = rustix::fs::getxattr(&path, "user.large", &mut value).unwrap();
        assert_eq!(length, 1000);
    }
}

#[test]
fn a_file_with_two_names_is_refused() {
    let disk = Disk::new("two");
    let path = disk.0.join("image-scripts/images/b/config.sh");
    fs::hard_link(&path, disk.0.join("second")).unwrap();
    let before = disk.state();
    let error = apply(&disk.0, &disk.tree(), &edit(&disk.tree())).unwrap_err();
    assert!(error.contains("it has 2 hard links"), "{error}");
    assert_eq!(disk.state(), before);
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let disk = Disk::new("fifo");
    let tree = disk.tree();
    let path = disk.0.join("image-scripts/images/b/config.sh");
    fs::remove_file(&path).unwrap();
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let error = apply(&disk.0, &tree, &edit(&tree)).unwrap_err();
    assert!(error.contains("no regular file"), "{error}");
    // One that would be copied.
    let copy = [Edit::Copy {
        from: images("b"),
        to: images("c"),
    }];
    let error = apply(&disk.0, &tree, &copy).unwrap_err();
    assert!(error.contains("no regular file"), "{error}");
}

#[test]
fn what_is_large_is_deleted_unread_and_never_copied() {
    let disk = Disk::new("large");
    let tree = disk.tree();
    let large = disk.0.join("image-scripts/images/a/data");
    let file = fs::File::create(&large).unwrap();
    // It has no blocks: to read it would take minutes, to copy it all of the disk.
    file.set_len(1 << 40).unwrap();
    let copy = [Edit::Copy {
        from: images("a"),
        to: images("c"),
    }];
    let before = disk.state();
    let error = apply(&disk.0, &tree, &copy).unwrap_err();
    assert!(error.contains("data: it has more than 16 MiB"), "{error}");
    assert_eq!(disk.state(), before);
    let delete = [Edit::DeleteDirectory { path: images("a") }];
    apply(&disk.0, &tree, &delete).unwrap();
    assert!(!large.exists());
}

#[test]
fn the_lock_says_who_has_it() {
    let disk = Disk::new("lock");
    let held = lock(&disk.0).unwrap();
    let error = lock_within(&disk.0, Duration::ZERO).unwrap_err();
    let me = format!("(process {})", std::process::id());
    assert!(error.contains(&me), "{error}");
    drop(held);
    lock_within(&disk.0, Duration::ZERO).unwrap();
}
