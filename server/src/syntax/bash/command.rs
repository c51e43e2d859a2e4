//! Commands, what is redirected around them, and assignments.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::heredoc::{HereDoc, scan};
use super::reader::{Reader, is_name, range_of};
use super::word::word;
use super::{
    Assign, Call, Occurrence, OccurrenceKind, Part, Pour, Role, Source, Step, Word, container,
};

impl Reader<'_> {
    pub(super) fn redirected(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
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

    pub(super) fn redirection<'n>(&mut self, redirects: &[Node<'n>], out: &mut Vec<Step>) -> Redirection<'n> {
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

    pub(super) fn file_redirect(&mut self, file: Node<'_>, into: &mut Redirection<'_>, out: &mut Vec<Step>) {
        self.children(file, out);
        let mut cursor = file.walk();
        let output = file.children(&mut cursor).any(|c| matches!(c.kind(), ">" | ">>" | ">|"));
        let descriptor = file.child_by_field_name("descriptor").map(|d| self.text(d));
        if output && matches!(descriptor, None | Some("1")) {
            into.target = file.child_by_field_name("destination").map(|d| word(self, d));
        }
    }

    /// A heredoc's facts; gives its index.
    pub(super) fn heredoc(&mut self, node: Node<'_>, out: &mut Vec<Step>) -> Option<u32> {
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

    pub(super) fn command(&mut self, node: Node<'_>, redirection: Option<&Redirection<'_>>, out: &mut Vec<Step>) {
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
    pub(super) fn line_ends_within(&self, assignments: &[Node<'_>], name: Node<'_>) -> bool {
        let ends = assignments.iter().map(|a| a.end_byte());
        let starts = assignments.iter().skip(1).map(|a| a.start_byte()).chain([name.start_byte()]);
        ends.zip(starts).any(|(end, start)| {
            let between = self.slice(end, start);
            between.contains('\n') && !between.contains("\\\n")
        })
    }

    pub(super) fn named_command(
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
    pub(super) fn printf(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        if let [flag, name, ..] = arguments
            && self.text(*flag) == "-v"
        {
            let name = SmolStr::new(self.text(*name));
            self.assigned.push(name.clone());
            out.push(Step::Forget(name));
        }
    }

    /// `cat > file`, `cat >> file <<EOF`, `tee file <<EOF`.
    pub(super) fn pour(
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

    pub(super) fn source(&mut self, node: Node<'_>, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let Some(path) = arguments.first() else { return };
        self.occurrence(OccurrenceKind::Include, Role::Reference, range_of(*path));
        let path = word(self, *path);
        out.push(Step::Source(Box::new(Source { path, site: self.site(range_of(node)) })));
    }

    // Variables

    pub(super) fn assignment(&mut self, node: Node<'_>, local: bool, out: &mut Vec<Step>) {
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

    pub(super) fn declaration(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
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

    pub(super) fn unset(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            out.push(Step::Forget(SmolStr::new(self.text(child))));
        }
    }
}

/// What is redirected around a command.
#[derive(Default)]
pub(super) struct Redirection<'n> {
    heredoc: Option<u32>,
    target: Option<Word>,
    /// Its output goes into a pipe behind the delimiter.
    piped: bool,
    /// Commands behind the delimiter.
    after: Vec<Node<'n>>,
}
