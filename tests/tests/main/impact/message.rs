//! Commit messages: what they leave to others, how long their subjects are, and what they call values.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::{commit_all, git};

use super::{
    ALL_TESTS, Edit, REDHAT, REPOSITORY, ROCKY, TABLE, append, check_message, committed, run,
};

/// The subject of a change of the clean checkout.
#[track_caller]
fn check_subject(edit: Edit, expected: &str) {
    let checkout = committed("clean-2026");
    edit(&checkout);
    let output = run(checkout.root(), &["describe"]).ok();
    let subject = output.lines().next().unwrap_or_default();
    assert_eq!(subject, expected, "\n{output}");
    assert!(subject.chars().count() <= 72);
}

#[test]
fn line_ends_and_modes_are_told_from_words() {
    check_message(
        |checkout| {
            let text = checkout.read(ROCKY);
            checkout.write(ROCKY, text.replace('\n', "\r\n"));
        },
        "
image-scripts: rocky-9: change line ends

Not tested: image-scripts/test@rocky-9",
        "",
    );
    check_subject(
        |checkout| {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(checkout.path(ROCKY), mode).unwrap();
        },
        "image-scripts: rocky-9: change modes",
    );
    check_subject(
        |checkout| {
            let text = checkout.read(REDHAT).replace('\n', "\r\n");
            checkout.write(REDHAT, text + "function more {\r\n\ttrue\r\n}\r\n");
        },
        "image-scripts: redhat-family: add more",
    );
}

#[test]
fn foreign_files_are_described_by_nobody() {
    let checkout = committed("clean-2026");
    checkout.write("notes.txt", "x\n");
    checkout.write("tests/notes.txt", "x\n");
    checkout.write("image-scripts/images/rocky-9/build.sh~", "x\n");
    checkout.write("image-scripts/images/rocky-9/build.sh.orig", "x\n");
    append(&checkout, "tests/make-test.nix", "# More.");
    let output = run(checkout.root(), &["describe"]);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""));
    assert_eq!(
        output.stderr.trim_end(),
        "\
image-scripts-ls: image-scripts/images/rocky-9/build.sh.orig is left over from an editor or a patch: remove it
image-scripts-ls: tests/make-test.nix has nothing to do with images: leave it to another commit
image-scripts-ls: image-scripts/images/rocky-9/build.sh~ is left over from an editor or a patch: remove it
image-scripts-ls: notes.txt has nothing to do with images: leave it to another commit
image-scripts-ls: tests/notes.txt has nothing to do with images: leave it to another commit
image-scripts-ls: nothing of images has changed since `HEAD`"
    );
    append(&checkout, "image-scripts/images/arch/build.sh", "true");
    let output = run(checkout.root(), &["describe"]);
    assert_eq!(
        output.stdout.trim_end(),
        "image-scripts: arch: change what it does\n\nNot tested: image-scripts/test@arch"
    );
    assert!(
        output.stderr.contains("notes.txt has nothing to do"),
        "{output:?}"
    );
}

#[test]
fn a_subject_has_as_many_names_as_there_is_room_for() {
    fn add(checkout: &Checkout, names: &[&str]) {
        for name in names {
            let image = format!("image-scripts/images/{name}");
            checkout.write(&format!("{image}/config.sh"), "BUILDER=debian\n");
            checkout.write(
                &format!("{image}/build.sh"),
                ". \"$INCLUDE/debian.sh\"\nbootstrap\n",
            );
        }
    }
    check_subject(
        |checkout| add(checkout, &["quite-long-name-1", "quite-long-name-2"]),
        "image-scripts: add quite-long-name-1, quite-long-name-2",
    );
    check_subject(
        |checkout| {
            add(
                checkout,
                &[
                    "quite-long-name-1",
                    "quite-long-name-2",
                    "quite-long-name-3",
                ],
            )
        },
        "image-scripts: add 3 images",
    );
    check_subject(
        |checkout| {
            add(
                checkout,
                &["a-name-that-is-longer-than-a-subject-may-be-in-the-log-of-any-tree"],
            )
        },
        "image-scripts: add one image",
    );
    check_subject(
        |checkout| {
            append(
                checkout,
                REDHAT,
                "function a-helper-with-a-very-long-name {\n\ttrue\n}",
            );
            append(
                checkout,
                REDHAT,
                "function a-helper-with-another-long-name {\n\ttrue\n}",
            );
        },
        "image-scripts: redhat-family: add 2 definitions",
    );
}

#[test]
fn files_and_tests_are_added_and_removed_by_name() {
    check_subject(
        |checkout| checkout.write("image-scripts/README.md", "Images.\n"),
        "image-scripts: add README.md",
    );
    check_subject(
        |checkout| checkout.write("image-scripts/tests/systemctl.sh", "true\n"),
        "image-scripts: add tests/systemctl.sh",
    );
    check_subject(
        |checkout| {
            checkout.edit(ALL_TESTS, "    \"docker/debian-latest\"\n", "");
            checkout.edit(ALL_TESTS, "    \"snap/", "    \"podman/new\"\n    \"snap/");
            checkout.write("tests/suite/podman/new.nix", "import ./base.nix { }\n");
        },
        "tests: add podman/new, remove docker/debian-latest",
    );
}

