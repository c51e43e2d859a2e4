//! Reads a log in pieces: lines to markers and to entries of the catalogue, and these to the tests
//! that they are about.

mod collected;
mod mark;
mod message;
mod script;

use std::sync::Arc;

use smol_str::SmolStr;

use self::collected::{Section, is_collected};
use self::message::{complete_script, complete_url, failed_unit, message_of};
use self::script::without_wholes;
use crate::catalogue::{Role, Verdict, entry};
use crate::excerpt::{EXCERPT_LINES, LINES_AFTER, LastLines};
use crate::lines::{Line, LineSplitter, beginning, clean};
use crate::markers::{
    Marker, image_of_path, image_of_test, is_logged, is_retry, marker_of, may_be_marker,
    test_of_path, traced,
};
use crate::matcher::{Match, Matcher};
use crate::phase::Phase;
use crate::report::{LogLine, TestRun};
use crate::state::{Candidate, Failure, State};

/// The most tests of a log. There are a few dozen images.
const MAX_TESTS: usize = 256;
/// The most bytes of a traced command that are kept.
const MAX_TRACE: usize = 2000;
/// The indentation of what the summary quotes.
const QUOTE: &str = "    ";

/// Reads a log. Its memory is bounded, whatever the log is.
pub struct Reader {
    splitter: LineSplitter,
    lines: LineReader,
}

/// Reads lines.
struct LineReader {
    matcher: &'static Matcher,
    states: Vec<State>,
    /// Index of the test that lines are about.
    current: usize,
    last: LastLines,
    /// The last command that was traced.
    trace: String,
    /// The file that is read, as it was named.
    log: Option<Arc<str>>,
    /// Set in the file that holds nothing but the verdict of the test runner.
    is_verdict_file: bool,
    /// Set where the summary quotes the output of tests.
    in_summary: bool,
    /// The head of a command's block in the log of the virtual machine, until its output begins.
    header: Option<Header>,
    /// The test whose directory is read, where it is not that of an image.
    test: Option<SmolStr>,
    /// The part that is read of what was collected after a failure.
    collected: Option<Section>,
    /// Excerpts that go on, each with the lines that it still takes.
    open: Vec<(Excerpt, usize)>,
    is_log: bool,
}

/// Head of a command's block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    /// The command executes osctl-image.
    OfOsctlImage,
    /// Another command, or an action.
    Other,
}

/// An excerpt, by the indices of the test and of what it is about.
#[derive(Clone, Copy)]
enum Excerpt {
    OfCandidate(usize, usize),
    OfFailure(usize, usize),
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    /// Returns a reader that has read nothing.
    pub fn new() -> Reader {
        Reader {
            splitter: LineSplitter::default(),
            lines: LineReader {
                matcher: Matcher::of_catalogue(),
                states: vec![State::default()],
                current: 0,
                last: LastLines::default(),
                trace: String::new(),
                log: None,
                is_verdict_file: false,
                in_summary: false,
                header: None,
                test: None,
                collected: None,
                open: Vec::new(),
                is_log: false,
            },
        }
    }

    /// Begins a file. Its name may tell the image; it is never opened.
    pub fn begin(&mut self, name: &str) {
        self.end();
        self.lines.begin(name);
    }

    /// Reads a piece of the log.
    pub fn feed(&mut self, piece: &[u8]) {
        let Reader { splitter, lines } = self;
        splitter.feed(piece, |line| lines.line(&line));
    }

    fn end(&mut self) {
        let Reader { splitter, lines } = self;
        splitter.finish(|line| lines.line(&line));
    }

    /// Returns the tests that the log is about, in the order in which they are named; `None` if it is
    /// the log of no test.
    pub fn finish(mut self) -> Option<Vec<TestRun>> {
        self.end();
        self.lines.finish()
    }
}

impl LineReader {
    fn begin(&mut self, name: &str) {
        self.last.clear();
        self.trace.clear();
        self.open.clear();
        self.in_summary = false;
        self.log = Some(Arc::from(name));
        self.is_verdict_file = name.ends_with("test-result.txt");
        self.header = None;
        self.collected = is_collected(name).then_some(Section::Other);
        self.current = self.anonymous();
        self.test = None;
        if let Some(image) = image_of_path(name) {
            self.switch_to(image);
        } else if let Some(test) = test_of_path(name) {
            self.current = self.index_of(&test);
            self.test = Some(test);
        }
    }

    /// Returns the index of a test of which nothing is known yet.
    fn anonymous(&mut self) -> usize {
        match self.states.iter().position(State::is_empty) {
            Some(index) => index,
            None => self.push(State::default()),
        }
    }

