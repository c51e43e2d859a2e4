//! Completions of variables: those that can be read, and those that can be assigned.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{Completion, CompletionKind, range_of};
use crate::hover::{is_identity, meaning};
use crate::lookup::short_name;
use crate::{function, resolve};
use model::FileId;
use model::runner::{RUNNER_VARIABLES, RunnerVariable, RunnerVariableKind, Setter};
use model::view::View;
use syntax::bash::{NameKind, Role};
use syntax::{TextRange, TextSize};

/// Variables in the order in which they are added, each once.
struct Variables<'w> {
    written: &'w str,
    range: TextRange,
    seen: FxHashSet<SmolStr>,
    completions: Vec<Completion>,
}

impl Variables<'_> {
    /// Variables that can stand where `written` ends at an offset.
    fn new(written: &str, offset: TextSize) -> Variables<'_> {
        Variables {
            written,
            range: range_of(written, offset),
            seen: FxHashSet::default(),
            completions: Vec::new(),
        }
    }

    /// Adds a variable that can be read.
    fn read(&mut self, name: &SmolStr, rank: u8, detail: Option<&str>) {
        if name != self.written {
            self.add(name, rank, detail, name);
        }
    }

    /// Adds a variable that can be assigned.
    fn assign(&mut self, name: &str, rank: u8, detail: Option<&str>) {
        self.add(name, rank, detail, &format!("{name}="));
    }

    fn add(&mut self, name: &str, rank: u8, detail: Option<&str>, insert: &str) {
        if !self.seen.insert(SmolStr::new(name)) {
            return;
        }
        let mut completion = Completion::new(CompletionKind::Variable, name, self.range)
            .rank(rank)
            .insert(insert)
            .doc("variable", name);
        completion.detail = detail.map(str::to_owned);
        self.completions.push(completion);
    }
}

/// Returns the variables that can be read after a `$`.
pub(super) fn readable(
    view: &View<'_>,
    file: FileId,
    written: &str,
    offset: TextSize,
) -> Vec<Completion> {
    let mut variables = Variables::new(written, offset);
    // Arguments of the enclosing function, then the variables of the script.
    if let Some(id) = function::around(view, file, offset) {
        for parameter in function::signature(view, id).parameters {
            if !parameter.name.starts_with(|c: char| c.is_ascii_digit()) {
                variables.read(&parameter.name, 0, Some("argument"));
            }
        }
    }
    for name in assigned_in(view, file) {
        variables.read(name, 1, None);
    }
    let reach = reach(view, file);
    for id in &reach {
        // Names in lower case are mostly local to a function there.
        let shared = |name: &&SmolStr| name.starts_with(|c: char| c.is_ascii_uppercase());
        for name in assigned_in(view, *id).iter().filter(shared) {
            variables.read(name, 2, Some(short_name(view, *id)));
        }
    }
    for id in &reach {
        for name in read_in(view, *id) {
            variables.read(&name, 4, Some(short_name(view, *id)));
        }
    }
    let path = view.tree.path(file);
    if path.is_none_or(|path| !path.contains("builders/")) {
        let given = RUNNER_VARIABLES
            .iter()
            .filter(|v| v.is_set_by(Setter::Runner));
        for variable in given {
            let name = SmolStr::new_static(variable.name);
            variables.read(&name, 3, Some("runner"));
        }
    }
    variables.completions
}

fn assigned_in<'v>(view: &View<'v>, file: FileId) -> &'v [SmolStr] {
    let facts = view.tree.script(file);
    facts
        .map(|facts| &*facts.effects.assigned)
        .unwrap_or_default()
}

/// Scripts that some image reads together with a script.
fn reach(view: &View<'_>, file: FileId) -> Vec<FileId> {
    let mut found = Vec::new();
    for image in resolve::readers(view, file) {
        for id in image.summary.reach.iter().filter(|id| **id != file) {
            if !found.contains(id) {
                found.push(*id);
            }
        }
    }
    found
}

/// Variables in upper case that a script reads and does not set.
fn read_in(view: &View<'_>, file: FileId) -> Vec<SmolStr> {
    let file = view.tree.file(file);
    let Some((file, facts)) = file.and_then(|file| Some((file, file.script()?))) else {
        return Vec::new();
    };
    let mut names: Vec<SmolStr> = Vec::new();
    for known in &facts.occurrences {
        let is_read = known.kind == NameKind::Variable && known.role == Role::Reference;
        let name = file.slice(known.range);
        let shared = name.starts_with(|c: char| c.is_ascii_uppercase());
        if is_read && shared && !facts.assigns(name) && meaning(name).is_none() {
            let name = SmolStr::new(name);
            if !names.contains(&name) && !matches!(name.as_str(), "PATH" | "HOME" | "PWD" | "IFS") {
                names.push(name);
            }
        }
    }
    names
}

/// Returns the variables that can be assigned at the start of a statement: those first that a
/// sourced file reads and no script of the image sets.
pub(super) fn assignable(
    view: &View<'_>,
    file: FileId,
    written: &str,
    offset: TextSize,
) -> Vec<Completion> {
    let path = view.tree.path(file).map(|p| p.as_str()).unwrap_or_default();
    let mut variables = Variables::new(written, offset);
    if path.ends_with("/config.sh") {
        let facts = view.tree.script(file);
        let is_set = |name: &str| facts.is_some_and(|facts| facts.assigns(name));
        let is_builder = path.contains("builders/");
        // A builder's `config.sh` says only which image it starts from.
        let fits = |variable: &&RunnerVariable| match variable.kind {
            RunnerVariableKind::NameField => true,
            RunnerVariableKind::Declaration => !is_builder,
            _ => false,
        };
        for variable in RUNNER_VARIABLES.iter().filter(fits) {
            if !is_set(variable.name) {
                variables.assign(variable.name, 0, Some(variable.doc));
            }
        }
        return variables.completions;
    }
    let Some(directory) = view.model.directory_of(view.tree, path) else {
        return Vec::new();
    };
    let scripts: Vec<FileId> = directory.scripts().collect();
    let is_set = |name: &str| {
        let mut facts = scripts.iter().filter_map(|id| view.tree.script(*id));
        facts.any(|facts| facts.assigns(name))
    };
    for id in reach(view, file) {
        if scripts.contains(&id) {
            continue;
        }
        for name in read_in(view, id).iter().filter(|n| !is_identity(n)) {
            let rank = if is_set(name) { 20 } else { 1 };
            variables.assign(name, rank, Some(short_name(view, id)));
        }
    }
    variables.completions
}
