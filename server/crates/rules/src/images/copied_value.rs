//! `copied-value`.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use crate::values::{COMPARED, OwnAssign, assignments, only_assignment};
use crate::{Context, FileRange, Finding};
use edits::{Verify, named_value};
use model::track::{Track, Version};
use model::{Directory, Image};
use syntax::bash::Piece;
use syntax::{TextRange, TextSize};

rule! {
    /// A number or a name in the scripts of an image is that of its predecessor, and all other
    /// releases of the track, three or more, have different ones there.
    ///
    /// ## Why
    /// A new release begins as a copy of its predecessor. What is different in each of them, such as
    /// the build of a package, should have been changed.
    ///
    /// ## How to fix it
    /// Look up the value of this release. Where the two are the same, say so: `image-scripts-ls verify
    /// IMAGE/VARIABLE --right` for a new image, or a comment that silences the finding.
    ///
    /// ## Example
    /// ```bash
    /// # in images/fedora-44/build.sh: fedora-43 has 24, too, and 41 and 42 have 29 and 30
    /// RELEASE=$BASEURL/fedora-release-$RELVER-24.noarch.rpm
    /// ```
    code: "copied-value",
    severity: Hint,
    confidence: Likely,
    group: Images,
    checks: [Images(check)],
    fix: no,
}

/// The number of releases that it takes to see what differs between them.
const ENOUGH: usize = 4;

/// Numbers below are equal by chance.
const FIRST_TOLD: u64 = 3;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut tracks: BTreeMap<&Track, Vec<Release<'_>>> = BTreeMap::new();
    for directory in cx.model.directories.values() {
        // Aliases have everything in common.
        let [name] = &*directory.names else { continue };
        let Some(image) = cx.model.images.get(name).filter(|i| !i.is_mistaken()) else {
            continue;
        };
        if let Some((track, version)) = &image.track {
            tracks.entry(track).or_default().push(Release {
                image,
                directory,
                version,
            });
        }
    }
    for mut releases in tracks.into_values() {
        if releases.len() >= ENOUGH {
            releases.sort_by_key(|release| release.version);
            let older = releases.len().saturating_sub(COMPARED);
            releases.drain(..older);
            compare(cx, &releases, out);
        }
    }
}

/// Image of a track.
#[derive(Clone, Copy)]
struct Release<'a> {
    image: &'a Image,
    directory: &'a Directory,
    version: &'a Version,
}

/// Value of a variable in a release.
struct Written<'a> {
    /// Index of the release.
    release: usize,
    assign: OwnAssign<'a>,
}

/// Compares the releases of a track, from the oldest to the newest.
fn compare(cx: &Context<'_>, releases: &[Release<'_>], out: &mut Vec<Finding>) {
    // By what is equal in them: the variable, and the text around the parts.
    let mut values: FxHashMap<u64, Vec<Written<'_>>> = FxHashMap::default();
    for (release, Release { directory, .. }) in releases.iter().enumerate() {
        if !directory.scripts().all(|id| cx.clear_script(id).is_some()) {
            continue;
        }
        for assign in assignments(cx, directory).filter(|a| Some(a.file) != directory.config) {
            if let Some(rest) = rest_of(&assign) {
                let of = Written { release, assign };
                values.entry(rest).or_default().push(of);
            }
        }
    }
    for written in values.values().filter(|written| written.len() >= ENOUGH) {
        compare_values(cx, releases, written, out);
    }
}

/// Compares the values of one variable, which differ in their parts.
fn compare_values(
    cx: &Context<'_>,
    releases: &[Release<'_>],
    written: &[Written<'_>],
    out: &mut Vec<Finding>,
) {
    let parts = written.iter().map(|written| parts_of(&written.assign));
    let parts: Vec<Vec<&str>> = parts.collect();
    let mut seen: Vec<(usize, &str)> = Vec::new();
    for part in 0..parts.first().map_or(0, Vec::len) {
        let Some((newer, older)) = only_copy(&parts, part) else {
            continue;
        };
        let value = parts.get(newer).and_then(|parts| parts.get(part));
        let (Some(value), Some(newer), Some(older)) =
            (value, written.get(newer), written.get(older))
        else {
            continue;
        };
        if !seen.contains(&(newer.release, value)) {
            seen.push((newer.release, value));
            out.extend(finding(cx, releases, value, newer, older));
        }
    }
}

/// Returns a hash of a value without its numbers, or without all of it where it is a plain name;
/// `None` where nothing may differ, or not all is known.
fn rest_of(assign: &OwnAssign<'_>) -> Option<u64> {
    let mut hasher = FxHasher::default();
    assign.assign.name.hash(&mut hasher);
    if plain_name(assign).is_some() {
        return Some(hasher.finish());
    }
    let mut has_numbers = false;
    for piece in &assign.assign.value.pieces {
        match piece {
            Piece::Text(text) => {
                let mut rest = text.split(|c: char| c.is_ascii_digit());
                rest.next().hash(&mut hasher);
                for after in rest {
                    has_numbers = true;
                    // Between two digits of a number.
                    if !after.is_empty() {
                        after.hash(&mut hasher);
                    }
                }
                text.ends_with(|c: char| c.is_ascii_digit())
                    .hash(&mut hasher);
            }
            Piece::Var { name, .. } => {
                '$'.hash(&mut hasher);
                name.hash(&mut hasher);
            }
            Piece::Date(_) | Piece::Unknown => return None,
        }
    }
    has_numbers.then(|| hasher.finish())
}

/// Returns the parts of a value that may differ between releases: its numbers, or all of it where it
/// is a plain name.
fn parts_of<'a>(assign: &OwnAssign<'a>) -> Vec<&'a str> {
    if let Some(name) = plain_name(assign) {
        return vec![name];
    }
    let texts = assign.assign.value.pieces.iter().filter_map(|p| match p {
        Piece::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let numbers = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_digit()));
    numbers.filter(|number| !number.is_empty()).collect()
}

