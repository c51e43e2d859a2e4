//! Semantic tokens: here-documents of scripts, in which other servers see text, and Nix where no
//! other extension colours it. Nothing else.

use rustc_hash::FxHashSet;

use super::heredocs::{HereText, here_texts};
use model::view::View;
use model::{File, FileId};
use syntax::TextRange;
use syntax::nix::{NixTokenKind, nix_tokens};
use syntax::shell::TokenKind;

/// Type of a token, by the name that the protocol has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// Comment.
    Comment,
    /// Reserved word.
    Keyword,
    /// Quoted text.
    String,
    /// Number.
    Number,
    /// Command or function.
    Function,
    /// Variable.
    Variable,
    /// Argument of a function.
    Parameter,
    /// Attribute.
    Property,
    /// Sum, or another expansion.
    Macro,
}

impl TokenType {
    /// All types with their names, each at its number.
    pub const ALL: [(TokenType, &str); 9] = [
        (TokenType::Comment, "comment"),
        (TokenType::Keyword, "keyword"),
        (TokenType::String, "string"),
        (TokenType::Number, "number"),
        (TokenType::Function, "function"),
        (TokenType::Variable, "variable"),
        (TokenType::Parameter, "parameter"),
        (TokenType::Property, "property"),
        (TokenType::Macro, "macro"),
    ];
}

/// Modifiers of tokens by their bits: the name is defined; no script defines it; the builder
/// expands it.
pub const MODIFIERS: [&str; 3] = ["declaration", "defaultLibrary", "builder"];

const DECLARATION: u32 = 1;
const DEFAULT_LIBRARY: u32 = 1 << 1;
const BUILDER: u32 = 1 << 2;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemanticToken {
    /// Its range, which may have several lines.
    pub range: TextRange,
    /// Type of token.
    pub kind: TokenType,
    /// Bits of [`MODIFIERS`].
    pub modifiers: u32,
}

/// Treatment of Nix files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NixTokens {
    /// Another extension colours them.
    #[default]
    Leave,
    /// No other extension does.
    Give,
}

/// Returns the tokens of a file, in order and without overlaps.
pub fn semantic_tokens(view: &View<'_>, file: FileId, nix: NixTokens) -> Vec<SemanticToken> {
    let Some(known) = view.tree.file(file) else {
        return Vec::new();
    };
    let mut found = match (known.script(), nix) {
        (Some(_), _) => of_heredocs(view, file, known),
        (None, NixTokens::Give) if known.path.ends_with(".nix") => of_nix(known),
        _ => Vec::new(),
    };
    found.retain(|token| !token.range.is_empty());
    found.sort_by_key(|token| (token.range.start(), token.range.end()));
    let mut end = syntax::TextSize::default();
    found.retain(|token| {
        let is_free = token.range.start() >= end;
        if is_free {
            end = token.range.end();
        }
        is_free
    });
    found
}

fn of_heredocs(view: &View<'_>, id: FileId, file: &File) -> Vec<SemanticToken> {
    let heredocs = here_texts(view, id);
    let is_definition = |kind: TokenKind| kind == TokenKind::Function;
    let defined: FxHashSet<&str> = heredocs
        .iter()
        .flat_map(|here| &here.tokens)
        .filter(|token| is_definition(token.kind))
        .map(|token| file.slice(token.range))
        .collect();
    let is_defined = |name: &str| defined.contains(name);
    let is_helper = |name: &str| view.model.helpers.contains_key(name);
    let mut found = Vec::new();
    for HereText {
        tokens, expanded, ..
    } in &heredocs
    {
        let own = tokens.iter().map(|token| (token.kind, token.range));
        found.extend(own.map(|(kind, range)| token(file, (kind, range), is_defined, 0)));
        let builders = expanded.iter().map(|token| (token.kind, token.range));
        found.extend(builders.map(|(kind, range)| token(file, (kind, range), is_helper, BUILDER)));
    }
    found
}

fn token(
    file: &File,
    (kind, range): (TokenKind, TextRange),
    is_defined: impl Fn(&str) -> bool,
    modifiers: u32,
) -> SemanticToken {
    let (kind, more) = match kind {
        TokenKind::Keyword => (TokenType::Keyword, 0),
        TokenKind::Comment => (TokenType::Comment, 0),
        TokenKind::Quoted => (TokenType::String, 0),
        TokenKind::Function => (TokenType::Function, DECLARATION),
        TokenKind::Command if is_defined(file.slice(range)) => (TokenType::Function, 0),
        TokenKind::Command => (TokenType::Function, DEFAULT_LIBRARY),
        TokenKind::Assigned => (TokenType::Variable, DECLARATION),
        TokenKind::Expanded => (TokenType::Variable, 0),
        TokenKind::Sum => (TokenType::Macro, 0),
    };
    SemanticToken {
        range,
        kind,
        modifiers: modifiers | more,
    }
}

fn of_nix(file: &File) -> Vec<SemanticToken> {
    let tokens = nix_tokens(&file.text).into_iter();
    let token = |(kind, range)| {
        let (kind, modifiers) = match kind {
            NixTokenKind::Comment => (TokenType::Comment, 0),
            NixTokenKind::Keyword => (TokenType::Keyword, 0),
            NixTokenKind::Text => (TokenType::String, 0),
            NixTokenKind::Number => (TokenType::Number, 0),
            NixTokenKind::Variable => (TokenType::Variable, 0),
            NixTokenKind::Constant => (TokenType::Variable, DEFAULT_LIBRARY),
            NixTokenKind::Parameter => (TokenType::Parameter, DECLARATION),
            NixTokenKind::Defined => (TokenType::Property, DECLARATION),
            NixTokenKind::Attribute => (TokenType::Property, 0),
        };
        SemanticToken {
            range,
            kind,
            modifiers,
        }
    };
    tokens.map(token).collect()
}
