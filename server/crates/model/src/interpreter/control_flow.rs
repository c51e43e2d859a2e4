//! Statements in their order: branches, lists, loops, subshells, and how they end.

use smol_str::SmolStr;

use syntax::bash::{
    Arm, ArmEnd, Assign, Attribute, List, ScriptFacts, Step, Temporary, Test, Word,
};

use super::functions::Definition;
use super::trial::Outcome;
use super::{Binding, Frame, Interpreter, MAX_STEPS, Summary};
use crate::trace::EventKind;
use crate::tree::FileId;
use crate::value::Value;

/// Name in place of a variable's for the option with which an error ends the script.
const EXIT_ON_ERROR: &str = "-e";
/// Greatest number of times that a loop's body is gone through.
const MAX_REPETITIONS: usize = 4;
/// Greatest number of conditions of one branch that are tried inside of each other.
const MAX_CONDITIONS: u32 = 60;

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
        match step {
            Step::Assign(assign) => self.assign(file, assign),
            Step::Source(source) => return self.source(file, source),
            Step::Call(call) => return self.call(file, call),
            Step::Invoke(invoke) => return self.invoke(file, invoke),
            Step::Write(file_write) => self.file_write(file, file_write),
            Step::Branch(arms) => return self.branch(file, facts, arms, 0),
            Step::List(list) => return self.list(file, facts, list),
            Step::Check(test) => return self.check(test),
            Step::Temporary(temporary) => return self.temporary(file, facts, temporary),
            Step::Repeat(body) => self.repeat(file, facts, body),
            Step::Isolated(body) => self.isolated(file, facts, body),
            Step::Define(index) => {
                if let Some(function) = facts.effects.functions.get(*index as usize) {
                    self.define(function.name.clone(), (file, *index));
                }
            }
            Step::Undefine(name) => self.functions.doubt(name, None),
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
        self.set_arguments(values.as_deref());
    }

    /// Goes through a subshell: what it sets is lost.
    fn isolated(&mut self, file: FileId, facts: &'m ScriptFacts, body: &'m [Step]) {
        self.in_frame(self.frame, |interpreter| {
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
        let runs = self.runs;
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
        if self.runs > runs {
            // Which of it was last, depends on how the loop ended.
            self.summary.pending_append = None;
        }
        self.status = None;
    }

    /// Does something in a condition, where `set -e` does nothing.
    fn lenient<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.frame.lenient, true);
        let outcome = body(self);
        self.frame.lenient = outer;
        outcome
    }

    /// Goes through `left && right`, `left || right`, `! left`.
    fn list(&mut self, file: FileId, facts: &'m ScriptFacts, list: &'m List) -> Flow {
        let flow = self.lenient(|interpreter| interpreter.block(file, facts, &list.left));
        if flow != Flow::Next {
            return flow;
        }
        let guards = self.guards.len();
        self.guard(&list.test);
        let flow = match self.test(&list.test) {
            Some(outcome) if outcome != list.or => {
                let flow = self.right(file, facts, list);
                if flow == Flow::Next {
                    let outcome = self.status;
                    let flow = if list.right.is_empty() {
                        Flow::Next
                    } else {
                        self.fails(outcome)
                    };
                    self.guards.truncate(guards);
                    return flow;
                }
                flow
            }
            Some(outcome) => {
                self.status = Some(outcome);
                Flow::Next
            }
            None => {
                let (flow, mut changes) =
                    self.trial(|interpreter| interpreter.right(file, facts, list));
                let mut skipped = Outcome {
                    status: Some(list.or),
                    ..Outcome::default()
                };
                if flow == Flow::Exit {
                    self.may_have_exited = true;
                    skipped.status = None;
                    self.status = Some(list.or);
                    // Where the script goes on, the condition has excused what it asked about.
                    return Flow::Next;
                }
                self.frame.may_leave(flow);
                if flow != Flow::Next {
                    changes.status = Some(list.or);
                }
                self.merge(&[skipped, changes]);
                if flow != Flow::Next {
                    return Flow::Next;
                }
                Flow::Next
            }
        };
        self.guards.truncate(guards);
        flow
    }

    fn right(&mut self, file: FileId, facts: &'m ScriptFacts, list: &'m List) -> Flow {
        let found = self.found.len();
        if !list.or {
            functions_found(&list.test, &mut self.found);
        }
        self.status = None;
        let flow = self.block(file, facts, &list.right);
        self.found.truncate(found);
        self.status = self.test(&list.outcome);
        flow
    }

    /// A condition that stands alone.
    fn check(&mut self, test: &Test) -> Flow {
        if !self.exits_on_error {
            return Flow::Next;
        }
        let outcome = self.test(test);
        self.fails(outcome)
    }

    /// Ends the script if `set -e` does.
    fn fails(&mut self, outcome: Option<bool>) -> Flow {
        if !self.exits_on_error || self.frame.lenient || outcome != Some(false) {
            return Flow::Next;
        }
        match self.environment.assigned(EXIT_ON_ERROR) {
            Binding::Known(on) if !on.is_empty() && !self.frame.is_doubtful() => Flow::Exit,
            Binding::Unset => Flow::Next,
            _ => {
                self.may_have_exited = true;
                Flow::Next
            }
        }
    }

    /// Goes through every arm that may be taken, each as if it was, and merges what they change.
    fn branch(
        &mut self,
        file: FileId,
        facts: &'m ScriptFacts,
        arms: &'m [Arm],
        depth: u32,
    ) -> Flow {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut ends: Vec<Flow> = Vec::new();
        let mut exhaustive = false;
        // A condition holds for the arms below it, too, and after one that leaves.
        let guards = self.guards.len();
        for (at, arm) in arms.iter().enumerate() {
            let rest = arms.get(at..).unwrap_or_default();
            if !arm.condition.is_empty() {
                if !ends.is_empty() {
                    // It is run where no arm before is taken.
                    if depth > MAX_CONDITIONS {
                        self.opaque();
                        break;
                    }
                    let (flow, changes) =
                        self.trial(|interpreter| interpreter.branch(file, facts, rest, depth + 1));
                    ends.push(flow);
                    outcomes.push(changes);
                    exhaustive = true;
                    break;
                }
                let flow =
                    self.lenient(|interpreter| interpreter.block(file, facts, &arm.condition));
                if flow != Flow::Next {
                    self.guards.truncate(guards);
                    return flow;
                }
            }
            let outcome = self.test(&arm.test);
            if outcome == Some(false) {
                continue;
            }
            self.guard(&arm.test);
            if arm.then == ArmEnd::Test {
                let flow = if outcome == Some(true) {
                    self.arm(file, facts, rest)
                } else {
                    let (flow, changes) =
                        self.trial(|interpreter| interpreter.arm(file, facts, rest));
                    self.may_have_exited |= flow == Flow::Exit;
                    self.frame.may_leave(flow);
                    if flow != Flow::Exit {
                        self.merge(&[Outcome::default(), changes]);
                    }
                    Flow::Next
                };
                if flow != Flow::Next {
                    self.guards.truncate(guards);
                    return flow;
                }
                continue;
            }
            if outcome == Some(true) && ends.is_empty() {
                let flow = self.arm(file, facts, rest);
                self.guards.truncate(guards);
                return flow;
            }
            let (flow, changes) = self.trial(|interpreter| interpreter.arm(file, facts, rest));
            ends.push(flow);
            outcomes.push(changes);
            if outcome == Some(true) {
                exhaustive = true;
                break;
            }
        }
        if !exhaustive {
            ends.push(Flow::Next);
            outcomes.push(Outcome::default());
        }
        self.joined(outcomes, &ends, guards)
    }

    /// Goes on after some outcomes of a branch, of which any may have been.
    fn joined(&mut self, outcomes: Vec<Outcome>, ends: &[Flow], guards: usize) -> Flow {
        let some = |flow: Flow| ends.contains(&flow);
        let broken = ends.iter().filter_map(|end| match end {
            Flow::Break(loops) => Some(*loops),
            _ => None,
        });
        let broken = broken.max();
        let leaves = ends.iter().any(|end| *end != Flow::Next);
        // What was set before it left stays set, for whoever called or sourced this.
        let kept: Vec<Outcome> = outcomes
            .into_iter()
            .zip(ends)
            .filter(|(_, end)| **end != Flow::Exit)
            .map(|(outcome, _)| outcome)
            .collect();
        self.merge(&kept);
        self.status = None;
        if !leaves {
            self.guards.truncate(guards);
        }
        let all_exit = ends.iter().all(|end| *end == Flow::Exit);
        if all_exit {
            return Flow::Exit;
        }
        self.may_have_exited |= some(Flow::Exit);
        if some(Flow::Next) {
            if some(Flow::Return) {
                self.frame.may_leave(Flow::Return);
            }
            if let Some(loops) = broken {
                self.frame.may_leave(Flow::Break(loops));
            }
            return Flow::Next;
        }
        match broken {
            Some(loops) => {
                if some(Flow::Return) {
                    self.frame.may_leave(Flow::Return);
                }
                Flow::Break(loops)
            }
            None => Flow::Return,
        }
    }

    /// Goes through the first of some arms with what its condition tells, and those that it runs on
    /// into.
    fn arm(&mut self, file: FileId, facts: &'m ScriptFacts, arms: &'m [Arm]) -> Flow {
        let found = self.found.len();
        for (at, arm) in arms.iter().enumerate() {
            if at == 0 {
                functions_found(&arm.test, &mut self.found);
            }
            let flow = self.block(file, facts, &arm.body);
            self.found.truncate(found);
            if flow != Flow::Next {
                return flow;
            }
            match arm.then {
                ArmEnd::Next => {}
                ArmEnd::Test if at > 0 => {
                    // One after `;&`: those below are tried as if they stood alone.
                    let rest = arms.get(at + 1..).unwrap_or_default();
                    return self.branch(file, facts, rest, 0);
                }
                ArmEnd::Test | ArmEnd::Done => return Flow::Next,
            }
        }
        Flow::Next
    }

    /// Takes note of the paths that a condition asks about.
    fn guard(&mut self, test: &Test) {
        match test {
            Test::Exists(path) => {
                let path = self.eval(path);
                self.guards.push(path);
            }
            Test::Not(inner) | Test::IfPlain(_, inner) | Test::Status(Some(inner)) => {
                self.guard(inner);
            }
            Test::All(tests) | Test::Any(tests) => tests.iter().for_each(|test| self.guard(test)),
            _ => {}
        }
    }

    /// Goes through what is run at the script's end. Of several, only one is.
    pub(super) fn exit_traps(&mut self) {
        let before = (self.summary.clone(), self.runs);
        for (file, body) in std::mem::take(&mut self.at_exit) {
            let tree = self.tree;
            if let Some(facts) = tree.script(file) {
                self.isolated(file, facts, body);
            }
        }
        if before.1 < self.runs {
            self.summary = before.0;
            self.summary.pending_append = None;
        } else {
            let called = std::mem::take(&mut self.summary.called);
            self.summary = Summary { called, ..before.0 };
        }
    }
}

/// Collects the functions that are defined if a condition holds.
fn functions_found(test: &Test, names: &mut Vec<SmolStr>) {
    match test {
        Test::Defined(name) => names.push(name.clone()),
        Test::Status(Some(inner)) => functions_found(inner, names),
        Test::All(tests) => tests.iter().for_each(|test| functions_found(test, names)),
        _ => {}
    }
}
