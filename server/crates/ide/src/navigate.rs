//! Definition, references and highlights of the name at the cursor.

use smol_str::SmolStr;

use super::heredocs::{self, Within};
use super::lookup::short_name;
use super::occurrences::{Occurrence, Role, Symbol, occurrence_at, occurrences, occurrences_at};
use super::resolve::{self, defines, helper_files, local_scope, sharing};
use model::FileRange;
use model::tree::TEST_TABLE;
use model::view::View;
use model::{File, FileId};
use syntax::bash::NameKind;
use syntax::{TextRange, TextSize};

/// Returns the definitions of the name at an offset.
pub fn definition(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<FileRange> {
    if let Some(name) = heredocs::name_at(view, file, offset) {
        return heredocs::definitions(view, file, &name);
    }
    // In `"$INCLUDE/debian.sh"` the variable is defined outside of the checkout, the file is not.
    let mut found = occurrences_at(view, file, offset)
        .iter()
        .map(|here| definitions_of(view, file, here))
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    found.sort_unstable();
    found.dedup();
    found
}

fn definitions_of(view: &View<'_>, file: FileId, here: &Occurrence) -> Vec<FileRange> {
    match &here.symbol {
        Symbol::Helper(name) => helper_files(view, name, file, here.range)
            .into_iter()
            .filter_map(|id| Some(FileRange::new(id, resolve::function_range(view, id, name)?)))
            .collect(),
        Symbol::Script(id) => vec![FileRange::start_of(*id)],
        Symbol::Builder(name) => builder_files(view, name),
        Symbol::Image(name) => image_files(view, name),
        Symbol::Variable(name) => variable_definitions(view, name, file, here),
        Symbol::Row(_) | Symbol::Group(_) => {
            defined_in(view, view.tree.id(TEST_TABLE), &here.symbol)
        }
        Symbol::Tag { .. } => defined_in(view, repository_files(view), &here.symbol),
        Symbol::Distribution(_) | Symbol::Collection(_) => Vec::new(),
        Symbol::Unit(_) | Symbol::Rule(_) => Vec::new(),
    }
}

fn builder_files(view: &View<'_>, name: &str) -> Vec<FileRange> {
    let builder = view.model.builders.get(name);
    let file = builder.and_then(|b| b.main_file());
    file.map(FileRange::start_of).into_iter().collect()
}

fn image_files(view: &View<'_>, name: &str) -> Vec<FileRange> {
    let image = view.model.images.get(name);
    let directory = image.and_then(|i| view.model.directories.get(&i.directory));
    let file = directory.and_then(|d| d.build.or(d.config));
    file.map(FileRange::start_of).into_iter().collect()
}

/// Returns the definitions of a symbol in some files.
fn defined_in(
    view: &View<'_>,
    files: impl IntoIterator<Item = FileId>,
    symbol: &Symbol,
) -> Vec<FileRange> {
    with_symbol(view, files, symbol)
        .into_iter()
        .filter(|(_, o)| o.role == Role::Definition)
        .map(|(id, o)| FileRange::new(id, o.range))
        .collect()
}

/// Returns the files of the repository.
fn repository_files(view: &View<'_>) -> Vec<FileId> {
    let files = view.repository_files();
    files.iter().flat_map(|files| files.ids()).collect()
}

/// Returns the assignments in effect, or the assignment itself if the name is in one.
fn variable_definitions(
    view: &View<'_>,
    name: &str,
    file: FileId,
    here: &Occurrence,
) -> Vec<FileRange> {
    if here.role == Role::Definition {
        return vec![FileRange::new(file, here.range)];
    }
    let in_effect = resolve::assignments_in_effect(view, name, file, here.range);
    if !in_effect.is_empty() {
        return in_effect
            .into_iter()
            .map(|assignment| assignment.file_range(view.tree))
            .collect();
    }
    // In a script that no image reads, any assignment of the file may be meant.
    let own = occurrences(view, file).into_iter();
    own.filter(|o| o.symbol == here.symbol && o.role == Role::Definition)
        .map(|o| FileRange::new(file, o.range))
        .collect()
}

/// Treatment of definitions in a list of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declarations {
    /// Definitions are references, too.
    Include,
    /// Definitions are left out.
    Exclude,
}

