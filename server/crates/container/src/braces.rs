//! Lists in braces: `{a,b}`, `{1..3}`. Each makes several words of one.

use smol_str::format_smolstr;

use syntax::shell::{PieceKind, Word, WordPiece};
use syntax::{TextRange, TextSize};

/// Words that a word may become before it is not followed any more.
const MAX_WORDS: usize = 500;

/// A piece of a word, or a part of one.
#[derive(Debug, Clone, Copy)]
enum Token<'w> {
    Piece(&'w WordPiece),
    /// An unquoted text.
    Text(TextRange),
    /// One of the characters that make a list.
    Sign(u8, TextRange),
    /// An item of a sequence: its number, and the sequence that it is one of.
    Item(i64, bool, TextRange),
}

/// A piece of a word that a list in braces was expanded in.
pub(crate) enum ExpandedPiece<'w> {
    Kept(&'w WordPiece),
    Made(WordPiece),
}

impl ExpandedPiece<'_> {
    pub(crate) fn piece(&self) -> &WordPiece {
        match self {
            ExpandedPiece::Kept(piece) => piece,
            ExpandedPiece::Made(piece) => piece,
        }
    }
}

/// Returns the words that a word with lists in braces becomes; `None` where reading does not tell.
pub(crate) fn expanded<'w>(text: &str, word: &'w Word) -> Option<Vec<Vec<ExpandedPiece<'w>>>> {
    let tokens = tokens(text, word);
    let words = expand(text, &tokens)?;
    if words.len() == 1 {
        let has_list = tokens
            .iter()
            .any(|token| matches!(token, Token::Sign(b'{', _)));
        // A sequence that is not understood, such as one with steps.
        let is_sequence = |token: &Token<'_>| match token {
            Token::Text(range) => slice(text, *range).contains(".."),
            _ => false,
        };
        if has_list && tokens.iter().any(is_sequence) {
            return None;
        }
        return Some(vec![word.pieces.iter().map(ExpandedPiece::Kept).collect()]);
    }
    let piece = |token: Token<'w>| match token {
        Token::Piece(piece) => ExpandedPiece::Kept(piece),
        Token::Text(range) | Token::Sign(_, range) => made(PieceKind::Literal, range),
        Token::Item(number, is_letter, range) => {
            let letter = u8::try_from(number).ok().filter(|_| is_letter);
            let item = match letter {
                Some(letter) => format_smolstr!("{}", char::from(letter)),
                None => format_smolstr!("{number}"),
            };
            made(PieceKind::Decoded(item), range)
        }
    };
    let words = words.into_iter();
    Some(
        words
            .map(|word| word.into_iter().map(piece).collect())
            .collect(),
    )
}

fn slice(text: &str, range: TextRange) -> &str {
    let range = std::ops::Range::<usize>::from(range);
    text.get(range).unwrap_or_default()
}

fn made<'w>(kind: PieceKind, range: TextRange) -> ExpandedPiece<'w> {
    ExpandedPiece::Made(WordPiece {
        kind,
        range,
        quoted: false,
    })
}

/// Takes unquoted texts apart at the characters that make lists.
fn tokens<'w>(text: &str, word: &'w Word) -> Vec<Token<'w>> {
    let mut tokens = Vec::new();
    for piece in &word.pieces {
        let is_text = matches!(piece.kind, PieceKind::Literal) && !piece.quoted;
        let slice = slice(text, piece.range);
        if !is_text || !slice.contains(['{', ',', '}']) && !slice.contains("..") {
            tokens.push(Token::Piece(piece));
            continue;
        }
        let size = |length: usize| TextSize::try_from(length).unwrap_or_default();
        let at = |from: usize, to: usize| {
            TextRange::new(
                piece.range.start() + size(from),
                piece.range.start() + size(to),
            )
        };
        let mut from = 0;
        for (index, byte) in slice.bytes().enumerate() {
            if b"{,}".contains(&byte) {
                if from < index {
                    tokens.push(Token::Text(at(from, index)));
                }
                tokens.push(Token::Sign(byte, at(index, index + 1)));
                from = index + 1;
            }
        }
        if from < slice.len() {
            tokens.push(Token::Text(at(from, slice.len())));
        }
    }
    tokens
}

/// Returns the words that some tokens become: the first list in them is expanded, then the others.
fn expand<'w>(text: &str, tokens: &[Token<'w>]) -> Option<Vec<Vec<Token<'w>>>> {
    for (open, token) in tokens.iter().enumerate() {
        if !matches!(token, Token::Sign(b'{', _)) {
            continue;
        }
        let Some((close, items)) = items(text, tokens, open) else {
            continue;
        };
        let before = tokens.get(..open)?;
        let after = expand(text, tokens.get(close + 1..)?)?;
        let mut words = Vec::new();
        for item in items {
            for item in expand(text, &item)? {
                for rest in &after {
                    words.push([before, &item, rest].concat());
                    if words.len() > MAX_WORDS {
                        return None;
                    }
                }
            }
        }
        return Some(words);
    }
    Some(vec![tokens.to_vec()])
}

/// The items of a list that is opened at some token, and the token that closes it; `None` where it is no
/// list.
fn items<'w>(
    text: &str,
    tokens: &[Token<'w>],
    open: usize,
) -> Option<(usize, Vec<Vec<Token<'w>>>)> {
    let mut depth = 0usize;
    let mut items = vec![Vec::new()];
    for (at, token) in tokens.iter().enumerate().skip(open + 1) {
        match token {
            Token::Sign(b'{', _) => depth += 1,
            Token::Sign(b'}', _) if depth == 0 => {
                if let [only] = items.as_slice() {
                    return Some((at, sequence(text, only)?));
                }
                return Some((at, items));
            }
            Token::Sign(b'}', _) => depth -= 1,
            Token::Sign(b',', _) if depth == 0 => {
                items.push(Vec::new());
                continue;
            }
            _ => {}
        }
        items.last_mut()?.push(*token);
    }
    None
}

/// The items of `1..3` or `a..c`.
fn sequence<'w>(text: &str, tokens: &[Token<'w>]) -> Option<Vec<Vec<Token<'w>>>> {
    let [Token::Text(range)] = tokens else {
        return None;
    };
    let (first, last) = slice(text, *range).split_once("..")?;
    let letter = |text: &str| match text.as_bytes() {
        [only] if only.is_ascii_lowercase() => Some(i64::from(*only)),
        _ => None,
    };
    let number = super::sums::number;
    let numbers = number(first).zip(number(last));
    let letters = letter(first).zip(letter(last));
    let (first, last) = numbers.or(letters)?;
    let length = usize::try_from(first.abs_diff(last)).ok()?;
    if length > MAX_WORDS {
        return None;
    }
    let is_letter = numbers.is_none();
    let mut items: Vec<i64> = (first.min(last)..=first.max(last)).collect();
    if first > last {
        items.reverse();
    }
    let items = items.into_iter();
    Some(
        items
            .map(|item| vec![Token::Item(item, is_letter, *range)])
            .collect(),
    )
}
