//! What real scripts do, put into a checkout in which nothing is wrong: where bash accepts it, there
//! is no new finding; and a mistake after it is still found.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use analysis::{Inputs, Snapshot};
use checkout::Overlay;
use image_scripts_ls_tests::checkout::fixture;
use model::settings::Severity;
use model::tree::{File, FileId, FileKind};

/// The day of the fixtures.
const TODAY: &str = "2026-11-01";

/// Constructs. None changes what the scripts around it do.
const CONSTRUCTS: &[&str] = &[
    // Expansions.
    "s=\"${l%]*}\" t=${h%%\\]*} u=${d%]}",
    "s=\"${l//'/'/_}\"",
    "s=${l//\\//_} t=\"${l/#\"a b\"/}\"",
    "s=${l:1:2} t=${#l} u=${!l} v=${l@Q} w=${l^^} x=${l,}",
    "s=${l:-\"a b\"} t=${l:+'}'}",
    "s=$'a\\'b' t=$\"c\"",
    "s=$(( (1 + 2) * 3 )) t=$[1 + 2]",
    "s=$((10#$l)) t=$(( l > 1 ? 2 : 3 ))",
    "s=`basename \\`pwd\\``",
    "s=$(cat <<X\na\nX\n)",
    "s=$( case $l in a) echo b ;; esac )",
    "s=\"$(echo \"$(echo \"a b\")\")\"",
    "a=(b c [5]=d \"$l\"*) ; e=(\"${a[@]:1}\") ; a+=(f) ; a[1]=g",
    "declare -A m=([a]=1 [\"b c\"]=2) ; m[$l]=3",
    "echo {a,b}{1..3} {01..10..2} ~ ~root",
    "echo \"$(< /dev/null)\" $(</dev/null)",
    "IFS=$'\\n' read -r -d '' s t < <(printf 'a\\nb\\0') || true",
    "while IFS= read -r l ; do : ; done < <(true)",
    "printf -v s '%s' a ; printf -v a[1] b",
    // Here-documents.
    "cat <<T|cat\na\nT",
    "cat > /dev/null <<X\nX1 is no end\nX",
    "cat <<\"E\"O'F' > /dev/null\n$x `y\nEOF",
    "cat <<-X > /dev/null\n\ta\n\tX",
    "cat > /dev/null <<T || exit 1\na\nT",
    "cat <<T && true\na\nT",
    "cat <<T | while read -r l ; do : ; done\na\nT",
    "cat <<A <<B > /dev/null\na\nA\nb\nB",
    "<<T cat\na\nT",
    "cat <<< \"$l\" > /dev/null",
    "cat <<T # remark\n$(echo 'a)')\nT",
    "cat <<\\T\n${\nT",
    "{ cat ; true ; } <<T > /dev/null\na\nT",
    "if cat <<T ; then true ; fi\na\nT",
    // Conditions.
    "if [[ \"$l\" = *\"two words\"* ]] ; then true ; fi",
    "[[ $l == @(a|b) || $l =~ ^(a|b)+$ ]] || true",
    "[[ $l =~ [[:space:]]*\"a b\" ]] || true",
    "[[ ! ( -n $l && $l < b ) ]] || true",
    "[[ -v l && -z ${l-} ]] || true",
    "[ \"$l\" = a -o \\( -n \"$l\" \\) ] || true",
    "test ! -e /nowhere && true",
    "(( l = 1, l++, l << 2 )) ; ((l += 1)) || true",
    "let l=1 'l += 2'",
    // Control flow.
    "case $l in (a|b) true ;; c*) true ;& \"d e\") true ;;& *) ;; esac",
    "case x in esac",
    "for ((i = 0; i < 2; i++)) ; do true ; done",
    "for ((i = 0; i < 2; i++)) { true ; }",
    "for i ; do true ; done",
    "for i in a b ; { true ; }",
    "select i in a ; do break ; done < /dev/null",
    "until true ; do continue ; done",
    "time true ; time -p { true ; }",
    "true & wait $!",
    "! true || true",
    "coproc { true ; } ; wait",
    "coproc NAME { true ; }",
    "trap 'rm -f /nowhere' EXIT ; trap - EXIT",
    "{ true ; } 2>&1 | tee /dev/null > /dev/null",
    "true |& cat",
    "true &> /dev/null ; true >& /dev/null ; true &>> /dev/null",
    "exec {fd}> /dev/null ; exec {fd}>&-",
    "exec 3< /dev/null ; exec 3<&-",
    "(true ; (true)) ; ((1)) ; ( (true) )",
    "if ! { true ; } ; then true ; elif false ; then true ; else true ; fi",
    // Functions and declarations.
    "one() { local a b=1 c=($l) ; return 0 ; } ; one",
    "function two () ( true ) ; two",
    "three()\n{\n\ttrue\n} > /dev/null 2>&1\nthree",
    "four() if true ; then true ; fi",
    "five() [[ -n $1 ]]",
    "six() for i in a ; do true ; done",
    "function seven:eight { true ; } ; function nine.ten { true ; }",
    "unset -f one ; unset -v s 'a[0]'",
    "declare -r w=1 ; declare -i n=1+1 ; declare -x y ; local z 2> /dev/null || true",
    "eleven() { local -n r=$1 ; r=x ; } ; eleven s",
    "mapfile -t a < /dev/null ; readarray -t b <<< x",
    "set -- a b ; shift ; getopts ab: o",
    // Words.
    "A=1 B=2\nC=3",
    "A=1 B=2 # remark\nif true ; then C=3 ; fi",
    "A=1 B=$(true) true\nC=3",
    "shopt -s extglob\nls !(*.o) > /dev/null || true",
    "alias ll='ls -l' ; unalias ll",
    "eval 's=1' ; eval \"s=1\"",
    "command -v true > /dev/null ; builtin true ; \\true",
    "echo a\\\n\tb ; echo \"a\\\nb\"",
    "echo '#' a#b $# ${#} # remark",
    "echo }; echo if then fi",
    "s=a=b=c t==",
    "echo \"it's\" 'say \"x\"' $'tab\\t'",
    "true ; : > /dev/null",
    "s=(\n\ta # remark\n\tb\n)",
    "é=1 2> /dev/null || true ; echo 'é€😀' \"${s:-é}\"",
    "[ -n \"$l\" ] && {\n\ttrue\n} || {\n\ttrue\n}",
    "true \\\n\t&& true \\\n\t|| true",
    "true &&\n\t# remark\n\ttrue ||\n\n\ttrue",
    "sed -e 's/a/b/;s|c|d|' -e \"/^\\$x/d\" /dev/null",
    "awk '{ print $1 \"}\" }' /dev/null | sort -u > /dev/null",
];

