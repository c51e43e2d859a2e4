//! Rules on what is tested: `tests/distributions.nix` and `tests/suite`.

pub mod ambiguous_test_entry;
pub mod conflicting_cgroup_groups;
pub mod conflicting_init_groups;
pub mod duplicate_row;
pub mod missing_cgroup_group;
pub mod missing_init_group;
pub mod missing_test_entry;
mod order;
pub mod unknown_row;
pub mod unordered_row;
pub mod unresolved_suite_test;
pub mod unresolved_test_entry;
pub mod wrong_cgroup_group;
pub mod wrong_init_group;

use super::Anchor;
use crate::model::table::{ResolvedRow, Table};
use crate::model::{FileId, Image};

/// Where what concerns a whole row stands.
fn row_anchor(file: FileId, row: &ResolvedRow<'_>) -> Anchor {
    Anchor::range(file, row.row.key.range)
}

/// Whether the images of a row run systemd, by what their scripts do; `None` where they do not
/// tell, or contradict one another.
fn runs_systemd(image: &Image) -> Option<bool> {
    match (image.run.init.systemd, image.run.init.other) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        // Nothing, or both: a family's include may serve two inits.
        _ => None,
    }
}

/// Whether a row runs systemd: by its group, or by its image's scripts where it is in none.
fn row_runs_systemd(row: &ResolvedRow<'_>) -> Option<bool> {
    match (row.is_in("systemd"), row.is_in("non-systemd")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => row.only().and_then(|p| p.image).and_then(runs_systemd),
    }
}

/// The member of a group that a row is.
fn member_range(table: &Table<'_>, group: &str, key: &str) -> Option<crate::syntax::TextRange> {
    let group = table.facts.groups.iter().find(|g| g.name.value == group)?;
    group
        .members
        .iter()
        .find(|m| m.key.value == key)
        .map(|m| m.key.range)
}
