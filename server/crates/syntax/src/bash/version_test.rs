//! Comparisons of numbers in which a variable with a version takes part: `[ "$RELVER" -ge 9 ]`. A
//! version need not be a number.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::container::delimiter_of;
use super::heredoc::Expansion;
use super::reader::{ScriptReader, is_name};
use super::{IntegerOperator, Piece, Test, Word};

/// Commands and operators that may find out whether a version is a number.
const CHECKS: [&str; 8] = ["=~", "grep", "expr", "awk", "sed", "0-9", "digit", "bc"];
/// Operators of `[ ]` that compare numbers.
const OPERATORS: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// Tests on a line of the container's script, of which one compares a version.
///
/// The builder's value stands in the text when the container's shell reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTest {
    /// The tests in their order; with each, whether it is run where those before it fail (`||`)
    /// rather than where they hold.
    pub chain: Box<[(bool, Test)]>,
}

/// Returns whether a variable is one for a version, by its name.
pub fn is_version(name: &str) -> bool {
    let is_it = |part: &[u8]| part.eq_ignore_ascii_case(b"ver");
    name.as_bytes().windows(3).any(is_it)
}

/// Returns whether a script may know that a version is a number where it compares it at a range: it
/// hides the error, or looks at the version's characters somewhere else.
pub fn is_version_checked(text: &str, name: &str, at: TextRange) -> bool {
    let mut start = TextSize::default();
    text.split_inclusive('\n').any(|line| {
        let range = TextRange::at(start, TextSize::of(line));
        start = range.end();
        if range.contains(at.start()) {
            return line.contains("2>") || line.contains("&>");
        }
        names(line, name) && CHECKS.iter().any(|check| line.contains(check))
    })
}

/// Returns whether a variable is expanded in a text.
fn names(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.trim_start_matches('{').starts_with(name)
    })
}

impl ScriptReader<'_> {
    /// Takes note that numbers are compared, if a version is among them.
    pub(super) fn integers(&self, operator: IntegerOperator, left: Word, right: Word) -> Test {
        let is_version = |word: &Word| word.leading_variable().is_some_and(is_version);
        if is_version(&left) || is_version(&right) {
            self.compares_versions.set(true);
        }
        Test::Integers(operator, left, right)
    }

    /// Reads `(( VERSION >= 9 ))`; nothing else of the kind.
    pub(super) fn sum_test(&self, node: Node<'_>) -> Option<Test> {
        let sum = self.text(node).strip_prefix("((")?.strip_suffix("))")?;
        let operators = [">=", "<=", "==", "!=", "<", ">"];
        let operator = operators
            .into_iter()
            .find(|operator| sum.contains(operator))?;
        let (left, right) = sum.split_once(operator)?;
        let trimmed = left.trim();
        let bare = trimmed.strip_prefix('$').unwrap_or(trimmed);
        let bare = bare
            .strip_prefix('{')
            .and_then(|b| b.strip_suffix('}'))
            .unwrap_or(bare);
        let number = right.trim();
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if !is_name(bare) || !is_version(bare) || !is_number {
            return None;
        }
        let blanks = left.len() - left.trim_start().len();
        let start = TextSize::try_from(node.start_byte() + 2 + blanks).ok()?;
        let range = TextRange::at(start, TextSize::of(trimmed));
        let word = |piece: Piece| Word {
            pieces: Box::new([piece]),
            span: self.span(range),
        };
        let version = word(Piece::Var {
            name: SmolStr::new(bare),
            default: None,
        });
        let number = word(Piece::Text(SmolStr::new(number)));
        let test = |operator| self.integers(operator, version.clone(), number.clone());
        let not = |test| Test::Not(Box::new(test));
        Some(match operator {
            ">=" => not(test(IntegerOperator::Less)),
            "<=" => test(IntegerOperator::LessOrEqual),
            "==" => test(IntegerOperator::Equal),
            "!=" => not(test(IntegerOperator::Equal)),
            "<" => test(IntegerOperator::Less),
            _ => not(test(IntegerOperator::LessOrEqual)),
        })
    }

    /// Finds the tests of versions in the text of a here-document that is read as a script. Only
    /// those that are run whatever the rest of the text does.
    pub(super) fn version_tests(
        &self,
        text: &str,
        start: TextSize,
        expansions: &[Expansion],
    ) -> Vec<VersionTest> {
        // Hardly any text has one.
        let compared = |expansion: &&Expansion| {
            is_version(&expansion.name) && self.is_compared(usize::from(expansion.range.end()))
        };
        let mut found = Vec::new();
        for expansion in expansions.iter().filter(compared) {
            let at = usize::from(expansion.range.start() - start);
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let line_end = after.find('\n').map_or(text.len(), |end| at + end);
            let line = text.get(line_start..line_end).unwrap_or_default();
            let is_same_line = |other: &&Expansion| {
                let other = usize::from(other.range.start() - start);
                (line_start..line_end).contains(&other)
            };
            let mut others = expansions
                .iter()
                .filter(|other| other.name == expansion.name);
            let is_no_question = |other: &Expansion| {
                is_same_line(&other)
                    || self.is_compared(usize::from(other.range.end()))
                    || !is_asked(text, other, start)
            };
            if !others.all(is_no_question)
                || !is_outermost(text.get(..line_start).unwrap_or_default())
                || line.contains("2>")
                || line.contains('\\')
            {
                continue;
            }
            found.extend(self.chain(line, start + size(line_start)));
        }
        found.dedup();
        if !found.is_empty() {
            self.compares_versions.set(true);
        }
        found
    }

    /// Returns whether an operator that compares numbers follows at an offset.
    fn is_compared(&self, at: usize) -> bool {
        let rest = self.slice(at, at + 8);
        let rest = rest.strip_prefix('"').unwrap_or(rest).trim_start();
        OPERATORS.iter().any(|operator| rest.starts_with(operator))
    }

    /// Reads the tests that a line begins with: `if [ a ] || [ b ] ; then`, `[ a ] && c`.
    fn chain(&self, line: &str, start: TextSize) -> Option<VersionTest> {
        let mut rest = line.trim_start();
        rest = rest.strip_prefix("if ").unwrap_or(rest).trim_start();
        let (mut chain, mut or) = (Vec::new(), false);
        while let Some(inner) = rest.strip_prefix("[ ") {
            let end = inner.find(" ]")?;
            let from = start + size(line.len() - inner.len());
            let test = self.single_condition(TextRange::at(from, size(end)));
            chain.push((or, test));
            let after = inner.get(end + 2..)?.trim_start();
            or = after.starts_with("||");
            match after
                .strip_prefix("||")
                .or_else(|| after.strip_prefix("&&"))
            {
                Some(next) => rest = next.trim_start(),
                None => break,
            }
        }
        (!chain.is_empty()).then(|| VersionTest {
            chain: chain.into(),
        })
    }
}

