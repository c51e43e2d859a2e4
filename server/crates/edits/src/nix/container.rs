//! A set or list with its items: which lines they stand on, and which comments belong to them.

use rnix::{SyntaxKind, SyntaxNode};

use super::Shape;
use syntax::{TextRange, TextSize};

/// One replacement in a text.
pub(crate) type Replacement = (TextRange, String);

/// A set or list.
pub(crate) struct Container<'t> {
    pub(super) text: &'t str,
    /// Range of the opening bracket.
    pub(super) open: TextRange,
    /// Range of the closing bracket.
    pub(super) close: TextRange,
    /// Attributes or list elements, in order.
    pub(crate) items: Vec<ContainerItem>,
    /// A comment stands somewhere between the brackets.
    pub(super) has_comments: bool,
}

/// An attribute with its `;`, or a list element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContainerItem {
    /// Range of the item without comments.
    pub(crate) range: TextRange,
    /// Start of the comments right above the item; start of the item where there are none.
    pub(super) comments: TextSize,
    /// End of the comment after the item on its line; end of the item where there is none.
    pub(super) end: TextSize,
}

impl<'t> Container<'t> {
    pub(super) fn is_set_or_list(node: &SyntaxNode) -> bool {
        matches!(
            node.kind(),
            SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LIST
        )
    }

    pub(super) fn new(text: &'t str, node: &SyntaxNode) -> Option<Container<'t>> {
        let bracket = |kinds: [SyntaxKind; 2]| {
            let mut tokens = node.children_with_tokens().filter_map(|e| e.into_token());
            tokens
                .find(|token| kinds.contains(&token.kind()))
                .map(|token| token.text_range())
        };
        let mut container = Container {
            text,
            open: bracket([SyntaxKind::TOKEN_L_BRACE, SyntaxKind::TOKEN_L_BRACK])?,
            close: bracket([SyntaxKind::TOKEN_R_BRACE, SyntaxKind::TOKEN_R_BRACK])?,
            items: Vec::new(),
            has_comments: false,
        };
        let mut comments: Option<TextRange> = None;
        for element in node.children_with_tokens() {
            let range = element.text_range();
            if element.kind() == SyntaxKind::TOKEN_COMMENT {
                container.has_comments = true;
                container.add_comment(range, &mut comments);
            } else if element.as_node().is_some() {
                let above = comments
                    .take()
                    .filter(|above| container.newlines(above.end(), range.start()) == 1);
                container.items.push(ContainerItem {
                    range,
                    comments: above.map_or(range.start(), |above| above.start()),
                    end: range.end(),
                });
            }
        }
        Some(container)
    }

    /// Adds a comment to the item before it on its line, or to those `above` the next item.
    fn add_comment(&mut self, range: TextRange, above: &mut Option<TextRange>) {
        // To Nix, the first half of a CR LF is a part of the comment.
        let text = self
            .slice(range.start(), range.end())
            .trim_end_matches('\r');
        let range = TextRange::at(range.start(), TextSize::of(text));
        let last_end = self.items.last().map(|item| item.end);
        if let Some(end) = last_end.filter(|end| self.newlines(*end, range.start()) == 0) {
            if let Some(item) = self.items.last_mut().filter(|item| item.end == end) {
                item.end = range.end();
            }
            return;
        }
        // After the opening bracket, on its line: it belongs to no item.
        if self.items.is_empty() && self.newlines(self.open.end(), range.start()) == 0 {
            return;
        }
        *above = match *above {
            Some(block) if self.newlines(block.end(), range.start()) == 1 => {
                Some(block.cover(range))
            }
            _ => Some(range),
        };
    }

    pub(super) fn slice(&self, start: TextSize, end: TextSize) -> &'t str {
        self.text
            .get(usize::from(start)..usize::from(end))
            .unwrap_or_default()
    }

    pub(super) fn newlines(&self, start: TextSize, end: TextSize) -> usize {
        memchr::memchr_iter(b'\n', self.slice(start, end).as_bytes()).count()
    }

    /// Range between the brackets.
    pub(super) fn inner(&self) -> TextRange {
        TextRange::new(self.open.end(), self.close.start())
    }

    /// Returns whether the brackets stand on one line.
    pub(crate) fn is_inline(&self) -> bool {
        self.newlines(self.open.start(), self.close.end()) == 0
    }

