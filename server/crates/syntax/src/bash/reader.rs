//! Reduces tree-sitter's tree of a script to facts.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use smol_str::SmolStr;
use tree_sitter::{Language, Node, ParseOptions, Parser};

use super::super::strings::Strings;
use super::super::{TextRange, TextSize};
use super::heredoc::{HereDoc, HereDocEffects};
use super::word::word;
use super::{
    Arm, Assign, Block, Function, NameKind, NameOccurrence, Role, ScriptEffects, ScriptFacts,
    SpanId, Step, Test, Word,
};

/// Larger scripts are refused: no image has one, and a generated file of many megabytes would
/// stop the editor.
const MAX_SIZE: usize = 1 << 20;
/// No script is larger. What nests as deep as it can within this size takes less than a second.
const SCRIPT_SIZE: usize = 32 << 10;
/// More here-documents than this are refused: the grammar's scanner is quadratic in those that
/// are open at once.
const MAX_HEREDOCS: usize = 2_000;
/// Scripts that open more brackets than this before they close them are refused.
const MAX_NESTING: usize = 1_000;
/// Deeper statements and expressions are left unknown, so that the stack of the traversal is bounded.
pub(super) const MAX_DEPTH: usize = 120;

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(new_parser());
}

fn new_parser() -> Option<Parser> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .ok()?;
    Some(parser)
}

/// Reads a script. Never fails: what is not understood is left out or unknown.
pub fn read(text: &str) -> ScriptFacts {
    if text.len() > MAX_SIZE || nests_too_deep(text) {
        return ScriptFacts::refused();
    }
    let Some(tree) = PARSER.with_borrow_mut(|parser| parse(parser.as_mut()?, text)) else {
        return ScriptFacts::refused();
    };
    let root = tree.root_node();
    let mut reader = ScriptReader::new(text);
    let mut body = Vec::new();
    reader.children(root, &mut body);
    reader.finish(body, root.has_error())
}

/// Finds the strings of a script. In doubt, everything is one string.
pub fn strings(text: &str) -> Strings {
    if text.len() > MAX_SIZE || nests_too_deep(text) {
        return Strings::everything();
    }
    let Some(tree) = PARSER.with_borrow_mut(|parser| parse(parser.as_mut()?, text)) else {
        return Strings::everything();
    };
    let mut strings = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_outermost = match kind(node) {
            // A comment in it is the container's.
            "heredoc_body" => true,
            "string" | "raw_string" | "ansi_c_string" => {
                strings.push(range_of(node));
                true
            }
            _ => false,
        };
        if !is_outermost && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Strings::new(strings).joining_lines();
            }
        }
    }
}

/// Returns whether a text nests far deeper than any script: the grammar takes time and memory with
/// the square of the depth. A count, not a parse: quotes and comments are counted like the rest.
fn nests_too_deep(text: &str) -> bool {
    if memchr::memmem::find_iter(text.as_bytes(), "<<").count() > MAX_HEREDOCS {
        return true;
    }
    let (mut brackets, mut line) = (0_usize, 0_usize);
    let mut before = b'\n';
    for &byte in text.as_bytes() {
        match byte {
            b'(' | b'{' | b'[' => brackets += 1,
            b')' | b'}' | b']' => brackets = brackets.saturating_sub(1),
            b'\n' => line = 0,
            _ => {}
        }
        // What goes on without an end on one line: `a | a | ...`, `f() f() ...`.
        line += usize::from(byte == b'|' || (byte == b')' && before == b'('));
        if brackets > MAX_NESTING || line > MAX_NESTING {
            return true;
        }
        before = byte;
    }
    false
}

/// Returns a text as the parser may read it, byte for byte as long.
///
/// tree-sitter-bash 0.25.1 looks up a character after `{` and digits, or after `{1..` and digits, in
/// a table that ends with Latin-1: a rarer one kills the process (its issue 337). It is replaced by
/// `_`; names are read from the text itself.
fn harmless(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = text.as_bytes().to_vec();
    for brace in memchr::memchr_iter(b'{', text.as_bytes()) {
        let first = mask_after_digits(&mut bytes, brace + 1);
        if bytes
            .get(first..)
            .is_some_and(|rest| rest.starts_with(b".."))
        {
            mask_after_digits(&mut bytes, first + 2);
        }
    }
    Cow::Owned(bytes)
}

