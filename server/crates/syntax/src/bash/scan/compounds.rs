//! Compound commands: loops, `case`, `[[ ]]`, `(( ))`, functions.

use super::commands::Close;
use super::{Extent, Scanner};

impl Scanner<'_> {
    /// Scans a compound command that begins with a word, and the redirections after it.
    pub(super) fn compound(&mut self, inner: impl FnOnce(&mut Self)) {
        let start = self.at;
        let index = self.out.commands.len();
        self.out.commands.push((start, start));
        self.skip(self.reserved().len());
        self.deeper(inner);
        self.end_of_compound(index);
    }

    /// Scans the redirections after a compound command.
    fn end_of_compound(&mut self, index: usize) {
        let start = self.out.commands.get(index).map_or(self.at, |c| c.0);
        let mut end = self.at;
        loop {
            self.blanks();
            if !self.is_redirection() {
                break;
            }
            self.redirection(start);
            end = self.at;
        }
        // The grammar wants a separator before a word that goes on or closes.
        if self.at > end
            && matches!(
                self.reserved(),
                b"then" | b"elif" | b"else" | b"fi" | b"do" | b"done" | b"esac" | b"}"
            )
        {
            self.show(self.at - 1, b';');
        }
        if let Some(command) = self.out.commands.get_mut(index) {
            command.1 = end;
        }
    }

    /// Scans `((...))` or a subshell.
    pub(super) fn parenthesized(&mut self) {
        let index = self.out.commands.len();
        self.out.commands.push((self.at, self.at));
        if self.peek_at(1) == Some(b'(') && self.is_arithmetic(2) {
            self.skip(2);
            self.deeper(|scanner| scanner.arithmetic());
            self.skip(2);
        } else {
            self.skip(1);
            let from = self.at;
            self.parentheses += 1;
            self.deeper(|scanner| scanner.list(Close::Parenthesis));
            self.parentheses -= 1;
            self.close(b')');
            // To the grammar, `((` is a sum.
            if self.text.get(from) == Some(&b'(') && self.at > from + 1 {
                self.apart((from, self.at - 1));
            }
        }
        self.end_of_compound(index);
    }

    /// Scans a `for` or `select` after its first word.
    pub(super) fn for_loop(&mut self) {
        let index = self.out.commands.len().saturating_sub(1);
        let mut name = None;
        self.blanks();
        if self.rest().starts_with(b"((") {
            self.skip(2);
            self.loop_expressions();
            self.skip(2);
        } else {
            let (start, end) = self.word();
            name = Some((start, end));
            self.lines();
            if self.reserved() == b"do" && self.at > end {
                // The grammar wants a separator before it.
                self.show(end, b';');
            }
            if self.reserved() == b"in" {
                self.skip(2);
                loop {
                    self.blanks();
                    self.comment();
                    let (start, end) = self.word();
                    if start == end {
                        break;
                    }
                }
            }
        }
        self.lines();
        if self.peek() == Some(b';') {
            self.skip(1);
        }
        self.lines();
        match self.reserved() {
            b"{" => {
                if let Some(name) = name {
                    self.loop_in_braces(index, name);
                }
                self.skip(1);
                self.list(Close::Word(b"}"));
            }
            b"do" => self.list(Close::Word(b"done")),
            _ => self.unfinished = true,
        }
    }

    /// Shows the commands of a loop alone, which the grammar wants between `do` and `done`. With
    /// commands in its words, it is left as it is.
    fn loop_in_braces(&mut self, index: usize, name: Extent) {
        let Some((start, _)) = self.out.commands.get(index).copied() else {
            return;
        };
        let has_commands = self.out.commands.len() > index + 1
            || self.substitutions.iter().any(|inner| inner.0 >= start);
        if has_commands {
            return;
        }
        let brace = self.at;
        self.hide(start, None);
        self.fill((start, brace), b' ');
        if let Some(command) = self.out.commands.get_mut(index) {
            command.0 = brace;
        }
        self.out.loops.push((brace, name));
    }

    /// Scans a `case` after its first word.
    pub(super) fn case(&mut self) {
        self.lines();
        self.word();
        self.lines();
        if self.reserved() != b"in" {
            self.unfinished = true;
            return;
        }
        self.skip(2);
        loop {
            self.lines();
            if self.reserved() == b"esac" {
                return self.skip(4);
            }
            if self.peek() == Some(b'(') {
                self.skip(1);
            }
            self.patterns();
            if self.peek() != Some(b')') {
                self.unfinished = true;
                return;
            }
            self.skip(1);
            // The parentheses around are not closed in here.
            let parentheses = std::mem::take(&mut self.parentheses);
            self.list(Close::Item);
            self.parentheses = parentheses;
            self.end_of_item();
            if self.at >= self.end {
                return;
            }
        }
    }

    fn end_of_item(&mut self) {
        let length = match self.rest() {
            [b';', b';', b'&', ..] => 3,
            [b';', b';' | b'&', ..] => 2,
            _ => return,
        };
        let start = self.at;
        self.skip(length);
        self.lines();
        // The grammar lets only `;;` stand at the end of the last one.
        if self.reserved() == b"esac" && self.slice(start, start + length) != b";;" {
            self.fill((start, start + 2), b';');
            self.fill((start + 2, start + length), b' ');
        }
    }

    /// Scans the patterns of an item of a `case`.
    fn patterns(&mut self) {
        loop {
            self.lines();
            let pattern = self.word();
            if !self.is_plain(pattern) {
                self.mask(pattern, b'.');
            }
            self.blanks();
            if self.peek() != Some(b'|') {
                return;
            }
            self.skip(1);
        }
    }

    /// Returns whether the grammar reads a pattern right: one string, one variable, or letters.
    fn is_plain(&self, (start, end): Extent) -> bool {
        let text = self.slice(start, end);
        let quoted = |quote: u8| match text {
            [first, inner @ .., last] if *first == quote && *last == quote => {
                !inner.iter().any(|b| b"'\"\\".contains(b))
            }
            _ => false,
        };
        let is_letter = |b: &u8| b.is_ascii_alphanumeric() || b"_./:*?-".contains(b);
        quoted(b'\'')
            || quoted(b'"')
            || matches!(text, b"*" | b"?")
            || text.iter().all(is_letter)
            || matches!(text, [b'$', b'{', inner @ .., b'}'] | [b'$', inner @ ..] if inner.iter().all(is_letter))
    }

    /// Scans `[[ ... ]]` after its first word.
    pub(super) fn condition(&mut self) {
        let (mut is_pattern, mut is_regex) = (false, false);
        loop {
            self.lines();
            match self.peek() {
                None => {
                    self.unfinished = true;
                    return;
                }
                Some(b'(') if !is_pattern => self.skip(1),
                Some(b')' | b'&' | b'|' | b';') => self.skip(1),
                Some(b'<' | b'>') if self.peek_at(1) != Some(b'(') => self.skip(1),
                Some(_) if is_pattern => {
                    let pattern = self.pattern();
                    is_pattern = false;
                    if is_regex || !self.is_plain(pattern) {
                        self.mask(pattern, b'.');
                    }
                }
                Some(_) => {
                    let (start, end) = self.word();
                    match self.slice(start, end) {
                        b"]]" => return,
                        operator @ (b"=" | b"==" | b"!=" | b"=~") => {
                            is_pattern = true;
                            is_regex = operator == b"=~";
                            self.compares(start, end);
                        }
                        [] => self.skip(1),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Shows `==` where a comparison has an operator that binds otherwise to the grammar.
    fn compares(&mut self, start: usize, end: usize) {
        match self.slice(start, end) {
            b"=" if matches!(self.peek(), Some(b' ' | b'\t')) => self.show(end, b'='),
            b"=~" => self.show(start + 1, b'='),
            _ => {}
        }
    }

    /// Scans a pattern or regular expression of a `[[ ]]`: parentheses belong to it.
    fn pattern(&mut self) -> Extent {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b')' => break,
                b'&' if self.peek_at(1) == Some(b'&') => break,
                b'(' => self.deeper(|scanner| scanner.group()),
                _ => self.word_piece(byte),
            }
        }
        (start, self.at)
    }

    /// Returns whether `()` stands here.
    pub(super) fn is_function(&self) -> bool {
        let rest = self.rest().get(1..).unwrap_or_default();
        let close = rest.iter().find(|b| !matches!(b, b' ' | b'\t'));
        close == Some(&b')')
    }

    /// Scans `function name`, and its body.
    pub(super) fn function(&mut self) {
        let index = self.out.commands.len();
        self.out.commands.push((self.at, self.at));
        self.skip(8);
        self.blanks();
        self.word();
        self.blanks();
        self.function_body(index);
    }

    /// Scans the body of a function, from the `()` on where there is one.
    pub(super) fn function_body(&mut self, index: usize) {
        if self.peek() == Some(b'(') && self.is_function() {
            while self.peek() != Some(b')') {
                self.skip(1);
            }
            self.skip(1);
        }
        self.lines();
        self.deeper(|scanner| match scanner.reserved() {
            b"{" => scanner.compound(|inner| inner.list(Close::Word(b"}"))),
            b"if" => scanner.compound(|inner| inner.list(Close::Word(b"fi"))),
            b"while" | b"until" => scanner.compound(|inner| inner.list(Close::Word(b"done"))),
            b"for" | b"select" => scanner.compound(Self::for_loop),
            b"case" => scanner.compound(Self::case),
            b"[[" => scanner.compound(Self::condition),
            _ if scanner.peek() == Some(b'(') => scanner.parenthesized(),
            _ => scanner.unfinished = true,
        });
        if let Some(command) = self.out.commands.get_mut(index) {
            command.1 = self.at;
        }
    }

    /// Skips `coproc` and the name after it: what runs beside the script is a command like others,
    /// but what it sets is lost.
    pub(super) fn coprocess(&mut self) {
        let start = self.at;
        self.skip(6);
        self.blanks();
        let name = (self.at, self.at + super::name_length(self.rest()));
        let after = self.slice(name.1, self.end);
        let command = after.trim_ascii_start();
        let is_compound = command.starts_with(b"(")
            || [b"{".as_slice(), b"while", b"until", b"for", b"if", b"case"]
                .iter()
                .any(|word| command.strip_prefix(*word).is_some_and(is_word_end));
        let is_named = name.0 < name.1 && after.len() > command.len() && is_compound;
        if is_named && self.reserved().is_empty() {
            self.out.descriptors.push(name);
            self.at = name.1;
            self.blanks();
        }
        if !matches!(self.peek(), None | Some(b'\n' | b';' | b'&' | b'|' | b')')) {
            self.fill((start, self.at), b' ');
            self.out.beside.push(self.at);
        }
    }
}

/// Returns whether a word ends where a text begins.
fn is_word_end(text: &[u8]) -> bool {
    text.first()
        .is_none_or(|byte| b" \t\n;&|<>()".contains(byte))
}
