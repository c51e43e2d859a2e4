//! Uses of variables by name, wherever bash has one: in arithmetic, in `[ ]` of arrays, as words of
//! `unset`, `read`, `printf -v` and others. Read when they are requested, and not with the facts:
//! nothing but navigation and rename depends on them.

mod mentions;
mod quoted_text;

use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::node::kind;
use super::reader::{is_name, range_of, with_tree};
pub use mentions::{UnclearUse, UseShape, exports_variable, unclear_uses, uses_indirection};
pub use quoted_text::named_variables;

/// Builtins that take names of variables, with the options that have an argument.
const TAKE_NAMES: [(&str, &str); 3] = [
    ("read", "adinNptu"),
    ("mapfile", "dnOsuCc"),
    ("readarray", "dnOsuCc"),
];

/// Words before a command that change nothing in what it does with names.
const PREFIXES: [&str; 3] = ["command", "builtin", "time"];

/// Options with a name as their argument, by command.
const NAME_OPTIONS: [(&str, &str); 4] = [
    ("printf", "-v"),
    ("test", "-v"),
    ("wait", "-p"),
    ("read", "-a"),
];

/// Returns the names of variables that are used or set in a script, in the order of the text; none of
/// one that the grammar does not take whole.
pub fn variable_uses(text: &str) -> Vec<TextRange> {
    let found = with_tree(text, |root| match root.has_error() {
        true => Vec::new(),
        false => Uses::of(text, root),
    });
    let mut found = found.unwrap_or_default();
    found.sort_unstable_by_key(|range| (range.start(), range.end()));
    found.dedup();
    found
}

/// Collector of uses.
struct Uses<'t> {
    text: &'t str,
    found: Vec<TextRange>,
}

