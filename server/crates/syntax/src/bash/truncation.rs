//! Files that are written again, by a redirection that empties them, right after they were written.

use memchr::memmem;
use smol_str::SmolStr;
use tree_sitter::Node;

use super::node::{Field, kind};
use super::reader::{ScriptReader, range_of};
use super::slip::{Slip, SlipKind};

/// Output of a statement that goes into a file.
struct Output<'n> {
    operator: Node<'n>,
    destination: Node<'n>,
    body: Node<'n>,
}

/// Beginnings of paths of files that hold what is written into them.
const PATHS: [&str; 11] = [
    "$INSTALL/",
    "${INSTALL}/",
    "$DOWNLOAD/",
    "${DOWNLOAD}/",
    "$CONFIGURE",
    "/etc/",
    "/usr/",
    "/root/",
    "/var/",
    "/opt/",
    "/home/",
];

/// Parts of paths of files to which each write is a command.
const CONTROLS: [&str; 6] = ["/dev/", "/proc/", "/sys/", "cgroup", "(", "`"];

impl ScriptReader<'_> {
    /// Notes a statement that empties the file which the one before it has written.
    pub(super) fn truncated_before(&mut self, statement: Node<'_>, next: Node<'_>) {
        let may_write = match kind(statement) {
            "redirected_statement" | "pipeline" => true,
            "command" => self.text(statement).starts_with(['t', 's']),
            _ => false,
        };
        if kind(next) != "redirected_statement" || !may_write {
            return;
        }
        let Some(output) = self
            .output(next)
            .filter(|output| kind(output.operator) == ">" && self.writes_text(output.body))
        else {
            return;
        };
        let path = self.unquoted(output.destination);
        if !PATHS.iter().any(|start| path.starts_with(start))
            || CONTROLS.iter().any(|part| path.contains(part))
            || self.is_background(statement)
            || self.mentions(next, &path) > 1
        {
            return;
        }
        if let Some(first) = self.written_by(statement, &path) {
            self.slips.push(Slip {
                kind: SlipKind::Truncation,
                name: SmolStr::new(path),
                range: range_of(output.operator),
                because: range_of(first),
            });
        }
    }

    fn output<'n>(&self, statement: Node<'n>) -> Option<Output<'n>> {
        let body = Field::Body.of(statement)?;
        let mut cursor = statement.walk();
        let redirects = Field::Redirect.all_of(statement, &mut cursor);
        let mut outputs = redirects.into_iter().filter(|redirect| {
            let descriptor = Field::Descriptor.of(*redirect).map(|d| self.text(d));
            kind(*redirect) == "file_redirect" && matches!(descriptor, None | Some("1"))
        });
        let redirect = outputs.next()?;
        let mut cursor = redirect.walk();
        let operator = redirect
            .children(&mut cursor)
            .find(|child| matches!(kind(*child), ">" | ">>"))?;
        let destination = Field::Destination.of(redirect)?;
        let is_only = outputs.next().is_none();
        is_only.then_some(Output {
            operator,
            destination,
            body,
        })
    }

    /// Returns whether a command does no more than print a text, and one that is not empty.
    fn writes_text(&self, body: Node<'_>) -> bool {
        let name = Field::Name.of(body).map(|name| self.text(name));
        if kind(body) != "command" || !matches!(name, Some("echo" | "printf" | "cat")) {
            return false;
        }
        let arguments = body.named_child_count().saturating_sub(1);
        let first = body.named_child(1).map(|argument| self.text(argument));
        match name {
            Some("cat") => first != Some("/dev/null"),
            _ => arguments > 1 || !matches!(first, None | Some("''" | "\"\"" | "-n")),
        }
    }

    /// Returns the place in a statement where it writes a file.
    fn written_by<'n>(&self, statement: Node<'n>, path: &str) -> Option<Node<'n>> {
        let mut command = statement;
        loop {
            command = match kind(command) {
                "redirected_statement" => {
                    let output = self.output(command)?;
                    if self.unquoted(output.destination) == path {
                        let is_text = kind(output.body) == "command" && !self.is_reset(output.body);
                        return is_text.then_some(output.destination);
                    }
                    output.body
                }
                "pipeline" => {
                    let mut cursor = command.walk();
                    command.named_children(&mut cursor).last()?
                }
                _ => break,
            };
        }
        let name = Field::Name
            .of(command)
            .filter(|_| kind(command) == "command")?;
        let mut cursor = command.walk();
        let arguments: Vec<Node<'_>> = command.named_children(&mut cursor).skip(1).collect();
        let edits = |argument: &Node<'_>| self.text(*argument).starts_with("-i");
        match self.text(name) {
            "tee" => {}
            "sed" if arguments.iter().any(edits) => {}
            _ => return None,
        }
        let last = arguments.last().copied()?;
        (self.unquoted(last) == path).then_some(last)
    }

    /// Returns whether a command leaves a file empty.
    fn is_reset(&self, command: Node<'_>) -> bool {
        match Field::Name.of(command).map(|name| self.text(name)) {
            Some(":" | "true") | None => true,
            Some("echo" | "printf" | "cat") => !self.writes_text(command),
            _ => false,
        }
    }

    /// Returns the number of times that a statement and its here-document name a file.
    fn mentions(&self, statement: Node<'_>, path: &str) -> usize {
        let count = |text: &str| memmem::find_iter(text.replace('"', "").as_bytes(), path).count();
        let heredoc = Field::Body
            .of(statement)
            .and_then(|body| self.heredoc_of(body));
        let heredoc = heredoc.and_then(|index| self.scan.heredocs.get(index as usize));
        let inside = heredoc.map_or(0, |heredoc| {
            count(self.slice(heredoc.body.0, heredoc.body.1))
        });
        count(self.text(statement)).max(1) + inside
    }
}