/// Replaces a character that is not ASCII after some digits. Returns the end of the digits.
fn mask_after_digits(bytes: &mut [u8], at: usize) -> usize {
    let after = bytes.get(at..).unwrap_or_default();
    let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = bytes.get_mut(at + digits..).unwrap_or_default();
    for byte in rest.iter_mut().take_while(|byte| !byte.is_ascii()) {
        *byte = b'_';
    }
    at + digits
}

/// Parses within a limit: what nests without end (`a | a | ...`, 100,000 times) takes time and
/// memory with the square of its length. A text of the length that scripts have meets no limit,
/// whatever it holds and however busy the machine is: the same text is always read alike.
fn parse(parser: &mut Parser, text: &str) -> Option<tree_sitter::Tree> {
    let limit = if text.len() <= SCRIPT_SIZE {
        Duration::from_secs(30)
    } else {
        Duration::from_millis(500)
            + Duration::from_micros(2).saturating_mul(u32::try_from(text.len()).ok()?)
    };
    let started = Instant::now();
    let mut progress = |_: &tree_sitter::ParseState| {
        if started.elapsed() > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let bytes = harmless(text);
    let tree = parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut progress)),
    );
    if tree.is_none() {
        parser.reset();
    }
    tree
}

/// Returns [`Node::kind`] from a table: the method measures and checks a C string at every call.
pub(super) fn kind(node: Node<'_>) -> &'static str {
    static LANGUAGE: LazyLock<Language> = LazyLock::new(|| tree_sitter_bash::LANGUAGE.into());
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

/// Returns the range of a node.
pub(super) fn range_of(node: Node<'_>) -> TextRange {
    let offset = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(offset(node.start_byte()), offset(node.end_byte()))
}

/// State of the traversal.
pub(super) struct ScriptReader<'t> {
    pub(super) text: &'t str,
    pub(super) depth: usize,
    pub(super) function: Option<u32>,
    pub(super) functions: Vec<Function>,
    pub(super) heredocs: Vec<HereDoc>,
    pub(super) heredoc_effects: Vec<HereDocEffects>,
    pub(super) assigned: Vec<SmolStr>,
    pub(super) paths: Vec<Word>,
    pub(super) occurrences: Vec<NameOccurrence>,
    pub(super) glued_brackets: Vec<TextRange>,
    pub(super) spans: RefCell<Vec<TextRange>>,
}

impl<'t> ScriptReader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        ScriptReader {
            text,
            depth: 0,
            function: None,
            functions: Vec::new(),
            heredocs: Vec::new(),
            heredoc_effects: Vec::new(),
            assigned: Vec::new(),
            paths: Vec::new(),
            // About what a script of that size has.
            occurrences: Vec::with_capacity(text.len() / 32),
            glued_brackets: Vec::new(),
            spans: RefCell::new(Vec::with_capacity(text.len() / 32)),
        }
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.slice(node.start_byte(), node.end_byte())
    }

    /// The text between two offsets; empty if there is none.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Gives a range a number.
    pub(super) fn span(&self, range: TextRange) -> SpanId {
        let mut spans = self.spans.borrow_mut();
        spans.push(range);
        SpanId(u32::try_from(spans.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn finish(mut self, body: Vec<Step>, has_errors: bool) -> ScriptFacts {
        self.assigned.sort_unstable();
        self.assigned.dedup();
        self.occurrences
            .sort_unstable_by_key(|o| (o.range.start(), o.range.end()));
        self.glued_brackets
            .sort_unstable_by_key(|bracket| bracket.start());
        let effects = ScriptEffects {
            body: body.into(),
            functions: self.functions.into(),
            heredocs: self.heredoc_effects.into(),
            assigned: self.assigned.into(),
            refused: false,
        };
        ScriptFacts {
            effects,
            heredocs: self.heredocs.into(),
            paths: self.paths.into(),
            // Copied: shrinking them in place would leave many small pieces of free memory.
            occurrences: self.occurrences.as_slice().into(),
            glued_brackets: self.glued_brackets.into(),
            spans: self.spans.into_inner().as_slice().into(),
            has_errors,
            is_stale: false,
        }
    }

    pub(super) fn occurrence(&mut self, kind: NameKind, role: Role, range: TextRange) {
        self.occurrences.push(NameOccurrence { kind, role, range });
    }

    /// Reads every statement below `node`.
    pub(super) fn children(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        // A cursor costs an allocation.
        if node.named_child_count() == 0 {
            return;
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child, out);
        }
    }

    pub(super) fn block(&mut self, nodes: &[Node<'_>]) -> Block {
        let mut out = Vec::new();
        for node in nodes {
            self.statement(*node, &mut out);
        }
        out.into()
    }

    /// Reads one statement, or any expression that may hold statements.
    pub(super) fn statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        if self.depth >= MAX_DEPTH {
            out.push(Step::Opaque);
            return;
        }
        self.depth += 1;
        self.statement_inner(node, out);
        self.depth -= 1;
    }

    pub(super) fn statement_inner(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        match kind(node) {
            "comment"
            | "heredoc_start"
            | "heredoc_end"
            | "heredoc_content"
            | "word"
            | "raw_string"
            | "string_content"
            | "variable_name"
            | "special_variable_name"
            | "test_operator" => {}
            "command" => self.command(node, None, out),
            "redirected_statement" => self.redirected(node, out),
            "variable_assignment" => self.assignment(node, false, out),
            "declaration_command" => self.declaration(node, out),
            "unset_command" => self.unset(node, out),
            "function_definition" => self.function_definition(node, out),
            "if_statement" => self.if_statement(node, out),
            "case_statement" => self.case_statement(node, out),
            "test_command" => self.test_command(node, &[], out),
            "list" => self.list(node, out),
            "for_statement" | "c_style_for_statement" | "while_statement" => self.repeat(node, out),
            "pipeline" => self.pipeline(node, out),
            "subshell" | "command_substitution" | "process_substitution" => {
                let mut inner = Vec::new();
                self.children(node, &mut inner);
                if !inner.is_empty() {
                    out.push(Step::Isolated(inner.into()));
                }
            }
            "simple_expansion" | "expansion" => self.expansion(node, out),
            "binary_expression" | "postfix_expression" | "unary_expression" => {
                self.arithmetic(node, out)
            }
            "heredoc_redirect" => {
                self.heredoc(node, out);
            }
            _ => self.children(node, out),
        }
    }

    pub(super) fn expansion(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        if let Some(name) = children.first().filter(|n| kind(**n) == "variable_name") {
            self.occurrence(NameKind::Variable, Role::Reference, range_of(*name));
            let operator = node.child_by_field_name("operator").map(|o| self.text(o));
            let name = matches!(operator, Some(":=" | "="))
                .then_some(*name)
                .filter(|n| is_name(self.text(*n)));
            let mut inner = Vec::new();
            for child in children {
                self.statement(child, &mut inner);
            }
            // A default is looked at only where there is no value.
            if !inner.is_empty() {
                let (test, body) = (Test::Unknown, inner.into());
                out.push(Step::Branch(Box::new([Arm { test, body }])));
            }
            if let Some(name) = name {
                self.assigned.push(SmolStr::new(self.text(name)));
                let (name_span, value) = (self.span(range_of(name)), word(self, node));
                let assign = Assign {
                    name: SmolStr::new(self.text(name)),
                    name_span,
                    value,
                    local: false,
                };
                out.push(Step::Assign(Box::new(assign)));
            }
            return;
        }
        for child in children {
            self.statement(child, out);
        }
    }
}

/// Returns whether a text is a name that a variable can have.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kills_the_parser_is_not_shown_to_it() {
        for (text, shown) in [
            ("{\u{31860}", "{____"),
            ("x {12\u{1F600}é,a}", "x {12______,a}"),
            ("{1..\u{1F600}}", "{1..____}"),
            ("{1..2} é {a..é}", "{1..2} é {a..é}"),
            ("${é}", "${__}"),
        ] {
            assert_eq!(harmless(text), shown.as_bytes(), "{text}");
        }
    }
}
