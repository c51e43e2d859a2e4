//! What is said of a log: for each test whether it failed, and why.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::catalogue::{Entry, OfRow, Verdict};
use crate::excerpt::shown;
use crate::markers::row_of_test;
use crate::phase::Phase;
use model::data::is_needed_unit;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Number of the line, from 1.
    pub number: usize,
    /// Text of the line, of bounded length.
    pub text: Arc<str>,
}

impl LogLine {
    pub(crate) fn new(number: usize, line: &[u8]) -> LogLine {
        LogLine {
            number,
            text: shown(line),
        }
    }
}

/// A test, as far as a log tells of it.
#[derive(Debug, Clone)]
pub struct TestRun {
    /// The image.
    pub image: Option<SmolStr>,
    /// Path of the test, as the test runner has it.
    pub test: Option<SmolStr>,
    /// Key of the row that the test is of, where a checkout tells.
    pub row: Option<SmolStr>,
    /// The builder.
    pub builder: Option<SmolStr>,
    /// Phase of the first failure; else the last one that was seen.
    pub phase: Phase,
    /// The image's test that failed first.
    pub image_test: Option<SmolStr>,
    /// Set when the log says that it passed, and nothing that it failed.
    pub is_passed: bool,
    /// Causes of its failures, the first one first. Empty where the cause is not known.
    pub causes: Vec<Cause>,
    /// The last lines before the failure.
    pub excerpt: Vec<LogLine>,
    /// The file of the log that the excerpt is from, as it was named.
    pub log: Option<Arc<str>>,
}

/// Cause of a failure.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The kind of failure.
    pub entry: &'static Entry,
    /// Phase that it happened in.
    pub phase: Phase,
    /// The image's test that it happened in.
    pub image_test: Option<SmolStr>,
    /// Phase that failed for it.
    pub failed_phase: Phase,
    /// The image's tests that failed for it, in their order.
    pub failed_tests: Vec<SmolStr>,
    /// The line.
    pub line: LogLine,
    /// The line with some around it.
    pub excerpt: Vec<LogLine>,
    /// The file of the log, as it was named.
    pub log: Option<Arc<str>>,
    /// Set when the scripts of the image mask the unit that failed.
    pub(crate) is_masked: bool,
    /// Set when it is of the test of a row.
    pub(crate) is_of_row: bool,
    pub(crate) captures: Vec<(&'static str, SmolStr)>,
}

