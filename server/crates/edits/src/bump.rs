//! `bump`: a new point release or package build number, everywhere in an image where the old one
//! stands.

use std::sync::Arc;

use smol_str::SmolStr;

use super::draft::Draft;
use super::patch::Patch;
use super::scripts::{
    self, assignments, build_numbers, is_address, literal, range_at, slice, words,
};
use super::{Change, Refusal, Verify};
use model::view::View;
use model::{File, FileId};
use syntax::TextRange;

/// What is new in an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bump {
    /// The point release, `POINTVER`.
    pub pointver: Option<String>,
    /// The build number of the release package.
    pub build: Option<String>,
    /// Other variables and their new values.
    pub set: Vec<(String, String)>,
}

/// One script of the image.
struct Script<'v> {
    id: FileId,
    file: &'v Arc<File>,
    patch: Patch,
}

/// Bumps an image.
///
/// # Errors
/// When there is none of that name, or nothing in it that could be bumped like that.
pub fn bump(view: &View<'_>, name: &str, bump: &Bump) -> Result<Change, Refusal> {
    let Some(image) = view.model.images.get(name) else {
        return Err(Refusal::new(format!("there is no image `{name}`")));
    };
    if *bump == Bump::default() {
        return Err(Refusal::new(
            "say what is new: `--pointver VERSION`, `--build NUMBER` or `--set VAR=VALUE`",
        ));
    }
    let directory = view.model.directories.get(&image.directory);
    let mut scripts: Vec<Script<'_>> = directory
        .iter()
        .flat_map(|d| d.scripts())
        .filter_map(|id| {
            let file = view.tree.file(id)?;
            let patch = Patch::new(file.text.clone());
            Some(Script { id, file, patch })
        })
        .collect();
    let old_point = value_of(&scripts, "POINTVER");
    let mut titles = Vec::new();
    if let Some(version) = &bump.pointver {
        is_version(version)?;
        let Some(old) = old_point.clone() else {
            return Err(Refusal::new(format!(
                "`{name}` sets no POINTVER to a literal value: use `--set VAR=VALUE`"
            )));
        };
        replace_words(&mut scripts, &old, version);
        titles.push(format!("POINTVER {version}"));
    }
    if let Some(build) = &bump.build {
        is_version(build)?;
        let found = replace_build(&mut scripts, build);
        if found == 0 {
            return Err(Refusal::new(format!(
                "`{name}` has no package build number: none follows a version in a value with a path"
            )));
        }
        titles.push(format!("build {build}"));
    }
    for (variable, value) in &bump.set {
        set(&mut scripts, name, variable, value)?;
        titles.push(format!("{variable} {value}"));
    }
    let mut draft = Draft::new(*view);
    let mut verify = Vec::new();
    let mut changed = false;
    for script in &scripts {
        let changes = script.patch.changes();
        changed |= !changes.is_empty();
        for (range, text) in changes.iter().rev() {
            draft.replace(script.id, *range, text);
        }
        if !changes.is_empty() {
            verify.extend(doubts(script, bump));
        }
    }
    if !changed {
        return Err(Refusal::new(format!(
            "`{name}` has these values already: nothing to change"
        )));
    }
    Ok(Change {
        title: format!("Bump {name}: {}", titles.join(", ")),
        edits: draft.finish(),
        verify,
        notes: shared(view, image),
        image: image.name.clone(),
        like: None,
    })
}

