//! Valid scripts that the grammar does not take, or misreads.

use expect_test::expect;

use super::check;
use crate::bash::{Step, read};

/// Lines that bash accepts. What follows each is read.
const LINES: &[&str] = &[
    r#"s="${l%]*}""#,
    r#"s="${h%%\]*}" t="${d%]}""#,
    r#"if [[ "$l" = *"two words"* ]] ; then true ; fi"#,
    r#"if [[ $l != "a b"* || $l = 'c d' ]] ; then true ; fi"#,
    r#"s="${l//'/'/_}""#,
    r#"s="${l/#"$x y"/'}'}" t=${l^^[a-z]} u=${l: -3:2} v=${!l} w=${l@Q}"#,
    r#"s=${l:-'a b'} t=${l:+"$x" 'y'} u=${l:?"no 'l'"}"#,
    r#"s=${l["a b"]} t=${#l[@]} u=("${l[@]:1:2}")"#,
    "cat <<T|cat\na\nT",
    "cat > f <<EOF\nEOF1 is no end\nEOF",
    "cat <<E\"O\"F <<\\TWO\n$a\nEOF\nb\nTWO",
    "cat <<-'A B'\n\tx\n\tA B",
    "cat <<EOF || exit 1\na\nEOF",
    "cat \\\n<<EOF\na\nEOF",
    "if ! cat <<EOF; then\nx\nEOF\n\ttrue ; fi",
    "s=$(cat <<EOF\na ) ' \"\nEOF\n)",
    "s=\"$(cat <<EOF\n`date`\nEOF\n)\"",
    "while read -r l ; do echo ; done <<EOF\n$(cat x)\nEOF",
    "A=1 B=2",
    "A=1 B=2 # both",
    "((true) | cat) ; ( (true) )",
    "for i do true ; done",
    "for i\ndo true ; done",
    "for i in a b ; { true ; }",
    "for ((i = 0, j = 1; i < 3; i++)) ; do true ; done",
    "select i in a b ; do break ; done",
    "coproc c { cat ; }",
    "for ((i=0xE0; i<=0xFF; i++)) ; do true ; done",
    "for ((i=a[0], j = 2; $i < ${#b[@]}; i <<= 1)) ; do true ; done",
    "for ((i=$(a); ; )) { true ; }",
    "function f() ( true )",
    "f() if true ; then true ; fi",
    "{ while false ; do true ; done }",
    "if (true) then true ; fi",
    "case $x in a) true ;& b|\"c d\"*) true ;;& [[:digit:]]) ;; (*) true ;& esac",
    "case $x in 'a b'|@(c|d)*) true ;; esac",
    "ls |& cat &>> f",
    "exec {fd}> f ; exec {fd}>&-",
    "cat <> f 3<&- 4>&1-",
    "((x = 10#08, y = x ? 1 : 2))",
    "s=$((10#$x)) t=$(( $x$y )) u=$[1 + 2]",
    "a[b[1]]=c a[i + 1]=d",
    "declare -A a=([x y]=1 ['z']=\"2\")",
    r#"[[ $x =~ ^(a|b)\ *[0-9]+$ ]]"#,
    r#"[[ $x =~ "a b"(c|'d e') && ! $y < z ]]"#,
    "cat <<< \"$x\" > f",
    "cat <<< x 2> /dev/null <<< y",
    "n=$((1 + 1)) 2> /dev/null",
    "! A=1 B=($(true)) || true",
    "time -p true",
    "> f",
    "2> /dev/null > f cat",
    "s=`echo \"a\" | sed -e 's/|/\\\\\\|/g'`",
    "s=$( (true) ) t=$((true) | cat)",
    r#"s=$'a\'b' t=$"c" u=a\ b"#,
    "s=${a:-${b:-$(c d)}}",
    "ls [[:alpha:]]* {a,b}{1..3} ~ '#' a#b $",
    "@cmd@ x",
    "\u{e9}=1 ; \u{e9} \u{a0} $\u{e9}",
];

#[test]
fn what_follows_an_odd_line_is_read() {
    for line in LINES {
        let text = format!("before=1\n{line}\nC=3\nfunction after {{ :\n}}\nafter\n");
        let facts = read(&text);
        assert!(!facts.effects.refused && !facts.is_unfinished, "{line}");
        assert!(facts.function("after").is_some(), "{line}\n{facts:#?}");
        let literal = |name| {
            let assign = facts.effects.last_assignment(name);
            assign.and_then(|assign| assign.value.literal())
        };
        assert_eq!(literal("before"), Some("1"), "{line}");
        assert_eq!(literal("C"), Some("3"), "{line}");
    }
}

#[test]
fn odd_lines_are_not_opaque() {
    for line in LINES {
        assert!(!read(&format!("{line}\n")).has_errors, "{line}");
    }
}

