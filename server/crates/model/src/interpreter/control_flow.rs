//! Statements in their order: assignments, loops, subshells, and how they end.

use smol_str::SmolStr;

use syntax::bash::{Assign, Attribute, ScriptFacts, Step, Temporary, UsedArguments, Word};

use super::functions::Definition;
use super::trial::Outcome;
use super::{Binding, Frame, Interpreter, MAX_STEPS, Summary};
use crate::trace::EventKind;
use crate::tree::FileId;
use crate::value::Value;

/// Name in place of a variable's for the option with which an error ends the script.
pub(super) const EXIT_ON_ERROR: &str = "-e";
/// The variable by which scripts find the checkout.
pub(super) const BASE_DIRECTORY: &str = "BASEDIR";
/// Greatest number of times that a loop's body is gone through.
const MAX_REPETITIONS: usize = 4;

/// End of some statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next statement follows.
    Next,
    /// So many loops are left.
    Break(u32),
    /// The file or function is left.
    Return,
    /// The script is left.
    Exit,
}

impl<'m> Interpreter<'m> {
    pub(super) fn block(
        &mut self,
        file: FileId,
        facts: &'m ScriptFacts,
        steps: &'m [Step],
    ) -> Flow {
        for step in steps {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.opaque();
                return Flow::Exit;
            }
            match self.step(file, facts, step) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn step(&mut self, file: FileId, facts: &'m ScriptFacts, step: &'m Step) -> Flow {
        if let Some(heredoc) = step.heredoc() {
            self.expand_text(file, facts, heredoc);
        }
        match step {
            Step::Assign(assign) => self.assign(file, assign),
            Step::Source(source) => return self.source(file, source),
            Step::Call(call) => return self.call(file, call),
            Step::Invoke(invoke) => return self.invoke(file, invoke),
            Step::Write(file_write) => self.file_write(file, file_write),
            Step::Branch(arms) => return self.branch(file, facts, arms, 0),
            Step::List(list) => return self.list(file, facts, list),
            Step::Check(test) => {
                if facts.effects.compares_versions {
                    self.compare_versions(file, test);
                }
                return self.check(test);
            }
            Step::Temporary(temporary) => return self.temporary(file, facts, temporary),
            Step::Repeat(body) => self.repeat(file, facts, body),
            Step::Isolated(body) => self.isolated(file, facts, body),
            Step::Define(index) => {
                if let Some(function) = facts.effects.functions.get(*index as usize) {
                    self.define(function.name.clone(), (file, *index));
                }
            }
            Step::Undefine(name) => self.functions.doubt(name, None),
            Step::Unset(name) => self.unset(name),
            Step::Forget(name) => self.forget(name),
            Step::ForgetGlobal(name) => {
                self.forget(name);
                for local in self.locals.iter_mut().filter(|local| local.name == *name) {
                    local.before = Binding::Unknown;
                }
            }
            Step::ForgetAny => self.forget_all(),
            Step::Attribute(name, attribute) => {
                if *attribute == Attribute::Reference {
                    self.forget(name);
                }
                self.attributes.insert(name.clone(), *attribute);
            }
            Step::Arguments(words) => self.arguments(words.as_deref()),
            Step::ExitOnError(on) => {
                self.exits_on_error = true;
                let on = on.filter(|_| !self.frame.is_doubtful());
                let value = on.map(|on| Value::literal(if on { "e" } else { "" }));
                self.environment
                    .assign(SmolStr::new_static(EXIT_ON_ERROR), value.into());
            }
            Step::AtExit(body) => self.at_exit.push((file, body)),
            Step::Break(_) if self.frame.loops == 0 => {}
            Step::Break(loops) => return Flow::Break((*loops).clamp(1, self.frame.loops)),
            Step::Return => return Flow::Return,
            Step::Exit => return Flow::Exit,
            Step::Opaque => self.opaque(),
        }
        Flow::Next
    }

    fn assign(&mut self, file: FileId, assign: &Assign) {
        if assign.needs_function && !self.frame.in_function {
            return;
        }
        let local = assign.local && self.frame.in_function;
        if assign.is_unset && !local {
            // It has the value that it had.
            return;
        }
        let attribute = self.attributes.get(&assign.name).copied();
        if attribute == Some(Attribute::Reference) && !local {
            return self.forget_all();
        }
        let certain = !self.frame.is_doubtful() && attribute.is_none();
        let value = self.eval(&assign.value).filter(|_| certain);
        if value.is_none() && self.keeps_base_directory && assign.name == BASE_DIRECTORY {
            return;
        }
        self.note(file, assign.name_span, || EventKind::Assigned {
            name: assign.name.clone(),
            value: value.clone(),
        });
        if local {
            self.make_local(&assign.name);
        } else {
            self.touch_local(&assign.name);
        }
        let binding = if assign.is_unset && certain {
            Binding::Unset
        } else {
            value.into()
        };
        self.environment.assign(assign.name.clone(), binding);
    }

    pub(super) fn forget(&mut self, name: &SmolStr) {
        match self.attributes.get(name) {
            Some(Attribute::Reference) => self.forget_all(),
            _ => {
                self.touch_local(name);
                self.environment.assign(name.clone(), Binding::Unknown);
            }
        }
    }

    /// Takes a variable its value. In a function, it may be the function's own, and another one of that
    /// name outside.
    fn unset(&mut self, name: &SmolStr) {
        let is_plain = !self.frame.in_function && !self.attributes.contains_key(name);
        if is_plain && !self.frame.is_doubtful() {
            self.environment.assign(name.clone(), Binding::Unset);
        } else {
            self.forget(name);
        }
    }

    fn define(&mut self, name: SmolStr, id: (FileId, u32)) {
        if self.frame.is_doubtful() {
            self.functions.doubt(&name, Some(id));
        } else {
            self.functions.set(name, Some(Definition::Certain(id)));
        }
    }

    /// Changes the arguments of the function or script.
    pub(super) fn arguments(&mut self, words: Option<&[Word]>) {
        let values: Option<Vec<Binding>> =
            words.map(|words| words.iter().map(|word| self.eval(word).into()).collect());
        self.set_arguments(values.as_deref(), UsedArguments::ALL);
    }

    /// Goes through a subshell: what it sets is lost.
    fn isolated(&mut self, file: FileId, facts: &'m ScriptFacts, body: &'m [Step]) {
        // `break` does not reach the loops around it.
        let frame = Frame {
            loops: 0,
            ..self.frame
        };
        self.in_frame(frame, |interpreter| {
            interpreter.discarded(|interpreter| interpreter.block(file, facts, body))
        });
    }

    /// Goes through a command with variables that have another value for as long.
    fn temporary(
        &mut self,
        file: FileId,
        facts: &'m ScriptFacts,
        temporary: &'m Temporary,
    ) -> Flow {
        let mut before: Vec<(SmolStr, Binding, Binding)> = Vec::new();
        for step in &temporary.assignments {
            if let Step::Assign(assign) = step {
                let old = self.environment.assigned(&assign.name).clone();
                let value = self.eval(&assign.value).into();
                before.push((assign.name.clone(), old, value));
            }
        }
        for (name, _, value) in &before {
            self.environment.assign(name.clone(), value.clone());
        }
        let flow = self.block(file, facts, &temporary.body);
        for (name, old, value) in before.into_iter().rev() {
            let unchanged = *self.environment.assigned(&name) == value;
            let end = if unchanged { old } else { Binding::Unknown };
            self.environment.assign(name, end);
        }
        flow
    }

    /// Goes through a loop's body until no more of it is unknown.
    fn repeat(&mut self, file: FileId, facts: &'m ScriptFacts, body: &'m [Step]) {
        let (executions, undefined) = (self.executions, self.summary.undefined.len());
        for repetition in 0.. {
            if repetition == MAX_REPETITIONS {
                self.forget_all();
                self.functions.doubt_all();
            }
            let frame = Frame {
                loops: self.frame.loops + 1,
                maybe_broken: 0,
                ..self.frame
            };
            let ((flow, end), changes) = self.trial(|interpreter| {
                interpreter.in_frame(frame, |interpreter| {
                    let flow = interpreter.block(file, facts, body);
                    (flow, interpreter.frame)
                })
            });
            self.may_have_exited |= flow == Flow::Exit;
            self.frame.maybe_left |= end.maybe_left || flow == Flow::Return;
            let left = match flow {
                Flow::Break(loops) => loops.max(end.maybe_broken),
                _ => end.maybe_broken,
            };
            self.frame.maybe_broken = self.frame.maybe_broken.max(left.saturating_sub(1));
            if flow == Flow::Exit && left == 0 {
                // Where the script goes on, it has not been here.
                break;
            }
            let stays = |(name, end): (&SmolStr, &Binding)| {
                let before = self.environment.assigned(name);
                before == end || *before == Binding::Unknown
            };
            let same = changes.variables.iter().all(stays)
                && changes
                    .functions
                    .iter()
                    .all(|(name, end)| self.functions.get(name) == end.as_ref());
            if same || repetition >= MAX_REPETITIONS {
                break;
            }
            self.merge(&[Outcome::default(), changes]);
        }
        // The second time, it is there.
        let calls = self.summary.undefined.split_off(undefined);
        let calls = calls.into_iter();
        let calls = calls.filter(|call| self.functions.get(&call.name).is_none());
        self.summary.undefined.extend(calls);
        if self.executions > executions {
            // Which of it was last, depends on how the loop ended.
            self.summary.pending_append = None;
        }
        self.status = None;
    }

    /// Goes through what is run at the script's end. Of several, only one is.
    pub(super) fn exit_traps(&mut self) {
        if self.at_exit.is_empty() {
            return;
        }
        let before = (self.summary.clone(), self.executions);
        for (file, body) in std::mem::take(&mut self.at_exit) {
            let tree = self.tree;
            if let Some(facts) = tree.script(file) {
                self.isolated(file, facts, body);
            }
        }
        if before.1 < self.executions {
            self.summary = before.0;
            self.summary.pending_append = None;
        } else {
            let called = std::mem::take(&mut self.summary.called);
            self.summary = Summary { called, ..before.0 };
        }
    }
}
