//! Commands that were written for a release, as a comment right above them says: a copy may not need
//! them any more. A comment on a value is in doubt itself.

use super::difference::ReleaseDifference;
use super::rewrite::number;
use super::script::{range_at, words};
use model::identity::split_name;
use syntax::TextRange;

/// What a comment names, and where.
struct Named {
    name: String,
    /// The line of the comment, without its indentation.
    range: TextRange,
    /// It is the older release.
    is_release: bool,
}

/// Returns the commands right below a comment that names a version of a package or the older release,
/// and the comments right above a value that name the release, and why they are in doubt.
pub(super) fn doubts(text: &str, difference: &ReleaseDifference<'_>) -> Vec<(TextRange, String)> {
    if difference.is_same_release() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut start = 0usize;
    // What the comment above names; the title of the script says nothing of one command.
    let mut named: Option<Named> = None;
    let mut is_title = true;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        let range = range_at(start + indent, trimmed.len());
        if let Some(comment) = trimmed.strip_prefix('#') {
            let of_line = named_in(comment, difference).filter(|_| !is_title);
            named = named.or(of_line.map(|(name, is_release)| Named {
                name,
                range,
                is_release,
            }));
        } else {
            is_title &= trimmed.is_empty();
            let above = named.take().filter(|_| !trimmed.is_empty());
            found.extend(above.and_then(|named| doubt(named, trimmed, range, difference)));
        }
        start = start.saturating_add(line.len());
    }
    found
}

/// Returns what is in doubt of a comment and the line right below it, and why. `range` is that of the line.
fn doubt(
    named: Named,
    line: &str,
    range: TextRange,
    difference: &ReleaseDifference<'_>,
) -> Option<(TextRange, String)> {
    let name = named.name;
    if is_assignment(line) {
        // The value is judged by itself.
        let why = format!("the comment names {name}: comments are left as they are");
        return named.is_release.then_some((named.range, why));
    }
    // What names the new release was rewritten.
    let mut new_words = difference.new_words();
    let names_new = new_words.any(|word| !words(line, word).is_empty());
    let like = &difference.like().name;
    (!names_new).then(|| {
        let why = format!(
            "made for `{like}`: the comment above speaks of {name}; check that it is still needed"
        );
        (range, why)
    })
}

fn is_assignment(line: &str) -> bool {
    let name = line.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// Returns what a comment names: the version of a package, or the older release, and whether it is that.
fn named_in(comment: &str, difference: &ReleaseDifference<'_>) -> Option<(String, bool)> {
    let mut pieces = comment.split(|c: char| c.is_whitespace() || "(),;".contains(c));
    if let Some(version) = pieces.find(|piece| is_package_version(piece)) {
        return Some((format!("version `{version}`"), false));
    }
    // A number alone may be anything.
    let is_name = |word: &&str| word.contains(|c: char| c == '.' || c.is_ascii_alphabetic());
    let names = difference
        .old_words()
        .filter(is_name)
        .map(str::to_lowercase);
    let [distribution, ..] = split_name(&difference.like().name);
    let number = number(&difference.like().name).into_iter();
    let titles = number.flat_map(|number| {
        [' ', '-'].map(|between| format!("{distribution}{between}{number}").to_lowercase())
    });
    let lower = comment.to_lowercase();
    let mut all = names.chain(titles);
    let name = all.find(|name| !words(&lower, name).is_empty())?;
    Some((format!("`{name}`"), true))
}

/// Returns whether a word is the version of a package with its revision: `8.32.0-1ubuntu4`.
fn is_package_version(word: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    word.split_once('-').is_some_and(|(version, revision)| {
        let numbers: Vec<&str> = version.split('.').collect();
        let is_number = |text: &&str| !text.is_empty() && text.chars().all(is_digit);
        numbers.len() > 1 && numbers.iter().all(is_number) && revision.starts_with(is_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::is_package_version;

    #[test]
    fn versions_have_a_revision() {
        for version in ["8.32.0-1ubuntu4", "1.2-3", "252.4-1.el9"] {
            assert!(is_package_version(version), "{version}");
        }
        for other in ["8.32.0", "2024-01-02", "1-2", "a.b-1", "1.2-x", "15.6-leap"] {
            assert!(!is_package_version(other), "{other}");
        }
    }
}
