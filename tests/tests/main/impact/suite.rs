//! The tests of the suite that a change reaches: of rows, by their files, by the list, and by what all of them are
//! made with.

use std::collections::BTreeSet;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::{commit_all, git};

use super::{ALL_TESTS, Edit, TABLE, append, check, committed, run};

/// The tests of a change of the clean checkout that is none of images and rows, and how many of those there are.
#[track_caller]
fn check_patterns(edit: Edit, expected: &str) {
    let checkout = committed("clean-2026");
    edit(&checkout);
    let arguments = ["affected", "--since", "HEAD", "--format", "pattern"];
    let output = run(checkout.root(), &arguments).ok();
    let shown = output.lines().map(|pattern| {
        let names = pattern.split_once("@{").or(pattern.split_once("#{"));
        let names = names.filter(|_| pattern.ends_with('}'));
        match names {
            Some((test, names)) => format!("{test}: {} names\n", names.split(',').count()),
            None => format!("{pattern}\n"),
        }
    });
    let shown: String = shown.collect();
    assert_eq!(shown.trim_end(), expected.trim(), "\n{output}");
}

#[test]
fn a_group_reaches_the_tests_that_are_made_for_it() {
    check(
        |checkout| {
            checkout.edit(
                TABLE,
                "    devuan\n    gentoo_openrc",
                "    arch\n    devuan\n    gentoo_openrc",
            );
        },
        "
arch: cgroups/mount-v1#arch-latest
  tests/distributions.nix:25: it is in `cgroupAll` now",
    );
    check(
        |checkout| checkout.edit(TABLE, "    debian_13\n    devuan", "    devuan"),
        "
debian_13: nothing to test
  tests/distributions.nix:45: it is not in `cgroupAll` any more",
    );
}

#[test]
fn a_file_of_a_test_reaches_that_test_of_its_rows() {
    check_patterns(
        |checkout| append(checkout, "tests/suite/cgroups/mount-v2.nix", "# more\n\n"),
        "",
    );
    check_patterns(
        |checkout| {
            checkout.edit(
                "tests/suite/cgroups/mount-v2.nix",
                "description = \"",
                "description = \"really ",
            )
        },
        "cgroups/mount-v2: 36 names",
    );
}

#[test]
fn a_shared_file_reaches_the_tests_that_import_it() {
    check(
        |checkout| {
            checkout.edit("tests/suite/docker/base.nix", "outer\")", "other\")");
            checkout.write("tests/suite/docker/nobody.nix", "{ }\n");
            checkout.write("tests/suite/docker/README.md", "Docker.\n");
        },
        "
docker/almalinux-9
  tests/suite/docker/base.nix:1: a file that `docker/almalinux-9` reads has changed
docker/debian-latest
  tests/suite/docker/base.nix:1: a file that `docker/debian-latest` reads has changed
docker/ubuntu-24.04
  tests/suite/docker/base.nix:1: a file that `docker/ubuntu-24.04` reads has changed",
    );
}

#[test]
fn a_test_is_what_is_listed() {
    check(
        |checkout| {
            checkout.edit(ALL_TESTS, "    \"docker/debian-latest\"\n", "");
            checkout.edit(ALL_TESTS, "    \"snap/", "    \"podman/new\"\n    \"snap/");
            checkout.write("tests/suite/podman/new.nix", "import ./base.nix { }\n");
        },
        "
podman/new
  tests/suite/podman/new.nix:1: the file of `podman/new` is new
  tests/all-tests.nix:47: the test is listed now",
    );
    let checkout = committed("clean-2026");
    checkout.write(ALL_TESTS, "{ }: [\n");
    checkout.edit("tests/suite/docker/base.nix", "outer\")", "other\")");
    let output = run(
        checkout.root(),
        &["affected", "--since", "HEAD", "--format", "json"],
    );
    let unknown = "\"unknown\": [\n    \"tests/suite/docker/base.nix\"\n  ]";
    assert!(output.stdout.contains(unknown), "{output:?}");
    assert!(
        output
            .stderr
            .contains("base.nix: nobody knows which tests it reaches"),
        "{output:?}"
    );
}

