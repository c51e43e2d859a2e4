//! Completions in the test table: fields and values of rows, members of groups.

use smol_str::SmolStr;

use super::insertion_point::InsertionPoint;
use super::nix_context::{NixContext, NixLevel};
use super::{Completion, CompletionKind};
use model::order::natural;
use model::table::{CGROUP_GROUPS, INIT_GROUPS, ResolvedRow, Table};
use model::tree::TEST_TABLE;
use model::view::{Joined, View};

/// Returns the completions between two texts: the file up to the cursor, and the rest of the line.
pub(super) fn completions(view: &View<'_>, before: &str, after: &str) -> Vec<Completion> {
    let context = NixContext::read(before);
    let Some(level) = context.level() else {
        return Vec::new();
    };
    let point = InsertionPoint::new(&context, before, after);
    let path = context.names();
    let table = table_name(view);
    let is_value = context.is_value();
    view.with_joined(|joined| match path.as_slice() {
        [name, _key] if *name == table && !is_value && !level.is_list() && !context.in_string => {
            fields(&point, level)
        }
        [name, _key, "distribution"] if *name == table && is_value => {
            distributions(view, &point, joined)
        }
        [name, _key, "version"] if *name == table && is_value => versions(&point, level, joined),
        [group] if level.is_list() && *group != table && !context.in_string => {
            let Some(members) = Members::new(joined, group) else {
                return Vec::new();
            };
            let written = before.strip_suffix(point.written()).unwrap_or(before);
            let is_qualified = level.with || written.ends_with(&format!("{table}."));
            let prefix = match is_qualified {
                true => String::new(),
                false => format!("{table}."),
            };
            members.completions(&point, level, &prefix)
        }
        _ => Vec::new(),
    })
}

/// Name by which the groups refer to the table.
fn table_name(view: &View<'_>) -> SmolStr {
    let file = view.tree.id(TEST_TABLE).and_then(|id| view.tree.file(id));
    let parsed = file.and_then(|f| f.test_table());
    let facts = parsed.and_then(|parsed| parsed.last_known());
    let name = facts.and_then(|f| f.table_name.clone());
    name.unwrap_or_else(|| SmolStr::new_static("table"))
}

fn fields(point: &InsertionPoint<'_>, level: &NixLevel) -> Vec<Completion> {
    let names = ["distribution", "version"].into_iter();
    let missing = names.filter(|name| !level.binds(name));
    let completions = missing.map(|name| {
        let mut completion = point.name(CompletionKind::Option, name);
        completion.snippet = Some(format!("{name} = \"$0\";"));
        completion.insert(format!("{name} = \"\";"))
    });
    completions.collect()
}

fn distributions(
    view: &View<'_>,
    point: &InsertionPoint<'_>,
    joined: &Joined<'_>,
) -> Vec<Completion> {
    let registrations = joined.registrations.iter().flat_map(|p| &p.published);
    let mut names: Vec<&str> = registrations
        .filter_map(|p| p.image?.identity.distname.fixed())
        .collect();
    if names.is_empty() {
        let images = view.model.images.values();
        names.extend(images.filter_map(|image| image.identity.distname.fixed()));
    }
    names.sort_unstable();
    names.dedup();
    let completion = |name: &str| {
        point
            .string(CompletionKind::Value, name)
            .doc("distribution", name)
    };
    names.into_iter().map(completion).collect()
}

/// Versions and tags of the row's distribution; those that a row tests already come last.
fn versions(point: &InsertionPoint<'_>, level: &NixLevel, joined: &Joined<'_>) -> Vec<Completion> {
    let (Some(registrations), Some(distribution)) =
        (joined.registrations, level.value_of("distribution"))
    else {
        return Vec::new();
    };
    let rows = joined.table.iter().flat_map(|table| &table.rows);
    let tested: Vec<&str> = rows
        .filter(|row| row.distribution() == Some(distribution))
        .filter_map(|row| row.version())
        .collect();
    let mut versions = registrations.versions_of(distribution);
    versions.sort_by(|a, b| natural(a, b));
    let completions = versions.into_iter().map(|version| {
        let found = registrations.resolve(distribution, version);
        let found = found.unwrap_or_default();
        let names: Vec<SmolStr> = found.iter().filter_map(|p| p.image_name()).collect();
        let completion = point
            .string(CompletionKind::Value, version)
            .rank(u8::from(tested.contains(&version)))
            .detail(names.join(", "));
        match names.first() {
            Some(image) => completion.doc("image", image),
            None => completion,
        }
    });
    completions.collect()
}

/// Rows that can become members of a group.
struct Members<'t> {
    table: &'t Table<'t>,
    group: &'t str,
    /// Groups of which a row is in one at most, if the group is one of these.
    axis: Option<&'static [&'static str]>,
}

impl<'t> Members<'t> {
    /// Candidates for a group; `None` if the table has no such group.
    fn new(joined: &'t Joined<'_>, group: &'t str) -> Option<Members<'t>> {
        let table = joined.table.as_ref().filter(|t| t.has_group(group))?;
        let axes: [&'static [&'static str]; 2] = [&CGROUP_GROUPS, &INIT_GROUPS];
        let axis = axes.into_iter().find(|axis| axis.contains(&group));
        Some(Members { table, group, axis })
    }

    /// Rows that the group does not have, those first that no other group of the axis has. The
    /// `prefix` is inserted before the key.
    fn completions(
        &self,
        point: &InsertionPoint<'_>,
        level: &NixLevel,
        prefix: &str,
    ) -> Vec<Completion> {
        let key = |row: &ResolvedRow<'_>| row.row.key.value.clone();
        let rows = self.table.rows.iter();
        let missing = rows
            .filter(|row| !level.elements.contains(&key(row)))
            .filter(|row| !row.is_in(self.group) || key(row) == point.written());
        let completions = missing.map(|row| {
            let key = key(row);
            let axis = self.axis.into_iter();
            let groups = axis.flat_map(|axis| row.of_axis(axis));
            let groups: Vec<&str> = groups.map(|g| g.name.value.as_str()).collect();
            let completion = point
                .name(CompletionKind::Row, &key)
                .rank(u8::from(!groups.is_empty()))
                .doc("row", &key)
                .insert(format!("{prefix}{key}"));
            match groups.is_empty() {
                true => completion,
                false => completion.detail(format!("in {}", groups.join(", "))),
            }
        });
        completions.collect()
    }
}
