//! Completions at a position of a Nix file, with the quotes that are still missing there.

use super::nix_context::NixContext;
use super::{Completion, CompletionKind, range_of};
use syntax::{TextRange, TextSize};

/// Position in a Nix file at which completions are inserted.
pub(super) struct InsertionPoint<'c> {
    context: &'c NixContext,
    after: &'c str,
    range: TextRange,
}

/// Quotes around the text that is being written.
pub(super) enum Quotes {
    /// Both quotes.
    Both,
    /// The first quote only.
    Opening,
    /// No quotes.
    Missing,
}

impl<'c> InsertionPoint<'c> {
    /// Position at the end of `before`; `after` is the rest of its line.
    pub(super) fn new(context: &'c NixContext, before: &str, after: &'c str) -> InsertionPoint<'c> {
        let range = range_of(&context.written, TextSize::of(before));
        InsertionPoint {
            context,
            after,
            range,
        }
    }

    /// Part of the name or string that has been written already.
    pub(super) fn written(&self) -> &'c str {
        &self.context.written
    }

    /// Tells which quotes stand around the text that is being written.
    pub(super) fn quotes(&self) -> Quotes {
        match (self.context.in_string, self.after.starts_with('"')) {
            (true, true) => Quotes::Both,
            (true, false) => Quotes::Opening,
            (false, _) => Quotes::Missing,
        }
    }

    /// Completion that inserts a name as it is.
    pub(super) fn name(&self, kind: CompletionKind, name: &str) -> Completion {
        Completion::new(kind, name, self.range)
    }

    /// Completion that inserts a string.
    pub(super) fn string(&self, kind: CompletionKind, text: &str) -> Completion {
        let completion = Completion::new(kind, text, self.range);
        let text = text.replace('\\', "\\\\");
        completion.insert(match self.quotes() {
            Quotes::Both => text,
            Quotes::Opening => format!("{text}\""),
            Quotes::Missing => format!("\"{text}\""),
        })
    }
}
