//! Walks tree-sitter's tree of a script and reduces it to facts.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use smol_str::SmolStr;
use tree_sitter::{Node, ParseOptions, Parser};

use super::super::{TextRange, TextSize};
use super::heredoc::{HereDoc, scan};
use super::word::word;
use super::{
    Arm, Assign, Block, Call, Function, Occurrence, OccurrenceKind, Part, Pour, Role, ScriptFacts,
    Site, Source, Step, Test, Word, container,
};

/// Larger scripts are refused: no image has one, and a generated file of many megabytes would
/// stop the editor.
const MAX_SIZE: usize = 1 << 20;
/// More here-documents than this are refused: the grammar's scanner is quadratic in those that
/// are open at once.
const MAX_HEREDOCS: usize = 2_000;
/// Deeper statements and expressions are left unknown, so that the walk's stack is bounded.
const MAX_DEPTH: usize = 120;

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(new_parser());
}

fn new_parser() -> Option<Parser> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    Some(parser)
}

/// Reads a script. Never fails: what is not understood is left out or unknown.
pub fn read(text: &str) -> ScriptFacts {
    let refused = || ScriptFacts { refused: true, ..ScriptFacts::default() };
    if text.len() > MAX_SIZE || memchr::memmem::find_iter(text.as_bytes(), "<<").count() > MAX_HEREDOCS {
        return refused();
    }
    let Some(tree) = PARSER.with_borrow_mut(|parser| parse(parser.as_mut()?, text)) else {
        return refused();
    };
    let root = tree.root_node();
    let mut reader = Reader::new(text);
    let mut body = Vec::new();
    reader.children(root, &mut body);
    reader.finish(body, root.has_error())
}

