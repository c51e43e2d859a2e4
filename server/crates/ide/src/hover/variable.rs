//! Variables of scripts: their values, image by image, and where they come from.

use smol_str::SmolStr;

use super::{place, text};
use crate::function;
use crate::resolve::{local_scope, readers};
use crate::symbol::{Occurrence, Role};
use model::FileSpan;
use model::identity::{FieldOrigin, IdentityField};
use model::image::trace_of;
use model::runner::{RunnerVariable, RunnerVariableKind};
use model::trace::Trace;
use model::view::View;
use model::{FileId, Image};
use syntax::{TextRange, TextSize};

/// How many different values of an include's variable are shown.
const MAX_VALUES: usize = 4;
/// Longer texts are not shown as they are written.
const MAX_WRITTEN: usize = 160;
/// How many images are followed to find them.
const MAX_IMAGES: usize = 24;

/// What a variable means that is no script's own.
pub(crate) fn meaning(name: &str) -> Option<&'static str> {
    RunnerVariable::find(name)
        .filter(|variable| variable.kind != RunnerVariableKind::TestArgument)
        .map(|variable| variable.doc)
}

/// Whether a variable says who an image is.
pub(crate) fn is_identity(name: &str) -> bool {
    RunnerVariable::find(name).is_some_and(RunnerVariable::is_identity)
}

/// What is known of a variable; `None` where no script of the checkout gives it a value.
pub(super) fn describe(
    view: &View<'_>,
    name: &SmolStr,
    file: FileId,
    here: &Occurrence,
) -> Option<String> {
    let meaning = meaning(name);
    if local_scope(view, name, file, here.range).is_some() {
        return local(view, name, file, here);
    }
    let values = values(view, name, file, here);
    let known = meaning.is_some() || !values.is_empty() || is_assigned(view, name);
    if !known {
        return None;
    }
    let mut parts = vec![format!("`{name}`")];
    parts.extend(meaning.map(str::to_owned));
    if !values.is_empty() {
        parts.push(values.join("\n"));
    } else if meaning.is_none() || is_identity(name) {
        parts.push("Not set here.".to_owned());
    }
    Some(parts.join("\n\n"))
}

fn local(view: &View<'_>, name: &str, file: FileId, here: &Occurrence) -> Option<String> {
    let id = function::around(view, file, here.range.start())?;
    let (_, function) = function::facts(view, id)?;
    let signature = function::signature(view, id);
    let argument = signature.parameters.iter().position(|p| p.name == *name);
    Some(match argument {
        Some(at) => format!("`{name}`\n\nArgument {} of `{}`.", at + 1, function.name),
        None => format!("`{name}`\n\nLocal to `{}`.", function.name),
    })
}

fn is_assigned(view: &View<'_>, name: &str) -> bool {
    view.tree
        .files()
        .filter_map(|(_, file)| file.script())
        .any(|facts| facts.assigns(name))
}

/// The values a variable has at a place, each with where it comes from and the images it is so in.
fn values(view: &View<'_>, name: &str, file: FileId, here: &Occurrence) -> Vec<String> {
    let offset = match here.role {
        // What an assignment says is in effect behind it.
        Role::Definition => here.range.end(),
        Role::Reference => here.range.start(),
    };
    let mut found: Vec<(String, Vec<&SmolStr>)> = Vec::new();
    let images: Vec<&Image> = readers(view, file).take(MAX_IMAGES).collect();
    for image in &images {
        let Some(value) = value_in(view, image, name, file, offset) else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == value) {
            Some((_, images)) => images.push(&image.name),
            None => found.push((value, vec![&image.name])),
        }
    }
    let more = found.len().saturating_sub(MAX_VALUES);
    let several = images.len() > 1;
    let mut lines: Vec<String> = { found.into_iter().take(MAX_VALUES) }
        .map(|(value, images)| match several {
            true => format!("- {value}: {}", text::few(&images)),
            false => format!("= {value}"),
        })
        .collect();
    if more > 0 {
        lines.push(format!("- {}", text::count(more, "more value")));
    }
    lines
}

