//! Trials: outcomes that reading cannot tell are tried, and taken back.

use super::Interpreter;
use super::control_flow::Flow;
use super::environment::Changes;
use super::functions::FunctionChanges;

/// What a trial changed.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) variables: Changes,
    pub(super) functions: FunctionChanges,
    pub(super) status: Option<bool>,
}

impl Interpreter<'_> {
    /// Does something and takes back what it assigned. Returns its outcome and what it changed.
    pub(super) fn trial<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (T, Outcome) {
        let mut changes = Outcome::default();
        let checkpoint = self.environment.begin();
        let functions = self.functions.begin();
        let status = self.status;
        let outcome = body(self);
        changes.status = std::mem::replace(&mut self.status, status);
        self.functions.revert(functions, &mut changes.functions);
        self.environment.revert(checkpoint, |name, end| {
            changes.variables.entry(name).or_insert(end);
        });
        (outcome, changes)
    }

    /// Does something in a subshell: what it sets is lost.
    pub(super) fn discarded<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let unset_is_unknown = self.environment.is_unset_unknown();
        let (unknown, exited, locals) = (
            self.functions_unknown,
            self.may_have_exited,
            self.locals.len(),
        );
        let (outcome, _) = self.trial(body);
        self.environment.set_unset_unknown(unset_is_unknown);
        self.functions_unknown = unknown;
        self.may_have_exited = exited;
        self.locals.truncate(locals);
        outcome
    }

    /// Goes on with what all outcomes agree on; the rest of what they change is unknown.
    pub(super) fn merge(&mut self, outcomes: &[Outcome]) {
        let variables: Vec<&Changes> = outcomes.iter().map(|o| &o.variables).collect();
        self.environment.merge(&variables);
        if outcomes.iter().any(|o| !o.functions.is_empty()) {
            let functions: Vec<&FunctionChanges> = outcomes.iter().map(|o| &o.functions).collect();
            self.functions.merge(&functions);
        }
        self.status = match outcomes.split_first() {
            Some((first, rest)) if rest.iter().all(|o| o.status == first.status) => first.status,
            _ => None,
        };
    }

    /// Does something that may not happen: what it changes is unknown unless it changes nothing.
    pub(super) fn uncertain(&mut self, body: impl FnOnce(&mut Self) -> Flow) {
        let (flow, changes) = self.trial(body);
        match flow {
            Flow::Exit => {
                self.may_have_exited = true;
                return;
            }
            flow => self.frame.may_leave(flow),
        }
        let unchanged = Outcome {
            status: self.status,
            ..Outcome::default()
        };
        self.merge(&[unchanged, changes]);
    }
}
