//! Rename of a variable reaches every use that bash has, or is refused and says which use it cannot
//! follow.

use std::path::Path;

use analysis::Snapshot;
use fixture::Fixture;
use ide::rename;
use syntax::TextSize;

const BUILD: &str = "image-scripts/images/debian-13/build.sh";

/// Uses that are renamed; all names `VX` in them are.
const FOLLOWED: [&str; 78] = [
    "eval \"VX=2\"",
    "eval 'echo $VX'",
    "trap 'echo $VX' EXIT",
    "time read VX ; ! read -r VX ; A=1 read VX",
    "cmd < f {VX}> g",
    "echo ${A:-$((VX))} ${A[@]:(VX)}",
    r#"echo "${VX[@]}" ${VX[0]} "${VX[*]}" "${VX[-1]}""#,
    "echo ${#VX} ${#VX[@]} ${!VX[@]}",
    "echo $((VX + 1)) $((VX)) $(($VX + 1)) $((1 + VX * (VX - 2)))",
    "echo $((VX)) $[VX + 1] $((VX ? VX : 2)) $((VX = 2)) $((-VX)) $((VX++))",
    "((VX++))",
    "((VX += 1, VX--))",
    "(( VX > 1 )) && echo",
    "if (( VX )) ; then : ; fi",
    "let VX=VX+1",
    r#"let "VX = VX + 1" 'VX++' VX--"#,
    "unset VX",
    "unset -v VX OTHER",
    "unset VX[1]",
    "printf -v VX %s x",
    r#"printf -v "VX[1]" %s x"#,
    "read VX",
    r#"read -r A VX <<< "x""#,
    "read -ra VX <<< x",
    r#"read -p "How? " VX"#,
    "IFS=, read -r -t 1 VX <<< x",
    "while read -r VX ; do echo $VX ; done",
    r#"read "VX" <<< x"#,
    "builtin read VX <<< x",
    "mapfile VX < f",
    "mapfile -t -n 3 VX < f",
    "readarray -t VX < f",
    "[ -v VX ]",
    "[ -v 'VX[0]' ]",
    "test -v VX",
    "[[ -v VX ]]",
    "[[ -v VX[0] && ! -v VX ]]",
    "[[ $VX == 1 ]]",
    "[[ VX -eq 1 || 1 -lt VX+1 ]]",
    "for ((VX=0; VX<3; VX++)) ; do echo $VX ; done",
    "for VX in a b ; do echo $VX ; done",
    "for VX ; do echo ; done",
    "select VX in a b ; do echo ; done",
    "case $VX in a) ;; esac",
    r#"case "${VX[0]}" in $VX) ;; esac"#,
    "declare VX",
    "declare -a VX=(1 2)",
    "declare -i VX",
    "export VX",
    "export VX=1 ; export -n VX",
    r#"export "VX=1" ; declare 'VX=1'"#,
    "readonly VX",
    "typeset VX=2",
    "declare -p VX",
    "exec {VX}> f",
    "exec {VX}<&-",
    "echo x >&$VX",
    "getopts ab: VX",
    "wait -n -p VX",
    "VX=(1 2 3) ; VX+=(4) ; VX[0]=1 ; VX+=x",
    "A[$VX]=1 ; echo ${A[$VX]} ${A[${VX}]}",
    "echo ${A:VX:2} ${A:VX} ${A:(-VX)}",
    "VX=1 cmd",
    r#": "${VX:=a}" "${VX:-b}" "${VX:+c}" "${VX:?d}" "${VX#a}" "${VX%%b}" "${VX/a/b}""#,
    r#"echo "${VX^^}" "${VX,,}" "${VX@Q}" "${VX:1:2}" "${VX[@]:1}" "${VX[@]/a/b}""#,
    r#"echo ${A:-$VX} ${A:-"$VX"} ${A#$VX} ${A%%${VX}} ${A/$VX/$VX}"#,
    "cat <<EOF\n$VX ${VX} ${VX[0]} $((VX + 1)) ${#VX} $(echo $VX)\nEOF",
    "configure-append <<EOF\n$VX ${VX[@]} $((VX))\nEOF",
    r#"echo "`echo $VX`" "$(echo "$VX")""#,
    "set -- $VX ; [[ $A =~ $VX ]]",
    "cat <<< $VX",
    r#"x=$(( $(echo $VX) + VX ))"#,
    "f() { echo $VX ; unset VX ; (( VX = 2 )) ; }",
    "echo $VX | while read x ; do (( VX++ )) ; done",
    "until (( VX-- )) ; do : ; done",
    "A=$VX B=\"$VX\" C='a'$VX",
    "arr=($VX \"${VX[@]}\")",
    "echo {1..3} ${VX} \\\n  $VX",
];

