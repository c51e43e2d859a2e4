//! Variables that a script or function reads whatever else happens, as a part of a longer word or
//! as an argument that is there even when it is empty: what an include takes for set by those who
//! read it.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::runner::RunnerVariable;
use super::super::{TextRange, TextSize};
use super::SpanId;
use super::heredoc::Expansion;
use super::node::{Field, kind};
use super::reader::{ScriptReader, is_name, range_of};

/// Greatest number of reads that are kept: no include has as many.
const MAX_READS: usize = 64;

/// Commands to which an argument that is empty says nothing, or that do not expand it.
const TAKE_EMPTY: [&str; 14] = [
    "[", ":", "cd", "echo", "eval", "exit", "false", "printf", "read", "return", "set", "test",
    "trap", "true",
];

/// Variable that is read as a part of a longer word or as a quoted argument, with no default, under
/// no condition of the script, and in a script that neither sets it nor asks whether it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableRead {
    /// The variable.
    pub name: SmolStr,
    /// The name, where it is read first.
    pub span: SpanId,
    /// The function around it: index into [`ScriptEffects::functions`](super::ScriptEffects::functions).
    pub function: Option<u32>,
    /// The command that it is an argument of by itself, in quotes; `None`: it is a part of a word.
    pub passed_to: Option<SmolStr>,
}

impl ScriptReader<'_> {
    /// Takes note of an expansion `$NAME` or `${NAME...}`.
    pub(super) fn variable_read(&mut self, expansion: Node<'_>, name_node: Node<'_>) {
        // Most that are left are the runner's, which is asked last.
        if self.conditional > 0 && !self.in_test {
            return;
        }
        let name = self.text(name_node);
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return;
        }
        let (start, end) = (expansion.start_byte(), expansion.end_byte());
        let opens = self.slice(start, name_node.start_byte());
        let rest = self.slice(name_node.end_byte(), end);
        let has_default = rest
            .trim_start_matches(':')
            .starts_with(['-', '=', '+', '?']);
        let is_read = matches!((opens, rest), ("$", "") | ("${", "}"));
        if has_default || (is_read && self.in_test && !self.is_joined(start, end)) {
            if is_given(name) {
                self.tested.push(SmolStr::new(name));
            }
        } else if is_read && self.conditional == 0 && self.reads.len() < MAX_READS && is_given(name)
        {
            let passed_to = match self.is_joined(start, end) {
                true => None,
                false => match self.quoted_for(expansion) {
                    Some(command) => Some(SmolStr::new(command)),
                    None => return,
                },
            };
            self.read_of(name, range_of(name_node), self.function, passed_to);
        }
    }

    /// Takes note of the variables that a here-document's text takes for set: as parts of longer
    /// words, or as the value in a line `name=$NAME`.
    pub(super) fn reads_in_text(&mut self, expansions: &[Expansion], function: Option<u32>) {
        if self.conditional > 0 {
            return;
        }
        for expansion in expansions {
            let name = expansion.name.as_str();
            let (start, end) = (expansion.range.start().into(), expansion.range.end().into());
            let written = self.slice(start, end);
            let opening = if written.starts_with("${") { 2 } else { 1 };
            let is_plain = written.len() == name.len() + 2 * opening - 1;
            if name.starts_with(|c: char| c.is_ascii_uppercase())
                && is_plain
                && self.reads.len() < MAX_READS
                && (self.is_joined(start, end) || self.is_value_of_line(start, end))
                && is_given(name)
            {
                let at = expansion.range.start() + TextSize::from(opening as u32);
                let range = TextRange::at(at, TextSize::of(name));
                self.read_of(name, range, function, None);
            }
        }
    }

    fn read_of(
        &mut self,
        name: &str,
        range: TextRange,
        function: Option<u32>,
        passed_to: Option<SmolStr>,
    ) {
        let is_same = |read: &VariableRead| {
            read.name == name && read.function == function && read.passed_to == passed_to
        };
        if !self.reads.iter().any(is_same) {
            self.reads.push(VariableRead {
                name: SmolStr::new(name),
                span: self.span(range),
                function,
                passed_to,
            });
        }
    }

    /// Returns the command that an expansion is an argument of by itself, in quotes: it gets an empty
    /// one where the variable is not set. A word that is not quoted may be a list with nothing in it.
    fn quoted_for(&self, expansion: Node<'_>) -> Option<&str> {
        let string = expansion.parent().filter(|node| kind(*node) == "string")?;
        if string.end_byte() - string.start_byte()
            != expansion.end_byte() - expansion.start_byte() + 2
        {
            return None;
        }
        let command = string.parent().filter(|node| kind(*node) == "command")?;
        let called = self.text(Field::Name.of(command)?);
        let is_plain = !called.contains(['$', '`', '"', '\'', '\\']);
        (is_plain && !TAKE_EMPTY.contains(&called)).then_some(called)
    }

    /// Returns whether an expansion is all that follows the `=` of a line `name=$NAME`.
    fn is_value_of_line(&self, start: usize, end: usize) -> bool {
        let before = self.slice(0, start).rsplit('\n').next().unwrap_or_default();
        let is_key = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let key = before.strip_suffix('=').map(str::trim);
        let after = self.text.get(end..).unwrap_or_default();
        key.is_some_and(|key| !key.is_empty() && key.chars().all(is_key))
            && (after.is_empty() || after.starts_with('\n'))
    }

    /// Returns whether an expansion is a part of a longer word. One that is a word by itself may be
    /// a list, which may be empty, or is passed on to whoever asks what is in it.
    fn is_joined(&self, start: usize, end: usize) -> bool {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._:@%+-$}".contains(byte);
        let bytes = self.text.as_bytes();
        let before = bytes.get(..start).unwrap_or_default().iter().rev();
        let after = bytes.get(end..).unwrap_or_default().iter();
        let unquoted = |byte: &&u8| **byte != b'"';
        before.take(2).find(unquoted).is_some_and(is_part)
            || after.take(2).find(unquoted).is_some_and(is_part)
    }

    /// Returns the reads of what the script neither sets nor asks about; to be called when all names
    /// that it sets are sorted.
    pub(super) fn taken_for_set(&mut self) -> Vec<VariableRead> {
        let mut reads = std::mem::take(&mut self.reads);
        reads.retain(|read| {
            self.assigned.binary_search(&read.name).is_err() && !self.tested.contains(&read.name)
        });
        reads
    }

    /// Reads what only some condition leads to.
    pub(super) fn conditionally<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.conditional += 1;
        let read = read(self);
        self.conditional -= 1;
        read
    }
}

