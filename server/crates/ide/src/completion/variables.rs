//! Variables: those that may be read at a place, and those that are waiting for a value.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{Item, ItemKind, range_of};
use crate::hover::{is_identity, meaning};
use crate::{function, include_name, resolve};
use model::FileId;
use model::runner::{RUNNER_VARIABLES, RunnerVariable, RunnerVariableKind, Setter};
use model::view::View;
use syntax::TextSize;
use syntax::bash::{NameKind, Role};

/// The variables that may be read behind a `$`.
pub(super) fn reads(view: &View<'_>, file: FileId, written: &str, offset: TextSize) -> Vec<Item> {
    let range = range_of(written, offset);
    let path = view.tree.path(file).map(|p| p.as_str()).unwrap_or_default();
    let mut seen: FxHashSet<SmolStr> = FxHashSet::default();
    let mut found = Vec::new();
    let mut add = |name: &SmolStr, rank: u8, detail: Option<&str>| {
        if name != written && seen.insert(name.clone()) {
            let mut item = Item::new(ItemKind::Variable, name.as_str(), range).rank(rank);
            item.detail = detail.map(str::to_owned);
            found.push(item.doc("variable", name));
        }
    };
    // Those of the function around the place, then the script's own.
    if let Some(id) = function::around(view, file, offset) {
        for parameter in function::signature(view, id).parameters {
            if !parameter.name.starts_with(|c: char| c.is_ascii_digit()) {
                add(&parameter.name, 0, Some("argument"));
            }
        }
    }
    for name in assigned_in(view, file) {
        add(name, 1, None);
    }
    let reach = reach(view, file);
    for id in &reach {
        // What is in small letters is mostly local to a function there.
        let shared = |name: &&SmolStr| name.starts_with(|c: char| c.is_ascii_uppercase());
        for name in assigned_in(view, *id).iter().filter(shared) {
            add(name, 2, source_name(view, *id));
        }
    }
    for id in &reach {
        for name in read_in(view, *id) {
            add(&name, 4, source_name(view, *id));
        }
    }
    if !path.contains("builders/") {
        for variable in RUNNER_VARIABLES
            .iter()
            .filter(|v| v.is_set_by(Setter::Runner))
        {
            add(&SmolStr::new_static(variable.name), 3, Some("runner"));
        }
    }
    found
}

fn source_name<'v>(view: &View<'v>, file: FileId) -> Option<&'v str> {
    include_name(view, file).or_else(|| view.tree.path(file)?.rsplit('/').next())
}

fn assigned_in<'v>(view: &View<'v>, file: FileId) -> &'v [SmolStr] {
    let facts = view.tree.script(file);
    facts
        .map(|facts| &*facts.effects.assigned)
        .unwrap_or_default()
}

/// Other scripts that are read together with one.
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

/// Variables in capitals that a script reads and does not set.
fn read_in(view: &View<'_>, file: FileId) -> Vec<SmolStr> {
    let Some(found) = view.tree.file(file) else {
        return Vec::new();
    };
    let Some(facts) = found.script() else {
        return Vec::new();
    };
    let mut names: Vec<SmolStr> = Vec::new();
    for known in &facts.occurrences {
        let is_read = known.kind == NameKind::Variable && known.role == Role::Reference;
        let name = found.slice(known.range);
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

/// The variables that may get a value at the start of a statement: those that what the script
/// sources reads, and nobody has set, first.
pub(super) fn assigned(
    view: &View<'_>,
    file: FileId,
    written: &str,
    offset: TextSize,
) -> Vec<Item> {
    let range = range_of(written, offset);
    let path = view.tree.path(file).map(|p| p.as_str()).unwrap_or_default();
    let own = view.model.directory_of(view.tree, path);
    let is_config = path.ends_with("/config.sh");
    let mut found: Vec<Item> = Vec::new();
    let mut add = |name: &str, rank: u8, detail: Option<&str>| {
        if !found.iter().any(|item: &Item| item.label == name) {
            let mut item = Item::new(ItemKind::Variable, name, range)
                .rank(rank)
                .insert(format!("{name}="));
            item.detail = detail.map(str::to_owned);
            found.push(item.doc("variable", name));
        }
    };
    let facts = view.tree.script(file);
    let set = |name: &str| facts.is_some_and(|facts| facts.assigns(name));
    if is_config {
        let builder = path.contains("builders/");
        // A builder's `config.sh` says only which image it starts from.
        let fits = |variable: &&RunnerVariable| match variable.kind {
            RunnerVariableKind::NameField => true,
            RunnerVariableKind::Declaration => !builder,
            _ => false,
        };
        for variable in RUNNER_VARIABLES.iter().filter(fits) {
            if !set(variable.name) {
                add(variable.name, 0, Some(variable.doc));
            }
        }
        return found;
    }
    if own.is_none() {
        return found;
    }
    let scripts: Vec<FileId> = own.into_iter().flat_map(|d| d.scripts()).collect();
    let set_already = |name: &str| {
        let facts = scripts.iter().filter_map(|id| view.tree.script(*id));
        { facts }.any(|facts| facts.assigns(name))
    };
    for id in reach(view, file) {
        if scripts.contains(&id) {
            continue;
        }
        for name in read_in(view, id).iter().filter(|n| !is_identity(n)) {
            let rank = if set_already(name) { 20 } else { 1 };
            add(name, rank, source_name(view, id));
        }
    }
    found
}
