//! `check --since`: the revisions that it finds and the repositories that it reads, made by the
//! real git; and what it says of those that it cannot read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder, copy, fixture};
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::program;

const CONFIG: &str = "image-scripts/images/debian-13/config.sh";

/// `check --since` in a folder. A program that hangs has the status 124.
fn since(folder: &Path, revision: &str) -> Output {
    let mut command = Command::new("timeout");
    command
        .args(["20", program!(), "check", "--no-bash"])
        .args(["--format", "concise", "--fail-on", "hint"])
        .args(["--today", "2026-11-01", "--since", revision])
        .current_dir(folder)
        .env("NO_COLOR", "1");
    output_of(&mut command, "", "apt-get install coreutils")
}

/// Asserts that nothing is new since a revision.
fn assert_same(folder: &Path, revision: &str) {
    let output = since(folder, revision);
    let shown = (
        output.status,
        output.stdout.as_str(),
        output.stderr.as_str(),
    );
    assert_eq!(shown, (0, "", ""), "{revision}");
}

/// Asserts that a revision cannot be read, with a message of one line.
fn assert_refused(folder: &Path, revision: &str, messages: &[&str]) {
    let output = since(folder, revision);
    assert_eq!(output.status, 2, "{revision}: {output:?}");
    assert_eq!(output.stdout, "");
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    for message in ["git: ", revision].iter().chain(messages) {
        assert!(
            output.stderr.contains(message),
            "{message}: {}",
            output.stderr
        );
    }
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    let options = ["commit", "--quiet", "--allow-empty", "--message", message];
    git(folder, &options);
}

/// A checkout with findings in a repository of one commit.
fn repository() -> Checkout {
    let checkout = Checkout::of("contribution");
    // A file like no other, so that its object is of that path alone.
    checkout.edit(CONFIG, "BUILDER=", "# One of its own.\nBUILDER=");
    git(checkout.root(), &["init", "--quiet"]);
    commit(checkout.root(), "first");
    checkout
}

/// The file of a loose object.
fn object_file(folder: &Path, name: &str) -> PathBuf {
    let id = git(folder, &["rev-parse", name]);
    let (start, rest) = id.trim().split_at(2);
    folder.join(".git/objects").join(start).join(rest)
}

fn fifo(path: &Path) {
    let _ = fs::remove_file(path);
    output_of(
        Command::new("mkfifo").arg(path),
        "",
        "apt-get install coreutils",
    )
    .ok();
}

#[test]
fn every_name_of_a_revision() {
    let checkout = repository();
    let root = checkout.root();
    for message in ["second", "third", "fourth"] {
        commit(root, message);
    }
    git(root, &["tag", "light", "HEAD~1"]);
    git(root, &["tag", "--annotate", "--message", "x", "heavy"]);
    git(
        root,
        &["tag", "--annotate", "--message", "x", "heavier", "heavy"],
    );
    git(root, &["branch", "topic/one", "HEAD~2"]);
    let full = git(root, &["rev-parse", "HEAD"]);
    let short = git(root, &["rev-parse", "--short", "HEAD"]);
    let names = [
        "HEAD",
        "@",
        "main",
        "heads/main",
        "refs/heads/main",
        "topic/one",
        "light",
        "heavy",
        "heavier",
        "HEAD~3",
        "HEAD^",
        "HEAD^^",
        "heavier^{commit}",
        "HEAD^{tree}",
        "main@{1}",
        "@{1}",
        "HEAD@{2}",
        ":/second",
        full.trim(),
        short.trim(),
    ];
    for name in names {
        assert_same(root, name);
    }
    git(root, &["gc", "--quiet"]);
    assert!(checkout.path(".git/packed-refs").is_file());
    for name in names {
        assert_same(root, name);
    }
    for name in [
        "nope",
        "HEAD~4",
        "HEAD^2",
        "main@{9}",
        "0123456",
        "main..topic/one",
        "",
    ] {
        assert_refused(root, name, &["pass a branch, a tag or a commit"]);
    }
    assert_refused(root, &format!("HEAD:{CONFIG}"), &["is a file"]);
}

