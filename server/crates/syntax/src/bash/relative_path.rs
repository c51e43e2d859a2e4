//! Paths that are relative to another directory than the image's root, as `cd` has gone elsewhere.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::TextRange;
use super::node::{Field, kind};
use super::reader::{ScriptReader, range_of};
use super::slip::{Slip, SlipKind};

/// Beginnings of paths below the root of an image.
const BELOW_ROOT: [&str; 8] = [
    "etc/", "usr/", "var/", "root/", "sbin/", "bin/", "boot/", "lib/",
];

/// Beginnings of relative paths with the root of an image in them.
const DOUBLED: [&str; 5] = [
    "./$INSTALL",
    ".$INSTALL",
    "./${INSTALL",
    ".${INSTALL",
    "${INSTALL#/}",
];

/// Directories that are no root of an image.
const ELSEWHERE: [&str; 9] = [
    "$DOWNLOAD",
    "${DOWNLOAD}",
    "$IMAGEDIR",
    "${IMAGEDIR}",
    "$BASEDIR",
    "${BASEDIR}",
    "/",
    "/tmp",
    "/root",
];

/// Commands that leave the present directory as it is, and make nothing there but what they are given.
const HARMLESS: [&str; 14] = [
    "echo", "printf", "cat", "cp", "mv", "ln", "rm", "chmod", "chown", "touch", "sed", "grep",
    "true", ":",
];

/// Slips in one script after which no more such paths are looked at, each of which takes time with the
/// size of the script.
const MAX_SLIPS: usize = 64;

/// Commands that may make a whole tree in the present directory.
const UNPACKING: [&str; 6] = ["tar ", "unzip", "cpio", "git ", "dpkg", "rpm"];

/// State of the statements after `cd "$INSTALL"`.
pub(super) struct BelowRoot {
    /// The command that went there.
    root: TextRange,
    /// The command that has left it.
    left: Option<TextRange>,
}

impl ScriptReader<'_> {
    /// Notes `cd "$INSTALL"`.
    pub(super) fn changed_directory(&mut self, command: Node<'_>, arguments: &[Node<'_>]) {
        if let [to] = arguments
            && is_root(&self.unquoted(*to))
        {
            self.entered_root = Some(range_of(command));
        }
    }

    /// Returns the state after a statement in which that was noted, if it is one that always goes there.
    pub(super) fn below_root(&self, statement: Node<'_>, root: TextRange) -> Option<BelowRoot> {
        let (command, _) = self.goes_to(statement)?;
        (range_of(command) == root).then_some(BelowRoot { root, left: None })
    }

    /// Follows a statement. Returns nothing where the present directory is not known any more.
    pub(super) fn follow(
        &mut self,
        statement: Node<'_>,
        mut state: BelowRoot,
    ) -> Option<BelowRoot> {
        if matches!(kind(statement), "comment" | "function_definition") {
            return Some(state);
        }
        if let Some((command, to)) = self.goes_to(statement) {
            state.left = Some(range_of(command));
            // Where `cd -` goes depends on who called.
            return ELSEWHERE.contains(&to.as_str()).then_some(state);
        }
        let text = self.text(statement);
        if text.contains("cd ") || text.contains("pushd") || text.contains("popd") {
            return None;
        }
        // What it makes may be a tree of its own.
        if state.left.is_some() && !self.is_harmless(statement) {
            return None;
        }
        let (beginnings, because, kind) = match state.left {
            None => (DOUBLED.as_slice(), state.root, SlipKind::DoubledRoot),
            Some(left) => (BELOW_ROOT.as_slice(), left, SlipKind::LeftRoot),
        };
        if let Some(path) = self.written_path(statement) {
            let bare = self.unquoted(path);
            let is_wrong = self.slips.len() < MAX_SLIPS
                && beginnings
                    .iter()
                    .any(|beginning| bare.starts_with(beginning));
            let is_left = state.left.is_some();
            if is_wrong && !(is_left && self.may_have_tree(state.root, &bare)) {
                self.relative(path, because, kind);
            }
        }
        Some(state)
    }

    /// Returns whether a directory that is no image's root may have such files of its own, as the
    /// script unpacks something or made that directory before.
    fn may_have_tree(&self, root: TextRange, path: &str) -> bool {
        let first = path.split('/').next().unwrap_or_default();
        let before = self.slice(0, root.start().into());
        UNPACKING.iter().any(|command| self.text.contains(command))
            || before
                .lines()
                .any(|line| line.contains("mkdir") && line.contains(first))
    }

    fn relative(&mut self, path: Node<'_>, because: TextRange, kind: SlipKind) {
        self.slips.push(Slip {
            kind,
            name: SmolStr::new(self.unquoted(path)),
            range: range_of(path),
            because,
        });
    }

    /// Returns where a statement goes that is a `cd`, also with `|| fail` after it.
    fn goes_to<'n>(&self, statement: Node<'n>) -> Option<(Node<'n>, String)> {
        let mut node = statement;
        loop {
            node = match kind(node) {
                "redirected_statement" => Field::Body.of(node)?,
                "list" if node.child(1).is_some_and(|operator| kind(operator) == "||") => {
                    node.child(0)?
                }
                "command" => break,
                _ => return None,
            }
        }
        let name = Field::Name.of(node)?;
        if self.text(name) != "cd" {
            return None;
        }
        let to = node.named_child(1).map(|to| self.unquoted(to));
        Some((node, to.unwrap_or_default()))
    }

    /// Returns the file that a simple command writes.
    fn written_path<'n>(&self, statement: Node<'n>) -> Option<Node<'n>> {
        if kind(statement) == "redirected_statement" {
            let mut cursor = statement.walk();
            let redirects = Field::Redirect.all_of(statement, &mut cursor);
            let redirect = redirects.into_iter().find(|redirect| {
                let text = self.text(*redirect);
                kind(*redirect) == "file_redirect" && text.starts_with('>')
            })?;
            return Field::Destination.of(redirect);
        }
        let name = Field::Name
            .of(statement)
            .filter(|_| kind(statement) == "command")?;
        let last = statement.named_child_count().checked_sub(1)?;
        let last = statement.named_child(u32::try_from(last).ok()?)?;
        matches!(self.text(name), "cp" | "mv" | "ln" | "touch" | "tee").then_some(last)
    }

    /// Returns whether a statement surely leaves the directory as it is.
    fn is_harmless(&self, statement: Node<'_>) -> bool {
        let command = match kind(statement) {
            "redirected_statement" => Field::Body.of(statement),
            _ => Some(statement),
        };
        let Some(command) = command else {
            return true;
        };
        let name = Field::Name
            .of(command)
            .filter(|_| kind(command) == "command");
        let is_known = name.is_some_and(|name| HARMLESS.contains(&self.text(name)));
        is_known || kind(command) == "variable_assignment"
    }
}

fn is_root(path: &str) -> bool {
    matches!(
        path,
        "$INSTALL" | "${INSTALL}" | "$INSTALL/" | "${INSTALL}/"
    )
}
