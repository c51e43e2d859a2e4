//! Lines to entries of the catalogue, in time linear in the line.
//!
//! Nearly all lines of a log are nobody's: a sieve finds those that have the fixed text of a pattern, an automaton
//! tells which, and only they are given to its regular expression.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};
use smol_str::SmolStr;

use crate::catalogue::{Entry, Role, catalogue};
use crate::lines::beginning;
use crate::markers::MARKER_TEXTS;
use crate::sieve::Sieve;

/// What a line says of a failure.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub(crate) entry: &'static Entry,
    /// What was captured, by name.
    pub(crate) captures: Vec<(&'static str, SmolStr)>,
}

/// A pattern of an entry.
struct Pattern {
    entry: &'static Entry,
    text: &'static str,
    /// Compiled when a line has the fixed text: a log has few of them.
    regex: OnceLock<Option<Regex>>,
    after: OnceLock<Option<Regex>>,
}

/// All patterns.
pub(crate) struct Matcher {
    patterns: Vec<Pattern>,
    /// The fixed texts of the patterns, in their order; then those of markers.
    automaton: Option<AhoCorasick>,
    /// The same texts: it tells sooner whether a line has one.
    sieve: Option<Sieve>,
}

/// The most bytes of a capture that are kept.
const MAX_CAPTURE: usize = 300;

/// The least bytes of a text by which lines are found.
const LEAST_TEXT: usize = 4;

/// Texts that many lines have which match nothing: another one is preferred.
const COMMON: [&[u8]; 3] = [b".service", b".mount", b"http"];

/// Returns the longest text that every match of a regular expression has.
pub fn required_text(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut texts = RequiredTexts::default();
    texts.read(&hir);
    texts.end();
    String::from_utf8(texts.best).ok()
}

/// The texts that every match of a regular expression has, as they are read.
#[derive(Default)]
struct RequiredTexts {
    /// The one that goes on.
    current: Vec<u8>,
    best: Vec<u8>,
}

impl RequiredTexts {
    fn read(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Literal(literal) => self.current.extend_from_slice(&literal.0),
            // What they have goes on in what follows.
            HirKind::Capture(capture) => self.read(&capture.sub),
            HirKind::Concat(all) => all.iter().for_each(|hir| self.read(hir)),
            HirKind::Look(_) | HirKind::Empty => {}
            HirKind::Repetition(repetition) if repetition.min > 0 => {
                self.end();
                self.read(&repetition.sub);
                self.end();
            }
            _ => self.end(),
        }
    }

    /// Ends the text that goes on. A common one is better than next to nothing.
    fn end(&mut self) {
        let rank = |text: &Vec<u8>| match COMMON.contains(&text.as_slice()) {
            true => LEAST_TEXT,
            false => text.len(),
        };
        if rank(&self.current) >= rank(&self.best) {
            std::mem::swap(&mut self.current, &mut self.best);
        }
        self.current.clear();
    }
}

impl Matcher {
    /// Returns the matcher of the whole catalogue.
    pub(crate) fn of_catalogue() -> &'static Matcher {
        static MATCHER: LazyLock<Matcher> = LazyLock::new(|| Matcher::new(catalogue()));
        &MATCHER
    }

    fn new(entries: &'static [Entry]) -> Matcher {
        let mut patterns = Vec::new();
        let mut texts = Vec::new();
        for entry in entries {
            for pattern in &entry.patterns {
                // Tests hold that all of them compile, and that each has a text.
                let Some(required) = required_text(pattern) else {
                    continue;
                };
                patterns.push(Pattern {
                    entry,
                    text: pattern,
                    regex: OnceLock::new(),
                    after: OnceLock::new(),
                });
                texts.push(required);
            }
        }
        texts.extend(MARKER_TEXTS.map(str::to_owned));
        let mut builder = AhoCorasick::builder();
        let automaton = builder.kind(Some(AhoCorasickKind::DFA)).build(&texts).ok();
        Matcher {
            patterns,
            automaton,
            sieve: Sieve::new(&texts),
        }
    }

    /// Returns whether a line has a text that only markers have.
    pub(crate) fn has_marker_text(&self, line: &[u8]) -> bool {
        let hits = self
            .automaton
            .iter()
            .flat_map(|automaton| automaton.find_overlapping_iter(line));
        let mut hits = hits.map(|hit| hit.pattern().as_usize());
        hits.any(|index| index >= self.patterns.len())
    }

    /// Returns whether a line may match, or have a marker.
    pub(crate) fn is_candidate(&self, line: &[u8]) -> bool {
        match (&self.sieve, &self.automaton) {
            (Some(sieve), _) => sieve.is_in(line),
            (None, automaton) => automaton.as_ref().is_some_and(|a| a.is_match(line)),
        }
    }

    /// Returns the entry that a line is about: noise before all others, then that of the highest
    /// weight. `trace` is the last command that was traced.
    pub(crate) fn find(&self, line: &str, trace: &str) -> Option<Match> {
        let automaton = self.automaton.as_ref()?;
        let mut best: Option<(i16, Match)> = None;
        let mut tried: Vec<usize> = Vec::new();
        for hit in automaton.find_overlapping_iter(line) {
            let index = hit.pattern().as_usize();
            if tried.contains(&index) {
                continue;
            }
            tried.push(index);
            let Some(pattern) = self.patterns.get(index) else {
                continue;
            };
            let weight = i16::from(pattern.entry.weight);
            let weight = if pattern.entry.role == Role::Noise {
                i16::MAX
            } else {
                weight
            };
            if best.as_ref().is_none_or(|(known, _)| weight > *known)
                && let Some(found) = pattern.find(line, trace)
            {
                best = Some((weight, found));
            }
        }
        best.map(|(_, found)| found)
    }
}