fn plain_name<'a>(assign: &OwnAssign<'a>) -> Option<&'a str> {
    let is_plain = |name: &&str| name.bytes().all(|b| b.is_ascii_alphabetic());
    assign.literal().filter(is_plain).filter(|n| !n.is_empty())
}

/// Returns the one value that has a part of the value before it, where all others differ: its index,
/// and that of the one before.
fn only_copy(values: &[Vec<&str>], part: usize) -> Option<(usize, usize)> {
    let mut last: FxHashMap<&str, usize> = FxHashMap::default();
    let mut copy = None;
    for (index, parts) in values.iter().enumerate() {
        let Some(before) = last.insert(parts.get(part)?, index) else {
            continue;
        };
        // A second one: it is not different in each of them.
        if copy.is_some() || before + 1 != index {
            return None;
        }
        copy = Some((index, before));
    }
    copy
}

fn finding(
    cx: &Context<'_>,
    releases: &[Release<'_>],
    value: &str,
    newer: &Written<'_>,
    older: &Written<'_>,
) -> Option<Finding> {
    let name = &newer.assign.assign.name;
    let (image, before) = (releases.get(newer.release)?, releases.get(older.release)?);
    // The image between them is silent about it.
    if newer.release != older.release + 1 {
        return None;
    }
    match value.parse::<u64>() {
        Ok(number) if number < FIRST_TOLD => return None,
        Ok(_) => {}
        // A codename that is known is release-mismatch, or right.
        Err(_) => {
            let distribution = image.image.identity.distname.fixed()?;
            if !cx.releases_called(distribution, value).is_empty() {
                return None;
            }
        }
    }
    for release in [image, before] {
        only_assignment(cx, release.directory, name)?;
    }
    let anchor = range_of_part(cx, newer.assign, value);
    if is_verified(cx, image.image, anchor) {
        return None;
    }
    let message = format!(
        "`{value}` in {name} is that of `{}`, and all other releases have different ones: look up the one of this release",
        before.image.name
    );
    let finding = Finding::new(&RULE, anchor, message).image(&image.image.name);
    Some(finding.related(range_of_part(cx, older.assign, value), "the same"))
}

/// Returns whether the settings say that upstream confirms the value that a range is in.
fn is_verified(cx: &Context<'_>, image: &Image, at: FileRange) -> bool {
    // To expand a value takes a while.
    let file = cx.tree.file(at.file);
    let Some(file) = file.filter(|_| cx.settings.verified.contains_key(&image.name)) else {
        return false;
    };
    let verify = Verify {
        path: file.path.clone(),
        range: at.range,
        text: file.slice(at.range).to_owned(),
        why: String::new(),
    };
    let named = named_value(cx, &image.name, &verify);
    cx.settings
        .is_verified(&image.name, &named.name, &named.exact)
}

/// Returns the range of a part in a value as it is written.
fn range_of_part(cx: &Context<'_>, assign: OwnAssign<'_>, part: &str) -> FileRange {
    let whole = assign.whole(cx);
    let text = cx.tree.file(assign.file).map(|file| file.slice(whole));
    let text = text.unwrap_or_default();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let at = text.match_indices(part).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|t| t.chars().next_back());
        let after = text.get(at + part.len()..).and_then(|t| t.chars().next());
        !is_digit(before) && !is_digit(after)
    });
    let range = at
        .and_then(|at| TextSize::try_from(at).ok())
        .map(|at| TextRange::at(whole.start() + at, TextSize::of(part)));
    FileRange::new(assign.file, range.unwrap_or(whole))
}
