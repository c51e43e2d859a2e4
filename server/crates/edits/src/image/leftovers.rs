//! What in a rewritten script still names the older release.

use super::difference::ReleaseDifference;
use super::rewrite::names_release;
use super::script::{Assigned, range_at, slice, words};
use model::identity::split_name;
use syntax::TextRange;

/// Returns the comments at the top of a script that name the older image itself, which are left as
/// they are.
pub(super) fn title_doubts(
    text: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let mut found = Vec::new();
    if difference.is_same_release() {
        return found;
    }
    let like = &difference.like().name;
    let [distribution, ..] = split_name(like);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let comment = line.trim();
        if !(comment.is_empty() || comment.starts_with('#')) {
            break;
        }
        let lower = comment.to_lowercase();
        let is_named = |word: &str| !words(&lower, &word.to_lowercase()).is_empty();
        if is_named(distribution) && difference.old_words().any(is_named) {
            let why = format!("the title names `{like}`: comments are left as they are");
            let indent = line.len() - line.trim_start().len();
            found.push((range_at(start + indent, comment.len()), why));
        }
        start += line.len();
    }
    found
}

/// Returns the values that name the older release where the new one has nothing to take its place.
pub(super) fn left_doubts(
    text: &str,
    assigned: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let left = difference.left_words();
    let names_it = |value: &str| {
        left.iter().copied().find(|word| {
            let is_plain = word.chars().all(|c| c.is_ascii_digit());
            let mut at = words(value, word).into_iter();
            at.any(|at| !is_plain || names_release(value, at, word))
        })
    };
    let others = assigned
        .iter()
        .filter(|a| !OWN_DOUBTS.contains(&a.name.as_str()));
    others
        .filter_map(|assigned| {
            let word = names_it(slice(text, assigned.value))?;
            let like = &difference.like().name;
            let why = format!("it says `{word}`, as in `{like}`: it was left as it is");
            Some((assigned.value, why))
        })
        .collect()
}

/// Variables whose values have doubts of their own.
const OWN_DOUBTS: [&str; 3] = ["BUILDER", "RELNAME", "POINTVER"];
