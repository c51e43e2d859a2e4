//! What an image's scripts generate, as pictures: a build script and what is executed, and written.

use std::sync::Arc;

use model::tree::Layout;
use model::{File, Model, Node, Tree};

use super::policy::Policy;
use super::{Build, SegmentKind};
use syntax::TextRange;

const COMMON: &str = r#"
function fail {
	echo "$@" >&2
	exit 1
}
function configure-append {
	cat >> "$CONFIGURE"
}
function configure-shebang {
	local body=
	[ -e "$CONFIGURE" ] && body=$(< "$CONFIGURE")
	printf '%s\n%s\n' "$1" "$body" > "$CONFIGURE"
}
function run-configure {
	touch "$CONFIGURE"
	chroot "$INSTALL" "/tmp/${CONFIGURE##*/}" || fail "no"
	rm "$CONFIGURE"
}
function set-initcmd {
	INITCMD="$*"
}
"#;

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new(Layout::Whole);
    tree.insert("image-scripts/images/x-1", Node::Directory);
    for (path, text) in files {
        let kind = Layout::Whole.kind_of(path).unwrap();
        tree.insert_file(File::new((*path).into(), kind, Arc::from(*text), None));
    }
    tree
}

/// Follows a build script, in the image `x-1`, with an include and a file of the image's own.
fn build(script: &str) -> (Tree, Build) {
    let tree = tree(&[
        ("image-scripts/include/common.sh", COMMON),
        ("image-scripts/images/x-1/config.sh", "BUILDER=x\n"),
        ("image-scripts/images/x-1/build.sh", script),
        ("image-scripts/images/x-1/more.sh", "a\nb\n"),
    ]);
    let model = Model::new(&tree);
    let build = Build::of(&tree, &model, &model.images["x-1"]).unwrap();
    (tree, build)
}

/// Compares the container's script, and each file below the root, with what is expected.
#[track_caller]
fn check(script: &str, expected: &str) {
    let (_, build) = build(script);
    let mut out = String::new();
    for execution in build.container_scripts() {
        for (condition, outcome) in &execution.conditions {
            out += &format!(
                "= {}{}\n",
                if *outcome { "" } else { "not " },
                condition.text
            );
        }
        out += &execution.script.shown();
    }
    for (path, file) in build.container_files() {
        out += &format!("= {:?} {path}\n{}", file.kind, file.text.shown());
    }
    for at in &build.opaque {
        out += &format!("= opaque at {:?}\n", at.range);
    }
    assert_eq!(out, expected, "{script}");
}

/// Compares the container's script of appended commands.
#[track_caller]
fn check_appended(script: &str, expected: &str) {
    check(&format!("{script}\nrun-configure\n"), expected);
}

#[test]
fn appended_texts_are_collected_in_order() {
    check_appended(
        "configure-append <<EOF\na\nEOF\ncat <<EOF | configure-append\nb\nEOF",
        "a\nb\n",
    );
    check_appended(
        "echo a >> $CONFIGURE\nprintf '%s b\\n' x y >> \"$CONFIGURE\"",
        "a\nx b\ny b\n",
    );
    check_appended(
        "configure-append <<EOF\na\nEOF\nconfigure-shebang '#!/bin/sh'",
        "#!/bin/sh\na\n",
    );
    check_appended(
        "{ echo a ; echo b ; } | tee -a $CONFIGURE > /dev/null",
        "a\nb\n",
    );
    check("configure-append <<EOF\na\nEOF", "");
}

#[test]
fn builder_expands_unquoted_texts() {
    let script = "x=1\nconfigure-append <<EOF\n$x \\$x ${x}0 ${y:-2} \\\\ $y.\nEOF";
    check_appended(script, "1 $x 10 2 \\ .\n");
    check_appended("x=1\nconfigure-append <<'EOF'\n$x \\$x\nEOF", "$x \\$x\n");
    let nested = "x=1\nconfigure-append <<EOF\ncat > /a <<'X'\n$x\\\n y\nX\nEOF";
    check_appended(nested, "cat > /a <<'X'\n1 y\nX\n");
    check_appended("configure-append <<-EOF\n\t\ta\n\tb\n\tEOF", "a\nb\n");
}

