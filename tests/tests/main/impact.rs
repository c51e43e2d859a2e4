//! What a change reaches, and how it is described: `affected` and `describe` in git repositories, and
//! what the checkout's own CI finds by the names of files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::{Output, commit_all, git, output_of};
use image_scripts_ls_tests::program;
use serde_json::Value;

mod files;
mod message;
mod suite;

const ALL_TESTS: &str = "tests/all-tests.nix";
const REDHAT: &str = "image-scripts/include/redhat-family.sh";
const ROCKY: &str = "image-scripts/images/rocky-9/build.sh";
const TABLE: &str = "tests/distributions.nix";
const REPOSITORY: &str = "os/configs/image-repository.nix";

/// A change of a checkout.
type Edit = fn(&Checkout);

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command.args(arguments).current_dir(folder);
    output_of(&mut command, "", "")
}

/// A checkout in a repository, as it was committed.
fn committed(fixture: &str) -> Checkout {
    let checkout = Checkout::of(fixture);
    commit_all(checkout.root(), "Start");
    checkout
}

/// What a change of the clean checkout reaches, as the program says it.
#[track_caller]
fn check(edit: Edit, expected: &str) {
    let checkout = committed("clean-2026");
    edit(&checkout);
    let output = run(checkout.root(), &["affected", "--since", "HEAD"]).ok();
    assert_eq!(output.trim_end(), expected.trim(), "\n{output}");
}

