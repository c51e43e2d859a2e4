//! Arguments that a function uses, so that a call sets no others.

/// Arguments that a function may read or change, of the first nine and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsedArguments(u16);

impl UsedArguments {
    /// All of them.
    pub const ALL: UsedArguments = UsedArguments(u16::MAX);

    /// Adds `$1` to `$9`, or their number by 0.
    pub(crate) fn add(&mut self, number: u32) {
        self.0 |= 1_u16.checked_shl(number).unwrap_or_default();
    }

    /// Returns whether one of `$1` to `$9` is among them, or their number by 0.
    pub fn contains(self, number: usize) -> bool {
        let bit = u32::try_from(number)
            .ok()
            .and_then(|n| 1_u16.checked_shl(n));
        bit.is_some_and(|bit| self.0 & bit != 0)
    }
}

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
