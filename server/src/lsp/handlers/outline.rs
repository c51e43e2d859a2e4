//! Symbols and links.

use lsp_types::{
    DocumentLink, DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, SymbolKind,
    Url,
};

use crate::lsp::request_context::RequestContext;
use ide::links::{self, LinkTarget};
use ide::outline::{self, OutlineNode};
use ide::symbol_search::{self, MAX_SYMBOLS, SymbolMatch};
use model::FileId;

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
        Kind::Variable => SymbolKind::VARIABLE,
        Kind::Call => SymbolKind::METHOD,
        Kind::HereDocument => SymbolKind::STRING,
    }
}

/// Returns the outline of a Nix file or, if `scripts` is set, of a script.
pub(in crate::lsp) fn document_symbols(
    context: &RequestContext,
    file: FileId,
    scripts: bool,
) -> Option<DocumentSymbolResponse> {
    let outline = outline::outline(&context.snapshot.view(), file, scripts)?;
    if context.client.nested_symbols {
        let nested = outline
            .iter()
            .filter_map(|node| nested(context, file, node));
        return Some(DocumentSymbolResponse::Nested(nested.collect()));
    }
    let mut found = Vec::new();
    flatten(context, file, &outline, None, &mut found);
    Some(DocumentSymbolResponse::Flat(found))
}

fn nested(context: &RequestContext, file: FileId, node: &OutlineNode) -> Option<DocumentSymbol> {
    let children = node.children.iter();
    let children: Vec<DocumentSymbol> = children
        .filter_map(|child| nested(context, file, child))
        .collect();
    #[allow(deprecated, reason = "there is no other way to make one")]
    Some(DocumentSymbol {
        name: node.name.clone(),
        detail: Some(node.detail.clone()).filter(|detail| !detail.is_empty()),
        kind: kind_of(node.kind),
        tags: None,
        deprecated: None,
        range: context.range(file, node.range)?,
        selection_range: context.range(file, node.selection)?,
        children: (!children.is_empty()).then_some(children),
    })
}

fn flatten(
    context: &RequestContext,
    file: FileId,
    outline: &[OutlineNode],
    container: Option<&str>,
    found: &mut Vec<SymbolInformation>,
) {
    for node in outline {
        let range = context.range(file, node.range);
        if let Some((url, range)) = context.url_of(file).zip(range) {
            let location = Location::new(url, range);
            let container = container.map(str::to_owned);
            found.push(symbol(&node.name, node.kind, location, container));
        }
        flatten(context, file, &node.children, Some(&node.name), found);
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

/// Returns the symbols of some checkouts that match a query, the best first.
pub(in crate::lsp) fn workspace_symbols(
    contexts: &[RequestContext],
    query: &str,
) -> Vec<SymbolInformation> {
    let mut found: Vec<(&RequestContext, SymbolMatch)> = Vec::new();
    for context in contexts {
        let matches = symbol_search::search(&context.snapshot.view(), query);
        found.extend(matches.into_iter().map(|found| (context, found)));
    }
    // Within one checkout they are sorted already.
    found.sort_by_key(|(_, found)| found.distance);
    found.truncate(MAX_SYMBOLS);
    let symbols = found.into_iter().filter_map(|(context, found)| {
        let location = context.to_location(found.definition)?;
        Some(symbol(
            &found.name,
            found.kind,
            location,
            Some(found.description),
        ))
    });
    symbols.collect()
}

/// Returns the links of a file.
pub(in crate::lsp) fn links(context: &RequestContext, file: FileId) -> Option<Vec<DocumentLink>> {
    let tooltips = context.client.link_tooltips;
    let found = links::links(&context.snapshot.view(), file).into_iter();
    let found = found.filter_map(|link| {
        let target = match link.destination {
            LinkTarget::File(file) => context.url_of(file)?,
            LinkTarget::Url(text) => Url::parse(&text).ok()?,
        };
        Some(DocumentLink {
            range: context.range(file, link.range)?,
            target: Some(target),
            tooltip: tooltips.then_some(link.tooltip),
            data: None,
        })
    });
    let found: Vec<DocumentLink> = found.collect();
    (!found.is_empty()).then_some(found)
}
