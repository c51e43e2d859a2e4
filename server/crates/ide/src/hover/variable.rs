//! Hover texts about variables of scripts: their values and origins, image by image.

use smol_str::SmolStr;

use super::{display_path, text};
use crate::function;
use crate::occurrences::{Occurrence, Role};
use crate::resolve::{MAX_TRACED_IMAGES, local_scope, readers};
use model::FileSpan;
use model::identity::{FieldOrigin, IdentityField};
use model::image::trace_of;
use model::runner::{RunnerVariable, RunnerVariableKind};
use model::trace::Trace;
use model::view::View;
use model::{FileId, Image};
use syntax::{TextRange, TextSize};

/// Limit of the different values that are listed.
const MAX_VALUES: usize = 4;
/// Limit of the text of an assignment that is shown, in bytes.
const MAX_WRITTEN: usize = 160;
/// Value that depends on more than the checkout.
const NOT_KNOWN: &str = "not known before the script runs";

/// Meaning of a variable that the runner or `config.sh` sets.
pub(crate) fn meaning(name: &str) -> Option<&'static str> {
    RunnerVariable::find(name)
        .filter(|variable| variable.kind != RunnerVariableKind::TestArgument)
        .map(|variable| variable.doc)
}

/// Tells whether a variable is part of the identity of an image.
pub(crate) fn is_identity(name: &str) -> bool {
    RunnerVariable::find(name).is_some_and(RunnerVariable::is_identity)
}

/// Describes a variable; `None` if no script of the checkout assigns it.
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
    let known = meaning.is_some() || values.is_some() || is_assigned(view, name);
    if !known {
        return None;
    }
    let mut paragraphs = vec![text::code(name)];
    paragraphs.extend(meaning.map(str::to_owned));
    match values {
        Some(values) => paragraphs.push(values),
        None if meaning.is_none() || is_identity(name) => {
            paragraphs.push("Not set here.".to_owned());
        }
        None => {}
    }
    Some(paragraphs.join("\n\n"))
}

fn local(view: &View<'_>, name: &str, file: FileId, here: &Occurrence) -> Option<String> {
    let id = function::around(view, file, here.range.start())?;
    let (_, function) = function::facts(view, id)?;
    let signature = function::signature(view, id);
    let argument = signature.parameters.iter().position(|p| p.name == *name);
    let (name, function) = (text::code(name), text::code(&function.name));
    Some(match argument {
        Some(at) => format!("{name}\n\nArgument {} of {function}.", at + 1),
        None => format!("{name}\n\nLocal to {function}."),
    })
}

fn is_assigned(view: &View<'_>, name: &str) -> bool {
    view.tree
        .files()
        .filter_map(|(_, file)| file.script())
        .any(|facts| facts.assigns(name))
}

/// Value of a variable at one place, and where it comes from.
#[derive(PartialEq, Eq)]
pub(super) struct ValueHere {
    /// The value as text; `None` if it depends on more than the checkout.
    value: Option<String>,
    /// Set where some of the text is as the script has it.
    is_partial: bool,
    origin: String,
}

impl ValueHere {
    fn known(value: String, origin: String) -> ValueHere {
        ValueHere {
            value: Some(value),
            is_partial: false,
            origin,
        }
    }

    /// The value in Markdown, of limited width.
    pub(super) fn short(&self) -> String {
        let value = match self.value.as_deref() {
            None => return NOT_KNOWN.to_owned(),
            Some("") => "empty".to_owned(),
            Some(value) => text::code(&text::cut(value)),
        };
        match self.is_partial {
            true => format!("{value} as far as known"),
            false => value,
        }
    }

    /// The origin in Markdown.
    pub(super) fn origin(&self) -> String {
        text::plain(&self.origin)
    }

    /// The whole value, where the short one is not.
    fn whole(&self) -> Option<&str> {
        let value = self.value.as_deref()?;
        (text::cut(value) != value).then_some(value)
    }
}

