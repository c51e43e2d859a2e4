//! What is read of scripts: steps, values, here-documents; and that nothing, however odd, stops
//! the reader.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Piece, ScriptFacts, Step, Test, Word, read};

/// Steps, one a line, blocks indented; then the here-documents and the names that are set.
fn shown(text: &str, facts: &ScriptFacts) -> String {
    let mut out = String::new();
    block(facts, &facts.effects.body, 0, &mut out);
    let effects = facts.effects.heredocs.iter();
    for (index, (heredoc, effects)) in facts.heredocs.iter().zip(effects).enumerate() {
        let quoted = if heredoc.quoted { "quoted " } else { "" };
        let body = &text[usize::from(heredoc.body.start())..usize::from(heredoc.body.end())];
        let _ = write!(out, "<{index} {quoted}{body:?}");
        if !heredoc.expansions.is_empty() {
            let names = heredoc.expansions.iter().map(|e| {
                format!(
                    "{} {}",
                    e.name,
                    &text[usize::from(e.range.start())..usize::from(e.range.end())]
                )
            });
            let _ = write!(out, " expands {:?}", names.collect::<Vec<_>>());
        }
        if !effects.splices.is_empty() {
            let _ = write!(out, " splices {:?}", effects.splices);
        }
        if !heredoc.container.assigned.is_empty() {
            let _ = write!(out, " sets {:?}", heredoc.container.assigned);
        }
        let units = heredoc.container.units.iter();
        let units: Vec<String> = units.map(|u| format!("{:?} {}", u.verb, u.unit)).collect();
        if !units.is_empty() {
            let _ = write!(out, " units {units:?}");
        }
        if effects.systemd || effects.other_init {
            let _ = write!(
                out,
                " systemd {} other {}",
                effects.systemd, effects.other_init
            );
        }
        out.push('\n');
    }
    if !facts.effects.assigned.is_empty() {
        let _ = writeln!(out, "sets {}", facts.effects.assigned.join(" "));
    }
    if !facts.paths.is_empty() {
        let _ = writeln!(
            out,
            "paths {}",
            facts.paths.iter().map(word).collect::<Vec<_>>().join(" ")
        );
    }
    if facts.has_errors {
        out.push_str("has errors\n");
    }
    if facts.effects.refused {
        out.push_str("refused\n");
    }
    out
}

fn block(facts: &ScriptFacts, steps: &[Step], depth: usize, out: &mut String) {
    for step in steps {
        let line = match step {
            Step::Assign(assign) => {
                let local = if assign.local { "local " } else { "" };
                format!("{local}{} = {}", assign.name, word(&assign.value))
            }
            Step::Source(source) => format!(". {}", word(&source.path)),
            Step::Call(call) => {
                let arguments: String = call.args.iter().map(|a| format!(" {}", word(a))).collect();
                let heredoc = call.heredoc.map(|h| format!(" <{h}")).unwrap_or_default();
                format!("call {}{arguments}{heredoc}", call.name)
            }
            Step::Write(file_write) => {
                let from = file_write
                    .heredoc
                    .map_or("stdin".to_owned(), |h| format!("<{h}"));
                format!("file_write {from} > {}", word(&file_write.target))
            }
            Step::Branch(arms) => {
                for arm in arms {
                    let _ = writeln!(out, "{}if {}", "  ".repeat(depth), test(&arm.test));
                    block(facts, &arm.body, depth + 1, out);
                }
                continue;
            }
            Step::Repeat(body) => {
                let _ = writeln!(out, "{}repeat", "  ".repeat(depth));
                block(facts, body, depth + 1, out);
                continue;
            }
            Step::Isolated(body) => {
                let _ = writeln!(out, "{}isolated", "  ".repeat(depth));
                block(facts, body, depth + 1, out);
                continue;
            }
            Step::Define(index) => {
                let function = &facts.effects.functions[*index as usize];
                let _ = writeln!(out, "{}define {}", "  ".repeat(depth), function.name);
                block(facts, &function.body, depth + 1, out);
                continue;
            }
            Step::Forget(name) => format!("{name} = ?"),
            Step::Exit => "exit".to_owned(),
            Step::Return => "return".to_owned(),
            Step::Opaque => "anything".to_owned(),
        };
        let _ = writeln!(out, "{}{line}", "  ".repeat(depth));
    }
}