/// What is put after a construct, and the code of its finding.
const MISTAKE: (&str, &str) = (". \"$INCLUDE/is-not-there.sh\"", "unresolved-include");

/// Files that a construct is put first in.
const FILES: [&str; 3] = [
    "image-scripts/include/debian.sh",
    "image-scripts/images/debian-13/build.sh",
    "image-scripts/images/debian-13/config.sh",
];

fn clean() -> Snapshot {
    let root = checkout::find(&fixture("clean-2026")).pop().unwrap();
    checkout::read(&root, &Overlay::default(), Inputs::fixed(TODAY))
}

/// Findings, as path, code and message.
fn findings(snapshot: &Snapshot) -> BTreeSet<(String, &'static str, String)> {
    let all = snapshot.findings();
    let shown = all.into_iter().flat_map(|(file, _, findings)| {
        let findings = findings.iter();
        let findings = findings.filter(|finding| finding.severity >= Severity::Warning);
        let of = |finding: &rules::Finding| {
            let message = finding.message.clone();
            (file.path.to_string(), finding.rule.code, message)
        };
        findings.map(of).collect::<Vec<_>>()
    });
    shown.collect()
}

/// Returns whether bash takes a text for a script.
fn bash_accepts(text: &[u8]) -> bool {
    let mut bash = Command::new("bash")
        .args(["-n", "-O", "extglob"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It stops reading at an error.
    drop(bash.stdin.take().unwrap().write_all(text));
    bash.wait().unwrap().success()
}

/// Returns whether the command that a message of `unknown-helper` names may be one: bash finds it, or
/// the script speaks of it where it does not call it.
fn is_command_of(message: &str, text: &str) -> bool {
    let name = message.split('`').nth(1).unwrap();
    let is_found = Command::new("bash")
        .args(["-c", "type -t -- \"$1\" > /dev/null", "bash", name])
        .status()
        .unwrap();
    let is_defined = |line: &str| {
        let after = line.split_once(name).map(|(_, after)| after.trim_start());
        after.is_some_and(|after| after.starts_with("()"))
            || line.trim_start().starts_with("function")
            || line.contains("alias")
    };
    is_found.success()
        || text
            .lines()
            .any(|line| line.contains(name) && is_defined(line))
}

#[test]
fn what_real_scripts_do_makes_no_finding() {
    let mut snapshot = clean();
    let before = findings(&snapshot);
    let mut failures = String::new();
    for construct in CONSTRUCTS {
        assert!(bash_accepts(construct.as_bytes()), "{construct}");
        for path in FILES {
            let id = snapshot.tree.id(path).unwrap();
            let text = snapshot.tree.file(id).unwrap().text.clone();
            snapshot.set_saved_text(id, format!("{construct}\n{text}").into());
            let new = findings(&snapshot);
            for (path, code, message) in new.difference(&before) {
                failures += &format!("{construct}\n  {path}: {code}: {message}\n");
            }
            let mistaken = format!("{construct}\n{}\n{text}", MISTAKE.0);
            snapshot.set_saved_text(id, mistaken.into());
            let found = findings(&snapshot);
            if !found
                .difference(&new)
                .any(|(_, code, _)| *code == MISTAKE.1)
            {
                failures += &format!("{construct}\n  hides a mistake in {path}\n");
            }
            snapshot.set_saved_text(id, text);
        }
    }
    assert!(findings(&snapshot) == before);
    assert!(failures.is_empty(), "{failures}");
}

/// The scripts of a directory, with their texts.
fn scripts_below(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut scripts = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.symlink_metadata().unwrap().file_type() {
                kind if kind.is_dir() => pending.push(path),
                kind if kind.is_file() => scripts.push(path),
                _ => {}
            }
        }
    }
    scripts.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        let first = text.lines().next().unwrap_or_default();
        let names_shell = first.starts_with("#!") && first.contains("sh");
        let extension = path.extension().and_then(|e| e.to_str());
        let is_completion =
            extension.is_none() && path.iter().any(|folder| folder == "completions");
        let is_script = names_shell || is_completion || matches!(extension, Some("sh" | "bash"));
        is_script.then_some((path, text))
    };
    scripts.into_iter().filter_map(read).collect()
}

