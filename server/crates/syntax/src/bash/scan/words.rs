//! Words, assignments and redirections.

use super::expansions::is_plain_subscript;
use super::{Extent, Scanner, name_length};

impl Scanner<'_> {
    /// Skips blanks, joined lines and a comment.
    pub(super) fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.skip(1),
                b'\\' if self.peek_at(1) == Some(b'\n') => self.skip(2),
                _ => break,
            }
        }
    }

    /// Skips a comment, where a word may begin.
    pub(super) fn comment(&mut self) {
        if self.peek() == Some(b'#') {
            let rest = self.rest();
            self.skip(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
        }
    }

    /// Skips blanks, comments and line ends.
    pub(super) fn lines(&mut self) {
        loop {
            self.blanks();
            self.comment();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.newline();
        }
    }

    /// Scans a word up to a blank or operator. Returns its range.
    pub(super) fn word(&mut self) -> Extent {
        let start = self.at;
        if self.peek() == Some(b'@') {
            // To the grammar, only a pattern begins so.
            self.show(start, b'.');
        }
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'<' | b'>' if self.peek_at(1) == Some(b'(') => self.substitution(2),
                b'<' | b'>' => break,
                b'(' if self.is_extglob(start) => {
                    let from = self.at - 1;
                    self.deeper(|scanner| scanner.group());
                    self.mask((from, self.at), b'.');
                }
                b'(' => break,
                _ => self.word_piece(byte),
            }
        }
        (start, self.at)
    }

    /// Scans a piece of a word that is no operator.
    pub(super) fn word_piece(&mut self, byte: u8) {
        match byte {
            b'\'' => self.single_quoted(),
            b'"' => self.double_quoted(),
            b'`' => self.backquotes(),
            b'$' => self.dollar(false),
            b'\\' => {
                // What is escaped is a part of the word, even where the grammar takes it for a
                // blank.
                if self.peek_at(1).is_some_and(is_odd) {
                    self.show(self.at + 1, b'.');
                }
                self.skip(2);
            }
            _ => {
                if is_odd(byte) {
                    self.show(self.at, b'.');
                }
                self.skip(1);
            }
        }
    }

    /// Returns whether a parenthesis here opens a pattern: `@(a|b)`.
    fn is_extglob(&self, start: usize) -> bool {
        self.at > start
            && self
                .text
                .get(self.at - 1)
                .is_some_and(|byte| b"?*+@!".contains(byte))
    }

    /// Scans a group in parentheses that is a part of a word.
    pub(super) fn group(&mut self) {
        self.skip(1);
        while let Some(byte) = self.peek() {
            match byte {
                b')' => break,
                b'(' => self.deeper(|scanner| scanner.group()),
                _ => self.word_piece(byte),
            }
        }
        self.close(b')');
    }

    /// Returns the length of `NAME=`, `NAME+=` or `NAME[...]=` here; 0 if there is none.
    pub(super) fn assignment_length(&mut self) -> usize {
        let name = name_length(self.rest());
        if name == 0 {
            return 0;
        }
        let mut length = name;
        if self.peek_at(length) == Some(b'[') {
            let (start, marks) = (self.at, (self.references.len(), self.substitutions.len()));
            let unfinished = self.unfinished;
            self.skip(length + 1);
            if self.rest().first() == Some(&b']') || !self.has_bracket() {
                self.at = start;
                return 0;
            }
            self.deeper(|scanner| scanner.subscript());
            length = self.at - start;
            let assigns = matches!(self.rest(), [b'=', ..] | [b'+', b'=', ..]);
            self.at = start;
            if !assigns {
                self.references.truncate(marks.0);
                self.substitutions.truncate(marks.1);
                self.unfinished = unfinished;
                return 0;
            }
            let inner = (start + name + 1, start + length - 1);
            if !self.slice(inner.0, inner.1).iter().all(is_plain_subscript) {
                self.mask(inner, b'_');
            }
        }
        match (self.peek_at(length), self.peek_at(length + 1)) {
            (Some(b'='), _) => length + 1,
            (Some(b'+'), Some(b'=')) => length + 2,
            _ => 0,
        }
    }

    /// Returns whether a bracket closes on this line: what does not is a word like others.
    fn has_bracket(&self) -> bool {
        let rest = self.rest();
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        memchr::memchr(b']', rest.get(..line).unwrap_or_default()).is_some()
    }

    /// Scans the list of an array, from its parenthesis on.
    pub(super) fn array(&mut self) {
        self.skip(1);
        self.deeper(|scanner| {
            loop {
                scanner.lines();
                match scanner.peek() {
                    None | Some(b')') => break,
                    Some(b'(') => scanner.skip(1),
                    Some(b'[') => {
                        let from = scanner.at;
                        scanner.skip(1);
                        scanner.subscript();
                        if scanner.peek() == Some(b'=') || scanner.rest().starts_with(b"+=") {
                            scanner.skip(1);
                            scanner.word();
                            scanner.mask((from, scanner.at), b'.');
                        } else {
                            scanner.word();
                        }
                    }
                    Some(_) => {
                        let (start, end) = scanner.word();
                        if start == end {
                            scanner.skip(1);
                        }
                    }
                }
            }
        });
        self.close(b')');
    }

    /// Returns whether a redirection begins here.
    pub(super) fn is_redirection(&self) -> bool {
        let rest = self.rest();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let operator = match rest.strip_prefix(b"{") {
            Some(inner) => {
                let name = name_length(inner);
                match inner.get(name..) {
                    Some([b'}', operator @ ..]) if name > 0 => operator,
                    _ => return false,
                }
            }
            None => rest.get(digits..).unwrap_or_default(),
        };
        match operator {
            [b'<' | b'>', b'(', ..] => false,
            [b'<' | b'>', ..] => true,
            [b'&', b'>', ..] => digits == 0,
            _ => false,
        }
    }

    /// Scans a redirection of a command that begins at `command`. Returns its range if nothing is
    /// lost without it.
    pub(super) fn redirection(&mut self, command: usize) -> Option<Extent> {
        let start = self.at;
        if self.peek() == Some(b'{') {
            let name = name_length(self.rest().get(1..).unwrap_or_default());
            self.out.descriptors.push((start + 1, start + 1 + name));
            self.fill((start, start + name + 2), b' ');
            self.skip(name + 2);
        }
        let digits = self
            .rest()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let descriptor = self.slice(self.at, self.at + digits);
        self.skip(digits);
        let rest = self.rest();
        if rest.starts_with(b"<<<") {
            self.skip(3);
            self.blanks();
            self.word();
            return None;
        }
        if rest.starts_with(b"<<") {
            self.heredoc(start, command);
            return None;
        }
        let length = match rest {
            [b'&', b'>', b'>', ..] => 3,
            [b'&', b'>', ..] | [b'>', b'>' | b'&' | b'|', ..] | [b'<', b'&' | b'>', ..] => 2,
            _ => 1,
        };
        if rest.starts_with(b"<>") {
            self.show(self.at + 1, b' ');
        }
        let duplicates = length == 2 && matches!(rest, [b'<' | b'>', b'&', ..]);
        self.skip(length);
        self.blanks();
        let (from, to) = self.word();
        let target = self.slice(from, to);
        let is_number = target.iter().all(|b| b.is_ascii_digit() || *b == b'-');
        let dull = (rest.starts_with(b"<") && !target.iter().any(|b| b"$`(".contains(b)))
            || (duplicates && is_number)
            || target.starts_with(b"/dev/null")
            || (rest.starts_with(b">")
                && !matches!(descriptor, b"" | b"1")
                && !target.contains(&b'$'));
        dull.then_some((start, to))
    }
}

/// Returns whether the grammar takes a byte of a word for a blank, or may.
fn is_odd(byte: u8) -> bool {
    !byte.is_ascii() || (byte < b' ' && !matches!(byte, b'\t' | b'\n'))
}
