//! Semantic tokens: of a whole document, of a range of it, and as the difference from those that were
//! sent before.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lsp_types::{
    Position, Range, SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens,
    SemanticTokensDelta, SemanticTokensEdit, SemanticTokensFullDeltaResult,
    SemanticTokensFullOptions, SemanticTokensLegend, SemanticTokensOptions, Url,
    WorkDoneProgressOptions,
};
use rustc_hash::FxHashMap;

use crate::lsp::position::range;
use crate::lsp::request_context::RequestContext;
use ide::semantic_tokens::{MODIFIERS, NixTokens, TokenType, semantic_tokens};
use model::FileId;
use syntax::TextRange;

/// Tokens that were sent last, by document.
#[derive(Debug, Default)]
pub(in crate::lsp) struct SentTokens {
    documents: Mutex<FxHashMap<Url, Sent>>,
}

#[derive(Debug, Default)]
struct Sent {
    id: u64,
    tokens: Vec<SemanticToken>,
}

/// Returns what the server can do.
pub(in crate::lsp) fn options() -> SemanticTokensOptions {
    let types = TokenType::ALL.iter();
    SemanticTokensOptions {
        legend: SemanticTokensLegend {
            token_types: types
                .map(|(_, name)| SemanticTokenType::new(name))
                .collect(),
            token_modifiers: MODIFIERS.map(SemanticTokenModifier::new).to_vec(),
        },
        range: Some(true),
        full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
        work_done_progress_options: WorkDoneProgressOptions::default(),
    }
}

/// Returns the tokens of a file, or of a range of it.
pub(in crate::lsp) fn tokens(
    context: &RequestContext,
    id: FileId,
    within: Option<Range>,
) -> Option<Vec<SemanticToken>> {
    let view = context.snapshot.view();
    let file = view.tree.file(id)?;
    let nix = match context.client.nix_tokens {
        true => NixTokens::Give,
        false => NixTokens::Leave,
    };
    let within = within.and_then(|within| {
        let start = context.offset(id, within.start)?;
        let end = context.offset(id, within.end)?;
        (start <= end).then(|| TextRange::new(start, end))
    });
    let mut encoder = Encoder::default();
    for token in semantic_tokens(&view, id, nix) {
        if within.is_some_and(|within| within.intersect(token.range).is_none()) {
            continue;
        }
        let kind = TokenType::ALL
            .iter()
            .position(|(kind, _)| *kind == token.kind);
        let kind = u32::try_from(kind?).ok()?;
        // Clients take tokens of one line alone.
        for line in lines_of(file.slice(token.range), token.range) {
            let at = range(file, line, context.client.encoding);
            encoder.push(at, kind, token.modifiers);
        }
    }
    Some(encoder.tokens)
}

/// Splits a range at the ends of its lines.
fn lines_of(text: &str, range: TextRange) -> impl Iterator<Item = TextRange> {
    let mut start = range.start();
    text.split_inclusive('\n').filter_map(move |line| {
        let from = start;
        start += syntax::TextSize::of(line);
        let length = syntax::TextSize::of(line.trim_end_matches(['\n', '\r']));
        (length > syntax::TextSize::default()).then(|| TextRange::at(from, length))
    })
}

#[derive(Default)]
struct Encoder {
    tokens: Vec<SemanticToken>,
    before: Position,
}

impl Encoder {
    fn push(&mut self, at: Range, token_type: u32, token_modifiers_bitset: u32) {
        let delta_line = at.start.line - self.before.line;
        let first = match delta_line {
            0 => self.before.character,
            _ => 0,
        };
        self.tokens.push(SemanticToken {
            delta_line,
            delta_start: at.start.character - first,
            length: at.end.character.saturating_sub(at.start.character),
            token_type,
            token_modifiers_bitset,
        });
        self.before = at.start;
    }
}

impl SentTokens {
    fn documents(&self) -> MutexGuard<'_, FxHashMap<Url, Sent>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of the tokens that are sent for a document.
    pub(in crate::lsp) fn full(&self, url: &Url, tokens: Vec<SemanticToken>) -> SemanticTokens {
        let mut documents = self.documents();
        let sent = documents.entry(url.clone()).or_default();
        sent.id += 1;
        sent.tokens.clone_from(&tokens);
        SemanticTokens {
            result_id: Some(sent.id.to_string()),
            data: tokens,
        }
    }

    /// Returns the difference from the tokens that were sent for a document as `previous`; all of
    /// them where those are not known any more.
    pub(in crate::lsp) fn delta(
        &self,
        url: &Url,
        previous: &str,
        tokens: Vec<SemanticToken>,
    ) -> SemanticTokensFullDeltaResult {
        let before = self.documents().get(url).and_then(|sent| {
            let is_known = sent.id.to_string() == previous;
            is_known.then(|| sent.tokens.clone())
        });
        let full = self.full(url, tokens);
        match before {
            None => SemanticTokensFullDeltaResult::Tokens(full),
            Some(before) => SemanticTokensFullDeltaResult::TokensDelta(SemanticTokensDelta {
                result_id: full.result_id,
                edits: difference(&before, full.data).into_iter().collect(),
            }),
        }
    }

    /// Forgets the tokens of a document.
    pub(in crate::lsp) fn close(&self, url: &Url) {
        self.documents().remove(url);
    }
}

/// The edit that makes some tokens of others: numbers in it count integers, of which a token has five.
fn difference(before: &[SemanticToken], after: Vec<SemanticToken>) -> Option<SemanticTokensEdit> {
    let same = |(one, other): &(&SemanticToken, &SemanticToken)| one == other;
    let start = before.iter().zip(&after).take_while(same).count();
    let rest = before.len().min(after.len()) - start;
    let ends = before.iter().rev().zip(after.iter().rev()).take(rest);
    let end = ends.take_while(same).count();
    let removed = before.len() - start - end;
    let added = after.len() - start - end;
    if removed == 0 && added == 0 {
        return None;
    }
    let integers = |tokens: usize| u32::try_from(tokens * 5).unwrap_or(u32::MAX);
    let added: Vec<SemanticToken> = after.into_iter().skip(start).take(added).collect();
    Some(SemanticTokensEdit {
        start: integers(start),
        delete_count: integers(removed),
        data: Some(added),
    })
}
