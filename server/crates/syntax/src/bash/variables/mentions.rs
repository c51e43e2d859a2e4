//! Text that may be the name of a variable and is no use that can be read: what a rename has to refuse,
//! because it would leave it as it is.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::super::{TextRange, TextSize};
use super::super::node::kind;
use super::super::reader::{is_name, with_tree};
use super::{PREFIXES, words};

/// Mention of a name that may be a use which is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnclearUse {
    /// Range of the name.
    pub range: TextRange,
    /// Form that it has.
    pub shape: UseShape,
}

/// Form of a use that is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseShape {
    /// `${!x}`, `${!x*}`: the value, or the beginning, is a name.
    Indirect,
    /// `declare -n y=x`, `declare -i y=x`: the value may be a name.
    Declared,
    /// `${y[x]}`, `y=([x]=1)`: a number, or the key of an associative array.
    Subscript,
    /// A part of a text that is run or taken apart by a command: `eval`, `trap`.
    Code(SmolStr),
    /// The whole argument of a command, which may take a name.
    Argument(SmolStr),
    /// `$x` or `ENV{x}` in a text that a command is given, to which only what is exported is known.
    Environment(SmolStr),
    /// A whole value, which may be used as a name elsewhere.
    Value,
    /// Somewhere in a text that cannot be read.
    Unread,
}

/// Commands that take their arguments apart as bash does.
const RUN_TEXT: [&str; 14] = [
    "eval",
    "trap",
    "let",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "printf",
    "wait",
    "source",
    ".",
    "alias",
    "coproc",
    "compgen",
];

/// Programs that run what they read from their standard input.
const INTERPRETERS: [&str; 12] = [
    "awk", "bash", "dash", "envsubst", "gawk", "ksh", "perl", "python", "python3", "ruby", "sh",
    "zsh",
];

/// Beginnings of a use of a variable of the environment, in bash and other languages.
const ENVIRONMENT: [&str; 9] = [
    "$",
    "${",
    "ENV{",
    "ENV{'",
    "ENV{\"",
    "[\"",
    "['",
    "getenv(\"",
    "getenv('",
];

/// Ways to export variables, as they are written.
const EXPORTS: [&str; 5] = ["export", "declare", "typeset", "local", "readonly"];

/// Ways to use a value as a name, as they are written.
const INDIRECTIONS: [&str; 17] = [
    "${!",
    "eval",
    "declare -n",
    "typeset -n",
    "local -n",
    "declare \"$",
    "declare $",
    "printf -v $",
    "printf -v \"$",
    "read \"$",
    "unset \"$",
    "unset $",
    "-v $",
    "-v \"$",
    "declare -i",
    "typeset -i",
    "local -i",
];

/// Returns whether a script may use a value as the name of a variable.
pub fn uses_indirection(text: &str) -> bool {
    INDIRECTIONS.iter().any(|written| text.contains(written))
}

/// Returns whether a script may export a variable, so that the commands that it calls see it.
pub fn exports_variable(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let is_named = words(line).any(|(_, word)| word == name);
        let exports = |declaration: &str| {
            let mut declared = words(line).filter(|(_, word)| *word == declaration);
            declared.any(|(at, _)| {
                let mut options = line
                    .get(at..)
                    .unwrap_or_default()
                    .split_whitespace()
                    .skip(1);
                declaration == "export"
                    || options.any(|option| option.starts_with('-') && option.contains('x'))
            })
        };
        let exports_all = line.contains("allexport")
            || line.split_once("set -").is_some_and(|(_, letters)| {
                letters.split(' ').next().is_some_and(|l| l.contains('a'))
            });
        exports_all || (is_named && EXPORTS.iter().any(|declared| exports(declared)))
    })
}

