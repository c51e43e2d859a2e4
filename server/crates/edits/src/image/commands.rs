//! What scripts do with a release outside of assignments: words of commands and of here-documents that
//! name it.

use super::difference::{ReleaseDifference, Replaced};
use super::script::{Assigned, calls, range_at, words};
use crate::nix::Replacement;
use syntax::TextRange;
use syntax::bash::ScriptFacts;

/// Variables with the path of a folder of the checkout: a file there has its name in its own right.
const CHECKOUT_PATHS: [&str; 3] = ["IMAGEDIR", "INCLUDE", "BASEDIR"];

/// A line of a script without its comment.
struct CodeLine<'t> {
    start: usize,
    code: &'t str,
    in_heredoc: bool,
}

/// Returns the lines of a script that are not comments.
fn code_lines<'t>(text: &'t str, facts: &ScriptFacts) -> Vec<CodeLine<'t>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = range_at(start, 0).start();
        let in_heredoc = facts.heredocs.iter().any(|h| h.body.contains(at));
        // In a here-document, `#` may be anything.
        let code = match in_heredoc {
            true => line,
            false => line.get(..comment_of(line)).unwrap_or(line),
        };
        if !line.trim_start().starts_with('#') {
            found.push(CodeLine {
                start,
                code,
                in_heredoc,
            });
        }
        start += line.len();
    }
    found
}

/// Returns where the comment at the end of a line begins, or the line's end.
fn comment_of(line: &str) -> usize {
    let is_begin = |at: usize| {
        let before = line.get(..at).unwrap_or_default();
        let is_closed = |quote: char| before.matches(quote).count().is_multiple_of(2);
        before.ends_with([' ', '\t', ';']) && is_closed('"') && is_closed('\'')
    };
    let mut signs = line.match_indices('#').map(|(at, _)| at);
    signs.find(|at| is_begin(*at)).unwrap_or(line.len())
}

/// Returns whether a word stands in the path of a file of the checkout.
fn is_in_checkout(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let path = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    CHECKOUT_PATHS
        .iter()
        .any(|name| path.contains(&format!("${name}")) || path.contains(&format!("${{{name}")))
}

/// Returns whether a range has something in common with one of several.
fn is_in(range: TextRange, all: &[TextRange]) -> bool {
    let mut common = all.iter().filter_map(|other| other.intersect(range));
    common.any(|common| !common.is_empty())
}

/// Returns the replacements of the older release's codename in commands and here-documents. `all` are
/// the assignments, which have their own.
pub(super) fn codename_changes(
    text: &str,
    facts: &ScriptFacts,
    all: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<Replacement> {
    // Not one like `testing`, which is a word of the language, too.
    let old = difference.old_codename.as_ref();
    let old = old.filter(|old| **old != difference.was.release);
    let (Some(old), Some(new)) = (old, &difference.new_codename) else {
        return Vec::new();
    };
    let own = calls(facts).into_iter().map(|(_, range)| range);
    let own: Vec<TextRange> = own.chain(all.iter().map(|a| a.value)).collect();
    let mut found = Vec::new();
    for line in code_lines(text, facts) {
        for at in words(line.code, old) {
            let range = range_at(line.start + at, old.len());
            if line.in_heredoc || !(is_in(range, &own) || is_in_checkout(line.code, at)) {
                found.push((range, new.to_string()));
            }
        }
    }
    found
}

/// Returns the words of commands and here-documents that still name the older release. `all` are the
/// assignments, which have their own doubts.
pub(super) fn doubts(
    text: &str,
    facts: &ScriptFacts,
    all: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    if difference.is_same_release() {
        return Vec::new();
    }
    let values: Vec<TextRange> = all.iter().map(|a| a.value).collect();
    let left = difference.left_words();
    let mut found: Vec<(TextRange, String)> = Vec::new();
    for line in code_lines(text, facts) {
        for word in names_of(difference, &line, &left) {
            for at in words(line.code, word) {
                let range = range_at(line.start + at, word.len());
                let known: Vec<TextRange> = found.iter().map(|(range, _)| *range).collect();
                if is_in(range, &known) || (!line.in_heredoc && is_in(range, &values)) {
                    continue;
                }
                let like = &difference.like().name;
                let why = match word == like.as_str() {
                    true => format!("it names `{like}`: it was left as it is"),
                    false => format!("it says `{word}`, as in `{like}`: it was left as it is"),
                };
                found.push((range, why));
            }
        }
    }
    found
}

/// Returns the words that name the older release where they stand in a line. `left` are those that
/// nothing takes the place of.
fn names_of<'d>(
    difference: &'d ReleaseDifference<'_>,
    line: &CodeLine<'_>,
    left: &[&'d str],
) -> Vec<&'d str> {
    let is_word = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    let name = difference.like().name.as_str();
    let codename = difference.old_codename.as_deref();
    let codename = codename.filter(|old| {
        *old != difference.was.release.as_str() && difference.new_codename.as_deref() != Some(old)
    });
    // A number alone may be anything.
    let number = difference.number.map(|Replaced { old, .. }| old);
    let number = number.filter(|old| old.contains('.') || compares_release(line.code));
    // It may be a word of the language.
    let words = left.iter().copied().filter(is_word);
    let words = words.filter(|word| line.in_heredoc || Some(*word) == codename);
    [name]
        .into_iter()
        .chain(codename)
        .chain(number)
        .chain(words)
        .collect()
}

/// Returns whether a line compares the release with something.
fn compares_release(code: &str) -> bool {
    let reads = ["$RELVER", "${RELVER"]
        .iter()
        .any(|name| code.contains(name));
    let is_test = ["[", "test ", "case "]
        .iter()
        .any(|test| code.contains(test));
    reads && is_test
}

#[cfg(test)]
mod tests {
    use super::comment_of;

    #[test]
    fn comments_begin_after_a_blank() {
        for (line, code) in [
            ("echo x # noble", "echo x "),
            ("echo \"a # b\" # c", "echo \"a # b\" "),
            ("echo ${#x} a#b", "echo ${#x} a#b"),
            ("true", "true"),
        ] {
            assert_eq!(line.split_at(comment_of(line)).0, code);
        }
    }
}
