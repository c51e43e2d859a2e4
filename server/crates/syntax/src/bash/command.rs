//! Commands: calls, files that are sourced, files that are written.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::runner::CHECKOUT_DIRECTORIES;
use super::node::kind;
use super::reader::{ScriptReader, is_name, range_of};
use super::redirect::Redirection;
use super::word::word;
use super::{
    Call, FileWrite, Invoke, NO_CASE, NameKind, Role, Source, Step, Temporary, Test, Word,
};

/// Nodes of a command.
#[derive(Clone, Copy)]
pub(super) struct Named<'a, 'n> {
    pub(super) node: Node<'n>,
    pub(super) name_node: Node<'n>,
    pub(super) redirection: &'a Redirection<'n>,
}

impl ScriptReader<'_> {
    pub(super) fn command(
        &mut self,
        node: Node<'_>,
        redirection: &Redirection<'_>,
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
        let (mut temporary, mark) = (Vec::new(), out.len());
        for (at, assignment) in before.iter().enumerate() {
            if at < alone {
                self.assignment(*assignment, false, out);
            } else if kind(*assignment) == "variable_assignment" {
                self.temporary(*assignment, &mut temporary, out);
            } else if kind(*assignment) != "file_redirect" {
                self.children(*assignment, out);
            }
        }
        // What `A=${B:=x} B=y command` leaves in B is not followed.
        let assigned = |step: &Step| match step {
            Step::Assign(assign) => Some(assign.name.clone()),
            _ => None,
        };
        let defaults = out.get(mark..).unwrap_or_default();
        let mut defaults: Vec<SmolStr> = defaults.iter().filter_map(assigned).collect();
        defaults.retain(|name| {
            temporary
                .iter()
                .any(|step| assigned(step).as_ref() == Some(name))
        });
        out.extend(defaults.iter().cloned().map(Step::Forget));
        self.statement(*name_node, out);
        let mut own = Redirection {
            heredoc: self.heredoc_of(node).or(redirection.heredoc),
            file: redirection.file.clone(),
            arguments: Vec::new(),
        };
        if let Some((_, file)) = self.trailing.as_ref().filter(|t| t.0 == node.end_byte()) {
            own.file = own.file.or_else(|| Some(file.clone()));
        }
        let mut bare = Vec::with_capacity(arguments.len());
        for redirect in before.iter().filter(|c| kind(**c) == "file_redirect") {
            self.file_redirect(*redirect, &mut own, out);
        }
        for argument in arguments {
            if kind(*argument) == "herestring_redirect" {
                self.children(*argument, out);
            } else {
                self.statement(*argument, out);
                bare.push(*argument);
            }
        }
        bare.extend(redirection.arguments.iter().copied());
        let mut body = Vec::new();
        let name = word(self, *name_node);
        let bytes = self.text(*name_node);
        if let Some(name_text) = name.literal() {
            let at = Named {
                node,
                name_node: *name_node,
                redirection: &own,
            };
            self.named_command(name_text, &at, &bare, &mut body);
        } else if !self.is_read_apart(*name_node) {
            let is_arguments = matches!(bytes, "$@" | "\"$@\"" | "$*" | "\"${@}\"");
            body.push(Step::Invoke(Box::new(Invoke {
                name: (!is_arguments).then_some(name),
                quoted: kind(*name_node) == "command_name"
                    && bytes.starts_with('"')
                    && bytes.ends_with('"')
                    && !bytes.contains("[@"),
                args: bare.iter().map(|a| word(self, *a)).collect(),
                heredoc: own.heredoc,
                span: self.span(range_of(*name_node)),
            })));
        }
        if temporary.is_empty() {
            out.append(&mut body);
        } else {
            out.push(Step::Temporary(Box::new(Temporary {
                assignments: temporary.into(),
                body: body.into(),
            })));
        }
        out.extend(defaults.into_iter().map(Step::Forget));
    }

    /// The grammar tears the value of `A=$B/c-$D-1` apart: to it, `D-1` is a command.
    fn torn_assignment(
        &mut self,
        assignments: &[Node<'_>],
        arguments: &[Node<'_>],
        out: &mut Vec<Step>,
    ) {
        // With more after it, it may only hold for a command.
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

    /// Number of the assignments before a command's name that an (unescaped) line end follows
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
        at: &Named<'_, '_>,
        arguments: &[Node<'_>],
        out: &mut Vec<Step>,
    ) {
        let Named {
            node,
            name_node,
            redirection,
        } = *at;
        match name {
            "export" | "readonly" | "local" | "declare" | "typeset" | "unset" => {
                return self.declared(name, arguments, out);
            }
            "." | "source" => return self.source(node, arguments, out),
            "eval" => return self.eval(arguments, out),
            "exit" => return out.push(Step::Exit),
            "return" => return out.push(Step::Return),
            "break" | "continue" => {
                let loops = arguments.first().map(|count| self.text(*count).parse());
                return out.push(Step::Break(
                    loops.map_or(1, |count| count.unwrap_or(u32::MAX)),
                ));
            }
            "set" => return self.set(arguments, out),
            "cd" => self.changed_directory(node, arguments),
            "shift" => return out.push(Step::Arguments(None)),
            "trap" => return self.trap(arguments, out),
            "test" | "[" => return self.test_arguments(name, name_node, arguments, out),
            "false" => return out.push(Step::Check(Test::Not(Box::new(Test::Always)))),
            "read" | "mapfile" | "readarray" | "getopts" => {
                return self.names_read(name, arguments, out);
            }
            "printf" => self.printf(arguments, out),
            "wait" => self.wait(arguments, out),
            "cat" | "tee" => {
                if let Some(file_write) = self.file_write(name, node, arguments, redirection) {
                    return out.push(Step::Write(Box::new(file_write)));
                }
            }
            "time" | "command" | "builtin" | "exec" => {
                if let Some(done) = self.prefix(name, at, arguments, out) {
                    return done;
                }
            }
            // The last element of a pipe sets what it sets in this shell.
            "shopt" if arguments.iter().any(|a| self.text(*a) == "lastpipe") => {
                out.push(Step::ForgetAny);
            }
            "shopt"
                if arguments.iter().any(|a| {
                    self.text(*a).contains(['$', '`']) || self.text(*a) == "nocasematch"
                }) =>
            {
                out.push(Step::Forget(SmolStr::new_static(NO_CASE)));
            }
            _ => {}
        }
        if name == "let" {
            self.let_arguments(arguments, out);
        }
        for argument in arguments {
            self.path(*argument);
        }
        if name.is_empty() || matches!(name, ":" | "echo" | "cd" | "true") {
            return;
        }
        self.occurrence(NameKind::Helper, Role::Reference, range_of(name_node));
        self.tools(name, arguments);
        let keep = name.contains(['-', '_']) || name == "chroot";
        let args = if keep {
            arguments.iter().map(|a| word(self, *a)).collect()
        } else {
            Box::default()
        };
        out.push(Step::Call(Box::new(Call {
            name: SmolStr::new(name),
            span: self.span(range_of(name_node)),
            args,
            has_all_args: (keep || arguments.is_empty())
                && arguments.iter().all(|argument| self.is_one_word(*argument)),
            heredoc: redirection.heredoc,
        })));
        if name == "exec" && !arguments.is_empty() {
            out.push(Step::Exit);
        }
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

    /// `wait -n -p NAME`.
    fn wait(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let options = arguments.iter().enumerate();
        let mut options = options.take_while(|(at, argument)| {
            let before = at.checked_sub(1).and_then(|at| arguments.get(at));
            self.text(**argument).starts_with('-')
                || before.is_some_and(|option| self.text(*option).ends_with('p'))
        });
        let named = options.find_map(|(at, option)| {
            let (letters, name) = self.text(*option).strip_prefix('-')?.split_once('p')?;
            let next = arguments.get(at + 1).filter(|_| name.is_empty());
            let is_option = letters.chars().all(|c| c.is_ascii_alphabetic());
            is_option.then(|| next.map_or(name, |next| self.text(*next)))
        });
        if let Some(name) = named {
            self.name_given(name, out);
        }
    }

    /// `printf -v NAME`.
    fn printf(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let name = match arguments {
            [flag, name, ..] if self.text(*flag) == "-v" => self.text(*name),
            [flag, ..] => match self.text(*flag).strip_prefix("-v") {
                Some(name) => name,
                None => return,
            },
            [] => return,
        };
        self.name_given(name, out);
    }

    /// Reads the name of a variable, or of an element of one, that a builtin sets.
    fn name_given(&mut self, name: &str, out: &mut Vec<Step>) {
        let name = name.split('[').next().unwrap_or_default();
        if is_name(name) {
            self.assigned.push(SmolStr::new(name));
            out.push(Step::Forget(SmolStr::new(name)));
        } else {
            out.push(Step::ForgetAny);
        }
    }

    /// `cat > file`, `cat >> file <<EOF`, `tee file <<EOF`.
    pub(super) fn file_write(
        &mut self,
        name: &str,
        node: Node<'_>,
        arguments: &[Node<'_>],
        redirection: &Redirection<'_>,
    ) -> Option<FileWrite> {
        let heredoc = redirection.heredoc;
        let operands: Vec<Word> = arguments
            .iter()
            .map(|a| word(self, *a))
            .filter(|w| !w.literal().is_some_and(|l| l.starts_with('-')))
            .collect();
        let path = match (name, operands.as_slice()) {
            ("cat", []) => redirection.file.clone()?,
            ("tee", [file]) => file.clone(),
            _ => return None,
        };
        Some(FileWrite {
            path,
            heredoc,
            span: self.span(range_of(node)),
        })
    }

    pub(super) fn source(&mut self, node: Node<'_>, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let Some(path) = arguments.first() else {
            return;
        };
        self.occurrence(NameKind::Include, Role::Reference, range_of(*path));
        self.path(*path);
        let path = word(self, *path);
        let with_arguments = arguments.len() > 1;
        if with_arguments {
            out.push(Step::Arguments(None));
        }
        out.push(Step::Source(Box::new(Source {
            path,
            span: self.span(range_of(node)),
        })));
        if with_arguments {
            out.push(Step::Arguments(None));
        }
    }
}
