//! What images are compared with, and what they lack.

use std::sync::Arc;

use model::settings::Settings;
use model::tree::Layout;
use model::view::View;
use model::{File, Model, Node, Tree};

use super::{NeighbourKind, Policy, Topic, neighbours};
use crate::BuildCache;

const COMMON: &str = "
function configure-append {
	cat >> \"$CONFIGURE\"
}
function run-configure {
	chroot \"$INSTALL\" /tmp/configure.sh
}
";
const FAMILY: &str = "
function configure-all {
	configure-append <<EOF
systemctl mask a
EOF
}
";

/// A checkout of images, each with its name and what it appends.
fn tree(images: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new(Layout::Whole);
    let mut add = |path: String, text: &str| {
        let kind = Layout::Whole.kind_of(&path).unwrap();
        tree.insert_file(File::new(path.as_str().into(), kind, Arc::from(text), None));
    };
    add("image-scripts/include/common.sh".to_owned(), COMMON);
    for include in ["debian", "redhat-family"] {
        add(format!("image-scripts/include/{include}.sh"), FAMILY);
    }
    for (name, appended) in images {
        let family = match name.split('-').next() {
            Some("debian" | "ubuntu") => "debian",
            _ => "redhat-family",
        };
        add(
            format!("image-scripts/images/{name}/config.sh"),
            "BUILDER=x\n",
        );
        let build = format!(
            ". \"$INCLUDE/{family}.sh\"\nconfigure-all\nconfigure-append <<'EOF'\n{appended}\nEOF\nrun-configure\n"
        );
        add(format!("image-scripts/images/{name}/build.sh"), &build);
    }
    for (name, _) in images {
        tree.insert(&format!("image-scripts/images/{name}"), Node::Directory);
    }
    tree
}

