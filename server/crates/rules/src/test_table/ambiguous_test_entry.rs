//! `ambiguous-test-entry`.

use crate::{Context, FileRange, Finding, Joined};
use syntax::nix::NixField;

rule! {
    /// A row of the test table resolves to several published images.
    ///
    /// ## Why
    /// Which image is tested depends on which was deployed last. (Where two releases carry the
    /// same tag, `competing-tag` says so already.)
    ///
    /// ## How to fix it
    /// Name a version or tag that only one of them has.
    code: "ambiguous-test-entry",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: no,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else {
        return;
    };
    for row in &table.rows {
        let Some(found) = row.published.as_ref().filter(|p| p.len() > 1) else {
            continue;
        };
        let NixField::Known(version) = &row.row.version else {
            continue;
        };
        // All by the same tag: that is a competing tag, and reported there.
        if found
            .iter()
            .filter(|p| p.entry.tags.items.iter().any(|t| t.value == version.value))
            .count()
            > 1
        {
            continue;
        }
        let names = found
            .iter()
            .map(|p| format!("`{}`", p.entry.version.value))
            .collect::<Vec<_>>()
            .join(" and ");
        let message = format!(
            "`{}` resolves to several published images: {names}",
            version.value
        );
        let mut finding = Finding::new(&RULE, FileRange::new(table.file, version.range), message);
        for published in found {
            let anchor = FileRange::new(published.file, published.entry.version.range);
            finding = finding.related(anchor, "resolves to this");
        }
        out.push(finding);
    }
}