/// What a place in an image's script could be bumped to: the point release after the one that is
/// POINTVER's value there, or the build number after the one there.
pub fn next_at(file: &File, at: TextRange) -> Option<Bump> {
    let facts = file.script().filter(|facts| !facts.is_stale)?;
    let touches = |range: TextRange| range.start() <= at.start() && at.end() <= range.end();
    let all = assignments(facts);
    let value = |assigned: &scripts::Assigned| slice(&file.text, assigned.value);
    let point = all.iter().find(|a| a.name == "POINTVER").map(value);
    let versions: Vec<&str> = point.and_then(literal).into_iter().collect();
    let numbers = |assigned: &scripts::Assigned| -> Vec<TextRange> {
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
    let others = || {
        all.iter()
            .filter(|a| a.name == "RELEASE")
            .any(|a| !numbers(a).is_empty())
    };
    if assigned.name != "RELEASE" && others() {
        return None;
    }
    let number = numbers(assigned)
        .into_iter()
        .find(|range| touches(*range))?;
    Some(Bump {
        build: Some(next(file.slice(number))?),
        ..Bump::default()
    })
}

/// A version with its last number one higher: `10.1` to `10.2`.
fn next(version: &str) -> Option<String> {
    let digits = version.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = version.split_at_checked(version.len() - digits)?;
    let following = number.parse::<u64>().ok()?.checked_add(1)?;
    // `09` has two places.
    Some(format!("{before}{following:0digits$}"))
}

/// A note where other images are built from the same scripts.
fn shared(view: &View<'_>, image: &model::Image) -> Vec<super::Note> {
    let names = view
        .model
        .directories
        .get(&image.directory)
        .map(|d| &d.names);
    let others: Vec<&str> = names
        .into_iter()
        .flatten()
        .filter(|n| **n != image.name)
        .map(SmolStr::as_str)
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    vec![super::Note {
        place: None,
        message: format!("{} are built from the same scripts", others.join(", ")),
    }]
}

fn is_version(text: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-+~".contains(c);
    if text.is_empty() || !text.chars().all(fits) {
        return Err(Refusal::new(format!(
            "`{text}` is no version: use digits, letters, `.`, `_`, `+`, `~` and `-`"
        )));
    }
    Ok(())
}

/// The literal value that a variable is given in the image's scripts.
fn value_of(scripts: &[Script<'_>], variable: &str) -> Option<String> {
    scripts.iter().find_map(|script| {
        let text = script.patch.text();
        let facts = scripts::read(text);
        let assigned = assignments(&facts)
            .into_iter()
            .find(|a| a.name == variable)?;
        literal(slice(text, assigned.value)).map(str::to_owned)
    })
}

/// Replaces a value wherever it stands as a whole word in a value of the image.
fn replace_words(scripts: &mut [Script<'_>], old: &str, new: &str) {
    for script in scripts {
        let text = script.patch.text().to_owned();
        let facts = scripts::read(&text);
        let mut places = Vec::new();
        for assigned in assignments(&facts) {
            let start = usize::from(assigned.value.start());
            let raw = slice(&text, assigned.value);
            places.extend(words(raw, old).into_iter().map(|at| start + at));
        }
        for at in places.into_iter().rev() {
            script.patch.replace(range_at(at, old.len()), new);
        }
    }
}

/// Replaces the build number of the release package: all lines of RELEASE together.
fn replace_build(scripts: &mut [Script<'_>], new: &str) -> usize {
    let point = value_of(scripts, "POINTVER");
    let versions: Vec<&str> = point.as_deref().into_iter().collect();
    let mut count = 0;
    for only_release in [true, false] {
        for script in scripts.iter_mut() {
            let text = script.patch.text().to_owned();
            let facts = scripts::read(&text);
            let mut places: Vec<TextRange> = Vec::new();
            for assigned in assignments(&facts) {
                if only_release && assigned.name != "RELEASE" {
                    continue;
                }
                let raw = slice(&text, assigned.value);
                places.extend(
                    build_numbers(raw, &versions)
                        .into_iter()
                        .map(|range| range + assigned.value.start()),
                );
            }
            count += places.len();
            for range in places.into_iter().rev() {
                script.patch.replace(range, new);
            }
        }
        if count > 0 {
            break;
        }
    }
    count
}

/// Gives a variable another value, and that to every value of the image with the old one in it.
fn set(scripts: &mut [Script<'_>], name: &str, variable: &str, value: &str) -> Result<(), Refusal> {
    let plain = |c: char| !c.is_control() && !"\"'`$\\".contains(c);
    if !value.chars().all(plain) {
        return Err(Refusal::new(format!(
            "`{variable}`: a value with quotes, `$`, backquotes or backslashes has to be written by hand"
        )));
    }
    let Some(old) = value_of(scripts, variable) else {
        return Err(Refusal::new(format!(
            "`{name}` does not set {variable} to a literal value"
        )));
    };
    // What is short, or has no number in it, stands for many things.
    let specific = old.len() > 1 && old.contains(|c: char| c.is_ascii_digit());
    if specific {
        replace_words(scripts, &old, value);
    }
    for script in scripts {
        let text = script.patch.text().to_owned();
        let facts = scripts::read(&text);
        let own = assignments(&facts);
        for assigned in own.iter().rev().filter(|a| a.name == variable) {
            let raw = slice(&text, assigned.value);
            if literal(raw).is_none_or(|now| now == value) {
                continue;
            }
            let needs_quotes = |c: char| !c.is_ascii_alphanumeric() && !"._/:+-@%=,".contains(c);
            let quote = match raw.chars().next() {
                Some(quote @ ('"' | '\'')) => quote.to_string(),
                _ if value.contains(needs_quotes) || value.is_empty() => "\"".to_owned(),
                _ => String::new(),
            };
            let new = format!("{quote}{value}{quote}");
            script.patch.replace(assigned.value, &new);
        }
    }
    Ok(())
}

/// What only upstream can confirm: where the changed script names packages and addresses.
fn doubts(script: &Script<'_>, bump: &Bump) -> Vec<Verify> {
    let text = script.patch.text();
    let facts = scripts::read(text);
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
    for assigned in assignments(&facts) {
        let raw = slice(text, assigned.value);
        let start = assigned.value.start();
        if bump.pointver.is_some() && bump.build.is_none() {
            for range in build_numbers(raw, &versions) {
                add(
                    range + start,
                    "a package's build number: it was not changed with the point release",
                );
            }
        }
        let mentions = |value: &str| !words(raw, value).is_empty();
        let touched = point.is_some_and(mentions)
            || (bump.pointver.is_some() && raw.contains("POINTVER"))
            || (bump.build.is_some() && !build_numbers(raw, &versions).is_empty())
            || bump.set.iter().any(|(_, value)| mentions(value));
        if is_address(raw) && touched {
            add(assigned.value, "an address: check that upstream serves it");
        }
    }
    found
}
