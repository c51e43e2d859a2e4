//! `wrong-init-group`.

use super::{group_fix, member_range, row_anchor};
use crate::{Context, FileRange, Finding, Joined};
use model::table::INIT_GROUPS;

rule! {
    /// A row is in an init group that its image's scripts contradict.
    ///
    /// ## Why
    /// The scripts mask or enable systemd units, and the row is in `non-systemd`; or they set up
    /// another init, and it is in `systemd`. Tests of the wrong init system are run.
    ///
    /// ## How to fix it
    /// Move the row's key to the other group.
    code: "wrong-init-group",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else { return };
    for row in &table.rows {
        let groups = row.of_axis(&INIT_GROUPS);
        let (Some(image), [group]) = (row.only().and_then(|p| p.image), groups.as_slice()) else {
            continue;
        };
        let Some(systemd) = image.summary.init.is_systemd() else {
            continue;
        };
        let right = if systemd { "systemd" } else { "non-systemd" };
        if group.name.value == right || !table.has_group(right) {
            continue;
        }
        let key = &row.row.key.value;
        let range = member_range(table, &group.name.value, key);
        let anchor = range.map_or_else(
            || row_anchor(table.file, row),
            |r| FileRange::new(table.file, r),
        );
        let what = if systemd {
            "set up systemd"
        } else {
            "set up another init"
        };
        let message = format!(
            "`{key}` is in `{}`, but the scripts of `{}` {what}",
            group.name.value, image.name
        );
        let mut finding = Finding::new(&RULE, anchor, message).image(&image.name);
        if let Some(scripts) = cx.first_line_of(image) {
            finding = finding.related(scripts, "the image");
        }
        let fix = group_fix(format!("Move it to `{right}`"), key, right);
        out.push(finding.fix(fix));
    }
}
