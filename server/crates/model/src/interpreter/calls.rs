//! Commands that are called, and the functions they go to.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use syntax::bash::{Call, Invoke, UsedArguments, Word};

use super::builder_commands::is_command;
use super::control_flow::Flow;
use super::environment::{ARGUMENT_COUNT, ARGUMENTS, argument_names};
use super::functions::{Definition, FunctionId};
use super::{Binding, Frame, Interpreter, MAX_DEPTH, MAX_NESTED_CALLS, UndefinedCall};
use crate::file_range::FileSpan;
use crate::trace::EventKind;
use crate::tree::FileId;
use crate::value::Value;

/// Names that some include defines as functions, and so may be missing where they are called.
pub trait Helpers {
    /// Returns whether an include defines a function of that name.
    fn is_helper(&self, name: &str) -> bool;
}

impl Helpers for FxHashMap<SmolStr, Vec<FileId>> {
    fn is_helper(&self, name: &str) -> bool {
        self.contains_key(name) && !is_command(name)
    }
}

impl Helpers for () {
    fn is_helper(&self, _name: &str) -> bool {
        false
    }
}

/// Commands that may do anything to the shell that an expanded name leads to.
const BUILTINS: [&str; 30] = [
    ".",
    "source",
    "eval",
    "exit",
    "return",
    "break",
    "continue",
    "exec",
    "export",
    "declare",
    "typeset",
    "local",
    "readonly",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "printf",
    "unset",
    "set",
    "shift",
    "shopt",
    "trap",
    "let",
    "command",
    "builtin",
    "alias",
    "unalias",
    "time",
    "enable",
];

/// Names of the arguments that are used.
fn names_of(used: UsedArguments) -> impl Iterator<Item = &'static str> {
    let names = argument_names().enumerate();
    names.filter_map(move |(number, name)| used.contains(number).then_some(name))
}

/// Arguments of a call.
#[derive(Debug, Clone, Copy)]
enum Arguments<'c> {
    Unknown,
    /// As they are written: few functions use them.
    Words(&'c [Word]),
    Values(&'c [Binding]),
}

/// A variable that a function has made its own.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) name: SmolStr,
    /// The variable as it is outside.
    pub(super) before: Binding,
    /// Unset where it may be the one outside.
    certain: bool,
    /// Set when another value was assigned since, to either of them.
    pub(super) touched: bool,
}

impl<'m> Interpreter<'m> {
    pub(super) fn call(&mut self, file: FileId, call: &Call) -> Flow {
        let at = FileSpan {
            file,
            span: call.span,
        };
        let heredoc = call.heredoc.map(|index| (file, index));
        let arguments = match call.has_all_args {
            true => Arguments::Words(&call.args),
            false => Arguments::Unknown,
        };
        if matches!(call.name.as_str(), "chroot" | "enter-chroot" | "do-chroot") {
            self.container_command(call, heredoc);
        }
        self.named(&call.name, arguments, heredoc, at)
    }

    /// Signs of the init system in a command that is run inside of the new file system.
    fn container_command(&mut self, call: &Call, heredoc: Option<(FileId, u32)>) {
        let literal = |word: &Word| word.literal().map(SmolStr::new);
        let words: Vec<SmolStr> = call.args.iter().filter_map(literal).collect();
        let asks =
            |text: &str| text.contains("[ ") || text.contains("command -v") || text.contains("if ");
        if self.guards.is_empty() && !words.iter().any(|text| asks(text)) {
            let is_command = |text: &SmolStr| {
                text.split_whitespace()
                    .next()
                    .is_some_and(|first| first.ends_with("systemctl"))
            };
            self.summary.init.systemd |= words.iter().any(is_command);
            self.summary.init.other |= words.iter().any(|text| {
                text.split_whitespace().next().is_some_and(|first| {
                    first.ends_with("rc-update") || first.ends_with("update-rc.d")
                })
            });
        }
        if let Some((file, index)) = heredoc {
            self.container_text(file, index);
        }
    }

