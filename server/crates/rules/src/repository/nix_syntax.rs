//! `nix-syntax`.

use super::nix_files;
use crate::{Context, FileRange, Finding, Joined};

rule! {
    /// The file does not parse.
    ///
    /// ## Why
    /// Nix rejects it, and with it the whole repository or all tests. Until it parses again,
    /// everything else goes by what its last good text said.
    ///
    /// ## How to fix it
    /// Most of the time a `;` is missing at the end of the line before.
    code: "nix-syntax",
    severity: Error,
    group: Repository,
    checks: [TestTable(check)],
    fix: no,
}

fn check(cx: &Context<'_>, _joined: &Joined<'_>, out: &mut Vec<Finding>) {
    for (id, file) in nix_files(cx) {
        let repository = file.repository().map(|parsed| parsed.errors.as_slice());
        let table = file.test_table().map(|parsed| parsed.errors.as_slice());
        // The first error is the mistake; what follows is mostly its echo.
        if let Some(error) = repository.or(table).and_then(|errors| errors.first()) {
            out.push(Finding::new(
                &RULE,
                FileRange::new(id, error.range),
                error.value.clone(),
            ));
        }
    }
}
