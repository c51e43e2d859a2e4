//! Changes of `tests/distributions.nix`.
//!
//! - `row`: rows of the table; `position`: where they belong; `key`: what they are called;
//! - `group`: the groups that rows are in.

mod group;
mod key;
mod position;
mod row;

pub(crate) use group::{add_member, move_member, regroup, remove_member};
pub(crate) use key::{key_after, key_for};
pub(crate) use row::{
    NewRow, align, columns_of, insert_row, move_row, remove_row, rename_key, set_release,
};

use crate::nix::{NixFile, NotEditable};
use syntax::TextRange;
use syntax::nix::{Row, TableFacts};

/// Returns the row that has a key.
fn row<'f>(file: &NixFile, facts: &'f TableFacts, key: &str) -> Result<&'f Row, NotEditable> {
    let found = facts.rows.iter().find(|row| row.key.value == key);
    found.ok_or_else(|| file.missing(format!("row `{key}`")))
}

/// Returns the range of the table's `{ ... }`.
fn table_set(file: &NixFile, facts: &TableFacts) -> Result<TextRange, NotEditable> {
    let name = facts.table_name.as_deref().unwrap_or("table");
    file.written(facts.table_set, name, file.whole())
}

/// Returns whether the table is written with a row on a line.
fn rows_are_inline(file: &NixFile, facts: &TableFacts) -> bool {
    let inline = facts.rows.iter().filter(|row| !file.is_broken(row.binding));
    inline.count() * 2 > facts.rows.len()
}