    /// Calls what has a name.
    fn named(
        &mut self,
        name: &SmolStr,
        arguments: Arguments<'_>,
        heredoc: Option<(FileId, u32)>,
        at: FileSpan,
    ) -> Flow {
        if matches!(name.as_str(), "run-configure" | "do-chroot" | "chroot") {
            self.ran();
        }
        let definition = self.functions.get(name).cloned();
        let known = definition
            .as_ref()
            .and_then(|d| d.candidates().last().copied());
        self.note(at.file, at.span, || EventKind::Called {
            name: name.clone(),
            function: known,
        });
        if definition.is_some() {
            self.defined.push(at);
        }
        match definition {
            Some(Definition::Certain(id)) => self.function(id, arguments, heredoc, at),
            Some(Definition::Doubtful(ids)) => {
                for id in ids.iter() {
                    self.uncertain(|interpreter| interpreter.function(*id, arguments, heredoc, at));
                }
                Flow::Next
            }
            None => {
                self.command(name, at);
                Flow::Next
            }
        }
    }

    /// Calls what an expanded name leads to.
    pub(super) fn invoke(&mut self, file: FileId, invoke: &Invoke) -> Flow {
        let at = FileSpan {
            file,
            span: invoke.span,
        };
        let count = match self.environment.assigned(ARGUMENT_COUNT) {
            Binding::Known(count) => count.as_literal().and_then(|count| count.parse().ok()),
            _ => None,
        };
        let (value, mut arguments) = match (&invoke.name, count) {
            (Some(name), _) => (self.eval(name), None),
            (None, Some(0_usize)) => return Flow::Next,
            (None, Some(count)) => {
                let mut values: Vec<Binding> = ARGUMENTS
                    .iter()
                    .take(count)
                    .map(|name| match self.environment.get(name) {
                        Binding::Known(value) => Binding::Known(value.clone()),
                        _ => Binding::Unknown,
                    })
                    .collect();
                let first = match values.is_empty() {
                    true => Binding::Unknown,
                    false => values.remove(0),
                };
                let name = match first {
                    Binding::Known(value) => Some(value),
                    _ => None,
                };
                (name, (count <= ARGUMENTS.len()).then_some(values))
            }
            (None, None) => (None, None),
        };
        let Some(value) = value else {
            self.opaque();
            return Flow::Next;
        };
        let mut text = SmolStr::new(value.sample());
        if value.as_literal().is_none_or(|text| text.contains('/')) {
            // A program of the builder, by its path.
            return Flow::Next;
        }
        if !invoke.quoted && invoke.name.is_some() {
            if text.contains(['*', '?', '[', '\\'])
                || *self.environment.assigned("IFS") != Binding::Unset
            {
                self.opaque();
                return Flow::Next;
            }
            let first = text.split_whitespace().next().map(SmolStr::new);
            text = match (first, invoke.args.first()) {
                (Some(first), _) => first,
                (None, None) => return Flow::Next,
                (None, Some(next)) => match self.eval(next) {
                    Some(next)
                        if next
                            .as_literal()
                            .is_some_and(|t| !t.contains(char::is_whitespace) && !t.is_empty()) =>
                    {
                        SmolStr::new(next.sample())
                    }
                    _ => {
                        self.opaque();
                        return Flow::Next;
                    }
                },
            };
            arguments = None;
        }
        if BUILTINS.contains(&text.as_str()) {
            self.opaque();
            return Flow::Next;
        }
        let heredoc = invoke.heredoc.map(|index| (file, index));
        let arguments = arguments.as_deref();
        let arguments = arguments.map_or(Arguments::Unknown, Arguments::Values);
        self.named(&text, arguments, heredoc, at)
    }

    /// Takes note of a call that goes to no function.
    fn command(&mut self, name: &SmolStr, at: FileSpan) {
        if self.helpers.is_helper(name) && !self.functions_unknown && !self.found.contains(name) {
            let undefined = UndefinedCall {
                name: name.clone(),
                call: at,
                root: self.root_of(at),
            };
            let is_new = !self.summary.undefined.contains(&undefined);
            if self.environment.trials() == 0 {
                self.perhaps_undefined.retain(|call| *call != at);
            } else if is_new {
                self.perhaps_undefined.push(at);
            }
            if is_new {
                self.summary.undefined.push(undefined);
            }
        }
    }

