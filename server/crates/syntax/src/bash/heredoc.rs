//! Here-documents: what bash expands in their text when it is generated.
//!
//! The grammar shows neither `$1`, `$?` nor backquotes in a body, so the text is scanned: bash's
//! rules there are few (a backslash escapes `$`, a backquote, itself and a line end).

use smol_str::SmolStr;

use super::super::{TextRange, TextSize};
use super::container::ContainerFacts;
use super::version_test::VersionTest;

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HereDoc {
    /// The delimiter was quoted: nothing in the text is expanded.
    pub quoted: bool,
    /// The delimiter after the operator, as written.
    pub opened: TextRange,
    /// The delimiter, quotes resolved.
    pub delimiter: SmolStr,
    /// The text, without the lines of the delimiters.
    pub body: TextRange,
    /// Set when a line with the delimiter ends it; otherwise the end of the file does.
    pub closed: bool,
    /// Lines that would end it but for blanks, a carriage return or a backslash that joins them to the
    /// line before: all of them where no line ends it, else those before another one is opened.
    pub ends_alike: Box<[TextRange]>,
    /// An operator in the text that opens a here-document with the same delimiter.
    pub opened_inside: Option<TextRange>,
    /// The function around it: index into [`ScriptEffects::functions`](super::ScriptEffects::functions).
    pub function: Option<u32>,
    /// Parameters that are expanded outside of command substitutions, without a default of their
    /// own.
    pub expansions: Box<[Expansion]>,
    /// Variables that are used in sums and command substitutions, which run when the text is
    /// generated.
    pub inner_expansions: Box<[Expansion]>,
    /// Facts of the text when it is read as a script of the container.
    pub container: ContainerFacts,
}

/// Effects of a here-document that becomes part of the container's script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HereDocEffects {
    /// Variables that are expanded when the text is generated, in sums and commands too. Sorted, each
    /// once.
    pub expands: Box<[SmolStr]>,
    /// Variables naming files that a command substitution prints into the text:
    /// `$(cat "$CONFIGURE_DEBIAN")`.
    pub splices: Box<[SmolStr]>,
    /// Tests in the text that compare a version.
    pub version_tests: Box<[VersionTest]>,
    /// Set when the text calls `systemctl` or writes below `/etc/systemd/system`.
    pub systemd: bool,
    /// Set when the text uses another init's tools or files: `rc-update`, `/etc/inittab`, ...
    pub other_init: bool,
}

/// A parameter expanded in a here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// Name of the parameter: `pkg`, `1`, `?`.
    pub name: SmolStr,
    /// The expansion with its `$` and braces.
    pub range: TextRange,
    /// The text after it, up to the first character that no path has; empty in sums and commands.
    pub rest: SmolStr,
}

impl Expansion {
    /// Returns whether the parameter is `$1`, `$?` or the like, which every function call or
    /// command sets.
    pub fn is_special(&self) -> bool {
        !self
            .name
            .starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
    }
}

/// Outcome of [`scan`].
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) expansions: Vec<Expansion>,
    /// Parameters in sums and command substitutions.
    pub(super) inner: Vec<Expansion>,
    pub(super) splices: Vec<SmolStr>,
    /// Variables that `${x:=y}` gives a value.
    pub assigned: Vec<SmolStr>,
}

/// Scans the text of an unquoted here-document that begins at byte `start` of its file.
pub(super) fn scan(text: &str, start: TextSize) -> Scanned {
    let mut out = Scanned::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    let next = |at: usize| {
        let length = memchr::memchr3(b'\\', b'`', b'$', bytes.get(at..)?)?;
        Some(at + length)
    };
    while let Some(special) = next(at) {
        at = match bytes.get(special) {
            Some(b'`') => command(text, special + 1, b'`', start, &mut out),
            Some(b'$') => dollar(text, special, start, &mut out),
            _ => special + 2,
        };
    }
    out
}

/// Handles the `$` at byte `at`; returns the byte to go on from.
fn dollar(text: &str, at: usize, start: TextSize, out: &mut Scanned) -> usize {
    let rest = text.get(at + 1..).unwrap_or_default();
    if let Some(sum) = rest.strip_prefix("((")
        && let Some(length) = sum_length(sum)
    {
        let sum = sum.get(..length).unwrap_or_default();
        names_of_sum(sum, start + size(at + 3), out);
        return at + 3 + length + 2;
    }
    if let Some(sum) = rest.strip_prefix('[')
        && let Some(length) = sum.find([']', '[', '\n', '`', '\'', '"'])
        && sum.get(length..).is_some_and(|end| end.starts_with(']'))
    {
        let sum = sum.get(..length).unwrap_or_default();
        names_of_sum(sum, start + size(at + 2), out);
        return at + 2 + length + 1;
    }
    if rest.starts_with('(') {
        return command(text, at + 2, b')', start, out);
    }
    let (name, end) = if let Some(braced) = rest.strip_prefix('{') {
        // `${#x}`, `${!x}`.
        let named = braced
            .strip_prefix(['#', '!'])
            .filter(|inner| inner.starts_with(is_start));
        let inner = named.unwrap_or(braced);
        let name = parameter(inner);
        let after = inner.get(name.len()..).unwrap_or_default();
        let Some(close) = after.find('}') else {
            return at + 2;
        };
        let end = at + 2 + (braced.len() - inner.len()) + name.len() + close + 1;
        // `${!x@}` lists names.
        if braced.starts_with('!') && after.starts_with(['@', '*']) {
            return end;
        }
        if after.trim_start_matches(':').starts_with('=') {
            out.assigned.push(SmolStr::new(name));
        }
        // `${x:-y}` and its like say themselves what happens when `x` is unset.
        if after
            .trim_start_matches(':')
            .starts_with(['-', '=', '+', '?'])
        {
            return end;
        }
        (name, end)
    } else {
        let name = parameter(rest);
        (name, at + 1 + name.len())
    };
    if name.is_empty() {
        return at + 1;
    }
    let range = TextRange::new(start + size(at), start + size(end));
    let after = text.get(end..).unwrap_or_default();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let length = after.find(|c| !is_part(c)).unwrap_or(after.len());
    out.expansions.push(Expansion {
        name: SmolStr::new(name),
        range,
        rest: SmolStr::new(after.get(..length).unwrap_or_default()),
    });
    end
}

