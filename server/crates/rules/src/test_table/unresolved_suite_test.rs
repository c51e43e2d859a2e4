//! `unresolved-suite-test`.

use crate::substitutes::substitutes;
use crate::{Context, FileRange, Finding, Joined};
use edits::Fix;
use model::spelling::{did_you_mean, suggest};
use model::tree::Facts;

rule! {
    /// A test in `tests/suite` names a distribution and version that resolve to no published
    /// image.
    ///
    /// ## Why
    /// The test cannot create its container. It remained when the image was retired.
    ///
    /// ## How to fix it
    /// Name a published version or tag, or remove the test. If the image is published, but built
    /// elsewhere, declare it under `external` of `[tests]` in `.image-scripts.toml`.
    code: "unresolved-suite-test",
    severity: Information,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    for (id, file) in cx.tree.files() {
        let Facts::Suite(facts) = &file.facts else {
            continue;
        };
        for mention in &facts.mentions {
            let (distribution, version) = (&mention.distribution.value, &mention.version.value);
            let found = registrations.resolve(distribution, version);
            if !found.is_some_and(|found| found.is_empty())
                || cx.settings.is_external(distribution, version)
            {
                continue;
            }
            let names = suggest(version, registrations.versions_of(distribution));
            let message = format!(
                "nothing published is {distribution} `{version}`{}",
                did_you_mean(&names)
            );
            let mut others: Vec<String> = names.into_iter().map(str::to_owned).collect();
            for other in substitutes(registrations, distribution, version) {
                if !others.contains(&other) {
                    others.push(other);
                }
            }
            let range = mention.version.range;
            let fixes = others
                .into_iter()
                .map(|name| Fix::replace(format!("Change to `{name}`"), id, range, name));
            out.push(Finding::new(&RULE, FileRange::new(id, range), message).fixes(fixes));
        }
    }
}
