//! Inlay hints: identity of an image, release of a builder's base, image that a row reaches.

use super::lookup::{images_at, says};
use super::occurrences::{Symbol, occurrences};
use super::resolve::assignments;
use smol_str::SmolStr;

use model::image::trace_of;
use model::registration::Registration;
use model::trace::EventKind;
use model::value::Value;
use model::view::{Joined, View};
use model::{File, FileId};
use syntax::bash::{Assign, ScriptFacts};
use syntax::nix::NixField;
use syntax::{TextRange, TextSize};

/// Kinds of inlay hints that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlayHintSettings {
    /// Identity of an image, and the release that its `RELVER` comes to.
    pub identity: bool,
    /// Image that a row reaches.
    pub rows: bool,
    /// Image that a member of a group reaches.
    pub members: bool,
    /// Image that a builder starts from.
    pub builder: bool,
}

impl InlayHintSettings {
    /// All kinds.
    pub const ALL: InlayHintSettings = InlayHintSettings {
        identity: true,
        rows: true,
        members: true,
        builder: true,
    };

    /// No kind.
    pub const NONE: InlayHintSettings = InlayHintSettings {
        identity: false,
        rows: false,
        members: false,
        builder: false,
    };
}

/// Text that is shown within a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlayHint {
    /// Position in the file, in bytes, before which it is shown.
    pub offset: TextSize,
    /// The text.
    pub label: String,
}