#[test]
fn files_are_spliced() {
    let script =
        "echo a > $CONFIGURE.x\nconfigure-append <<EOF\n$(cat $CONFIGURE.x 2> /dev/null)\nb\nEOF";
    check_appended(script, "a\nb\n");
    check_appended(
        "configure-append <<EOF\n$(cat $CONFIGURE.x)\nb\nEOF",
        "\nb\n",
    );
    let guarded =
        "configure-append <<EOF\n$([ -f \"$CONFIGURE.x\" ] && cat \"$CONFIGURE.x\")\nb\nEOF";
    check_appended(guarded, "\nb\n");
    check_appended("cat \"$IMAGEDIR/more.sh\" | configure-append", "a\nb\n");
}

#[test]
fn unknown_texts_are_marked() {
    check_appended(
        "configure-append <<EOF\na $DOWNLOAD $(curl x | b)\nEOF",
        "a ⟦$DOWNLOAD⟧ ⟦b⟧\n",
    );
    check_appended(
        "x=$(curl \"$y\")\nconfigure-append <<EOF\n$x\nEOF",
        "⟦curl \"$y\"⟧\n",
    );
    check_appended("echo a $(date +%F) >> $CONFIGURE", "a ⟦$(date +%F)⟧\n");
    check_appended(
        "echo a >> $CONFIGURE\nsed -i s/a/b/ $CONFIGURE",
        "⟦$(sed -i s/a/b/ $CONFIGURE)⟧",
    );
}

#[test]
fn conditions_that_are_known_decide() {
    check_appended(
        "x=2\nif [ $x -ge 2 ] ; then echo a ; else echo b ; fi >> $CONFIGURE",
        "a\n",
    );
    check_appended(
        "case $DISTNAME-$RELVER in x-[01]) echo a ;; *) echo b ;; esac >> $CONFIGURE",
        "a\n",
    );
    check_appended("[[ $IMAGE == x* && -z $y ]] && echo a >> $CONFIGURE", "a\n");
    check_appended(
        "[ -f \"$IMAGEDIR/more.sh\" ] || echo a >> $CONFIGURE\necho b >> $CONFIGURE",
        "b\n",
    );
}

#[test]
fn other_conditions_are_shown() {
    let script = "echo a >> $CONFIGURE\nif mount x ; then echo b ; else echo c ; fi >> $CONFIGURE";
    check_appended(script, "a\n⟦if mount x⟧\nb\n⟦else⟧\nc\n⟦end⟧\n");
    check_appended(
        "mount x || echo a >> $CONFIGURE\necho b >> $CONFIGURE",
        "⟦if not mount x⟧\na\n⟦end⟧\nb\n",
    );
    check_appended(
        "x=1\nmount y && x=2\necho a$x >> $CONFIGURE",
        "a⟦if mount y⟧2⟦else⟧1⟦end⟧\n",
    );
    // A word that is not there has no blank either.
    for (command, expected) in [
        ("echo a $x", "a⟦if not mount y⟧ 1⟦end⟧\n"),
        ("echo $x b", "⟦if not mount y⟧\n1 ⟦end⟧b\n"),
        (
            "echo $x a $x",
            "⟦if not mount y⟧\n1 ⟦end⟧a⟦if not mount y⟧ 1⟦end⟧\n",
        ),
        ("echo $x $x", "⟦echo $x $x >> $CONFIGURE⟧\n"),
        ("echo a \"$x\"", "a ⟦if not mount y⟧1⟦end⟧\n"),
    ] {
        let script = format!("x=1\nmount y && x=\n{command} >> $CONFIGURE");
        check_appended(&script, expected);
    }
    check_appended(
        "x=1\nmount y && x='  2  3 '\necho a $x >> $CONFIGURE",
        "a⟦if mount y⟧ 2 3⟦else⟧ 1⟦end⟧\n",
    );
    // Where the build fails, nothing comes of it.
    check_appended("mount x || fail \"no\"\necho a >> $CONFIGURE", "a\n");
    let left = "f() { mount x && return ; echo a >> $CONFIGURE ; }\nf\necho b >> $CONFIGURE";
    check_appended(left, "⟦if not mount x⟧\na\n⟦end⟧\nb\n");
    check(
        "echo a >> $CONFIGURE\nmount x && run-configure",
        "= mount x\na\n",
    );
}

