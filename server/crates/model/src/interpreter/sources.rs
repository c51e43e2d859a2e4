//! Files that are sourced and files that are written.

use smol_str::SmolStr;

use syntax::bash::{FileWrite, Source};
use syntax::runner::CONTAINER_SCRIPT;

use super::control_flow::Flow;
use super::{Frame, Interpreter, MAX_DEPTH, MAX_NESTED_SOURCES, UnresolvedSource};
use crate::file_range::FileSpan;
use crate::trace::EventKind;
use crate::tree::{Broken, FileId};
use crate::value::Value;

impl<'m> Interpreter<'m> {
    /// Goes through a whole file.
    pub fn file(&mut self, id: FileId) {
        if self.exited {
            return;
        }
        let flow = self.sourced(id);
        self.exited |= flow == Flow::Exit;
    }

    fn sourced(&mut self, id: FileId) -> Flow {
        let nested = self.sourcing.iter().filter(|outer| **outer == id).count();
        if self.frame.depth >= MAX_DEPTH || nested >= MAX_NESTED_SOURCES {
            self.opaque();
            return Flow::Next;
        }
        let tree = self.tree;
        let Some(facts) = tree.script(id) else {
            self.opaque();
            return Flow::Next;
        };
        if !self.summary.reach.contains(&id) {
            self.summary.reach.push(id);
        }
        if facts.effects.refused {
            self.opaque();
            return Flow::Next;
        }
        let frame = Frame {
            depth: self.frame.depth + 1,
            ..self.frame
        };
        let doubtful = self.frame.maybe_left;
        self.sourcing.push(id);
        let (flow, left) = self.in_frame(frame, |interpreter| {
            let flow = interpreter.block(id, facts, &facts.effects.body);
            interpreter.unset_reads(id, facts, None, flow);
            (flow, interpreter.frame)
        });
        self.sourcing.pop();
        self.frame.maybe_broken = self.frame.maybe_broken.max(left.maybe_broken);
        match flow {
            Flow::Return => Flow::Next,
            Flow::Next => Flow::Next,
            // It may have been left before.
            _ if left.maybe_left && !doubtful => {
                self.may_have_exited |= flow == Flow::Exit;
                self.frame.may_leave(flow);
                Flow::Next
            }
            flow => flow,
        }
    }

    pub(super) fn source(&mut self, file: FileId, source: &Source) -> Flow {
        let at = FileSpan {
            file,
            span: source.span,
        };
        let Some(value) = self.eval(&source.path) else {
            self.opaque();
            return Flow::Next;
        };
        let Some(path) = value.path_below_root() else {
            // A file of the builder's system: it defines no helper of the checkout.
            self.forget_all();
            return Flow::Next;
        };
        match self.tree.resolve_file(path) {
            Some(id) => {
                self.note(file, source.span, || EventKind::Sourced { file: id });
                let mut broken = 0;
                let flow = self.in_frame(self.inner_frame(at), |interpreter| {
                    let flow = interpreter.sourced(id);
                    broken = interpreter.frame.maybe_broken;
                    flow
                });
                self.frame.maybe_broken = self.frame.maybe_broken.max(broken);
                flow
            }
            None => {
                let found = self.tree.resolve(path);
                let exists = matches!(found, Ok(_) | Err(Broken::Unknown));
                let is_written = self.written.iter().any(|written| written == path);
                if !self.is_guarded(&value) && !exists && !is_written {
                    let source = FileSpan {
                        file,
                        span: source.path.span,
                    };
                    let unresolved = UnresolvedSource {
                        path: SmolStr::new(path),
                        source,
                        root: self.root_of(source),
                    };
                    if !self.summary.unresolved.contains(&unresolved) {
                        self.summary.unresolved.push(unresolved);
                    }
                }
                self.opaque();
                Flow::Next
            }
        }
    }

    /// Tells whether a condition has asked about a path, or a directory that it is in. A question about
    /// a directory of the checkout that is there says nothing of a file in it.
    fn is_guarded(&self, path: &Value) -> bool {
        let is_there = |guard: &Value| {
            guard.sample() != path.sample()
                && guard
                    .path_below_root()
                    .is_some_and(|directory| self.tree.resolve(directory).is_ok())
        };
        self.guards.iter().any(|guard| {
            guard.as_ref().is_none_or(|guard| {
                let rest = path.sample().strip_prefix(guard.sample());
                let rest = rest.filter(|_| !is_there(guard));
                rest.is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with('/') || guard.sample().ends_with('/')
                })
            })
        })
    }

    pub(super) fn file_write(&mut self, file: FileId, file_write: &FileWrite) {
        let Some(value) = self.eval(&file_write.path) else {
            return;
        };
        let Some(rest) = value.after_runner_path(CONTAINER_SCRIPT) else {
            if let Some(path) = value.path_below_root() {
                self.written.push(SmolStr::new(path));
            }
            return;
        };
        if rest.is_empty() {
            let at = FileSpan {
                file,
                span: file_write.span,
            };
            self.summary.pending_append = Some(self.root_of(at));
        }
        let heredoc = file_write.heredoc.map(|index| (file, index));
        let Some((file, index)) = heredoc.or(self.frame.stdin) else {
            return;
        };
        self.container_text(file, index);
    }

    /// Signs of the init system in a here-document that is run inside of the new file system.
    pub(super) fn container_text(&mut self, file: FileId, index: u32) {
        let facts = self.tree.script(file);
        if let Some(heredoc) = facts.and_then(|f| f.effects.heredocs.get(index as usize)) {
            for test in &heredoc.version_tests {
                self.compare_in_text(file, test);
            }
            self.summary.init.systemd |= heredoc.systemd;
            self.summary.init.other |= heredoc.other_init;
        }
    }
}
