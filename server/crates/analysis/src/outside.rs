//! Findings of programs and of scripts that are made: they come later than those of the rules, and
//! stay until they are looked for again.

use rustc_hash::FxHashSet;

use crate::snapshot::Snapshot;
use model::{File, FileId};
use rules::{FileRange, Finding, SHELL_SYNTAX, Scope};
use syntax::TextChange;

impl Snapshot {
    /// Moves what was found in the scripts of containers along with the text of a file, until those
    /// are looked at again. What stands where the text changed, is dropped.
    pub(crate) fn move_container_findings(&mut self, id: FileId, before: &File, now: &File) {
        let touches = |finding: &Finding| {
            finding.at.file == id || finding.related.iter().any(|r| r.at.file == id)
        };
        let scopes = [Scope::Containers, Scope::ShellCheck];
        let mut found = scopes.iter().filter_map(|scope| self.found.get(scope));
        if !found.any(|found| found.iter().any(touches)) {
            return;
        }
        let change = TextChange::between(&before.text, &now.text);
        for scope in scopes {
            let Some(found) = self.found.get_mut(&scope) else {
                continue;
            };
            let moved = |at: FileRange| match at.file == id {
                true => Some(FileRange::new(id, change.moved(at.range)?)),
                false => Some(at),
            };
            let finding = |finding: &Finding| {
                let mut finding = finding.clone();
                // The edits of its fixes are for the text before.
                finding.fixes.clear();
                finding.at = moved(finding.at)?;
                for related in &mut finding.related {
                    related.at = moved(related.at)?;
                }
                Some(finding)
            };
            let all = found.iter().filter_map(|f| match touches(f) {
                true => finding(f),
                false => Some(f.clone()),
            });
            *found = all.collect();
        }
    }

    /// Takes in what was found in the scripts that are executed in containers: by the rules and by
    /// bash ([`Scope::Containers`]), or by ShellCheck. Returns the files whose findings may differ.
    pub fn set_container_findings(
        &mut self,
        scope: Scope,
        findings: Vec<Finding>,
    ) -> FxHashSet<FileId> {
        let mut touched = FxHashSet::default();
        self.put(scope, findings.into(), &mut touched);
        if !touched.is_empty() {
            self.revision += 1;
            self.collect_findings(&touched);
        }
        touched
    }

    /// Takes in the finding of `bash -n` on a file's present text, `None` where it accepts it.
    /// Returns the files whose findings may differ.
    pub fn set_shell_syntax(&mut self, id: FileId, finding: Option<Finding>) -> FxHashSet<FileId> {
        let finding = finding.filter(|_| self.context().is_on(SHELL_SYNTAX));
        let mut touched = FxHashSet::default();
        self.put(Scope::Bash(id), finding.into_iter().collect(), &mut touched);
        if !touched.is_empty() {
            self.revision += 1;
            self.collect_findings(&touched);
        }
        touched
    }
}
