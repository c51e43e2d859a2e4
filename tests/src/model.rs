//! Documents, independently of the server: vectors of characters, edited as the protocol says.

use serde_json::{Value, json};

use crate::random::Random;

/// Unit that positions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Utf8,
    /// UTF-16 code units.
    Utf16,
    /// Characters.
    Utf32,
}

impl Unit {
    /// All of them.
    pub const ALL: [Unit; 3] = [Unit::Utf8, Unit::Utf16, Unit::Utf32];

    /// Returns the name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Utf8 => "utf-8",
            Unit::Utf16 => "utf-16",
            Unit::Utf32 => "utf-32",
        }
    }

    /// Returns the number of units of a text.
    pub fn count(self, text: &str) -> usize {
        text.chars().map(|c| self.width(c)).sum()
    }

    fn width(self, c: char) -> usize {
        match self {
            Unit::Utf8 => c.len_utf8(),
            Unit::Utf16 => c.len_utf16(),
            Unit::Utf32 => 1,
        }
    }
}

/// Document.
#[derive(Debug, Clone)]
pub struct Model {
    chars: Vec<char>,
    unit: Unit,
}

/// Pieces that random texts are made of: line ends of all kinds, characters of all widths, and some
/// that scripts and Nix files consist of.
const PIECES: [&str; 24] = [
    "a", "B", " ", "\t", "\n", "\r\n", "\r", "\n\n", "é", "ß", "汉", "字", "😀", "𝒳", "e\u{301}",
    "\u{feff}", "\"", "$", "{", "}", "<<EOF\n", "BUILDER=", "EOF\n", "\u{2028}",
];

impl Model {
    /// A document with a text.
    pub fn new(text: &str, unit: Unit) -> Model {
        Model {
            chars: text.chars().collect(),
            unit,
        }
    }

    /// Returns the text.
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// Returns the index of the start of each line, and of its end without line end. Only a line feed
    /// ends a line; carriage returns before it are not of the line's text either.
    fn lines(&self) -> Vec<(usize, usize)> {
        let text = |start: usize, end: usize| {
            let line = &self.chars[start..end];
            let returns = line.iter().rev().take_while(|c| **c == '\r').count();
            (start, end - returns)
        };
        let mut lines = Vec::new();
        let mut start = 0;
        for (at, c) in self.chars.iter().enumerate() {
            if *c == '\n' {
                lines.push(text(start, at));
                start = at + 1;
            }
        }
        lines.push(text(start, self.chars.len()));
        lines
    }

    /// Returns the index of a position: after the end of a line that is its end, unless it is among
    /// the carriage returns there; after the last line the end of the text.
    fn index(&self, line: usize, units: usize) -> usize {
        let Some((start, end)) = self.lines().get(line).copied() else {
            return self.chars.len();
        };
        let mut left = units;
        for at in start..end {
            let width = self.unit.width(self.chars[at]);
            if left < width {
                return at;
            }
            left -= width;
        }
        let rest = self.chars[end..].iter();
        match left <= rest.take_while(|c| **c == '\r').count() {
            true => end + left,
            false => end,
        }
    }

    /// Returns a random position: of a character, or after the end of a line, or of the text.
    fn random_position(&self, random: &mut Random) -> (usize, usize) {
        let lines = self.lines();
        if random.below(20) == 0 {
            return (lines.len() + random.below(3), random.below(5));
        }
        let line = random.below(lines.len());
        let (start, end) = lines[line];
        let before: String = self.chars[start..start + random.below(end - start + 1)]
            .iter()
            .collect();
        let beyond = if random.below(10) == 0 {
            self.unit.count("x").max(1) * (1 + random.below(1000))
        } else {
            0
        };
        let column = if beyond > 0 {
            self.line_units(line) + beyond
        } else {
            self.unit.count(&before)
        };
        (line, column)
    }

    fn line_units(&self, line: usize) -> usize {
        let (start, end) = self.lines()[line];
        self.unit
            .count(&self.chars[start..end].iter().collect::<String>())
    }

    /// Applies the edits of a `TextDocumentEdit`: their ranges are those of the text before.
    pub fn apply(&mut self, edits: &[Value]) {
        let index = |model: &Model, position: &Value| {
            let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
            model.index(number("line"), number("character"))
        };
        let indices = |edit: &Value| {
            (
                index(self, &edit["range"]["start"]),
                index(self, &edit["range"]["end"]),
            )
        };
        let mut replaced: Vec<_> = edits
            .iter()
            .map(|edit| (indices(edit), edit["newText"].as_str().unwrap()))
            .collect();
        replaced.sort_unstable();
        for ((start, end), text) in replaced.into_iter().rev() {
            self.chars.splice(start..end, text.chars());
        }
    }

    /// Makes a random change. Returns it as in the protocol.
    pub fn change(&mut self, random: &mut Random) -> Value {
        if random.below(40) == 0 {
            let text = random_text(random, 60);
            *self = Model::new(&text, self.unit);
            return json!({ "text": text });
        }
        let mut ends = [self.random_position(random), self.random_position(random)];
        ends.sort_unstable();
        if random.below(3) == 0 {
            ends[1] = ends[0];
        }
        let [start, end] = ends;
        let text = random_text(random, 4);
        let bytes = self.index(start.0, start.1)..self.index(end.0, end.1);
        self.chars.splice(bytes, text.chars());
        json!({ "range": crate::client::range(start, end), "text": text })
    }
}

/// Returns a random text of at most that many pieces.
pub fn random_text(random: &mut Random, pieces: usize) -> String {
    (0..random.below(pieces + 1))
        .map(|_| *random.pick(&PIECES))
        .collect()
}
