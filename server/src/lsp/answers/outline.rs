//! Symbols and links.

use lsp_types::{
    DocumentLink, DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, SymbolKind,
    Url,
};

use super::Question;
use ide::links::{self, LinkTarget};
use ide::outline::{self, OutlineNode};
use ide::symbol_search::{self, MAX_SYMBOLS, SymbolMatch};

fn kind_of(kind: symbol_search::SymbolKind) -> SymbolKind {
    use symbol_search::SymbolKind as Kind;
    match kind {
        Kind::Image => SymbolKind::CLASS,
        Kind::Helper => SymbolKind::FUNCTION,
        Kind::Include => SymbolKind::MODULE,
        Kind::Builder => SymbolKind::CONSTRUCTOR,
        Kind::Distribution => SymbolKind::NAMESPACE,
        Kind::Entry => SymbolKind::PACKAGE,
        Kind::Collection => SymbolKind::EVENT,
        Kind::Row => SymbolKind::STRUCT,
        Kind::Group => SymbolKind::ARRAY,
    }
}

/// The outline of a Nix file.
pub(in crate::lsp) fn document_symbols(question: &Question) -> Option<DocumentSymbolResponse> {
    let parts = outline::outline(&question.snapshot.view(), question.file)?;
    if question.abilities.nested_symbols {
        let nested = parts.iter().filter_map(|part| nested(question, part));
        return Some(DocumentSymbolResponse::Nested(nested.collect()));
    }
    let mut found = Vec::new();
    flatten(question, &parts, None, &mut found);
    Some(DocumentSymbolResponse::Flat(found))
}

fn nested(question: &Question, part: &OutlineNode) -> Option<DocumentSymbol> {
    let children = part.children.iter();
    let children: Vec<DocumentSymbol> = children
        .filter_map(|child| nested(question, child))
        .collect();
    #[allow(deprecated, reason = "there is no other way to make one")]
    Some(DocumentSymbol {
        name: part.name.clone(),
        detail: Some(part.detail.clone()).filter(|detail| !detail.is_empty()),
        kind: kind_of(part.kind),
        tags: None,
        deprecated: None,
        range: question.range(part.range)?,
        selection_range: question.range(part.selection)?,
        children: (!children.is_empty()).then_some(children),
    })
}

fn flatten(
    question: &Question,
    parts: &[OutlineNode],
    container: Option<&str>,
    found: &mut Vec<SymbolInformation>,
) {
    for part in parts {
        if let Some(range) = question.range(part.range) {
            let location = Location::new(question.url.clone(), range);
            let container = container.map(str::to_owned);
            found.push(symbol(&part.name, part.kind, location, container));
        }
        flatten(question, &part.children, Some(&part.name), found);
    }
}

fn symbol(
    name: &str,
    kind: symbol_search::SymbolKind,
    location: Location,
    container_name: Option<String>,
) -> SymbolInformation {
    #[allow(deprecated, reason = "there is no other way to make one")]
    SymbolInformation {
        name: name.to_owned(),
        kind: kind_of(kind),
        tags: None,
        deprecated: None,
        location,
        container_name,
    }
}

/// The symbols of some checkouts that fit a query, the best first.
pub(in crate::lsp) fn workspace_symbols(
    questions: &[Question],
    query: &str,
) -> Vec<SymbolInformation> {
    let mut found: Vec<(&Question, SymbolMatch)> = Vec::new();
    for question in questions {
        let matches = symbol_search::search(&question.snapshot.view(), query);
        found.extend(matches.into_iter().map(|found| (question, found)));
    }
    // Within one checkout they are in order already.
    found.sort_by_key(|(_, found)| found.distance);
    found.truncate(MAX_SYMBOLS);
    let symbols = found.into_iter().filter_map(|(question, found)| {
        let location = question.location(found.definition)?;
        Some(symbol(
            &found.name,
            found.kind,
            location,
            Some(found.description),
        ))
    });
    symbols.collect()
}

pub(in crate::lsp) fn links(question: &Question) -> Option<Vec<DocumentLink>> {
    let tooltips = question.abilities.link_tooltips;
    let found = links::links(&question.snapshot.view(), question.file).into_iter();
    let found = found.filter_map(|link| {
        let target = match link.destination {
            LinkTarget::File(file) => question.url_of(file)?,
            LinkTarget::Url(text) => Url::parse(&text).ok()?,
        };
        Some(DocumentLink {
            range: question.range(link.range)?,
            target: Some(target),
            tooltip: tooltips.then_some(link.tooltip),
            data: None,
        })
    });
    let found: Vec<DocumentLink> = found.collect();
    (!found.is_empty()).then_some(found)
}
