//! Changes of `tests/distributions.nix`: rows and the groups they are in.

use smol_str::{SmolStr, format_smolstr};

use super::nix::{Container, Form, Position, Style, Value, is_identifier, quote};
use super::nixfile::NixFile;
use model::order::out_of_order;
use model::table::known;
use model::track;
use syntax::nix::{Member, Row, RowGroup, TableFacts};

/// A row that is to be inserted.
#[derive(Debug, Clone)]
pub(super) struct NewRow {
    pub(super) key: SmolStr,
    pub(super) distribution: SmolStr,
    /// A version or a tag.
    pub(super) version: SmolStr,
    /// The row it follows, where one is known: an older release of its track.
    pub(super) after: Option<SmolStr>,
}

fn row_key(key: &str) -> String {
    if is_identifier(key) {
        key.to_owned()
    } else {
        quote(key)
    }
}

/// The key of a new row: like the key of an older release of its track with the version in it
/// replaced, else the distribution and the version.
pub(super) fn key_for(
    facts: &TableFacts,
    distribution: &str,
    version: &str,
    like: Option<(&str, &str)>,
) -> SmolStr {
    let written = |version: &str| -> String {
        let alnum = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        version.chars().map(alnum).collect()
    };
    let numbers = |version: &str| -> String {
        let numbers = version.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<&str> = numbers.filter(|n| !n.is_empty()).collect();
        numbers.join("_")
    };
    let replaced = |key: &str, old: &str, new: &str| {
        let at = key.rfind(old).filter(|_| !old.is_empty())?;
        let (before, after) = (key.get(..at)?, key.get(at + old.len()..)?);
        let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if part(before.chars().next_back()) || part(after.chars().next()) {
            return None;
        }
        Some(format_smolstr!("{before}{new}{after}"))
    };
    let from_like = like.and_then(|(key, old)| {
        replaced(key, &written(old), &written(version))
            .or_else(|| replaced(key, &numbers(old), &numbers(version)))
    });
    // What other rows of the distribution begin with: `alma_9`, not `almalinux_9`.
    let prefix = || {
        let own = facts
            .rows
            .iter()
            .rfind(|row| known(&row.distribution) == Some(distribution));
        own.and_then(|row| Some(row.key.value.split_once('_')?.0.to_owned()))
            .unwrap_or_else(|| written(distribution))
    };
    // `latest-musl` is the row `gentoo_musl`, `latest` the row `gentoo`.
    let bare = || match version.strip_prefix("latest") {
        Some("") => SmolStr::new(prefix()),
        Some(rest) => format_smolstr!("{}_{}", prefix(), written(rest.trim_start_matches('-'))),
        None => format_smolstr!("{}_{}", prefix(), written(version)),
    };
    let key = from_like.unwrap_or_else(bare);
    let taken = |key: &str| facts.rows.iter().any(|row| row.key.value == key);
    if !taken(&key) {
        return key;
    }
    let numbered = (2..).map(|n| format_smolstr!("{key}_{n}"));
    { numbered }.find(|key| !taken(key)).unwrap_or(key)
}

/// Whether the table is written with a row on a line.
fn rows_are_inline(file: &NixFile, facts: &TableFacts) -> bool {
    let inline = facts
        .rows
        .iter()
        .filter(|row| !file.slice(row.binding).contains('\n'))
        .count();
    inline * 2 > facts.rows.len()
}

/// Inserts a row where it belongs, written like its neighbour.
pub(super) fn insert_row(file: &mut NixFile, new: &NewRow) -> Option<()> {
    let facts = file.table()?;
    let set = facts.table_set?;
    let (position, neighbour) = file.with_container(set, |c| row_position(c, &facts, new))?;
    let value = Value::Set(vec![
        (
            "distribution".to_owned(),
            Value::Str(new.distribution.to_string()),
        ),
        ("version".to_owned(), Value::Str(new.version.to_string())),
    ]);
    let key = row_key(&new.key);
    let inline = rows_are_inline(file, &facts);
    let text = neighbour
        .filter(|_| inline)
        .and_then(|row| aligned(file, row, &key, new))
        .unwrap_or_else(|| {
            let style = Style {
                inline_sets: inline,
                ..Style::NIXFMT
            };
            super::nix::attr(&key, &value, style)
        });
    file.change(set, |c| c.insert(position, &text, Form::Broken))
}

