//! Rename of the name at the cursor, wherever it is used.

use smol_str::SmolStr;

use super::lookup::include_name;
use super::navigate::all_occurrences;
use super::occurrences::{Occurrence, Role, Symbol, occurrence_at, occurrences};
use super::resolve;
use super::unclear;
use edits::{self, Edit, Refusal};
use model::runner::{RunnerVariable, RunnerVariableKind};
use model::view::View;
use model::{FileId, Node};
use syntax::{TextRange, TextSize};

/// Returns the reason why a variable cannot be renamed: a program outside of the scripts knows it
/// by its name.
fn known_elsewhere(view: &View<'_>, name: &str, file: FileId) -> Option<String> {
    if name == "PATH" {
        return Some("`PATH` belongs to the shell and cannot be renamed".to_owned());
    }
    let variable = RunnerVariable::find(name)?;
    let path = view.tree.path(file)?;
    let tests = smol_str::format_smolstr!("{}tests/", view.tree.layout.prefix());
    if variable.kind == RunnerVariableKind::TestArgument && !path.starts_with(tests.as_str()) {
        return None;
    }
    let programs: Vec<&str> = variable.set_by.iter().map(|s| s.program()).collect();
    let programs = programs.join("`, `");
    Some(format!(
        "`{name}` cannot be renamed: `{programs}` would still use this name"
    ))
}

/// Returns the range and the text of the name at an offset, or `None` if it is not a name of the
/// checkout.
///
/// # Errors
/// If the name is one of the checkout's that cannot be changed.
pub fn prepare(
    view: &View<'_>,
    file: FileId,
    offset: TextSize,
) -> Result<Option<(TextRange, SmolStr)>, Refusal> {
    let Some(here) = occurrence_at(view, file, offset) else {
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
            Some(reason) => return refuse(&reason),
            None => name.clone(),
        },
        Symbol::Row(name) | Symbol::Builder(name) => name.clone(),
        Symbol::Image(name) => match view.model.images.contains_key(name) {
            true => name.clone(),
            false => return refuse(&format!("there is no image `{name}`")),
        },
        Symbol::Script(id) => match include_name(view, *id) {
            Some(name) => SmolStr::new(name),
            None => return refuse("only scripts in `include/` can be renamed"),
        },
        Symbol::Tag { .. } => return refuse("tags cannot be renamed: change them one by one"),
        _ => return Ok(None),
    };
    Ok(Some((placeholder(view, file, &here, &name), name)))
}

/// Range of the name itself within an occurrence.
fn placeholder(view: &View<'_>, file: FileId, here: &Occurrence, name: &str) -> TextRange {
    let text = view.tree.file(file).map(|f| f.slice(here.range));
    let text = text.unwrap_or_default();
    match text.find(name) {
        Some(at) => {
            let start = here.range.start() + TextSize::try_from(at).unwrap_or_default();
            TextRange::at(start, TextSize::of(name))
        }
        None => here.range,
    }
}

/// Returns the edits that rename the name at an offset.
///
/// # Errors
/// If there is no such name, or if the new one is invalid or taken.
pub fn rename(
    view: &View<'_>,
    file: FileId,
    offset: TextSize,
    new: &str,
) -> Result<Vec<Edit>, Refusal> {
    let Some((_, old)) = prepare(view, file, offset)? else {
        return Err(Refusal("there is nothing to rename here".to_owned()));
    };
    let Some(here) = occurrence_at(view, file, offset) else {
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
            Ok(in_all_texts(view, file, &here, &old, new))
        }
        Symbol::Variable(_) => {
            check_variable(view, file, &here, new)?;
            unclear::check(view, file, &here, &old)?;
            Ok(in_all_texts(view, file, &here, &old, new))
        }
        Symbol::Row(_) => {
            check_row(view, file, new)?;
            Ok(in_all_texts(view, file, &here, &old, new))
        }
        _ => Ok(Vec::new()),
    }
}

/// Edits that replace the old name with the new one wherever it is used.
fn in_all_texts(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    old: &str,
    new: &str,
) -> Vec<Edit> {
    let occurrences = all_occurrences(view, file, here).into_iter();
    let mut names: Vec<(FileId, TextRange)> = occurrences
        .map(|(id, occurrence)| (id, placeholder(view, id, &occurrence, old)))
        .collect();
    names.sort_unstable_by_key(|(id, range)| (*id, range.start()));
    names.dedup();
    let edit = |(file, range)| Edit::Text {
        file,
        range,
        new_text: new.to_owned(),
    };
    names.into_iter().map(edit).collect()
}