fn word(word: &Word) -> String {
    if word.pieces.is_empty() {
        return "''".to_owned();
    }
    word.pieces.iter().map(part).collect()
}

fn part(part: &Piece) -> String {
    match part {
        Piece::Text(text) => text.replace('\n', "\\n"),
        Piece::Var {
            name,
            default: None,
        } => format!("${{{name}}}"),
        Piece::Var {
            name,
            default: Some(default),
        } => {
            let colon = if default.if_empty { ":" } else { "" };
            format!("${{{name}{colon}-{}}}", self::word(&default.word))
        }
        Piece::Date(format) => format!("$(date +{format})"),
        Piece::Unknown => "?".to_owned(),
    }
}

fn test(test: &Test) -> String {
    let all = |tests: &[Test], with: &str| {
        format!(
            "({})",
            tests.iter().map(self::test).collect::<Vec<_>>().join(with)
        )
    };
    match test {
        Test::Always => "always".to_owned(),
        Test::Equal(left, right) => format!("{} = {}", word(left), word(right)),
        Test::Empty(of) => format!("empty {}", word(of)),
        Test::Exists(of) => format!("exists {}", word(of)),
        Test::Defined(name) => format!("defined {name}"),
        Test::Not(inner) => format!("not {}", self::test(inner)),
        Test::All(tests) => all(tests, " and "),
        Test::Any(tests) => all(tests, " or "),
        Test::Unknown => "?".to_owned(),
    }
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&shown(text, &read(text)));
}

