//! Strings and names as values.

use rnix::{
    NodeOrToken,
    SyntaxKind::*,
    SyntaxNode,
    ast::{self, AstNode, InterpolPart},
};
use smol_str::{SmolStr, SmolStrBuilder};

use super::super::{TextRange, TextSize};

/// The value of a string without interpolations, and the range between its quotes.
pub(super) fn literal(node: &SyntaxNode) -> Option<(SmolStr, TextRange)> {
    if node.kind() != NODE_STRING {
        return None;
    }
    let mut content = None;
    let mut quotes = TextSize::new(1);
    for child in node.children_with_tokens() {
        match child {
            NodeOrToken::Token(token) if token.kind() == TOKEN_STRING_CONTENT => {
                content = Some(token)
            }
            NodeOrToken::Token(token) => quotes = TextSize::of(token.text()),
            NodeOrToken::Node(_) => return None,
        }
    }
    let outer = node.text_range();
    let start = outer.start().checked_add(quotes)?;
    let end = outer
        .end()
        .checked_sub(quotes)
        .filter(|end| *end >= start)?;
    let value = match content {
        None => SmolStr::default(),
        Some(token) if quotes == TextSize::new(1) => unescape(token.text()),
        Some(_) => indented(node)?,
    };
    Some((value, TextRange::new(start, end)))
}

fn unescape(text: &str) -> SmolStr {
    if !text.contains(['\\', '\r']) {
        return SmolStr::new(text);
    }
    let mut value = SmolStrBuilder::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        value.push(match c {
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(c) => c,
                None => break,
            },
            // Nix reads every kind of line end as one.
            '\r' => {
                rest.next_if_eq(&'\n');
                '\n'
            }
            c => c,
        });
    }
    value.finish()
}

fn indented(node: &SyntaxNode) -> Option<SmolStr> {
    let string: ast::Str = cast(node)?;
    let mut value = SmolStrBuilder::new();
    for part in string.normalized_parts() {
        match part {
            InterpolPart::Literal(text) => value.push_str(&text),
            InterpolPart::Interpolation(_) => return None,
        }
    }
    Some(value.finish())
}

/// rowan's trait, which has this function, can only be named through a bound.
fn cast<T: AstNode>(node: &SyntaxNode) -> Option<T> {
    T::cast(node.clone())
}

/// The name an identifier node holds.
pub(super) fn ident(node: &SyntaxNode) -> Option<SmolStr> {
    if node.kind() != NODE_IDENT {
        return None;
    }
    node.first_token().map(|token| SmolStr::new(token.text()))
}

/// `name` the way it has to be written as an attribute.
pub(super) fn as_key(name: &str) -> String {
    let first = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let plain = first
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_'-".contains(c));
    if plain {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}
