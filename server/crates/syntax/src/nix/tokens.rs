//! A look ahead over rnix's tokens, with a bound on the work they may cost.
//!
//! rnix's tokenizer needs no stack, but at every token it scans the rest of the run of path
//! characters it is in (`a.a.a.a...`), so it is quadratic in the length of such runs. The
//! stream adds up what that costs and ends early when it is more than any real file needs.

use std::collections::VecDeque;

use rnix::SyntaxKind;

use super::super::{TextRange, TextSize};

/// Characters that the tokenizer may scan again, besides [`RESCANNED_PER_BYTE`].
const RESCANNED_FREE: usize = 1 << 22;
/// Characters that it may scan again for each byte of the text. Real files stay around one.
const RESCANNED_PER_BYTE: usize = 16;

/// One token that is no blank and no comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// Kind of token.
    pub(super) kind: SyntaxKind,
    /// The text.
    pub(super) text: &'a str,
    /// Byte offset of its beginning.
    pub(super) start: usize,
    /// Set when nothing is between it and the token before it.
    pub(super) glued: bool,
}

impl Token<'_> {
    /// Returns its range.
    pub(super) fn range(&self) -> TextRange {
        range(self.start, self.start.saturating_add(self.text.len()))
    }
}

/// The range between two offsets of a text that is known to be small enough for one.
pub(super) fn range(start: usize, end: usize) -> TextRange {
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    TextRange::new(size(start.min(end)), size(end))
}

/// The tokens of a text, one after the other.
pub(super) struct Tokens<'a, I: Iterator<Item = rnix::Token<'a>>> {
    text: &'a str,
    inner: I,
    ahead: VecDeque<Token<'a>>,
    offset: usize,
    run_end: usize,
    rescanned: usize,
}

impl<'a> Tokens<'a, std::iter::Empty<rnix::Token<'a>>> {
    /// The tokens of `text`.
    pub(super) fn new(text: &'a str) -> Tokens<'a, impl Iterator<Item = rnix::Token<'a>> + 'a> {
        Tokens {
            text,
            inner: rnix::tokenize(text),
            ahead: VecDeque::with_capacity(4),
            offset: 0,
            run_end: 0,
            rescanned: 0,
        }
    }
}

impl<'a, I: Iterator<Item = rnix::Token<'a>>> Tokens<'a, I> {
    /// Returns the token after the next `n`.
    pub(super) fn peek(&mut self, n: usize) -> Option<Token<'a>> {
        while self.ahead.len() <= n {
            let token = self.read()?;
            self.ahead.push_back(token);
        }
        self.ahead.get(n).copied()
    }

    /// Takes the next token.
    pub(super) fn bump(&mut self) -> Option<Token<'a>> {
        self.ahead.pop_front().or_else(|| self.read())
    }

    /// Returns whether the end came early because the text costs too much to read.
    pub(super) fn gave_up(&self) -> bool {
        let allowed = self.text.len().saturating_mul(RESCANNED_PER_BYTE);
        self.rescanned > allowed.saturating_add(RESCANNED_FREE)
    }

    fn read(&mut self) -> Option<Token<'a>> {
        let mut glued = true;
        loop {
            self.charge();
            if self.gave_up() {
                return None;
            }
            let (kind, text) = self.inner.next()?;
            let start = self.offset;
            self.offset = self.offset.saturating_add(text.len());
            if kind.is_trivia() {
                glued = false;
            } else {
                return Some(Token {
                    kind,
                    text,
                    start,
                    glued,
                });
            }
        }
    }

    /// Adds what the tokenizer is about to look at beyond its next token.
    fn charge(&mut self) {
        if self.offset >= self.run_end {
            let rest = self.text.as_bytes().get(self.offset..).unwrap_or_default();
            let run = rest
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || b"/_.+-".contains(b))
                .count();
            // One more, so that an offset outside of any run is not scanned for the same run again.
            self.run_end = self.offset.saturating_add(run).saturating_add(1);
        } else {
            let rest = self.run_end.saturating_sub(self.offset);
            self.rescanned = self.rescanned.saturating_add(rest);
        }
    }
}
