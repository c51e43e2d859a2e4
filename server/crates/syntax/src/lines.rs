//! Lines of a text.

use super::{TextRange, TextSize};

/// Beginnings of a text's lines, as byte offsets.
///
/// A line ends at `\n` and nowhere else, as for Bash, Nix, git and all editors that keep the file as
/// it is. The protocol names a lone `\r` too, but the only clients that count one as the end of a
/// line (VS Code) have replaced it in the text that they send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Box<[TextSize]>,
    /// Counts of units before each block of the text, where a line is longer than a block: a
    /// position in a line of ten megabytes is found without counting them.
    blocks: Box<[Units]>,
}

/// Number of units of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    /// Code units of UTF-16.
    pub utf16: usize,
    /// Characters.
    pub characters: usize,
}

impl Units {
    /// Counts those of a text.
    pub fn of(text: &str) -> Units {
        if text.is_ascii() {
            return Units {
                utf16: text.len(),
                characters: text.len(),
            };
        }
        Units {
            utf16: text.encode_utf16().count(),
            characters: text.chars().count(),
        }
    }

    fn plus(self, other: Units) -> Units {
        Units {
            utf16: self.utf16 + other.utf16,
            characters: self.characters + other.characters,
        }
    }

    fn minus(self, other: Units) -> Units {
        Units {
            utf16: self.utf16.saturating_sub(other.utf16),
            characters: self.characters.saturating_sub(other.characters),
        }
    }
}

/// Bytes of a block.
const BLOCK: usize = 1 << 10;

impl Lines {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Lines {
        let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
        let bytes = text.as_bytes();
        let ends = memchr::memchr_iter(b'\n', bytes).map(|at| size(at + 1));
        let starts: Box<[TextSize]> = std::iter::once(size(0)).chain(ends).collect();
        let block = TextSize::try_from(BLOCK).unwrap_or_default();
        let nexts = starts.iter().skip(1).copied().chain([size(text.len())]);
        let lengths = starts.iter().zip(nexts).map(|(start, next)| next - *start);
        let has_long_line = lengths.max().is_some_and(|length| length > block);
        let blocks = if has_long_line {
            blocks(text)
        } else {
            Box::default()
        };
        Lines { starts, blocks }
    }

    /// Counts the units between the beginning of a line and an offset in it.
    pub fn units_before(&self, line: usize, offset: TextSize, text: &str) -> Units {
        let start = usize::from(self.start(line).unwrap_or_default());
        let offset = usize::from(offset);
        if offset.saturating_sub(start) <= BLOCK {
            return Units::of(text.get(start..offset).unwrap_or_default());
        }
        let before = |offset: usize| {
            let block = offset / BLOCK;
            let counted = self.blocks.get(block).copied().unwrap_or_default();
            let rest = text.get(block_start(text, block)..offset);
            counted.plus(Units::of(rest.unwrap_or_default()))
        };
        before(offset).minus(before(start))
    }

    /// Returns the zero-based line of a byte offset.
    pub fn line_of(&self, offset: TextSize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// Returns the byte offset at which a line begins; `None` after the last one.
    pub fn start(&self, line: usize) -> Option<TextSize> {
        self.starts.get(line).copied()
    }

    /// Returns the range of a line without its end, which is `\n` and any `\r` before it.
    pub fn range(&self, line: usize, text: &str) -> TextRange {
        let end_of_text = TextSize::of(text);
        let start = self.start(line).unwrap_or(end_of_text);
        let end = self.start(line + 1).unwrap_or(end_of_text);
        let content = text
            .get(usize::from(start)..usize::from(end))
            .unwrap_or_default();
        TextRange::at(start, TextSize::of(content.trim_end_matches(['\n', '\r'])))
    }

    /// Returns the number of lines; a text that ends in `\n` has an empty last one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

/// Counts the units before each block.
fn blocks(text: &str) -> Box<[Units]> {
    let mut counted = Units::default();
    let mut blocks = Vec::with_capacity(text.len() / BLOCK + 1);
    for block in 0..=text.len() / BLOCK {
        blocks.push(counted);
        let range = block_start(text, block)..block_start(text, block + 1);
        counted = counted.plus(Units::of(text.get(range).unwrap_or_default()));
    }
    blocks.into_boxed_slice()
}

/// Returns the byte offset at which a block begins: no character is in two.
fn block_start(text: &str, block: usize) -> usize {
    let mut at = (block * BLOCK).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "a test fails by a panic")]

    use super::*;

    #[test]
    fn units_of_long_lines_are_counted_like_those_of_short_ones() {
        let long: String = (0..3_000).map(|n| ["a", "é", "€", "😀"][n % 4]).collect();
        for text in [
            format!("short\n{long}\nü{long}{long}x\n"),
            "x".repeat(3 * BLOCK),
            format!("{}\nx", "é".repeat(BLOCK)),
        ] {
            let lines = Lines::new(&text);
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let at = TextSize::try_from(offset).unwrap();
                let line = lines.line_of(at);
                let start = usize::from(lines.start(line).unwrap());
                let expected = Units::of(text.get(start..offset).unwrap());
                assert_eq!(lines.units_before(line, at, &text), expected, "{offset}");
            }
        }
    }
}
