//! The tokens of a Nix text by what they are, as far as they tell that themselves: no tree is made,
//! so a text that does not parse has them, too.

use rnix::SyntaxKind;

use super::check::MAX_SIZE;
use super::tokens::{Tokens, range};
use crate::TextRange;

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NixTokenKind {
    /// A comment.
    Comment,
    /// A reserved word.
    Keyword,
    /// A part of a string with its quotes, a path, an address.
    Text,
    /// A number.
    Number,
    /// A name that stands for a value.
    Variable,
    /// `true`, `false`, `null`, `builtins`.
    Constant,
    /// An argument of a function, where it is named first.
    Parameter,
    /// An attribute that is given a value.
    Defined,
    /// An attribute that is selected.
    Attribute,
}

const CONSTANTS: [&str; 4] = ["builtins", "false", "null", "true"];

/// Returns the tokens of a text, in order; none where it is too large.
pub fn nix_tokens(text: &str) -> Vec<(NixTokenKind, TextRange)> {
    if text.len() > MAX_SIZE || !is_cheap(text) {
        return Vec::new();
    }
    let mut at = 0;
    let mut all: Vec<(SyntaxKind, TextRange, &str)> = Vec::new();
    for (kind, slice) in rnix::tokenize(text) {
        if kind != SyntaxKind::TOKEN_WHITESPACE {
            all.push((kind, range(at, at + slice.len()), slice));
        }
        at += slice.len();
    }
    let assigned = assigned(&all);
    let kinds = (0..all.len()).filter_map(|index| {
        let (_, range, _) = all.get(index)?;
        let is_assigned = assigned.get(index).copied().unwrap_or_default();
        Some((kind_of(&all, index, is_assigned)?, *range))
    });
    kinds.collect()
}

/// Returns whether the tokenizer reads a text in time.
fn is_cheap(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    while tokens.bump().is_some() {}
    !tokens.gave_up()
}

fn kind_of(
    all: &[(SyntaxKind, TextRange, &str)],
    index: usize,
    is_assigned: bool,
) -> Option<NixTokenKind> {
    let (kind, _, text) = all.get(index)?;
    Some(match kind {
        SyntaxKind::TOKEN_COMMENT => NixTokenKind::Comment,
        SyntaxKind::TOKEN_ASSERT
        | SyntaxKind::TOKEN_ELSE
        | SyntaxKind::TOKEN_IF
        | SyntaxKind::TOKEN_IN
        | SyntaxKind::TOKEN_INHERIT
        | SyntaxKind::TOKEN_LET
        | SyntaxKind::TOKEN_OR
        | SyntaxKind::TOKEN_REC
        | SyntaxKind::TOKEN_THEN
        | SyntaxKind::TOKEN_WITH => NixTokenKind::Keyword,
        SyntaxKind::TOKEN_STRING_START
        | SyntaxKind::TOKEN_STRING_CONTENT
        | SyntaxKind::TOKEN_STRING_END
        | SyntaxKind::TOKEN_URI
        | SyntaxKind::TOKEN_PATH_ABS
        | SyntaxKind::TOKEN_PATH_HOME
        | SyntaxKind::TOKEN_PATH_REL
        | SyntaxKind::TOKEN_PATH_SEARCH => NixTokenKind::Text,
        SyntaxKind::TOKEN_INTEGER | SyntaxKind::TOKEN_FLOAT => NixTokenKind::Number,
        SyntaxKind::TOKEN_IDENT if is_assigned => NixTokenKind::Defined,
        SyntaxKind::TOKEN_IDENT => name_kind(all, index, text),
        _ => return None,
    })
}

/// Kind of a name, by the operators around it.
fn name_kind(all: &[(SyntaxKind, TextRange, &str)], index: usize, name: &str) -> NixTokenKind {
    let kind_at = |index: Option<usize>| {
        let kinds = index.and_then(|index| all.get(index));
        kinds.map(|(kind, ..)| *kind)
    };
    let before = kind_at(index.checked_sub(1));
    match (before, kind_at(Some(index + 1))) {
        (Some(SyntaxKind::TOKEN_DOT), _) => NixTokenKind::Attribute,
        (_, Some(SyntaxKind::TOKEN_COLON | SyntaxKind::TOKEN_QUESTION | SyntaxKind::TOKEN_AT)) => {
            NixTokenKind::Parameter
        }
        _ if CONSTANTS.contains(&name) => NixTokenKind::Constant,
        _ => NixTokenKind::Variable,
    }
}

/// Returns for each token whether it is in the path of an attribute that is given a value.
fn assigned(all: &[(SyntaxKind, TextRange, &str)]) -> Vec<bool> {
    let mut is_assigned = false;
    let mut found: Vec<bool> = all
        .iter()
        .rev()
        .map(|(kind, ..)| {
            is_assigned = match kind {
                SyntaxKind::TOKEN_ASSIGN => true,
                SyntaxKind::TOKEN_DOT
                | SyntaxKind::TOKEN_IDENT
                | SyntaxKind::TOKEN_STRING_START
                | SyntaxKind::TOKEN_STRING_CONTENT
                | SyntaxKind::TOKEN_STRING_END => is_assigned,
                _ => false,
            };
            is_assigned
        })
        .collect();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown: Vec<String> = nix_tokens(text)
            .into_iter()
            .map(|(kind, range)| {
                let text = text.get(std::ops::Range::<usize>::from(range)).unwrap();
                format!("{kind:?}:{text}")
            })
            .collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn names_are_what_stands_around_them() {
        check(
            "{ lib, ... }: # x\nlet a.b = true; in with lib; a.b",
            "Variable:lib Comment:# x Keyword:let Defined:a Defined:b Constant:true Keyword:in \
             Keyword:with Variable:lib Variable:a Attribute:b",
        );
        check("x: x + 1", "Parameter:x Variable:x Number:1");
    }

    #[test]
    fn texts_and_what_does_not_parse() {
        check(
            "\"13\" = [ \"a${b}\" ./c ;",
            "Text:\" Text:13 Text:\" Text:\" Text:a Variable:b Text:\" Text:./c",
        );
    }
}
