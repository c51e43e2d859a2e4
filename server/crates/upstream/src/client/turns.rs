//! Turns: no host gets more than a few requests at a time.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};

/// How many requests a host gets at a time.
const AT_A_TIME: usize = 4;

/// The requests that are under way, by host.
#[derive(Default)]
pub(super) struct Turns {
    under_way: Mutex<HashMap<String, usize>>,
    ended: Condvar,
}

/// A request that is under way, as long as it lives.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    host: String,
}

impl Turns {
    /// Waits until a host may be asked.
    pub(super) fn wait(&self, host: &str) -> Turn<'_> {
        let under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_busy = |hosts: &mut HashMap<String, usize>| {
            hosts.get(host).is_some_and(|count| *count >= AT_A_TIME)
        };
        let waited = self.ended.wait_while(under_way, is_busy);
        let mut under_way = waited.unwrap_or_else(PoisonError::into_inner);
        *under_way.entry(host.to_owned()).or_default() += 1;
        Turn {
            turns: self,
            host: host.to_owned(),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let under_way = self.turns.under_way.lock();
        let mut under_way = under_way.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.host) {
            *count = count.saturating_sub(1);
        }
        drop(under_way);
        self.turns.ended.notify_all();
    }
}
