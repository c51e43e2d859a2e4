//! Statements in their order: branches, loops, subshells, and how they end.

use smol_str::SmolStr;

use syntax::bash::{Arm, Assign, ScriptFacts, Step, Test};

use super::environment::Changes;
use super::{Binding, Frame, Interpreter, MAX_STEPS};
use crate::trace::EventKind;
use crate::tree::FileId;

/// End of some statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next statement follows.
    Next,
    /// The file or function is left.
    Return,
    /// The script is left.
    Exit,
}

impl Interpreter<'_> {
    pub(super) fn block(&mut self, file: FileId, facts: &ScriptFacts, steps: &[Step]) -> Flow {
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

    fn step(&mut self, file: FileId, facts: &ScriptFacts, step: &Step) -> Flow {
        match step {
            Step::Assign(assign) => self.assign(file, assign),
            Step::Source(source) => self.source(file, source),
            Step::Call(call) => return self.call(file, call),
            Step::Write(file_write) => self.file_write(file, file_write),
            Step::Branch(arms) => return self.branch(file, facts, arms),
            Step::Repeat(body) => {
                self.uncertain(|interpreter| interpreter.block(file, facts, body));
            }
            Step::Isolated(body) => self.isolated(file, facts, body),
            Step::Define(index) => {
                if let Some(function) = facts.effects.functions.get(*index as usize) {
                    self.functions.insert(function.name.clone(), (file, *index));
                }
            }
            Step::Forget(name) => self.environment.assign(name.clone(), Binding::Unknown),
            Step::Return => return Flow::Return,
            Step::Exit if self.frame.subshells > 0 => return Flow::Return,
            Step::Exit => return Flow::Exit,
            Step::Opaque => self.opaque(),
        }
        Flow::Next
    }

    fn assign(&mut self, file: FileId, assign: &Assign) {
        let value = self.eval(&assign.value).filter(|_| !self.frame.maybe_left);
        self.note(file, assign.name_span, || EventKind::Assigned {
            name: assign.name.clone(),
            value: value.clone(),
        });
        self.environment.assign(assign.name.clone(), value.into());
    }

    /// Goes through a subshell: what it sets is lost.
    fn isolated(&mut self, file: FileId, facts: &ScriptFacts, body: &[Step]) {
        let frame = Frame {
            subshells: self.frame.subshells + 1,
            ..self.frame
        };
        self.in_frame(frame, |interpreter| {
            interpreter.discarded(|interpreter| interpreter.block(file, facts, body))
        });
    }

    /// Goes through every arm that may be taken, each as if it was, and merges what they change.
    fn branch(&mut self, file: FileId, facts: &ScriptFacts, arms: &[Arm]) -> Flow {
        let mut outcomes: Vec<Changes> = Vec::new();
        let mut exhaustive = false;
        // How it ends if all arms that may be taken end it.
        let mut end = Flow::Exit;
        // A condition holds for the arms below it, too, and after one that leaves.
        let (mut guarded, mut left) = (self.frame.guarded, false);
        for arm in arms {
            let outcome = self.test(&arm.test);
            if outcome == Some(false) {
                continue;
            }
            guarded |= mentions_existence(&arm.test);
            if outcome == Some(true) && outcomes.is_empty() {
                return self.arm(file, facts, arm, guarded);
            }
            let (flow, changes) =
                self.trial(|interpreter| interpreter.arm(file, facts, arm, guarded));
            left |= flow != Flow::Next;
            match flow {
                Flow::Next => {
                    end = Flow::Next;
                    outcomes.push(changes);
                }
                // What it set before it left stays set, for whoever called or sourced this.
                Flow::Return => {
                    end = if end == Flow::Exit { Flow::Return } else { end };
                    outcomes.push(changes);
                    self.frame.maybe_left = true;
                }
                Flow::Exit => {}
            }
            if outcome == Some(true) {
                exhaustive = true;
                break;
            }
        }
        if !exhaustive {
            end = Flow::Next;
            outcomes.push(Changes::default());
        }
        self.environment.merge(&outcomes);
        self.frame.guarded |= guarded && left;
        end
    }

    /// Goes through an arm with what its condition tells.
    fn arm(&mut self, file: FileId, facts: &ScriptFacts, arm: &Arm, guarded: bool) -> Flow {
        let (outer, found) = (self.frame.guarded, self.found.len());
        self.frame.guarded = guarded;
        functions_found(&arm.test, &mut self.found);
        let flow = self.block(file, facts, &arm.body);
        self.frame.guarded = outer;
        self.found.truncate(found);
        flow
    }
}

/// Collects the functions that are defined if a condition holds.
fn functions_found(test: &Test, names: &mut Vec<SmolStr>) {
    match test {
        Test::Defined(name) => names.push(name.clone()),
        Test::All(tests) => tests.iter().for_each(|test| functions_found(test, names)),
        _ => {}
    }
}

/// Returns whether a condition looks whether a file exists.
fn mentions_existence(test: &Test) -> bool {
    match test {
        Test::Exists(_) => true,
        Test::Not(inner) => mentions_existence(inner),
        Test::All(tests) | Test::Any(tests) => tests.iter().any(mentions_existence),
        _ => false,
    }
}
