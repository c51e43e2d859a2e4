//! Masks a unit as a neighbour does: in the image's own script, or in its family's include.

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;

use super::console_getty::run_of;
use super::image_of;
use crate::apply::apply;
use crate::nix::line_end;
use crate::{Change, Edit, Note, Refusal};
use container::policy::{Policy, PolicyItem, Topic, neighbours};
use model::family::family_includes;
use model::view::View;
use model::{File, FileId, Image};
use syntax::bash::{HereDoc, ScriptFacts, UnitVerb};
use syntax::{TextRange, TextSize};

/// A unit that an image is to mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskUnit {
    /// Name of the image.
    pub image: SmolStr,
    /// The unit.
    pub unit: SmolStr,
    /// An image that masks it already.
    pub like: Option<SmolStr>,
    /// Script that it is masked in.
    pub into: MaskInto,
}

/// Script that a unit is masked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskInto {
    /// The image's `build.sh`.
    Image,
    /// An include of its family.
    Include,
}

/// A line that masks a unit, and the script that has it.
struct MaskedAt {
    edit: Edit,
    /// The function of the include.
    function: Option<SmolStr>,
    path: SmolStr,
}

/// Masks a unit in an image, in the style of the lines around. What else the image does to its
/// container stays as it is.
///
/// # Errors
/// When the image masks the unit, or nothing tells where it is to be masked.
pub fn mask_unit(view: &View<'_>, mask: &MaskUnit) -> Result<Change, Refusal> {
    let MaskUnit { unit, like, .. } = mask;
    let image = image_of(view, &mask.image)?;
    let before = policy(view, image)?;
    if masks(&before, unit) {
        return Err(Refusal(format!("`{}` masks `{unit}` already", image.name)));
    }
    if unit.is_empty() || !unit.chars().all(is_of_unit) {
        return Err(Refusal(format!("`{unit}` is not the name of a unit")));
    }
    let candidates = candidates(view, image, mask);
    let found = candidates.into_iter().find(|at| {
        let tree = apply(view.tree, std::slice::from_ref(&at.edit));
        let after = View {
            tree: &tree,
            ..*view
        };
        policy(&after, image).is_ok_and(|policy| is_what_was_asked(&before, &policy, unit))
    });
    let found = found.ok_or_else(|| refusal(mask))?;
    let mut notes = Vec::new();
    if mask.into == MaskInto::Include {
        notes.extend(others_note(view, image, &found, unit));
    }
    Ok(Change {
        title: title(mask, &found),
        edits: vec![found.edit],
        verify: Vec::new(),
        notes,
        image: image.name.clone(),
        like: like.clone(),
    })
}

/// Returns the title under which masking a unit is offered; `None` where no line is like the one that
/// it would get.
pub fn mask_title(view: &View<'_>, mask: &MaskUnit) -> Option<String> {
    let image = view.model.images.get(&mask.image)?;
    let candidates = candidates(view, image, mask);
    candidates.first().map(|found| title(mask, found))
}

/// Returns the changes that mask a unit as a neighbour of the image does: in its own script, and in an
/// include of its family. None where no neighbour masks it, or the image does already.
pub fn mask_as_neighbour(view: &View<'_>, image: &Image, unit: &str) -> Vec<Change> {
    let masking = names_by_nearness(view, image, unit).find_map(|name| {
        let other = view.model.images.get(&name)?;
        let policy = Policy::of_image(view, other)?;
        let mut masked = policy.items.into_iter().filter(is_mask);
        let item = masked.find(|item| bare_unit(&item.name) == bare_unit(unit))?;
        Some((item.name, name))
    });
    let Some((unit, like)) = masking else {
        return Vec::new();
    };
    let changes = [MaskInto::Image, MaskInto::Include].map(|into| {
        let mask = MaskUnit {
            image: image.name.clone(),
            unit: unit.clone(),
            like: Some(like.clone()),
            into,
        };
        mask_unit(view, &mask).ok()
    });
    changes.into_iter().flatten().collect()
}

/// Returns the names of the image's neighbours, then of others that read a script which masks the unit.
fn names_by_nearness(view: &View<'_>, image: &Image, unit: &str) -> impl Iterator<Item = SmolStr> {
    let is_masked_by = |file: &FileId| {
        let facts = view.tree.script(*file).filter(|facts| !facts.is_stale);
        let mut units = facts.into_iter().flat_map(ScriptFacts::units);
        units.any(|(_, found)| {
            found.verb == UnitVerb::Mask && bare_unit(&found.unit) == bare_unit(unit)
        })
    };
    let others = view.model.images.values().filter(move |other| {
        let own = view.model.directories.get(&other.directory);
        let build = own.and_then(|directory| directory.build);
        other.name != image.name && build.iter().chain(&other.summary.reach).any(is_masked_by)
    });
    let near = neighbours(view, image).into_iter();
    near.map(|neighbour| neighbour.image)
        .chain(others.map(|other| other.name.clone()))
}

