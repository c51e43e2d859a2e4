//! Values in scripts, as text: their ranges, and what in them names a release.

use smol_str::SmolStr;

use crate::draft::Draft;
use model::FileId;
use syntax::bash::{self, ScriptFacts, Step};
use syntax::{TextRange, TextSize};

/// An assignment of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) name: SmolStr,
    /// Range of the value, quotes included.
    pub(crate) value: TextRange,
}

/// Returns all assignments of a script, in the order of the text.
pub(crate) fn assignments(facts: &ScriptFacts) -> Vec<Assigned> {
    let assigned = facts.effects.steps().filter_map(|step| match step {
        Step::Assign(assign) => Some(Assigned {
            name: assign.name.clone(),
            value: facts.range(assign.value.span),
        }),
        _ => None,
    });
    let mut found: Vec<Assigned> = assigned.collect();
    found.sort_by_key(|a| a.value.start());
    found.dedup();
    found
}

/// Returns the names of all commands that a script calls, with the ranges of the names, in the order
/// of the text.
pub(crate) fn calls(facts: &ScriptFacts) -> Vec<(SmolStr, TextRange)> {
    let called = facts.effects.steps().filter_map(|step| match step {
        Step::Call(call) => Some((call.name.clone(), facts.range(call.span))),
        _ => None,
    });
    let mut found: Vec<(SmolStr, TextRange)> = called.collect();
    found.sort_by_key(|(_, range)| range.start());
    found.dedup();
    found
}

/// Returns a piece of a text; an empty one out of its bounds.
pub(crate) fn slice(text: &str, range: TextRange) -> &str {
    text.get(usize::from(range.start())..usize::from(range.end()))
        .unwrap_or_default()
}

/// Returns the range of so many bytes after an offset.
pub(crate) fn range_at(start: usize, length: usize) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::at(size(start), size(length))
}

/// Returns a value without its quotes, where it is one word that nothing is expanded in.
pub(crate) fn literal(written: &str) -> Option<&str> {
    let inner = ["\"", "'"]
        .into_iter()
        .find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(written);
    (!inner.contains(['$', '`', '"', '\'', '\\'])).then_some(inner)
}

/// Returns the offsets at which a word stands in a text as a whole: not in a longer word or number.
pub(crate) fn words(text: &str, word: &str) -> Vec<usize> {
    if word.is_empty() {
        return Vec::new();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let numeric = word.starts_with(|c: char| c.is_ascii_digit());
    let fits = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + word.len()..).unwrap_or_default();
        let mut next = after.chars();
        let (first, second) = (next.next(), next.next());
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let mut previous = before.chars().rev();
        let (last, last_but_one) = (previous.next(), previous.next());
        // `15.5` is no part of `15.50`, `1.15.5` or `15.5.1`.
        let longer_number = numeric
            && ((first == Some('.') && digit(second))
                || (last == Some('.') && digit(last_but_one)));
        !last.is_some_and(is_part) && !first.is_some_and(is_part) && !longer_number
    };
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| fits(*at))
        .collect()
}

/// Returns the blank-separated word around an offset.
pub(crate) fn word_around(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at..).unwrap_or_default();
    let is_end = |c: char| c.is_whitespace() || c == '"' || c == '\'';
    let start = before.rfind(is_end).map_or(0, |n| {
        n + before
            .get(n..)
            .and_then(|s| s.chars().next())
            .map_or(1, char::len_utf8)
    });
    let end = after.find(is_end).map_or(text.len(), |n| at + n);
    text.get(start..end).unwrap_or_default()
}

/// Returns the ranges of package build numbers in a file name.
///
/// A build number follows a version and a dash: `$RELVER-30.noarch.rpm`, `${POINTVER}-0.1.el9`,
/// `9.4-1.el9`. `versions` are the literal versions that it may follow.
pub(crate) fn build_numbers(text: &str, versions: &[&str]) -> Vec<TextRange> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('-') {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        if !follows_version(before, versions) || !word_around(text, at).contains('/') {
            continue;
        }
        let length = number_length(after);
        if length > 0 {
            found.push(range_at(at + 1, length));
        }
    }
    found
}

fn follows_version(before: &str, versions: &[&str]) -> bool {
    const VARIABLES: [&str; 4] = ["RELVER", "POINTVER", "SPINVER", "VERSION"];
    // `$POINTVER.0` is one, too.
    let bare = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let part = before.get(bare.len()..).unwrap_or_default();
    let name = if part.starts_with('.') { bare } else { before };
    let variable = VARIABLES.iter().any(|v| {
        name.strip_suffix(v).is_some_and(|rest| rest.ends_with('$'))
            || name
                .strip_suffix('}')
                .and_then(|b| b.strip_suffix(v))
                .is_some_and(|rest| rest.ends_with("${"))
    });
    let literal = || {
        versions.iter().any(|v| {
            before.strip_suffix(v).is_some_and(|rest| {
                !v.is_empty() && !rest.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.')
            })
        })
    };
    variable || literal()
}

