//! Tools that a script asks for, and packages that it installs.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::SpanId;
use super::node::kind;
use super::reader::{ScriptReader, range_of};

/// The helper that asks for tools.
const REQUIRE: &str = "require_cmd";

/// Name of a tool or of a package, as an argument of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The name.
    pub name: SmolStr,
    /// The argument.
    pub span: SpanId,
}

impl ScriptReader<'_> {
    /// Takes note of the tools that a command asks for or installs.
    pub(super) fn tools(&mut self, command: &str, arguments: &[Node<'_>]) {
        let skipped = match command {
            // What is in no function and no branch is certain to be asked for.
            REQUIRE if self.depth == 1 => 0,
            "apt-get" | "apt" | "dnf" | "yum" | "zypper" | "microdnf" => {
                let mut words = arguments.iter().map(|argument| self.text(*argument));
                match words.position(|word| word == "install") {
                    Some(at) => at + 1,
                    None => return,
                }
            }
            _ => return,
        };
        let mut found = Vec::new();
        for argument in arguments.iter().skip(skipped) {
            let text = self.text(*argument);
            let is_part = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
            let is_name = matches!(kind(*argument), "word" | "number")
                && !text.starts_with('-')
                && text.chars().all(is_part);
            if is_name {
                found.push(Tool {
                    name: SmolStr::new(text),
                    span: self.span(range_of(*argument)),
                });
            }
        }
        match command {
            REQUIRE => self.required.extend(found),
            _ => self.installed.extend(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tool;
    use crate::bash::read;

    #[test]
    fn tools_that_are_required_or_installed() {
        let effects = read(
            "require_cmd a b \"$c\"\nif d; then require_cmd e; fi\nf() { require_cmd g; }\n\
             apt-get -y install h i-1\ndnf -y install -q j && yum update k\n",
        )
        .effects;
        let names = |tools: &[Tool]| {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            names.join(" ")
        };
        assert_eq!(names(&effects.required), "a b");
        assert_eq!(names(&effects.installed), "h i-1 j");
    }
}
