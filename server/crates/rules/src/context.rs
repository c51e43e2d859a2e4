//! The view that rules have of a checkout.

use std::ops::Deref;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Rule;
use model::interpreter::Summary;
use model::view::View;
use model::{Directory, FileId, FileRange, Image};
use syntax::bash::ScriptFacts;

/// The checkout as every rule sees it, and the rules that are on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The checkout.
    pub view: View<'a>,
    /// The file the settings are from.
    pub settings_file: Option<FileId>,
    /// Rules that are switched off, by code: for tests.
    pub disabled: &'a FxHashSet<&'static str>,
    /// The directory that is looked at, if it is one, with its images: each rule asks for them.
    pub(crate) own: Option<(&'a Directory, &'a [&'a Arc<Image>])>,
}

impl<'a> Deref for Context<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl<'a> Context<'a> {
    /// Makes the context of a checkout.
    pub fn new(
        view: View<'a>,
        settings_file: Option<FileId>,
        disabled: &'a FxHashSet<&'static str>,
    ) -> Context<'a> {
        Context {
            view,
            settings_file,
            disabled,
            own: None,
        }
    }

    /// The images that are built from a directory.
    pub(crate) fn images_of<'s>(
        &'s self,
        directory: &'s Directory,
    ) -> impl Iterator<Item = &'s Arc<Image>> {
        let own = self.own.filter(|own| std::ptr::eq(own.0, directory));
        let others = own.is_none().then(|| self.model.images_of(directory));
        let own = own.map(|(_, images)| images.iter().copied());
        own.into_iter()
            .flatten()
            .chain(others.into_iter().flatten())
    }
}

impl<'a> Context<'a> {
    /// The facts of a script that the grammar takes, if they are those of its present text.
    pub(crate) fn clear_script(&self, file: FileId) -> Option<&'a ScriptFacts> {
        let facts = self.tree.script(file);
        facts.filter(|facts| !facts.has_errors && !facts.is_stale)
    }

    /// The facts of such a script that is whole, too: nothing in it goes on past its end.
    pub(crate) fn whole_script(&self, file: FileId) -> Option<&'a ScriptFacts> {
        self.clear_script(file).filter(|facts| !facts.is_unfinished)
    }

    /// Returns whether something holds for a script that is no image's own: in an image that reads
    /// it, or where it is run by itself.
    pub(crate) fn in_any_run(&self, file: FileId, holds: impl Fn(&Summary) -> bool) -> bool {
        let mut images = self.model.images.values().map(|image| &image.summary);
        images.any(|summary| holds(summary) && summary.reach.contains(&file))
            || holds(&self.model.summary_of_script(self.tree, file))
    }
}

impl Context<'_> {
    /// Returns whether a rule is on.
    pub fn is_on(&self, rule: &Rule) -> bool {
        let is_off = |code: &str| {
            matches!(self.settings.severities.get(code), Some(None)) || self.disabled.contains(code)
        };
        !rule.codes().any(is_off)
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
