//! Here-documents: their operators, and the lines after a line end that are their bodies.

use super::{Extent, FoundHereDoc, Scanner};

impl Scanner<'_> {
    /// Scans `<<DELIMITER`, from the operator on; `start` is the start of the redirection.
    pub(super) fn heredoc(&mut self, start: usize, command: usize) {
        self.skip(2);
        let strips = self.peek() == Some(b'-');
        self.skip(usize::from(strips));
        self.blanks();
        let from = self.at;
        let (delimiter, quoted) = self.delimiter();
        self.blank((start, self.at));
        self.pending.push(self.out.heredocs.len());
        self.out.heredocs.push(FoundHereDoc {
            command,
            delimiter,
            opened: (from, self.at),
            quoted,
            strips,
            body: (self.at, self.at),
            closed: false,
        });
    }

    /// Shows blanks in place of a redirection, and of joined lines before it: at the end of what is
    /// shown, they would join it to the next line.
    pub(super) fn blank(&mut self, (mut start, end): Extent) {
        while let Some([.., last]) = self.text.get(..start) {
            match last {
                b' ' | b'\t' => {}
                b'\n' if self.text.get(..start).is_some_and(|t| t.ends_with(b"\\\n")) => {
                    self.fill((start - 2, start), b' ');
                    start -= 1;
                }
                _ => break,
            }
            start -= 1;
        }
        self.fill((start, end), b' ');
    }

    /// Scans a delimiter: nothing in it is expanded. Returns its text, and whether some of it is
    /// quoted.
    fn delimiter(&mut self) -> (Vec<u8>, bool) {
        let from = self.at;
        let marks = (self.references.len(), self.substitutions.len());
        self.word();
        self.references.truncate(marks.0);
        self.substitutions.truncate(marks.1);
        let written = self.slice(from, self.at);
        let (mut text, mut quoted) = (Vec::with_capacity(written.len()), false);
        let mut quote: Option<u8> = None;
        let mut bytes = written.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match (byte, quote) {
                (b'\'' | b'"', None) => {
                    // `$'..'`, `$".."`.
                    if text.last() == Some(&b'$') {
                        text.pop();
                    }
                    (quote, quoted) = (Some(byte), true);
                }
                (_, Some(open)) if byte == open => quote = None,
                (b'\\', None) => {
                    quoted = true;
                    text.extend(bytes.next().filter(|next| *next != b'\n'));
                }
                (b'\\', Some(b'"')) => match bytes.peek() {
                    Some(b'"' | b'\\' | b'$' | b'`') => text.extend(bytes.next()),
                    _ => text.push(byte),
                },
                _ => text.push(byte),
            }
        }
        (text, quoted)
    }

    /// Skips a line end, and the bodies of the here-documents that were opened before it.
    pub(super) fn newline(&mut self) {
        self.skip(1);
        for index in std::mem::take(&mut self.pending) {
            self.body(index);
        }
    }

    fn body(&mut self, index: usize) {
        let Some(heredoc) = self.out.heredocs.get_mut(index) else {
            return;
        };
        let delimiter = std::mem::take(&mut heredoc.delimiter);
        let (quoted, strips) = (heredoc.quoted, heredoc.strips);
        let start = self.at;
        let (mut end, mut closed, mut goes_on) = (self.end, false, false);
        while self.at < self.end {
            let rest = self.rest();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let whole = rest.get(..length).unwrap_or_default();
            let tabs = whole.iter().take_while(|b| strips && **b == b'\t').count();
            let line = whole.get(tabs..).unwrap_or_default();
            let after = line.strip_prefix(delimiter.as_slice());
            if !goes_on && after == Some(&[]) {
                (end, closed) = (self.at, true);
                self.skip(length + 1);
                break;
            }
            // In `$(...)`, its end may be on the line.
            if self.parentheses > 0 && !goes_on && after.is_some_and(|after| after.contains(&b')'))
            {
                (end, closed) = (self.at, true);
                self.skip(tabs + delimiter.len());
                break;
            }
            let backslashes = whole.iter().rev().take_while(|b| **b == b'\\').count();
            goes_on = !quoted && backslashes % 2 == 1;
            self.skip(length + 1);
        }
        if let Some(heredoc) = self.out.heredocs.get_mut(index) {
            (heredoc.body, heredoc.closed) = ((start, end), closed);
            heredoc.delimiter = delimiter;
        }
        let after = self.at;
        if !quoted {
            self.expanded(start, end, index);
        }
        let ends_line = after > start && self.text.get(after - 1) == Some(&b'\n');
        let blank = (start, after - usize::from(ends_line));
        self.fill(blank, b' ');
        // Those inside of it are a part of it.
        let inner = self.out.blanks.iter().rev();
        let inner = inner.take_while(|inner| inner.0 >= start).count();
        self.out.blanks.truncate(self.out.blanks.len() - inner);
        self.out.blanks.push(blank);
        self.at = after;
    }

    /// Scans what is expanded in a body.
    fn expanded(&mut self, start: usize, end: usize, index: usize) {
        let marks = (self.references.len(), self.substitutions.len());
        self.piece((start, end), |scanner| {
            while let Some(byte) = scanner.peek() {
                match byte {
                    b'\\' => scanner.skip(2),
                    b'$' => scanner.dollar(true),
                    b'`' => scanner.backquotes(),
                    _ => scanner.skip(1),
                }
            }
        });
        // The references are the here-document's own.
        self.references.truncate(marks.0);
        let inner = self.substitutions.split_off(marks.1);
        let outer = std::mem::replace(&mut self.substitutions, inner);
        self.hide(start, Some(index));
        self.substitutions = outer;
    }

    /// Scans a part of the text that ends where it ends, whatever is open there.
    pub(super) fn piece(&mut self, (start, end): (usize, usize), inner: impl FnOnce(&mut Self)) {
        let saved = (self.at, self.end, self.parentheses, self.unfinished);
        let pending = std::mem::take(&mut self.pending);
        (self.at, self.end, self.parentheses) = (start, end, 0);
        self.deeper(inner);
        (self.at, self.end, self.parentheses, self.unfinished) = saved;
        self.pending = pending;
    }
}
