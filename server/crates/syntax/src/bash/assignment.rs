//! Assignments and declarations of variables.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::reader::{ScriptReader, is_name, kind, range_of};
use super::word::{plain_word, word};
use super::{Assign, NameKind, Piece, Role, Step, Word};

impl ScriptReader<'_> {
    /// Notes the variables in a text that the grammar does not see.
    fn variables_in(&mut self, range: TextRange) {
        // The `$` of the first one may be on the other side.
        let start = usize::from(range.start()).saturating_sub(1);
        let text = self.slice(start, range.end().into());
        for (at, _) in text.match_indices('$') {
            let name = text.get(at + 1..).unwrap_or_default();
            let brace = usize::from(name.starts_with('{'));
            let name = name.get(brace..).unwrap_or_default();
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = name
                .get(..name.find(|c| !is_part(c)).unwrap_or(name.len()))
                .unwrap_or_default();
            if is_name(name) {
                let place = TextSize::try_from(start + at + 1 + brace).unwrap_or_default();
                let range = TextRange::at(place, TextSize::of(name));
                self.occurrence(NameKind::Variable, Role::Reference, range);
            }
        }
    }

    /// Returns a value with what the grammar has torn off its end.
    fn untorn(&self, value: TextRange) -> TextRange {
        let rest = self.slice(value.end().into(), self.text.len());
        let ends = |c: char| c.is_whitespace() || ";&|<>()".contains(c);
        // Nearly always there is nothing.
        if rest.starts_with('\n') {
            return value;
        }
        let length = rest.find(ends).unwrap_or(rest.len());
        let torn = rest.get(..length).unwrap_or_default();
        if torn.is_empty() || torn.contains(['"', '\'', '`', '\\', '#']) {
            return value;
        }
        TextRange::new(value.start(), value.end() + TextSize::of(torn))
    }

    pub(super) fn assignment(&mut self, node: Node<'_>, local: bool, out: &mut Vec<Step>) {
        let (Some(name_node), value_node) = (
            node.child_by_field_name("name"),
            node.child_by_field_name("value"),
        ) else {
            return;
        };
        if let Some(value) = value_node {
            self.statement(value, out);
            self.path(value);
        }
        let subscript = kind(name_node) == "subscript";
        let plain = if subscript {
            name_node.child_by_field_name("name").unwrap_or(name_node)
        } else {
            name_node
        };
        let name = SmolStr::new(self.text(plain));
        let name_range = range_of(plain);
        self.assigned.push(name.clone());
        self.occurrence(NameKind::Variable, Role::Definition, name_range);
        let mut value = match value_node {
            Some(value) if subscript || kind(value) == "array" => {
                Word::unknown(self.span(range_of(value)))
            }
            Some(value) => {
                let seen = range_of(value);
                let whole = self.untorn(seen);
                if whole == seen {
                    word(self, value)
                } else {
                    self.variables_in(TextRange::new(seen.end(), whole.end()));
                    plain_word(self, whole)
                }
            }
            None => Word::empty(self.span(TextRange::empty(range_of(node).end()))),
        };
        if self
            .slice(plain.end_byte(), node.end_byte())
            .starts_with("+=")
        {
            let old = Piece::Var {
                name: name.clone(),
                default: None,
            };
            value.pieces = [old].into_iter().chain(value.pieces).collect();
        }
        if let Some(node) = value_node.filter(|_| name == "BUILDER" && value.literal().is_some()) {
            self.occurrence(NameKind::Builder, Role::Reference, range_of(node));
        }
        let name_span = self.span(name_range);
        out.push(Step::Assign(Box::new(Assign {
            name,
            name_span,
            value,
            local,
        })));
    }

    /// Reads `(( x = 1 ))`, `x++`: a number that is not computed.
    pub(super) fn arithmetic(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        const ASSIGNMENTS: [&str; 11] = [
            "=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|=",
        ];
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        children
            .iter()
            .filter(|c| c.is_named())
            .for_each(|child| self.statement(*child, out));
        let variable = match children.as_slice() {
            // In a test, a word is left of `=`.
            [left, operator, _]
                if kind(*left) != "word" && ASSIGNMENTS.contains(&self.text(*operator)) =>
            {
                left
            }
            [operand, operator] | [operator, operand]
                if matches!(self.text(*operator), "++" | "--") =>
            {
                operand
            }
            _ => return,
        };
        let variable = variable.child_by_field_name("name").unwrap_or(*variable);
        let name = self.text(variable);
        if is_name(name) {
            self.occurrence(NameKind::Variable, Role::Definition, range_of(variable));
            self.forget(name, out);
        }
    }

    /// Reads `let x=1 y++`.
    pub(super) fn let_arguments(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        for argument in arguments {
            let text = self
                .text(*argument)
                .trim_matches(['"', '\'', '+', '-', ' ']);
            let end = text
                .find(|c: char| !(c == '_' || c.is_ascii_alphanumeric()))
                .unwrap_or(text.len());
            if let Some(name) = text.get(..end).filter(|name| is_name(name)) {
                self.forget(name, out);
            }
        }
    }

    /// A variable takes a value that reading does not tell.
    fn forget(&mut self, name: &str, out: &mut Vec<Step>) {
        self.assigned.push(SmolStr::new(name));
        out.push(Step::Forget(SmolStr::new(name)));
    }

    pub(super) fn declaration(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let keyword = node.child(0).map(|k| self.text(k)).unwrap_or_default();
        let local = self.makes_local(keyword);
        let (mut changes, mut asks) = (false, false);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match kind(child) {
                "variable_assignment" => {
                    self.assignment(child, local, out);
                    if let Some(name) = child.child_by_field_name("name").filter(|_| changes) {
                        out.push(Step::Forget(SmolStr::new(self.text(name))));
                    }
                }
                "variable_name" if !asks => self.declared_name(child, local, out),
                "word" => {
                    changes |= changes_values(self.text(child));
                    asks |= asks_for_functions(self.text(child));
                }
                _ => self.statement(child, out),
            }
        }
    }

    /// Reads a declaration that the grammar takes for a command: after `A=1 B=2` on the line before.
    pub(super) fn declared(&mut self, keyword: &str, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let local = self.makes_local(keyword);
        let (mut changes, mut asks) = (false, false);
        for argument in arguments {
            let text = self.text(*argument);
            changes |= changes_values(text);
            asks |= asks_for_functions(text);
            match text.split_once('=') {
                _ if text.starts_with('-') || asks => {}
                _ if keyword == "unset" => out.push(Step::Forget(SmolStr::new(text))),
                None if is_name(text) => self.declared_name(*argument, local, out),
                Some((name, _)) if is_name(name) => {
                    let mut value = word(self, *argument);
                    match value.pieces.first_mut() {
                        Some(Piece::Text(first)) if !changes && first.starts_with(name) => {
                            *first = SmolStr::new(first.get(name.len() + 1..).unwrap_or_default());
                        }
                        _ => value = Word::unknown(value.span),
                    }
                    let name_range = TextRange::at(range_of(*argument).start(), TextSize::of(name));
                    self.assigned.push(SmolStr::new(name));
                    self.occurrence(NameKind::Variable, Role::Definition, name_range);
                    let (name, name_span) = (SmolStr::new(name), self.span(name_range));
                    out.push(Step::Assign(Box::new(Assign {
                        name,
                        name_span,
                        value,
                        local,
                    })));
                }
                _ => {}
            }
        }
    }

    /// Reads a name that is declared without a value. A local variable has none then.
    fn declared_name(&mut self, node: Node<'_>, local: bool, out: &mut Vec<Step>) {
        let (name, name_range) = (SmolStr::new(self.text(node)), range_of(node));
        self.occurrence(NameKind::Variable, Role::Reference, name_range);
        self.assigned.push(name.clone());
        if local {
            let value = Word::empty(self.span(TextRange::empty(name_range.end())));
            let name_span = self.span(name_range);
            out.push(Step::Assign(Box::new(Assign {
                name,
                name_span,
                value,
                local,
            })));
        }
    }

    fn makes_local(&self, keyword: &str) -> bool {
        keyword == "local" || (self.function.is_some() && matches!(keyword, "declare" | "typeset"))
    }

    pub(super) fn unset(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child, out);
            out.push(Step::Forget(SmolStr::new(self.text(child))));
        }
    }
}
/// Returns whether an option of `declare` makes a number, an array, a name of another variable, or
/// text in other letters of what is assigned.
fn changes_values(option: &str) -> bool {
    option.starts_with('-') && option.contains(['i', 'n', 'u', 'l', 'a', 'A'])
}

/// Returns whether an option of `declare` is about functions, or only prints.
fn asks_for_functions(option: &str) -> bool {
    option.starts_with('-') && option.contains(['f', 'F', 'p'])
}
