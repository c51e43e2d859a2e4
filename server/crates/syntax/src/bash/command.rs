//! Commands, what is redirected around them, and assignments.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::runner::CHECKOUT_DIRECTORIES;
use super::super::{TextRange, TextSize};
use super::heredoc::{HereDoc, HereDocEffects, scan};
use super::reader::{Reader, is_name, kind, range_of};
use super::word::{plain_word, word};
use super::{
    Assign, Call, FileWrite, Occurrence, OccurrenceKind, Piece, Role, Source, Step, Word, container,
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
            Some(body) if kind(body) == "command" => self.command(body, Some(&redirection), out),
            Some(body) if kind(body) == "pipeline" => self.pipeline_into(body, &redirection, out),
            Some(body) => self.statement(body, out),
            None => {}
        }
        // What follows the delimiter on its line runs after the command.
        for after in redirection.after {
            self.statement(after, out);
        }
    }

    pub(super) fn redirection<'n>(
        &mut self,
        redirects: &[Node<'n>],
        out: &mut Vec<Step>,
    ) -> Redirection<'n> {
        let mut redirection = Redirection::default();
        let mut files: Vec<Node<'_>> = Vec::new();
        for redirect in redirects {
            match kind(*redirect) {
                "heredoc_redirect" => {
                    redirection.heredoc = self.heredoc(*redirect, out);
                    let mut cursor = redirect.walk();
                    for child in redirect.named_children(&mut cursor) {
                        match kind(child) {
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

    pub(super) fn file_redirect(
        &mut self,
        file: Node<'_>,
        into: &mut Redirection<'_>,
        out: &mut Vec<Step>,
    ) {
        self.children(file, out);
        let mut cursor = file.walk();
        let output = file
            .children(&mut cursor)
            .any(|c| matches!(kind(c), ">" | ">>" | ">|"));
        let descriptor = file.child_by_field_name("descriptor").map(|d| self.text(d));
        if let Some(destination) = file.child_by_field_name("destination") {
            self.path(destination);
        }
        if output && matches!(descriptor, None | Some("1")) {
            into.target = file
                .child_by_field_name("destination")
                .map(|d| word(self, d));
        }
    }

    /// A heredoc's facts; gives its index.
    pub(super) fn heredoc(&mut self, node: Node<'_>, out: &mut Vec<Step>) -> Option<u32> {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let start = children.iter().find(|c| kind(**c) == "heredoc_start")?;
        let quoted = self.text(*start).contains(['\'', '"', '\\']);
        let body = children.iter().find(|c| kind(**c) == "heredoc_body");
        let range = body.map_or_else(
            || TextRange::empty(range_of(*start).end()),
            |b| range_of(*b),
        );
        let text = self.slice(range.start().into(), range.end().into());
        let scanned = if quoted {
            Default::default()
        } else {
            scan(text, range.start())
        };
        for name in &scanned.expansions {
            if !name.is_special() {
                // Behind a `$`, `${`, `${#` or `${!`.
                let sigil = self
                    .slice(name.range.start().into(), name.range.end().into())
                    .find(name.name.as_str());
                let at = name.range.start()
                    + TextSize::try_from(sigil.unwrap_or_default()).unwrap_or_default();
                let range = TextRange::at(at, TextSize::of(name.name.as_str()));
                self.occurrence(OccurrenceKind::Variable, Role::Reference, range);
            }
        }
        if let Some(body) = body.filter(|_| !quoted) {
            let mut cursor = body.walk();
            for child in body
                .named_children(&mut cursor)
                .filter(|c| kind(*c) == "command_substitution")
            {
                self.statement(child, out);
            }
        }
        self.assigned.extend(scanned.assigned);
        let container = container::read(text, range.start());
        for unit in &container.facts.units {
            self.occurrences.push(Occurrence {
                kind: OccurrenceKind::Unit,
                role: Role::Reference,
                range: unit.range,
            });
        }
        self.heredocs.push(HereDoc {
            quoted,
            body: range,
            function: self.function,
            expansions: scanned.expansions.into(),
            container: container.facts,
        });
        self.heredoc_effects.push(HereDocEffects {
            splices: scanned.splices.into(),
            systemd: container.systemd,
            other_init: container.other_init,
        });
        u32::try_from(self.heredocs.len() - 1).ok()
    }

    pub(super) fn command(
        &mut self,
        node: Node<'_>,
        redirection: Option<&Redirection<'_>>,
        out: &mut Vec<Step>,
    ) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let Some(position) = children.iter().position(|c| kind(*c) == "command_name") else {
            return self.children(node, out);
        };
        let (before, rest) = children.split_at(position);
        let Some((name_node, arguments)) = rest.split_first() else {
            return;
        };
        if before
            .last()
            .is_some_and(|a| a.end_byte() == name_node.start_byte())
        {
            return self.torn_assignment(before, arguments, out);
        }
        // The grammar takes `A=1 B=2`, a line end and a command for one command: what stands on a
        // line before the command's is an assignment of its own.
        let alone = self.assignments_alone(before, *name_node);
        for (at, assignment) in before.iter().enumerate() {
            if at < alone {
                self.assignment(*assignment, false, out);
            } else {
                self.children(*assignment, out);
            }
        }
        self.children(*name_node, out);
        let mut bare = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if kind(*argument) == "file_redirect" || kind(*argument) == "herestring_redirect" {
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

    /// The grammar tears the value of `A=$B/c-$D-1` apart: to it, `D-1` is a command.
    fn torn_assignment(
        &mut self,
        assignments: &[Node<'_>],
        arguments: &[Node<'_>],
        out: &mut Vec<Step>,
    ) {
        // With more behind it, it may only hold for a command.
        for assignment in assignments {
            if arguments.is_empty() {
                self.assignment(*assignment, false, out);
            } else {
                self.children(*assignment, out);
            }
        }
        for argument in arguments {
            self.statement(*argument, out);
        }
    }

    /// How many of the assignments before a command's name are followed by an (unescaped) line end
    /// somewhere before the name.
    fn assignments_alone(&self, assignments: &[Node<'_>], name: Node<'_>) -> usize {
        let mut next = name.start_byte();
        for (at, assignment) in assignments.iter().enumerate().rev() {
            let between = self.slice(assignment.end_byte(), next);
            if between.contains('\n') && !between.contains("\\\n") {
                return at + 1;
            }
            next = assignment.start_byte();
        }
        0
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
            "export" | "readonly" | "local" | "declare" | "typeset" | "unset" => {
                return self.declared(name, arguments, out);
            }
            "." | "source" => return self.source(node, arguments, out),
            "eval" => out.push(Step::Opaque),
            "exit" => return out.push(Step::Exit),
            "return" => return out.push(Step::Return),
            "read" | "mapfile" | "readarray" | "getopts" => {
                // What `getopts` is given first are the letters of the options.
                for argument in arguments.iter().skip(usize::from(name == "getopts")) {
                    let text = self.text(*argument);
                    if is_name(text) {
                        self.assigned.push(SmolStr::new(text));
                        self.occurrence(
                            OccurrenceKind::Variable,
                            Role::Definition,
                            range_of(*argument),
                        );
                        out.push(Step::Forget(SmolStr::new(text)));
                    }
                }
                return;
            }
            "printf" => self.printf(arguments, out),
            "cat" | "tee" => {
                if let Some(file_write) = self.file_write(name, node, arguments, redirection) {
                    return out.push(Step::Write(Box::new(file_write)));
                }
            }
            _ => {}
        }
        if name == "let" {
            self.let_arguments(arguments, out);
        }
        for argument in arguments {
            self.path(*argument);
        }
        if name.is_empty()
            || matches!(
                name,
                "[" | "test" | ":" | "echo" | "cd" | "set" | "true" | "false"
            )
        {
            return;
        }
        self.occurrence(OccurrenceKind::Helper, Role::Reference, range_of(name_node));
        let keep = name.contains(['-', '_']);
        let args = if keep {
            arguments.iter().map(|a| word(self, *a)).collect()
        } else {
            Box::default()
        };
        let piped = redirection.is_some_and(|r| r.piped);
        let heredoc = redirection
            .and_then(|r| r.heredoc)
            .filter(|_| !piped || keep);
        out.push(Step::Call(Box::new(Call {
            name: SmolStr::new(name),
            span: self.span(range_of(name_node)),
            args,
            heredoc,
        })));
    }

    /// Takes note of a word that may name a file of the checkout.
    pub(super) fn path(&mut self, node: Node<'_>) {
        let text = self.text(node);
        // Most have no variable at all.
        if !text.contains('$')
            || !CHECKOUT_DIRECTORIES
                .iter()
                .any(|variable| text.contains(variable))
        {
            return;
        }
        let word = word(self, node);
        if word
            .leading_variable()
            .is_some_and(|variable| CHECKOUT_DIRECTORIES.contains(&variable))
        {
            self.paths.push(word);
        }
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
    pub(super) fn file_write(
        &mut self,
        name: &str,
        node: Node<'_>,
        arguments: &[Node<'_>],
        redirection: Option<&Redirection<'_>>,
    ) -> Option<FileWrite> {
        let heredoc = redirection.and_then(|r| r.heredoc);
        let piped = redirection.is_some_and(|r| r.piped);
        let operands: Vec<Word> = arguments
            .iter()
            .map(|a| word(self, *a))
            .filter(|w| !w.literal().is_some_and(|l| l.starts_with('-')))
            .collect();
        let target = match (name, operands.as_slice()) {
            ("cat", []) if !piped => redirection.and_then(|r| r.target.clone())?,
            ("tee", [file]) => file.clone(),
            _ => return None,
        };
        Some(FileWrite {
            target,
            heredoc,
            span: self.span(range_of(node)),
        })
    }

    pub(super) fn source(&mut self, node: Node<'_>, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let Some(path) = arguments.first() else {
            return;
        };
        self.occurrence(OccurrenceKind::Include, Role::Reference, range_of(*path));
        self.path(*path);
        let path = word(self, *path);
        out.push(Step::Source(Box::new(Source {
            path,
            span: self.span(range_of(node)),
        })));
    }

    // Variables

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
                self.occurrence(OccurrenceKind::Variable, Role::Reference, range);
            }
        }
    }

    /// A value with what the grammar has torn off its end.
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
        self.occurrence(OccurrenceKind::Variable, Role::Definition, name_range);
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
            self.occurrence(OccurrenceKind::Builder, Role::Reference, range_of(node));
        }
        let name_span = self.span(name_range);
        out.push(Step::Assign(Box::new(Assign {
            name,
            name_span,
            value,
            local,
        })));
    }

    /// `(( x = 1 ))`, `x++`: a number nobody works out here.
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
        let target = match children.as_slice() {
            // In a test, a word stands left of `=`.
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
        let target = target.child_by_field_name("name").unwrap_or(*target);
        let name = self.text(target);
        if is_name(name) {
            self.occurrence(OccurrenceKind::Variable, Role::Definition, range_of(target));
            self.forget(name, out);
        }
    }

    /// `let x=1 y++`.
    fn let_arguments(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
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

    /// The same where the grammar takes it for a command: behind `A=1 B=2` on the line before.
    fn declared(&mut self, keyword: &str, arguments: &[Node<'_>], out: &mut Vec<Step>) {
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
                    self.occurrence(OccurrenceKind::Variable, Role::Definition, name_range);
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

    /// A name that is declared without a value. A local variable has none then.
    fn declared_name(&mut self, node: Node<'_>, local: bool, out: &mut Vec<Step>) {
        let (name, name_range) = (SmolStr::new(self.text(node)), range_of(node));
        self.occurrence(OccurrenceKind::Variable, Role::Reference, name_range);
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
            out.push(Step::Forget(SmolStr::new(self.text(child))));
        }
    }
}

/// Whether an option of `declare` makes a number, an array, a name of another variable, or text in
/// other letters of what is assigned.
fn changes_values(option: &str) -> bool {
    option.starts_with('-') && option.contains(['i', 'n', 'u', 'l', 'a', 'A'])
}

/// Whether an option of `declare` asks for functions, or only prints.
fn asks_for_functions(option: &str) -> bool {
    option.starts_with('-') && option.contains(['f', 'F', 'p'])
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
