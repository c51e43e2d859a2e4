//! Here-documents, and texts in which there is little to read.

use expect_test::expect;

use super::{check, shown};
use crate::bash::read;

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
            p = ?
            isolated
              call f
            isolated
              call h
            call configure-append <0
            call configure-append <1
            call configure-append <2
            call configure-append <3
            call configure-append <4
            <0 "a $b ${c} \\$d \\\\$e `f $g` $(h $i) $((j)) $1 $? $$ ${k:-l} ${#m} ${n[0]} ${!o} ${p:=q} 5$ $\n" expands ["b $b", "c ${c}", "e $e", "1 $1", "? $?", "$ $$", "m ${#m}", "n ${n[0]}", "o ${!o}"]
            <1 quoted "$a\n"
            <2 quoted "\t$b\n"
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
            isolated
              call cat <0
            isolated
              call cmd <0
            file_write <1 > ${INSTALL}/x
            file_write <2 > ${CONFIGURE}
            file_write <3 > ${CONFIGURE}
            call cmd <5
            call cmd <6
            when ?
              call other
              status ?
            call x
            if ?
              call configure-append <7
            call cat <8
            call cmd
            define f
              file_write stdin > ${CONFIGURE}
            <0 "a\n"
            <1 "b\n"
            <2 "c\n"
            <3 "d\n"
            <4 "e\n"
            <5 "f\n"
            <6 "g\n"
            <7 "h\n"
            <8 "i\n"
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
            services g l
            reads CONFIGURE_X for cat
        "#]],
    );
}

#[test]
fn nothing_much() {
    check("", expect![[""]]);
    check("# a\n\n", expect![[""]]);
    // To bash, the byte order mark and the `\r` are text.
    let facts = read("\u{feff}a=1\r\nb=2\r\n");
    let steps = shown("", &facts).replace('\u{feff}', "BOM");
    assert_eq!(
        steps,
        "call BOMa=1\\r\nb = 2\\r\nsets b\nline ends 2 mark true\n"
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
            anything
            sets a if then true
            has errors
        "#]],
    );
    check(
        "a=1\nb='open\n",
        expect![[r#"
            a = 1
            anything
            sets a b open
            has errors
        "#]],
    );
    check(
        "a=1\n)\nb=2\n",
        expect![[r#"
            a = 1
            anything
            b = 2
            sets a b
            has errors
        "#]],
    );
    check(
        "configure-append <<EOF\n$a\n",
        expect![[r#"
            anything
            call configure-append <0
            <0 "$a\n"
        "#]],
    );
}

#[test]
fn ends_that_are_not_meant() {
    check(
        "cat > x <<'EOF'\ncat <<\"EOF\" > y\n# <<EOF\nEOF2\nEOF\nEOF\n",
        expect![[r#"
            file_write <0 > x
            call EOF
            <0 quoted "cat <<\"EOF\" > y\n# <<EOF\nEOF2\n" like "<<\"EOF\""
        "#]],
    );
    check(
        "cat <<-EOF\n<<EOF\n  EOF\n\tEOF \nEOF x\n",
        expect![[r#"
        anything
        call cat <0
        <0 "<<EOF\n  EOF\n\tEOF \nEOF x\n" like "  EOF" like "\tEOF "
    "#]],
    );
}

#[test]
fn names_of_services() {
    check(
        "# x.service\nln -s /dev/null \"$INSTALL/etc/systemd/system/console-getty.service\"\n",
        expect![[r#"
            call ln
            services console-getty
        "#]],
    );
}

#[test]
fn masked_statuses() {
    check(
        r#"
f() {
	local a=$(x)
	if [ $? != 0 ]; then :; fi
	local b="$(x)" || return 1
	if local c=`x`; then :; fi
	export d=$(x)
	# comment
	rc=$?
	local e=$(x)
	local f
	f=$(x)
	[ $? = 0 ] || :
	local g=$((1 + 2)) || :
	local h=$(x)
	echo
	[ $? = 0 ]
	local i=$(x) && y
	local j=a$(x) || :
	local k=$(x)
	y && [ $? = 0 ]
	y && local -r l=$(x) || :
}
"#,
        expect![[r#"
            define f
              isolated
                call x
              local a = ?
              if not ? = 0 if plain ?
              isolated
                call x
              local b = ?
              unless defined b="$(x)"
                return
                status ?
              isolated
                call x
              local c = ?
              if defined c=`x`
              isolated
                call x
              d = ?
              rc = ?
              isolated
                call x
              local e = ?
              local f = unset
              isolated
                call x
              f = ?
              unless ? = 0 if plain ?
                status always
              local g = ?
              unless defined g=$((1 + 2))
                status always
              isolated
                call x
              local h = ?
              check ? = 0 if plain ?
              isolated
                call x
              local i = ?
              when defined i=$(x)
                call y
                status ?
              isolated
                call x
              local j = a?
              unless defined j=a$(x)
                status always
              isolated
                call x
              local k = ?
              call y
              when ?
                status ? = 0 if plain ?
              call y
              when ?
                isolated
                  call x
                local l = ?
                Changed l
                status defined l=$(x)
              unless status of (? and defined l=$(x))
                status always
            sets a b c d e f g h i j k l rc
            masked local a, $?
            masked local b, ||
            masked local c, if
            masked export d, $?
            masked local -r l, ||
        "#]],
    );
}
