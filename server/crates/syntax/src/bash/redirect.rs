//! Redirections around commands, and here-documents.

use tree_sitter::Node;

use super::super::{TextRange, TextSize};
use super::heredoc::{HereDoc, HereDocEffects, scan};
use super::reader::{ScriptReader, kind, range_of};
use super::word::word;
use super::{NameKind, NameOccurrence, Role, Step, Word, container};

/// Redirections around a command.
#[derive(Default)]
pub(super) struct Redirection<'n> {
    pub(super) heredoc: Option<u32>,
    pub(super) file: Option<Word>,
    /// Set when the output goes into a pipe after the delimiter.
    pub(super) piped: bool,
    /// Commands after the delimiter.
    pub(super) after: Vec<Node<'n>>,
}

impl ScriptReader<'_> {
    pub(super) fn redirected(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut redirects = Vec::new();
        let mut cursor = node.walk();
        for redirect in node.children_by_field_name("redirect", &mut cursor) {
            redirects.push(redirect);
        }
        let redirection = self.redirection(&redirects, out);
        match node.child_by_field_name("body") {
            Some(body) if kind(body) == "command" => self.command(body, Some(&redirection), out),
            Some(body) if kind(body) == "pipeline" => self.pipeline_into(body, &redirection, out),
            Some(body) if kind(body) == "test_command" => {
                self.test_command(body, &redirects, out);
            }
            Some(body) => self.statement(body, out),
            None => {}
        }
        // What follows the delimiter on its line runs after the command.
        for after in redirection.after {
            self.statement(after, out);
        }
    }

    pub(super) fn redirection<'n>(
        &mut self,
        redirects: &[Node<'n>],
        out: &mut Vec<Step>,
    ) -> Redirection<'n> {
        let mut redirection = Redirection::default();
        let mut files: Vec<Node<'_>> = Vec::new();
        for redirect in redirects {
            match kind(*redirect) {
                "heredoc_redirect" => {
                    redirection.heredoc = self.heredoc(*redirect, out);
                    let mut cursor = redirect.walk();
                    for child in redirect.named_children(&mut cursor) {
                        match kind(child) {
                            "file_redirect" => files.push(child),
                            "heredoc_start" | "heredoc_body" | "heredoc_end" => {}
                            "pipeline" => {
                                redirection.piped = true;
                                redirection.after.push(child);
                            }
                            _ => redirection.after.push(child),
                        }
                    }
                }
                "file_redirect" => files.push(*redirect),
                _ => self.statement(*redirect, out),
            }
        }
        for file in files {
            self.file_redirect(file, &mut redirection, out);
        }
        redirection
    }

    pub(super) fn file_redirect(
        &mut self,
        file: Node<'_>,
        into: &mut Redirection<'_>,
        out: &mut Vec<Step>,
    ) {
        self.children(file, out);
        let mut cursor = file.walk();
        let output = file
            .children(&mut cursor)
            .any(|c| matches!(kind(c), ">" | ">>" | ">|"));
        let descriptor = file.child_by_field_name("descriptor").map(|d| self.text(d));
        if let Some(destination) = file.child_by_field_name("destination") {
            self.path(destination);
        }
        if output && matches!(descriptor, None | Some("1")) {
            into.file = file
                .child_by_field_name("destination")
                .map(|d| word(self, d));
        }
    }

    /// Reads a here-document; returns its index.
    pub(super) fn heredoc(&mut self, node: Node<'_>, out: &mut Vec<Step>) -> Option<u32> {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let start = children.iter().find(|c| kind(**c) == "heredoc_start")?;
        let quoted = self.text(*start).contains(['\'', '"', '\\']);
        let body = children.iter().find(|c| kind(**c) == "heredoc_body");
        let range = body.map_or_else(
            || TextRange::empty(range_of(*start).end()),
            |b| range_of(*b),
        );
        let text = self.slice(range.start().into(), range.end().into());
        let scanned = if quoted {
            Default::default()
        } else {
            scan(text, range.start())
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
        if let Some(body) = body.filter(|_| !quoted) {
            let mut cursor = body.walk();
            for child in body
                .named_children(&mut cursor)
                .filter(|c| kind(*c) == "command_substitution")
            {
                self.statement(child, out);
            }
        }
        self.assigned.extend(scanned.assigned);
        let container = container::read(text, range.start());
        for unit in &container.facts.units {
            self.occurrences.push(NameOccurrence {
                kind: NameKind::Unit,
                role: Role::Reference,
                range: unit.range,
            });
        }
        self.heredocs.push(HereDoc {
            quoted,
            body: range,
            function: self.function,
            expansions: scanned.expansions.into(),
            container: container.facts,
        });
        self.heredoc_effects.push(HereDocEffects {
            splices: scanned.splices.into(),
            systemd: container.systemd,
            other_init: container.other_init,
        });
        u32::try_from(self.heredocs.len() - 1).ok()
    }
}
