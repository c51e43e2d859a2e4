//! Values that scripts give to variables, as far as reading tells.

use std::ops::Deref;

use smol_str::{SmolStr, format_smolstr};

/// A text that is known, save for parts that only a build knows: the day, the runner's paths.
///
/// Dates are written out for [`SAMPLE_DATE`], so that a pattern can be tried on them; the root of
/// the checkout is `.`, and a variable of the runner `$NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Value {
    text: SmolStr,
    marks: MarkedRanges,
}

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValuePiece<'v> {
    /// A text that stands for itself.
    Text(&'v str),
    /// The date of the build, written out for [`SAMPLE_DATE`].
    Date(&'v str),
    /// The root of the checkout.
    CheckoutRoot,
    /// A variable whose value only the runner knows, by its name.
    RunnerPath(&'v str),
}

/// A part of a value's text that does not stand for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct MarkedRange {
    /// The byte offset at which it begins.
    start: u32,
    /// The byte offset at which it ends.
    end: u32,
    kind: MarkKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum MarkKind {
    Date,
    CheckoutRoot,
    RunnerPath,
}

/// The marks of a value, in order. Nearly all values have one or none, which allocates nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
enum MarkedRanges {
    #[default]
    None,
    One(MarkedRange),
    Several(Box<[MarkedRange]>),
}

impl Deref for MarkedRanges {
    type Target = [MarkedRange];

    fn deref(&self) -> &[MarkedRange] {
        match self {
            MarkedRanges::None => &[],
            MarkedRanges::One(mark) => std::slice::from_ref(mark),
            MarkedRanges::Several(marks) => marks,
        }
    }
}

impl MarkedRanges {
    /// These marks and then others, of a text that begins `shift` bytes later.
    fn and(&self, others: &[MarkedRange], shift: usize) -> MarkedRanges {
        let shift = u32::try_from(shift).unwrap_or(u32::MAX);
        let shifted = |mark: &MarkedRange| MarkedRange {
            start: mark.start.saturating_add(shift),
            end: mark.end.saturating_add(shift),
            kind: mark.kind,
        };
        match (&**self, others) {
            (_, []) => self.clone(),
            ([], [other]) => MarkedRanges::One(shifted(other)),
            (marks, others) => {
                let marks = marks.iter().copied();
                MarkedRanges::Several(marks.chain(others.iter().map(shifted)).collect())
            }
        }
    }
}

/// Day that stands for the day of the build in [`Value::sample`], as `date -d` takes it.
pub const SAMPLE_DATE: &str = "2026-01-02 03:04:05";

impl Value {
    /// A text that stands for itself.
    pub fn literal(text: &str) -> Value {
        Value {
            text: SmolStr::new(text),
            marks: MarkedRanges::None,
        }
    }

    /// The value of a variable that only the runner knows.
    pub fn runner_path(name: &str) -> Value {
        Value::marked(
            format_smolstr!("${name}"),
            name.len() + 1,
            MarkKind::RunnerPath,
        )
    }

    /// A path of the checkout, from its root; the empty one is the root itself.
    pub fn below_root(path: &str) -> Value {
        let text = if path.is_empty() {
            SmolStr::new_static(".")
        } else {
            format_smolstr!("./{path}")
        };
        Value::marked(text, 1, MarkKind::CheckoutRoot)
    }

    /// A text whose first bytes do not stand for themselves.
    fn marked(text: SmolStr, length: usize, kind: MarkKind) -> Value {
        let end = u32::try_from(length).unwrap_or(u32::MAX);
        let marks = MarkedRanges::One(MarkedRange {
            start: 0,
            end,
            kind,
        });
        Value { text, marks }
    }

    /// Output of `date +FORMAT`; `None` for a format that is not understood.
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
        let length = text.len();
        Some(Value::marked(SmolStr::new(text), length, MarkKind::Date))
    }

    /// This text and then another.
    pub fn concat(&self, other: &Value) -> Value {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Value {
            text: SmolStr::from_iter([self.text.as_str(), other.text.as_str()]),
            marks: self.marks.and(&other.marks, self.text.len()),
        }
    }

    /// The text, with dates written out for the sample date.
    pub fn sample(&self) -> &str {
        &self.text
    }

    /// The text, if no part of it is a date.
    pub fn fixed(&self) -> Option<&str> {
        (!self.is_dated()).then_some(&*self.text)
    }

    /// The text, if all of it stands for itself.
    pub fn as_literal(&self) -> Option<&str> {
        self.marks.is_empty().then_some(&*self.text)
    }

    /// Returns whether it is the empty text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Compares it with another; `None` where that depends on the day.
    pub fn equals(&self, other: &Value) -> Option<bool> {
        let fixed = !self.is_dated() && !other.is_dated();
        fixed.then(|| self == other)
    }

    /// Returns whether a part of it is the date of the build.
    pub fn is_dated(&self) -> bool {
        self.marks.iter().any(|mark| mark.kind == MarkKind::Date)
    }

    /// The path from the root of the checkout, if it leads there.
    pub fn path_below_root(&self) -> Option<&str> {
        let mark = self.marks.first()?;
        let leads = mark.kind == MarkKind::CheckoutRoot && mark.start == 0;
        let path = self.text.get(mark.end as usize..).filter(|_| leads)?;
        Some(path.trim_start_matches('/'))
    }

    /// The text after a variable of the runner, if the value begins with that.
    pub fn after_runner_path(&self, name: &str) -> Option<&str> {
        let mark = self.marks.first()?;
        let variable = self.text.get(1..mark.end as usize)?;
        let begins = mark.kind == MarkKind::RunnerPath && mark.start == 0 && variable == name;
        self.text.get(mark.end as usize..).filter(|_| begins)
    }

    /// The text with every date replaced by `with`.
    pub fn with_stamps_as(&self, with: &str) -> String {
        let mut out = String::with_capacity(self.text.len());
        for (kind, text) in self.segments() {
            let is_date = kind == Some(MarkKind::Date);
            out.push_str(if is_date { with } else { text });
        }
        out
    }

    /// A regular expression that matches the text on any day: numbers in dates are `\d+`, the rest
    /// stands for itself.
    pub fn pattern(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        for (kind, text) in self.segments() {
            match kind {
                Some(MarkKind::Date) => date_pattern(text, &mut out),
                _ => escape(text, &mut out),
            }
        }
        out
    }

    /// The parts of the text, in order.
    pub fn pieces(&self) -> impl Iterator<Item = ValuePiece<'_>> {
        self.segments().map(|(kind, text)| match kind {
            None => ValuePiece::Text(text),
            Some(MarkKind::Date) => ValuePiece::Date(text),
            Some(MarkKind::CheckoutRoot) => ValuePiece::CheckoutRoot,
            Some(MarkKind::RunnerPath) => ValuePiece::RunnerPath(text.trim_start_matches('$')),
        })
    }

    /// The parts of the text with what they are marked as, in order; none is empty.
    fn segments(&self) -> impl Iterator<Item = (Option<MarkKind>, &str)> {
        let end = self.text.len();
        let starts = self.marks.iter().map(|mark| mark.start as usize);
        let ends = std::iter::once(0).chain(self.marks.iter().map(|mark| mark.end as usize));
        let between = ends.zip(starts.chain([end]));
        let marked = self.marks.iter().map(Some).chain([None]);
        between
            .zip(marked)
            .flat_map(|((from, to), mark)| {
                let marked = mark.map(|m| (Some(m.kind), m.start as usize..m.end as usize));
                std::iter::once((None, from..to)).chain(marked)
            })
            .filter_map(|(kind, range)| Some((kind, self.text.get(range)?)))
            .filter(|(_, text)| !text.is_empty())
    }
}

