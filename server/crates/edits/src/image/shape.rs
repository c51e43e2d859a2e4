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
    check_as(view, name, &|name| format!("image-scripts-ls new {name}"))
}

/// Refuses another name for an image with a release that does not fit, as for a new one.
///
/// # Errors
/// When it has more numbers than all of them, or fewer, or numbers that are far from theirs.
pub fn check_renamed(view: &View<'_>, old: &str, new: &str) -> Result<(), Refusal> {
    // One that is not there is refused with another reason.
    if !view.model.images.contains_key(old) || track::split(old).1.is_empty() {
        return Ok(());
    }
    check_as(view, new, &|name| {
        format!("image-scripts-ls rename {old} {name}")
    })
}

/// Refuses a release that does not fit; `command` is what makes one of another name.
fn check_as(view: &View<'_>, name: &str, command: &dyn Fn(&str) -> String) -> Result<(), Refusal> {
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
        Some(months) => is_no_month(name, &version, months),
        None => {
            has_zero_before(name, &releases)
                || (has_other_shape(&version, &releases) && !is_successor(view, name, &releases))
        }
    };
    let misfit = misfit || is_far(&version, &releases);
    if !misfit {
        return Ok(());
    }
    let meant = meant(view, name, &version, &releases, months);
    let meant = meant.map(|meant| match meant {
        Meant::Image(name) => command(&name),
        Meant::Command(command) => command,
    });
    let meant = meant
        .map(|command| format!("run `{command}`, or "))
        .unwrap_or_default();
    Err(Refusal::new(format!(
        "`{name}` does not fit beside `{}`, the newest release named like it: {meant}pass `--force` \
         to make it all the same",
        newest.name
    )))
}

/// Returns whether a release has more numbers than all others, or fewer.
fn has_other_shape(version: &Version, releases: &[Release<'_>]) -> bool {
    !releases.iter().any(|r| r.version.len() == version.len())
}

/// Returns whether a release is known to exist, and leaves out a last number that is zero in all others:
/// `devuan-3.0` was followed by `devuan-4`.
fn is_successor(view: &View<'_>, name: &str, releases: &[Release<'_>]) -> bool {
    let version = track::split(name).1;
    let [distribution, ..] = split_name(name);
    let release = super::rewrite::number(name).unwrap_or_default();
    view.knows(distribution, release) && releases.iter().all(|r| leaves_zeros(&r.version, &version))
}

/// Returns whether a number has a zero before it, where that of no other release has: `fedora-042`.
fn has_zero_before(name: &str, releases: &[Release<'_>]) -> bool {
    let zeros = |name: &str| -> Vec<bool> {
        let numbers = super::rewrite::number(name).unwrap_or_default().split('.');
        let is_padded = |number: &str| number.len() > 1 && number.starts_with('0');
        numbers.map(is_padded).collect()
    };
    let own = zeros(name);
    let mut padded = own.iter().enumerate().filter(|(_, is_padded)| **is_padded);
    padded.any(|(at, _)| {
        !releases
            .iter()
            .any(|r| zeros(r.name).get(at) == Some(&true))
    })
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

/// What was probably meant.
enum Meant {
    /// An image of this name.
    Image(String),
    /// This command.
    Command(String),
}

/// Returns what was probably meant.
fn meant(
    view: &View<'_>,
    name: &str,
    version: &Version,
    releases: &[Release<'_>],
    months: Option<[u64; 2]>,
) -> Option<Meant> {
    let newest = releases.last()?;
    let is_there = |name: &str| releases.iter().any(|r| r.name == name);
    let new = Meant::Image;
    let number = super::rewrite::number(name)?;
    let renumbered = |other: &str| name.replacen(number, other, 1);
    if let Some(months) = months {
        let (year, month) = match version.as_slice() {
            // `2604`
            [joined] if number.len() == 4 => (joined / 100, Some(joined % 100)),
            _ => (*version.first()?, version.get(1).copied()),
        };
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
        return super::bump::has_point_release(view, of.name).then(|| {
            Meant::Command(format!(
                "image-scripts-ls bump {} --pointver {number}",
                of.name
            ))
        });
    }
    let more = newest.version.get(version.len()..).unwrap_or_default();
    if !more.is_empty() && releases.iter().all(|r| leaves_zeros(&r.version, version)) {
        return Some(new(renumbered(&format!(
            "{number}{}",
            ".0".repeat(more.len())
        ))));
    }
    Some(new(proposal(view, newest.name)?.to_string()))
}

/// Returns whether a version has nothing but zeros where a shorter one has no more numbers.
fn leaves_zeros(version: &Version, shorter: &Version) -> bool {
    let more = version.get(shorter.len()..);
    more.is_some_and(|more| more.iter().all(|n| *n == 0))
}
