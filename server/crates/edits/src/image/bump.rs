//! `bump`: a new point release or package build number, everywhere in an image that has the old
//! one.

use std::sync::Arc;

use smol_str::SmolStr;

use super::predecessor::predecessor;
use super::script::{
    self, Assigned, assignments, build_numbers, is_address, literal, range_at, slice, words,
};
use super::{build_variable, bump_check, image_of};
use crate::draft::Draft;
use crate::patch::Patch;
use crate::{Change, Note, Refusal, Verify};
use model::view::View;
use model::{File, FileId, Image};
use syntax::TextRange;

/// New values of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bump {
    /// The point release, `POINTVER`.
    pub pointver: Option<String>,
    /// Build number of the release package.
    pub build: Option<String>,
    /// Other variables and their new values.
    pub set: Vec<(String, String)>,
    /// Takes values of another major release, and those before the ones that the image has.
    pub force: bool,
}

impl Bump {
    /// Returns whether nothing is new.
    pub fn is_empty(&self) -> bool {
        self.pointver.is_none() && self.build.is_none() && self.set.is_empty()
    }
}

/// Variables that say who an image is: another value makes another image.
const IDENTITY: [&str; 7] = [
    "BUILDER", "DISTNAME", "RELVER", "ARCH", "VENDOR", "VARIANT", "DATASETS",
];

/// Returns the values that an image has, as a bump that would change nothing: those of variables
/// that have a number in them.
///
/// # Errors
/// When there is no image of that name.
pub fn current_values(view: &View<'_>, name: &str) -> Result<Bump, Refusal> {
    let scripts = scripts_of(view, image_of(view, name)?);
    let mut set: Vec<(String, String)> = Vec::new();
    for script in &scripts {
        let text = script.patch.text();
        for Assigned { name, value } in assignments(&script::read(text)) {
            let is_plain = |c: char| !c.is_control();
            let is_version = |value: &&str| {
                value.chars().all(is_plain) && value.contains(|c: char| c.is_ascii_digit())
            };
            let value = literal(slice(text, value)).filter(is_version);
            let is_known = set.iter().any(|(known, _)| name == known);
            if let Some(value) = value
                && !is_known
                && name != "POINTVER"
                && !IDENTITY.contains(&name.as_str())
            {
                set.push((name.to_string(), value.to_owned()));
            }
        }
    }
    Ok(Bump {
        pointver: value_of(&scripts, "POINTVER"),
        build: release_builds(&scripts).into_iter().next(),
        set,
        force: false,
    })
}

/// One script of the image.
struct ImageScript<'v> {
    id: FileId,
    file: &'v Arc<File>,
    patch: Patch,
}

impl ImageScript<'_> {
    /// Replaces ranges, which are in the order of the text.
    fn replace(&mut self, ranges: &[TextRange], new: &str) {
        // From the end: what stands before a range does not move.
        for range in ranges.iter().rev() {
            self.patch.replace(*range, new);
        }
    }
}

/// Returns whether an image has a point release that can be bumped.
pub(super) fn has_point_release(view: &View<'_>, name: &str) -> bool {
    let image = view.model.images.get(name);
    image.is_some_and(|image| value_of(&scripts_of(view, image), "POINTVER").is_some())
}

/// Returns the scripts of an image, unchanged.
fn scripts_of<'v>(view: &View<'v>, image: &Image) -> Vec<ImageScript<'v>> {
    let directory = view.model.directories.get(&image.directory);
    let scripts = directory.iter().flat_map(|d| d.scripts());
    scripts
        .filter_map(|id| {
            let file = view.tree.file(id)?;
            let patch = Patch::new(file.text.clone());
            Some(ImageScript { id, file, patch })
        })
        .collect()
}