/// Finds the mentions of a name, within a part of a script, that are none of the known uses and may
/// be some.
pub fn unclear_uses(
    text: &str,
    name: &str,
    within: TextRange,
    known: &[TextRange],
) -> Vec<UnclearUse> {
    let found = with_tree(text, |root| {
        let mentions = words(text).filter(|(_, word)| *word == name);
        let unclear = mentions.filter_map(|(start, word)| {
            let node = root.descendant_for_byte_range(start, start + word.len())?;
            let range = TextRange::at(TextSize::try_from(start).ok()?, TextSize::of(word));
            if !within.contains_range(range) {
                return None;
            }
            let mention = Mention { text, name, start };
            let shape = shape(&mention, node, known.contains(&range))?;
            Some(UnclearUse { range, shape })
        });
        unclear.collect::<Vec<_>>()
    });
    match found {
        Some(mut found) => {
            found.extend(prefix(text, name, within));
            found
        }
        None => vec![UnclearUse {
            range: within,
            shape: UseShape::Unread,
        }],
    }
}

/// Finds `${!x*}` for any beginning of a name.
fn prefix(text: &str, name: &str, within: TextRange) -> Option<UnclearUse> {
    words(text).find_map(|(start, word)| {
        let is_indirect = text.get(..start)?.ends_with("${!");
        let after = text.get(start + word.len()..)?;
        let is_prefix = after.starts_with("*}") || after.starts_with("@}");
        let range = TextRange::at(TextSize::try_from(start).ok()?, TextSize::of(word));
        let is_meant = is_indirect && is_prefix && name.starts_with(word);
        (is_meant && within.contains_range(range)).then_some(UnclearUse {
            range,
            shape: UseShape::Indirect,
        })
    })
}

/// Mention of a name.
struct Mention<'t> {
    /// The script.
    text: &'t str,
    name: &'t str,
    /// Offset of the name.
    start: usize,
}

impl Mention<'_> {
    /// Returns whether it is written as a variable of the environment is.
    fn is_of_environment(&self) -> bool {
        let before = self.text.get(..self.start).unwrap_or_default();
        ENVIRONMENT.iter().any(|opening| before.ends_with(opening))
    }
}

/// Returns the form of a mention that is not followed; `None` for one that is, and for text that is no
/// name.
fn shape(mention: &Mention<'_>, node: Node<'_>, is_known: bool) -> Option<UseShape> {
    let Mention { text, name, .. } = *mention;
    let text_of = |node: Node<'_>| text.get(node.byte_range()).unwrap_or_default();
    let ancestors = || std::iter::successors(Some(node), Node::parent);
    if kind(node) == "comment" {
        return None;
    }
    if is_known {
        let before = text.get(..node.start_byte()).unwrap_or_default();
        let after = text.get(node.end_byte()..).unwrap_or_default();
        let is_bare = !before.ends_with(['$', '{', '!', '#']);
        let is_index = |outer: Node<'_>| match kind(outer) {
            "subscript" => outer.start_byte() != node.start_byte(),
            "array" => before.ends_with('['),
            _ => false,
        };
        return if before.ends_with("${!") && !after.starts_with('[') {
            Some(UseShape::Indirect)
        } else if is_bare && ancestors().any(is_index) {
            Some(UseShape::Subscript)
        } else if before.trim_end().ends_with("coproc") {
            // Others have names that begin with it: `${x_PID}`.
            Some(UseShape::Code(SmolStr::new_static("coproc")))
        } else {
            None
        };
    }
    // What stands beside an error may be something else than it seems.
    if ancestors().last().is_some_and(|root| root.has_error()) {
        return Some(UseShape::Unread);
    }
    let is_whole = |node: Node<'_>| {
        let bare = text_of(node).trim_matches(['"', '\'']);
        let bare = bare.split_once('[').map_or(bare, |(before, _)| before);
        bare == name
    };
    let is_content = matches!(kind(node), "heredoc_content" | "string_content");
    if is_content && has_old_expansions(text_of(node)) {
        return Some(UseShape::Unread);
    }
    for (inner, node) in ancestors().zip(ancestors().skip(1)) {
        match kind(node) {
            "subscript" => return Some(UseShape::Subscript),
            "array" => {
                let is_key = text_of(inner).starts_with('[');
                return match (is_key, is_whole(inner)) {
                    (true, _) => Some(UseShape::Subscript),
                    (false, true) => Some(UseShape::Value),
                    (false, false) => None,
                };
            }
            "declaration_command" => {
                let before = text.get(node.start_byte()..inner.start_byte());
                let mut options = before.unwrap_or_default().split_whitespace();
                let is_unclear =
                    options.any(|option| option.starts_with('-') && option.contains(['n', 'i']));
                let is_value = kind(inner) == "variable_assignment";
                return match (is_unclear || !is_value, value_is_whole(text, inner)) {
                    (true, _) => Some(UseShape::Declared),
                    (false, true) => Some(UseShape::Value),
                    (false, false) => None,
                };
            }
            "unset_command" => return Some(UseShape::Code(SmolStr::new_static("unset"))),
            "command" => return argument(mention, node, inner),
            "heredoc_redirect" => {
                let command = node.parent().and_then(|parent| parent.named_child(0));
                let command = command.map(text_of).unwrap_or_default();
                let command = command.split_whitespace().next().unwrap_or_default();
                let reads = INTERPRETERS.contains(&command) && mention.is_of_environment();
                return if RUN_TEXT.contains(&command) {
                    Some(UseShape::Code(SmolStr::new(command)))
                } else {
                    reads.then(|| UseShape::Environment(SmolStr::new(command)))
                };
            }
            "variable_assignment" => {
                // With options of `declare` around it, those decide.
                let is_declared = node
                    .parent()
                    .is_some_and(|p| kind(p) == "declaration_command");
                if !is_declared {
                    return value_is_whole(text, node).then_some(UseShape::Value);
                }
            }
            "for_statement" | "select_statement" | "expansion" => {
                return is_whole(inner).then_some(UseShape::Value);
            }
            "test_command" | "case_item" | "file_redirect" | "command_substitution" => return None,
            _ => {}
        }
    }
    None
}