/// Where a row belongs, and the row beside it.
fn row_position<'f>(
    container: &Container<'_>,
    facts: &'f TableFacts,
    new: &NewRow,
) -> (Position, Option<&'f Row>) {
    // A row that is out of order itself says nothing of where another one belongs.
    let named: Vec<&Row> = facts
        .rows
        .iter()
        .filter(|row| known(&row.distribution).is_some())
        .collect();
    let distributions: Vec<_> = named.iter().map(|row| known(&row.distribution)).collect();
    let misplaced = out_of_order(&distributions);
    let rows: Vec<(usize, &Row)> = named
        .into_iter()
        .enumerate()
        .filter(|(at, _)| !misplaced.contains(at))
        .filter_map(|(_, row)| Some((container.index_of(row.binding)?, row)))
        .collect();
    let of_distribution =
        |(_, row): &&(usize, &Row)| known(&row.distribution) == Some(&new.distribution);
    let after = |(index, row): &(usize, &'f Row)| (Position::After(*index), Some(*row));
    if track::is_numeric(&new.version) {
        let version = track::split(&new.version).1;
        let numeric: Vec<(usize, &Row)> = rows
            .iter()
            .filter(of_distribution)
            .filter(|(_, row)| known(&row.version).is_some_and(track::is_numeric))
            .copied()
            .collect();
        let version_of = |row: &Row| track::split(known(&row.version).unwrap_or_default()).1;
        let versions: Vec<_> = numeric.iter().map(|(_, row)| version_of(row)).collect();
        let misplaced = out_of_order(&versions);
        let numeric: Vec<(usize, &Row)> = { numeric.into_iter().enumerate() }
            .filter(|(at, _)| !misplaced.contains(at))
            .map(|(_, found)| found)
            .collect();
        if let Some(found) = numeric.iter().rfind(|(_, row)| version_of(row) <= version) {
            return after(found);
        }
        if let Some((index, row)) = numeric.first() {
            return (Position::Before(*index), Some(row));
        }
        if let Some((index, row)) = rows.iter().find(of_distribution) {
            return (Position::Before(*index), Some(row));
        }
    }
    let predecessor = new.after.as_ref().and_then(|key| {
        let found = rows.iter().filter(of_distribution);
        { found }.find(|(_, row)| row.key.value == *key)
    });
    if let Some(found) = predecessor.or_else(|| rows.iter().rfind(of_distribution)) {
        return after(found);
    }
    let before = |(_, row): &&(usize, &Row)| {
        known(&row.distribution).is_some_and(|d| d < new.distribution.as_str())
    };
    match (rows.iter().rfind(before), rows.first()) {
        (Some(found), _) => after(found),
        (None, Some((index, row))) => (Position::Before(*index), Some(*row)),
        (None, None) => match container.items.len() {
            0 => (Position::Only, None),
            count => (Position::After(count - 1), None),
        },
    }
}

/// A row on one line in the columns of its neighbour; what is too long for its column moves the
/// rest on by as much as it has to.
fn aligned(file: &NixFile, neighbour: &Row, key: &str, new: &NewRow) -> Option<String> {
    let line = file.slice(neighbour.binding);
    let inner_start = line.find('{')?;
    let close = line.rfind('}')?;
    let attribute = |name: &str| -> Option<(usize, usize)> {
        let at = line.get(inner_start..)?.find(name)? + inner_start;
        let end = line.get(at..)?.find(';')? + at + 1;
        Some((at, end))
    };
    let (distribution, version) = (attribute("distribution")?, attribute("version")?);
    let equals = line.find('=')?;
    let mut out = key.to_owned();
    let pad = |out: &mut String, column: usize| {
        let width = out.chars().count();
        out.push_str(&" ".repeat(column.saturating_sub(width).max(1)));
    };
    pad(&mut out, equals);
    out.push_str("= {");
    let written = |name: &str, value: &str| format!("{name} = {};", quote(value));
    let mut attrs = [
        (distribution.0, written("distribution", &new.distribution)),
        (version.0, written("version", &new.version)),
    ];
    attrs.sort_by_key(|(column, _)| *column);
    for (column, text) in attrs {
        pad(&mut out, column);
        out.push_str(&text);
    }
    pad(&mut out, close);
    out.push_str("};");
    Some(out)
}

/// The groups that a row is in.
fn groups_of(file: &NixFile, key: &str) -> Option<Vec<SmolStr>> {
    let facts = file.table()?;
    let has = |group: &&RowGroup| group.members.iter().any(|m| m.key.value == key);
    let found = facts.groups.iter().filter(has);
    Some(found.map(|group| group.name.value.clone()).collect())
}

/// Removes a row, and its key from every group.
pub(super) fn remove_row(file: &mut NixFile, key: &str) -> Option<()> {
    for group in groups_of(file, key)? {
        remove_member(file, &group, key)?;
    }
    let facts = file.table()?;
    let row = facts.rows.iter().find(|row| row.key.value == key)?;
    if !row.more_bindings.is_empty() {
        return None;
    }
    let binding = row.binding;
    file.change(facts.table_set?, |c| c.remove(c.index_of(binding)?, &[key]))
}

fn group<'f>(facts: &'f TableFacts, name: &str) -> Option<&'f RowGroup> {
    facts.groups.iter().find(|g| g.name.value == name)
}

