//! View that one request has of the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_types::{Position, Range, Url};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::client_capabilities::ClientCapabilities;
use super::convert::url_of;
use super::position;
use analysis::Snapshot;
use checkout::test_results::{StateDirectory, TestResults};
use container::BuildCache;
use container::tested::Tested;
use model::{FileId, FileRange};
use syntax::{TextRange, TextSize};

/// Document as the client has it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenDocument {
    /// URL by which the client has it open.
    pub(super) url: Url,
    /// Version of its text.
    pub(super) version: i32,
}

/// Documents that a client has open, by the path of their file in the checkout.
pub(super) type OpenDocuments = FxHashMap<SmolStr, OpenDocument>;

/// A checkout, the client, and what the client has open in the checkout, at the moment when a
/// request's turn came.
#[derive(Clone)]
pub(super) struct RequestContext {
    /// The checkout.
    pub(super) snapshot: Arc<Snapshot>,
    /// Capabilities of the client.
    pub(super) client: Arc<ClientCapabilities>,
    /// Documents that the client has open, each at the version whose text is in the snapshot.
    pub(super) open_documents: OpenDocuments,
    /// File that the request is about, with the URL that it has there: a client may have a file
    /// open by several URLs.
    pub(super) document: Option<(FileId, Url)>,
    /// State directory of the test runner.
    pub(super) state_directory: Arc<StateDirectory>,
    /// Builds that were followed for earlier requests.
    pub(super) builds: Arc<BuildCache>,
}

impl RequestContext {
    /// Converts a position in a file to a byte offset.
    pub(super) fn offset(&self, file: FileId, position: Position) -> Option<TextSize> {
        let file = self.snapshot.tree.file(file)?;
        let encoding = self.client.encoding;
        let (text, lines) = (&file.text, file.lines());
        Some(position::offset(text, lines, position, encoding))
    }

    /// Converts a range of bytes of a file.
    pub(super) fn range(&self, file: FileId, range: TextRange) -> Option<Range> {
        let file = self.snapshot.tree.file(file)?;
        Some(position::range(file, range, self.client.encoding))
    }

    /// Returns the URL of a file by which the client knows it.
    pub(super) fn url_of(&self, file: FileId) -> Option<Url> {
        if let Some((requested, url)) = &self.document
            && *requested == file
        {
            return Some(url.clone());
        }
        let path = self.snapshot.tree.path(file)?;
        match self.open_documents.get(path) {
            Some(document) => Some(document.url.clone()),
            None => url_of(&self.snapshot.root, path),
        }
    }

    /// Converts a range of a file to a location.
    pub(super) fn to_location(&self, at: FileRange) -> Option<lsp_types::Location> {
        Some(lsp_types::Location {
            uri: self.url_of(at.file)?,
            range: self.range(at.file, at.range)?,
        })
    }

    /// Returns the last test of each image.
    pub(super) fn tested(&self) -> BTreeMap<SmolStr, Tested> {
        self.with_test_results(|results| results.of_images(|_| true))
    }

    /// Returns what the test runner left, looked at now.
    pub(super) fn with_test_results<T>(&self, ask: impl FnOnce(&mut TestResults<'_>) -> T) -> T {
        let open: Vec<SmolStr> = self.open_documents.keys().cloned().collect();
        let (snapshot, builds) = (&self.snapshot, &self.builds);
        let mut results = TestResults::read(&self.state_directory, snapshot, builds, &open);
        ask(&mut results)
    }

    /// Returns the version of an open document.
    pub(super) fn version_of(&self, path: &str) -> Option<i32> {
        let document = self.open_documents.get(path);
        document.map(|document| document.version)
    }
}
