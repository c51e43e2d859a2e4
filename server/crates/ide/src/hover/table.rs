//! Hover texts about the test table: rows and groups.

use smol_str::SmolStr;

use super::text::{self, Fact};
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use model::tree::ALL_TESTS;
use model::view::View;

/// Meaning of the groups.
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
    ("non-systemd", "Containers whose init is not systemd."),
];

/// VM tests that take their distributions from groups.
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

/// Meaning of the members of a group.
fn meaning(group: &str) -> Option<&'static str> {
    let found = MEANING.iter().find(|(name, _)| *name == group);
    found.map(|(_, text)| *text)
}

/// Describes a row: the image that it leads to, and its groups.
pub(super) fn row(view: &View<'_>, key: &str) -> Option<String> {
    view.with_joined(|joined| {
        let table = joined.table.as_ref()?;
        let row = table.rows.iter().find(|row| row.row.key.value == key)?;
        let mut facts = Vec::new();
        let distribution = row.distribution().unwrap_or("?");
        let version = row.version().unwrap_or("?");
        let found = row.published.as_deref().unwrap_or_default();
        let images: Vec<SmolStr> = found.iter().filter_map(|p| p.image_name()).collect();
        facts.push(match (row.published.is_some(), images.as_slice()) {
            (true, []) => Fact::missing("Leads to", "no published image"),
            (false, []) => Fact::missing("Leads to", "not known"),
            _ => Fact::new("Leads to", text::list(&images)),
        });
        for (axis, names) in [
            ("cgroup group", &CGROUP_GROUPS[..]),
            ("init group", &INIT_GROUPS[..]),
        ] {
            let groups = row.of_axis(names).into_iter();
            let groups: Vec<&SmolStr> = groups.map(|g| &g.name.value).collect();
            facts.push(match groups.as_slice() {
                [] => Fact::missing(axis, "none"),
                _ => Fact::new(axis, text::list(groups)),
            });
        }
        let title = format!("{distribution} {version}");
        let title = format!("Row {}: {}", text::code(key), text::plain(&title));
        Some(format!("{title}\n\n{}", text::facts(facts)))
    })
}

/// Describes a group: its meaning, its members, and the tests that run for them.
pub(super) fn group(view: &View<'_>, name: &str) -> Option<String> {
    view.with_joined(|joined| {
        let table = joined.table.as_ref()?;
        let mut groups = table.facts.groups.iter();
        let group = groups.find(|g| g.name.value == name)?;
        let mut paragraphs = vec![format!("Group {}", text::code(name))];
        paragraphs.extend(meaning(name).map(str::to_owned));
        let keys: Vec<&SmolStr> = group.members.iter().map(|m| &m.key.value).collect();
        let mut facts = vec![match keys.as_slice() {
            [] => "No rows".to_owned(),
            _ => text::counted(&keys, "row"),
        }];
        let tests = tests(view, name);
        if !tests.is_empty() {
            facts.push(format!("Tests: {}", text::list(tests)));
        }
        paragraphs.push(text::bullets(&facts));
        Some(paragraphs.join("\n\n"))
    })
}

/// Tests that run for the members of a group, without those that the checkout does not have.
fn tests(view: &View<'_>, group: &str) -> Vec<&'static str> {
    let all = view.tree.id(ALL_TESTS).and_then(|id| view.tree.file(id));
    let has = |test: &str| all.is_none_or(|file| file.text.contains(test));
    let found = TESTS.iter().filter(|(_, groups)| groups.contains(&group));
    found
        .map(|(test, _)| *test)
        .filter(|test| has(test))
        .collect()
}