/// Returns whether the value of an assignment with a name in it is one word, which may be a name or
/// arithmetic.
fn value_is_whole(text: &str, assignment: Node<'_>) -> bool {
    let whole = text.get(assignment.byte_range()).unwrap_or_default();
    let value = whole.split_once('=').map_or("", |(_, value)| value);
    !value.contains(char::is_whitespace)
}

/// Returns the form of a mention in an argument of a command.
fn argument(mention: &Mention<'_>, command: Node<'_>, argument: Node<'_>) -> Option<UseShape> {
    let Mention { text, name, .. } = *mention;
    let text_of = |node: Node<'_>| text.get(node.byte_range()).unwrap_or_default();
    if kind(argument) == "command_name" {
        return None;
    }
    let mut cursor = command.walk();
    let mut words = command
        .named_children(&mut cursor)
        .skip_while(|child| kind(*child) != "command_name")
        .map(text_of)
        .skip_while(|word| PREFIXES.contains(word));
    let called = words.next().unwrap_or_default();
    let bare = text_of(argument).trim_matches(['"', '\'']);
    // What a prompt or a format says is no name.
    let is_part = bare != name && !bare.starts_with(&format!("{name}["));
    match called {
        "read" | "printf" | "mapfile" | "readarray" | "wait" | "getopts" if is_part => None,
        "test" | "[" | "echo" | ":" | "true" | "false" | "exit" | "cd" => None,
        _ if RUN_TEXT.contains(&called) => Some(UseShape::Code(SmolStr::new(called))),
        _ if is_part && mention.is_of_environment() => {
            Some(UseShape::Environment(SmolStr::new(called)))
        }
        _ if is_part || !is_name(bare.split('[').next().unwrap_or_default()) => None,
        _ => Some(UseShape::Argument(SmolStr::new(called))),
    }
}

/// Returns whether a text has `$[ ]` or backquotes, which the grammar takes for text in strings and
/// here-documents.
fn has_old_expansions(text: &str) -> bool {
    let mut found = text.match_indices('`').chain(text.match_indices("$["));
    found.any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with('\\')))
}
