//! `duplicate-row`.

use rustc_hash::FxHashMap;

use super::row_anchor;
use crate::{Context, Finding, Joined};

rule! {
    /// Two rows have the same distribution and version.
    ///
    /// ## Why
    /// Tests are named by distribution and version: the two rows collapse into one test, silently.
    /// Most likely a row was copied and its version not changed.
    ///
    /// ## How to fix it
    /// Correct the version of one of them, or remove it.
    code: "duplicate-row",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: no,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else { return };
    let mut first: FxHashMap<(&str, &str), usize> = FxHashMap::default();
    for (index, row) in table.rows.iter().enumerate() {
        let (Some(distribution), Some(version)) = (row.distribution(), row.version()) else {
            continue;
        };
        let original = *first.entry((distribution, version)).or_insert(index);
        let Some(original) = table.rows.get(original).filter(|_| original != index) else {
            continue;
        };
        let message = format!(
            "`{}` names {distribution} `{version}` like `{}`: one of the two tests is lost",
            row.row.key.value, original.row.key.value
        );
        let finding = Finding::new(&RULE, row_anchor(table.file, row), message);
        out.push(finding.related(row_anchor(table.file, original), "first here"));
    }
}
