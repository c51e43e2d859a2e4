//! What stands in the test table: rows and groups.

use smol_str::SmolStr;

use super::helper::bullets;
use super::text;
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use model::tree::ALL_TESTS;
use model::view::View;

/// The groups with what it means to be in them.
const MEANING: [(&str, &str); 5] = [
    (
        "cgroupAll",
        "Containers that boot on hosts with cgroup v1 and on hosts with v2.",
    ),
    (
        "cgroupv2",
        "Containers that boot on hosts with cgroup v2 only: systemd 258 and later.",
    ),
    (
        "cgroupv1",
        "Containers that boot on hosts with cgroup v1 only.",
    ),
    ("systemd", "Containers whose init is systemd."),
    ("non-systemd", "Containers with another init than systemd."),
];

/// The VM tests that take their distributions from groups.
const TESTS: [(&str, &[&str]); 8] = [
    (
        "dist-config/start-stop",
        &[
            "cgroupAll",
            "cgroupv2",
            "cgroupv1",
            "systemd",
            "non-systemd",
        ],
    ),
    (
        "dist-config/netif-routed",
        &[
            "cgroupAll",
            "cgroupv2",
            "cgroupv1",
            "systemd",
            "non-systemd",
        ],
    ),
    ("dist-config/systemd-rundir", &["systemd"]),
    ("dist-config/nonsystemd-rundir", &["non-systemd"]),
    ("cgroups/mount-v1", &["cgroupAll", "cgroupv1"]),
    ("cgroups/mount-v2", &["cgroupAll", "cgroupv2"]),
    ("cgroups/mount-v2-on-v1", &["cgroupAll", "cgroupv1"]),
    ("systemd/device-units", &["systemd"]),
];

/// What a group of that name is for.
pub(super) fn meaning(group: &str) -> Option<&'static str> {
    let found = MEANING.iter().find(|(name, _)| *name == group);
    found.map(|(_, text)| *text)
}

/// The image that a row leads to, and its groups.
pub(super) fn row(view: &View<'_>, key: &str) -> Option<String> {
    view.with_joined(|joined| {
        let table = joined.table.as_ref()?;
        let row = table.rows.iter().find(|row| row.row.key.value == key)?;
        let mut facts = Vec::new();
        let (distribution, version) = (
            row.distribution().unwrap_or("?"),
            row.version().unwrap_or("?"),
        );
        let found = row.published.as_deref().unwrap_or_default();
        let images: Vec<SmolStr> = found.iter().filter_map(|p| p.image_name()).collect();
        facts.push(match (row.published.is_some(), images.as_slice()) {
            (true, []) => "Leads to no published image".to_owned(),
            (false, []) => "What it leads to is not known by reading".to_owned(),
            _ => format!("Leads to {}", text::list(&images)),
        });
        for (axis, names) in [("cgroup", &CGROUP_GROUPS[..]), ("init", &INIT_GROUPS[..])] {
            let groups: Vec<&SmolStr> = { row.of_axis(names).into_iter() }
                .map(|g| &g.name.value)
                .collect();
            facts.push(match groups.as_slice() {
                [] => format!("In no {axis} group"),
                _ => format!("In {}", text::list(groups)),
            });
        }
        let title = format!("Row `{key}`: {distribution} {version}");
        Some(format!("{title}\n\n{}", bullets(&facts)))
    })
}

/// What membership of a group means, who is in it, and which tests go through it.
pub(super) fn group(view: &View<'_>, name: &str) -> Option<String> {
    view.with_joined(|joined| {
        let table = joined.table.as_ref()?;
        let group = { table.facts.groups.iter() }.find(|g| g.name.value == name)?;
        let mut parts = vec![format!("Group `{name}`")];
        parts.extend(meaning(name).map(str::to_owned));
        let keys: Vec<&SmolStr> = group.members.iter().map(|m| &m.key.value).collect();
        let mut facts = vec![match keys.as_slice() {
            [] => "No rows".to_owned(),
            _ => text::counted(&keys, "row"),
        }];
        let tests = tests(view, name);
        if !tests.is_empty() {
            facts.push(format!("Tests: {}", text::list(tests)));
        }
        parts.push(bullets(&facts));
        Some(parts.join("\n\n"))
    })
}

/// The tests that go through a group, as far as the checkout has them.
fn tests(view: &View<'_>, group: &str) -> Vec<&'static str> {
    let all = view.tree.id(ALL_TESTS).and_then(|id| view.tree.file(id));
    let has = |test: &str| all.is_none_or(|file| file.text.contains(test));
    let found = TESTS.iter().filter(|(_, groups)| groups.contains(&group));
    found
        .map(|(test, _)| *test)
        .filter(|test| has(test))
        .collect()
}
