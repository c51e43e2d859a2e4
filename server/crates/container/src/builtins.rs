//! Commands of the shell itself.

use std::sync::Arc;

use smol_str::SmolStr;

use super::commands::unknown;
use super::evaluator::{Evaluator, Flow};
use super::source::Source;
use super::state::{Field, Variable};
use super::text::Text;
use syntax::shell::{Command, Simple};

/// Returns whether the arguments of a command may be assignments.
pub(crate) fn is_declaration(name: &str) -> bool {
    ["declare", "export", "local", "readonly", "typeset"].contains(&name)
}

impl Evaluator<'_> {
    /// Follows a command that is no function.
    pub(crate) fn builtin(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        name: &SmolStr,
        arguments: &[Field],
    ) -> Flow {
        let first = arguments.first().map(|field| field.text.clone());
        let known = first.as_ref().and_then(|text| text.known());
        match name.as_str() {
            ":" | "true" | "shopt" | "trap" | "ulimit" | "umask" | "wait" | "hash" => {
                self.state.status = Some(true);
            }
            "false" => self.state.status = Some(false),
            "[" | "test" => {
                let last = arguments.len() - usize::from(name == "[" && !arguments.is_empty());
                let arguments = arguments.get(..last).unwrap_or_default();
                self.state.status = self.test(arguments);
            }
            "echo" => self.echo(source, command, arguments),
            "printf" => self.printf(source, command, arguments),
            "cat" => self.cat(source, command, arguments),
            "cd" | "pushd" => self.change_directory(first.as_ref()),
            "popd" => self.state.directory = unknown("$PWD"),
            "pwd" => {
                let mut text = self.state.directory.clone();
                text.append(&Text::literal("\n"));
                self.state.print(&text);
                self.state.status = Some(true);
            }
            "return" => {
                self.leave_with(known.as_deref(), first.is_some());
                return Flow::Return;
            }
            "exit" => {
                self.leave_with(known.as_deref(), first.is_some());
                return match self.state.status {
                    Some(true) => Flow::Finish,
                    _ => Flow::Fail,
                };
            }
            "break" => {
                let loops = known.and_then(|count| count.parse().ok()).unwrap_or(1);
                return Flow::Break(loops);
            }
            "continue" => return Flow::Continue,
            "shift" => self.shift(known.as_deref()),
            "set" => self.set(arguments),
            "unset" => self.unset(arguments),
            "." | "source" => return self.source_file(source, command, first.as_ref()),
            "eval" | "getopts" | "alias" => self.become_opaque(source.at(command.range)),
            "exec" if arguments.is_empty() => self.state.status = Some(true),
            "read" | "mapfile" | "readarray" => self.read_variables(arguments),
            "let" => {
                let named = |field: &Field| Some(field.text.known()?.into_owned());
                let sums: Vec<String> = arguments.iter().filter_map(named).collect();
                let names = sums.iter().filter_map(|sum| sum.split('=').next());
                names.for_each(|name| self.state.forget(name.trim_end_matches(['+', '-'])));
                self.state.status = None;
            }
            "type" | "which" => {
                self.print_unknown(source, command.range);
                self.state.status = None;
            }
            "command" | "builtin" => {
                return self.command_without_functions(source, command, arguments);
            }
            _ => return self.program(source, command, name, arguments),
        }
        Flow::Next
    }

    /// `local x=1`, `export x`, ...
    pub(crate) fn declare(
        &mut self,
        source: &Arc<Source>,
        name: &str,
        (simple, arguments): (&Simple, &[Field]),
    ) -> Flow {
        let known = |field: &Field| field.text.known().map(|text| SmolStr::new(&*text));
        let words: Vec<Option<SmolStr>> = arguments.iter().map(known).collect();
        let flags: Vec<&SmolStr> = words
            .iter()
            .flatten()
            .filter(|word| word.starts_with(['-', '+']))
            .collect();
        let has = |flag: char| flags.iter().any(|word| word.contains(flag));
        self.state.status = Some(true);
        if has('f') || has('F') || has('p') {
            // It prints definitions.
            self.state.print(&unknown(name));
            return Flow::Next;
        }
        let makes_local = name == "local" || (matches!(name, "declare" | "typeset") && !has('g'));
        let names = words
            .iter()
            .flatten()
            .filter(|word| !word.starts_with(['-', '+']));
        let names: Vec<SmolStr> = names.cloned().collect();
        if words.iter().any(Option::is_none) {
            // `local $x`.
            self.state.forget_all();
        }
        for name in &names {
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (SmolStr::new(name), Some(value.to_owned())),
                None => (name.clone(), None),
            };
            if makes_local && self.make_local(&name) && value.is_none() {
                self.state.variables.remove(&name);
            }
            if let Some(value) = value {
                self.state.assign(&name, Text::literal(&value));
            }
        }
        for assignment in &simple.assignments {
            if makes_local {
                // Its value is read before.
                let outer = self.state.variables.get(&assignment.name).cloned();
                self.assign(source, assignment);
                self.note_local(&assignment.name, outer);
            } else {
                self.assign(source, assignment);
            }
            if has('n') || has('i') || has('u') || has('l') {
                self.state.forget(&assignment.name);
            }
        }
        Flow::Next
    }

    /// Makes a variable the function's own. Returns whether there is a function.
    fn make_local(&mut self, name: &SmolStr) -> bool {
        let outer = self.state.variables.get(name).cloned();
        self.note_local(name, outer)
    }

    fn note_local(&mut self, name: &SmolStr, outer: Option<Variable>) -> bool {
        let Some(locals) = self.state.locals.last_mut() else {
            return false;
        };
        let is_new = !locals.iter().any(|(other, _)| other == name);
        if is_new {
            locals.push((name.clone(), outer));
        }
        is_new
    }

    fn leave_with(&mut self, status: Option<&str>, is_given: bool) {
        if is_given {
            self.state.status = status.and_then(|text| Some(text.parse::<u32>().ok()? == 0));
        }
    }

    fn shift(&mut self, count: Option<&str>) {
        let count = count.map_or(Some(1), |count| count.parse().ok());
        let arguments = &self.state.arguments;
        let gone = count.and_then(|count: usize| arguments.get(..count));
        let is_known = gone.is_some_and(|gone| !gone.iter().any(|field| field.is_open));
        let rest = count.and_then(|count| arguments.get(count..));
        self.state.status = Some(rest.is_some());
        match (rest, is_known) {
            (Some(rest), true) => self.state.arguments = Arc::from(rest.to_vec()),
            (None, _) => {}
            (Some(_), false) => {
                let field = Field {
                    text: unknown("$@"),
                    is_open: true,
                };
                self.state.arguments = Arc::from([field]);
            }
        }
    }

    fn set(&mut self, arguments: &[Field]) {
        self.state.status = Some(true);
        for (index, field) in arguments.iter().enumerate() {
            match field.text.known().as_deref() {
                Some("--") => {
                    let rest = arguments.get(index + 1..).unwrap_or_default();
                    self.state.arguments = Arc::from(rest.to_vec());
                    return;
                }
                Some(flags) if flags.starts_with('-') && !flags.starts_with("-o") => {
                    self.state.exits_on_error |= flags.contains('e');
                }
                Some(flags) if flags.starts_with('+') => {
                    self.state.exits_on_error &= !flags.contains('e');
                }
                _ => {}
            }
        }
    }

    fn unset(&mut self, arguments: &[Field]) {
        let known = |field: &Field| field.text.known().map(|text| SmolStr::new(&*text));
        let names: Vec<SmolStr> = arguments.iter().filter_map(known).collect();
        let is_function = names.iter().any(|name| name == "-f");
        for name in &names {
            if is_function {
                self.state.functions.remove(name);
            } else {
                self.state.variables.remove(name);
            }
        }
        self.state.status = Some(true);
    }

    fn source_file(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        path: Option<&Text>,
    ) -> Flow {
        let Some(path) = path else {
            return Flow::Next;
        };
        match self.checkout_file(path) {
            Some(id) => {
                self.state.status = Some(true);
                self.file(id)
            }
            None => {
                self.become_opaque(source.at(command.range));
                self.state.status = None;
                Flow::Next
            }
        }
    }

    /// `read`: what the variables are, only the input tells.
    fn read_variables(&mut self, arguments: &[Field]) {
        let known = |field: &Field| field.text.known().map(|text| SmolStr::new(&*text));
        let names = arguments.iter().filter_map(known);
        let names: Vec<SmolStr> = names.filter(|name| !name.starts_with('-')).collect();
        names.iter().for_each(|name| self.state.forget(name));
        if names.is_empty() {
            self.state.forget("REPLY");
        }
        if let Some(input) = &mut self.state.input {
            *input = unknown("<");
        }
        self.state.status = None;
    }

    fn change_directory(&mut self, path: Option<&Text>) {
        let new = match path {
            None => unknown("$HOME"),
            Some(path) if path.known().as_deref() == Some("-") => self.state.last_directory.clone(),
            Some(path) => {
                let key = self.path(path);
                let rooted = key
                    .strip_prefix('$')
                    .map(|rest| match rest.split_once('/') {
                        Some((name, rest)) => (name, format!("/{rest}")),
                        None => (rest, String::new()),
                    });
                match rooted {
                    Some((name, rest)) if !name.contains('⟦') => {
                        let kind = super::text::UnknownKind::Runner;
                        let mut text = Text::unknown(&format!("${name}"), kind);
                        text.append(&Text::literal(&rest));
                        text
                    }
                    _ => Text::literal(&key),
                }
            }
        };
        self.state.last_directory = std::mem::replace(&mut self.state.directory, new);
        self.state.status = Some(true);
    }

    /// `command name arguments`, `command -v name`.
    fn command_without_functions(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        arguments: &[Field],
    ) -> Flow {
        let Some((name, rest)) = arguments.split_first() else {
            return Flow::Next;
        };
        match name.text.known() {
            Some(name) if !name.starts_with('-') => {
                self.builtin(source, command, &SmolStr::new(&*name), rest)
            }
            _ => {
                self.print_unknown(source, command.range);
                self.state.status = None;
                Flow::Next
            }
        }
    }
}
