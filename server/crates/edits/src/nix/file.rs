//! One of the checkout's Nix files under change.

use std::sync::{Arc, OnceLock};

use smol_str::SmolStr;

use super::{Container, NixStyle, NixText, NotEditable, Replacement, Shape};
use crate::patch::Patch;
use model::File;
use syntax::nix::{self, RepositoryFacts, TableFacts};
use syntax::{TextRange, TextSize};

/// A Nix file under change. Its facts are read again after every step that changes it, so that steps
/// may follow one another in any order.
#[derive(Debug, Clone)]
pub(crate) struct NixFile {
    /// Path from the root of the checkout, for messages.
    path: SmolStr,
    patch: Patch,
    facts: Facts,
}

/// What was read of the text as it is now; `None` when it does not parse.
#[derive(Debug, Clone, Default)]
struct Facts {
    repository: OnceLock<Option<Arc<RepositoryFacts>>>,
    table: OnceLock<Option<Arc<TableFacts>>>,
}

impl NixFile {
    /// Returns a file that nothing was done to yet.
    pub(crate) fn new(path: impl Into<SmolStr>, text: Arc<str>) -> NixFile {
        NixFile {
            path: path.into(),
            patch: Patch::new(text),
            facts: Facts::default(),
        }
    }

    /// Returns a file of the checkout that nothing was done to yet. What is known of it is not read
    /// again.
    pub(crate) fn of(file: &File) -> NixFile {
        let new = NixFile::new(file.path.clone(), file.text.clone());
        if let Some(parsed) = file.repository() {
            let facts = parsed.facts.clone().map(Arc::new);
            let _ = new.facts.repository.set(facts);
        }
        if let Some(parsed) = file.test_table() {
            let _ = new.facts.table.set(parsed.facts.clone().map(Arc::new));
        }
        new
    }

    /// Returns the path from the root of the checkout.
    pub(crate) fn path(&self) -> &SmolStr {
        &self.path
    }

    /// Returns the text as it is now.
    pub(crate) fn text(&self) -> &str {
        self.patch.text()
    }

    /// Returns a piece of the text as it is now.
    pub(crate) fn slice(&self, range: TextRange) -> &str {
        self.text()
            .get(usize::from(range.start())..usize::from(range.end()))
            .unwrap_or_default()
    }

    /// Returns whether a piece of the text goes over more than one line.
    pub(crate) fn is_broken(&self, range: TextRange) -> bool {
        self.slice(range).contains('\n')
    }

    /// Returns the range of the whole text.
    pub(crate) fn whole(&self) -> TextRange {
        TextRange::up_to(TextSize::of(self.text()))
    }

    /// Returns all comments, in order.
    pub(crate) fn comments(&self) -> Vec<String> {
        NixText::new(self.text()).comments()
    }

    /// Reads the file as the image repository.
    ///
    /// # Errors
    /// When it does not parse.
    pub(crate) fn repository(&self) -> Result<Arc<RepositoryFacts>, NotEditable> {
        let read = || nix::repository(self.text()).facts.map(Arc::new);
        let facts = self.facts.repository.get_or_init(read).clone();
        facts.ok_or_else(|| self.not_editable("the file", Shape::Unparsed, None))
    }

    /// Reads the file as the test table.
    ///
    /// # Errors
    /// When it does not parse.
    pub(crate) fn table(&self) -> Result<Arc<TableFacts>, NotEditable> {
        let read = || nix::test_table(self.text()).facts.map(Arc::new);
        let facts = self.facts.table.get_or_init(read).clone();
        facts.ok_or_else(|| self.not_editable("the file", Shape::Unparsed, None))
    }

    /// Returns the reason why a step is not done; `at` is an offset in the text as it is now.
    pub(crate) fn not_editable(
        &self,
        subject: impl Into<String>,
        shape: Shape,
        at: Option<TextSize>,
    ) -> NotEditable {
        NotEditable {
            path: self.path.clone(),
            line: at.map(|at| self.patch.original_line(at)),
            subject: subject.into(),
            shape,
        }
    }

    /// Returns the line that an offset was on before the change, counted from 1.
    pub(crate) fn original_line(&self, at: TextSize) -> usize {
        self.patch.original_line(at)
    }

    /// Returns the reason why a step is not done with something that the file does not have.
    pub(crate) fn missing(&self, subject: impl Into<String>) -> NotEditable {
        self.not_editable(subject, Shape::Missing, None)
    }

    /// Returns the range of an attribute's set or list that facts were read from.
    ///
    /// # Errors
    /// When there is none: says how the attribute is written instead, as found within a range.
    pub(crate) fn written(
        &self,
        found: Option<TextRange>,
        attribute: &str,
        within: TextRange,
    ) -> Result<TextRange, NotEditable> {
        found.ok_or_else(|| self.unwritten(attribute, within))
    }

    /// Returns how an attribute is written that has no set or list of its own, as found within a
    /// range.
    pub(crate) fn unwritten(&self, attribute: &str, within: TextRange) -> NotEditable {
        let (shape, at) = NixText::new(self.text()).shape_of(attribute, within);
        self.not_editable(format!("`{attribute}`"), shape, at)
    }

    /// Calls `body` with the set or list at a range that facts were read from. `subject` is what
    /// messages call it.
    ///
    /// # Errors
    /// When there is none at the range, or `body` fails.
    pub(crate) fn with_container<T>(
        &self,
        range: TextRange,
        subject: &str,
        body: impl FnOnce(&Container<'_>) -> Result<T, Shape>,
    ) -> Result<T, NotEditable> {
        let text = NixText::new(self.text());
        let container = text.container(range).ok_or(Shape::Elsewhere);
        container
            .and_then(|container| body(&container))
            .map_err(|shape| self.not_editable(subject, shape, Some(range.start())))
    }

    /// Makes a replacement in the text as it is now.
    pub(crate) fn apply(&mut self, (range, text): Replacement) {
        self.patch.replace(range, &text);
        self.facts = Facts::default();
    }

    /// Changes the set or list at a range. `subject` is what messages call it.
    ///
    /// # Errors
    /// When there is none at the range, or `body` fails.
    pub(crate) fn change(
        &mut self,
        range: TextRange,
        subject: &str,
        body: impl FnOnce(&Container<'_>) -> Result<Replacement, Shape>,
    ) -> Result<(), NotEditable> {
        let replacement = self.with_container(range, subject, body)?;
        self.apply(replacement);
        Ok(())
    }

    /// Puts what is left of the set or list at a range on one line. Where that cannot be, it stays
    /// as it is.
    pub(crate) fn collapse(&mut self, range: TextRange) {
        let container = NixText::new(self.text()).container(range);
        if let Some(replacement) = container.and_then(|c| c.collapse()) {
            self.apply(replacement);
        }
    }

    /// Writes the set at a range as an empty one, if nothing is left in it.
    pub(crate) fn tidy_empty_set(&mut self, range: TextRange, style: NixStyle) {
        let container = NixText::new(self.text()).container(range);
        let empty = container.filter(Container::is_empty);
        let inner = if style.spaced_empty { " " } else { "" };
        if let Some(replacement) = empty.map(|c| c.fill(inner)) {
            self.apply(replacement);
        }
    }

    /// Returns the replacements that lead from the original text to the one as it is now.
    pub(crate) fn changes(&self) -> Vec<Replacement> {
        self.patch.changes()
    }
}
