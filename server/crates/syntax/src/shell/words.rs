//! Words, quotes, and the texts of here-documents.

use smol_str::SmolStr;

use super::parser::{Parser, ends_word, range};
use super::{PieceKind, Word, WordPiece};

/// Adds a literal text, unless it is empty.
pub(super) fn push_literal(pieces: &mut Vec<WordPiece>, start: usize, end: usize, quoted: bool) {
    if start < end {
        pieces.push(WordPiece {
            kind: PieceKind::Literal,
            range: range(start, end),
            quoted,
        });
    }
}

/// Adds an empty text, which is a word all the same.
fn push_empty(pieces: &mut Vec<WordPiece>, at: usize) {
    pieces.push(WordPiece {
        kind: PieceKind::Literal,
        range: range(at, at),
        quoted: true,
    });
}

impl Parser<'_> {
    /// Reads a word; an empty range where none stands here.
    pub(super) fn word(&mut self) -> Word {
        let start = self.at;
        let mut pieces = Vec::new();
        self.pieces(&mut pieces, false, |parser, byte| match byte {
            b'<' | b'>' => parser.peek_at(1) != Some(b'('),
            b'(' => !parser.is_extended_pattern(start),
            _ => ends_word(byte),
        });
        Word {
            pieces,
            range: range(start, self.at),
        }
    }

    /// Returns whether a parenthesis here opens a pattern: `@(a|b)`.
    fn is_extended_pattern(&self, start: usize) -> bool {
        let before = self.slice(start, self.at).as_bytes().last();
        before.is_some_and(|byte| b"?*+@!".contains(byte))
    }

    /// Reads pieces up to a character that ends them.
    pub(super) fn pieces(
        &mut self,
        pieces: &mut Vec<WordPiece>,
        quoted: bool,
        ends: impl Fn(&Self, u8) -> bool,
    ) {
        let mut from = self.at;
        while let Some(byte) = self.peek() {
            if ends(self, byte) {
                break;
            }
            let next = self.peek_at(1);
            match byte {
                b'\\' if next == Some(b'\n') => {
                    push_literal(pieces, from, self.at, quoted);
                    self.skip(2);
                    from = self.at;
                }
                b'\\' if !quoted || next.is_some_and(|next| b"$`\"\\".contains(&next)) => {
                    push_literal(pieces, from, self.at, quoted);
                    from = self.at + 1;
                    self.skip(1 + self.character_length(1));
                    push_literal(pieces, from, self.at, true);
                    from = self.at;
                }
                b'\'' if !quoted => {
                    push_literal(pieces, from, self.at, quoted);
                    self.single_quoted(pieces);
                    from = self.at;
                }
                b'"' => {
                    push_literal(pieces, from, self.at, quoted);
                    self.double_quoted(pieces);
                    from = self.at;
                }
                b'$' | b'`' => {
                    let before = self.at;
                    let count = pieces.len();
                    push_literal(pieces, from, before, quoted);
                    let with_text = pieces.len();
                    self.expansion(pieces, quoted);
                    if pieces.len() == with_text {
                        // A dollar that stands for itself.
                        pieces.truncate(count);
                    } else {
                        from = self.at;
                    }
                }
                b'<' | b'>' if next == Some(b'(') && !quoted => {
                    push_literal(pieces, from, self.at, quoted);
                    self.process_substitution(pieces);
                    from = self.at;
                }
                b'(' if !quoted => {
                    // A group of an extended pattern.
                    self.group();
                }
                _ => self.skip(1),
            }
        }
        push_literal(pieces, from, self.at, quoted);
    }

    /// Length of the character that begins so many bytes from here.
    fn character_length(&self, offset: usize) -> usize {
        let at = self.at + offset;
        let rest = self.text.get(at..self.end).unwrap_or_default();
        rest.chars().next().map_or(0, char::len_utf8)
    }

    /// Skips a group of an extended pattern.
    fn group(&mut self) {
        self.skip(1);
        self.deeper(|parser| {
            while let Some(byte) = parser.peek() {
                match byte {
                    b')' => break,
                    b'(' => parser.group(),
                    b'\\' => parser.skip(2),
                    _ => parser.skip(1),
                }
            }
        });
        self.expect(")");
    }

    fn single_quoted(&mut self, pieces: &mut Vec<WordPiece>) {
        self.skip(1);
        let (start, rest) = (self.at, self.rest());
        self.skip(memchr::memchr(b'\'', rest).unwrap_or(rest.len()));
        pieces.push(WordPiece {
            kind: PieceKind::Literal,
            range: range(start, self.at),
            quoted: true,
        });
        self.expect("'");
    }

    pub(super) fn double_quoted(&mut self, pieces: &mut Vec<WordPiece>) {
        self.skip(1);
        let (start, count) = (self.at, pieces.len());
        self.deeper(|parser| {
            parser.pieces(pieces, true, |_, byte| byte == b'"');
        });
        if pieces.len() == count {
            push_empty(pieces, start);
        }
        self.expect("\"");
    }

    /// Reads `$'...'` from the quote on.
    pub(super) fn decoded(&mut self, pieces: &mut Vec<WordPiece>) {
        self.skip(1);
        let (mut from, count) = (self.at, pieces.len());
        while let Some(byte) = self.peek().filter(|byte| *byte != b'\'') {
            if byte != b'\\' {
                self.skip(1);
                continue;
            }
            push_literal(pieces, from, self.at, true);
            let decoded = match self.peek_at(1) {
                Some(b'n') => "\n",
                Some(b't') => "\t",
                Some(b'r') => "\r",
                Some(b'\\') => "\\",
                Some(b'\'') => "'",
                Some(b'"') => "\"",
                Some(b'e' | b'E') => "\u{1b}",
                _ => "",
            };
            let kind = match decoded {
                "" => PieceKind::Unread,
                text => PieceKind::Decoded(SmolStr::new_static(text)),
            };
            pieces.push(WordPiece {
                kind,
                range: range(self.at, self.at + 2),
                quoted: true,
            });
            self.skip(2);
            from = self.at;
        }
        push_literal(pieces, from, self.at, true);
        if pieces.len() == count {
            push_empty(pieces, self.at);
        }
        self.expect("'");
    }

    /// Reads the text of an unquoted here-document, up to the end of the piece.
    pub(super) fn heredoc_pieces(&mut self, pieces: &mut Vec<WordPiece>) {
        let mut from = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => {
                    let next = self.peek_at(1);
                    if next.is_some_and(|next| b"$`\\\n".contains(&next)) {
                        push_literal(pieces, from, self.at, true);
                        let joins = next == Some(b'\n');
                        from = self.at + if joins { 2 } else { 1 };
                        self.skip(2);
                    } else {
                        self.skip(1);
                    }
                }
                b'$' | b'`' => {
                    let before = self.at;
                    let count = pieces.len();
                    push_literal(pieces, from, before, true);
                    let with_text = pieces.len();
                    self.expansion(pieces, true);
                    if pieces.len() == with_text {
                        pieces.truncate(count);
                    } else {
                        from = self.at;
                    }
                }
                _ => self.skip(1),
            }
        }
        push_literal(pieces, from, self.at, true);
    }
}
