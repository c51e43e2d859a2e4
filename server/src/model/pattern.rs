//! Patterns of garbage-collection entries: Ruby regular expressions, matched unanchored.
//!
//! They are tried with a small regex engine of ours-by-dependency. What Ruby knows and it does
//! not (look-around, possessive quantifiers, back references, ...) makes the pattern unknown.

use regex_lite::Regex;

/// A pattern, as far as it can be tried.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// It can be tried.
    Known {
        /// The pattern as written.
        source: String,
        /// Anywhere in a text.
        unanchored: Box<Regex>,
    },
    /// Valid for Ruby, but beyond us.
    Unknown,
    /// No regular expression, with the reason.
    Invalid(String),
}

/// What Ruby's syntax has and `regex-lite` lacks or reads differently.
const BEYOND: [&str; 17] = [
    "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?~", "(?(", "\\k", "\\g", "\\K", "\\R", "\\X", "\\G", "\\p", "\\P", "[[:", "&&",
];

impl Pattern {
    /// Reads a pattern.
    pub fn new(source: &str) -> Pattern {
        let translated = translate(source);
        match Regex::new(&translated) {
            Ok(unanchored) => Pattern::Known { source: source.to_owned(), unanchored: Box::new(unanchored) },
            Err(error) if is_beyond(source) => {
                let _ = error;
                Pattern::Unknown
            }
            Err(error) => Pattern::Invalid(error.to_string()),
        }
    }

    /// Whether it matches somewhere in a text; `None` if that cannot be told.
    pub fn matches(&self, text: &str) -> Option<bool> {
        match self {
            Pattern::Known { unanchored, .. } => Some(unanchored.is_match(text)),
            Pattern::Unknown | Pattern::Invalid(_) => None,
        }
    }

    /// Whether it matches a text as a whole.
    pub fn matches_whole(&self, text: &str) -> Option<bool> {
        match self {
            Pattern::Known { source, .. } => {
                let anchored = Regex::new(&format!("^(?:{})$", translate(source))).ok()?;
                Some(anchored.is_match(text))
            }
            Pattern::Unknown | Pattern::Invalid(_) => None,
        }
    }
}

/// Spellings that differ between Ruby and us.
fn translate(source: &str) -> String {
    source.replace("\\Z", "\\z").replace("\\h", "[0-9a-fA-F]")
}

fn is_beyond(source: &str) -> bool {
    let backreference = source.as_bytes().windows(2).any(|w| matches!(w, [b'\\', b'1'..=b'9']));
    let possessive = ["++", "*+", "?+", "}+"].iter().any(|p| source.contains(p));
    let brace = source.contains('{');
    backreference || possessive || brace || BEYOND.iter().any(|feature| source.contains(feature))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn unanchored_like_ruby() {
        assert_eq!(Pattern::new(r"openrc-\d+").matches("musl-openrc-20260102"), Some(true));
        assert_eq!(Pattern::new(r"^openrc-\d+$").matches("musl-openrc-20260102"), Some(false));
        assert_eq!(Pattern::new(r"openrc-\d+").matches_whole("musl-openrc-20260102"), Some(false));
        assert_eq!(Pattern::new(r"\Aopenrc-\h+\Z").matches("openrc-20260102"), Some(true));
    }

    #[test]
    fn invalid_is_not_beyond_us() {
        assert!(matches!(Pattern::new("openrc-(\\d+"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new("*"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new("(?=x)y"), Pattern::Unknown));
        assert!(matches!(Pattern::new(r"(a)\1"), Pattern::Unknown));
    }
}