/// The commit message of a change of the clean checkout, and what is said beside it.
#[track_caller]
fn check_message(edit: Edit, message: &str, warnings: &str) {
    let checkout = committed("clean-2026");
    edit(&checkout);
    let output = run(checkout.root(), &["describe", "--today", "2026-11-01"]);
    assert_eq!(
        output.stdout.trim_end(),
        message.trim(),
        "\n{}",
        output.stdout
    );
    assert_eq!(output.stderr.trim_end(), warnings.trim());
    assert!(output.stdout.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_helper_reaches_those_that_name_it() {
    check(
        |checkout| {
            checkout.edit(
                REDHAT,
                "function configure-rhel-10 {",
                "function configure-rhel-10 {\n\ttrue",
            )
        },
        "
image-scripts/test@almalinux-10
  image-scripts/include/redhat-family.sh:157: `configure-rhel-10` has changed
image-scripts/test@almalinux-10-kitten
  image-scripts/include/redhat-family.sh:157: `configure-rhel-10` has changed
image-scripts/test@centos-10-stream
  image-scripts/include/redhat-family.sh:157: `configure-rhel-10` has changed
image-scripts/test@rocky-10
  image-scripts/include/redhat-family.sh:157: `configure-rhel-10` has changed",
    );
}

#[test]
fn comments_and_layout_reach_nothing() {
    check(
        |checkout| {
            checkout.edit(
                REDHAT,
                "function configure-rhel {",
                "\n# More.\nfunction configure-rhel {\n\n\t# Less.",
            );
            checkout.edit(ROCKY, "bootstrap\n", "bootstrap   # first\n\n");
            checkout.write("image-scripts/images/README.md", "Images.\n");
        },
        "No image, row or test is affected since HEAD.",
    );
}

#[test]
fn a_comment_in_a_here_document_is_text() {
    check(
        |checkout| {
            let debian = "image-scripts/images/debian-13/build.sh";
            let text = checkout.read(debian);
            checkout.write(debian, text + "configure-append <<EOF\n# a\nEOF\n");
        },
        "
image-scripts/test@debian-13
  image-scripts/images/debian-13/build.sh:22: its code has changed",
    );
}

#[test]
fn a_variable_reaches_its_readers() {
    check(
        |checkout| {
            checkout.edit(REDHAT, "YUMCONF=", "NOBODY=1\nYUMCONF=");
            checkout.edit(ROCKY, "POINTVER=9.8", "POINTVER=9.9");
        },
        "
image-scripts/test@rocky-9
  image-scripts/images/rocky-9/build.sh:3: `POINTVER` has changed",
    );
}

#[test]
fn a_builder_reaches_its_images() {
    check(
        |checkout| {
            let setup = "image-scripts/builders/devuan/setup.sh";
            let text = checkout.read(setup);
            checkout.write(setup, text + "true\n");
        },
        "
image-scripts/test@devuan-5
  image-scripts/builders/devuan/setup.sh:5: its code has changed
image-scripts/test@devuan-6
  image-scripts/builders/devuan/setup.sh:5: its code has changed",
    );
}

#[test]
fn links_and_other_files_reach_their_images() {
    check(
        |checkout| {
            checkout.link("image-scripts/images/alpine-3.25", "alpine");
            checkout.write("image-scripts/images/void/cgroups.sh", "true\n");
            checkout.remove("image-scripts/images/fedora-43");
        },
        "
image-scripts/test@alpine-3.25
  image-scripts/images/alpine-3.25: the image is new
image-scripts/test@void-glibc
  image-scripts/images/void/cgroups.sh:1: a file that its scripts name has changed
image-scripts/test@void-musl
  image-scripts/images/void/cgroups.sh:1: a file that its scripts name has changed
fedora_43: dist-config/netif-routed#fedora-43 dist-config/start-stop#fedora-43 cgroups/mount-v2#fedora-43 dist-config/systemd-rundir#fedora-43
  tests/distributions.nix:61: it means fedora-43, which is not there any more
fedora-43 is removed: nothing to test",
    );
}

#[test]
fn tags_and_groups_reach_rows() {
    check(
        |checkout| {
            checkout.edit(TABLE, "version = \"12\";", "version = \"oldstable\";");
            checkout.edit(TABLE, "    arch = {", "    arch_two = {\n      distribution = \"arch\";\n      version = \"rolling\";\n    };\n    arch = {");
        },
        "
arch_two: dist-config/netif-routed#arch-rolling dist-config/start-stop#arch-rolling
  tests/distributions.nix:25: the row is new
debian_12: dist-config/netif-routed#debian-oldstable dist-config/start-stop#debian-oldstable cgroups/mount-v1#debian-oldstable cgroups/mount-v2#debian-oldstable dist-config/systemd-rundir#debian-oldstable
  tests/distributions.nix:45: it has another distribution or version",
    );
}

#[test]
fn files_that_are_named_need_no_repository() {
    let checkout = Checkout::of("clean-2026");
    let affected = |arguments: &[&str]| run(&checkout.path("image-scripts/include"), arguments);
    let output = affected(&["affected", "--format", "pattern", "slackware.sh"]).ok();
    assert_eq!(
        output,
        "image-scripts/test@{slackware-15.0,slackware-current}\n"
    );
    let output = affected(&["affected", "--format", "github", "../builders/devuan"]).ok();
    assert_eq!(
        output,
        "{\"include\":[{\"image\":\"devuan-5\",\"test\":\"image-scripts/test@devuan-5\"},\
         {\"image\":\"devuan-6\",\"test\":\"image-scripts/test@devuan-6\"}]}\n"
    );
    let output = affected(&["affected", "../images/alpine-3.23", "--format", "pattern"]).ok();
    assert_eq!(output, "image-scripts/test@alpine-3.23\n");
    let output = affected(&["affected"]);
    assert_eq!(output.status, 2);
    assert!(
        output
            .stderr
            .contains("is in no git repository; name the files"),
        "{output:?}"
    );
    let output = affected(&["affected", "/etc/passwd"]);
    assert!(
        output.stderr.contains("is not in the checkout"),
        "{output:?}"
    );
}

#[test]
fn revisions_that_are_none_are_refused() {
    let checkout = committed("clean-2026");
    for (revision, expected) in [
        ("--upload-pack=x", "is no revision"),
        ("nowhere", "is not found"),
        ("HEAD:README", "is not found"),
        ("HEAD^{/\u{1b}[31m}", "is not found"),
        ("", "is not found"),
    ] {
        for command in ["affected", "describe"] {
            let since = format!("--since={revision}");
            let output = run(checkout.root(), &[command, &since]);
            assert_eq!(
                (output.status, output.stdout.as_str()),
                (2, ""),
                "{output:?}"
            );
            assert!(output.stderr.contains(expected), "{revision}: {output:?}");
            assert!(!output.stderr.contains('\u{1b}'));
        }
    }
}

#[test]
fn json_has_the_places() {
    let checkout = committed("clean-2026");
    checkout.edit(ROCKY, "POINTVER=9.8", "POINTVER=9.9");
    let output = run(
        checkout.root(),
        &["affected", "--since", "HEAD", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&output.ok()).unwrap();
    assert_eq!(
        (&report["version"], &report["since"]),
        (&1.into(), &"HEAD".into())
    );
    let because = &report["images"][0]["because"][0];
    assert_eq!(report["images"][0]["test"], "image-scripts/test@rocky-9");
    assert_eq!(because["path"], ROCKY);
    assert_eq!(because["range"]["start"]["line"], 2);
    for key in ["removed", "rows", "tests"] {
        assert_eq!(report[key].as_array().map(Vec::len), Some(0), "{key}");
    }
}

#[test]
fn odd_names_are_shown_and_escaped() {
    let checkout = committed("clean-2026");
    let image = "image-scripts/images/a,{b}\u{1b}[31m*";
    checkout.write(&format!("{image}/config.sh"), "BUILDER=debian\n");
    checkout.write(&format!("{image}/build.sh"), "true\n");
    let pattern = run(
        checkout.root(),
        &["affected", "--since", "HEAD", "--format", "pattern"],
    )
    .ok();
    assert_eq!(pattern, "image-scripts/test@a\\,\\{b\\}\\u{1b}\\[31m\\*\n");
    let message = run(checkout.root(), &["describe"]).ok();
    assert!(
        !message.contains('\u{1b}') && message.starts_with("image-scripts: add a,{b}"),
        "{message}"
    );
}

/// What the checkout's own CI tests, by the rules of its later version: names of files, and texts of
/// scripts that contain the name of an include.
fn own_detection(root: &Path, changed: &str) -> BTreeSet<String> {
    let images = root.join("image-scripts/images");
    let names: Vec<String> = fs::read_dir(&images)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let is_link = |name: &str| images.join(name).is_symlink();
    let is_abstract = |name: &str| !is_link(name) && images.join(name).join("abstract").exists();
    let concrete = || names.iter().filter(|name| !is_abstract(name)).cloned();
    let of_directory = |name: &str| -> Vec<String> {
        if !images.join(name).is_dir() {
            return Vec::new();
        }
        let links = names.iter().filter(|link| {
            is_link(link) && fs::read_link(images.join(link)).unwrap() == Path::new(name)
        });
        match is_abstract(name) {
            true => links.cloned().collect(),
            false => vec![name.to_owned()],
        }
    };
    let mut found = BTreeSet::new();
    for path in changed.lines() {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["image-scripts", "images", name] | ["image-scripts", "images", name, _] => {
                found.extend(of_directory(name));
            }
            ["image-scripts", "include", "common.sh"] | ["image-scripts", "bin", "runner"] => {
                found.extend(concrete());
            }
            ["image-scripts", "include", include] => {
                let contains = |name: &&String| {
                    let Ok(scripts) = fs::read_dir(images.join(name)) else {
                        return false;
                    };
                    let mut paths = scripts.map(|script| script.unwrap().path());
                    paths.any(|path| {
                        path.extension().is_some_and(|end| end == "sh")
                            && fs::read_to_string(path).unwrap().contains(include)
                    })
                };
                found.extend(
                    names
                        .iter()
                        .filter(contains)
                        .flat_map(|name| of_directory(name)),
                );
            }
            ["image-scripts", "builders", builder, _] => {
                let is_its = |name: &String| {
                    let config = fs::read_to_string(images.join(name).join("config.sh"));
                    config.is_ok_and(|text| {
                        text.lines()
                            .any(|line| line == format!("BUILDER={builder}"))
                    })
                };
                found.extend(concrete().filter(is_its));
            }
            ["os", "lib", "nixos-container", ..] => {
                found.extend(concrete().filter(|name| name.starts_with("nixos-")));
            }
            _ => {}
        }
    }
    found
}

/// Names in few words.
fn shown(names: &BTreeSet<String>, all: usize) -> String {
    match names.len() {
        0 => "none".to_owned(),
        count if count == all => "all".to_owned(),
        count if count > 4 => format!("{count} images"),
        _ => names.iter().cloned().collect::<Vec<_>>().join(" "),
    }
}

/// A rule of the checkout's own detection, with what both find and why they differ.
struct Rule {
    change: &'static str,
    edit: Edit,
    ours: &'static str,
    own: &'static str,
    difference: &'static str,
}

/// Appends a line to a file.
fn append(checkout: &Checkout, path: &str, line: &str) {
    let text = checkout.read(path);
    checkout.write(path, format!("{text}{line}\n"));
}

const RULES: [Rule; 14] = [
    Rule {
        change: "a script of an image",
        edit: |c| append(c, "image-scripts/images/arch/build.sh", "true"),
        ours: "arch",
        own: "arch",
        difference: "",
    },
    Rule {
        change: "a comment of an image",
        edit: |c| append(c, "image-scripts/images/arch/build.sh", "# true"),
        ours: "none",
        own: "arch",
        difference: "a comment changes nothing of the build",
    },
    Rule {
        change: "a file below a directory of an image",
        edit: |c| c.write("image-scripts/images/arch/files/motd", "Hello\n"),
        ours: "arch",
        own: "none",
        difference: "its rules know of no directories there",
    },
    Rule {
        change: "a new link",
        edit: |c| c.link("image-scripts/images/alpine-3.25", "alpine"),
        ours: "alpine-3.25",
        own: "alpine-3.25",
        difference: "",
    },
    Rule {
        change: "a script of an abstract directory",
        edit: |c| append(c, "image-scripts/images/alpine/build.sh", "true"),
        ours: "alpine-3.21 alpine-3.22 alpine-3.23 alpine-3.24",
        own: "alpine-3.21 alpine-3.22 alpine-3.23 alpine-3.24",
        difference: "",
    },
    Rule {
        change: "files of an abstract directory without links",
        edit: |c| append(c, "image-scripts/images/void/cgroups.sh", "true"),
        ours: "void-glibc void-musl",
        own: "none",
        difference: "the images copy the file from there",
    },
    Rule {
        change: "an image that is removed",
        edit: |c| c.remove("image-scripts/images/arch"),
        ours: "none",
        own: "none",
        difference: "",
    },
    Rule {
        change: "one helper of an include",
        edit: |c| {
            c.edit(
                REDHAT,
                "function configure-rhel-8 {",
                "function configure-rhel-8 {\n\ttrue",
            )
        },
        ours: "almalinux-8 rocky-8",
        own: "11 images",
        difference: "the others do not call it",
    },
    Rule {
        change: "a helper of common.sh that few call",
        edit: |c| {
            append(
                c,
                "image-scripts/include/common.sh",
                "function unused {\n\ttrue\n}",
            )
        },
        ours: "none",
        own: "all",
        difference: "nobody calls it",
    },
    Rule {
        change: "the code of common.sh",
        edit: |c| append(c, "image-scripts/include/common.sh", "umask 022"),
        ours: "all",
        own: "all",
        difference: "",
    },
    Rule {
        change: "a builder",
        edit: |c| append(c, "image-scripts/builders/ubuntu/setup.sh", "true"),
        ours: "ubuntu-22.04 ubuntu-24.04 ubuntu-25.10 ubuntu-26.04",
        own: "ubuntu-22.04 ubuntu-24.04 ubuntu-25.10 ubuntu-26.04",
        difference: "",
    },
    Rule {
        change: "an image test",
        edit: |c| append(c, "image-scripts/tests/hostname.sh", "true"),
        ours: "all",
        own: "none",
        difference: "every image is tested with it",
    },
    Rule {
        change: "bin/test",
        edit: |c| append(c, "image-scripts/bin/test", "true"),
        ours: "all",
        own: "none",
        difference: "every image is tested by it",
    },
    Rule {
        change: "the module of NixOS containers",
        edit: |c| c.write("os/lib/nixos-container/default.nix", "{ }\n"),
        ours: "6 images",
        own: "6 images",
        difference: "",
    },
];

#[test]
fn it_differs_from_the_own_detection_where_that_is_explained() {
    let mut wrong = Vec::new();
    for rule in &RULES {
        let checkout = committed("clean-2026");
        (rule.edit)(&checkout);
        let output = run(
            checkout.root(),
            &["affected", "--since", "HEAD", "--format", "json"],
        );
        let report: Value = serde_json::from_str(&output.ok()).unwrap();
        let images = report["images"].as_array().unwrap().iter();
        let ours: BTreeSet<String> = images
            .map(|image| image["image"].as_str().unwrap().to_owned())
            .collect();
        git(checkout.root(), &["add", "--all"]);
        let changed = git(
            checkout.root(),
            &["diff", "--cached", "--no-renames", "--name-only", "HEAD"],
        );
        let own = own_detection(checkout.root(), &changed);
        let all = own_detection(checkout.root(), "image-scripts/bin/runner").len();
        let found = (shown(&ours, all), shown(&own, all));
        if (found.0.as_str(), found.1.as_str()) != (rule.ours, rule.own) {
            wrong.push(format!("{}: {found:?}", rule.change));
        }
        assert_eq!(ours == own, rule.difference.is_empty(), "{}", rule.change);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_image_that_is_added_is_described() {
    check_message(
        |checkout| {
            run(
                checkout.root(),
                &["new", "fedora-45", "--today", "2026-11-01"],
            )
            .ok();
        },
        "
image-scripts: add fedora-45

fedora-45 follows fedora-44, and is built on fedora, too. It takes the
tags latest and stable from fedora-44.

The test row fedora_45 is new.

Still to be checked against upstream:
- fedora-45/BASEURL
- fedora-45/RELEASE: 15
- fedora-45/EXTRAPKGS

Not tested: image-scripts/test@fedora-45",
        "
image-scripts-ls: image-scripts/images/fedora-45/build.sh is not known to git: `git add` it, or remove it
image-scripts-ls: image-scripts/images/fedora-45/config.sh is not known to git: `git add` it, or remove it",
    );
}

#[test]
fn other_changes_are_described() {
    check_message(
        |checkout| {
            checkout.edit(ROCKY, "POINTVER=9.8", "POINTVER=9.9");
            append(checkout, "tests/make-test.nix", "# More.");
            checkout.write("image-scripts/images/rocky-9/build.sh.orig", "old\n");
        },
        "
image-scripts: update rocky-9 to 9.9

rocky-9: POINTVER 9.8 -> 9.9

Still to be checked against upstream:
- rocky-9/MIRROR: https://mirror.example.org/rocky/$POINTVER
- rocky-9/RELEASE: 1.5

Not tested: image-scripts/test@rocky-9",
        "
image-scripts-ls: image-scripts/images/rocky-9/build.sh.orig is left over from an editor or a patch: remove it
image-scripts-ls: tests/make-test.nix has nothing to do with images: leave it to another commit",
    );
}

#[test]
fn a_change_of_an_include_is_described() {
    check_message(
        |checkout| {
            checkout.edit(
                REDHAT,
                "function configure-rhel-8 {",
                "function configure-rhel-8 {\n\ttrue",
            );
        },
        "
image-scripts: redhat-family: change configure-rhel-8

It changes the build or the test of almalinux-8 and rocky-8.

Not tested: almalinux-8 and rocky-8.",
        "",
    );
}

#[test]
fn a_retired_image_is_described() {
    check_message(
        |checkout| {
            run(
                checkout.root(),
                &["retire", "fedora-43", "--today", "2026-11-01"],
            )
            .ok();
        },
        "
image-scripts: remove fedora-43

The test row fedora_43 is gone.",
        "",
    );
}

#[test]
fn a_change_of_the_repository_alone_is_described() {
    check_message(
        |checkout| {
            let text = checkout.read(REPOSITORY);
            checkout.write(
                REPOSITORY,
                text.replacen("[ \"kitten\" ]", "[ \"cat\" ]", 1),
            );
        },
        "
image-repository: change tags

The test row alma_kitten means no image now, and meant
almalinux-10-kitten.",
        "",
    );
}

#[test]
fn what_is_staged_is_described() {
    let checkout = committed("clean-2026");
    let describe = || run(checkout.root(), &["describe", "--staged"]);
    let output = describe();
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("nothing is staged and has changed"),
        "{output:?}"
    );
    checkout.link("image-scripts/images/alpine-3.25", "alpine");
    append(&checkout, ROCKY, "true");
    git(
        checkout.root(),
        &["add", "image-scripts/images/alpine-3.25"],
    );
    let output = describe();
    assert!(
        output
            .stdout
            .starts_with("image-scripts: add alpine-3.25\n\n"),
        "{output:?}"
    );
    assert!(
        !output.stdout.contains("rocky") && output.stderr.is_empty(),
        "{output:?}"
    );
    git(checkout.root(), &["add", ROCKY]);
    git(
        checkout.root(),
        &["reset", "-q", "image-scripts/images/alpine-3.25"],
    );
    let output = describe();
    assert!(
        output.stdout.starts_with("image-scripts: rocky-9: "),
        "{output:?}"
    );
}

/// A directory may be in a variable, the current one, or copied whole: who names it may read what is in it.
#[test]
fn files_of_another_image_reach_those_that_name_its_directory() {
    const OTHER: &str = "image-scripts/images/void/cgroups.sh";
    for line in [
        "D=\"$BASEDIR/images/void\"\ncp \"$D/cgroups.sh\" \"$INSTALL/\"",
        "for name in gentoo void; do cp \"$BASEDIR/images/$name/x\" y ; done",
        "cp -r \"$BASEDIR/images/void\" y",
        "(cd \"$BASEDIR/images/void\" && cp cgroups.sh /y)",
        "cp \"$(dirname \"$IMAGEDIR\")\"/void/cgroups.sh y",
    ] {
        let checkout = Checkout::of("clean-2026");
        append(&checkout, ROCKY, line);
        commit_all(checkout.root(), "base");
        append(&checkout, OTHER, "true");
        let found = run(
            checkout.root(),
            &["affected", "--since", "HEAD", "--format", "pattern"],
        )
        .ok();
        assert!(found.contains("rocky-9"), "{line}: {found}");
    }
    let checkout = committed("clean-2026");
    append(&checkout, OTHER, "true");
    let found = run(
        checkout.root(),
        &["affected", "--since", "HEAD", "--format", "pattern"],
    )
    .ok();
    assert!(!found.contains("rocky-9"), "{found}");
}

#[test]
fn a_message_is_written_to_a_file_that_is_new() {
    let checkout = committed("clean-2026");
    checkout.link("image-scripts/images/alpine-3.25", "alpine");
    let describe = |file: &str| run(checkout.root(), &["describe", "-o", file]);
    for _ in 0..2 {
        assert_eq!(describe("message.txt").ok(), "");
    }
    assert!(
        checkout
            .read("message.txt")
            .starts_with("image-scripts: add alpine-3.25\n\n")
    );
    git(checkout.root(), &["add", "image-scripts"]);
    git(checkout.root(), &["commit", "-q", "-F", "message.txt"]);
    append(&checkout, ROCKY, "true");
    checkout.write("mine.txt", "my own message\n\nwith a body\n");
    checkout.write("empty.txt", "");
    for file in [ROCKY, ".git/HEAD", "message.txt", "mine.txt", "empty.txt"] {
        let before = checkout.read(file);
        let output = describe(file);
        assert_eq!(output.status, 2, "{file}");
        assert!(output.stderr.contains("it is there"), "{output:?}");
        assert_eq!(checkout.read(file), before);
    }
}

#[test]
fn the_hook_begins_a_message() {
    let checkout = committed("clean-2026");
    let programs = Folder::new();
    std::os::unix::fs::symlink(program!(), programs.path().join("image-scripts-ls")).unwrap();
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../editors/ci/prepare-commit-msg");
    fs::create_dir_all(checkout.path(".git/hooks")).unwrap();
    fs::copy(hook, checkout.path(".git/hooks/prepare-commit-msg")).unwrap();
    let commit = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(checkout.root())
            .args([
                "-c",
                "user.name=Test",
                "-c",
                "user.email=test@example.org",
                "commit",
                "-q",
            ])
            .args(arguments)
            .env("GIT_EDITOR", "true")
            .env("PATH", format!("{}:{path}", programs.path().display()));
        output_of(&mut command, "", "apt-get install git").ok();
        git(checkout.root(), &["log", "-1", "--format=%B"])
    };
    checkout.link("image-scripts/images/alpine-3.25", "alpine");
    checkout.write("image-scripts/note.orig", "x\n");
    git(checkout.root(), &["add", "image-scripts"]);
    let message = commit(&[]);
    assert!(
        message.starts_with("image-scripts: add alpine-3.25\n\n"),
        "{message}"
    );
    assert!(!message.contains("note.orig"), "{message}");
    append(&checkout, ROCKY, "true");
    assert_eq!(commit(&["-a", "-m", "Mine"]), "Mine\n\n");
}

#[test]
fn a_huge_change_is_described_in_short() {
    let checkout = committed("clean-2026");
    for number in 0..300 {
        let image = format!("image-scripts/images/huge-{number}");
        checkout.write(&format!("{image}/config.sh"), "BUILDER=debian\n");
        checkout.write(
            &format!("{image}/build.sh"),
            ". \"$INCLUDE/debian.sh\"\nbootstrap\n",
        );
    }
    append(&checkout, "image-scripts/include/common.sh", "umask 022");
    let message = run(checkout.root(), &["describe"]);
    assert!(
        message
            .stdout
            .starts_with("image-scripts: add 300 images\n"),
        "{message:?}"
    );
    let affected = run(
        checkout.root(),
        &["affected", "--since", "HEAD", "--format", "github"],
    )
    .ok();
    let matrix: Value = serde_json::from_str(&affected).unwrap();
    assert!(matrix["include"].as_array().unwrap().len() > 300);
}

#[test]
fn a_tag_that_moves_reaches_its_row() {
    check(
        |checkout| {
            let text = checkout.read(REPOSITORY);
            checkout.write(REPOSITORY, text.replacen("[ \"kitten\" ]", "[ \"cat\" ]", 1));
        },
        "
alma_kitten: dist-config/netif-routed#almalinux-kitten dist-config/start-stop#almalinux-kitten cgroups/mount-v1#almalinux-kitten cgroups/mount-v2#almalinux-kitten dist-config/systemd-rundir#almalinux-kitten
  tests/distributions.nix:17: it means no image now, and meant almalinux-10-kitten",
    );
}