/// Parses within a limit: what nests without end (`a | a | ...`, 100,000 times) takes time and
/// memory with the square of its length. The limit is some hundred times what a script takes, so
/// that only such texts meet it, on however busy a machine.
fn parse(parser: &mut Parser, text: &str) -> Option<tree_sitter::Tree> {
    let limit = Duration::from_millis(500) + Duration::from_micros(2).saturating_mul(u32::try_from(text.len()).ok()?);
    let started = Instant::now();
    let mut progress = |_: &tree_sitter::ParseState| {
        if started.elapsed() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
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

/// Where a node stands.
pub(super) fn range_of(node: Node<'_>) -> TextRange {
    let offset = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(offset(node.start_byte()), offset(node.end_byte()))
}

/// The walk's state.
pub(super) struct Reader<'t> {
    text: &'t str,
    depth: usize,
    function: Option<u32>,
    functions: Vec<Function>,
    heredocs: Vec<HereDoc>,
    assigned: Vec<SmolStr>,
    paths: Vec<Word>,
    occurrences: Vec<Occurrence>,
    sites: RefCell<Vec<TextRange>>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Reader {
            text,
            depth: 0,
            function: None,
            functions: Vec::new(),
            heredocs: Vec::new(),
            assigned: Vec::new(),
            paths: Vec::new(),
            occurrences: Vec::new(),
            sites: RefCell::default(),
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

    /// Gives a place a number.
    pub(super) fn site(&self, range: TextRange) -> Site {
        let mut sites = self.sites.borrow_mut();
        sites.push(range);
        Site(u32::try_from(sites.len() - 1).unwrap_or(u32::MAX))
    }

    fn finish(mut self, body: Vec<Step>, has_errors: bool) -> ScriptFacts {
        self.assigned.sort_unstable();
        self.assigned.dedup();
        self.occurrences.sort_unstable_by_key(|o| (o.range.start(), o.range.end()));
        ScriptFacts {
            body: body.into(),
            functions: self.functions.into(),
            heredocs: self.heredocs.into(),
            assigned: self.assigned.into(),
            paths: self.paths.into(),
            occurrences: self.occurrences.into(),
            sites: self.sites.into_inner().into(),
            has_errors,
            is_stale: false,
            refused: false,
        }
    }

    fn occurrence(&mut self, kind: OccurrenceKind, role: Role, range: TextRange) {
        self.occurrences.push(Occurrence { kind, role, range });
    }

    /// Walks every statement below `node`.
    fn children(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child, out);
        }
    }

    fn block(&mut self, nodes: &[Node<'_>]) -> Block {
        let mut out = Vec::new();
        for node in nodes {
            self.statement(*node, &mut out);
        }
        out.into()
    }

    /// Walks one statement, or any expression that may hold statements.
    fn statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        if self.depth >= MAX_DEPTH {
            out.push(Step::Opaque);
            return;
        }
        self.depth += 1;
        self.statement_inner(node, out);
        self.depth -= 1;
    }

    fn statement_inner(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        match node.kind() {
            "comment" | "heredoc_start" | "heredoc_end" | "heredoc_content" => {}
            "command" => self.command(node, None, out),
            "redirected_statement" => self.redirected(node, out),
            "variable_assignment" => self.assignment(node, false, out),
            "declaration_command" => self.declaration(node, out),
            "unset_command" => self.unset(node, out),
            "function_definition" => self.function_definition(node, out),
            "if_statement" => self.if_statement(node, out),
            "case_statement" => self.case_statement(node, out),
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
            "heredoc_redirect" => {
                self.heredoc(node, out);
            }
            _ => self.children(node, out),
        }
    }

    fn expansion(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        if let Some(name) = children.first().filter(|n| n.kind() == "variable_name") {
            self.occurrence(OccurrenceKind::Variable, Role::Reference, range_of(*name));
            let operator = node.child_by_field_name("operator").map(|o| self.text(o));
            if matches!(operator, Some(":=" | "=")) {
                self.assigned.push(SmolStr::new(self.text(*name)));
            }
        }
        for child in children {
            self.statement(child, out);
        }
    }

    // Commands

    fn redirected(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut redirects = Vec::new();
        let mut cursor = node.walk();
        for redirect in node.children_by_field_name("redirect", &mut cursor) {
            redirects.push(redirect);
        }
        let redirection = self.redirection(&redirects, out);
        match node.child_by_field_name("body") {
            Some(body) if body.kind() == "command" => self.command(body, Some(&redirection), out),
            Some(body) if body.kind() == "pipeline" => self.pipeline_into(body, &redirection, out),
            Some(body) => self.statement(body, out),
            None => {}
        }
        // What follows the delimiter on its line runs after the command.
        for after in redirection.after {
            self.statement(after, out);
        }
    }

    fn redirection<'n>(&mut self, redirects: &[Node<'n>], out: &mut Vec<Step>) -> Redirection<'n> {
        let mut redirection = Redirection::default();
        let mut files: Vec<Node<'_>> = Vec::new();
        for redirect in redirects {
            match redirect.kind() {
                "heredoc_redirect" => {
                    redirection.heredoc = self.heredoc(*redirect, out);
                    let mut cursor = redirect.walk();
                    for child in redirect.named_children(&mut cursor) {
                        match child.kind() {
                            "file_redirect" => files.push(child),
                            "heredoc_start" | "heredoc_body" | "heredoc_end" => {}
                            "pipeline" => {
                                redirection.piped = true;
                                redirection.after.push(child);
                            }
                            _ => redirection.after.push(child),
                        }
                    }
                }
                "file_redirect" => files.push(*redirect),
                _ => self.statement(*redirect, out),
            }
        }
        for file in files {
            self.file_redirect(file, &mut redirection, out);
        }
        redirection
    }

    fn file_redirect(&mut self, file: Node<'_>, into: &mut Redirection<'_>, out: &mut Vec<Step>) {
        self.children(file, out);
        let mut cursor = file.walk();
        let output = file.children(&mut cursor).any(|c| matches!(c.kind(), ">" | ">>" | ">|"));
        let descriptor = file.child_by_field_name("descriptor").map(|d| self.text(d));
        if output && matches!(descriptor, None | Some("1")) {
            into.target = file.child_by_field_name("destination").map(|d| word(self, d));
        }
    }

    /// A heredoc's facts; gives its index.
    fn heredoc(&mut self, node: Node<'_>, out: &mut Vec<Step>) -> Option<u32> {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let start = children.iter().find(|c| c.kind() == "heredoc_start")?;
        let quoted = self.text(*start).contains(['\'', '"', '\\']);
        let body = children.iter().find(|c| c.kind() == "heredoc_body");
        let range = body.map_or_else(|| TextRange::empty(range_of(*start).end()), |b| range_of(*b));
        let text = self.slice(range.start().into(), range.end().into());
        let scanned = if quoted { Default::default() } else { scan(text, range.start()) };
        for name in &scanned.expansions {
            if !name.is_special() {
                let dollar = if self.slice(name.range.start().into(), name.range.end().into()).starts_with("${") { 2 } else { 1 };
                let at = name.range.start() + TextSize::new(dollar);
                let range = TextRange::at(at, TextSize::of(name.name.as_str()));
                self.occurrence(OccurrenceKind::Variable, Role::Reference, range);
            }
        }
        if let Some(body) = body.filter(|_| !quoted) {
            let mut cursor = body.walk();
            for child in body.named_children(&mut cursor).filter(|c| c.kind() == "command_substitution") {
                self.statement(child, out);
            }
        }
        let container = container::read(text, range.start());
        for unit in &container.units {
            self.occurrences.push(Occurrence { kind: OccurrenceKind::Unit, role: Role::Reference, range: unit.range });
        }
        self.heredocs.push(HereDoc {
            quoted,
            body: range,
            function: self.function,
            expansions: scanned.expansions.into(),
            splices: scanned.splices.into(),
            container,
        });
        u32::try_from(self.heredocs.len() - 1).ok()
    }

    fn command(&mut self, node: Node<'_>, redirection: Option<&Redirection<'_>>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let Some(position) = children.iter().position(|c| c.kind() == "command_name") else {
            return self.children(node, out);
        };
        let (before, rest) = children.split_at(position);
        let Some((name_node, arguments)) = rest.split_first() else { return };
        for (at, assignment) in before.iter().enumerate() {
            let next = children.get(at + 1).map_or(node.end_byte(), |n| n.start_byte());
            // The grammar takes `A=1 B=2`, a line end and a command for one command.
            if self.slice(assignment.end_byte(), next).contains('\n')
                || before.get(at..).is_some_and(|rest| self.line_ends_within(rest, *name_node))
            {
                self.assignment(*assignment, false, out);
            } else {
                self.children(*assignment, out);
            }
        }
        self.children(*name_node, out);
        let mut bare = Vec::new();
        for argument in arguments {
            if argument.kind() == "file_redirect" || argument.kind() == "herestring_redirect" {
                self.children(*argument, out);
            } else {
                self.statement(*argument, out);
                bare.push(*argument);
            }
        }
        let name = word(self, *name_node);
        if let Some(name_text) = name.literal() {
            self.named_command(name_text, node, *name_node, &bare, redirection, out);
        }
    }

    /// Whether a line ends (unescaped) somewhere between the assignments and the command's name.
    fn line_ends_within(&self, assignments: &[Node<'_>], name: Node<'_>) -> bool {
        let ends = assignments.iter().map(|a| a.end_byte());
        let starts = assignments.iter().skip(1).map(|a| a.start_byte()).chain([name.start_byte()]);
        ends.zip(starts).any(|(end, start)| {
            let between = self.slice(end, start);
            between.contains('\n') && !between.contains("\\\n")
        })
    }

    fn named_command(
        &mut self,
        name: &str,
        node: Node<'_>,
        name_node: Node<'_>,
        arguments: &[Node<'_>],
        redirection: Option<&Redirection<'_>>,
        out: &mut Vec<Step>,
    ) {
        match name {
            "." | "source" => return self.source(node, arguments, out),
            "eval" => out.push(Step::Opaque),
            "exit" => return out.push(Step::Exit),
            "return" => return out.push(Step::Return),
            "read" | "mapfile" | "readarray" | "getopts" => {
                for argument in arguments {
                    let text = self.text(*argument);
                    if is_name(text) {
                        self.assigned.push(SmolStr::new(text));
                        self.occurrence(OccurrenceKind::Variable, Role::Definition, range_of(*argument));
                        out.push(Step::Forget(SmolStr::new(text)));
                    }
                }
                return;
            }
            "printf" => self.printf(arguments, out),
            "cat" | "tee" => {
                if let Some(pour) = self.pour(name, node, arguments, redirection) {
                    return out.push(Step::Pour(Box::new(pour)));
                }
            }
            _ => {}
        }
        for argument in arguments {
            let word = word(self, *argument);
            if matches!(word.leading_variable(), Some("BASEDIR" | "IMAGEDIR" | "INCLUDE")) {
                self.paths.push(word);
            }
        }
        if name.is_empty() || matches!(name, "[" | "test" | ":" | "echo" | "cd" | "set" | "true" | "false") {
            return;
        }
        self.occurrence(OccurrenceKind::Helper, Role::Reference, range_of(name_node));
        let keep = name.contains(['-', '_']);
        let args = if keep { arguments.iter().map(|a| word(self, *a)).collect() } else { Box::default() };
        let piped = redirection.is_some_and(|r| r.piped);
        let heredoc = redirection.and_then(|r| r.heredoc).filter(|_| !piped || keep);
        out.push(Step::Call(Box::new(Call { name: SmolStr::new(name), site: self.site(range_of(name_node)), args, heredoc })));
    }

    /// `printf -v NAME`.
    fn printf(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        if let [flag, name, ..] = arguments
            && self.text(*flag) == "-v"
        {
            let name = SmolStr::new(self.text(*name));
            self.assigned.push(name.clone());
            out.push(Step::Forget(name));
        }
    }

    /// `cat > file`, `cat >> file <<EOF`, `tee file <<EOF`.
    fn pour(
        &mut self,
        name: &str,
        node: Node<'_>,
        arguments: &[Node<'_>],
        redirection: Option<&Redirection<'_>>,
    ) -> Option<Pour> {
        let heredoc = redirection.and_then(|r| r.heredoc);
        let piped = redirection.is_some_and(|r| r.piped);
        let operands: Vec<Word> =
            arguments.iter().map(|a| word(self, *a)).filter(|w| !w.literal().is_some_and(|l| l.starts_with('-'))).collect();
        let target = match (name, operands.as_slice()) {
            ("cat", []) if !piped => redirection.and_then(|r| r.target.clone())?,
            ("tee", [file]) => file.clone(),
            _ => return None,
        };
        Some(Pour { target, heredoc, site: self.site(range_of(node)) })
    }

    fn source(&mut self, node: Node<'_>, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let Some(path) = arguments.first() else { return };
        self.occurrence(OccurrenceKind::Include, Role::Reference, range_of(*path));
        let path = word(self, *path);
        out.push(Step::Source(Box::new(Source { path, site: self.site(range_of(node)) })));
    }

    // Variables

    fn assignment(&mut self, node: Node<'_>, local: bool, out: &mut Vec<Step>) {
        let (Some(name_node), value_node) = (node.child_by_field_name("name"), node.child_by_field_name("value")) else {
            return;
        };
        if let Some(value) = value_node {
            self.statement(value, out);
        }
        let subscript = name_node.kind() == "subscript";
        let plain = if subscript { name_node.child_by_field_name("name").unwrap_or(name_node) } else { name_node };
        let name = SmolStr::new(self.text(plain));
        let name_range = range_of(plain);
        self.assigned.push(name.clone());
        self.occurrence(OccurrenceKind::Variable, Role::Definition, name_range);
        let mut value = match value_node {
            Some(value) if subscript || value.kind() == "array" => Word::unknown(self.site(range_of(value))),
            Some(value) => word(self, value),
            None => Word::empty(self.site(TextRange::empty(range_of(node).end()))),
        };
        if self.slice(plain.end_byte(), node.end_byte()).starts_with("+=") {
            let old = Part::Var { name: name.clone(), default: None };
            value.parts = [old].into_iter().chain(value.parts).collect();
        }
        if let Some(node) = value_node.filter(|_| name == "BUILDER" && value.literal().is_some()) {
            self.occurrence(OccurrenceKind::Builder, Role::Reference, range_of(node));
        }
        let name_site = self.site(name_range);
        out.push(Step::Assign(Box::new(Assign { name, name_site, value, local })));
    }

    fn declaration(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let keyword = node.child(0).map(|k| self.text(k)).unwrap_or_default();
        let local = keyword == "local" || (self.function.is_some() && matches!(keyword, "declare" | "typeset"));
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => self.assignment(child, local, out),
                "variable_name" => {
                    self.occurrence(OccurrenceKind::Variable, Role::Reference, range_of(child));
                    if local {
                        self.assigned.push(SmolStr::new(self.text(child)));
                    }
                }
                _ => self.statement(child, out),
            }
        }
    }

    fn unset(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            out.push(Step::Forget(SmolStr::new(self.text(child))));
        }
    }

    // Compound statements

    fn function_definition(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body")) else {
            return;
        };
        let Ok(index) = u32::try_from(self.functions.len()) else { return };
        self.occurrence(OccurrenceKind::Helper, Role::Definition, range_of(name));
        self.functions.push(Function {
            name: SmolStr::new(self.text(name)),
            name_site: self.site(range_of(name)),
            range_site: self.site(range_of(node)),
            body: Box::default(),
        });
        let outer = self.function.replace(index);
        let steps = self.block(&[body]);
        self.function = outer;
        if let Some(function) = self.functions.get_mut(index as usize) {
            function.body = steps;
        }
        out.push(Step::Define(index));
    }

    fn if_statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut arms = Vec::new();
        let mut cursor = node.walk();
        let mut condition = Vec::new();
        let mut body = Vec::new();
        let mut in_body = false;
        for child in node.children(&mut cursor) {
            match child.kind() {
                "then" => in_body = true,
                "elif_clause" | "else_clause" => {
                    if !condition.is_empty() {
                        arms.push(self.arm(&std::mem::take(&mut condition), &std::mem::take(&mut body), out));
                    }
                    let (condition, body) = clause(child);
                    arms.push(self.arm(&condition, &body, out));
                }
                _ if !child.is_named() => {}
                _ if in_body => body.push(child),
                _ => condition.push(child),
            }
        }
        if !condition.is_empty() {
            arms.push(self.arm(&condition, &body, out));
        }
        out.push(Step::Branch(arms.into()));
    }

    /// An arm; what its condition runs is run before the branch. No condition: `else`.
    fn arm(&mut self, condition: &[Node<'_>], body: &[Node<'_>], out: &mut Vec<Step>) -> Arm {
        for node in condition {
            self.statement(*node, out);
        }
        let test = match condition {
            [] => Test::Always,
            [one] => self.test(*one),
            _ => Test::Unknown,
        };
        Arm { test, body: self.block(body) }
    }

    fn case_statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let Some(subject_node) = node.child_by_field_name("value") else { return self.children(node, out) };
        self.statement(subject_node, out);
        let subject = word(self, subject_node);
        let mut arms = Vec::new();
        let mut cursor = node.walk();
        for item in node.named_children(&mut cursor).filter(|c| c.kind() == "case_item") {
            let mut inner = item.walk();
            let patterns: Vec<Node<'_>> = item.children_by_field_name("value", &mut inner).collect();
            let mut inner = item.walk();
            let body: Vec<Node<'_>> =
                item.named_children(&mut inner).filter(|c| !patterns.contains(c)).collect();
            let tests: Box<[Test]> = patterns
                .iter()
                .map(|p| match word(self, *p) {
                    _ if self.text(*p) == "*" => Test::Always,
                    w if w.literal().is_some_and(|l| !l.contains(['*', '?', '[', '(', '@', '!'])) => {
                        Test::Equal(subject.clone(), w)
                    }
                    _ => Test::Unknown,
                })
                .collect();
            arms.push(Arm { test: Test::Any(tests), body: self.block(&body) });
        }
        out.push(Step::Branch(arms.into()));
    }

    /// `a && b`, `a || b`: the right side depends on the left's outcome.
    fn list(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        let [left, operator, right] = children.as_slice() else { return self.children(node, out) };
        self.statement(*left, out);
        let test = self.test(*left);
        let body = self.block(&[*right]);
        let test = match self.text(*operator) {
            "&&" => test,
            _ => Test::Not(Box::new(test)),
        };
        out.push(Step::Branch(Box::new([Arm { test, body }])));
    }

    fn repeat(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut inner = Vec::new();
        if let Some(variable) = node.child_by_field_name("variable") {
            let name = SmolStr::new(self.text(variable));
            self.assigned.push(name.clone());
            self.occurrence(OccurrenceKind::Variable, Role::Definition, range_of(variable));
            inner.push(Step::Forget(name));
        }
        let body = node.child_by_field_name("body");
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor).filter(|c| Some(*c) != body) {
            self.statement(child, &mut inner);
        }
        if let Some(body) = body {
            self.statement(body, &mut inner);
        }
        out.push(Step::Repeat(inner.into()));
    }

    fn pipeline(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        self.pipeline_into(node, &Redirection::default(), out);
    }

    /// A pipeline whose last element has the redirection.
    fn pipeline_into(&mut self, node: Node<'_>, redirection: &Redirection<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let elements: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let last = elements.len().saturating_sub(1);
        for (at, element) in elements.into_iter().enumerate() {
            let mut inner = Vec::new();
            if at == last && element.kind() == "command" {
                self.command(element, Some(redirection), &mut inner);
            } else {
                self.statement(element, &mut inner);
            }
            out.push(Step::Isolated(inner.into()));
        }
    }

    // Conditions

    fn test(&mut self, node: Node<'_>) -> Test {
        if self.depth >= MAX_DEPTH {
            return Test::Unknown;
        }
        self.depth += 1;
        let test = self.test_inner(node);
        self.depth -= 1;
        test
    }

    fn test_inner(&mut self, node: Node<'_>) -> Test {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        match (node.kind(), children.as_slice()) {
            ("test_command", [_, inner, _]) => self.test(*inner),
            ("parenthesized_expression", [_, inner, _]) => self.test(*inner),
            ("negated_command", [_, inner]) => Test::Not(Box::new(self.test(*inner))),
            ("unary_expression", [operator, operand]) => self.unary(*operator, *operand),
            ("binary_expression", [left, operator, right]) => self.binary(*left, *operator, *right),
            ("list", [left, operator, right]) => {
                let both = Box::new([self.test(*left), self.test(*right)]);
                if self.text(*operator) == "&&" { Test::All(both) } else { Test::Any(both) }
            }
            ("string" | "simple_expansion" | "concatenation", _) => {
                Test::Not(Box::new(Test::Empty(word(self, node))))
            }
            ("command", [name, arguments @ ..]) if matches!(self.text(*name), "[" | "test") => match arguments {
                [operator, operand] | [operator, operand, _] if self.text(*operator).starts_with('-') => {
                    self.unary(*operator, *operand)
                }
                [left, operator, right] | [left, operator, right, _] => self.binary(*left, *operator, *right),
                _ => Test::Unknown,
            },
            _ => Test::Unknown,
        }
    }

    fn unary(&mut self, operator: Node<'_>, operand: Node<'_>) -> Test {
        let operand_word = || word(self, operand);
        match self.text(operator) {
            "-z" => Test::Empty(operand_word()),
            "-n" => Test::Not(Box::new(Test::Empty(operand_word()))),
            "-e" | "-f" | "-r" | "-s" | "-x" | "-d" | "-h" | "-L" => Test::Exists(operand_word()),
            "!" => Test::Not(Box::new(self.test(operand))),
            _ => Test::Unknown,
        }
    }

    fn binary(&mut self, left: Node<'_>, operator: Node<'_>, right: Node<'_>) -> Test {
        match self.text(operator) {
            "&&" | "-a" => Test::All(Box::new([self.test(left), self.test(right)])),
            "||" | "-o" => Test::Any(Box::new([self.test(left), self.test(right)])),
            "=" | "==" => self.equal(left, right),
            "!=" => Test::Not(Box::new(self.equal(left, right))),
            _ => Test::Unknown,
        }
    }

    fn equal(&mut self, left: Node<'_>, right: Node<'_>) -> Test {
        let pattern = right.kind() == "extglob_pattern" && self.text(right).contains(['*', '?', '[', '(']);
        if pattern { Test::Unknown } else { Test::Equal(word(self, left), word(self, right)) }
    }
}

/// What is redirected around a command.
#[derive(Default)]
struct Redirection<'n> {
    heredoc: Option<u32>,
    target: Option<Word>,
    /// Its output goes into a pipe behind the delimiter.
    piped: bool,
    /// Commands behind the delimiter.
    after: Vec<Node<'n>>,
}

/// The condition and the body of an `elif` or `else`.
fn clause(node: Node<'_>) -> (Vec<Node<'_>>, Vec<Node<'_>>) {
    let (mut condition, mut body) = (Vec::new(), Vec::new());
    let mut in_body = node.kind() == "else_clause";
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "then" => in_body = true,
            _ if !child.is_named() => {}
            _ if in_body => body.push(child),
            _ => condition.push(child),
        }
    }
    (condition, body)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}
