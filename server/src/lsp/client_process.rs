//! The end of the client's process. A client that is killed may leave the server's standard input
//! open: a process that it started has the other end, too.

use std::thread;

use checkout::process::wait_until_gone;

/// Calls `gone` when the process is gone, from a thread that waits for that and nothing else.
pub(super) fn when_gone(id: u32, gone: impl FnOnce() + Send + 'static) {
    let work = move || {
        wait_until_gone(id);
        gone();
    };
    // Without another thread, the end of standard input still ends the server.
    let _ = thread::Builder::new()
        .name("client-process".to_owned())
        .spawn(work);
}