impl Cause {
    /// Returns what was captured under a name.
    pub fn capture(&self, name: &str) -> Option<&str> {
        let found = self.captures.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// Returns the message for people.
    pub fn message(&self) -> String {
        let of_row = self.of_row().map(|of_row| &of_row.message);
        let message = of_row.unwrap_or(&self.entry.message);
        filled_in(message, |name| self.capture(name))
    }

    /// Returns what is to be done.
    pub fn advice(&self) -> String {
        let if_needed = self.entry.advice_if_needed.as_ref();
        let if_needed = if_needed.filter(|_| self.is_of_needed_unit());
        let of_row = self.of_row().map(|of_row| &of_row.advice);
        if let Some(unit) = self.unit().filter(|_| self.is_masked) {
            return format!(
                "the scripts of the image mask `{unit}`, and it failed all the same: see whether the mask is \
                 in the image, and what starts it"
            );
        }
        let special = of_row.or(self.advice_in_builder()).or(if_needed);
        let advice = special.unwrap_or(&self.entry.advice);
        filled_in(advice, |name| self.capture(name))
    }

    /// Returns the unit that failed, by the line or by the entry.
    pub(crate) fn unit(&self) -> Option<&str> {
        let mut kinds = self.entry.leads_to.iter();
        let named = || kinds.find_map(|kind| kind.strip_prefix("mask:"));
        self.capture("unit").or_else(named)
    }

    fn of_row(&self) -> Option<&OfRow> {
        self.entry.of_row.as_ref().filter(|_| self.is_of_row)
    }

    fn advice_in_builder(&self) -> Option<&String> {
        let advice = self.entry.advice_in_builder.as_ref();
        advice.filter(|_| self.phase == Phase::BuilderSetup)
    }

    /// Returns whether a container, or a test of its image, needs the unit that failed.
    pub(crate) fn is_of_needed_unit(&self) -> bool {
        self.capture("unit").is_some_and(is_needed_unit)
    }

    /// Returns the script and the line that the log itself names, from the root of the scripts.
    pub fn script_line(&self) -> Option<(&str, usize)> {
        Some((self.capture("script")?, self.capture("line")?.parse().ok()?))
    }

    /// Returns whose the failure is.
    pub fn verdict(&self) -> Verdict {
        match self.entry.verdict {
            Verdict::Image | Verdict::Include if self.phase == Phase::BuilderSetup => {
                Verdict::Builder
            }
            _ if self.advice_in_builder().is_some() => Verdict::Builder,
            verdict => verdict,
        }
    }

    /// Returns whether it is the cause of another test, too: the same failure of the same thing.
    fn is_same_as(&self, other: &Cause) -> bool {
        const THINGS: [&str; 8] = [
            "host",
            "package",
            "unit",
            "name",
            "repository",
            "codename",
            "option",
            "key",
        ];
        let thing = |cause: &Cause| -> Vec<(&'static str, SmolStr)> {
            let things = cause
                .captures
                .iter()
                .filter(|(name, _)| THINGS.contains(name));
            things.cloned().collect()
        };
        self.entry.code == other.entry.code && thing(self) == thing(other)
    }
}

/// Returns a text of the catalogue with `{NAME}` and `{NAME|ELSE}` filled in; what is not known and has
/// nothing else is written in capitals.
pub(crate) fn filled_in<'c>(text: &str, capture: impl Fn(&str) -> Option<&'c str>) -> String {
    let mut out = String::new();
    let mut left = text;
    while let Some((before, after)) = left.split_once('{') {
        out.push_str(before);
        let Some((hole, after)) = after.split_once('}') else {
            left = after;
            break;
        };
        match hole.split_once('|') {
            Some((name, otherwise)) => out.push_str(capture(name).unwrap_or(otherwise)),
            None => match capture(hole) {
                Some(text) => out.push_str(text),
                None => out.push_str(&hole.to_uppercase()),
            },
        }
        left = after;
    }
    out + left
}

impl TestRun {
    /// Returns whether it is a test of a row, which uses the published image.
    pub fn is_of_row(&self) -> bool {
        self.test.as_deref().and_then(row_of_test).is_some()
    }

    /// Returns whose the failure is.
    pub fn verdict(&self) -> Verdict {
        match self.causes.first() {
            Some(cause) => cause.verdict(),
            None if self.is_passed => Verdict::Passed,
            None => Verdict::Unknown,
        }
    }
}

/// A cause with the tests that have it first.
#[derive(Debug)]
pub struct SharedCause<'r> {
    /// The cause, as it is in the first of them.
    pub cause: &'r Cause,
    /// The tests.
    pub test_runs: Vec<&'r TestRun>,
    /// The images' tests that failed for it, each once.
    pub failed_tests: Vec<&'r SmolStr>,
}

/// Returns the causes of failed tests, each once with all tests that fail for it.
pub fn shared_causes(test_runs: &[TestRun]) -> Vec<SharedCause<'_>> {
    let mut shared: Vec<SharedCause<'_>> = Vec::new();
    for test_run in test_runs {
        for cause in &test_run.causes {
            match shared
                .iter_mut()
                .find(|known| known.cause.is_same_as(cause))
            {
                Some(known) => {
                    for test in &cause.failed_tests {
                        if !known.failed_tests.contains(&test) {
                            known.failed_tests.push(test);
                        }
                    }
                    let is_known = known
                        .test_runs
                        .iter()
                        .any(|other| std::ptr::eq(*other, test_run));
                    if !is_known {
                        known.test_runs.push(test_run);
                    }
                }
                None => shared.push(SharedCause {
                    cause,
                    test_runs: vec![test_run],
                    failed_tests: cause.failed_tests.iter().collect(),
                }),
            }
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_filled_in() {
        let capture = |name: &str| (name == "a").then_some("1");
        assert_eq!(filled_in("{a} is {b|two}, {c}", capture), "1 is two, C");
        assert_eq!(filled_in("no hole {", capture), "no hole ");
    }
}
