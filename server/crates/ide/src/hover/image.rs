//! Hover texts about images: identity, builder, directory, registration and tests.

use smol_str::SmolStr;

use super::text;
use crate::lookup::includes_of;
use model::identity::{FieldOrigin, IdentityField};
use model::view::{Joined, View};
use model::{FileId, Image};

/// Describes an image; `None` if there is none of that name.
pub(super) fn describe(view: &View<'_>, name: &str) -> Option<String> {
    let image = view.model.images.get(name)?;
    let mut facts = vec![identity(image)];
    let builder = image.identity.builder.fixed().filter(|b| !b.is_empty());
    if let Some(builder) = builder {
        let missing = match view.model.builders.contains_key(builder) {
            true => "",
            false => ", which does not exist",
        };
        facts.push(format!("Built in {}{missing}", text::code(builder)));
    }
    facts.extend(directory(view, image));
    let includes: Vec<&str> = includes_of(view, image).collect();
    if !includes.is_empty() {
        facts.push(format!("Reads {}", text::list(&includes)));
    }
    view.with_joined(|joined| {
        facts.extend(registrations(joined, name));
        facts.extend(rows(joined, name));
    });
    facts.extend(support(view, image));
    if let Some(before) = view.model.predecessor(image) {
        facts.push(format!("Comes after {}", text::code(&before.name)));
    }
    Some(format!(
        "Image {}\n\n{}",
        text::code(name),
        text::bullets(&facts)
    ))
}

/// Variables that identify an image, without those that have their defaults.
fn identity(image: &Image) -> String {
    // The builder has a line of its own.
    let fields = image
        .identity
        .fields()
        .filter(|(name, _)| *name != "BUILDER");
    let is_given =
        |field: &IdentityField| !matches!(field.origin, FieldOrigin::Default | FieldOrigin::Unset);
    let given = fields.filter(|(_, field)| is_given(field));
    let words: Vec<String> = given
        .map(|(name, field)| {
            let value = field.known().map(|value| value.with_stamps_as("DATE"));
            format!("{name}={}", value.as_deref().unwrap_or("?"))
        })
        .collect();
    text::code(&words.join(" "))
}

/// End of the standard support of an image's release, where it is known.
fn support(view: &View<'_>, image: &Image) -> Option<String> {
    let (distribution, release) = image.release()?;
    let support = view.support(distribution, &release)?;
    let verb = match support.end < view.today {
        true => "ended",
        false => "ends",
    };
    let likely = match support.certain {
        true => "",
        false => ", most likely",
    };
    Some(format!(
        "Standard support {verb} on {}{likely}",
        support.end
    ))
}

fn directory(view: &View<'_>, image: &Image) -> Option<String> {
    let directory = view.model.directories.get(&image.directory)?;
    let names = directory.names.iter();
    let others: Vec<&SmolStr> = names.filter(|name| **name != image.name).collect();
    if image.alias {
        let directory = text::code(&image.directory);
        let shared = match others.as_slice() {
            [] => String::new(),
            _ => format!(", shared with {}", text::few(&text::in_order(&others))),
        };
        return Some(format!("A link to the directory {directory}{shared}"));
    }
    (!others.is_empty()).then(|| {
        format!(
            "Its directory is shared with {}",
            text::few(&text::in_order(&others))
        )
    })
}

/// Entries of the repository that build an image.
fn registrations(joined: &Joined<'_>, name: &str) -> Vec<String> {
    let Some(registrations) = joined.registrations else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for registration in registrations.of_image(name) {
        let entry = &registration.entry;
        let key = format!("{}.{}", entry.distribution.value, entry.version.value);
        let key = text::code(&key);
        let tags: Vec<&SmolStr> = entry.tags.items.iter().map(|tag| &tag.value).collect();
        lines.push(match tags.as_slice() {
            [] => format!("Published as {key}"),
            _ => format!("Published as {key}, tags {}", text::list(&tags)),
        });
    }
    if lines.is_empty() && registrations.publishes(name) == Some(false) {
        lines.push("Not published".to_owned());
    }
    lines
}

/// Rows of the test table that lead to an image. Without the repository, none is known to.
fn rows(joined: &Joined<'_>, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for row in joined.table.iter().flat_map(|table| &table.rows) {
        let mut reached = row.published.iter().flatten();
        if !reached.any(|r| r.image.is_some_and(|image| image.name == name)) {
            continue;
        }
        let groups: Vec<&SmolStr> = row.groups.iter().map(|g| &g.name.value).collect();
        let groups = match groups.as_slice() {
            [] => "in no group".to_owned(),
            _ => format!("in {}", text::list(&groups)),
        };
        let key = text::code(&row.row.key.value);
        lines.push(format!("Tested by row {key}, {groups}"));
    }
    lines
}

/// Describes the file `abstract` of a directory; `None` for any other file.
pub(super) fn marker(view: &View<'_>, file: FileId) -> Option<String> {
    let path = view.tree.path(file)?;
    let directory = view.model.directory_of(view.tree, path)?;
    (directory.marker == Some(file)).then(|| {
        let images: Vec<&SmolStr> = directory.aliases.iter().collect();
        let shared = match images.as_slice() {
            [] => "It holds files that other images use.".to_owned(),
            _ => format!("It is shared by {}.", text::images(&images)),
        };
        format!(
            "**abstract**\n\nThis directory is not an image itself: no entry may build it, and it gets no VM test. {shared}"
        )
    })
}