/// How short and longer lists of rows are written.
fn group_forms(file: &NixFile, facts: &TableFacts) -> (bool, Form) {
    let inline = |g: &RowGroup| Some(!file.slice(g.list?).contains('\n'));
    let single = facts
        .groups
        .iter()
        .filter(|g| g.members.len() == 1)
        .filter_map(inline);
    // A list of one on lines of its own is the older style's.
    let single_is_inline = { single }.next().unwrap_or(!rows_are_inline(file, facts));
    let longer = facts
        .groups
        .iter()
        .filter(|g| g.members.len() > 1)
        .filter_map(inline);
    let form = if { longer }.next().unwrap_or(false) {
        Form::Inline
    } else {
        Form::Broken
    };
    (single_is_inline, form)
}

/// How a group's members are written: `x` or `table.x`.
fn element(file: &NixFile, facts: &TableFacts, group: &RowGroup, key: &str) -> String {
    let table = facts.table_name.as_deref().unwrap_or("table");
    let qualified = match group.members.first() {
        Some(member) => member.element != member.key.range,
        None => {
            let before = group.list.map_or(group.binding, |list| {
                syntax::TextRange::new(group.binding.start(), list.start())
            });
            !file.slice(before).contains("with")
        }
    };
    if qualified {
        format!("{table}.{}", row_key(key))
    } else {
        key.to_owned()
    }
}

/// Adds a row to a group, in the order of the table.
pub(super) fn add_member(file: &mut NixFile, name: &str, key: &str) -> Option<()> {
    let facts = file.table()?;
    let group = group(&facts, name)?;
    if group.members.iter().any(|m| m.key.value == key) {
        return Some(());
    }
    let place = |key: &str| facts.rows.iter().position(|row| row.key.value == key);
    let own = place(key);
    let text = element(file, &facts, group, key);
    let (single_is_inline, form) = group_forms(file, &facts);
    let form = match group.members.len() {
        0 if single_is_inline => Form::Inline,
        _ => form,
    };
    let places: Vec<Option<usize>> = group.members.iter().map(|m| place(&m.key.value)).collect();
    let misplaced = out_of_order(&places);
    let ordered = group
        .members
        .iter()
        .enumerate()
        .filter(|(at, _)| !misplaced.contains(at))
        .map(|(_, member)| member);
    let ordered: Vec<&Member> = ordered.collect();
    file.change(group.list?, |container| {
        let before = ordered
            .iter()
            .rfind(|m| place(&m.key.value).is_some_and(|at| Some(at) < own))
            .and_then(|m| container.index_of(m.element));
        let position = match (before, container.items.len()) {
            (Some(index), _) => Position::After(index),
            (None, 0) => Position::Only,
            (None, _) => Position::Before(0),
        };
        container.insert(position, &text, form)
    })
}

