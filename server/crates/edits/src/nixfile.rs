//! One of the checkout's Nix files while it is being changed.

use std::sync::Arc;

use super::nix::{Container, Layout, Replacement};
use super::patch::Patch;
use syntax::TextRange;
use syntax::nix::{self, RepositoryFacts, TableFacts};

/// A Nix file under change. What it says is read anew after every step, so that steps may follow
/// one another in any order.
#[derive(Debug, Clone)]
pub(super) struct NixFile {
    patch: Patch,
}

impl NixFile {
    pub(super) fn new(text: Arc<str>) -> NixFile {
        NixFile {
            patch: Patch::new(text),
        }
    }

    pub(super) fn text(&self) -> &str {
        self.patch.text()
    }

    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.text()
            .get(usize::from(range.start())..usize::from(range.end()))
            .unwrap_or_default()
    }

    /// Its comments, in order.
    pub(super) fn comments(&self) -> Vec<String> {
        Layout::new(self.text()).comments()
    }

    /// What it says as the repository; `None` where it does not parse.
    pub(super) fn repository(&self) -> Option<RepositoryFacts> {
        nix::repository(self.text()).facts
    }

    /// What it says as the test table; `None` where it does not parse.
    pub(super) fn table(&self) -> Option<TableFacts> {
        nix::test_table(self.text()).facts
    }

    /// Does something with the set or list at a range that facts were read from.
    pub(super) fn with_container<T>(
        &self,
        range: TextRange,
        body: impl FnOnce(&Container<'_>) -> T,
    ) -> Option<T> {
        let layout = Layout::new(self.text());
        layout.container(range).map(|container| body(&container))
    }

    pub(super) fn apply(&mut self, (range, text): Replacement) {
        self.patch.replace(range, &text);
    }

    /// Changes the set or list at a range; `None` where that cannot be done.
    pub(super) fn change(
        &mut self,
        range: TextRange,
        body: impl FnOnce(&Container<'_>) -> Option<Replacement>,
    ) -> Option<()> {
        let replacement = self.with_container(range, body)??;
        self.apply(replacement);
        Some(())
    }

    pub(super) fn changes(&self) -> Vec<(TextRange, String)> {
        self.patch.changes()
    }
}
