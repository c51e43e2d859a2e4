//! Declarations that hide the status of a command: `local x=$(cmd)` succeeds, whatever `cmd` does.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::TextRange;
use super::node::{Field, kind};
use super::reader::{ScriptReader, is_name, range, range_of};

/// A declaration with the output of a command, whose status is asked right after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedStatus {
    /// The command that declares: `local`.
    pub keyword: SmolStr,
    /// The variable.
    pub variable: SmolStr,
    /// The keyword and the variable, with what is between them.
    pub declaration: TextRange,
    /// What asks for the status: `$?`, `||`, `if`.
    pub status_use: TextRange,
    /// Set when the keyword has no options.
    pub is_plain: bool,
}

impl ScriptReader<'_> {
    /// Notes a declaration whose status the next statement asks for.
    pub(super) fn masked_before(&mut self, statement: Node<'_>, next: Node<'_>) {
        if kind(statement) == "declaration_command"
            && let Some(status_use) = self.asked_first(next)
        {
            self.masked_status(statement, status_use);
        }
    }

    /// Notes a declaration before `||`: `local x=$(cmd) || ...`, `a && local x=$(cmd) || ...`.
    pub(super) fn masked_in_list(&mut self, left: Node<'_>, operator: Node<'_>) {
        if self.text(operator) != "||" {
            return;
        }
        if let Some(last) = last_of_list(left) {
            self.masked_status(last, range_of(operator));
        }
    }

    /// Notes a declaration that is the condition of an `if` or `elif`.
    pub(super) fn masked_condition(&mut self, node: Node<'_>) {
        let (Some(keyword), Some(condition)) = (node.child(0), node.child(1)) else {
            return;
        };
        let after = (2..4).filter_map(|index| node.child(index));
        if after.map(kind).find(|kind| *kind != ";") == Some("then") {
            self.masked_status(condition, range_of(keyword));
        }
    }

    /// Notes a declaration that hides a status which is asked for, if it is one.
    fn masked_status(&mut self, node: Node<'_>, status_use: TextRange) {
        if kind(node) == "declaration_command" {
            self.masked_statuses.extend(self.masked(node, status_use));
        }
    }

    fn masked(&self, node: Node<'_>, status_use: TextRange) -> Option<MaskedStatus> {
        let keyword = self.text(node.child(0)?);
        let mut cursor = node.walk();
        let arguments: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let (assignment, before) = arguments.split_last()?;
        if kind(*assignment) != "variable_assignment" {
            return None;
        }
        let (variable, value) = self.text(*assignment).split_once('=')?;
        if !is_name(variable) || !is_command(value) {
            return None;
        }
        let end = assignment.start_byte() + variable.len();
        Some(MaskedStatus {
            keyword: SmolStr::new(keyword),
            variable: SmolStr::new(variable),
            declaration: range(node.start_byte(), end),
            status_use,
            is_plain: before.is_empty(),
        })
    }

    /// Returns the `$?` of the first command of a statement.
    fn asked_first(&self, statement: Node<'_>) -> Option<TextRange> {
        let mut next = statement;
        loop {
            next = match kind(next) {
                "list" | "pipeline" | "negated_command" | "compound_statement" | "subshell" => {
                    next.named_child(0)?
                }
                "if_statement" => Field::Condition.of(next)?,
                "redirected_statement" => Field::Body.of(next)?,
                "command"
                | "test_command"
                | "variable_assignment"
                | "declaration_command"
                | "arithmetic_expansion" => break,
                _ => return None,
            }
        }
        let text = self.text(next);
        // In another language, or of another command.
        if text.contains(['\'', '`', '\\', '\n']) || text.contains("$(") && !text.contains("$((") {
            return None;
        }
        let at = next.start_byte() + text.find("$?")?;
        Some(range(at, at + 2))
    }
}

/// Returns the last statement of the left side of a list.
pub(super) fn last_of_list(left: Node<'_>) -> Option<Node<'_>> {
    match kind(left) {
        "list" => left.child(2),
        _ => Some(left),
    }
}

/// Returns whether a value is the output of a command, and nothing else.
fn is_command(value: &str) -> bool {
    let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    let value = quoted.unwrap_or(value);
    (value.starts_with("$(") && !value.starts_with("$((") && value.ends_with(')'))
        || (value.len() > 2 && value.starts_with('`') && value.ends_with('`'))
}
