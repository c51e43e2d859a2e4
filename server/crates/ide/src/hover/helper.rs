//! Functions of includes and scripts, and the files they are in.

use smol_str::SmolStr;

use super::variable::{self, is_identity, meaning};
use super::{place, text};
use crate::function::{self, FunctionId};
use crate::symbol::{Occurrence, Role};
use crate::{include_name, resolve};
use model::view::View;
use model::{FileId, Image};
use syntax::bash::{UnitAction, UnitVerb};

/// What is known of a function; `None` where the name is no function's.
pub(super) fn describe(
    view: &View<'_>,
    name: &SmolStr,
    file: FileId,
    here: &Occurrence,
) -> Option<String> {
    let targets = function::targets(view, name, file, here.range, here.role);
    let parts: Vec<String> = { targets.iter().take(MAX_TARGETS) }
        .map(|id| of_function(view, name, *id, file, here))
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n\n---\n\n"))
}

/// Families may have functions of the same name: so many are shown.
const MAX_TARGETS: usize = 3;

fn of_function(
    view: &View<'_>,
    name: &SmolStr,
    id: FunctionId,
    file: FileId,
    here: &Occurrence,
) -> String {
    let signature = function::signature(view, id);
    let mut parts = vec![format!("```bash\n{}\n```", signature.call(name))];
    parts.extend(function::comment(view, id));
    let mut facts = Vec::new();
    if let Some((script, function)) = function::facts(view, id) {
        let line = view.tree.file(id.0).map(|f| {
            let start = script.range(function.name_span).start();
            f.lines().line_of(start) + 1
        });
        facts.push(format!(
            "Defined in `{}:{}`",
            place(view, id.0),
            line.unwrap_or(1)
        ));
    }
    if signature.stdin {
        facts.push(match view.model.appenders.contains(name) {
            true => "Takes a here-document: part of the container's script".to_owned(),
            false => "Takes a here-document".to_owned(),
        });
    }
    facts.extend(variables(view, id, file, here));
    facts.extend(done_to_units(&function::units(view, id)));
    facts.extend(called_by(&function::callers(view, &[id])));
    parts.push(bullets(&facts));
    parts.join("\n\n")
}

pub(super) fn bullets(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
    lines.join("\n")
}

/// What a function reads, and whether it is set where it is called; and what it sets.
fn variables(view: &View<'_>, id: FunctionId, file: FileId, here: &Occurrence) -> Vec<String> {
    let (reads, writes) = function::variables(view, id);
    let image = match here.role {
        Role::Reference => own_image(view, file),
        Role::Definition => None,
    };
    let mut found = Vec::new();
    let given = |name: &SmolStr| meaning(name).is_some();
    let reads: Vec<String> = { reads.iter() }
        .filter(|name| !given(name) || is_identity(name))
        .map(|name| match image {
            Some(image) => {
                let state = variable::state(view, image, name, file, here.range.start());
                format!("`{name}` {state}")
            }
            None => text::code(name),
        })
        .collect();
    if !reads.is_empty() {
        found.push(format!("Reads {}", reads.join(", ")));
    }
    if !writes.is_empty() {
        found.push(format!("Sets {}", text::list(&writes)));
    }
    found
}

/// The image that a script is the own one of; the first of those that share it.
fn own_image<'v>(view: &View<'v>, file: FileId) -> Option<&'v Image> {
    let path = view.tree.path(file)?;
    let directory = view.model.directory_of(view.tree, path)?;
    view.model.images_of(directory).next().map(|image| &**image)
}

/// What is done to units, as a person reads it.
pub(super) fn done_to_units(units: &[UnitAction]) -> Option<String> {
    let mut said = Vec::new();
    for verb in [
        UnitVerb::Mask,
        UnitVerb::Disable,
        UnitVerb::Enable,
        UnitVerb::DropIn,
    ] {
        let of_verb: Vec<&SmolStr> = { units.iter() }
            .filter(|action| action.verb == verb)
            .map(|action| &action.unit)
            .collect();
        if !of_verb.is_empty() {
            said.push(format!("{} {}", does(verb), text::list(of_verb)));
        }
    }
    (!said.is_empty()).then(|| format!("In the container: {}", said.join("; ")))
}

/// A verb with what it is done to behind it.
pub(super) fn does(verb: UnitVerb) -> &'static str {
    match verb {
        UnitVerb::Mask => "masks",
        UnitVerb::Disable => "disables",
        UnitVerb::Enable => "enables",
        UnitVerb::DropIn => "writes a drop-in for",
    }
}

fn called_by(images: &[&Image]) -> Option<String> {
    let names: Vec<&SmolStr> = images.iter().map(|image| &image.name).collect();
    Some(match names.as_slice() {
        [] => "No image calls it".to_owned(),
        _ => format!("Called by {}", text::counted(&names, "image")),
    })
}

/// A script that is sourced: what it defines, and who reads it.
pub(super) fn script(view: &View<'_>, file: FileId) -> Option<String> {
    let facts = view.tree.script(file)?;
    let mut parts = vec![text::code(&place(view, file))];
    let mut said = Vec::new();
    if include_name(view, file).is_some() {
        let mut names: Vec<&SmolStr> = facts.effects.functions.iter().map(|f| &f.name).collect();
        names.dedup();
        if !names.is_empty() {
            said.push(format!("Defines {}", text::list(names)));
        }
    }
    let images: Vec<&SmolStr> = resolve::readers(view, file).map(|i| &i.name).collect();
    if !images.is_empty() {
        said.push(format!("Read by {}", text::counted(&images, "image")));
    }
    parts.extend((!said.is_empty()).then(|| bullets(&said)));
    Some(parts.join("\n\n"))
}