impl<'t> Uses<'t> {
    fn of(text: &'t str, root: Node<'_>) -> Vec<TextRange> {
        let mut uses = Uses {
            text,
            found: Vec::new(),
        };
        // Not by recursion: a text may nest as deep as it likes.
        let mut pending = vec![(root, false)];
        while let Some((node, is_arithmetic)) = pending.pop() {
            let Some(is_arithmetic) = uses.node(node, is_arithmetic) else {
                continue;
            };
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                let is_body = matches!(kind(child), "do_group" | "compound_statement");
                let is_loop = kind(node) == "c_style_for_statement";
                pending.push((child, is_arithmetic && !(is_loop && is_body)));
            }
        }
        uses.found
    }

    fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Takes a node. Returns whether its children are arithmetic; `None` if they are done.
    fn node(&mut self, node: Node<'_>, is_arithmetic: bool) -> Option<bool> {
        let text = self.text_of(node);
        match kind(node) {
            "comment" | "heredoc_start" | "heredoc_end" => return None,
            "variable_name" if is_name(text) => self.found.push(range_of(node)),
            "word" | "string_content" | "raw_string" if is_arithmetic => self.identifiers(node),
            "regex" => self.expansions(node),
            "arithmetic_expansion" | "c_style_for_statement" => return Some(true),
            // A number, or the key of an associative array.
            "subscript" => return Some(false),
            // `${x:(-y)}`
            "parenthesized_expression" | "unary_expression" | "binary_expression"
                if node
                    .parent()
                    .is_some_and(|parent| kind(parent) == "expansion") =>
            {
                return Some(true);
            }
            "concatenation" => self.redirect_variable(node),
            "compound_statement" => return Some(text.starts_with("((")),
            // In a here-document, the grammar takes `$((x + 1))` for a command.
            "command_substitution" if text.starts_with("$((") && text.ends_with("))") => {
                self.identifiers(node);
                return None;
            }
            "command_substitution" | "process_substitution" => return Some(false),
            "test_command" => self.test(node),
            "command" => self.command(node),
            "declaration_command" => self.declaration(node),
            "binary_expression" if self.compares_numbers(node) => return Some(true),
            _ => {}
        }
        Some(is_arithmetic)
    }

    /// Adds all names in the text of a node, as in arithmetic.
    fn identifiers(&mut self, node: Node<'_>) {
        let text = self.text_of(node);
        for (start, word) in words(text) {
            // `16#ff` is a number.
            let before = text.get(..start).unwrap_or_default();
            if is_name(word) && !before.ends_with('#') {
                self.push(node.start_byte() + start, word);
            }
        }
    }

    /// Adds the names after `$` and `${` in a pattern, which the grammar does not look into.
    fn expansions(&mut self, node: Node<'_>) {
        let text = self.text_of(node);
        for (start, word) in words(text) {
            let before = text.get(..start).unwrap_or_default();
            let before = before.strip_suffix(['!', '#']).unwrap_or(before);
            if is_name(word) && (before.ends_with('$') || before.ends_with("${")) {
                self.push(node.start_byte() + start, word);
            }
        }
    }

    /// Adds the name that a word begins with, if it is that of a variable or of an element of one.
    fn name(&mut self, node: Node<'_>) {
        let text = self.text_of(node);
        let bare = text.trim_start_matches(['"', '\'']);
        let Some((0, word)) = words(bare).next() else {
            return;
        };
        let after = bare.get(word.len()..).unwrap_or_default();
        let after = after.trim_end_matches(['"', '\'']);
        if is_name(word)
            && (after.is_empty() || after.starts_with(['[', '=']) || after.starts_with("+="))
        {
            self.push(node.start_byte() + text.len() - bare.len(), word);
        }
    }

    fn push(&mut self, start: usize, name: &str) {
        let start = TextSize::try_from(start).unwrap_or_default();
        self.found.push(TextRange::at(start, TextSize::of(name)));
    }

    /// Adds the names that `-v` asks for.
    fn test(&mut self, node: Node<'_>) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            let operator = node.named_child(0).map(|operator| self.text_of(operator));
            if kind(node) == "unary_expression" && matches!(operator, Some("-v" | "-R")) {
                if let Some(name) = node.named_child(1) {
                    self.name(name);
                }
                continue;
            }
            let mut cursor = node.walk();
            pending.extend(node.named_children(&mut cursor));
        }
    }

    /// Returns whether the operands of a comparison in `[[ ]]` are arithmetic.
    fn compares_numbers(&self, node: Node<'_>) -> bool {
        let operators = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
        let mut cursor = node.walk();
        let is_number = node.named_children(&mut cursor).any(|child| {
            kind(child) == "test_operator" && operators.contains(&self.text_of(child))
        });
        let mut ancestors = std::iter::successors(node.parent(), Node::parent);
        let test = ancestors.find(|ancestor| kind(*ancestor) == "test_command");
        is_number && test.is_some_and(|test| self.text_of(test).starts_with("[["))
    }

    /// Adds the name of `{x}> file`, which gives the number of the file to a variable.
    fn redirect_variable(&mut self, node: Node<'_>) {
        let name = self.text_of(node).strip_prefix('{');
        let name = name.and_then(|name| name.strip_suffix('}'));
        let after = self.text.get(node.end_byte()..).unwrap_or_default();
        if let Some(name) = name.filter(|name| is_name(name))
            && after.starts_with(['<', '>'])
        {
            self.push(node.start_byte() + 1, name);
        }
    }

    /// Adds the names that are arguments of a builtin.
    fn command(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let mut arguments: Vec<Node<'_>> = node
            .named_children(&mut cursor)
            .skip_while(|child| kind(*child) != "command_name")
            .collect();
        while let Some(first) = arguments.first()
            && PREFIXES.contains(&self.text_of(*first))
        {
            arguments.remove(0);
        }
        let Some((command, arguments)) = arguments.split_first() else {
            return;
        };
        let command = self.text_of(*command);
        for (at, argument) in arguments.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| arguments.get(before));
            let option = before.map_or("", |before| self.text_of(*before));
            let is_name_option = NAME_OPTIONS.iter().any(|(name, letter)| {
                let last = letter.trim_start_matches('-');
                let is_cluster =
                    *name == "read" && option.starts_with('-') && option.ends_with(last);
                *name == command && (*letter == option || is_cluster)
            });
            let takes = TAKE_NAMES.iter().find(|(name, _)| *name == command);
            let is_name = takes.is_some_and(|(_, letters)| {
                let takes_argument =
                    option.starts_with('-') && option.ends_with(|c| letters.contains(c));
                !takes_argument && !self.text_of(*argument).starts_with('-')
            });
            let is_getopts = command == "getopts" && at == 1;
            if command == "let" {
                self.arithmetic_argument(*argument);
            } else if is_name || is_name_option || is_getopts || command == "unset" {
                self.name(*argument);
            }
        }
    }

    /// Adds the names in an argument of `let`, quoted or not.
    fn arithmetic_argument(&mut self, node: Node<'_>) {
        match kind(node) {
            "word" | "raw_string" => self.identifiers(node),
            "string" | "concatenation" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    if matches!(kind(child), "string_content" | "word" | "raw_string") {
                        self.identifiers(child);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds the names of `declare "x=1"`.
    fn declaration(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if matches!(kind(child), "string" | "raw_string" | "concatenation") {
                self.name(child);
            }
        }
    }
}

/// Returns the words of letters, digits and `_` in a text, with their offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(is_part)?;
        let word = text.get(start..)?;
        let length = word.find(|c| !is_part(c)).unwrap_or(word.len());
        at = start + length;
        Some((start, text.get(start..at)?))
    })
}