/// Returns every name that stands for the same symbol as the one at an offset.
pub fn references(
    view: &View<'_>,
    file: FileId,
    offset: TextSize,
    declarations: Declarations,
) -> Vec<FileRange> {
    let wanted = |role| declarations == Declarations::Include || role == Role::Reference;
    if let Some(name) = heredocs::name_at(view, file, offset) {
        let all = heredocs::references(view, file, &name, Within::Scripts).into_iter();
        return all
            .filter(|(_, role)| wanted(*role))
            .map(|(at, _)| at)
            .collect();
    }
    let Some(here) = occurrence_at(view, file, offset) else {
        return Vec::new();
    };
    let mut found: Vec<FileRange> = all_occurrences(view, file, &here)
        .into_iter()
        .filter(|(_, o)| wanted(o.role))
        .map(|(id, o)| FileRange::new(id, o.range))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns the occurrences of the same symbol in the whole checkout.
pub(super) fn all_occurrences(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
) -> Vec<(FileId, Occurrence)> {
    let symbol = &here.symbol;
    match symbol {
        Symbol::Helper(name) => helper_occurrences(view, file, here, name),
        Symbol::Variable(name) => variable_occurrences(view, file, here, name),
        Symbol::Script(sourced) => {
            with_symbol(view, naming(view, short_name(view, *sourced)), symbol)
        }
        Symbol::Builder(name) | Symbol::Unit(name) | Symbol::Rule(name) => {
            with_symbol(view, naming(view, name), symbol)
        }
        // These are also written in other ways: `stable` in a row, `13` in an entry.
        Symbol::Image(_) | Symbol::Tag { .. } => {
            let nix = view.tree.files().filter(|(_, f)| f.script().is_none());
            let bases = view.model.builders.values().filter_map(|b| b.config);
            let files: Vec<FileId> = nix.map(|(id, _)| id).chain(bases).collect();
            with_symbol(view, files, symbol)
        }
        Symbol::Row(_) | Symbol::Group(_) => with_symbol(view, view.tree.id(TEST_TABLE), symbol),
        Symbol::Distribution(_) | Symbol::Collection(_) => {
            with_symbol(view, repository_files(view), symbol)
        }
    }
}

/// Returns the occurrences of a symbol in some files.
fn with_symbol(
    view: &View<'_>,
    files: impl IntoIterator<Item = FileId>,
    symbol: &Symbol,
) -> Vec<(FileId, Occurrence)> {
    let mut found = Vec::new();
    for id in files {
        let all = occurrences(view, id).into_iter();
        found.extend(all.filter(|o| o.symbol == *symbol).map(|o| (id, o)));
    }
    found
}

/// Returns the files that contain a name: searching a text is much cheaper than listing its names.
fn naming(view: &View<'_>, name: &str) -> Vec<FileId> {
    let finder = memchr::memmem::Finder::new(name);
    let has = |file: &File| finder.find(file.text.as_bytes()).is_some();
    view.tree
        .files()
        .filter(|(_, file)| has(file))
        .map(|(id, _)| id)
        .collect()
}

/// Returns the occurrences of a variable: those in the function that it is local to, or else those
/// in all scripts that share it.
fn variable_occurrences(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    name: &SmolStr,
) -> Vec<(FileId, Occurrence)> {
    let symbol = &here.symbol;
    let Some(scope) = local_scope(view, name, file, here.range) else {
        let mut found = with_symbol(view, sharing(view, name, file), symbol);
        found.retain(|(id, o)| local_scope(view, name, *id, o.range).is_none());
        return found;
    };
    let mut found = with_symbol(view, [file], symbol);
    found.retain(|(_, o)| scope.contains_range(o.range));
    found
}

/// Returns the definitions and calls of a function, without those of a function of the same name
/// that another family of images defines.
fn helper_occurrences(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    name: &SmolStr,
) -> Vec<(FileId, Occurrence)> {
    let definers = match here.role {
        Role::Definition => vec![file],
        Role::Reference => helper_files(view, name, file, here.range),
    };
    let all_definers = view.model.helpers.get(name);
    let is_only = all_definers.is_some_and(|files| *files == definers);
    let mut found = Vec::new();
    for id in naming(view, name) {
        let script = view.tree.file(id);
        let Some((script, facts)) = script.and_then(|file| Some((file, file.script()?))) else {
            continue;
        };
        let is_call = |range: TextRange| {
            (is_only && !defines(view, id, name))
                || helper_files(view, name, id, range)
                    .iter()
                    .any(|definer| definers.contains(definer))
        };
        for known in &facts.occurrences {
            if known.kind != NameKind::Helper || script.slice(known.range) != name {
                continue;
            }
            let is_same = match known.role {
                Role::Definition => definers.contains(&id),
                Role::Reference => is_call(known.range),
            };
            if is_same {
                let occurrence = Occurrence {
                    symbol: here.symbol.clone(),
                    role: known.role,
                    range: known.range,
                };
                found.push((id, occurrence));
            }
        }
    }
    found
}

/// Returns the names in the same file that stand for the same symbol as the one at an offset.
/// There are none for functions and variables outside of here-documents: within one file, a language
/// server for bash finds the same ones.
pub fn highlights(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<(TextRange, Role)> {
    if let Some(name) = heredocs::name_at(view, file, offset) {
        let all = heredocs::references(view, file, &name, Within::Scripts).into_iter();
        let here = all.filter(|(at, _)| at.file == file);
        return here.map(|(at, role)| (at.range, role)).collect();
    }
    let Some(here) = occurrence_at(view, file, offset) else {
        return Vec::new();
    };
    if matches!(here.symbol, Symbol::Helper(_) | Symbol::Variable(_)) {
        return Vec::new();
    }
    let same = occurrences(view, file).into_iter();
    let mut found: Vec<(TextRange, Role)> = same
        .filter(|o| o.symbol == here.symbol)
        .map(|o| (o.range, o.role))
        .collect();
    found.dedup();
    found
}
