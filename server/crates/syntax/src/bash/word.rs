//! Words: what a value or an argument is made of, as far as reading tells.

use std::borrow::Cow;

use smol_str::{SmolStr, SmolStrBuilder};
use tree_sitter::Node;

use super::super::TextRange;
use super::SpanId;
use super::node::kind;
use super::reader::{ScriptReader, is_name, range_of};

/// A word of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The pieces, in order; the empty word has none.
    pub pieces: Box<[Piece]>,
    /// The whole word, quotes included.
    pub span: SpanId,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Literal text, quotes and escapes resolved.
    Text(SmolStr),
    /// `$NAME`, `${NAME}`, `${NAME:-default}`.
    Var {
        /// The variable.
        name: SmolStr,
        /// Value for a variable that has none.
        default: Option<Box<Fallback>>,
    },
    /// `$(date +FORMAT)`: the format, without the `+`.
    Date(SmolStr),
    /// Anything else.
    Unknown,
}

/// Value for a variable that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The value.
    pub word: Word,
    /// For the empty text too (`:-`), not only for a variable that is not set (`-`).
    pub if_empty: bool,
}

impl Word {
    /// Returns the empty word at a span.
    pub fn empty(span: SpanId) -> Word {
        Word {
            pieces: Box::default(),
            span,
        }
    }

    /// Returns a word of which nothing is known.
    pub fn unknown(span: SpanId) -> Word {
        Word {
            pieces: Box::new([Piece::Unknown]),
            span,
        }
    }