/// Takes a row from a group.
pub(super) fn remove_member(file: &mut NixFile, name: &str, key: &str) -> Option<()> {
    let facts = file.table()?;
    let (single_is_inline, _) = group_forms(file, &facts);
    let found = group(&facts, name)?;
    let member = found.members.iter().find(|m| m.key.value == key)?;
    let element = member.element;
    let left = found.members.len() - 1;
    file.change(found.list?, |c| c.remove(c.index_of(element)?, &[key]))?;
    if left == 0 || (left == 1 && single_is_inline) {
        let facts = file.table()?;
        if let Some(list) = group(&facts, name).and_then(|g| g.list) {
            // Where it cannot be, it stays as it is.
            let _ = file.change(list, |c| c.collapse());
        }
    }
    Some(())
}

/// Moves a row to where it belongs, and so its key in every group.
pub(super) fn move_row(file: &mut NixFile, key: &str) -> Option<()> {
    let facts = file.table()?;
    let row = facts.rows.iter().find(|row| row.key.value == key)?;
    let new = NewRow {
        key: row.key.value.clone(),
        distribution: known(&row.distribution)?.into(),
        version: known(&row.version)?.into(),
        after: None,
    };
    let (binding, set) = (row.binding, facts.table_set?);
    // The row as it is written, comments of its own included, is what is put back.
    let text = file.with_container(set, |c| c.block(c.index_of(binding)?, &[key]))??;
    file.change(set, |c| c.remove(c.index_of(binding)?, &[key]))?;
    let facts = file.table()?;
    let (position, _) = file.with_container(facts.table_set?, |c| row_position(c, &facts, &new))?;
    file.change(facts.table_set?, |c| {
        c.insert(position, &text, Form::Broken)
    })?;
    for group in groups_of(file, key)? {
        move_member(file, &group, key)?;
    }
    Some(())
}

/// Moves a group's member to where the table has its row.
pub(super) fn move_member(file: &mut NixFile, name: &str, key: &str) -> Option<()> {
    remove_member(file, name, key)?;
    add_member(file, name, key)
}

/// Gives a row another key, in the table and in all groups.
pub(super) fn rename_key(file: &mut NixFile, old: &str, new: &str) -> Option<()> {
    let facts = file.table()?;
    if facts.rows.iter().any(|row| row.key.value == new) || !is_identifier(new) {
        return None;
    }
    let row = facts.rows.iter().find(|row| row.key.value == old)?;
    if !row.more_bindings.is_empty() {
        return None;
    }
    let members = facts.groups.iter().flat_map(|g| &g.members);
    let mut places: Vec<_> = members
        .filter(|m| m.key.value == old)
        .map(|m| m.key.range)
        .chain([row.key.range])
        .collect();
    places.sort_by_key(|range| std::cmp::Reverse(range.start()));
    places.dedup();
    for place in places {
        file.apply((place, new.to_owned()));
    }
    Some(())
}

/// Gives a row another distribution and version.
pub(super) fn set_release(
    file: &mut NixFile,
    key: &str,
    distribution: &str,
    version: &str,
) -> Option<()> {
    for (is_version, text) in [(false, distribution), (true, version)] {
        let facts = file.table()?;
        let row = facts.rows.iter().find(|row| row.key.value == key)?;
        let field = if is_version {
            &row.version
        } else {
            &row.distribution
        };
        let syntax::nix::NixField::Known(value) = field else {
            return None;
        };
        if value.value != text {
            // The text between the quotes.
            let quoted = quote(text);
            let inner = quoted.get(1..quoted.len() - 1)?.to_owned();
            file.apply((value.range, inner));
        }
    }
    Some(())
}
