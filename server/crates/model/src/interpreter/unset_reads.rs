//! Variables that an include takes for set, and that are not; variables that are not set where a
//! here-document expands them.

use syntax::bash::ScriptFacts;

use super::control_flow::Flow;
use super::{Binding, Interpreter, UnsetRead};
use crate::tree::FileId;

impl Interpreter<'_> {
    /// Takes note of the variables that a file or function which has just ended takes for set. What is
    /// not set at its end was not when it was read, either.
    pub(super) fn unset_reads(
        &mut self,
        file: FileId,
        facts: &ScriptFacts,
        function: Option<u32>,
        flow: Flow,
    ) {
        // Most scripts have none.
        let reads = &facts.effects.reads;
        if reads.is_empty() || self.own.contains(&file) {
            return;
        }
        let Some(root) = self.frame.root else {
            return;
        };
        // It may have been left before.
        let is_certain =
            flow == Flow::Next && !self.frame.is_doubtful() && self.environment.trials() == 0;
        for (read, index) in reads.iter().zip(0_u32..) {
            // A function may take an argument that is empty for one that is not there.
            let is_passed_on = || {
                let command = read.passed_to.as_ref();
                command.is_some_and(|command| self.functions.get(command).is_some())
            };
            if read.function != function || self.get(&read.name) != Binding::Unset || is_passed_on()
            {
                continue;
            }
            let unset = UnsetRead {
                file,
                index,
                root,
                is_certain,
            };
            let noted = &mut self.summary.unset_reads;
            match noted
                .iter_mut()
                .find(|other| (other.file, other.index) == (file, index))
            {
                Some(other) if is_certain && !other.is_certain => *other = unset,
                Some(_) => {}
                None => noted.push(unset),
            }
        }
    }
    /// Takes note of the variables that a here-document expands, which a command reads now.
    pub(super) fn expand_text(&mut self, file: FileId, facts: &ScriptFacts, heredoc: u32) {
        let effects = facts.effects.heredocs.get(heredoc as usize);
        let names = effects.map(|effects| &*effects.expands).unwrap_or_default();
        if names.is_empty() {
            return;
        }
        let mut unset = 0;
        for (at, name) in names.iter().enumerate().take(u64::BITS as usize) {
            if self.get(name) == Binding::Unset {
                unset |= 1 << at;
            }
        }
        self.summary.expand(file, heredoc, unset);
    }
}
