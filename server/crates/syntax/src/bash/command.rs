//! Commands: calls, files that are sourced, files that are written.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::runner::CHECKOUT_DIRECTORIES;
use super::super::{TextRange, TextSize};
use super::reader::{ScriptReader, is_name, kind, range_of};
use super::redirect::Redirection;
use super::word::word;
use super::{
    Block, Call, FileWrite, Invoke, NO_CASE, NameKind, Role, Source, Step, Temporary, Test, Word,
    steps,
};

/// Nodes of a command.
#[derive(Clone, Copy)]
struct Named<'a, 'n> {
    node: Node<'n>,
    name_node: Node<'n>,
    redirection: &'a Redirection<'n>,
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
        let mut temporary = Vec::new();
        for (at, assignment) in before.iter().enumerate() {
            if at < alone {
                self.assignment(*assignment, false, out);
            } else if kind(*assignment) == "variable_assignment" {
                self.temporary(*assignment, &mut temporary, out);
            } else if kind(*assignment) != "file_redirect" {
                self.children(*assignment, out);
            }
        }
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
        if temporary.is_empty() || body.is_empty() {
            out.append(&mut body);
        } else {
            out.push(Step::Temporary(Box::new(Temporary {
                assignments: temporary.into(),
                body: body.into(),
            })));
        }
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

