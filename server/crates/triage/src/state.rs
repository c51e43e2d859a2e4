//! What is known of one test while its log is read.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::catalogue::{Role, Verdict};
use crate::choice::causes_of;
use crate::markers::row_of_test;
use crate::matcher::Match;
use crate::phase::Phase;
use crate::report::{Cause, LogLine, TestRun};

/// The most lines that are kept of one phase, or of one test of the image, in each role.
const MAX_OF_PHASE: usize = 3;
/// The most lines that are kept of a test.
const MAX_CANDIDATES: usize = 48;
/// The most failures of a test.
const MAX_FAILURES: usize = 48;
/// The most containers of a test.
const MAX_CONTAINERS: usize = 64;
/// The most lines between a failure and the remark that it is tried again.
const MAX_DISTANCE: usize = 3;

/// A line that may be a cause.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) found: Match,
    pub(crate) phase: Phase,
    pub(crate) image_test: Option<SmolStr>,
    pub(crate) line: LogLine,
    pub(crate) excerpt: Vec<LogLine>,
    pub(crate) log: Option<Arc<str>>,
    /// The command that was traced before it, where it is one that may be executed again.
    pub(crate) attempt: Option<SmolStr>,
    /// Set when what failed was tried again, and did not fail in the same way.
    pub(crate) is_survived: bool,
    /// The unit that failed, where the line is a row of systemd's table of these.
    pub(crate) failed_unit: Option<SmolStr>,
    /// Set when it was collected after the test: then its place says nothing of when it happened.
    pub(crate) is_collected: bool,
}

impl Candidate {
    /// Returns the unit that it is about.
    pub(crate) fn unit(&self) -> Option<&SmolStr> {
        let mut captures = self.found.captures.iter();
        let captured = captures.find(|(name, _)| *name == "unit");
        self.failed_unit
            .as_ref()
            .or_else(|| captured.map(|(_, unit)| unit))
    }

    /// Returns whether it is of the phase, or of the image's test, that failed.
    pub(crate) fn is_of(&self, failure: &Failure) -> bool {
        self.phase == failure.phase && self.image_test == failure.image_test
    }
}

/// Something that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) phase: Phase,
    pub(crate) image_test: Option<SmolStr>,
    pub(crate) excerpt: Vec<LogLine>,
    pub(crate) log: Option<Arc<str>>,
}

/// A test whose log is read.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) image: Option<SmolStr>,
    pub(crate) test: Option<SmolStr>,
    pub(crate) builder: Option<SmolStr>,
    pub(crate) phase: Phase,
    /// The last phase of the build.
    pub(crate) build_phase: Phase,
    pub(crate) image_test: Option<SmolStr>,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) failures: Vec<Failure>,
    /// Set when osctl-image says that all is well.
    pub(crate) is_passed: bool,
    /// Number of candidates there were when osctl-image said so.
    pub(crate) candidates_when_passed: usize,
    /// The verdict of the test runner: it was as expected, or was not.
    pub(crate) is_expected: Option<bool>,
    /// Set if an earlier test may have left that verdict: this one ended with an exception, and the
    /// verdict is that it passed.
    pub(crate) is_verdict_success: bool,
    /// The line that says that it succeeded although a failure is expected.
    pub(crate) unexpected_success: Option<Candidate>,
    /// Set when an exception ended the script of the test.
    pub(crate) has_exception: bool,
    /// Status of osctl-image.
    pub(crate) exit_status: Option<i32>,
    /// Names of the containers of the image's tests, each with the test.
    pub(crate) containers: Vec<(SmolStr, SmolStr)>,
}

