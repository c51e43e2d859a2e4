//! What a copy for another distribution or flavour has of its model beyond values: comments that name
//! a distribution, and the init command.

use std::collections::BTreeSet;

use super::difference::ReleaseDifference;
use super::script::{calls, range_at, slice, words};
use model::track;
use model::view::View;
use syntax::TextRange;
use syntax::bash::ScriptFacts;

/// Distributions whose names are words of the language, or of an architecture: these count where
/// they begin with a capital or a number follows.
const WORDS: [&str; 2] = ["arch", "void"];

/// The helper that says what a container is started with.
const INIT_COMMAND: &str = "set-initcmd";

/// Returns the comments that name another distribution, or another release of the same one, and the
/// calls that set the init command, with the reasons why they are in doubt.
pub(super) fn doubts(
    view: &View<'_>,
    text: &str,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    if !is_other_kind(difference) {
        return Vec::new();
    }
    let mut found = comments(view, text, difference);
    let like = &difference.like().name;
    let commands = calls(facts).into_iter();
    let commands = commands.filter(|(name, _)| name == INIT_COMMAND);
    found.extend(commands.map(|(_, name)| {
        let after = TextRange::new(name.end(), syntax::TextSize::of(text).max(name.end()));
        let line = slice(text, after).lines().next().unwrap_or_default();
        let length = usize::from(name.len()) + line.trim_end().len();
        let why =
            format!("the init command is that of `{like}`: check that it is this image's, too");
        (range_at(usize::from(name.start()), length), why)
    }));
    found
}

/// Returns whether a copy is of another distribution or flavour than its model. An image that gets
/// another name is what it was.
fn is_other_kind(difference: &ReleaseDifference<'_>) -> bool {
    let (was, now) = (&difference.was, &difference.now);
    let is_other_track = track::split(&was.release).0 != track::split(&now.release).0;
    !difference.keeps_point
        && (difference.foreign.is_some() || is_other_track || was.variant() != now.variant())
}

fn comments(
    view: &View<'_>,
    text: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let images = view.model.images.values();
    let names = images.filter_map(|image| image.identity.distname.fixed());
    let distributions: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
    let like = &difference.like().name;
    let mut found = Vec::new();
    let mut start = 0usize;
    for line in text.split_inclusive('\n') {
        let comment = line.trim();
        if comment.starts_with('#') {
            let mut named = distributions.iter();
            if let Some(name) = named.find(|name| names_other(comment, name, difference)) {
                let indent = line.len() - line.trim_start().len();
                let why =
                    format!("copied from `{like}`, and speaks of {name}: check that it holds");
                found.push((range_at(start + indent, comment.len()), why));
            }
        }
        start += line.len();
    }
    found
}

/// Returns whether a comment names a distribution that the new image is not of, or a release of its own
/// that it is not.
fn names_other(comment: &str, name: &str, difference: &ReleaseDifference<'_>) -> bool {
    let is_own = name == difference.now.distribution();
    let lower = comment.to_ascii_lowercase();
    words(&lower, &name.to_ascii_lowercase())
        .into_iter()
        .any(|at| {
            let written = comment.get(at..).unwrap_or_default();
            let after = written.get(name.len()..).unwrap_or_default();
            let number = after.strip_prefix([' ', '-']).unwrap_or_default();
            let end = number.find(|c: char| !(c.is_ascii_digit() || c == '.'));
            let number = number
                .get(..end.unwrap_or(number.len()))
                .unwrap_or_default();
            let number = number.trim_end_matches('.');
            if is_own {
                return !number.is_empty() && words(&difference.now.release, number).is_empty();
            }
            let is_capital = written.starts_with(|c: char| c.is_ascii_uppercase());
            !WORDS.contains(&name) || is_capital || !number.is_empty()
        })
}
