//! Positions of rows.

use super::NewRow;
use crate::nix::{Container, InsertPosition};
use model::order::out_of_order;
use model::table::known;
use model::track;
use smol_str::SmolStr;
use syntax::nix::{Row, TableFacts};

/// Position of a new row, and the row beside it, which it is written like.
pub(super) struct RowPosition<'f> {
    pub(super) position: InsertPosition,
    pub(super) neighbour: Option<&'f Row>,
}

/// A row with its index among the items of the table.
type IndexedRow<'f> = (usize, &'f Row);

fn after<'f>((index, row): &IndexedRow<'f>) -> RowPosition<'f> {
    RowPosition {
        position: InsertPosition::After(*index),
        neighbour: Some(row),
    }
}

fn before<'f>((index, row): &IndexedRow<'f>) -> RowPosition<'f> {
    RowPosition {
        position: InsertPosition::Before(*index),
        neighbour: Some(row),
    }
}

/// Returns where a row belongs: distributions in alphabetical order, their numeric releases
/// ascending.
pub(super) fn row_position<'f>(
    container: &Container<'_>,
    facts: &'f TableFacts,
    new: &NewRow,
) -> RowPosition<'f> {
    // A row that is out of order itself says nothing about where another one belongs.
    let named: Vec<&Row> = facts
        .rows
        .iter()
        .filter(|row| known(&row.distribution).is_some())
        .collect();
    let rows: Vec<IndexedRow<'f>> = in_order(named, |row| known(&row.distribution))
        .into_iter()
        .filter_map(|row| Some((container.index_of(row.binding)?, row)))
        .collect();
    let of_distribution =
        |(_, row): &&IndexedRow<'f>| known(&row.distribution) == Some(&new.distribution);
    let own: Vec<IndexedRow<'f>> = rows.iter().filter(of_distribution).copied().collect();
    if track::is_numeric(&new.version)
        && let Some(position) = among_numbers(&own, &new.version)
    {
        return position;
    }
    let of_key = |key: &Option<SmolStr>| {
        let key = key.as_ref()?;
        own.iter().find(|(_, row)| row.key.value == *key)
    };
    if let Some(older) = of_key(&new.after) {
        return after(older);
    }
    if let Some(newer) = of_key(&new.before) {
        return before(newer);
    }
    let first = own.first().filter(|_| track::is_numeric(&new.version));
    if let Some(position) = first.map(before).or(own.last().map(after)) {
        return position;
    }
    let is_before = |(_, row): &&IndexedRow<'f>| {
        known(&row.distribution).is_some_and(|d| d < new.distribution.as_str())
    };
    match (rows.iter().rfind(is_before), rows.first()) {
        (Some(found), _) => after(found),
        (None, Some(first)) => before(first),
        (None, None) => RowPosition {
            position: InsertPosition::last(container),
            neighbour: None,
        },
    }
}

/// Returns the items that are in order by a key, without those that are out of it.
pub(super) fn in_order<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let keys: Vec<K> = items.iter().map(key).collect();
    let misplaced = out_of_order(&keys);
    let items = items.into_iter().enumerate();
    items
        .filter(|(at, _)| !misplaced.contains(at))
        .map(|(_, item)| item)
        .collect()
}

/// Returns the position of a numeric release among the rows of its distribution.
fn among_numbers<'f>(own: &[IndexedRow<'f>], version: &str) -> Option<RowPosition<'f>> {
    let version = track::split(version).1;
    let version_of = |row: &Row| track::split(known(&row.version).unwrap_or_default()).1;
    let numeric: Vec<IndexedRow<'f>> = own
        .iter()
        .filter(|(_, row)| known(&row.version).is_some_and(track::is_numeric))
        .copied()
        .collect();
    let numeric = in_order(numeric, |(_, row)| version_of(row));
    let older = numeric.iter().rfind(|(_, row)| version_of(row) <= version);
    older.map(after).or_else(|| numeric.first().map(before))
}