#[test]
fn what_is_new_is_found_wherever_the_objects_are() {
    let checkout = repository();
    let root = checkout.root();
    commit(root, "second");
    let folder = Folder::new();
    let (path, source) = (folder.path(), root.to_str().unwrap());
    git(path, &["clone", "--quiet", "--shared", source, "shared"]);
    let url = format!("file://{source}");
    git(path, &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    git(
        root,
        &[
            "worktree",
            "add",
            "--quiet",
            path.join("linked").to_str().unwrap(),
        ],
    );
    git(path, &["init", "--quiet", "around"]);
    let around = path.join("around");
    let allow = "protocol.file.allow=always";
    git(
        &around,
        &["-c", allow, "submodule", "--quiet", "add", source, "module"],
    );
    copy(&fixture("contribution"), &around.join("one/two"));
    commit(&around, "first");
    for name in [
        "shared",
        "shallow",
        "linked",
        "around/module",
        "around/one/two",
    ] {
        let folder = path.join(name);
        assert_same(&folder, "HEAD");
        let config = fs::read_to_string(folder.join(CONFIG)).unwrap();
        let config = config.replace("BUILDER=", "BUILDER=x");
        fs::write(folder.join(CONFIG), config).unwrap();
        let output = since(&folder, "HEAD");
        assert_eq!(output.stdout.lines().count(), 1, "{name}: {output:?}");
        assert!(
            output.stdout.contains("[unknown-builder]"),
            "{name}: {output:?}"
        );
    }
    assert_refused(&path.join("shallow"), "HEAD~1", &["git fetch --unshallow"]);
    // The checkout was not there yet.
    commit(&around, "second");
    git(&around, &["rm", "-r", "--quiet", "one"]);
    commit(&around, "third");
    copy(&fixture("contribution"), &around.join("one/two"));
    let output = since(&around.join("one/two"), "HEAD");
    assert_eq!(output.status, 1, "{output:?}");
    // The settings of a linked worktree's own.
    git(root, &["config", "extensions.worktreeConfig", "true"]);
    git(
        &path.join("linked"),
        &["config", "--worktree", "core.bare", "false"],
    );
    assert_eq!(since(&path.join("linked"), "HEAD").status, 1);
}

#[test]
fn a_missing_or_damaged_object_is_an_error_that_names_the_path() {
    for (object, message) in [
        (format!("HEAD:{CONFIG}"), CONFIG),
        (
            "HEAD:image-scripts/images".to_owned(),
            "`image-scripts/images`",
        ),
        ("HEAD:os/configs".to_owned(), "`os/configs`"),
        ("HEAD^{tree}".to_owned(), "the top directory"),
        ("HEAD".to_owned(), "HEAD"),
    ] {
        let checkout = repository();
        let root = checkout.root();
        let file = object_file(root, &object);
        let whole = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let advice: &[&str] = match object.as_str() {
            "HEAD" => &["could not be found", "git fsck"],
            _ => &["is missing", "git fetch --refetch"],
        };
        assert_refused(root, "HEAD", &[&[message], advice].concat());
        let half = &whole[..whole.len() / 2];
        for bytes in [&b""[..], half, b"not an object of git"] {
            fs::write(&file, bytes).unwrap();
            assert_refused(root, "HEAD", &[message, "git fsck"]);
        }
        fs::remove_file(&file).unwrap();
        fifo(&file);
        assert_refused(root, "HEAD", &["is a FIFO"]);
    }
    // What is not among the known places may be missing.
    let checkout = repository();
    checkout.write("docs/large", "large\n");
    commit(checkout.root(), "second");
    let files = ["HEAD:docs/large", "HEAD:docs"].map(|name| object_file(checkout.root(), name));
    for file in files {
        fs::remove_file(file).unwrap();
    }
    assert_same(checkout.root(), "HEAD");
}

#[test]
fn repositories_that_cannot_be_read() {
    let checkout = Checkout::of("contribution");
    let root = checkout.root();
    assert_refused(root, "HEAD", &["is in no git repository", "--baseline"]);
    for (option, message) in [
        ("--ref-format=reftable", "refstorage = reftable"),
        ("--object-format=sha256", "sha256"),
    ] {
        let checkout = Checkout::of("contribution");
        git(checkout.root(), &["init", "--quiet", option]);
        commit(checkout.root(), "first");
        assert_refused(checkout.root(), "HEAD", &[message]);
    }
    let checkout = repository();
    let root = checkout.root();
    // Written by hand: git does not touch what it does not know.
    let config = |settings: &str| checkout.write(".git/config", settings);
    config("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tfancy = true\n");
    assert_refused(root, "HEAD", &["`fancy = true`", "--baseline"]);
    config("[core]\n\trepositoryFormatVersion = 7\n");
    assert_refused(root, "HEAD", &["git fsck"]);
    config("[core\n");
    assert_refused(root, "HEAD", &["git fsck"]);
}

/// What is no file, in each place that is read.
#[test]
fn nothing_waits() {
    let checkout = repository();
    for path in [
        "HEAD",
        "config",
        "packed-refs",
        "commondir",
        "index",
        "shallow",
        "FETCH_HEAD",
        "refs/heads/main",
        "refs/heads/other",
        "refs/tags/x",
        "objects/info/alternates",
        "objects/info/commit-graph",
        "objects/pack/pack-x.idx",
        "objects/pack/multi-pack-index",
    ] {
        let file = checkout.path(".git").join(path);
        let before = fs::read(&file).ok();
        fifo(&file);
        assert_refused(checkout.root(), "HEAD", &["is a FIFO", path]);
        fs::remove_file(&file).unwrap();
        symlink("/dev/zero", &file).unwrap();
        assert_refused(checkout.root(), "HEAD", &["is a device", path]);
        fs::remove_file(&file).unwrap();
        if let Some(bytes) = before {
            fs::write(&file, bytes).unwrap();
        }
    }
    assert_same(checkout.root(), "HEAD");
    fs::remove_dir_all(checkout.path(".git/logs")).unwrap();
    fs::create_dir(checkout.path(".git/logs")).unwrap();
    fifo(&checkout.path(".git/logs/HEAD"));
    assert_refused(checkout.root(), "HEAD@{1}", &["is a FIFO"]);
}

#[test]
fn a_git_folder_that_is_none() {
    let checkout = Checkout::of("contribution");
    let (root, dot_git) = (checkout.root(), checkout.path(".git"));
    fifo(&dot_git);
    assert_refused(root, "HEAD", &["is a FIFO"]);
    fs::remove_file(&dot_git).unwrap();
    symlink(".git", &dot_git).unwrap();
    assert_refused(root, "HEAD", &[".git"]);
    fs::remove_file(&dot_git).unwrap();
    for text in [
        "gitdir: .git\n",
        "gitdir: /dev/null\n",
        "gitdir: \n",
        "",
        "gitdir: no/such\n",
    ] {
        fs::write(&dot_git, text).unwrap();
        assert_refused(root, "HEAD", &["git worktree repair"]);
    }
    let huge = fs::File::create(&dot_git).unwrap();
    huge.set_len(1 << 40).unwrap();
    assert_refused(root, "HEAD", &["1048576 MiB"]);
}

#[test]
fn circles_and_sizes() {
    let checkout = repository();
    let root = checkout.root();
    // Links that lead to where they are.
    symlink("..", checkout.path(".git/refs/heads/up")).unwrap();
    symlink("..", checkout.path(".git/objects/pack/up")).unwrap();
    assert_same(root, "HEAD");
    symlink("refs/heads/circle", checkout.path(".git/refs/heads/circle")).unwrap();
    checkout.write(".git/refs/heads/one", "ref: refs/heads/two\n");
    checkout.write(".git/refs/heads/two", "ref: refs/heads/one\n");
    assert_refused(root, "one", &["cycle"]);
    // Objects that lead to objects without end.
    checkout.write(".git/objects/info/alternates", "../objects\n");
    assert_refused(root, "HEAD", &["git fsck"]);
    fs::remove_file(checkout.path(".git/objects/info/alternates")).unwrap();
    for path in ["config", "refs/heads/huge", "HEAD", "packed-refs"] {
        let path = checkout.path(".git").join(path);
        let before = fs::read(&path).ok();
        let file = fs::File::options().append(true).create(true).open(&path);
        file.unwrap().set_len(1 << 40).unwrap();
        assert_refused(root, "HEAD", &["1048576 MiB"]);
        match before {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    assert_same(root, "HEAD");
}

#[test]
fn nothing_outside_is_a_reference() {
    let secret = "TOKEN-of-somebody";
    let outside = Folder::new();
    let file = outside.path().join("file");
    fs::create_dir(outside.path().join("heads")).unwrap();
    for path in [file.clone(), outside.path().join("heads/main")] {
        fs::write(path, secret).unwrap();
    }
    for (name, target) in [
        ("refs/heads/main", file.clone()),
        ("HEAD", file.clone()),
        ("packed-refs", file.clone()),
        ("config", file.clone()),
        ("refs/heads", outside.path().join("heads")),
        ("refs", outside.path().to_path_buf()),
    ] {
        let checkout = repository();
        let root = checkout.root();
        git(root, &["branch", "--move", "--force", "main"]);
        let path = checkout.path(&format!(".git/{name}"));
        match path.symlink_metadata() {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(&path).unwrap(),
            Ok(_) => fs::remove_file(&path).unwrap(),
            Err(_) => {}
        }
        symlink(target, &path).unwrap();
        let output = since(root, "HEAD");
        assert_eq!(output.status, 2, "{name}");
        let text = format!("{}{}", output.stdout, output.stderr);
        assert!(
            text.contains("leads out of the repository"),
            "{name}: {text}"
        );
        assert!(!text.contains(secret), "{name}: {text}");
    }
    // Nor is what is there shown, if it is in the repository.
    let checkout = repository();
    git(checkout.root(), &["branch", "--move", "--force", "main"]);
    checkout.write(".git/refs/heads/main", secret);
    let output = since(checkout.root(), "HEAD");
    assert_eq!(output.status, 2);
    assert!(!output.stderr.contains(secret), "{}", output.stderr);
}
