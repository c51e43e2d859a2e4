//! The shape of a release: how many numbers it has, and how large they are, beside the other
//! releases that are named like it.

use super::predecessor::proposal;
use crate::Refusal;
use model::family::release_months;
use model::identity::split_name;
use model::track::{self, Version};
use model::view::View;

/// How far a number may be from the nearest one of another release.
const FARTHEST: u64 = 10;

/// A release beside the new one.
struct Release<'a> {
    name: &'a str,
    version: Version,
}

/// Refuses a release that does not fit beside those that are named like it, with the command that
/// was probably meant.
///
/// # Errors
/// When it has more numbers than all of them, or fewer, or numbers that are far from theirs.
pub(super) fn check(view: &View<'_>, name: &str) -> Result<(), Refusal> {
    let (rest, version) = track::split(name);
    let mut releases: Vec<Release<'_>> = view
        .model
        .images
        .keys()
        .map(|other| (other, track::split(other)))
        .filter(|(other, (of, numbers))| *other != name && *of == rest && !numbers.is_empty())
        .map(|(name, (_, version))| Release { name, version })
        .collect();
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    let Some(newest) = releases.last() else {
        return Ok(());
    };
    // Older releases may have come out in other months.
    let months = release_months(split_name(name)[0])
        .filter(|months| matches!(newest.version[..], [_, month] if months.contains(&month)));
    let misfit = match months {
        Some(months) => is_no_month(name, &version, months) || is_far(&version, &releases),
        None => has_other_shape(&version, &releases) || is_far(&version, &releases),
    };
    if !misfit {
        return Ok(());
    }
    let meant = meant(view, name, &version, &releases, months);
    let meant = meant
        .map(|command| format!("run `{command}`, or "))
        .unwrap_or_default();
    Err(Refusal::new(format!(
        "`{name}` does not fit beside `{}`, the newest release named like it: {meant}pass `--force` \
         to make it all the same",
        newest.name
    )))
}

/// Returns whether a release has more numbers than all others, or fewer. A last number that is zero in all of
/// them may be left out: `devuan-3.0` was followed by `devuan-4`.
fn has_other_shape(version: &Version, releases: &[Release<'_>]) -> bool {
    let zeros = |other: &Version| other.iter().rev().take_while(|n| **n == 0).count();
    let fits =
        |other: &Version| (other.len() - zeros(other)..=other.len()).contains(&version.len());
    let has_same = releases.iter().any(|r| r.version.len() == version.len());
    !has_same && !releases.iter().all(|r| fits(&r.version))
}

/// Returns whether a release is not written as a year and one of two months.
fn is_no_month(name: &str, version: &Version, months: [u64; 2]) -> bool {
    let [year, month] = version.as_slice() else {
        return true;
    };
    !months.contains(month) || !name.contains(&format!("{year}.{month:02}"))
}

/// Returns whether the first number is far from those of all releases, or the second one from those of
/// the same first number.
fn is_far(version: &Version, releases: &[Release<'_>]) -> bool {
    let far = |at: usize| {
        let Some(own) = version.get(at) else {
            return false;
        };
        let before = version.get(..at);
        let others = releases.iter().filter(|r| r.version.get(..at) == before);
        let distances = others
            .filter_map(|r| r.version.get(at))
            .map(|n| n.abs_diff(*own));
        distances.min().is_some_and(|nearest| nearest > FARTHEST)
    };
    far(0) || far(1)
}

/// Returns the command that was probably meant.
fn meant(
    view: &View<'_>,
    name: &str,
    version: &Version,
    releases: &[Release<'_>],
    months: Option<[u64; 2]>,
) -> Option<String> {
    let newest = releases.last()?;
    let is_there = |name: &str| releases.iter().any(|r| r.name == name);
    let new = |name: String| format!("image-scripts-ls new {name}");
    let number = super::rewrite::number(name)?;
    let renumbered = |other: &str| name.replacen(number, other, 1);
    if let Some(months) = months {
        let year = version.first()?;
        let month = version.get(1).copied();
        let mut months = months.to_vec();
        months.sort_by_key(|m| month.map(|month| m.abs_diff(month)));
        let mut names = months
            .iter()
            .map(|month| renumbered(&format!("{year}.{month:02}")));
        let fits = |name: &String| {
            let version = track::split(name).1;
            !is_there(name) && !is_far(&version, releases)
        };
        return names
            .find(fits)
            .or_else(|| Some(proposal(view, newest.name)?.to_string()))
            .map(new);
    }
    // A point release is a value in the scripts of its major release.
    if version.len() > newest.version.len() {
        let numbers: Vec<&str> = number.split('.').take(newest.version.len()).collect();
        let major = renumbered(&numbers.join("."));
        let Some(of) = releases.iter().find(|r| r.name == major) else {
            let version = track::split(&major).1;
            return (!is_far(&version, releases)).then(|| new(major));
        };
        return super::bump::has_point_release(view, of.name)
            .then(|| format!("image-scripts-ls bump {} --pointver {number}", of.name));
    }
    Some(new(proposal(view, newest.name)?.to_string()))
}
