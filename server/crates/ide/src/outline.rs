//! Outline of the Nix files, for document symbols: distributions with their entries, the garbage
//! collection, rows and groups; and of scripts, where it is wanted.

use std::cmp::Reverse;

use smol_str::SmolStr;

use super::script_outline;
use super::symbol_search::{SymbolKind, count_rows};
use model::FileId;
use model::registration::image_name;
use model::view::View;
use syntax::TextRange;
use syntax::nix::{Entry, GcEntry, NixField, Repository, TableFacts};

/// Named part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineNode {
    /// Kind of thing that is named.
    pub kind: SymbolKind,
    /// The name; never empty, since editors refuse an outline with empty names.
    pub name: String,
    /// Short description beside the name; may be empty.
    pub detail: String,
    /// The whole part, in bytes.
    pub range: TextRange,
    /// The name, or what stands for it, within `range`.
    pub selection: TextRange,
    /// Parts of this one, in the order of the text.
    pub children: Vec<OutlineNode>,
}

/// Returns the outline of the repository, the test table or, if `scripts` is set, a script; `None` for
/// other files, and if the text does not parse: its facts are those of an earlier text then.
pub fn outline(view: &View<'_>, id: FileId, scripts: bool) -> Option<Vec<OutlineNode>> {
    let file = view.tree.file(id).filter(|file| !file.is_stale())?;
    if let Some(facts) = file.repository().and_then(|r| r.facts.as_ref()) {
        if !view.is_of_repository(id) {
            return None;
        }
        let nodes = facts.repositories.iter().flat_map(of_repository);
        return Some(sorted(nodes.collect()));
    }
    if let Some(facts) = file.script().filter(|_| scripts) {
        return Some(script_outline::outline(view, id, file, facts));
    }
    let facts = file.test_table()?.facts.as_ref()?;
    Some(sorted(of_table(facts)))
}

fn sorted(mut nodes: Vec<OutlineNode>) -> Vec<OutlineNode> {
    nodes.sort_by_key(|node| (node.range.start(), Reverse(node.range.end())));
    nodes
}

/// Node without children; an empty name is shown as `""`.
fn node(kind: SymbolKind, name: &str, range: TextRange, selection: TextRange) -> OutlineNode {
    let name = if name.is_empty() { "\"\"" } else { name };
    OutlineNode {
        kind,
        name: name.to_owned(),
        detail: String::new(),
        range,
        selection: if range.contains_range(selection) {
            selection
        } else {
            TextRange::empty(range.start())
        },
        children: Vec::new(),
    }
}

fn of_repository(repository: &Repository) -> Vec<OutlineNode> {
    let mut nodes = Vec::new();
    for distribution in &repository.distributions {
        let name = &distribution.name;
        let entries = repository.entries.iter();
        let own = entries.filter(|entry| entry.distribution.value == name.value);
        let children = sorted(own.map(of_entry).collect());
        // Entries may be bound elsewhere, as `images.debian."13"`: the range covers all of them.
        let range = children.iter().fold(distribution.binding, |range, child| {
            range.cover(child.range)
        });
        let mut found = node(SymbolKind::Distribution, &name.value, range, name.range);
        found.children = children;
        nodes.push(found);
    }
    let collections = repository.collections.iter();
    let collections: Vec<OutlineNode> = collections
        .filter(|collection| !collection.range.is_empty())
        .map(of_collection)
        .collect();
    match repository.collections_list {
        Some(list) if !collections.is_empty() => {
            let children = collections.iter();
            let range = children.fold(list, |range, child| range.cover(child.range));
            let first = TextRange::empty(range.start());
            let mut found = node(SymbolKind::Collection, "garbageCollection", range, first);
            found.children = collections;
            nodes.push(found);
        }
        _ => nodes.extend(collections),
    }
    nodes
}

fn of_entry(entry: &Entry) -> OutlineNode {
    let range = entry.binding;
    let mut found = node(
        SymbolKind::Entry,
        &entry.version.value,
        range,
        entry.version.range,
    );
    let tags: Vec<&str> = entry.tags.items.iter().map(|t| t.value.as_str()).collect();
    let tags = tags.join(", ");
    // An image's name is given where it cannot be told from the version.
    let image = image_name(entry).filter(|_| matches!(entry.name, NixField::Known(_)));
    let image = image.unwrap_or_default();
    let words = [image.as_str(), tags.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
    found.detail = words.join(": ");
    found
}

fn of_collection(collection: &GcEntry) -> OutlineNode {
    let text = |field: &NixField<SmolStr>| match field {
        NixField::Absent => None,
        NixField::Known(value) => Some(value.value.to_string()),
        NixField::Unknown => Some("?".to_owned()),
    };
    let fields = [
        &collection.distribution,
        &collection.version,
        &collection.variant,
        &collection.arch,
        &collection.vendor,
    ];
    let words: Vec<String> = fields.into_iter().filter_map(text).collect();
    let selection = match &collection.distribution {
        NixField::Known(value) => value.range,
        _ => TextRange::empty(collection.range.start()),
    };
    let name = if words.is_empty() {
        "?".to_owned()
    } else {
        words.join(" ")
    };
    node(SymbolKind::Collection, &name, collection.range, selection)
}

fn of_table(facts: &TableFacts) -> Vec<OutlineNode> {
    let text = |field: &NixField<SmolStr>| match field {
        NixField::Known(value) => value.value.to_string(),
        _ => "?".to_owned(),
    };
    let rows_of_table = facts.rows.iter().map(|row| {
        let mut found = node(SymbolKind::Row, &row.key.value, row.binding, row.key.range);
        found.detail = format!("{} {}", text(&row.distribution), text(&row.version));
        found
    });
    let groups = facts.groups.iter().map(|group| {
        let mut found = node(
            SymbolKind::Group,
            &group.name.value,
            group.binding,
            group.name.range,
        );
        found.detail = count_rows(group.members.len());
        found
    });
    rows_of_table.chain(groups).collect()
}
