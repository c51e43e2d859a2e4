//! Statuses that are lost: saved and not read, of all but the last iteration of a loop, of a subshell.

use memchr::memmem;
use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::TextRange;
use super::masked_status::last_of_list;
use super::node::{Field, kind};
use super::reader::{ScriptReader, range, range_of};
use super::slip::{Slip, SlipKind};
use super::variables::uses_indirection;
use super::{NameKind, Role, Step};

/// Commands that say by their status that something was not done. Another one may end the script
/// itself, or succeed whatever happens.
const FAILING: [&str; 24] = [
    "cp", "mv", "ln", "rm", "mkdir", "install", "curl", "wget", "tar", "unzip", "git", "patch",
    "rpm", "dpkg", "apt-get", "dnf", "yum", "zypper", "mount", "umount", "chroot", "chmod",
    "chown", "osctl",
];

/// Statuses that are looked at in one script, and comments in a row: to find what is around a node takes
/// time with the size of the script.
const MAX_STATUSES: usize = 64;
const MAX_SIBLINGS: usize = 64;

/// Words by which a loop's body shows that it looks at statuses itself.
const HANDLING: [&str; 8] = ["||", "break", "exit", "return", "fail", "die", "$?", "trap"];

impl ScriptReader<'_> {
    /// Notes an assignment that saves a status.
    pub(super) fn saved_status(&mut self, node: Node<'_>, name: TextRange) {
        let text = self.text(node);
        if text.ends_with("=$?") || text.ends_with("=\"$?\"") {
            self.saved_statuses
                .push(range(name.start().into(), node.end_byte()));
        }
    }

    /// Notes a loop before `||`, whose status is that of its last iteration.
    pub(super) fn loop_in_list(&mut self, left: Node<'_>, operator: Node<'_>) {
        let Some(last) = last_of_list(left).filter(|last| is_loop(*last)) else {
            return;
        };
        if self.text(operator) != "||" || !self.loses_failures(last) {
            return;
        }
        self.slips.push(Slip {
            kind: SlipKind::LastIteration,
            name: SmolStr::new_static("||"),
            range: range_of(operator),
            because: range_of(operator),
        });
    }

    /// Returns whether a loop's body ends with a command that may fail, and looks at no status.
    fn loses_failures(&self, node: Node<'_>) -> bool {
        let Some(body) = Field::Body.of(node) else {
            return false;
        };
        let text = self.text(body);
        if HANDLING.iter().any(|word| text.contains(word)) {
            return false;
        }
        let mut cursor = body.walk();
        let statements = body.named_children(&mut cursor);
        let last = statements.filter(|child| kind(*child) != "comment").last();
        let Some(last) = last.filter(|last| kind(*last) == "command") else {
            return false;
        };
        let name = Field::Name.of(last).map(|name| self.text(name));
        name.is_some_and(|name| FAILING.contains(&name)) && !self.is_background(last)
    }

    /// Notes a command that exits in a loop that is the last command of a pipe.
    pub(super) fn exit_in_pipe(&mut self, pipeline: Node<'_>, last: Node<'_>) {
        let last = match kind(last) {
            "redirected_statement" => Field::Body.of(last),
            _ => Some(last),
        };
        let Some(last) = last.filter(|last| is_loop(*last)) else {
            return;
        };
        let Some(exit) = Field::Body.of(last).and_then(|body| self.exit_below(body)) else {
            return;
        };
        // With `lastpipe`, the last command is no subshell.
        let is_subshell = || memmem::find(self.text.as_bytes(), b"lastpipe").is_none();
        self.pipes += 1;
        if self.pipes <= MAX_STATUSES && !self.may_be_read(pipeline) && is_subshell() {
            self.slips.push(Slip {
                kind: SlipKind::ExitInPipe,
                name: SmolStr::new(self.text(exit)),
                range: range_of(exit),
                because: range_of(exit),
            });
        }
    }

    /// Returns the first command below a node that ends the (sub)shell with a failure.
    fn exit_below<'n>(&self, body: Node<'n>) -> Option<Node<'n>> {
        let mut pending = vec![body];
        while let Some(node) = pending.pop() {
            match kind(node) {
                "subshell"
                | "command_substitution"
                | "process_substitution"
                | "pipeline"
                | "function_definition" => continue,
                "command" => {
                    let name = Field::Name.of(node)?;
                    let status = node.named_child(1).map(|status| self.text(status));
                    let exits = match self.text(name) {
                        // Without a failure, it may be meant to end no more than the loop.
                        "exit" => status
                            .and_then(|status| status.parse::<u8>().ok())
                            .is_some_and(|status| status != 0),
                        "fail" | "die" => true,
                        _ => false,
                    };
                    if exits && !self.is_background(node) {
                        return Some(name);
                    }
                    continue;
                }
                _ => {}
            }
            let mut cursor = node.walk();
            let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            pending.extend(children.into_iter().rev());
        }
        None
    }

    /// Returns whether the status of a statement may be read: by what is around it, by the next
    /// statement, or by whoever calls the function or script that it ends.
    fn may_be_read(&self, statement: Node<'_>) -> bool {
        if self.text(statement).starts_with('!') {
            return true;
        }
        let mut node = statement;
        loop {
            let mut sibling = node.next_sibling();
            for _ in 0..MAX_SIBLINGS {
                let Some(next) = sibling else {
                    break;
                };
                match kind(next) {
                    "&" | "&&" | "||" | "|" | "|&" | "then" | "do" | "do_group" => {
                        return true;
                    }
                    "comment" | "elif_clause" | "else_clause" | "case_item" => {}
                    _ if next.is_named() => {
                        let text = self.text(next);
                        return text.contains("$?") || text.contains("PIPESTATUS");
                    }
                    _ => {}
                }
                sibling = next.next_sibling();
            }
            if sibling.is_some() {
                return true;
            }
            match node.parent() {
                Some(parent)
                    if matches!(
                        kind(parent),
                        "redirected_statement"
                            | "compound_statement"
                            | "do_group"
                            | "for_statement"
                            | "c_style_for_statement"
                            | "while_statement"
                            | "if_statement"
                            | "elif_clause"
                            | "else_clause"
                            | "case_item"
                            | "case_statement"
                    ) =>
                {
                    node = parent;
                }
                _ => return true,
            }
        }
    }

    /// Notes the saved statuses that nothing reads, after everything was read.
    pub(super) fn unread_statuses(&mut self) {
        let saved = std::mem::take(&mut self.saved_statuses);
        if saved.is_empty() || uses_indirection(self.text) {
            return;
        }
        for saved in saved.into_iter().take(MAX_STATUSES) {
            let text = self.slice(saved.start().into(), saved.end().into());
            let name = text.split('=').next().unwrap_or_default();
            // Asked for already: `local x=$(cmd)` before it is what is wrong.
            let is_masked = self
                .masked_statuses
                .iter()
                .any(|masked| saved.contains_range(masked.status_use));
            if let Some(kind) = self.unread(name, saved).filter(|_| !is_masked) {
                self.slips.push(Slip {
                    kind,
                    name: SmolStr::new(name),
                    range: saved,
                    because: saved,
                });
            }
        }
    }

    fn unread(&self, name: &str, saved: TextRange) -> Option<SlipKind> {
        let function = self.function_at(saved.start());
        let function = function.and_then(|index| self.functions.get(index as usize));
        let around = function.map(|function| self.range_of_span(function.definition_span));
        let before = line_before(self.text, saved.start().into());
        // Exported, or with attributes: the value goes elsewhere, or is another.
        let words = ["export", "declare", "typeset", "readonly"];
        if before.split_whitespace().any(|word| words.contains(&word)) {
            return None;
        }
        let is_declared = before.split_whitespace().next() == Some("local");
        let is_local = around.is_some_and(|around| {
            let text = self.slice(around.start().into(), around.end().into());
            is_declared || text.lines().any(|line| declares(line, name))
        });
        // What is sourced sees the variable, too.
        let sources = |step: &Step| matches!(step, Step::Source(_) | Step::Opaque);
        if is_local && function.is_some_and(|function| function.steps().any(sources)) {
            return None;
        }
        let found = memmem::find_iter(self.text.as_bytes(), name);
        let is_read = found.into_iter().any(|at| {
            let mention = range(at, at + name.len());
            let is_elsewhere = is_local && around.is_some_and(|a| !a.contains_range(mention));
            self.reads(mention) && !(is_elsewhere && self.is_another(name, mention))
        });
        (!is_read).then_some(SlipKind::UnreadStatus { is_local })
    }

    /// Returns whether a mention of a name may be a use of the variable's value.
    fn reads(&self, mention: TextRange) -> bool {
        let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let (before, after) = (
            line_before(self.text, mention.start().into()),
            self.slice(mention.end().into(), self.text.len()),
        );
        if before.ends_with(is_part) || after.starts_with(is_part) {
            return false;
        }
        let name = self.slice(mention.start().into(), mention.end().into());
        let is_start = before.is_empty() || before.ends_with([' ', '\t', ';', '(']);
        let assigns = after.starts_with('=') && !after.starts_with("==");
        let line = after.lines().next().unwrap_or_default();
        let declared = is_start && declares(&format!("{before}{name}{line}"), name);
        !(declared || is_start && assigns)
    }

    /// Returns whether a mention is in a function that sets a variable of the name itself.
    fn is_another(&self, name: &str, mention: TextRange) -> bool {
        let function = self.function_at(mention.start());
        let function = function.and_then(|index| self.functions.get(index as usize));
        let Some(function) = function else {
            return false;
        };
        let around = self.range_of_span(function.definition_span);
        self.occurrences.iter().any(|occurrence| {
            occurrence.kind == NameKind::Variable
                && occurrence.role == Role::Definition
                && around.contains_range(occurrence.range)
                && self.slice(
                    occurrence.range.start().into(),
                    occurrence.range.end().into(),
                ) == name
        })
    }
}

fn is_loop(node: Node<'_>) -> bool {
    matches!(
        kind(node),
        "for_statement" | "c_style_for_statement" | "while_statement"
    )
}

/// Returns the part of a line before an offset.
fn line_before(text: &str, offset: usize) -> &str {
    let before = text.get(..offset).unwrap_or_default();
    before.rsplit('\n').next().unwrap_or_default()
}

/// Returns whether a line declares a variable that is a function's own, and does nothing else:
/// `local a b=1`.
fn declares(line: &str, name: &str) -> bool {
    let line = line.split(" #").next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_= \t$?\"".contains(c);
    words.next() == Some("local")
        && line.chars().all(is_plain)
        && words.any(|word| word.split('=').next() == Some(name))
}
