//! `fix`, `new`, `retire`, `bump`, `rename` on the command line: what they write, what they refuse, and
//! that they write all of it or nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::program;
use serde_json::{Value, json};

fn cli(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1");
    output_of(&mut command, "", "cargo build")
}

/// One that succeeds.
fn done(checkout: &Checkout, arguments: &[&str]) -> String {
    let output = cli(checkout.root(), arguments);
    assert_eq!(output.stderr, "", "{arguments:?}");
    output.ok()
}

/// One that is refused: exit status 2, one line that says why, and everything as it was.
fn refused(checkout: &Checkout, arguments: &[&str], message: &str) {
    let before = state(checkout.root());
    let output = cli(checkout.root(), arguments);
    assert_eq!(output.status, 2, "{arguments:?}: {output:?}");
    assert_eq!(output.stdout, "");
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains(message), "{}", output.stderr);
    assert_eq!(state(checkout.root()), before, "{arguments:?}");
}

/// Every file, directory and link below a folder.
fn state(folder: &Path) -> BTreeMap<String, String> {
    fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if name == ".git" {
                continue;
            }
            let what = if let Ok(target) = std::fs::read_link(&path) {
                format!("-> {}", target.display())
            } else if path.is_dir() {
                collect(root, &path, found);
                "/".to_owned()
            } else {
                let mode = mode(&path);
                format!(
                    "{mode:o} {}",
                    String::from_utf8_lossy(&std::fs::read(&path).unwrap())
                )
            };
            found.insert(name, what);
        }
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The commands that the other tests are about, each on a clean checkout.
const CHANGES: [&[&str]; 9] = [
    &["new", "debian-14"],
    &["new", "alpine-3.25"],
    &["new", "centos-11-stream"],
    &["new", "fedora-45", "--replace", "fedora-43"],
    &["new", "alpine-3.25", "--replace", "alpine-3.21"],
    &["retire", "ubuntu-22.04"],
    &["retire", "alpine-3.21"],
    &["rename", "debian-12", "debian-12.1", "--force"],
    &["bump", "almalinux-10", "--pointver", "10.9", "--build", "7"],
];

#[test]
fn a_patch_says_what_would_be_done() {
    for change in CHANGES {
        let checkout = Checkout::of("clean-2026");
        let folder = checkout.root();
        git(folder, &["init", "-q"]);
        git(folder, &["add", "-A"]);
        let before = state(folder);
        let patch = done(&checkout, &[change, &["--diff"]].concat());
        assert_eq!(state(folder), before, "{change:?} --diff writes nothing");
        let output = done(&checkout, &[change, &["--dry-run"]].concat());
        assert!(output.contains("nothing is written"), "{output}");
        assert_eq!(state(folder), before, "{change:?} --dry-run writes nothing");

        done(&checkout, change);
        let after = state(folder);
        assert_ne!(after, before);
        // git takes the patch, and makes the same of it.
        let other = Checkout::of("clean-2026");
        git(other.root(), &["init", "-q"]);
        git(other.root(), &["add", "-A"]);
        other.write("change.patch", &patch);
        git(other.root(), &["apply", "--index", "change.patch"]);
        other.remove("change.patch");
        let mut applied = state(other.root());
        // Empty directories are nothing to git.
        let mut after = after;
        applied.retain(|_, what| what != "/");
        after.retain(|_, what| what != "/");
        assert_eq!(applied, after, "{change:?}");
    }
}

#[test]
fn new_as_json() {
    let checkout = Checkout::of("clean-2026");
    let text = done(
        &checkout,
        &[
            "new",
            "almalinux-11",
            "--format",
            "json",
            "--today",
            "2026-11-01",
        ],
    );
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["image"], "almalinux-11");
    assert_eq!(report["like"], "almalinux-10");
    let image = "image-scripts/images/almalinux-11";
    assert_eq!(
        report["created"],
        json!([format!("{image}/build.sh"), format!("{image}/config.sh")])
    );
    assert_eq!(report["symlinks"], json!([]));
    assert_eq!(
        report["edited"],
        json!(["os/configs/image-repository.nix", "tests/distributions.nix"])
    );
    let verify = report["verify"].as_array().unwrap();
    assert!(verify.len() > 3, "{verify:#?}");
    for value in verify {
        let text = checkout.read(value["path"].as_str().unwrap());
        let line = value["range"]["start"]["line"].as_u64().unwrap() as usize;
        let first = value["text"].as_str().unwrap().lines().next().unwrap();
        assert!(text.lines().nth(line).unwrap().contains(first), "{value:#}");
        assert!(!value["why"].as_str().unwrap().is_empty());
        let expanded = value["resolved"].as_str();
        assert!(
            expanded.is_none_or(|text| text.contains("/11.0/")),
            "{value:#}"
        );
    }
    let keys = verify.iter().filter_map(|value| value["key"].as_str());
    let keys: Vec<&str> = keys.collect();
    assert!(keys.contains(&"almalinux-11/RELEASE"), "{keys:?}");
    assert_eq!(report["version"], 1);
    assert_eq!(report["title"], "New image almalinux-11");
    assert_eq!(report["applied"], true);
    let next = report["next"].as_array().unwrap();
    let test = "./test-runner.sh test 'image-scripts/test@almalinux-11'";
    assert!(next.iter().any(|next| next["command"] == test), "{next:#?}");
    assert_eq!(report["commit"], "image-scripts: add almalinux-11");
}