/// Writes a regular expression that matches a text.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if ".+*?()[]{}|^$\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Writes a regular expression that matches a date of any day.
fn date_pattern(date: &str, out: &mut String) {
    let mut rest = date;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, number) = rest.split_at_checked(at).unwrap_or_default();
        escape(text, out);
        out.push_str("\\d+");
        rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    escape(rest, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_pieces() {
        use ValuePiece::*;
        let date = Value::date("%Y%m%d").unwrap();
        let path = Value::runner_path("INSTALL").concat(&Value::literal("/etc"));
        let all = Value::literal("a-").concat(&date).concat(&path);
        let all = all.concat(&Value::below_root("image-scripts"));
        assert_eq!(all.sample(), "a-20260102$INSTALL/etc./image-scripts");
        let pieces: Vec<ValuePiece<'_>> = all.pieces().collect();
        let expected = [
            Text("a-"),
            Date("20260102"),
            RunnerPath("INSTALL"),
            Text("/etc"),
            CheckoutRoot,
            Text("/image-scripts"),
        ];
        assert_eq!(pieces, expected);
        assert_eq!(all.fixed(), None);
        assert_eq!(path.fixed(), Some("$INSTALL/etc"));
        assert_eq!(path.as_literal(), None);
        assert_eq!(Value::default().pieces().count(), 0);
    }

    #[test]
    fn paths_begin_at_the_root_or_at_the_runners() {
        let below = Value::below_root("").concat(&Value::literal("/include"));
        assert_eq!(below.path_below_root(), Some("include"));
        assert_eq!(Value::below_root("a/b").path_below_root(), Some("a/b"));
        assert_eq!(Value::literal("./a").path_below_root(), None);
        let script = Value::runner_path("CONFIGURE");
        assert_eq!(script.after_runner_path("CONFIGURE"), Some(""));
        assert_eq!(script.after_runner_path("CONFIG"), None);
        assert_eq!(
            Value::literal("$CONFIGURE").after_runner_path("CONFIGURE"),
            None
        );
    }

    #[test]
    fn patterns_match_on_any_day() {
        let value = Value::literal("1.5-").concat(&Value::date("%Y.%m").unwrap());
        assert_eq!(value.pattern(), "1\\.5-\\d+\\.\\d+");
        assert_eq!(value.with_stamps_as("DATE"), "1.5-DATE");
    }
}
