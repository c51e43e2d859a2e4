//! `[ ]` and `[[ ]]`: their outcome, where reading tells.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::patterns::Pattern;
use super::source::Source;
use super::state::Field;
use super::text::Text;
use syntax::shell::Word;

/// An operand or operator of a condition.
struct Operand {
    text: Text,
    /// The same as a pattern, in `[[ ]]`.
    pattern: Option<Pattern>,
    /// Set when nothing of it is quoted or expanded, so that it may be an operator.
    is_plain: bool,
}

/// A condition that is read from its operands.
struct Reader<'e, 'm> {
    evaluator: &'e Evaluator<'m>,
    operands: &'e [Operand],
    at: usize,
}

impl Evaluator<'_> {
    /// The outcome of `[ ... ]`.
    pub(crate) fn test(&self, arguments: &[Field]) -> Option<bool> {
        if arguments.iter().any(|field| field.is_open) {
            return None;
        }
        let operands: Vec<Operand> = arguments
            .iter()
            .map(|field| Operand {
                text: field.text.clone(),
                pattern: None,
                is_plain: true,
            })
            .collect();
        self.outcome(&operands)
    }

    /// The outcome of `[[ ... ]]`.
    pub(crate) fn condition(&mut self, source: &Arc<Source>, words: &[Word]) -> Option<bool> {
        let mut operands = Vec::new();
        for word in words {
            operands.push(Operand {
                text: self.text(source, word),
                pattern: Some(self.pattern(source, word)),
                is_plain: word.pieces.iter().all(|piece| !piece.quoted) && !word.is_expanded(),
            });
        }
        self.outcome(&operands)
    }

    fn outcome(&self, operands: &[Operand]) -> Option<bool> {
        if let [only] = operands {
            return only.text.is_empty().map(|is_empty| !is_empty);
        }
        let mut reader = Reader {
            evaluator: self,
            operands,
            at: 0,
        };
        let outcome = reader.any();
        outcome.filter(|_| reader.at == operands.len())
    }
}

impl Reader<'_, '_> {
    /// Skips one of these operators.
    fn eat(&mut self, operators: &[&str]) -> bool {
        let is_one = self.operands.get(self.at).is_some_and(|operand| {
            operand.is_plain
                && operand
                    .text
                    .known()
                    .is_some_and(|text| operators.contains(&&*text))
        });
        self.at += usize::from(is_one);
        is_one
    }

    fn any(&mut self) -> Option<bool> {
        let mut outcome = self.all();
        while self.eat(&["||", "-o"]) {
            outcome = match (outcome, self.all()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        outcome
    }

    fn all(&mut self) -> Option<bool> {
        let mut outcome = self.one();
        while self.eat(&["&&", "-a"]) {
            outcome = match (outcome, self.one()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        outcome
    }

    fn one(&mut self) -> Option<bool> {
        if self.eat(&["!"]) {
            return self.one().map(|outcome| !outcome);
        }
        if self.eat(&["("]) {
            let outcome = self.any();
            self.eat(&[")"]);
            return outcome;
        }
        let (first, second) = (self.operands.get(self.at)?, self.operands.get(self.at + 1));
        let operator = second.filter(|operand| operand.is_plain);
        let operator = operator.and_then(|operand| operand.text.known());
        if let Some(operator) = operator
            && let Some(third) = self.operands.get(self.at + 2)
            && is_binary(&operator)
        {
            self.at += 3;
            return binary(first, &operator, third);
        }
        let sign = first.text.known().filter(|_| first.is_plain);
        match (sign, second) {
            (Some(sign), Some(operand)) if sign.len() == 2 && sign.starts_with('-') => {
                self.at += 2;
                self.unary(&sign, &operand.text)
            }
            _ => {
                self.at += 1;
                first.text.is_empty().map(|is_empty| !is_empty)
            }
        }
    }

    fn unary(&self, sign: &str, text: &Text) -> Option<bool> {
        match sign {
            "-z" => text.is_empty(),
            "-n" => text.is_empty().map(|is_empty| !is_empty),
            "-e" | "-f" | "-r" | "-w" => self.evaluator.exists(text),
            "-d" | "-x" | "-s" | "-h" | "-L" => {
                self.evaluator.exists(text).filter(|exists| !exists)
            }
            _ => None,
        }
    }
}

fn is_binary(operator: &str) -> bool {
    let operators = [
        "=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot",
        "-ef",
    ];
    operators.contains(&operator)
}

fn binary(left: &Operand, operator: &str, right: &Operand) -> Option<bool> {
    let equal = || match &right.pattern {
        Some(pattern) => pattern.matches(&left.text),
        None => left.text.equals(&right.text),
    };
    let number = |operand: &Operand| operand.text.known()?.trim().parse::<i64>().ok();
    match operator {
        "=" | "==" => equal(),
        "!=" => equal().map(|equal| !equal),
        "-eq" => Some(number(left)? == number(right)?),
        "-ne" => Some(number(left)? != number(right)?),
        "-lt" => Some(number(left)? < number(right)?),
        "-le" => Some(number(left)? <= number(right)?),
        "-gt" => Some(number(left)? > number(right)?),
        "-ge" => Some(number(left)? >= number(right)?),
        _ => None,
    }
}