#[test]
fn groups_of_a_listed_test_reach_their_rows() {
    check(
        |checkout| {
            checkout.edit(
                ALL_TESTS,
                "distributions.non-systemd) [",
                "(distributions.non-systemd ++ distributions.cgroupv1)) [",
            );
            checkout.edit(
                ALL_TESTS,
                "distributions.systemd) [\n",
                "distributions.systemd) [\n    # None of OpenRC.\n",
            );
        },
        "No image, row or test is affected since HEAD.",
    );
    check_patterns(
        |checkout| {
            checkout.edit(
                ALL_TESTS,
                "(distributions.cgroupAll ++ distributions.cgroupv1)",
                "distributions.all",
            );
        },
        "cgroups/mount-v1: 11 names",
    );
}

#[test]
fn what_tests_are_made_with_reaches_all() {
    const ALL: &str = "
image-scripts/test: 46 names
dist-config/netif-routed: 36 names
dist-config/start-stop: 36 names
cgroups/mount-v1: 25 names
cgroups/mount-v2: 36 names
dist-config/systemd-rundir: 25 names
dist-config/nonsystemd-rundir: 11 names
docker/almalinux-9{,#*,@*}
docker/debian-latest{,#*,@*}
docker/ubuntu-24.04{,#*,@*}
podman/fedora-latest{,#*,@*}
podman/opensuse-tumbleweed{,#*,@*}
snap/ubuntu-26.04{,#*,@*}";
    for path in [
        "tests/make-test.nix",
        "tests/make-template.nix",
        "tests/machines/node.nix",
        "tests/configs/pool.nix",
        "tests/runner/run.rb",
    ] {
        let checkout = Checkout::of("clean-2026");
        checkout.write(path, "{ }\n");
        commit_all(checkout.root(), "Start");
        checkout.write(path, "{ a = 1; }\n");
        let arguments = ["affected", "--since", "HEAD"];
        let output = run(checkout.root(), &arguments).ok();
        let reasons: BTreeSet<&str> = output
            .lines()
            .filter(|line| line.starts_with(' '))
            .collect();
        let reasons: Vec<&str> = reasons.into_iter().collect();
        let expected = format!("  {path}: a file that every test is made with has changed");
        assert_eq!(reasons, [expected]);
    }
    check_patterns(
        |checkout| append(checkout, "tests/make-test.nix", "# more"),
        ALL,
    );
    check_patterns(
        |checkout| checkout.edit(ALL_TESTS, "inherit pkgs system;", "inherit system;"),
        ALL,
    );
    check_patterns(
        |checkout| {
            checkout.write("tests/README.md", "Tests.\n");
            git(checkout.root(), &["add", "tests"]);
        },
        "",
    );
}

#[test]
fn the_test_of_images_reaches_them() {
    check_patterns(
        |checkout| {
            checkout.write("tests/suite/image-scripts/lib.nix", "{ a = 2; }\n");
            let test = "tests/suite/image-scripts/test.nix";
            let text = checkout.read(test);
            checkout.write(test, format!("let lib = import ./lib.nix; in\n{text}"));
        },
        "image-scripts/test: 46 names",
    );
}

#[test]
fn tests_that_are_deleted_are_not_asked_for() {
    let checkout = committed("clean-2026");
    checkout.remove("tests/suite/docker/debian-latest.nix");
    checkout.remove("tests/suite/dist-config/start-stop.nix");
    let message = run(checkout.root(), &["describe"]).ok();
    assert_eq!(
        message.trim_end(),
        "tests: remove dist-config/start-stop and docker/debian-latest"
    );
    let output = run(checkout.root(), &["affected", "--since", "HEAD"]);
    assert_eq!(
        output.stdout.trim_end(),
        "No image, row or test is affected since HEAD."
    );
    for test in ["docker/debian-latest", "dist-config/start-stop"] {
        let note = format!("{test} is left out: its file is deleted");
        assert!(output.stderr.contains(&note), "{output:?}");
    }
}

#[test]
fn a_table_that_does_not_parse_is_not_taken_for_no_change() {
    for edit in [
        (|checkout| append(checkout, TABLE, "}")) as Edit,
        |checkout| checkout.remove(TABLE),
    ] {
        let checkout = committed("clean-2026");
        edit(&checkout);
        let output = run(checkout.root(), &["affected", "--since", "HEAD"]);
        let expected = "tests/distributions.nix: nobody knows which tests it reaches";
        assert!(output.stderr.contains(expected), "{output:?}");
    }
}
