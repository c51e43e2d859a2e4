//! Rules on what is tested: `tests/distributions.nix` and `tests/suite`.

mod ambiguous_test_entry;
mod conflicting_cgroup_groups;
mod conflicting_init_groups;
mod dead_condition;
mod duplicate_row;
mod missing_cgroup_group;
mod missing_import;
mod missing_init_group;
mod missing_test_entry;
mod unknown_row;
mod unordered_row;
mod unresolved_suite_test;
mod unresolved_test_entry;
mod wrong_cgroup_group;
mod wrong_init_group;

use smol_str::SmolStr;

use crate::{Context, FileRange, Rule};
use edits::{Fix, FixKind};
use model::FileId;
use model::table::{CGROUP_GROUPS, INIT_GROUPS, ResolvedRow, Table};
use model::view::Systemd;

/// The rules of this group, in the order of `explain`.
pub(super) static RULES: &[&Rule] = &[
    &missing_test_entry::RULE,
    &unresolved_test_entry::RULE,
    &ambiguous_test_entry::RULE,
    &unresolved_suite_test::RULE,
    &missing_import::RULE,
    &dead_condition::RULE,
    &missing_cgroup_group::RULE,
    &conflicting_cgroup_groups::RULE,
    &wrong_cgroup_group::RULE,
    &missing_init_group::RULE,
    &conflicting_init_groups::RULE,
    &wrong_init_group::RULE,
    &unknown_row::RULE,
    &duplicate_row::RULE,
    &unordered_row::RULE,
];

/// Returns the range for findings that concern a whole row.
fn row_anchor(file: FileId, row: &ResolvedRow<'_>) -> FileRange {
    FileRange::new(file, row.row.key.range)
}

/// Returns whether a row runs systemd: by its group, or by its image's scripts where it is in none.
fn row_runs_systemd(row: &ResolvedRow<'_>) -> Option<bool> {
    match (row.is_in("systemd"), row.is_in("non-systemd")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => row
            .only()
            .and_then(|p| p.image)
            .and_then(|i| i.summary.init.is_systemd()),
    }
}

/// Puts a row into a group, and takes it out of the others of that axis.
fn group_fix(title: String, key: &SmolStr, group: &str) -> Fix {
    let plan = FixKind::Group {
        key: key.clone(),
        group: SmolStr::new(group),
    };
    Fix::new(title, plan)
}

/// The groups of the cgroup axis that a row may belong in, the most likely one first: only one,
/// where its image's systemd tells.
fn cgroup_choices(cx: &Context<'_>, table: &Table<'_>, row: &ResolvedRow<'_>) -> Vec<&'static str> {
    let image = row.only().and_then(|p| p.image);
    let systemd = row_runs_systemd(row) == Some(true);
    let without_v1 =
        systemd && image.is_some_and(|i| matches!(cx.systemd(i), Systemd::WithoutV1(_)));
    CGROUP_GROUPS
        .into_iter()
        .filter(|group| table.has_group(group) && (!without_v1 || *group == "cgroupv2"))
        .collect()
}

/// The groups of the init axis that a row may belong in: only one, where its image's scripts tell.
fn init_choices(row: &ResolvedRow<'_>) -> Vec<&'static str> {
    let image = row.only().and_then(|p| p.image);
    match image.and_then(|i| i.summary.init.is_systemd()) {
        Some(true) => vec!["systemd"],
        Some(false) => vec!["non-systemd"],
        None => INIT_GROUPS.to_vec(),
    }
}

/// The member of a group that a row is.
fn member_range(table: &Table<'_>, group: &str, key: &str) -> Option<syntax::TextRange> {
    let group = table.facts.groups.iter().find(|g| g.name.value == group)?;
    group
        .members
        .iter()
        .find(|m| m.key.value == key)
        .map(|m| m.key.range)
}
