//! Scripts of a test of the test runner. A test of rows has one for each row, all in one log; they are told
//! apart, and the test itself is left out where they say more.

use smol_str::SmolStr;

use super::LineReader;
use crate::excerpt::EXCERPT_LINES;
use crate::state::State;

/// The name of the only script of a test.
const ONLY: &str = "default";

impl LineReader {
    /// Returns the path of a script of the test whose directory is read; `None` where it has only one.
    fn path_of_script(&self, name: &str) -> Option<String> {
        let test = self.test.as_deref().filter(|_| name != ONLY)?;
        let has_path = !test.contains(['#', '@']);
        has_path.then(|| format!("{test}#{name}"))
    }

    pub(super) fn enter_script(&mut self, name: &str) {
        if let Some(path) = self.path_of_script(name) {
            self.open.clear();
            self.current = self.index_of(&path);
        }
    }

    pub(super) fn end_script(&mut self, name: &str) {
        if let Some(path) = self.path_of_script(name) {
            self.open.clear();
            let index = self.index_of(&path);
            if let Some(state) = self.states.get_mut(index) {
                state.pass();
            }
            self.current = self.test.clone().map_or(index, |test| self.index_of(&test));
        }
    }

    pub(super) fn fail_script(&mut self, name: &str) {
        self.enter_script(name);
        if let Some(state) = self.state() {
            state.has_exception = true;
        }
        if self.path_of_script(name).is_some() {
            self.fail(None, EXCERPT_LINES - 4);
        }
    }
}

/// Leaves out tests whose scripts say more: that a test failed is said by a script that did, or by nobody
/// else.
pub(super) fn without_wholes(states: &mut Vec<State>) {
    let scripts: Vec<(SmolStr, bool)> = states
        .iter()
        .filter_map(|state| {
            let (test, _) = state.test.as_deref()?.split_once('#')?;
            Some((SmolStr::new(test), state.has_failed()))
        })
        .collect();
    states.retain(|state| {
        let (Some(test), None) = (&state.test, &state.image) else {
            return true;
        };
        let mut own = scripts.iter().filter(|(whole, _)| whole == test).peekable();
        own.peek().is_none() || (state.has_failed() && !own.any(|(_, has_failed)| *has_failed))
    });
}