/// Bumps an image.
///
/// # Errors
/// When there is none of that name, or nothing in it that could be bumped like that.
pub fn bump(view: &View<'_>, name: &str, bump: &Bump) -> Result<Change, Refusal> {
    let image = image_of(view, name)?;
    if bump.is_empty() {
        return Err(Refusal::new(
            "say what is new: `--pointver VERSION`, `--build NUMBER` or `--set VAR=VALUE`",
        ));
    }
    let bump = &with_point_release(bump)?;
    let mut scripts = scripts_of(view, image);
    let is_copied = has_copied_builds(view, image, &scripts);
    let titles = apply_bump(&mut scripts, name, bump, is_copied)?;
    let mut draft = Draft::new(*view);
    let mut verify = Vec::new();
    let builds = match &bump.build {
        Some(_) => release_ranges(&scripts),
        None => vec![Vec::new(); scripts.len()],
    };
    for (script, builds) in scripts.iter().zip(&builds) {
        let changes = script.patch.changes();
        for (range, text) in &changes {
            draft.replace(script.id, *range, text);
        }
        if !changes.is_empty() {
            verify.extend(doubts(script, bump, builds));
        }
    }
    let edits = draft.finish();
    if edits.is_empty() {
        return Err(Refusal::new(format!(
            "`{name}` has these values already: nothing to change"
        )));
    }
    Ok(Change {
        title: format!("Bump {name}: {}", titles.join(", ")),
        edits,
        verify,
        notes: shared_scripts(view, image).into_iter().collect(),
        image: image.name.clone(),
        like: None,
    })
}

/// Returns new values in which POINTVER, set like any other variable, is the point release.
///
/// # Errors
/// When both are there, or POINTVER is set twice.
fn with_point_release(bump: &Bump) -> Result<Bump, Refusal> {
    let is_point = |(name, _): &(String, String)| name == "POINTVER";
    let mut bump = bump.clone();
    while let Some(at) = bump.set.iter().position(is_point) {
        let (_, value) = bump.set.remove(at);
        if bump.pointver.replace(value).is_some() {
            return Err(Refusal::new(
                "the point release is given twice: give it once, with `--pointver`",
            ));
        }
    }
    Ok(bump)
}

/// Returns whether the build numbers of an image are those of its predecessor: numbers start anew with
/// each release, so they are more likely copied than a lower bound.
fn has_copied_builds(view: &View<'_>, image: &Image, scripts: &[ImageScript<'_>]) -> bool {
    let builds = release_builds(scripts);
    let version = |image: &Image| Some(image.track.as_ref()?.1.clone());
    let is_earlier = |other: &&Arc<Image>| version(other) < version(image);
    let predecessor = predecessor(view, &image.name).filter(is_earlier);
    predecessor.is_some_and(|earlier| release_builds(&scripts_of(view, earlier)) == builds)
}

