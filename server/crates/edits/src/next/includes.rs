//! Images that call what changed in an include.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::image::script::slice;
use model::view::View;
use model::{File, FileId, Image};

/// Returns the images that call a function that differs from that of an earlier checkout, or read
/// an include that does something else outside of its functions; `except` is left out.
pub(super) fn callers_of_changes<'a>(
    earlier: &View<'_>,
    now: &View<'a>,
    except: Option<&Image>,
) -> Vec<&'a SmolStr> {
    let mut functions: FxHashSet<(FileId, u32)> = FxHashSet::default();
    let mut files: FxHashSet<FileId> = FxHashSet::default();
    for id in &now.model.includes {
        let Some(file) = now.tree.file(*id) else {
            continue;
        };
        let old = earlier.tree.id(&file.path);
        let Some(old) = old.and_then(|id| earlier.tree.file(id)) else {
            continue;
        };
        if old.text == file.text {
            continue;
        }
        let changed = changed_functions(old, file);
        if outside_of_functions(old) != outside_of_functions(file) {
            files.insert(*id);
        }
        functions.extend(changed.into_iter().map(|index| (*id, index)));
    }
    let is_concerned = |image: &Image| {
        let (called, reach) = (&image.summary.called, &image.summary.reach);
        called.iter().any(|call| functions.contains(call))
            || reach.iter().any(|id| files.contains(id))
    };
    let images = now.model.images.values();
    let others = images.filter(|image| except.is_none_or(|except| except.name != image.name));
    others
        .filter(|image| is_concerned(image))
        .map(|image| &image.name)
        .collect()
}

/// Returns the numbers of the functions of a script that are not as they were.
fn changed_functions(old: &File, new: &File) -> Vec<u32> {
    let before: Vec<(&SmolStr, &str)> = functions(old).collect();
    let numbered = (0u32..).zip(functions(new));
    let changed = numbered.filter(|(_, (name, text))| !before.contains(&(*name, *text)));
    changed.map(|(index, _)| index).collect()
}

/// Returns the functions of a script, with their texts.
fn functions(file: &File) -> impl Iterator<Item = (&SmolStr, &str)> {
    file.script().into_iter().flat_map(|facts| {
        let functions = facts.effects.functions.iter();
        functions.map(|f| (&f.name, slice(&file.text, facts.range(f.definition_span))))
    })
}

/// Returns the lines of a script that are in none of its functions, without comments.
fn outside_of_functions(file: &File) -> Vec<String> {
    let mut text = file.text.to_string();
    for (_, function) in functions(file) {
        text = text.replacen(function, "", 1);
    }
    let lines = text.lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    code.map(str::to_owned).collect()
}
