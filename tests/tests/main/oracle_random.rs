//! What random scripts leave behind, by reading, is what bash itself leaves behind, or unknown.
//!
//! A checkout of one image is written: `config.sh`, `build.sh` and two includes, of constructs that
//! real scripts are made of. Bash sources them in an empty directory with no command of the system
//! in reach.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use image_scripts_ls_tests::checkout::Folder;
use image_scripts_ls_tests::random::Random;
use model::interpreter::{Binding, Helpers, Interpreter};
use model::tree::{File, FileId, FileKind, Layout, Tree};
use smol_str::SmolStr;

#[path = "oracle_random/generator.rs"]
mod generator;
#[path = "oracle_random/parts.rs"]
mod parts;

use generator::{FUNCTIONS, Scripts, VARIABLES};

/// Scripts in the ordinary test.
const COUNT: usize = 400;
/// Scripts that one bash runs.
const BATCH: usize = 100;
/// Set to the number of scripts by `tests/long`.
const COUNT_VARIABLE: &str = "IMAGE_SCRIPTS_LS_SCRIPTS";

/// A log as large as bash lets it become: of a script that calls itself without end.
const MAX_LOG: usize = 8 * 1024;

/// Sources the scripts of every directory given, each in a subshell, and prints what came of it.
const DRIVER: &str = r#"
PATH=/nonexistent FUNCNEST=12
command_not_found_handle() {
	printf 'missing %s %s %s\n' "$1" "${BASH_LINENO[0]}" "${BASH_SOURCE[1]}" >&9
	case $1 in
		yes) return 0 ;;
		*) return 1 ;;
	esac
}
for folder in "$@" ; do (
	ulimit -t 3 -f 8
	exec 9> "$folder/log"
	cd "$folder/empty"
	INCLUDE=$folder/include
	INSTALL=/nonexistent/install
	CONFIGURE=$folder/empty/configure.sh
	configure-append() { printf 'append %s\n' "${BASH_LINENO[0]}" >&9 ; local line ; while IFS= read -r line ; do printf 'text %s\n' "$line" >&9 ; done ; }
	run-configure() { printf 'run\n' >&9 ; }
	called() { printf 'called %s %s %s\n' "${FUNCNAME[1]}" "${BASH_LINENO[1]}" "${BASH_SOURCE[2]}" >&9 ; }
	set -- ARG1 ARG2
	# Without a trap, bash 5.2 ends a subshell with a sourced file that ends with `a && b`.
	trap : EXIT
	. "$folder/build.sh" < /dev/null > /dev/null 2> /dev/null
	set +e
	printf 'end\n' >&9
	IFS=' '
	for _name in $VARIABLES ; do
		[ -z "${!_name+x}" ] || printf 'variable %s %q\n' "$_name" "${!_name}" >&9
	done
	shopt -s extdebug
	declare -F $FUNCTIONS >&9
) > /dev/null 2> /dev/null ; done
true
"#;

/// Takes every function of the scripts for an include's.
struct AllHelpers;

impl Helpers for AllHelpers {
    fn is_helper(&self, name: &str) -> bool {
        FUNCTIONS.contains(&name)
    }
}

/// What bash did.
#[derive(Debug, Default)]
struct Recorded {
    /// Set when the script went on for too long, and nothing is known of it.
    endless: bool,
    /// Set when the script came to its end.
    ended: bool,
    variables: BTreeMap<String, String>,
    /// The functions, each with its line and file.
    functions: BTreeMap<String, (usize, String)>,
    /// Calls of functions: name, line, file.
    called: Vec<(String, usize, String)>,
    /// Calls of what is no function at the time.
    missing: Vec<(String, usize, String)>,
    sourced: Vec<String>,
    /// Set when something is appended that is not run.
    pending: bool,
}

fn write(folder: &Path, scripts: &Scripts) {
    std::fs::create_dir_all(folder.join("empty")).unwrap();
    std::fs::create_dir_all(folder.join("include")).unwrap();
    for (path, text) in scripts.files() {
        std::fs::write(folder.join(path), text).unwrap();
    }
}

