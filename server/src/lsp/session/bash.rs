//! Checks of `bash -n` for scripts that were opened or saved: one at a time, off the path of edits.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use super::{Session, lock};
use crate::lsp::documents::CheckoutFile;
use crate::lsp::editor_settings::LogLevel;
use analysis::is_script;
use checkout::bash;
use model::FileId;
use model::tree::File;
use rules::may_match_extended;

impl Session {
    /// Queues a file for `bash -n`.
    pub(super) fn check_with_bash(&self, file: CheckoutFile) {
        if self.settings().bash
            && let Some(sender) = &*lock(&self.bash)
        {
            // The thread ends with the session.
            let _ = sender.send(file);
        }
    }

    /// Starts the thread that runs `bash -n`.
    pub(in crate::lsp) fn start_bash(self: &Arc<Self>) {
        if bash::find(&[]).is_none() {
            return self.log(
                LogLevel::Info,
                "bash is not installed: `shell-syntax` finds nothing",
            );
        }
        let (sender, receiver) = mpsc::channel::<CheckoutFile>();
        *lock(&self.bash) = Some(sender);
        let session = self.clone();
        let thread = std::thread::Builder::new()
            .name("bash".to_owned())
            .spawn(move || {
                while let Ok(file) = receiver.recv() {
                    session.check_now(&file);
                }
            });
        if let Err(error) = thread {
            let message = format!("`shell-syntax` finds nothing: {error}");
            self.log(LogLevel::Warning, message);
        }
    }

    fn check_now(&self, checked: &CheckoutFile) {
        let (script, roots): (Option<(FileId, Arc<File>, bool)>, _) = {
            let workspaces = lock(&self.workspaces);
            let roots: Vec<PathBuf> = workspaces.iter().map(|w| w.root.path.clone()).collect();
            let workspace = workspaces.iter().find(|w| w.root.path == checked.root);
            let script = workspace.and_then(|workspace| {
                let tree = &workspace.snapshot.tree;
                let id = tree.id(&checked.path)?;
                let is_extended = may_match_extended(&workspace.snapshot.context(), id);
                Some((id, tree.file(id)?.clone(), is_extended))
            });
            (script, roots)
        };
        let Some((id, script, is_extended)) = script.filter(|(_, file, _)| is_script(file)) else {
            return;
        };
        // Searched each time, because checkouts come and go, and none of them may bring a bash.
        let roots: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
        let Some(bash) = bash::find(&roots) else {
            return;
        };
        let finding = bash::check(&bash, &script, id, is_extended);
        let mut workspaces = lock(&self.workspaces);
        let mut workspaces = workspaces.iter_mut();
        let Some(workspace) = workspaces.find(|w| w.root.path == checked.root) else {
            return;
        };
        let now = workspace.snapshot.tree.file(id);
        // bash has seen another text, or its findings are not wanted any more.
        if workspace.dirty.contains(&checked.path)
            || !now.is_some_and(|now| Arc::ptr_eq(&now.text, &script.text))
            || !self.settings().bash
        {
            return;
        }
        let touched = Arc::make_mut(&mut workspace.snapshot).set_shell_syntax(id, finding);
        self.publish(&workspace.snapshot, &touched);
    }

    /// Removes all findings of `bash -n`.
    pub(super) fn remove_bash_findings(&self) {
        let mut workspaces = lock(&self.workspaces);
        self.sync_workspaces(&mut workspaces);
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
