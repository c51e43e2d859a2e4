//! Words of conditions and patterns, with the quotes that their characters have.

use smol_str::SmolStr;

use super::super::{TextRange, TextSize};
use super::reader::{ScriptReader, is_name};
use super::{Fallback, Pattern, PatternPiece, Piece, Word};

/// A word of a condition.
#[derive(Debug, Clone, Default)]
pub(super) struct Token {
    pub(super) range: TextRange,
    pieces: Vec<PatternPiece>,
    /// Set when a part of it is quoted or expanded: it is no operator then.
    pub(super) is_operand: bool,
    /// Set when an expansion is not quoted: in `[ ]` it may be no word, or several.
    pub(super) is_split: bool,
}

impl Token {
    /// The token's text where it is written plainly, so that it may be an operator.
    pub(super) fn plain(&self) -> &str {
        match self.pieces.as_slice() {
            [
                PatternPiece {
                    piece: Piece::Text(text),
                    ..
                },
            ] if !self.is_operand => text,
            _ => "",
        }
    }

    fn text(&mut self, text: &str, quoted: bool) {
        if let Some(PatternPiece {
            piece: Piece::Text(last),
            quoted: same,
        }) = self.pieces.last_mut()
            && *same == quoted
        {
            *last = SmolStr::from_iter([last.as_str(), text]);
            return;
        }
        if !text.is_empty() {
            self.push(Piece::Text(SmolStr::new(text)), quoted);
        }
    }

    fn push(&mut self, piece: Piece, quoted: bool) {
        self.pieces.push(PatternPiece { piece, quoted });
    }

    pub(super) fn word(&self, reader: &ScriptReader<'_>) -> Word {
        let mut pieces: Vec<Piece> = Vec::new();
        for PatternPiece { piece, .. } in &self.pieces {
            match (pieces.last_mut(), piece) {
                (Some(Piece::Text(last)), Piece::Text(text)) => {
                    *last = SmolStr::from_iter([last.as_str(), text.as_str()]);
                }
                _ => pieces.push(piece.clone()),
            }
        }
        Word {
            pieces: pieces.into(),
            span: reader.span(self.range),
        }
    }

    pub(super) fn pattern(&self) -> Pattern {
        Pattern {
            pieces: self.pieces.clone().into(),
        }
    }
}

