//! A set or list with its items: what stands on which line, and what belongs to whom.

use rnix::{SyntaxKind, SyntaxNode};

use super::line_end;
use syntax::{TextRange, TextSize};

/// One replacement in a text.
pub(crate) type Replacement = (TextRange, String);

/// Where a new item goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// Before the item of that number, in its paragraph.
    Before(usize),
    /// Behind the item of that number, in its paragraph.
    After(usize),
    /// Behind the item of that number, in a paragraph of its own.
    AfterBlank(usize),
    /// Before the item of that number, in a paragraph of its own.
    BeforeBlank(usize),
    /// Into a container without items.
    Only,
}

/// How a container on one line is written when it gets another item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// It stays on the line.
    Inline,
    /// It is broken, an item a line.
    Broken,
}

/// A set or list.
pub(crate) struct Container<'t> {
    text: &'t str,
    /// The bracket it begins with.
    open: TextRange,
    /// The bracket it ends with.
    close: TextRange,
    /// Its items.
    pub(crate) items: Vec<Item>,
    /// It has a comment somewhere between its items.
    has_comments: bool,
}

/// An attribute with its `;`, or a list element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    /// The item itself.
    pub(crate) range: TextRange,
    /// Where the comments begin that stand right above it; where it begins itself, without any.
    comments: TextSize,
    /// Where the comment ends that stands behind it on its line; where it ends itself, without.
    end: TextSize,
}

