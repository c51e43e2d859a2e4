//! Order of versions, as the vendors' own tools have it: numbers in a version are no decimals, and what a
//! suffix means is not the same for all.

mod apk;
mod dpkg;
mod rpm;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use serde::Deserialize;

pub use apk::apk_order;
pub use dpkg::dpkg_order;
pub use rpm::rpm_order;

/// The tool whose order versions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionOrder {
    /// Of Alpine and Chimera.
    Apk,
    /// Of Debian and its relatives.
    Dpkg,
    /// Of Fedora, openSUSE and theirs; plain numbers and dates have it, too.
    Rpm,
}

impl VersionOrder {
    /// Compares two versions.
    pub fn compare(self, left: &str, right: &str) -> Ordering {
        match self {
            VersionOrder::Apk => apk_order(left, right),
            VersionOrder::Dpkg => dpkg_order(left, right),
            VersionOrder::Rpm => rpm_order(left, right),
        }
    }
}

/// Splits the characters of some kind off the start of a version.
fn run_of(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Compares two runs of digits, of any length, as numbers.
fn number_order(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
