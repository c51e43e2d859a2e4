//! Hover texts about functions of scripts, and about the scripts that are sourced.

use smol_str::SmolStr;

use super::variable::{self, ValueHere, is_identity, meaning};
use super::{display_path, text};
use crate::function::{self, FunctionId};
use crate::lookup::include_name;
use crate::occurrences::{Occurrence, Role};
use crate::resolve;
use model::view::View;
use model::{FileId, Image};
use syntax::bash::{UnitAction, UnitVerb};

/// Limit of the functions of one name that are described: families of images may each have one.
const MAX_FUNCTIONS: usize = 3;

/// Describes a function; `None` if no script defines one of that name.
pub(super) fn describe(
    view: &View<'_>,
    name: &SmolStr,
    file: FileId,
    here: &Occurrence,
) -> Option<String> {
    let functions = function::definitions(view, name, file, here.range, here.role);
    let functions = functions.iter().take(MAX_FUNCTIONS);
    let texts: Vec<String> = functions
        .map(|id| of_function(view, name, *id, file, here))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n---\n\n"))
}

fn of_function(
    view: &View<'_>,
    name: &SmolStr,
    id: FunctionId,
    file: FileId,
    here: &Occurrence,
) -> String {
    let signature = function::signature(view, id);
    let mut paragraphs = vec![text::block(&signature.call(name))];
    let comment = function::comment(view, id);
    paragraphs.extend(comment.as_deref().map(text::comment));
    let mut facts = Vec::new();
    if let Some((script, function)) = function::facts(view, id) {
        let line = view.tree.file(id.0).map(|f| {
            let start = script.range(function.name_span).start();
            f.lines().line_of(start) + 1
        });
        let line = line.unwrap_or(1);
        let defined = format!("{}:{line}", display_path(view, id.0));
        facts.push(format!("Defined in {}", text::code(&defined)));
    }
    if signature.stdin {
        facts.push(match view.model.appenders.contains(name) {
            true => "Takes a here-document: part of the container's script".to_owned(),
            false => "Takes a here-document".to_owned(),
        });
    }
    let uses = variables(view, id, file, here);
    facts.extend(uses.facts);
    facts.extend(effects(&function::units(view, id)));
    facts.extend(called_by(&function::callers(view, &[id])));
    paragraphs.push(text::bullets(&facts));
    paragraphs.extend(uses.values);
    paragraphs.join("\n\n")
}

/// Variables of a function.
struct Uses {
    /// Names of those that it reads and sets.
    facts: Vec<String>,
    /// Table of those that it reads with their values, where it is called.
    values: Option<String>,
}

/// Variables that a function reads, with their values where it is called, and those that it sets.
/// First come those without a value.
fn variables(view: &View<'_>, id: FunctionId, file: FileId, here: &Occurrence) -> Uses {
    let uses = function::variables(view, id);
    let image = match here.role {
        Role::Reference => own_image(view, file),
        Role::Definition => None,
    };
    let mut facts = Vec::new();
    let is_wanted = |name: &&SmolStr| meaning(name).is_none() || is_identity(name);
    let reads: Vec<&SmolStr> = uses.reads.iter().filter(is_wanted).collect();
    let values = image.filter(|_| !reads.is_empty()).map(|image| {
        let offset = here.range.start();
        let value = |name: &&SmolStr| variable::value_in(view, image, name, file, offset);
        let (set, unset): (Vec<_>, Vec<_>) = reads
            .iter()
            .map(|name| (text::code(name), value(name)))
            .partition(|(_, value)| value.is_some());
        let rows: Vec<[String; 3]> = unset
            .into_iter()
            .chain(set)
            .map(|(name, value)| read_row(name, value))
            .collect();
        text::table(["Reads", "Value", "From"], &rows)
    });
    if values.is_none() && !reads.is_empty() {
        facts.push(format!("Reads {}", text::list(&reads)));
    }
    if !uses.writes.is_empty() {
        facts.push(format!("Sets {}", text::list(&uses.writes)));
    }
    Uses { facts, values }
}

fn read_row(name: String, value: Option<ValueHere>) -> [String; 3] {
    match value {
        Some(value) => [name, value.short(), value.origin()],
        None => [name, "not set here".to_owned(), String::new()],
    }
}

/// Image in whose directory a script is; the first one of those that share it.
fn own_image<'v>(view: &View<'v>, file: FileId) -> Option<&'v Image> {
    let path = view.tree.path(file)?;
    let directory = view.model.directory_of(view.tree, path)?;
    view.model.images_of(directory).next().map(|image| &**image)
}

/// Effects of a function on the units of the container.
fn effects(units: &[UnitAction]) -> Option<String> {
    let mut effects = Vec::new();
    for verb in [
        UnitVerb::Mask,
        UnitVerb::Disable,
        UnitVerb::Enable,
        UnitVerb::DropIn,
    ] {
        let of_verb = units.iter().filter(|action| action.verb == verb);
        let names: Vec<&SmolStr> = of_verb.map(|action| &action.unit).collect();
        if !names.is_empty() {
            effects.push(format!("{} {}", effect(verb), text::list(names)));
        }
    }
    (!effects.is_empty()).then(|| format!("In the container: {}", effects.join("; ")))
}

/// Verb for a change of a unit, whose name follows.
pub(super) fn effect(verb: UnitVerb) -> &'static str {
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
        _ => format!("Called by {}", text::images(&names)),
    })
}

/// Describes a script that is sourced.
pub(super) fn script(view: &View<'_>, file: FileId) -> Option<String> {
    let facts = view.tree.script(file)?;
    let mut lines = Vec::new();
    if include_name(view, file).is_some() {
        let mut names: Vec<&SmolStr> = facts.effects.functions.iter().map(|f| &f.name).collect();
        names.dedup();
        if !names.is_empty() {
            lines.push(format!("Defines {}", text::list(names)));
        }
    }
    let images: Vec<&SmolStr> = resolve::readers(view, file).map(|i| &i.name).collect();
    if !images.is_empty() {
        lines.push(format!("Read by {}", text::images(&images)));
    }
    let title = text::code(&display_path(view, file));
    Some(match lines.is_empty() {
        true => title,
        false => format!("{title}\n\n{}", text::bullets(&lines)),
    })
}
