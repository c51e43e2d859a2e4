//! The scripts in `server` and `editors/vscode` that make a release, run on this machine with the
//! program under test. What they make is installed and used.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::checkout::{Folder, fixture};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::{program, project};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TRIPLE: &str = "x86_64-unknown-linux-musl";

/// Runs a script of the project in a folder.
fn script(path: &str, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new("bash");
    command.arg(project::root().join(path)).args(arguments);
    command
        .current_dir(folder)
        .env_remove("SERVER")
        .env_remove("SOURCE_DATE_EPOCH");
    output_of(&mut command, "", "apt-get install bash")
}

/// Path on the last line that a script printed.
fn made(output: Output) -> PathBuf {
    PathBuf::from(output.ok().lines().last().unwrap())
}

/// An archive of the program under test.
fn archive(out: &Path) -> PathBuf {
    let out = out.to_str().unwrap();
    let arguments = ["--target", TRIPLE, "--binary", program!(), "--out", out];
    made(script("server/package.sh", &arguments, Path::new(out)))
}

/// Unpacks an archive as its users are told to.
fn install(archive: &Path, prefix: &Path) {
    fs::create_dir_all(prefix).unwrap();
    let mut command = Command::new("tar");
    command
        .arg("-C")
        .arg(prefix)
        .args(["--strip-components=1", "-xzf"]);
    output_of(command.arg(archive), "", "apt-get install tar gzip").ok();
}

fn installed(prefix: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(prefix.join("bin/image-scripts-ls"));
    output_of(command.args(arguments).env("NO_COLOR", "1"), "", "")
}

/// Checks that everything in an archive works from the prefix it was unpacked to.
fn check_installed(prefix: &Path) {
    let version = installed(prefix, &["--version"]).ok();
    let word = version.split_whitespace().nth(1);
    assert_eq!(word, Some(VERSION), "{version}");
    let contribution = fixture("contribution");
    let output = installed(prefix, &["check", contribution.to_str().unwrap()]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(
        output.stdout.contains("error[unknown-builder]"),
        "{output:?}"
    );

    for (path, words) in [
        (
            "share/bash-completion/completions/image-scripts-ls",
            "complete -F",
        ),
        (
            "share/fish/vendor_completions.d/image-scripts-ls.fish",
            "complete -c image-scripts-ls",
        ),
        (
            "share/zsh/site-functions/_image-scripts-ls",
            "#compdef image-scripts-ls",
        ),
        (
            "share/man/man1/image-scripts-ls.1",
            ".TH image-scripts-ls 1",
        ),
        ("share/man/man1/image-scripts-ls-check.1", ".TH"),
        ("share/doc/image-scripts-ls/README.md", "# image-scripts-ls"),
        ("share/doc/image-scripts-ls/CHANGELOG.md", VERSION),
        ("share/doc/image-scripts-ls/LICENSE", "Apache License"),
    ] {
        let text =
            fs::read_to_string(prefix.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(text.contains(words), "{path} has nothing of `{words}`");
    }
    // One page for each command.
    let help = installed(prefix, &["--help"]).ok();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().take_while(|line| line.starts_with("  "));
    for command in commands.map(|line| line.split_whitespace().next().unwrap()) {
        let page = prefix.join(format!("share/man/man1/image-scripts-ls-{command}.1"));
        assert!(
            page.is_file() || command == "help",
            "{command} has no manual page"
        );
    }
}

#[test]
fn an_archive_is_installed_and_works() {
    let folder = Folder::new();
    let archive = archive(folder.path());
    let name = format!("image-scripts-ls-{VERSION}-{TRIPLE}.tar.gz");
    assert_eq!(archive, folder.path().join(name));
    let prefix = folder.path().join("prefix");
    install(&archive, &prefix);
    check_installed(&prefix);
    let mode = |path: &str| {
        fs::metadata(prefix.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("bin/image-scripts-ls"), 0o755);
    assert_eq!(mode("share/man/man1/image-scripts-ls.1"), 0o644);
}

#[test]
fn an_archive_is_the_same_each_time() {
    let folder = Folder::new();
    let [first, second] = ["first", "second"].map(|name| {
        let out = folder.path().join(name);
        fs::create_dir(&out).unwrap();
        fs::read(archive(&out)).unwrap()
    });
    assert!(first == second, "two archives of the same program differ");
}

/// A program for another kind of machine cannot say what it is; one for this machine does.
#[test]
fn a_program_that_does_not_run_here_needs_one_that_does() {
    let folder = Folder::new();
    let foreign = folder.path().join("foreign");
    fs::write(&foreign, b"\x7fELF of another machine").unwrap();
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o755)).unwrap();
    let strip = folder.path().join("strip");
    symlink("/bin/true", &strip).unwrap();
    let package = |generator: &[&str]| {
        let mut command = Command::new("bash");
        command
            .arg(project::root().join("server/package.sh"))
            .args(["--target", "aarch64-unknown-linux-musl", "--out"])
            .arg(folder.path())
            .arg("--binary")
            .arg(&foreign)
            .args(generator)
            .env("STRIP", &strip);
        output_of(&mut command, "", "apt-get install bash")
    };
    let refused = package(&[]);
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("pass --generator"), "{refused:?}");
    let archive = made(package(&["--generator", program!()]));
    let prefix = folder.path().join("prefix");
    install(&archive, &prefix);
    let binary = fs::read(prefix.join("bin/image-scripts-ls")).unwrap();
    assert_eq!(binary, fs::read(&foreign).unwrap());
    assert!(prefix.join("share/man/man1/image-scripts-ls.1").is_file());
}