    /// Goes through a function that is called.
    fn function(
        &mut self,
        id: FunctionId,
        arguments: Arguments<'_>,
        heredoc: Option<(FileId, u32)>,
        at: FileSpan,
    ) -> Flow {
        let (file, index) = id;
        if !self.summary.called.contains(&id) {
            self.summary.called.push(id);
        }
        let nested = self.calling.iter().filter(|outer| **outer == id).count();
        if self.frame.depth >= MAX_DEPTH || nested >= MAX_NESTED_CALLS {
            self.opaque();
            return Flow::Next;
        }
        let tree = self.tree;
        let Some(facts) = tree.script(file) else {
            return Flow::Next;
        };
        let Some(function) = facts.effects.functions.get(index as usize) else {
            return Flow::Next;
        };
        let frame = Frame {
            depth: self.frame.depth + 1,
            stdin: heredoc.or(self.frame.stdin),
            in_function: true,
            loops: 0,
            locals: self.locals.len(),
            trials: self.environment.trials(),
            ..self.inner_frame(at)
        };
        let used = function.arguments;
        let outer = self.replace_arguments(arguments, used);
        let doubtful = self.frame.maybe_left;
        self.calling.push(id);
        let (flow, left) = self.in_frame(frame, |interpreter| {
            let flow = interpreter.block(file, facts, &function.body);
            interpreter.unset_reads(file, facts, Some(index), flow);
            (flow, interpreter.frame.maybe_left)
        });
        self.calling.pop();
        if !outer.is_empty() {
            for (name, binding) in names_of(used).zip(outer) {
                self.environment.assign(SmolStr::new_static(name), binding);
            }
        }
        self.restore_locals(frame.locals);
        self.status = None;
        match flow {
            // It may have been left before.
            Flow::Exit if left && !doubtful => {
                self.may_have_exited = true;
                Flow::Next
            }
            Flow::Exit => Flow::Exit,
            // `return` leaves the function alone.
            _ => Flow::Next,
        }
    }

    /// Gives a function its arguments, as far as it uses them. Returns those that they replace.
    fn replace_arguments(&mut self, arguments: Arguments<'_>, used: UsedArguments) -> Vec<Binding> {
        if used == UsedArguments::default() {
            return Vec::new();
        }
        let outer = names_of(used).map(|name| self.environment.assigned(name).clone());
        let outer = outer.collect();
        match arguments {
            Arguments::Unknown => self.set_arguments(None, used),
            Arguments::Words(words) => {
                let values = words.iter().map(|word| self.eval(word).into());
                let values: Vec<Binding> = values.collect();
                self.set_arguments(Some(&values), used);
            }
            Arguments::Values(values) => self.set_arguments(Some(values), used),
        }
        outer
    }

    /// Gives the function or script other arguments, as far as they are used.
    pub(super) fn set_arguments(&mut self, values: Option<&[Binding]>, used: UsedArguments) {
        for (at, name) in ARGUMENTS.iter().enumerate() {
            if !used.contains(at + 1) {
                continue;
            }
            let binding = match values {
                None => Binding::Unknown,
                Some(values) => match values.get(at) {
                    Some(binding) => binding.clone(),
                    None => Binding::Known(Value::default()),
                },
            };
            let binding = if self.frame.is_doubtful() {
                Binding::Unknown
            } else {
                binding
            };
            self.environment.assign(SmolStr::new_static(name), binding);
        }
        if !used.contains(0) {
            return;
        }
        let count = values.filter(|_| !self.frame.is_doubtful());
        let count = count.map(|values| Value::literal(&values.len().to_string()));
        self.environment
            .assign(SmolStr::new_static(ARGUMENT_COUNT), count.into());
    }

    /// Makes a variable the function's own.
    pub(super) fn make_local(&mut self, name: &SmolStr) {
        let own = self.locals.get(self.frame.locals..).unwrap_or_default();
        if own.iter().any(|local| local.name == *name && local.certain) {
            return;
        }
        let certain = self.environment.trials() == self.frame.trials && !self.frame.is_doubtful();
        let before = self.environment.assigned(name).clone();
        let name = name.clone();
        self.locals.push(Local {
            name,
            before,
            certain,
            touched: false,
        });
    }

    /// Takes note that a variable is assigned which may be a function's own.
    pub(super) fn touch_local(&mut self, name: &SmolStr) {
        let own = self
            .locals
            .iter_mut()
            .rev()
            .find(|local| local.name == *name);
        if let Some(local) = own {
            local.touched = true;
        }
    }

    /// Ends the variables that a function has made its own.
    fn restore_locals(&mut self, first: usize) {
        while self.locals.len() > first {
            let Some(local) = self.locals.pop() else {
                break;
            };
            let Local {
                name,
                before,
                certain,
                touched,
            } = local;
            if certain || !touched {
                self.environment.assign(name, before);
            } else if *self.environment.assigned(&name) != before {
                self.environment.assign(name, Binding::Unknown);
            }
        }
    }
}
