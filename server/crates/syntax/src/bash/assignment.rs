//! Assignments and declarations of variables.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::node::{Field, kind};
use super::reader::{ScriptReader, is_name, range_of};
use super::word::{plain_word, word};
use super::{Assign, Attribute, NameKind, Piece, Role, SpanId, Step, Word};

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
        let ends = |c: char| " \t\n;&|<>()".contains(c);
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
        let (Some(name_node), value_node) = (Field::Name.of(node), Field::Value.of(node)) else {
            return;
        };
        if let Some(value) = value_node {
            self.statement(value, out);
            self.path(value);
        }
        let subscript = kind(name_node) == "subscript";
        let plain = if subscript {
            Field::Name.of(name_node).unwrap_or(name_node)
        } else {
            name_node
        };
        let name = SmolStr::new(self.text(plain));
        let name_range = range_of(plain);
        self.assigned.push(name.clone());
        self.occurrence(NameKind::Variable, Role::Definition, name_range);
        self.saved_status(node, name_range);
        self.empty_capture(node, name_range);
        let mut value = self.assigned_value(node, value_node, subscript);
        if self
            .slice(plain.end_byte(), node.end_byte())
            .starts_with("+=")
        {
            if local {
                value = Word::unknown(value.span);
            }
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
        out.push(assign(name, name_span, value, local));
    }

    /// The value in an assignment.
    fn assigned_value(&mut self, node: Node<'_>, value: Option<Node<'_>>, subscript: bool) -> Word {
        let Some(value) = value else {
            let empty = TextRange::empty(range_of(node).end());
            let whole = self.untorn(empty);
            return if whole.is_empty() {
                Word::empty(self.span(whole))
            } else {
                plain_word(self, whole)
            };
        };
        let seen = range_of(value);
        if subscript || kind(value) == "array" {
            return Word::unknown(self.span(seen));
        }
        let whole = self.untorn(seen);
        if whole != seen {
            self.variables_in(TextRange::new(seen.end(), whole.end()));
            return plain_word(self, whole);
        }
        // Each path of a list is expanded.
        if kind(value) != "string" && kind(value) != "raw_string" && self.text(value).contains(":~")
        {
            return Word::unknown(self.span(seen));
        }
        word(self, value)
    }

    /// Reads an assignment before a command, which holds for that alone.
    pub(super) fn temporary(
        &mut self,
        node: Node<'_>,
        assignments: &mut Vec<Step>,
        out: &mut Vec<Step>,
    ) {
        self.children(node, out);
        let (Some(name_node), value) = (Field::Name.of(node), Field::Value.of(node)) else {
            return;
        };
        let subscript = kind(name_node) == "subscript";
        let plain = match Field::Name.of(name_node) {
            Some(inner) if subscript => inner,
            _ => name_node,
        };
        let name = SmolStr::new(self.text(plain));
        let adds = self
            .slice(plain.end_byte(), node.end_byte())
            .starts_with("+=");
        let value = self.assigned_value(node, value, subscript || adds);
        self.assigned.push(name.clone());
        let name_span = self.span(range_of(plain));
        assignments.push(assign(name, name_span, value, false));
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
        let variable = Field::Name.of(*variable).unwrap_or(*variable);
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
            match text.get(..end).filter(|name| is_name(name)) {
                Some(name) if !text.contains(',') => self.forget(name, out),
                _ => out.push(Step::ForgetAny),
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
        let mut cursor = node.walk();
        let arguments: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for argument in &arguments {
            if !matches!(
                kind(*argument),
                "variable_assignment" | "variable_name" | "word"
            ) {
                self.statement(*argument, out);
            }
        }
        self.declared(keyword, &arguments, out);
    }

    /// Reads the arguments of a declaration, also of one that the grammar takes for a command.
    pub(super) fn declared(&mut self, keyword: &str, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let options = Options::of(
            keyword,
            arguments.iter().map(|argument| self.text(*argument)),
        );
        if options.asks {
            self.exported_functions(keyword, arguments);
        }
        let local = matches!(keyword, "local" | "declare" | "typeset") && !options.global;
        let mut end = usize::MAX;
        for argument in arguments {
            let text = self.text(*argument);
            // What the grammar has torn off a value.
            let torn = std::mem::replace(&mut end, argument.end_byte()) == argument.start_byte();
            if torn || options.asks || text.starts_with(['-', '+']) {
                continue;
            }
            let first = out.len();
            let name = match text.split_once('=') {
                _ if keyword == "unset" => {
                    self.unset_name(text, out);
                    continue;
                }
                _ if kind(*argument) == "variable_assignment" => {
                    self.assignment(*argument, local, out);
                    let name = Field::Name.of(*argument);
                    let name = name.and_then(|n| Field::Name.of(n).or(Some(n)));
                    name.map(|name| self.text(name)).unwrap_or_default()
                }
                None if is_name(text) => {
                    self.declared_name(*argument, local, out);
                    text
                }
                Some((name, _)) if is_name(name.trim_end_matches('+')) => {
                    self.assigned_word(*argument, name, local, out);
                    name.trim_end_matches('+')
                }
                _ if kind(*argument) == "file_redirect" => continue,
                _ => {
                    out.push(Step::ForgetAny);
                    continue;
                }
            };
            let name = SmolStr::new(name);
            if keyword == "local" {
                // The last one: `${x:=y}` in the value is made anywhere.
                let own = out
                    .iter_mut()
                    .skip(first)
                    .rev()
                    .find_map(|step| match step {
                        Step::Assign(assign) if assign.name == name => Some(assign),
                        _ => None,
                    });
                if let Some(assign) = own {
                    assign.needs_function = true;
                }
            }
            if options.global {
                out.truncate(first);
                out.push(Step::ForgetGlobal(name.clone()));
            }
            if options.changes || expands_braces(text) {
                out.push(Step::Forget(name.clone()));
            }
            if let Some(attribute) = options.attribute {
                out.push(Step::Attribute(name, attribute));
            }
        }
    }

    /// Reads an argument `NAME=value` of a declaration.
    fn assigned_word(&mut self, argument: Node<'_>, name: &str, local: bool, out: &mut Vec<Step>) {
        let mut value = word(self, argument);
        // It is expanded as other arguments are, so that it may be several.
        let plain = !self.text(argument).contains(['~', '{', '*', '?', '[']);
        match value.pieces.first_mut() {
            Some(Piece::Text(first))
                if plain && first.starts_with(name) && !name.ends_with('+') =>
            {
                *first = SmolStr::new(first.get(name.len() + 1..).unwrap_or_default());
            }
            _ => value = Word::unknown(value.span),
        }
        let name = name.trim_end_matches('+');
        let name_range = TextRange::at(range_of(argument).start(), TextSize::of(name));
        self.assigned.push(SmolStr::new(name));
        self.occurrence(NameKind::Variable, Role::Definition, name_range);
        let (name, name_span) = (SmolStr::new(name), self.span(name_range));
        out.push(assign(name, name_span, value, local));
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
                needs_function: false,
                is_unset: true,
            })));
        }
    }

    pub(super) fn unset(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let arguments: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for argument in &arguments {
            if !matches!(kind(*argument), "variable_name" | "word") {
                self.statement(*argument, out);
            }
        }
        let functions = arguments
            .iter()
            .any(|argument| self.text(*argument) == "-f");
        for argument in &arguments {
            match self.text(*argument) {
                text if text.starts_with('-') => {}
                text if functions => out.push(Step::Undefine(SmolStr::new(text))),
                // `unset x[1]`: the others stay.
                text if self.slice(argument.end_byte(), argument.end_byte() + 1) == "[" => {
                    out.push(Step::Forget(SmolStr::new(text)));
                }
                text => self.unset_name(text, out),
            }
        }
    }

    fn unset_name(&self, text: &str, out: &mut Vec<Step>) {
        let name = text.split('[').next().unwrap_or_default();
        if name == text && is_name(name) {
            out.push(Step::Unset(SmolStr::new(name)));
        } else if is_name(name) {
            out.push(Step::Forget(SmolStr::new(name)));
        } else if name.contains(['$', '`']) {
            out.push(Step::ForgetAny);
        }
        // Where there is no variable of that name, it is a function's.
        if !name.contains(['$', '`']) {
            out.push(Step::Undefine(SmolStr::new(name)));
        }
    }
}

