//! Groups of rows.

use smol_str::SmolStr;

use super::position::in_order;
use super::rows_are_inline;
use crate::nix::{Form, InsertPosition, NixFile, NotEditable, bare_or_quoted, is_identifier};
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use syntax::TextRange;
use syntax::nix::{Member, RowGroup, TableFacts};

/// Returns the groups that a row is in.
pub(super) fn groups_of(file: &NixFile, key: &str) -> Result<Vec<SmolStr>, NotEditable> {
    let facts = file.table()?;
    let has = |group: &&RowGroup| group.members.iter().any(|m| m.key.value == key);
    let found = facts.groups.iter().filter(has);
    Ok(found.map(|group| group.name.value.clone()).collect())
}

fn group<'f>(
    file: &NixFile,
    facts: &'f TableFacts,
    name: &str,
) -> Result<&'f RowGroup, NotEditable> {
    let found = facts.groups.iter().find(|g| g.name.value == name);
    found.ok_or_else(|| file.missing(format!("group `{name}`")))
}

/// Returns the range of a group's `[ ... ]`.
fn list_of(file: &NixFile, group: &RowGroup) -> Result<TextRange, NotEditable> {
    file.written(group.list, &group.name.value, group.binding)
}

/// Forms of a file's lists of rows.
#[derive(Debug, Clone, Copy)]
struct ListForms {
    /// A list of one row.
    single: Form,
    /// A list of two and more rows.
    longer: Form,
    /// A list of none.
    empty: Form,
}

fn list_forms(file: &NixFile, facts: &TableFacts) -> ListForms {
    let form = |inline: bool| if inline { Form::Inline } else { Form::Broken };
    let inline = |g: &RowGroup| Some(!file.is_broken(g.list?));
    let mut single = facts.groups.iter().filter(|g| g.members.len() == 1);
    let mut longer = facts.groups.iter().filter(|g| g.members.len() > 1);
    let mut empty = facts.groups.iter().filter(|g| g.members.is_empty());
    // A list of one on lines of its own is the older style's.
    let single = single
        .find_map(inline)
        .unwrap_or_else(|| !rows_are_inline(file, facts));
    ListForms {
        single: form(single),
        longer: form(longer.find_map(inline).unwrap_or(false)),
        empty: form(empty.find_map(inline).unwrap_or(true)),
    }
}

/// Returns a row's key as the group's members are written: `x` or `table.x`. One that needs quotes is
/// written with the table, as it would be a text without.
fn element(file: &NixFile, facts: &TableFacts, group: &RowGroup, key: &str) -> String {
    let qualified = match group.members.first() {
        Some(member) => member.element != member.key.range,
        None => {
            let before = group.list.map_or(group.binding, |list| {
                TextRange::new(group.binding.start(), list.start())
            });
            !file.slice(before).contains("with")
        }
    };
    if qualified || !is_identifier(key) {
        in_table(facts, &bare_or_quoted(key))
    } else {
        key.to_owned()
    }
}

/// Returns a row's key with the table that it is in: `table.x`.
pub(super) fn in_table(facts: &TableFacts, written: &str) -> String {
    let table = facts.table_name.as_deref().unwrap_or("table");
    format!("{table}.{written}")
}

/// Adds a row to a group, in the order of the table.
///
/// # Errors
/// When there is no such group, or it is not written as a list of its own.
pub(crate) fn add_member(file: &mut NixFile, name: &str, key: &str) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let group = group(file, &facts, name)?;
    if group.members.iter().any(|m| m.key.value == key) {
        return Ok(());
    }
    let list = list_of(file, group)?;
    let rank = |key: &str| facts.rows.iter().position(|row| row.key.value == key);
    let own = rank(key);
    let text = element(file, &facts, group, key);
    let forms = list_forms(file, &facts);
    let form = match (group.members.len(), forms.single) {
        (0, Form::Inline) => Form::Inline,
        _ => forms.longer,
    };
    let ordered: Vec<&Member> = in_order(group.members.iter().collect(), |m| rank(&m.key.value));
    file.change(list, &format!("`{name}`"), |container| {
        let before = ordered
            .iter()
            .rfind(|m| rank(&m.key.value).is_some_and(|at| Some(at) < own))
            .and_then(|m| container.index_of(m.element));
        let position = match before {
            Some(index) => InsertPosition::After(index),
            None => InsertPosition::first(container),
        };
        container.insert(position, &text, form)
    })
}

/// Removes a row from a group.
///
/// # Errors
/// When it is not in the group, or the group is not written as a list of its own.
pub(crate) fn remove_member(file: &mut NixFile, name: &str, key: &str) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let forms = list_forms(file, &facts);
    let found = group(file, &facts, name)?;
    // A row that is in the list twice goes twice.
    let count = found.members.iter().filter(|m| m.key.value == key).count();
    if count == 0 {
        return Err(file.missing(format!("row `{key}` in group `{name}`")));
    }
    let left = found.members.len().saturating_sub(count);
    for _ in 0..count {
        remove_first(file, name, key)?;
    }
    let form = match left {
        0 => forms.empty,
        1 => forms.single,
        _ => Form::Broken,
    };
    if form == Form::Inline {
        let facts = file.table()?;
        if let Some(list) = group(file, &facts, name)?.list {
            file.collapse(list);
        }
    }
    Ok(())
}

/// Removes the first of a row's keys in a group.
fn remove_first(file: &mut NixFile, name: &str, key: &str) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let found = group(file, &facts, name)?;
    let list = list_of(file, found)?;
    let member = found.members.iter().find(|m| m.key.value == key);
    let Some(element) = member.map(|member| member.element) else {
        return Ok(());
    };
    file.change(list, &format!("`{name}`"), |c| {
        c.remove(c.find(element)?, &[key])
    })
}

/// Removes a row from a group, if the group exists and the row is in it.
///
/// # Errors
/// When the group is not written as a list of its own.
pub(crate) fn leave_group(file: &mut NixFile, name: &str, key: &str) -> Result<(), NotEditable> {
    if groups_of(file, key)?.iter().any(|group| group == name) {
        remove_member(file, name, key)?;
    }
    Ok(())
}

/// Adds a row to groups of the cgroup axis, or to one of the init axis, and removes it from the
/// others of that axis.
///
/// # Errors
/// When one of the groups is missing, or not written as a list of its own.
pub(crate) fn regroup(file: &mut NixFile, key: &str, groups: &[&str]) -> Result<(), NotEditable> {
    let is_init = groups.iter().any(|group| INIT_GROUPS.contains(group));
    let axis: &[&str] = if is_init {
        &INIT_GROUPS
    } else {
        &CGROUP_GROUPS
    };
    for other in axis.iter().filter(|other| !groups.contains(other)) {
        leave_group(file, other, key)?;
    }
    groups
        .iter()
        .try_for_each(|group| add_member(file, group, key))
}

/// Moves a group's member to where the table has its row.
///
/// # Errors
/// When it is not in the group, or the group is not written as a list of its own.
pub(crate) fn move_member(file: &mut NixFile, name: &str, key: &str) -> Result<(), NotEditable> {
    remove_member(file, name, key)?;
    add_member(file, name, key)
}
