//! Patterns of bash: whether they match a text.

/// Greatest number of comparisons for one pattern, so that none takes long.
const MAX_STEPS: usize = 20_000;

/// A character of a pattern: quoted ones stand for themselves.
type Character = (char, bool);

/// Tells whether a pattern matches all of a text; `None` where reading does not tell.
pub fn matches(pattern: &[Character], text: &str) -> Option<bool> {
    // How bash reads other characters depends on the locale.
    if !text.is_ascii() || pattern.iter().any(|(c, _)| !c.is_ascii()) {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    let tokens = tokens(pattern)?;
    let mut steps = 0;
    matches_from(&tokens, &text, &mut steps)
}

enum Token {
    Character(char),
    Any,
    Star,
    /// `[...]`, `[!...]`.
    Set(bool, Vec<(char, char)>),
}

/// The tokens of a pattern; `None` for what is not read: classes, `@(a|b)`.
fn tokens(pattern: &[Character]) -> Option<Vec<Token>> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        let opens = after.first() == Some(&('(', false));
        match first {
            ('?' | '*' | '+' | '@' | '!', false) if opens => return None,
            ('*', false) => out.push(Token::Star),
            ('?', false) => out.push(Token::Any),
            ('[', false) => {
                let (set, after) = set(after)?;
                out.push(set);
                rest = after;
                continue;
            }
            ('\\', false) => return None,
            (c, _) => out.push(Token::Character(*c)),
        }
        rest = after;
    }
    Some(out)
}

/// Reads a set after its `[`. Returns what comes after it, too.
fn set(pattern: &[Character]) -> Option<(Token, &[Character])> {
    let (negated, mut rest) = match pattern.split_first() {
        Some((('!' | '^', false), rest)) => (true, rest),
        _ => (false, pattern),
    };
    let mut ranges = Vec::new();
    loop {
        let (first, after) = rest.split_first()?;
        match first {
            (']', false) if !ranges.is_empty() => {
                return Some((Token::Set(negated, ranges), after));
            }
            // Classes; a bracket that closes nothing; a slash.
            ('[' | ']' | '/' | '\\', _) => return None,
            (c, _) => match after {
                [('-', false), (']', false), ..] => {
                    ranges.push((*c, *c));
                    rest = after;
                }
                [('-', false), (end, _), after @ ..] => {
                    let alike = |is: fn(&char) -> bool| is(c) && is(end) && c <= end;
                    if !alike(char::is_ascii_digit)
                        && !alike(char::is_ascii_lowercase)
                        && !alike(char::is_ascii_uppercase)
                    {
                        return None;
                    }
                    ranges.push((*c, *end));
                    rest = after;
                }
                _ => {
                    ranges.push((*c, *c));
                    rest = after;
                }
            },
        }
    }
}

fn matches_from(tokens: &[Token], text: &[char], steps: &mut usize) -> Option<bool> {
    // The last `*` is tried with more and more text: those before it need not be.
    let (mut token, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        *steps += 1;
        if *steps > MAX_STEPS {
            return None;
        }
        let character = text.get(at);
        let fits = match (tokens.get(token), character) {
            (Some(Token::Star), _) => {
                token += 1;
                star = Some((token, at));
                continue;
            }
            (None, None) => return Some(true),
            (Some(Token::Character(c)), Some(other)) => c == other,
            (Some(Token::Any), Some(_)) => true,
            (Some(Token::Set(negated, ranges)), Some(c)) => {
                ranges.iter().any(|(from, to)| from <= c && c <= to) != *negated
            }
            _ => false,
        };
        if fits {
            token += 1;
            at += 1;
            continue;
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                token = after;
                at = from + 1;
            }
            _ => return Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str) -> Option<bool> {
        let pattern: Vec<Character> = pattern.chars().map(|c| (c, false)).collect();
        matches(&pattern, text)
    }

    #[test]
    fn patterns_match_as_in_bash() {
        assert_eq!(check("1*", "1"), Some(true));
        assert_eq!(check("a*b*c", "axbxbxc"), Some(true));
        assert_eq!(check("a*b*c", "axbxbx"), Some(false));
        assert_eq!(check("?", ""), Some(false));
        assert_eq!(check("[0-9]?", "42"), Some(true));
        assert_eq!(check("[!a-c]", "b"), Some(false));
        assert_eq!(check("[[:digit:]]", "1"), None);
        assert_eq!(check("@(a|b)", "a"), None);
        assert_eq!(check("[a", "[a"), None);
        assert_eq!(matches(&[('*', true)], "x"), Some(false));
        assert_eq!(matches(&[('*', true)], "*"), Some(true));
    }
}
