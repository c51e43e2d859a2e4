//! What a place comes to, to be shown beside it: who an image is, which image a row reaches.

use super::lenses::images_at;
use super::resolve::assignments;
use super::symbol::{Symbol, occurrences};
use model::image::trace_of;
use model::registration::Registration;
use model::trace::EventKind;
use model::value::Value;
use model::view::{Joined, View};
use model::{File, FileId};
use syntax::bash::{Assign, ScriptFacts};
use syntax::{TextRange, TextSize};

/// The kinds of hints that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Who an image is, and which release it resolves to.
    pub identity: bool,
    /// Which image a row reaches.
    pub rows: bool,
    /// Which image a member of a group reaches.
    pub members: bool,
    /// What a builder starts from.
    pub builder: bool,
}

impl Wanted {
    /// All of them, or none.
    pub fn all(on: bool) -> Wanted {
        Wanted {
            identity: on,
            rows: on,
            members: on,
            builder: on,
        }
    }
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it stands behind.
    pub offset: TextSize,
    /// What it says.
    pub label: String,
}

/// The hints of a part of a file, in the order of the text. A directory of images may have been
/// opened under the name of one of its images.
pub fn hints(
    view: &View<'_>,
    id: FileId,
    part: TextRange,
    wanted: Wanted,
    opened: Option<&str>,
) -> Vec<Hint> {
    let Some(file) = view.tree.file(id).filter(|file| !file.is_stale()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(facts) = file.script() {
        if wanted.identity {
            found.extend(identity(view, id, file, facts, opened));
            found.extend(releases(view, id, file, facts, opened));
        }
        if wanted.builder {
            found.extend(builders(view, id, file));
        }
    } else if file.test_table().is_some() {
        view.with_joined(|joined| of_table(joined, file, wanted, &mut found));
    }
    found.retain(|hint| part.contains_inclusive(hint.offset));
    found.sort_by_key(|hint| hint.offset);
    found
}

/// The end of the line that a place is on, without blanks.
fn end_of_line(file: &File, at: TextSize) -> TextSize {
    let line = file.lines().range(file.lines().line_of(at), &file.text);
    line.start() + TextSize::of(file.slice(line).trim_end())
}

fn shown(value: &Value) -> String {
    value.with_stamps_as("DATE")
}

/// Who the image of a `config.sh` is, unless the file says so itself.
fn identity(
    view: &View<'_>,
    id: FileId,
    file: &File,
    facts: &ScriptFacts,
    opened: Option<&str>,
) -> Option<Hint> {
    let directory = view.model.directory_of(view.tree, &file.path)?;
    let names = images_at(view, file, opened);
    let ([name], true) = (names.as_slice(), directory.config == Some(id)) else {
        return None;
    };
    let literal = |variable: &str| {
        let mut found = assignments(&facts.effects.body);
        found.any(|a| a.name == variable && a.value.literal().is_some_and(|v| !v.is_empty()))
    };
    if ["DISTNAME", "RELVER", "ARCH"].into_iter().all(literal) {
        return None;
    }
    let identity = &view.model.images.get(name)?.identity;
    let fields = [&identity.distname, &identity.relver, &identity.arch];
    let mut words = Vec::new();
    for field in fields {
        words.push(shown(field.known()?));
    }
    words.retain(|word| !word.is_empty());
    Some(Hint {
        offset: end_of_line(file, file.first_line().start()),
        label: words.join(" "),
    })
}

/// What `RELVER` comes to where it is put together.
fn releases(
    view: &View<'_>,
    id: FileId,
    file: &File,
    facts: &ScriptFacts,
    opened: Option<&str>,
) -> Vec<Hint> {
    let expanded: Vec<&Assign> = assignments(&facts.effects.body)
        .filter(|a| a.name == "RELVER" && a.value.literal().is_none())
        .filter(|a| !facts.range(a.value.span).is_empty())
        .collect();
    if expanded.is_empty() {
        return Vec::new();
    }
    let builder = view.model.builders.values().find(|b| b.config == Some(id));
    let names = images_at(view, file, opened);
    let mut found = Vec::new();
    for assign in expanded {
        let value = match (builder, names.as_slice()) {
            // Of a builder only the end is known.
            (Some(builder), _) if assignments_of(facts, "RELVER") == 1 => {
                builder.base.relver.known().cloned()
            }
            (None, [_, ..]) => same_in_all(view, id, assign, &names),
            _ => None,
        };
        if let Some(value) = value {
            found.push(Hint {
                offset: end_of_line(file, facts.range(assign.value.span).end()),
                label: format!("= {}", shown(&value)),
            });
        }
    }
    found
}

fn assignments_of(facts: &ScriptFacts, name: &str) -> usize {
    let found = assignments(&facts.effects.body);
    found.filter(|a| a.name == name).count()
}

/// The value of an assignment, if it is the same in all of these images.
fn same_in_all(
    view: &View<'_>,
    id: FileId,
    assign: &Assign,
    names: &[smol_str::SmolStr],
) -> Option<Value> {
    let mut known: Option<Value> = None;
    for name in names {
        let image = view.model.images.get(name)?;
        for event in trace_of(view.tree, view.model, image).events {
            let here = event.at.file == id && event.at.span == assign.name_span;
            if let (EventKind::Assigned { value, .. }, true) = (event.kind, here) {
                let value = value?;
                if known.as_ref().is_some_and(|known| *known != value) {
                    return None;
                }
                known = Some(value);
            }
        }
    }
    known
}

/// What builders start from, where they are named.
fn builders(view: &View<'_>, id: FileId, file: &File) -> Vec<Hint> {
    let mut found = Vec::new();
    for occurrence in occurrences(view, id) {
        let Symbol::Builder(name) = &occurrence.symbol else {
            continue;
        };
        let Some(builder) = view.model.builders.get(name) else {
            continue;
        };
        let base = &builder.base;
        let (Some(distribution), Some(release)) = (base.distname.known(), base.relver.known())
        else {
            continue;
        };
        let (distribution, release) = (shown(distribution), shown(release));
        if distribution.is_empty() || release.is_empty() {
            continue;
        }
        let image = view.with_joined(|joined| {
            let found = joined.registrations?.resolve(&distribution, &release)?;
            match found.as_slice() {
                [only] if !is_release(only, &release) => only.image_name(),
                _ => None,
            }
        });
        let image = image.map_or(String::new(), |image| format!(", now {image}"));
        found.push(Hint {
            offset: end_of_line(file, occurrence.range.end()),
            label: format!("starts from {distribution} {release}{image}"),
        });
    }
    found
}

/// Whether a release is that of an image, not a tag of it.
fn is_release(published: &Registration<'_>, release: &str) -> bool {
    let image = published.image;
    image.is_some_and(|image| image.identity.relver.fixed() == Some(release))
}

/// Which images rows and members of groups reach.
fn of_table(joined: &Joined<'_>, file: &File, wanted: Wanted, found: &mut Vec<Hint>) {
    let Some(table) = &joined.table else { return };
    let reached = |key: &str| {
        let mut rows = table.rows.iter().filter(|row| row.row.key.value == key);
        let row = rows.next().filter(|_| rows.next().is_none())?;
        Some((row.row, row.only()?.image_name()?))
    };
    if wanted.rows {
        for (row, image) in table
            .facts
            .rows
            .iter()
            .filter_map(|row| reached(&row.key.value))
        {
            // Behind the version, unless that is written somewhere else.
            let bindings = || std::iter::once(&row.binding).chain(&row.more_bindings);
            let offset = match &row.version {
                syntax::nix::NixField::Known(version)
                    if bindings().any(|b| b.contains_range(version.range)) =>
                {
                    version.range.end()
                }
                _ => row.binding.end(),
            };
            found.push(Hint {
                offset: end_of_line(file, offset),
                label: format!("-> {image}"),
            });
        }
    }
    if wanted.members {
        for member in table.facts.groups.iter().flat_map(|group| &group.members) {
            if let Some((_, image)) = reached(&member.key.value) {
                found.push(Hint {
                    offset: member.element.end(),
                    label: format!("-> {image}"),
                });
            }
        }
    }
}
