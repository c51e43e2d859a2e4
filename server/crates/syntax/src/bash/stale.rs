//! Facts of a text that parsed, carried over to one that does not: while somebody types, a quote
//! is open more often than not, and everything behind it would be lost.

use super::super::{TextRange, TextSize};
use super::{HereDoc, ScriptFacts};

impl ScriptFacts {
    /// These facts, of `old`, with their places where they are in `new`. What was changed in
    /// between has no place any more: an empty one where the change begins.
    pub fn moved(&self, old: &str, new: &str) -> ScriptFacts {
        let change = Change::between(old, new);
        let mut moved = self.clone();
        for range in &mut moved.spans {
            *range = change.apply(*range);
        }
        for occurrence in &mut moved.occurrences {
            occurrence.range = change.apply(occurrence.range);
        }
        for heredoc in &mut moved.heredocs {
            change.heredoc(heredoc);
        }
        moved
    }
}

/// One piece of a text that was replaced by another.
struct Change {
    start: usize,
    old_end: usize,
    new_end: usize,
}

impl Change {
    /// The smallest piece that makes the difference.
    fn between(old: &str, new: &str) -> Change {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let most = old.len().min(new.len()) - start;
        let suffix = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take(most)
            .take_while(|(a, b)| a == b)
            .count();
        Change {
            start,
            old_end: old.len() - suffix,
            new_end: new.len() - suffix,
        }
    }

    fn offset(&self, offset: TextSize) -> Option<TextSize> {
        let offset = usize::from(offset);
        let moved = match offset {
            _ if offset <= self.start => offset,
            _ if offset >= self.old_end => offset - self.old_end + self.new_end,
            _ => return None,
        };
        TextSize::try_from(moved).ok()
    }

    fn apply(&self, range: TextRange) -> TextRange {
        match (self.offset(range.start()), self.offset(range.end())) {
            (Some(start), Some(end)) if start <= end => TextRange::new(start, end),
            _ => TextRange::empty(TextSize::try_from(self.start).unwrap_or_default()),
        }
    }

    fn heredoc(&self, heredoc: &mut HereDoc) {
        heredoc.body = self.apply(heredoc.body);
        for expansion in &mut heredoc.expansions {
            expansion.range = self.apply(expansion.range);
        }
        // Without a place, what it says is not to be mended.
        heredoc.expansions = std::mem::take(&mut heredoc.expansions)
            .into_iter()
            .filter(|e| !e.range.is_empty())
            .collect();
        for unit in &mut heredoc.container.units {
            unit.range = self.apply(unit.range);
        }
    }
}