fn with_view<T>(tree: &Tree, body: impl FnOnce(&View<'_>) -> T) -> T {
    let (model, settings) = (Model::new(tree), Settings::default());
    body(&View {
        tree,
        model: &model,
        settings: &settings,
        releases: &[],
        today: "2026-11-01",
    })
}

/// Compares what the first image lacks with what is expected.
#[track_caller]
fn check(images: &[(&str, &str)], expected: &str) {
    let shown = with_view(&tree(images), |view| {
        let image = &view.model.images[images[0].0];
        let missing =
            Policy::of_image(view, image)
                .unwrap()
                .missing(view, image, &BuildCache::default());
        let items = missing.items.iter();
        let items = items.map(|item| format!("{} {}", item.action, item.name));
        items.collect::<Vec<_>>().join(", ")
    });
    assert_eq!(shown, expected, "{images:?}");
}

#[test]
fn what_both_branches_write_is_written() {
    let shown = |script: &str| {
        let tree = tree(&[("debian-12", script)]);
        let policy = with_view(&tree, |view| {
            Policy::of_image(view, &view.model.images["debian-12"]).unwrap()
        });
        let files = policy
            .items
            .into_iter()
            .filter(|item| item.topic == Topic::File);
        let files = files.map(|item| {
            let condition = if item.is_conditional { " if" } else { "" };
            format!("{}{condition} {}", item.action, item.name)
        });
        files.collect::<Vec<_>>().join(", ")
    };
    let link = "if [ -h /etc/zone ] ; then ln -sf /x /etc/zone ; else cp /x /etc/zone ; fi";
    assert_eq!(shown(link), "write /etc/zone");
    let removed = "if [ -h /etc/zone ] ; then rm -f /etc/zone ; else cp /x /etc/zone ; fi";
    assert_eq!(shown(removed), "write if /etc/zone");
    let one = "if [ -h /etc/zone ] ; then ln -sf /x /etc/zone ; fi";
    assert_eq!(shown(one), "link if /etc/zone");
}

#[test]
fn what_all_others_do_is_missing() {
    let b = "systemctl mask b";
    check(
        &[("debian-12", ""), ("debian-11", b), ("ubuntu-22.04", b)],
        "mask b.service",
    );
    check(
        &[("debian-12", b), ("debian-11", b), ("ubuntu-22.04", b)],
        "",
    );
    check(
        &[("debian-12", ""), ("debian-11", b), ("ubuntu-22.04", "")],
        "",
    );
    // One alone is no custom.
    check(&[("debian-12", ""), ("debian-11", b)], "");
    // Under a condition, too.
    let conditional = "[ -e /x ] && systemctl mask b";
    check(
        &[
            ("debian-12", ""),
            ("debian-11", b),
            ("ubuntu-22.04", conditional),
        ],
        "mask b.service",
    );
    check(
        &[
            ("debian-12", conditional),
            ("debian-11", b),
            ("ubuntu-22.04", b),
        ],
        "",
    );
    // Whatever is done to a file, it is taken care of.
    let write = "echo a > /etc/b";
    check(
        &[
            ("debian-12", "sed -i s/a/b/ /etc/b"),
            ("debian-11", write),
            ("ubuntu-22.04", write),
        ],
        "",
    );
}

#[test]
fn the_unknown_is_not_missing() {
    let b = "systemctl mask b\napt-get install c";
    for unknown in [
        "for u in $(list) ; do systemctl mask $u ; done",
        "$command mask x",
    ] {
        let images = [
            ("debian-12", unknown),
            ("debian-11", b),
            ("ubuntu-22.04", b),
        ];
        let rest = if unknown.starts_with('$') {
            ""
        } else {
            "install c"
        };
        check(&images, rest);
    }
    for unknown in [". /etc/x", "eval \"$x\""] {
        check(
            &[
                ("debian-12", unknown),
                ("debian-11", b),
                ("ubuntu-22.04", b),
            ],
            "",
        );
    }
    let drop_in = |text: &str| {
        format!("cat > /etc/systemd/system/d.service.d/x.conf <<X\n[Service]\n{text}\nX")
    };
    let (known, unknown) = (drop_in("A=b"), drop_in("A=$(list)"));
    let images = [
        ("debian-12", unknown.as_str()),
        ("debian-11", &known),
        ("ubuntu-22.04", &known),
    ];
    check(&images, "");
}

#[test]
fn only_the_like_are_compared() {
    let b = "systemctl mask b";
    // Another family, and a systemd without cgroup v1.
    check(
        &[
            ("fedora-40", ""),
            ("almalinux-8", b),
            ("almalinux-9", b),
            ("rocky-9", b),
        ],
        "",
    );
    check(
        &[
            ("almalinux-9", ""),
            ("almalinux-8", b),
            ("rocky-9", b),
            ("fedora-40", ""),
        ],
        "mask b.service",
    );
    check(&[("fedora-40", ""), ("fedora-43", b), ("fedora-44", b)], "");
    // A release whose systemd is not known.
    check(&[("debian-99", ""), ("debian-11", b), ("debian-12", b)], "");
}

#[test]
fn neighbours_are_the_nearest() {
    let images = [
        ("almalinux-9", ""),
        ("almalinux-8", ""),
        ("rocky-8", ""),
        ("rocky-9", ""),
        ("fedora-40", ""),
        ("debian-12", ""),
    ];
    let shown = with_view(&tree(&images), |view| {
        let found = neighbours(view, &view.model.images["almalinux-9"]);
        let found = found.iter().map(|neighbour| {
            let kind = match neighbour.kind {
                NeighbourKind::Predecessor => "predecessor",
                NeighbourKind::Family => "family",
                NeighbourKind::Systemd => "systemd",
            };
            format!("{kind} {}", neighbour.image)
        });
        found.collect::<Vec<_>>().join(", ")
    });
    assert_eq!(
        shown,
        "predecessor almalinux-8, family rocky-9, systemd debian-12"
    );
}
