//! Answers to what a client asks about a place: the protocol's side of `features`.
//!
//! - `navigation`: definition, references, highlight, rename;
//! - `hover`: hover and signature help; `completion`;
//! - `outline`: symbols and links; `overview`: every image and its state;
//! - `annotations`: lenses and hints; `calls`: call hierarchy.

pub(super) mod annotations;
pub(super) mod calls;
pub(super) mod completion;
pub(super) mod hover;
pub(super) mod navigation;
pub(super) mod outline;
pub(super) mod overview;

use std::sync::Arc;

use lsp_types::{Position, Url};

use super::abilities::Abilities;
use super::convert::url_of;
use super::position;
use super::session::Session;
use super::workspace_edit::{OpenNames, Target};
use analysis::Snapshot;
use ide::hints::InlayHintSettings;
use model::FileRange;
use model::{File, FileId};
use syntax::{TextRange, TextSize};

/// A question about a file, at one moment.
pub(super) struct Question {
    /// The checkout.
    pub(super) snapshot: Arc<Snapshot>,
    /// The file.
    pub(super) file: FileId,
    /// How the client calls it.
    pub(super) url: Url,
    /// What the client understands.
    pub(super) abilities: Arc<Abilities>,
    /// What it has open.
    pub(super) open: OpenNames,
    /// The hints that are wanted.
    pub(super) hints: InlayHintSettings,
}

impl Question {
    /// A question about a document; `None` where it is none of ours.
    pub(super) fn about(session: &Session, url: &Url) -> Option<Question> {
        let (snapshot, file) = session.snapshot_for(url)?;
        Some(Question {
            file,
            url: url.clone(),
            abilities: session.abilities(),
            open: session.open_names(&snapshot.root),
            hints: session.options().hints,
            snapshot,
        })
    }

    /// A question about each open checkout as a whole.
    pub(super) fn of_checkouts(session: &Session) -> Vec<Question> {
        let mut found = Vec::new();
        for snapshot in session.snapshots() {
            // Any file will do: the answer is about all of them.
            let file = snapshot.tree.files().map(|(id, _)| id).next();
            let url = file
                .and_then(|id| snapshot.tree.path(id))
                .and_then(|path| url_of(&snapshot.root, path));
            if let (Some(file), Some(url)) = (file, url) {
                found.push(Question {
                    file,
                    url,
                    abilities: session.abilities(),
                    open: session.open_names(&snapshot.root),
                    hints: session.options().hints,
                    snapshot,
                });
            }
        }
        found
    }

    /// The file's text and lines.
    pub(super) fn text(&self) -> Option<&Arc<File>> {
        self.snapshot.tree.file(self.file)
    }

    /// The byte offset of a position.
    pub(super) fn offset(&self, position: Position) -> Option<TextSize> {
        let file = self.text()?;
        let encoding = self.abilities.encoding;
        Some(position::offset(
            &file.text,
            file.lines(),
            position,
            encoding,
        ))
    }

    /// The protocol's range of some bytes of the file.
    pub(super) fn range(&self, range: TextRange) -> Option<lsp_types::Range> {
        self.range_in(self.file, range)
    }

    /// The protocol's range of some bytes of another file.
    pub(super) fn range_in(&self, file: FileId, range: TextRange) -> Option<lsp_types::Range> {
        let file = self.snapshot.tree.file(file)?;
        Some(position::range(file, range, self.abilities.encoding))
    }

    /// How the client calls a file: as it has it open, if it has.
    pub(super) fn url_of(&self, file: FileId) -> Option<Url> {
        if file == self.file {
            return Some(self.url.clone());
        }
        let path = self.snapshot.tree.path(file)?;
        match self.open.get(path) {
            Some((url, _)) => Some(url.clone()),
            None => url_of(&self.snapshot.root, path),
        }
    }

    /// A place as the protocol has it.
    pub(super) fn location(&self, location: FileRange) -> Option<lsp_types::Location> {
        Some(lsp_types::Location {
            uri: self.url_of(location.file)?,
            range: self.range_in(location.file, location.range)?,
        })
    }

    /// The checkout as an edit needs it.
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            snapshot: &self.snapshot,
            abilities: &self.abilities,
            open: &self.open,
        }
    }
}
