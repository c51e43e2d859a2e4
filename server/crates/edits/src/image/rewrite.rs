//! A script of one release made into that of another: what in it names the release.

use std::sync::Arc;

use smol_str::SmolStr;

use super::commands;
use super::difference::{ReleaseDifference, Replaced};
use super::foreign::Foreign;
use super::new::NewImage;
use super::script::{self, assignments, calls, literal, range_at, slice, word_around, words};
use super::security_suite;
use crate::nix::Replacement;
use crate::patch::Patch;
use model::Image;
use model::view::View;
use syntax::bash::ScriptFacts;

/// The script that says who an image is.
pub(crate) const CONFIG: &str = "config.sh";

/// Variables of `config.sh` that follow from the name.
const FIELDS: [&str; 5] = ["DISTNAME", "RELVER", "ARCH", "VENDOR", "VARIANT"];

/// Returns the first number of a name, with its dots: `24.04` of `ubuntu-24.04`.
pub(crate) fn number(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once('-')?;
    let is_number = |part: &&str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_digit() || c == '.')
            && part.starts_with(|c: char| c.is_ascii_digit())
    };
    rest.split('-').find(is_number)
}

/// Returns the text of an image's script (`file` is its name), made after the same script of another
/// image.
pub(crate) fn script_after(
    view: &View<'_>,
    name: &str,
    like: &Arc<Image>,
    file: &str,
    text: &Arc<str>,
) -> String {
    let new = NewImage {
        name: SmolStr::new(name),
        ..NewImage::default()
    };
    rewrite(view, file, text, &ReleaseDifference::new(view, &new, like))
}

/// Returns the text of a script of the older release, rewritten for the new one.
pub(crate) fn rewrite(
    view: &View<'_>,
    file: &str,
    text: &Arc<str>,
    difference: &ReleaseDifference<'_>,
) -> String {
    let mut patch = Patch::new(text.clone());
    for (range, new) in changes(view, file, text, difference) {
        patch.replace(range, &new);
    }
    patch.text().to_owned()
}

/// Returns the replacements that make a script of the older release (`file` is its name) one of the
/// new release, from the end of the text: what stands before a range does not move. Comments are
/// left alone.
pub(crate) fn changes(
    view: &View<'_>,
    file: &str,
    text: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<Replacement> {
    let facts = script::read(text);
    let mut changes = ValueChanges::default();
    let is_config = file == CONFIG;
    if is_config {
        let fields = difference.now.changes(&difference.was, text);
        changes.extend(fields.replacements);
        if !fields.lines.is_empty() {
            changes.extend([(range_at(text.len(), 0), fields.lines)]);
        }
    }
    let point = point_version(text, &facts, difference);
    let all = assignments(&facts);
    for assigned in &all {
        let value = slice(text, assigned.value);
        if assigned.name == "BUILDER" {
            changes.extend(builder_for(view, value, difference).map(|b| (assigned.value, b)));
            continue;
        }
        if let Some(foreign) = &difference.foreign {
            let renamed = foreign.renamed(assigned, value);
            changes.extend(renamed.map(|new| (assigned.value, new)));
            if !Foreign::is_of_identity(&assigned.name) {
                continue;
            }
        }
        if !(is_config && FIELDS.contains(&assigned.name.as_str())) {
            let own = value_changes(&assigned.name, value, difference, point.as_ref());
            let at = assigned.value.start();
            changes.extend(own.into_iter().map(|(range, new)| (range + at, new)));
        }
    }
    for (name, range) in calls(&facts) {
        let helper = helper_for(view, &name, difference);
        changes.extend(helper.map(|new| (range, new.to_string())));
    }
    changes.extend(security_suite::changes(text, &facts, difference));
    changes.extend(commands::codename_changes(text, &facts, &all, difference));
    let mut changes = changes.0;
    changes.sort_by_key(|(range, _)| std::cmp::Reverse((range.start(), range.end())));
    changes
}

/// Changes of a text, which do not overlap.
#[derive(Default)]
struct ValueChanges(Vec<Replacement>);

impl ValueChanges {
    /// Adds a replacement, unless another one has been added for a part of its range.
    fn add(&mut self, at: usize, length: usize, new: &str) {
        self.extend([(range_at(at, length), new.to_owned())]);
    }

    fn extend(&mut self, replacements: impl IntoIterator<Item = Replacement>) {
        for (range, new) in replacements {
            let overlaps = |(other, _): &Replacement| {
                other.start() < range.end() && range.start() < other.end()
            };
            if !self.0.iter().any(overlaps) {
                self.0.push((range, new));
            }
        }
    }
}

/// Returns the replacements in a value that make it one of the new release; ranges are relative to
/// the value. `point` are the point releases.
fn value_changes(
    name: &str,
    value: &str,
    difference: &ReleaseDifference<'_>,
    point: Option<&(String, String)>,
) -> Vec<Replacement> {
    let mut changes = ValueChanges::default();
    if let (Some(old), Some(new)) = (&difference.old_codename, &difference.new_codename) {
        for at in words(value, old) {
            changes.add(at, old.len(), new);
        }
    }
    // A release without a codename has its own name in its place: `RELNAME=testing`.
    if let (None, Some(new)) = (&difference.old_codename, &difference.new_codename)
        && name == "RELNAME"
        && let Some(old) = literal(value)
        && let Some(at) = value.find(old)
    {
        changes.add(at, old.len(), new);
    }
    // `VARIANT=stream`: only where the value begins with it, lest other words that happen to be the
    // same are taken for it.
    if let Some(Replaced { old, new }) = difference.rest() {
        let quote = value.len() - value.trim_start_matches(['"', '\'']).len();
        let inner = value.trim_matches(['"', '\'']);
        let rest = inner.strip_prefix(old);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-$")) {
            changes.add(quote, old.len(), new);
        }
    }
    if let Some((old, new)) = point {
        for at in words(value, old) {
            changes.add(at, old.len(), new);
        }
    }
    let Some(Replaced { old, new }) = difference.number else {
        return changes.0;
    };
    for at in words(value, old) {
        if old.contains('.') || names_release(value, at, old) {
            changes.add(at, old.len(), new);
        }
    }
    // `.el8`: the release is a part of a word.
    for (at, word) in value.match_indices(&format!("el{old}")) {
        let before = value.get(..at).and_then(|b| b.chars().next_back());
        let after = value.get(at + word.len()..).and_then(|a| a.chars().next());
        if before.is_some_and(|c| c == '.' || c == '-' || c == '/')
            && !after.is_some_and(|c| c.is_ascii_alphanumeric())
        {
            changes.add(at + 2, old.len(), new);
        }
    }
    changes.0
}

