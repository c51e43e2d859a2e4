//! What reading says that a build generates is what bash writes: `build.sh` of every image of the
//! fixtures is run in an empty directory with the runner's variables, every outside command
//! replaced by one that prints its name; what writes files does so for real.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use container::{Build, FileStateKind, Text, TextPiece, UnknownKind};
use image_scripts_ls_tests::checkout::{Checkout, Folder, copy};
use image_scripts_ls_tests::command::output_of;
use regex_lite::Regex;

/// Programs that write files, which are real.
const WRITERS: [&str; 12] = [
    "basename", "cat", "chmod", "cp", "dirname", "install", "ln", "mkdir", "mv", "rm", "tee",
    "touch",
];

/// Does what `bin/runner image build` does, and keeps each script that is executed in a new root.
const RECORDER: &str = r#"
command_not_found_handle() { echo "$1" ; }
type() { return 0 ; }
command() { [ "$1" = -v ] || "$@" ; }
# Nothing is written anywhere else.
for writer in chmod cp install ln mkdir mv rm tee touch ; do
	eval "$writer() { case \"\${@: -1}\" in \"$FOLDER\"*|[!/]*) $PROGRAMS/$writer \"\$@\" ;; esac ; }"
done
chroot() {
	local root="$1" number=0 earlier
	shift
	for earlier in "$EXECUTED"/* ; do
		[ -e "$earlier" ] && number=$(( number + 1 ))
	done
	if [ -f "$root$1" ] ; then
		cat "$root$1"
	else
		printf '%s\n' "$*"
	fi > "$EXECUTED/$number"
}
IFS=- read DISTNAME RELVER ARCH VENDOR VARIANT <<< "$IMAGE"
ARCH=${ARCH:-x86_64}
EXTRA_CONTAINER_CONFIG=
cd "$DOWNLOAD"
. "$INCLUDE/common.sh"
# Programs in the new root are not there.
fail() { : ; }
set-initcmd /sbin/init
. "$IMAGEDIR/build.sh"
"#;

/// The path of a program.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    let program = folders.find_map(|at| std::fs::canonicalize(at.join(name)).ok());
    program.unwrap_or_else(|| panic!("`{name}` is on the PATH"))
}

/// A build that bash has made.
struct Recorded {
    folder: Folder,
    base: PathBuf,
}

impl Recorded {
    /// Runs the build script of an image. The directories are there that the programs would make
    /// which are not run.
    fn new(base: &Path, image: &str, build: &Build) -> Recorded {
        let folder = Folder::new();
        for name in ["download", "install/tmp", "executed", "programs"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for path in build.files.keys() {
            let below = path.strip_prefix("$INSTALL/").map(|path| ("install", path));
            let below = below.or_else(|| Some(("download", path.strip_prefix("$DOWNLOAD/")?)));
            if let Some((directory, path)) = below {
                let path = folder.path().join(directory).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            }
        }
        for name in WRITERS {
            symlink(program(name), folder.path().join("programs").join(name)).unwrap();
        }
        let recorded = Recorded {
            folder,
            base: base.to_path_buf(),
        };
        let mut command = Command::new(program("bash"));
        command
            .args(["--norc", "-c", RECORDER])
            .env_clear()
            .env("PATH", recorded.path("programs"))
            .env("PROGRAMS", recorded.path("programs"))
            .env("FOLDER", recorded.path(""))
            .env("EXECUTED", recorded.path("executed"))
            .env("IMAGE", image)
            .env("INCLUDE", base.join("include"))
            .env("IMAGEDIR", base.join("images").join(image))
            .env("CONFIGURE", recorded.path("install/tmp/configure.sh"))
            .env("CONFIGFILE", recorded.path("install/container.yml"));
        for name in ["BASEDIR", "DOWNLOAD", "INSTALL", "BUILD_ID"] {
            command.env(name, recorded.variable(name));
        }
        output_of(&mut command, "", "apt-get install bash");
        recorded
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The value of a variable that the runner makes up.
    fn variable(&self, name: &str) -> String {
        match name {
            "BASEDIR" => self.base.display().to_string(),
            "BUILD_ID" => "build-1".to_owned(),
            name => self.path(&name.to_lowercase()).display().to_string(),
        }
    }

    /// The texts that were executed in a new root, in order.
    fn executed(&self) -> Vec<String> {
        let texts = (0..).map_while(|number| {
            std::fs::read_to_string(self.path(&format!("executed/{number}"))).ok()
        });
        texts.collect()
    }

    /// A regular expression that matches what a text may be in this build.
    fn pattern(&self, text: &Text, out: &mut String) {
        for piece in text.pieces() {
            match piece {
                TextPiece::Known { text, .. } => out.push_str(&regex_lite::escape(text)),
                TextPiece::Unknown { name, kind, .. } => match kind {
                    UnknownKind::Runner => {
                        let value = self.variable(name.trim_start_matches('$'));
                        out.push_str(&regex_lite::escape(&value));
                    }
                    UnknownKind::Date => out.push_str("[\\s\\S]+"),
                    UnknownKind::Any => out.push_str("[\\s\\S]*"),
                },
                TextPiece::Either { holds, fails, .. } => {
                    out.push_str("(?:");
                    self.pattern(holds, out);
                    out.push('|');
                    self.pattern(fails, out);
                    out.push(')');
                }
                TextPiece::Repeated { text, .. } => {
                    out.push_str("(?:");
                    self.pattern(text, out);
                    out.push_str(")*");
                }
            }
        }
    }

    /// Holds a text by reading to the one that bash has written.
    #[track_caller]
    fn compare(&self, what: &str, read: &Text, written: &str) {
        let mut pattern = "^".to_owned();
        self.pattern(read, &mut pattern);
        pattern.push('$');
        let is_same = Regex::new(&pattern).unwrap().is_match(written);
        assert!(
            is_same,
            "{what}: by reading\n{}\nand by bash\n{written}",
            read.shown()
        );
    }
}

/// The files and links below a directory, from there.
fn files_below(directory: &Path, prefix: &str, out: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}/{}", entry.file_name().display());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &path, out);
        } else {
            out.insert(path);
        }
    }
}

fn snapshot(checkout: &Checkout) -> Snapshot {
    let root = checkout::find(checkout.root()).remove(0);
    checkout::read(&root, &Overlay::default(), Inputs::fixed("2026-11-01"))
}

/// Compares what an image's build generates. Returns the number of its scripts of which all is
/// known.
fn compare(snapshot: &Snapshot, base: &Path, image: &str) -> usize {
    let build = Build::of(
        &snapshot.tree,
        &snapshot.model,
        &snapshot.model.images[image],
    );
    let build = build.unwrap_or_else(|| panic!("{image} has a build script"));
    let files: Vec<_> = build.container_files().collect();
    let recorded = Recorded::new(base, image, &build);
    let executed = recorded.executed();
    assert_eq!(
        executed.len(),
        build.executions.len(),
        "{image}: executions"
    );
    for (execution, written) in build.executions.iter().zip(&executed) {
        recorded.compare(image, &execution.script, written);
    }
    let root = recorded.path("install");
    let mut found = BTreeSet::new();
    files_below(&root, "", &mut found);
    found.retain(|path| !path.starts_with("/tmp/configure.sh"));
    for (path, file) in files {
        let what = format!("{image}: {path}");
        let on_disk = root.join(path.trim_start_matches('/'));
        let was_found = found.remove(path);
        match file.kind {
            FileStateKind::Removed => assert!(!was_found, "{what} is removed"),
            FileStateKind::Directory => assert!(on_disk.is_dir(), "{what} is a directory"),
            FileStateKind::Link => {
                let leads_to = std::fs::read_link(&on_disk).unwrap();
                recorded.compare(&what, &file.text, &leads_to.display().to_string());
            }
            // What is copied from the outside may not be there.
            FileStateKind::File | FileStateKind::Added => match std::fs::read_to_string(&on_disk) {
                Ok(written) => recorded.compare(&what, &file.text, &written),
                Err(_) => assert!(file.text.known().is_none(), "{what} is written"),
            },
        }
    }
    assert!(found.is_empty(), "{image}: written as well: {found:?}");
    let scripts = build.executions.iter();
    scripts.filter(|e| e.script.known().is_some()).count()
}

#[test]
fn builds_generate_what_bash_writes() {
    for (name, scripts, known) in [
        ("clean-2026", "image-scripts", 40),
        ("clean-2024", "image-scripts", 1),
        ("pre-2023", "", 1),
    ] {
        let checkout = Checkout::of(name);
        let snapshot = snapshot(&checkout);
        let base = checkout.root().join(scripts);
        let images = snapshot.model.images.keys();
        let all: usize = images.map(|image| compare(&snapshot, &base, image)).sum();
        assert!(all >= known, "{name}: {all} scripts are known");
    }
}

/// The same for a checkout elsewhere, such as the real one, where the environment names one.
#[test]
fn builds_of_another_checkout_generate_what_bash_writes() {
    let Some(other) = std::env::var_os("IMAGE_SCRIPTS_CHECKOUT") else {
        return;
    };
    let checkout = Checkout::of("clean-2026");
    std::fs::remove_dir_all(checkout.root()).unwrap();
    copy(Path::new(&other), checkout.root());
    let snapshot = snapshot(&checkout);
    let base = checkout.root().join("image-scripts");
    let mut failed = Vec::new();
    for image in snapshot.model.images.keys() {
        let compared = std::panic::catch_unwind(|| compare(&snapshot, &base, image));
        failed.extend(compared.is_err().then_some(image));
    }
    assert!(failed.is_empty(), "{failed:?}");
}
