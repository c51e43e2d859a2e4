//! Expansions: `$x`, `${x...}`, `$(...)`, `$((...))`, backquotes; and quotes.

use super::commands::Close;
use super::{Scanner, is_name_part, is_name_start, name_length};

impl Scanner<'_> {
    /// Scans what begins with a `$`. In quotes (or a here-document), a quote after it is text.
    pub(super) fn dollar(&mut self, in_quotes: bool) {
        match self.peek_at(1) {
            Some(b'(') if self.peek_at(2) == Some(b'(') && self.is_arithmetic(3) => {
                self.skip(3);
                self.deeper(|scanner| scanner.arithmetic());
                self.skip(2);
            }
            Some(b'(') => {
                let from = self.at + 2;
                self.substitution(2);
                // To the grammar, `$((` is a sum.
                if self.text.get(from) == Some(&b'(') && self.at > from + 1 {
                    self.apart((from, self.at - 1));
                }
            }
            Some(b'{') => self.deeper(|scanner| scanner.braced(in_quotes)),
            Some(b'[') => {
                self.skip(2);
                self.deeper(|scanner| scanner.subscript());
            }
            Some(b'\'') if !in_quotes => self.ansi_quoted(),
            Some(b'"') if !in_quotes => {
                self.skip(1);
                self.double_quoted();
            }
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9') => self.skip(2),
            _ => {
                let sign = self.at;
                self.skip(1);
                let length = name_length(self.rest());
                if length > 0 {
                    self.references.push((self.at, self.at + length));
                } else if !in_quotes {
                    self.show(sign, b'.');
                }
                self.skip(length);
            }
        }
    }

    /// Scans `$(...)`, `<(...)` from its start on.
    pub(super) fn substitution(&mut self, opening: usize) {
        let (start, marks) = (self.at, (self.references.len(), self.substitutions.len()));
        let pending = std::mem::take(&mut self.pending);
        self.skip(opening);
        self.parentheses += 1;
        self.deeper(|scanner| scanner.list(Close::Parenthesis));
        self.parentheses -= 1;
        self.close(b')');
        self.substituted(start, marks, pending);
    }

    /// Scans a command substitution in backquotes.
    pub(super) fn backquotes(&mut self) {
        let start = self.at;
        self.skip(1);
        let from = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.skip(2),
                b'`' => break,
                _ => self.skip(1),
            }
        }
        let marks = (self.references.len(), self.substitutions.len());
        let pending = std::mem::take(&mut self.pending);
        let to = self.at;
        self.piece((from, to), |scanner| scanner.list(Close::End));
        self.close(b'`');
        self.substituted(start, marks, pending);
        // The first byte is going to be replaced alone.
        let first = self.text.get(from).is_some_and(u8::is_ascii);
        if first && to > from && !self.slice(from, to).iter().all(is_plain_command) {
            // The grammar takes a closing backquote for an opening one.
            self.apart((from, to));
            self.show(start, b'$');
            self.show(from, b'(');
            self.show(to, b')');
        }
    }

    /// Notes a command substitution in place of what is in it.
    fn substituted(&mut self, start: usize, marks: (usize, usize), pending: Vec<usize>) {
        self.references.truncate(marks.0);
        self.substitutions.truncate(marks.1);
        self.substitutions.push((start, self.at));
        let own = std::mem::replace(&mut self.pending, pending);
        self.pending.extend(own);
    }

    pub(super) fn single_quoted(&mut self) {
        self.skip(1);
        let rest = self.rest();
        self.skip(memchr::memchr(b'\'', rest).unwrap_or(rest.len()));
        self.close(b'\'');
    }

    /// Scans `$'...'`.
    fn ansi_quoted(&mut self) {
        self.skip(2);
        while let Some(byte) = self.peek().filter(|byte| *byte != b'\'') {
            self.skip(if byte == b'\\' { 2 } else { 1 });
        }
        self.close(b'\'');
    }

    pub(super) fn double_quoted(&mut self) {
        self.skip(1);
        self.deeper(|scanner| {
            while let Some(byte) = scanner.peek() {
                match byte {
                    b'"' => break,
                    b'\\' => scanner.skip(2),
                    b'$' => scanner.dollar(true),
                    b'`' => scanner.backquotes(),
                    _ => scanner.skip(1),
                }
            }
        });
        self.close(b'"');
    }

    /// Scans `${...}`.
    fn braced(&mut self, in_quotes: bool) {
        self.skip(2);
        let first = self.peek();
        if matches!(first, Some(b'!' | b'#')) && self.peek_at(1) != Some(b'}') {
            self.skip(1);
        }
        let length = name_length(self.rest());
        let start = self.at;
        let is_parameter = |byte: u8| byte.is_ascii_digit() || b"@*#?-$!}:%/".contains(&byte);
        let is_odd = length == 0 && !self.peek().is_some_and(is_parameter);
        if length > 0 {
            self.references.push((self.at, self.at + length));
            self.skip(length);
        } else {
            let digits = self.rest().iter().take_while(|b| b.is_ascii_digit());
            self.skip(digits.count().max(1));
        }
        if length > 0 && self.peek() == Some(b'[') {
            let from = self.at + 1;
            self.skip(1);
            self.subscript();
            let inner = (from, self.at.saturating_sub(1));
            if !self.slice(inner.0, inner.1).iter().all(is_plain_subscript) {
                self.mask(inner, b'_');
            }
        }
        let operator = self.at;
        let is_pattern = matches!(self.peek(), Some(b'%' | b'#' | b'/' | b'^' | b','));
        while let Some(byte) = self.peek() {
            match byte {
                b'}' => break,
                b'\\' => self.skip(2),
                b'\'' if !in_quotes || is_pattern => self.single_quoted(),
                b'"' => self.double_quoted(),
                b'$' => self.dollar(in_quotes && !is_pattern),
                b'`' => self.backquotes(),
                b'<' | b'>' if !in_quotes && self.peek_at(1) == Some(b'(') => self.substitution(2),
                _ => self.skip(1),
            }
        }
        if is_odd {
            // No parameter: bash refuses it when it comes to it.
            self.mask((start, self.at), b'_');
        } else {
            self.mask_operator(operator);
        }
        self.close(b'}');
    }

    /// Replaces the operator of a `${x...}` that ends here, and its word, where the grammar may not
    /// read it.
    fn mask_operator(&mut self, start: usize) {
        let text = self.slice(start, self.at);
        let after = |count: usize| text.get(count..).unwrap_or_default();
        match text {
            [] | [b'@' | b'*'] | [b'@', _] => {}
            [b':', b'-' | b'=', ..] if is_plain_default(after(2)) => {}
            [b'-' | b'=', ..] if is_plain_default(after(1)) => {}
            [b':', b'-' | b'=', ..] => self.mask((start + 2, self.at), b'_'),
            [b'-' | b'=', ..] => self.mask((start + 1, self.at), b'_'),
            [b':', b'+', ..] if is_plain_default(after(2)) => {}
            [b'+', ..] if is_plain_default(after(1)) => {}
            [b'%' | b'#', ..] if after(1).iter().all(is_plain_pattern) => {}
            [_] => {}
            _ => {
                self.mask((start, self.at), b'_');
                self.show(start, b'%');
            }
        }
    }

    /// Returns whether what begins so many bytes from here ends with `))`: otherwise it is a
    /// subshell at the start of a substitution.
    pub(super) fn is_arithmetic(&mut self, offset: usize) -> bool {
        let (mut depth, mut at) = (0usize, self.at + offset);
        while let Some(&byte) = self.text.get(at).filter(|_| at < self.end) {
            if self.budget == 0 {
                return false;
            }
            self.budget -= 1;
            match byte {
                b'\\' => at += 1,
                b'(' => depth += 1,
                b')' if depth == 0 => return self.text.get(at + 1) == Some(&b')'),
                b')' => depth -= 1,
                b'\'' | b'"' => {
                    let rest = self.slice(at + 1, self.end);
                    let length = memchr::memchr(byte, rest).unwrap_or(rest.len());
                    self.budget = self.budget.saturating_sub(length);
                    at += length + 1;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// Scans an arithmetic expression up to the `)` that closes it.
    pub(super) fn arithmetic(&mut self) {
        self.expressions(is_plain_expression);
    }

    /// Scans the three expressions of a `for`, of which the grammar takes few.
    pub(super) fn loop_expressions(&mut self) {
        self.expressions(is_plain_in_loop);
    }

    fn expressions(&mut self, is_plain: fn(&[u8]) -> bool) {
        let (mut depth, mut start) = (0usize, self.at);
        while let Some(byte) = self.peek() {
            match byte {
                b')' if depth == 0 => break,
                b'(' => depth += 1,
                b')' => depth -= 1,
                b';' => {
                    self.expression(start, is_plain);
                    start = self.at + 1;
                }
                _ => {}
            }
            self.expression_piece(byte);
        }
        self.expression(start, is_plain);
    }

    /// Replaces an expression that ends here, if the grammar may not read it.
    fn expression(&mut self, start: usize, is_plain: fn(&[u8]) -> bool) {
        if start < self.at && !is_plain(self.slice(start, self.at)) {
            self.out.expressions.push((start, self.at));
            self.mask((start, self.at), b'_');
        }
    }

    /// Scans a subscript and the bracket that closes it.
    pub(super) fn subscript(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b']' if depth == 0 => break,
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            self.expression_piece(byte);
        }
        self.close(b']');
    }

    fn expression_piece(&mut self, byte: u8) {
        match byte {
            b'\\' => self.skip(2),
            b'\'' => self.single_quoted(),
            b'"' => self.double_quoted(),
            b'$' => self.dollar(false),
            b'`' => self.backquotes(),
            _ => {
                let length = name_length(self.rest());
                if length > 0 {
                    self.references.push((self.at, self.at + length));
                }
                self.skip(length.max(1));
            }
        }
    }
}

/// Returns whether the grammar reads an expression right: no numbers with a base, no lists, no
/// assignments in brackets, no names that are made of pieces.
fn is_plain_expression(text: &[u8]) -> bool {
    let (mut depth, mut before) = (0usize, b' ');
    for (at, byte) in text.iter().copied().enumerate() {
        let after = text.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'#' if before.is_ascii_digit() => return false,
            b'$' if is_name_part(before) || before == b'}' => return false,
            b'=' if depth > 0 && after != b'=' && !b"=!<>".contains(&before) => return false,
            b',' | b'\'' | b'"' | b'`' | b'\\' => return false,
            b'[' if is_name_start(after) => return false,
            _ if before == b'}' && is_name_part(byte) => return false,
            _ => {}
        }
        before = byte;
    }
    true
}

/// Returns whether an expression of a `for` has names, decimals and simple operators alone.
fn is_plain_in_loop(text: &[u8]) -> bool {
    let mut before = b' ';
    text.iter().all(|byte| {
        let is_odd_number = before.is_ascii_digit() && is_name_start(*byte);
        before = *byte;
        !is_odd_number && (is_name_part(*byte) || b" \t=<>+-".contains(byte))
    })
}

pub(super) fn is_plain_subscript(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_$@*{}".contains(byte)
}

fn is_plain_pattern(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.*?%#-".contains(byte)
}

fn is_plain_command(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b" _./+%:$-".contains(byte)
}

/// Returns whether the grammar reads a default value right: letters, one variable, or one string of
/// such.
fn is_plain_default(word: &[u8]) -> bool {
    let bare = word.strip_prefix(b"\"").and_then(|w| w.strip_suffix(b"\""));
    bare.unwrap_or(word)
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_./: -${}".contains(byte))
}