/// Returns the name of a unit as one may write it: a service needs no suffix.
pub fn bare_unit(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}

fn title(MaskUnit { unit, like, .. }: &MaskUnit, found: &MaskedAt) -> String {
    let of_function = match &found.function {
        Some(function) => format!("`{function}` of {}", found.path),
        None => found.path.to_string(),
    };
    let as_like = like.as_ref().map(|like| format!(", as `{like}` does"));
    format!(
        "Mask `{unit}` in {of_function}{}",
        as_like.unwrap_or_default()
    )
}

fn is_of_unit(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.@:\\".contains(c)
}

fn refusal(mask: &MaskUnit) -> Refusal {
    let MaskUnit { image, unit, .. } = mask;
    Refusal(match mask.into {
        MaskInto::Image => format!(
            "nothing in `build.sh` of `{image}` tells where `{unit}` is to be masked: append \
             `systemctl mask {unit}` to the container's script by hand"
        ),
        MaskInto::Include => format!(
            "no include of `{image}` masks units in a function that it calls: mask `{unit}` in its \
             `build.sh`"
        ),
    })
}

fn policy(view: &View<'_>, image: &Image) -> Result<Policy, Refusal> {
    let policy = Policy::of_image(view, image);
    policy.ok_or_else(|| Refusal(format!("`{}` has no `build.sh`", image.name)))
}

fn masks(policy: &Policy, unit: &str) -> bool {
    policy.items.iter().any(|item| is_mask_of(item, unit))
}

fn is_mask_of(item: &PolicyItem, unit: &str) -> bool {
    is_mask(item) && item.name == unit
}

fn is_mask(item: &PolicyItem) -> bool {
    item.topic == Topic::Unit && item.action == "mask"
}

/// Returns whether a unit is masked, and nothing else is another thing than before.
fn is_what_was_asked(before: &Policy, after: &Policy, unit: &str) -> bool {
    let done = |policy: &Policy| {
        let items = policy.items.iter();
        let items = items.filter(|item| !is_mask_of(item, unit));
        let items = items.map(|item| {
            let PolicyItem {
                topic,
                action,
                name,
                details,
                is_conditional,
                ..
            } = item.clone();
            (topic, action, name, details, is_conditional)
        });
        let init = policy.init.as_ref().map(|(command, _)| command.clone());
        (items.collect::<Vec<_>>(), init)
    };
    masks(after, unit) && done(before) == done(after)
}

/// Returns the lines that may mask a unit, the best one first.
fn candidates(view: &View<'_>, image: &Image, mask: &MaskUnit) -> Vec<MaskedAt> {
    let directory = view.model.directories.get(&image.directory);
    let build = directory.and_then(|directory| directory.build);
    match mask.into {
        MaskInto::Image => build.map_or_else(Vec::new, |build| in_script(view, build, &mask.unit)),
        MaskInto::Include => in_includes(view, image, &mask.unit),
    }
}

/// Returns a line after the last one that masks a unit, or else one at the end of the last text that is
/// appended, or one in a text of its own.
fn in_script(view: &View<'_>, build: FileId, unit: &str) -> Vec<MaskedAt> {
    let (Some(file), Some(facts)) = (view.tree.file(build), view.tree.script(build)) else {
        return Vec::new();
    };
    let own = facts
        .heredocs
        .iter()
        .filter(|heredoc| heredoc.function.is_none());
    let own: Vec<&HereDoc> = own.collect();
    let after_last = own
        .iter()
        .rev()
        .find_map(|heredoc| after_last_mask(file, heredoc, unit));
    let appended = || {
        let run = run_of(view.tree, build)?;
        let line = file.lines().start(file.lines().line_of(run.start()))?;
        if !file
            .slice(TextRange::new(line, run.start()))
            .trim()
            .is_empty()
        {
            return None;
        }
        let is_before =
            |heredoc: &&&HereDoc| heredoc.body.end() <= line && is_appended(file, heredoc);
        let end = line_end(&file.text);
        Some(match own.iter().rev().find(is_before) {
            Some(last) => (last.body.end(), format!("systemctl mask {unit}{end}")),
            None => {
                let before = file.slice(TextRange::up_to(line));
                let is_apart = before.is_empty() || before.ends_with(&format!("{end}{end}"));
                let blank = if is_apart { end } else { "" };
                let text =
                    format!("configure-append <<EOF{end}systemctl mask {unit}{end}EOF{end}{blank}");
                (line, text)
            }
        })
    };
    let found = after_last.or_else(appended);
    let found = found.map(|inserted| masked_at(build, file, None, inserted));
    found.into_iter().collect()
}

