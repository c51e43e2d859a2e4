//! `missing-init-group`.

use super::{group_fix, init_choices, row_anchor};
use crate::{Context, Finding, Joined};
use model::table::INIT_GROUPS;

rule! {
    /// A row is neither in `systemd` nor in `non-systemd`.
    ///
    /// ## Why
    /// Tests that depend on the init system take their list from these groups: the row is left out
    /// of all of them.
    ///
    /// ## How to fix it
    /// Add the row's key to the one that fits.
    code: "missing-init-group",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else { return };
    if table
        .axis(&INIT_GROUPS)
        .is_none_or(|groups| groups.len() != INIT_GROUPS.len())
    {
        return;
    }
    for row in &table.rows {
        if !row.of_axis(&INIT_GROUPS).is_empty() {
            continue;
        }
        let image = row.only().and_then(|p| p.image);
        let hint = match image.and_then(|i| i.summary.init.is_systemd()) {
            Some(true) => "; its scripts set up systemd",
            Some(false) => "; its scripts set up another init",
            None => "",
        };
        let message = format!(
            "`{}` is neither in `systemd` nor in `non-systemd`{hint}",
            row.row.key.value
        );
        let mut finding = Finding::new(&RULE, row_anchor(table.file, row), message);
        if let Some(image) = image {
            finding = finding.image(&image.name);
        }
        let key = &row.row.key.value;
        let choices = init_choices(row);
        let fixes = choices
            .iter()
            .map(|group| group_fix(format!("Add it to `{group}`"), key, group));
        out.push(finding.fixes(fixes));
    }
}
