//! Rows of the table.

use smol_str::SmolStr;

use super::group::{groups_of, in_table, move_member, remove_member};
use super::position::{RowPosition, row_position};
use super::{row, rows_are_inline, table_set};
use crate::nix::{
    Form, NewValue, NixFile, NixStyle, NotEditable, Shape, attribute, bare_or_quoted, escape, quote,
};
use model::table::known;
use syntax::TextRange;
use syntax::nix::{NixField, Row};

/// A row that is to be inserted.
#[derive(Debug, Clone)]
pub(crate) struct NewRow {
    pub(crate) key: SmolStr,
    pub(crate) distribution: SmolStr,
    /// A version or a tag.
    pub(crate) version: SmolStr,
    /// Key of the row that it follows, where one is known: an older release of its track.
    pub(crate) after: Option<SmolStr>,
    /// Key of the row that it precedes, where only that is known: a newer release of its track.
    pub(crate) before: Option<SmolStr>,
}

/// Inserts a row where it belongs, written like its neighbour.
///
/// # Errors
/// When the table is not written as a set, or has no line for the row.
pub(crate) fn insert_row(file: &mut NixFile, new: &NewRow) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let set = table_set(file, &facts)?;
    let RowPosition {
        position,
        neighbour,
    } = file.with_container(set, "the table", |c| Ok(row_position(c, &facts, new)))?;
    let beside = neighbour.filter(|row| known(&row.distribution) == Some(&new.distribution));
    let key = written_like(beside.map_or("", |row| file.slice(row.key.range)), &new.key);
    let inline = rows_are_inline(file, &facts);
    let text = neighbour
        .filter(|_| inline)
        .and_then(|row| aligned(file, row, &key, new))
        .unwrap_or_else(|| {
            let style = NixStyle {
                inline_sets: inline,
                ..NixStyle::NIXFMT
            };
            attribute(&key, &value(new), style)
        });
    file.change(set, "the table", |c| {
        c.insert(position, &text, Form::Broken)
    })
}

/// Returns a key with quotes where another one has them, or it needs them.
fn written_like(other: &str, key: &str) -> String {
    match other.starts_with('"') {
        true => quote(key),
        false => bare_or_quoted(key),
    }
}

fn value(new: &NewRow) -> NewValue {
    let text = |key: &str, value: &SmolStr| (key.to_owned(), NewValue::Str(value.to_string()));
    NewValue::Set(vec![
        text("distribution", &new.distribution),
        text("version", &new.version),
    ])
}

/// Returns a row on one line in the columns of its neighbour; a value that is too long for its
/// column moves the rest on by as much as it has to.
fn aligned(file: &NixFile, neighbour: &Row, key: &str, new: &NewRow) -> Option<String> {
    let line = file.slice(neighbour.binding);
    let inner_start = line.find('{')?;
    let close = line.rfind('}')?;
    let column = |name: &str| -> Option<usize> {
        let at = line.get(inner_start..)?.find(name)? + inner_start;
        line.get(at..)?.find(';').map(|_| at)
    };
    let written = |name: &str, value: &str| format!("{name} = {};", quote(value));
    let mut attrs = [
        (
            column("distribution")?,
            written("distribution", &new.distribution),
        ),
        (column("version")?, written("version", &new.version)),
    ];
    attrs.sort_by_key(|(column, _)| *column);
    let equals = line.find('=')?;
    let mut out = key.to_owned();
    let pad = |out: &mut String, column: usize| {
        let width = out.chars().count();
        out.push_str(&" ".repeat(column.saturating_sub(width).max(1)));
    };
    pad(&mut out, equals);
    out.push_str("= {");
    for (column, text) in attrs {
        pad(&mut out, column);
        out.push_str(&text);
    }
    pad(&mut out, close);
    out.push_str("};");
    Some(out)
}

/// Returns the row in whose columns another one is written.
pub(crate) fn columns_of(file: &NixFile, key: &str) -> Option<SmolStr> {
    let facts = file.table().ok()?;
    let own = row(file, &facts, key).ok()?;
    let text = file.slice(own.binding);
    let in_columns = |other: &&Row| {
        other.key.value != key && in_columns_of(file, other, own).as_deref() == Some(text)
    };
    // One that has all blanks once is written without columns.
    let mut rows = facts.rows.iter().filter(|_| text.contains("  "));
    let found = rows.find(in_columns);
    found.map(|other| other.key.value.clone())
}

/// Writes a row in the columns of another one.
pub(crate) fn align(file: &mut NixFile, key: &str, columns: &str) {
    let Ok(facts) = file.table() else { return };
    let rows = row(file, &facts, key).and_then(|own| Ok((own, row(file, &facts, columns)?)));
    let Ok((own, other)) = rows else { return };
    if let Some(text) = in_columns_of(file, other, own) {
        let replacement = (own.binding, text);
        if file.slice(replacement.0) != replacement.1 {
            file.apply(replacement);
        }
    }
}

