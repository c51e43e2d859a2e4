//! `conflicting-init-groups`.

use super::{group_fix, init_choices, member_range, row_anchor};
use crate::{Context, FileRange, Finding, Joined};
use model::table::INIT_GROUPS;

rule! {
    /// A row is in `systemd` and in `non-systemd`.
    ///
    /// ## Why
    /// The groups exclude each other: tests of both init systems are run, and one set fails.
    ///
    /// ## How to fix it
    /// Remove the row's key from the wrong one.
    code: "conflicting-init-groups",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else { return };
    for row in table
        .rows
        .iter()
        .filter(|row| row.of_axis(&INIT_GROUPS).len() > 1)
    {
        let key = &row.row.key.value;
        let message =
            format!("`{key}` is in `systemd` and in `non-systemd`: they exclude each other");
        let mut finding = Finding::new(&RULE, row_anchor(table.file, row), message);
        for group in INIT_GROUPS {
            if let Some(range) = member_range(table, group, key) {
                finding =
                    finding.related(FileRange::new(table.file, range), format!("in `{group}`"));
            }
        }
        let choices = init_choices(row);
        let fixes = choices
            .iter()
            .map(|group| group_fix(format!("Leave it in `{group}` alone"), key, group));
        out.push(finding.fixes(fixes));
    }
}
