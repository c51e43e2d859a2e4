//! What an address may cost: attempts and time, over all of its redirects. How many of those there are, servers say.

use std::time::{Duration, Instant};

use super::Limits;

/// What is left for an address.
pub(super) struct Budget {
    attempt: Duration,
    until: Option<Instant>,
    retries: u32,
    pause: Duration,
    waits: Duration,
}

impl Budget {
    /// What an address has in the beginning.
    pub(super) fn new(limits: &Limits) -> Budget {
        Budget {
            attempt: limits.attempt,
            until: Instant::now().checked_add(limits.address),
            retries: limits.attempts.saturating_sub(1),
            pause: limits.pause,
            waits: limits.longest_pause,
        }
    }

    /// Returns the time that the next attempt may take; `None` where none is left.
    pub(super) fn time_for_attempt(&self) -> Option<Duration> {
        let left = match self.until {
            Some(until) => until.saturating_duration_since(Instant::now()),
            None => self.attempt,
        };
        (!left.is_zero()).then(|| left.min(self.attempt))
    }

    /// Returns the time to wait before another attempt, of which a server may want one; `None` where there is to be
    /// none.
    pub(super) fn wait(&mut self, wanted: Option<Duration>) -> Option<Duration> {
        let wait = wanted.unwrap_or(self.pause);
        self.retries = self.retries.checked_sub(1)?;
        self.waits = self.waits.checked_sub(wait)?;
        self.pause = self.pause.saturating_mul(2);
        Some(wait)
    }
}