    fn named_command(
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
            "shift" => return out.push(Step::Arguments(None)),
            "trap" => return self.trap(arguments, out),
            "test" | "[" => return self.test_arguments(name, name_node, arguments, out),
            "false" => return out.push(Step::Check(Test::Not(Box::new(Test::Always)))),
            "read" | "mapfile" | "readarray" | "getopts" => {
                return self.names_read(name, arguments, out);
            }
            "printf" => self.printf(arguments, out),
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

    /// Reads `time cmd`, `command cmd`, `builtin cmd`, `exec {N}> file`. `None`: it is a command
    /// like others.
    fn prefix(
        &mut self,
        name: &str,
        at: &Named<'_, '_>,
        arguments: &[Node<'_>],
        out: &mut Vec<Step>,
    ) -> Option<()> {
        const BUILTINS: [&str; 23] = [
            ".",
            "source",
            "eval",
            "exit",
            "return",
            "break",
            "continue",
            "set",
            "shift",
            "trap",
            "read",
            "mapfile",
            "readarray",
            "getopts",
            "printf",
            "cat",
            "tee",
            "export",
            "readonly",
            "local",
            "declare",
            "typeset",
            "unset",
        ];
        if name == "exec" {
            let [descriptor] = arguments else {
                return None;
            };
            let inner = self
                .text(*descriptor)
                .strip_prefix('{')?
                .strip_suffix('}')?;
            let variable = SmolStr::new(Some(inner).filter(|inner| is_name(inner))?);
            self.assigned.push(variable.clone());
            out.push(Step::Forget(variable));
            return Some(());
        }
        let options = arguments
            .iter()
            .take_while(|a| self.text(**a).starts_with('-'))
            .count();
        let (options, rest) = arguments.split_at_checked(options)?;
        let (first, rest) = rest.split_first()?;
        if options
            .iter()
            .any(|option| self.text(*option).contains(['v', 'V']))
        {
            return None;
        }
        let inner = word(self, *first);
        let Some(inner) = inner.literal().filter(|inner| !inner.contains('=')) else {
            // It may be any command.
            out.push(Step::Opaque);
            return Some(());
        };
        let is_keyword = matches!(
            inner,
            "{" | "if" | "for" | "while" | "until" | "case" | "[[" | "!"
        );
        if name == "time" && is_keyword {
            out.push(Step::Opaque);
            return Some(());
        }
        if name != "time" && !BUILTINS.contains(&inner) {
            return None;
        }
        let at = Named {
            name_node: *first,
            ..*at
        };
        self.occurrence(NameKind::Helper, Role::Reference, range_of(at.name_node));
        self.occurrences.pop();
        self.named_command(inner, &at, rest, out);
        Some(())
    }

    /// Reads `test a = b`, and a `[` that the grammar takes for a command like others.
    fn test_arguments(
        &mut self,
        name: &str,
        name_node: Node<'_>,
        arguments: &[Node<'_>],
        out: &mut Vec<Step>,
    ) {
        let end = arguments
            .last()
            .map_or(range_of(name_node), |last| range_of(*last))
            .end();
        let range = TextRange::new(range_of(name_node).end(), end);
        let test = match name {
            "test" => self.single_condition(range),
            _ => Test::Unknown,
        };
        out.push(Step::Check(test));
    }

    /// Reads the names of variables that `read` and the like set.
    fn names_read(&mut self, name: &str, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        // What `getopts` is given first are the letters of the options.
        let (mut named, mut takes_value) = (false, false);
        for argument in arguments.iter().skip(usize::from(name == "getopts")) {
            let text = self.text(*argument);
            if std::mem::take(&mut takes_value) {
                continue;
            }
            if let Some(option) = text.strip_prefix('-') {
                let values = if name == "read" { "dinNptu" } else { "dnOsuCc" };
                takes_value = option.ends_with(|c| values.contains(c));
                continue;
            }
            named = true;
            let variable = text.split('[').next().unwrap_or_default();
            if is_name(variable) {
                let at = range_of(*argument).start();
                let range = TextRange::at(at, TextSize::of(variable));
                self.assigned.push(SmolStr::new(variable));
                self.occurrence(NameKind::Variable, Role::Definition, range);
                out.push(Step::Forget(SmolStr::new(variable)));
            } else {
                out.push(Step::ForgetAny);
            }
        }
        let others: &[&'static str] = match name {
            "getopts" => &["OPTARG", "OPTIND"],
            "read" if !named => &["REPLY"],
            "mapfile" | "readarray" if !named => &["MAPFILE"],
            _ => &[],
        };
        for other in others {
            self.assigned.push(SmolStr::new_static(other));
            out.push(Step::Forget(SmolStr::new_static(other)));
        }
    }

    /// Reads `set -e`, `set -o errexit`, `set -- a b`.
    fn set(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let mut rest = arguments;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            let text = self.text(*first);
            match text {
                "--" | "-" => break,
                "-o" | "+o" => {
                    let (option, after) = match after.split_first() {
                        Some((option, after)) => (self.text(*option), after),
                        None => return,
                    };
                    rest = after;
                    if option == "errexit" {
                        out.push(Step::ExitOnError(Some(text == "-o")));
                    }
                }
                _ if text.starts_with(['-', '+']) && !text.contains(['$', '`']) => {
                    if text.contains('e') {
                        out.push(Step::ExitOnError(Some(text.starts_with('-'))));
                    }
                    if text.ends_with('o') {
                        rest = rest.split_first().map_or(rest, |(_, after)| after);
                        out.push(Step::ExitOnError(None));
                    }
                    if rest.is_empty() {
                        return;
                    }
                    continue;
                }
                _ if text.contains(['$', '`']) => {
                    out.push(Step::ExitOnError(None));
                    return out.push(Step::Arguments(None));
                }
                _ => {
                    rest = arguments
                        .get(arguments.len() - after.len() - 1..)
                        .unwrap_or_default();
                    break;
                }
            }
            if rest.is_empty() && !matches!(text, "--") {
                return;
            }
        }
        if arguments.is_empty() {
            return;
        }
        let known = rest.iter().all(|argument| self.is_one_word(*argument));
        let words = known.then(|| rest.iter().map(|argument| word(self, *argument)).collect());
        out.push(Step::Arguments(words));
    }

    /// Reads `trap 'commands' EXIT`.
    fn trap(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        let (command, signals) = match arguments {
            [dashes, command, signals @ ..] if self.text(*dashes) == "--" => (command, signals),
            [command, signals @ ..] => (command, signals),
            [] => return,
        };
        let text = self.text(*command);
        if text.starts_with('-') && text != "-" {
            return;
        }
        let mut body = Vec::new();
        if text != "-" && !self.nested(&[*command], &mut body) {
            body = vec![Step::Opaque];
        }
        let body: Block = body.into();
        for signal in signals {
            match self.text(*signal) {
                "EXIT" | "0" => out.push(Step::AtExit(body.clone())),
                signal if signal.contains(['$', '`']) => {
                    out.push(Step::AtExit(Box::new([Step::Opaque])));
                }
                "DEBUG" | "RETURN" | "ERR" if steps(&body).any(changes_something) => {
                    out.push(Step::Opaque);
                }
                _ => {}
            }
        }
    }

    /// Reads `eval 'commands'`.
    fn eval(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
        if !arguments.is_empty() && !self.nested(arguments, out) {
            out.push(Step::Opaque);
        }
    }

    /// Reads arguments as a script, if they are literal. Returns whether they were read.
    fn nested(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) -> bool {
        const MAX_NESTED: usize = 8;
        self.nested += 1;
        let (Some(first), Some(last)) = (arguments.first(), arguments.last()) else {
            return false;
        };
        let special =
            |text: &str| text.contains(['\\', '$', '`', '"', '\'', '*', '?', '[', '~', '{']);
        let quoted = match (arguments, self.text(*first)) {
            ([one], text) if kind(*one) == "raw_string" => text.len() >= 2,
            ([one], text) if kind(*one) == "string" => {
                let inner = text.get(1..text.len().saturating_sub(1));
                if inner.is_none_or(|inner| inner.contains(['\\', '$', '`'])) {
                    return false;
                }
                true
            }
            _ if arguments.iter().any(|a| special(self.text(*a))) => return false,
            _ => false,
        };
        let quote = usize::from(quoted);
        let (start, end) = (
            first.start_byte() + quote,
            last.end_byte().saturating_sub(quote),
        );
        let inner = self.slice(start, end);
        if self.nested > MAX_NESTED || inner.contains("<<") {
            return false;
        }
        let commands = out.len();
        let done = self.piece(inner, start, out);
        if !done {
            out.truncate(commands);
        }
        done
    }

    /// Returns whether an argument is one word, whatever is expanded in it.
    fn is_one_word(&self, argument: Node<'_>) -> bool {
        let text = self.text(argument);
        match kind(argument) {
            "string" => !text.contains("@}") && !text.contains("$@") && !text.contains("[@"),
            "raw_string" => true,
            "word" | "number" => !text.contains(['*', '?', '[', '{', '~', '\\', '$', '`']),
            "concatenation" => {
                let mut cursor = argument.walk();
                argument
                    .children(&mut cursor)
                    .all(|part| kind(part) != "concatenation" && self.is_one_word(part))
            }
            _ => false,
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

/// Returns whether a step may do more than a command of the system does.
fn changes_something(step: &Step) -> bool {
    match step {
        Step::Call(call) => call.name.contains(['-', '_']),
        Step::Branch(_) | Step::List(_) | Step::Repeat(_) | Step::Check(_) | Step::Exit => false,
        _ => true,
    }
}
