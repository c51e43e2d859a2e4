//! Expansions: `$x`, `${x...}`, `$(...)`, `$((...))`, backquotes.

use smol_str::SmolStr;

use super::parser::{Parser, range};
use super::{Block, Operator, Parameter, PieceKind, Word, WordPiece};

impl Parser<'_> {
    /// Reads what begins with a `$` or a backquote. A dollar that stands for itself is skipped, and
    /// is no piece.
    pub(super) fn expansion(&mut self, pieces: &mut Vec<WordPiece>, quoted: bool) {
        let start = self.at;
        let kind = match (self.peek(), self.peek_at(1)) {
            (Some(b'`'), _) => self.backquotes(),
            (_, Some(b'(')) if self.peek_at(2) == Some(b'(') && self.eat_sum(1) => {
                PieceKind::Sum(self.sum((start + 3, self.at - 2)))
            }
            (_, Some(b'(')) => {
                self.skip(2);
                PieceKind::Substitution(self.substituted())
            }
            (_, Some(b'{')) => self.braced(quoted),
            (_, Some(b'\'')) if !quoted => {
                self.skip(1);
                return self.decoded(pieces);
            }
            (_, Some(b'"')) if !quoted => {
                self.skip(1);
                return self.double_quoted(pieces);
            }
            (_, Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9')) => {
                self.skip(2);
                plain(self.slice(start + 1, self.at))
            }
            _ => {
                self.skip(1);
                let length = self.name_length();
                if length == 0 {
                    return;
                }
                self.skip(length);
                plain(self.slice(start + 1, self.at))
            }
        };
        pieces.push(WordPiece {
            kind,
            range: range(start, self.at),
            quoted,
        });
    }

    /// Reads the commands of a substitution, and the parenthesis that ends it.
    fn substituted(&mut self) -> Block {
        let pending = std::mem::take(&mut self.pending);
        self.substitutions += 1;
        let block = self.deeper(|parser| parser.list(&[")"]));
        self.substitutions -= 1;
        self.expect(")");
        let own = std::mem::replace(&mut self.pending, pending);
        self.pending.extend(own);
        block
    }

    /// Reads `<(...)`.
    pub(super) fn process_substitution(&mut self, pieces: &mut Vec<WordPiece>) {
        let start = self.at;
        self.skip(2);
        self.substituted();
        pieces.push(WordPiece {
            kind: PieceKind::Unread,
            range: range(start, self.at),
            quoted: true,
        });
    }

    fn backquotes(&mut self) -> PieceKind {
        self.skip(1);
        let from = self.at;
        let mut is_plain = true;
        while let Some(byte) = self.peek().filter(|byte| *byte != b'`') {
            is_plain &= byte != b'\\';
            self.skip(if byte == b'\\' { 2 } else { 1 });
        }
        let to = self.at;
        self.expect("`");
        let mut block = Block::new();
        if !is_plain {
            return PieceKind::Unread;
        }
        self.piece((from, to), |parser| block = parser.list(&[]));
        PieceKind::Substitution(block)
    }

    /// Skips `((...))`, from so many bytes before it on, if it ends with both parentheses.
    pub(super) fn eat_sum(&mut self, offset: usize) -> bool {
        let rest = self.rest().get(offset + 2..).unwrap_or_default();
        let mut depth = 0usize;
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' if rest.get(at + 1) == Some(&b')') => {
                    self.skip(offset + 2 + at + 2);
                    return true;
                }
                b')' => return false,
                _ => {}
            }
        }
        false
    }

    /// Reads what stands between the parentheses of a sum.
    fn sum(&mut self, (start, end): (usize, usize)) -> Word {
        let mut pieces = Vec::new();
        self.piece((start, end), |parser| {
            parser.heredoc_pieces(&mut pieces);
        });
        Word {
            pieces,
            range: range(start, end),
        }
    }

    /// Reads `${...}`.
    fn braced(&mut self, quoted: bool) -> PieceKind {
        self.skip(2);
        let counts = self.peek() == Some(b'#') && self.peek_at(1) != Some(b'}');
        let is_indirect = self.peek() == Some(b'!') && self.peek_at(1) != Some(b'}');
        self.skip(usize::from(counts || is_indirect));
        let start = self.at;
        let length = match self.name_length() {
            0 => {
                let digits = self.rest().iter().take_while(|b| b.is_ascii_digit());
                digits.count().max(1)
            }
            length => length,
        };
        self.skip(length);
        let name = SmolStr::new(self.slice(start, self.at));
        let index = self.index();
        let operator = match self.peek() {
            Some(b'}') if counts => Operator::Length,
            Some(b'}') if !is_indirect => Operator::Plain,
            _ if counts || is_indirect => self.other(quoted),
            _ => self.operator(quoted),
        };
        self.expect("}");
        PieceKind::Parameter(Box::new(Parameter {
            name,
            index,
            operator,
        }))
    }

    /// Reads `[...]` after a name.
    fn index(&mut self) -> Option<SmolStr> {
        if self.peek() != Some(b'[') {
            return None;
        }
        let rest = self.rest();
        let length = memchr::memchr(b']', rest)?;
        let index = self.slice(self.at + 1, self.at + length);
        self.skip(length + 1);
        Some(SmolStr::new(index))
    }

    fn operator(&mut self, quoted: bool) -> Operator {
        let colon = self.peek() == Some(b':');
        let sign = self.peek_at(usize::from(colon));
        match sign {
            Some(sign @ (b'-' | b'=' | b'+' | b'?')) => {
                self.skip(1 + usize::from(colon));
                Operator::Otherwise {
                    sign: char::from(sign),
                    if_empty: colon,
                    word: self.operand(quoted, b"}"),
                }
            }
            Some(sign @ (b'#' | b'%')) if !colon => {
                let longest = self.peek_at(1) == Some(sign);
                self.skip(1 + usize::from(longest));
                Operator::Remove {
                    suffix: sign == b'%',
                    longest,
                    pattern: self.operand(false, b"}"),
                }
            }
            Some(b'/') if !colon && !matches!(self.peek_at(1), Some(b'#' | b'%')) => {
                let all = self.peek_at(1) == Some(b'/');
                self.skip(1 + usize::from(all));
                let pattern = self.operand(false, b"/}");
                let word = match self.eat("/") {
                    true => self.operand(false, b"}"),
                    false => Word::default(),
                };
                Operator::Replace { all, pattern, word }
            }
            Some(sign @ (b'^' | b',')) if !colon && self.is_case(sign) => {
                let all = self.peek_at(1) == Some(sign);
                self.skip(1 + usize::from(all));
                Operator::Case {
                    upper: sign == b'^',
                    all,
                }
            }
            _ => self.other(quoted),
        }
    }

    /// Returns whether nothing but a sign, once or twice, stands before the end of the braces.
    fn is_case(&self, sign: u8) -> bool {
        let after = usize::from(self.peek_at(1) == Some(sign));
        self.peek_at(1 + after) == Some(b'}')
    }

    /// Skips an operator that is not followed.
    fn other(&mut self, quoted: bool) -> Operator {
        self.operand(quoted, b"}");
        Operator::Other
    }

    /// Reads the word of an operator.
    fn operand(&mut self, quoted: bool, ends: &[u8]) -> Word {
        let start = self.at;
        let pieces = self.deeper(|parser| {
            let mut pieces = Vec::new();
            parser.pieces(&mut pieces, quoted, |_, byte| ends.contains(&byte));
            pieces
        });
        Word {
            pieces,
            range: range(start, self.at),
        }
    }
}

fn plain(name: &str) -> PieceKind {
    PieceKind::Parameter(Box::new(Parameter {
        name: SmolStr::new(name),
        index: None,
        operator: Operator::Plain,
    }))
}