/// Options of a declaration.
#[derive(Default)]
struct Options {
    /// Set when it is about functions, or only prints.
    asks: bool,
    /// Set for `-g`.
    global: bool,
    /// Set when the value that is assigned here is another one.
    changes: bool,
    attribute: Option<Attribute>,
}

impl Options {
    fn of<'t>(keyword: &str, arguments: impl Iterator<Item = &'t str>) -> Options {
        let mut options = Options::default();
        if keyword == "readonly" {
            options.attribute = Some(Attribute::Changed);
        }
        for argument in arguments.filter(|argument| argument.starts_with('-')) {
            options.asks |= argument.contains(['f', 'F', 'p']) && keyword != "unset";
            options.global |= argument.contains('g');
            options.changes |= argument.contains(['i', 'n', 'u', 'l', 'a', 'A', 'c']);
            if argument.contains('n') && keyword != "export" && keyword != "unset" {
                options.attribute = Some(Attribute::Reference);
            } else if argument.contains(['i', 'u', 'l', 'r', 'c']) {
                options.attribute = options.attribute.or(Some(Attribute::Changed));
            }
        }
        options
    }
}

/// Returns whether an argument may be several ones: `A={1,2}`. Quotes are not looked at.
fn expands_braces(text: &str) -> bool {
    let plain = |at: usize| !text.get(..at).unwrap_or_default().ends_with('$');
    (text.contains(',') || text.contains("..")) && text.match_indices('{').any(|(at, _)| plain(at))
}

/// Returns the step that gives a variable a value.
fn assign(name: SmolStr, name_span: SpanId, value: Word, local: bool) -> Step {
    Step::Assign(Box::new(Assign {
        name,
        name_span,
        value,
        local,
        needs_function: false,
        is_unset: false,
    }))
}
