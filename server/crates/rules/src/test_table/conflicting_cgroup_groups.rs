//! `conflicting-cgroup-groups`.

use super::{cgroup_choices, group_fix, member_range, row_anchor};
use crate::{Context, FileRange, Finding, Joined};
use model::table::CGROUP_GROUPS;

rule! {
    /// A row is in more than one cgroup group, in a tree that has `cgroupAll`.
    ///
    /// ## Why
    /// `cgroupAll` means v1 and v2, `cgroupv2` and `cgroupv1` only one of them: they exclude each
    /// other. The row's tests are run twice, or where they cannot pass. (Older trees have only
    /// `cgroupv1` and `cgroupv2`, where a row may be in both.)
    ///
    /// ## How to fix it
    /// Remove the row's key from the wrong ones.
    code: "conflicting-cgroup-groups",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = joined.table.as_ref().filter(|t| t.has_group("cgroupAll")) else {
        return;
    };
    for row in &table.rows {
        let groups = row.of_axis(&CGROUP_GROUPS);
        if groups.len() < 2 {
            continue;
        }
        let names = groups
            .iter()
            .map(|g| format!("`{}`", g.name.value))
            .collect::<Vec<_>>()
            .join(" and ");
        let message = format!(
            "`{}` is in {names}: they exclude each other",
            row.row.key.value
        );
        let mut finding = Finding::new(&RULE, row_anchor(table.file, row), message);
        for group in &groups {
            if let Some(range) = member_range(table, &group.name.value, &row.row.key.value) {
                finding = finding.related(
                    FileRange::new(table.file, range),
                    format!("in `{}`", group.name.value),
                );
            }
        }
        let key = &row.row.key.value;
        let choices = cgroup_choices(cx, table, row);
        let in_one = |choice: &&&str| groups.iter().any(|g| g.name.value == **choice);
        let mut choices: Vec<&str> = choices.iter().filter(in_one).copied().collect();
        if choices.is_empty() {
            choices = groups.iter().map(|g| g.name.value.as_str()).collect();
        }
        let fixes = choices
            .iter()
            .map(|group| group_fix(format!("Leave it in `{group}` alone"), key, group));
        out.push(finding.fixes(fixes));
    }
}
