//! What can be changed in the checkout about a cause, where there is one answer that follows from what
//! is there.

use smol_str::SmolStr;

use crate::markers::is_name;
use crate::origin::rows_of;
use crate::phase::Phase;
use crate::report::{Cause, TestRun};
use crate::sources::Sources;
use edits::{
    Change, Fix, FixKind, console_getty_call, install_tool, mask_as_neighbour, source_include,
};
use model::console_getty;
use model::view::{Systemd, View};
use syntax::TextRange;

/// Returns the fixes of a cause of a test's failure, the preferred one first.
pub fn fixes_of(view: View<'_>, test_run: &TestRun, cause: &Cause) -> Vec<Fix> {
    let sources = Sources::of(view, test_run, cause);
    // It is from a log: nothing else than a name is written into a script.
    let name = cause.capture("name").filter(|name| is_name(name));
    let mut fixes: Vec<Fix> = cause
        .entry
        .leads_to
        .iter()
        .filter_map(|kind| match kind.split_once(':').unwrap_or((kind, "")) {
            ("tool", _) => install_tool(&view, sources.builder?, name?),
            // The image has no part in it.
            _ if cause.phase == Phase::BuilderSetup => None,
            ("helper", _) => source_helper(&sources, name?),
            ("variable", "RELNAME") => correct_codename(&sources),
            ("row", group) if !group.is_empty() => move_row(&sources, group),
            ("console-getty", _) => set_up_console_getty(&sources),
            _ => None,
        })
        .collect();
    fixes.extend(masks(&sources, cause));
    fixes
}

/// Masks the unit that failed, where the catalogue says that it helps and a neighbour does it.
fn masks(sources: &Sources<'_>, cause: &Cause) -> Vec<Fix> {
    let kinds = cause.entry.leads_to.iter();
    let mut units = kinds.filter_map(|kind| match kind.split_once(':') {
        Some(("mask", unit)) => Some(unit),
        None if kind == "mask" => cause.capture("unit"),
        _ => None,
    });
    if cause.phase == Phase::BuilderSetup {
        return Vec::new();
    }
    let (Some(image), Some(unit)) = (sources.image, units.next()) else {
        return Vec::new();
    };
    if cause.is_of_needed_unit() {
        return Vec::new();
    }
    let changes = mask_as_neighbour(&sources.view, image, unit);
    let fix = |change: Change| Fix::new(change.title, FixKind::Edits(change.edits));
    changes.into_iter().map(fix).collect()
}

/// Calls the helper that sets up the console, where the systemd of the image is one that needs it.
fn set_up_console_getty(sources: &Sources<'_>) -> Option<Fix> {
    let (view, image) = (&sources.view, sources.image?);
    let is_in_need = matches!(view.systemd(image), Systemd::WithoutV1(_));
    if !is_in_need || console_getty::calls_it(view.tree, image) {
        return None;
    }
    let edits = console_getty_call(view.tree, view.model, image)?;
    let title = format!("Add `{}`", console_getty::HELPER);
    Some(Fix::new(title, FixKind::Edits(edits)))
}

/// Sources the only include that defines a helper.
fn source_helper(sources: &Sources<'_>, helper: &str) -> Option<Fix> {
    let view = &sources.view;
    let [include] = view.model.helpers.get(helper)?.as_slice() else {
        return None;
    };
    let image = sources.image?;
    if image.summary.reach.contains(include) {
        return None;
    }
    let build = view.model.directories.get(&image.directory)?.build?;
    let undefined = image
        .summary
        .undefined
        .iter()
        .find(|call| call.name == helper)?;
    let before = undefined.root.range(view.tree).start();
    let name = view.tree.file(*include)?.path.rsplit('/').next()?;
    let (range, line) = source_include(view.tree, build, before, name)?;
    Some(Fix::replace(format!("Source `{name}`"), build, range, line))
}

/// Corrects the codename where the release is known to have another one.
fn correct_codename(sources: &Sources<'_>) -> Option<Fix> {
    let view = &sources.view;
    let image = sources.image?;
    let (distribution, release) = image.release()?;
    let codename = view.codename(distribution, &release)?;
    let build = view.model.directories.get(&image.directory)?.build?;
    let facts = view.tree.script(build)?;
    let written = facts
        .effects
        .last_assignment("RELNAME")?
        .value
        .literal()?
        .to_owned();
    let range = facts.value_range("RELNAME")?;
    let text = view.tree.file(build)?.slice(range);
    let at = text
        .find(&written)
        .filter(|_| written != codename && !written.is_empty())?;
    let start = range.start() + TextRange::up_to(u32::try_from(at).ok()?.into()).end();
    let length = u32::try_from(written.len()).ok()?;
    let title = format!("Change to `{codename}`, the codename of {distribution} {release}");
    Some(Fix::replace(
        title,
        build,
        TextRange::at(start, length.into()),
        codename,
    ))
}

/// Moves the row of the image to a group, where it has one row and is not in it.
fn move_row(sources: &Sources<'_>, group: &str) -> Option<Fix> {
    let rows = rows_of(sources);
    let [(key, _)] = rows.as_slice() else {
        return None;
    };
    let is_open = sources.view.with_joined(|joined| {
        let table = joined.table.as_ref();
        table.is_some_and(|table| {
            let row = table.rows.iter().find(|row| row.row.key.value == *key);
            table.has_group(group) && row.is_some_and(|row| !row.is_in(group))
        })
    });
    let kind = FixKind::Group {
        key: key.clone(),
        group: SmolStr::new(group),
    };
    is_open.then(|| Fix::new(format!("Move `{key}` to `{group}`"), kind))
}
