//! Kinds and fields of the grammar's nodes, from tables: the methods of a [`Node`] compare C strings
//! at every call.

use std::num::NonZeroU16;
use std::sync::LazyLock;

use tree_sitter::{Language, Node, TreeCursor};

static LANGUAGE: LazyLock<Language> = LazyLock::new(|| tree_sitter_bash::LANGUAGE.into());

/// Returns [`Node::kind`].
pub(super) fn kind(node: Node<'_>) -> &'static str {
    static KINDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let count = u16::try_from(LANGUAGE.node_kind_count()).unwrap_or(u16::MAX);
        (0..count)
            .map(|id| LANGUAGE.node_kind_for_id(id).unwrap_or_default())
            .collect()
    });
    // What is not in it is an error node.
    KINDS
        .get(usize::from(node.kind_id()))
        .copied()
        .unwrap_or_default()
}

/// Properties of a kind of node, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traits(u8);

impl Traits {
    /// It has nothing to be read below it.
    pub(super) const LEAF: Traits = Traits(1);
    /// A statement begins with it.
    pub(super) const STATEMENT: Traits = Traits(2);
    /// It may be run in the background.
    pub(super) const JOB: Traits = Traits(4);

    /// Returns the properties of a node.
    pub(super) fn of(node: Node<'_>) -> Traits {
        static TRAITS: LazyLock<Vec<Traits>> = LazyLock::new(|| {
            let count = u16::try_from(LANGUAGE.node_kind_count()).unwrap_or(u16::MAX);
            let kinds = (0..count).map(|id| LANGUAGE.node_kind_for_id(id).unwrap_or_default());
            kinds.map(Traits::of_kind).collect()
        });
        let traits = TRAITS.get(usize::from(node.kind_id()));
        traits.copied().unwrap_or_default()
    }

    /// Returns whether there is a property among these.
    pub(super) fn has(self, property: Traits) -> bool {
        self.0 & property.0 != 0
    }

    fn of_kind(kind: &str) -> Traits {
        let both = Traits(Traits::STATEMENT.0 | Traits::JOB.0);
        match kind {
            "comment"
            | "heredoc_start"
            | "heredoc_end"
            | "heredoc_content"
            | "word"
            | "raw_string"
            | "string_content"
            | "variable_name"
            | "special_variable_name"
            | "test_operator" => Traits::LEAF,
            "command"
            | "variable_assignment"
            | "variable_assignments"
            | "declaration_command"
            | "unset_command"
            | "if_statement"
            | "case_statement"
            | "test_command"
            | "for_statement"
            | "c_style_for_statement"
            | "while_statement"
            | "subshell"
            | "compound_statement"
            | "redirected_statement" => both,
            "function_definition" | "file_redirect" => Traits::STATEMENT,
            "list" | "pipeline" | "negated_command" => Traits::JOB,
            _ => Traits::default(),
        }
    }
}

/// A field that a node has children in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Body,
    Condition,
    Descriptor,
    Destination,
    Name,
    Operator,
    Redirect,
    Value,
    Variable,
}

impl Field {
    fn id(self) -> Option<NonZeroU16> {
        static IDS: LazyLock<[Option<NonZeroU16>; 9]> = LazyLock::new(|| {
            [
                "body",
                "condition",
                "descriptor",
                "destination",
                "name",
                "operator",
                "redirect",
                "value",
                "variable",
            ]
            .map(|name| LANGUAGE.field_id_for_name(name))
        });
        IDS.get(self as usize).copied().flatten()
    }

    /// Returns the first child in this field.
    pub(super) fn of(self, node: Node<'_>) -> Option<Node<'_>> {
        node.child_by_field_id(self.id()?.get())
    }

    /// Returns all children in this field.
    pub(super) fn all_of<'t>(self, node: Node<'t>, cursor: &mut TreeCursor<'t>) -> Vec<Node<'t>> {
        let id = self.id();
        id.map(|id| node.children_by_field_id(id, cursor).collect())
            .unwrap_or_default()
    }
}
