//! Shapes of attributes that have no set or list of their own.

use rnix::{SyntaxKind, SyntaxNode};

use super::{NixText, Shape};
use syntax::{TextRange, TextSize};

impl NixText<'_> {
    /// Returns how an attribute is written that has no set or list of its own to be changed, and
    /// where. `within` is the range that it is looked for in.
    pub(crate) fn shape_of(&self, name: &str, within: TextRange) -> (Shape, Option<TextSize>) {
        let bindings = self
            .root
            .descendants()
            .filter(|node| within.contains_range(node.text_range()) && is_binding_of(node, name));
        let mut shapes = bindings.map(|node| (shape_of_binding(&node, name), start_of(&node)));
        let Some((first, at)) = shapes.next() else {
            return (Shape::Missing, None);
        };
        let shape = match first {
            // Its value is written out: what keeps it from being changed is another binding.
            Shape::Elsewhere if shapes.next().is_some() => Shape::Scattered,
            shape => shape,
        };
        (shape, Some(at))
    }
}

fn start_of(node: &SyntaxNode) -> TextSize {
    node.text_range().start()
}

/// Returns whether a node is a binding that has a name in its path, or inherits it.
fn is_binding_of(node: &SyntaxNode, name: &str) -> bool {
    match node.kind() {
        SyntaxKind::NODE_ATTRPATH_VALUE => path_of(node).iter().any(|part| part == name),
        SyntaxKind::NODE_INHERIT => node
            .children()
            .filter(|child| child.kind() != SyntaxKind::NODE_INHERIT_FROM)
            .any(|child| unquoted(&child) == name),
        _ => false,
    }
}

/// Returns the names of a binding's attribute path, without quotes.
fn path_of(binding: &SyntaxNode) -> Vec<String> {
    let path = binding
        .children()
        .find(|child| child.kind() == SyntaxKind::NODE_ATTRPATH);
    let names = path.iter().flat_map(SyntaxNode::children);
    names.map(|name| unquoted(&name)).collect()
}

fn unquoted(name: &SyntaxNode) -> String {
    name.text().to_string().trim_matches('"').to_owned()
}

fn shape_of_binding(binding: &SyntaxNode, name: &str) -> Shape {
    if binding.kind() == SyntaxKind::NODE_INHERIT {
        return Shape::Inherited;
    }
    if path_of(binding).last().is_none_or(|last| last != name) {
        return Shape::WithoutSet;
    }
    match binding.children().last() {
        Some(value) => shape_of_value(&value),
        None => Shape::Computed,
    }
}

fn shape_of_value(value: &SyntaxNode) -> Shape {
    let operator = |kind: SyntaxKind| {
        let mut elements = value.children_with_tokens();
        elements.any(|element| element.kind() == kind)
    };
    match value.kind() {
        SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LIST => Shape::Elsewhere,
        SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT => Shape::Named,
        SyntaxKind::NODE_BIN_OP if operator(SyntaxKind::TOKEN_CONCAT) => Shape::Concatenated,
        SyntaxKind::NODE_BIN_OP if operator(SyntaxKind::TOKEN_UPDATE) => Shape::Merged,
        // The last expression in them is their value.
        SyntaxKind::NODE_PAREN
        | SyntaxKind::NODE_WITH
        | SyntaxKind::NODE_LET_IN
        | SyntaxKind::NODE_ASSERT => value
            .children()
            .last()
            .map_or(Shape::Computed, |body| shape_of_value(&body)),
        _ => Shape::Computed,
    }
}