/// Returns whether a variable is given to a script by others than the runner.
fn is_given(name: &str) -> bool {
    is_name(name) && RunnerVariable::find(name).is_none()
}

#[cfg(test)]
mod tests {
    use crate::bash::read;

    fn reads(text: &str) -> String {
        let effects = read(text).effects;
        let names = effects.reads.iter().map(|read| {
            let function = read.function.map(|function| format!(":{function}"));
            let command = read.passed_to.as_ref().map(|command| format!("@{command}"));
            format!(
                "{}{}{}",
                read.name,
                function.unwrap_or_default(),
                command.unwrap_or_default()
            )
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parts_of_words() {
        assert_eq!(
            reads("get \"$A/x\" y-$B $C\"/x\" \"${D}\".x x:\"$E\""),
            "A B C D E"
        );
        assert_eq!(reads("get $A --c=$C \"x $D y\"; E=$A"), "");
        assert_eq!(reads("get $INSTALL/etc $lower/x '$A/x'"), "");
        assert_eq!(reads("get $(get \"$A/x\") | get \"$A/y\""), "A");
    }

    #[test]
    fn quoted_arguments() {
        assert_eq!(
            reads("get x \"$A\" \"${B}\" > f\nf() { \"get\" \"$C\"; put \"$C\"; }"),
            "A@get B@get C:0@put"
        );
        // One read is enough for each command; as a part of a word it is another one.
        assert_eq!(reads("get \"$A\"; get \"$A\" \"$A/x\""), "A@get A");
        assert_eq!(
            reads("echo \"$A\"; B=\"$A\"; $x \"$A\"; \"$A\"; for i in \"$A\"; do :; done"),
            ""
        );
        assert_eq!(
            reads("a && get \"$A\"; get \"${B:-x}\" \"${#C}\" \"$lower\""),
            ""
        );
        assert_eq!(reads("[ -n \"$A\" ] && a; get \"$A\""), "");
    }

    #[test]
    fn texts() {
        assert_eq!(
            reads("f() {\ncat > x <<EOF\na=$A\n  b.c-d=${B}\ne /$C\nEOF\n}"),
            "A:0 B:0 C:0"
        );
        assert_eq!(
            reads("cat > x <<EOF\na=\"$A\"\n$B\nx $C\nc=$D e\nf=\\$E\ng=${F:-x}\nEOF"),
            ""
        );
        assert_eq!(reads("cat > x <<'EOF'\na=$A\nEOF"), "");
        assert_eq!(
            reads("if a; then\ncat > x <<EOF\na=$A\nEOF\nfi\na && cat <<EOF\na=$B\nEOF"),
            ""
        );
    }

    #[test]
    fn conditions() {
        assert_eq!(
            reads("if [ -e \"/x/$A\" ]; then get /$B; else get /$C; fi"),
            "A"
        );
        assert_eq!(reads("a && get /$A; b || get /$B; get /$C && c"), "C");
        assert_eq!(reads("if a; then b; elif [ -e /$A ]; then c; fi"), "");
        assert_eq!(reads("case /$A in x) get /$B ;; esac"), "A");
        assert_eq!(
            reads("for x in /$A; do get /$B; done; while get /$C; do get /$D; done"),
            "A C"
        );
        assert_eq!(reads("a && f() { get /$A; }; g() { get /$B; }"), "A:0 B:1");
    }

    #[test]
    fn variables_that_are_set_or_tested() {
        assert_eq!(
            reads("A=1; get /$A; get /$B; read B; get /$C; for C in x; do :; done"),
            ""
        );
        assert_eq!(reads("get /${A:-x}/$B; get /$A; : ${B:?}"), "");
        assert_eq!(reads("f() { get /$A; }; if [ -n \"$A\" ]; then :; fi"), "");
        assert_eq!(reads("[ $A = x ] || b; [[ -z $B ]] && b; get /$A/$B"), "");
        assert_eq!(
            reads("get ${#A}/x ${B%x}/x ${C//x/y}/x ${!D}/x ${E[0]}/x"),
            ""
        );
    }
}