/// Tells whether a text consists of letters, digits and the characters `more`, and begins with
/// neither a digit nor `-`.
fn is_word(name: &str, more: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

/// Words that Nix does not take as an attribute name.
const NIX_KEYWORDS: [&str; 10] = [
    "let", "in", "with", "rec", "if", "then", "else", "inherit", "or", "assert",
];

/// Checks that a new key of a row is a valid name in Nix that no other row has.
fn check_row(view: &View<'_>, file: FileId, new: &str) -> Result<(), Refusal> {
    let row = Symbol::Row(SmolStr::new(new));
    let mut names = occurrences(view, file).into_iter();
    let is_taken = names.any(|o| o.symbol == row && o.role == Role::Definition);
    let is_valid = is_word(new, "_-'") && !NIX_KEYWORDS.contains(&new);
    if is_taken || !is_valid {
        return Err(Refusal(format!(
            "`{new}` cannot be a row: the key is taken, or no name in Nix"
        )));
    }
    Ok(())
}

/// Checks that a new name of a function is valid, and that no script that is read together with it
/// has a function or command of that name.
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
    let definers = match here.role {
        Role::Definition => vec![file],
        Role::Reference => resolve::helper_files(view, old, file, here.range),
    };
    let mut scripts: Vec<FileId> = definers.clone();
    for image in definers.iter().flat_map(|id| resolve::readers(view, *id)) {
        scripts.extend(image.summary.reach.iter().copied());
    }
    scripts.sort_unstable();
    scripts.dedup();
    let helper = Symbol::Helper(SmolStr::new(new));
    let finder = memchr::memmem::Finder::new(new);
    for id in scripts {
        let text = view.tree.file(id).map(|file| file.text.as_bytes());
        // A search of the text is much cheaper than a list of its names.
        if text.is_none_or(|text| finder.find(text).is_none()) {
            continue;
        }
        if occurrences(view, id).iter().any(|o| o.symbol == helper) {
            let path = view.tree.path(id).cloned().unwrap_or_default();
            return Err(Refusal(format!(
                "`{new}` is a function or command already: {path}"
            )));
        }
    }
    Ok(())
}

/// Checks that a new name of a variable is valid, and that no script that shares the variable uses
/// it already.
fn check_variable(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    new: &str,
) -> Result<(), Refusal> {
    if !is_word(new, "_") || known_elsewhere(view, new, file).is_some() {
        return Err(Refusal(format!(
            "`{new}` cannot be a variable of the scripts: use letters, digits and `_`, and no name that the runner prescribes"
        )));
    }
    let scope = match &here.symbol {
        Symbol::Variable(name) => resolve::local_scope(view, name, file, here.range),
        _ => None,
    };
    let is_shared = |id: FileId, range: TextRange| match scope {
        Some(scope) => scope.contains_range(range),
        None => resolve::local_scope(view, new, id, range).is_none(),
    };
    let variable = Symbol::Variable(SmolStr::new(new));
    let uses = all_occurrences(view, file, here).into_iter();
    let mut files: Vec<FileId> = uses.map(|(id, _)| id).collect();
    files.dedup();
    for id in files {
        let mut names = occurrences(view, id).into_iter();
        if names.any(|o| o.symbol == variable && is_shared(id, o.range)) {
            let path = view.tree.path(id).cloned().unwrap_or_default();
            return Err(Refusal(format!("`{new}` is used already: {path}")));
        }
    }
    Ok(())
}

/// Edits that rename a file or directory directly below a folder of the scripts, and every name of
/// it.
fn file_and_names(
    view: &View<'_>,
    folder: &str,
    old: &str,
    new: &str,
) -> Result<Vec<Edit>, Refusal> {
    if !is_word(new, "_-.+") || new.contains("..") {
        return Err(Refusal(format!(
            "`{new}` cannot be the name of a file here"
        )));
    }
    let path =
        |name: &str| smol_str::format_smolstr!("{}{folder}/{name}", view.tree.layout.prefix());
    let (from, to) = (path(old), path(new));
    if view.tree.node(&to).is_some() {
        return Err(Refusal(format!("{to} exists already")));
    }
    if !matches!(view.tree.node(&from), Some(Node::File(_) | Node::Directory)) {
        return Err(Refusal(format!(
            "{from} is a link or does not exist: rename it by hand"
        )));
    }
    let mut all = match edits::file_renamed(view, &from, &to) {
        Some(edits) => edits?,
        None => Vec::new(),
    };
    all.push(Edit::Rename { from, to });
    Ok(all)
}
