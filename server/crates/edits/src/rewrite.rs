//! A script of one release made into that of the next: what in it names the release, and what only
//! upstream can confirm.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::patch::Patch;
use super::scaffold::NewImage;
use super::scripts::{
    self, assignments, build_numbers, calls, is_address, literal, range_at, slice, word_around,
    words,
};
use model::view::View;
use model::{Image, track};
use syntax::TextRange;

/// The first number of a name, with its dots: `24.04` of `ubuntu-24.04`.
pub(super) fn number(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once('-')?;
    let is_number = |part: &&str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_digit() || c == '.')
            && part.starts_with(|c: char| c.is_ascii_digit())
    };
    rest.split('-').find(is_number)
}

/// The text that a script of an image would have, made after the same one of another.
pub(super) fn script_after(
    view: &View<'_>,
    name: &str,
    like: &Arc<Image>,
    text: &Arc<str>,
) -> String {
    let new = NewImage {
        name: SmolStr::new(name),
        ..NewImage::default()
    };
    rewrite(view, text, &Release::new(view, &new, like)).text
}

/// What tells a release from the one it is made after.
pub(super) struct Release<'r> {
    /// The numbers in their names: `15.5`, `15.6`.
    number: Option<(&'r str, &'r str)>,
    /// What follows the distribution in their names, where more than numbers differ.
    rest: Option<(&'r str, &'r str)>,
    /// Their codenames, as far as they are known.
    codename: (Option<SmolStr>, Option<SmolStr>),
    builder: Option<&'r SmolStr>,
    /// The includes that are read.
    like: &'r Image,
}

impl<'r> Release<'r> {
    pub(super) fn new(view: &View<'_>, new: &'r NewImage, like: &'r Arc<Image>) -> Release<'r> {
        let distribution = like.identity.distname.fixed().unwrap_or_default();
        let (old, now) = (number(&like.name), number(&new.name));
        let rest = |name: &'r str| name.split_once('-').map(|(_, rest)| rest);
        let only_numbers = track::split(&like.name).0 == track::split(&new.name).0;
        let codename = |release: Option<&str>, name: &str| {
            let release = release.or_else(|| name.split_once('-').map(|(_, rest)| rest))?;
            view.codename(distribution, release).map(SmolStr::new)
        };
        Release {
            number: old.zip(now).filter(|(a, b)| a != b),
            rest: rest(&like.name)
                .zip(rest(&new.name))
                .filter(|(a, b)| a != b && !only_numbers),
            codename: (codename(old, &like.name), codename(now, &new.name)),
            builder: new.builder.as_ref(),
            like,
        }
    }
}

/// A rewritten script, with what is in doubt in it.
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Places in the text, and why they are in doubt.
    pub(super) doubts: Vec<(TextRange, String)>,
}

/// Rewrites a script of the older release for the new one. Comments are left alone.
pub(super) fn rewrite(view: &View<'_>, text: &Arc<str>, release: &Release<'_>) -> Rewritten {
    let facts = scripts::read(text);
    let mut patch = Patch::new(text.clone());
    // From the end: what stands before does not move.
    let mut changes: Vec<(TextRange, String)> = Vec::new();
    let point = point_version(text, &facts, release);
    for assigned in assignments(&facts) {
        let raw = slice(text, assigned.value);
        let start = usize::from(assigned.value.start());
        if assigned.name == "BUILDER" {
            if let Some(builder) = builder_for(view, raw, release) {
                changes.push((assigned.value, builder));
            }
            continue;
        }
        for (at, length, new) in value_changes(raw, release, point.as_ref()) {
            changes.push((range_at(start + at, length), new));
        }
    }
    for (name, range) in calls(&facts) {
        if let Some(new) = helper_for(view, &name, release) {
            changes.push((range, new.to_string()));
        }
    }
    if let (Some(old), Some(new)) = (&release.codename.0, &release.codename.1) {
        for heredoc in &facts.heredocs {
            changes.extend(codename_changes(text, heredoc.body, old, new));
        }
    }
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start()));
    changes.dedup();
    for (range, new) in changes {
        patch.replace(range, &new);
    }
    let text = patch.text().to_owned();
    let doubts = doubts(view, &text, release);
    Rewritten { text, doubts }
}

