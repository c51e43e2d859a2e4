//! Completions of functions where a command can stand: those that are defined there come first,
//! the others bring the line that sources them.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{Completion, CompletionKind, range_of};
use crate::function;
use crate::lookup::{include_name, short_name};
use crate::resolve;
use edits::source_include;
use model::image::trace_of;
use model::trace::EventKind;
use model::view::View;
use model::{FileId, Image};
use syntax::{TextRange, TextSize};

/// Indentation of the line on which a command is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indent {
    /// The command begins its line.
    None,
    /// Something stands before it, if only blanks.
    Some,
}

/// Returns the functions that can be called at an offset of a script.
pub(super) fn completions(
    view: &View<'_>,
    file: FileId,
    written: &str,
    indent: Indent,
    offset: TextSize,
) -> Vec<Completion> {
    let range = range_of(written, offset);
    let defined = sourced_before(view, file, offset);
    let readers = resolve::readers(view, file);
    let reach: FxHashSet<FileId> = readers
        .flat_map(|image| image.summary.reach.iter().copied())
        .collect();
    let is_of_image = is_of_image(view, file);
    let mut completions: Vec<Completion> = Vec::new();
    let mut seen: FxHashSet<SmolStr> = FxHashSet::default();
    let others = view
        .model
        .includes
        .iter()
        .filter(|id| !defined.contains(id));
    for id in defined.iter().chain(others) {
        let is_defined = defined.contains(id);
        let rank = match (is_defined, reach.contains(id)) {
            (true, _) if *id == file => 10,
            (true, _) => 11,
            (false, true) => 13,
            (false, false) if is_of_image => 14,
            // An include leaves it to the images to source others, and a builder sources none.
            (false, false) => continue,
        };
        let facts = view.tree.script(*id);
        for function in facts.into_iter().flat_map(|facts| &facts.effects.functions) {
            let name = &function.name;
            let is_hidden = match is_defined {
                true => !seen.insert(name.clone()),
                false => seen.contains(name),
            };
            if is_hidden {
                continue;
            }
            let mut completion = helper(view, *id, name, indent, range).rank(rank);
            if !is_defined && is_of_image {
                completion.additional_edit = source(view, file, *id, range);
            }
            completions.push(completion);
        }
    }
    completions
}

fn helper(view: &View<'_>, id: FileId, name: &str, indent: Indent, range: TextRange) -> Completion {
    let mut completion = Completion::new(CompletionKind::Helper, name, range)
        .detail(short_name(view, id))
        .doc("helper", name);
    let found = function::find(view, id, name);
    let reads_stdin = found.is_some_and(|found| function::signature(view, found).stdin);
    // An indented delimiter would not end the here-document.
    if reads_stdin && indent == Indent::None {
        // Bash lets a name contain what a snippet would expand.
        let escape = |c: char| "\\$}".contains(c).then_some('\\').into_iter().chain([c]);
        let name: String = name.chars().flat_map(escape).collect();
        completion.snippet = Some(format!("{name} <<EOF\n$0\nEOF"));
    }
    completion
}

/// Edit that sources an include, unless it would touch the text that is being completed.
fn source(
    view: &View<'_>,
    file: FileId,
    include: FileId,
    completed: TextRange,
) -> Option<(TextRange, String)> {
    let name = include_name(view, include)?;
    let (at, line) = source_include(view.tree, file, completed.start(), name)?;
    if at.start() != completed.start() {
        return Some((at, line));
    }
    // Two edits at one offset have no order: the line goes to the end of the one before.
    let script = view.tree.file(file)?;
    let before = script.lines().line_of(at.start()).checked_sub(1)?;
    let end = script.lines().range(before, &script.text).end();
    let line = line.trim_end_matches('\n');
    Some((TextRange::empty(end), format!("\n{line}")))
}

/// Tells whether a script is in the directory of an image.
fn is_of_image(view: &View<'_>, file: FileId) -> bool {
    let path = view.tree.path(file);
    path.is_some_and(|path| view.model.directory_of(view.tree, path).is_some())
}

/// Files whose functions are defined at an offset: the script's own, `common.sh`, and what was
/// sourced before it.
fn sourced_before(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<FileId> {
    let mut found = vec![file];
    let path = view.tree.path(file);
    let is_builder = path.is_some_and(|path| path.contains("builders/"));
    let common = view.model.common.filter(|_| !is_builder);
    found.extend(common.filter(|id| *id != file));
    if is_of_image(view, file)
        && let Some(image) = resolve::readers(view, file).next()
    {
        for id in traced(view, image, file, offset) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

/// Files that an image has sourced when its script gets to an offset.
fn traced(view: &View<'_>, image: &Image, file: FileId, offset: TextSize) -> Vec<FileId> {
    let events = trace_of(view.tree, view.model, image).events;
    let last = events
        .iter()
        .rposition(|event| event.at.file == file && event.at.range(view.tree).start() < offset);
    // The last statement before the offset has finished: everything it does counts, up to the
    // next one of the same script.
    let end = last.map_or(0, |last| {
        let mut later = events.iter().enumerate().skip(last + 1);
        let next = later.find(|(_, event)| event.at.file == file);
        next.map_or(events.len(), |(at, _)| at)
    });
    let sourced = events
        .iter()
        .take(end)
        .filter_map(|event| match event.kind {
            EventKind::Sourced { file } => Some(file),
            _ => None,
        });
    sourced.collect()
}