/// Of a file that does not parse, nobody knows what it said.
#[test]
fn what_did_not_parse_is_not_called_new() {
    for (path, subject) in [
        (REPOSITORY, "image-repository: change image-repository.nix"),
        (TABLE, "tests/distributions: change distributions.nix"),
    ] {
        let checkout = Checkout::of("clean-2026");
        let text = checkout.read(path);
        checkout.write(path, format!("{text}}}"));
        commit_all(checkout.root(), "Start");
        checkout.write(path, &text);
        let message = run(checkout.root(), &["describe"]).ok();
        assert_eq!(message.trim_end(), subject);
    }
}

#[test]
fn modules_that_nobody_imports_do_not_belong() {
    let checkout = committed("clean-2026");
    append(&checkout, "image-scripts/images/arch/build.sh", "true");
    checkout.write("os/configs/iso.nix", "{ }\n");
    let output = run(checkout.root(), &["describe"]);
    assert!(
        output
            .stderr
            .contains("os/configs/iso.nix has nothing to do"),
        "{output:?}"
    );
    assert!(!output.stdout.contains("iso"), "{output:?}");
}

/// Of a text that does not parse, nothing is said of what is in it.
#[test]
fn what_does_not_parse_is_warned_about() {
    for (path, subject) in [
        (REPOSITORY, "image-repository: change image-repository.nix"),
        (TABLE, "tests/distributions: change distributions.nix"),
    ] {
        let checkout = committed("clean-2026");
        append(&checkout, path, "}");
        let output = run(checkout.root(), &["describe"]);
        assert_eq!(output.stdout.trim_end(), subject, "{output:?}");
        let warning = format!("{path} does not parse, and nothing is said of what is in it");
        assert!(output.stderr.contains(&warning), "{output:?}");
        checkout.write("image-scripts/images/new-1/build.sh", "true\n");
        let output = run(checkout.root(), &["describe"]);
        let has_entry = output.stdout.contains("no entry in the repository");
        assert_eq!(has_entry, path == TABLE, "{output:?}");
    }
    let checkout = committed("clean-2026");
    checkout.edit(
        ROCKY,
        "POINTVER=9.8",
        "<<<<<<< HEAD\nPOINTVER=9.8\n=======\nPOINTVER=9.9\n>>>>>>> other",
    );
    let output = run(checkout.root(), &["describe"]);
    let warning = "rocky-9/build.sh:3 has the marks of a merge conflict: settle it";
    assert!(output.stderr.contains(warning), "{output:?}");
}

#[test]
fn an_entry_that_stays_is_changed() {
    check_subject(
        |checkout| checkout.edit(REPOSITORY, "        name = \"chimera\";\n", ""),
        "image-repository: change chimera-rolling",
    );
    check_subject(
        |checkout| checkout.edit(REPOSITORY, "chimera.rolling = {", "chimera.current = {"),
        "image-repository: change chimera",
    );
}

#[test]
fn builders_that_go_or_are_renamed_are_called_builders() {
    check_subject(
        |checkout| checkout.remove("image-scripts/builders/devuan"),
        "image-scripts: remove builder devuan",
    );
    check_message(
        |checkout| {
            let builders = "image-scripts/builders";
            let from = checkout.path(&format!("{builders}/devuan"));
            fs::rename(from, checkout.path(&format!("{builders}/devuan-lts"))).unwrap();
            for image in ["devuan-5", "devuan-6"] {
                let config = format!("image-scripts/images/{image}/config.sh");
                checkout.edit(&config, "BUILDER=devuan", "BUILDER=devuan-lts");
            }
            git(checkout.root(), &["add", "--all"]);
        },
        "
image-scripts: rename builder devuan to devuan-lts

The new builder devuan-lts starts from devuan 6. devuan-5 and devuan-6
are built on devuan-lts instead of devuan.

Not tested: devuan-5 and devuan-6.",
        "",
    );
}

#[test]
fn directories_that_become_links_are_told() {
    let debian = |checkout: &Checkout| {
        checkout.remove("image-scripts/images/debian-11");
        checkout.link("image-scripts/images/debian-11", "debian-12");
    };
    check_subject(
        debian,
        "image-scripts: debian-11: is a link to debian-12 now",
    );
    let checkout = committed("clean-2026");
    debian(&checkout);
    let output = run(checkout.root(), &["describe"]);
    assert!(!output.stderr.contains("build.sh"), "{output:?}");
    check_subject(
        |checkout| {
            let image = "image-scripts/images/alpine-3.21";
            checkout.remove(image);
            for file in ["build.sh", "config.sh"] {
                let text = checkout.read(&format!("image-scripts/images/alpine/{file}"));
                checkout.write(&format!("{image}/{file}"), text);
            }
        },
        "image-scripts: alpine-3.21: is no link to alpine any more",
    );
    check_subject(
        |checkout| {
            let images = checkout.path("image-scripts/images");
            fs::rename(images.join("alpine"), images.join("alpine-all")).unwrap();
            for release in ["3.21", "3.22", "3.23", "3.24"] {
                let link = format!("image-scripts/images/alpine-{release}");
                checkout.remove(&link);
                checkout.link(&link, "alpine-all");
            }
        },
        "image-scripts: rename alpine to alpine-all",
    );
}

#[test]
fn holes_are_left_out() {
    let checkout = committed("clean-2026");
    checkout.remove("image-scripts/images/void/abstract");
    let output = run(checkout.root(), &["describe"]);
    assert!(!output.stdout.contains("built on ."), "{output:?}");
    let checkout = committed("clean-2026");
    checkout.remove("image-scripts/images/fedora-43");
    let output = run(checkout.root(), &["describe"]).ok().replace('\n', " ");
    assert!(
        output.contains("The test row fedora_43 means fedora-43, which is not there any more."),
        "{output}"
    );
}
