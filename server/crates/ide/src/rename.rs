//! Another name for what stands at a place, wherever it is named.

use smol_str::SmolStr;

use super::navigate::everywhere;
use super::resolve;
use super::symbol::{Occurrence, Role, Symbol, at};
use edits::{self, Edit, Refusal};
use model::runner::{RunnerVariable, RunnerVariableKind};
use model::view::View;
use model::{FileId, Node};
use syntax::{TextRange, TextSize};

/// The reason why a variable keeps its name: a program outside of the scripts knows it by that name.
fn known_elsewhere(view: &View<'_>, name: &str, file: FileId) -> Option<String> {
    if name == "PATH" {
        return Some("`PATH` belongs to the shell: it cannot have another name".to_owned());
    }
    let variable = RunnerVariable::find(name)?;
    let path = view.tree.path(file)?;
    let tests = smol_str::format_smolstr!("{}tests/", view.tree.layout.prefix());
    if variable.kind == RunnerVariableKind::TestArgument && !path.starts_with(tests.as_str()) {
        return None;
    }
    let programs: Vec<&str> = { variable.set_by.iter() }.map(|s| s.program()).collect();
    let programs = programs.join("`, `");
    Some(format!(
        "`{name}` cannot have another name: `{programs}` would still use this one"
    ))
}

/// What can be renamed at a place: its range and its present name; `None` where that is not ours.
///
/// # Errors
/// When it is ours, and cannot have another name.
pub fn prepare(
    view: &View<'_>,
    file: FileId,
    offset: TextSize,
) -> Result<Option<(TextRange, SmolStr)>, Refusal> {
    let Some(here) = at(view, file, offset).into_iter().next() else {
        return Ok(None);
    };
    let refuse = |why: &str| Err(Refusal(why.to_owned()));
    let name = match &here.symbol {
        Symbol::Helper(name) => {
            if resolve::helper_files(view, name, file, here.range).is_empty() {
                return Ok(None);
            }
            name.clone()
        }
        Symbol::Variable(name) => match known_elsewhere(view, name, file) {
            Some(why) => return refuse(&why),
            None => name.clone(),
        },
        Symbol::Row(name) | Symbol::Builder(name) => name.clone(),
        Symbol::Image(name) => match view.model.images.contains_key(name) {
            true => name.clone(),
            false => return refuse(&format!("there is no image `{name}`")),
        },
        Symbol::Script(id) => match super::include_name(view, *id) {
            Some(name) => SmolStr::new(name),
            None => return refuse("only the scripts in `include/` have names of their own"),
        },
        Symbol::Tag { .. } => return refuse("tags are given, not named: change them one by one"),
        _ => return Ok(None),
    };
    Ok(Some((placeholder(view, file, &here, &name), name)))
}

/// The part of an occurrence that is the name.
fn placeholder(view: &View<'_>, file: FileId, here: &Occurrence, name: &str) -> TextRange {
    let text = view
        .tree
        .file(file)
        .map(|f| f.slice(here.range))
        .unwrap_or_default();
    match text.find(name) {
        Some(at) => {
            let start = here.range.start() + TextSize::try_from(at).unwrap_or_default();
            TextRange::at(start, TextSize::of(name))
        }
        None => here.range,
    }
}

/// Renames what stands at a place.
///
/// # Errors
/// When it is not ours, or the new name is none, or taken.
pub fn rename(
    view: &View<'_>,
    file: FileId,
    offset: TextSize,
    new: &str,
) -> Result<Vec<Edit>, Refusal> {
    let Some((_, old)) = prepare(view, file, offset)? else {
        return Err(Refusal(
            "there is nothing here that could be renamed".to_owned(),
        ));
    };
    let Some(here) = at(view, file, offset).into_iter().next() else {
        return Ok(Vec::new());
    };
    if old == new {
        return Ok(Vec::new());
    }
    match &here.symbol {
        Symbol::Image(_) => edits::rename(view, &old, new).map(|change| change.edits),
        Symbol::Script(_) => file_and_names(view, "include", &old, new),
        Symbol::Builder(_) => file_and_names(view, "builders", &old, new),
        Symbol::Helper(_) => {
            check_helper(view, file, &here, &old, new)?;
            Ok(texts(view, file, &here, &old, new))
        }
        Symbol::Variable(_) => {
            check_variable(view, file, &here, new)?;
            Ok(texts(view, file, &here, &old, new))
        }
        Symbol::Row(_) => {
            let taken = Symbol::Row(SmolStr::new(new));
            let is_taken = super::symbol::occurrences(view, file)
                .iter()
                .any(|o| o.symbol == taken && o.role == Role::Definition);
            if is_taken || !is_key(new) {
                return Err(Refusal(format!(
                    "`{new}` cannot be a row: the key is taken, or no name in Nix"
                )));
            }
            Ok(texts(view, file, &here, &old, new))
        }
        _ => Ok(Vec::new()),
    }
}

