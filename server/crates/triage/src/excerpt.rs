//! The lines around one of a log, kept while it is read.

use std::sync::Arc;

use crate::report::LogLine;

/// The lines of an excerpt.
pub(crate) const EXCERPT_LINES: usize = 20;
/// The lines of an excerpt that come after the one it is about.
pub(crate) const LINES_AFTER: usize = 9;
/// The most bytes of a line that an excerpt shows.
const MAX_SHOWN: usize = 240;

/// The last lines of a log. Its buffers are used again and again.
#[derive(Debug, Default)]
pub(crate) struct LastLines {
    lines: Vec<(usize, Vec<u8>)>,
    next: usize,
}

impl LastLines {
    /// Adds a line.
    pub(crate) fn push(&mut self, number: usize, line: &[u8]) {
        let line = line.get(..MAX_SHOWN).unwrap_or(line);
        if self.lines.len() < EXCERPT_LINES {
            self.lines.push((number, line.to_vec()));
            return;
        }
        if let Some((known, buffer)) = self.lines.get_mut(self.next) {
            *known = number;
            buffer.clear();
            buffer.extend_from_slice(line);
        }
        self.next = (self.next + 1) % EXCERPT_LINES;
    }

    /// Returns the last lines of which there are at most `count`.
    pub(crate) fn last(&self, count: usize) -> Vec<LogLine> {
        let (newest, oldest) = self.lines.split_at_checked(self.next).unwrap_or_default();
        let all: Vec<&(usize, Vec<u8>)> = oldest.iter().chain(newest).collect();
        let skipped = all.len().saturating_sub(count);
        let last = all.into_iter().skip(skipped);
        last.map(|(number, line)| LogLine::new(*number, line))
            .collect()
    }

    /// Forgets all lines.
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.next = 0;
    }
}

/// Returns a line of an excerpt, of bounded length.
pub(crate) fn shown(line: &[u8]) -> Arc<str> {
    let line = line.get(..MAX_SHOWN).unwrap_or(line);
    Arc::from(String::from_utf8_lossy(line).trim_end_matches('\u{fffd}'))
}