impl<'t> Container<'t> {
    pub(super) fn is_container(node: &SyntaxNode) -> bool {
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
                container.comment(range, &mut comments);
            } else if element.as_node().is_some() {
                let above = comments
                    .take()
                    .filter(|above| container.newlines(above.end(), range.start()) == 1);
                container.items.push(Item {
                    range,
                    comments: above.map_or(range.start(), |above| above.start()),
                    end: range.end(),
                });
            }
        }
        Some(container)
    }

    /// Takes in a comment: behind an item, or above the next one.
    fn comment(&mut self, range: TextRange, above: &mut Option<TextRange>) {
        // To Nix, the first half of a line's end is a part of the comment.
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
        // Behind the opening bracket: nobody's.
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

    fn slice(&self, start: TextSize, end: TextSize) -> &'t str {
        self.text
            .get(usize::from(start)..usize::from(end))
            .unwrap_or_default()
    }

    fn newlines(&self, start: TextSize, end: TextSize) -> usize {
        memchr::memchr_iter(b'\n', self.slice(start, end).as_bytes()).count()
    }

    /// Whether it stands on one line.
    pub(crate) fn is_inline(&self) -> bool {
        self.newlines(self.open.start(), self.close.end()) == 0
    }

    /// The item that stands at a range, or around it.
    pub(crate) fn index_of(&self, range: TextRange) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.range.contains_range(range))
    }

    /// Whether an item is what stands at a range, and not only around it.
    pub(crate) fn is_at(&self, index: usize, range: TextRange) -> bool {
        self.items
            .get(index)
            .is_some_and(|item| item.range == range)
    }

    /// Whether two neighbouring items have a blank line between them.
    pub(crate) fn is_separated(&self, index: usize) -> bool {
        let Some((a, b)) = self.items.get(index).zip(self.items.get(index + 1)) else {
            return false;
        };
        self.has_blank_line_between(a.end, b.range.start())
    }

    /// Whether a blank line stands between two places of the text.
    pub(crate) fn has_blank_line_between(&self, start: TextSize, end: TextSize) -> bool {
        // The rest of the first line, and what stands before the second place, are no lines.
        let between = self.slice(start, end);
        let lines = between.matches('\n').count();
        between
            .split('\n')
            .take(lines)
            .skip(1)
            .any(|line| line.trim().is_empty())
    }

    fn line_start(&self, at: TextSize) -> TextSize {
        let before = self.slice(TextSize::default(), at);
        size(before.rfind('\n').map_or(0, |n| n + 1))
    }

    /// Behind the line's end, or at the end of the text.
    fn next_line(&self, at: TextSize) -> TextSize {
        let rest = self.slice(at, TextSize::of(self.text));
        match rest.find('\n') {
            Some(n) => at + size(n + 1),
            None => TextSize::of(self.text),
        }
    }

    /// The blanks that a line begins with.
    fn indentation(&self, at: TextSize) -> &'t str {
        let line = self.slice(self.line_start(at), TextSize::of(self.text));
        let content = line.trim_start_matches([' ', '\t']);
        line.get(..line.len() - content.len()).unwrap_or_default()
    }

    /// What new items are indented by.
    fn item_indentation(&self) -> String {
        let own_line = self.items.iter().find(|item| self.begins_line(item));
        match own_line {
            Some(item) => self.indentation(item.range.start()).to_owned(),
            None => format!("{}  ", self.indentation(self.open.start())),
        }
    }

    fn begins_line(&self, item: &Item) -> bool {
        let start = self.line_start(item.range.start());
        self.slice(start, item.range.start()).trim().is_empty()
    }

    /// Whether nothing else stands on the item's lines, save its own comments.
    fn is_alone(&self, item: &Item) -> bool {
        let rest = self.slice(item.end, self.next_line(item.end));
        self.begins_line(item) && rest.trim().is_empty()
    }

    /// Puts a new item at a position. `text` is indented as if it began at the first column, its
    /// lines are joined by `\n`.
    pub(crate) fn insert(&self, position: Position, text: &str, form: Form) -> Option<Replacement> {
        let flat = !text.contains('\n');
        if self.is_inline() {
            return if self.has_comments || (flat && form == Form::Inline) {
                flat.then(|| self.insert_inline(position, text))?
            } else {
                Some(self.break_with(position, text))
            };
        }
        let eol = line_end(self.text);
        let indentation = self.item_indentation();
        let block = indent(text, &indentation, eol);
        let (at, new) = match position {
            Position::Only => {
                let line = self.line_start(self.close.start());
                let own_line = self.slice(line, self.close.start()).trim().is_empty();
                if !own_line {
                    return None;
                }
                (line, format!("{block}{eol}"))
            }
            Position::After(index) | Position::AfterBlank(index) => {
                let item = self.items.get(index)?;
                if !self
                    .slice(item.end, self.next_line(item.end))
                    .trim()
                    .is_empty()
                {
                    // The next item stands on the same line, or the closing bracket does.
                    return flat.then(|| self.insert_inline(position, text))?;
                }
                let blank = if matches!(position, Position::AfterBlank(_)) {
                    eol
                } else {
                    ""
                };
                let line_end = self.slice(item.end, self.next_line(item.end));
                let at = item.end + size(line_end.trim_end_matches(['\r', '\n']).len());
                (at, format!("{eol}{blank}{block}"))
            }
            Position::Before(index) | Position::BeforeBlank(index) => {
                let item = self.items.get(index)?;
                if !self.begins_line(item) {
                    return flat.then(|| self.insert_inline(position, text))?;
                }
                // A comment that heads the paragraph stays at its head.
                let start = if self.owns_comments(index, None) {
                    item.comments
                } else {
                    item.range.start()
                };
                let blank = if matches!(position, Position::BeforeBlank(_)) {
                    eol
                } else {
                    ""
                };
                (self.line_start(start), format!("{block}{eol}{blank}"))
            }
        };
        Some((TextRange::empty(at), new))
    }

    fn insert_inline(&self, position: Position, text: &str) -> Option<Replacement> {
        let replacement = match position {
            Position::Only => {
                let inner = TextRange::new(self.open.end(), self.close.start());
                (inner, format!(" {text} "))
            }
            Position::After(index) | Position::AfterBlank(index) => {
                let at = self.items.get(index)?.range.end();
                (TextRange::empty(at), format!(" {text}"))
            }
            Position::Before(index) | Position::BeforeBlank(index) => {
                let at = self.items.get(index)?.range.start();
                (TextRange::empty(at), format!("{text} "))
            }
        };
        Some(replacement)
    }

    /// Writes all items and a new one on lines of their own.
    fn break_with(&self, position: Position, text: &str) -> Replacement {
        let own = |item: &Item| {
            self.slice(item.range.start(), item.range.end())
                .replace("\r\n", "\n")
        };
        let mut items: Vec<String> = self.items.iter().map(own).collect();
        let at = match position {
            Position::Only => 0,
            Position::Before(index) | Position::BeforeBlank(index) => index,
            Position::After(index) | Position::AfterBlank(index) => index + 1,
        };
        items.insert(at.min(items.len()), text.to_owned());
        let eol = line_end(self.text);
        let base = self.indentation(self.open.start());
        let lines: Vec<String> = items
            .iter()
            .map(|item| indent(item, &format!("{base}  "), eol))
            .collect();
        let inner = TextRange::new(self.open.end(), self.close.start());
        (inner, format!("{eol}{}{eol}{base}", lines.join(eol)))
    }

    /// Takes an item away, with the comments that are its own: that speak of it (have one of
    /// `names` in them), or would be left with nothing below them.
    pub(crate) fn remove(&self, index: usize, names: &[&str]) -> Option<Replacement> {
        let item = self.items.get(index)?;
        if !self.is_alone(item) {
            return Some(self.remove_inline(index, item));
        }
        let start = if self.owns_comments(index, Some(names)) {
            item.comments
        } else {
            item.range.start()
        };
        let mut start = self.line_start(start);
        let mut end = self.next_line(item.end);
        let blank_above = self.blank_line_above(start);
        let below = self.slice(end, self.next_line(end));
        let blank_below = below.trim().is_empty() && below.ends_with('\n');
        let opens = start <= self.next_line(self.open.end());
        let closes = self.close.start() <= self.next_line(end);
        if blank_above.is_some() && (blank_below || closes) {
            start = blank_above.unwrap_or(start);
        } else if blank_below && opens {
            end = self.next_line(end);
        }
        Some((TextRange::new(start, end), String::new()))
    }

    /// An item as it is written, with the comments that [`Container::remove`] takes along: lines
    /// joined by `\n`, as if they began at the first column.
    pub(crate) fn block(&self, index: usize, names: &[&str]) -> Option<String> {
        let item = self.items.get(index)?;
        let start = if self.owns_comments(index, Some(names)) {
            item.comments
        } else {
            item.range.start()
        };
        Some(unindented(self.slice(start, item.end)))
    }

    /// The comments that [`Container::remove`] takes along: those above an item, with a line's
    /// end, and the one behind it, with the blanks before it.
    pub(crate) fn comments(&self, index: usize, names: &[&str]) -> Option<(String, String)> {
        let item = self.items.get(index)?;
        if !self.is_alone(item) {
            return Some((String::new(), String::new()));
        }
        let above = if self.owns_comments(index, Some(names)) {
            self.slice(item.comments, item.range.start())
        } else {
            ""
        };
        let above = unindented(above);
        let behind = self.slice(item.range.end(), item.end);
        Some((
            above.trim_end_matches([' ', '\t']).to_owned(),
            behind.to_owned(),
        ))
    }

    fn remove_inline(&self, index: usize, item: &Item) -> Replacement {
        let next = self.items.get(index + 1);
        let previous = index.checked_sub(1).and_then(|i| self.items.get(i));
        let range = match (previous, next) {
            (_, Some(next)) if self.newlines(item.range.end(), next.range.start()) == 0 => {
                TextRange::new(item.range.start(), next.range.start())
            }
            (Some(previous), _) => TextRange::new(previous.range.end(), item.range.end()),
            (None, Some(_)) => item.range,
            (None, None) if self.is_inline() && !self.has_comments => {
                // Nothing is left.
                let inner = TextRange::new(self.open.end(), self.close.start());
                return (inner, " ".to_owned());
            }
            (None, None) => item.range,
        };
        (range, String::new())
    }

    /// The start of the blank lines that end right before a line.
    fn blank_line_above(&self, line: TextSize) -> Option<TextSize> {
        let before = self.slice(TextSize::default(), line);
        let previous = before
            .strip_suffix('\n')
            .map(|b| b.rfind('\n').map_or(0, |n| n + 1))?;
        let blank = before.get(previous..)?.trim().is_empty();
        blank.then(|| size(previous))
    }

    /// Whether the comments above an item are about it and not about those that follow, too.
    fn owns_comments(&self, index: usize, names: Option<&[&str]>) -> bool {
        let Some(item) = self.items.get(index) else {
            return false;
        };
        let comments = self.slice(item.comments, item.range.start());
        if comments.is_empty() {
            return true;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let mentions = |name: &str| {
            comments.match_indices(name).any(|(at, _)| {
                let before = comments.get(..at).and_then(|b| b.chars().next_back());
                let after = comments
                    .get(at + name.len()..)
                    .unwrap_or_default()
                    .trim_start_matches('.')
                    .chars()
                    .next();
                !before.is_some_and(is_part) && !after.is_some_and(is_part)
            })
        };
        if names.is_some_and(|names| names.iter().any(|n| !n.is_empty() && mentions(n))) {
            return true;
        }
        // In the middle of a paragraph it belongs to the item below it; at its head it does
        // where that item is all there is.
        let line = self.next_line(item.end);
        let following = self.slice(line, self.next_line(line));
        following.trim().is_empty()
            || following.trim_start().starts_with('#')
            || self.close.start() < self.next_line(line)
    }

    /// Puts the one item that is left on one line; `None` where that cannot be, or it is there.
    pub(crate) fn collapse(&self) -> Option<Replacement> {
        if self.is_inline() || self.has_comments {
            return None;
        }
        let inner = TextRange::new(self.open.end(), self.close.start());
        match self.items.as_slice() {
            [] => Some((inner, " ".to_owned())),
            [item] => {
                let text = self.slice(item.range.start(), item.range.end());
                (!text.contains('\n')).then(|| (inner, format!(" {text} ")))
            }
            _ => None,
        }
    }

    /// Writes what is between the brackets anew.
    pub(crate) fn fill(&self, inner: &str) -> Replacement {
        (
            TextRange::new(self.open.end(), self.close.start()),
            inner.to_owned(),
        )
    }

    /// Whether there is nothing in it, no comment either.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && !self.has_comments
    }
}

/// A text's lines as if its first one began at the first column.
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

/// Indents the lines of a text.
fn indent(text: &str, indentation: &str, eol: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{indentation}{line}")
            }
        })
        .collect();
    lines.join(eol)
}

fn size(at: usize) -> TextSize {
    TextSize::try_from(at).unwrap_or_default()
}
