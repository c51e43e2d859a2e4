//! From the bytes of stdin to the bodies of messages, whatever the bytes are.
//!
//! Headers are read line by line, so that a fault costs one message, not the stream: what is not a
//! header is skipped up to the next line that ends in `Content-Length: <number>`. Consecutive
//! garbage is reported once, and no length makes us allocate more than what has arrived.

use std::fmt;
use std::ops::Range;

use memchr::{memchr, memmem};

/// Name of the header as every client spells it; only this spelling is looked for inside garbage.
const LENGTH: &[u8] = b"Content-Length:";
/// Longest header line, in bytes; what has no line end by then is garbage.
const MAX_LINE: usize = 4096;
/// Bytes of an overlong line that are kept, in case a header has begun at its end.
const KEPT: usize = 64;

/// Item of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MessageFrame {
    /// Complete body: its range in the buffer, valid until the next [`FrameReader::feed`].
    Body(Range<usize>),
    /// Headers of a message, or other bytes instead of them, that cannot be used.
    Malformed(HeaderFault),
}

/// Fault of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// Bytes that are not a header.
    Garbage,
    /// The header ends without a length.
    NoLength,
    /// The length is not a number.
    BadLength,
    /// The length is a number beyond what a message may have.
    TooLong,
    /// The body is announced in an encoding other than UTF-8.
    Charset,
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Garbage => "bytes that are not a header",
            Self::NoLength => "a header without Content-Length",
            Self::BadLength => "Content-Length is not a number",
            Self::TooLong => "Content-Length is beyond the limit",
            Self::Charset => "the charset is not utf-8",
        })
    }
}

/// Header being read.
#[derive(Debug, Default)]
struct Head {
    /// True after its first line: blank lines between messages are not a header.
    begun: bool,
    length: Option<usize>,
    fault: Option<HeaderFault>,
}

/// Cuts a stream of bytes into the bodies of messages.
#[derive(Debug)]
pub(super) struct FrameReader {
    buffer: Vec<u8>,
    /// Index of the first unread byte.
    at: usize,
    head: Head,
    /// Length of the body that comes next.
    body: Option<usize>,
    /// Bytes of an unwanted body that are still to be skipped.
    skip: usize,
    /// True if a fault has been reported and no header found since: what follows belongs to it.
    lost: bool,
    max_body: usize,
}

impl FrameReader {
    /// Makes one that refuses bodies longer than `max_body` bytes.
    pub(super) fn new(max_body: usize) -> Self {
        Self {
            buffer: Vec::new(),
            at: 0,
            head: Head::default(),
            body: None,
            skip: 0,
            lost: false,
            max_body,
        }
    }

    /// Adds what was read. Ranges handed out before are void.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.at = 0;
        // One large document must not stay allocated for the life of the server.
        if self.buffer.is_empty() && self.buffer.capacity() > (1 << 20) {
            self.buffer = Vec::new();
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the bytes of a [`MessageFrame::Body`].
    pub(super) fn body(&self, range: &Range<usize>) -> &[u8] {
        self.buffer.get(range.clone()).unwrap_or_default()
    }

    /// Takes a body back that was not JSON, which has been reported. If its length was wrong, the next
    /// message begins inside it: then reading goes on there.
    pub(super) fn reject(&mut self, range: &Range<usize>) {
        self.lost = true;
        if let Some(offset) = resume_in(self.body(range)) {
            self.at = range.start + offset;
        }
    }

    /// Returns the next item; `None` when more bytes are needed.
    pub(super) fn next(&mut self) -> Option<MessageFrame> {
        loop {
            let there = self.buffer.len().saturating_sub(self.at);
            if self.skip > 0 {
                let skipped = self.skip.min(there);
                self.at += skipped;
                self.skip -= skipped;
                if self.skip > 0 {
                    return None;
                }
            } else if let Some(length) = self.body {
                if there < length {
                    return None;
                }
                let range = self.at..self.at + length;
                self.at = range.end;
                self.body = None;
                return Some(MessageFrame::Body(range));
            } else if let Some(fault) = self.header_line()? {
                return Some(MessageFrame::Malformed(fault));
            }
        }
    }

    /// Reads one line of a header; `None` when the line has not arrived.
    fn header_line(&mut self) -> Option<Option<HeaderFault>> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let Some(end) = memchr(b'\n', rest) else {
            if rest.len() <= MAX_LINE {
                return None;
            }
            self.at = self.buffer.len() - KEPT;
            return Some(self.garbage());
        };
        let line = HeaderLine::read(rest.get(..end).unwrap_or_default().trim_ascii());
        self.at += end + 1;
        Some(match line {
            HeaderLine::Blank => self.header_end(),
            HeaderLine::Garbage => self.garbage(),
            HeaderLine::Length(length) => self.length(length),
            HeaderLine::LengthAfterGarbage(length) => {
                let fault = self.garbage();
                self.length(Ok(length)).or(fault)
            }
            HeaderLine::Charset => {
                self.head.begun = true;
                self.head.fault = Some(HeaderFault::Charset);
                None
            }
            HeaderLine::Other => {
                self.head.begun = true;
                None
            }
        })
    }