/// The new name in every place that has the old one.
fn texts(view: &View<'_>, file: FileId, here: &Occurrence, old: &str, new: &str) -> Vec<Edit> {
    let mut places: Vec<(FileId, TextRange)> = everywhere(view, file, here)
        .into_iter()
        .map(|(id, occurrence)| (id, placeholder(view, id, &occurrence, old)))
        .collect();
    places.sort_unstable_by_key(|(id, range)| (*id, range.start()));
    places.dedup();
    let edit = |(file, range)| Edit::Text {
        file,
        range,
        new_text: new.to_owned(),
    };
    places.into_iter().map(edit).collect()
}

fn is_word(name: &str, more: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

fn is_key(name: &str) -> bool {
    is_word(name, "_-'")
        && ![
            "let", "in", "with", "rec", "if", "then", "else", "inherit", "or", "assert",
        ]
        .contains(&name)
}

/// A function's new name must be one, and nothing that is read together with it may have that
/// name: another function, or a command that is called.
fn check_helper(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    old: &str,
    new: &str,
) -> Result<(), Refusal> {
    if !is_word(new, "_-.:+") {
        return Err(Refusal(format!(
            "`{new}` cannot be a function: use letters, digits, `-` and `_`"
        )));
    }
    let homes = match here.role {
        Role::Definition => vec![file],
        Role::Reference => resolve::helper_files(view, old, file, here.range),
    };
    let taken = Symbol::Helper(SmolStr::new(new));
    let mut near: Vec<FileId> = homes.clone();
    for image in homes.iter().flat_map(|home| resolve::readers(view, *home)) {
        near.extend(image.summary.reach.iter().copied());
    }
    near.sort_unstable();
    near.dedup();
    let finder = memchr::memmem::Finder::new(new);
    let has = |id: &FileId| {
        let file = view.tree.file(*id);
        file.is_some_and(|f| finder.find(f.text.as_bytes()).is_some())
    };
    for id in near {
        if has(&id)
            && super::symbol::occurrences(view, id)
                .iter()
                .any(|o| o.symbol == taken)
        {
            let path = view.tree.path(id).cloned().unwrap_or_default();
            return Err(Refusal(format!(
                "`{new}` is a function or command already: {path}"
            )));
        }
    }
    Ok(())
}

fn check_variable(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    new: &str,
) -> Result<(), Refusal> {
    if !is_word(new, "_") || known_elsewhere(view, new, file).is_some() {
        return Err(Refusal(format!(
            "`{new}` cannot be a variable of the scripts: use letters, digits and `_`, and no name of the runner's"
        )));
    }
    let taken = Symbol::Variable(SmolStr::new(new));
    let scope = match &here.symbol {
        Symbol::Variable(name) => resolve::local_scope(view, name, file, here.range),
        _ => None,
    };
    let meets = |id: FileId, range: TextRange| match scope {
        Some(scope) => scope.contains_range(range),
        None => resolve::local_scope(view, new, id, range).is_none(),
    };
    let mut files: Vec<FileId> = { everywhere(view, file, here).into_iter() }
        .map(|(id, _)| id)
        .collect();
    files.dedup();
    for id in files {
        let names = super::symbol::occurrences(view, id);
        if names
            .iter()
            .any(|o| o.symbol == taken && meets(id, o.range))
        {
            let path = view.tree.path(id).cloned().unwrap_or_default();
            return Err(Refusal(format!("`{new}` is used already: {path}")));
        }
    }
    Ok(())
}

/// Renames a file or directory directly below a folder of the scripts, and whatever names it.
fn file_and_names(
    view: &View<'_>,
    folder: &str,
    old: &str,
    new: &str,
) -> Result<Vec<Edit>, Refusal> {
    if !is_word(new, "_-.+") || new.contains("..") {
        return Err(Refusal(format!("`{new}` cannot be a file here")));
    }
    let path =
        |name: &str| smol_str::format_smolstr!("{}{folder}/{name}", view.tree.layout.prefix());
    let (from, to) = (path(old), path(new));
    if view.tree.node(&to).is_some() {
        return Err(Refusal(format!("{to} exists already")));
    }
    if !matches!(view.tree.node(&from), Some(Node::File(_) | Node::Directory)) {
        return Err(Refusal(format!(
            "{from} is a link, or not there: rename it by hand"
        )));
    }
    let mut all = match edits::file_renamed(view, &from, &to) {
        Some(edits) => edits?,
        None => Vec::new(),
    };
    all.push(Edit::Rename { from, to });
    Ok(all)
}
