//! Messages to the user about a change.

use smol_str::SmolStr;

use super::arguments::ImageCommand;
use analysis::Snapshot;
use edits::Edit;
use model::tree::Node;

/// Returns a message on the edits that the server has applied, which the editor's undo does not
/// revert, and how to revert them.
pub(super) fn server_edits_message(
    snapshot: &Snapshot,
    edits: &[Edit],
    command: &ImageCommand,
) -> String {
    let link_target = |path: &str| match snapshot.tree.node(path) {
        Some(Node::Link(target)) => target.clone(),
        _ => SmolStr::default(),
    };
    let is_replaced = |path: &SmolStr| {
        let creates =
            |edit: &Edit| matches!(edit, Edit::Symlink { path: created, .. } if created == path);
        edits.iter().any(creates)
    };
    let mut reverting = Vec::new();
    let mut applied = Vec::new();
    for edit in edits {
        match edit {
            Edit::Symlink { path, points_to } => {
                applied.push(format!("made the link {path} -> {points_to}"));
            }
            Edit::Unlink { path } if is_replaced(path) => {}
            Edit::Unlink { path } => {
                let target = link_target(path);
                applied.push(format!("removed the link {path} -> {target}"));
                reverting.push(format!("`ln -s {target} {path}`"));
            }
            Edit::Rename { from, to } => applied.push(format!("renamed the link {from} to {to}")),
            Edit::Copy { from, to } => applied.push(format!("copied {from} to {to}")),
            _ => {}
        }
    }
    let revert = match command {
        ImageCommand::New(_) if reverting.is_empty() => "`Retire` takes it back".to_owned(),
        ImageCommand::Rename { old, .. } => format!("renaming it back to `{old}` takes it back"),
        _ => format!("{} takes it back", reverting.join(", ")),
    };
    format!("{}; {revert}", applied.join(", "))
}