/// Uses that are not followed, with what is said.
const REFUSED: [(&str, &str); 26] = [
    ("(( A[VX] ))", "`[ ]`"),
    ("declare -i A\nA=VX+1", "a value"),
    ("echo ${A@} ]] VX )", "cannot be read"),
    ("echo ${!VX}", "`${!...}`"),
    ("echo ${!V*}", "`${!...}`"),
    ("echo ${A: -VX}", "cannot be read"),
    ("cat <<EOF\n$[VX]\nEOF", "cannot be read"),
    ("echo ${!VX@}", "`${!...}`"),
    ("declare -n R=VX", "`declare`"),
    ("f() { local -n R=VX ; }", "`declare`"),
    ("declare -i A=VX+1", "`declare`"),
    ("coproc VX { cat ; }", "`coproc`"),
    ("A[VX]=1", "`[ ]`"),
    ("echo ${A[VX]} ${A[VX+1]}", "`[ ]`"),
    ("A=([VX]=1)", "`[ ]`"),
    ("setv() { local -n r=$1 ; r=x ; }\nsetv VX", "`setv`"),
    ("n=VX\necho ${!n}", "a value"),
    ("for n in VX OTHER ; do echo ${!n} ; done", "a value"),
    (". /dev/stdin <<'EOF'\nVX=2\nEOF", "`.`"),
    ("unset 'VX[0]' \"${p}VX\"", "`unset`"),
    ("export VX\nbash -c 'echo $VX'", "`bash`"),
    ("export VX ; envsubst '$VX' < f", "`envsubst`"),
    ("export A VX\nperl -pe 's/a/$ENV{VX}/' f", "`perl`"),
    ("VX=2 python3 -c 'print(os.environ[\"VX\"])'", "`python3`"),
    ("declare -x VX\nbash <<'EOF'\necho ${VX}\nEOF", "`bash`"),
    ("set -a\nsudo sh -c \"echo \\$VX\"", "`sudo`"),
];

/// Text that is no use: it stays, and keeps nobody from the rename.
const NO_USES: [&str; 14] = [
    "# VX",
    "echo VX '$VX' \"VX\" \\$VX",
    "configure-append <<'EOF'\n$VX\nEOF",
    "configure-append <<EOF\n\\$VX VX\nEOF",
    "[ \"$A\" = VX ]",
    "case $A in VX) ;; esac",
    "curl http://example.org/VX > VX",
    "printf '%s VX\\n' a",
    "read -p 'VX? ' a",
    "A=VX",
    "echo ${A/VX/b} VX-1 VX.conf",
    "sed -e 's/VX/a/' f",
    "bash -c 'VX=2 ; echo $VX'",
    "export A\nperl -e 'print $ENV{VX}'",
];

fn snapshot(line: &str) -> Snapshot {
    let text = format!("#> with the minimal checkout\n#- {BUILD}\nVX=1\n{line}\n");
    Fixture::parse(Path::new("variables"), &text).snapshot(None)
}

fn renamed(line: &str) -> Result<String, String> {
    let snapshot = snapshot(line);
    let file = snapshot.tree.id(BUILD).unwrap();
    let edits = rename::rename(&snapshot.view(), file, TextSize::from(0), "OTHER_NAME")
        .map_err(|refusal| refusal.to_string())?;
    let after = snapshot.with_edits(&edits).tree;
    let text = after
        .file(after.id(BUILD).unwrap())
        .unwrap()
        .text
        .to_string();
    Ok(text.trim_end().split_once('\n').unwrap().1.to_owned())
}

/// A line with its names replaced as whole words.
fn replaced(line: &str) -> String {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("VX") {
        let before = rest[..at].chars().next_back().or(out.chars().next_back());
        let after = rest[at + 2..].chars().next();
        out.push_str(&rest[..at]);
        let is_whole = !before.is_some_and(is_part) && !after.is_some_and(is_part);
        out.push_str(if is_whole { "OTHER_NAME" } else { "VX" });
        rest = &rest[at + 2..];
    }
    out + rest
}

/// Every use is renamed, from the definition.
pub(crate) fn uses_are_renamed() {
    let mut wrong = Vec::new();
    for line in FOLLOWED {
        let found = renamed(line);
        if found.as_deref() != Ok(replaced(line).as_str()) {
            wrong.push(format!("{line}\n    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What cannot be followed is named.
pub(crate) fn what_is_not_followed_is_refused() {
    let mut wrong = Vec::new();
    for (line, shape) in REFUSED {
        let found = renamed(line);
        if !found
            .as_ref()
            .is_err_and(|why| why.contains(shape) && why.contains("debian-13/build.sh:"))
        {
            wrong.push(format!("{line}\n    {found:?}"));
        }
    }
    for line in NO_USES {
        let found = renamed(line);
        if found.as_deref() != Ok(line) {
            wrong.push(format!("{line}\n    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
