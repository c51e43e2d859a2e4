//! Files that several steps of a build write: the last of them decides.

use std::collections::{BTreeMap, BTreeSet};

use super::super::state::{Execution, FileState, FileStateKind};
use super::Step;

/// Leaves out of each step the files that a later one replaces. The first step is what the builder
/// does itself, the others are the executions.
pub(super) fn keep_last(steps: &mut [Step<'_>], executions: &[&Execution]) {
    // The last step that replaces a file whatever happens, by path.
    let mut last: BTreeMap<String, Moment> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        for (path, file) in &step.files {
            let at = moment(index, path, file, executions);
            if replaces(file) && !step.is_conditional {
                let known = last.entry((*path).to_owned()).or_insert(at);
                *known = (*known).max(at);
            }
        }
    }
    for (index, step) in steps.iter_mut().enumerate() {
        step.files.retain(|(path, file)| {
            let at = moment(index, path, file, executions);
            last.get(*path).is_none_or(|last| *last <= at)
        });
    }
}

/// Leaves out the directories that something is put into: it says as much.
pub(super) fn keep_deepest(steps: &mut [Step<'_>]) {
    let mut parents: BTreeSet<String> = BTreeSet::new();
    for (path, _) in steps.iter().flat_map(|step| &step.files) {
        let mut path = *path;
        while let Some((parent, _)) = path.rsplit_once('/') {
            parents.insert(parent.to_owned());
            path = parent;
        }
    }
    for step in steps {
        step.files.retain(|(path, file)| {
            file.kind != FileStateKind::Directory || !parents.contains(*path)
        });
    }
}

/// A moment of the build: the number of executions before it, and whether it is in the next one.
type Moment = (usize, bool);

fn moment(step: usize, path: &str, file: &FileState, executions: &[&Execution]) -> Moment {
    match step.checked_sub(1) {
        Some(execution) => (execution, true),
        None => {
            let is_before = |execution: &&Execution| {
                let mut written = execution.written.iter();
                written.any(|(other, at)| other == path && *at == file.at)
            };
            let next = executions.iter().position(is_before);
            (next.unwrap_or(executions.len()), false)
        }
    }
}

/// Returns whether nothing of what was there before is left.
fn replaces(file: &FileState) -> bool {
    let is_whole = matches!(
        file.kind,
        FileStateKind::File | FileStateKind::Link | FileStateKind::Removed
    );
    is_whole && !file.is_uncertain && file.conditions.is_empty()
}
