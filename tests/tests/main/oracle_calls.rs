//! Where a helper's call goes, by reading, is where bash itself has that function from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use analysis::{Inputs, Snapshot};
use checkout::apply;
use checkout::disk::Overlay;
use ide::{navigate, rename};
use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::output_of;
use syntax::TextSize;
use syntax::bash::{NameKind, Role};

/// Runs an image's script with every outside command replaced by one that does nothing, and notes
/// each call of a function: where it stands, and where bash has the function from.
const RECORDER: &str = r#"
PATH=/nonexistent
shopt -s extdebug
set -T
record() {
	local word=${BASH_COMMAND%%[[:space:]]*}
	if declare -F "$word" > /dev/null ; then
		printf 'call\t%s\t%s\t%s\n' "${BASH_SOURCE[1]}" "${BASH_LINENO[0]}" "$(declare -F "$word")" >&9
	fi
	return 0
}
command_not_found_handle() { printf 'missing\t%s\n' "$1" >&9 ; }
exit() { return 0 ; }
type() { return 0 ; }
. "$BASEDIR/include/common.sh"
trap record DEBUG
. "$IMAGEDIR/build.sh"
"#;

/// A call that bash made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    file: String,
    line: usize,
    name: String,
    defined: (String, usize),
}

/// What bash did with an image: its calls, and the commands that were none.
fn recorded(root: &Path, scripts: &str, image: &str) -> (BTreeSet<Call>, BTreeSet<String>) {
    let folder = Folder::new();
    let base = root.join(scripts);
    let log = folder.path().join("log");
    let mut fields = image.splitn(5, '-');
    let mut field = |default: &str| fields.next().unwrap_or(default).to_owned();
    let mut command = Command::new("bash");
    command
        .arg("-c")
        .arg(format!("exec 9> '{}'\n{RECORDER}", log.display()))
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("BASEDIR", &base)
        .env("INCLUDE", base.join("include"))
        .env("IMAGEDIR", base.join("images").join(image))
        .env("IMAGE", image)
        .env("INSTALL", folder.path())
        .env("DOWNLOAD", folder.path())
        .env("CONFIGURE", folder.path().join("configure.sh"))
        .env("DISTNAME", field(""))
        .env("RELVER", field(""))
        .env("ARCH", field("x86_64"))
        .env("VENDOR", field("vpsadminos"))
        .env("VARIANT", field("minimal"));
    // How it ends is of no interest: nothing of what it needs is there.
    output_of(&mut command, "", "apt-get install bash");
    let text = std::fs::read_to_string(&log).unwrap();
    let inside = |path: &str| {
        let real = std::fs::canonicalize(path).unwrap();
        let relative = real.strip_prefix(root);
        relative
            .map(|p| p.display().to_string())
            .unwrap_or_default()
    };
    let (mut calls, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        match cells.as_slice() {
            ["call", file, line, function] if file.starts_with('/') => {
                let mut words = function.splitn(3, ' ');
                let name = words.next().unwrap().to_owned();
                let defined_line: usize = words.next().unwrap().parse().unwrap();
                let defined = words.next().unwrap();
                if defined.starts_with('/') {
                    calls.insert(Call {
                        file: inside(file),
                        line: line.parse().unwrap(),
                        name,
                        defined: (inside(defined), defined_line),
                    });
                }
            }
            ["missing", name] => {
                missing.insert((*name).to_owned());
            }
            _ => {}
        }
    }
    (calls, missing)
}

fn snapshot(checkout: &Checkout) -> Snapshot {
    let root = checkout::find(checkout.root()).remove(0);
    checkout::read(&root, &Overlay::default(), Inputs::fixed("2026-11-01"))
}

