//! Files that are sourced and files that are written.

use smol_str::SmolStr;

use syntax::bash::{FileWrite, Source};
use syntax::runner::CONTAINER_SCRIPT;

use super::{Frame, Interpreter, MAX_DEPTH, UnresolvedSource};
use crate::file_range::FileSpan;
use crate::trace::EventKind;
use crate::tree::{Broken, FileId};

impl Interpreter<'_> {
    /// Goes through a whole file.
    pub fn file(&mut self, id: FileId) {
        if self.frame.depth >= MAX_DEPTH {
            return;
        }
        let tree = self.tree;
        let Some(facts) = tree.script(id) else {
            return self.opaque();
        };
        if !self.summary.reach.contains(&id) {
            self.summary.reach.push(id);
        }
        if facts.effects.refused {
            return self.opaque();
        }
        let frame = Frame {
            depth: self.frame.depth + 1,
            ..self.frame
        };
        self.in_frame(frame, |interpreter| {
            interpreter.block(id, facts, &facts.effects.body)
        });
    }

    pub(super) fn source(&mut self, file: FileId, source: &Source) {
        let at = FileSpan {
            file,
            span: source.span,
        };
        let Some(value) = self.eval(&source.path) else {
            return self.opaque();
        };
        let Some(path) = value.path_below_root() else {
            // A file of the builder's system: it defines no helper of the checkout.
            return self.environment.forget_all();
        };
        match self.tree.resolve_file(path) {
            Some(id) => {
                self.note(file, source.span, || EventKind::Sourced { file: id });
                self.in_frame(self.inner_frame(at), |interpreter| interpreter.file(id));
            }
            None => {
                let found = self.tree.resolve(path);
                let exists = matches!(found, Ok(_) | Err(Broken::Unknown));
                let is_written = self.written.iter().any(|written| written == path);
                if !self.frame.guarded && !exists && !is_written {
                    let source = FileSpan {
                        file,
                        span: source.path.span,
                    };
                    self.summary.unresolved.push(UnresolvedSource {
                        path: SmolStr::new(path),
                        source,
                        root: self.root_of(source),
                    });
                }
                self.opaque();
            }
        }
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
        let facts = self.tree.script(file);
        if let Some(heredoc) = facts.and_then(|f| f.effects.heredocs.get(index as usize)) {
            self.summary.init.systemd |= heredoc.systemd;
            self.summary.init.other |= heredoc.other_init;
        }
    }
}
