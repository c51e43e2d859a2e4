//! Hosts that do not answer: after a few attempts in a row they are asked no more, so that one that is down costs
//! minutes and not hours. The time that is lost with one that answers now and then is counted, too.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many requests in a row a host may leave without an answer.
const CHANCES: usize = 3;

/// Numbers of requests in a row that hosts have left without an answer.
#[derive(Default)]
pub(super) struct SilentHosts {
    failures: Mutex<HashMap<String, usize>>,
    costs: Mutex<HashMap<String, Duration>>,
}

impl SilentHosts {
    /// Returns whether a host is asked no more.
    pub(super) fn has(&self, host: &str) -> bool {
        self.failures()
            .get(host)
            .is_some_and(|count| *count >= CHANCES)
    }

    /// Notes that a host has answered, or has not.
    pub(super) fn note(&self, host: &str, has_answered: bool) {
        let mut failures = self.failures();
        let count = failures.entry(host.to_owned()).or_default();
        *count = match has_answered {
            true => 0,
            false => count.saturating_add(1),
        };
    }

    /// Returns the time that was lost with a host.
    pub(super) fn cost_of(&self, host: &str) -> Duration {
        self.costs().get(host).copied().unwrap_or_default()
    }

    /// Notes that time was lost with a host.
    pub(super) fn note_cost(&self, host: &str, cost: Duration) {
        let mut costs = self.costs();
        let all = costs.entry(host.to_owned()).or_default();
        *all = all.saturating_add(cost);
    }

    fn costs(&self) -> MutexGuard<'_, HashMap<String, Duration>> {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