    fn push(&mut self, state: State) -> usize {
        if self.states.len() < MAX_TESTS {
            self.states.push(state);
        }
        self.states.len() - 1
    }

    fn state(&mut self) -> Option<&mut State> {
        self.states.get_mut(self.current)
    }

    /// Makes an image the one that lines are about.
    fn switch_to(&mut self, image: &str) {
        let is_present = |state: &mut State| state.image.as_deref() == Some(image);
        if self.state().is_some_and(is_present) {
            return;
        }
        // What comes from here on is about another one.
        self.open.clear();
        let known = self
            .states
            .iter()
            .position(|state| state.image.as_deref() == Some(image));
        let is_anonymous = self
            .state()
            .is_some_and(|s| s.image.is_none() && s.test.is_none());
        match (known, is_anonymous) {
            (Some(known), true) if known != self.current => {
                let preamble = self.state().map(std::mem::take).unwrap_or_default();
                if let Some(state) = self.states.get_mut(known) {
                    state.adopt(preamble);
                }
                self.current = known;
            }
            (Some(known), _) => self.current = known,
            (None, true) => {
                if let Some(state) = self.state() {
                    state.image = Some(SmolStr::new(image));
                }
            }
            (None, false) => {
                let image = Some(SmolStr::new(image));
                self.current = self.push(State {
                    image,
                    ..State::default()
                });
            }
        }
    }

    /// Returns the test of a path of the test runner.
    fn state_of(&mut self, path: &str) -> Option<&mut State> {
        let index = self.index_of(path);
        self.states.get_mut(index)
    }

    /// Returns the index of the test of a path of the test runner.
    fn index_of(&mut self, path: &str) -> usize {
        let image = image_of_test(path);
        let is_it = |state: &State| {
            state.test.as_deref() == Some(path)
                || (image.is_some() && state.image.as_deref() == image)
        };
        let index = match self.states.iter().position(is_it) {
            Some(index) => index,
            None => self.push(State {
                image: image.map(SmolStr::new),
                ..State::default()
            }),
        };
        if let Some(state) = self.states.get_mut(index) {
            state.test.get_or_insert_with(|| SmolStr::new(path));
        }
        index
    }

    fn line(&mut self, line: &Line<'_>) {
        let text = clean(line.bytes);
        if self.collected.is_some() {
            self.collected_line(line.number, &text);
            return;
        }
        let text: &[u8] = match (self.in_summary, text.strip_prefix(QUOTE.as_bytes())) {
            (true, Some(quoted)) => quoted,
            // An exception quotes the output after a blank.
            _ => match &*text {
                [b' ', logged @ ..] if is_logged(logged) => logged,
                text => text,
            },
        };
        let may_be_marker = may_be_marker(text);
        let is_candidate = self.matcher.is_candidate(text);
        let is_read = may_be_marker || self.is_verdict_file || is_candidate;
        if is_read || !line.is_overwritten {
            self.last.push(line.number, text);
            self.extend_excerpts(line.number, text);
        }
        if is_read {
            let has_marker = may_be_marker || self.matcher.has_marker_text(text);
            let text = String::from_utf8_lossy(text);
            self.read(line.number, &text, (has_marker, is_candidate));
        }
    }

    fn extend_excerpts(&mut self, number: usize, text: &[u8]) {
        if self.open.is_empty() {
            return;
        }
        let states = &mut self.states;
        self.open.retain_mut(|(excerpt, left)| {
            let lines = match *excerpt {
                Excerpt::OfCandidate(state, index) => {
                    let state = states.get_mut(state);
                    state
                        .and_then(|s| s.candidates.get_mut(index))
                        .map(|c| &mut c.excerpt)
                }
                Excerpt::OfFailure(state, index) => {
                    let state = states.get_mut(state);
                    state
                        .and_then(|s| s.failures.get_mut(index))
                        .map(|f| &mut f.excerpt)
                }
            };
            if let Some(lines) = lines {
                lines.push(LogLine::new(number, text));
            }
            *left -= 1;
            *left > 0
        });
    }

