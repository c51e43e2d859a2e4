//! What is outside of a checkout, or is no file, in place of what the program reads: it says so at
//! once, waits for nobody, and shows nothing of what is there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image_scripts_ls_tests::checkout::{Checkout, Folder, copy};
use image_scripts_ls_tests::client::{Client, FileChange, Setup};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::{program, start};

/// A word that is in everything outside that could be read.
const SECRET: &str = "hunter_of_secrets";

/// Seconds after which a program that waits is ended.
const TIMEOUT: &str = "30";

/// The files that are read, of each use.
const FILES: [&str; 9] = [
    ".image-scripts.toml",
    "os/configs/image-repository.nix",
    "tests/distributions.nix",
    "tests/all-tests.nix",
    "image-scripts/include/common.sh",
    "image-scripts/images/debian-13/config.sh",
    "image-scripts/images/debian-13/build.sh",
    "image-scripts/builders/debian/config.sh",
    "image-scripts/tests/network.sh",
];

/// The directories that are read, and those on the way to a file.
const DIRECTORIES: [&str; 10] = [
    "image-scripts",
    "image-scripts/images",
    "image-scripts/images/debian-13",
    "image-scripts/builders",
    "image-scripts/builders/debian",
    "image-scripts/include",
    "image-scripts/tests",
    "os",
    "tests",
    "tests/suite",
];

/// A checkout with something beside it that is nobody's business.
struct Scene {
    checkout: Checkout,
    outside: PathBuf,
    _sockets: UnixListener,
}

impl Scene {
    fn new() -> Scene {
        let folder = Folder::new();
        let outside = folder.path().join("outside");
        let checkout = Checkout::below(folder, "checkout", "clean-2026");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), format!("{SECRET} = {SECRET}\n")).unwrap();
        // A whole checkout of somebody else: each name has its like there.
        copy(checkout.root(), &outside.join("other"));
        for file in [
            "image-scripts/include/common.sh",
            "image-scripts/images/debian-13/config.sh",
        ] {
            let path = outside.join("other").join(file);
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, format!("BUILDER={SECRET}\n. {SECRET}.sh\n{text}")).unwrap();
        }
        mkfifo(&outside.join("fifo"));
        let _sockets = UnixListener::bind(outside.join("socket")).unwrap();
        Scene {
            checkout,
            outside,
            _sockets,
        }
    }

    /// The ways to put something else at a path.
    fn replacements(&self, path: &str) -> Vec<Replacement> {
        let link = |target: &Path| {
            let target = target.to_path_buf();
            Replacement::new(format!("a link to {}", target.display()), move |path| {
                symlink(&target, path).unwrap();
            })
        };
        let deep = "../".repeat(path.matches('/').count() + 1);
        vec![
            Replacement::new("a FIFO", mkfifo),
            Replacement::new("a socket", |path| drop(UnixListener::bind(path).unwrap())),
            link(Path::new("/dev/stdin")),
            link(Path::new("/dev/zero")),
            link(Path::new("/proc/self/environ")),
            link(&self.outside.join("secret")),
            link(&self.outside.join("fifo")),
            link(&Path::new(&deep).join("outside/other").join(path)),
            link(&self.outside.join("other").join(path)),
        ]
    }

    /// Runs the program in the checkout. Nothing comes on its standard input, and it stays open.
    fn run(&self, arguments: &[&str]) -> Output {
        run(self.checkout.root(), &[program!()], arguments)
    }

    /// Asserts that a command ends with a message, and shows nothing of what is outside.
    fn assert_said(&self, arguments: &[&str], parts: &[&str], what: &str) {
        let output = self.run(arguments);
        assert_eq!(output.status, 2, "{what}, {arguments:?}: {output:?}");
        for part in parts {
            assert!(
                output.stderr.contains(part),
                "{what}, {arguments:?}: {output:?}"
            );
        }
        let shown = format!("{}{}", output.stdout, output.stderr);
        assert!(!shown.contains(SECRET), "{what}, {arguments:?}: {shown}");
    }
}