/// Returns the hints in a range of a file, in the order of the text. `opened` is the name of the
/// directory under which the client opened the file: images can share one.
pub fn hints(
    view: &View<'_>,
    id: FileId,
    range: TextRange,
    settings: InlayHintSettings,
    opened: Option<&str>,
) -> Vec<InlayHint> {
    let Some(file) = view.tree.file(id).filter(|file| !file.is_stale()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(facts) = file.script() {
        let script = Script {
            view,
            id,
            file,
            facts,
        };
        if settings.identity {
            let images = images_at(view, file, opened);
            found.extend(script.identity(&images));
            found.extend(script.releases(&images));
        }
        if settings.builder {
            found.extend(script.builders());
        }
    } else if file.test_table().is_some() {
        view.with_joined(|joined| of_table(joined, file, settings, &mut found));
    }
    found.retain(|hint| range.contains_inclusive(hint.offset));
    found.sort_by_key(|hint| hint.offset);
    found
}

/// End of the line that an offset is on, without trailing blanks.
fn end_of_line(file: &File, offset: TextSize) -> TextSize {
    let line = file.lines().line_of(offset);
    let range = file.lines().range(line, &file.text);
    range.start() + TextSize::of(file.slice(range).trim_end())
}

fn shown(value: &Value) -> String {
    value.with_stamps_as("DATE")
}

/// Script for which hints are made.
struct Script<'a, 'v> {
    view: &'a View<'v>,
    id: FileId,
    file: &'a File,
    facts: &'a ScriptFacts,
}

impl Script<'_, '_> {
    fn hint(&self, offset: TextSize, label: String) -> InlayHint {
        InlayHint {
            offset: end_of_line(self.file, offset),
            label,
        }
    }

    /// Identity of the image of a `config.sh`, unless the file spells it out.
    fn identity(&self, images: &[SmolStr]) -> Option<InlayHint> {
        let view = self.view;
        let directory = view.model.directory_of(view.tree, &self.file.path)?;
        let ([name], true) = (images, directory.config == Some(self.id)) else {
            return None;
        };
        let is_literal = |variable: &str| {
            let mut assigns = assignments(&self.facts.effects.body);
            assigns.any(|a| a.name == variable && a.value.literal().is_some_and(|v| !v.is_empty()))
        };
        if ["DISTNAME", "RELVER", "ARCH"].into_iter().all(is_literal) {
            return None;
        }
        let identity = &view.model.images.get(name)?.identity;
        let mut words = Vec::new();
        for field in [&identity.distname, &identity.relver, &identity.arch] {
            words.push(shown(field.known()?));
        }
        words.retain(|word| !word.is_empty());
        Some(self.hint(self.file.first_line().start(), words.join(" ")))
    }

    /// Values of `RELVER`, where it is not written out.
    fn releases(&self, images: &[SmolStr]) -> Vec<InlayHint> {
        let assigns = assignments(&self.facts.effects.body);
        let assigns: Vec<&Assign> = assigns.filter(|a| a.name == "RELVER").collect();
        let mut builders = self.view.model.builders.values();
        let builder = builders.find(|b| b.config == Some(self.id));
        let mut found = Vec::new();
        for assign in &assigns {
            let written = self.facts.range(assign.value.span);
            if assign.value.literal().is_some() || written.is_empty() {
                continue;
            }
            let value = match (builder, images) {
                // Of a builder only the last value is known.
                (Some(builder), _) if assigns.len() == 1 => builder.base.relver.known().cloned(),
                (None, [_, ..]) => self.value_in_all(assign, images),
                _ => None,
            };
            if let Some(value) = value {
                found.push(self.hint(written.end(), format!("= {}", shown(&value))));
            }
        }
        found
    }

    /// Value of an assignment, if it is the same in all of these images.
    fn value_in_all(&self, assign: &Assign, images: &[SmolStr]) -> Option<Value> {
        let view = self.view;
        let mut known: Option<Value> = None;
        for name in images {
            let image = view.model.images.get(name)?;
            for event in trace_of(view.tree, view.model, image).events {
                let is_here = event.at.file == self.id && event.at.span == assign.name_span;
                if let (EventKind::Assigned { value, .. }, true) = (event.kind, is_here) {
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

    /// Releases that builders start from, where the builders are named.
    fn builders(&self) -> Vec<InlayHint> {
        let mut found = Vec::new();
        for occurrence in occurrences(self.view, self.id) {
            let Symbol::Builder(name) = &occurrence.symbol else {
                continue;
            };
            if let Some(label) = base_of(self.view, name) {
                found.push(self.hint(occurrence.range.end(), label));
            }
        }
        found
    }
}

/// `starts from debian stable, now debian-13`
fn base_of(view: &View<'_>, builder: &str) -> Option<String> {
    let base = &view.model.builders.get(builder)?.base;
    let distribution = shown(base.distname.known()?);
    let release = shown(base.relver.known()?);
    if distribution.is_empty() || release.is_empty() {
        return None;
    }
    let image = view.with_joined(|joined| {
        let found = joined.registrations?.resolve(&distribution, &release)?;
        match found.as_slice() {
            [only] if !is_release(only, &release) => only.image_name(),
            _ => None,
        }
    });
    let image = image.map_or(String::new(), |image| format!(", now {image}"));
    Some(format!("starts from {distribution} {release}{image}"))
}

/// Tells whether a text is the release of an image, rather than a tag of it.
fn is_release(registration: &Registration<'_>, release: &str) -> bool {
    let image = registration.image;
    image.is_some_and(|image| image.identity.relver.fixed() == Some(release))
}

/// Images that rows and members of groups reach.
fn of_table(
    joined: &Joined<'_>,
    file: &File,
    settings: InlayHintSettings,
    found: &mut Vec<InlayHint>,
) {
    let Some(table) = &joined.table else { return };
    let reached = |key: &str| {
        let mut rows = table.rows.iter().filter(|row| row.row.key.value == key);
        let row = rows.next().filter(|_| rows.next().is_none())?;
        // What the key says is not said again.
        row.only()?.image_name().filter(|image| !says(key, image))
    };
    if settings.rows {
        for resolved in &table.rows {
            let row = resolved.row;
            let Some(image) = reached(&row.key.value) else {
                continue;
            };
            // After the version, unless that is written outside of the row.
            let mut bindings = std::iter::once(&row.binding).chain(&row.more_bindings);
            let offset = match &row.version {
                NixField::Known(version) if bindings.any(|b| b.contains_range(version.range)) => {
                    version.range.end()
                }
                _ => row.binding.end(),
            };
            found.push(InlayHint {
                offset: end_of_line(file, offset),
                label: format!("-> {image}"),
            });
        }
    }
    if settings.members {
        for member in table.facts.groups.iter().flat_map(|group| &group.members) {
            if let Some(image) = reached(&member.key.value) {
                found.push(InlayHint {
                    offset: member.element.end(),
                    label: format!("-> {image}"),
                });
            }
        }
    }
}
