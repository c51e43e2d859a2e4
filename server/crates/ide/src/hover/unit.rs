//! Hover texts about systemd units: the functions and scripts that change one, and their images.

use smol_str::SmolStr;

use super::helper::effect;
use super::{display_path, text};
use crate::{function, resolve};
use model::data::unit_purpose;
use model::view::View;
use model::{FileId, Image};
use syntax::bash::{ScriptFacts, UnitVerb};

/// Limit of the changes that are listed.
const MAX_CHANGES: usize = 12;

/// Change of a unit.
#[derive(Debug, PartialEq, Eq)]
struct UnitChange {
    file: FileId,
    /// Number of the function that makes it; `None` for the script outside of its functions.
    function: Option<u32>,
    verb: UnitVerb,
}

/// Describes a unit: what it is for, and what changes it; `None` if neither is known.
pub(super) fn describe(view: &View<'_>, unit: &str) -> Option<String> {
    let mut changes: Vec<UnitChange> = Vec::new();
    for (file, script) in view.tree.files() {
        let actions = script.script().into_iter().flat_map(ScriptFacts::units);
        for (heredoc, action) in actions.filter(|(_, action)| action.unit == unit) {
            let change = UnitChange {
                file,
                function: heredoc.function,
                verb: action.verb,
            };
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
    }
    let purpose = unit_purpose(unit);
    if changes.is_empty() && purpose.is_none() {
        return None;
    }
    let more = changes.len().saturating_sub(MAX_CHANGES);
    let shown = changes.iter().take(MAX_CHANGES);
    let mut rows: Vec<(bool, [String; 3])> = shown.map(|change| row(view, change)).collect();
    // First those that no image makes.
    rows.sort_by_key(|(is_made, _)| *is_made);
    let rows: Vec<[String; 3]> = rows.into_iter().map(|(_, row)| row).collect();
    let mut paragraphs = vec![match purpose {
        Some(purpose) => format!("Unit {}: {}", text::code(unit), purpose.text),
        None => format!("Unit {}", text::code(unit)),
    }];
    if !rows.is_empty() {
        paragraphs.push(text::table(["By", "", "Images"], &rows));
    }
    if more > 0 {
        paragraphs.push(format!("and {} more", text::count(more, "place")));
    }
    Some(paragraphs.join("\n\n"))
}

/// Row of a change, and whether some image makes it.
fn row(view: &View<'_>, change: &UnitChange) -> (bool, [String; 3]) {
    let id = change.function.map(|index| (change.file, index));
    let function = id.and_then(|id| Some((id, function::facts(view, id)?.1)));
    let (name, images): (&str, Vec<&Image>) = match function {
        Some((id, function)) => (&function.name, function::callers(view, &[id])),
        None => (
            &display_path(view, change.file),
            resolve::readers(view, change.file).collect(),
        ),
    };
    let images: Vec<&SmolStr> = images.iter().map(|image| &image.name).collect();
    let images = match images.as_slice() {
        [] => (false, "no image".to_owned()),
        _ => (true, text::images(&images)),
    };
    let (is_made, images) = images;
    let effect = format!("{} it", effect(change.verb));
    (is_made, [text::code(name), effect, images])
}
