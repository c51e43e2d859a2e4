//! Hover texts in here-documents: names of the container's script, and what the builder makes of its
//! commands there.

use smol_str::SmolStr;

use super::{display_path, text};
use crate::heredocs::{self, ContainerName, Within, here_texts};
use crate::occurrences::Role;
use crate::resolve::{local_scope, readers};
use container::{Build, BuildCache, SegmentKind};
use model::data::unit_purpose;
use model::view::View;
use model::{File, FileId, FileRange, Image};
use syntax::{TextRange, TextSize};

/// Limit of the images whose builds are followed for one hover.
const MAX_BUILDS: usize = 8;
/// Limit of the different outputs, and of the definitions, that are listed.
const MAX_ROWS: usize = 5;

/// Describes what is at an offset of a here-document, with its range.
pub(super) fn describe(
    view: &View<'_>,
    builds: &BuildCache,
    file: FileId,
    offset: TextSize,
) -> Option<(TextRange, String)> {
    if let Some(name) = heredocs::name_at(view, file, offset) {
        return Some((name.range, of_container(view, file, &name)?));
    }
    let known = view.tree.file(file)?;
    let facts = known.script()?;
    if !facts.heredocs.iter().any(|h| h.body.contains(offset)) {
        return None;
    }
    if let Some((range, name)) = service_at(known, offset) {
        let purpose = unit_purpose(name).filter(|purpose| purpose.init == "openrc")?;
        let text = format!("Service {}: {}", text::code(name), purpose.text);
        return Some((range, text));
    }
    let range = expansion_at(view, file, offset)?;
    let code = text::code(&text::cut(known.slice(range).lines().next()?));
    let mut paragraphs = vec![code, ON_BUILDER.to_owned()];
    paragraphs.extend(outputs(view, builds, FileRange::new(file, range)));
    Some((range, paragraphs.join("\n\n")))
}

/// Returns the range of what the builder expands at an offset.
fn expansion_at(view: &View<'_>, file: FileId, offset: TextSize) -> Option<TextRange> {
    let heredocs = here_texts(view, file);
    let mut expansions = heredocs.iter().flat_map(|here| &here.expansions);
    expansions.find(|range| range.contains(offset)).copied()
}

/// Returns the service at an offset that a line adds to a runlevel of OpenRC, or takes from it.
fn service_at(file: &File, offset: TextSize) -> Option<(TextRange, &str)> {
    let line = file.lines().range(file.lines().line_of(offset), &file.text);
    let text = file.slice(line);
    let command = text.trim_start().strip_prefix("rc-update ")?;
    let (verb, _) = command.trim_start().split_once(' ')?;
    if !matches!(verb, "add" | "del" | "delete") {
        return None;
    }
    let before = text.get(..usize::from(offset.checked_sub(line.start())?))?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let start = before.trim_end_matches(is_part).len();
    let after = text.get(start..)?;
    let name = after.get(..after.find(|c| !is_part(c)).unwrap_or(after.len()))?;
    let at = line.start() + TextSize::try_from(start).ok()?;
    (!name.is_empty()).then(|| (TextRange::at(at, TextSize::of(name)), name))
}

/// Remark on what is expanded.
const ON_BUILDER: &str = "Expanded on the builder, when the text is generated.";

/// Returns a remark for a variable of the builder in a here-document: that it is expanded, and for
/// one of a function what it is in each image.
pub(super) fn remark(
    view: &View<'_>,
    builds: &BuildCache,
    (file, range): (FileId, TextRange),
    name: &str,
) -> Option<String> {
    let facts = view.tree.script(file)?;
    let mut heredocs = facts.heredocs.iter();
    if !heredocs.any(|h| !h.quoted && h.body.contains_range(range)) {
        return None;
    }
    // Others have their values already.
    let values = local_scope(view, name, file, range).and_then(|_| {
        let expansion = expansion_at(view, file, range.start())?;
        outputs(view, builds, FileRange::new(file, expansion))
    });
    let paragraphs = [Some(ON_BUILDER.to_owned()), values];
    let paragraphs: Vec<String> = paragraphs.into_iter().flatten().collect();
    Some(paragraphs.join("\n\n"))
}