impl State {
    /// Begins a phase.
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        if phase.is_build() {
            self.build_phase = phase;
        }
    }

    /// Begins a phase of the build if it comes after the present one.
    pub(crate) fn advance(&mut self, phase: Phase) {
        if phase > self.phase && self.image_test.is_none() {
            self.enter(phase);
        }
    }

    /// Takes note of a line; returns its index where it is kept.
    pub(crate) fn add(&mut self, candidate: Candidate) -> Option<usize> {
        let is_here =
            |c: &&Candidate| c.phase == candidate.phase && c.image_test == candidate.image_test;
        let code = &candidate.found.entry.code;
        let role = candidate.found.entry.role;
        let is_same = |c: &Candidate| {
            is_here(&c)
                && c.found.entry.code == *code
                && c.found.captures == candidate.found.captures
        };
        let known = self.candidates.iter_mut().find(|c| is_same(c));
        let is_known = known.is_some();
        if let Some(known) = known {
            // What is tried again and fails again was not got over.
            known.is_survived &= candidate.is_survived;
        }
        let here = || self.candidates.iter().filter(is_here);
        let of_role = here().filter(|c| c.found.entry.role == role).count();
        // Each row of a table counts.
        let is_kept = role != Role::Noise
            && !is_known
            && (of_role < MAX_OF_PHASE || candidate.failed_unit.is_some())
            && self.candidates.len() < MAX_CANDIDATES;
        is_kept.then(|| {
            self.candidates.push(candidate);
            self.candidates.len() - 1
        })
    }

    /// Gives the address, or the name, that a summary has to the line before it that has none.
    pub(crate) fn complete(&mut self, summary: &Match) {
        let (phase, test) = (self.phase, &self.image_test);
        let here = self.candidates.iter_mut().rev();
        let mut here = here.filter(|c| c.phase == phase && c.image_test == *test);
        let Some(cause) = here.find(|c| c.found.entry.role == Role::Cause) else {
            return;
        };
        for (name, text) in &summary.captures {
            let captures = &mut cause.found.captures;
            if *name == "url" && captures.iter().all(|(known, _)| known != name) {
                captures.push((name, text.clone()));
            }
        }
    }

    /// Takes note that what may pass has been tried again: the same command is executed.
    pub(crate) fn execute(&mut self, command: &str) {
        let (phase, test) = (self.phase, &self.image_test);
        for candidate in &mut self.candidates {
            let is_it = candidate.attempt.as_deref() == Some(command);
            candidate.is_survived |=
                is_it && candidate.phase == phase && candidate.image_test == *test;
        }
    }

    /// Takes note that what failed just before a line is tried again; all of the phase if there is no
    /// line.
    pub(crate) fn try_again(&mut self, line: Option<usize>) {
        let (phase, test) = (self.phase, &self.image_test);
        let here = self.candidates.iter_mut();
        let here = here.filter(|c| c.phase == phase && c.image_test == *test);
        match line {
            None => here.for_each(|candidate| candidate.is_survived = true),
            Some(line) => {
                let last = here.last();
                let last = last.filter(|c| {
                    // Trying again is of no use to others.
                    let may_pass = [Verdict::Transient, Verdict::Upstream];
                    may_pass.contains(&c.found.entry.verdict)
                        && line.saturating_sub(c.line.number) <= MAX_DISTANCE
                });
                if let Some(last) = last {
                    last.is_survived = true;
                }
            }
        }
    }

    /// Takes note that osctl-image says that all is well.
    pub(crate) fn pass(&mut self) {
        self.is_passed = true;
        self.candidates_when_passed = self.candidates.len();
    }

    /// Takes note of the container of a test of the image.
    pub(crate) fn use_container(&mut self, container: &str, test: &str) {
        if self.containers.len() < MAX_CONTAINERS {
            let used = (SmolStr::new(container), SmolStr::new(test));
            self.containers.push(used);
        }
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        let is_known = |known: &Failure| {
            known.phase == failure.phase && known.image_test == failure.image_test
        };
        if self.failures.len() < MAX_FAILURES && !self.failures.iter().any(is_known) {
            self.failures.push(failure);
        }
    }

    /// Forgets what a test of the image said: it passed.
    pub(crate) fn forget_test(&mut self, name: &str) {
        // The indices of others stay as they are.
        for candidate in &mut self.candidates {
            if candidate.image_test.as_deref() == Some(name) {
                candidate.phase = Phase::Cleanup;
            }
        }
    }

    /// Forgets all that was seen: it is tried again.
    pub(crate) fn retry(&mut self) {
        *self = State {
            image: self.image.take(),
            test: self.test.take(),
            ..State::default()
        };
    }

    /// Returns whether nothing was seen of the test.
    pub(crate) fn is_empty(&self) -> bool {
        self.image.is_none()
            && self.test.is_none()
            && self.candidates.is_empty()
            && self.failures.is_empty()
            && !self.is_passed
            && !self.has_exception
    }

    /// Takes over what was seen before the image was known.
    pub(crate) fn adopt(&mut self, other: State) {
        self.candidates.extend(other.candidates);
        other
            .failures
            .into_iter()
            .for_each(|failure| self.fail(failure));
        if self.phase == Phase::Unknown {
            self.phase = other.phase;
            self.build_phase = other.build_phase;
        }
    }

    /// Returns whether something says that it failed.
    pub(crate) fn has_failed(&self) -> bool {
        let is_known = self.is_expected.is_some();
        self.is_expected == Some(false) || (!is_known && !self.failures.is_empty())
    }

    /// Returns whether it passed, of all that says so or something else.
    fn has_passed(&mut self) -> bool {
        if self.is_verdict_success && self.has_exception {
            self.is_expected = None;
        }
        let has_ended_badly = self.has_exception || self.exit_status.is_some_and(|n| n != 0);
        match self.is_expected {
            Some(is_expected) => is_expected,
            None => self.is_passed && self.failures.is_empty() && !has_ended_badly,
        }
    }

    /// Returns the outcome. `last` are the last lines of the log.
    pub(crate) fn finish(mut self, last: &[LogLine]) -> TestRun {
        let is_passed = self.has_passed();
        if !is_passed && self.failures.is_empty() {
            if self.is_passed {
                // All that it was to do has succeeded: what was said before that is no cause.
                self.candidates
                    .drain(..self.candidates_when_passed.min(self.candidates.len()));
            }
            // It ends in the middle, or only its verdict is there.
            self.failures.push(Failure {
                phase: self.phase,
                image_test: self.image_test.clone(),
                excerpt: last.to_vec(),
                log: None,
            });
        }
        let failures = if is_passed {
            Vec::new()
        } else {
            std::mem::take(&mut self.failures)
        };
        let mut causes: Vec<Cause> = Vec::new();
        let unexpected = self.unexpected_success.take().filter(|_| !is_passed);
        if let Some((found, failure)) = unexpected.as_ref().zip(failures.first()) {
            causes.push(self.cause(found, failure));
        }
        for failure in failures.iter().filter(|_| unexpected.is_none()) {
            for found in causes_of(&self.candidates, failure) {
                let known = causes
                    .iter_mut()
                    .find(|c| c.line == found.line && c.entry.code == found.found.entry.code);
                match known {
                    Some(known) => known.failed_tests.extend(failure.image_test.clone()),
                    None => causes.push(self.cause(found, failure)),
                }
            }
        }
        let causing = causes.first().map(|cause| cause.phase);
        let first = failures.into_iter().next();
        let (phase, image_test, excerpt, log) = match first {
            Some(first) => {
                // A script that is not read to its end goes on without what it lacks.
                let of_source = causing.filter(|p| *p == Phase::Source && first.phase.is_build());
                let phase = of_source.unwrap_or(first.phase);
                (phase, first.image_test, first.excerpt, first.log)
            }
            None => (self.phase, None, Vec::new(), None),
        };
        TestRun {
            image: self.image,
            test: self.test,
            row: None,
            builder: self.builder,
            phase,
            image_test,
            is_passed,
            causes,
            excerpt,
            log,
        }
    }

    fn cause(&self, candidate: &Candidate, failure: &Failure) -> Cause {
        let mut captures = candidate.found.captures.clone();
        captures.extend(self.image.clone().map(|image| ("image", image)));
        captures.extend(self.builder.clone().map(|builder| ("builder", builder)));
        Cause {
            entry: candidate.found.entry,
            phase: candidate.phase,
            image_test: candidate.image_test.clone(),
            failed_phase: match candidate.phase {
                Phase::Source if failure.phase.is_build() => Phase::Source,
                _ => failure.phase,
            },
            failed_tests: failure.image_test.iter().cloned().collect(),
            line: candidate.line.clone(),
            excerpt: candidate.excerpt.clone(),
            log: candidate.log.clone(),
            is_masked: false,
            is_of_row: self.test.as_deref().and_then(row_of_test).is_some(),
            captures,
        }
    }
}
