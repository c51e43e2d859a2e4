//! Conditions, branches, loops, subshells, functions, sources.

use expect_test::expect;

use super::check;

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
            if ((${a} like b and not empty ${c}) or not exists ${d})
              x = 4
            if (exists /x and not ${a} = b)
              x = 5
            if ${a} = b
              x = 6
            if ${a} like b*
              x = 7
            call cmd
            if ?
              x = 8
            call cmd
            when not ?
              status always
            if status
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
            if not ${a} Less 2
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
            when ${a} = b
              x = 1
              status always
            unless ${a} = b
              x = 2
              status always
            if ${a} = b
              x = 3
            if always
              x = 4
            when ${a} = b
              isolated
                call y
              x = ?
              status ?
            unless status
              x = 5
              status always
            call a
            when ?
              call b
              status ?
            unless status
              call c
              status ?
            x = 6
            when always
              y = 7
              status always
            when (not empty ${a} and not empty ${b})
              x = 8
              status always
            x = 9
            y = 10
            unless always
              exit
              status ?
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
            if (${a} like b)
              x = 1
            if (${a} like c or ${a} like "d e")
              x = 2
            if (${a} like f*)
              x = 3
            if (${a} like g)
              x = 4
            if (${a} like ${h})
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
              when ?
                f = ${e}
                status ?
            repeat
              unless exists /x
                g = 1
                status ?
            repeat
              h = ?
              break 1
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
            arguments ?
            . ${INCLUDE}/c.sh
            arguments ?
            . ${IMAGEDIR}/config.sh
            unless ?
              exit
              status ?
            when exists ${INCLUDE}/d.sh
              . ${INCLUDE}/d.sh
              status ?
            . /etc/os-release
            call cp
            file_write stdin > ${INSTALL}/z
            paths ${INCLUDE}/a.sh ${INCLUDE}/b.sh ${INCLUDE}/c.sh ${IMAGEDIR}/config.sh ${INCLUDE}/d.sh ${IMAGEDIR}/x ${BASEDIR}/images/void/y ${BASEDIR}/z
        "#]],
    );
}

#[test]
fn after_the_delimiter_of_a_heredoc() {
    check(
        "a <<T || exit 1\nx\nT\na <<T && { b ; exit ; } || c\nx\nT\na <<T | while read d ; do e=1 ; done\nx\nT\na <<T | f && g=1\nx\nT\n",
        expect![[r#"
            call a <0
            unless ?
              exit
              status ?
            call a <1
            when ?
              call b
              exit
              status ?
            unless status
              call c
              status ?
            isolated
              call a <2
            isolated
              repeat
                d = ?
                when ?
                  e = 1
                  status ?
            isolated
              call a <3
            isolated
              call f
            when ?
              g = 1
              status always
            <0 "x\n"
            <1 "x\n"
            <2 "x\n"
            <3 "x\n"
            sets d e g
        "#]],
    );
}

#[test]
fn control_flow() {
    check(
        r#"
a=1 &
case $x in 1) a=2 ;& 2) a=3 ;;& *) a=4 ;; esac
time -p cmd
! a
trap 'run-configure ; rm x' EXIT
trap - EXIT
trap 'echo' ERR
"${cmd[@]}" x
$cmd y
"$@"
break 2
set -e
false
set -- a "$b"
exec sh
eval 'b=1 ; c'
eval "$x"
command export d=1
command . x.sh
A=1 helper-a x
declare -n r=a
declare -g s=1
declare "$n=x"
printf -v "$n" x
mapfile < f
exec {fd}> x
unset -f g
"#,
        expect![[r#"
            isolated
              a = 1
            if (${x} like 1)
              a = 2
              ;&
            if (${x} like 2)
              a = 3
              ;;&
            if (always)
              a = 4
            call cmd
            call a
            when not ?
              status always
            at exit
              call run-configure
              call rm
            at exit
            exit on error None
            invoke ? x
            invoke ${cmd} y
            invoke $@
            break 2
            exit on error Some(true)
            check not always
            arguments a ${b}
            call exec
            exit
            b = 1
            call c
            anything
            d = 1
            . x.sh
            with
              A = 1
            do
              call helper-a x
            local r = a
            r = ?
            Reference r
            global s = ?
            any variable = ?
            any variable = ?
            call printf
            MAPFILE = ?
            fd = ?
            call exec
            undefine g
            sets A MAPFILE a b d fd r s
        "#]],
    );
}

#[test]
fn comparisons() {
    check(
        r#"
[[ ! $a -eq 1 && ( $b == "1"* || $b != $c ) ]] && x=1
[ $a = b ] && x=2
[ ! "$a" = b -o -z "$c" ] && x=3
[[ $a =~ ^b ]] && x=4
[[ $a == a@(b|c) ]] && x=5
[[ -n $a ]] && x=6
"#,
        expect![[r#"
            when (not ${a} Equal 1 and (${b} like "1"* or not ${b} like ${c}))
              x = 1
              status always
            when ${a} = b if plain ${a}
              x = 2
              status always
            when (not ${a} = b or empty ${c})
              x = 3
              status always
            when ?
              x = 4
              status always
            when ${a} like a@(b|c)
              x = 5
              status always
            when not empty ${a}
              x = 6
              status always
            sets x
        "#]],
    );
}
