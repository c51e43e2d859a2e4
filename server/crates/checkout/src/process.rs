//! The end of another process.

use std::thread;
use std::time::Duration;

/// Interval at which a process is looked for, where the system does not tell of its end.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Waits until a process is gone; for ever, where the system does not say.
#[cfg(unix)]
pub fn wait_until_gone(id: u32) {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    let Some(process) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        // No process has such a number, now or later.
        loop {
            thread::park();
        }
    };
    #[cfg(target_os = "linux")]
    if let Wait::Gone = wait_for_descriptor(process) {
        return;
    }
    while test_kill_process(process) != Err(Errno::SRCH) {
        thread::sleep(POLL_INTERVAL);
    }
}

/// Waits for ever.
#[cfg(not(unix))]
pub fn wait_until_gone(_: u32) {
    loop {
        thread::sleep(POLL_INTERVAL);
    }
}

/// Outcome of waiting with a descriptor.
#[cfg(target_os = "linux")]
enum Wait {
    Gone,
    /// The system has no such descriptors.
    Impossible,
}

/// Waits with a descriptor of the process, which another process of the same number does not fool.
#[cfg(target_os = "linux")]
fn wait_for_descriptor(process: rustix::process::Pid) -> Wait {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    use rustix::process::{PidfdFlags, pidfd_open};

    let descriptor = match pidfd_open(process, PidfdFlags::empty()) {
        Ok(descriptor) => descriptor,
        Err(Errno::SRCH) => return Wait::Gone,
        Err(_) => return Wait::Impossible,
    };
    loop {
        let mut descriptors = [PollFd::new(&descriptor, PollFlags::IN)];
        match poll(&mut descriptors, None) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Wait::Gone,
            Err(_) => return Wait::Impossible,
        }
    }
}