#[test]
fn a_link_is_made_for_a_family_that_shares_one_directory() {
    let checkout = Checkout::of("clean-2026");
    let text = done(&checkout, &["new", "alpine-3.25", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let path = "image-scripts/images/alpine-3.25";
    assert_eq!(report["symlinks"], json!([[path, "alpine"]]));
    assert_eq!(
        std::fs::read_link(checkout.path(path)).unwrap(),
        Path::new("alpine")
    );
    done(&checkout, &["retire", "alpine-3.25"]);
    assert!(checkout.path(path).symlink_metadata().is_err());
    assert!(
        checkout
            .path("image-scripts/images/alpine/build.sh")
            .exists()
    );
}

#[test]
fn other_files_are_copied_with_their_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let checkout = Checkout::of("clean-2026");
    let extra = "image-scripts/images/devuan-6/tool";
    checkout.write(extra, b"\xff\x00binary");
    std::fs::set_permissions(checkout.path(extra), std::fs::Permissions::from_mode(0o755)).unwrap();
    done(&checkout, &["new", "devuan-7"]);
    let copy = checkout.path("image-scripts/images/devuan-7/tool");
    assert_eq!(std::fs::read(&copy).unwrap(), b"\xff\x00binary");
    assert_eq!(mode(&copy), 0o755);
    // So are directories, with links as links.
    checkout.write("image-scripts/images/devuan-6/files/deep/x", "x");
    checkout.link("image-scripts/images/devuan-6/files/y", "deep/x");
    done(&checkout, &["new", "devuan-8", "--like", "devuan-6"]);
    let files = checkout.path("image-scripts/images/devuan-8/files");
    assert_eq!(std::fs::read_to_string(files.join("deep/x")).unwrap(), "x");
    assert_eq!(
        std::fs::read_link(files.join("y")).unwrap(),
        Path::new("deep/x")
    );
    // The edited files keep theirs.
    assert_eq!(
        mode(&checkout.path("os/configs/image-repository.nix")),
        0o644
    );
}

#[test]
fn names_do_not_lead_out_of_images() {
    let checkout = Checkout::of("clean-2026");
    for name in [
        "../evil",
        "/tmp/evil",
        "a/b",
        "..",
        "",
        "debian-\u{e9}",
        "debian--14",
        ".git",
    ] {
        let message = "cannot be an image";
        refused(&checkout, &["new", "--", name], message);
        refused(&checkout, &["rename", "debian-12", "--", name], message);
    }
}

#[test]
fn nothing_is_overwritten() {
    let checkout = Checkout::of("clean-2026");
    refused(&checkout, &["new", "debian-13"], "nothing is missing");
    refused(
        &checkout,
        &["rename", "debian-12", "debian-13"],
        "exists already",
    );
    // What the index does not read is in the way all the same.
    checkout.write("image-scripts/images/debian-14", "a note");
    refused(&checkout, &["new", "debian-14"], "exists already");
    checkout.remove("image-scripts/images/debian-14");
    checkout.link("image-scripts/images/debian-14", "nowhere");
    refused(&checkout, &["new", "debian-14"], "");
}

#[test]
fn what_cannot_be_done_is_refused_whole() {
    let checkout = Checkout::of("clean-2026");
    refused(&checkout, &["new", "haiku-1"], "has no relative here");
    refused(&checkout, &["new", "debian-sid"], "--like debian-");
    refused(
        &checkout,
        &["new", "debian-14", "--like", "debian-99"],
        "no image `debian-99`",
    );
    refused(
        &checkout,
        &["new", "debian-14", "--builder", "none"],
        "no builder `none`",
    );
    refused(
        &checkout,
        &["new", "debian-14", "--replace", "debian-1"],
        "to replace",
    );
    refused(&checkout, &["retire", "debian-99"], "no image `debian-99`");
    refused(
        &checkout,
        &["rename", "debian-99", "debian-98"],
        "no image `debian-99`",
    );
    refused(&checkout, &["bump", "debian-13"], "say what is new");
    refused(
        &checkout,
        &["bump", "debian-13", "--pointver", "1"],
        "sets no POINTVER",
    );
    // A repository that does not parse cannot be changed.
    checkout.edit(
        "os/configs/image-repository.nix",
        "images = {",
        "images = {{",
    );
    for change in [
        &["new", "debian-14"][..],
        &["retire", "debian-12"],
        &["rename", "debian-12", "debian-1"],
    ] {
        refused(
            &checkout,
            change,
            "os/configs/image-repository.nix does not parse",
        );
    }
}

#[test]
fn a_bump_changes_every_place() {
    let checkout = Checkout::of("clean-2026");
    let path = "image-scripts/images/fedora-44/build.sh";
    let before = checkout.read(path);
    done(&checkout, &["bump", "fedora-44", "--build", "99"]);
    let after = checkout.read(path);
    assert_eq!(
        after.matches("-99.noarch.rpm").count(),
        before.matches("$RELVER-").count()
    );
    done(&checkout, &["bump", "fedora-44", "--set", "GROUPNAME=core"]);
}

#[test]
fn from_any_place_in_the_checkout() {
    let checkout = Checkout::of("clean-2026");
    let folder = checkout.path("image-scripts/images");
    let output = cli(&folder, &["new", "debian-14"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(
        checkout
            .path("image-scripts/images/debian-14/build.sh")
            .exists()
    );
    let output = cli(
        Path::new("/"),
        &["retire", "debian-14", "-C", folder.to_str().unwrap()],
    );
    assert_eq!(output.status, 0, "{output:?}");
    let output = cli(Path::new("/proc"), &["retire", "debian-14"]);
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("no vpsAdminOS checkout"),
        "{}",
        output.stderr
    );
}

/// What is made passes `check`, and comes to nothing when it is retired.
#[test]
fn new_check_and_retire() {
    let checkout = Checkout::of("clean-2026");
    let before = state(checkout.root());
    for name in [
        "debian-14",
        "alpine-3.25",
        "opensuse-leap-16.1",
        "nixos-26.11-impermanence",
        // With tags, the last release of the chain would lose its own for good.
        "rocky-11 --no-tags",
    ] {
        let arguments: Vec<&str> = name.split(' ').collect();
        let name = arguments[0];
        done(
            &checkout,
            &[&["new", "--cgroup", "v2"], &*arguments].concat(),
        );
        let output = cli(checkout.root(), &["check", "--fail-on", "error"]);
        assert_eq!(output.status, 0, "{name}: {}", output.stdout);
        done(&checkout, &["retire", name]);
        assert_eq!(state(checkout.root()), before, "{name}");
    }
}

/// A checkout in git, with files of `fedora-43` that git does not know or ignores.
fn with_untracked() -> Checkout {
    let checkout = Checkout::of("clean-2026");
    let folder = checkout.root();
    let image = checkout.path("image-scripts/images/fedora-43");
    std::fs::create_dir_all(image.join("patches/old")).unwrap();
    std::fs::write(image.join("patches/a"), "known\n").unwrap();
    std::fs::create_dir_all(image.join("tools")).unwrap();
    std::fs::write(image.join("tools/known"), "known\n").unwrap();
    std::os::unix::fs::symlink("build.sh", image.join("link")).unwrap();
    std::fs::write(checkout.path(".gitignore"), "*.log\n").unwrap();
    git(folder, &["init", "-q"]);
    git(folder, &["add", "-A"]);
    std::fs::write(image.join("patches/old/b"), "not known\n").unwrap();
    std::fs::write(image.join("build.log"), "ignored\n").unwrap();
    checkout
}

/// What is left of `fedora-43`.
fn left(checkout: &Checkout) -> Vec<String> {
    let state = state(checkout.root());
    let image = "image-scripts/images/fedora-43";
    let left = state.keys().filter(|path| path.starts_with(image));
    left.cloned().collect()
}

/// What git does not know cannot be brought back.
#[test]
fn untracked_files_of_a_retired_image_are_kept() {
    let kept = [
        "image-scripts/images/fedora-43",
        "image-scripts/images/fedora-43/build.log",
        "image-scripts/images/fedora-43/patches",
        "image-scripts/images/fedora-43/patches/old",
        "image-scripts/images/fedora-43/patches/old/b",
    ];
    let note = "git does not know `image-scripts/images/fedora-43/build.log`, \
                `image-scripts/images/fedora-43/patches/old/`: kept";
    for command in [
        &["retire", "fedora-43"][..],
        &["new", "fedora-45", "--replace", "fedora-43"],
    ] {
        let checkout = with_untracked();
        let output = done(&checkout, command);
        assert!(output.contains(note), "{output}");
        assert_eq!(left(&checkout), kept, "{command:?}");

        let checkout = with_untracked();
        let output = done(&checkout, &[command, &["--untracked"]].concat());
        assert!(!output.contains("git does not know"), "{output}");
        assert_eq!(left(&checkout), <[&str; 0]>::default(), "{command:?}");
    }
    // In a patch, too.
    let checkout = with_untracked();
    let patch = done(&checkout, &["retire", "fedora-43", "--diff"]);
    assert!(patch.contains("-known"), "{patch}");
    assert!(
        !patch.contains("-not known") && !patch.contains("-ignored"),
        "{patch}"
    );
}

/// Where git keeps nothing of a checkout, there is nothing to go by.
#[test]
fn without_git_all_files_of_a_retired_image_go() {
    for commands in [
        &[][..],
        &[&["init", "-q"][..]],
        &[&["init", "-q"], &["add", "README"]],
    ] {
        let checkout = Checkout::of("clean-2026");
        std::fs::write(checkout.path("README"), "a file\n").unwrap();
        for command in commands {
            git(checkout.root(), command);
        }
        done(&checkout, &["retire", "fedora-43"]);
        assert_eq!(left(&checkout), <[&str; 0]>::default(), "{commands:?}");
    }
}

/// An image that was just made comes to nothing; one that somebody worked on does not.
#[test]
fn an_image_that_git_does_not_know() {
    let checkout = Checkout::of("clean-2026");
    git(checkout.root(), &["init", "-q"]);
    git(checkout.root(), &["add", "-A"]);
    let before = state(checkout.root());
    done(&checkout, &["new", "fedora-45"]);
    done(&checkout, &["retire", "fedora-45"]);
    assert_eq!(state(checkout.root()), before);

    done(&checkout, &["new", "fedora-45"]);
    let build = checkout.path("image-scripts/images/fedora-45/build.sh");
    let text = std::fs::read_to_string(&build).unwrap();
    std::fs::write(&build, text + "# by hand\n").unwrap();
    refused(&checkout, &["retire", "fedora-45"], "git does not know");
    git(checkout.root(), &["add", "--intent-to-add", "-A"]);
    refused(&checkout, &["retire", "fedora-45"], "git does not know");
    git(checkout.root(), &["add", "-A"]);
    done(&checkout, &["retire", "fedora-45"]);
    assert_eq!(state(checkout.root()), before);
}

/// `verify` lists a value once, however many lines have it, under a name of its own; builders have values,
/// too. An image that was never committed leaves nothing to commit.
#[test]
fn values_to_verify_have_names_of_their_own() {
    let checkout = Checkout::of("clean-2026");
    let folder = checkout.root();
    git(folder, &["init", "-q"]);
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "--no-verify", "--message=All"]);
    let names = || -> Vec<String> {
        let output = cli(folder, &["verify", "--format", "json"]);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        let values = report["values"].as_array().unwrap().iter();
        values
            .map(|value| value["name"].as_str().unwrap().to_owned())
            .collect()
    };
    done(&checkout, &["new", "fedora-45"]);
    assert_eq!(
        names(),
        [
            "fedora-45/BASEURL",
            "fedora-45/RELEASE",
            "fedora-45/EXTRAPKGS"
        ]
    );
    let listed = cli(folder, &["verify"]).stdout;
    assert!(listed.contains("(also in lines 5, 6)"), "{listed}");
    let right = done(&checkout, &["verify", "fedora-45/RELEASE", "--right"]);
    assert_eq!(right.matches("is right").count(), 1, "{right}");
    assert_eq!(names(), ["fedora-45/BASEURL", "fedora-45/EXTRAPKGS"]);
    let retired = done(&checkout, &["retire", "fedora-45"]);
    assert!(!retired.contains("Commit as"), "{retired}");
    done(
        &checkout,
        &["new-builder", "debian-nix", "--like", "debian-guix"],
    );
    let names = names();
    let is_setup = |name: &&String| name.starts_with("debian-nix/setup.sh:");
    assert!(names.iter().filter(is_setup).count() > 1, "{names:?}");
    assert!(names.contains(&"debian-nix/RELVER".to_owned()), "{names:?}");
}

