//! Conditions: `[ ... ]`, `test ...`, `[[ ... ]]` and the patterns of `case`.
//!
//! Read from their text, not from the tree: the grammar gives `!`, `=` and `||` in them other
//! ranks than bash does, and a pattern needs to know which of its characters are quoted.

use super::super::TextRange;
use super::condition_words::{Lexer, Token};
use super::reader::ScriptReader;
use super::{IntegerOperator, Pattern, Test, Word};

/// Deeper conditions are unknown, so that the stack is bounded.
const MAX_DEPTH: usize = 40;

impl ScriptReader<'_> {
    fn lexer(&self, range: TextRange, double: bool) -> Lexer<'_> {
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        Lexer {
            text: self.slice(start, end),
            start,
            at: 0,
            double,
        }
    }

    /// Reads the words between `[` and `]`, or after `test`.
    pub(super) fn single_condition(&self, range: TextRange) -> Test {
        let Some(tokens) = self.lexer(range, false).tokens() else {
            return Test::Unknown;
        };
        let test = self.arguments_of_test(&tokens, 0);
        let split: Box<[Word]> = tokens
            .iter()
            .filter(|token| token.is_split)
            .map(|token| token.word(self))
            .collect();
        if split.is_empty() || test == Test::Unknown {
            test
        } else {
            Test::IfPlain(split, Box::new(test))
        }
    }

    fn arguments_of_test(&self, tokens: &[Token], depth: usize) -> Test {
        let not = |test: Test| Test::Not(Box::new(test));
        if depth > MAX_DEPTH {
            return Test::Unknown;
        }
        match tokens {
            [] => not(Test::Always),
            [one] => not(Test::Empty(one.word(self))),
            [bang, one] if bang.plain() == "!" => Test::Empty(one.word(self)),
            [operator, operand] => self.unary(operator.plain(), operand),
            [left, operator, right] if is_binary(operator.plain()) => {
                self.binary(left, operator.plain(), right, false)
            }
            [bang, rest @ ..] if bang.plain() == "!" && rest.len() <= 3 => {
                not(self.arguments_of_test(rest, depth + 1))
            }
            [_, _, _] => Test::Unknown,
            _ => {
                if tokens
                    .iter()
                    .any(|token| matches!(token.plain(), "(" | ")"))
                {
                    return Test::Unknown;
                }
                // `-o` binds less than `-a`.
                for (operator, any) in [("-o", true), ("-a", false)] {
                    let at = tokens.iter().position(|token| token.plain() == operator);
                    let Some((left, right)) = at.and_then(|at| tokens.split_at_checked(at)) else {
                        continue;
                    };
                    let right = right.get(1..).unwrap_or_default();
                    if left.is_empty() || right.is_empty() {
                        return Test::Unknown;
                    }
                    let both = Box::new([
                        self.arguments_of_test(left, depth + 1),
                        self.arguments_of_test(right, depth + 1),
                    ]);
                    return if any {
                        Test::Any(both)
                    } else {
                        Test::All(both)
                    };
                }
                Test::Unknown
            }
        }
    }

    /// Reads the words between `[[` and `]]`.
    pub(super) fn double_condition(&self, range: TextRange) -> Test {
        let text = self.slice(range.start().into(), range.end().into());
        // A regular expression has brackets of its own.
        if text.contains("=~") {
            return Test::Unknown;
        }
        let Some(tokens) = self.lexer(range, true).tokens() else {
            return Test::Unknown;
        };
        let mut rest = tokens.as_slice();
        match self.any(&mut rest, 0) {
            Some(test) if rest.is_empty() => test,
            _ => Test::Unknown,
        }
    }

    fn any(&self, rest: &mut &[Token], depth: usize) -> Option<Test> {
        self.joined(rest, "||", depth)
    }

    /// Reads tests that an operator joins; `&&` binds more than `||`.
    fn joined(&self, rest: &mut &[Token], operator: &str, depth: usize) -> Option<Test> {
        let mut tests = Vec::new();
        loop {
            tests.push(if operator == "||" {
                self.joined(rest, "&&", depth)?
            } else {
                self.primary(rest, depth)?
            });
            match rest.split_first() {
                Some((next, after)) if next.plain() == operator => *rest = after,
                _ => break,
            }
        }
        Some(match (tests.len(), operator) {
            (1, _) => tests.pop()?,
            (_, "||") => Test::Any(tests.into()),
            _ => Test::All(tests.into()),
        })
    }

    fn primary(&self, rest: &mut &[Token], depth: usize) -> Option<Test> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (first, after) = rest.split_first()?;
        match first.plain() {
            "!" => {
                *rest = after;
                return Some(Test::Not(Box::new(self.primary(rest, depth + 1)?)));
            }
            "(" => {
                *rest = after;
                let inner = self.any(rest, depth + 1)?;
                let (close, after) = rest.split_first()?;
                *rest = after;
                return (close.plain() == ")").then_some(inner);
            }
            "&&" | "||" | ")" => return None,
            _ => {}
        }
        match after {
            [operator, right, after @ ..] if is_binary(operator.plain()) => {
                *rest = after;
                Some(self.binary(first, operator.plain(), right, true))
            }
            [operand, after @ ..] if is_unary(first.plain()) && !is_joint(operand) => {
                *rest = after;
                Some(self.unary(first.plain(), operand))
            }
            _ => {
                *rest = after;
                Some(Test::Not(Box::new(Test::Empty(first.word(self)))))
            }
        }
    }

    fn unary(&self, operator: &str, operand: &Token) -> Test {
        match operator {
            "-z" => Test::Empty(operand.word(self)),
            "-n" => Test::Not(Box::new(Test::Empty(operand.word(self)))),
            "-e" | "-f" | "-r" | "-s" | "-x" | "-d" | "-h" | "-L" | "-a" | "-w" => {
                Test::Exists(operand.word(self))
            }
            _ => Test::Unknown,
        }
    }

    fn binary(&self, left: &Token, operator: &str, right: &Token, double: bool) -> Test {
        let integer = |operator| self.integers(operator, left.word(self), right.word(self));
        match operator {
            "=" | "==" if double => Test::Matches(left.word(self), right.pattern()),
            "!=" if double => Test::Not(Box::new(Test::Matches(left.word(self), right.pattern()))),
            "=" | "==" => Test::Equal(left.word(self), right.word(self)),
            "!=" => Test::Not(Box::new(Test::Equal(left.word(self), right.word(self)))),
            "-eq" => integer(IntegerOperator::Equal),
            "-ne" => Test::Not(Box::new(integer(IntegerOperator::Equal))),
            "-lt" => integer(IntegerOperator::Less),
            "-ge" => Test::Not(Box::new(integer(IntegerOperator::Less))),
            "-le" => integer(IntegerOperator::LessOrEqual),
            "-gt" => Test::Not(Box::new(integer(IntegerOperator::LessOrEqual))),
            "-a" if !double => Test::All(Box::new(
                [left, right].map(|t| Test::Not(Box::new(Test::Empty(t.word(self))))),
            )),
            "-o" if !double => Test::Any(Box::new(
                [left, right].map(|t| Test::Not(Box::new(Test::Empty(t.word(self))))),
            )),
            _ => Test::Unknown,
        }
    }

    /// Reads a pattern of `case`.
    pub(super) fn case_pattern(&self, range: TextRange) -> Pattern {
        let token = self.lexer(range, false).token(false);
        token.map_or_else(Pattern::unknown, |token| token.pattern())
    }
}

fn is_joint(token: &Token) -> bool {
    matches!(token.plain(), "&&" | "||" | ")")
}

fn is_unary(operator: &str) -> bool {
    let mut chars = operator.chars();
    chars.next() == Some('-')
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next().is_none()
}

fn is_binary(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "=="
            | "!="
            | "<"
            | ">"
            | "-eq"
            | "-ne"
            | "-lt"
            | "-le"
            | "-gt"
            | "-ge"
            | "-nt"
            | "-ot"
            | "-ef"
            | "-a"
            | "-o"
    )
}
