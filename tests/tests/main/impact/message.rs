//! Commit messages: what they leave to others, how long their subjects are, and what they call values.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::commit_all;

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
        (REPOSITORY, "image-repository: change its syntax"),
        (TABLE, "tests/distributions: change its syntax"),
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