/// Splits the text of a condition into words.
pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) at: usize,
    /// Set in `[[ ]]`, where `&&`, `||` and brackets are words of their own.
    pub(super) double: bool,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn range(&self, from: usize) -> TextRange {
        let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
        TextRange::new(size(self.start + from), size(self.start + self.at))
    }

    /// All words; `None` for a text that is not understood.
    pub(super) fn tokens(mut self) -> Option<Vec<Token>> {
        let mut tokens = Vec::new();
        loop {
            while let Some(blank) = self.rest().chars().next() {
                if " \t\n".contains(blank) {
                    self.at += 1;
                } else if self.rest().starts_with("\\\n") {
                    self.at += 2;
                } else {
                    break;
                }
            }
            if self.rest().is_empty() {
                return Some(tokens);
            }
            let operators: &[&str] = if self.double {
                &["&&", "||", "(", ")"]
            } else {
                &[]
            };
            let operator = operators.iter().find(|o| self.rest().starts_with(**o));
            if let Some(operator) = operator {
                let from = self.at;
                self.at += operator.len();
                let mut token = Token::default();
                token.text(operator, false);
                token.range = self.range(from);
                tokens.push(token);
                continue;
            }
            tokens.push(self.token(true)?);
        }
    }

    /// One word, up to a blank if those end it, else to the text's end.
    pub(super) fn token(&mut self, blanks_end: bool) -> Option<Token> {
        let from = self.at;
        let mut token = Token::default();
        let mut depth = 0usize;
        if self.rest().starts_with('~') {
            token.is_operand = true;
            token.push(Piece::Unknown, true);
        }
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' if depth == 0 && blanks_end => break,
                '&' | '|' | ')' if depth == 0 && self.double && blanks_end => break,
                '(' if self.double || !blanks_end => {
                    let before = self.text.get(from..self.at).unwrap_or_default();
                    if !before.ends_with(['?', '*', '+', '@', '!']) && depth == 0 {
                        return None;
                    }
                    depth += 1;
                    token.text("(", false);
                    self.at += 1;
                }
                ')' if depth > 0 => {
                    depth -= 1;
                    token.text(")", false);
                    self.at += 1;
                }
                '\'' => {
                    let inner = self.rest().get(1..)?;
                    let end = inner.find('\'')?;
                    token.is_operand = true;
                    token.text(inner.get(..end)?, true);
                    if end == 0 {
                        token.push(Piece::Text(SmolStr::default()), true);
                    }
                    self.at += end + 2;
                }
                '"' => self.double_quoted(&mut token)?,
                '\\' => {
                    self.at += 1;
                    let next = self.peek()?;
                    self.at += next.len_utf8();
                    if next != '\n' {
                        token.is_operand = true;
                        token.text(next.encode_utf8(&mut [0; 4]), true);
                    }
                }
                '$' | '`' => self.expansion(&mut token, false)?,
                ';' | '<' | '>' | '&' | '|' | '#' if depth == 0 && blanks_end && !self.double => {
                    if c != '#' || self.at == from {
                        return None;
                    }
                    token.text("#", false);
                    self.at += 1;
                }
                _ => {
                    token.text(c.encode_utf8(&mut [0; 4]), false);
                    self.at += c.len_utf8();
                }
            }
        }
        token.range = self.range(from);
        (depth == 0 && self.at > from).then_some(token)
    }

    fn double_quoted(&mut self, token: &mut Token) -> Option<()> {
        self.at += 1;
        token.is_operand = true;
        let before = token.pieces.len();
        loop {
            match self.peek()? {
                '"' => break,
                '\\' => {
                    self.at += 1;
                    let next = self.peek()?;
                    self.at += next.len_utf8();
                    if !"$`\"\\\n".contains(next) {
                        token.text("\\", true);
                    }
                    if next != '\n' {
                        token.text(next.encode_utf8(&mut [0; 4]), true);
                    }
                }
                '$' | '`' => self.expansion(token, true)?,
                c => {
                    token.text(c.encode_utf8(&mut [0; 4]), true);
                    self.at += c.len_utf8();
                }
            }
        }
        self.at += 1;
        if token.pieces.len() == before {
            token.push(Piece::Text(SmolStr::default()), true);
        }
        Some(())
    }

    fn expansion(&mut self, token: &mut Token, quoted: bool) -> Option<()> {
        let rest = self.rest();
        let after = rest.get(1..).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = after.find(|c| !is_part(c)).unwrap_or(after.len());
        let name = after.get(..length).unwrap_or_default();
        if rest.starts_with('`') {
            let end = after.find('`')?;
            self.at += end + 2;
        } else if is_name(name) {
            self.at += 1 + name.len();
            token.is_operand = true;
            token.is_split |= !quoted;
            let (name, default) = (SmolStr::new(name), None);
            token.push(Piece::Var { name, default }, quoted);
            return Some(());
        } else if after.starts_with(|c: char| c.is_ascii_digit() || "@*#?-$!".contains(c)) {
            self.at += 2;
            let digit = after
                .get(..1)
                .filter(|d| d.starts_with(|c: char| "123456789".contains(c)));
            if let Some(digit) = digit {
                token.is_operand = true;
                token.is_split |= !quoted;
                let (name, default) = (SmolStr::new(digit), None);
                token.push(Piece::Var { name, default }, quoted);
                return Some(());
            }
        } else if after.starts_with(['(', '{']) {
            let end = self.at + 1 + balanced(after)?;
            let whole = self.text.get(self.at..end)?;
            self.at = end;
            if let Some(piece) = self.braced(whole) {
                token.is_operand = true;
                token.is_split |= !quoted;
                token.push(piece, quoted);
                return Some(());
            }
        } else if after.starts_with('\'') && !quoted {
            // `$'...'`: its escapes are not read.
            let mut escaped = false;
            let inner = after.get(1..)?;
            let end = inner.find(|c| {
                let ends = c == '\'' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            self.at += end + 3;
        } else if after.starts_with('"') && !quoted {
            self.at += 1;
            token.push(Piece::Unknown, true);
            return self.double_quoted(token);
        } else {
            self.at += 1;
            token.text("$", quoted);
            return Some(());
        }
        token.is_operand = true;
        token.is_split |= !quoted;
        token.push(Piece::Unknown, quoted);
        Some(())
    }

    /// `${NAME}`, `${NAME:-text}`; nothing else is read.
    fn braced(&self, whole: &str) -> Option<Piece> {
        let inner = whole.strip_prefix("${")?.strip_suffix('}')?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = inner.find(|c| !is_part(c)).unwrap_or(inner.len());
        let (name, operator) = inner.split_at_checked(length)?;
        if !is_name(name) {
            return None;
        }
        let name = SmolStr::new(name);
        if operator.is_empty() {
            return Some(Piece::Var {
                name,
                default: None,
            });
        }
        let if_empty = operator.starts_with(":-");
        let text = operator
            .strip_prefix(":-")
            .or_else(|| operator.strip_prefix('-'))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let pieces: Box<[Piece]> = match text {
            "" => Box::default(),
            _ if text.chars().all(plain) => Box::new([Piece::Text(SmolStr::new(text))]),
            _ => return None,
        };
        let word = Word {
            pieces,
            span: super::SpanId(u32::MAX),
        };
        Some(Piece::Var {
            name,
            default: Some(Box::new(Fallback { word, if_empty })),
        })
    }
}

/// The length of a text in brackets at the beginning of a text, brackets included.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '(' | '{') => depth += 1,
            (None, ')' | '}') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}
