//! Conversion of byte offsets to positions of the protocol and back, in the three encodings that a
//! client may use.

use std::cmp::min;

use lsp_types::{Position, Range};

use model::File;
use syntax::lines::{Lines, Units};
use syntax::{TextRange, TextSize};

/// Unit in which a client counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, which every client understands.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// Returns the byte offset of a number of units in a line; its end, if it has fewer.
    pub fn offset(self, line: &str, units: usize) -> usize {
        let mut left = units;
        for (at, c) in line.char_indices() {
            let width = match self {
                Encoding::Utf8 => c.len_utf8(),
                Encoding::Utf16 => c.len_utf16(),
                Encoding::Utf32 => 1,
            };
            if left < width {
                return at;
            }
            left -= width;
        }
        line.len()
    }

    /// Returns the byte offset of a number of units in a line that may have its end: if it has fewer,
    /// the one before its end.
    pub fn offset_in_line(self, line: &str, units: usize) -> usize {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let content = line.trim_end_matches('\r');
        let after = line.len() - content.len();
        match units.checked_sub(self.width(content)) {
            // Each is one unit, whichever is counted.
            Some(more) if more <= after => content.len() + more,
            Some(_) => content.len(),
            None => self.offset(content, units),
        }
    }

    fn width(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => Units::of(text).utf16,
            Encoding::Utf32 => Units::of(text).characters,
        }
    }
}

/// Converts a byte offset to a position. One between the `\r` and the `\n` at the end of a line is
/// that before both: clients know no other.
pub fn position(text: &str, lines: &Lines, offset: TextSize, encoding: Encoding) -> Position {
    let offset = min(offset, TextSize::of(text));
    let line = lines.line_of(offset);
    let offset = min(offset, lines.range(line, text).end());
    let units = match encoding {
        Encoding::Utf8 => usize::from(offset - lines.start(line).unwrap_or_default()),
        Encoding::Utf16 => lines.units_before(line, offset, text).utf16,
        Encoding::Utf32 => lines.units_before(line, offset, text).characters,
    };
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        character: u32::try_from(units).unwrap_or(u32::MAX),
    }
}

/// Converts a range of bytes of a file.
pub fn range(file: &File, range: TextRange, encoding: Encoding) -> Range {
    Range {
        start: position(&file.text, file.lines(), range.start(), encoding),
        end: position(&file.text, file.lines(), range.end(), encoding),
    }
}

/// Converts a range of bytes of the text that a file's facts are from.
pub fn facts_range(file: &File, range: TextRange, encoding: Encoding) -> Range {
    let (text, lines) = file.facts_text();
    Range {
        start: position(text, lines, range.start(), encoding),
        end: position(text, lines, range.end(), encoding),
    }
}

/// Converts a position to a byte offset. After the end of a line that is its end, after the last
/// line the end of the text.
pub fn offset(text: &str, lines: &Lines, position: Position, encoding: Encoding) -> TextSize {
    let line = position.line as usize;
    let Some(start) = lines.start(line) else {
        return TextSize::of(text);
    };
    let next = lines.start(line + 1).unwrap_or(TextSize::of(text));
    let line = text
        .get(usize::from(start)..usize::from(next))
        .unwrap_or_default();
    start
        + TextSize::try_from(encoding.offset_in_line(line, position.character as usize))
            .unwrap_or_default()
}
