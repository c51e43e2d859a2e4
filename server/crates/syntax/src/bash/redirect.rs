//! Redirections around commands, and here-documents.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::delimiter::{ends_alike, opened_inside};
use super::heredoc::{HereDoc, HereDocEffects, scan};
use super::node::{Field, kind};
use super::reader::{ScriptReader, range};
use super::word::word;
use super::{NameKind, NameOccurrence, Role, Step, Word, container};

/// Redirections around a command.
#[derive(Default)]
pub(super) struct Redirection<'n> {
    pub(super) heredoc: Option<u32>,
    pub(super) file: Option<Word>,
    /// Arguments of the command that stand after a redirection: to the grammar, all words up to the
    /// command's end belong to it.
    pub(super) arguments: Vec<Node<'n>>,
}

impl ScriptReader<'_> {
    pub(super) fn redirected(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let redirects = Field::Redirect.all_of(node, &mut cursor);
        let mut redirection = Redirection::default();
        let mut cursor = node.walk();
        let herestrings = node.children(&mut cursor);
        for herestring in herestrings.filter(|c| kind(*c) == "herestring_redirect") {
            self.statement(herestring, out);
        }
        for redirect in &redirects {
            match kind(*redirect) {
                "herestring_redirect" => {}
                "file_redirect" => self.file_redirect(*redirect, &mut redirection, out),
                _ => self.statement(*redirect, out),
            }
        }
        let body = Field::Body.of(node);
        body.into_iter().for_each(|body| self.begins(body));
        match body {
            Some(body) if kind(body) == "command" => {
                self.heredocs_of(body, out);
                self.command(body, &redirection, out);
            }
            Some(body) if kind(body) == "test_command" => {
                self.test_command(body, &redirects, out);
            }
            Some(body) => {
                // To the grammar, `a && b > file` redirects the list.
                let file = redirection.file.map(|file| (body.end_byte(), file));
                let outer = std::mem::replace(&mut self.trailing, file);
                self.statement(body, out);
                self.trailing = outer;
            }
            None => {}
        }
    }

    pub(super) fn file_redirect<'n>(
        &mut self,
        file: Node<'n>,
        into: &mut Redirection<'n>,
        out: &mut Vec<Step>,
    ) {
        self.children(file, out);
        self.descriptor(file, out);
        let mut cursor = file.walk();
        let output = file
            .children(&mut cursor)
            .any(|c| matches!(kind(c), ">" | ">>" | ">|"));
        let descriptor = Field::Descriptor.of(file).map(|d| self.text(d));
        let mut cursor = file.walk();
        let mut destinations = Field::Destination.all_of(file, &mut cursor).into_iter();
        let destination = destinations.next();
        into.arguments.extend(destinations);
        if let Some(destination) = destination {
            self.path(destination);
            if output && matches!(descriptor, None | Some("1")) {
                into.file = Some(word(self, destination));
            }
        }
    }

    /// Reads the `{fd}` before a redirection: the variable gets a number.
    fn descriptor(&mut self, redirect: Node<'_>, out: &mut Vec<Step>) {
        let names = &self.scan.descriptors;
        let name = names
            .iter()
            .find(|name| name.1 + 1 == redirect.start_byte());
        if let Some((start, end)) = name.copied() {
            out.push(Step::Forget(SmolStr::new(self.slice(start, end))));
        }
    }

    /// Reads the here-documents of a command, when it is met first.
    pub(super) fn heredocs_of(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let start = node.start_byte();
        let mut at = self.readers.partition_point(|reader| reader.0 < start);
        while let Some((_, index)) = self.readers.get(at).copied().filter(|r| r.0 == start) {
            self.heredoc(index, self.function, out);
            at += 1;
        }
    }

    /// Returns the here-document that a command reads: the last one of it.
    pub(super) fn heredoc_of(&self, node: Node<'_>) -> Option<u32> {
        let start = node.start_byte();
        let end = self.readers.partition_point(|reader| reader.0 <= start);
        let reader = self.readers.get(end.checked_sub(1)?)?;
        (reader.0 == start).then(|| u32::try_from(reader.1).ok())?
    }

    /// Reads a here-document, unless it was.
    pub(super) fn heredoc(&mut self, index: usize, function: Option<u32>, out: &mut Vec<Step>) {
        if !matches!(self.heredocs.get(index), Some(None)) {
            return;
        }
        let Some(found) = self.scan.heredocs.get(index) else {
            return;
        };
        let (quoted, closed) = (found.quoted, found.closed);
        let body = range(found.body.0, found.body.1);
        let opened = range(found.opened.0, found.opened.1);
        let delimiter = SmolStr::new(String::from_utf8_lossy(&found.delimiter));
        let text = self.slice(body.start().into(), body.end().into());
        let opened_inside = opened_inside(text, body.start(), &delimiter).filter(|_| closed);
        let ends_alike = match (closed, opened_inside) {
            (true, None) => Vec::new(),
            (_, opened) => {
                let mut found = ends_alike(text, body.start(), &delimiter);
                found.retain(|line| opened.is_none_or(|opened| line.end() <= opened.start()));
                found
            }
        };
        // One that does not end is the rest of the script, too.
        let scanned = if quoted || !closed {
            Default::default()
        } else {
            scan(text, body.start())
        };
        for name in &scanned.expansions {
            if !name.is_special() {
                // After a `$`, `${`, `${#` or `${!`.
                let sigil = self
                    .slice(name.range.start().into(), name.range.end().into())
                    .find(name.name.as_str());
                let at = name.range.start()
                    + TextSize::try_from(sigil.unwrap_or_default()).unwrap_or_default();
                let range = TextRange::at(at, TextSize::of(name.name.as_str()));
                self.occurrence(NameKind::Variable, Role::Reference, range);
            }
        }
        self.reads_in_text(&scanned.expansions, function);
        let version_tests = self.version_tests(text, body.start(), &scanned.expansions);
        let container = container::read(text, body.start());
        for unit in &container.facts.units {
            self.occurrences.push(NameOccurrence {
                kind: NameKind::Unit,
                role: Role::Reference,
                range: unit.range,
            });
        }
        out.extend(scanned.assigned.iter().cloned().map(Step::Forget));
        self.assigned.extend(scanned.assigned);
        let expands = scanned.expansions.iter().chain(&scanned.inner);
        let expands = expands.filter(|expansion| !expansion.is_special());
        let mut expands: Vec<SmolStr> = expands.map(|e| e.name.clone()).collect();
        expands.sort_unstable();
        expands.dedup();
        if let Some(place) = self.heredocs.get_mut(index) {
            let heredoc = HereDoc {
                quoted,
                opened,
                delimiter,
                body,
                closed,
                ends_alike: ends_alike.into(),
                opened_inside,
                function,
                expansions: scanned.expansions.into(),
                inner_expansions: scanned.inner.into(),
                container: container.facts,
            };
            let effects = HereDocEffects {
                expands: expands.into(),
                splices: scanned.splices.into(),
                version_tests: version_tests.into(),
                systemd: container.systemd,
                other_init: container.other_init,
            };
            *place = Some((heredoc, effects));
        }
        for at in 0..self.scan.hidden.len() {
            self.hidden(at, Some(index), out);
        }
        if !closed {
            // What was meant to be executed after it is a part of it.
            out.push(Step::Opaque);
        }
    }

    /// Returns the innermost function around an offset.
    pub(super) fn function_at(&self, offset: TextSize) -> Option<u32> {
        let spans = self.spans.borrow();
        let is_around = |at: &usize| {
            let function = self.functions.get(*at);
            let range = function.and_then(|f| spans.get(f.definition_span.0 as usize));
            range.is_some_and(|range| range.contains(offset))
        };
        let innermost = (0..self.functions.len()).rev().find(is_around);
        innermost.and_then(|index| u32::try_from(index).ok())
    }
}
