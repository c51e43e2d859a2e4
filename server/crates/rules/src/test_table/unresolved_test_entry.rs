//! `unresolved-test-entry`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::spelling::{did_you_mean, suggest};
use syntax::nix::NixField;

rule! {
    /// A row of the test table resolves to no published image.
    ///
    /// ## Why
    /// Containers are created from the published repository. The row remained when its
    /// image was retired, or names a version or tag that nothing has: the test works only as long
    /// as an old build is still around.
    ///
    /// ## How to fix it
    /// Correct the version, or remove the row and its key from the groups. If the image is published,
    /// but built elsewhere, declare it in `.image-scripts.toml`:
    /// ```toml
    /// [tests]
    /// external = ["centos-7"]
    /// ```
    code: "unresolved-test-entry",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let (Some(registrations), Some(table)) = (joined.registrations, &joined.table) else {
        return;
    };
    for row in &table.rows {
        if !row.published.as_ref().is_some_and(|p| p.is_empty()) {
            continue;
        }
        let (Some(distribution), NixField::Known(version)) = (row.distribution(), &row.row.version)
        else {
            continue;
        };
        if cx.settings.is_external(distribution, &version.value) {
            continue;
        }
        // What another row names already would be lost.
        let is_free = |name: &&str| {
            !table.rows.iter().any(|other| {
                other.distribution() == Some(distribution) && other.version() == Some(*name)
            })
        };
        let names: Vec<&str> = suggest(&version.value, registrations.versions_of(distribution))
            .into_iter()
            .filter(is_free)
            .collect();
        let message = format!(
            "nothing published is {distribution} `{}`{}",
            version.value,
            did_you_mean(&names)
        );
        let anchor = FileRange::new(table.file, version.range);
        let fixes = names.iter().map(|name| {
            Fix::replace(
                format!("Change to `{name}`"),
                table.file,
                version.range,
                *name,
            )
        });
        let key = row.row.key.value.clone();
        let remove = Fix::new(
            format!("Remove `{key}` from the table and its groups"),
            FixKind::RemoveRow { key },
        );
        let finding = Finding::new(&RULE, anchor, message).fixes(fixes);
        out.push(finding.fix(remove));
    }
}
