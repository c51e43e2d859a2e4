//! Waiting times, and the stack of threads.

use std::time::Duration;

/// Time that a client may take to respond to a request.
pub(super) const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time that a client may take to apply an edit: it may ask its user.
pub(super) const APPLY_EDIT_TIMEOUT: Duration = Duration::from_secs(600);

/// Time without changes before a client is notified to request lenses, hints or images again.
pub(super) const REFRESH_DEBOUNCE: Duration = Duration::from_millis(300);

/// Time that events of watched files are collected: a checkout of another branch changes many
/// files at once.
pub(super) const WATCH_DEBOUNCE: Duration = Duration::from_millis(50);

/// Interval at which the results of tests are looked at.
pub(super) const TEST_RESULTS_INTERVAL: Duration = Duration::from_secs(2);

/// Interval at which the task queue is looked at for being empty.
pub(super) const IDLE_POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Time after which the date is looked at: a machine that slept through midnight wakes up late.
pub(super) const DATE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Stack of a thread, in bytes: parsers and the interpreter of scripts recurse, within limits that
/// need some stack.
pub(super) const THREAD_STACK: usize = 16 << 20;
