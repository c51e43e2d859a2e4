//! Commands that were written for a release, as a comment right above them says: a copy may not need
//! them any more.

use super::difference::ReleaseDifference;
use super::script::{range_at, words};
use syntax::TextRange;

/// Returns the commands right below a comment that names a version of a package or the older release,
/// and why they are in doubt.
pub(super) fn doubts(text: &str, difference: &ReleaseDifference<'_>) -> Vec<(TextRange, String)> {
    if difference.is_same_release() {
        return Vec::new();
    }
    let like = &difference.like().name;
    let mut found = Vec::new();
    let mut start = 0usize;
    // What the comment above names; the title of the script says nothing of one command.
    let mut named: Option<String> = None;
    let mut is_title = true;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(comment) = trimmed.strip_prefix('#') {
            let name = named_in(comment, difference).filter(|_| !is_title);
            named = named.or(name);
        } else {
            is_title &= trimmed.is_empty();
            // What names the new release was rewritten, and an assignment is judged by its value.
            let names_new = difference
                .new_words()
                .any(|word| !words(trimmed, word).is_empty());
            let is_command = !trimmed.is_empty() && !names_new && !is_assignment(trimmed);
            if let Some(name) = named.take().filter(|_| is_command) {
                let indent = line.len() - line.trim_start().len();
                let why = format!(
                    "made for `{like}`: the comment above speaks of {name}; check that it is still needed"
                );
                found.push((range_at(start + indent, trimmed.len()), why));
            }
        }
        start = start.saturating_add(line.len());
    }
    found
}

fn is_assignment(line: &str) -> bool {
    let name = line.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// Returns what a comment names: the version of a package, or the older release.
fn named_in(comment: &str, difference: &ReleaseDifference<'_>) -> Option<String> {
    let mut pieces = comment.split(|c: char| c.is_whitespace() || "(),;".contains(c));
    if let Some(version) = pieces.find(|piece| is_package_version(piece)) {
        return Some(format!("version `{version}`"));
    }
    // A number alone may be anything.
    let is_name = |word: &&str| word.contains(|c: char| c == '.' || c.is_ascii_alphabetic());
    let mut names = difference.old_words().filter(is_name);
    let lower = comment.to_lowercase();
    names
        .find(|word| !words(&lower, &word.to_lowercase()).is_empty())
        .map(|word| format!("`{word}`"))
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