/// Returns whether what follows a text is in no branch, loop, function or here-document of it.
fn is_outermost(text: &str) -> bool {
    let (mut depth, mut nested) = (0_usize, None);
    for line in text.lines() {
        let bare = line.trim();
        match nested {
            Some(delimiter) if bare == delimiter => nested = None,
            Some(_) => {}
            None => {
                for word in bare.split(|c: char| c.is_whitespace() || ";&|".contains(c)) {
                    match word {
                        "if" | "case" | "do" | "{" => depth += 1,
                        "fi" | "esac" | "done" | "}" => depth = depth.saturating_sub(1),
                        // What follows may never be reached.
                        "exit" | "return" => return false,
                        _ => {}
                    }
                }
                nested = delimiter_of(line);
            }
        }
    }
    depth == 0 && nested.is_none()
}

/// Returns whether the line of an expansion is a check.
fn is_asked(text: &str, expansion: &Expansion, start: TextSize) -> bool {
    let at = usize::from(expansion.range.start() - start);
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.split('\n').next().unwrap_or_default();
    let checks = ["[", "case ", "test "].iter().chain(&CHECKS);
    let mut checks = checks.copied();
    checks.any(|check| before.contains(check) || after.contains(check))
}

fn size(at: usize) -> TextSize {
    TextSize::try_from(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{is_version, is_version_checked};
    use crate::bash::read;
    use crate::{TextRange, TextSize};

    fn compares(text: &str) -> bool {
        read(text).effects.compares_versions
    }

    #[test]
    fn comparisons_of_versions() {
        assert!(is_version("RELVER") && is_version("spinVersion") && !is_version("RELNAME"));
        assert!(compares("[ \"$RELVER\" -ge 9 ]"));
        assert!(compares("[[ 9 -lt ${VER} ]]"));
        assert!(compares("(( $VER >= 9 )) && a"));
        assert!(!compares("(( VER + 9 )) && a"));
        assert!(!compares("[ \"$RELVER\" = 9 ] && [ $# -lt 1 ]"));
    }

    #[test]
    fn comparisons_in_text() {
        let count = |text: &str| {
            let effects = read(&format!("a <<EOF\n{text}\nEOF\n")).effects;
            effects
                .heredocs
                .iter()
                .map(|h| h.version_tests.len())
                .sum::<usize>()
        };
        assert_eq!(count("[ \"$VER\" -ge 9 ] && b"), 1);
        assert_eq!(count("if [ a = b ] || [ $VER -lt 9 ] ; then"), 1);
        assert_eq!(count("if a ; then\n[ $VER -lt 9 ]\nfi"), 0);
        assert_eq!(count("[ $VER = x ] && exit\n[ $VER -lt 9 ]"), 0);
        assert_eq!(count("cat <<T\n[ $VER -lt 9 ]\nT"), 0);
        assert_eq!(count("[ \\$VER -lt 9 ]"), 0);
    }

    #[test]
    fn versions_that_are_checked() {
        let at = TextRange::empty(TextSize::new(1));
        assert!(is_version_checked("[ $VER -ge 9 ] 2> /dev/null", "VER", at));
        assert!(is_version_checked(
            "[ $VER -ge 9 ]\n[[ ${VER} =~ x ]]",
            "VER",
            at
        ));
        assert!(!is_version_checked(
            "[ $VER -ge 9 ]\n[[ $X =~ x ]]",
            "VER",
            at
        ));
    }
}
