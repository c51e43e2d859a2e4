//! `wrong-cgroup-group`.

use super::{group_fix, member_range, row_anchor, row_runs_systemd};
use crate::{Context, FileRange, Finding, Joined};
use model::table::CGROUP_GROUPS;
use model::view::Systemd;

rule! {
    /// The image ships systemd 258 or newer, and its row is in another group than `cgroupv2`.
    ///
    /// ## Why
    /// systemd 258 removed cgroup v1: the container does not boot on a v1 host, and its tests
    /// there fail. The version is known for certain from data that ships with the program, or from
    /// `.image-scripts.toml`:
    /// ```toml
    /// [systemd]
    /// debian."14" = 261
    /// ```
    /// Arch, Debian testing and unstable, Fedora rawhide, openSUSE Tumbleweed and NixOS unstable
    /// have passed 258 and count as newer than any number.
    ///
    /// ## How to fix it
    /// Move the row's key to `cgroupv2`.
    code: "wrong-cgroup-group",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = joined.table.as_ref().filter(|t| t.has_group("cgroupv2")) else {
        return;
    };
    for row in &table.rows {
        let Some(image) = row.only().and_then(|p| p.image) else {
            continue;
        };
        if row_runs_systemd(row) != Some(true) {
            continue;
        }
        let Systemd::WithoutV1(reason) = cx.systemd(image) else {
            continue;
        };
        for group in row
            .of_axis(&CGROUP_GROUPS)
            .into_iter()
            .filter(|g| g.name.value != "cgroupv2")
        {
            let key = &row.row.key.value;
            let range = member_range(table, &group.name.value, key);
            let anchor = range.map_or_else(
                || row_anchor(table.file, row),
                |r| FileRange::new(table.file, r),
            );
            let message = format!(
                "`{key}` belongs in `cgroupv2`, not in `{}`: {reason}",
                group.name.value
            );
            let finding = Finding::new(&RULE, anchor, message).image(&image.name);
            let fix = group_fix("Move it to `cgroupv2`".to_owned(), key, "cgroupv2").safe();
            out.push(
                finding
                    .related(row_anchor(table.file, row), "the row")
                    .fix(fix),
            );
        }
    }
}
