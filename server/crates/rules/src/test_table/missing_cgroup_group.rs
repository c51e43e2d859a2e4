//! `missing-cgroup-group`.

use super::{cgroup_choices, group_fix, row_anchor, row_runs_systemd};
use crate::{Context, Finding, Joined};
use model::table::CGROUP_GROUPS;

rule! {
    /// A row is in none of the cgroup groups.
    ///
    /// Only rows that surely run systemd are judged: others stand in no group on purpose now and then.
    ///
    /// ## Why
    /// The groups decide on which hosts the container is tested: `cgroupAll` (v1 and v2),
    /// `cgroupv2` (v2 only), `cgroupv1` (v1 only). A row in none of them is not tested.
    ///
    /// ## How to fix it
    /// Add the row's key to `cgroupAll`, or to `cgroupv2` if it ships systemd 258 or newer.
    code: "missing-cgroup-group",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else { return };
    let Some(groups) = table
        .axis(&CGROUP_GROUPS)
        .filter(|groups| !groups.is_empty())
    else {
        return;
    };
    let names = groups
        .iter()
        .map(|g| format!("`{}`", g.name.value))
        .collect::<Vec<_>>()
        .join(", ");
    for row in &table.rows {
        if row_runs_systemd(row) != Some(true) || !row.of_axis(&CGROUP_GROUPS).is_empty() {
            continue;
        }
        let message = format!("`{}` is in no cgroup group ({names})", row.row.key.value);
        let mut finding = Finding::new(&RULE, row_anchor(table.file, row), message);
        if let Some(image) = row.only().and_then(|p| p.image) {
            finding = finding.image(&image.name);
        }
        let key = &row.row.key.value;
        let choices = cgroup_choices(cx, table, row);
        let fixes = choices
            .iter()
            .map(|group| group_fix(format!("Add it to `{group}`"), key, group));
        out.push(finding.fixes(fixes));
    }
}
