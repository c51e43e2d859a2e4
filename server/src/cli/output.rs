//! Output of the commands. Names and contents of a checkout are in it, and programs read it as well
//! as people: terminals obey escape sequences, and GitHub, Azure and TeamCity take lines of a log as
//! commands. So there is one way out, a [`Page`], and a text gets onto it as a line that is no
//! more than a line.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use clap::Parser;
use serde::Serialize;

use super::CommandStatus;
use syntax::escape::{escape_control, escape_control_in_lines, replace_hidden};

/// What the second hash of `##[` is written as. With it, `##vso[` or `##teamcity[`, a command in the
/// log of a CI begins, anywhere in a line.
pub(super) const HASH: &str = "\\u{23}";

/// Text for standard output.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Returns a page of our own text: nothing of a checkout is in it, or it is made safe already.
    pub(super) fn own(text: String) -> Page {
        Page { text }
    }

    /// Returns a page with a value as JSON. Its strings are the true ones, also where they contain
    /// what must not be shown: that is escaped as JSON does.
    pub(super) fn json(value: &impl Serialize) -> Result<Page, String> {
        let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
        Ok(Page {
            text: json_escaped(&text) + "\n",
        })
    }

    /// Returns a page with a value as JSON on one line, for a variable of a CI.
    pub(super) fn json_line(value: &impl Serialize) -> Result<Page, String> {
        let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
        Ok(Page {
            text: json_escaped(&text) + "\n",
        })
    }

    /// Adds a line, whatever there is in it.
    pub(super) fn line(&mut self, line: fmt::Arguments<'_>) {
        self.text.push_str(&safe_line(&line.to_string()));
        self.text.push('\n');
    }

    /// Adds a line of a file, with its tabs.
    pub(super) fn excerpt(&mut self, line: fmt::Arguments<'_>) {
        let line = line.to_string();
        // All line ends but the last one, which is ours.
        let line = line.replace('\n', "\\n");
        self.text
            .push_str(&no_command(&escape_control_in_lines(&line)));
        self.text.push('\n');
    }

    /// Adds our own text.
    pub(super) fn push_own(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// Writes to standard output, with colours only where they are wanted. A closed pipe is no error.
pub(super) fn print(page: &Page) -> Result<CommandStatus, String> {
    write(anstream::stdout().lock(), &page.text)
}

/// Writes a patch, or a script. Programs get the texts as they are, as from git: a patch with other
/// contents does not apply. On a terminal nobody applies it.
pub(super) fn print_exact(text: &str) -> Result<CommandStatus, String> {
    let out = io::stdout();
    if out.is_terminal() {
        return write(out.lock(), &escape_control_in_lines(text));
    }
    write(out.lock(), text)
}

fn write(mut out: impl Write, text: &str) -> Result<CommandStatus, String> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {error}"))
        }
        _ => Ok(CommandStatus::Clean),
    }
}

/// Writes a message to standard error.
pub(super) fn note(message: &str) {
    let line = safe_line(&format!("image-scripts-ls: {message}"));
    let _ = writeln!(io::stderr(), "{line}");
}

/// Returns a text as one line that is neither more lines nor a command.
fn safe_line(text: &str) -> String {
    no_command(&escape_control(text))
}

/// Returns a line that is no command.
fn no_command(line: &str) -> String {
    let line = without_commands(line).into_owned();
    let trimmed = line.trim_start();
    match trimmed.strip_prefix("::") {
        // Blanks before it do not count for GitHub.
        Some(rest) => {
            let blanks = line.len() - trimmed.len();
            let blanks = line.get(..blanks).unwrap_or_default();
            format!("{blanks}:\\u{{3a}}{rest}")
        }
        None => line,
    }
}

/// Returns a text in which no command of a log begins.
pub(super) fn without_commands(text: &str) -> Cow<'_, str> {
    replace_hashes(text, HASH)
}

