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
use image_scripts_ls_tests::checkout::{Checkout, Folder, copy, files_below};
use image_scripts_ls_tests::command::output_of;
use image_scripts_ls_tests::random::Random;
use model::FileId;
use regex_lite::Regex;

#[path = "oracle_render/generator.rs"]
mod generator;

use generator::Generator;

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
                Err(_) => {
                    let is_certain = file.conditions.is_empty() && !file.is_uncertain;
                    let is_known = file.text.known().is_some();
                    assert!(!(is_certain && is_known), "{what} is written");
                }
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

/// Scripts in the ordinary test.
const COUNT: usize = 60;
/// Set to the number of scripts by `tests/long`.
const COUNT_VARIABLE: &str = "IMAGE_SCRIPTS_LS_SCRIPTS";
/// Images that are in one checkout.
const BATCH: usize = 60;

/// A checkout with images of random scripts.
fn random_checkout(random: &mut Random, count: usize) -> (Checkout, Vec<(String, String)>) {
    let checkout = Checkout::of("clean-2026");
    let mut scripts = Vec::new();
    for number in 0..count {
        let name = format!("debian-{}", 1000 + number);
        let text = Generator::build_script(random);
        let folder = format!("image-scripts/images/{name}");
        checkout.write(&format!("{folder}/config.sh"), "BUILDER=debian\n");
        checkout.write(&format!("{folder}/build.sh"), &text);
        scripts.push((name, text));
    }
    (checkout, scripts)
}

/// The number of scripts that are tried.
fn count() -> usize {
    let count = std::env::var(COUNT_VARIABLE).ok();
    count.map_or(COUNT, |count| count.parse().unwrap())
}

#[test]
fn random_scripts_generate_what_bash_writes() {
    let mut random = Random::new(16);
    let (mut done, mut known) = (0, 0);
    while done < count() {
        let (checkout, scripts) = random_checkout(&mut random, BATCH.min(count() - done));
        let snapshot = snapshot(&checkout);
        let base = checkout.root().join("image-scripts");
        for (name, text) in &scripts {
            let compared = std::panic::catch_unwind(|| compare(&snapshot, &base, name));
            known += compared.unwrap_or_else(|_| panic!("{name}:\n{text}"));
        }
        done += scripts.len();
    }
    assert!(known * 3 > done, "{known} of {done} are known");
}

/// Calls with each byte that is a copy of one in the checkout: its offset in the text, and where it
/// is written.
fn each_copied_byte(text: &Text, mut call: impl FnMut(&str, usize, FileId, usize)) {
    let shown = text.with_sources();
    for segment in &shown.segments {
        let Some(source) = segment
            .source
            .filter(|s| s.range.len() == segment.range.len())
        else {
            continue;
        };
        for offset in 0..usize::from(segment.range.len()) {
            let at = usize::from(segment.range.start()) + offset;
            let from = usize::from(source.range.start()) + offset;
            call(&shown.text, at, source.file, from);
        }
    }
}

/// The texts that a build generates.
fn generated(build: &Build) -> impl Iterator<Item = &Text> {
    let scripts = build.executions.iter().map(|execution| &execution.script);
    scripts.chain(build.container_files().map(|(_, file)| &file.text))
}

fn build_of(snapshot: &Snapshot, image: &str) -> Build {
    let image = &snapshot.model.images[image];
    Build::of(&snapshot.tree, &snapshot.model, image).unwrap()
}

#[test]
fn each_literal_byte_is_that_of_its_source() {
    let (checkout, scripts) = random_checkout(&mut Random::new(17), COUNT);
    let snapshot = snapshot(&checkout);
    let mut bytes = 0;
    for image in snapshot.model.images.keys() {
        for text in generated(&build_of(&snapshot, image)) {
            each_copied_byte(text, |shown, at, file, from| {
                let source = &snapshot.tree.file(file).unwrap().text;
                let same = shown.as_bytes()[at] == source.as_bytes()[from];
                assert!(same, "{image}: byte {at} of\n{shown}");
                bytes += 1;
            });
        }
    }
    assert!(bytes > 100 * scripts.len(), "{bytes}");
}

/// A letter that is typed into a literal shows up where that literal is rendered, and nothing else
/// changes but what depends on it.
#[test]
fn an_edit_of_a_literal_moves_what_is_rendered() {
    let mut random = Random::new(18);
    let (checkout, scripts) = random_checkout(&mut random, COUNT);
    let mut snapshot = snapshot(&checkout);
    let mut moved = 0;
    for (name, text) in &scripts {
        let build = build_of(&snapshot, name);
        let Some(script) = build.executions.first().map(|execution| &execution.script) else {
            continue;
        };
        let path = format!("image-scripts/images/{name}/build.sh");
        let id = snapshot.tree.id(&path).unwrap();
        let mut places = Vec::new();
        let mut shown = String::new();
        each_copied_byte(script, |all, at, file, from| {
            let is_letter = all.as_bytes()[at].is_ascii_lowercase();
            if file == id && is_letter && all.is_char_boundary(at) && script.known().is_some() {
                places.push((at, from));
            }
            shown = all.to_owned();
        });
        // Text of here-documents alone: a word of a command would be another one.
        let is_text = |(at, from): &(usize, usize)| {
            let line = shown[..*at].rsplit('\n').next().unwrap_or_default();
            let own = text[..*from].rsplit('\n').next().unwrap_or_default();
            line.is_empty() && own.is_empty()
        };
        places.retain(is_text);
        if places.is_empty() {
            continue;
        }
        let (_, from) = *random.pick(&places);
        let edited = format!("{}Q{}", &text[..from], &text[from..]);
        snapshot.set_text(id, edited.as_str().into());
        let after = build_of(&snapshot, name);
        let now = after.executions[0].script.shown();
        // Each time that it is rendered: a loop does so more than once.
        let times = places.iter().filter(|(_, other)| *other == from).count();
        assert_eq!(now.matches('Q').count(), times, "{name}: {from} in\n{text}");
        assert_eq!(now.replace('Q', ""), shown, "{name}: {from} in\n{text}");
        snapshot.set_text(id, text.as_str().into());
        moved += 1;
    }
    assert!(moved * 6 > scripts.len(), "{moved}");
}
