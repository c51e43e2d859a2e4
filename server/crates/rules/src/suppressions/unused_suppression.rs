//! `unused-suppression`.

use model::FileId;
use syntax::TextRange;

use crate::{Context, FileRange, Finding, Joined};
use model::settings::is_release;
use model::tree::Facts;

rule! {
    /// A suppression comment silences nothing, or `external` in `.image-scripts.toml` names a release
    /// that needs no declaration.
    ///
    /// ## Why
    /// The finding it was for has been fixed, or has moved. Left where it is, the comment hides the
    /// next mistake.
    ///
    /// ## How to fix it
    /// Remove it, or the code or name that is not needed any more.
    code: "unused-suppression",
    severity: Warning,
    group: Suppressions,
    checks: [TestTable(check_external)],
    fix: no,
}

/// Returns the finding on a code that silences nothing.
pub(super) fn finding(id: FileId, code: &str, range: TextRange) -> Finding {
    let message = format!("nothing here is silenced by `{code}`");
    Finding::new(&RULE, FileRange::new(id, range), message)
}

/// Reports releases that are declared to be published from elsewhere, and are published here, or that
/// no test names.
fn check_external(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let (Some(file), Some(registrations), Some(table)) =
        (cx.settings_file, joined.registrations, &joined.table)
    else {
        return;
    };
    let mentions = cx.tree.files().filter_map(|(_, file)| match &file.facts {
        Facts::Suite(facts) => Some(&facts.mentions),
        _ => None,
    });
    let mentions = mentions.flatten().map(|mention| {
        let (distribution, version) = (&mention.distribution.value, &mention.version.value);
        (distribution.as_str(), version.as_str())
    });
    let rows = table.rows.iter();
    let rows = rows.map(|row| Some((row.distribution()?, row.version()?)));
    // A row that is not known may need any of them.
    let known: Option<Vec<(&str, &str)>> = rows.collect();
    let is_complete = table.facts.rows_complete;
    let Some(mut named) = known.filter(|_| is_complete) else {
        return;
    };
    named.extend(mentions);
    for name in &cx.settings.external {
        let mut of_name = named
            .iter()
            .filter(|(distribution, version)| is_release(&name.value, distribution, version));
        let why = match of_name.next() {
            None => "no row and no test names it",
            Some((distribution, version)) => {
                match registrations.resolve(distribution, version).as_deref() {
                    None | Some([]) => continue,
                    Some(_) => "it is published from this checkout",
                }
            }
        };
        let message = format!("`{}` needs no `external`: {why}; remove it", name.value);
        let at = FileRange::new(file, name.range);
        out.push(Finding::new(&RULE, at, message));
    }
}
