//! Hover texts about images: identity, builder, directory, registration and tests.

use smol_str::SmolStr;

use super::text::Fact;
use super::{text, variable};
use crate::lookup::includes_of;
use model::identity::{FieldOrigin, IdentityField};
use model::view::{Joined, View};
use model::{FileId, Image};

/// Describes an image; `None` if there is none of that name.
pub(super) fn describe(view: &View<'_>, name: &str) -> Option<String> {
    let image = view.model.images.get(name)?;
    let mut facts = directory(view, image);
    let includes: Vec<&str> = includes_of(view, image).collect();
    if !includes.is_empty() {
        facts.push(Fact::new("Reads", text::list(&includes)));
    }
    view.with_joined(|joined| {
        facts.extend(registrations(joined, name));
        facts.extend(rows(joined, name));
    });
    facts.extend(support(view, image));
    if let Some(before) = view.model.predecessor(image) {
        facts.push(Fact::new("Comes after", text::code(&before.name)));
    }
    let mut paragraphs = vec![format!("Image {}", text::code(name)), identity(view, image)];
    if !facts.is_empty() {
        paragraphs.push(text::facts(facts));
    }
    Some(paragraphs.join("\n\n"))
}

/// Table of the fields of an image's identity: first those that no script of the image sets.
fn identity(view: &View<'_>, image: &Image) -> String {
    let is_optional = |name: &str| name == "DATASETS";
    let fields = image.identity.fields().filter(|(name, field)| {
        // What only the runner reads need not be there.
        field.origin != FieldOrigin::Unset || !is_optional(name)
    });
    let rank = |field: &IdentityField| match field.origin {
        FieldOrigin::Unset => 0,
        FieldOrigin::Default => 1,
        FieldOrigin::Name => 2,
        FieldOrigin::Script => 3,
    };
    let mut fields: Vec<_> = fields.collect();
    fields.sort_by_key(|(_, field)| rank(field));
    let rows: Vec<[String; 3]> = fields
        .into_iter()
        .map(|(name, field)| {
            let Some(value) = variable::of_identity(view, image, name, field) else {
                return [text::code(name), "not set".to_owned(), String::new()];
            };
            let short = match field.fixed() {
                Some(builder) if name == "BUILDER" && is_unknown(view, builder) => {
                    format!("{}, which does not exist", value.short())
                }
                _ => value.short(),
            };
            [text::code(name), short, value.origin()]
        })
        .collect();
    text::table(["Field", "Value", "From"], &rows)
}

fn is_unknown(view: &View<'_>, builder: &str) -> bool {
    !view.model.builders.contains_key(builder)
}

/// End of the standard support of an image's release, where it is known.
fn support(view: &View<'_>, image: &Image) -> Option<Fact> {
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
    let says = format!("{verb} on {}{likely}", support.end);
    Some(Fact::new("Standard support", says))
}

fn directory(view: &View<'_>, image: &Image) -> Vec<Fact> {
    let Some(directory) = view.model.directories.get(&image.directory) else {
        return Vec::new();
    };
    let names = directory.names.iter();
    let others: Vec<&SmolStr> = names.filter(|name| **name != image.name).collect();
    let mut facts = Vec::new();
    if image.alias {
        facts.push(Fact::new("Links to", text::code(&image.directory)));
    }
    if !others.is_empty() {
        let others = text::few(&text::in_order(&others));
        facts.push(Fact::new("Directory shared with", others));
    }
    facts
}

/// Entries of the repository that build an image.
fn registrations(joined: &Joined<'_>, name: &str) -> Vec<Fact> {
    let Some(registrations) = joined.registrations else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    for registration in registrations.of_image(name) {
        let entry = &registration.entry;
        let key = format!("{}.{}", entry.distribution.value, entry.version.value);
        let key = text::code(&key);
        let tags: Vec<&SmolStr> = entry.tags.items.iter().map(|tag| &tag.value).collect();
        let says = match tags.as_slice() {
            [] => key,
            _ => format!("{key}, tags {}", text::list(&tags)),
        };
        facts.push(Fact::new("Published as", says));
    }
    if facts.is_empty() && registrations.publishes(name) == Some(false) {
        facts.push(Fact::missing("Published as", "not published"));
    }
    facts
}

/// Rows of the test table that lead to an image. Without the repository, none is known to.
fn rows(joined: &Joined<'_>, name: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
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
        facts.push(Fact::new("Tested by row", format!("{key}, {groups}")));
    }
    facts
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