    /// Ends a header: what comes next is a body, or what we take for garbage.
    fn header_end(&mut self) -> Option<HeaderFault> {
        let head = std::mem::take(&mut self.head);
        let fault = match (head.fault, head.length) {
            _ if !head.begun => return None,
            (None, Some(length)) => {
                self.body = Some(length);
                return None;
            }
            (Some(fault), Some(length)) => {
                self.skip = length;
                return Some(fault);
            }
            (fault, None) => fault.unwrap_or(HeaderFault::NoLength),
        };
        let known = std::mem::replace(&mut self.lost, true);
        (!known).then_some(fault)
    }

    /// Takes a line with `Content-Length`, from which on we can read again. It replaces an unusable one.
    fn length(&mut self, length: Result<usize, HeaderFault>) -> Option<HeaderFault> {
        self.head.begun = true;
        self.lost = false;
        let before = self
            .head
            .fault
            .filter(|fault| *fault != HeaderFault::Charset);
        match length {
            Ok(length) if length <= self.max_body => {
                self.head.length = Some(length);
                if before.is_some() {
                    self.head.fault = None;
                }
                return before;
            }
            Ok(_) => self.head.fault = Some(HeaderFault::TooLong),
            Err(fault) => self.head.fault = Some(fault),
        }
        self.head.length = None;
        None
    }

    /// Takes what is not a header; reported at its beginning only.
    fn garbage(&mut self) -> Option<HeaderFault> {
        self.head = Head::default();
        let known = std::mem::replace(&mut self.lost, true);
        (!known).then_some(HeaderFault::Garbage)
    }
}

/// HeaderLine of a header.
enum HeaderLine {
    Blank,
    Length(Result<usize, HeaderFault>),
    /// End of something else, and a header after it on the same line.
    LengthAfterGarbage(usize),
    Charset,
    Other,
    Garbage,
}

impl HeaderLine {
    fn read(line: &[u8]) -> Self {
        if line.is_empty() {
            return Self::Blank;
        }
        let Some(colon) = memchr(b':', line) else {
            return Self::Garbage;
        };
        let name = line.get(..colon).unwrap_or_default();
        let value = line.get(colon + 1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"Content-Length") {
            return Self::Length(number(value));
        }
        if let Some(length) = length_after_garbage(line) {
            return Self::LengthAfterGarbage(length);
        }
        if name.is_empty() || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-') {
            return Self::Garbage;
        }
        if name.eq_ignore_ascii_case(b"Content-Type") && !is_utf8(value) {
            return Self::Charset;
        }
        Self::Other
    }
}

fn number(value: &[u8]) -> Result<usize, HeaderFault> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(HeaderFault::BadLength);
    }
    // All digits: what does not fit is too long.
    std::str::from_utf8(value)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or(HeaderFault::TooLong)
}

/// Returns the length of a header at the end of a line that begins with something else.
fn length_after_garbage(line: &[u8]) -> Option<usize> {
    let found = memmem::rfind(line, LENGTH)?;
    number(line.get(found + LENGTH.len()..)?.trim_ascii()).ok()
}

/// Returns whether a `Content-Type` names UTF-8, or nothing (which means UTF-8).
fn is_utf8(value: &[u8]) -> bool {
    let value = String::from_utf8_lossy(value).to_ascii_lowercase();
    let charset = value
        .split(';')
        .skip(1)
        .find_map(|parameter| parameter.trim().strip_prefix("charset="))
        .map(|charset| charset.trim_matches(['"', ' ']));
    matches!(charset, None | Some("utf-8" | "utf8"))
}

/// Returns the offset of the next message inside a body that is not JSON: after a complete object
/// (the length was too large), or at a header (it was too small for a message, and ran into others).
fn resume_in(body: &[u8]) -> Option<usize> {
    let mut values =
        serde_json::Deserializer::from_slice(body).into_iter::<serde::de::IgnoredAny>();
    if let Some(Ok(_)) = values.next() {
        return Some(values.byte_offset());
    }
    memmem::find_iter(body, LENGTH).find(|at| {
        let line = body.get(at + LENGTH.len()..).unwrap_or_default();
        // JSON has no raw line end inside a string: a number and a line end make a header.
        memchr(b'\n', line)
            .and_then(|end| line.get(..end))
            .is_some_and(|value| number(value.trim_ascii()).is_ok())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#[path = "tests/frames.rs"]
mod tests;
