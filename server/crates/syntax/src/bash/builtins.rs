//! Commands of bash itself that change what is run, or what variables there are.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::command::Named;
use super::node::kind;
use super::reader::{ScriptReader, is_name, range_of};
use super::word::word;
use super::{Block, NameKind, Role, Step, Test, steps};

impl ScriptReader<'_> {
    /// Reads `time cmd`, `command cmd`, `builtin cmd`, `exec {N}> file`. `None`: it is a command
    /// like others.
    pub(super) fn prefix(
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
    pub(super) fn test_arguments(
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
    pub(super) fn names_read(&mut self, name: &str, arguments: &[Node<'_>], out: &mut Vec<Step>) {
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
    pub(super) fn set(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
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
                    if option == "allexport" {
                        self.exports_all_functions(*first);
                    }
                    if option == "errexit" {
                        out.push(Step::ExitOnError(Some(text == "-o")));
                    }
                }
                _ if text.starts_with(['-', '+']) && !text.contains(['$', '`']) => {
                    if text.contains('a') {
                        self.exports_all_functions(*first);
                    }
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
    pub(super) fn trap(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
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
            if self.text(*signal) == "ERR" {
                // It may end the script.
                out.push(Step::ExitOnError(None));
            }
        }
    }

    /// Reads `eval 'commands'`.
    pub(super) fn eval(&mut self, arguments: &[Node<'_>], out: &mut Vec<Step>) {
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
    pub(super) fn is_one_word(&self, argument: Node<'_>) -> bool {
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
}

/// Returns whether a step may do more than a command of the system does.
fn changes_something(step: &Step) -> bool {
    match step {
        Step::Call(call) => call.name.contains(['-', '_']),
        Step::Branch(_) | Step::List(_) | Step::Repeat(_) | Step::Check(_) | Step::Exit => false,
        _ => true,
    }
}
