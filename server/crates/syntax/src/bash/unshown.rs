//! What the grammar is not shown as it is written: replaced words, substitutions and sums, parts
//! that it does not take; and whether it read the rest as what it is.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::node::{Traits, kind};
use super::reader::{PARSER, ScriptReader, is_name, range};
use super::scan::{Extent, scan};
use super::{NameKind, Role, Step, repair};

impl ScriptReader<'_> {
    /// Notes the start of a statement.
    pub(super) fn begins(&mut self, node: Node<'_>) {
        if !Traits::of(node).has(Traits::STATEMENT) {
            return;
        }
        let start = node.start_byte();
        if let Some(bits) = self.starts.get_mut(start / 64) {
            *bits |= 1 << (start % 64);
        }
    }

    /// Returns whether a statement was read that begins at an offset.
    fn is_start(&self, start: usize) -> bool {
        let bits = self.starts.get(start / 64);
        bits.is_some_and(|bits| bits >> (start % 64) & 1 == 1)
    }

    /// Returns the start of the first command that the grammar takes for something else, or for a
    /// piece of another one.
    pub(super) fn first_misread(&self) -> Option<usize> {
        if self.too_deep {
            return None;
        }
        let mut opaque = self.opaque.iter().peekable();
        let mut commands = self.scan.commands.iter().map(|command| command.0);
        commands.find(|start| {
            while opaque.next_if(|part| part.1 <= *start).is_some() {}
            let is_read = self.is_start(*start);
            let is_opaque = opaque.peek().is_some_and(|part| part.0 <= *start);
            let is_shown = self.scan.shown.get(*start) == self.text.as_bytes().get(*start);
            !is_read && !is_opaque && is_shown
        })
    }

    /// Reads what the grammar was not shown, or shown otherwise, of a leaf of the tree.
    pub(super) fn leaf(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let (start, end) = (node.start_byte(), node.end_byte());
        if self.scan.expressions.binary_search(&(start, end)).is_ok() {
            self.expression(start, end, out);
        }
        // What was in backquotes begins one byte before what is shown in its place.
        let from = self.scan.hidden.partition_point(|h| h.extent.0 + 1 < start);
        let within = self.scan.hidden.get(from..).unwrap_or_default();
        let count = within.iter().take_while(|h| h.extent.1 <= end).count();
        for index in from..from + count {
            self.hidden(index, None, out);
        }
    }

    /// Returns whether a word stands for the commands in backquotes.
    pub(super) fn is_read_apart(&self, node: Node<'_>) -> bool {
        let first = node.start_byte().saturating_sub(1);
        let hidden = self.scan.hidden.partition_point(|h| h.extent.0 < first);
        let hidden = self.scan.hidden.get(hidden);
        hidden.is_some_and(|hidden| hidden.extent == (first, node.end_byte()))
    }

    /// Reads an arithmetic expression that the grammar was not shown: each of its variables may get a
    /// value.
    fn expression(&mut self, start: usize, end: usize, out: &mut Vec<Step>) {
        let names = &self.scan.references;
        let names = names.iter().filter(|name| start <= name.0 && name.1 <= end);
        let own = names.filter(|name| !self.slice(0, name.0).ends_with(['$', '{', '#', '!']));
        let own: Vec<SmolStr> = own
            .map(|name| SmolStr::new(self.slice(name.0, name.1)))
            .collect();
        for name in own {
            self.assigned.push(name.clone());
            out.push(Step::Forget(name));
        }
    }

    /// Reads a command substitution that the grammar was not shown where it stands.
    pub(super) fn hidden(&mut self, index: usize, heredoc: Option<usize>, out: &mut Vec<Step>) {
        let Some(hidden) = self.scan.hidden.get_mut(index) else {
            return;
        };
        if hidden.heredoc != heredoc {
            return;
        }
        let (start, end) = hidden.extent;
        let (shown, masked) = (
            std::mem::take(&mut hidden.shown),
            std::mem::take(&mut hidden.masked),
        );
        let tree = PARSER
            .with_borrow_mut(|parser| repair::parse_piece(parser.as_mut()?, &shown, start))
            .filter(|tree| !tree.root_node().has_error());
        let outer = std::mem::replace(&mut self.scan.masked, masked);
        match tree {
            Some(tree) => {
                // To the grammar, it is the name of a command.
                let mut node = tree.root_node();
                while let Some(inner) = node.named_child(0)
                    && matches!(kind(node), "program" | "command" | "command_name")
                    && node.named_child_count() == 1
                {
                    node = inner;
                }
                self.statement(node, out);
            }
            // What it runs is not known; what it sets is lost.
            None => {
                self.names_in((start, end));
                out.push(Step::Isolated(Box::new([Step::Opaque])));
            }
        }
        self.scan.masked = outer;
    }

    /// Reads a piece of the text that begins at `start` as commands, if the grammar takes it as it
    /// is. Returns whether it does.
    pub(super) fn piece(&mut self, text: &str, start: usize, out: &mut Vec<Step>) -> bool {
        let found = scan(text);
        if found.shown != text.as_bytes() || found.unfinished.is_some() {
            return false;
        }
        let tree = PARSER
            .with_borrow_mut(|parser| repair::parse_piece(parser.as_mut()?, &found.shown, start))
            .filter(|tree| !tree.root_node().has_error());
        let Some(tree) = tree else {
            return false;
        };
        self.children(tree.root_node(), out);
        let mut commands = found.commands.iter();
        commands.all(|command| self.is_start(start + command.0))
    }

    /// Returns whether a node, or some of it, was replaced by something without a meaning.
    pub(super) fn is_masked(&self, node: Node<'_>) -> bool {
        let masked = &self.scan.masked;
        let at = masked.partition_point(|part| part.1 <= node.start_byte());
        masked.get(at).is_some_and(|part| part.0 < node.end_byte())
    }

    /// Reads a part that the grammar does not take, if a command is one.
    pub(super) fn opaque_command(&mut self, node: Node<'_>, out: &mut Vec<Step>) -> bool {
        let start = node.start_byte();
        let Ok(at) = self.opaque.binary_search_by_key(&start, |part| part.0) else {
            return false;
        };
        if let Some(part) = self.opaque.get(at).copied() {
            self.names_in(part);
            let text = self.slice(part.0, part.1);
            // A condition or sum sets variables at most, but for the commands in it.
            if (text.starts_with("[[") || text.starts_with("(("))
                && !text.contains("$(")
                && !text.contains('`')
            {
                return true;
            }
        }
        out.push(Step::Opaque);
        true
    }

    /// Notes the names in a part that is not read: each may get a value there.
    fn names_in(&mut self, (start, end): Extent) {
        let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let text = self.slice(start, end);
        let mut at = 0;
        while let Some(first) = text.get(at..).and_then(|rest| rest.find(is_part)) {
            at += first;
            let rest = text.get(at..).unwrap_or_default();
            let name = rest.split(|c| !is_part(c)).next().unwrap_or_default();
            if is_name(name) {
                self.assigned.push(SmolStr::new(name));
                let before = text.get(..at).unwrap_or_default();
                if before.ends_with(['$', '{']) {
                    let name_range = range(start + at, start + at + name.len());
                    self.occurrence(NameKind::Variable, Role::Reference, name_range);
                }
            }
            at += name.len();
        }
    }
}