/// A loop in braces is a loop, and what runs beside the script sets nothing in it.
#[test]
fn loops_in_braces_and_coprocesses() {
    check(
        r#"
a && for b in "$c" d ; {
    e
    break
} > f
for g
{ h=1 ; } &
select i in j; { k ; } || l
coproc m { n=1 ; o ; }
coproc p && q
coproc while r ; do s ; done
for t in $(u) ; { v ; }
"#,
        expect![[r#"
            call a
            when ?
              repeat
                b = ?
                call e
                break 1
              status ?
            isolated
              repeat
                g = ?
                h = 1
            repeat
              i = ?
              call k
            unless ?
              call l
              status ?
            isolated
              n = 1
              call o
            isolated
              call p
            when ?
              call q
              status ?
            isolated
              repeat
                call r
                when ?
                  call s
                  status ?
            anything
            sets b for g h i in m m_PID n t u v
            has errors
        "#]],
    );
}

/// In an expression, a sum or a pattern, what is replaced keeps its names and commands.
#[test]
fn what_is_replaced_is_read_apart() {
    check(
        r#"
a=${b%"$c]"$(d-e "$f" 'g]')}
h=${i:-$(j-k) 'l'}
[[ $m == "$n o"*$(p-q) ]]
r=`s-t | u-v`
((w = 10#$x))
exec {y}> z
"#,
        expect![[r#"
            if ?
              isolated
                call d-e ${f} g]
            a = ?
            if ?
              isolated
                call j-k
            h = ${i:-?}
            isolated
              call p-q
            check ${m} like "${n}"" o"*?
            isolated
              isolated
                call s-t
              isolated
                call u-v
            r = ?
            w = ?
            y = ?
            call exec
            sets a h r w y
        "#]],
    );
}

#[test]
fn opaque_parts() {
    check(
        "a=1\nfor b in $(c) ; { d=1 ; . e ; }\nf=2\n",
        expect![[r#"
            a = 1
            anything
            f = 2
            sets a b c d e f for in
            has errors
        "#]],
    );
    check(
        "function a {\n\tb=1\n\tfor c in $(d) ; { e ; }\n\tf-g\n}\n",
        expect![[r#"
            define a
              b = 1
              anything
              call f-g
            sets b c d e for in
            has errors
        "#]],
    );
    check(
        "a=1\nif b ; then\n\tc=2\n",
        expect![[r#"
        a = 1
        anything
        sets a b c if then
        has errors
    "#]],
    );
}

#[test]
fn what_stands_after_a_delimiter() {
    check(
        "configure-append <<EOF || fail x\na\nEOF\ncat > f <<T || exit 1\nb\nT\ncat <<T && { c ; exit ; }\nd\nT\ncat <<T | while read e ; do f ; done\ng\nT\n",
        expect![[r#"
            call configure-append <0
            unless ?
              call fail
              status ?
            file_write <1 > f
            unless ?
              exit
              status ?
            call cat <2
            when ?
              call c
              exit
              status ?
            isolated
              call cat <3
            isolated
              repeat
                e = ?
                when ?
                  call f
                  status ?
            <0 "a\n"
            <1 "b\n"
            <2 "d\n"
            <3 "g\n"
            sets e
        "#]],
    );
}

#[test]
fn here_documents_that_append() {
    check(
        "cat <<EOF | configure-append\na\nEOF\n<<EOF configure-append\nb\nEOF\n{ cat <<EOF ; } | configure-append\nc\nEOF\ncat <<EOF | tee -a \"$CONFIGURE\"\nd\nEOF\ntime configure-append <<EOF\ne\nEOF\n",
        expect![[r#"
            isolated
              call cat <0
            isolated
              call configure-append <0
            call configure-append <1
            isolated
              call cat <2
            isolated
              call configure-append <2
            isolated
              call cat <3
            isolated
              file_write <3 > ${CONFIGURE}
            call configure-append <4
            <0 "a\n"
            <1 "b\n"
            <2 "c\n"
            <3 "d\n"
            <4 "e\n"
        "#]],
    );
}

#[test]
fn here_documents_that_do_not_end() {
    check(
        "configure-append <<EOF\necho $x\nEOF \nrun-configure\n",
        expect![[r#"
            anything
            call configure-append <0
            <0 "echo $x\nEOF \nrun-configure\n" like "EOF "
        "#]],
    );
}

#[test]
fn several_assignments_on_a_line() {
    check(
        "A=1 B=2\nC=3\nif d ; then A=4 B=5 # e\nfi\nfunction f {\n\tA=6 B=7\n}\nA=8 B=9 g\n",
        expect![[r#"
            A = 1
            B = 2
            C = 3
            call d
            if ?
              A = 4
              B = 5
            define f
              A = 6
              B = 7
            with
              A = 8
              B = 9
            do
              call g
            sets A B C
        "#]],
    );
}

#[test]
fn line_ends_of_another_system() {
    let facts = read("BUILDER=bld\r\n. \"$INCLUDE/a\"\r\nb\r\nC=\"d\"\r\n");
    let value = |name| facts.effects.last_assignment(name)?.value.literal();
    assert_eq!(value("BUILDER"), Some("bld\r"));
    assert_eq!(value("C"), Some("d\r"));
    let calls = facts.effects.steps().filter_map(|step| match step {
        Step::Call(call) => Some(call.name.as_str()),
        _ => None,
    });
    assert_eq!(calls.collect::<Vec<_>>(), ["b\r"]);
}
