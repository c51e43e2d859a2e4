//! Changing Nix text by attributes and list elements, in the layout that the text has.
//!
//! - `container`: a set or list with its items, the lines they stand on, and the comments that
//!   belong to them; inserting and removing items;
//! - `render`: new values as text, in one of the two styles of the checkout's Nix files.
//!
//! Every operation looks at a text and gives one replacement in it. What cannot be done without
//! guessing is not done: it gives `None`.

mod container;
mod render;

pub(super) use container::{Container, Form, Position, Replacement, unindented};
pub(super) use render::{Style, Value, attr, is_identifier, quote};

use rnix::SyntaxNode;

use syntax::TextRange;

/// A Nix text that can be changed.
pub(super) struct Layout<'t> {
    text: &'t str,
    root: SyntaxNode,
}

impl<'t> Layout<'t> {
    /// Reads a text that is known to be Nix and flat enough for the parser: one that facts were
    /// read from.
    pub(super) fn new(text: &'t str) -> Layout<'t> {
        let root = rnix::Root::parse(text).syntax();
        Layout { text, root }
    }

    /// All comments, in order.
    pub(super) fn comments(&self) -> Vec<String> {
        let tokens = self.root.descendants_with_tokens();
        let comments = tokens.filter(|token| token.kind() == rnix::SyntaxKind::TOKEN_COMMENT);
        comments.map(|comment| comment.to_string()).collect()
    }

    /// The set or list that stands at a range.
    pub(super) fn container(&self, range: TextRange) -> Option<Container<'t>> {
        if !self.root.text_range().contains_range(range) {
            return None;
        }
        let covering = self.root.covering_element(range);
        let node = covering
            .ancestors()
            .take_while(|node| node.text_range() == range)
            .find(Container::is_container)?;
        Container::new(self.text, &node)
    }
}

/// How the lines of a text end.
pub(super) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}