/// Returns the length of the numbers joined by dots that a text begins with and that something else
/// follows: `0.1` of `0.1.el9`, `30` of `30.noarch`.
fn number_length(text: &str) -> usize {
    let mut length = 0;
    for part in text.split('.') {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        let dot = usize::from(length > 0);
        length += dot + digits;
        if digits < part.len() {
            // `3el9` is not a number.
            let next = part.as_bytes().get(digits);
            if next.is_some_and(|c| c.is_ascii_alphanumeric()) {
                return 0;
            }
            break;
        }
    }
    length
}

/// Returns the offsets of the name of an image's directory in paths into it:
/// `$BASEDIR/images/NAME/x`, `$IMAGEDIR/../NAME/x`. Comments are left out.
pub(crate) fn image_paths(text: &str, name: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for before in [
        "images/",
        "$IMAGEDIR/../",
        "${IMAGEDIR}/../",
        "$IMAGEDIR\"/../",
        "${IMAGEDIR}\"/../",
    ] {
        let paths = path_offsets(text, &format!("{before}{name}/"));
        found.extend(paths.into_iter().map(|at| at + before.len()));
    }
    found.sort_unstable();
    found
}

/// Returns the offsets of a path in the lines of a script that are not comments.
pub(crate) fn path_offsets(text: &str, path: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            found.extend(line.match_indices(path).map(|(at, _)| start + at));
        }
        start += line.len();
    }
    found
}

/// Reads the facts of a script's text.
pub(crate) fn read(text: &str) -> ScriptFacts {
    bash::read(text)
}

/// Returns whether a value has the address of something on the network in it.
pub(crate) fn is_address(written: &str) -> bool {
    ["http://", "https://", "ftp://", "rsync://"]
        .iter()
        .any(|scheme| written.contains(scheme))
}

/// Gives a variable another value wherever a script gives it a literal one.
pub(crate) fn assign(draft: &mut Draft<'_>, id: FileId, variable: &str, old: &str, new: &str) {
    let Some(file) = draft.view.tree.file(id) else {
        return;
    };
    if old == new {
        return;
    }
    let facts = read(&file.text);
    for assigned in assignments(&facts) {
        let written = slice(&file.text, assigned.value);
        if assigned.name == variable && literal(written) == Some(old) {
            draft.replace(id, assigned.value, &written.replace(old, new));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_no_part_of_another() {
        assert_eq!(
            words("15.5 15.50 115.5 1.15.5 15.5.1 leap-15.5/", "15.5"),
            [0, 36]
        );
        assert_eq!(words("jammy jammy-updates xjammy jammy_x", "jammy"), [0, 6]);
        assert_eq!(words("x", ""), [0usize; 0]);
    }

    #[test]
    fn build_numbers_follow_versions() {
        let numbers = |text: &'static str, versions: &[&str]| -> Vec<&'static str> {
            build_numbers(text, versions)
                .into_iter()
                .map(|range| slice(text, range))
                .collect()
        };
        assert_eq!(
            numbers(
                "$BASEURL/f/fedora-release-server-$RELVER-30.noarch.rpm",
                &[]
            ),
            ["30"]
        );
        assert_eq!(
            numbers("https://x/alma-release-${POINTVER}-0.1.el8.x86_64.rpm", &[]),
            ["0.1"]
        );
        let kitten = "https://x/kitten-release-$POINTVER.0-0.34.el10.x86_64.rpm";
        assert_eq!(numbers(kitten, &[]), ["0.34"]);
        assert_eq!(numbers("https://x/$POINTVER2-3.rpm", &[]), [""; 0]);
        assert_eq!(numbers("https://x/y-9.4-1.2.el9.rpm", &["9.4"]), ["1.2"]);
        assert_eq!(numbers("https://x/9-stream/BaseOS", &["9"]), [""; 0]);
        assert_eq!(numbers("nothing-9.4-1", &["9.4"]), [""; 0]);
    }

    #[test]
    fn values_stand_in_branches_and_functions_too() {
        let text = "A=1\nif x; then B=2; fi\nf() { local C=3; }\n# D=4\n";
        let facts = read(text);
        let found: Vec<(String, &str)> = assignments(&facts)
            .into_iter()
            .map(|a| (a.name.to_string(), slice(text, a.value)))
            .collect();
        let expected = [("A", "1"), ("B", "2"), ("C", "3")].map(|(n, v)| (n.to_owned(), v));
        assert_eq!(found, expected);
    }
}
