//! Reduces tree-sitter's tree of a script to facts.

use std::cell::{Cell, RefCell};

use smol_str::{SmolStr, format_smolstr};
use tree_sitter::{Node, Parser};

use super::super::strings::Strings;
use super::super::{TextRange, TextSize};
use super::exports::FunctionExport;
use super::heredoc::{HereDoc, HereDocEffects};
use super::line_ends::wrong_line_ends;
use super::masked_status::MaskedStatus;
use super::node::{Traits, kind};
use super::reads::VariableRead;
use super::redirect::Redirection;
use super::repair;
use super::scan::{Extent, Scan, harmless, scan};
use super::slip::Slip;
use super::tools::Tool;
use super::{
    Block, Function, NameKind, NameOccurrence, Role, ScriptEffects, ScriptFacts, SpanId, Step, Word,
};

/// Larger scripts are refused: no image has one, and a generated file of many megabytes would
/// stop the editor.
const MAX_SIZE: usize = 1 << 20;
/// More here-documents than this are refused: the grammar's scanner is quadratic in those that
/// are open at once.
const MAX_HEREDOCS: usize = 2_000;
/// Scripts that open more brackets than this before they close them are refused.
const MAX_NESTING: usize = 1_000;
/// Deeper statements and expressions are left unknown, so that the stack of the traversal is bounded.
pub(super) const MAX_DEPTH: usize = 120;
/// Scripts that the grammar still misreads after this many repairs are refused.
const MAX_READINGS: usize = 6;

thread_local! {
    pub(super) static PARSER: RefCell<Option<Parser>> = RefCell::new(new_parser());
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
    let mut misread = Vec::new();
    for _ in 0..MAX_READINGS {
        let mut scan = scan(text);
        let parse = |parser: &mut Option<Parser>| {
            let parser = parser.as_mut()?;
            repair::parse(parser, &mut scan, &misread)
        };
        let Some((tree, opaque)) = PARSER.with_borrow_mut(parse) else {
            break;
        };
        let mut reader = ScriptReader::new(text, scan, opaque);
        let mut body = Vec::new();
        reader.children(tree.root_node(), &mut body);
        match reader.first_misread() {
            Some(offset) => misread.push(offset),
            None => return reader.finish(body),
        }
    }
    ScriptFacts::refused()
}

