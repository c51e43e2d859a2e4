//! Pieces of a log to lines: bounded, counted, and without what a CI, a terminal or a serial console
//! put around them.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The most bytes of a line that are looked at. No message of a tool is that long.
const MAX_LINE: usize = 16 * 1024;

/// Splits a log into lines.
#[derive(Debug, Default)]
pub(crate) struct LineSplitter {
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// Set after a return at the end of a piece: the next byte tells what it is.
    after_return: bool,
    /// Number of lines that ended.
    ended: usize,
}

/// A line of a log.
pub(crate) struct Line<'l> {
    /// Number of the line, from 1.
    pub(crate) number: usize,
    /// Bytes of the line, as they are in the log.
    pub(crate) bytes: &'l [u8],
    /// Set when a terminal would write the next line over it, as over a progress bar.
    pub(crate) is_overwritten: bool,
}

impl LineSplitter {
    /// Calls `each` with every line that ends in a piece of the log.
    pub(crate) fn feed(&mut self, piece: &[u8], mut each: impl FnMut(Line<'_>)) {
        let mut left = piece;
        if self.after_return
            && let Some(first) = left.first()
        {
            let is_overwritten = *first != b'\n';
            left = left.strip_prefix(b"\n").unwrap_or(left);
            self.end_line(b"", is_overwritten, &mut each);
        }
        while let Some(at) = memchr2(b'\n', b'\r', left) {
            let (line, end) = left.split_at(at);
            match end {
                [b'\r'] => {
                    self.keep(line);
                    self.after_return = true;
                    return;
                }
                [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => {
                    self.end_line(line, false, &mut each);
                    left = after;
                }
                _ => {
                    self.end_line(line, true, &mut each);
                    left = end.get(1..).unwrap_or_default();
                }
            }
        }
        self.keep(left);
    }

    fn end_line(&mut self, line: &[u8], is_overwritten: bool, each: &mut impl FnMut(Line<'_>)) {
        let number = self.ended + 1;
        let mut bytes = line.get(..MAX_LINE).unwrap_or(line);
        if !self.rest.is_empty() {
            self.keep(line);
            bytes = &self.rest;
        }
        each(Line {
            number,
            bytes,
            is_overwritten,
        });
        self.rest.clear();
        self.after_return = false;
        self.ended += usize::from(!is_overwritten);
    }

    /// Calls `each` with the last line, if the log does not end with the end of one.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(Line<'_>)) {
        if !self.rest.is_empty() {
            self.end_line(b"", false, &mut each);
        }
        *self = LineSplitter::default();
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE.saturating_sub(self.rest.len());
        self.rest
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

/// Returns the text of a line without its time stamp and colours.
pub(crate) fn clean(line: &[u8]) -> Cow<'_, [u8]> {
    let line = without_stamp(line);
    let has_escape = memchr2(0x1b, b'^', line).is_some();
    let line = if has_escape {
        Cow::Owned(without_escapes(line))
    } else {
        Cow::Borrowed(line)
    };
    match line {
        Cow::Borrowed(line) => Cow::Borrowed(trim_end(line)),
        Cow::Owned(mut line) => {
            line.truncate(trim_end(&line).len());
            Cow::Owned(line)
        }
    }
}

/// Returns as much of a text as fits into some bytes.
pub(crate) fn beginning(text: &str, longest: usize) -> &str {
    let mut ends = (0..=longest.min(text.len())).rev();
    let end = ends.find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// Returns a line without blanks at its end, and without the return that a console made visible.
fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    line.strip_suffix(b"^M").unwrap_or(line).trim_ascii_end()
}

/// Returns a line without the time stamp of a CI: `2026-08-17T21:18:03.1234567Z `. Columns with the
/// names of the job and the step may stand before it.
pub(crate) fn without_stamp(line: &[u8]) -> &[u8] {
    // A mark of UTF-8 begins logs of GitHub.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let mut text = line;
    for _ in 0..3 {
        if let Some(rest) = after_stamp(text) {
            return rest;
        }
        match text
            .get(..200.min(text.len()))
            .and_then(|start| memchr(b'\t', start))
        {
            Some(tab) => text = text.get(tab + 1..).unwrap_or_default(),
            None => return line,
        }
    }
    line
}

fn after_stamp(line: &[u8]) -> Option<&[u8]> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let (stamp, rest) = line.split_at_checked(SHAPE.len())?;
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == shape,
    };
    if !stamp.iter().zip(SHAPE).all(fits) {
        return None;
    }
    let fraction = rest
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b'.')
        .count();
    let rest = rest.get(fraction..)?.strip_prefix(b"Z")?;
    match rest {
        [] => Some(rest),
        // GitLab: a number and a letter of the stream.
        [b' ', one, two, b'O' | b'E', rest @ ..]
            if one.is_ascii_digit() && two.is_ascii_digit() =>
        {
            Some(
                rest.strip_prefix(b"+")
                    .or(rest.strip_prefix(b" "))
                    .unwrap_or(rest),
            )
        }
        [b' ', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Returns a line without the escape sequences of terminals, also those that a console made visible.
fn without_escapes(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut left = line;
    while let Some(at) = memchr2(0x1b, b'^', left) {
        let (before, found) = left.split_at(at);
        out.extend_from_slice(before);
        left = match found {
            [0x1b, sequence @ ..] => after_sequence(sequence),
            [b'^', b'[', sequence @ ..] if sequence.starts_with(b"[") => after_sequence(sequence),
            _ => {
                out.push(b'^');
                found.get(1..).unwrap_or_default()
            }
        };
    }
    out.extend_from_slice(left);
    out
}

/// Returns what comes after an escape sequence, of which the escape itself is gone.
fn after_sequence(text: &[u8]) -> &[u8] {
    let end = match text.first() {
        Some(b'[') => {
            let parameters = text.iter().skip(1);
            let length = parameters.take_while(|b| (0x20..0x40).contains(*b)).count();
            length + 2
        }
        // A title or a link, up to a bell.
        Some(b']') => memchr(0x07, text).map_or(text.len(), |bell| bell + 1),
        Some(_) => 1,
        None => 0,
    };
    text.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&str]) -> Vec<(usize, String)> {
        let mut splitter = LineSplitter::default();
        let mut found = Vec::new();
        let mut each = |line: Line<'_>| {
            let text = String::from_utf8_lossy(&clean(line.bytes)).into_owned();
            found.push((line.number, text));
        };
        for piece in pieces {
            splitter.feed(piece.as_bytes(), &mut each);
        }
        splitter.finish(&mut each);
        found
    }

