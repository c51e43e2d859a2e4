//! The view that rules have of a checkout.

use std::ops::Deref;

use rustc_hash::FxHashSet;

use super::Rule;
use model::view::View;
use model::{Directory, FileId, FileRange, Image};

/// The checkout as every rule sees it, and the rules that are on.
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
    /// Returns whether a rule is on.
    pub fn is_on(&self, rule: &Rule) -> bool {
        !matches!(self.settings.severities.get(rule.code), Some(None))
            && !self.disabled.contains(rule.code)
    }

    /// Returns the range for findings that concern a whole image.
    pub fn first_line_of(&self, image: &Image) -> Option<FileRange> {
        self.model
            .directories
            .get(&image.directory)?
            .main_file()
            .map(|id| FileRange::first_line(self.tree, id))
    }

    /// Returns the range for findings that concern a directory of images.
    pub fn first_line_of_directory(&self, directory: &Directory) -> Option<FileRange> {
        directory
            .main_file()
            .map(|id| FileRange::first_line(self.tree, id))
    }
}
