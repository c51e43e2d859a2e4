//! `unknown-row`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::spelling::{did_you_mean, suggest};

rule! {
    /// A group names a key that the table does not have.
    ///
    /// ## Why
    /// Nix stops with an error, and no test can be run at all.
    ///
    /// ## How to fix it
    /// Correct the key, add the row, or remove the member.
    code: "unknown-row",
    severity: Error,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = joined.table.as_ref().filter(|t| t.facts.rows_complete) else {
        return;
    };
    let keys: rustc_hash::FxHashSet<&str> = table
        .facts
        .rows
        .iter()
        .map(|r| r.key.value.as_str())
        .collect();
    for group in &table.facts.groups {
        for member in group
            .members
            .iter()
            .filter(|m| !keys.contains(m.key.value.as_str()))
        {
            let names = suggest(&member.key.value, keys.iter().copied());
            let message = format!(
                "the table has no row `{}`{}",
                member.key.value,
                did_you_mean(&names)
            );
            let anchor = FileRange::new(table.file, member.key.range);
            let fixes = names
                .iter()
                .filter(|name| !group.members.iter().any(|m| m.key.value == **name))
                .map(|name| {
                    Fix::replace(
                        format!("Change to `{name}`"),
                        table.file,
                        member.key.range,
                        *name,
                    )
                });
            let remove = FixKind::Ungroup {
                key: member.key.value.clone(),
                group: group.name.value.clone(),
            };
            let title = format!("Remove it from `{}`", group.name.value);
            let finding = Finding::new(&RULE, anchor, message).fixes(fixes);
            out.push(finding.fix(Fix::new(title, remove)));
        }
    }
}
