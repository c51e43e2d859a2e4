//! What is kept, held to what would be found again, after any edits.

use std::sync::Arc;

use proptest::prelude::*;

use super::{BuildCache, MAX_BUILDS};
use crate::Build;
use crate::policy::Policy;
use model::settings::Settings;
use model::tree::Layout;
use model::view::View;
use model::{File, Model, Node, Tree};

/// Images, and the directories that some of them lead to.
const IMAGES: [(&str, Option<&str>); 4] = [
    ("debian-11", None),
    ("debian-12", None),
    ("debian-13", Some("debian-12")),
    ("void-musl", None),
];

const COMMON: &str = r#"
configure-append() { cat >> "$CONFIGURE"; }
run-configure() { chroot "$INSTALL" /tmp/configure.sh; }
"#;
const OTHER_COMMON: &str = r#"
configure-append() { cat >> "$CONFIGURE"; echo end >> "$CONFIGURE"; }
run-configure() { chroot "$INSTALL" /tmp/configure.sh; }
"#;
const NOTES: &str = r#"
configure-debian() {
	configure-append <<EOF
systemctl mask a
$(cat "$IMAGEDIR/notes.sh")
EOF
}
"#;
const RELEASE: &str = r#"
configure-debian() {
	configure-append <<EOF
systemctl mask b $RELVER
EOF
}
"#;
const MORE: &str = r#"
. "$INCLUDE/more.sh"
configure-debian() {
	[ -e "$IMAGEDIR/notes.sh" ] && configure-more
}
"#;
const BUILD: &str = r#"
. "$IMAGEDIR/config.sh"
. "$INCLUDE/debian.sh"
configure-debian
run-configure
"#;
const OTHER_BUILD: &str = r#"
. "$INCLUDE/more.sh"
configure-more
run-configure
"#;

/// Files that are edited, each with texts that it may have: what they read of each other differs from
/// one text to the next.
const FILES: [(&str, &[&str]); 9] = [
    ("include/common.sh", &[COMMON, OTHER_COMMON]),
    (
        "include/debian.sh",
        &[NOTES, RELEASE, MORE, "configure-debian() {\n"],
    ),
    (
        "include/more.sh",
        &[
            "configure-more() { echo systemctl mask c | configure-append; }\n",
            "configure-more() { cp \"$IMAGEDIR/notes.sh\" \"$INSTALL/etc/motd\"; }\n",
            "",
        ],
    ),
    ("images/debian-11/config.sh", &["", "RELVER=eleven\n"]),
    ("images/debian-12/config.sh", &["", "RELVER=twelve\n"]),
    ("images/debian-11/build.sh", &[BUILD, OTHER_BUILD]),
    (
        "images/debian-12/build.sh",
        &[BUILD, ". \"$IMAGEDIR/notes.sh\"\nrun-configure\n"],
    ),
    (
        "images/debian-12/notes.sh",
        &[
            "",
            "echo notes > \"$INSTALL/etc/notes\"\n",
            "systemctl enable d\n",
        ],
    ),
    ("images/void-musl/build.sh", &[OTHER_BUILD]),
];

/// What becomes of a file.
#[derive(Debug, Clone, Copy)]
enum Edit {
    /// It gets one of its texts.
    Text(usize),
    Removed,
    Unreadable,
    /// It becomes a link to one of the others.
    Link(usize),
}

fn put(tree: &mut Tree, path: &str, text: Option<&str>) {
    let kind = Layout::Whole.kind_of(path).unwrap();
    tree.insert_file(match text {
        Some(text) => File::new(path.into(), kind, Arc::from(text), None),
        None => File::unreadable(path.into(), kind),
    });
}

fn checkout() -> Tree {
    let mut tree = Tree::new(Layout::Whole);
    for (name, leads_to) in IMAGES {
        let node = leads_to.map_or(Node::Directory, |to| Node::Link(to.into()));
        tree.insert(&format!("image-scripts/images/{name}"), node);
    }
    for (path, texts) in FILES {
        put(&mut tree, &format!("image-scripts/{path}"), Some(texts[0]));
    }
    tree
}

