//! `unordered-row`.

use rustc_hash::FxHashMap;

use super::row_anchor;
use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::order::out_of_order;
use model::table::{ResolvedRow, Table};
use model::track;

rule! {
    /// A row or a group's member is out of order.
    ///
    /// ## Why
    /// The table goes by distribution, alphabetically, and numeric releases of one distribution
    /// ascend; members of a group stand in the order of the table. Whoever looks for a row looks
    /// where it belongs.
    ///
    /// ## How to fix it
    /// Move it.
    code: "unordered-row",
    severity: Hint,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = &joined.table else { return };
    let mut misplaced = Vec::new();
    let named: Vec<&ResolvedRow<'_>> = table
        .rows
        .iter()
        .filter(|r| r.distribution().is_some())
        .collect();
    let distributions: Vec<&str> = named.iter().filter_map(|r| r.distribution()).collect();
    for at in out_of_order(&distributions) {
        if let Some(row) = named.get(at) {
            let message = format!(
                "`{}` is not in alphabetical order of the distributions",
                row.row.key.value
            );
            out.push(Finding::new(&RULE, row_anchor(table.file, row), message).fix(move_row(row)));
            misplaced.push(row.row.key.value.as_str());
        }
    }
    releases(table, &misplaced, out);
    members(table, out);
}

fn move_row(row: &ResolvedRow<'_>) -> Fix {
    let key = row.row.key.value.clone();
    Fix::new("Move the row to where it belongs", FixKind::MoveRow { key })
}

/// Numeric releases of one distribution ascend.
fn releases(table: &Table<'_>, misplaced: &[&str], out: &mut Vec<Finding>) {
    let mut by_distribution: FxHashMap<&str, Vec<&ResolvedRow<'_>>> = FxHashMap::default();
    for row in &table.rows {
        let numeric = row.version().is_some_and(track::is_numeric);
        if let Some(distribution) = row.distribution().filter(|_| numeric) {
            by_distribution.entry(distribution).or_default().push(row);
        }
    }
    for rows in by_distribution.values() {
        let versions: Vec<_> = rows
            .iter()
            .map(|r| track::split(r.version().unwrap_or_default()).1)
            .collect();
        for at in out_of_order(&versions) {
            let Some(row) = rows
                .get(at)
                .filter(|r| !misplaced.contains(&r.row.key.value.as_str()))
            else {
                continue;
            };
            let message = format!(
                "`{}` is not in ascending order of the releases",
                row.row.key.value
            );
            out.push(Finding::new(&RULE, row_anchor(table.file, row), message).fix(move_row(row)));
        }
    }
}

/// Members stand in the order of the table.
fn members(table: &Table<'_>, out: &mut Vec<Finding>) {
    let position: FxHashMap<&str, usize> = table
        .facts
        .rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.key.value.as_str(), at))
        .collect();
    for group in &table.facts.groups {
        let known: Vec<_> = group
            .members
            .iter()
            .filter_map(|m| Some((*position.get(m.key.value.as_str())?, m)))
            .collect();
        let positions: Vec<usize> = known.iter().map(|(at, _)| *at).collect();
        for at in out_of_order(&positions) {
            let Some((_, member)) = known.get(at) else {
                continue;
            };
            let message = format!("`{}` is not in the order of the table", member.key.value);
            let plan = FixKind::MoveMember {
                key: member.key.value.clone(),
                group: group.name.value.clone(),
            };
            let anchor = FileRange::new(table.file, member.key.range);
            out.push(
                Finding::new(&RULE, anchor, message)
                    .fix(Fix::new("Move it to where the table has its row", plan)),
            );
        }
    }
}