#[test]
fn a_program_of_another_version_is_not_packaged() {
    let folder = Folder::new();
    let old = folder.path().join("old");
    fs::write(&old, "#!/bin/sh\necho image-scripts-ls 0.0.1\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = ["--binary", old.to_str().unwrap(), "--out", "."];
    let output = script("server/package.sh", &arguments, folder.path());
    assert_eq!(output.status, 2, "{output:?}");
    assert!(output.stderr.contains("0.0.1"), "{output:?}");
}

#[test]
fn checksums_verify() {
    let folder = Folder::new();
    let sums = || script("server/checksums.sh", &["."], folder.path());
    assert_eq!(sums().status, 2, "there is nothing yet");
    archive(folder.path());
    fs::write(folder.path().join("image-scripts-linux-x64.vsix"), "one").unwrap();
    fs::write(folder.path().join("other"), "").unwrap();
    sums().ok();
    let verify = || {
        let mut command = Command::new("sha256sum");
        command
            .args(["--check", "SHA256SUMS"])
            .current_dir(folder.path());
        output_of(&mut command, "", "apt-get install coreutils")
    };
    assert_eq!(verify().ok().lines().count(), 2);
    fs::write(
        folder.path().join("image-scripts-linux-x64.vsix"),
        "another",
    )
    .unwrap();
    assert_eq!(verify().status, 1);
}

#[test]
fn the_notes_of_a_release_are_its_section() {
    let root = project::root();
    let notes = |version: &str| script("server/release-notes.sh", &[version], &root);
    let text = notes(VERSION).ok();
    let changelog = project::read("CHANGELOG.md");
    assert!(changelog.contains(&text));
    assert!(!text.contains("\n## ") && !text.starts_with('\n'), "{text}");
    let unknown = notes("98.76.54");
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("98.76.54"));
    // A version is no pattern.
    assert_eq!(notes(&VERSION.replace('.', "x")).status, 2);
}

/// Contents of the extension for VS Code, and the server in it.
#[test]
fn the_extension_has_the_server_inside() {
    let modules = project::root().join("editors/vscode/node_modules");
    let get = "npm ci --prefix editors/vscode";
    assert!(
        modules.is_dir(),
        "{} is missing; get it with: {get}",
        modules.display()
    );
    let folder = Folder::new();
    let out = folder.path().to_str().unwrap();
    for (triple, platform) in [
        (TRIPLE, "linux-x64"),
        ("aarch64-unknown-linux-musl", "linux-arm64"),
    ] {
        let arguments = ["--target", triple, "--binary", program!(), "--out", out];
        let vsix = made(script(
            "editors/vscode/package.sh",
            &arguments,
            folder.path(),
        ));
        assert_eq!(
            vsix,
            folder.path().join(format!("image-scripts-{platform}.vsix"))
        );
        let unpacked = folder.path().join(platform);
        unzip(&vsix, &unpacked);
        let inside = |path: &str| unpacked.join("extension").join(path);
        let manifest = fs::read_to_string(unpacked.join("extension.vsixmanifest")).unwrap();
        assert!(
            manifest.contains(&format!("TargetPlatform=\"{platform}\"")),
            "{manifest}"
        );
        for file in [
            "dist/extension.js",
            "package.json",
            "images/icon.png",
            "readme.md",
            "changelog.md",
            "LICENSE.txt",
        ] {
            let file = inside(file);
            assert!(
                fs::metadata(&file).is_ok_and(|file| file.len() > 0),
                "{}",
                file.display()
            );
        }
        let server = inside("server/image-scripts-ls");
        let mode = fs::metadata(&server).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "the server is not executable");
        let version = output_of(Command::new(&server).arg("--version"), "", "").ok();
        assert!(
            version.starts_with(&format!("image-scripts-ls {VERSION}")),
            "{version}"
        );
    }
}

