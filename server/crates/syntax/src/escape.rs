//! Characters that are not seen as what they are: control characters, which a terminal obeys, and
//! format characters, which hide or reorder the text around them. Whatever is shown of a checkout
//! goes through here.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;

/// Format characters that are invisible or change the direction of the text.
const FORMAT: [(char, char); 21] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200b}'),
    // Joiners: see `Hidden`.
    ('\u{200e}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e00ff}'),
    ('\u{e01f0}', '\u{e0fff}'),
];

fn is_hidden(c: char) -> bool {
    c.is_control()
        || (!c.is_ascii()
            && FORMAT
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&c)))
}

/// Joiners belong into words of some scripts and into emoji.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Tells whether a joiner can join a character.
fn is_joined(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !is_hidden(c) && !is_joiner(c)
}

/// Iterator over the hidden characters of a text.
struct Hidden<'t> {
    chars: Peekable<CharIndices<'t>>,
    before: Option<char>,
}

impl Iterator for Hidden<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        loop {
            let (at, c) = self.chars.next()?;
            let before = self.before.replace(c);
            let after = self.chars.peek().map(|(_, after)| *after);
            let joins = before.is_some_and(is_joined) && after.is_some_and(is_joined);
            if is_hidden(c) || (is_joiner(c) && !joins) {
                return Some((at, c));
            }
        }
    }
}

/// Returns the control characters and invisible characters of a text, with their offsets. Line ends
/// and tabs are among them; joiners between letters of a script, or of an emoji, are not.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> {
    Hidden {
        chars: text.char_indices().peekable(),
        before: None,
    }
}

/// Replaces the hidden characters of a text; all other text stays as it is. `replace` returns what
/// to write for one, or `None` to keep it.
pub fn replace_hidden(text: &str, replace: impl Fn(char) -> Option<String>) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in hidden(text) {
        if let Some(written) = replace(c) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            out.push_str(&written);
            copied = at + c.len_utf8();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Returns a text as one line that can be shown: hidden characters are written `\n` or `\u{1b}`.
pub fn escape_control(text: &str) -> Cow<'_, str> {
    replace_hidden(text, |c| Some(c.escape_default().to_string()))
}

/// Returns a text of several lines that can be shown: as [`escape_control`], without line ends and
/// tabs.
pub fn escape_control_in_lines(text: &str) -> Cow<'_, str> {
    replace_hidden(text, |c| match c {
        '\n' | '\t' => None,
        _ => Some(c.escape_default().to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, shown) in [
            ("\x1b[31mred\x1b[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("\x1b]8;;http://x\x07y", r"\u{1b}]8;;http://x\u{7}y"),
            ("a\r\n\tb\u{7f}\u{0}", r"a\r\n\tb\u{7f}\u{0}"),
            ("\u{9b}31m\u{85}", r"\u{9b}31m\u{85}"),
            ("\u{202e}cba\u{2069}", r"\u{202e}cba\u{2069}"),
            (
                "\u{2028}\u{2029}\u{feff}\u{200b}",
                r"\u{2028}\u{2029}\u{feff}\u{200b}",
            ),
            ("a\u{200d}b\u{200c}", r"a\u{200d}b\u{200c}"),
            ("\u{e0041}", r"\u{e0041}"),
        ] {
            assert_eq!(escape_control(text), shown);
        }
    }

    #[test]
    fn what_can_be_seen_stays() {
        for text in [
            "",
            r"a\b\n `x` $(y) %z",
            "Žluťoučký kůň",
            "日本語 العربية עברית",
            "👩🏽\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 🇨🇿",
            "می\u{200c}خواهم क्\u{200d}ष",
            "\u{a0}",
        ] {
            assert!(
                matches!(escape_control(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
        assert_eq!(escape_control_in_lines("a\n\tb\r\n"), "a\n\tb\\r\n");
    }

    /// Text of characters that matter.
    fn texts() -> impl Strategy<Value = String> {
        let known = proptest::sample::select(vec![
            '\u{1b}', '\n', '\t', '\u{9b}', '\u{200d}', '\u{200c}', '\u{202e}', '\u{feff}', 'a',
            'é', '👩', '💻', '\\',
        ]);
        let any = prop_oneof![3 => known, 1 => any::<char>()];
        proptest::collection::vec(any, 0..24).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn nothing_hidden_is_left(text in texts()) {
            let shown = escape_control(&text).into_owned();
            prop_assert_eq!(hidden(&shown).next(), None);
            prop_assert!(!shown.contains(char::is_control));
            prop_assert_eq!(escape_control(&shown), shown.as_str());
            if hidden(&text).next().is_none() {
                prop_assert_eq!(&shown, &text);
            }
        }
    }
}