    #[test]
    fn lines_do_not_depend_on_the_pieces() {
        let expected = [
            (1, "one".to_owned()),
            (2, "two".to_owned()),
            (3, String::new()),
            (4, "three".to_owned()),
        ];
        assert_eq!(lines(&["one\ntwo\n\nthree"]), expected);
        assert_eq!(lines(&["on", "e\nt", "wo", "\n", "\nth", "ree"]), expected);
    }

    #[test]
    fn a_long_line_is_cut() {
        let long = "x".repeat(1 << 20);
        let found = lines(&[&long, "\nnext\n"]);
        assert_eq!(found[0].1.len(), MAX_LINE);
        assert_eq!(found[1], (2, "next".to_owned()));
    }

    #[test]
    fn lines_are_clean() {
        for (line, text) in [
            ("\u{1b}[0;1;31mFAILED\u{1b}[0m x", "FAILED x"),
            ("[^[[0;1;31mFAILED^[[0m] x^M", "[FAILED] x"),
            ("2026-08-17T21:18:03.1234567Z + x", "+ x"),
            ("test\tRun tests\t2026-08-17T21:18:03.1234567Z + x", "+ x"),
            ("2026-08-17T21:18:03.123456Z 01O + x", "+ x"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("2026-08-17T21:18:03+02:00 x", "2026-08-17T21:18:03+02:00 x"),
            ("a\tb\tc", "a\tb\tc"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(lines(&[line]), [(1, text.to_owned())], "{line:?}");
        }
    }

    #[test]
    fn progress_is_overwritten() {
        let expected = [(1, "10%"), (1, "20%"), (1, "curl: x"), (2, "y")];
        let expected = expected.map(|(number, text)| (number, text.to_owned()));
        assert_eq!(lines(&["10%\r20%\rcurl: x\r\ny\n"]), expected);
        assert_eq!(lines(&["10%\r", "20%", "\rcurl: x\r", "\ny\r\n"]), expected);
    }
}
