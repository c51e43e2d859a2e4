//! Lists, branches and conditions: which statements run, as far as reading tells.

use smol_str::SmolStr;

use syntax::bash::{Arm, ArmEnd, List, ScriptFacts, Test};

use super::control_flow::{EXIT_ON_ERROR, Flow};
use super::trial::Outcome;
use super::{Binding, Interpreter};
use crate::tree::FileId;

/// Greatest number of conditions of one branch that are tried inside of each other.
const MAX_CONDITIONS: u32 = 60;

impl<'m> Interpreter<'m> {
    /// Does something in a condition, where `set -e` does nothing.
    pub(super) fn lenient<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.frame.lenient, true);
        let outcome = body(self);
        self.frame.lenient = outer;
        outcome
    }

    /// Goes through `left && right`, `left || right`, `! left`.
    pub(super) fn list(&mut self, file: FileId, facts: &'m ScriptFacts, list: &'m List) -> Flow {
        let flow = self.lenient(|interpreter| interpreter.block(file, facts, &list.left));
        if flow != Flow::Next {
            return flow;
        }
        if facts.effects.compares_versions {
            self.compare_versions(file, &list.test);
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
        if facts.effects.compares_versions && flow == Flow::Next {
            self.compare_versions(file, &list.outcome);
        }
        self.status = self.test(&list.outcome);
        flow
    }

    /// A condition that stands alone.
    pub(super) fn check(&mut self, test: &Test) -> Flow {
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
    pub(super) fn branch(
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
            if facts.effects.compares_versions && ends.is_empty() {
                self.compare_versions(file, &arm.test);
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
