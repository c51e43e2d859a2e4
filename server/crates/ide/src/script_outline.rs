//! Outline of a script, for document symbols: functions, variables, includes, calls of helpers and
//! here-documents. Other servers for Bash show functions and variables at most.

use std::cmp::Reverse;

use super::occurrences::{Role, Symbol, occurrences};
use super::outline::OutlineNode;
use super::symbol_search::SymbolKind;
use model::view::View;
use model::{File, FileId};
use syntax::bash::{HereDoc, ScriptFacts};
use syntax::{TextRange, TextSize};

/// Limit of the characters of a line that stands for a here-document.
const MAX_LINE: usize = 60;

/// Returns the outline of a script, in the order of the text.
pub(super) fn outline(
    view: &View<'_>,
    id: FileId,
    file: &File,
    facts: &ScriptFacts,
) -> Vec<OutlineNode> {
    let mut found = Vec::new();
    for occurrence in occurrences(view, id) {
        let range = occurrence.range;
        let is_inside = facts.heredocs.iter().any(|h| h.body.contains_range(range));
        if is_inside {
            continue;
        }
        let (kind, name) = match (&occurrence.symbol, occurrence.role) {
            (Symbol::Variable(name), Role::Definition) => (SymbolKind::Variable, name.as_str()),
            (Symbol::Helper(name), Role::Definition) => (SymbolKind::Helper, name.as_str()),
            (Symbol::Helper(name), Role::Reference) if view.model.helpers.contains_key(name) => {
                (SymbolKind::Call, name.as_str())
            }
            (Symbol::Script(_), _) => (SymbolKind::Include, file.slice(range)),
            _ => continue,
        };
        found.push(node(kind, name.trim_matches('"'), range));
    }
    for function in &facts.effects.functions {
        let name = facts.range(function.name_span);
        if let Some(node) = found.iter_mut().find(|node| node.selection == name) {
            node.range = node.range.cover(facts.range(function.definition_span));
        }
    }
    for heredoc in &facts.heredocs {
        add_heredoc(file, heredoc, &mut found);
    }
    found.retain(|node| !node.name.is_empty());
    found.sort_by_key(|node| (node.range.start(), Reverse(node.range.end())));
    nested(found)
}

fn node(kind: SymbolKind, name: &str, range: TextRange) -> OutlineNode {
    OutlineNode {
        kind,
        name: name.to_owned(),
        detail: String::new(),
        range,
        selection: range,
        children: Vec::new(),
    }
}

/// Adds a here-document: to the call in its line that reads it, else by itself.
fn add_heredoc(file: &File, heredoc: &HereDoc, found: &mut Vec<OutlineNode>) {
    let all = file.lines();
    let line = all.range(all.line_of(heredoc.opened.start()), &file.text);
    let count = file.slice(heredoc.body).lines().count();
    let noun = if count == 1 { "line" } else { "lines" };
    let lines = format!("{count} {noun}");
    let is_call = |node: &&mut OutlineNode| {
        node.kind == SymbolKind::Call && line.contains_range(node.selection)
    };
    if let Some(call) = found.iter_mut().rfind(|node| is_call(node)) {
        call.range = call.range.cover(heredoc.body);
        call.detail = format!("<<{}, {lines}", file.slice(heredoc.opened));
        return;
    }
    let written = file.slice(line);
    let indent = written.len() - written.trim_start().len();
    let name: String = written.trim().chars().take(MAX_LINE).collect();
    let start = line.start() + TextSize::try_from(indent).unwrap_or_default();
    let selection = TextRange::at(start, TextSize::of(written.trim()));
    found.push(OutlineNode {
        detail: lines,
        range: selection.cover(heredoc.body),
        selection,
        ..node(SymbolKind::HereDocument, &name, selection)
    });
}

/// Puts parts into the functions that they are in.
fn nested(sorted: Vec<OutlineNode>) -> Vec<OutlineNode> {
    let mut out: Vec<OutlineNode> = Vec::new();
    for node in sorted {
        match out.last_mut() {
            Some(around)
                if around.kind == SymbolKind::Helper && around.range.contains_range(node.range) =>
            {
                around.children.push(node);
            }
            _ => out.push(node),
        }
    }
    out
}
