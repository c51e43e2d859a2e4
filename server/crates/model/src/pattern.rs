//! Patterns of garbage-collection entries: Ruby regular expressions, matched unanchored.
//!
//! They are tried with a small regex engine. Features of Ruby that it lacks (look-around, possessive
//! quantifiers, back references, ...) make the pattern unknown.

use std::sync::OnceLock;

use regex_lite::Regex;

/// A pattern, as far as it can be tried.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Letters and digits, which stand for themselves.
    Literal(String),
    /// A pattern that can be tried.
    Known {
        /// The pattern as written.
        source: String,
        /// Beginning of every text that it matches, as far as that is seen at a glance.
        prefix: String,
        /// Anywhere in a text.
        unanchored: Box<Regex>,
        /// All of a text. Made when it is first needed.
        whole: Box<OnceLock<Option<Regex>>>,
    },
    /// Valid for Ruby, but not for the engine.
    Unknown,
    /// Not a regular expression, with the reason.
    Invalid(String),
}

/// Features of Ruby's syntax that `regex-lite` lacks or reads differently.
const BEYOND: [&str; 8] = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?~", "(?(", "(?#"];

impl Pattern {
    /// Reads a pattern.
    pub fn new(source: &str) -> Pattern {
        if source.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Pattern::Literal(source.to_owned());
        }
        if is_read_differently(source) {
            return Pattern::Unknown;
        }
        let translated = translate(source);
        match Regex::new(&translated) {
            Ok(unanchored) => Pattern::Known {
                source: source.to_owned(),
                prefix: prefix(source).to_owned(),
                unanchored: Box::new(unanchored),
                whole: Box::default(),
            },
            Err(error) if is_beyond(source) => {
                let _ = error;
                Pattern::Unknown
            }
            Err(error) => Pattern::Invalid(error.to_string()),
        }
    }

    /// Returns whether it matches somewhere in a text; `None` if it cannot be tried.
    pub fn matches(&self, text: &str) -> Option<bool> {
        match self {
            Pattern::Literal(source) => Some(text.contains(source)),
            Pattern::Known {
                unanchored, prefix, ..
            } => Some(text.starts_with(prefix) && unanchored.is_match(text)),
            Pattern::Unknown | Pattern::Invalid(_) => None,
        }
    }

    /// Returns whether it matches a text as a whole; `None` if it cannot be tried.
    pub fn matches_whole(&self, text: &str) -> Option<bool> {
        match self {
            Pattern::Literal(source) => Some(text == source),
            Pattern::Known { source, whole, .. } => {
                let whole =
                    whole.get_or_init(|| Regex::new(&format!("^(?:{})$", translate(source))).ok());
                Some(whole.as_ref()?.is_match(text))
            }
            Pattern::Unknown | Pattern::Invalid(_) => None,
        }
    }
}

/// Returns `musl-` of `^musl-\d+$`: most patterns begin like this, and most texts do not.
fn prefix(source: &str) -> &str {
    let Some(rest) = source.strip_prefix('^').filter(|rest| !rest.contains('|')) else {
        return "";
    };
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(rest.len());
    // What follows may say that the last of them may be missing.
    let optional = rest
        .get(end..)
        .is_some_and(|rest| rest.starts_with(['?', '*', '{']));
    rest.get(..end.saturating_sub(usize::from(optional)))
        .unwrap_or_default()
}

/// Translates spellings that differ between Ruby and `regex-lite`.
fn translate(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_class = false;
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('Z') => out.push_str("\\z"),
                Some('h') if in_class => out.push_str("0-9a-fA-F"),
                Some('h') => out.push_str("[0-9a-fA-F]"),
                next => {
                    out.push(c);
                    out.extend(next);
                }
            },
            _ => {
                in_class = match c {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                out.push(c);
            }
        }
    }
    out
}

/// Returns whether a pattern means something else to Ruby than to `regex-lite`: `a++` gives nothing back, `&&` cuts
/// sets of characters.
fn is_read_differently(source: &str) -> bool {
    ["++", "*+", "?+", "}+", "&&"]
        .iter()
        .any(|p| source.contains(p))
}

/// Returns whether Ruby may accept a pattern that `regex-lite` does not.
fn is_beyond(source: &str) -> bool {
    let escape = source.as_bytes().windows(2).any(|w| match w {
        [b'\\', letter] => letter.is_ascii_alphanumeric() && !b"dDwWsSbBAznrtfvax".contains(letter),
        _ => false,
    });
    let brace = source.contains('{');
    escape || nests_sets(source) || brace || BEYOND.iter().any(|feature| source.contains(feature))
}

/// Returns whether a set of characters is in another one: `[[:alpha:]_]`, `[a-z[A-Z]]`.
fn nests_sets(source: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for c in source.chars() {
        match c {
            _ if escaped => {}
            '[' if inside => return true,
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn unanchored_like_ruby() {
        assert_eq!(
            Pattern::new(r"openrc-\d+").matches("musl-openrc-20260102"),
            Some(true)
        );
        assert_eq!(
            Pattern::new(r"^openrc-\d+$").matches("musl-openrc-20260102"),
            Some(false)
        );
        assert_eq!(
            Pattern::new(r"openrc-\d+").matches_whole("musl-openrc-20260102"),
            Some(false)
        );
        assert_eq!(
            Pattern::new(r"\Aopenrc-\h+\Z").matches("openrc-20260102"),
            Some(true)
        );
    }

    #[test]
    fn prefixes_are_what_must_be_there() {
        assert_eq!(
            Pattern::new(r"^musl-\d+$").matches("musl-20260102"),
            Some(true)
        );
        assert_eq!(
            Pattern::new(r"^musl-?\d+$").matches("musl20260102"),
            Some(true)
        );
        assert_eq!(
            Pattern::new(r"^musl{0}\d+$").matches("mus20260102"),
            Some(true)
        );
        assert_eq!(
            Pattern::new(r"^musl|glibc").matches("glibc-20260102"),
            Some(true)
        );
    }

    #[test]
    fn invalid_is_not_beyond_us() {
        assert!(matches!(Pattern::new("openrc-(\\d+"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new("*"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new("(?=x)y"), Pattern::Unknown));
        assert!(matches!(Pattern::new(r"(a)\1"), Pattern::Unknown));
    }
}
