//! Semantic tokens of the files with cursors in `tokens/`: each with its type and modifiers.

use std::path::Path;

use fixture::{CHECKOUTS, checkout, cursors};
use ide::semantic_tokens::{MODIFIERS, NixTokens, SemanticToken, TokenType, semantic_tokens};
use syntax::TextSize;

fn name(token: &SemanticToken) -> String {
    let mut types = TokenType::ALL.iter();
    let (_, kind) = types.find(|(kind, _)| *kind == token.kind).unwrap();
    let modifiers = MODIFIERS.iter().enumerate();
    let set = modifiers.filter(|(bit, _)| token.modifiers & (1 << bit) != 0);
    let set: String = set.map(|(_, name)| format!(".{name}")).collect();
    format!("{kind}{set}")
}

pub(crate) fn tokens(path: &Path) {
    cursors::check(path, |snapshot, id, _| {
        let file = snapshot.tree.file(id).unwrap();
        let found = semantic_tokens(&snapshot.view(), id, NixTokens::Give);
        let lines = found.iter().map(|token| {
            let line = file.lines().line_of(token.range.start()) + 1;
            let text = file.slice(token.range).replace('\n', "\\n");
            format!("{line}: {} {text}", name(token))
        });
        lines.collect::<Vec<_>>().join("\n")
    });
}

/// Tokens follow each other without overlaps, and those of scripts are in here-documents.
pub(crate) fn every_token_of_whole_checkouts() {
    for name in CHECKOUTS {
        let snapshot = checkout(name);
        let view = snapshot.view();
        let mut count = 0;
        for (id, file) in snapshot.tree.files() {
            let mut end = TextSize::default();
            for token in semantic_tokens(&view, id, NixTokens::Give) {
                assert!(token.range.start() >= end && !token.range.is_empty());
                end = token.range.end();
                count += 1;
                let Some(facts) = file.script() else { continue };
                let mut bodies = facts.heredocs.iter().map(|heredoc| heredoc.body);
                let is_inside = bodies.any(|body| body.contains_range(token.range));
                assert!(is_inside, "{}: {}", file.path, file.slice(token.range));
            }
            let quiet = semantic_tokens(&view, id, NixTokens::Leave);
            assert!(file.script().is_some() || quiet.is_empty());
        }
        assert!(count > 200, "{name}: {count}");
    }
}
