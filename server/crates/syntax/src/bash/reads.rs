//! Variables that a script or function reads whatever else happens, as a part of a longer word:
//! what an include takes for set by those who read it.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::super::runner::RunnerVariable;
use super::SpanId;
use super::reader::{ScriptReader, is_name, range_of};

/// Greatest number of reads that are kept: no include has as many.
const MAX_READS: usize = 64;

/// Variable that is read as a part of a longer word, with no default, under no condition of the
/// script, and in a script that neither sets it nor asks whether it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableRead {
    /// The variable.
    pub name: SmolStr,
    /// The name, where it is read first.
    pub span: SpanId,
    /// The function around it: index into [`ScriptEffects::functions`](super::ScriptEffects::functions).
    pub function: Option<u32>,
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
        } else if is_read
            && self.conditional == 0
            && self.reads.len() < MAX_READS
            && self.is_joined(start, end)
            && is_given(name)
        {
            let function = self.function;
            let is_same = |read: &VariableRead| read.name == name && read.function == function;
            if !self.reads.iter().any(is_same) {
                self.reads.push(VariableRead {
                    name: SmolStr::new(name),
                    span: self.span(range_of(name_node)),
                    function,
                });
            }
        }
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
        let names = effects.reads.iter().map(|read| match read.function {
            Some(function) => format!("{}:{function}", read.name),
            None => read.name.to_string(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parts_of_words() {
        assert_eq!(
            reads("get \"$A/x\" y-$B $C\"/x\" \"${D}\".x x:\"$E\""),
            "A B C D E"
        );
        assert_eq!(reads("get $A \"$B\" --c=$C \"x $D y\"; E=$A"), "");
        assert_eq!(reads("get $INSTALL/etc $lower/x '$A/x'"), "");
        assert_eq!(reads("get $(get \"$A/x\") | get \"$A/y\""), "A");
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
