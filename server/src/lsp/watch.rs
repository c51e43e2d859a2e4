//! Watching the known places, for clients that cannot (Neovim on Linux offers no way to).

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::checkout::Root;
use crate::model::Layout;

/// How long events are collected: a checkout of another branch changes many files at once.
const COLLECT: Duration = Duration::from_millis(50);

/// Watches a checkout as long as it lives.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
}

/// Begins to watch; `changed` is called with the paths of every burst of events.
///
/// # Errors
/// When the system offers no way to watch, or no more of it.
pub(super) fn watch(root: &Root, changed: impl Fn(Vec<PathBuf>) + Send + 'static) -> notify::Result<Watch> {
    let (sender, receiver) = mpsc::channel::<Event>();
    let handler = move |event: notify::Result<Event>| {
        if let Ok(event) = event
            && !matches!(event.kind, EventKind::Access(_))
        {
            // Nobody listens any more when the checkout was closed.
            let _ = sender.send(event);
        }
    };
    let config = Config::default().with_follow_symlinks(false);
    let mut watcher = RecommendedWatcher::new(handler, config)?;
    let prefix = root.layout.prefix();
    let scripts = ["images", "builders", "include", "tests"].map(|part| (format!("{prefix}{part}"), RecursiveMode::Recursive));
    let nix = [("os/configs", RecursiveMode::NonRecursive), ("tests", RecursiveMode::NonRecursive), ("tests/suite", RecursiveMode::Recursive)];
    let nix = nix.into_iter().filter(|_| root.layout == Layout::Whole).map(|(path, mode)| (path.to_owned(), mode));
    for (path, mode) in scripts.into_iter().chain(nix).chain([(String::new(), RecursiveMode::NonRecursive)]) {
        let full = root.path.join(path);
        if full.is_dir() {
            watcher.watch(&full, mode)?;
        }
    }
    std::thread::Builder::new().name("watch".to_owned()).spawn(move || collect(&receiver, &changed)).map_err(notify::Error::io)?;
    Ok(Watch { _watcher: watcher })
}

/// Hands events on in bursts, until the watcher is gone.
fn collect(receiver: &mpsc::Receiver<Event>, changed: &dyn Fn(Vec<PathBuf>)) {
    while let Ok(event) = receiver.recv() {
        let mut paths = event.paths;
        while let Ok(event) = receiver.recv_timeout(COLLECT) {
            paths.extend(event.paths);
        }
        paths.sort();
        paths.dedup();
        changed(paths);
    }
}
