//! Variables in a text in which bash expands nothing. Read when they are requested, and not with the
//! facts: few texts are asked about.

use smol_str::SmolStr;

use super::super::super::{TextRange, TextSize};

/// Returns the variables that a text names as `$NAME` or `${NAME}`, where it begins at an offset of its
/// file. Empty if it has any other use of `$`, a backslash or backquotes: it is in another language.
pub fn named_variables(text: &str, start: TextSize) -> Vec<(SmolStr, TextRange)> {
    let mut found = Vec::new();
    if text.contains(['`', '\\']) {
        return found;
    }
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let after = rest.get(at + 1..).unwrap_or_default();
        let inner = after.strip_prefix('{').unwrap_or(after);
        let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let length = inner.find(|c| !is_part(c)).unwrap_or(inner.len());
        let (name, tail) = inner.split_at_checked(length).unwrap_or_default();
        let is_name = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
        let tail = match inner.len() == after.len() {
            true => Some(tail),
            false => tail.strip_prefix('}'),
        };
        let Some(tail) = tail.filter(|_| is_name) else {
            return Vec::new();
        };
        let offset = |rest: &str| TextSize::try_from(text.len() - rest.len()).unwrap_or_default();
        let from = offset(rest) + TextSize::try_from(at).unwrap_or_default();
        let range = TextRange::new(start + from, start + offset(tail));
        found.push((SmolStr::new(name), range));
        rest = tail;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::named_variables;
    use crate::TextSize;

    fn names(text: &str) -> String {
        let found = named_variables(text, TextSize::from(7));
        let shown = found.iter().map(|(name, range)| {
            format!(
                "{name} {}-{}",
                u32::from(range.start()),
                u32::from(range.end())
            )
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn plain_names() {
        assert_eq!(names("a $b ${c_1}\n$d/e"), "b 9-11, c_1 12-18, d 19-21");
        assert_eq!(names("nothing"), "");
    }

    #[test]
    fn other_languages() {
        for text in [
            "$a $1",
            "$a $(b)",
            "$a `b`",
            "$a ${b:-c}",
            "$a \\$b",
            "$a $",
            "$a ${b",
        ] {
            assert_eq!(names(text), "", "{text}");
        }
    }
}
