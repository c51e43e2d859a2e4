//! Notes of a change as a message to the user.

use crate::lsp::shown;
use analysis::Snapshot;
use edits::{Note, PathRange};

/// Returns all notes in one message; `None` where there are none.
pub(super) fn notes_message(snapshot: &Snapshot, notes: &[Note]) -> Option<String> {
    let tree = &snapshot.tree;
    let lines = notes.iter().map(|note| {
        let Some(PathRange { path, range }) = &note.at else {
            return note.message.clone();
        };
        match tree.id(path).and_then(|id| tree.file(id)) {
            Some(file) => {
                let line = file.lines().line_of(range.start()) + 1;
                format!("{path}:{line}: {}", note.message)
            }
            None => format!("{path}: {}", note.message),
        }
    });
    let lines: Vec<String> = lines.map(|line| shown::line(&line)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
