//! `dead-condition`.

use crate::{Context, FileRange, Finding, Joined};
use edits::Fix;
use model::FileId;
use model::condition::release_conditions;
use model::registration::Registrations;
use model::table::Table;
use model::tree::Facts;

rule! {
    /// A test asks for a distribution and version that no row and no image has, or adds a suite of
    /// packages of another release than the one that it names.
    ///
    /// ## Why
    /// What follows the condition is never done. It remained when the release was retired, or was to
    /// be changed when the next one came.
    ///
    /// ## How to fix it
    /// Name the release that is meant, or remove the condition.
    ///
    /// ## Example
    /// ```bash
    /// # in image-scripts/tests/stop.sh, after images/debian-8 was removed
    /// if [ "$DISTNAME" = "debian" ] && [ "$RELVER" = "8" ] ; then
    /// ```
    code: "dead-condition",
    severity: Information,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    for script in &cx.model.test_scripts {
        scripts(cx, *script, out);
    }
    let (Some(registrations), Some(table)) = (joined.registrations, &joined.table) else {
        return;
    };
    for (id, file) in cx.tree.files() {
        let Facts::Suite(facts) = &file.facts else {
            continue;
        };
        for condition in &facts.conditions {
            let (distribution, version) = (&condition.distribution.value, &condition.version.value);
            if is_tested(table, distribution, version) != Some(false)
                || !registrations
                    .resolve(distribution, version)
                    .is_some_and(|found| found.is_empty())
            {
                continue;
            }
            let message = format!(
                "nothing is {distribution} `{version}`, so this never holds: name the release that is meant, or remove it"
            );
            let at = FileRange::new(id, condition.version.range);
            out.push(Finding::new(&RULE, at, message));
        }
        for suite in &facts.suites {
            let release = release_of(registrations, &suite.distribution, &suite.version);
            let own = cx.codename(&suite.distribution, &release);
            let name = suite.name.value.as_str();
            let others = cx.releases_called(&suite.distribution, name);
            let (Some(own), Some(other)) = (own, others.first()) else {
                continue;
            };
            if own == name || others.contains(&release.as_str()) {
                continue;
            }
            let message = format!(
                "`{name}` is {} {other}, and this test runs {} {release}: name the suite `{own}`",
                suite.distribution, suite.distribution
            );
            let at = FileRange::new(id, suite.name.range);
            let fix = Fix::replace(format!("Change to `{own}`"), id, suite.name.range, own);
            out.push(Finding::new(&RULE, at, message).fix(fix));
        }
    }
}

/// Returns the release that a version or tag stands for.
fn release_of(registrations: &Registrations<'_>, distribution: &str, version: &str) -> String {
    let found = registrations.resolve(distribution, version);
    let only = found.as_deref().and_then(|found| match found {
        [only] => only.image?.identity.relver.fixed(),
        _ => None,
    });
    only.unwrap_or(version).to_owned()
}

/// Returns whether a row has a distribution and version; `None` where reading does not tell.
fn is_tested(table: &Table<'_>, distribution: &str, version: &str) -> Option<bool> {
    let mut rows = table.rows.iter();
    if rows.any(|row| row.distribution() == Some(distribution) && row.version() == Some(version)) {
        return Some(true);
    }
    let known = |row: &model::table::ResolvedRow<'_>| {
        row.distribution().is_some() && row.version().is_some()
    };
    (table.facts.rows_complete && table.rows.iter().all(known)).then_some(false)
}

/// Checks the conditions of a script that is run for each image.
fn scripts(cx: &Context<'_>, script: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_script(script) else {
        return;
    };
    for condition in release_conditions(facts) {
        if condition.may_hold(cx.model) {
            continue;
        }
        let message = format!(
            "no image is {} `{}`, so this never holds: name the release that is meant, or remove it",
            condition.distribution, condition.release
        );
        let at = FileRange::new(script, condition.range);
        out.push(Finding::new(&RULE, at, message));
    }
}
