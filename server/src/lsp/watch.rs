//! Watching the known places, for clients that cannot (Neovim on Linux offers no way to).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::STACK;
use checkout::Root;
use model::Layout;
use model::tree::SUITE;

/// How long events are collected: a checkout of another branch changes many files at once.
const COLLECT: Duration = Duration::from_millis(50);

/// Watches a checkout as long as it lives.
pub(super) struct Watch {
    _watcher: Arc<Mutex<RecommendedWatcher>>,
}

/// Begins to watch; `changed` is called with the paths of every burst of events.
///
/// # Errors
/// When the system offers no way to watch, or no more of it.
pub(super) fn watch(
    root: &Root,
    changed: impl Fn(Vec<PathBuf>) + Send + 'static,
) -> notify::Result<Watch> {
    let (sender, receiver) = mpsc::channel::<Vec<PathBuf>>();
    let everything = root.path.clone();
    let handler = move |event: notify::Result<Event>| {
        let paths = match event {
            Ok(event) if event.need_rescan() => vec![everything.clone()],
            Ok(event) if !matches!(event.kind, EventKind::Access(_)) => event.paths,
            _ => return,
        };
        // Nobody listens any more when the checkout was closed.
        let _ = sender.send(paths);
    };
    let config = Config::default().with_follow_symlinks(false);
    let mut watcher = RecommendedWatcher::new(handler, config)?;
    let places = places(root);
    watch_places(&mut watcher, &places)?;
    let watcher = Arc::new(Mutex::new(watcher));
    let ours = Arc::downgrade(&watcher);
    let changed = move |paths: Vec<PathBuf>| {
        // A directory that comes back is another one: the watch went with the old one.
        if paths
            .iter()
            .any(|path| places.iter().any(|(place, _)| place.starts_with(path)))
            && let Some(watcher) = ours.upgrade()
        {
            // One that has gone again meanwhile is no error.
            let _ = watch_places(
                &mut watcher.lock().unwrap_or_else(PoisonError::into_inner),
                &places,
            );
        }
        changed(paths);
    };
    std::thread::Builder::new()
        .name("watch".to_owned())
        .stack_size(STACK)
        .spawn(move || collect(&receiver, &changed))
        .map_err(notify::Error::io)?;
    Ok(Watch { _watcher: watcher })
}

/// The known places of a checkout, and the directories on the way there.
fn places(root: &Root) -> Vec<(PathBuf, RecursiveMode)> {
    let prefix = root.layout.prefix();
    let mut places = vec![(root.path.clone(), RecursiveMode::NonRecursive)];
    let mut add = |path: &str, mode| places.push((root.path.join(path), mode));
    if root.layout == Layout::Whole {
        for path in ["image-scripts", "os", "os/configs", "tests"] {
            add(path, RecursiveMode::NonRecursive);
        }
        add(SUITE, RecursiveMode::Recursive);
    }
    for part in ["images", "builders", "include", "tests"] {
        add(&format!("{prefix}{part}"), RecursiveMode::Recursive);
    }
    places
}

/// Watches those places that are there.
fn watch_places(
    watcher: &mut RecommendedWatcher,
    places: &[(PathBuf, RecursiveMode)],
) -> notify::Result<()> {
    places
        .iter()
        .filter(|(path, _)| path.is_dir())
        .try_for_each(|(path, mode)| watcher.watch(path, *mode))
}

/// Hands events on in bursts, until the watcher is gone.
fn collect(receiver: &mpsc::Receiver<Vec<PathBuf>>, changed: &dyn Fn(Vec<PathBuf>)) {
    while let Ok(mut paths) = receiver.recv() {
        while let Ok(more) = receiver.recv_timeout(COLLECT) {
            paths.extend(more);
        }
        paths.sort();
        paths.dedup();
        changed(paths);
    }
}
