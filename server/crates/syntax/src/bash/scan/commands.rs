//! Commands: lists of them, simple ones, and the words that bash reserves.

use super::{Extent, Scanner};

/// The words that begin or end a compound command, or go on with it.
const RESERVED: [&[u8]; 23] = [
    b"!",
    b"[[",
    b"{",
    b"}",
    b"if",
    b"then",
    b"else",
    b"elif",
    b"fi",
    b"while",
    b"until",
    b"do",
    b"done",
    b"for",
    b"select",
    b"case",
    b"esac",
    b"in",
    b"function",
    b"coproc",
    b"time",
    b"((",
    b"(",
];
/// Length of the longest of them.
const LONGEST_RESERVED: usize = b"function".len();

/// Ends of a list of commands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// The end of the text.
    End,
    /// `)`.
    Parenthesis,
    /// A reserved word.
    Word(&'static [u8]),
    /// `;;` and the like, or `esac`.
    Item,
}

impl Scanner<'_> {
    /// Scans a file.
    pub(super) fn file(&mut self) {
        if self.text.starts_with("\u{feff}".as_bytes()) {
            // To bash it is a part of the first word.
            self.show(0, b':');
            self.fill((1, 3), b'_');
            self.simple();
        }
        while self.at < self.end {
            let before = self.out.commands.len();
            let (mut line, mut seen) = (self.at, self.out.commands.len());
            // One outermost command after the other.
            while self.at < self.end && seen == before {
                line = self.at;
                if self.step(Close::End) {
                    break;
                }
                seen = self.out.commands.len();
            }
            if self.unfinished {
                let start = self.out.commands.get(before).map_or(line, |c| c.0);
                self.out.unfinished = Some(start);
                return;
            }
        }
    }

    /// Scans commands up to what closes them; a closing word is skipped, other things are not.
    pub(super) fn list(&mut self, close: Close) {
        while self.at < self.end {
            if self.step(close) {
                return;
            }
        }
        if !matches!(close, Close::End) {
            self.unfinished = true;
        }
    }

    /// Scans one command or operator. Returns whether the list is closed.
    fn step(&mut self, close: Close) -> bool {
        self.blanks();
        self.comment();
        match self.peek() {
            None => {}
            Some(b'\n') => self.newline(),
            Some(b';') if close == Close::Item && self.is_item_end() => return true,
            Some(b'&') if self.is_redirection() => self.simple(),
            Some(b';' | b'&' | b'|') => self.skip(1),
            Some(b')') if self.parentheses > 0 => return true,
            Some(b')') => self.skip(1),
            Some(_) => return self.command(close),
        }
        false
    }

    pub(super) fn is_item_end(&self) -> bool {
        matches!(self.rest(), [b';', b';' | b'&', ..])
    }

    /// The word here, if it may be a reserved one.
    pub(super) fn reserved(&self) -> &'static [u8] {
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|byte| {
                matches!(
                    byte,
                    b' ' | b'\t'
                        | b'\n'
                        | b';'
                        | b'&'
                        | b'|'
                        | b'<'
                        | b'>'
                        | b'('
                        | b')'
                        | b'\\'
                        | b'\''
                        | b'"'
                        | b'$'
                        | b'`'
                )
            })
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        // Most words are longer.
        let found = (length <= LONGEST_RESERVED)
            .then(|| RESERVED.iter().find(|reserved| **reserved == word));
        match rest.get(length) {
            Some(b'\\' | b'\'' | b'"' | b'$' | b'`')
                if rest.get(length..length + 2) != Some(b"\\\n") =>
            {
                b""
            }
            _ => found.flatten().copied().unwrap_or_default(),
        }
    }

    /// Scans a command. Returns whether it was the word that closes the list.
    fn command(&mut self, close: Close) -> bool {
        if self.peek() == Some(b'(') {
            self.parenthesized();
            return false;
        }
        let word = self.reserved();
        if word != b"!" && !word.is_empty() {
            self.negation = None;
        }
        if Close::Word(word) == close && !word.is_empty() {
            self.skip(word.len());
            return true;
        }
        match word {
            b"esac" if close == Close::Item => return true,
            b"!" => {
                self.negation = Some(self.at);
                self.skip(1);
            }
            b"then" | b"else" | b"elif" | b"do" => self.skip(word.len()),
            b"time" => self.time(),
            b"if" => self.compound(|scanner| scanner.list(Close::Word(b"fi"))),
            b"while" | b"until" => self.compound(|scanner| scanner.list(Close::Word(b"done"))),
            b"{" => self.compound(|scanner| scanner.list(Close::Word(b"}"))),
            b"for" | b"select" => self.compound(Self::for_loop),
            b"case" => self.compound(Self::case),
            b"[[" => self.compound(Self::condition),
            b"function" => self.function(),
            b"coproc" => self.coprocess(),
            _ => self.simple(),
        }
        false
    }

    /// Scans a simple command, or a function `name()`.
    pub(super) fn simple(&mut self) {
        let start = self.at;
        let index = self.out.commands.len();
        self.out.commands.push((start, start));
        let marks = (self.references.len(), self.substitutions.len());
        let heredocs = self.out.heredocs.len();
        let (mut words, mut assignments) = (0usize, 0usize);
        let mut end = start;
        let mut comment: Option<Extent> = None;
        let mut dull: Vec<Extent> = Vec::new();
        let mut declares = false;
        let negation = self.negation.take();
        loop {
            self.blanks();
            match self.peek() {
                None | Some(b'\n' | b';' | b'|' | b')') => break,
                Some(b'#') => {
                    let from = self.at;
                    self.comment();
                    comment = Some((from, self.at));
                }
                _ if self.is_redirection() => {
                    if self.rest().starts_with(b"<<<") {
                        dull.drain(..).for_each(|extent| self.blank(extent));
                    }
                    dull.extend(self.redirection(start));
                    end = self.at;
                }
                Some(b'&') => break,
                Some(b'(') if words == 1 && assignments == 0 && self.is_function() => {
                    return self.function_body(index);
                }
                Some(b'(') => break,
                Some(_) => {
                    for redirection in dull.drain(..) {
                        self.blank(redirection);
                    }
                    let assigns = words == 0 || declares;
                    let length = if assigns { self.assignment_length() } else { 0 };
                    let from = self.at;
                    self.skip(length);
                    if length > 0 && self.peek() == Some(b'(') {
                        self.array();
                    }
                    self.word();
                    if words == 0 && length > 0 {
                        assignments += 1;
                    } else {
                        let word = self.slice(from, self.at);
                        declares |= words == 0 && is_declaration(word);
                        words += 1;
                    }
                    if self.at == from {
                        self.skip(1);
                    }
                    end = self.at;
                }
            }
        }
        if words == 0 && assignments > 0 {
            for redirection in dull {
                self.blank(redirection);
            }
            if assignments > 1 {
                self.end_of_assignments(comment);
                negation.into_iter().for_each(|at| self.show(at, b' '));
            }
        }
        let first = self.first_word(start);
        let own = self.out.heredocs.iter_mut().skip(heredocs);
        for heredoc in own.filter(|heredoc| heredoc.command == start) {
            heredoc.command = first;
        }
        if let Some(command) = self.out.commands.get_mut(index) {
            *command = (first, end);
        }
        self.references.truncate(marks.0);
        self.substitutions.truncate(marks.1);
    }

    /// Returns the start of a command whose first words, redirections, may be blank by now.
    fn first_word(&mut self, start: usize) -> usize {
        let shown = self.out.shown.get(start..self.at).unwrap_or_default();
        match shown.iter().position(|byte| !b" \t\\\n".contains(byte)) {
            Some(first) => start + first,
            None => {
                self.show(start, b':');
                start
            }
        }
    }

    /// Ends several assignments on a line: the grammar takes the next line's first words for some
    /// more of it.
    fn end_of_assignments(&mut self, comment: Option<Extent>) {
        if self.peek() != Some(b'\n') || !self.pending.is_empty() {
            return;
        }
        let mut next = self.slice(self.at, self.end);
        while let [b' ' | b'\t' | b'\n', rest @ ..] = next {
            next = rest;
        }
        if !matches!(next, [b';' | b')', ..] | []) {
            comment
                .into_iter()
                .for_each(|extent| self.fill(extent, b' '));
            self.show(self.at, b';');
        }
    }

    /// Skips `time`, `time -p`: what is timed is a command like others.
    fn time(&mut self) {
        let start = self.at;
        self.skip(4);
        self.blanks();
        if matches!(self.rest(), [b'-', b'p', b' ' | b'\t', ..]) {
            self.skip(2);
        }
        let blank = (start, self.at);
        if !matches!(self.peek(), None | Some(b'\n' | b';' | b'&' | b'|' | b')')) {
            self.fill(blank, b' ');
        } else {
            self.show(start, b':');
            self.fill((start + 1, start + 4), b'_');
        }
    }
}

fn is_declaration(word: &[u8]) -> bool {
    matches!(
        word,
        b"declare" | b"typeset" | b"local" | b"export" | b"readonly" | b"eval" | b"alias" | b"let"
    )
}
