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