impl Pattern {
    fn find(&self, line: &str, trace: &str) -> Option<Match> {
        let regex = self.regex.get_or_init(|| Regex::new(self.text).ok());
        let regex = regex.as_ref()?;
        let captures = regex.captures(line)?;
        if let Some(condition) = self.entry.condition
            && !condition.holds(captures.name("name")?.as_str())
        {
            return None;
        }
        let compiled = || Regex::new(self.entry.after.as_deref()?).ok();
        if self.entry.after.is_some() {
            let after = self.after.get_or_init(compiled).as_ref()?;
            let before = after.captures(trace)?;
            // The same path, where both name one.
            if let (Some(one), Some(other)) = (before.name("path"), captures.name("path"))
                && one.as_str() != other.as_str()
            {
                return None;
            }
        }
        let names = regex.capture_names().flatten();
        let captures = names.filter_map(|name| {
            let text = captures.name(name)?.as_str();
            let text = beginning(text, MAX_CAPTURE);
            Some((static_name(name)?, SmolStr::new(text)))
        });
        let captures = captures.filter(|(_, text)| !text.is_empty()).collect();
        Some(Match {
            entry: self.entry,
            captures,
        })
    }
}

/// Names of captures, of which `origin` knows what they lead to.
const NAMES: [&str; 14] = [
    "path",
    "name",
    "url",
    "package",
    "unit",
    "host",
    "script",
    "key",
    "option",
    "repository",
    "status",
    "line",
    "file",
    "codename",
];

/// Returns a name that lives as long as the program; a test holds the catalogue to those.
fn static_name(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|known| **known == name).copied()
}

/// Returns the code of the entry that the last one of some lines matches, the others being before it.
pub fn matches_of(lines: &str) -> Option<&'static Entry> {
    let mut trace = "";
    let mut last = None;
    for line in lines.lines() {
        last = Matcher::of_catalogue().find(line, trace);
        if line.starts_with('+') {
            trace = line;
        }
    }
    last.map(|found| found.entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_required() {
        assert_eq!(
            required_text(r"^curl: \(22\) .* 404$").unwrap(),
            "curl: (22) "
        );
        assert_eq!(required_text(r"a(?:bcd|x)ef+g?").unwrap(), "f");
        assert_eq!(required_text(r"x?y*").unwrap(), "");
        let unit = r"(?P<unit>(?:a|b)\.service): (?:Failed|Started)";
        assert_eq!(required_text(unit).unwrap(), ".service: ");
    }

    #[test]
    fn every_pattern_compiles_and_has_a_text() {
        for entry in catalogue() {
            for pattern in &entry.patterns {
                let regex = Regex::new(pattern);
                let regex = regex.unwrap_or_else(|error| panic!("{}: {error}", entry.code));
                let text = required_text(pattern).unwrap();
                assert!(
                    text.len() >= LEAST_TEXT,
                    "{}: `{pattern}` has only `{text}`",
                    entry.code
                );
                for name in regex.capture_names().flatten() {
                    assert!(static_name(name).is_some(), "{}: {name}", entry.code);
                }
            }
            if let Some(after) = &entry.after {
                Regex::new(after).unwrap_or_else(|error| panic!("{}: {error}", entry.code));
            }
        }
    }
}