fn is_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

/// The parameter name at the start of `text`: an identifier, one digit, or one special character.
fn parameter(text: &str) -> &str {
    let identifier = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let length = match text.chars().next() {
        Some(c) if is_start(c) => text.find(|c| !identifier(c)).unwrap_or(text.len()),
        Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => 1,
        _ => 0,
    };
    text.get(..length).unwrap_or_default()
}

/// Skips a command substitution whose text begins at `from`, noting the files it prints.
fn command(text: &str, from: usize, close: u8, start: TextSize, out: &mut Scanned) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (from, 0usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\'' if close == b')' => {
                at += bytes
                    .iter()
                    .skip(at + 1)
                    .position(|&b| b == b'\'')
                    .map_or(0, |n| n + 1);
            }
            b'(' if close == b')' => depth += 1,
            b if b == close && depth == 0 => break,
            b')' if close == b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    let inner = text.get(from..at.min(text.len())).unwrap_or_default();
    splices(inner, out);
    names_of_command(inner, start + size(from), out);
    at + 1
}

/// Notes the parameters in a command substitution that nothing in it sets, as far as that can be
/// told: where it has more than simple commands, none is noted.
fn names_of_command(command: &str, start: TextSize, out: &mut Scanned) {
    let keywords = [
        "for", "while", "read", "function", "local", "eval", "select", "case", "awk",
    ];
    let mut words = command.split(|c: char| c.is_whitespace() || ";|&()`".contains(c));
    if command.contains(['=', '\'', '\\', '{', '`', '(']) || words.any(|w| keywords.contains(&w)) {
        return;
    }
    for (at, _) in command.match_indices('$') {
        let name = parameter(command.get(at + 1..).unwrap_or_default());
        if name.starts_with(is_start) {
            let range = TextRange::at(start + size(at), size(name.len() + 1));
            let name = SmolStr::new(name);
            let rest = SmolStr::default();
            out.inner.push(Expansion { name, range, rest });
        }
    }
}

/// Returns the length of the sum before the `))` that ends it.
fn sum_length(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' => return text.get(at + 1..)?.starts_with(')').then_some(at),
            b'\n' | b'`' | b'\'' | b'"' => return None,
            _ => {}
        }
    }
    None
}

/// Returns whether a sum gives a variable a value that it need not have before: `x = 1`, and not
/// `x += 1` or `x == 1`.
fn assigns(sum: &str) -> bool {
    sum.match_indices('=').any(|(at, _)| {
        let (before, rest) = sum.split_at_checked(at).unwrap_or_default();
        !before.ends_with(|c: char| "=!<>+-*/%&^|".contains(c)) && !rest.starts_with("==")
    })
}

/// Notes the variables of a sum, which need no `$` there.
fn names_of_sum(sum: &str, start: TextSize, out: &mut Scanned) {
    // What is assigned in it, or more than names and operators, is left out.
    let has_more = sum.match_indices('{').any(|(at, _)| {
        let (before, inner) = sum.split_at_checked(at).unwrap_or_default();
        let inner = inner.trim_start_matches('{');
        let rest = inner.strip_prefix(parameter(inner)).unwrap_or_default();
        !before.ends_with('$') || !rest.starts_with('}')
    });
    if has_more || sum.contains(['#', '[', '\\', ',']) || sum.contains("$(") || assigns(sum) {
        return;
    }
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let mut rest = sum;
    while let Some(from) = rest.find(is_part) {
        rest = rest.get(from..).unwrap_or_default();
        let name = rest.split(|c| !is_part(c)).next().unwrap_or_default();
        let at = start + size(sum.len() - rest.len());
        rest = rest.get(name.len()..).unwrap_or_default();
        if name.starts_with(is_start) {
            let range = TextRange::at(at, size(name.len()));
            let name = SmolStr::new(name);
            let rest = SmolStr::default();
            out.inner.push(Expansion { name, range, rest });
        }
    }
}

/// `cat "$X"`, anywhere in a command substitution.
fn splices(command: &str, out: &mut Scanned) {
    let mut rest = command;
    while let Some(at) = rest.find("cat ") {
        rest = rest.get(at + 4..).unwrap_or_default();
        let argument = rest.trim_start_matches(['"', ' ']);
        if let Some(variable) = argument.strip_prefix('$') {
            let name = parameter(variable.trim_start_matches('{'));
            if !name.is_empty() {
                out.splices.push(SmolStr::new(name));
            }
        }
    }
}

fn size(at: usize) -> TextSize {
    TextSize::try_from(at).unwrap_or_default()
}
