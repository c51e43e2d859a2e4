//! `copied-value`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::values::{OwnAssign, assignments, only_assignment};
use crate::{Context, FileRange, Finding};
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
    /// Look up the value of this release. Where the two are the same, there is nothing to do: silence
    /// the finding with a comment.
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
    /// The parts of the text that may differ between releases.
    parts: Vec<SmolStr>,
}

/// Compares the releases of a track, from the oldest to the newest.
fn compare(cx: &Context<'_>, releases: &[Release<'_>], out: &mut Vec<Finding>) {
    // By what is equal in them: the variable, and the text around the parts.
    let mut values: BTreeMap<(SmolStr, String), Vec<Written<'_>>> = BTreeMap::new();
    for (release, Release { directory, .. }) in releases.iter().enumerate() {
        let is_clear = |id| {
            let facts = cx.tree.script(id);
            facts.is_some_and(|facts| !facts.is_stale && !facts.has_errors)
        };
        if !directory.scripts().all(is_clear) {
            continue;
        }
        for assign in assignments(cx, directory).filter(|a| Some(a.file) != directory.config) {
            if let Some((rest, parts)) = parts_of(&assign) {
                let key = (assign.assign.name.clone(), rest);
                values.entry(key).or_default().push(Written {
                    release,
                    assign,
                    parts,
                });
            }
        }
    }
    for ((name, _), written) in values.iter().filter(|(_, w)| w.len() >= ENOUGH) {
        let count = written.first().map_or(0, |first| first.parts.len());
        let mut seen: Vec<(usize, &SmolStr)> = Vec::new();
        for part in 0..count {
            let Some((newer, older)) = only_copy(written, part) else {
                continue;
            };
            let Some(value) = newer.parts.get(part) else {
                continue;
            };
            if !seen.contains(&(newer.release, value)) {
                seen.push((newer.release, value));
                out.extend(finding(cx, releases, name, value, newer, older));
            }
        }
    }
}

/// Takes the numbers out of a value, or all of it where it is a plain name. Returns what is left,
/// with the parts.
fn parts_of(assign: &OwnAssign<'_>) -> Option<(String, Vec<SmolStr>)> {
    let (mut rest, mut parts) = (String::new(), Vec::new());
    if let Some(name) = assign.literal()
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphabetic())
    {
        return Some((rest, vec![SmolStr::new(name)]));
    }
    for piece in &assign.assign.value.pieces {
        match piece {
            Piece::Text(text) => {
                let mut text = text.as_str();
                while let Some(at) = text.find(|c: char| c.is_ascii_digit()) {
                    let (before, number) = text.split_at_checked(at)?;
                    let end = number.find(|c: char| !c.is_ascii_digit());
                    let (number, after) = number.split_at_checked(end.unwrap_or(number.len()))?;
                    rest.push_str(before);
                    rest.push('0');
                    parts.push(SmolStr::new(number));
                    text = after;
                }
                rest.push_str(text);
            }
            Piece::Var { name, .. } => {
                rest.push('$');
                rest.push_str(name);
            }
            Piece::Date(_) | Piece::Unknown => return None,
        }
    }
    (!parts.is_empty()).then_some((rest, parts))
}

/// Returns the one value that has a part of the value before it, where all others differ: the newer
/// one, and the one before.
fn only_copy<'w, 'a>(
    written: &'w [Written<'a>],
    part: usize,
) -> Option<(&'w Written<'a>, &'w Written<'a>)> {
    let mut last: FxHashMap<&SmolStr, usize> = FxHashMap::default();
    let mut copy = None;
    for (index, value) in written.iter().enumerate() {
        let Some(before) = last.insert(value.parts.get(part)?, index) else {
            continue;
        };
        // A second one: it is not different in each of them.
        if copy.is_some() || before + 1 != index {
            return None;
        }
        copy = Some((value, written.get(before)?));
    }
    copy
}

fn finding(
    cx: &Context<'_>,
    releases: &[Release<'_>],
    name: &str,
    value: &str,
    newer: &Written<'_>,
    older: &Written<'_>,
) -> Option<Finding> {
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
    let message = format!(
        "`{value}` in {name} is that of `{}`, and all other releases have different ones: look up the one of this release",
        before.image.name
    );
    let anchor = place(cx, newer.assign, value);
    let finding = Finding::new(&RULE, anchor, message).image(&image.image.name);
    Some(finding.related(place(cx, older.assign, value), "the same"))
}

/// Returns the range of a part in a value as it is written.
fn place(cx: &Context<'_>, assign: OwnAssign<'_>, part: &str) -> FileRange {
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
