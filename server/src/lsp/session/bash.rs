//! Asking `bash -n` about scripts that were opened or saved: one at a time, off the way of edits.

use std::path::Path;
use std::sync::{Arc, mpsc};

use super::{BashJob, Level, Session, lock};
use crate::lsp::documents::Place;
use analysis::is_script;
use checkout::bash;
use model::FileId;

impl Session {
    /// Has a script looked at by bash, later: one at a time, off the way of edits.
    pub(super) fn ask_bash(&self, place: Place) {
        if self.options().bash
            && let Some(sender) = &*lock(&self.bash)
        {
            // The thread ends with the session.
            let _ = sender.send(BashJob { place });
        }
    }

    /// Starts the thread that asks bash.
    pub(in crate::lsp) fn start_bash(self: &Arc<Self>) {
        let Some(bash) = bash::find() else {
            return self.log(Level::Info, "no bash here: `shell-syntax` is silent");
        };
        let (sender, receiver) = mpsc::channel::<BashJob>();
        *lock(&self.bash) = Some(sender);
        let session = self.clone();
        let thread = std::thread::Builder::new()
            .name("bash".to_owned())
            .spawn(move || {
                while let Ok(job) = receiver.recv() {
                    session.check_with_bash(&bash, &job.place);
                }
            });
        if let Err(error) = thread {
            self.log(Level::Warning, format!("`shell-syntax` is silent: {error}"));
        }
    }

    fn check_with_bash(&self, bash: &Path, place: &Place) {
        let file = {
            let workspaces = lock(&self.workspaces);
            let workspace = workspaces.iter().find(|w| w.root.path == place.root);
            let tree = workspace.map(|w| &w.snapshot.tree);
            tree.and_then(|tree| {
                tree.id(&place.path)
                    .and_then(|id| Some((id, tree.file(id)?.clone())))
            })
        };
        let Some((id, file)) = file.filter(|(_, file)| is_script(file)) else {
            return;
        };
        let finding = bash::check(bash, &file, id);
        let mut workspaces = lock(&self.workspaces);
        let Some(workspace) = workspaces.iter_mut().find(|w| w.root.path == place.root) else {
            return;
        };
        let now = workspace.snapshot.tree.file(id);
        // It was another text that bash saw, or nobody wants to know any more.
        if workspace.dirty.contains(&place.path)
            || !now.is_some_and(|now| Arc::ptr_eq(&now.text, &file.text))
            || !self.options().bash
        {
            return;
        }
        let touched = Arc::make_mut(&mut workspace.snapshot).set_shell_syntax(id, finding);
        self.publish(&workspace.snapshot, &touched);
    }

    /// Takes back what bash said.
    pub(super) fn forget_bash(&self) {
        let mut workspaces = lock(&self.workspaces);
        self.settle_all(&mut workspaces);
        for workspace in workspaces.iter_mut() {
            let snapshot = Arc::make_mut(&mut workspace.snapshot);
            let scripts: Vec<FileId> = snapshot
                .tree
                .files()
                .filter(|(_, f)| is_script(f))
                .map(|(id, _)| id)
                .collect();
            let touched = scripts
                .into_iter()
                .flat_map(|id| snapshot.set_shell_syntax(id, None))
                .collect();
            self.publish(&workspace.snapshot, &touched);
        }
    }
}
