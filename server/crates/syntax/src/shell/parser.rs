//! The state of the parser, and the characters that everything else is read from.

use smol_str::SmolStr;

use super::super::{TextRange, TextSize};
use super::{HereDoc, Script, Word};

/// Deeper nesting is not followed, so that the stack is bounded.
const MAX_DEPTH: usize = 100;

/// Parser of a text.
pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// End of what is read: of the text, or of a piece of it.
    pub(super) end: usize,
    depth: usize,
    /// Here-documents whose bodies begin after the next line end.
    pub(super) pending: Vec<usize>,
    /// Number of substitutions around that a parenthesis ends.
    pub(super) substitutions: usize,
    pub(super) script: Script,
    /// Set when the rest of the text is not understood.
    pub(super) is_lost: bool,
}

/// A range of bytes.
pub(super) fn range(start: usize, end: usize) -> TextRange {
    let start = TextSize::try_from(start).unwrap_or_default();
    let end = TextSize::try_from(end).unwrap_or_default();
    TextRange::new(start, end.max(start))
}

pub(super) fn is_name_start(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

pub(super) fn is_name_character(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Returns whether a character ends a word.
pub(super) fn ends_word(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Parser<'t> {
        Parser {
            text,
            at: 0,
            end: text.len(),
            depth: 0,
            pending: Vec::new(),
            substitutions: 0,
            script: Script::default(),
            is_lost: false,
        }
    }

    pub(super) fn script(mut self) -> Script {
        self.script.commands = self.list(&[]);
        let last = self.script.commands.last().map(|last| &last.kind);
        let is_said = matches!(last, Some(super::CommandKind::Unread));
        if (self.at < self.end || self.is_lost) && !is_said {
            let unread = self.unread();
            self.script.commands.push(unread);
        }
        self.script
    }

    /// The rest, which is not understood.
    pub(super) fn unread(&mut self) -> super::Command {
        let start = self.at;
        self.at = self.end;
        self.is_lost = true;
        super::Command {
            kind: super::CommandKind::Unread,
            redirects: Vec::new(),
            range: range(start, self.end),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<u8> {
        let at = self.at + offset;
        let byte = self.text.as_bytes().get(at).copied();
        byte.filter(|_| at < self.end)
    }

    pub(super) fn rest(&self) -> &'t [u8] {
        let bytes = self.text.as_bytes();
        bytes.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.end);
    }

    /// Skips a text, if it stands here.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is_here = self.rest().starts_with(text.as_bytes());
        if is_here {
            self.skip(text.len());
        }
        is_here
    }

    /// Skips a text that has to stand here.
    pub(super) fn expect(&mut self, text: &str) {
        if !self.eat(text) {
            self.is_lost = true;
            self.at = self.end;
        }
    }

    /// Reads something one level deeper.
    pub(super) fn deeper<T: Default>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.is_lost = true;
            self.at = self.end;
            return T::default();
        }
        self.depth += 1;
        let read = inner(self);
        self.depth -= 1;
        read
    }

    /// Length of the name that stands here; 0 if there is none.
    pub(super) fn name_length(&self) -> usize {
        match self.peek() {
            Some(first) if is_name_start(first) => {
                let bytes = self.rest().iter();
                bytes.take_while(|byte| is_name_character(**byte)).count()
            }
            _ => 0,
        }
    }

    /// Skips blanks, and joined lines.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(byte) if is_blank(byte) => self.skip(1),
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.skip(2),
                _ => return,
            }
        }
    }

    /// Skips blanks, comments and line ends.
    pub(super) fn lines(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'#') => {
                    let rest = self.rest();
                    self.skip(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
                }
                Some(b'\n') => self.newline(),
                _ => return,
            }
        }
    }

    /// Skips a line end, and the bodies of the here-documents that were opened before it.
    pub(super) fn newline(&mut self) {
        self.skip(1);
        for index in std::mem::take(&mut self.pending) {
            self.heredoc_body(index);
        }
    }

    /// Takes note of a here-document whose body comes later.
    pub(super) fn open_heredoc(&mut self, delimiter: SmolStr, quoted: bool, strips: bool) -> usize {
        let index = self.script.heredocs.len();
        self.script.heredocs.push(HereDoc {
            body: Word::default(),
            quoted,
            strips,
            delimiter,
        });
        self.pending.push(index);
        index
    }

    fn heredoc_body(&mut self, index: usize) {
        let Some(heredoc) = self.script.heredocs.get(index) else {
            return;
        };
        let (delimiter, quoted, strips) =
            (heredoc.delimiter.clone(), heredoc.quoted, heredoc.strips);
        let start = self.at;
        // Ranges of the lines, without what is left out at their beginnings.
        let mut lines: Vec<(usize, usize)> = Vec::new();
        let mut goes_on = false;
        while self.at < self.end {
            let rest = self.rest();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let tabs = rest.iter().take_while(|b| strips && **b == b'\t').count();
            let line = self.slice(self.at + tabs, self.at + length);
            let after = line.strip_prefix(delimiter.as_str());
            if !goes_on && after.is_some_and(|after| matches!(after, "" | "\n")) {
                break;
            }
            // In `$(...)`, its end may be on the line.
            if self.substitutions > 0 && !goes_on && after.is_some_and(|a| a.contains(')')) {
                break;
            }
            lines.push((self.at + tabs, self.at + length));
            let text = line.strip_suffix('\n').unwrap_or(line);
            let backslashes = text.bytes().rev().take_while(|b| *b == b'\\').count();
            goes_on = !quoted && backslashes % 2 == 1;
            self.skip(length);
        }
        let end = self.at;
        let body = self.heredoc_text(&lines, (start, end), quoted);
        self.at = end;
        let rest = self.rest();
        let tabs = rest.iter().take_while(|b| strips && **b == b'\t').count();
        self.skip(tabs + delimiter.len());
        if self.peek() == Some(b'\n') && self.substitutions == 0 {
            self.skip(1);
        }
        if let Some(heredoc) = self.script.heredocs.get_mut(index) {
            heredoc.body = body;
        }
    }

    /// The pieces of a here-document's lines.
    fn heredoc_text(
        &mut self,
        lines: &[(usize, usize)],
        (start, end): (usize, usize),
        quoted: bool,
    ) -> Word {
        let mut word = Word {
            pieces: Vec::new(),
            range: range(start, end),
        };
        // Lines that follow each other without a gap are one text.
        let mut texts: Vec<(usize, usize)> = Vec::new();
        for (from, to) in lines.iter().copied() {
            match texts.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => texts.push((from, to)),
            }
        }
        for (from, to) in texts {
            if quoted {
                super::words::push_literal(&mut word.pieces, from, to, true);
            } else {
                self.piece((from, to), |parser| parser.heredoc_pieces(&mut word.pieces));
            }
        }
        word
    }

    /// Reads a piece of the text that ends where it ends, whatever is open there.
    pub(super) fn piece(&mut self, (start, end): (usize, usize), inner: impl FnOnce(&mut Self)) {
        let outer = (self.at, self.end, self.substitutions);
        let pending = std::mem::take(&mut self.pending);
        (self.at, self.end, self.substitutions) = (start, end, 0);
        self.deeper(|parser| {
            inner(parser);
        });
        (self.at, self.end, self.substitutions) = outer;
        self.pending = pending;
    }
}