/// What bash does with some scripts.
fn record(scripts: &[Scripts]) -> Vec<Recorded> {
    let root = Folder::new();
    let folders: Vec<_> = (0..scripts.len())
        .map(|at| root.path().join(at.to_string()))
        .collect();
    for (folder, scripts) in folders.iter().zip(scripts) {
        write(folder, scripts);
    }
    let status = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", DRIVER, "driver"])
        .args(&folders)
        .env_clear()
        .env("VARIABLES", VARIABLES.join(" "))
        .env("FUNCTIONS", FUNCTIONS.join(" "))
        // It tells of each script that its limits end.
        .stderr(Stdio::null())
        .status()
        .expect("bash is missing: apt-get install bash");
    assert!(status.success());
    let read = |folder: &std::path::PathBuf| {
        let log = std::fs::read(folder.join("log")).unwrap_or_default();
        parse(&String::from_utf8_lossy(&log), folder)
    };
    folders.iter().map(read).collect()
}

fn parse(log: &str, folder: &Path) -> Recorded {
    let mut recorded = Recorded {
        endless: log.len() >= MAX_LOG,
        ..Recorded::default()
    };
    let inside = |path: &str| {
        let path = Path::new(path).strip_prefix(folder);
        let path = path.map(|p| p.display().to_string()).unwrap_or_default();
        path.replace("include/../", "")
    };
    for line in log.lines() {
        let cells: Vec<&str> = line.splitn(4, ' ').collect();
        match cells.as_slice() {
            ["end"] => recorded.ended = true,
            ["run"] => recorded.pending = false,
            ["append", _] => recorded.pending = true,
            ["sourced", file] => recorded.sourced.push((*file).to_owned()),
            ["variable", name, value @ ..] => {
                recorded
                    .variables
                    .insert((*name).to_owned(), unquoted(&value.join(" ")));
            }
            [name, line, file] if FUNCTIONS.contains(name) => {
                let line = line.parse().unwrap();
                recorded
                    .functions
                    .insert((*name).to_owned(), (line, inside(file)));
            }
            [kind @ ("called" | "missing"), name, line, file] => {
                let calls = match *kind {
                    "called" => &mut recorded.called,
                    _ => &mut recorded.missing,
                };
                // A name with a blank in it is nothing that is looked for.
                if let Ok(line) = line.parse() {
                    calls.push(((*name).to_owned(), line, inside(file)));
                }
            }
            _ => {}
        }
    }
    recorded
}

/// A text that `printf %q` has quoted.
fn unquoted(text: &str) -> String {
    if text == "''" {
        return String::new();
    }
    if let Some(inner) = text.strip_prefix("$'").and_then(|t| t.strip_suffix('\'')) {
        return inner
            .replace("\\n", "\n")
            .replace("\\r", "\r")
            .replace("\\t", "\t")
            .replace("\\'", "'")
            .replace("\\\\", "\\");
    }
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    out
}