    /// Returns whether there is nothing between the brackets, not even a comment.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && !self.has_comments
    }

    pub(super) fn item(&self, index: usize) -> Result<&ContainerItem, Shape> {
        self.items.get(index).ok_or(Shape::Elsewhere)
    }

    /// Returns the index of the item at a range, or around it.
    pub(crate) fn index_of(&self, range: TextRange) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.range.contains_range(range))
    }

    /// Returns the index of the item at a range, or around it.
    ///
    /// # Errors
    /// When the range is not in this set or list.
    pub(crate) fn find(&self, range: TextRange) -> Result<usize, Shape> {
        self.index_of(range).ok_or(Shape::Elsewhere)
    }

    /// Returns the index of the item that has exactly a range.
    ///
    /// # Errors
    /// When there is none: what is around the range (`debian = a // b;`) has others in it, too.
    pub(crate) fn find_exact(&self, range: TextRange) -> Result<usize, Shape> {
        let found = self.items.iter().position(|item| item.range == range);
        found.ok_or(Shape::Elsewhere)
    }

    /// Returns whether an item and the next one have a blank line between them.
    pub(crate) fn is_separated(&self, index: usize) -> bool {
        let Some((a, b)) = self.items.get(index).zip(self.items.get(index + 1)) else {
            return false;
        };
        self.has_blank_line_between(a.end, b.range.start())
    }

    /// Returns whether there is a blank line between two offsets of the text.
    pub(crate) fn has_blank_line_between(&self, start: TextSize, end: TextSize) -> bool {
        // Neither the rest of the first line nor the beginning of the last one is a line.
        let between = self.slice(start, end);
        let lines = between.matches('\n').count();
        between
            .split('\n')
            .take(lines)
            .skip(1)
            .any(|line| line.trim().is_empty())
    }

    pub(super) fn line_start(&self, at: TextSize) -> TextSize {
        let before = self.slice(TextSize::default(), at);
        size(before.rfind('\n').map_or(0, |n| n + 1))
    }

    /// Returns the start of the next line, or the end of the text.
    pub(super) fn next_line(&self, at: TextSize) -> TextSize {
        let rest = self.slice(at, TextSize::of(self.text));
        match rest.find('\n') {
            Some(n) => at + size(n + 1),
            None => TextSize::of(self.text),
        }
    }

    /// Returns the rest of the line after an offset, with the line's end.
    pub(super) fn rest_of_line(&self, at: TextSize) -> &'t str {
        self.slice(at, self.next_line(at))
    }

    /// Returns the blanks that a line begins with.
    pub(super) fn indentation(&self, at: TextSize) -> &'t str {
        let line = self.slice(self.line_start(at), TextSize::of(self.text));
        let content = line.trim_start_matches([' ', '\t']);
        line.get(..line.len() - content.len()).unwrap_or_default()
    }

    /// Returns the indentation of new items.
    pub(super) fn item_indentation(&self) -> String {
        let own_line = self.items.iter().find(|item| self.begins_line(item));
        match own_line {
            Some(item) => self.indentation(item.range.start()).to_owned(),
            None => format!("{}  ", self.indentation(self.open.start())),
        }
    }

    /// Returns whether nothing stands before the item on its line.
    pub(super) fn begins_line(&self, item: &ContainerItem) -> bool {
        let start = self.line_start(item.range.start());
        self.slice(start, item.range.start()).trim().is_empty()
    }

    /// Returns whether nothing else stands on the item's lines, save its own comments.
    pub(super) fn is_alone(&self, item: &ContainerItem) -> bool {
        self.begins_line(item) && self.rest_of_line(item.end).trim().is_empty()
    }

    /// Returns the start of an item with those of the comments above it that are about it.
    ///
    /// `names` are what comments call it by: one that has a name in it is about the item wherever
    /// it stands.
    pub(super) fn start_with_comments(&self, item: &ContainerItem, names: &[&str]) -> TextSize {
        if self.owns_comments(item, names) {
            item.comments
        } else {
            item.range.start()
        }
    }

    /// Returns whether the comments above an item are about it and not about those that follow, too.
    fn owns_comments(&self, item: &ContainerItem, names: &[&str]) -> bool {
        let comments = self.slice(item.comments, item.range.start());
        if comments.is_empty() {
            return true;
        }
        if names.iter().any(|name| mentions(comments, name)) {
            return true;
        }
        // In the middle of a paragraph it belongs to the item below it; at its head it does
        // where that item is all there is.
        let line = self.next_line(item.end);
        let following = self.rest_of_line(line);
        following.trim().is_empty()
            || following.trim_start().starts_with('#')
            || self.close.start() < self.next_line(line)
    }
}

/// Returns whether comments have a name in them as a whole word.
fn mentions(comments: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    comments.match_indices(name).any(|(at, _)| {
        let before = comments.get(..at).and_then(|b| b.chars().next_back());
        let after = comments.get(at + name.len()..).unwrap_or_default();
        // A dot may be the sentence's.
        let after = after.trim_start_matches('.').chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Returns the lines of a text as if the first one began in the first column, joined by `\n`.
pub(crate) fn unindented(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let least = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(blanks)
        .min()
        .unwrap_or(0);
    let mut out: Vec<&str> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        out.push(if at == 0 {
            line
        } else {
            line.get(least..).unwrap_or_default()
        });
    }
    out.join("\n")
}

pub(super) fn size(at: usize) -> TextSize {
    TextSize::try_from(at).unwrap_or_default()
}