/// Scripts of a directory at the beginning of each include, and at that of all scripts that build.
/// What is found then is printed, to be read: they may well define a helper or leave the script.
#[test]
#[ignore = "it takes a directory of scripts, in CORPUS"]
fn scripts_of_others_make_no_finding() {
    let directory = std::env::var_os("CORPUS").expect("CORPUS names a directory of scripts");
    let scripts = scripts_below(Path::new(&directory));
    let mut snapshot = clean();
    let before = findings(&snapshot);
    let files = |is_one: &dyn Fn(&str) -> bool| -> Vec<(FileId, Arc<str>)> {
        let files = snapshot.tree.files().filter(|(_, file)| is_one(&file.path));
        files.map(|(id, file)| (id, file.text.clone())).collect()
    };
    let includes = files(&|path| path.starts_with("image-scripts/include/"));
    let builds = files(&|path| path.ends_with("/build.sh"));
    // A build does nothing to another one: all take a script at once.
    let mut changes: Vec<&[(FileId, Arc<str>)]> = includes.chunks(1).collect();
    changes.push(&builds);
    let (mut accepted, mut opaque) = (0, 0);
    let mut document: Option<File> = None;
    for (path, text) in &scripts {
        if !bash_accepts(text.as_bytes()) {
            continue;
        }
        accepted += 1;
        // One text after the other, as an editor has them in one document.
        let file = File::new(
            "x.sh".into(),
            FileKind::Script,
            text.as_str().into(),
            document.as_ref(),
        );
        let facts = file.script().unwrap();
        assert!(!file.has_older_facts(), "{}", path.display());
        if facts.has_errors {
            opaque += 1;
            println!("{}: not all of it is read", path.display());
        }
        if facts.effects.refused {
            println!("{}: refused", path.display());
        }
        document = Some(file);
        for change in &changes {
            for (id, original) in *change {
                snapshot.set_saved_text(*id, format!("{text}\n{original}").into());
            }
            let names = match *change {
                [(id, _)] => snapshot.tree.file(*id).unwrap().path.to_string(),
                _ => "build.sh".to_owned(),
            };
            for (at, code, message) in findings(&snapshot).difference(&before) {
                if *code != "unknown-helper" || is_command_of(message, text) {
                    println!("{} as {names}\t{at}\t{code}\t{message}", path.display());
                }
            }
            for (id, original) in *change {
                snapshot.set_saved_text(*id, original.clone());
            }
        }
    }
    assert!(findings(&snapshot) == before);
    println!(
        "{accepted} of {} scripts are accepted, {opaque} are not read in full",
        scripts.len()
    );
}
