//! What rules see.

use std::ops::Deref;

use rustc_hash::FxHashSet;

use super::Rule;
use model::view::View;
use model::{Directory, FileId, FileRange, Image};

/// What every rule sees: the checkout, and which rules are to be judged.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The checkout.
    pub view: View<'a>,
    /// The file the settings are from.
    pub settings_file: Option<FileId>,
    /// Rules that are switched off, by code: for tests.
    pub disabled: &'a FxHashSet<&'static str>,
}

impl<'a> Deref for Context<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl Context<'_> {
    /// Whether a rule is to be judged at all.
    pub fn is_on(&self, rule: &Rule) -> bool {
        !matches!(self.settings.severities.get(rule.code), Some(None))
            && !self.disabled.contains(rule.code)
    }

    /// Where what concerns a whole image stands.
    pub fn first_line_of(&self, image: &Image) -> Option<FileRange> {
        self.model
            .directories
            .get(&image.directory)?
            .anchor()
            .map(|id| FileRange::first_line(self.tree, id))
    }

    /// Where what concerns a directory of images stands.
    pub fn first_line_of_directory(&self, directory: &Directory) -> Option<FileRange> {
        directory
            .anchor()
            .map(|id| FileRange::first_line(self.tree, id))
    }
}