/// Unpacks an extension as VS Code does, with the modes that the archive has.
fn unzip(archive: &Path, to: &Path) {
    let mut command = Command::new("python3");
    command.arg("-c").arg(
        "import os, sys, zipfile\n\
         with zipfile.ZipFile(sys.argv[1]) as archive:\n    \
             for entry in archive.infolist():\n        \
                 path = archive.extract(entry, sys.argv[2])\n        \
                 os.chmod(path, (entry.external_attr >> 16) & 0o777 or 0o644)\n",
    );
    command.arg(archive).arg(to);
    output_of(&mut command, "", "apt-get install python3").ok();
}

/// Without the secrets of the registries, a release is made and nothing is sent.
#[test]
fn extensions_are_uploaded_only_with_a_secret() {
    let folder = Folder::new();
    let vsix = folder.path().join("image-scripts-linux-x64.vsix");
    fs::write(&vsix, "").unwrap();
    let log = folder.path().join("log");
    let npx = folder.path().join("npx");
    fs::write(&npx, "#!/bin/sh\necho \"$@\" >> \"$LOG\"\n").unwrap();
    fs::set_permissions(&npx, fs::Permissions::from_mode(0o755)).unwrap();
    let upload = |secrets: &[&str]| {
        let _ = fs::remove_file(&log);
        let mut command = Command::new("bash");
        let path = format!(
            "{}:{}",
            folder.path().display(),
            std::env::var("PATH").unwrap()
        );
        command
            .arg(project::root().join("editors/vscode/upload.sh"))
            .arg(&vsix)
            .env("PATH", path)
            .env("LOG", &log)
            .env_remove("VSCE_PAT")
            .env_remove("OVSX_PAT");
        for secret in secrets {
            command.env(secret, "secret");
        }
        let output = output_of(&mut command, "", "apt-get install bash");
        let sent = fs::read_to_string(&log).unwrap_or_default();
        assert!(
            !sent.contains("secret"),
            "it is in the environment, not on a command line"
        );
        (output.ok(), sent)
    };
    let (said, sent) = upload(&[]);
    assert_eq!(sent, "");
    assert!(
        said.contains("VSCE_PAT") && said.contains("OVSX_PAT"),
        "{said}"
    );
    for (secret, tool) in [("VSCE_PAT", "vsce"), ("OVSX_PAT", "ovsx")] {
        let (_, sent) = upload(&[secret]);
        let [line] = sent.lines().collect::<Vec<_>>()[..] else {
            panic!("{sent}")
        };
        assert!(
            line.contains(tool) && line.contains("image-scripts-linux-x64.vsix"),
            "{line}"
        );
    }
}

/// The static program that a release has for this machine.
#[test]
#[ignore = "builds a release: tests/long packages"]
fn a_static_release_is_built_and_installed() {
    let folder = Folder::new();
    let out = folder.path().to_str().unwrap();
    let archive = made(script("server/package.sh", &["--out", out], folder.path()));
    let prefix = folder.path().join("prefix");
    install(&archive, &prefix);
    check_installed(&prefix);
    let mut command = Command::new("readelf");
    command.args(["--program-headers", "--wide"]);
    let headers = output_of(
        command.arg(prefix.join("bin/image-scripts-ls")),
        "",
        "apt-get install binutils",
    )
    .ok();
    assert!(
        !headers.contains("INTERP"),
        "it needs a loader, so it is not static: {headers}"
    );
}
