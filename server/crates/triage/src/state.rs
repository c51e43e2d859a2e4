//! What is known of one test while its log is read.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::catalogue::Role;
use crate::choice::cause_of;
use crate::matcher::Match;
use crate::phase::Phase;
use crate::report::{Cause, LogLine, TestRun};

/// The most lines that are kept of one phase, or of one test of the image, in each role.
const MAX_OF_PHASE: usize = 3;
/// The most lines that are kept of a test.
const MAX_CANDIDATES: usize = 48;
/// The most failures of a test.
const MAX_FAILURES: usize = 48;

/// A line that may be a cause.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) found: Match,
    pub(crate) phase: Phase,
    pub(crate) image_test: Option<SmolStr>,
    pub(crate) line: LogLine,
    pub(crate) excerpt: Vec<LogLine>,
    pub(crate) log: Option<Arc<str>>,
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
    /// The verdict of the test runner: it was as expected, or was not.
    pub(crate) is_expected: Option<bool>,
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
        let here = || self.candidates.iter().filter(is_here);
        let is_known = here()
            .any(|c| c.found.entry.code == *code && c.found.captures == candidate.found.captures);
        let of_role = here().filter(|c| c.found.entry.role == role).count();
        let is_kept = role != Role::Noise
            && !is_known
            && of_role < MAX_OF_PHASE
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

    /// Returns the outcome. `last` are the last lines of the log.
    pub(crate) fn finish(mut self, last: &[LogLine]) -> TestRun {
        let has_failed = self.is_expected != Some(true)
            && (!self.failures.is_empty() || self.is_expected == Some(false));
        let is_passed = self.is_expected == Some(true) || (self.is_passed && !has_failed);
        if !is_passed && self.failures.is_empty() {
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
        for failure in &failures {
            let Some(found) = cause_of(&self.candidates, failure) else {
                continue;
            };
            let is_known = causes
                .iter()
                .any(|c| c.line == found.line && c.entry.code == found.found.entry.code);
            if !is_known {
                causes.push(cause(found, self.image.as_ref()));
            }
        }
        let first = failures.into_iter().next();
        let (phase, image_test, excerpt, log) = match first {
            Some(first) => (first.phase, first.image_test, first.excerpt, first.log),
            None => (self.phase, None, Vec::new(), None),
        };
        TestRun {
            image: self.image,
            test: self.test,
            builder: self.builder,
            phase,
            image_test,
            is_passed,
            causes,
            excerpt,
            log,
        }
    }
}

fn cause(candidate: &Candidate, image: Option<&SmolStr>) -> Cause {
    let mut captures = candidate.found.captures.clone();
    captures.extend(image.map(|image| ("image", image.clone())));
    Cause {
        entry: candidate.found.entry,
        phase: candidate.phase,
        image_test: candidate.image_test.clone(),
        line: candidate.line.clone(),
        excerpt: candidate.excerpt.clone(),
        log: candidate.log.clone(),
        captures,
    }
}
