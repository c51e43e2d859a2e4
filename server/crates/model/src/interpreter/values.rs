//! Values of words and outcomes of conditions.

use syntax::bash::{IntegerOperator, NO_CASE, Pattern, Piece, Test, Word};

use super::{Binding, Interpreter, matching};
use crate::value::Value;

/// Bytes that a value may grow to: `x=$x$x` in forty lines would fill any memory. What is longer is
/// unknown, unless it is written down as it is.
const MAX_LENGTH: usize = 4 << 10;

impl Interpreter<'_> {
    /// The value of a word; `None` where reading does not tell.
    pub fn eval(&self, word: &Word) -> Option<Value> {
        if let Some(text) = word.literal() {
            return Some(Value::literal(text));
        }
        let (first, rest) = word.pieces.split_first()?;
        let mut value = self.eval_piece(first)?;
        for piece in rest {
            let next = self.eval_piece(piece)?;
            if value.sample().len() + next.sample().len() > MAX_LENGTH {
                return None;
            }
            value = value.concat(&next);
        }
        Some(value)
    }

    fn eval_piece(&self, piece: &Piece) -> Option<Value> {
        match piece {
            Piece::Text(text) => Some(Value::literal(text)),
            Piece::Date(format) => Value::date(format),
            Piece::Unknown => None,
            Piece::Var { name, default } => match (self.get(name), default) {
                (Binding::Unknown, _) => None,
                (Binding::Unset, Some(default)) => self.eval(&default.word),
                (Binding::Unset, None) => Some(Value::default()),
                (Binding::Known(value), Some(default)) if default.if_empty && value.is_empty() => {
                    self.eval(&default.word)
                }
                (Binding::Known(value), _) => Some(value.clone()),
            },
        }
    }

    /// The outcome of a condition; `None` where reading does not tell.
    pub(super) fn test(&self, test: &Test) -> Option<bool> {
        match test {
            Test::Always => Some(true),
            Test::Equal(left, right) => self.eval(left)?.equals(&self.eval(right)?),
            Test::Empty(word) => Some(self.eval(word)?.is_empty()),
            Test::Matches(word, pattern) => self.matches(word, pattern),
            Test::Integers(operator, left, right) => {
                let (left, right) = (self.integer(left)?, self.integer(right)?);
                Some(match operator {
                    IntegerOperator::Equal => left == right,
                    IntegerOperator::Less => left < right,
                    IntegerOperator::LessOrEqual => left <= right,
                })
            }
            Test::IfPlain(words, inner) => {
                if words.iter().all(|word| self.is_one_word(word)) {
                    return self.test(inner);
                }
                self.lacks_an_operand(words, inner)
                    .filter(|lacks| *lacks)
                    .map(|_| false)
            }
            Test::Status(_) => self.status,
            Test::Exists(_) | Test::Defined(_) | Test::Unknown => None,
            Test::Not(inner) => self.test(inner).map(|outcome| !outcome),
            Test::All(tests) => self.decided_by(false, tests),
            Test::Any(tests) => self.decided_by(true, tests),
        }
    }

    /// The outcome of a comparison with a pattern.
    fn matches(&self, word: &Word, pattern: &Pattern) -> Option<bool> {
        if *self.environment.assigned(NO_CASE) != Binding::Unset {
            return None;
        }
        let text = self.eval(word);
        let mut characters = Vec::new();
        let mut literal = Value::default();
        for piece in &pattern.pieces {
            let value = self.eval_piece(&piece.piece)?;
            characters.extend(value.sample().chars().map(|c| (c, piece.quoted)));
            literal = literal.concat(&value);
        }
        // `*`, whatever the text is.
        let matches_all = |pattern: &[(char, bool)]| {
            !pattern.is_empty() && pattern.iter().all(|c| *c == ('*', false))
        };
        if matches_all(&characters) && literal.as_literal().is_some() {
            return Some(true);
        }
        let text = text?;
        let special = |(c, quoted): &(char, bool)| !quoted && "*?[\\+@!".contains(*c);
        if !characters.iter().any(special) {
            return text.equals(&literal);
        }
        literal.as_literal()?;
        matching::matches(&characters, text.as_literal()?)
    }

    /// A number as all of bash's commands read it.
    fn integer(&self, word: &Word) -> Option<i64> {
        let value = self.eval(word)?;
        let text = value.as_literal()?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.chars().all(|c| c.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        text.parse().ok().filter(|_| plain)
    }

    /// Tells whether a word that is not quoted is one word after it is expanded.
    pub(super) fn is_one_word(&self, word: &Word) -> bool {
        let special = |c: char| c.is_whitespace() || "*?[\\".contains(c);
        let value = self.eval(word);
        *self.environment.assigned("IFS") == Binding::Unset
            && value.is_some_and(|value| !value.is_empty() && !value.sample().contains(special))
    }

    /// Tells whether `[` does not take its arguments, because a comparison lacks one of its sides:
    /// `[ $A = x ]` where A is empty. `None` where there is more than comparisons, or a side may be
    /// more than one word.
    fn lacks_an_operand(&self, split: &[Word], test: &Test) -> Option<bool> {
        let is_missing = |word: &Word| -> Option<bool> {
            // Where one like it is quoted, the other one is missing all the same.
            if !split.iter().any(|split| split.pieces == word.pieces) {
                return Some(false);
            }
            let is_empty =
                *self.environment.assigned("IFS") == Binding::Unset && self.eval(word)?.is_empty();
            (is_empty || self.is_one_word(word)).then_some(is_empty)
        };
        match test {
            Test::Equal(left, right) | Test::Integers(_, left, right) => {
                match (is_missing(left)?, is_missing(right)?) {
                    // `[ = ]` holds: it is a word.
                    (true, true) => None,
                    (left, right) => Some(left || right),
                }
            }
            Test::Not(inner) => self.lacks_an_operand(split, inner),
            Test::All(tests) | Test::Any(tests) => {
                let lacking = tests.iter().map(|test| self.lacks_an_operand(split, test));
                let lacking: Vec<bool> = lacking.collect::<Option<_>>()?;
                Some(lacking.contains(&true))
            }
            _ => None,
        }
    }

    /// The outcome of several conditions of which one decides, if it is `decisive`.
    fn decided_by(&self, decisive: bool, tests: &[Test]) -> Option<bool> {
        let mut all_known = true;
        for test in tests {
            match self.test(test) {
                Some(outcome) if outcome == decisive => return Some(decisive),
                Some(_) => {}
                None => all_known = false,
            }
        }
        all_known.then_some(!decisive)
    }
}