    /// The word's text, where it is all literal.
    pub fn literal(&self) -> Option<&str> {
        match &*self.pieces {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variable the word begins with.
    pub fn leading_variable(&self) -> Option<&str> {
        match self.pieces.first() {
            Some(Piece::Var { name, .. }) => Some(name),
            _ => None,
        }
    }
}

/// Collects pieces, joining neighbouring text.
#[derive(Default)]
struct WordBuilder {
    pieces: Vec<Piece>,
    text: SmolStrBuilder,
}

impl WordBuilder {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn piece(&mut self, piece: Piece) {
        self.flush();
        self.push(piece);
    }

    fn push(&mut self, piece: Piece) {
        if self.pieces.is_empty() {
            // Most words are one piece, and are kept: room for more would be given back at once.
            self.pieces.reserve_exact(1);
        }
        self.pieces.push(piece);
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text).finish();
        if !text.is_empty() {
            self.push(Piece::Text(text));
        }
    }

    fn finish(mut self) -> Box<[Piece]> {
        self.flush();
        self.pieces.into_boxed_slice()
    }
}

/// The word that `node` is.
pub(super) fn word(reader: &ScriptReader<'_>, node: Node<'_>) -> Word {
    word_within(reader, node, 0)
}

/// Returns the word at a range, by its text alone: without quotes, and with no other
/// expansions than `$NAME` and `${NAME}`; any other is unknown.
pub(super) fn plain_word(reader: &ScriptReader<'_>, range: TextRange) -> Word {
    let span = reader.span(range);
    let mut rest = reader.slice(range.start().into(), range.end().into());
    let mut pieces = WordBuilder::default();
    if rest.contains(['"', '\'', '`', '\\']) {
        return Word::unknown(span);
    }
    while let Some(at) = rest.find('$') {
        pieces.text(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let (braced, inner) = match after.strip_prefix('{') {
            Some(inner) => (true, inner),
            None => (false, after),
        };
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = inner.find(|c| !is_part(c)).unwrap_or(inner.len());
        let (name, tail) = inner.split_at_checked(length).unwrap_or_default();
        let tail = if braced {
            tail.strip_prefix('}')
        } else {
            Some(tail)
        };
        let Some(tail) = tail.filter(|_| is_name(name)) else {
            return Word::unknown(span);
        };
        pieces.piece(Piece::Var {
            name: SmolStr::new(name),
            default: None,
        });
        rest = tail;
    }
    pieces.text(rest);
    Word {
        pieces: pieces.finish(),
        span,
    }
}

fn word_within(reader: &ScriptReader<'_>, node: Node<'_>, depth: usize) -> Word {
    let mut pieces = WordBuilder::default();
    collect(reader, node, &mut pieces, depth);
    Word {
        pieces: pieces.finish(),
        span: reader.span(range_of(node)),
    }
}

fn collect(reader: &ScriptReader<'_>, node: Node<'_>, pieces: &mut WordBuilder, depth: usize) {
    if depth > 32 {
        return pieces.piece(Piece::Unknown);
    }
    if node.child_count() == 0 && reader.is_masked(node) {
        return pieces.piece(Piece::Unknown);
    }
    match kind(node) {
        "word" | "number" | "variable_name" | "command_name" | "extglob_pattern" | "regex" => {
            match node
                .child(0)
                .filter(|_| node.named_child_count() == 1 && kind(node) == "command_name")
            {
                Some(inner) => collect(reader, inner, pieces, depth + 1),
                // A home directory.
                None if reader.text(node).starts_with('~') => pieces.piece(Piece::Unknown),
                None => pieces.text(&unescape(reader.text(node), |_| true)),
            }
        }
        "raw_string" => pieces.text(trim_quotes(reader.text(node), "'")),
        "string" => string(reader, node, pieces, depth),
        "string_content" | "heredoc_content" => {
            pieces.text(&unescape(reader.text(node), |c| "$`\"\\\n".contains(c)));
        }
        "concatenation" => {
            // In `${x:-a $y}` there are blanks between the children.
            let mut at = node.start_byte();
            let mut cursor = node.walk();
            for child in node.children(&mut cursor) {
                pieces.text(reader.slice(at, child.start_byte()));
                collect(reader, child, pieces, depth + 1);
                at = child.end_byte();
            }
        }
        "simple_expansion" => match node.named_child(0).filter(|n| kind(*n) == "variable_name") {
            Some(name) if is_name(reader.text(name)) => {
                pieces.piece(Piece::Var {
                    name: SmolStr::new(reader.text(name)),
                    default: None,
                });
            }
            _ => pieces.piece(argument(reader.text(node))),
        },
        "expansion" => pieces.piece(expansion(reader, node, depth)),
        "command_substitution" => pieces.piece(substitution(reader, node, depth)),
        _ if !node.is_named() => pieces.text(reader.text(node)),
        _ => pieces.piece(Piece::Unknown),
    }
}

/// A double-quoted string. The grammar leaves some blanks between its children out: what no
/// child covers is text.
fn string(reader: &ScriptReader<'_>, node: Node<'_>, pieces: &mut WordBuilder, depth: usize) {
    let (mut at, end) = (node.start_byte() + 1, node.end_byte().saturating_sub(1));
    let mut cursor = node.walk();
    for child in node.children(&mut cursor).filter(|c| kind(*c) != "\"") {
        pieces.text(reader.slice(at, child.start_byte()));
        collect(reader, child, pieces, depth + 1);
        at = child.end_byte();
    }
    pieces.text(reader.slice(at, end));
}

fn expansion(reader: &ScriptReader<'_>, node: Node<'_>, depth: usize) -> Piece {
    let mut cursor = node.walk();
    let mut children = node.children(&mut cursor);
    let (Some(_open), Some(name)) = (children.next(), children.next()) else {
        return Piece::Unknown;
    };
    if kind(name) != "variable_name" || !is_name(reader.text(name)) {
        return Piece::Unknown;
    }
    let name = SmolStr::new(reader.text(name));
    let Some(operator) = children.next() else {
        return Piece::Unknown;
    };
    match reader.text(operator) {
        "}" => Piece::Var {
            name,
            default: None,
        },
        operator @ (":-" | ":=" | "-" | "=") => {
            let mut pieces = WordBuilder::default();
            for child in children.filter(|c| kind(*c) != "}") {
                collect(reader, child, &mut pieces, depth + 1);
            }
            let word = Word {
                pieces: pieces.finish(),
                span: reader.span(range_of(node)),
            };
            let fallback = Fallback {
                word,
                if_empty: operator.starts_with(':'),
            };
            Piece::Var {
                name,
                default: Some(Box::new(fallback)),
            }
        }
        _ => Piece::Unknown,
    }
}

/// `$1`; anything else of the kind is unknown.
fn argument(text: &str) -> Piece {
    match text.strip_prefix('$') {
        Some(digit @ ("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9")) => Piece::Var {
            name: SmolStr::new(digit),
            default: None,
        },
        _ => Piece::Unknown,
    }
}

/// `$(date +FORMAT)` in its spellings; any other command is unknown.
fn substitution(reader: &ScriptReader<'_>, node: Node<'_>, depth: usize) -> Piece {
    let command = match (node.named_child_count(), node.named_child(0)) {
        (1, Some(command)) if kind(command) == "command" => command,
        _ => return Piece::Unknown,
    };
    let mut cursor = command.walk();
    let mut words = command.named_children(&mut cursor);
    if words.next().map(|name| reader.text(name)) != Some("date") {
        return Piece::Unknown;
    }
    let arguments: Vec<Word> = words
        .take(3)
        .map(|argument| word_within(reader, argument, depth + 1))
        .collect();
    let mut literals = arguments.iter().map(Word::literal);
    let format = match (literals.next(), literals.next(), literals.next()) {
        (Some(Some(format)), None, _) => format,
        (Some(Some("-u" | "--utc")), Some(Some(format)), None) => format,
        _ => return Piece::Unknown,
    };
    match format.strip_prefix('+') {
        Some(format) => Piece::Date(SmolStr::new(format)),
        None => Piece::Unknown,
    }
}

fn trim_quotes<'t>(text: &'t str, quote: &str) -> &'t str {
    let text = text.strip_prefix(quote).unwrap_or(text);
    text.strip_suffix(quote).unwrap_or(text)
}

/// Takes the backslash from before every character that `special` says it escapes.
fn unescape(text: &str, special: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next) if c == '\\' && special(next) => {
                chars.next();
                if next != '\n' {
                    out.push(next);
                }
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}
