//! `invalid-gc-pattern`.

use crate::{Context, FileRange, Finding, Joined};
use model::pattern::Pattern;
use syntax::nix::NixField;

rule! {
    /// A pattern of a garbage-collection entry is no regular expression.
    ///
    /// ## Why
    /// The values are Ruby regular expressions. One that Ruby rejects stops the garbage collection
    /// of the whole repository.
    ///
    /// ## How to fix it
    /// Correct it; mind that a backslash is written twice in a Nix string: `"\\d+"`.
    code: "invalid-gc-pattern",
    severity: Error,
    group: Repository,
    checks: [Repository(check)],
    fix: no,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    let repositories = registrations.files.repositories();
    let entries = repositories.flat_map(|(file, r)| r.collections.iter().map(move |e| (file, e)));
    for (file, entry) in entries {
        for field in [
            &entry.distribution,
            &entry.version,
            &entry.variant,
            &entry.arch,
            &entry.vendor,
        ] {
            let NixField::Known(source) = field else {
                continue;
            };
            // Letters, digits and dashes alone are always a regular expression.
            if source
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-')
            {
                continue;
            }
            if let Pattern::Invalid(reason) = Pattern::new(&source.value) {
                let message = format!("`{}` is no regular expression: {reason}", source.value);
                out.push(Finding::new(
                    &RULE,
                    FileRange::new(file, source.range),
                    message,
                ));
            }
        }
    }
}
