//! Test commands whose closing bracket is a part of the word before it.

use expect_test::{Expect, expect};

use crate::bash::read;

/// Reads each line as a script of its own, and shows those with such a bracket: `^` is before it.
fn check(lines: &str, expected: Expect) {
    let mut out = String::new();
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let text = line.replace("\\n", "\n");
        for bracket in &read(&text).glued_brackets {
            let mut shown = text.clone();
            shown.insert(usize::from(bracket.start()), '^');
            out.push_str(&shown.replace('\n', "\\n"));
            out.push('\n');
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn glued() {
    check(
        r#"
if [ "$a" = 9]; then b; elif [ -z "$a"]; then c; fi
[ -n $a] && b
[ x] || b
[ ! -f /x] ; b
! [ a != b]
[ 'a]' = "x]"]
[ a = $'b']
[ ${a[0]} = ${b[0]}]
[ $((1 + 2)) -eq 3] # c
[ $a -eq 1 -a $b = c]
[ a -a \\n b = c]
[ a = b] \\n && c
a=$([ b = c])
a=`[ b = c]`
echo "$([ a = b] && c)"
([ a = b])
[ a = b] | c
[ a = b] &
[ a = b] > /dev/null 2>&1
[ a = b]>c
while [ $# -gt 0]\ndo a; done
cat <<EOF\n$([ a = b] && c)\nEOF
f() { [ a = b]; }
"#,
        expect![[r#"
            if [ "$a" = 9^]; then b; elif [ -z "$a"]; then c; fi
            if [ "$a" = 9]; then b; elif [ -z "$a"^]; then c; fi
            [ -n $a^] && b
            [ x^] || b
            [ ! -f /x^] ; b
            ! [ a != b^]
            [ 'a]' = "x]"^]
            [ a = $'b'^]
            [ ${a[0]} = ${b[0]}^]
            [ $((1 + 2)) -eq 3^] # c
            [ $a -eq 1 -a $b = c^]
            [ a -a \\n b = c^]
            [ a = b^] \\n && c
            a=$([ b = c^])
            a=`[ b = c^]`
            echo "$([ a = b^] && c)"
            ([ a = b^])
            [ a = b^] | c
            [ a = b^] &
            [ a = b^] > /dev/null 2>&1
            [ a = b^]>c
            while [ $# -gt 0^]\ndo a; done
            cat <<EOF\n$([ a = b^] && c)\nEOF
            f() { [ a = b^]; }
        "#]],
    );
}

#[test]
fn not_glued_or_not_certain() {
    check(
        r#"
[ a = b ]
[ ]
[]
[ab]
ls [a-z]
[ -f \]
[ a = b\ ]
[ a = b\n]
[ a = b\\n]
[ a = b \\n]
[ a\n= b]
[ a = b] ]
[ a = b]c ]
[ a = b]#c
[ a = b] c
[ a = b]]
[ a = ]]
[ a = "x]" ]
[ -f a\]b ]
[ -f [a-z]]
[ -f a[0] ]
[ -f a[0] && b ]
[ -f a[0]
[[ a = b]]
[[ $x = *[0-9]]]
[[ $x =~ [0-9]]]
[ a && b]
[ a || b]
[ a < b]
[ (a = b)]
[ \( a = b \)]
[ a = b] > c ]
[ a = b] 2> c d
[ a = b]2> c
[ a = b] &> c ]
[ a = b] <<EOF ]\nx\nEOF
echo [ a]
echo '[ a]' "[ a]" # [ a]
# [ a]
a=[ b]
(( a[ 1] ))
echo $[ 1 + 2]
case $x in [ab]) y ;; esac
cat <<EOF\n[ a = b]\nEOF
cat <<'EOF'\n$([ a = b])\nEOF
"#,
        expect![[r#""#]],
    );
}

#[test]
fn a_long_test_is_read() {
    let text = format!("[ a{} = b]", " -a a".repeat(1_000));
    assert_eq!(read(&text).glued_brackets.len(), 1);
}
