//! What a change reaches by files: their modes and line ends, deleted ones, those that no git and no text names, and
//! what scripts call them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::command::commit_all;

use super::{ROCKY, append, check, committed, run};

/// Gives a file a mode.
fn set_mode(checkout: &Checkout, path: &str, mode: u32) {
    let permissions = fs::Permissions::from_mode(mode);
    fs::set_permissions(checkout.path(path), permissions).unwrap();
}

#[test]
fn a_mode_is_a_change() {
    check(
        |checkout| {
            set_mode(checkout, "image-scripts/include/slackware.sh", 0o755);
            set_mode(checkout, "tests/suite/docker/base.nix", 0o755);
        },
        "
image-scripts/test@slackware-15.0
  image-scripts/include/slackware.sh:1: a file of its build has another mode
image-scripts/test@slackware-current
  image-scripts/include/slackware.sh:1: a file of its build has another mode",
    );
    let checkout = committed("clean-2026");
    set_mode(&checkout, "image-scripts/bin/runner", 0o644);
    let all = run(checkout.root(), &["affected", "--since", "HEAD"]).ok();
    let reason = "  image-scripts/bin/runner:1: a file that every image is built or tested with has another mode";
    assert_eq!(all.matches("image-scripts/test@").count(), 46);
    assert_eq!(
        all.lines().filter(|line| *line == reason).count(),
        46,
        "{all}"
    );
}

#[test]
fn line_ends_are_a_change() {
    check(
        |checkout| {
            let text = checkout.read(ROCKY);
            checkout.write(ROCKY, text.replace('\n', "\r\n"));
        },
        "
image-scripts/test@rocky-9
  image-scripts/images/rocky-9/build.sh:1: a file of its build has other line ends
  image-scripts/include/redhat-family.sh:1: it is not read any more
  image-scripts/include/systemd.sh:1: it is not read any more",
    );
}

#[test]
fn deleted_files_may_be_named() {
    let checkout = Checkout::of("clean-2026");
    let affected = |file: &str| run(checkout.root(), &["affected", "--format", "pattern", file]);
    for (path, expected) in [
        (
            "image-scripts/include/slackware.sh",
            "image-scripts/test@{slackware-15.0,slackware-current}\n",
        ),
        (
            "image-scripts/images/arch/build.sh",
            "image-scripts/test@arch\n",
        ),
        (
            "image-scripts/builders/devuan",
            "image-scripts/test@{devuan-5,devuan-6}\n",
        ),
        (
            "tests/suite/docker/base.nix",
            "docker/almalinux-9{,#*,@*}\ndocker/debian-latest{,#*,@*}\ndocker/ubuntu-24.04{,#*,@*}\n",
        ),
        ("image-scripts/images/never-there/file", ""),
    ] {
        if checkout.path(path).exists() {
            checkout.remove(path);
        }
        let output = affected(path);
        assert_eq!(
            (output.status, output.stdout.as_str()),
            (0, expected),
            "{path}: {output:?}"
        );
        let note = format!("{path} is not there: it is taken for deleted");
        assert!(output.stderr.contains(&note), "{output:?}");
    }
    let all = affected(".").ok();
    assert!(
        all.contains("{almalinux-8,") && all.contains("start-stop#{"),
        "{all}"
    );
    let output = affected("image-scripts/../../elsewhere");
    assert!(
        output.stderr.contains("is not in the checkout"),
        "{output:?}"
    );
}

