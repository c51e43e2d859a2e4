//! Values that scripts give to variables, as far as reading tells.

use smol_str::SmolStr;

/// A text that is known, save that parts of it are date stamps of the day of the build.
///
/// Stamps are written out for [`SAMPLE_DATE`], so that a pattern can be tried on them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Value {
    text: SmolStr,
    /// The stamps: byte offsets of begin and end, in order.
    stamps: Vec<(usize, usize)>,
}

/// A text as a regular expression that matches it.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if ".+*?()[]{}|^$\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The day that stands for the day of the build in [`Value::sample`], as `date -d` takes it.
pub const SAMPLE_DATE: &str = "2026-01-02 03:04:05";

impl Value {
    /// A literal text.
    pub fn literal(text: &str) -> Value {
        Value {
            text: SmolStr::new(text),
            stamps: Vec::new(),
        }
    }

    /// What `date +FORMAT` prints; `None` for a format we cannot write out.
    pub fn date(format: &str) -> Option<Value> {
        let mut text = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '%' { chars.next() } else { None }) {
                ('%', Some('Y')) => text.push_str("2026"),
                ('%', Some('y')) => text.push_str("26"),
                ('%', Some('m')) => text.push_str("01"),
                ('%', Some('d')) => text.push_str("02"),
                ('%', Some('H')) => text.push_str("03"),
                ('%', Some('M')) => text.push_str("04"),
                ('%', Some('S')) => text.push_str("05"),
                ('%', Some('F')) => text.push_str("2026-01-02"),
                ('%', _) => return None,
                _ => text.push(c),
            }
        }
        let stamps = vec![(0, text.len())];
        Some(Value {
            text: SmolStr::new(text),
            stamps,
        })
    }

    /// This text and then that.
    pub fn concat(&self, other: &Value) -> Value {
        if self.text.is_empty() {
            return other.clone();
        }
        let shift = self.text.len();
        let mut stamps = self.stamps.clone();
        stamps.extend(other.stamps.iter().map(|(a, b)| (a + shift, b + shift)));
        Value {
            text: SmolStr::from_iter([self.text.as_str(), other.text.as_str()]),
            stamps,
        }
    }

    /// The text, stamps written out for the sample date.
    pub fn sample(&self) -> &str {
        &self.text
    }

    /// The text, if no part of it is a date stamp.
    pub fn fixed(&self) -> Option<&str> {
        self.stamps.is_empty().then_some(&*self.text)
    }

    /// Whether it is the empty text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a part of it is the date of the build.
    pub fn is_dated(&self) -> bool {
        !self.stamps.is_empty()
    }

    /// The text with every stamp replaced by `with`.
    pub fn with_stamps_as(&self, with: &str) -> String {
        self.map(str::to_owned, |_| with.to_owned())
    }

    /// A regular expression that matches the text on whatever day: numbers in stamps are `\d+`,
    /// the rest stands for itself.
    pub fn pattern(&self) -> String {
        self.map(escape, |stamp| {
            let mut out = String::new();
            let mut in_number = false;
            for c in stamp.chars() {
                if !c.is_ascii_digit() {
                    out.push_str(&escape(c.encode_utf8(&mut [0; 4])));
                } else if !in_number {
                    out.push_str("\\d+");
                }
                in_number = c.is_ascii_digit();
            }
            out
        })
    }

    /// Puts the text together anew from its literal parts and its stamps.
    fn map(&self, text: impl Fn(&str) -> String, stamp: impl Fn(&str) -> String) -> String {
        let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
        let mut out = String::new();
        let mut at = 0;
        for (start, end) in &self.stamps {
            out.push_str(&text(part(at, *start)));
            out.push_str(&stamp(part(*start, *end)));
            at = *end;
        }
        out.push_str(&text(part(at, self.text.len())));
        out
    }
}
