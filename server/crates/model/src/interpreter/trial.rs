//! Trials: outcomes that reading cannot tell are tried, and taken back.

use super::Interpreter;
use super::control_flow::Flow;
use super::environment::Changes;

impl Interpreter<'_> {
    /// Does something and takes back what it assigned. Returns its outcome and what it changed.
    pub(super) fn trial<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (T, Changes) {
        let mut changes = Changes::default();
        let checkpoint = self.environment.begin();
        let outcome = body(self);
        self.environment.revert(checkpoint, |name, end| {
            changes.entry(name).or_insert(end);
        });
        (outcome, changes)
    }

    /// Does something whose assignments are lost.
    pub(super) fn discarded<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let checkpoint = self.environment.begin();
        let outcome = body(self);
        self.environment.revert(checkpoint, |_, _| {});
        outcome
    }

    /// Does something that may not happen: what it changes is unknown unless it changes nothing.
    pub(super) fn uncertain(&mut self, body: impl FnOnce(&mut Self) -> Flow) {
        let (flow, changes) = self.trial(body);
        match flow {
            // Where the script goes on, it has not been here.
            Flow::Exit => return,
            Flow::Return => self.frame.maybe_left = true,
            Flow::Next => {}
        }
        self.environment.doubt(changes);
    }
}
