//! What a script leaves its variables at, found by reading, is what bash says after running it:
//! random scripts of assignments, conditions, functions and sourced files. Where reading does not
//! tell, anything goes; what it tells must be right.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use image_scripts_ls::model::run::Walk;
use image_scripts_ls::model::{File, FileId, Kind, Layout, Node, Tree};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use smol_str::SmolStr;

/// The variables that scripts use.
const VARIABLES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Sources each script in a shell of its own and prints the variables: `=value`, or `-` for one
/// that is not set.
const DRIVER: &str = r#"
BASEDIR=$1 INCLUDE=$1/include
shift
for script in "$@" ; do (
	. "$script" > /dev/null 2>&1
	for name in a b c d e ; do
		[ "${!name+set}" ] && printf '=%s\0' "${!name}" || printf -- '-\0'
	done
) < /dev/null ; done
"#;

fn variable() -> impl Strategy<Value = &'static str> {
    prop::sample::select(VARIABLES.to_vec())
}

/// A word that stands for a value.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["x", "y", "x-1", "''", "\"\"", "'x y'", "\"x\"y", "x\\ y", "24.04"]).prop_map(str::to_owned),
        3 => variable().prop_map(|v| format!("\"${v}\"")),
        2 => variable().prop_map(|v| format!("${v}")),
        1 => (variable(), variable()).prop_map(|(v, w)| format!("\"${v}-${{{w}}}\"")),
        2 => (variable(), variable(), prop::sample::select(vec![":-", "-"]))
            .prop_map(|(v, w, operator)| format!("\"${{{v}{operator}${w}}}\"")),
        1 => (variable(), prop::sample::select(vec![":-", "-", ":="]))
            .prop_map(|(v, operator)| format!("${{{v}{operator}x}}")),
        1 => (variable(), variable()).prop_map(|(v, w)| format!("${{{v}:-x ${w}}}")),
        1 => variable().prop_map(|v| format!("$(echo \"${v}\")")),
        1 => variable().prop_map(|v| format!("${{{v}%1}}")),
        1 => Just("$(( 1 + 1 ))".to_owned()),
    ]
}