/// Describes a function or variable of the container's script; `None` for a command that the script
/// does not define.
fn of_container(view: &View<'_>, file: FileId, name: &ContainerName) -> Option<String> {
    // Most names are defined near by, and an include may be read by a thousand images.
    let mut all = heredocs::references(view, file, name, Within::File);
    if all.is_empty() {
        all = heredocs::references(view, file, name, Within::Scripts);
    }
    let definitions = all.iter().filter(|(_, role)| *role == Role::Definition);
    let definitions: Vec<FileRange> = definitions.map(|(at, _)| *at).collect();
    if definitions.is_empty() && name.is_function {
        return None;
    }
    let (what, verb) = match name.is_function {
        true => ("A function of the container's script.", "Defined in"),
        false => ("A variable of the container's script.", "Set in"),
    };
    let mut paragraphs = vec![text::code(&name.name), what.to_owned()];
    let shown = definitions.iter().take(MAX_ROWS);
    let mut lines: Vec<String> = shown.map(|at| file_and_line(view, *at)).collect();
    lines.dedup();
    let more = definitions.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        lines.push(text::count(more, "more line"));
    }
    if !lines.is_empty() {
        paragraphs.push(format!("{verb} {}.", lines.join(", ")));
    }
    Some(paragraphs.join("\n\n"))
}

/// File and line of a range: `build.sh:12`.
fn file_and_line(view: &View<'_>, at: FileRange) -> String {
    let path = display_path(view, at.file);
    let file = view.tree.file(at.file);
    let line = file.map_or(0, |file| file.lines().line_of(at.range.start()));
    text::code(&format!("{path}:{}", line + 1))
}

/// Table of what a command of the builder prints into the text, image by image.
fn outputs(view: &View<'_>, builds: &BuildCache, at: FileRange) -> Option<String> {
    let mut found: Vec<(Option<String>, Vec<&SmolStr>)> = Vec::new();
    let facts = view.tree.script(at.file)?;
    let mut heredocs = facts.heredocs.iter();
    let function = heredocs.find(|h| h.body.contains_range(at.range))?.function;
    let calls = |image: &&Image| {
        let called = &image.summary.called;
        function.is_none_or(|index| called.binary_search(&(at.file, index)).is_ok())
    };
    let images: Vec<&Image> = readers(view, at.file).filter(calls).collect();
    for image in images.iter().copied().take(MAX_BUILDS) {
        let build = builds.build(view, image);
        for output in build.iter().flat_map(|build| outputs_in(build, at)) {
            match found.iter_mut().find(|(known, _)| *known == output) {
                Some((_, images)) => images.push(&image.name),
                None => found.push((output, vec![&image.name])),
            }
        }
    }
    // First what is not known.
    found.sort_by_key(|(output, _)| output.is_some());
    let more = found.len().saturating_sub(MAX_ROWS);
    let shown = found.iter().take(MAX_ROWS);
    let rows: Vec<[String; 2]> = shown
        .map(|(output, images)| [shown_output(output.as_deref()), text::few(images)])
        .collect();
    let mut table = (!rows.is_empty()).then(|| text::table(["Value", "Images"], &rows))?;
    if more > 0 {
        table.push_str(&format!("\n\nand {}", text::count(more, "more value")));
    }
    if images.len() > MAX_BUILDS {
        let of_all = text::count(images.len(), "image");
        table.push_str(&format!("\n\nThe first {MAX_BUILDS} of {of_all}."));
    }
    Some(table)
}

fn shown_output(output: Option<&str>) -> String {
    match output {
        None => "not known before the build".to_owned(),
        Some("") => "empty".to_owned(),
        Some(output) => text::code(&text::cut(&output.replace('\n', "\u{23ce}"))),
    }
}

/// What a command prints in the scripts of one build, each text once; `None` where a build alone
/// knows.
fn outputs_in(build: &Build, at: FileRange) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = Vec::new();
    for execution in build.container_scripts() {
        let shown = execution.script.with_sources();
        let mut output: Option<Option<String>> = None;
        let segments = shown.segments.iter().map(Some).chain([None]);
        for segment in segments {
            let own = segment.filter(|segment| segment.expansion == Some(at));
            match (own, output.as_mut()) {
                (Some(segment), _) => {
                    let range = std::ops::Range::<usize>::from(segment.range);
                    let text = shown.text.get(range).unwrap_or_default();
                    let is_known = segment.kind == SegmentKind::Value;
                    let before = output.take().unwrap_or_else(|| Some(String::new()));
                    output = Some(before.filter(|_| is_known).map(|before| before + text));
                }
                (None, Some(_)) => {
                    let output = output.take().flatten();
                    if !found.contains(&output) {
                        found.push(output);
                    }
                }
                (None, None) => {}
            }
        }
    }
    found
}