/// What changes in a value: places in it, lengths, and what comes there.
fn value_changes(
    raw: &str,
    release: &Release<'_>,
    point: Option<&(String, String)>,
) -> Vec<(usize, usize, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    let mut add = |at: usize, length: usize, new: &str| {
        let overlaps = found.iter().any(|(a, l, _)| *a < at + length && at < a + l);
        if !overlaps {
            found.push((at, length, new.to_owned()));
        }
    };
    if let (Some(old), Some(new)) = &release.codename {
        for at in words(raw, old) {
            add(at, old.len(), new);
        }
    }
    // `RELVER=stream-$(date +%Y%m%d)`: only where the value begins with it, lest other words that
    // happen to be the same are taken for it.
    if let Some((old, new)) = release.rest {
        let quote = raw.len() - raw.trim_start_matches(['"', '\'']).len();
        let inner = raw.trim_matches(['"', '\'']);
        let rest = inner.strip_prefix(old);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-$")) {
            add(quote, old.len(), new);
        }
    }
    if let Some((old, new)) = point {
        for at in words(raw, old) {
            add(at, old.len(), new);
        }
    }
    let Some((old, new)) = release.number else {
        return found;
    };
    for at in words(raw, old) {
        if old.contains('.') || names_release(raw, at, old) {
            add(at, old.len(), new);
        }
    }
    // `.el8`: the release is a part of a word.
    for (at, part) in raw.match_indices(&format!("el{old}")) {
        let before = raw.get(..at).and_then(|b| b.chars().next_back());
        let after = raw.get(at + part.len()..).and_then(|a| a.chars().next());
        if before.is_some_and(|c| c == '.' || c == '-' || c == '/')
            && !after.is_some_and(|c| c.is_ascii_alphanumeric())
        {
            add(at + 2, old.len(), new);
        }
    }
    found
}

/// Whether a whole number in a value names the release, and not one of the many other things
/// that have such numbers: package builds, counts, versions of other software.
fn names_release(raw: &str, at: usize, old: &str) -> bool {
    let inner = raw.trim_matches(['"', '\'']);
    let before = raw
        .get(..at)
        .unwrap_or_default()
        .trim_start_matches(['"', '\'']);
    let after = raw.get(at + old.len()..).unwrap_or_default();
    let ends = |text: &str| text.is_empty() || text.starts_with(['"', '\'']);
    if inner == old || (before.is_empty() && after.starts_with('-')) {
        return true;
    }
    if !word_around(raw, at).contains('/') {
        return false;
    }
    let follows = ends(after) || after.starts_with(['/', '-', '.', '_', '\n', ' ']);
    if before.ends_with('/') {
        return follows;
    }
    // `epel-release-latest-9.noarch.rpm`, and no build number: that follows a version.
    let word = before.strip_suffix('-').unwrap_or_default();
    follows && word.ends_with(|c: char| c.is_ascii_alphabetic()) && !ends_in_variable(word)
}

fn ends_in_variable(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    name.ends_with('$')
}

/// The point release of the old one and what stands in for the new one: its first.
fn point_version(
    text: &str,
    facts: &syntax::bash::ScriptFacts,
    release: &Release<'_>,
) -> Option<(String, String)> {
    let (old, new) = release.number.filter(|(old, _)| !old.contains('.'))?;
    let assigned = assignments(facts)
        .into_iter()
        .find(|a| a.name == "POINTVER")?;
    let value = literal(slice(text, assigned.value))?;
    let minor = value.strip_prefix(old)?.strip_prefix('.')?;
    minor
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| (value.to_owned(), format!("{new}.0")))
}

/// The builder of the new major, if there is one.
fn builder_for(view: &View<'_>, raw: &str, release: &Release<'_>) -> Option<String> {
    if let Some(builder) = release.builder {
        return Some(builder.to_string());
    }
    let value = literal(raw)?;
    let (old, new) = release.number?;
    let at = words(value, old).into_iter().next()?;
    let (before, after) = (value.get(..at)?, value.get(at + old.len()..)?);
    let name = format!("{before}{new}{after}");
    view.model
        .builders
        .contains_key(name.as_str())
        .then(|| raw.replace(value, &name))
}

