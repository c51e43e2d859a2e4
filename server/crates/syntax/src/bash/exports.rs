//! Functions that other shells get, as `export -f` gives them, and the scripts that those are given.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::TextRange;
use super::node::kind;
use super::reader::{ScriptReader, is_name, range_of, with_tree};

/// Function that is exported: `export -f name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionExport {
    /// The function; `None`: any, by `set -a` or by a name that reading does not tell.
    pub name: Option<SmolStr>,
    /// The name as it is written, or what stands for it.
    pub range: TextRange,
}

impl ScriptReader<'_> {
    /// Reads the arguments of a declaration that is about functions: `export -f a b`.
    pub(super) fn exported_functions(&mut self, keyword: &str, arguments: &[Node<'_>]) {
        let has = |reader: &Self, option: char| {
            let mut options = arguments.iter().map(|argument| reader.text(*argument));
            options.any(|text| text.starts_with('-') && text.contains(option))
        };
        if !has(self, 'f') || keyword != "export" && !has(self, 'x') {
            return;
        }
        let is_taken_back = has(self, 'n');
        for argument in arguments {
            let text = self.text(*argument);
            if text.starts_with(['-', '+']) {
                continue;
            }
            let is_literal = |c: char| c.is_ascii_alphanumeric() || "_-.:+".contains(c);
            let is_literal = !is_taken_back && text.chars().all(is_literal);
            self.function_exports.push(FunctionExport {
                name: is_literal.then(|| SmolStr::new(text)),
                range: range_of(*argument),
            });
        }
    }

    /// Takes note that all functions are exported from here on: `set -a`.
    pub(super) fn exports_all_functions(&mut self, option: Node<'_>) {
        self.function_exports.push(FunctionExport {
            name: None,
            range: range_of(option),
        });
    }
}

/// Returns the scripts that another bash is given as an argument, `bash -c '...'`, as they are
/// written between their quotes. Read when they are requested, and not with the facts: few scripts
/// export a function.
pub fn child_scripts(text: &str) -> Vec<&str> {
    let found = with_tree(text, |root| {
        let mut found = Vec::new();
        // Not by recursion: a text may nest as deep as it likes.
        let mut pending = vec![root];
        while let Some(node) = pending.pop() {
            let mut cursor = node.walk();
            let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
            if kind(node) == "command" {
                found.extend(child_script(text, &children));
            }
            pending.extend(children);
        }
        found
    });
    found.unwrap_or_default()
}

/// Returns the script in the words of a command, if one of them is `bash` and it is given one.
fn child_script<'t>(text: &'t str, words: &[Node<'_>]) -> Option<&'t str> {
    let written = |node: &Node<'_>| text.get(node.byte_range()).unwrap_or_default();
    let is_shell = |word: &str| word == "bash" || word.ends_with("/bash");
    let shell = words.iter().position(|word| is_shell(written(word)))?;
    let mut rest = words.iter().skip(shell + 1);
    let is_option = |word: &str| {
        let letters = word
            .strip_prefix('-')
            .and_then(|word| word.strip_suffix('c'));
        letters.is_some_and(|letters| letters.is_empty() || is_name(letters))
    };
    rest.find(|word| is_option(written(word)))?;
    let script = rest.next()?;
    let quoted = matches!(kind(*script), "string" | "raw_string");
    let script = written(script);
    script
        .get(1..script.len().checked_sub(1)?)
        .filter(|_| quoted)
}

#[cfg(test)]
mod tests {
    use super::child_scripts;
    use crate::bash::read;

    fn exports(text: &str) -> String {
        let facts = read(text);
        let names = facts.function_exports.iter();
        let names = names.map(|export| export.name.as_deref().unwrap_or("any"));
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn exports_of_functions() {
        assert_eq!(exports("export -f a b-c\nexport d e=1"), "a b-c");
        assert_eq!(exports("declare -fx a; typeset -f b; declare -F c"), "a");
        assert_eq!(exports("export -f \"$a\"; export -nf b"), "any any");
        assert_eq!(exports("set -ea; set -o allexport"), "any any");
        assert_eq!(exports("set -e; set -- -a"), "");
    }

    #[test]
    fn scripts_of_other_shells() {
        let text = "x | xargs -n 1 bash -c 'f \"$@\"' _\nsh -c 'g'\nbash -c $h\n/bin/bash -ec \"i\"\nbash j -c";
        assert_eq!(child_scripts(text), ["i", "f \"$@\""]);
    }
}
