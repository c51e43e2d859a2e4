//! Watching of a checkout's files, for clients that cannot (Neovim on Linux offers no way to).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use notify::event::ModifyKind;
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::limits::{THREAD_STACK, WATCH_DEBOUNCE};
use checkout::Root;
use model::Layout;
use model::tree::{SCRIPT_DIRECTORIES, SUITE};

/// Guard as long as which a checkout is watched.
pub(super) struct Watch {
    _watcher: Arc<Mutex<RecommendedWatcher>>,
}

/// Starts to watch a checkout; `changed` is called with the paths of every burst of events.
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
        // The receiver is gone when the checkout was closed.
        let _ = sender.send(paths);
    };
    let config = Config::default().with_follow_symlinks(false);
    let mut watcher = RecommendedWatcher::new(handler, config)?;
    let watched = watched_paths(root);
    watch_existing(&mut watcher, root, &watched)?;
    let watcher = Arc::new(Mutex::new(watcher));
    let ours = Arc::downgrade(&watcher);
    let root = root.clone();
    let changed = move |paths: Vec<PathBuf>| {
        // A directory that comes back is another one: the watch ended with the old one.
        if paths
            .iter()
            .any(|path| watched.iter().any(|(watched, _)| watched.starts_with(path)))
            && let Some(watcher) = ours.upgrade()
        {
            // One that has disappeared again is no error.
            let _ = watch_existing(
                &mut watcher.lock().unwrap_or_else(PoisonError::into_inner),
                &root,
                &watched,
            );
        }
        changed(paths);
    };
    collect(receiver, changed)?;
    Ok(Watch { _watcher: watcher })
}

/// Starts to watch a folder in which a checkout is, was or may be; `changed` is called after every burst
/// of events that say that one may have come or gone.
///
/// # Errors
/// When the system offers no way to watch, or no more of it.
pub(super) fn watch_folder(
    folder: &Path,
    changed: impl Fn() + Send + 'static,
) -> notify::Result<Watch> {
    let (sender, receiver) = mpsc::channel::<Vec<PathBuf>>();
    let watched = folder.to_path_buf();
    let handler = move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        let is_of_names = matches!(
            event.kind,
            EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
        );
        let tells = |path: &PathBuf| checkout::root::is_telling(&watched, path);
        if (is_of_names && event.paths.iter().any(tells)) || event.need_rescan() {
            // The receiver is gone when the folder is not watched any more.
            let _ = sender.send(event.paths);
        }
    };
    let config = Config::default().with_follow_symlinks(false);
    let mut watcher = RecommendedWatcher::new(handler, config)?;
    for path in checkout::root::telling_directories(folder) {
        // One that has disappeared in the meantime is no error.
        let _ = watcher.watch(&path, RecursiveMode::NonRecursive);
    }
    collect(receiver, move |_| changed())?;
    Ok(Watch {
        _watcher: Arc::new(Mutex::new(watcher)),
    })
}

/// Returns the directories of a checkout whose files we read, and those on the way there.
fn watched_paths(root: &Root) -> Vec<(PathBuf, RecursiveMode)> {
    let prefix = root.layout.prefix();
    let mut watched = vec![(root.path.clone(), RecursiveMode::NonRecursive)];
    let mut add = |path: &str, mode| watched.push((root.path.join(path), mode));
    if root.layout == Layout::Whole {
        for path in ["image-scripts", "os", "os/configs", "tests"] {
            add(path, RecursiveMode::NonRecursive);
        }
        add(SUITE, RecursiveMode::Recursive);
    }
    for name in ["images", "builders"].into_iter().chain(SCRIPT_DIRECTORIES) {
        add(&format!("{prefix}{name}"), RecursiveMode::Recursive);
    }
    watched
}

/// Watches those paths that exist. What a link outside leads to is nobody's here.
fn watch_existing(
    watcher: &mut RecommendedWatcher,
    root: &Root,
    paths: &[(PathBuf, RecursiveMode)],
) -> notify::Result<()> {
    paths
        .iter()
        .filter(|(path, _)| checkout::is_directory(root, path))
        .try_for_each(|(path, mode)| watcher.watch(path, *mode))
}

/// Hands events on in bursts, on a thread of its own, until the watcher is gone.
fn collect(
    receiver: mpsc::Receiver<Vec<PathBuf>>,
    changed: impl Fn(Vec<PathBuf>) + Send + 'static,
) -> notify::Result<()> {
    let hand_on = move || {
        while let Ok(mut paths) = receiver.recv() {
            while let Ok(more) = receiver.recv_timeout(WATCH_DEBOUNCE) {
                paths.extend(more);
            }
            paths.sort();
            paths.dedup();
            changed(paths);
        }
    };
    let thread = std::thread::Builder::new().name("watch".to_owned());
    let thread = thread.stack_size(THREAD_STACK).spawn(hand_on);
    thread.map(drop).map_err(notify::Error::io)
}