/// Returns the offsets at which a text has the second hash of the beginning of a command.
pub(super) fn commands(text: &str) -> impl Iterator<Item = usize> {
    let hashes = text.match_indices("##[");
    let hashes = hashes.chain(text.match_indices("##vso["));
    let hashes = hashes.chain(text.match_indices("##teamcity["));
    hashes.map(|(at, _)| at + 1)
}

fn replace_hashes<'t>(text: &'t str, written: &str) -> Cow<'t, str> {
    let mut hashes: Vec<usize> = commands(text).collect();
    if hashes.is_empty() {
        return Cow::Borrowed(text);
    }
    hashes.sort_unstable();
    let mut out = String::new();
    let mut copied = 0;
    for at in hashes {
        out.push_str(text.get(copied..at).unwrap_or_default());
        out.push_str(written);
        copied = at + 1;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Returns JSON without characters that are hidden, or that begin a command: they are in strings,
/// where they can be escaped.
fn json_escaped(json: &str) -> String {
    let escaped = replace_hidden(json, |c| {
        let units = |c: char| c.encode_utf16(&mut [0; 2]).to_vec();
        let escape = |unit: &u16| format!("\\u{unit:04x}");
        // The line ends of the layout; serde escapes those of strings.
        (c != '\n').then(|| units(c).iter().map(escape).collect())
    });
    replace_hashes(&escaped, "\\u0023").into_owned()
}

/// Reads the arguments of the command line; ends the process where they are wrong.
pub(super) fn parse<A: Parser>() -> A {
    let words: Vec<OsString> = std::env::args_os().collect();
    A::try_parse_from(&words).unwrap_or_else(|error| {
        // clap repeats words as they are, so it gets words that can be repeated.
        let shown = words.iter().map(|word| safe_line(&word.to_string_lossy()));
        let error = match A::try_parse_from(shown) {
            Err(error) => error,
            Ok(_) => A::command().error(error.kind(), "the arguments cannot be read"),
        };
        error.exit()
    })
}

/// Has panics print one line where their messages contain what must not be printed. The message of
/// a wrong slice, for one, quotes the text.
pub(super) fn hook_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        match (text, panic.location()) {
            (Some(text), Some(at)) if safe_line(text) != text => {
                note(&format!("panicked at {at}: {text}"));
            }
            _ => default(panic),
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_a_line_and_no_command() {
        for (text, line) in [
            ("a: b::c ## d", "a: b::c ## d"),
            ("::error::x", r":\u{3a}error::x"),
            ("  \u{a0}::error::x", "  \u{a0}:\\u{3a}error::x"),
            ("x\n::error::y", r"x\n::error::y"),
            ("a ##[add-mask]b", r"a #\u{23}[add-mask]b"),
            ("###[x]", r"##\u{23}[x]"),
            (
                "##vso[x] ##teamcity[x]",
                r"#\u{23}vso[x] #\u{23}teamcity[x]",
            ),
            ("\u{feff}::error::x", r"\u{feff}::error::x"),
        ] {
            assert_eq!(safe_line(text), line);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn json_is_lossless_and_has_nothing_hidden(text in "[\u{0}-\u{a0}\u{200b}-\u{202f}\u{e0000}-\u{e0041}#\\[\"\\\\a]{0,24}") {
            let value = serde_json::json!({ "text": &text });
            let page = Page::json(&value).unwrap();
            let read: serde_json::Value = serde_json::from_str(&page.text).unwrap();
            prop_assert_eq!(&read, &value);
            let hidden = page.text.chars().any(|c| c.is_control() && c != '\n');
            prop_assert!(!hidden && !page.text.contains("##["), "{}", page.text);
        }

        #[test]
        fn lines_are_safe(text in "[ \t\r\n:#\\[a\u{1b}\u{202e}\u{3000}]{0,16}") {
            let line = safe_line(&text);
            prop_assert!(!line.contains(char::is_control) && !line.contains("##["), "{}", line);
            prop_assert!(!line.trim_start().starts_with("::"), "{}", line);
            prop_assert_eq!(safe_line(&line), line);
        }
    }
}
