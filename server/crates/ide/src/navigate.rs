//! Definition, references, highlight.

use smol_str::SmolStr;

use super::include_name;
use super::resolve::{self, helper_files, local_scope, sharing};
use super::symbol::{Occurrence, Role, Symbol, at, occurrences};
use model::FileRange;
use model::tree::{REPOSITORY, TEST_TABLE};
use model::view::View;
use model::{File, FileId};
use syntax::{TextRange, TextSize};

/// Where what stands at a place comes from.
pub fn definition(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<FileRange> {
    // In `"$INCLUDE/debian.sh"` the variable comes from nowhere in the checkout, the path does.
    let mut found = at(view, file, offset)
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
        Symbol::Row(_) | Symbol::Group(_) => defined_in(view, TEST_TABLE, &here.symbol),
        Symbol::Tag { .. } => defined_in(view, REPOSITORY, &here.symbol),
        Symbol::Distribution(_) | Symbol::Collection(_) => Vec::new(),
        Symbol::Unit(_) | Symbol::Rule(_) => Vec::new(),
    }
}

fn builder_files(view: &View<'_>, name: &str) -> Vec<FileRange> {
    let builder = view.model.builders.get(name);
    let file = builder.and_then(|b| b.config.or(b.setup));
    file.map(FileRange::start_of).into_iter().collect()
}

fn image_files(view: &View<'_>, name: &str) -> Vec<FileRange> {
    let image = view.model.images.get(name);
    let directory = image.and_then(|i| view.model.directories.get(&i.directory));
    let file = directory.and_then(|d| d.build.or(d.config));
    file.map(FileRange::start_of).into_iter().collect()
}

/// The places in one file where something comes into being.
fn defined_in(view: &View<'_>, path: &str, symbol: &Symbol) -> Vec<FileRange> {
    let Some(id) = view.tree.id(path) else {
        return Vec::new();
    };
    occurrences(view, id)
        .into_iter()
        .filter(|o| o.symbol == *symbol && o.role == Role::Definition)
        .map(|o| FileRange::new(id, o.range))
        .collect()
}

/// The assignment in effect; at an assignment, itself.
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
            .map(|place| place.file_range(view.tree))
            .collect();
    }
    // What no image comes by: wherever the file gives it a value.
    let own = occurrences(view, file).into_iter();
    own.filter(|o| o.symbol == here.symbol && o.role == Role::Definition)
        .map(|o| FileRange::new(file, o.range))
        .collect()
}

/// Everything that names what stands at a place; with the places where it comes into being, if
/// those are wanted.
pub fn references(
    view: &View<'_>,
    file: FileId,
    offset: TextSize,
    declaration: bool,
) -> Vec<FileRange> {
    let Some(here) = at(view, file, offset).into_iter().next() else {
        return Vec::new();
    };
    let mut found: Vec<FileRange> = everywhere(view, file, &here)
        .into_iter()
        .filter(|(_, o)| declaration || o.role == Role::Reference)
        .map(|(id, o)| FileRange::new(id, o.range))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Every occurrence of what an occurrence stands for.
pub(super) fn everywhere(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
) -> Vec<(FileId, Occurrence)> {
    let symbol = &here.symbol;
    match symbol {
        Symbol::Helper(name) => helper_everywhere(view, file, here, name),
        Symbol::Variable(name) => match local_scope(view, name, file, here.range) {
            Some(scope) => with_symbol(view, [file], symbol)
                .into_iter()
                .filter(|(_, o)| scope.contains_range(o.range))
                .collect(),
            None => with_symbol(view, sharing(view, name, file), symbol)
                .into_iter()
                .filter(|(id, o)| local_scope(view, name, *id, o.range).is_none())
                .collect(),
        },
        Symbol::Script(target) => {
            let name = include_name(view, *target)
                .or_else(|| view.tree.path(*target)?.rsplit('/').next())
                .unwrap_or_default();
            with_symbol(view, naming(view, name), symbol)
        }
        Symbol::Builder(name) | Symbol::Unit(name) => with_symbol(view, naming(view, name), symbol),
        // Their names are written in other ways, too: `stable` in a row, `13` in an entry.
        Symbol::Image(_) | Symbol::Tag { .. } => {
            let nix = view.tree.files().filter(|(_, f)| f.script().is_none());
            let bases = view.model.builders.values().filter_map(|b| b.config);
            let files: Vec<FileId> = nix.map(|(id, _)| id).chain(bases).collect();
            with_symbol(view, files, symbol)
        }
        Symbol::Row(_) | Symbol::Group(_) => with_symbol(view, view.tree.id(TEST_TABLE), symbol),
        Symbol::Distribution(_) | Symbol::Collection(_) => {
            with_symbol(view, view.tree.id(REPOSITORY), symbol)
        }
        Symbol::Rule(name) => with_symbol(view, naming(view, name), symbol),
    }
}

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

/// The files whose text has a name in it: looking through a text is much cheaper than looking at
/// all of its names.
fn naming(view: &View<'_>, name: &str) -> Vec<FileId> {
    let finder = memchr::memmem::Finder::new(name);
    let has = |file: &File| finder.find(file.text.as_bytes()).is_some();
    view.tree
        .files()
        .filter(|(_, file)| has(file))
        .map(|(id, _)| id)
        .collect()
}

/// The calls of a function, and where it comes into being: those of the file it is defined in, not
/// of another family's function of the same name.
fn helper_everywhere(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    name: &SmolStr,
) -> Vec<(FileId, Occurrence)> {
    let wanted = if here.role == Role::Definition {
        vec![file]
    } else {
        helper_files(view, name, file, here.range)
    };
    let alone = view
        .model
        .helpers
        .get(name)
        .is_some_and(|files| *files == wanted);
    let mut found = Vec::new();
    for id in naming(view, name) {
        let Some(script) = view.tree.script(id) else {
            continue;
        };
        let text = view.tree.file(id).map(|f| &*f.text).unwrap_or_default();
        for known in &script.occurrences {
            let is_name = known.kind == syntax::bash::NameKind::Helper
                && text.get(std::ops::Range::<usize>::from(known.range)) == Some(name);
            if !is_name {
                continue;
            }
            let occurrence = Occurrence {
                symbol: here.symbol.clone(),
                role: known.role,
                range: known.range,
            };
            let meant = match known.role {
                Role::Definition => wanted.contains(&id),
                Role::Reference => {
                    (alone && !defines(view, id, name))
                        || helper_files(view, name, id, known.range)
                            .iter()
                            .any(|target| wanted.contains(target))
                }
            };
            if meant {
                found.push((id, occurrence));
            }
        }
    }
    found
}

fn defines(view: &View<'_>, file: FileId, name: &str) -> bool {
    view.tree
        .script(file)
        .is_some_and(|facts| facts.function(name).is_some())
}

/// Everything in the same file that names what stands at a place. Functions and variables are left
/// to whoever knows bash alone: within one file that is as good.
pub fn highlights(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<(TextRange, Role)> {
    let Some(here) = at(view, file, offset).into_iter().next() else {
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