/// Something that stands in place of a file.
struct Replacement {
    what: String,
    make: Box<dyn Fn(&Path)>,
}

impl Replacement {
    fn new(what: impl Into<String>, make: impl Fn(&Path) + 'static) -> Replacement {
        Replacement {
            what: what.into(),
            make: Box::new(make),
        }
    }
}

fn mkfifo(path: &Path) {
    output_of(
        Command::new("mkfifo").arg(path),
        "",
        "apt-get install coreutils",
    )
    .ok();
}

/// Runs a program that may not wait for its standard input. One that does is ended, with status 124.
fn run(folder: &Path, program: &[&str], arguments: &[&str]) -> Output {
    let mut child = Command::new("timeout")
        .arg(TIMEOUT)
        .args(program)
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    Output {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const CHECK: [&str; 4] = ["check", "--no-bash", "--today", "2026-11-01"];

/// Puts everything in turn in place of some paths, and runs `check`.
fn replace_each(paths: &[&str], is_file: bool) {
    let scene = Scene::new();
    for path in paths {
        let full = scene.checkout.path(path);
        let aside = scene.outside.join("aside");
        let exists = full.exists();
        if exists {
            fs::rename(&full, &aside).unwrap();
        }
        let mut replacements = scene.replacements(path);
        if is_file {
            let directory = |path: &Path| fs::create_dir(path).unwrap();
            replacements.push(Replacement::new("a directory", directory));
        }
        for Replacement { what, make } in replacements {
            make(&full);
            let is_link = what.starts_with("a link");
            let what = format!("{path} is {what}");
            let what_is_said = if is_link {
                "leads out of the checkout"
            } else {
                ""
            };
            // Without its first directory, it is no checkout any more.
            let is_found = is_link || !["image-scripts", "image-scripts/images"].contains(path);
            let expected = if is_found {
                path
            } else {
                "no vpsAdminOS checkout here"
            };
            scene.assert_said(&CHECK, &[expected, what_is_said], &what);
            match fs::symlink_metadata(&full).unwrap().is_dir() {
                true => fs::remove_dir(&full).unwrap(),
                false => fs::remove_file(&full).unwrap(),
            }
        }
        if exists {
            fs::rename(&aside, &full).unwrap();
        }
    }
    assert_eq!(scene.run(&CHECK).status, 0);
}

#[test]
fn files_that_are_none() {
    replace_each(&FILES, true);
}

#[test]
fn directories_that_are_none() {
    replace_each(&DIRECTORIES, false);
}

#[test]
fn a_test_of_the_suite_that_is_none() {
    let scene = Scene::new();
    fs::create_dir_all(scene.checkout.path("tests/suite/deep")).unwrap();
    let path = "tests/suite/deep/one.nix";
    for Replacement { what, make } in scene.replacements(path) {
        make(&scene.checkout.path(path));
        scene.assert_said(&CHECK, &[path], &what);
        scene.checkout.remove(path);
    }
}

#[test]
fn every_command_says_so() {
    let scene = Scene::new();
    let path = "image-scripts/images/debian-13/config.sh";
    let documents = "docs/index.md";
    let new = ["new", "fedora-45", "--dry-run"];
    let commands: [&[&str]; 6] = [
        &["status"],
        &new,
        &["fix", "--diff"],
        &["retire", "debian-12", "--diff"],
        &["rename", "debian-12", "debian-20", "--dry-run"],
        &["bump", "debian-12", "--build", "9", "--dry-run"],
    ];
    scene.checkout.remove(path);
    for Replacement { what, make } in scene.replacements(path) {
        make(&scene.checkout.path(path));
        for arguments in commands {
            scene.assert_said(arguments, &[path], &what);
        }
        scene.checkout.remove(path);
    }
    scene.checkout.write(path, "BUILDER=debian\n");
    // Read only to find what names the image.
    let retire = ["retire", "arch", "--dry-run"];
    assert_eq!(scene.run(&retire).status, 0);
    for Replacement { what, make } in scene.replacements("docs") {
        make(&scene.checkout.path("docs"));
        scene.assert_said(&retire, &["docs: "], &what);
        scene.checkout.remove("docs");
    }
    fs::create_dir(scene.checkout.path("docs")).unwrap();
    mkfifo(&scene.checkout.path(documents));
    scene.assert_said(&retire, &[documents, "a FIFO"], "a document");
}

/// What is copied or shown in a patch is in the image's directory, and of any name.
#[test]
fn files_that_are_copied() {
    let scene = Scene::new();
    let path = "image-scripts/images/arch/extra";
    let retire = ["retire", "arch", "--diff"];
    for Replacement { what, make } in scene.replacements(path) {
        make(&scene.checkout.path(path));
        let output = scene.run(&retire);
        let shown = format!("{}{}", output.stdout, output.stderr);
        assert!(!shown.contains(SECRET), "{what}: {shown}");
        // A link is shown as the link that it is.
        let status = if what.starts_with("a link") { 0 } else { 2 };
        assert_eq!(output.status, status, "{what}: {shown}");
        scene.checkout.remove(path);
    }
    scene
        .checkout
        .write("image-scripts/images/arch/deep/x", "x\n");
    mkfifo(&scene.checkout.path("image-scripts/images/arch/deep/fifo"));
    scene.assert_said(&retire, &["deep/fifo", "a FIFO"], "in a directory");
}

#[test]
fn links_inside_lead_where_they_lead() {
    let scene = Scene::new();
    let checkout = &scene.checkout;
    let before = scene.run(&[&CHECK[..], &["--format", "json"]].concat());
    assert_eq!(before.status, 0);
    let moved = |from: &str, to: &str, target: &str| {
        fs::create_dir_all(checkout.path(to).parent().unwrap()).unwrap();
        fs::rename(checkout.path(from), checkout.path(to)).unwrap();
        checkout.link(from, target);
    };
    let full = |path: &str| checkout.path(path).to_str().unwrap().to_owned();
    moved("image-scripts/include", "lib/include", "../lib/include");
    moved("os/configs", "lib/configs", &full("lib/configs"));
    moved(
        "tests/distributions.nix",
        "lib/table.nix",
        "../lib/table.nix",
    );
    moved("image-scripts/tests", "lib/tests", "./../lib/../lib/tests/");
    moved("image-scripts", "scripts", "scripts");
    let after = scene.run(&[&CHECK[..], &["--format", "json"]].concat());
    assert_eq!(
        (after.status, after.stdout),
        (0, before.stdout),
        "{}",
        after.stderr
    );
    // The checkout itself may be reached through a link.
    let link = scene.outside.join("link");
    symlink(checkout.root(), &link).unwrap();
    let arguments = [&CHECK[..], &[link.to_str().unwrap()]].concat();
    assert_eq!(scene.run(&arguments).status, 0);
}

#[test]
fn a_baseline_is_a_file() {
    let scene = Scene::new();
    fn with(file: &str) -> Vec<&str> {
        [&CHECK[..], &["--baseline", file]].concat()
    }
    let path = "known.json";
    for Replacement { what, make } in scene.replacements(path) {
        make(&scene.checkout.path(path));
        // A link is the user's to name; of the file that it leads to, nothing is shown.
        scene.assert_said(&with(path), &[path], &what);
        scene.checkout.remove(path);
    }
    for file in [
        "-",
        "/dev/stdin",
        "/dev/fd/0",
        "/proc/self/fd/0",
        "/proc/self/environ",
        ".",
    ] {
        scene.assert_said(&with(file), &[&format!("{file}: ")], file);
    }
    let substitution = format!(
        "{} {} --baseline <(echo '{{}}')",
        program!(),
        CHECK.join(" ")
    );
    let output = run(scene.checkout.root(), &["bash", "-c"], &[&substitution]);
    assert_eq!(output.status, 2, "{output:?}");
    assert!(output.stderr.contains("write it into one"), "{output:?}");
    let huge = fs::File::create(scene.checkout.path(path)).unwrap();
    huge.set_len(1 << 40).unwrap();
    scene.assert_said(&with(path), &[path, "MiB"], "a huge file");
}

#[test]
fn a_baseline_that_is_written_destroys_nothing() {
    let scene = Scene::new();
    let checkout = &scene.checkout;
    let write = |file: &str| scene.run(&[&CHECK[..], &["--write-baseline", file]].concat());
    let refused = |file: &str, part: &str| {
        let output = write(file);
        assert_eq!(output.status, 2, "{file}: {output:?}");
        assert!(output.stderr.contains(part), "{file}: {output:?}");
    };
    let secret = scene.outside.join("secret");
    let text = fs::read_to_string(&secret).unwrap();
    // A link, be it at the file or at a name that could be used on the way.
    for target in [
        &secret,
        &scene.outside.join("new"),
        &scene.outside.join("fifo"),
    ] {
        symlink(target, checkout.path("known.json")).unwrap();
        symlink(target, checkout.path("known.json.new")).unwrap();
        refused("known.json", "is a link");
        checkout.remove("known.json");
        assert_eq!(write("known.json").status, 0);
        assert!(checkout.path("known.json.new").is_symlink());
        checkout.remove("known.json");
        checkout.remove("known.json.new");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), text);
    assert!(!scene.outside.join("new").exists());
    // A directory on the way that the checkout leads elsewhere.
    checkout.link("ci", "../outside");
    refused("ci/known.json", "leads out of the checkout");
    assert!(!scene.outside.join("known.json").exists());
    // Named by the user, it may be anywhere.
    assert_eq!(write("../outside/known.json").status, 0);
    // What is no baseline.
    fs::create_dir(checkout.path("folder")).unwrap();
    mkfifo(&checkout.path("fifo"));
    refused("folder", "no regular file");
    refused("fifo", "no regular file");
    refused("/dev/null", "no regular file");
    for (name, text) in [
        ("notes.txt", "mine"),
        ("other.json", "{\"version\": 1}"),
        ("newer.json", "{\"version\": 2, \"findings\": []}"),
    ] {
        checkout.write(name, text);
        refused(name, "left as it is");
        assert_eq!(checkout.read(name), text);
    }
    // One that is, or an empty file, is replaced, and keeps its mode.
    for text in ["", "{\"version\": 1, \"findings\": []}"] {
        checkout.write("known.json", text);
        let path = checkout.path("known.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(write("known.json").status, 0);
        assert!(checkout.read("known.json").contains("\"findings\""));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
    }
    // Not one that has other names, too.
    fs::hard_link(checkout.path("known.json"), checkout.path("second.json")).unwrap();
    refused("known.json", "2 hard links");
    // Nothing is left beside it.
    let names = fs::read_dir(checkout.root()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.starts_with(".known")).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// Beginnings of the paths that every program of the kind opens.
const OF_THE_SYSTEM: [&str; 10] = [
    "/etc/ld.so",
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/lib64/",
    "/proc/",
    "/sys/fs/cgroup/",
    "/sys/devices/system/",
    "/sys/kernel/mm/",
    "/usr/share/distro-info/",
];

#[test]
fn nothing_outside_is_opened() {
    let scene = Scene::new();
    let checkout = &scene.checkout;
    for path in [
        ".image-scripts.toml",
        "docs",
        "os/configs/image-repository.nix",
        "tests/distributions.nix",
        "tests/all-tests.nix",
        "tests/suite",
        "image-scripts/include",
        "image-scripts/images/debian-13/config.sh",
        "image-scripts/images/arch/extra",
        "image-scripts/images/zzz-1",
        "image-scripts/builders/debian",
        "image-scripts/tests",
    ] {
        if checkout.path(path).exists() {
            checkout.remove(path);
        }
        let target = scene.outside.join("other").join(path);
        symlink(target, checkout.path(path)).unwrap();
    }
    let commands: [&[&str]; 4] = [
        &["check", "--no-bash"],
        &["status"],
        &["new", "fedora-45", "--dry-run"],
        &["retire", "arch", "--diff"],
    ];
    for arguments in commands {
        let log = scene.outside.join("log");
        let mut command = Command::new("strace");
        command
            .args(["-f", "-y", "-e", "trace=open,openat,openat2,creat", "-o"])
            .arg(&log)
            .arg(program!())
            .args(arguments)
            .current_dir(checkout.root());
        output_of(&mut command, "", "apt-get install strace");
        let log = fs::read_to_string(&log).unwrap();
        let opened = log.lines().filter_map(|line| {
            // PID openat(..., "path", ...) = 3</what/was/opened>
            let (_, handle) = line.rsplit_once(" = ")?;
            let (_, path) = handle.split_once('<')?;
            Some(path.strip_suffix('>')?.to_owned())
        });
        let opened: Vec<String> = opened.collect();
        assert!(
            opened
                .iter()
                .any(|path| Path::new(path).starts_with(checkout.root()))
        );
        let ours = |path: &&String| {
            Path::new(path).starts_with(checkout.root())
                || OF_THE_SYSTEM.iter().any(|start| path.starts_with(start))
        };
        let others: Vec<&String> = opened.iter().filter(|path| !ours(path)).collect();
        assert_eq!(others, Vec::<&String>::new(), "{arguments:?}");
    }
}

#[test]
fn the_server_waits_for_no_file() {
    let scene = Scene::new();
    let checkout = &scene.checkout;
    let wrong = "image-scripts/images/arch/config.sh";
    checkout.edit(wrong, "BUILDER=", "BUILDER=x");
    let path = "image-scripts/images/debian-13/config.sh";
    let good = checkout.read(path);
    checkout.remove(path);
    mkfifo(&checkout.path(path));
    let mut client = start!(Setup::at(checkout).quiet());
    client.warning(&[path, "is a FIFO"]);
    let url = checkout.url(wrong);
    assert_eq!(client.codes(&url), ["unknown-builder"]);
    let all = |client: &Client| -> Vec<String> {
        client
            .with_findings()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let before = all(&client);
    // It comes and goes while the server runs.
    let changed = checkout.url(path);
    checkout.remove(path);
    checkout.write(path, &good);
    client.files_changed(&[(&changed, FileChange::Changed)]);
    client.barrier();
    checkout.remove(path);
    checkout.link(path, "/dev/stdin");
    client.files_changed(&[(&changed, FileChange::Changed)]);
    client.warning(&[path, "leads out of the checkout"]);
    // So does a whole directory.
    let include = "image-scripts/include";
    fs::rename(checkout.path(include), scene.outside.join("include")).unwrap();
    checkout.link(include, "../../outside/include");
    client.files_changed(&[(&checkout.url(include), FileChange::Changed)]);
    client.warning(&[include, "leads out of the checkout"]);
    client.barrier();
    assert_eq!(all(&client), before, "nothing is made up");
    checkout.remove(include);
    fs::rename(scene.outside.join("include"), checkout.path(include)).unwrap();
    client.files_changed(&[(&checkout.url(include), FileChange::Changed)]);
    let images = "image-scripts/images";
    fs::rename(checkout.path(images), scene.outside.join("images")).unwrap();
    checkout.link(images, "../../outside/images");
    client.files_changed(&[(&checkout.url(images), FileChange::Changed)]);
    client.warning(&[images, "leads out of the checkout"]);
    client.barrier();
    assert_eq!(all(&client), Vec::<String>::new(), "nothing is made up");
    checkout.remove(images);
    fs::rename(scene.outside.join("images"), checkout.path(images)).unwrap();
    client.files_changed(&[(&checkout.url(images), FileChange::Changed)]);
    client.warning(&[path, "leads out of the checkout"]);
    client.barrier();
    assert_eq!(client.codes(&url), ["unknown-builder"]);
    client.finish();
}