#[test]
fn loops_over_known_words_are_followed() {
    check_appended(
        "for x in a \"b c\" $y ; do echo $x ; done >> $CONFIGURE",
        "a\nb c\n",
    );
    check_appended(
        "x=\"a b\"\nfor y in $x c ; do [ $y = b ] && continue ; echo $y ; done >> $CONFIGURE",
        "a\nc\n",
    );
    let unknown =
        "for x in \"$DOWNLOAD\"/* ; do\n\techo a\ndone >> $CONFIGURE\necho b >> $CONFIGURE";
    check_appended(
        unknown,
        "⟦repeated: for x in \"$DOWNLOAD\"/*⟧\na\n⟦end⟧\nb\n",
    );
}

#[test]
fn functions_have_arguments_and_variables_of_their_own() {
    check_appended(
        "f() { local x=$1 ; shift ; echo $x $# \"$@\" ; }\nx=0\nf a 'b c' d >> $CONFIGURE\necho $x >> $CONFIGURE",
        "a 2 b c d\n0\n",
    );
    check_appended(
        "x=(a 'b c')\nx+=(d)\necho ${#x} ${x[1]} >> $CONFIGURE\nfor y in \"${x[@]}\" ; do echo $y ; done >> $CONFIGURE",
        "1 b c\na\nb c\nd\n",
    );
    check_appended(
        "x=a/b.tar.gz\necho ${x##*/} ${x%.*} ${x%%.*} ${x#a} ${x/b/c} >> $CONFIGURE",
        "b.tar.gz a/b.tar a/b /b.tar.gz a/c.tar.gz\n",
    );
    check_appended(
        "(x=1 ; echo a >> $CONFIGURE)\necho b$x >> $CONFIGURE",
        "a\nb\n",
    );
}

#[test]
fn files_below_the_root_are_listed() {
    check(
        "cat > \"$INSTALL/etc/a\" <<EOF\nx\nEOF\necho y >> $INSTALL/etc/b\nln -s /c \"$INSTALL/d\"\ncd \"$INSTALL\"\necho z > etc/e\ncp \"$IMAGEDIR\"/more.sh etc/",
        "= Link /d\n/c= File /etc/a\nx\n= Added /etc/b\ny\n= File /etc/e\nz\n= File /etc/more.sh\na\nb\n",
    );
    check(
        "install -D -m 644 \"$IMAGEDIR/more.sh\" \"$INSTALL/x/y\"\nmv $INSTALL/x/y $INSTALL/z",
        "= File /z\na\nb\n",
    );
    check("echo a > $INSTALL/a\nrm -f $INSTALL/a", "= Removed /a\n");
}

#[test]
fn what_cannot_be_followed_is_said() {
    check_appended(
        "x=1\neval \"$y\"\necho a$x >> $CONFIGURE",
        "a⟦$x⟧\n= opaque at 4..13\n",
    );
    check_appended(
        "x=1\n. /etc/os-release\necho a$x$y >> $CONFIGURE",
        "a⟦$x⟧⟦$y⟧\n= opaque at 4..21\n",
    );
}