/// The helper of the new major that a call becomes, if an include that is read defines it.
fn helper_for(view: &View<'_>, name: &str, release: &Release<'_>) -> Option<SmolStr> {
    let new = helper_name(name, release)?;
    is_defined(view, &new, release).then_some(new)
}

fn helper_name(name: &str, release: &Release<'_>) -> Option<SmolStr> {
    let (old, new) = release.number?;
    let at = words(name, old).into_iter().next()?;
    let before = name.get(..at).filter(|before| before.ends_with('-'))?;
    Some(format_smolstr!(
        "{before}{new}{}",
        name.get(at + old.len()..)?
    ))
}

fn is_defined(view: &View<'_>, helper: &str, release: &Release<'_>) -> bool {
    let definers = view.model.helpers.get(helper);
    definers.is_some_and(|ids| ids.iter().any(|id| release.like.summary.reach.contains(id)))
}

/// Codenames in the lines of a here-document that are no comments.
fn codename_changes(text: &str, body: TextRange, old: &str, new: &str) -> Vec<(TextRange, String)> {
    let mut found = Vec::new();
    let mut start = usize::from(body.start());
    for line in slice(text, body).split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            for at in words(line, old) {
                found.push((range_at(start + at, old.len()), new.to_owned()));
            }
        }
        start += line.len();
    }
    found
}

/// What only upstream can confirm in a rewritten script.
fn doubts(view: &View<'_>, text: &str, release: &Release<'_>) -> Vec<(TextRange, String)> {
    let facts = scripts::read(text);
    let all = assignments(&facts);
    let point = all
        .iter()
        .find(|a| a.name == "POINTVER")
        .and_then(|a| literal(slice(text, a.value)));
    let versions: Vec<&str> = point
        .into_iter()
        .chain(release.number.map(|(_, new)| new))
        .collect();
    let mut found: Vec<(TextRange, String)> = Vec::new();
    for assigned in &all {
        let raw = slice(text, assigned.value);
        let start = usize::from(assigned.value.start());
        match assigned.name.as_str() {
            "BUILDER" => {
                found.extend(builder_doubt(raw, release).map(|why| (assigned.value, why)));
                continue;
            }
            "POINTVER" => found.push((
                assigned.value,
                "the point release: only upstream knows the current one".to_owned(),
            )),
            "RELNAME" => {
                found.extend(codename_doubt(raw, release).map(|why| (assigned.value, why)))
            }
            _ => {}
        }
        let numbers = build_numbers(raw, &versions);
        for range in &numbers {
            found.push((
                range_at(start + usize::from(range.start()), usize::from(range.len())),
                "a package's build number: only upstream knows the current one".to_owned(),
            ));
        }
        let speaks_of_release = raw.contains('$') || raw.contains(|c: char| c.is_ascii_digit());
        if is_address(raw) && speaks_of_release {
            found.push((
                assigned.value,
                "an address: check that upstream serves the release there".to_owned(),
            ));
        }
    }
    for (name, range) in calls(&facts) {
        let wanted = helper_name(&name, release);
        if let Some(wanted) = wanted.filter(|wanted| !is_defined(view, wanted, release)) {
            found.push((
                range,
                format!("no include that is read here defines `{wanted}`: the call was left"),
            ));
        }
    }
    found.sort_by_key(|(range, _)| (range.start(), range.end()));
    found
}

fn builder_doubt(raw: &str, release: &Release<'_>) -> Option<String> {
    let value = literal(raw)?;
    let (old, new) = release.number.filter(|_| release.builder.is_none())?;
    let at = words(value, old).into_iter().next()?;
    let (before, after) = (value.get(..at)?, value.get(at + old.len()..)?);
    Some(format!(
        "there is no builder `{before}{new}{after}`: the one of `{}` was left",
        release.like.name
    ))
}

fn codename_doubt(raw: &str, release: &Release<'_>) -> Option<String> {
    match (&release.codename, literal(raw)) {
        ((_, Some(new)), Some(value)) if *new == value => None,
        ((_, Some(new)), _) => Some(format!("the codename: it should be `{new}`")),
        ((_, None), _) => {
            Some("the codename of the release is not known: it was left as it is".to_owned())
        }
    }
}