/// Returns whether a whole number in a value names the release, and not one of the many other things
/// that have such numbers: package builds, counts, versions of other software.
pub(super) fn names_release(value: &str, at: usize, old: &str) -> bool {
    let inner = value.trim_matches(['"', '\'']);
    let before = value
        .get(..at)
        .unwrap_or_default()
        .trim_start_matches(['"', '\'']);
    let after = value.get(at + old.len()..).unwrap_or_default();
    let ends = |text: &str| text.is_empty() || text.starts_with(['"', '\'']);
    if inner == old || (before.is_empty() && after.starts_with('-')) {
        return true;
    }
    if !word_around(value, at).contains('/') {
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

/// Returns the point release of the old release, and the first one of the new release.
fn point_version(
    text: &str,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Option<(String, String)> {
    let Replaced { old, new } = difference.number.filter(|n| !n.old.contains('.'))?;
    let assigned = assignments(facts)
        .into_iter()
        .find(|a| a.name == "POINTVER")?;
    let value = literal(slice(text, assigned.value))?;
    let minor = value.strip_prefix(old)?.strip_prefix('.')?;
    minor.chars().all(|c| c.is_ascii_digit()).then(|| {
        let minor = if difference.keeps_point { minor } else { "0" };
        let new = match new.contains('.') {
            true => new.to_owned(),
            false => format!("{new}.{minor}"),
        };
        (value.to_owned(), new)
    })
}

/// Returns the builder that was asked for, else that of the new major release, if there is one.
fn builder_for(
    view: &View<'_>,
    written: &str,
    difference: &ReleaseDifference<'_>,
) -> Option<String> {
    if let Some(builder) = difference.builder {
        return Some(builder.to_string());
    }
    let value = literal(written)?;
    let (name, _) = difference.number?.in_text(value)?;
    view.model
        .builders
        .contains_key(name.as_str())
        .then(|| written.replace(value, &name))
}

/// Returns the helper of the new major release that a call becomes, if an include that is read
/// defines it.
fn helper_for(view: &View<'_>, name: &str, difference: &ReleaseDifference<'_>) -> Option<SmolStr> {
    let new = helper_name(name, difference)?;
    is_defined(view, &new, difference).then_some(new)
}

/// Returns the name of the helper of the new release that a call of one of the older release becomes.
pub(super) fn helper_name(name: &str, difference: &ReleaseDifference<'_>) -> Option<SmolStr> {
    let (new, before) = difference.number?.in_text(name)?;
    before.ends_with('-').then(|| SmolStr::new(new))
}

pub(super) fn is_defined(
    view: &View<'_>,
    helper: &str,
    difference: &ReleaseDifference<'_>,
) -> bool {
    let definers = view.model.helpers.get(helper);
    let reach = &difference.like.summary.reach;
    definers.is_some_and(|ids| ids.iter().any(|id| reach.contains(id)))
}