/// Values of a variable where it is named, with their origins and, where they differ, images; first
/// the images that do not set it.
fn values(view: &View<'_>, name: &str, file: FileId, here: &Occurrence) -> Option<String> {
    let offset = match here.role {
        // An assignment takes effect after it.
        Role::Definition => here.range.end(),
        Role::Reference => here.range.start(),
    };
    let mut found: Vec<(ValueHere, Vec<&SmolStr>)> = Vec::new();
    let mut unset: Vec<&SmolStr> = Vec::new();
    let images: Vec<&Image> = readers(view, file).take(MAX_TRACED_IMAGES).collect();
    for image in &images {
        let Some(value) = value_in(view, image, name, file, offset) else {
            unset.push(&image.name);
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == value) {
            Some((_, images)) => images.push(&image.name),
            None => found.push((value, vec![&image.name])),
        }
    }
    if let [(value, _)] = found.as_slice()
        && images.len() == 1
    {
        let line = format!("= {} ({})", value.short(), value.origin());
        let whole = value
            .whole()
            .map(|whole| format!("\n\n{}", text::block(whole)));
        return Some(format!("{line}{}", whole.unwrap_or_default()));
    }
    if found.is_empty() {
        return None;
    }
    let names = |images: &[&SmolStr]| text::few(&text::in_order(images));
    let mut rows = Vec::new();
    // What the runner gives is set everywhere.
    if !unset.is_empty() && meaning(name).is_none() {
        rows.push(["not set".to_owned(), String::new(), names(&unset)]);
    }
    let more = found.len().saturating_sub(MAX_VALUES);
    let shown = found.iter().take(MAX_VALUES);
    rows.extend(shown.map(|(value, images)| [value.short(), value.origin(), names(images)]));
    let mut out = text::table(["Value", "From", "Images"], &rows);
    if more > 0 {
        out.push_str(&format!("\n\nand {}", text::count(more, "more value")));
    }
    Some(out)
}

/// Value of a variable at an offset in one image, with its origin.
pub(super) fn value_in(
    view: &View<'_>,
    image: &Image,
    name: &str,
    file: FileId,
    offset: TextSize,
) -> Option<ValueHere> {
    let trace = trace_of(view.tree, view.model, image);
    if let Some((assignment, value)) = trace.in_effect(view.tree, name, file, offset) {
        let origin = origin(view, assignment);
        return Some(match value {
            Some(value) => ValueHere::known(text::value(value), origin),
            None => {
                let value = written(view, &trace, assignment);
                ValueHere {
                    is_partial: value.is_some(),
                    value,
                    origin,
                }
            }
        });
    }
    let from_name = |value: String| ValueHere::known(value, "from the name".to_owned());
    match image.identity.field(name) {
        Some(field) => of_identity(view, image, name, field),
        None if name == "IMAGE" => Some(from_name(image.name.to_string())),
        None if name == "IMAGEDIR" => {
            let path = format!("{}images/{}", view.tree.layout.prefix(), image.name);
            Some(from_name(path))
        }
        None => None,
    }
}

/// Text after the `=` of an assignment, with the variables in it replaced by their values where
/// these are known.
fn written(view: &View<'_>, trace: &Trace, assignment: FileSpan) -> Option<String> {
    let file = view.tree.file(assignment.file)?;
    let name = assignment.range(view.tree);
    let line = file.lines().line_of(name.end());
    let line = file.lines().range(line, &file.text);
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
        let known = trace.in_effect(view.tree, variable, assignment.file, name.start());
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

/// Value of a field of an image's identity, with its origin.
pub(super) fn of_identity(
    view: &View<'_>,
    image: &Image,
    name: &str,
    field: &IdentityField,
) -> Option<ValueHere> {
    let origin = match field.origin {
        FieldOrigin::Name => "from the name".to_owned(),
        FieldOrigin::Default => "default".to_owned(),
        FieldOrigin::Unset => return None,
        FieldOrigin::Script => {
            let mut scripts = image.identified_by.iter();
            let assignment = scripts.find_map(|id| assigned_in(view, *id, name));
            let origin = assignment.map(|assignment| origin(view, assignment));
            origin.unwrap_or_else(|| "from a script".to_owned())
        }
    };
    Some(ValueHere {
        value: field.known().map(text::value),
        is_partial: false,
        origin,
    })
}

/// Last assignment of a variable in a script, outside of its functions.
fn assigned_in(view: &View<'_>, file: FileId, name: &str) -> Option<FileSpan> {
    let assign = view.tree.script(file)?.effects.last_assignment(name)?;
    let span = assign.name_span;
    Some(FileSpan { file, span })
}

/// File and line of an assignment: `config.sh:2`.
fn origin(view: &View<'_>, assignment: FileSpan) -> String {
    let path = display_path(view, assignment.file);
    let short = match path.strip_prefix("images/") {
        Some(rest) => rest.rsplit('/').next().unwrap_or(rest).to_owned(),
        None => path,
    };
    let start = assignment.range(view.tree).start();
    let file = view.tree.file(assignment.file);
    let line = file.map_or(0, |file| file.lines().line_of(start));
    format!("{short}:{}", line + 1)
}
