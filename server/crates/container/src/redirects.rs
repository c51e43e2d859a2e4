//! Redirections: from here-documents and files, and into files.

use std::sync::Arc;

use super::commands::unknown;
use super::evaluator::{Evaluator, Flow};
use super::source::Source;
use super::text::Text;
use model::FileRange;
use syntax::shell::{Command, Redirect, RedirectKind};

/// What becomes of a command's output.
enum Sink {
    /// It goes where it went before.
    Same,
    /// It is lost, or no part of what is captured.
    Lost,
    /// It is added to a file, whose beginning is written already.
    File(Text, FileRange),
}

impl Evaluator<'_> {
    /// Does something with the redirections of a command.
    pub(crate) fn redirected(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        inner: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        let outer = self.state.input.clone();
        let mut sink = Sink::Same;
        for redirect in &command.redirects {
            self.redirect(source, redirect, &mut sink);
        }
        if matches!(sink, Sink::Same) {
            let first = self.parked.len();
            let flow = inner(self);
            self.state.input = outer.clone();
            for parked in self.parked.iter_mut().skip(first) {
                parked.state.input = outer.clone();
            }
            return flow;
        }
        let first = self.parked.len();
        self.state.outputs.push(Text::default());
        let flow = inner(self);
        self.finish_output(&sink);
        self.state.input = outer.clone();
        // Where it was left early, the same is written.
        for index in first..self.parked.len() {
            self.swap_parked(index);
            self.finish_output(&sink);
            self.state.input = outer.clone();
            self.swap_parked(index);
        }
        flow
    }

    fn swap_parked(&mut self, index: usize) {
        if let Some(parked) = self.parked.get_mut(index) {
            std::mem::swap(&mut parked.state, &mut self.state);
        }
    }

    fn finish_output(&mut self, sink: &Sink) {
        let output = self.state.outputs.pop().unwrap_or_default();
        if let Sink::File(path, at) = sink
            && !output.pieces().is_empty()
        {
            self.write(path, &output, true, *at);
        }
    }

    fn redirect(&mut self, source: &Arc<Source>, redirect: &Redirect, sink: &mut Sink) {
        let is_output = matches!(redirect.descriptor, None | Some(1));
        let is_input = matches!(redirect.descriptor, None | Some(0));
        match &redirect.kind {
            RedirectKind::Write(word) | RedirectKind::WriteAll(word) if is_output => {
                let path = self.text(source, word);
                let at = source.at(redirect.range);
                self.write(&path, &Text::default(), false, at);
                *sink = Sink::File(path, at);
            }
            RedirectKind::Append(word) | RedirectKind::AppendAll(word) if is_output => {
                let path = self.text(source, word);
                let at = source.at(redirect.range);
                self.write(&path, &Text::default(), true, at);
                *sink = Sink::File(path, at);
            }
            RedirectKind::Copy(_) if source.slice(redirect.range).starts_with(['>', '1']) => {
                *sink = Sink::Lost;
            }
            RedirectKind::Read(word) if is_input => {
                let path = self.text(source, word);
                self.state.input = Some(self.read(&path));
            }
            RedirectKind::Text(word) if is_input => {
                let mut text = self.text(source, word);
                text.append(&Text::literal("\n"));
                self.state.input = Some(text);
            }
            RedirectKind::HereDoc(index) if is_input => {
                if let Some(heredoc) = source.script.heredocs.get(*index) {
                    self.state.input = Some(self.text(source, &heredoc.body));
                }
            }
            RedirectKind::Both(word) => {
                let path = self.text(source, word);
                let path = self.path(&path);
                let at = source.at(redirect.range);
                self.disturb(&path, source.slice(redirect.range), at);
            }
            _ => {}
        }
    }

    /// Takes what is left of the standard input.
    pub(crate) fn take_input(&mut self) -> Text {
        match &mut self.state.input {
            Some(input) => std::mem::take(input),
            None => unknown("<"),
        }
    }
}
