//! Output that is taken of a command which prints nothing: `x=$(mkdir y)`.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::TextRange;
use super::reader::{ScriptReader, range_of};
use super::slip::{Slip, SlipKind};

/// Commands that print nothing, unless they are asked to.
const SILENT: [&str; 18] = [
    "mkdir", "rmdir", "rm", "touch", "chmod", "chown", "cp", "mv", "ln", "cd", "true", ":",
    "sleep", "umount", "chgrp", "mkfifo", "mknod", "sync",
];

impl ScriptReader<'_> {
    /// Notes an assignment of the output of a command that prints nothing.
    pub(super) fn empty_capture(&mut self, node: Node<'_>, name: TextRange) {
        let text = self.slice(name.end().into(), node.end_byte());
        let Some(value) = text.strip_prefix('=') else {
            return;
        };
        let value = value.strip_prefix('"').unwrap_or(value);
        if !value.starts_with("$(") && !value.starts_with('`') {
            return;
        }
        let value = value.strip_suffix('"').unwrap_or(value);
        let inner = match value.strip_prefix("$(") {
            Some(inner) => inner.strip_suffix(')'),
            None => value
                .strip_prefix('`')
                .and_then(|inner| inner.strip_suffix('`')),
        };
        let Some(inner) = inner else {
            return;
        };
        let mut words = inner.split_whitespace();
        let Some(command) = words.next().filter(|command| SILENT.contains(command)) else {
            return;
        };
        // More than one command, redirected errors.
        if inner.contains([';', '|', '&', '<', '>', '\n', '`', '(', '\'', '\\']) {
            return;
        }
        // `-v` says what is done, `-c` what is changed; `cd -` prints where it goes.
        let prints = |word: &str| {
            word == "-"
                || word.starts_with("--")
                || word.starts_with('-') && word.contains(['v', 'c', 'i', 'h', '$'])
        };
        // An option may come from a variable.
        if words.any(|word| prints(word) || word.starts_with('$') && !word.contains('/')) {
            return;
        }
        let whole = range_of(node);
        self.slips.push(Slip {
            kind: SlipKind::EmptyCapture,
            name: SmolStr::new(command),
            range: whole,
            because: name,
        });
    }
}