/// The index is read, and only as a file that git may have written.
#[test]
fn an_index_that_cannot_be_read_is_told() {
    let checkout = with_untracked();
    std::fs::write(checkout.path(".git/index"), "DIRC and nothing else").unwrap();
    refused(&checkout, &["retire", "fedora-43"], "pass `--untracked`");
    done(&checkout, &["retire", "fedora-43", "--untracked"]);
    assert_eq!(left(&checkout), <[&str; 0]>::default());
}

/// The codes that `check` finds, and how often.
fn codes(checkout: &Checkout) -> BTreeMap<String, usize> {
    let arguments = ["check", "--format", "json", "--today", "2026-11-01"];
    let output = cli(checkout.root(), &arguments);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let mut codes = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        *codes
            .entry(finding["code"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    codes
}

#[test]
fn fix_applies_what_is_safe() {
    let checkout = Checkout::of("contribution");
    let before = codes(&checkout);
    let untouched = state(checkout.root());
    let patch = done(&checkout, &["fix", "--diff"]);
    assert!(patch.contains("+\tsystemctl is-enabled \\$unit"), "{patch}");
    assert_eq!(state(checkout.root()), untouched);
    let output = done(&checkout, &["fix"]);
    assert!(output.contains("Fixed 3 findings."), "{output}");
    let mut expected = before;
    expected.retain(|code, _| !["heredoc-expansion", "missing-gc-entry"].contains(&code.as_str()));
    assert_eq!(codes(&checkout), expected);
    assert!(done(&checkout, &["fix"]).starts_with("Nothing to fix."));
    // Nothing is deleted unless requested.
    assert!(
        checkout
            .path("image-scripts/images/gentoo-musl-systemd/abstract")
            .exists()
    );
}

#[test]
fn fix_applies_a_rule_that_is_named() {
    let checkout = Checkout::of("contribution");
    done(
        &checkout,
        &["fix", "--rule", "stray-abstract", "--rule", "competing-tag"],
    );
    let codes = codes(&checkout);
    assert!(
        !codes.contains_key("stray-abstract") && !codes.contains_key("competing-tag"),
        "{codes:?}"
    );
    assert!(
        !checkout
            .path("image-scripts/images/gentoo-musl-systemd/abstract")
            .exists()
    );
    refused(
        &checkout,
        &["fix", "--rule", "no-such-rule"],
        "there is no rule `no-such-rule`",
    );
    checkout.write("image-scripts/images/debian-13/build.sh", b"\xff");
    refused(&checkout, &["fix"], "is not UTF-8");
}

/// Everything that one contribution forgot, fixed by naming the rules.
#[test]
fn a_contribution_is_mended() {
    let checkout = Checkout::of("contribution");
    done(&checkout, &["fix"]);
    let rules: Vec<String> = codes(&checkout).into_keys().collect();
    for rule in rules.iter().filter(|rule| *rule != "end-of-life") {
        done(&checkout, &["fix", "--rule", rule]);
    }
    let left: Vec<String> = codes(&checkout).into_keys().collect();
    // An interim release of Ubuntu needs no row, and nothing says which systemd a stage of Gentoo has.
    assert_eq!(
        left,
        ["end-of-life", "missing-cgroup-group", "missing-test-entry"]
    );
}

/// What runs at the same time is done one after the other: whoever comes too late is refused, and
/// nothing that was done is lost.
#[test]
fn changes_at_the_same_time_undo_nothing_of_one_another() {
    let checkout = Checkout::of("clean-2026");
    let root = checkout.root();
    let names: Vec<String> = (0..8).map(|n| format!("zz{n}-1")).collect();
    let made: Vec<&String> = std::thread::scope(|scope| {
        let runs: Vec<_> = names
            .iter()
            .map(|name| {
                let arguments = ["new", name, "--builder", "debian"];
                (name, scope.spawn(move || cli(root, &arguments).status))
            })
            .collect();
        runs.into_iter()
            .filter_map(|(name, run)| (run.join().unwrap() == 0).then_some(name))
            .collect()
    });
    let repository = checkout.read("os/configs/image-repository.nix");
    for name in &names {
        let distribution = name.trim_end_matches("-1");
        let is_made = made.contains(&name);
        assert_eq!(repository.contains(distribution), is_made, "{name}");
        let path = checkout.path(&format!("image-scripts/images/{name}"));
        assert_eq!(path.exists(), is_made, "{name}");
    }
    assert!(!made.is_empty());
}