    /// Reads a line that may have a marker, or match an entry of the catalogue.
    fn read(&mut self, number: usize, text: &str, (has_marker, is_candidate): (bool, bool)) {
        if self.is_verdict_file {
            self.verdict(number, text);
            return;
        }
        if let Some(command) = traced(text) {
            self.trace.clear();
            self.trace.push_str("+ ");
            self.trace.push_str(beginning(command, MAX_TRACE));
            let trace = &self.trace;
            if let Some(state) = self.states.get_mut(self.current) {
                state.execute(trace);
            }
        }
        let message = message_of(text).filter(|_| is_candidate);
        let found = message.and_then(|message| {
            let found = self.matcher.find(message, &self.trace)?;
            Some(complete_script(found, message))
        });
        let marker = has_marker.then(|| marker_of(text)).flatten();
        // A failure with the remark that it is tried again says nothing of the one before it.
        let marker = marker.filter(|m| found.is_none() || *m != Marker::Retried { all: false });
        if let Some(marker) = marker {
            self.is_log = true;
            self.mark(number, &marker);
            if let Marker::TestEnded { path, is_expected } = marker {
                let is_unexpected = !is_expected && text.contains(" unexpectedly succeeded in ");
                let line = is_unexpected.then(|| self.unexpected_success(number, text));
                if let Some(state) = self.state_of(path) {
                    state.unexpected_success = line.flatten();
                }
            }
        }
        if let Some(found) = found {
            self.is_log = true;
            let candidate = self.candidate(number, text, found);
            self.add(candidate);
        }
    }

    /// Returns the candidate of a line that says that a test succeeded although a failure is expected.
    fn unexpected_success(&self, number: usize, line: &str) -> Option<Candidate> {
        let found = Match {
            entry: entry("unexpected-success")?,
            captures: Vec::new(),
        };
        let mut candidate = self.candidate(number, line, found);
        (candidate.phase, candidate.image_test) = (Phase::Unknown, None);
        Some(candidate)
    }

    fn verdict(&mut self, number: usize, word: &str) {
        let is_expected = match word.trim() {
            "expected_success" | "expected_failure" => true,
            "unexpected_success" | "unexpected_failure" => false,
            _ => return,
        };
        self.is_log = true;
        let is_unexpected = word.trim() == "unexpected_success";
        let unexpected = is_unexpected.then(|| self.unexpected_success(number, word));
        if let Some(state) = self.state() {
            state.unexpected_success = unexpected.flatten();
            state.is_expected = Some(is_expected);
            state.is_verdict_success = word.trim() == "expected_success";
        }
    }

    fn candidate(&self, number: usize, line: &str, mut found: Match) -> Candidate {
        complete_url(&mut found, &self.trace);
        // What begins a phase is executed more than once for other reasons.
        let is_attempt = found.entry.verdict == Verdict::Transient
            && !self.trace.is_empty()
            && marker_of(&self.trace).is_none();
        let state = self.states.get(self.current);
        Candidate {
            found,
            phase: state.map(|state| state.phase).unwrap_or_default(),
            image_test: state.and_then(|state| state.image_test.clone()),
            line: LogLine::new(number, line.as_bytes()),
            excerpt: self.last.last(EXCERPT_LINES - LINES_AFTER),
            log: self.log.clone(),
            attempt: is_attempt.then(|| SmolStr::new(&self.trace)),
            is_survived: is_retry(line),
            failed_unit: failed_unit(line).map(SmolStr::new),
            is_collected: false,
        }
    }

    fn add(&mut self, candidate: Candidate) {
        let Some(state) = self.state() else {
            return;
        };
        if candidate.found.entry.role == Role::Summary {
            state.complete(&candidate.found);
        }
        if let Some(index) = state.add(candidate) {
            self.open
                .push((Excerpt::OfCandidate(self.current, index), LINES_AFTER));
        }
    }

    /// Takes note of a failure: the lines before it count, or those that come after.
    fn fail(&mut self, phase: Option<Phase>, lines_after: usize) {
        let excerpt = self.last.last(EXCERPT_LINES - lines_after);
        let log = self.log.clone();
        let Some(state) = self.state() else {
            return;
        };
        let phase = phase.unwrap_or(state.phase);
        let count = state.failures.len();
        let image_test = state.image_test.clone();
        state.fail(Failure {
            phase,
            image_test,
            excerpt,
            log,
        });
        if state.failures.len() > count && lines_after > 0 {
            self.open
                .push((Excerpt::OfFailure(self.current, count), lines_after));
        }
    }

    fn finish(mut self) -> Option<Vec<TestRun>> {
        if !self.is_log {
            return None;
        }
        let is_named = |state: &State| state.image.is_some() || state.test.is_some();
        let (mut named, others): (Vec<State>, Vec<State>) = self
            .states
            .drain(..)
            .filter(|state| !state.is_empty())
            .partition(is_named);
        without_wholes(&mut named);
        let last = self.last.last(EXCERPT_LINES);
        match (named.as_mut_slice(), others) {
            // What names nobody is about the only one.
            ([only], others) => others.into_iter().for_each(|state| only.adopt(state)),
            (_, others) => named.extend(
                others
                    .into_iter()
                    .filter(|s| !s.candidates.is_empty() || !s.failures.is_empty() || s.is_passed),
            ),
        }
        Some(named.into_iter().map(|state| state.finish(&last)).collect())
    }
}
