//! Lists of packages in variables: those of a distribution's own packages, which come and go with its
//! releases, and those that say what a file system is made of.

use super::difference::ReleaseDifference;
use super::script::{Assigned, literal, slice};
use model::track;
use syntax::TextRange;

/// Ends of the names of variables that list packages.
const LISTS: [&str; 3] = ["PKGS", "PACKAGES", "GROUPNAME"];

/// Returns whether a variable lists packages, or groups of them.
fn is_list(name: &str) -> bool {
    LISTS.iter().any(|end| name.ends_with(end))
}

/// Returns the lists of packages that another release may need to have changed, and why. `all` are the
/// assignments of the text.
pub(super) fn doubts(
    text: &str,
    all: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    if difference.is_same_release() {
        return Vec::new();
    }
    let is_other_track =
        track::split(&difference.was.release).0 != track::split(&difference.now.release).0;
    let has_package = all
        .iter()
        .any(|a| names_release_package(slice(text, a.value)));
    let distribution = difference.now.distribution();
    let release = &difference.now.release;
    let like = &difference.like().name;
    let lists = all.iter().filter(|assigned| is_list(&assigned.name));
    let doubts = lists.filter_map(|assigned| {
        let list = literal(slice(text, assigned.value)).filter(|list| !list.trim().is_empty())?;
        let is_removed = assigned.name.starts_with("REMOVE");
        let own: Vec<String> = list
            .split_whitespace()
            .filter(|package| is_own(package, distribution))
            .map(|package| format!("`{package}`"))
            .collect();
        let why = if is_other_track {
            format!("packages of `{like}`: check that they are those of `{release}`, too")
        } else if !own.is_empty() {
            let (go, them) = match own.len() {
                1 => ("goes", "it"),
                _ => ("go", "them"),
            };
            format!(
                "{} {go} with the release: check that {release} has {them}, and needs no others",
                own.join(", ")
            )
        } else if list.trim().contains('\n') {
            format!("packages of `{like}`: check that {release} has them all, and needs no others")
        } else if has_package && !is_removed && assigned.name != "GROUPNAME" {
            format!(
                "no package of {distribution} itself: check that {release} needs none, such as its \
                 keys or repositories"
            )
        } else {
            return None;
        };
        Some((assigned.value, why))
    });
    doubts.collect()
}

/// Returns whether a package is of a distribution itself: `fedora-repos`.
fn is_own(package: &str, distribution: &str) -> bool {
    let rest = package.strip_prefix(distribution);
    rest.is_some_and(|rest| rest.starts_with('-'))
}

/// Returns whether a value has the address of a package with a release in it:
/// `.../rocky-release-9.4-1.el9.noarch.rpm`.
fn names_release_package(value: &str) -> bool {
    let mut words = value.split_whitespace();
    words.any(|word| word.contains("-release-") && word.trim_matches(['"', '\'']).ends_with(".rpm"))
}