/// Returns whether a here-document is what `configure-append` appends.
fn is_appended(file: &File, heredoc: &HereDoc) -> bool {
    let line = file.lines().line_of(heredoc.opened.start());
    let bounds = file.lines().start(line).zip(file.lines().start(line + 1));
    let line = bounds.map(|(start, end)| file.slice(TextRange::new(start, end)));
    line.is_some_and(|line| {
        line.split_whitespace().next() == Some("configure-append") && !line.contains('|')
    })
}

/// Returns the lines after the last one that masks a unit in a function that the image calls: those of
/// functions first that the fewest images call.
fn in_includes(view: &View<'_>, image: &Image, unit: &str) -> Vec<MaskedAt> {
    let mut found: Vec<(usize, MaskedAt)> = Vec::new();
    for include in family_includes(view, image) {
        let (Some(file), Some(facts)) = (view.tree.file(include), view.tree.script(include)) else {
            continue;
        };
        for heredoc in facts.heredocs.iter().rev() {
            let Some(index) = heredoc.function else {
                continue;
            };
            let function = (include, index);
            if !image.summary.called.contains(&function) {
                continue;
            }
            let Some(inserted) = after_last_mask(file, heredoc, unit) else {
                continue;
            };
            let images = view.model.images.values();
            let callers = images.filter(|image| image.summary.called.contains(&function));
            let position = usize::try_from(index).ok();
            let name = position.and_then(|index| facts.effects.functions.get(index));
            let name = name.map(|function| function.name.clone());
            found.push((callers.count(), masked_at(include, file, name, inserted)));
        }
    }
    found.sort_by_key(|(callers, _)| *callers);
    found.into_iter().map(|(_, at)| at).collect()
}

fn masked_at(
    id: FileId,
    file: &File,
    function: Option<SmolStr>,
    (at, new_text): (TextSize, String),
) -> MaskedAt {
    let range = TextRange::empty(at);
    let edit = Edit::Text {
        file: id,
        range,
        new_text,
    };
    let name = file.path.rsplit('/').next().unwrap_or_default();
    MaskedAt {
        edit,
        function,
        path: SmolStr::new(name),
    }
}

/// Returns a line like the last one of a here-document that masks one unit, and the offset after that.
fn after_last_mask(file: &File, heredoc: &HereDoc, unit: &str) -> Option<(TextSize, String)> {
    let masked = heredoc.container.units.iter().rev();
    let masked = masked.filter(|action| action.verb == UnitVerb::Mask);
    let mut lines = masked.filter_map(|action| {
        let line = file.lines().line_of(action.range.start());
        let start = file.lines().start(line)?;
        let end = file.lines().start(line + 1)?;
        let before = file.slice(TextRange::new(start, action.range.start()));
        let after = file.slice(TextRange::new(action.range.end(), end));
        let mut words = before.split_whitespace();
        let is_alone = words.next()?.ends_with("systemctl") && words.next() == Some("mask");
        let is_plain =
            is_alone && words.all(|word| word.starts_with('-')) && after.trim().is_empty();
        is_plain.then(|| {
            (
                end,
                format!("{before}{unit}{}", after.trim_start_matches(' ')),
            )
        })
    });
    lines.next()
}

/// Returns a note on the other images that mask a unit with the include.
fn others_note(view: &View<'_>, image: &Image, found: &MaskedAt, unit: &str) -> Option<Note> {
    let Edit::Text { file, .. } = &found.edit else {
        return None;
    };
    let tree = apply(view.tree, std::slice::from_ref(&found.edit));
    let after = View {
        tree: &tree,
        ..*view
    };
    let mut seen = BTreeSet::from([&image.directory]);
    let images = view.model.images.values();
    let others = images.filter(|other| other.summary.reach.contains(file));
    let others: Vec<&Arc<Image>> = others
        .filter(|other| seen.insert(&other.directory))
        .collect();
    let changed = others.into_iter().filter(|other| {
        let is_masked = |view: &View<'_>| policy(view, other).is_ok_and(|p| masks(&p, unit));
        !is_masked(view) && is_masked(&after)
    });
    let names: Vec<String> = changed.map(|other| format!("`{}`", other.name)).collect();
    (!names.is_empty()).then(|| {
        Note::general(format!(
            "{} mask{} it as well from now on",
            names.join(", "),
            if names.len() == 1 { "s" } else { "" }
        ))
    })
}
