//! Images: who they are, and where they are published and tested.

use smol_str::SmolStr;

use super::helper::bullets;
use super::text;
use model::identity::FieldOrigin;
use model::view::{Joined, View};
use model::{FileId, Image};

/// What is known of an image; `None` where there is none of that name.
pub(super) fn describe(view: &View<'_>, name: &str) -> Option<String> {
    let image = view.model.images.get(name)?;
    let mut facts = vec![identity(image)];
    let builder = image.identity.builder.fixed().filter(|b| !b.is_empty());
    if let Some(builder) = builder {
        let missing = match view.model.builders.contains_key(builder) {
            true => "",
            false => ", which does not exist",
        };
        facts.push(format!("Built in `{builder}`{missing}"));
    }
    facts.extend(directory(view, image));
    let families: Vec<&str> = crate::includes_of(view, image).collect();
    if !families.is_empty() {
        facts.push(format!("Reads {}", text::list(&families)));
    }
    view.with_joined(|joined| published(joined, name, &mut facts));
    if let Some(before) = view.model.predecessor(image) {
        facts.push(format!("Comes after `{}`", before.name));
    }
    Some(format!("Image `{name}`\n\n{}", bullets(&facts)))
}

/// The fields that say who it is; what stands in by default is left out.
fn identity(image: &Image) -> String {
    let fields = image.identity.fields();
    let said: Vec<String> = { fields.into_iter() }
        // The builder has a line of its own.
        .filter(|(name, _)| *name != "BUILDER")
        .filter(|(_, field)| !matches!(field.origin, FieldOrigin::Default | FieldOrigin::Unset))
        .map(|(name, field)| {
            let value = field.known().map(|value| value.with_stamps_as("DATE"));
            format!("{name}={}", value.as_deref().unwrap_or("?"))
        })
        .collect();
    text::code(&said.join(" "))
}

fn directory(view: &View<'_>, image: &Image) -> Option<String> {
    let directory = view.model.directories.get(&image.directory)?;
    let others: Vec<&SmolStr> = { directory.names.iter() }
        .filter(|name| **name != image.name)
        .collect();
    if image.alias {
        let target = &image.directory;
        let shared = match others.as_slice() {
            [] => String::new(),
            _ => format!(", shared with {}", text::few(&others)),
        };
        return Some(format!("A link to the directory `{target}`{shared}"));
    }
    (!others.is_empty()).then(|| format!("Its directory is shared with {}", text::few(&others)))
}

/// What the repository and the test table say of it.
fn published(joined: &Joined<'_>, name: &str, facts: &mut Vec<String>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    let entries: Vec<_> = registrations.of_image(name).collect();
    for published in &entries {
        let entry = &published.entry;
        let key = format!("{}.{}", entry.distribution.value, entry.version.value);
        let tags: Vec<&SmolStr> = entry.tags.items.iter().map(|tag| &tag.value).collect();
        facts.push(match tags.as_slice() {
            [] => format!("Published as `{key}`"),
            _ => format!("Published as `{key}`, tags {}", text::list(&tags)),
        });
    }
    if entries.is_empty() && registrations.publishes(name) == Some(false) {
        facts.push("Not published".to_owned());
    }
    let rows = joined.table.iter().flat_map(|table| &table.rows);
    for row in rows {
        let leads_here = { row.published.iter().flatten() }
            .any(|p| p.image.is_some_and(|image| image.name == name));
        if leads_here {
            let groups: Vec<&SmolStr> = row.groups.iter().map(|g| &g.name.value).collect();
            let groups = match groups.as_slice() {
                [] => "in no group".to_owned(),
                _ => format!("in {}", text::list(&groups)),
            };
            facts.push(format!("Tested by row `{}`, {groups}", row.row.key.value));
        }
    }
}

/// What the file `abstract` of a directory means.
pub(super) fn marker(view: &View<'_>, file: FileId) -> Option<String> {
    let path = view.tree.path(file)?;
    let directory = view.model.directory_of(view.tree, path)?;
    (directory.marker == Some(file)).then(|| {
        let images: Vec<&SmolStr> = directory.aliases.iter().collect();
        let shared = match images.as_slice() {
            [] => "It holds files that other images use.".to_owned(),
            _ => format!("It is shared by {}.", text::counted(&images, "image")),
        };
        format!(
            "**abstract**\n\nThis directory is no image itself: no entry may build it, and no VM test is made for it. {shared}"
        )
    })
}
