//! Values of words and outcomes of conditions.

use syntax::bash::{Piece, Test, Word};

use super::{Binding, Interpreter};
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
            Test::Exists(_) | Test::Defined(_) | Test::Unknown => None,
            Test::Not(inner) => self.test(inner).map(|outcome| !outcome),
            Test::All(tests) => self.decided_by(false, tests),
            Test::Any(tests) => self.decided_by(true, tests),
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
