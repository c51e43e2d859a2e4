//! Commands that are called, and the functions they go to.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use syntax::bash::Call;

use super::control_flow::Flow;
use super::{Binding, Frame, Interpreter, MAX_DEPTH, UndefinedCall};
use crate::file_range::FileSpan;
use crate::trace::EventKind;
use crate::tree::FileId;

/// Names that some include defines as functions, and so may be missing where they are called.
pub trait Helpers {
    /// Returns whether an include defines a function of that name.
    fn is_helper(&self, name: &str) -> bool;
}

impl Helpers for FxHashMap<SmolStr, Vec<FileId>> {
    fn is_helper(&self, name: &str) -> bool {
        self.contains_key(name)
    }
}

impl Helpers for () {
    fn is_helper(&self, _name: &str) -> bool {
        false
    }
}

impl Interpreter<'_> {
    pub(super) fn call(&mut self, file: FileId, call: &Call) -> Flow {
        let at = FileSpan {
            file,
            span: call.span,
        };
        if matches!(call.name.as_str(), "run-configure" | "do-chroot" | "chroot") {
            self.summary.pending_append = None;
        }
        if call.name == "systemctl" {
            self.summary.init.systemd = true;
        }
        let function = self.functions.get(&call.name).copied();
        self.note(file, call.span, || EventKind::Called {
            name: call.name.clone(),
            function,
        });
        match function {
            Some(function) => self.function(function, call, at),
            None => {
                self.command(call, at);
                Flow::Next
            }
        }
    }

    /// Takes note of a call that goes to no function.
    fn command(&mut self, call: &Call, at: FileSpan) {
        if self.helpers.is_helper(&call.name)
            && !self.summary.opaque
            && !self.found.contains(&call.name)
        {
            self.summary.undefined.push(UndefinedCall {
                name: call.name.clone(),
                call: at,
                root: self.root_of(at),
            });
        }
    }

    /// Goes through a function that is called.
    fn function(&mut self, id: (FileId, u32), call: &Call, at: FileSpan) -> Flow {
        let (file, index) = id;
        if !self.summary.called.contains(&id) {
            self.summary.called.push(id);
        }
        if self.frame.depth >= MAX_DEPTH {
            return Flow::Next;
        }
        let tree = self.tree;
        let Some(facts) = tree.script(file) else {
            return Flow::Next;
        };
        let Some(function) = facts.effects.functions.get(index as usize) else {
            return Flow::Next;
        };
        let heredoc = call.heredoc.map(|index| (at.file, index));
        let frame = Frame {
            depth: self.frame.depth + 1,
            stdin: heredoc.or(self.frame.stdin),
            ..self.inner_frame(at)
        };
        let hidden: Vec<(SmolStr, Binding)> = function
            .locals
            .iter()
            .map(|name| (name.clone(), self.environment.assigned(name).clone()))
            .collect();
        let flow = self.in_frame(frame, |interpreter| {
            interpreter.block(file, facts, &function.body)
        });
        for (name, binding) in hidden {
            self.environment.assign(name, binding);
        }
        // `return` leaves the function alone.
        if flow == Flow::Exit {
            Flow::Exit
        } else {
            Flow::Next
        }
    }
}
