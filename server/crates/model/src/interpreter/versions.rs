//! Versions that are compared as numbers and are none.

use smol_str::SmolStr;

use syntax::bash::{Piece, Test, VersionTest, Word, is_version};

use super::{Binding, Interpreter, NotInteger};
use crate::file_range::FileSpan;
use crate::tree::FileId;
use crate::value::Value;

impl Interpreter<'_> {
    /// Takes note of versions that a condition compares as numbers and that are none.
    pub(super) fn compare_versions(&mut self, file: FileId, test: &Test) {
        // Where something unknown has decided, it may have asked for just that.
        if self.environment.trials() > 0 || self.frame.is_doubtful() {
            return;
        }
        match test {
            Test::Integers(_, left, right) => {
                self.compared(file, left);
                self.compared(file, right);
            }
            Test::Not(inner) | Test::IfPlain(_, inner) => self.compare_versions(file, inner),
            Test::All(tests) => self.compare_until(file, tests, true),
            Test::Any(tests) => self.compare_until(file, tests, false),
            _ => {}
        }
    }

    /// Goes through conditions as long as their outcome leads to the next one.
    fn compare_until(&mut self, file: FileId, tests: &[Test], goes_on: bool) {
        for test in tests {
            self.compare_versions(file, test);
            if self.test(test) != Some(goes_on) {
                break;
            }
        }
    }

    /// Goes through the tests of a line of the container's script.
    pub(super) fn compare_in_text(&mut self, file: FileId, test: &VersionTest) {
        let mut status = true;
        for (or, test) in &test.chain {
            if status == *or {
                continue;
            }
            self.compare_versions(file, test);
            match self.test(test) {
                Some(outcome) => status = outcome,
                None => return,
            }
        }
    }

    fn compared(&mut self, file: FileId, word: &Word) {
        let [
            Piece::Var {
                name,
                default: None,
            },
        ] = &*word.pieces
        else {
            return;
        };
        let Binding::Known(value) = self.environment.get(name) else {
            return;
        };
        if !is_version(name) || value.is_empty() || is_integer(value) {
            return;
        }
        let not_integer = NotInteger {
            name: name.clone(),
            value: SmolStr::new(value.with_stamps_as("DATE")),
            at: FileSpan {
                file,
                span: word.span,
            },
        };
        if !self.summary.not_integers.contains(&not_integer) {
            self.summary.not_integers.push(not_integer);
        }
    }
}

fn is_integer(value: &Value) -> bool {
    let text = value.sample().trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
