//! Changes of Nix text by attributes and list elements, in the layout that the text has.
//!
//! - `file`: one of the checkout's Nix files under change;
//! - `container`: a set or list with its items, the lines they stand on, and the comments that
//!   belong to them; `insert` and `remove` change its items;
//! - `attribute`: how the value of an attribute is written, where it cannot be changed;
//! - `not_editable`: what is said then;
//! - `render`: new values as text, in one of the two styles of the checkout's Nix files.
//!
//! Every operation looks at a text and returns one replacement in it. What cannot be done without
//! guessing is not done: the [`Shape`] that was met is returned.

mod attribute;
mod container;
mod file;
mod insert;
mod not_editable;
mod remove;
mod render;

pub(crate) use container::{Container, Replacement, unindented};
pub(crate) use file::NixFile;
pub(crate) use insert::{Form, InsertPosition};
pub(crate) use not_editable::{NotEditable, Shape};
pub(crate) use remove::OwnComments;
pub(crate) use render::{
    NewValue, NixStyle, attribute, bare_or_quoted, escape, indented, is_identifier, quote,
};

use rnix::SyntaxNode;

use syntax::TextRange;

/// A Nix text with its syntax tree.
pub(crate) struct NixText<'t> {
    text: &'t str,
    root: SyntaxNode,
}

impl<'t> NixText<'t> {
    /// Parses a text that is known to be Nix and flat enough for the parser: one that facts were
    /// read from.
    pub(crate) fn new(text: &'t str) -> NixText<'t> {
        let root = rnix::Root::parse(text).syntax();
        NixText { text, root }
    }

    /// Returns all comments, in order.
    pub(crate) fn comments(&self) -> Vec<String> {
        let tokens = self.root.descendants_with_tokens();
        let comments = tokens.filter(|token| token.kind() == rnix::SyntaxKind::TOKEN_COMMENT);
        comments.map(|comment| comment.to_string()).collect()
    }

    /// Returns the set or list at a range.
    pub(crate) fn container(&self, range: TextRange) -> Option<Container<'t>> {
        if !self.root.text_range().contains_range(range) {
            return None;
        }
        let covering = self.root.covering_element(range);
        let node = covering
            .ancestors()
            .take_while(|node| node.text_range() == range)
            .find(Container::is_set_or_list)?;
        Container::new(self.text, &node)
    }
}

/// Returns the line terminator of a text: that of its first line.
pub(crate) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}
