//! `duplicate-attribute`.

use super::nix_files;
use crate::{Context, FileRange, Finding, Joined};
use model::FileId;
use syntax::nix::Duplicate;

rule! {
    /// The same attribute is given twice.
    ///
    /// ## Why
    /// Nix rejects the whole file. (Two sets for one path are merged by Nix, and fine.)
    ///
    /// ## How to fix it
    /// Remove one of them.
    code: "duplicate-attribute",
    severity: Error,
    group: Repository,
    checks: [TestTable(check)],
    fix: no,
}

fn check(cx: &Context<'_>, _joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let mut report = |id: FileId, duplicates: &[Duplicate]| {
        for duplicate in duplicates {
            let message = format!("`{}` is given twice: Nix rejects the file", duplicate.path);
            let finding = Finding::new(&RULE, FileRange::new(id, duplicate.second), message);
            out.push(finding.related(FileRange::new(id, duplicate.first), "first here"));
        }
    };
    for (id, file) in nix_files(cx) {
        if let Some(parsed) = file.repository() {
            report(id, &parsed.duplicates);
        }
        if let Some(parsed) = file.test_table() {
            report(id, &parsed.duplicates);
        }
    }
}