/// An assignment, or several on one line.
fn assignment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (variable(), word()).prop_map(|(v, w)| format!("{v}={w}")),
        1 => (variable(), word()).prop_map(|(v, w)| format!("{v}+={w}")),
        1 => (variable(), word()).prop_map(|(v, w)| format!("export {v}={w}")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        4 => (variable(), word()).prop_map(|(v, w)| format!("[ \"${v}\" = {w} ]").replace("= $", "= x$")),
        2 => (variable(), variable()).prop_map(|(v, w)| format!("[[ ${v} == \"${w}\" ]]")),
        1 => (variable(), variable()).prop_map(|(v, w)| format!("[ \"${v}\" != \"${w}\" ]")),
        1 => variable().prop_map(|v| format!("[[ ${v} == x* ]]")),
        2 => variable().prop_map(|v| format!("[ -z \"${v}\" ]")),
        1 => variable().prop_map(|v| format!("[ -n \"${v}\" ]")),
        1 => variable().prop_map(|v| format!("[ -n ${v} ]")),
        1 => variable().prop_map(|v| format!("[ \"${v}\" ]")),
        1 => variable().prop_map(|v| format!("test -z \"${v}\"")),
        1 => (variable(), variable()).prop_map(|(v, w)| format!("[ -z \"${v}\" -o \"${w}\" = x ]")),
        1 => (variable(), variable()).prop_map(|(v, w)| format!("[[ -n ${v} && ${w} != x ]]")),
        1 => Just("[ -e / ]".to_owned()),
        1 => Just("[ -e /no/such/file ]".to_owned()),
        1 => Just("true".to_owned()),
        1 => Just("false".to_owned()),
        1 => Just("f".to_owned()),
        1 => (variable(), word()).prop_map(|(v, w)| format!("{v}={w}")),
    ];
    simple.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|c| format!("! {c}")),
            (inner.clone(), inner.clone()).prop_map(|(c, d)| format!("{c} && {d}")),
            (inner.clone(), inner).prop_map(|(c, d)| format!("{c} || {d}")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        10 => assignment(),
        2 => (assignment(), condition(), assignment()).prop_map(|(a, c, b)| format!("{c} && {a} || {b}")),
        2 => (condition(), assignment()).prop_map(|(c, a)| format!("{c} && {a}")),
        2 => (condition(), assignment()).prop_map(|(c, a)| format!("{c} || {a}")),
        1 => (assignment(), assignment()).prop_map(|(a, b)| format!("{a} && {b}")),
        1 => (variable(), word(), variable(), word(), assignment())
            .prop_map(|(v, w, x, y, next)| format!("{v}={w} {x}={y}\n{next}")),
        1 => (variable(), word(), variable(), word()).prop_map(|(v, w, x, y)| format!("{v}={w} {x}={y}\nf")),
        1 => (variable(), word(), variable(), word()).prop_map(|(v, w, x, y)| format!("{v}={w} {x}={y} \\\n\tf")),
        1 => (variable(), word()).prop_map(|(v, w)| format!(": \"${{{v}:={w}}}\"").replace(":=\"", ":=x\"")),
        1 => (variable(), word()).prop_map(|(v, w)| format!("local {v}={w}")),
        1 => variable().prop_map(|v| format!("local {v}")),
        1 => variable().prop_map(|v| format!("unset {v}")),
        1 => variable().prop_map(|v| format!("read {v} <<< z")),
        1 => variable().prop_map(|v| format!("(( {v} = 3 ))")),
        1 => variable().prop_map(|v| format!("declare -i {v}=1+1")),
        1 => variable().prop_map(|v| format!("{v}=(1 2)")),
        3 => prop::sample::select(vec!["f", "g"]).prop_map(str::to_owned),
        1 => Just("f x y".to_owned()),
        1 => Just(". \"$INCLUDE/one.sh\"".to_owned()),
        1 => condition().prop_map(|c| format!("{c} && return")),
        1 => Just("eval \"$a\"".to_owned()),
    ];
    simple.prop_recursive(3, 12, 3, |inner| {
        let body = prop::collection::vec(inner, 1..4).prop_map(|lines| lines.join("\n"));
        prop_oneof![
            3 => (condition(), body.clone()).prop_map(|(c, b)| format!("if {c} ; then\n{b}\nfi")),
            3 => (condition(), body.clone(), body.clone()).prop_map(|(c, b, d)| format!("if {c} ; then\n{b}\nelse\n{d}\nfi")),
            1 => (condition(), body.clone(), condition(), body.clone())
                .prop_map(|(c, b, d, e)| format!("if {c} ; then\n{b}\nelif {d} ; then\n{e}\nfi")),
            2 => (variable(), body.clone(), body.clone())
                .prop_map(|(v, b, d)| format!("case \"${v}\" in\nx) {b}\n;;\ny|x-1)\n{d}\n;;\nesac")),
            1 => (variable(), body.clone(), body.clone(), body.clone())
                .prop_map(|(v, b, d, e)| format!("case ${v} in\nx*) {b}\n;;\n\"\")\n{d}\n;;\n*)\n{e}\n;;\nesac")),
            1 => (variable(), body.clone()).prop_map(|(v, b)| format!("for {v} in x y ; do\n{b}\ndone")),
            1 => (variable(), body.clone()).prop_map(|(v, b)| format!("while read -r {v} ; do\n{b}\ndone <<< z")),
            1 => body.clone().prop_map(|b| format!("(\n{b}\n)")),
            1 => body.clone().prop_map(|b| format!("(\n{b}\nexit 1\n)")),
            1 => body.clone().prop_map(|b| format!("{{\n{b}\n}} | cat")),
            1 => body.clone().prop_map(|b| format!("{{\n{b}\n}}")),
            1 => body.prop_map(|b| format!("function f {{\n{b}\n}}")),
        ]
    })
}

