//! systemd units: which functions and scripts touch them, how, and in which images.

use smol_str::SmolStr;

use super::helper::{bullets, does};
use super::{place, text};
use crate::{function, resolve};
use model::view::View;
use model::{FileId, Image};
use syntax::bash::UnitVerb;

/// How many scripts are named.
const MAX_PLACES: usize = 12;

/// Where a unit is touched: a function, or a script outside of its functions.
type Where = (FileId, Option<u32>);

/// What is done to a unit; `None` where nothing is.
pub(super) fn describe(view: &View<'_>, unit: &str) -> Option<String> {
    let mut found: Vec<(Where, UnitVerb)> = Vec::new();
    for (id, file) in view.tree.files() {
        for heredoc in file.script().into_iter().flat_map(|f| &f.heredocs) {
            for action in heredoc.container.units.iter().filter(|a| a.unit == unit) {
                let touched = ((id, heredoc.function), action.verb);
                if !found.contains(&touched) {
                    found.push(touched);
                }
            }
        }
    }
    if found.is_empty() {
        return None;
    }
    let more = found.len().saturating_sub(MAX_PLACES);
    let mut lines: Vec<String> = { found.iter().take(MAX_PLACES) }
        .map(|(at, verb)| line(view, *at, *verb))
        .collect();
    if more > 0 {
        lines.push(format!("and {} more", text::count(more, "place")));
    }
    Some(format!("Unit `{unit}`\n\n{}", bullets(&lines)))
}

fn line(view: &View<'_>, at: Where, verb: UnitVerb) -> String {
    let function = at.1.and_then(|index| function::facts(view, (at.0, index)));
    let (who, images): (String, Vec<&Image>) = match (function, at.1) {
        (Some((_, function)), Some(index)) => {
            let callers = function::callers(view, &[(at.0, index)]);
            (text::code(&function.name), callers)
        }
        _ => (
            text::code(&place(view, at.0)),
            resolve::readers(view, at.0).collect(),
        ),
    };
    let names: Vec<&SmolStr> = images.iter().map(|image| &image.name).collect();
    let images = match names.as_slice() {
        [] => "in no image".to_owned(),
        _ => format!("in {}", text::counted(&names, "image")),
    };
    format!("{who} {} it: {images}", does(verb))
}