/// The value of a variable at a place in one image, with where it comes from.
fn value_in(
    view: &View<'_>,
    image: &Image,
    name: &str,
    file: FileId,
    offset: TextSize,
) -> Option<String> {
    let trace = trace_of(view.tree, view.model, image);
    if let Some((place, value)) = trace.in_effect(view.tree, name, file, offset) {
        let source = source(view, place);
        return Some(match value {
            Some(value) => format!("{} ({source})", text::value(value)),
            None => match written(view, &trace, place) {
                Some(written) => format!("`{written}` as far as reading tells ({source})"),
                None => format!("not known by reading ({source})"),
            },
        });
    }
    match image.identity.field(name) {
        Some(field) => of_identity(view, image, name, field),
        None if name == "IMAGE" => Some(format!("{} (from the name)", text::code(&image.name))),
        None if name == "IMAGEDIR" => {
            let path = format!("{}images/{}", view.tree.layout.prefix(), image.name);
            Some(format!("{} (from the name)", text::code(&path)))
        }
        None => None,
    }
}

/// What is written behind the `=` of an assignment, with the values of the variables in it that are
/// known.
fn written(view: &View<'_>, trace: &Trace, place: FileSpan) -> Option<String> {
    let file = view.tree.file(place.file)?;
    let name = place.range(view.tree);
    let line = file
        .lines()
        .range(file.lines().line_of(name.end()), &file.text);
    let rest = file.slice(TextRange::new(name.end(), line.end().max(name.end())));
    let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix("+="))?;
    let value = value.split(" #").next()?.trim().trim_matches('"');
    let mut out = String::new();
    let mut pieces = value.split('$');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (inner, braced) = match piece.strip_prefix('{') {
            Some(inner) => (inner, true),
            None => (piece, false),
        };
        let end = inner
            .find(|c: char| !(c == '_' || c.is_ascii_alphanumeric()))
            .unwrap_or(inner.len());
        let (variable, after) = inner.split_at_checked(end).unwrap_or_default();
        let after = match braced {
            true => after.strip_prefix('}'),
            false => Some(after),
        };
        let known = trace.in_effect(view.tree, variable, place.file, name.start());
        let fixed = known.and_then(|(_, value)| value?.as_literal());
        match (fixed, after) {
            (Some(fixed), Some(after)) if !fixed.contains(char::is_control) => {
                out.push_str(fixed);
                out.push_str(after);
            }
            _ => {
                out.push('$');
                out.push_str(piece);
            }
        }
    }
    let fits = !out.is_empty() && out.len() <= MAX_WRITTEN && !out.contains('`');
    fits.then_some(out)
}

fn of_identity(
    view: &View<'_>,
    image: &Image,
    name: &str,
    field: &IdentityField,
) -> Option<String> {
    let from = match field.origin {
        FieldOrigin::Name => "from the name".to_owned(),
        FieldOrigin::Default => "default".to_owned(),
        FieldOrigin::Unset => return None,
        FieldOrigin::Script => image
            .identified_by
            .iter()
            .find_map(|id| assigned_in(view, *id, name))
            .map_or_else(|| "from a script".to_owned(), |place| source(view, place)),
    };
    let shown = { field.known() }.map_or_else(|| "not known by reading".to_owned(), text::value);
    Some(format!("{shown} ({from})"))
}

/// Where a script last gives a variable a value, outside of functions.
fn assigned_in(view: &View<'_>, file: FileId, name: &str) -> Option<FileSpan> {
    let assign = view.tree.script(file)?.effects.last_assignment(name)?;
    let span = assign.name_span;
    Some(FileSpan { file, span })
}

/// A place as it is spoken of: `config.sh:2`.
fn source(view: &View<'_>, at: FileSpan) -> String {
    let path = place(view, at.file);
    let short = match path.strip_prefix("images/") {
        Some(rest) => rest.rsplit('/').next().unwrap_or(rest).to_owned(),
        None => path,
    };
    let line = view
        .tree
        .file(at.file)
        .map_or(0, |file| file.lines().line_of(at.range(view.tree).start()));
    format!("{short}:{}", line + 1)
}

/// Whether a variable is set at a place of an image: what is said of it behind its name.
pub(super) fn state(
    view: &View<'_>,
    image: &Image,
    name: &str,
    file: FileId,
    offset: TextSize,
) -> String {
    value_in(view, image, name, file, offset)
        .map_or_else(|| "(not set here)".to_owned(), |value| format!("= {value}"))
}