/// Parses a script as it is, without what repairs it, and calls `body` with its tree; `None` if it is
/// refused.
pub(super) fn with_tree<T>(text: &str, body: impl FnOnce(Node<'_>) -> T) -> Option<T> {
    if text.len() > MAX_SIZE || nests_too_deep(text) {
        return None;
    }
    let mut shown = text.as_bytes().to_vec();
    harmless(text, &mut shown);
    let tree = PARSER.with_borrow_mut(|parser| repair::parse_bytes(parser.as_mut()?, &shown))?;
    Some(body(tree.root_node()))
}

/// Finds the strings of a script. In doubt, everything is one string.
pub fn strings(text: &str) -> Strings {
    if text.len() > MAX_SIZE || nests_too_deep(text) {
        return Strings::everything();
    }
    let mut scan = scan(text);
    let parsed = PARSER.with_borrow_mut(|parser| repair::parse(parser.as_mut()?, &mut scan, &[]));
    let Some((tree, opaque)) = parsed else {
        return Strings::everything();
    };
    // A comment in a here-document is the container's: the grammar is shown blanks there.
    let replaced = opaque.iter().chain(&scan.masked);
    let mut strings: Vec<TextRange> = replaced.map(|part| range(part.0, part.1)).collect();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_string = matches!(kind(node), "string" | "raw_string" | "ansi_c_string");
        if is_string {
            strings.push(range_of(node));
        } else if cursor.goto_first_child() {
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
    let may_nest = |byte: &u8| matches!(byte, b'(' | b'{' | b'[' | b'|' | b')');
    // In pieces whose sums fit into a byte, which is faster.
    let pieces = text.as_bytes().chunks(u8::MAX.into());
    let sums = pieces.map(|piece| {
        piece
            .iter()
            .map(|byte| u8::from(may_nest(byte)))
            .sum::<u8>()
    });
    if sums.map(usize::from).sum::<usize>() <= MAX_NESTING {
        return false;
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

/// Returns the range of a node.
pub(super) fn range_of(node: Node<'_>) -> TextRange {
    range(node.start_byte(), node.end_byte())
}

/// Returns the range between two byte offsets.
pub(super) fn range(start: usize, end: usize) -> TextRange {
    let offset = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(offset(start), offset(end.max(start)))
}

/// State of the traversal.
pub(super) struct ScriptReader<'t> {
    pub(super) text: &'t str,
    pub(super) depth: usize,
    /// Set when a statement was too deep to be read.
    pub(super) too_deep: bool,
    /// Bits of the offsets at which statements begin.
    pub(super) starts: Vec<u64>,
    /// Number of texts in arguments that were read as scripts.
    pub(super) nested: usize,
    /// Number of loops at the end of pipes that exit.
    pub(super) pipes: usize,
    pub(super) function: Option<u32>,
    pub(super) functions: Vec<Function>,
    /// The here-documents; `None`: not read yet.
    pub(super) heredocs: Vec<Option<(HereDoc, HereDocEffects)>>,
    /// Starts of the commands that read here-documents, and the index of each. In order.
    pub(super) readers: Vec<(usize, usize)>,
    pub(super) scan: Scan,
    /// Parts that the grammar does not take.
    pub(super) opaque: Vec<Extent>,
    /// Where a list ends whose last command a redirection is for, and its file.
    pub(super) trailing: Option<(usize, Word)>,
    pub(super) assigned: Vec<SmolStr>,
    pub(super) paths: Vec<Word>,
    pub(super) occurrences: Vec<NameOccurrence>,
    pub(super) glued_brackets: Vec<TextRange>,
    pub(super) masked_statuses: Vec<MaskedStatus>,
    pub(super) function_exports: Vec<FunctionExport>,
    pub(super) required: Vec<Tool>,
    pub(super) installed: Vec<Tool>,
    pub(super) compares_versions: Cell<bool>,
    pub(super) reads: Vec<VariableRead>,
    /// Variables of which the script asks whether they are set.
    pub(super) tested: Vec<SmolStr>,
    /// Number of conditions around the present statement, in the same function.
    pub(super) conditional: u32,
    /// Set in a test.
    pub(super) in_test: bool,
    pub(super) slips: Vec<Slip>,
    /// Assignments that save a status.
    pub(super) saved_statuses: Vec<TextRange>,
    /// The last `cd "$INSTALL"`, until its statement was read.
    pub(super) entered_root: Option<TextRange>,
    pub(super) spans: RefCell<Vec<TextRange>>,
}

impl<'t> ScriptReader<'t> {
    fn new(text: &'t str, scan: Scan, opaque: Vec<Extent>) -> Self {
        let commands = scan.heredocs.iter().map(|heredoc| heredoc.command);
        let mut readers: Vec<_> = commands.zip(0..).collect();
        readers.sort_unstable();
        ScriptReader {
            text,
            readers,
            depth: 0,
            too_deep: false,
            starts: vec![0; text.len() / 64 + 1],
            nested: 0,
            pipes: 0,
            function: None,
            functions: Vec::new(),
            heredocs: scan.heredocs.iter().map(|_| None).collect(),
            scan,
            opaque,
            trailing: None,
            assigned: Vec::new(),
            paths: Vec::new(),
            // About what a script of that size has.
            occurrences: Vec::with_capacity(text.len() / 32),
            glued_brackets: Vec::new(),
            masked_statuses: Vec::new(),
            function_exports: Vec::new(),
            required: Vec::new(),
            installed: Vec::new(),
            compares_versions: Cell::new(false),
            reads: Vec::new(),
            tested: Vec::new(),
            conditional: 0,
            in_test: false,
            slips: Vec::new(),
            saved_statuses: Vec::new(),
            entered_root: None,
            spans: RefCell::new(Vec::with_capacity(text.len() / 32)),
        }
    }

    /// The text of a node.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.slice(node.start_byte(), node.end_byte())
    }

    /// The text of a node without double quotes: a path, as paths are compared.
    pub(super) fn unquoted(&self, node: Node<'_>) -> String {
        self.text(node).replace('"', "")
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

    /// Returns the range of a span.
    pub(super) fn range_of_span(&self, span: SpanId) -> TextRange {
        let spans = self.spans.borrow();
        spans.get(span.0 as usize).copied().unwrap_or_default()
    }

    fn finish(mut self, body: Vec<Step>) -> ScriptFacts {
        for index in 0..self.heredocs.len() {
            // Of a part that is opaque, or deeper than what is read.
            let offset = self.scan.heredocs.get(index).map_or(0, |h| h.opened.0);
            let function = self.function_at(range(offset, offset).start());
            self.heredoc(index, function, &mut Vec::new());
        }
        for (start, end) in std::mem::take(&mut self.scan.descriptors) {
            let name = self.slice(start, end);
            self.assigned.push(SmolStr::new(name));
            if self.slice(0, start).trim_end().ends_with("coproc") {
                self.assigned.push(format_smolstr!("{name}_PID"));
            }
            self.occurrence(NameKind::Variable, Role::Definition, range(start, end));
        }
        for index in 0..self.scan.references.len() {
            if let Some((start, end)) = self.scan.references.get(index).copied() {
                self.occurrence(NameKind::Variable, Role::Reference, range(start, end));
            }
        }
        self.assigned.sort_unstable();
        self.assigned.dedup();
        self.occurrences
            .sort_unstable_by_key(|o| (o.range.start(), o.range.end()));
        self.glued_brackets
            .sort_unstable_by_key(|bracket| bracket.start());
        self.masked_statuses
            .sort_unstable_by_key(|masked| masked.declaration.start());
        self.function_exports
            .sort_unstable_by_key(|export| export.range.start());
        self.unread_statuses();
        self.slips.sort_unstable_by_key(|slip| slip.range.start());
        let reads = self.taken_for_set();
        let (heredocs, heredoc_effects): (Vec<_>, Vec<_>) =
            self.heredocs.into_iter().flatten().unzip();
        let bodies: Vec<Extent> = self.scan.heredocs.iter().map(|h| h.body).collect();
        let effects = ScriptEffects {
            body: body.into(),
            functions: self.functions.into(),
            heredocs: heredoc_effects.into(),
            assigned: self.assigned.into(),
            services: services(self.text).into(),
            required: self.required.into(),
            installed: self.installed.into(),
            reads: reads.into(),
            compares_versions: self.compares_versions.get(),
            refused: false,
        };
        ScriptFacts {
            effects,
            heredocs: heredocs.into(),
            paths: self.paths.into(),
            // Copied: shrinking them in place would leave many small pieces of free memory.
            occurrences: self.occurrences.as_slice().into(),
            glued_brackets: self.glued_brackets.into(),
            masked_statuses: self.masked_statuses.into(),
            function_exports: self.function_exports.into(),
            slips: self.slips.into(),
            wrong_line_ends: wrong_line_ends(self.text, &bodies),
            spans: self.spans.into_inner().as_slice().into(),
            has_errors: !self.opaque.is_empty(),
            is_unfinished: self.scan.unfinished.is_some(),
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
        self.statements(node.named_children(&mut cursor), out);
    }

    pub(super) fn block(&mut self, nodes: &[Node<'_>]) -> Block {
        let mut out = Vec::new();
        self.statements(nodes.iter().copied(), &mut out);
        out.into()
    }

    /// Reads statements that follow each other.
    fn statements<'n>(&mut self, nodes: impl Iterator<Item = Node<'n>>, out: &mut Vec<Step>) {
        let mut before: Option<Node<'_>> = None;
        let mut below_root = None;
        for node in nodes {
            if kind(node) != "comment"
                && let Some(before) = before.replace(node)
            {
                self.masked_before(before, node);
                self.truncated_before(before, node);
            }
            if let Some(state) = below_root.take() {
                below_root = self.follow(node, state);
            }
            self.statement(node, out);
            if let Some(root) = self.entered_root
                && range_of(node).contains_range(root)
            {
                self.entered_root = None;
                below_root = self.below_root(node, root);
            }
        }
    }

    /// Returns whether the tree has all statements there are: none is in text that was replaced.
    pub(super) fn hides_nothing(&self) -> bool {
        self.scan.hidden.is_empty() && self.scan.expressions.is_empty()
    }

    /// Reads one statement, or any expression that may hold statements.
    pub(super) fn statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        if self.hides_nothing() && Traits::of(node).has(Traits::LEAF) {
            return;
        }
        if self.depth >= MAX_DEPTH {
            out.push(Step::Opaque);
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        self.begins(node);
        let mut inner = Vec::new();
        let is_background = self.is_background(node);
        let steps = if is_background { &mut inner } else { &mut *out };
        self.heredocs_of(node, steps);
        self.statement_inner(node, steps);
        if is_background {
            out.push(Step::Isolated(inner.into()));
        }
        self.depth -= 1;
    }

    pub(super) fn statement_inner(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        match kind(node) {
            "command" if self.opaque_command(node, out) => {}
            "command" => self.command(node, &Redirection::default(), out),
            "redirected_statement" => self.redirected(node, out),
            "variable_assignment" => self.assignment(node, false, out),
            "declaration_command" => self.declaration(node, out),
            "unset_command" => self.unset(node, out),
            "function_definition" => self.function_definition(node, out),
            "if_statement" => self.if_statement(node, out),
            "case_statement" => self.case_statement(node, out),
            "test_command" => self.test_command(node, &[], out),
            "list" => self.list(node, out),
            "negated_command" => self.negated(node, out),
            "for_statement" | "c_style_for_statement" | "while_statement" => self.repeat(node, out),
            "compound_statement" if self.loop_in_braces(node, out) => {}
            "pipeline" => self.pipeline(node, out),
            "subshell" | "command_substitution" | "process_substitution" => {
                let mut inner = Vec::new();
                self.children(node, &mut inner);
                if !inner.is_empty() {
                    out.push(Step::Isolated(inner.into()));
                }
            }
            "simple_expansion" if self.simple_expansion(node) => {}
            "simple_expansion" | "expansion" => self.expansion(node, out),
            "binary_expression" | "postfix_expression" | "unary_expression" => {
                self.arithmetic(node, out)
            }
            // All were replaced.
            "heredoc_redirect" => out.push(Step::Opaque),
            "file_redirect" => self.file_redirect(node, &mut Redirection::default(), out),
            _ if node.child_count() == 0 => self.leaf(node, out),
            _ => self.children(node, out),
        }
    }
}

/// Returns the systemd services that a text names outside of comments. Sorted, each once.
fn services(text: &str) -> Vec<SmolStr> {
    let mut found = Vec::new();
    // Most texts name none: their lines are not looked at.
    if memchr::memmem::find(text.as_bytes(), b".service").is_none() {
        return found;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "@-_:".contains(c);
    for line in text.lines() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for at in memchr::memmem::find_iter(line.as_bytes(), ".service") {
            let before = line.get(..at).unwrap_or_default();
            let name = before.rsplit(|c| !is_part(c)).next().unwrap_or_default();
            found.push(SmolStr::new(name));
        }
    }
    found.retain(|name| !name.is_empty());
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns whether a text is a name that a variable can have.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}
