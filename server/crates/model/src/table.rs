//! The test table: rows joined with what they resolve to, and groups by axis.

use rustc_hash::FxHashMap;

use super::FileId;
use super::registration::{Registration, Registrations};
use syntax::nix::{NixField, Row, RowGroup, TableFacts};

/// The groups of the cgroup axis.
pub const CGROUP_GROUPS: [&str; 3] = ["cgroupAll", "cgroupv2", "cgroupv1"];
/// The groups of the init axis.
pub const INIT_GROUPS: [&str; 2] = ["systemd", "non-systemd"];

/// A row with what it resolves to.
#[derive(Debug)]
pub struct ResolvedRow<'a> {
    /// The row.
    pub row: &'a Row,
    /// Published images of its distribution and version; `None` where that is not certain.
    pub published: Option<Vec<&'a Registration<'a>>>,
    /// The groups it is in, in the order of the file.
    pub groups: Vec<&'a RowGroup>,
}

impl<'a> ResolvedRow<'a> {
    /// The one published image it resolves to.
    pub fn only(&self) -> Option<&'a Registration<'a>> {
        match self.published.as_deref() {
            Some([only]) => Some(only),
            _ => None,
        }
    }

    /// Returns the distribution, as written.
    pub fn distribution(&self) -> Option<&'a str> {
        known(&self.row.distribution)
    }

    /// Returns the version, as written.
    pub fn version(&self) -> Option<&'a str> {
        known(&self.row.version)
    }

    /// Returns whether it is in a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g.name.value == group)
    }

    /// Returns its groups of one axis.
    pub fn of_axis(&self, axis: &[&str]) -> Vec<&'a RowGroup> {
        self.groups
            .iter()
            .copied()
            .filter(|g| axis.contains(&g.name.value.as_str()))
            .collect()
    }
}

/// A field's text where it is literal.
pub fn known(field: &NixField<smol_str::SmolStr>) -> Option<&str> {
    match field {
        NixField::Known(value) => Some(&value.value),
        _ => None,
    }
}

/// The test table.
#[derive(Debug)]
pub struct Table<'a> {
    /// The file.
    pub file: FileId,
    /// Facts of the file.
    pub facts: &'a TableFacts,
    /// The rows, in the order of the file.
    pub rows: Vec<ResolvedRow<'a>>,
}

impl<'a> Table<'a> {
    /// Joins the rows with the registrations and the groups.
    pub fn new(
        file: FileId,
        facts: &'a TableFacts,
        registrations: Option<&'a Registrations<'a>>,
    ) -> Table<'a> {
        let mut groups: FxHashMap<&str, Vec<&'a RowGroup>> = FxHashMap::default();
        for group in &facts.groups {
            for member in &group.members {
                let of_key = groups.entry(member.key.value.as_str()).or_default();
                if !of_key.iter().any(|g| std::ptr::eq(*g, group)) {
                    of_key.push(group);
                }
            }
        }
        let rows = facts.rows.iter().map(|row| ResolvedRow {
            row,
            published: match (registrations, known(&row.distribution), known(&row.version)) {
                (Some(registrations), Some(distribution), Some(version)) => {
                    registrations.resolve(distribution, version)
                }
                _ => None,
            },
            groups: groups
                .get(row.key.value.as_str())
                .cloned()
                .unwrap_or_default(),
        });
        Table {
            file,
            facts,
            rows: rows.collect(),
        }
    }

    /// The groups of an axis that the file has; `None` if one of them could not be read whole.
    pub fn axis(&self, names: &[&str]) -> Option<Vec<&'a RowGroup>> {
        let found: Vec<&RowGroup> = self
            .facts
            .groups
            .iter()
            .filter(|g| names.contains(&g.name.value.as_str()))
            .collect();
        (self.facts.groups_complete && found.iter().all(|g| g.complete)).then_some(found)
    }

    /// Returns whether the file has a group of that name.
    pub fn has_group(&self, name: &str) -> bool {
        self.facts.groups.iter().any(|g| g.name.value == name)
    }
}
