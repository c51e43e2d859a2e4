//! Scripts that are executed in containers: what is found in them, brought up to date when nothing
//! has changed for a while, off the path of edits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::ThreadPoolBuilder;
use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::{Session, lock};
use crate::lsp::editor_settings::LogLevel;
use crate::lsp::limits::THREAD_STACK;
use crate::lsp::refresh::{Wait, debounced};
use analysis::Snapshot;
use checkout::{ContainerChecks, bash, shellcheck};
use container::BuildCache;
use rules::{Finding, Scope};

/// What the user wants to know of the scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    bash: bool,
    shellcheck: bool,
}

/// What is known of the scripts of a checkout.
#[derive(Default)]
struct Known {
    checks: ContainerChecks,
    /// The revision that was looked at to the end, and what was wanted then.
    done: Option<(u64, Wanted)>,
}

/// What looks at the scripts, one checkout after the other.
struct ContainerWorker {
    session: Arc<Session>,
    /// Changes when something else may be found.
    changes: watch::Receiver<u64>,
    known: FxHashMap<PathBuf, Known>,
}

impl Session {
    /// Notes that something else may be found in the scripts of containers.
    pub(super) fn containers_changed(&self) {
        self.containers
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Starts to look at the scripts whenever they may be others.
    pub(in crate::lsp) fn start_containers(self: &Arc<Self>) {
        // Threads of its own: those that edits are waiting for are not taken.
        let pool = ThreadPoolBuilder::new()
            .stack_size(THREAD_STACK)
            .thread_name(|_| "containers".to_owned())
            .build();
        let pool = match pool {
            Ok(pool) => Arc::new(pool),
            Err(error) => {
                let message = format!("scripts of containers are not checked: {error}");
                return self.log(LogLevel::Warning, message);
            }
        };
        let mut changes = self.containers.subscribe();
        let mut worker = ContainerWorker {
            session: self.clone(),
            changes: changes.clone(),
            known: FxHashMap::default(),
        };
        tokio::spawn(async move {
            while let Wait::Changed = debounced(&mut changes).await {
                let pool = pool.clone();
                let work = tokio::task::spawn_blocking(move || {
                    pool.install(|| worker.check_all());
                    worker
                });
                match work.await {
                    Ok(back) => worker = back,
                    // It has panicked, and was logged.
                    Err(_) => return,
                }
            }
        });
    }

    /// Takes in what was found in a snapshot's scripts. Returns the revision with it; `None` if
    /// the checkout is another one by now.
    fn take_container_findings(
        &self,
        (root, revision): (&Path, u64),
        scope: Scope,
        findings: Vec<Finding>,
    ) -> Option<u64> {
        let mut workspaces = lock(&self.workspaces);
        let workspace = workspaces.iter_mut().find(|w| w.root.path == root)?;
        if !workspace.dirty.is_empty() || workspace.snapshot.revision != revision {
            return None;
        }
        let snapshot = Arc::make_mut(&mut workspace.snapshot);
        let touched = snapshot.set_container_findings(scope, findings);
        if !touched.is_empty() {
            self.send_findings(&workspace.snapshot, &touched);
        }
        Some(workspace.snapshot.revision)
    }
}

impl ContainerWorker {
    fn check_all(&mut self) {
        self.changes.mark_unchanged();
        let roots: Vec<PathBuf> = {
            let workspaces = lock(&self.session.workspaces);
            workspaces.iter().map(|w| w.root.path.clone()).collect()
        };
        self.known.retain(|root, _| roots.contains(root));
        for root in &roots {
            let mut known = self.known.remove(root).unwrap_or_default();
            // What it came to before it was cancelled, is known the next time.
            if self.check(root, &roots, &mut known).is_none() {
                self.session.containers_changed();
            }
            self.known.insert(root.clone(), known);
        }
    }

    /// The snapshot of a checkout, if it has the texts of all documents, with the builds that were
    /// followed.
    fn state(&self, root: &Path) -> Option<(Arc<Snapshot>, Arc<BuildCache>)> {
        let workspaces = lock(&self.session.workspaces);
        let workspace = workspaces.iter().find(|w| w.root.path == root)?;
        let is_current = workspace.dirty.is_empty();
        is_current.then(|| workspace.state())
    }

    /// Looks at the scripts of a checkout; `None` if that was cancelled by a change.
    fn check(&self, root: &Path, roots: &[PathBuf], known: &mut Known) -> Option<()> {
        let settings = self.session.settings();
        let wanted = Wanted {
            bash: settings.bash,
            shellcheck: settings.shellcheck,
        };
        let began = self.session.changes.load(Ordering::Acquire);
        let is_cancelled = || {
            self.session.changes.load(Ordering::Acquire) != began
                || self.changes.has_changed().unwrap_or(true)
        };
        let (snapshot, builds) = self.state(root)?;
        if known.done == Some((snapshot.revision, wanted)) {
            return Some(());
        }
        // Searched each time, because checkouts come and go, and none of them may bring a program.
        let roots: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
        let bash = bash::find(&roots).filter(|_| wanted.bash);
        let shellcheck = shellcheck::find(&roots).filter(|_| wanted.shellcheck);
        if !known.checks.follow(&snapshot, &builds, &is_cancelled) {
            return None;
        }
        let found = known.checks.findings(&snapshot, bash.as_deref());
        let mut at = (root, snapshot.revision);
        // A snapshot that nobody else has is not copied when it changes.
        drop(snapshot);
        at.1 = (self.session).take_container_findings(at, Scope::Containers, found)?;
        let found = match &shellcheck {
            Some(program) => {
                let (snapshot, _) = self.state(root).filter(|(s, _)| s.revision == at.1)?;
                known.checks.shellcheck(&snapshot, program, &is_cancelled)?
            }
            None => Vec::new(),
        };
        at.1 = (self.session).take_container_findings(at, Scope::ShellCheck, found)?;
        known.done = Some((at.1, wanted));
        Some(())
    }
}
