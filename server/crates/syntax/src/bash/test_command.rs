//! Test commands `[ ... x]`, whose closing bracket is a part of the word before it.
//!
//! The grammar closes a test at any `]`; to bash it is a word like others. What else the text may
//! mean is left out.

use tree_sitter::Node;

use super::super::TextSize;
use super::node::{Field, kind};
use super::reader::{ScriptReader, range_of};
use super::{Step, Test, TextRange};

impl ScriptReader<'_> {
    /// Reads a test command and the redirections after it.
    pub(super) fn test_command(
        &mut self,
        node: Node<'_>,
        redirects: &[Node<'_>],
        out: &mut Vec<Step>,
    ) {
        let ends = match redirects {
            [] => self.command_ends_at(node.end_byte()),
            _ => redirects.iter().all(|redirect| takes_one_word(*redirect)),
        };
        if ends {
            self.glued_brackets.extend(self.glued_bracket(node));
        }
        let outer = std::mem::replace(&mut self.in_test, true);
        self.children(node, out);
        self.in_test = outer;
        let text = self.text(node);
        let inside = |brackets: usize| {
            let at = |offset: usize| TextSize::try_from(offset).unwrap_or_default();
            let (start, end) = (node.start_byte() + brackets, node.end_byte());
            TextRange::new(at(start), at(end.saturating_sub(brackets).max(start)))
        };
        let test = match () {
            () if node.has_error() => Test::Unknown,
            () if text.starts_with("[[") => self.double_condition(inside(2)),
            () if text.starts_with("[") && self.glued_bracket(node).is_none() => {
                self.single_condition(inside(1))
            }
            () => Test::Unknown,
        };
        out.push(Step::Check(test));
    }

    /// The closing bracket of a test command, if it is a part of the word before it.
    fn glued_bracket(&self, node: Node<'_>) -> Option<TextRange> {
        let inner = self.text(node).strip_prefix('[')?.strip_suffix(']')?;
        // `[[ ... ]]` and `(( ... ))` are tests, too, and `[ab]` is a word.
        if !inner.starts_with([' ', '\t']) || inner.ends_with([' ', '\t', '\n', '[', ']']) {
            return None;
        }
        let after = self.slice(node.end_byte(), self.text.len());
        let is_end_of_word = |c: char| " \t\n;&|<>)`".contains(c);
        if !after.is_empty() && !after.starts_with(is_end_of_word) {
            return None;
        }
        // At a line's end the command ends, without its bracket.
        let lines_joined = inner.replace("\\\\", "").replace("\\\n", "");
        if node.has_error() || lines_joined.contains('\n') || !self.is_plain(node) {
            return None;
        }
        let close = node.child(node.child_count().checked_sub(1)?)?;
        (kind(close) == "]").then(|| range_of(close))
    }

    /// Returns whether no other word of a command begins after a byte.
    fn command_ends_at(&self, end: usize) -> bool {
        let mut rest = self.slice(end, self.text.len());
        let begins_apart = rest.starts_with([' ', '\t']);
        while let Some(further) = rest
            .strip_prefix([' ', '\t'])
            .or_else(|| rest.strip_prefix("\\\n"))
        {
            rest = further;
        }
        match rest.chars().next() {
            None | Some('\n' | ';' | '|' | ')' | '`') => true,
            Some('&') => !rest.starts_with("&>"),
            Some('#') => begins_apart,
            _ => false,
        }
    }

    /// Returns whether a test is made of operators that are arguments of `[`, and of words without a
    /// pattern's bracket: `&&` and `<` end its arguments, and the bracket may be the pattern's.
    fn is_plain(&self, test: Node<'_>) -> bool {
        // No recursion: `a -a a -a ...` nests without an end.
        let mut nodes = Vec::new();
        let mut cursor = test.walk();
        nodes.extend(test.named_children(&mut cursor));
        while let Some(node) = nodes.pop() {
            match kind(node) {
                "binary_expression" | "unary_expression" | "concatenation" => {
                    let mut cursor = node.walk();
                    nodes.extend(node.children(&mut cursor));
                }
                "test_operator" | "!" | "=" | "==" | "!=" => {}
                "string"
                | "raw_string"
                | "ansi_c_string"
                | "translated_string"
                | "simple_expansion"
                | "expansion"
                | "command_substitution"
                | "arithmetic_expansion" => {}
                "word" | "number" | "extglob_pattern" if !self.text(node).contains('[') => {}
                _ => return false,
            }
        }
        true
    }
}

/// Returns whether a redirection has one word after its operator: to the grammar, all words up to
/// the command's end belong to it.
fn takes_one_word(redirect: Node<'_>) -> bool {
    let mut cursor = redirect.walk();
    kind(redirect) == "file_redirect" && Field::Destination.all_of(redirect, &mut cursor).len() == 1
}
