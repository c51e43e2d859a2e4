//! Here-documents of a script: what the builder expands in them, and what those say that are scripts
//! themselves, as their reader gets them.
//!
//! `embedded`: a text with the ranges that it is written at; `names`: functions and variables of the
//! container's script, over all here-documents that it is made of.

mod embedded;
mod names;

use rustc_hash::FxHashMap;

use embedded::Embedded;
use model::FileId;
use model::view::View;
use syntax::bash::ScriptFacts;
use syntax::shell::{self, PieceKind, Token, TokenKind};
use syntax::{TextRange, TextSize};

pub(crate) use names::{ContainerName, Within, definitions, name_at, references};

/// Number of scripts inside of each other, each written by the one around it.
const MAX_LEVEL: u32 = 4;

/// Fragment of the container's script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// Its number among the here-documents of the file.
    pub(crate) index: u32,
    /// The function around it: its number in the file.
    pub(crate) function: Option<u32>,
}

/// A here-document.
#[derive(Debug)]
pub(crate) struct HereText {
    /// Set where it becomes part of the container's script.
    pub(crate) fragment: Option<Fragment>,
    /// The text.
    pub(crate) body: TextRange,
    /// Tokens of the script that it is, if it is one.
    pub(crate) tokens: Vec<EmbeddedToken>,
    /// Tokens of what the builder expands in it.
    pub(crate) expanded: Vec<Token>,
    /// What the builder expands in it, as it is written: `$x`, `$(cat file)`.
    pub(crate) expansions: Vec<TextRange>,
}

/// Token of a script in a here-document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmbeddedToken {
    pub(crate) kind: TokenKind,
    /// Range in the file.
    pub(crate) range: TextRange,
    /// Number of scripts around this one, in the same here-document.
    pub(crate) level: u32,
    /// Beginning of the function that has the variable for its own.
    pub(crate) scope: Option<TextSize>,
}

/// Returns the fragments of the container's script in a file.
pub(crate) fn fragments(view: &View<'_>, facts: &ScriptFacts) -> Vec<Fragment> {
    let indices = view.model.container_heredocs(&facts.effects).into_iter();
    let fragment = |index: u32| {
        let heredoc = facts.heredocs.get(index as usize)?;
        Some(Fragment {
            index,
            function: heredoc.function,
        })
    };
    indices.filter_map(fragment).collect()
}

/// Returns the here-documents of a script, in order.
pub(crate) fn here_texts(view: &View<'_>, file: FileId) -> Vec<HereText> {
    let known = view.tree.file(file);
    let Some((file, facts)) = known.and_then(|file| Some((file, file.script()?))) else {
        return Vec::new();
    };
    if facts.heredocs.is_empty() {
        return Vec::new();
    }
    let text = &*file.text;
    let script = shell::parse(text);
    let fragments: FxHashMap<TextSize, Fragment> = fragments(view, facts)
        .into_iter()
        .filter_map(|fragment| {
            Some((
                facts.heredocs.get(fragment.index as usize)?.body.start(),
                fragment,
            ))
        })
        .collect();
    let written = shell::tokens(text, &script).scripts;
    let whole = Embedded::whole(text);
    let mut found: Vec<HereText> = Vec::new();
    for (index, heredoc) in script.heredocs.iter().enumerate() {
        let body = heredoc.body.range;
        // Those of the commands in another one's text belong to that.
        let last = found
            .last()
            .map_or(TextSize::default(), |last| last.body.end());
        if body.is_empty() || body.start() < last {
            continue;
        }
        let fragment = fragments.get(&body.start()).copied();
        let mut tokens = Vec::new();
        if fragment.is_some() || written.contains(&index) {
            collect(&whole.heredoc(&heredoc.body), 0, &mut tokens);
        }
        let pieces = heredoc.body.pieces.iter();
        let is_literal = |kind: &PieceKind| matches!(kind, PieceKind::Literal);
        let expansions = pieces.filter(|piece| !is_literal(&piece.kind));
        found.push(HereText {
            fragment,
            body,
            tokens,
            expanded: shell::expanded_tokens(text, &script, &heredoc.body).tokens,
            expansions: expansions.map(|piece| piece.range).collect(),
        });
    }
    found
}

/// Collects the tokens of a script, and of those that it writes.
fn collect(script: &Embedded<'_>, level: u32, out: &mut Vec<EmbeddedToken>) {
    let parsed = shell::parse(&script.text);
    let found = shell::tokens(&script.text, &parsed);
    let is_name = |kind: TokenKind| !matches!(kind, TokenKind::Comment | TokenKind::Quoted);
    for token in &found.tokens {
        let scope = scope_of(script, &found.locals, token);
        let sources = script.sources(token.range);
        // A name that the builder makes a part of is not written anywhere.
        if is_name(token.kind)
            && !matches!(sources.as_slice(), [only] if only.len() == token.range.len())
        {
            continue;
        }
        out.extend(sources.into_iter().map(|range| EmbeddedToken {
            kind: token.kind,
            range,
            level,
            scope,
        }));
    }
    if level >= MAX_LEVEL {
        return;
    }
    for index in found.scripts {
        if let Some(heredoc) = parsed.heredocs.get(index) {
            collect(&script.heredoc(&heredoc.body), level + 1, out);
        }
    }
}

/// Beginning in the file of the innermost function that has a variable for its own.
fn scope_of(
    script: &Embedded<'_>,
    locals: &[(smol_str::SmolStr, TextRange)],
    token: &Token,
) -> Option<TextSize> {
    if !matches!(token.kind, TokenKind::Assigned | TokenKind::Expanded) {
        return None;
    }
    let name = script.slice(token.range);
    let around = locals
        .iter()
        .filter(|(local, function)| local == name && function.contains_range(token.range));
    let function = around
        .map(|(_, function)| *function)
        .min_by_key(|f| f.len())?;
    let source = script.sources(function).into_iter().next()?;
    Some(source.start())
}
