//! Signals that would end the process wait until a change is done or taken back.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

struct Signals {
    /// Whether a signal ends the process, as if there were no handler.
    deadly: Arc<AtomicBool>,
    /// The last signal that arrived; 0 for none.
    arrived: Arc<AtomicUsize>,
}

/// The handlers stay once they are set: there is no way to take them out that restores what was.
static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// While this lives, signals wait; when it is dropped, one that arrived ends the process.
pub(super) struct Deferred(&'static Signals);

/// Lets signals wait.
pub(super) fn defer() -> Deferred {
    let signals = SIGNALS.get_or_init(install);
    signals.arrived.store(0, Ordering::SeqCst);
    signals.deadly.store(false, Ordering::SeqCst);
    Deferred(signals)
}

fn install() -> Signals {
    let signals = Signals {
        deadly: Arc::new(AtomicBool::new(true)),
        arrived: Arc::new(AtomicUsize::new(0)),
    };
    let ignored = ignored();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // `nohup` stays what it is.
        if ignored & (1 << (signal - 1)) != 0 {
            continue;
        }
        // They fail for signals that nobody may handle, which these are not.
        let _ = flag::register_conditional_default(signal, signals.deadly.clone());
        let _ = flag::register_usize(
            signal,
            signals.arrived.clone(),
            usize::try_from(signal).unwrap_or_default(),
        );
    }
    signals
}

/// The signals that the process was started to ignore, a bit for each.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

impl Drop for Deferred {
    fn drop(&mut self) {
        self.0.deadly.store(true, Ordering::SeqCst);
        let signal = self.0.arrived.swap(0, Ordering::SeqCst);
        if signal != 0 {
            let _ = writeln!(
                io::stderr(),
                "image-scripts-ls: interrupted, after the change was made or taken back whole"
            );
            let _ = low_level::emulate_default_handler(i32::try_from(signal).unwrap_or(SIGTERM));
        }
    }
}