/// What differs between bash and us, in one line; `None` where all that we know is right.
fn difference(scripts: &Scripts, recorded: &Recorded) -> Option<String> {
    let mut tree = Tree::new(Layout::ScriptsOnly);
    let mut ids: BTreeMap<FileId, String> = BTreeMap::new();
    let mut build = None;
    for (path, text) in scripts.files() {
        let file = File::new(
            SmolStr::new(&path),
            FileKind::Script,
            Arc::from(text.as_str()),
            None,
        );
        let id = tree.insert_file(file);
        if path == "build.sh" {
            build = Some(id);
        }
        ids.insert(id, path);
    }
    if recorded.endless {
        return None;
    }
    // What the grammar does not take has tests of its own.
    if tree
        .files()
        .any(|(_, file)| file.script().is_some_and(|facts| facts.has_errors))
    {
        return None;
    }
    let build = build.unwrap();
    let own = [build];
    let mut interpreter = Interpreter::new(&tree, &AllHelpers, &own);
    interpreter.set_directories(None);
    interpreter.set_build_variables();
    interpreter.file(build);
    let exited = interpreter.has_exited();
    if recorded.ended && exited == Some(true) {
        return Some("bash goes on to the end".to_owned());
    }
    if !recorded.ended && exited == Some(false) && !scripts.may_fail() {
        return Some("bash exits".to_owned());
    }
    if recorded.ended {
        for name in VARIABLES {
            let theirs = recorded.variables.get(*name).map_or("", String::as_str);
            let ours = match interpreter.get(name) {
                Binding::Unset => "".to_owned(),
                Binding::Unknown => continue,
                Binding::Known(value) => value.sample().to_owned(),
            };
            if ours != theirs {
                return Some(format!("{name} is {theirs:?} to bash, {ours:?} to us"));
            }
        }
        let opaque = interpreter.is_opaque();
        for name in FUNCTIONS {
            let is_one = |id: &(FileId, u32), theirs: &(usize, String)| {
                let file = tree.file(id.0).unwrap();
                let facts = file.script().unwrap();
                let function = &facts.effects.functions[id.1 as usize];
                let definition = facts.range(function.definition_span);
                let first = file.lines().line_of(definition.start()) + 1;
                let last = file.lines().line_of(definition.end()) + 1;
                // To bash, one begins where the last one in it does.
                (first..=last).contains(&theirs.0) && ids[&id.0] == theirs.1
            };
            let theirs = recorded.functions.get(*name);
            match (theirs, interpreter.function_of(name)) {
                (_, None) if opaque => {}
                (None, None) => {}
                (Some(theirs), Some(ours)) => {
                    let found = ours.candidates().iter().any(|ours| is_one(ours, theirs));
                    if !found && !opaque {
                        return Some(format!("{name} is another function to us"));
                    }
                }
                (None, Some(ours)) if !ours.is_certain() || opaque => {}
                _ => return Some(format!("{name} is a function to one of us only")),
            }
        }
    }
    let summary = interpreter.finish();
    for file in &recorded.sourced {
        if !summary.opaque && !summary.reach.iter().any(|id| ids[id] == *file) {
            return Some(format!("{file} is sourced"));
        }
    }
    for call in &summary.undefined {
        let file = tree.file(call.call.file).unwrap();
        let line = file.lines().line_of(call.call.range(&tree).start()) + 1;
        let path = &ids[&call.call.file];
        let made = |(name, at, from): &&(String, usize, String)| {
            *name == call.name && *at == line && from == path
        };
        // The same one may be made twice, before and after the definition.
        let is_right = recorded.missing.iter().any(|missing| made(&missing));
        if !is_right && recorded.called.iter().any(|called| made(&called)) {
            return Some(format!(
                "{} at {path}:{line} is no undefined helper",
                call.name
            ));
        }
    }
    if summary.pending_append.is_some() && !summary.opaque && recorded.ended && !recorded.pending {
        return Some("what is appended is run, or there is nothing".to_owned());
    }
    None
}

/// The smallest scripts with a difference that are left after lines were removed.
fn shrunk(scripts: &Scripts) -> Scripts {
    let mut smallest = scripts.clone();
    loop {
        let smaller = smallest.smaller();
        let recorded = record(&smaller);
        let found = smaller
            .into_iter()
            .zip(recorded)
            .find(|(scripts, recorded)| difference(scripts, recorded).is_some());
        match found {
            Some((scripts, _)) => smallest = scripts,
            None => return smallest,
        }
    }
}

#[test]
fn random_scripts_do_what_bash_says() {
    let count = std::env::var(COUNT_VARIABLE).ok();
    let count = count.map_or(COUNT, |count| count.parse().unwrap());
    let mut random = Random::new(12);
    let mut failures = String::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut done, mut known, mut failed) = (0, 0, 0);
    let started = std::time::Instant::now();
    while done < count && kinds.len() < 8 && failed < 20 {
        let batch: Vec<Scripts> = (0..BATCH.min(count - done))
            .map(|_| Scripts::new(&mut random))
            .collect();
        let recorded = record(&batch);
        for (scripts, recorded) in batch.iter().zip(&recorded) {
            known += usize::from(recorded.ended);
            let Some(_) = difference(scripts, recorded) else {
                continue;
            };
            failed += 1;
            let smallest = shrunk(scripts);
            let recorded = record(std::slice::from_ref(&smallest)).remove(0);
            let what = difference(&smallest, &recorded).unwrap_or_default();
            if kinds.insert(smallest.to_string(), failed).is_none() {
                // The rest may take minutes.
                eprintln!("{what}:\n{smallest}");
                let _ = writeln!(failures, "{what}:\n{smallest}");
            }
        }
        done += batch.len();
        if done % 5000 == 0 {
            eprintln!("{done} scripts, {failed} failed");
        }
    }
    println!(
        "{done} scripts, {known} of them to their end, {:?}",
        started.elapsed()
    );
    assert!(
        failures.is_empty(),
        "{failed} of {done} scripts:\n{failures}"
    );
    assert!(
        known * 2 > done,
        "{known} of {done} scripts come to their end"
    );
}