fn edit(tree: &mut Tree, file: usize, edit: Edit) {
    let (path, texts) = FILES[file];
    let path = format!("image-scripts/{path}");
    match edit {
        Edit::Text(text) => put(tree, &path, Some(texts[text % texts.len()])),
        Edit::Removed => tree.remove(&path),
        Edit::Unreadable => put(tree, &path, None),
        Edit::Link(other) => {
            let up = "../".repeat(path.matches('/').count() - 1);
            let leads_to = format!("{up}{}", FILES[other].0);
            tree.remove(&path);
            tree.insert(&path, Node::Link(leads_to.into()));
        }
    }
}

/// Compares what is kept with what is found again. Returns the builds, by image.
#[track_caller]
fn compare(cache: &BuildCache, tree: &Tree) -> Vec<Option<Arc<Build>>> {
    let (model, settings) = (Model::new(tree), Settings::default());
    let view = View {
        tree,
        model: &model,
        settings: &settings,
        releases: &[],
        today: "2026-11-01",
    };
    let images = model.images.values();
    let builds = images.map(|image| {
        let kept = cache.build(&view, image);
        let again = Build::of(tree, &model, image);
        assert_eq!(
            format!("{:?}", kept.as_deref()),
            format!("{:?}", again.as_ref())
        );
        let policy = cache.policy(&view, image);
        assert_eq!(policy.as_deref(), Policy::of_image(&view, image).as_ref());
        kept
    });
    builds.collect()
}

fn edits() -> impl Strategy<Value = Vec<(usize, Edit)>> {
    let edit = prop_oneof![
        6 => (0_usize..4).prop_map(Edit::Text),
        1 => Just(Edit::Removed),
        1 => Just(Edit::Unreadable),
        1 => (0..FILES.len()).prop_map(Edit::Link),
    ];
    proptest::collection::vec((0..FILES.len(), edit), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(24), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_what_would_be_found_again(edits in edits()) {
        let (cache, mut tree) = (BuildCache::default(), checkout());
        compare(&cache, &tree);
        for (file, change) in edits {
            edit(&mut tree, file, change);
            compare(&cache, &tree);
        }
    }
}

/// An edit makes the builds stale that read the file, and no others.
#[test]
fn an_edit_leaves_the_builds_of_others() {
    let (cache, mut tree) = (BuildCache::default(), checkout());
    let same = |one: &[Option<Arc<Build>>], other: &[Option<Arc<Build>>]| -> Vec<bool> {
        let pairs = one.iter().zip(other);
        let pairs = pairs.filter_map(|(one, other)| Some((one.as_ref()?, other.as_ref()?)));
        pairs.map(|(one, other)| Arc::ptr_eq(one, other)).collect()
    };
    let before = compare(&cache, &tree);
    let again = compare(&cache, &tree);
    assert_eq!(same(&before, &again), [true, true, true, true]);
    edit(&mut tree, 1, Edit::Text(1));
    let edited = compare(&cache, &tree);
    assert_eq!(same(&again, &edited), [false, false, false, true]);
}

/// However many images there are, no more builds are kept than the bound says.
#[test]
fn builds_are_kept_within_a_bound() {
    let mut tree = checkout();
    for number in 100..100 + MAX_BUILDS * 4 {
        let directory = format!("image-scripts/images/debian-{number}");
        tree.insert(&directory, Node::Directory);
        let build = format!("{directory}/build.sh");
        put(&mut tree, &build, Some("run-configure\n"));
    }
    let cache = BuildCache::default();
    let builds = compare(&cache, &tree).into_iter().flatten();
    let builds: Vec<_> = builds.map(|build| Arc::downgrade(&build)).collect();
    let kept = builds.iter().filter(|build| build.strong_count() > 0);
    let kept = kept.count();
    assert!((MAX_BUILDS..=MAX_BUILDS * 2).contains(&kept), "{kept}");
}