#[test]
fn values() {
    check(
        r#"
a=1
b='x $a' c="x $a ${a}y" d=x$a.y
e=
f=a\ b\"c g="a\$b\"c\d" h=$'a\n'
i=$(uname -m) j=`uname` k=$1 l=$? m=${a%x} n=${#a} o=${a[0]} p=~/x
q="$a"'$a'$a
r="two
lines"
"#,
        expect![[r#"
            a = 1
            b = x $a
            c = x ${a}${a}y
            d = x${a}.y
            e = ''
            f = a b"c
            g = a$b"c\d
            h = ?
            isolated
              call uname
            i = ?
            isolated
              call uname
            j = ?
            k = ?
            l = ?
            m = ?
            n = ?
            o = ?
            p = ?
            q = ${a}$a${a}
            r = two\nlines
            sets a b c d e f g h i j k l m n o p q r
        "#]],
    );
}

/// The grammar tears these apart, and takes what follows the `$` for a command.
#[test]
fn values_that_the_grammar_tears_apart() {
    check(
        "A=$B/c-$D-1.el10\nA=$B-$C-${D}x # remark\nexport X=$A/b-$C-1\nA=$B/$C-1 run x\n",
        expect![[r#"
            A = ${B}/c-${D}-1.el10
            A = ${B}-${C}-${D}x
            X = ${A}/b-${C}-1
            sets A X
        "#]],
    );
}

#[test]
fn defaults() {
    check(
        r#"
a=${x:-1} b=${x-1} c=${x:=1} d=${x=1} e=${x:+1} f=${x:?no} g=${x:-$y} h=${x:-a $y b} i=${x:-${y:-z}}
: "${j:=1}" ${k:=$l}
"#,
        expect![[r#"
            a = ${x:-1}
            b = ${x-1}
            x = ${x:-1}
            c = ${x:-1}
            x = ${x-1}
            d = ${x-1}
            e = ?
            f = ?
            g = ${x:-${y}}
            h = ${x:-a ${y} b}
            i = ${x:-${y:-z}}
            j = ${j:-1}
            k = ${k:-${l}}
            sets a b c d e f g h i j k x
        "#]],
    );
}

#[test]
fn dates() {
    check(
        r#"
a=$(date +%Y%m%d) b=x-$(date +%F) c="$(date "+%Y.%m")" d=$(date -u +%s)-`date +%Y` e=$(date) f=$(date -d tomorrow +%F)
g=$(date +%Y | cat) h=$(date --utc '+%y')
"#,
        expect![[r#"
            isolated
              call date
            a = $(date +%Y%m%d)
            isolated
              call date
            b = x-$(date +%F)
            isolated
              call date
            c = $(date +%Y.%m)
            isolated
              call date
            isolated
              call date
            d = $(date +%s)-$(date +%Y)
            isolated
              call date
            e = ?
            isolated
              call date
            f = ?
            isolated
              isolated
                call date
              isolated
                call cat
            g = ?
            isolated
              call date
            h = $(date +%y)
            sets a b c d e f g h
        "#]],
    );
}

#[test]
fn assignments() {
    check(
        r#"
A=1 B=2
cmd
A=3 B=4 cmd
A=5 \
	B=6 cmd
x+=y x+=$z
a[1]=2
b=(1 2)
b+=(3)
export c=1 d
readonly e=2
declare -i n=1+1
declare -A m=([a]=b)
unset c d
"#,
        expect![[r#"
            A = 1
            B = 2
            call cmd
            call cmd
            call cmd
            x = ${x}y
            x = ${x}${z}
            a = ?
            b = ?
            b = ${b}?
            c = 1
            e = 2
            n = 1+1
            n = ?
            m = ?
            m = ?
            c = ?
            d = ?
            sets A B a b c d e m n x
        "#]],
    );
}

#[test]
fn locals() {
    check(
        r#"
function f {
	local a b=1 c=$(x)
	declare d=2
	typeset e
	export f=3
}
declare g=4 h
"#,
        expect![[r#"
            define f
              local a = ''
              local b = 1
              isolated
                call x
              local c = ?
              local d = 2
              local e = ''
              f = 3
            g = 4
            sets a b c d e f g h
        "#]],
    );
}

#[test]
fn variables_that_commands_set() {
    check(
        r#"
read -r a b < /etc/x
IFS=: read -ra c <<< "$d"
mapfile -t e < x
printf -v f %s x
getopts ab: g
(( h = 1, i++ ))
(( --j ))
let k=1 "l += 2"
m=$(( n = 1 ))
for (( o = 0; o < 3; o++ )) ; do : ; done
[ $p = 1 ]
[[ $q == 1 ]]
eval "$r"
"#,
        expect![[r#"
            a = ?
            b = ?
            c = ?
            e = ?
            f = ?
            call printf
            g = ?
            h = ?
            i = ?
            j = ?
            k = ?
            l = ?
            call let
            n = ?
            m = ?
            repeat
              o = 0
              o = ?
            anything
            call eval
            sets a b c e f g h i j k l m n o
        "#]],
    );
}

#[test]
fn conditions() {
    check(
        r#"
if [ "$a" = b ] ; then x=1 ; elif [ -z "$a" ] ; then x=2 ; else x=3 ; fi
if [[ $a == b && -n $c || ! -f $d ]] ; then x=4 ; fi
if [ -e /x -a "$a" != b ] ; then x=5 ; fi
if test "$a" = b ; then x=6 ; fi
if [[ $a == b* ]] ; then x=7 ; fi
if cmd ; then x=8 ; fi
if ! cmd ; then x=9 ; fi
if [ "$a" ] ; then x=10 ; fi
if type -t f > /dev/null 2>&1 ; then x=11 ; fi
if declare -F f ; then x=12 ; fi
if a ; b ; then x=13 ; fi
if [ "$a" -ge 2 ] ; then x=14 ; fi
"#,
        expect![[r#"
            if ${a} = b
              x = 1
            if empty ${a}
              x = 2
            if always
              x = 3
            if ((${a} = b and not empty ${c}) or not exists ${d})
              x = 4
            if not ? = b
              x = 5
            if ${a} = b
              x = 6
            if ?
              x = 7
            call cmd
            if ?
              x = 8
            call cmd
            if not ?
              x = 9
            if not empty ${a}
              x = 10
            call type
            if defined f
              x = 11
            if defined f
              x = 12
            call a
            call b
            if ?
              x = 13
            if ?
              x = 14
            sets x
        "#]],
    );
}

#[test]
fn lists() {
    check(
        r#"
[ "$a" = b ] && x=1
[ "$a" = b ] || x=2
[ "$a" = b ] && x=3 || x=4
[ "$a" = b ] && x=$(y) || x=5
a && b || c
x=6 && y=7
[ -n "$a" ] && [ -n "$b" ] && x=8
{ x=9 ; y=10 ; } || exit 1
"#,
        expect![[r#"
            if ${a} = b
              x = 1
            if not ${a} = b
              x = 2
            if ${a} = b
              x = 3
            if always
              x = 4
            if ${a} = b
              isolated
                call y
              x = ?
            if not ?
              x = 5
            call a
            if ?
              call b
            if not (? and ?)
              call c
            x = 6
            if ?
              y = 7
            if not empty ${a}
            if (not empty ${a} and not empty ${b})
              x = 8
            x = 9
            y = 10
            if not ?
              exit
            sets x y
        "#]],
    );
}

#[test]
fn cases() {
    check(
        r#"
case "$a" in
	b) x=1 ;;
	c|"d e") x=2 ;;
	f*) x=3 ;;
	(g) x=4 ;;
	$h) x=5 ;;
	*) x=6 ;;
esac
case $a in esac
"#,
        expect![[r#"
            if (${a} = b)
              x = 1
            if (${a} = c or ${a} = d e)
              x = 2
            if (?)
              x = 3
            if (${a} = g)
              x = 4
            if (?)
              x = 5
            if (always)
              x = 6
            sets x
        "#]],
    );
}

#[test]
fn loops() {
    check(
        r#"
for a in 1 $b ; do c=$a ; done
for d ; do : ; done
while read -r e ; do f=$e ; done < /etc/x
until [ -e /x ] ; do g=1 ; done
select h in a b ; do break ; done
for i in "$BASEDIR"/images/void/* ; do cp "$i" . ; done
"#,
        expect![[r#"
            repeat
              a = ?
              c = ${a}
            repeat
              d = ?
            repeat
              e = ?
              f = ${e}
            repeat
              g = 1
            repeat
              h = ?
              call break
            repeat
              i = ?
              call cp
            sets a c d e f g h i
            paths ${BASEDIR}/images/void/*
        "#]],
    );
}

#[test]
fn isolation() {
    check(
        r#"
(a=1 ; b)
c | d=2
e=$(f=3 ; echo)
g <(h=4)
echo "$(. "$INCLUDE/x.sh")" | cat
"#,
        expect![[r#"
            isolated
              a = 1
              call b
            isolated
              call c
            isolated
              d = 2
            isolated
              f = 3
            e = ?
            isolated
              h = 4
            call g
            isolated
              isolated
                . ${INCLUDE}/x.sh
            isolated
              call cat
            sets a d e f h
            paths ${INCLUDE}/x.sh
        "#]],
    );
}

#[test]
fn functions() {
    check(
        r#"
function a-b {
	c
	return 1
}
d() { e ; }
f() ( g )
function h { function i { j ; } ; }
a-b "$x" y
"#,
        expect![[r#"
            define a-b
              call c
              return
            define d
              call e
            define f
              isolated
                call g
            define h
              define i
                call j
            call a-b ${x} y
        "#]],
    );
}

#[test]
fn sources() {
    check(
        r#"
. "$INCLUDE/a.sh"
. $INCLUDE/b.sh
source "$INCLUDE"/c.sh x y
. "${IMAGEDIR}/config.sh" || exit
[ -f "$INCLUDE/d.sh" ] && . "$INCLUDE/d.sh"
. /etc/os-release
.
cp "$IMAGEDIR"/x "$BASEDIR/images/void/y" z
cat < "$BASEDIR/z" > "$INSTALL/z"
"#,
        expect![[r#"
            . ${INCLUDE}/a.sh
            . ${INCLUDE}/b.sh
            . ${INCLUDE}/c.sh
            . ${IMAGEDIR}/config.sh
            if not ?
              exit
            if exists ${INCLUDE}/d.sh
              . ${INCLUDE}/d.sh
            . /etc/os-release
            call cp
            file_write stdin > ${INSTALL}/z
            paths ${INCLUDE}/a.sh ${INCLUDE}/b.sh ${INCLUDE}/c.sh ${IMAGEDIR}/config.sh ${INCLUDE}/d.sh ${IMAGEDIR}/x ${BASEDIR}/images/void/y ${BASEDIR}/z
        "#]],
    );
}

#[test]
fn here_documents() {
    check(
        r#"
configure-append <<EOF
a $b ${c} \$d \\$e `f $g` $(h $i) $((j)) $1 $? $$ ${k:-l} ${#m} ${n[0]} ${!o} ${p:=q} 5$ $
EOF
configure-append <<'EOF'
$a
EOF
configure-append <<-"END"
	$b
	END
configure-append <<\END
$c
END
configure-append <<EOF
EOF
"#,
        expect![[r#"
            isolated
              call h
            isolated
              isolated
                call j
            call configure-append <0
            call configure-append <1
            call configure-append <2
            call configure-append <3
            call configure-append <4
            <0 "a $b ${c} \\$d \\\\$e `f $g` $(h $i) $((j)) $1 $? $$ ${k:-l} ${#m} ${n[0]} ${!o} ${p:=q} 5$ $\n" expands ["b $b", "c ${c}", "e $e", "1 $1", "? $?", "$ $$", "m ${#m}", "n ${n[0]}", "o ${!o}"]
            <1 quoted "$a\n"
            <2 quoted "$b\n\t"
            <3 quoted "$c\n"
            <4 ""
            sets p
        "#]],
    );
}

#[test]
fn here_documents_that_go_elsewhere() {
    check(
        r#"
cat <<EOF | cmd
a
EOF
cat <<EOF > "$INSTALL/x"
b
EOF
cat >> $CONFIGURE <<EOF
c
EOF
tee -a "$CONFIGURE" <<EOF > /dev/null
d
EOF
cmd <<ONE <<TWO
e
ONE
f
TWO
cmd <<EOF && other
g
EOF
if x ; then
	configure-append <<EOF
h
EOF
fi
cat <<EOF 2> /dev/null
i
EOF
cmd <<< "$x"
function f { cat >> "$CONFIGURE" ; }
"#,
        expect![[r#"
            call cat
            isolated
              call cmd
            file_write <1 > ${INSTALL}/x
            file_write <2 > ${CONFIGURE}
            file_write <3 > ${CONFIGURE}
            call cmd <4
            call f
            call TWO
            call cmd <5
            call other
            call x
            if ?
              call configure-append <6
            call cat <7
            call cmd
            define f
              file_write stdin > ${CONFIGURE}
            <0 "a\n"
            <1 "b\n"
            <2 "c\n"
            <3 "d\n"
            <4 "e\n"
            <5 "g\n"
            <6 "h\n"
            <7 "i\n"
            has errors
        "#]],
    );
}

#[test]
fn containers() {
    check(
        r#"
configure-append <<'EOF'
a=1 ; for b in x y ; do read -r c d ; done
export e=2
# f=3
systemctl mask g.service h.socket
systemctl --quiet disable i 2> /dev/null
systemctl enable "j" && systemctl restart k
mkdir -p /etc/systemd/system/l.service.d
cat > /etc/systemd/system/l.service.d/x.conf <<UNIT
m=4
systemctl mask n
UNIT
EOF
configure-append <<EOF
rc-update add networking boot
$(cat "$CONFIGURE_X") $(cat $Y 2> /dev/null)
EOF
"#,
        expect![[r#"
            call configure-append <0
            isolated
              call cat
            isolated
              call cat
            call configure-append <1
            <0 quoted "a=1 ; for b in x y ; do read -r c d ; done\nexport e=2\n# f=3\nsystemctl mask g.service h.socket\nsystemctl --quiet disable i 2> /dev/null\nsystemctl enable \"j\" && systemctl restart k\nmkdir -p /etc/systemd/system/l.service.d\ncat > /etc/systemd/system/l.service.d/x.conf <<UNIT\nm=4\nsystemctl mask n\nUNIT\n" sets ["a", "b", "c", "d", "e"] units ["Mask g.service", "Mask h.socket", "Disable i", "Enable j", "DropIn l.service"] systemd true other false
            <1 "rc-update add networking boot\n$(cat \"$CONFIGURE_X\") $(cat $Y 2> /dev/null)\n" splices ["CONFIGURE_X", "Y"] systemd false other true
        "#]],
    );
}

#[test]
fn nothing_much() {
    check("", expect![[""]]);
    check("# a\n\n", expect![[""]]);
    check(
        "\u{feff}a=1\r\nb=2\r\n",
        expect![[r#"
        a = 1
        b = 2
        sets a b
    "#]],
    );
    check(
        "a=\u{e9}\u{1f980} # \u{e9}\n",
        expect![[r#"
        a = é🦀
        sets a
    "#]],
    );
}

#[test]
fn errors_are_no_facts() {
    check(
        "if true ; then\na=1\n",
        expect![[r#"
        if ?
          a = 1
        sets a
        has errors
    "#]],
    );
    check(
        "a=1\nb='open\n",
        expect![[r#"
        a = 1
        sets a
        has errors
    "#]],
    );
    check(
        "a=1\n)\nb=2\n",
        expect![[r#"
        a = 1
        b = 2
        sets a b
        has errors
    "#]],
    );
    check(
        "configure-append <<EOF\n$a\n",
        expect![[r#"
        call configure-append <0
        <0 "$a" expands ["a $a"]
    "#]],
    );
}

/// Reads a text on a stack as small as a thread's may be.
fn read_on_a_small_stack(text: String) -> ScriptFacts {
    let thread = std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(move || read(&text));
    thread.unwrap().join().expect("no panic, and no overflow")
}

#[test]
fn deep_nesting() {
    const DEPTH: usize = 100_000;
    let around = [
        ("(", ")"),
        ("{ ", " ; }"),
        ("$(", ")"),
        ("a=$(", ")"),
        ("${x:-", "}"),
        ("a=${x:-", "}"),
        ("$((", "))"),
        ("((", "))"),
        ("`", "`"),
        ("[[ (", ") ]]"),
        ("[ ! ", " ]"),
        ("! ", ""),
        ("\"$(", ")\""),
        ("a=\"${x:-\"", "\"}\""),
        ("<(", ")"),
        ("[", "]"),
        ("a=(", ")"),
        ("if a ; then ", " ; fi"),
        ("while a ; do ", " ; done"),
        ("for a in b ; do ", " ; done"),
        ("case a in a) ", " ;; esac"),
        ("function f { ", " ; }"),
        ("f() { ", " ; }"),
        ("a && ", "a"),
        ("a | ", "a"),
        ("a ; ", ""),
        ("a=1 ", "b"),
        ("<<EOF ", "\nEOF\n"),
    ];
    for (open, close) in around {
        for text in [
            format!("{}a{}", open.repeat(DEPTH), close.repeat(DEPTH)),
            open.repeat(DEPTH),
            close.repeat(DEPTH),
            format!("{}a{}", open.repeat(200), close.repeat(200)),
            format!("configure-append <<EOF\n{}\nEOF\n", open.repeat(DEPTH)),
        ] {
            drop(read_on_a_small_stack(text));
        }
    }
}

#[test]
fn many_here_documents() {
    let open: String = (0..5_000).map(|n| format!("cat <<E{n}\n")).collect();
    assert!(read_on_a_small_stack(open).effects.refused);
    let line = format!("cat {}\n", "<<E ".repeat(1_500));
    drop(read_on_a_small_stack(line));
    let many: String = (0..1_500)
        .map(|n| format!("configure-append <<E\n$x{n}\nE\n"))
        .collect();
    assert_eq!(read_on_a_small_stack(many).heredocs.len(), 1_500);
}

#[test]
fn never_closed() {
    for open in [
        "'",
        "\"",
        "`",
        "$(",
        "${",
        "$((",
        "<<'",
        "<<\"",
        "<<",
        "((",
        "[[",
        "{",
        "case x in",
        "\\",
        "$'",
    ] {
        let tail = "a $b c\n".repeat(10_000);
        drop(read_on_a_small_stack(format!("a=1\n{open}{tail}")));
        drop(read_on_a_small_stack(format!(
            "configure-append <<EOF\n{open}{tail}EOF\n"
        )));
        drop(read_on_a_small_stack(open.repeat(20_000)));
    }
}

/// A script of the fixtures, to be damaged.
const SCRIPTS: [&str; 4] = [
    include_str!("../../../../../fixtures/contribution/image-scripts/include/common.sh"),
    include_str!("../../../../../fixtures/contribution/image-scripts/include/debian.sh"),
    include_str!("../../../../../fixtures/contribution/image-scripts/include/systemd.sh"),
    include_str!("../../../../../fixtures/contribution/image-scripts/images/ubuntu-26.10/build.sh"),
];

/// Every place is one: within the text, and between characters.
fn places_are_sound(text: &str, facts: &ScriptFacts) {
    let sound = |range: &super::TextRange| {
        assert!(
            text.get(usize::from(range.start())..usize::from(range.end()))
                .is_some(),
            "{range:?} of {text:?}"
        );
    };
    facts.spans.iter().for_each(sound);
    facts.occurrences.iter().map(|o| &o.range).for_each(sound);
    for heredoc in &facts.heredocs {
        sound(&heredoc.body);
        heredoc.expansions.iter().map(|e| &e.range).for_each(sound);
        heredoc
            .container
            .units
            .iter()
            .map(|u| &u.range)
            .for_each(sound);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}|([a-z$(){}<>|&;'\"`\\\\#= \\t\\n\u{e9}]|<<EOF\\n|EOF\\n){0,120}") {
        let facts = read(&text);
        places_are_sound(&text, &facts);
        // Another text is spoken for by these facts while it does not parse.
        let other = format!("{text}'");
        places_are_sound(&other, &facts.moved(&text, &other));
    }

    #[test]
    fn damaged_scripts_are_read(
        which in 0..SCRIPTS.len(),
        cuts in prop::collection::vec((0..4_000usize, 0..40usize, "[a-z$(){}<>|&;'\"` \\n\u{e9}]{0,6}"), 1..6),
    ) {
        let mut text = SCRIPTS[which].to_owned();
        for (at, length, inserted) in cuts {
            let floor = |text: &str, mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let (start, end) = (floor(&text, at), floor(&text, at + length));
            let before = text.clone();
            text.replace_range(start..end, &inserted);
            let facts = read(&text);
            places_are_sound(&text, &facts);
            places_are_sound(&text, &read(&before).moved(&before, &text));
        }
    }
}