/// Changes an image's scripts, and returns what was changed in them, in words. `is_copied` if the
/// build numbers are those of another release.
fn apply_bump(
    scripts: &mut [ImageScript<'_>],
    name: &str,
    bump: &Bump,
    is_copied: bool,
) -> Result<Vec<String>, Refusal> {
    let mut titles = Vec::new();
    if let Some(version) = &bump.pointver {
        bump_check::version_only(version)?;
        let Some(old) = value_of(scripts, "POINTVER") else {
            return Err(Refusal::new(format!(
                "`{name}` sets no POINTVER to a literal value: use `--set VAR=VALUE`"
            )));
        };
        if !bump.force {
            bump_check::point_release(name, &old, version)?;
        }
        replace_words(scripts, &old, version);
        titles.push(format!("POINTVER {version}"));
    }
    if let Some(build) = &bump.build {
        bump_check::version_only(build)?;
        // With another point release, builds are counted from the start.
        if !bump.force && bump.pointver.is_none() && !is_copied {
            bump_check::build(name, &release_builds(scripts), build)?;
        }
        if replace_build(scripts, build) == 0 {
            return Err(Refusal::new(format!(
                "`{name}` has no package build number: none follows a version in a value with a \
                 path"
            )));
        }
        titles.push(format!("build {build}"));
    }
    for (variable, value) in &bump.set {
        set(scripts, name, variable, value)?;
        titles.push(format!("{variable} {value}"));
    }
    Ok(titles)
}

/// Returns what a range in an image's script could be bumped to: the point release after the value
/// of POINTVER there, or the build number after the one there.
pub fn next_at(file: &File, at: TextRange) -> Option<Bump> {
    let facts = file.script().filter(|facts| !facts.is_stale)?;
    let touches = |range: TextRange| range.start() <= at.start() && at.end() <= range.end();
    let all = assignments(facts);
    let value = |assigned: &Assigned| slice(&file.text, assigned.value);
    let point = all.iter().find(|a| a.name == "POINTVER").map(value);
    let versions: Vec<&str> = point.and_then(literal).into_iter().collect();
    let numbers = |assigned: &Assigned| -> Vec<TextRange> {
        let found = build_numbers(value(assigned), &versions).into_iter();
        found.map(|range| range + assigned.value.start()).collect()
    };
    let assigned = all.iter().find(|assigned| touches(assigned.value))?;
    if assigned.name == "POINTVER" {
        return Some(Bump {
            pointver: Some(next(literal(value(assigned))?)?),
            ..Bump::default()
        });
    }
    // Where RELEASE has such numbers, no other one is the release package's.
    let in_release = || {
        all.iter()
            .filter(|a| a.name == "RELEASE")
            .any(|a| !numbers(a).is_empty())
    };
    if assigned.name != "RELEASE" && in_release() {
        return None;
    }
    let in_variables = || build_variable::build_numbers(&file.text, &all);
    let number = numbers(assigned)
        .into_iter()
        .chain(in_variables())
        .find(|range| touches(*range))?;
    Some(Bump {
        build: Some(next(file.slice(number))?),
        ..Bump::default()
    })
}

/// Returns a version with its last number one higher: `10.2` for `10.1`.
fn next(version: &str) -> Option<String> {
    let digits = version.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = version.split_at_checked(version.len() - digits)?;
    let following = number.parse::<u64>().ok()?.checked_add(1)?;
    // `09` keeps its two digits.
    Some(format!("{before}{following:0digits$}"))
}

/// Returns a note where other images are built from the same scripts.
fn shared_scripts(view: &View<'_>, image: &Image) -> Option<Note> {
    let directory = view.model.directories.get(&image.directory)?;
    let others: Vec<&str> = directory
        .names
        .iter()
        .filter(|n| **n != image.name)
        .map(SmolStr::as_str)
        .collect();
    (!others.is_empty()).then(|| {
        Note::general(format!(
            "{} are built from the same scripts",
            others.join(", ")
        ))
    })
}

/// Returns the literal value that a variable is given in the image's scripts.
fn value_of(scripts: &[ImageScript<'_>], variable: &str) -> Option<String> {
    scripts.iter().find_map(|script| {
        let text = script.patch.text();
        let facts = script::read(text);
        let assigned = assignments(&facts)
            .into_iter()
            .find(|a| a.name == variable)?;
        literal(slice(text, assigned.value)).map(str::to_owned)
    })
}

/// Replaces a value wherever it stands as a whole word in a value of the image.
fn replace_words(scripts: &mut [ImageScript<'_>], old: &str, new: &str) {
    for script in scripts {
        let text = script.patch.text().to_owned();
        let mut ranges: Vec<TextRange> = Vec::new();
        for assigned in assignments(&script::read(&text)) {
            let found = words(slice(&text, assigned.value), old).into_iter();
            let start = assigned.value.start();
            ranges.extend(found.map(|at| range_at(at, old.len()) + start));
        }
        script.replace(&ranges, new);
    }
}

/// Returns the ranges of the release package's build numbers in each script.
fn release_ranges(scripts: &[ImageScript<'_>]) -> Vec<Vec<TextRange>> {
    let point = value_of(scripts, "POINTVER");
    let versions: Vec<&str> = point.as_deref().into_iter().collect();
    let in_values = |only: Option<&str>| -> Vec<Vec<TextRange>> {
        let scripts = scripts.iter();
        scripts
            .map(|script| value_builds(script.patch.text(), &versions, only))
            .collect()
    };
    let in_variables = || -> Vec<Vec<TextRange>> {
        let texts = scripts.iter().map(|script| script.patch.text());
        texts
            .map(|text| build_variable::build_numbers(text, &assignments(&script::read(text))))
            .collect()
    };
    let is_found = |ranges: &Vec<Vec<TextRange>>| ranges.iter().any(|found| !found.is_empty());
    // Where RELEASE has such numbers, no other one is the release package's.
    let found = Some(in_values(Some("RELEASE"))).filter(is_found);
    let found = found.or_else(|| Some(in_values(None)).filter(is_found));
    found.unwrap_or_else(in_variables)
}

/// Returns the ranges of build numbers in the values of a script, or in those of one variable.
fn value_builds(text: &str, versions: &[&str], only: Option<&str>) -> Vec<TextRange> {
    let all = assignments(&script::read(text)).into_iter();
    let all = all.filter(|assigned| only.is_none_or(|name| assigned.name == name));
    let ranges = all.flat_map(|assigned| {
        let found = build_numbers(slice(text, assigned.value), versions).into_iter();
        let start = assigned.value.start();
        found.map(move |range| range + start).collect::<Vec<_>>()
    });
    ranges.collect()
}

/// Returns the build numbers of the release package.
fn release_builds(scripts: &[ImageScript<'_>]) -> Vec<String> {
    let ranges = release_ranges(scripts);
    let found = scripts.iter().zip(&ranges).flat_map(|(script, ranges)| {
        let text = script.patch.text();
        ranges
            .iter()
            .map(move |range| slice(text, *range).to_owned())
    });
    found.collect()
}

/// Replaces the build number of the release package. Returns how many there were.
fn replace_build(scripts: &mut [ImageScript<'_>], new: &str) -> usize {
    let ranges = release_ranges(scripts);
    for (script, ranges) in scripts.iter_mut().zip(&ranges) {
        script.replace(ranges, new);
    }
    ranges.iter().map(Vec::len).sum()
}

/// Gives a variable another value, and replaces the old one in every value of the image.
fn set(
    scripts: &mut [ImageScript<'_>],
    name: &str,
    variable: &str,
    value: &str,
) -> Result<(), Refusal> {
    let plain = |c: char| !c.is_control() && !"\"'`$\\".contains(c);
    if !value.chars().all(plain) {
        return Err(Refusal::new(format!(
            "`{variable}`: a value with quotes, `$`, backquotes or backslashes has to be written by hand"
        )));
    }
    let Some(old) = value_of(scripts, variable) else {
        return Err(Refusal::new(format!(
            "`{name}` does not set {variable} to a literal value: change it by hand"
        )));
    };
    // A short value, or one without a number, stands for many things.
    let is_specific = old.len() > 1 && old.contains(|c: char| c.is_ascii_digit());
    if is_specific {
        replace_words(scripts, &old, value);
    }
    for script in scripts {
        let text = script.patch.text().to_owned();
        let facts = script::read(&text);
        let own = assignments(&facts);
        for assigned in own.iter().rev().filter(|a| a.name == variable) {
            let written = slice(&text, assigned.value);
            if literal(written).is_some_and(|now| now != value) {
                let new = quoted_like(written, value);
                script.patch.replace(assigned.value, &new);
            }
        }
    }
    Ok(())
}

/// Returns a value in the quotes that another one is written in, or in those that it needs.
fn quoted_like(written: &str, value: &str) -> String {
    let needs_quotes = |c: char| !c.is_ascii_alphanumeric() && !"._/:+-@%=,".contains(c);
    let quote = match written.chars().next() {
        Some('"') => "\"",
        Some('\'') => "'",
        _ if value.contains(needs_quotes) || value.is_empty() => "\"",
        _ => "",
    };
    format!("{quote}{value}{quote}")
}

/// Returns what only upstream can confirm: packages and addresses in the changed script.
/// `builds` are the ranges of the build numbers that were changed.
fn doubts(script: &ImageScript<'_>, bump: &Bump, builds: &[TextRange]) -> Vec<Verify> {
    let text = script.patch.text();
    let facts = script::read(text);
    let mut found = Vec::new();
    let mut add = |range: TextRange, why: &str| {
        found.push(Verify {
            path: script.file.path.clone(),
            range,
            text: slice(text, range).to_owned(),
            why: why.to_owned(),
        });
    };
    let point = bump.pointver.as_deref();
    let versions: Vec<&str> = point.into_iter().collect();
    for range in builds {
        add(
            *range,
            "a package's build number: check that upstream has it",
        );
    }
    for assigned in assignments(&facts) {
        let value = slice(text, assigned.value);
        let start = assigned.value.start();
        if bump.pointver.is_some() && bump.build.is_none() {
            for range in build_numbers(value, &versions) {
                add(
                    range + start,
                    "a package's build number: it was not changed with the point release",
                );
            }
        }
        let mentions = |word: &str| !words(value, word).is_empty();
        let is_touched = point.is_some_and(mentions)
            || (bump.pointver.is_some() && value.contains("POINTVER"))
            || (bump.build.is_some() && !build_numbers(value, &versions).is_empty())
            || bump.set.iter().any(|(_, new)| mentions(new));
        if is_address(value) && is_touched {
            add(assigned.value, "an address: check that upstream serves it");
        }
    }
    found
}
