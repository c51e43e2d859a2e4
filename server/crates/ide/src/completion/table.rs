//! What may stand in the test table: fields and values of rows, members of groups.

use smol_str::SmolStr;

use super::place::{self, Frame};
use super::repository::Writing;
use super::{Completion, CompletionKind};
use model::table::{CGROUP_GROUPS, INIT_GROUPS, Table};
use model::tree::TEST_TABLE;
use model::view::{Joined, View};

/// What may stand at the end of a text.
pub(super) fn items(view: &View<'_>, before: &str, after: &str) -> Vec<Completion> {
    let place = place::read(before);
    let Some(frame) = place.frame() else {
        return Vec::new();
    };
    let writing = Writing::new(&place, before, after);
    let path = place.names();
    let table = table_name(view);
    let is_value = place.is_value();
    view.with_joined(|joined| match path.as_slice() {
        [name, _key] if *name == table && !is_value && !frame.list && !place.in_string => {
            fields(&writing, frame)
        }
        [name, _key, "distribution"] if *name == table && is_value => {
            distributions(view, &writing, joined)
        }
        [name, _key, "version"] if *name == table && is_value => versions(&writing, frame, joined),
        [group] if frame.list && *group != table && !place.in_string => members(
            &writing,
            frame,
            group,
            &table,
            before,
            joined.table.as_ref(),
        ),
        _ => Vec::new(),
    })
}

/// What the groups call the table.
fn table_name(view: &View<'_>) -> SmolStr {
    let file = view.tree.id(TEST_TABLE).and_then(|id| view.tree.file(id));
    let facts = file
        .and_then(|f| f.test_table())
        .and_then(|p| p.facts.as_ref());
    facts
        .and_then(|f| f.table_name.clone())
        .unwrap_or_else(|| SmolStr::new_static("table"))
}

fn fields(writing: &Writing<'_>, frame: &Frame) -> Vec<Completion> {
    let is_there = |name: &str| frame.bindings.iter().any(|(known, _)| known == name);
    let items = { ["distribution", "version"].into_iter() }
        .filter(|name| !is_there(name))
        .map(|name| {
            let mut item = writing.name(CompletionKind::Option, name);
            item.snippet = Some(format!("{name} = \"$0\";"));
            item.insert(format!("{name} = \"\";"))
        });
    items.collect()
}

fn distributions(view: &View<'_>, writing: &Writing<'_>, joined: &Joined<'_>) -> Vec<Completion> {
    let published = { joined.registrations.iter() }.flat_map(|p| &p.published);
    let mut names: Vec<&str> = { published }
        .filter_map(|p| p.image?.identity.distname.fixed())
        .collect();
    if names.is_empty() {
        let images = view.model.images.values();
        names.extend(images.filter_map(|image| image.identity.distname.fixed()));
    }
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            writing
                .string(CompletionKind::Value, name)
                .doc("distribution", name)
        })
        .collect()
}

/// Versions and tags of the distribution that the row says, or of all of them; those that are
/// tested already last.
fn versions(writing: &Writing<'_>, frame: &Frame, joined: &Joined<'_>) -> Vec<Completion> {
    let given = frame
        .bindings
        .iter()
        .find(|(name, _)| name == "distribution");
    let Some(registrations) = joined.registrations else {
        return Vec::new();
    };
    let Some(distribution) = given.and_then(|(_, value)| value.as_deref()) else {
        return Vec::new();
    };
    let rows = joined.table.iter().flat_map(|table| &table.rows);
    let tested: Vec<&str> = { rows }
        .filter(|row| row.distribution() == Some(distribution))
        .filter_map(|row| row.version())
        .collect();
    let items = { registrations.versions_of(distribution).into_iter() }.map(|version| {
        let found = registrations
            .resolve(distribution, version)
            .unwrap_or_default();
        let names: Vec<SmolStr> = found.iter().filter_map(|p| p.image_name()).collect();
        let item = writing
            .string(CompletionKind::Value, version)
            .rank(u8::from(tested.contains(&version)))
            .detail(names.join(", "));
        match names.first() {
            Some(image) => item.doc("image", image),
            None => item,
        }
    });
    items.collect()
}

/// The rows that a group does not have; those that no other group of its axis has first.
fn members(
    writing: &Writing<'_>,
    frame: &Frame,
    group: &str,
    table_name: &str,
    before: &str,
    table: Option<&Table<'_>>,
) -> Vec<Completion> {
    let Some(table) = table.filter(|t| t.has_group(group)) else {
        return Vec::new();
    };
    let axis = [&CGROUP_GROUPS[..], &INIT_GROUPS[..]]
        .into_iter()
        .find(|axis| axis.contains(&group));
    let written = before.strip_suffix(writing.written()).unwrap_or(before);
    let qualified = frame.with || written.ends_with(&format!("{table_name}."));
    let items = { table.rows.iter() }
        .filter(|row| !frame.elements.contains(&row.row.key.value))
        .filter(|row| !row.is_in(group) || row.row.key.value == writing.written())
        .map(|row| {
            let key = &row.row.key.value;
            let groups: Vec<SmolStr> = { axis.into_iter() }
                .flat_map(|axis| row.of_axis(axis))
                .map(|g| g.name.value.clone())
                .collect();
            let item = writing
                .name(CompletionKind::Row, key)
                .rank(u8::from(!groups.is_empty()))
                .doc("row", key);
            let item = match groups.is_empty() {
                true => item,
                false => item.detail(format!("in {}", groups.join(", "))),
            };
            match qualified {
                true => item,
                false => item.insert(format!("{table_name}.{key}")),
            }
        });
    items.collect()
}