/// Where a call goes, by reading: files and lines.
fn definitions(snapshot: &Snapshot, call: &Call) -> Option<BTreeSet<(String, usize)>> {
    let id = snapshot.tree.id(&call.file)?;
    let file = snapshot.tree.file(id)?;
    let facts = file.script()?;
    let line = |at: TextSize| file.lines().line_of(at) + 1;
    let here = facts.occurrences.iter().find(|o| {
        o.kind == NameKind::Helper
            && o.role == Role::Reference
            && file.slice(o.range) == call.name
            && line(o.range.start()) == call.line
    })?;
    let found = navigate::definition(&snapshot.view(), id, here.range.start());
    let places = found.iter().map(|location| {
        let file = snapshot.tree.file(location.file).unwrap();
        let line = file.lines().line_of(location.range.start()) + 1;
        (file.path.to_string(), line)
    });
    Some(places.collect())
}

#[test]
fn calls_go_where_bash_goes() {
    let mut checked = 0;
    for (name, scripts) in [
        ("clean-2026", "image-scripts"),
        ("clean-2024", "image-scripts"),
        ("pre-2023", ""),
    ] {
        let checkout = Checkout::of(name);
        let snapshot = snapshot(&checkout);
        for image in snapshot.model.images.values() {
            let (calls, _) = recorded(checkout.root(), scripts, &image.name);
            assert!(
                !calls.is_empty(),
                "{name}: {}: bash made no calls",
                image.name
            );
            let own = format!("images/{}/", image.directory);
            for call in calls {
                // A command of several words, or one that a variable names.
                let Some(found) = definitions(&snapshot, &call) else {
                    continue;
                };
                if call.file.contains(&own) {
                    let exact = BTreeSet::from([call.defined.clone()]);
                    assert_eq!(found, exact, "{name}: {}: {call:?}", image.name);
                } else {
                    // An include's call may go elsewhere in other images.
                    assert!(
                        found.contains(&call.defined),
                        "{name}: {}: {call:?}: {found:?}",
                        image.name
                    );
                }
                checked += 1;
            }
        }
    }
    println!("{checked} calls");
    assert!(checked > 500, "{checked}");
}

/// After a helper that many images use was renamed, bash still finds every function; and it can
/// be renamed back.
#[test]
fn renamed_helpers_are_found() {
    let checkout = Checkout::of("clean-2026");
    let before = snapshot(&checkout);
    // The helper of the includes that most images call.
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, file) in before.tree.files() {
        let Some(facts) = file
            .script()
            .filter(|_| !before.model.includes.contains(&id))
        else {
            continue;
        };
        for o in facts
            .occurrences
            .iter()
            .filter(|o| o.kind == NameKind::Helper)
        {
            let name = file.slice(o.range);
            if before
                .model
                .helpers
                .get(name)
                .is_some_and(|files| files.len() == 1)
            {
                *users.entry(name).or_default() += 1;
            }
        }
    }
    let (name, count) = users.into_iter().max_by_key(|(_, count)| *count).unwrap();
    assert!(count >= 10, "{name}: {count}");
    let texts = |snapshot: &Snapshot| -> BTreeMap<String, String> {
        let files = snapshot.tree.files();
        files
            .map(|(_, f)| (f.path.to_string(), f.text.to_string()))
            .collect()
    };
    let renamed = |snapshot: &Snapshot, old: &str, new: &str| {
        let home = snapshot.model.helpers[old][0];
        let facts = snapshot.tree.file(home).unwrap().script().unwrap();
        let place = facts.range(facts.function(old).unwrap().name_span);
        let edits = rename::rename(&snapshot.view(), home, place.start(), new).unwrap();
        apply::apply(&snapshot.root, &snapshot.tree, &edits).unwrap();
    };
    let missing = |snapshot: &Snapshot| -> BTreeMap<String, BTreeSet<String>> {
        let images = snapshot.model.images.keys();
        let of_image = |image: &str| recorded(checkout.root(), "image-scripts", image).1;
        images
            .map(|image| (image.to_string(), of_image(image)))
            .collect()
    };
    let none_before = missing(&before);
    renamed(&before, name, "renamed-for-a-while");
    let there = snapshot(&checkout);
    assert_ne!(texts(&there), texts(&before));
    assert_eq!(missing(&there), none_before);
    renamed(&there, "renamed-for-a-while", name);
    assert_eq!(texts(&snapshot(&checkout)), texts(&before));
}
