//! Words, assignments and variables that commands set.

use expect_test::expect;

use super::check;

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
            k = ${1}
            l = ?
            m = ?
            n = ?
            o = ?
            p = ?
            q = ${a}$a${a}
            r = two\nlines
            sets a b c d e f g h i j k l m n o p q r
            slip UnreadStatus { is_local: false } l: l=$?
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
            reads B
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
            with
              A = 3
              B = 4
            do
              call cmd
            with
              A = 5
              B = 6
            do
              call cmd
            x = ${x}y
            x = ${x}${z}
            a = ?
            b = ?
            b = ${b}?
            c = 1
            e = 2
            Changed e
            local n = 1+1
            n = ?
            Changed n
            local m = ?
            m = ?
            c unset
            undefine c
            d unset
            undefine d
            sets A B a b c d e m n x
        "#]],
    );
}

/// The grammar takes the line after for a part of these, and a keyword there for a command.
#[test]
fn lines_of_assignments() {
    check(
        "A=1 B=2\nC=3\nfunction xh {\nD=1\n}\nA=1 B=2 # remark\nE=4 F=$A\nif [ $A = 1 ] ; then G=1 ; fi\n",
        expect![[r#"
            A = 1
            B = 2
            C = 3
            define xh
              D = 1
            A = 1
            B = 2
            E = 4
            F = ${A}
            if ${A} = 1 if plain ${A}
              G = 1
            sets A B C D E F G
        "#]],
    );
}

/// To bash, the line's last word ends with the return.
#[test]
fn lines_that_end_with_a_return() {
    check(
        "A=bld\r\nB=\r\nC=\"x\"\r\n. \"$INCLUDE/x.sh\"\r\nhelper\r\n",
        expect![[r#"
            A = bld\r
            B = \r
            C = x\r
            . ${INCLUDE}/x.sh\r
            call helper\r
            sets A B C
            paths ${INCLUDE}/x.sh\r
            line ends 5 mark false
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
              local a = unset
              local b = 1
              isolated
                call x
              local c = ?
              local d = 2
              local e = unset
              f = 3
            local g = 4
            local h = unset
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
            with
              IFS = :
            do
              c = ?
            e = ?
            f = ?
            call printf
            g = ?
            OPTARG = ?
            OPTIND = ?
            i = ?
            h = ?
            j = ?
            k = ?
            l = ?
            call let
            n = ?
            m = ?
            repeat
              o = 0
              o = ?
            check ${p} = 1 if plain ${p}
            check ${q} like 1
            anything
            sets IFS OPTARG OPTIND a b c e f g h i j k l m n o
        "#]],
    );
}
