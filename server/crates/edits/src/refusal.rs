//! Reasons why a change cannot be made.

use std::fmt;

/// Reason why a change cannot be made: a sentence that says what is wrong, then what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    pub(crate) fn new(message: impl Into<String>) -> Refusal {
        Refusal(message.into())
    }

    /// Returns whether `--force` overrides the reason: it says so then.
    pub fn yields_to_force(&self) -> bool {
        self.0.contains("`--force`")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