/// Compares the policy of an image: a line for each item, with the line of the checkout that says
/// so.
#[track_caller]
fn check_policy(script: &str, expected: &[&str]) {
    let (tree, build) = build(script);
    let policy = Policy::of(&tree, &build);
    let shown = policy.items.iter().map(|item| {
        let file = tree.file(item.at.file).unwrap();
        let conditional = if item.is_conditional { "if " } else { "" };
        let details = item.details.join("; ");
        let line = format!("{conditional}{} {} {details}", item.action, item.name);
        format!("{} : {}", line.trim_end(), file.slice(item.at.range))
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected, "{script}");
}

#[test]
fn units_of_the_policy() {
    check_policy(
        "configure-append <<EOF\nsystemctl mask a b.socket\n/usr/bin/systemctl enable --now c\nEOF\nrun-configure",
        &[
            "enable c.service : c",
            "mask a.service : a",
            "mask b.socket : b.socket",
            "start c.service : c",
        ],
    );
    check_policy(
        "configure-append <<EOF\nfor u in a b ; do systemctl disable \\$u ; done\n[ -e /x ] && rc-update add c\nEOF\nrun-configure",
        &[
            "disable a.service : a",
            "disable b.service : b",
            "if enable c : c",
        ],
    );
    check_policy(
        "configure-append <<'EOF'\nmkdir -p /etc/systemd/system/a.service.d\ncat > /etc/systemd/system/a.service.d/b.conf <<X\n[Service]\n# c\nD=\nX\nln -s /dev/null /etc/systemd/system/e.mount\nEOF\nrun-configure",
        &[
            "drop-in a.service [Service] D= : > /etc/systemd/system/a.service.d/b.conf",
            "mask e.mount : ln -s /dev/null /etc/systemd/system/e.mount",
        ],
    );
    check_policy("chroot $INSTALL systemctl mask a", &["mask a.service : a"]);
    check_policy(
        "systemctl start docker\nsystemctl --root=$INSTALL enable a",
        &["enable a.service : a"],
    );
}

#[test]
fn packages_of_the_policy() {
    check_policy(
        "P='a b'\nfunction get { dnf -y -c x --installroot=$INSTALL \"$@\" ; }\nget install $P\nget group install core",
        &["install @core : core", "install a : a", "install b : b"],
    );
    check_policy(
        "configure-append <<EOF\napt-get -y install $(curl x) a\ncurl y || apt-get purge b\nEOF\nrun-configure",
        &["install a : a", "if remove b : b"],
    );
    check_policy(
        "debootstrap --include=a,b x $INSTALL",
        &[
            "install a : debootstrap --include=a,b x $INSTALL",
            "install b : debootstrap --include=a,b x $INSTALL",
        ],
    );
}

#[test]
fn files_and_users_of_the_policy() {
    check_policy(
        "echo a > $INSTALL/etc/a\nconfigure-append <<EOF\nsed -i '/x/d' /etc/b\necho c >> /etc/c\nusermod -L root\nrm -f /etc/d\nEOF\nrun-configure",
        &[
            "append /etc/c : >> /etc/c",
            "edit /etc/b : /etc/b",
            "remove /etc/d : rm -f /etc/d",
            "write /etc/a : > $INSTALL/etc/a",
            "change usermod -L root : usermod -L root",
        ],
    );
    check_policy(
        "mount x && configure-append <<EOF\nuseradd a\nEOF\nrun-configure",
        &["if change useradd a : useradd a"],
    );
}

#[test]
fn the_last_write_of_a_file_counts() {
    check_policy(
        "echo a > $INSTALL/etc/r\nconfigure-append <<EOF\n> /etc/r\nEOF\nrun-configure",
        &["write /etc/r : > /etc/r"],
    );
    check_policy(
        "configure-append <<EOF\nrm -f /etc/r\nEOF\nrun-configure\necho a > $INSTALL/etc/r",
        &["write /etc/r : > $INSTALL/etc/r"],
    );
    // Where it may not be written, what was there before may stay.
    check_policy(
        "echo a > $INSTALL/etc/r\nconfigure-append <<EOF\n[ -e /x ] && rm /etc/r\nEOF\nrun-configure",
        &[
            "if remove /etc/r : rm /etc/r",
            "write /etc/r : > $INSTALL/etc/r",
        ],
    );
    check_policy(
        "configure-append <<EOF\n[ -e /x ] && systemctl mask a\nsystemctl mask a.service\nEOF\nrun-configure",
        &["mask a.service : a.service"],
    );
}

#[test]
fn patterns_and_directories_of_the_policy() {
    check_policy(
        "configure-append <<EOF\nrm -f /etc/ssh/key_*\nmkdir -p /var/log/journal\nmkdir /etc/x.d /proc\necho a > /etc/x.d/y\nEOF\nrun-configure",
        &[
            "make /var/log/journal : mkdir -p /var/log/journal",
            "remove /etc/ssh/key_* : rm -f /etc/ssh/key_*",
            "write /etc/x.d/y : > /etc/x.d/y",
        ],
    );
    check_policy(
        "configure-append <<'EOF'\ncp /etc/skel/.[^.]* /root/\nEOF\nrun-configure",
        &["write /root/.[^.]* : cp /etc/skel/.[^.]* /root/"],
    );
    check_policy("tar xf $DOWNLOAD/x\nmv $DOWNLOAD/root/* $INSTALL", &[]);
    check_policy("mv $DOWNLOAD/root/* $INSTALL/", &[]);
}

/// A file that is kept elsewhere for a while is what it was before, and its copy is nothing that is left.
#[test]
fn what_is_put_back_is_no_change() {
    let keep = |before: &str, after: &str| {
        format!(
            "configure-append <<EOF\n{before}cp -p /etc/m /etc/m.orig\necho b >> /etc/m\n{after}mv /etc/m.orig /etc/m\nEOF\nrun-configure"
        )
    };
    check_policy(&keep("", ""), &[]);
    check_policy(&keep("", "rm /etc/m\n"), &[]);
    check_policy(&keep("echo a >> /etc/m\n", ""), &["append /etc/m : a"]);
    check_policy(
        &keep("echo a > /etc/m\n", ""),
        &["write /etc/m : mv /etc/m.orig /etc/m"],
    );
    check_policy(
        "configure-append <<EOF\nsed s/a/b/ /etc/m > /etc/m.new\nmv /etc/m.new /etc/m\nEOF\nrun-configure",
        &["write /etc/m : mv /etc/m.new /etc/m"],
    );
    check_policy(
        "configure-append <<EOF\nmv /etc/m /etc/n\nEOF\nrun-configure",
        &[
            "remove /etc/m : mv /etc/m /etc/n",
            "write /etc/n : mv /etc/m /etc/n",
        ],
    );
}

/// Nothing that stands in a script takes long, or all memory, or more of the stack than there is.
#[test]
fn odd_scripts_end() {
    let growing: String = (0..60).map(|_| "mount a && x=$x$x$y\ny=$x$y\n").collect();
    let nested: String = (0..3_000).map(|_| "if mount a ; then\n").collect();
    let substituted: String = (0..3_000).map(|_| "$(a ").collect();
    let chosen: String = (0..400).map(|n| format!("mount a && x={n}\n")).collect();
    let scripts = [
        "f() { f ; f ; }\nf",
        "f() { f \"$@\" \"$@\" ; }\nf a",
        "f() { x=$(f) ; echo $x$x ; }\nf",
        ". \"$IMAGEDIR/build.sh\"\n. \"$IMAGEDIR/build.sh\"",
        "while a ; do while b ; do while c ; do x=$x$x ; done ; done ; done",
        "for a in 1 2 3 4 5 6 7 8 9 ; do for b in $a$a $a ; do for c in $b $b ; do x=$x$c ; done ; done ; done",
        &format!("x=1\n{growing}echo $x >> $CONFIGURE"),
        &format!("{chosen}echo $x >> $CONFIGURE"),
        &nested,
        &substituted,
        "x=a",
        "((((((((((",
        "x=$'\\",
        "cat <<EOF\n$(\nEOF\n)",
        "case x in (",
        "⟦⟧ ⟦",
    ];
    for script in scripts {
        let (tree, build) = build(&format!("{script}\nrun-configure\n"));
        Policy::of(&tree, &build);
    }
}

fn slice(text: &str, range: TextRange) -> &str {
    text.get(std::ops::Range::<usize>::from(range)).unwrap()
}

/// Every byte of a literal is that one of the source.
#[test]
fn literals_know_their_sources() {
    let script = "x='b c'\nconfigure-append <<EOF\na \\$y $x ${z:-d}\n\\\ne\nEOF\nrun-configure\n";
    let (tree, build) = build(script);
    let shown = build.executions[0].script.with_sources();
    assert_eq!(shown.text, "a $y b c d\ne\n");
    let mut literals = 0;
    for segment in &shown.segments {
        let text = slice(&shown.text, segment.range);
        let source = segment.source.unwrap();
        assert_eq!(tree.file(source.file).unwrap().slice(source.range), text);
        literals += usize::from(segment.kind == SegmentKind::Literal);
    }
    assert_eq!(literals, 5, "{:?}", shown.segments);
    assert!(shown.segments.iter().any(|segment| {
        let value = slice(&shown.text, segment.range);
        segment.kind == SegmentKind::Value && value == "b c" && segment.expansion.is_some()
    }));
}