/// Returns a row as it would be written in the columns of another one.
fn in_columns_of(file: &NixFile, other: &Row, own: &Row) -> Option<String> {
    let new = NewRow {
        key: own.key.value.clone(),
        distribution: literal(file, own, "distribution", &own.distribution)
            .ok()?
            .0,
        version: literal(file, own, "version", &own.version).ok()?.0,
        after: None,
        before: None,
    };
    aligned(file, other, file.slice(own.key.range), &new)
}

/// Refuses a row that is defined in more than one place.
fn refuse_scattered(file: &NixFile, row: &Row) -> Result<(), NotEditable> {
    if row.more_bindings.is_empty() {
        return Ok(());
    }
    let subject = format!("row `{}`", row.key.value);
    Err(file.not_editable(subject, Shape::Scattered, Some(row.binding.start())))
}

/// Removes a row, and its key from every group.
///
/// # Errors
/// When the row, or one of the groups, is not written out.
pub(crate) fn remove_row(file: &mut NixFile, key: &str) -> Result<(), NotEditable> {
    for group in groups_of(file, key)? {
        remove_member(file, &group, key)?;
    }
    let facts = file.table()?;
    let row = row(file, &facts, key)?;
    refuse_scattered(file, row)?;
    let (binding, set) = (row.binding, table_set(file, &facts)?);
    file.change(set, "the table", |c| c.remove(c.find(binding)?, &[key]))
}

/// Moves a row to where it belongs, and its key in every group as well.
///
/// # Errors
/// When the row, or one of the groups, is not written out.
pub(crate) fn move_row(file: &mut NixFile, key: &str) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let row = row(file, &facts, key)?;
    let new = NewRow {
        key: row.key.value.clone(),
        distribution: literal(file, row, "distribution", &row.distribution)?.0,
        version: literal(file, row, "version", &row.version)?.0,
        after: None,
        before: None,
    };
    let (binding, set) = (row.binding, table_set(file, &facts)?);
    // The row is put back as it is written, with the comments that are its own.
    let text = file.with_container(set, "the table", |c| c.block(c.find(binding)?, &[key]))?;
    file.change(set, "the table", |c| c.remove(c.find(binding)?, &[key]))?;
    let facts = file.table()?;
    let set = table_set(file, &facts)?;
    file.change(set, "the table", |c| {
        let found = row_position(c, &facts, &new);
        c.insert(found.position, &text, Form::Broken)
    })?;
    for group in groups_of(file, key)? {
        move_member(file, &group, key)?;
    }
    Ok(())
}

/// Gives a row another key, in the table and in all groups.
///
/// # Errors
/// When the key is taken, or the row is defined in more than one place.
pub(crate) fn rename_key(file: &mut NixFile, old: &str, new: &str) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let taken = facts.rows.iter().find(|row| row.key.value == new);
    if let Some(taken) = taken {
        let at = Some(taken.binding.start());
        return Err(file.not_editable(format!("row `{new}`"), Shape::Taken, at));
    }
    let row = row(file, &facts, old)?;
    refuse_scattered(file, row)?;
    let members = facts.groups.iter().flat_map(|g| &g.members);
    let members = members.filter(|m| m.key.value == old).map(|member| {
        let key = member.key.range;
        let written = written_like(file.slice(key), new);
        // Alone in a list, what has quotes is a text.
        match member.element == key && written.starts_with('"') {
            true => (key, in_table(&facts, &written)),
            false => (key, written),
        }
    });
    let own = row.key.range;
    let own = (own, written_like(file.slice(own), new));
    let mut replacements: Vec<_> = members.chain([own]).collect();
    replacements.sort_by_key(|(range, _)| std::cmp::Reverse(range.start()));
    replacements.dedup();
    for replacement in replacements {
        file.apply(replacement);
    }
    Ok(())
}

/// Gives a row another distribution and version.
///
/// # Errors
/// When one of them is not literal.
pub(crate) fn set_release(
    file: &mut NixFile,
    key: &str,
    distribution: &str,
    version: &str,
) -> Result<(), NotEditable> {
    let facts = file.table()?;
    let found = row(file, &facts, key)?;
    let old = literal(file, found, "distribution", &found.distribution)?;
    set_text(file, &old, distribution);
    let facts = file.table()?;
    let found = row(file, &facts, key)?;
    let old = literal(file, found, "version", &found.version)?;
    set_text(file, &old, version);
    Ok(())
}

/// Replaces a literal's text between the quotes.
fn set_text(file: &mut NixFile, (old, range): &(SmolStr, TextRange), new: &str) {
    if old != new {
        file.apply((*range, escape(new)));
    }
}

/// Returns a row's literal field and the range of its text between the quotes.
fn literal(
    file: &NixFile,
    row: &Row,
    name: &str,
    field: &NixField<SmolStr>,
) -> Result<(SmolStr, TextRange), NotEditable> {
    let shape = match field {
        NixField::Known(value) => return Ok((value.value.clone(), value.range)),
        NixField::Absent => Shape::Missing,
        NixField::Unknown => Shape::Computed,
    };
    let subject = format!("`{name}` of row `{}`", row.key.value);
    Err(file.not_editable(subject, shape, Some(row.binding.start())))
}
