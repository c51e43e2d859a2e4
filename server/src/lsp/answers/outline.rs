//! Symbols and links.

use lsp_types::{
    DocumentLink, DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, SymbolKind,
    Url,
};

use super::Question;
use ide::links::{self, Target};
use ide::symbols::{self, Kind, MAX_FOUND, Match, Outline};

fn kind_of(kind: Kind) -> SymbolKind {
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
    let parts = symbols::outline(&question.snapshot.view(), question.file)?;
    if question.abilities.nested_symbols {
        let nested = parts.iter().filter_map(|part| nested(question, part));
        return Some(DocumentSymbolResponse::Nested(nested.collect()));
    }
    let mut found = Vec::new();
    flatten(question, &parts, None, &mut found);
    Some(DocumentSymbolResponse::Flat(found))
}

fn nested(question: &Question, part: &Outline) -> Option<DocumentSymbol> {
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
    parts: &[Outline],
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
    kind: Kind,
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
    let mut found: Vec<(&Question, Match)> = Vec::new();
    for question in questions {
        let matches = symbols::search(&question.snapshot.view(), query);
        found.extend(matches.into_iter().map(|found| (question, found)));
    }
    // Within one checkout they are in order already.
    found.sort_by_key(|(_, found)| found.distance);
    found.truncate(MAX_FOUND);
    let symbols = found.into_iter().filter_map(|(question, found)| {
        let location = question.location(found.location)?;
        Some(symbol(&found.name, found.kind, location, Some(found.what)))
    });
    symbols.collect()
}

pub(in crate::lsp) fn links(question: &Question) -> Option<Vec<DocumentLink>> {
    let tooltips = question.abilities.link_tooltips;
    let found = links::links(&question.snapshot.view(), question.file).into_iter();
    let found = found.filter_map(|link| {
        let target = match link.target {
            Target::File(file) => question.url_of(file)?,
            Target::Url(text) => Url::parse(&text).ok()?,
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
