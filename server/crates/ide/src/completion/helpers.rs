//! Functions where a command may stand: those that are defined there first; the others with the
//! line that sources them.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::{Item, ItemKind, range_of};
use crate::function;
use crate::{include_name, resolve};
use edits::source_include;
use model::image::trace_of;

use model::trace::EventKind;
use model::view::View;
use model::{FileId, Image};
use syntax::{TextRange, TextSize};

/// The functions that may be called at a place of a script.
pub(super) fn items(
    view: &View<'_>,
    file: FileId,
    written: &str,
    indented: bool,
    offset: TextSize,
) -> Vec<Item> {
    let range = range_of(written, offset);
    let near = sourced_before(view, file, offset);
    let reach: FxHashSet<FileId> = { resolve::readers(view, file) }
        .flat_map(|image| image.summary.reach.iter().copied())
        .collect();
    let own_image = is_own(view, file);
    let mut found: Vec<Item> = Vec::new();
    let mut seen: FxHashSet<SmolStr> = FxHashSet::default();
    let others = view.model.includes.iter().filter(|id| !near.contains(id));
    for id in near.iter().chain(others) {
        let rank = match (near.contains(id), reach.contains(id)) {
            (true, _) if *id == file => 10,
            (true, _) => 11,
            (false, true) => 13,
            (false, false) if own_image => 14,
            // Who sources it is not for an include to say, and a builder has none.
            (false, false) => continue,
        };
        for function in { view.tree.script(*id) }
            .into_iter()
            .flat_map(|facts| &facts.effects.functions)
        {
            let name = &function.name;
            let known = near.contains(id) && !seen.insert(name.clone());
            if known || (!near.contains(id) && seen.contains(name)) {
                continue;
            }
            let mut item = helper(view, *id, name, indented, range).rank(rank);
            if !near.contains(id) && own_image {
                item.also = source(view, file, *id, range);
            }
            found.push(item);
        }
    }
    found
}

fn helper(view: &View<'_>, id: FileId, name: &str, indented: bool, range: TextRange) -> Item {
    let path = view.tree.path(id).map(|p| p.as_str()).unwrap_or_default();
    let from = include_name(view, id).unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
    let mut item = Item::new(ItemKind::Helper, name, range)
        .detail(from)
        .doc("helper", name);
    let appends = { function::find(view, id, name) }
        .is_some_and(|found| function::signature(view, found).stdin);
    // Indented, the delimiter would not end it.
    if appends && !indented {
        item.snippet = Some(format!("{name} <<EOF\n$0\nEOF"));
    }
    item
}

/// Sources an include, if that does not touch what is being put in.
fn source(
    view: &View<'_>,
    file: FileId,
    include: FileId,
    main: TextRange,
) -> Option<(TextRange, String)> {
    let name = include_name(view, include)?;
    let (at, line) = source_include(view.tree, file, main.start(), name)?;
    if at.start() != main.start() {
        return Some((at, line));
    }
    // Two edits of one place have no order: it goes to the end of the line before.
    let found = view.tree.file(file)?;
    let before = found.lines().line_of(at.start()).checked_sub(1)?;
    let end = found.lines().range(before, &found.text).end();
    let line = line.trim_end_matches('\n');
    Some((TextRange::empty(end), format!("\n{line}")))
}

fn is_own(view: &View<'_>, file: FileId) -> bool {
    let path = view.tree.path(file);
    path.is_some_and(|path| view.model.directory_of(view.tree, path).is_some())
}

/// The files whose functions are defined at a place: the script's own, `common.sh`, and what was
/// sourced before.
fn sourced_before(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<FileId> {
    let mut found = vec![file];
    let is_builder = { view.tree.path(file) }.is_some_and(|path| path.contains("builders/"));
    let common = view.model.common.filter(|_| !is_builder);
    found.extend(common.filter(|id| *id != file));
    if is_own(view, file)
        && let Some(image) = resolve::readers(view, file).next()
    {
        traced(view, image, file, offset, &mut found);
    }
    found
}

fn traced(view: &View<'_>, image: &Image, file: FileId, offset: TextSize, found: &mut Vec<FileId>) {
    let trace = trace_of(view.tree, view.model, image);
    let here = trace
        .events
        .iter()
        .rposition(|event| event.at.file == file && event.at.range(view.tree).start() < offset);
    // What the last statement before the place does, it has done.
    let next = here.and_then(|here| {
        let later = trace.events.iter().enumerate().skip(here + 1);
        { later }
            .find(|(_, event)| event.at.file == file)
            .map(|(at, _)| at)
    });
    let end = match (here, next) {
        (None, _) => 0,
        (Some(_), Some(next)) => next,
        (Some(_), None) => trace.events.len(),
    };
    for event in trace.events.iter().take(end) {
        if let EventKind::Sourced { file } = event.kind
            && !found.contains(&file)
        {
            found.push(file);
        }
    }
}
