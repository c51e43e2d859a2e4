//! Arguments that a function uses, so that a call sets no others.

use super::UsedArguments;

/// Returns the arguments that a function's text may read or change. What `$@` is expanded to among
/// other words is not followed; as a command it is.
pub(super) fn used_arguments(text: &str) -> UsedArguments {
    let changing = [
        "set", "shift", "source", ".", "eval", "$@", "${@", "$*", "${*",
    ];
    let changes = |word: &&str| {
        let mut found = text.match_indices(*word);
        found.any(|(at, _)| {
            let (before, rest) = text.split_at_checked(at).unwrap_or_default();
            let after = rest.strip_prefix(*word).unwrap_or_default();
            let is_word = !after.starts_with(|c: char| c.is_alphanumeric() || "-_./".contains(c));
            (is_word || word.starts_with('$')) && is_command(before)
        })
    };
    if changing.iter().any(changes) {
        return UsedArguments::ALL;
    }
    let mut used = UsedArguments::default();
    for (at, _) in text.match_indices('$') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let is_braced = rest.starts_with('{');
        match rest.trim_start_matches('{').chars().next() {
            // By a name that may be a number.
            Some('!') if is_braced => return UsedArguments::ALL,
            Some('#') => used.add(0),
            Some(char) => {
                if let Some(number) = char.to_digit(10).filter(|number| *number > 0) {
                    used.add(number);
                }
            }
            None => {}
        }
        // `${#1}`
        if is_braced && rest.starts_with("{#") {
            return UsedArguments::ALL;
        }
    }
    used
}

/// Returns whether a command may follow some text. When in doubt it may.
fn is_command(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '"', '\'', '\\']);
    let word = before
        .rsplit(|c: char| c.is_whitespace() || ";&|(){}`!".contains(c))
        .next()
        .unwrap_or_default();
    let leads = [
        "", "then", "do", "else", "elif", "if", "while", "until", "time", "command", "builtin",
        "exec",
    ];
    leads.contains(&word) || word.contains('=')
}
