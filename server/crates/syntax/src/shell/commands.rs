//! Lists, pipelines, simple commands and redirections.

use smol_str::SmolStr;

use super::parser::{Parser, ends_word, is_blank, range};
use super::{
    AssignedValue, Assignment, Block, Command, CommandKind, PieceKind, Redirect, RedirectKind,
    Simple, Word,
};

/// Commands whose arguments may be assignments.
const DECLARATIONS: [&str; 6] = ["declare", "export", "local", "readonly", "typeset", "alias"];

impl Parser<'_> {
    /// Reads commands up to one of these words or operators, or the end.
    pub(super) fn list(&mut self, ends: &[&str]) -> Block {
        let mut commands = Block::new();
        loop {
            self.lines();
            while self.peek() == Some(b';') && !self.rest().starts_with(b";;") {
                self.skip(1);
                self.lines();
            }
            if self.at >= self.end || self.is_at(ends) {
                return commands;
            }
            let before = self.at;
            let mut command = self.and_or();
            self.blanks();
            if self.peek() == Some(b'&') {
                self.skip(1);
                command = Command {
                    range: command.range,
                    kind: CommandKind::Background(Box::new(command)),
                    redirects: Vec::new(),
                };
            }
            commands.push(command);
            if self.at == before {
                commands.pop();
                let unread = self.unread();
                commands.push(unread);
            }
        }
    }

    /// Returns whether one of these words or operators stands here.
    pub(super) fn is_at(&self, ends: &[&str]) -> bool {
        ends.iter().any(|end| match *end {
            ")" => self.peek() == Some(b')'),
            ";;" => self.rest().starts_with(b";;") || self.rest().starts_with(b";&"),
            word => self.is_word(word),
        })
    }

    /// Returns whether a reserved word stands here.
    pub(super) fn is_word(&self, word: &str) -> bool {
        let after = self.rest().strip_prefix(word.as_bytes());
        after.is_some_and(|after| after.first().is_none_or(|byte| ends_word(*byte)))
    }

    fn and_or(&mut self) -> Command {
        let mut left = self.pipeline();
        loop {
            self.blanks();
            let is_or = match self.rest() {
                [b'&', b'&', ..] => false,
                [b'|', b'|', ..] => true,
                _ => return left,
            };
            self.skip(2);
            self.lines();
            let right = self.pipeline();
            let range = left.range.cover(right.range);
            let both = Box::new((left, right));
            left = Command {
                kind: match is_or {
                    true => CommandKind::Or(both),
                    false => CommandKind::And(both),
                },
                redirects: Vec::new(),
                range,
            };
        }
    }

    fn pipeline(&mut self) -> Command {
        let start = self.at;
        if self.is_word("!") {
            self.skip(1);
            self.blanks();
            let inner = self.deeper(|parser| Some(parser.pipeline()));
            let Some(inner) = inner else {
                return self.unread();
            };
            return Command {
                range: range(start, inner.range.end().into()),
                kind: CommandKind::Not(Box::new(inner)),
                redirects: Vec::new(),
            };
        }
        if self.is_word("time") {
            self.skip(4);
            self.blanks();
        }
        let first = self.command();
        let mut all = vec![first];
        loop {
            self.blanks();
            let length = match self.rest() {
                [b'|', b'|', ..] => break,
                [b'|', b'&', ..] => 2,
                [b'|', ..] => 1,
                _ => break,
            };
            self.skip(length);
            self.lines();
            let next = self.command();
            all.push(next);
        }
        let end = all.last().map_or(self.at, |last| last.range.end().into());
        match (all.len(), all.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                all.extend(last);
                Command {
                    kind: CommandKind::Pipeline(all),
                    redirects: Vec::new(),
                    range: range(start, end),
                }
            }
        }
    }

    fn command(&mut self) -> Command {
        let start = self.at;
        let kind = self.deeper(|parser| parser.compound());
        let mut redirects = Vec::new();
        let kind = match kind {
            Some(kind) => kind,
            None if self.is_lost => return self.unread(),
            None => return self.simple(),
        };
        let mut end = self.at;
        // A function's are a part of its body.
        while let Some(redirect) = self.redirect() {
            redirects.push(redirect);
            end = self.at;
        }
        Command {
            kind,
            redirects,
            range: range(start, end),
        }
    }

    /// Reads a simple command, or `name() body`.
    fn simple(&mut self) -> Command {
        let start = self.at;
        let (mut simple, mut redirects) = (Simple::default(), Vec::new());
        let mut end = self.at;
        let mut declares = false;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect() {
                redirects.push(redirect);
                end = self.at;
                continue;
            }
            if self.peek() == Some(b'#') {
                break;
            }
            let before = self.at;
            if (simple.words.is_empty() || declares)
                && let Some(assignment) = self.assignment()
            {
                simple.assignments.push(assignment);
                end = self.at;
                continue;
            }
            self.at = before;
            let word = self.word();
            if word.pieces.is_empty() {
                break;
            }
            end = self.at;
            if simple.words.is_empty() && simple.assignments.is_empty() {
                let name = word.literal(self.text);
                declares = name.is_some_and(|name| DECLARATIONS.contains(&&*name));
                if self.peek() == Some(b'(')
                    && let Some(definition) = self.definition_after(&word, start)
                {
                    return definition;
                }
            }
            simple.words.push(word);
        }
        Command {
            kind: CommandKind::Simple(simple),
            redirects,
            range: range(start, end),
        }
    }

    /// Reads `NAME=value`, `NAME+=value`, `NAME[i]=value`.
    fn assignment(&mut self) -> Option<Assignment> {
        let start = self.at;
        let length = self.name_length();
        if length == 0 {
            return None;
        }
        self.skip(length);
        let name = SmolStr::new(self.slice(start, self.at));
        let is_item = self.peek() == Some(b'[');
        if is_item {
            let rest = self.rest();
            let line = rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len()))?;
            self.skip(memchr::memchr(b']', line)? + 1);
        }
        let adds = self.eat("+");
        if !self.eat("=") {
            return None;
        }
        let value = match self.peek() {
            Some(b'(') => AssignedValue::Array(self.items()),
            _ => AssignedValue::Text(self.word()),
        };
        Some(Assignment {
            name,
            is_item,
            adds,
            value,
            range: range(start, self.at),
        })
    }

    /// Reads the items of an array in parentheses.
    fn items(&mut self) -> Vec<Word> {
        self.skip(1);
        let mut items = Vec::new();
        loop {
            self.lines();
            let word = self.word();
            if word.pieces.is_empty() {
                break;
            }
            items.push(word);
        }
        self.expect(")");
        items
    }

    /// Reads a redirection.
    pub(super) fn redirect(&mut self) -> Option<Redirect> {
        let before = self.at;
        self.blanks();
        let start = self.at;
        let descriptor = self.descriptor();
        let kind = self.redirect_kind();
        let Some(kind) = kind else {
            self.at = before;
            return None;
        };
        Some(Redirect {
            descriptor,
            kind,
            range: range(start, self.at),
        })
    }

    /// Skips the number, or `{name}`, before a redirection.
    fn descriptor(&mut self) -> Option<u32> {
        let digits = self
            .rest()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits > 0 && matches!(self.peek_at(digits), Some(b'<' | b'>')) {
            let number = self.slice(self.at, self.at + digits).parse().ok();
            self.skip(digits);
            return number;
        }
        if self.peek() == Some(b'{') {
            let rest = self.rest();
            let length = memchr::memchr(b'}', rest)? + 1;
            let name = self.slice(self.at + 1, self.at + length - 1);
            let is_name = name.bytes().all(super::parser::is_name_character);
            if is_name && matches!(rest.get(length), Some(b'<' | b'>')) {
                self.skip(length);
                return Some(u32::MAX);
            }
        }
        None
    }

    fn redirect_kind(&mut self) -> Option<RedirectKind> {
        let (length, make): (usize, fn(Word) -> RedirectKind) = match self.rest() {
            [b'<', b'<', b'<', ..] => (3, RedirectKind::Text),
            [b'<', b'<', ..] => return Some(self.heredoc()),
            [b'<' | b'>', b'(', ..] => return None,
            [b'&', b'>', b'>', ..] => (3, RedirectKind::AppendAll),
            [b'&', b'>', ..] => (2, RedirectKind::WriteAll),
            [b'<', b'&', ..] => (2, RedirectKind::Copy),
            [b'>', b'&', b'-' | b'0'..=b'9', ..] => (2, RedirectKind::Copy),
            [b'>', b'&', ..] => (2, RedirectKind::WriteAll),
            [b'<', b'>', ..] => (2, RedirectKind::Both),
            [b'>', b'>', ..] => (2, RedirectKind::Append),
            [b'>', b'|', ..] => (2, RedirectKind::Write),
            [b'<', ..] => (1, RedirectKind::Read),
            [b'>', ..] => (1, RedirectKind::Write),
            _ => return None,
        };
        self.skip(length);
        self.blanks();
        let word = self.word();
        Some(make(word))
    }

    fn heredoc(&mut self) -> RedirectKind {
        self.skip(2);
        let strips = self.eat("-");
        self.blanks();
        let start = self.at;
        let word = self.word();
        let written = self.slice(start, self.at);
        let quoted = written.contains(['\'', '"', '\\']);
        // Nothing in it is expanded.
        let delimiter: String = match word.literal(self.text) {
            Some(text) => text.into_owned(),
            None => written.replace(['\'', '"', '\\'], ""),
        };
        RedirectKind::HereDoc(self.open_heredoc(SmolStr::new(delimiter), quoted, strips))
    }

    /// Skips blanks up to the next word on the line.
    pub(super) fn has_word(&mut self) -> bool {
        while self.peek().is_some_and(is_blank) {
            self.skip(1);
        }
        self.peek().is_some_and(|byte| !ends_word(byte))
    }
}

impl Command {
    /// Returns the words of a simple command without assignments and redirections.
    pub fn words(&self) -> Option<&[Word]> {
        match &self.kind {
            CommandKind::Simple(simple) if self.redirects.is_empty() => Some(&simple.words),
            _ => None,
        }
    }
}

impl Word {
    /// Returns whether anything in it is expanded.
    pub fn is_expanded(&self) -> bool {
        let is_text = |kind: &PieceKind| matches!(kind, PieceKind::Literal | PieceKind::Decoded(_));
        !self.pieces.iter().all(|piece| is_text(&piece.kind))
    }
}