/// A script, and a file that it may source.
fn script() -> impl Strategy<Value = (String, String)> {
    let lines =
        |count| prop::collection::vec(statement(), count).prop_map(|lines| lines.join("\n") + "\n");
    (lines(0..4), lines(0..4), lines(1..8), lines(0..3)).prop_map(|(f, g, main, one)| {
        // Functions that call one another without end would run without end.
        let plain = |body: String| {
            body.replace("\nf\n", "\ntrue\n")
                .replace("\ng\n", "\ntrue\n")
        };
        let (f, g) = (within(&f), within(&g));
        let one = plain(format!("\n{one}")).replace(". \"$INCLUDE/one.sh\"", "true");
        (
            format!("function f {{\ntrue\n{f}}}\nfunction g {{\ntrue\n{g}}}\n{main}"),
            one,
        )
    })
}

/// A function's body that calls no function and sources nothing.
fn within(body: &str) -> String {
    let calls = |line: &&str| {
        let words: Vec<&str> = line.split([' ', '\t']).collect();
        words
            .iter()
            .any(|word| matches!(*word, "f" | "g" | "." | "eval"))
    };
    body.lines()
        .map(|line| {
            if calls(&line) && !line.starts_with("function") {
                "true"
            } else {
                line
            }
        })
        .map(|l| format!("{l}\n"))
        .collect()
}

/// What bash leaves the variables at, per script.
fn run(root: &Path, scripts: &[PathBuf]) -> Vec<Vec<Option<String>>> {
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", DRIVER, "driver"])
        .arg(root)
        .args(scripts)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("the tests need a bash");
    let text = String::from_utf8(output.stdout).unwrap();
    let values: Vec<Option<String>> = text
        .split_terminator('\0')
        .map(|value| value.strip_prefix('=').map(str::to_owned))
        .collect();
    values.chunks(VARIABLES.len()).map(<[_]>::to_vec).collect()
}

/// What reading says: `None` is unknown, `Some(None)` not set.
fn read(main: &str, one: &str) -> Vec<Option<Option<String>>> {
    let mut tree = Tree::new(Layout::ScriptsOnly);
    tree.insert("images/x", Node::Directory);
    let mut insert = |path: &str, text: &str| -> FileId {
        tree.insert_file(File::new(
            SmolStr::new(path),
            Kind::Script,
            Arc::from(text),
            None,
        ))
    };
    insert("include/one.sh", one);
    let id = insert("images/x/config.sh", main);
    let mut walk = Walk::new(&tree, &(), &[]);
    walk.set_directories(Some("x"));
    walk.file(id);
    let value = |name: &&str| match walk.get(name) {
        Ok(value) => Some(value.map(|value| value.fixed().expect("no dates here").to_owned())),
        Err(()) => None,
    };
    VARIABLES.iter().map(value).collect()
}

/// Scripts are made in one go: bash takes longer to start than to run them.
#[test]
fn reading_is_running() {
    let count = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_500);
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("walk");
    let mut runner = TestRunner::deterministic();
    let (mut known, mut all) = (0usize, 0usize);
    let mut wrong = Vec::new();
    for batch in 0..count / 100 {
        let mut scripts = Vec::new();
        for number in 0..100 {
            let (main, one) = script().new_tree(&mut runner).unwrap().current();
            let folder = root.join(format!("{number}"));
            std::fs::create_dir_all(folder.join("include")).unwrap();
            std::fs::write(folder.join("include/one.sh"), &one).unwrap();
            std::fs::write(folder.join("main.sh"), &main).unwrap();
            scripts.push((main, one, folder));
        }
        for (main, one, folder) in scripts {
            let Some(ran) = run(&folder, &[folder.join("main.sh")]).pop() else {
                continue;
            };
            for ((name, ran), read) in VARIABLES.iter().zip(ran).zip(read(&main, &one)) {
                all += 1;
                let Some(read) = read else { continue };
                known += 1;
                // A variable that is not set and one that is empty are told apart nowhere.
                if read.clone().unwrap_or_default() != ran.clone().unwrap_or_default() {
                    wrong.push(format!("{name} is {ran:?}, read as {read:?}, in batch {batch}:\n{main}--- one.sh\n{one}"));
                }
            }
        }
    }
    wrong.sort_by_key(String::len);
    assert!(
        wrong.is_empty(),
        "{} of {known} are wrong, the shortest:\n{}",
        wrong.len(),
        wrong[0]
    );
    assert!(
        known * 4 > all,
        "{known} of {all} are known: this tests nothing"
    );
}