#[test]
fn what_is_left_out_is_said() {
    let checkout = committed("clean-2026");
    let files = checkout.path("image-scripts/include/files");
    fs::create_dir(&files).unwrap();
    let status = Command::new("mkfifo").arg(files.join("pipe")).status();
    assert!(status.expect("apt-get install coreutils").success());
    fs::write(files.join(OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    append(&checkout, ROCKY, "cp -r \"$INCLUDE/files\" /etc");
    for command in ["affected", "describe"] {
        let output = run(checkout.root(), &[command, "--since", "HEAD"]);
        assert_eq!(output.status, 0, "{output:?}");
        for expected in [
            "include/files/pipe is left out: it is neither a file nor a link",
            "include/files/caf\u{fffd} is left out: its name is not UTF-8",
        ] {
            assert!(output.stderr.contains(expected), "{output:?}");
        }
    }
    let output = run(
        checkout.root(),
        &["affected", "image-scripts/include/files/pipe"],
    );
    assert!(output.ok().starts_with("image-scripts/test@rocky-9\n"));
}

#[test]
fn only_a_commit_is_compared_with() {
    let checkout = committed("clean-2026");
    for since in ["HEAD:image-scripts", "HEAD^{tree}"] {
        for command in ["affected", "describe"] {
            let output = run(checkout.root(), &[command, "--since", since]);
            let expected = format!("`{since}` is a directory; pass a branch, a tag or a commit");
            assert_eq!(
                (output.status, output.stdout.as_str()),
                (2, ""),
                "{output:?}"
            );
            assert!(output.stderr.contains(&expected), "{output:?}");
        }
    }
}

/// A file beside the includes is one that a script names by its path, and not by its name alone.
#[test]
fn files_in_directories_are_named_by_paths() {
    for (line, is_reached) in [
        ("cp \"$INCLUDE/files/motd\" \"$INSTALL/etc\"", true),
        ("cp \"$INCLUDE\"/files/* \"$INSTALL/etc\"", true),
        ("cp \"$INCLUDE/files\"/\"$NAME\" \"$INSTALL/etc\"", true),
        ("cp -r \"$INCLUDE/files\" \"$INSTALL/etc\"", true),
        ("(cd \"$INCLUDE/files\" && cp motd /etc)", true),
        ("D=\"$INCLUDE/files/\" ; cp \"${D}mot\"*", true),
        ("cp \"$INCLUDE/files/mo$X\" \"$INSTALL/etc\"", true),
        ("cp \"$INCLUDE/files/issue\" \"$INSTALL/etc\"", false),
        ("cp \"$INCLUDE/files/motd.old\" \"$INSTALL/etc\"", false),
        ("cp \"$INCLUDE/my-files/motd\" \"$INSTALL/etc\"", false),
        ("echo > \"$INSTALL/etc/motd\"", false),
    ] {
        let checkout = Checkout::of("clean-2026");
        append(&checkout, ROCKY, line);
        append(
            &checkout,
            "image-scripts/images/arch/build.sh",
            "cp \"$INCLUDE/files/motd\" /etc",
        );
        checkout.write("image-scripts/include/files/motd", "Hello\n");
        commit_all(checkout.root(), "Start");
        checkout.write("image-scripts/include/files/motd", "Hi\n");
        let arguments = ["affected", "--since", "HEAD", "--format", "pattern"];
        let found = run(checkout.root(), &arguments).ok();
        let expected = match is_reached {
            true => "image-scripts/test@{arch,rocky-9}\n",
            false => "image-scripts/test@arch\n",
        };
        assert_eq!(found, expected, "{line}");
    }
}

/// A directory stands for its files: those that nobody lists elsewhere, those that git does not know, and those that
/// are gone.
#[test]
fn a_directory_stands_for_all_its_files() {
    const MODULE: &str = "os/lib/nixos-container";
    let checkout = Checkout::of("clean-2026");
    checkout.write("os/lib/nixos-container/default.nix", "{ }\n");
    commit_all(checkout.root(), "Start");
    let affected = |folder: &str, path: &str| {
        let arguments = ["affected", "--format", "pattern", path];
        run(&checkout.path(folder), &arguments).ok()
    };
    let nixos = "image-scripts/test@{nixos-25.11,nixos-25.11-impermanence,nixos-26.05,\
                 nixos-26.05-impermanence,nixos-unstable,nixos-unstable-impermanence}\n";
    for (folder, path) in [
        (".", MODULE),
        (".", "os/lib"),
        (MODULE, "."),
        ("os", "lib/"),
    ] {
        assert_eq!(affected(folder, path), nixos, "{folder} {path}");
    }
    for (folder, path) in [(".", "."), ("os", "..")] {
        let found = affected(folder, path);
        for image in ["almalinux-8", "void-musl", "docker/debian-latest"] {
            assert!(found.contains(image), "{folder} {path}: {found}");
        }
    }
    checkout.remove("image-scripts/builders/devuan/setup.sh");
    let devuan = "image-scripts/test@{devuan-5,devuan-6}\n";
    assert_eq!(affected(".", "image-scripts/builders/devuan"), devuan);
    checkout.remove(MODULE);
    assert_eq!(affected("os", "lib"), nixos);
}

/// What says that a directory is none of an image's reaches no build, and a value is the same in other quotes.
#[test]
fn what_reaches_no_build_affects_nothing() {
    let nothing = "No image, row or test is affected since HEAD.";
    check(
        |checkout| append(checkout, "image-scripts/images/void/abstract", "x"),
        nothing,
    );
    check(
        |checkout| checkout.edit(ROCKY, "POINTVER=9.8", "POINTVER=\"9.8\""),
        nothing,
    );
    let checkout = committed("clean-2026");
    checkout.write("os/lib/nixos-container/default.nix", "{ }\n");
    let found = run(checkout.root(), &["affected", "--since", "HEAD"]).ok();
    let reason = "default.nix: a file of the NixOS template that its build makes is new";
    assert!(found.contains(reason), "{found}");
}

#[test]
fn files_that_git_ignores_are_of_no_change() {
    let checkout = Checkout::of("clean-2026");
    checkout.write(".gitignore", "*.log\n/image-scripts/images/mine\n");
    checkout.write(
        "image-scripts/.gitignore",
        "!kept.log\n# c\ncache/\ninclude/a?c\n",
    );
    commit_all(checkout.root(), "Start");
    let exclude = checkout.path(".git/info/exclude");
    fs::write(exclude, "secret.txt\n").unwrap();
    let images = "image-scripts/images";
    for ignored in [
        "arch/build.log",
        "arch/cache/x",
        "arch/secret.txt",
        "../include/abc",
        "mine/build.sh",
        "mine/config.sh",
    ] {
        checkout.write(&format!("{images}/{ignored}"), "true\n");
    }
    for command in ["affected", "describe"] {
        let output = run(checkout.root(), &[command, "--since", "HEAD"]);
        let said = format!("{}{}", output.stdout, output.stderr);
        let nothing = ["nothing has changed", "No image, row or test is affected"];
        assert!(nothing.iter().any(|text| said.contains(text)), "{said}");
    }
    append(&checkout, ROCKY, "true");
    checkout.write("image-scripts/images/arch/kept.log", "x\n");
    let output = run(checkout.root(), &["affected", "--since", "HEAD"]).ok();
    assert_eq!(
        output.trim_end(),
        "image-scripts/test@arch\n  image-scripts/images/arch/kept.log:1: a file of its build is new\n\
         image-scripts/test@rocky-9\n  image-scripts/images/rocky-9/build.sh:21: its code has changed"
    );
}
